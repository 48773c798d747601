"""Topics: what finding them costs, how well they are what people meant, and whether they stay what they were.

  made          10,000 conversations about 40 things, from a seed: CPU, memory, size of what is stored
  recorded      the messages of --recorded FILE (JSON lines with "text" and "intent"): agreement with the intents
  --embedder    the same with the vectors of WordLlama, where it is installed

Both are streamed twice, "two days", the second in another order, and topics are learnt at the end of each. Agreement
with what was meant is normalised mutual information (nmi), and of ids with ids the adjusted Rand index (ari):

  next day      ids by what was known at the end of day one, and as they were told on day two
  as told       as they were told on day one, first guesses included, and on day two
  corrected     the same, after what learning said of the latest conversations
  halves        at the end of day one, and by another process that had its halves in the other order
  growing       of the first half, after it and after the whole day
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks._agreement import adjusted_rand, mutual_information
from benchmarks._measure import Clock, Figures, parser_of, peak_mib, settle, show_table, spread, take_turns
from benchmarks._messages import Message, messages
from otel_agent_analytics.insights.intents import Intents
from otel_agent_analytics.insights.topic_state import packed
from otel_agent_analytics.insights.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.vectors import Embedder

COUNT: Final = 10_000
LIMIT_SECONDS: Final = 60
_SECOND_NS: Final = 10**9
_START_NS: Final = 1_790_000_000 * _SECOND_NS
_APART_NS: Final = 8 * _SECOND_NS
_USERS: Final = 2_500
_EXAMPLES: Final = (1, 5, 10)


def main() -> int:
    """Measure, and print what came of it; return 1 where 10,000 conversations take more than a minute."""
    parser = parser_of(__doc__, repetitions=3)
    parser.add_argument("--recorded", metavar="FILE", help="messages with the intents that people gave them")
    parser.add_argument("--embedder", action="store_true", help="with the vectors of WordLlama")
    given = parser.parse_args()
    if given.child:
        print(json.dumps(_measured(given.child, given.recorded, _embedder() if given.embedder else None)))
        return 0
    # With several threads for small matrices it would take longer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = [
        *(["--recorded", given.recorded] if given.recorded else []),
        *(["--embedder"] if given.embedder else []),
    ]
    measured = take_turns(["made", *(["recorded"] if given.recorded else [])], given.repetitions, arguments)
    rows = {
        name: {figure: spread(one[figure] for one in ones) for figure in ones[0]} for name, ones in measured.items()
    }
    if given.json:
        print(json.dumps({name: {figure: value.median for figure, value in row.items()} for name, row in rows.items()}))
    else:
        columns = {
            figure: {name: row.get(figure, "") for name, row in rows.items()} for row in rows.values() for figure in row
        }
        show_table(columns)
    return 1 if rows["made"]["seconds for 10,000"].median > LIMIT_SECONDS else 0


def _measured(variant: str, recorded: str | None, embedder: Embedder | None) -> Figures:
    said = messages(COUNT, seed=1) if variant == "made" else _recorded(Path(str(recorded)))
    random.Random(1).shuffle(said)
    Topics(embedder=embedder).observe(said[0].text, "u", _START_NS)
    settle()
    before, clock = peak_mib(), Clock()
    topics = Topics(embedder=embedder)
    day = _stream(topics, said, _START_NS)
    seconds = clock.cpu()
    first = [topics.topic_of(message.text) for message in said]
    figures: Figures = {
        "conversations": len(said),
        "seconds for 10,000": seconds / len(said) * 10_000,
        "MiB": peak_mib() - before,
        "kB stored": len(packed(topics.state())) / 1e3,
        "things meant": len({message.topic for message in said}),
        "topics shown": len(topics.shown()),
        "other": first.count("other") / len(first),
        "nmi": mutual_information([message.topic for message in said], first),
        "purity": _purity(said, first),
    }
    figures |= _later(topics, said, first, day, embedder)
    return figures | (_intents(said, embedder) if variant == "recorded" else {})


def _later(topics: Topics, said: list[Message], first: list[Any], day: _Day, embedder: Embedder | None) -> Figures:
    order = random.Random(2).sample(range(len(said)), len(said))
    next_day = _stream(topics, [said[place] for place in order], _START_NS + 86_400 * _SECOND_NS)
    places = sorted(range(len(said)), key=order.__getitem__)
    second = [next_day.told[place] for place in places]
    second_corrected = [next_day.corrected[place] for place in places]
    half = len(said) // 2
    swapped = Topics(embedder=embedder)
    _stream(swapped, said[half:] + said[:half], _START_NS)
    growing = Topics(embedder=embedder)
    _stream(growing, said[:half], _START_NS)
    young = [growing.topic_of(message.text) for message in said[:half]]
    return {
        "ari next day": adjusted_rand(_resolved(topics, first), _resolved(topics, second)),
        "ari as told": adjusted_rand(_resolved(topics, day.told), _resolved(topics, second)),
        "ari corrected": adjusted_rand(_resolved(topics, day.corrected), _resolved(topics, second_corrected)),
        "ari halves": adjusted_rand(first, [swapped.topic_of(message.text) for message in said]),
        "ari growing": adjusted_rand(young, first[:half]),
    }


class _Day(NamedTuple):
    """What was told of the conversations of a day."""

    told: list[str | None]
    """At once."""
    corrected: list[str | None]
    """By its end."""


def _stream(topics: Topics, said: Sequence[Message], start_ns: int) -> _Day:
    """Let topics observe the conversations of a day, and learn whenever it is due and at the end."""
    told: list[str | None] = []
    changed: dict[str, str | None] = {}
    for place, message in enumerate(said):
        time_ns = start_ns + place * _APART_NS
        told.append(topics.observe(message.text, f"user {place % _USERS}", time_ns, conversation=f"{time_ns}"))
        if topics.due:
            changed |= topics.learn()
    changed |= topics.learn()
    times = [str(start_ns + place * _APART_NS) for place in range(len(said))]
    return _Day(told, [changed.get(time, topic) for time, topic in zip(times, told, strict=True)])


def _resolved(topics: Topics, told: Sequence[str | None]) -> list[str]:
    return [topics.resolved(topic) if topic is not None else "unknown" for topic in told]


def _purity(said: Sequence[Message], found: Sequence[str | None]) -> float:
    """Return the share of messages whose topic has mostly messages that meant the same."""
    meant: dict[str | None, list[str]] = {}
    for message, topic in zip(said, found, strict=True):
        meant.setdefault(topic, []).append(message.topic)
    return sum(max(map(inside.count, set(inside))) for inside in meant.values()) / len(said)


def _intents(said: list[Message], embedder: Embedder | None) -> Figures:
    """Return how many messages get their intent, by so many examples of each."""
    figures: Figures = {}
    for count in _EXAMPLES:
        examples: dict[str, list[str]] = {}
        for message in said:
            examples.setdefault(message.topic, [])
            if len(examples[message.topic]) < count:
                examples[message.topic].append(message.text)
        taken = {text for texts in examples.values() for text in texts}
        rest = [message for message in said if message.text not in taken][:1_000]
        intents = Intents(examples, embedder)
        clock = Clock()
        right = sum(intents.of(message.text).name == message.topic for message in rest)
        figures[f"right intent, {count} examples"] = right / len(rest)
        figures[f"us an intent, {count} examples"] = clock.cpu() / len(rest) * 1e6
    return figures


def _recorded(path: Path) -> list[Message]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [Message(line["text"], line["intent"]) for line in lines]


def _embedder() -> Embedder:
    from otel_agent_analytics.insights.wordllama import WordLlama

    return WordLlama()


if __name__ == "__main__":
    sys.exit(main())
