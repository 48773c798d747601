"""What came of a job: what it counts for, the row that is stored of it, and the event that tells of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import ValidationError

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import ResolutionJudged
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.insights.schema import Findings, Insights
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.measures import Amount
from otel_agent_analytics.storage.rows import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from otel_agent_analytics.storage.insight_jobs import Job, JobKey
    from otel_agent_analytics.storage.rows import Row

_UNREADABLE: Final = known_place("judge.stored_findings")


class Judging(NamedTuple):
    """Who judges."""

    name: str
    """Stands in ``insights`` as the extractor."""
    version: str
    """What it is asked with: its model and its prompt."""


class Verdict(NamedTuple):
    """What came of a job that is done."""

    job: Job
    result: str
    """One of ``vocabulary.JUDGE_RESULTS``."""
    findings: Findings | None = None
    transcript_hash: str = ""
    """Of what was judged."""
    usd: Decimal | None = None
    """What it cost; None where nobody knows."""


class Failure(NamedTuple):
    """What came of a call that failed."""

    job: Job
    failure: str
    """One of ``vocabulary.JUDGE_FAILURES``."""
    due_ns: int
    """When it is tried again, UTC nanoseconds."""
    usd: Decimal | None
    """What it cost; None where nobody knows."""
    counts: bool = True
    """Whether it uses up an attempt."""
    last: bool = False
    """Whether it is not tried again."""


def of_verdict(verdict: Verdict, *, held: bool) -> Iterator[Amount]:
    """Yield what a verdict counts for; its cost alone where its job is no longer ``held``."""
    yield Amount(c.JUDGEMENTS, (verdict.result if held else v.DISCARDED,))
    yield from _cost(verdict.usd)


def of_failure(failure: Failure, *, held: bool) -> Iterator[Amount]:
    """Yield what a failed call counts for; where it was the last one of its job, that is given up."""
    yield Amount(c.JUDGE_FAILURES, (failure.failure,))
    yield from _cost(failure.usd)
    if held and failure.last:
        yield Amount(c.JUDGEMENTS, (v.GIVEN_UP,))


def event_of(verdict: Verdict, judge: Judging, now_ns: int) -> ResolutionJudged | None:
    """Return the event that says whether the conversation was resolved; None where the verdict does not say it.

    Args:
        verdict: of an episode; the event is of its end.
        judge: who found it.
        now_ns: the time now, UTC nanoseconds.
    """
    status = verdict.findings.resolution_status.value if verdict.findings is not None else None
    if status is None:
        return None
    job = verdict.job
    # Of the same end the later judgement holds: events of one moment are in the order of their ids.
    event_id = f"{judge.name}:{now_ns:020d}:{verdict.transcript_hash}"
    return ResolutionJudged(event_id, job.ended_ns, job.ended_ns, job.service, "", None, status == v.RESOLVED)


def row_of(verdict: Verdict, findings: Findings, judge: Judging, revision: int, now_ns: int) -> Row:
    """Return the row of ``insights``; ``revision`` says how often this judge has judged the episode, from 1."""
    job = verdict.job
    body = Insights.by(judge.name, judge.version, findings).model_dump_json().encode()
    return (
        job.conversation_id, job.episode, judge.name, revision, *job.service, job.ended_ns, now_ns, judge.version,
        verdict.transcript_hash, findings.primary_intent.value, findings.sentiment.value,
        findings.sentiment_trajectory.value, findings.resolution_status.value,
        names(one.value for one in findings.secondary_intents), names(one.value for one in findings.topics),
        findings.effort_score.value, verdict.usd, body, now_ns,
    )  # fmt: skip


def findings_in(body: bytes) -> Findings | None:
    """Return the findings in the body of a row of ``insights``; None where another version wrote it, or it is damaged.

    What cannot be read is judged anew: it may keep nothing from being stored.
    """
    try:
        said = Insights.model_validate_json(body)
    except ValidationError as problem:
        note_fault(_UNREADABLE, problem)
        return None
    return Findings(**{name: getattr(said, name) for name in Findings.model_fields})


def readable(bodies: Mapping[JobKey, bytes]) -> dict[JobKey, Findings]:
    """Return the findings of those bodies that can be read."""
    found = ((key, findings_in(body)) for key, body in bodies.items())
    return {key: findings for key, findings in found if findings is not None}


def _cost(usd: Decimal | None) -> Iterator[Amount]:
    if usd:
        yield Amount(c.JUDGE_COST, (), usd)
