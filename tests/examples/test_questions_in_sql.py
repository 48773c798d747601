"""Questions in SQL to a store that was filled by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from tests.examples.conftest import environment, run

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
# 2026-01-05 00:00 UTC.
MONDAY = 20_458 * DAY
ROWS: list[tuple[Any, ...]] = [
    ("ann", 0, 1, "completed", "resolved", "refund", "0.5"),
    ("ann", 5 * HOUR, 2, "abandoned", "unresolved", "refund", "0.25"),
    ("bob", HOUR, 3, "completed", "resolved", "delivery", "0.3"),
    ("bob", DAY, 2, "completed", "resolved", "delivery", "0.1"),
    ("eve", DAY + HOUR, 1, "abandoned", None, None, None),
    ("eve", 4 * DAY, 2, "abandoned", None, "delivery", "0.2"),
    ("eve", 12 * DAY, 0, None, None, None, None),  # a visit
    (None, 2 * HOUR, 2, "silent", "resolved", "refund", "0.25"),
]
"""User, begin since that Monday, turns, outcome, resolution status, topic and cost in USD."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with these conversations."""
    path = tmp_path_factory.mktemp("store") / "day.duckdb"
    DuckDBDatabase(str(path)).close()
    columns = "user_hash, started_ns, user_turns, outcome, resolution_status, topic, cost_usd"
    of_all = "conversation_id, episode, service_name, service_namespace, deployment_environment_name, ended_ns"
    with duckdb.connect(path) as connection:
        for number, (user, begin, *rest) in enumerate(ROWS):
            connection.execute(
                f"INSERT INTO conversations ({of_all}, unpriced_calls, {columns}) "  # noqa: S608 - its own names
                "VALUES (?, 1, 'shop', '', '', ?, 0, ?, ?, ?, ?, ?, ?, ?)",
                [f"c{number}", MONDAY + begin + HOUR, user, MONDAY + begin, *rest],
            )
    return path


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of the printed tables, without their heads."""
    found: list[list[list[str]]] = []
    for line in text.splitlines():
        if line.startswith("┏"):
            found.append([])
        elif line.startswith("│"):
            found[-1].append([cell.strip() for cell in line.strip("│").split("│")])
    return found


def wilson(k: int, n: int) -> tuple[str, str]:
    """Return Wilson's bounds as the roots of its quadratic, which is another way than by the closed form."""
    z = 1.959964
    a, b, c = 1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return f"{(-b - root) / (2 * a):.4f}", f"{(-b + root) / (2 * a):.4f}"


@pytest.mark.parametrize("kind", ["duckdb", "parquet"])
def test_answers(store: Path, tmp_path: Path, kind: str) -> None:
    """Costs, hazards and cohorts are those of the rows, out of the store and out of its Parquet file alike."""
    path = store
    if kind == "parquet":
        path = tmp_path / "conversations.parquet"
        command = [sys.executable, "-m", "otel_agent_analytics", "query", "--table", "conversations"]
        subprocess.run([*command, "--store", str(store), "--parquet", str(path)], env=environment(), check=True)
    done = run("questions_in_sql.py", path, COLUMNS="200")

    assert done.returncode == 0, done.stderr
    costs, hazards, cohorts = tables(done.stdout)
    assert costs == [
        ["refund", "3", "2", "1.0000", "0.5000", "0"],
        ["delivery", "3", "2", "0.6000", "0.3000", "0"],
        ["(unknown)", "1", "0", "–", "–", "1"],
    ]
    assert hazards == [
        ["1", "7", "1", "0.1429", *wilson(1, 7)],
        ["2", "5", "2", "0.4000", *wilson(2, 5)],
        ["3", "1", "0", "0.0000", *wilson(0, 1)],
    ]
    # Ann came twice on Monday, Bob again on Tuesday; Eve came first on Tuesday, and again three days later.
    assert cohorts == [["2026-01-05", "2", "2", "1", "1", "0", "0"], ["2026-01-06", "1", "1", "0", "0", "1", "0"]]
