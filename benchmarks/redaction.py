"""What it costs to look for personal data in a message, and to put placeholders in its place.

  load       importing the detectors and the library of phone numbers, once in a process
  words      200 characters without a digit; aim: at most 50 µs
  numbers    200 characters with an order, a date, a price, a version and a tracking number
  personal   200 characters with an e-mail address, a phone number and a card
  remembered the last one again, as messages come again with each call of a model
  junk       16,000 characters of the dearest kind: groups of digits with signs between, a character

CPU time. Every repetition is a process of its own. The exit status is 1 where a message of words costs more than 50 µs.
"""

from __future__ import annotations

import json
import time
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Figures, parser_of, show, spread, take_turns
from otel_agent_analytics.personal_data.kinds import KINDS

if TYPE_CHECKING:
    from otel_agent_analytics.personal_data.redactor import PersonalData

AIM_US: Final = 50.0
JUNK: Final = "+31 6 (0) 12-34.56/78:90 222 " * 550
MESSAGES: Final = {
    "words": "Hello, I would like to know when my order will arrive, since I have been waiting for it for more than "
    "two weeks now and nobody tells me anything about it. Could you please check that for me? Thanks!",
    "numbers": "Hello, order 12345678 of 2026-11-03 at 12:30 has not arrived. I paid 49.99 EUR and tracking "
    "1Z999AA10123456784 says nothing. Version 1.2.3. Could you please check that for me? Thanks a lot, see you",
    "personal": "Hello, order 12345678 of 2026-11-03 has not arrived. Mail me at jan@example.com or call +31 6 "
    "12345678, card 4111 1111 1111 1111. Could you please check that for me? Thanks a lot, see you soon then",
}


def main() -> int:
    """Measure, and print what came of it; return 1 when a message of words takes longer than it should."""
    given = parser_of(__doc__, repetitions=5).parse_args()
    if given.child:
        print(json.dumps(_child()))
        return 0
    measured = take_turns({"redaction": _child}, given.repetitions)["redaction"]
    results: dict[str, Any] = {name: spread(one[name] for one in measured) for name in measured[0]}
    show(results, as_json=given.json)
    return int(results["words, µs"].median > AIM_US)


def _child() -> Figures:
    begun = time.process_time()
    from otel_agent_analytics.personal_data.redactor import PersonalData

    redactor = PersonalData(KINDS, b"a key")
    redactor.load()
    found = {"load, ms": (time.process_time() - begun) * 1e3}
    for name, text in MESSAGES.items():
        # As many texts as are not remembered, which differ in their last two letters.
        texts = [text[:-2] + one + other for one in ascii_lowercase for other in ascii_lowercase]
        found[f"{name}, µs"] = _microseconds(redactor, texts * 3)
    found["remembered, µs"] = _microseconds(redactor, [MESSAGES["personal"]] * 2_000)
    found["junk, µs"] = _microseconds(redactor, [JUNK] * 3) / len(JUNK)
    return found


def _microseconds(redactor: PersonalData, texts: list[str]) -> float:
    redactor.redacted(texts[0])
    begun = time.process_time()
    for text in texts:
        redactor.redacted(text)
    return (time.process_time() - begun) / len(texts) * 1e6


if __name__ == "__main__":
    raise SystemExit(main())
