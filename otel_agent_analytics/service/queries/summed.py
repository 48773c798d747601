"""Sums by UTC day: how they are made, and which part of a window they cover. The rest of it is read from rows.

A window is answered by the sums of those of its whole days that have some, and by the rows of everything else in it. As
both are added up alike, the figures are those of the rows alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.service.queries import tally as t
from otel_agent_analytics.service.queries.statement import Statement, Stretches
from otel_agent_analytics.storage import tables
from otel_agent_analytics.storage.days import DAY_NS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Database, Read

CALLS: Final = tables.CALLS.name
MESSAGES: Final = tables.MESSAGES.name
CONVERSATIONS: Final = tables.CONVERSATIONS.name

_SERVICE: Final = "service_name, service_namespace, deployment_environment_name"
_BY: Final = ("agent", "version", "country", "device", "channel", "language", "models", "error_types", "user_turns")
"""By what episodes are grouped, each by itself; beside these all of them together, where the dimension is empty."""
_CHOSEN: Final = "CASE {0} END"
_DIMENSION: Final = _CHOSEN.format(" ".join(f"WHEN grouping({one}) = 0 THEN '{one}'" for one in _BY) + " ELSE ''")
_VALUE: Final = _CHOSEN.format(" ".join(f"WHEN grouping({one}) = 0 THEN CAST({one} AS VARCHAR)" for one in _BY))
UNPRICED: Final = "cost_usd IS NULL AND (error_type IS NULL OR input_tokens IS NOT NULL)"

_OF_DAY: Final = {
    CONVERSATIONS: "FROM conversations WHERE ended_ns >= :from_ns AND ended_ns < :to_ns AND user_turns > 0",
    CALLS: "FROM calls WHERE started_ns >= :from_ns AND started_ns < :to_ns",
    MESSAGES: "FROM messages WHERE sent_ns >= :from_ns AND sent_ns < :to_ns AND role = 'user'",
}


def _making(source: str, text: str, **fragments: str) -> Statement:
    return Statement(text, service=_SERVICE, of_day=_OF_DAY[source], **fragments)


_COVERED: Final = Statement("""
    SELECT day FROM days WHERE source = :source AND summed AND day >= :first_day AND day < :last_day ORDER BY day
