"""Topics of real analyzers: learnt while they run, kept through a kill, and the same from each of several."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.otlp import TRACES, traces_body
from tests.helpers.processes import ROOT, Process
from tests.helpers.shoppers import day_of, of_another_framework
from tests.service.test_topics import alike, check_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from otel_agent_analytics.storage.database import Database
    from tests.insights.shops import Said

ON = {
    "AGENT_ANALYTICS_TOPICS": "true", "AGENT_ANALYTICS_USER_KEY": "secret", "AGENT_ANALYTICS_ADMIN_TOKENS": "boss",
    "AGENT_ANALYTICS_REDACT_PERSONAL_DATA": "false",
}  # fmt: skip
_ROW = re.compile(r'^shop,(?:"")?,(?:"")?,(\d+),\d*,\d*,(\d+),', re.MULTILINE)
PER_REQUEST = 60
LONGEST_SECONDS = 60


def send(analyzers: Sequence[Process], messages: Sequence[Said], day: str) -> None:
    """Send a day's conversations in small requests, each to the next of some analyzers."""
    spans = of_another_framework(messages, day)
    for number, at in enumerate(range(0, len(spans), PER_REQUEST)):
        body = traces_body(spans[at : at + PER_REQUEST], scope="openinference.instrumentation")
        assert analyzers[number % len(analyzers)].ask("POST", TRACES, body).status == 200


def learnt(one: Process, after: int = 0) -> int:
    """Wait until topics of the shop were learnt in a later version than one; return the version."""
    give_up = time.monotonic() + LONGEST_SECONDS
    while True:
        answer = one.ask("GET", "/api/export/topics?format=csv", Authorization="Bearer boss")
        found = _ROW.search(answer.body.decode())
        if found is not None and int(found[1]) > after and int(found[2]):
            return int(found[1])
        if time.monotonic() > give_up:
            break
        time.sleep(0.2)
    raise AssertionError(f"nothing was learnt after version {after}: {answer.status} {answer.body[:200]!r} {one.log}")


def ended(one: Process, count: int) -> None:
    """Wait until so many conversations have ended."""
    give_up = time.monotonic() + LONGEST_SECONDS
    while (found := _sum(one, "agent_analytics_conversations_ended_total")) < count and time.monotonic() < give_up:
        time.sleep(0.2)
    assert found == count


def _sum(one: Process, metric: str) -> float:
    return sum(value for series, value in one.series().items() if series.startswith(metric + "{"))


def told(database: Database, day: str) -> dict[str, str | None]:
    """Return the topic of each conversation of a day."""
    rows = database.read("SELECT conversation_id, topic FROM conversations")
    assert len({name for name, _ in rows}) == len(rows)
    return {name: topic for name, topic in rows if name.startswith(f"{day}-")}


def test_killed_and_started_again(tmp_path: Path) -> None:
    """Names are what they were before the kill, each conversation has one topic and counts once; off leaves nothing."""
    store, second = str(tmp_path / "store.duckdb"), day_of(60, 2)
    one = Process(store, tmp_path, environ=ON)
    with one:
        send([one], day_of(240, 1), "first")
        learnt(one)
        send([one], second, "second")
        ended(one, 300)
        send([one], day_of(30, 4), "torn")
        one.kill()
        with Process(store, tmp_path, port=one.port, environ=ON) as again:
            send([again], day_of(30, 4), "torn")
            send([again], second, "second")
            send([again], second, "third")
            ended(again, 390)
            by_topic = _sum(again, "agent_analytics_conversations_by_topic_total")
            taken_back = _sum(again, "agent_analytics_conversations_by_topic_retracted_total")
    database = DuckDBDatabase(store)
    before, after = told(database, "second"), told(database, "third")
    assert by_topic - taken_back == 390
    assert set(told(database, "first").values()) == {None}
    check_names(after)
    assert alike(after) == alike(before)
    assert database.read("SELECT count(*) FROM topics") == [(1,)]
    database.close()

    with Process(store, tmp_path):
        pass
    database = DuckDBDatabase(store)
    assert (
        database.read("SELECT count(*) FROM topics") == database.read("SELECT count(*) FROM topic_messages") == [(0,)]
    )
    assert told(database, "third") == after
    database.close()


def test_several_on_one_database(tmp_path: Path) -> None:
    """Each takes a part, all is learnt from, and each tells the same; where one is killed another goes on learning."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    store, second = new_database(server), day_of(60, 2)
    first = Process(store, tmp_path, environ=ON)
    with first, Process(store, tmp_path, environ=ON) as other:
        send([first, other], day_of(240, 1), "first")
        version = learnt(first)
        time.sleep(2.5)  # the other looks once a second
        send([first], second, "here")
        send([other], second, "there")
        ended(other, 360)
        first.kill()
        send([other], day_of(240, 3), "later")
        learnt(other, version)
        send([other], second, "last")
        ended(other, 660)
    database = PostgresDatabase(store)
    here, there, last = (told(database, day) for day in ("here", "there", "last"))
    database.close()
    check_names(here)
    check_names(last)
    assert alike(here) == alike(there)


def test_without_numpy(tmp_path: Path) -> None:
    """It does not start, and says what is missing and how to get it; no store is made."""
    program = (
        "import sys; sys.modules['numpy'] = None; from otel_agent_analytics.__main__ import main; sys.exit(main())"
    )
    own = {**os.environ, "PYTHONPATH": str(ROOT), **ON}
    command = [sys.executable, "-c", program, "serve", "--store", str(tmp_path / "store.duckdb")]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 2
    assert "otel-agent-analytics[insights]" in done.stderr
    assert not list(tmp_path.iterdir())
