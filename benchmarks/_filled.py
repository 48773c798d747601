"""A store with any number of calls over some days, made by multiplying what the analyzer stores of the demo's traffic.

A thousand conversations of the demo's day, played through the real Agents SDK, go through the analyzer. Their rows are
the moulds: each row of the store is one of them again, at another time, of another user, with other agents and tools,
and with durations of its own. They are written by one statement for each table and day, in the order of time.
"""

# ruff: noqa: S608 - statements are put together from names of our own

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import duckdb
import psycopg

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.days import DAY_NS, TIMES
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otel_agent_analytics.conversations.events import LogRecord, SpanRecord

    Write = Callable[[str, str], None]

AGENTS: Final = 200
TOOLS: Final = 200
_MOULDS: Final = 1_000
_OPEN: Final = 500
"""Conversations that are open at the end."""
_MOULDS_BEGIN_NS: Final = 1_767_571_200 * 10**9
_ANY_AGENT: Final = f"CASE WHEN {{0}} LIKE 'Agent %' THEN 'Agent ' || hash({{0}}, number) % {AGENTS} ELSE {{0}} END"
_SERVICE: Final = "CASE WHEN number % 10 < 7 THEN 'shop' ELSE 'help' END"
_USER: Final = "CASE WHEN m.user_hash IS NOT NULL THEN talk.user_hash END"
_AGENT: Final = f"{_ANY_AGENT.format('m.agent')} AS agent"
_SAME: Final = f"talk.conversation_id AS conversation_id, {_SERVICE} AS service_name, {_AGENT}"
_COUNTRY: Final = "CASE WHEN m.country IS NOT NULL THEN chr(65 + (hash(number) % 6)::INT) || 'X' END"
_LONGER: Final = "exp(2 * (hash(number, m.started_ns, {0}) % 1000003) / 1000003.0 - 1)"
# Times are moved; those within a conversation are kept, but for the durations of calls.
_ROWS: Final = {
    t.CALLS: f"""
        SELECT m.* REPLACE ({_SAME}, m.started_ns + moved_ns AS started_ns,
            (m.duration_ns * {_LONGER.format("'d'")})::BIGINT AS duration_ns,
            (m.first_token_ns * {_LONGER.format("'f'")})::BIGINT AS first_token_ns,
            CASE WHEN m.kind = 'tool' AND m.name LIKE 'tool_%' THEN 'tool_' || hash(m.name, number) % {TOOLS}
                ELSE m.name END AS name)
        FROM talk JOIN mould.calls m ON m.conversation_id = talk.mould_id WHERE talk.day = ? ORDER BY started_ns""",
    t.MESSAGES: f"""
        SELECT m.* REPLACE ({_SAME}, m.sent_ns + moved_ns AS sent_ns, {_USER} AS user_hash)
        FROM talk JOIN mould.messages m ON m.conversation_id = talk.mould_id WHERE talk.day = ? ORDER BY sent_ns""",
    t.CONVERSATIONS: f"""
        SELECT m.* REPLACE ({_SAME}, m.started_ns + moved_ns AS started_ns, m.ended_ns + moved_ns AS ended_ns,
            {_USER} AS user_hash, '1.' || talk.day // 9 AS version, {_COUNTRY} AS country,
            {_ANY_AGENT.format("m.escalation_agent")} AS escalation_agent)
        FROM talk JOIN mould.conversations m ON m.conversation_id = talk.mould_id
        WHERE talk.day = ? AND number < talks - {_OPEN} ORDER BY ended_ns""",
    t.HEADS: f"""
        SELECT m.* REPLACE (talk.conversation_id AS conversation_id, {_SERVICE} AS service_name,
            m.arrived_ns + moved_ns AS arrived_ns, number >= talks - {_OPEN} AS active,
            CASE WHEN number >= talks - {_OPEN} THEN 9000000000000000000 END AS due_ns)
        FROM talk JOIN mould.heads m ON m.conversation_id = talk.mould_id WHERE talk.day = ?""",
}
_TALKS: Final = """
    CREATE TEMP TABLE talk AS
    WITH mould AS (
        SELECT row_number() OVER (ORDER BY conversation_id) - 1 AS place, conversation_id, min(began_ns) AS begins_ns
        FROM (
            SELECT conversation_id, min(sent_ns) AS began_ns FROM mould.messages GROUP BY ALL
            UNION ALL SELECT conversation_id, min(started_ns) FROM mould.conversations GROUP BY ALL
        ) GROUP BY conversation_id
    )
    SELECT number, $talks AS talks, number * $days // $talks AS day, md5(number::VARCHAR) AS conversation_id,
        sha256((hash(number, 'user') % $users)::VARCHAR) AS user_hash, mould.conversation_id AS mould_id,
        $begin_ns + (number * ($days * 86400.0 / $talks) * 1e9)::BIGINT - begins_ns AS moved_ns
    FROM (SELECT number, hash(number, 'mould') % $moulds AS place FROM range($talks::BIGINT) numbers(number))
    JOIN mould USING (place)
"""


