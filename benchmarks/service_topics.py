"""Topics in the analyzer: what a message costs more where they are found, what learning costs, and what is held.

  off           10,000 conversations of one message each, posted to an analyzer on a DuckDB file
  on            the same with AGENT_ANALYTICS_TOPICS
  as it is      the same without redaction of what is learnt from

A day is posted twice, the second time as conversations of another day: by then topics are known, and each message is
told one. Learning runs between batches here, so that it can be measured apart; in the service it has a thread.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, peak_mib, settle, show_table, spread, take_turns
from benchmarks._messages import messages
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.duckdb import DuckDBDatabase

if TYPE_CHECKING:
    from otel_agent_analytics.service.care import Care
    from otel_agent_analytics.service.topic_learning import TopicLearning

COUNT: Final = 10_000
_USERS: Final = 2_500
_BATCH: Final = 200
_APART_NS: Final = 8 * 10**9
_DAY_NS: Final = 86_400 * 10**9
_START_NS: Final = 1_790_000_000 * 10**9
_VARIANTS: Final = {
    "off": Settings(user_key=b"k"),
    "on": Settings(user_key=b"k", topics=True),
    "as it is": Settings(user_key=b"k", topics=True, redact_personal_data=False),
}


def main() -> int:
    """Measure, and print what came of it."""
    given = parser_of(__doc__, repetitions=3).parse_args()
    if given.child:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(_measured(_VARIANTS[given.child], Path(folder))))
        return 0
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    measured = take_turns(_VARIANTS, given.repetitions)
    rows = {
        name: {figure: spread(one[figure] for one in ones) for figure in ones[0]} for name, ones in measured.items()
    }
    if given.json:
        print(json.dumps({name: {figure: value.median for figure, value in row.items()} for name, row in rows.items()}))
    else:
        figures = dict.fromkeys(figure for row in rows.values() for figure in row)
        show_table({figure: {name: row.get(figure, "") for name, row in rows.items()} for figure in figures})
    return 0


def _measured(settings: Settings, folder: Path) -> Figures:
    care = care_of(settings, ServiceSettings())
    database = DuckDBDatabase(str(folder / "store.duckdb"))
    analyzer = _analyzer(database, care)
    reader = EventReader(_now, analyzer.horizon_ns, user_key=care.user_key, wants=care.wants)
    learning = _learning(database, care)
    said = [message.text for message in messages(COUNT, seed=1)]
    random.Random(1).shuffle(said)
    analyzer.take(reader.read(_body(said[:2], 9), _BATCH).records)
    settle()
    memory, taking, learnt, longest = peak_mib(), 0.0, 0.0, 0.0
    for day in range(2):
        for at in range(0, COUNT, _BATCH):
            clock = Clock()
            analyzer.take(reader.read(_body(said[at : at + _BATCH], day, at), _BATCH).records)
            taking += clock.cpu()
            if learning is not None:
                step = Clock()
                learning.learn_some()
                learnt, longest = learnt + step.cpu(), max(longest, step.wall())
    figures: Figures = {
        "us a conversation": taking / COUNT / 2 * 1e6,
        "MiB more": peak_mib() - memory,
    }
    if learning is not None:
        rows = database.read("SELECT octet_length(body) FROM topics")
        figures |= {
            "us a conversation, learning": learnt / COUNT / 2 * 1e6,
            "seconds of one step at most": longest,
            "kB stored": sum(row[0] for row in rows) / 1e3,
            "ms to read it": _reading(_learning(database, care_of(settings, ServiceSettings()))),
            "topics named": _named(care),
        }
    database.close()
    return figures | {"MB of the file": (folder / "store.duckdb").stat().st_size / 1e6}


def _analyzer(database: DuckDBDatabase, care: Care) -> Analyzer:
    if care.topics is None or care.wants is None:
        return Analyzer(database, DEFAULT_RULES, _now)
    from otel_agent_analytics.service.heard import HeardMessages

    return Analyzer(database, DEFAULT_RULES, _now, heard=HeardMessages(care.wants, care.topics, care.safe))


def _learning(database: DuckDBDatabase, care: Care) -> TopicLearning | None:
    if care.topics is None:
        return None
    from otel_agent_analytics.service.topic_learning import TopicLearning

    return TopicLearning(database, care.topics, care.safe, _now)


def _reading(learning: TopicLearning | None) -> float:
    clock = Clock()
    if learning is not None:
        learning.refresh()
    return clock.cpu() * 1e3


def _named(care: Care) -> int:
    known: dict[Any, Any] = care.topics._known if care.topics is not None else {}  # noqa: SLF001 - nobody else asks
    return sum(len(topics[1]) for topics in known.values())


def _body(said: list[str], day: int, at: int = 0) -> bytes:
    events = [
        {
            "event": "user_message", "conversation_id": f"{day}-{at + place}", "event_id": "1", "text": text,
            "user_id": f"user {(at + place) % _USERS}", "time": _START_NS + day * _DAY_NS + (at + place) * _APART_NS,
        }
        for place, text in enumerate(said)
    ]  # fmt: skip
    return json.dumps({"events": events, "service_name": "shop"}).encode()


def _now() -> int:
    return _START_NS + 20 * _DAY_NS


if __name__ == "__main__":
    sys.exit(main())
