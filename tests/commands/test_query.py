"""``otel-agent-analytics query`` as its users run it: on a file, on PostgreSQL, and while an analyzer has the file."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from otel_agent_analytics.__main__ import main
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import asked_of
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.served import served
from tests.helpers.traffic import DAY_NS, HOUR_NS, day_of, end_ns, price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.storage.database import Database

WINDOW = ("--from", "2023-11-01", "--to", "2023-12-31", "--tz", "Europe/Amsterdam")
ASKED = {"from": "2023-11-01", "to": "2023-12-31", "tz": "Europe/Amsterdam"}
WHOLE = "SELECT {} FROM {}"


@pytest.fixture(autouse=True)
def _tidy_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what the machine sets, and work in a folder of the test."""
    for name in list(os.environ):
        if name.startswith("AGENT_ANALYTICS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def fill(database: Database) -> None:
    """Let an analyzer take a day's traffic, and end all of it."""
    sources = day_of(random.Random(51), 30)
    now_ns = end_ns(sources[-1]) + HOUR_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(sources)
    for _ in range(12):
        now_ns += DAY_NS
        while analyzer.close_due():
            pass


def expected(database: Database, name: str, **said: str) -> Any:
    """Return the answer of the API."""
    query = next(one for one in QUERIES if one.name == name)
    with database.snapshot() as read:
        asked = asked_of({**ASKED, **said}.items(), query.taken, 0)
        return json.loads(encoded(query.answer(read, asked)))


def rows(database: Database, table: t.Table) -> list[str]:
    """Return the rows of a table, as text, in some order that is always the same."""
    return sorted(map(repr, database.read(WHOLE.format(", ".join(table.names), table.name))))


def rows_of_file(table: t.Table, path: Path) -> list[str]:
    """Return the rows of a Parquet file alike."""
    with duckdb.connect() as reading:
        return sorted(map(repr, reading.execute(WHOLE.format(", ".join(table.names), f"'{path}'")).fetchall()))


@contextmanager
def filled(path: Path) -> Iterator[DuckDBDatabase]:
    """Fill a file, and have it open."""
    database = DuckDBDatabase(str(path))
    fill(database)
    try:
        yield database
    finally:
        database.close()


def test_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a file that nobody has open every figure is that of the API, as JSON, as a table and in files."""
    with filled(tmp_path / "agent-analytics.duckdb") as database:
        overview, tools = expected(database, "overview"), expected(database, "tools", limit="2")
        calls = rows(database, t.CALLS)
    before = (tmp_path / "agent-analytics.duckdb").read_bytes()

    assert main(["query", "overview", *WINDOW, "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert overview["figures"].pop("money")["savings_usd"] is None
    assert float(found["figures"].pop("money")["savings_usd"]) != 0  # here the setting says what a human costs
    assert found == overview
    assert printed.err == "read from agent-analytics.duckdb\n"

    assert main(["query", "tools", *WINDOW, "--limit", "2"]) == 0
    table = capsys.readouterr().out
    assert all(one["tool"] in table for one in tools["items"])
    assert "there are more" in table

    assert main(["query", "tools", *WINDOW, "--limit", "2", "--csv", "tools.csv"]) == 0
    lines = list(csv.DictReader(Path("tools.csv").read_text(encoding="utf-8").splitlines()))
    assert [(one["tool"], int(one["calls"])) for one in lines] == [(x["tool"], x["calls"]) for x in tools["items"]]
    assert main(["query", "tools", *WINDOW, "--parquet", "tools.parquet"]) == 0
    with duckdb.connect() as reading:
        whole = reading.execute("SELECT tool, calls, error_rate_value FROM 'tools.parquet'").fetchall()
    assert [(one["tool"], one["calls"]) for one in tools["items"]] == [row[:2] for row in whole[:2]]
    assert len(whole) > 2

    assert main(["query", "--table", "calls", "--parquet", "calls.parquet"]) == 0
    assert rows_of_file(t.CALLS, tmp_path / "calls.parquet") == calls
    assert (tmp_path / "agent-analytics.duckdb").read_bytes() == before


def test_conversation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One conversation is found by its id; of one that is not known the status is 1."""
    with filled(tmp_path / "agent-analytics.duckdb"):
        pass
    assert main(["query", "conversations", "c1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["conversation_id"] == "c1"
    assert main(["query", "conversations", "nobody"]) == 1
    assert "nothing is known of conversation 'nobody'" in capsys.readouterr().err


def test_postgres(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of PostgreSQL the figures are the same, beside the analyzers, and tables have their rows to the last digit."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    database = PostgresDatabase(url)
    fill(database)
    assert main(["query", "drop-off", *WINDOW, "--store", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == expected(database, "drop-off")
    for table in t.TABLES:
        path = tmp_path / f"{table.name}.parquet"
        assert main(["query", "--table", table.name, "--parquet", str(path), "--store", url]) == 0
        assert rows_of_file(table, path) == rows(database, table), table.name
    database.close()


def test_running_analyzer_is_asked(tmp_path: Path) -> None:
    """While an analyzer has the file open it is asked, with a token from the environment, and that is said."""
    with filled(tmp_path / "agent-analytics.duckdb") as database:
        allowed = Access(read=("out",), admin=("all",))
        with served(database, allowed=allowed) as server:
            environ = {**os.environ, "AGENT_ANALYTICS_SERVE_HTTP": f"127.0.0.1:{server.port}"}
            environ |= {"PYTHONPATH": str(Path(__file__).parents[2])}

            def query(*arguments: str, **said: str) -> subprocess.CompletedProcess[str]:
                command = [sys.executable, "-m", "otel_agent_analytics", "query", *arguments]
                return subprocess.run(
                    command, env={**environ, **said}, cwd=tmp_path, capture_output=True, text=True, check=False
                )

            done = query("drop-off", *WINDOW, "--json", AGENT_ANALYTICS_READ_TOKENS="out")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout) == expected(database, "drop-off")
            assert f"open in another process: asking http://127.0.0.1:{server.port}" in done.stderr
            refused = query("drop-off", *WINDOW)
            assert (refused.returncode, refused.stdout) == (1, "")
            assert "401" in refused.stderr
            assert "AGENT_ANALYTICS_API_TOKEN" in refused.stderr
            done = query("--table", "messages", "--parquet", "m.parquet", AGENT_ANALYTICS_ADMIN_TOKENS="all")
            assert done.returncode == 0, done.stderr
            assert rows_of_file(t.MESSAGES, tmp_path / "m.parquet") == rows(database, t.MESSAGES)
            refused = query("--table", "messages", "--parquet", "n.parquet", AGENT_ANALYTICS_READ_TOKENS="out")
            assert refused.returncode == 1
            assert not (tmp_path / "n.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], ["no query 'nothing'", "overview", "drop-off"]),
        ([], ["--list"]),
        (["overview", "c1"], ["takes no id"]),
        (["overview", "--limit", "3"], ["limit", "hours", "tz"]),
        (["tools", "--limit", "0"], ["'0'", "1 to 1000"]),
        (["tools", "--tz", "Mars/Olympus"], ["Mars/Olympus", "IANA"]),
        (["--table", "secrets", "--parquet", "x"], ["secrets", "conversations"]),
        (["--table", "calls"], ["--parquet FILE"]),
        (["--table", "calls", "--csv", "x", "--hours", "3"], ["hours"]),
        (["overview", "--api", "ftp://x"], ["ftp://x", "http://"]),
    ],
)
def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: list[str]) -> None:
    """What cannot be asked is refused with status 2, the value and what is allowed."""
    DuckDBDatabase(str(tmp_path / "agent-analytics.duckdb")).close()
    assert main(["query", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert all(text in printed.err for text in said), printed.err


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is not made, one of another program not taken, and an analyzer that is gone told."""
    for arguments, said in (
        (["--store", "nowhere.duckdb"], "nowhere.duckdb is not there"),
        (["--store", "other.duckdb"], "other.duckdb has schema 0"),
        (["--store", "text.duckdb"], "text.duckdb cannot be opened"),
        (["--api", "http://127.0.0.1:9"], "no analyzer answers at http://127.0.0.1:9"),
    ):
        duckdb.connect("other.duckdb").close()
        (tmp_path / "text.duckdb").write_text("this is no database, however long it is" * 500)
        assert main(["query", "overview", *arguments]) == 1
        assert said in capsys.readouterr().err
    assert not Path("nowhere.duckdb").exists()


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has every query and every table."""
    assert main(["query", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(query.name in printed for query in QUERIES)
    assert all(table.name in printed for table in t.TABLES)
