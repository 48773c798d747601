"""Conversations with texts, an analyzer that keeps them, and a judge for it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.insights.extractor import Endpoint, Used
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.judge import Judge
from otel_agent_analytics.service.judge_case import Cases
from otel_agent_analytics.service.judge_limits import Limits
from otel_agent_analytics.service.judgements import Judgements
from otel_agent_analytics.service.transcripts import Transcripts
from otel_agent_analytics.service.verdicts import Judging
from otel_agent_analytics.storage import insight_jobs
from otel_agent_analytics.storage.content import Keeper, Safe
from tests.helpers.script import BEGIN_NS, Source, write
from tests.helpers.traffic import DAY_NS, price

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.storage.database import Database

USD_IN = Decimal("0.000001")
USD_OUT = Decimal("0.00001")
SAFE = Safe()


def usd_of(used: Used) -> Decimal:
    """Return what tokens cost here."""
    return used.input * USD_IN + used.output * USD_OUT


class Clock:
    """A time that tests move."""

    def __init__(self, now_ns: int = BEGIN_NS) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """Return it, UTC nanoseconds."""
        return self.now_ns


def messages(role: str, text: str) -> str:
    """Return one message as the conventions have it on spans."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def talk(conversation_id: str, *turns: tuple[str, str], begin_ns: int = BEGIN_NS, more: str = "") -> list[Source]:
    """Return a conversation of turns, each what the user says and what the agent answers, with its texts on it.

    ``more`` are further moves at the end, as ``script.write`` knows them.
    """
    moves = " | ".join("user x | agent y" for _ in turns)
    said = iter(turns)
    found: list[Source] = []
    for source in write(
        f"{moves} | {more}" if more else moves, conversation_id, begin_ns, f"{conversation_id}-{begin_ns}"
    ):
        if isinstance(source, SpanRecord) and source.attributes.get(v.OPERATION) == v.OPERATION_TURN:
            found.append(source._replace(attributes={**source.attributes, **_texts(next(said, None))}))
        else:
            found.append(source)
    return found


def _texts(turn: tuple[str, str] | None) -> dict[str, str]:
    if turn is None:  # of a further move: without its text
        return {}
    return {
        v.GEN_AI_INPUT_MESSAGES: messages("user", turn[0]),
        v.GEN_AI_OUTPUT_MESSAGES: messages("assistant", turn[1]),
    }


@dataclass(frozen=True)
class Court:
    """An analyzer with a judge."""

    database: Database
    analyzer: Analyzer
    judge: Judge
    clock: Clock

    def end(self, *sources: Source, idle_ns: int = 2 * 3600 * 10**9) -> None:
        """Take what comes, and let time go on until it has ended."""
        self.analyzer.take(sources)
        self.clock.now_ns = max([self.clock.now_ns, *(_end_ns(one) for one in sources)]) + idle_ns
        self.close()

    def close(self) -> None:
        """End what is due."""
        while self.analyzer.close_due():
            pass

    def rows(self, columns: str = "conversation_id, episode, revision, resolution_status") -> list[Any]:
        """Return what the judge found."""
        of_judge = "extractor <> 'local' ORDER BY conversation_id, episode, revision"
        return self.database.read(f"SELECT {columns} FROM insights WHERE {of_judge}")  # noqa: S608 - of tests

    def waiting(self) -> int:
        """Return how many jobs there are."""
        return insight_jobs.waiting(self.database)

    def spent(self) -> Decimal:
        """Return what was spent or reserved on all days, USD."""
        return Decimal(self.database.read("SELECT coalesce(sum(spent_usd), 0) FROM judge_days")[0][0])

    def count(self, name: str, *labels: str) -> float:
        """Return a counter as it is stored, less what was taken back; 0 where there is none."""
        found = 0.0
        for metric, series in self.analyzer.shown().counters().items():
            for (_, values), total in series.items():
                if metric.name == f"agent_analytics_{name}_total" and values[: len(labels)] == labels:
                    found += float(total.value - total.retracted)
        return found

    def until(self, done: Callable[[], bool], seconds: float = 20) -> None:
        """Let the judge work until something holds."""
        self.judge.start()
        give_up = time.monotonic() + seconds
        try:
            while not done():
                assert time.monotonic() < give_up, f"{self.waiting()} jobs still wait"
                time.sleep(0.02)
        finally:
            self.judge.stop(0.5)

    def judge_all(self) -> None:
        """Let the judge work until nothing waits."""
        self.until(lambda: not self.waiting())


def _end_ns(source: Source) -> int:
    return source.end_ns if isinstance(source, SpanRecord) else source.time_ns


def without_judge(database: Database) -> Court:
    """Return an analyzer that keeps texts and has no judge; the one beside it asks nobody and is not to be started."""
    there = court(database, "http://127.0.0.1:1/v1")
    return replace(there, analyzer=_analyzer(database, there.clock, None))


def court(
    database: Database,
    url: str,
    *,
    clock: Clock | None = None,
    name: str = "judge",
    share: float = 1.0,
    api: str = v.API_RESPONSES,
    timeout_seconds: float = 5.0,
    limits: Limits | None = None,
    redact: Callable[[str, str], str] | None = None,
) -> Court:
    """Return an analyzer that keeps texts, and a judge for it that asks an endpoint."""
    time_is = clock or Clock()
    transcripts = Transcripts(SAFE, redact, 24_000)
    analyzer = _analyzer(
        database, time_is, lambda totals: Judgements(Judging(name, "tiny 1"), share, transcripts, totals)
    )
    endpoint = Endpoint("tiny", url, "key", api, timeout_seconds, 200)
    within = limits or Limits(backoff_seconds=0.01)
    cases = Cases(analyzer, endpoint, transcripts, usd_of, time_is, within)
    judge = Judge(cases, database, endpoint, time_is, within)
    return Court(database, analyzer, judge, time_is)


def _analyzer(database: Database, clock: Clock, judge: Callable[[Totals], Judgements] | None) -> Analyzer:
    writer = getattr(database, "writer", 0)
    return Analyzer(database, DEFAULT_RULES, clock, price, writer=writer, keeper=Keeper(SAFE), judge=judge)


__all__ = ["DAY_NS", "Clock", "Court", "court", "messages", "talk", "usd_of", "without_judge"]
