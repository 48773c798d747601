"""Questions of your own, in SQL: the store is a DuckDB file, or Parquet files, that anybody may read.

Shows: three questions about the table ``conversations`` (an episode a row): what a resolved conversation costs, topic
by topic; in which turn users give up, with the 95 % interval (Wilson); how many of those who came for the first time on
a day came back later. Times are nanoseconds of UTC, amounts are exact decimals; what is not known is NULL.

    pip install '.[serve]'
    otel-agent-analytics demo --exit --store day.duckdb        # or a store of yours, while no analyzer has it open
    python examples/questions_in_sql.py day.duckdb

    otel-agent-analytics query --table conversations --parquet conversations.parquet    # also of PostgreSQL
    python examples/questions_in_sql.py conversations.parquet
"""

from __future__ import annotations

import argparse
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table


class Question(NamedTuple):
    """A question, and the statement that answers it."""

    title: str
    sql: str


# Visits, in which nobody spoke, are rows too: they are in no rate. The macro gives a bound of Wilson's interval.
PREPARATION = """
    CREATE TEMP VIEW engaged AS FROM conversations WHERE user_turns > 0;
    CREATE TEMP MACRO wilson(k, n, side) AS
        greatest((k + 1.9207294 + side * 1.959964 * sqrt(k * (n - k) / n + 0.9603647)) / (n + 3.8414588), 0);
"""

QUESTIONS = (
    Question(
        "What does a resolved conversation cost, by topic?",
        """
        SELECT coalesce(topic, '(unknown)') AS topic, count(*) AS ended,
            count(*) FILTER (WHERE resolution_status = 'resolved') AS resolved,
            sum(cost_usd) AS usd,
            sum(cost_usd)::DOUBLE / nullif(resolved, 0) AS usd_each,
            count(*) FILTER (WHERE cost_usd IS NULL OR unpriced_calls > 0) AS unpriced
        FROM engaged GROUP BY topic ORDER BY usd_each DESC NULLS LAST, topic
        """,
    ),
    Question(
        "In which turn do users give up?",
        """
        WITH turns AS (SELECT outcome, user_turns, unnest(range(1, user_turns + 1)) AS turn FROM engaged)
        SELECT turn, count(*) AS reached,
            count(*) FILTER (WHERE outcome = 'abandoned' AND user_turns = turn) AS gave_up,
            gave_up / reached AS hazard,
            wilson(gave_up, reached, -1) AS low, wilson(gave_up, reached, 1) AS high
        FROM turns WHERE turn <= 20 GROUP BY turn ORDER BY turn
        """,
    ),
    Question(
        "Of those who came first on a day, how many came back?",
        """
        WITH visits AS (
            SELECT user_hash, started_ns, row_number() OVER (PARTITION BY user_hash ORDER BY started_ns) AS visit,
                min(started_ns) OVER (PARTITION BY user_hash) // 86400000000000 AS first_day,
                started_ns // 86400000000000 - first_day AS days_later
            FROM engaged WHERE user_hash IS NOT NULL
        )
        SELECT make_date(first_day::INTEGER)::VARCHAR AS first_came, count(DISTINCT user_hash) AS users,
            count(DISTINCT user_hash) FILTER (WHERE visit > 1) AS came_back,
            count(DISTINCT user_hash) FILTER (WHERE visit > 1 AND days_later = 0) AS same_day,
            count(DISTINCT user_hash) FILTER (WHERE days_later = 1) AS next_day,
            count(DISTINCT user_hash) FILTER (WHERE days_later BETWEEN 2 AND 7) AS in_a_week,
            count(DISTINCT user_hash) FILTER (WHERE days_later > 7) AS later
        FROM visits GROUP BY first_day ORDER BY first_day
        """,
    ),
)


def opened(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a store for reading, or a Parquet file as its table ``conversations``."""
    if path.suffix != ".parquet":
        return duckdb.connect(path, read_only=True)
    connection = duckdb.connect()
    connection.read_parquet(str(path)).create_view("conversations")
    return connection


def show(console: Console, question: Question, answer: duckdb.DuckDBPyConnection) -> None:
    """Print an answer as a table."""
    table = Table(title=question.title, title_justify="left")
    for name, type_, *_ in answer.description or ():
        table.add_column(name.replace("_", " "), justify="left" if type_ == "VARCHAR" else "right", min_width=7)
    for row in answer.fetchall():
        table.add_row(*map(cell, row))
    console.print(table)


def cell(value: Any) -> str:
    """Return a value as a table shows it: amounts and shares to four places."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, (float, Decimal)) else str(value)


def main() -> None:
    """Answer all questions."""
    parser = argparse.ArgumentParser(description="Answer questions about conversations in SQL.")
    parser.add_argument("path", type=Path, help="a store (.duckdb), or its table conversations (.parquet)")
    with opened(parser.parse_args().path) as connection:
        connection.execute(PREPARATION)
        for question in QUESTIONS:
            show(Console(), question, connection.execute(question.sql))


if __name__ == "__main__":
    main()