""")
_EMPTYING: Final = {
    CONVERSATIONS: (
        Statement("DELETE FROM conversation_days WHERE day = :day"),
        Statement("DELETE FROM conversation_user_days WHERE day = :day"),
        Statement("DELETE FROM time_days WHERE day = :day AND kind = 'conversation'"),
    ),
    CALLS: (
        Statement("DELETE FROM call_days WHERE day = :day"),
        Statement("DELETE FROM time_days WHERE day = :day AND kind <> 'conversation'"),
    ),
    MESSAGES: (
        Statement("DELETE FROM message_days WHERE day = :day"),
        Statement("DELETE FROM message_user_days WHERE day = :day"),
    ),
}
_FILLING: Final = {
    CONVERSATIONS: (
        _making(
            CONVERSATIONS,
            """
            INSERT INTO conversation_days
            SELECT CAST(:day AS BIGINT), {service}, {dimension}, {value}, {tally}
            {of_day} GROUP BY GROUPING SETS ({sets})
            """,
            dimension=_DIMENSION,
            value=_VALUE,
            sets=", ".join(f"({_SERVICE}, {one})" for one in _BY) + f", ({_SERVICE})",
            tally=t.COLUMNS,
        ),
        _making(
            CONVERSATIONS,
            """
            INSERT INTO conversation_user_days
            SELECT DISTINCT CAST(:day AS BIGINT), {service}, {person}, country, device, channel, language
            {of_day} AND user_hash IS NOT NULL
            """,
        ),
        _making(
            CONVERSATIONS,
            """
            INSERT INTO time_days
            SELECT CAST(:day AS BIGINT), {service}, 'conversation', '', {bucket} AS bucket, count(*), {total}
            {of_day} GROUP BY {service}, bucket
            """,
            time="(ended_ns - started_ns)",
        ),
    ),
    CALLS: (
        _making(
            CALLS,
            """
            INSERT INTO call_days
            SELECT CAST(:day AS BIGINT), {service}, kind, name,
                CASE WHEN kind IN ('model', 'handoff') THEN agent END AS caller, error_type, count(*),
                count(*) FILTER (WHERE {unpriced}), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
                sum(cache_write_tokens), sum(reasoning_tokens), sum(cost_usd)
            {of_day} GROUP BY {service}, kind, name, caller, error_type
            """,
            unpriced=UNPRICED,
        ),
        *(
            _making(
                CALLS,
                """
                INSERT INTO time_days
                SELECT CAST(:day AS BIGINT), {service}, '{kind}', name, {bucket} AS bucket, count(*), {total}
                {of_day} AND {only} GROUP BY {service}, name, bucket
                """,
                kind=kind,
                time=time,
                only=only,
            )
            for kind, time, only in (
                ("tool", "duration_ns", "kind = 'tool'"),
                ("model", "duration_ns", "kind = 'model'"),
                ("first_token", "first_token_ns", "kind = 'model' AND first_token_ns IS NOT NULL"),
            )
        ),
    ),
    MESSAGES: (
        _making(
            MESSAGES,
            """
            INSERT INTO message_days
            SELECT CAST(:day AS BIGINT), {service}, sent_ns - mod(sent_ns, {quarter}) AS quarter_ns, count(*),
                count(*) FILTER (WHERE user_hash IS NULL)
            {of_day} GROUP BY {service}, quarter_ns
            """,
        ),
        _making(
            MESSAGES,
            """
            INSERT INTO message_user_days
            SELECT DISTINCT CAST(:day AS BIGINT), {service}, {person} {of_day} AND user_hash IS NOT NULL
            """,
        ),
    ),
}


def sum_up(database: Database, source: str, day: int) -> None:
    """Sum up the rows of a table on a UTC day, if nobody has done so since it was last written.

    Raises:
        StorageError: it could not be done; nothing has changed then.
    """
    values = {"day": day, "from_ns": day * DAY_NS, "to_ns": (day + 1) * DAY_NS}
    with database.transaction() as transaction:
        if not transaction.hold_day(source, day):
            return
        for statement in (*_EMPTYING[source], *_FILLING[source]):
            statement.rows(transaction.ask, values)
        transaction.summed(source, day)


def parts(read: Read, asked: Asked, source: str) -> dict[str, Any]:
    """Return the values of all parameters for a question about a window: its ``summed_days``, and the ``gaps``."""
    days, gaps = _covered(read, source, asked.from_ns, asked.to_ns)
    return {**asked.values(), "summed_days": days, "gaps": gaps}


def parts_before(read: Read, asked: Asked, source: str) -> Mapping[str, Any]:
    """Return the same of the time before a window, as ``days_before`` and ``before_gaps``."""
    days, gaps = _covered(read, source, 0, asked.from_ns)
    return {"days_before": days, "before_gaps": gaps}


def _covered(read: Read, source: str, from_ns: int, to_ns: int) -> tuple[Stretches, Stretches]:
    span = {"source": source, "first_day": -(-from_ns // DAY_NS), "last_day": to_ns // DAY_NS}
    days = runs_of([day for (day,) in _COVERED.rows(read, span)])
    return days, gaps_between(days, from_ns, to_ns)


def runs_of(days: Sequence[int]) -> Stretches:
    """Return days, which are in their order, as stretches of days that follow each other."""
    known = {*days}
    first, last = ([day for day in days if day + step not in known] for step in (-1, 1))
    return Stretches((begin, end + 1) for begin, end in zip(first, last, strict=True))


def gaps_between(days: Stretches, from_ns: int, to_ns: int) -> Stretches:
    """Return what of [from, to) lies outside of stretches of UTC days: stretches of nanoseconds."""
    edges = [from_ns, *(day * DAY_NS for stretch in days for day in stretch), to_ns]
    return Stretches((begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end)