def fill(store: str, calls: int, days: int, until_ns: int) -> dict[str, int]:
    """Make the tables of an empty store, and fill them.

    Args:
        store: path of a DuckDB file, or URL of a PostgreSQL database.
        calls: about how many rows of calls.
        days: over how long they are spread.
        until_ns: when the last conversation begins, UTC nanoseconds.

    Returns:
        How many rows each table has.
    """
    with tempfile.TemporaryDirectory() as folder:
        moulds = str(Path(folder) / "moulds.duckdb")
        _mould(moulds)
        making = duckdb.connect() if _is_postgres(store) else _made_duckdb(store)
        making.execute(f"ATTACH '{moulds}' AS mould (READ_ONLY)")
        each = _value(making, "SELECT count(*) / count(DISTINCT conversation_id) FROM mould.calls")
        spoken = _value(making, "SELECT count(DISTINCT conversation_id) FROM mould.calls")
        all_ = _value(making, "SELECT count(DISTINCT conversation_id) FROM mould.heads")
        talks = round(calls / each * all_ / spoken)
        begin_ns, users = until_ns - days * DAY_NS, max(1, talks // 4)
        said = {"talks": talks, "moulds": int(all_), "days": days, "users": users, "begin_ns": begin_ns}
        making.execute(_TALKS, said)
        if _is_postgres(store):
            counts = _into_postgres(making, store, days, Path(folder) / "rows.csv")
        else:
            counts = _into_duckdb(making, days)
        making.close()
    return counts


def _into_duckdb(making: duckdb.DuckDBPyConnection, days: int) -> dict[str, int]:
    for table, rows in _ROWS.items():
        for day in range(days):
            making.execute(f"INSERT INTO {table.name} BY NAME {rows}", [day])
    making.execute("INSERT INTO totals BY NAME SELECT * FROM mould.totals")
    for source, time in TIMES.items():
        making.execute(f"INSERT INTO days SELECT DISTINCT '{source}', {time} // {DAY_NS}, false FROM {source}")
    return {table.name: int(_value(making, f"SELECT count(*) FROM {table.name}")) for table in t.TABLES}


def _into_postgres(making: duckdb.DuckDBPyConnection, store: str, days: int, file: Path) -> dict[str, int]:
    PostgresDatabase(store).close()
    with psycopg.connect(store, autocommit=True) as connection:
        for table, rows, day in [
            *((table, rows, day) for table, rows in _ROWS.items() for day in range(days)),
            (t.TOTALS, "SELECT * FROM mould.totals WHERE ? = 0", 0),
        ]:
            names = ", ".join(table.names)
            texts = (f"'\\x' || hex({one.name})" if one.type == t.BYTES else one.name for one in table.columns)
            chosen = f"SELECT {', '.join(texts)} FROM ({rows.replace('?', str(day))})"
            making.execute(f"COPY ({chosen}) TO '{file}' (HEADER false, NULLSTR '\\N')")
            into = f"COPY {table.name} ({names}) FROM STDIN (FORMAT csv, NULL '\\N')"
            with connection.cursor().copy(into.encode()) as copy, file.open("rb") as lines:
                while block := lines.read(1 << 20):
                    copy.write(block)
        for source, time in TIMES.items():
            noting = f"INSERT INTO days SELECT DISTINCT '{source}', {time} / {DAY_NS}, false FROM {source}"
            connection.execute(noting.encode())
        connection.execute("VACUUM ANALYZE")
        counted = {}
        for table in t.TABLES:
            row = connection.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone()
            counted[table.name] = int(row[0]) if row else 0
    return counted


def _made_duckdb(store: str) -> duckdb.DuckDBPyConnection:
    DuckDBDatabase(store).close()
    return duckdb.connect(store)


def _mould(path: str) -> None:
    """Let an analyzer store a thousand conversations of the demo's kinds."""
    from otel_agent_analytics.conversations.events import SpanRecord
    from otel_agent_analytics.conversations.rules import DEFAULT_RULES
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.tracking.pricing import pricing

    database = DuckDBDatabase(path, memory_mib=1024)
    now_ns = _MOULDS_BEGIN_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, pricing())
    for batch in _sent():
        now_ns = max(now_ns, *(one.end_ns if isinstance(one, SpanRecord) else one.time_ns for one in batch))
        analyzer.take(batch)
    for _ in range(5):
        now_ns += DAY_NS
        while analyzer.close_due():
            pass
    database.close()


def _sent() -> Iterator[list[SpanRecord | LogRecord]]:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from benchmarks._moulds import moulds
    from benchmarks._traffic import Traffic
    from otel_agent_analytics.tracking.plain import span_record

    kept: list[SpanRecord | LogRecord] = []

    class Keep(SpanProcessor):
        def on_end(self, span: object) -> None:
            record = span_record(span)  # type: ignore[arg-type]
            # The player derives its conversations itself, and says so; here the analyzer does.
            own = {name: value for name, value in record.attributes.items() if name != v.DERIVED}
            kept.append(record._replace(attributes=own))

    provider = TracerProvider(ALWAYS_ON, Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(Keep())
    traffic = Traffic(provider, kept.append, moulds(), agents=AGENTS, tools=TOOLS, rng=Random(1))
    every_ns = 30 * 10**9
    for _ in traffic.send(range(_MOULDS), _MOULDS_BEGIN_NS, every_ns, 60 * every_ns):
        if kept:
            yield kept[:]
            kept.clear()


def _value(making: duckdb.DuckDBPyConnection, statement: str) -> float:
    row = making.execute(statement).fetchone()
    return float(row[0]) if row else 0.0


def _is_postgres(store: str) -> bool:
    return store.startswith(("postgresql://", "postgres://"))
