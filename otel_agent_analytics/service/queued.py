"""What a transaction writes of conversations that are to be judged, or were. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.storage.insight_jobs import new_row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.insights.schema import Findings
    from otel_agent_analytics.storage.insight_jobs import JobKey
    from otel_agent_analytics.storage.judged import Episode
    from otel_agent_analytics.storage.rows import Row


class Queued(NamedTuple):
    """Rows of tables, in the order of their columns; the fields are those of a batch."""

    insights: list[Row]
    insight_jobs: list[Row]
    jobs_done: list[JobKey]
    """Jobs that are there no more, by their keys."""
    agreement: list[Row]
    disagreed: list[Episode]
    """Episodes, by conversation id and number, that count for no agreement any more."""


NOTHING: Final = Queued([], [], [], [], [])


class ToJudge(NamedTuple):
    """An episode that ended, and is to be judged."""

    key: JobKey
    service: Service
    ended_ns: int
    """UTC nanoseconds."""


class JobChanges(NamedTuple):
    """What becomes of jobs."""

    new: list[Row]
    done: list[JobKey]
    said: dict[Episode, Findings]
    """What holds again, since these words of the episode were judged before."""
    services: set[Service]
    """Of the new ones."""


def job_changes(
    wanted: Collection[ToJudge],
    gone: Collection[Episode],
    there: Collection[JobKey],
    known: Mapping[JobKey, Findings],
    now_ns: int,
) -> JobChanges:
    """Return which jobs begin and which are no longer wanted.

    Args:
        wanted: what is to be judged; of each episode one.
        gone: episodes that go on.
        there: the jobs that these episodes have.
        known: what was found in these words of them before.
        now_ns: the time now, UTC nanoseconds.
    """
    key_of = {one.key[:2]: one.key for one in wanted}
    new = [one for one in wanted if one.key not in known and one.key not in there]
    return JobChanges(
        [new_row(one.key, one.service, one.ended_ns, now_ns) for one in new],
        [key for key in there if key[:2] in gone or key_of.get(key[:2], key) != key],
        {one.key[:2]: known[one.key] for one in wanted if one.key in known},
        {one.service for one in new},
    )
