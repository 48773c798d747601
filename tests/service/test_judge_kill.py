"""A judge whose analyzer is killed, at an endpoint that fails: each transcript has one judgement, the budget holds.

A small run by default. JUDGE_CONVERSATIONS says how many conversations there are; 500 is what is promised.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest

from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.judge_endpoint import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Endpoint, Reply, endpoint, findings
from tests.helpers.judged import talk
from tests.helpers.otlp import requests_of
from tests.helpers.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

CONVERSATIONS = int(os.environ.get("JUDGE_CONVERSATIONS", "24"))
SECONDS = 60 + CONVERSATIONS
KILLS = 2
CALL_USD = Decimal(INPUT_TOKENS) / 1_000_000 + Decimal(OUTPUT_TOKENS) * 10 / 1_000_000
# What was reserved for a call of which nobody knows what it cost stays spent: of those under way at a kill, and of
# those that hang. No reservation is larger than this.
RESERVED_USD = Decimal("0.02")
BUDGET = CALL_USD * CONVERSATIONS + RESERVED_USD * (40 + CONVERSATIONS // 5)


def scripted(served: Endpoint) -> Counter[str]:
    """Let the endpoint fail: of each twenty requests two have an error, and one has no answer; return how often."""
    numbers, kinds = itertools.count(), Counter[str]()

    def reply(_: Asked) -> Reply:
        place = next(numbers) % 20
        if place in (3, 13):
            kinds["error"] += 1
            return Reply(500 if place == 3 else 429)
        if place == 8:
            kinds["hanging"] += 1
            return Reply(hangs=True)
        kinds["answered"] += 1
        return Reply(said=findings(resolution_status="resolved" if place % 2 else "unresolved"))

    served.reply = reply
    return kinds


class Running:
    """One analyzer with a judge after the other; conversations end a second after their last word.

    Args:
        store: where they keep everything.
        folder: for their logs.
        prices: what the model costs.
        environ: further settings.
    """

    def __init__(self, store: str, folder: Path, prices: Path, **environ: str) -> None:
        self._store = store
        self._folder = folder
        self._environ = {
            "AGENT_ANALYTICS_IDLE_SECONDS": "1", "AGENT_ANALYTICS_KEEP_CONTENT": "true",
            "AGENT_ANALYTICS_PRICES_FILE": str(prices), "AGENT_ANALYTICS_JUDGE_MODEL": "tiny",
            "AGENT_ANALYTICS_JUDGE_API_KEY": "key", "AGENT_ANALYTICS_JUDGE_TIMEOUT_SECONDS": "3",
            "AGENT_ANALYTICS_JUDGE_CONCURRENCY": "8", "AGENT_ANALYTICS_JUDGE_BACKOFF_SECONDS": "0.2",
            "AGENT_ANALYTICS_JUDGE_ATTEMPTS": "12", "AGENT_ANALYTICS_JUDGE_BUDGET_USD_PER_DAY": str(BUDGET),
            **environ,
        }  # fmt: skip
        self._last: Process | None = None

    def start(self, url: str) -> Process:
        """Start the next, and wait until it is ready."""
        environ = {**self._environ, "AGENT_ANALYTICS_JUDGE_BASE_URL": url}
        self._last = Process(self._store, self._folder, environ=environ)
        return self._last.__enter__()

    def close(self) -> None:
        """End the last one, whatever became of it."""
        if self._last is not None:
            self._last.kill()


def asked_of(store: str, statement: str) -> list[tuple[object, ...]]:
    """Ask the store itself, which no analyzer has open any more."""
    if store.startswith("postgres"):
        with psycopg.connect(store) as connection:
            return connection.execute(statement.encode()).fetchall()
    with duckdb.connect(store, read_only=True) as connection:
        return connection.execute(statement).fetchall()


def shown(process: Process, name: str) -> float:
    """Return the sum of a metric; -1 where it cannot be asked for just now."""
    answer = process.ask("GET", "/metrics")
    if answer.status != 200:
        return -1
    lines = [line for line in answer.body.decode().split("\n") if line.startswith(f"agent_analytics_{name}")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"] if "JUDGE_CONVERSATIONS" in os.environ else ["duckdb"])
def test_killed_and_judged_once(kind: str, tmp_path: Path) -> None:
    """10 % errors, 5 % of calls that hang, two kills: one row for each transcript, nothing waits, the budget holds."""
    store = str(tmp_path / "store.duckdb")
    if kind == "postgres":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    prices = tmp_path / "prices.json"
    price = {"model": "tiny", "input_per_million_usd": 1, "output_per_million_usd": 10}
    prices.write_text(json.dumps([price]))
    now_ns = time.time_ns() - 120 * 10**9
    sources = [
        one
        for number in range(CONVERSATIONS)
        for one in talk(f"c{number:04}", (f"where is order {number}?", "on its way"), begin_ns=now_ns)
    ]
    began = time.monotonic()
    running = Running(store, tmp_path, prices)
    with endpoint() as served, contextlib.closing(running):
        kinds = scripted(served)
        process = running.start(served.url)
        for at in range(0, len(sources), 100):
            for path, body in requests_of(sources[at : at + 100]):
                assert process.ask("POST", path, body).status == 200
        for kill in range(1, KILLS + 1):
            wait_until(lambda so_many=kill: kinds.total() >= so_many * CONVERSATIONS // 3, "calls")
            process.kill()
            process = running.start(served.url)
        wait_until(lambda: shown(process, "judgements_total") >= CONVERSATIONS, "judgements")
        left = Decimal(str(shown(process, "judge_budget_left_usd")))
        log, results = process.log, shown(process, 'judgements_total{result="judged"')
        process.__exit__(None, None, None)
        calls = len(served.asked)

    judged = Counter(
        row[0] for row in asked_of(store, "SELECT conversation_id FROM insights WHERE extractor <> 'local'")
    )
    assert judged == Counter(f"c{number:04}" for number in range(CONVERSATIONS))
    hashes = [row[0] for row in asked_of(store, "SELECT transcript_hash FROM insights WHERE extractor <> 'local'")]
    assert len(set(hashes)) == CONVERSATIONS
    assert asked_of(store, "SELECT count(*) FROM insight_jobs") == [(0,)]
    assert asked_of(store, "SELECT count(*) FROM agreement") == [(CONVERSATIONS,)]
    assert results == CONVERSATIONS, log
    spent = Decimal(str(asked_of(store, "SELECT sum(spent_usd) FROM judge_days")[0][0]))
    # Every call that the endpoint answered in words has cost something, whether or not somebody lived to read it.
    assert kinds["answered"] * CALL_USD <= spent <= BUDGET
    assert left == BUDGET - spent
    assert min(kinds["error"], kinds["hanging"]) > 0
    seconds = time.monotonic() - began
    figures = f"{calls} calls {dict(kinds)}, {spent} of {BUDGET} USD, {seconds:.0f} s"
    print(f"{kind}: {CONVERSATIONS} conversations, {figures}")  # noqa: T201 - the figures of the run


def wait_until(done: object, what: str) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + SECONDS
    assert callable(done)
    while not done():
        assert time.monotonic() < give_up, f"no more {what}"
        time.sleep(0.05)


def test_the_budget_holds_through_kills(tmp_path: Path) -> None:
    """Killed while calls hang, with a budget for a few: what was reserved stays spent, and no more is asked."""
    store = str(tmp_path / "store.duckdb")
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps([{"model": "tiny", "input_per_million_usd": 1, "output_per_million_usd": 10}]))
    began_ns = time.time_ns() - 120 * 10**9
    sources = [one for n in range(12) for one in talk(f"c{n}", (f"order {n}?", "yes"), begin_ns=began_ns)]
    running = Running(
        store,
        tmp_path,
        prices,
        AGENT_ANALYTICS_JUDGE_BUDGET_USD_PER_DAY="0.1",
        AGENT_ANALYTICS_JUDGE_CONCURRENCY="3",
        AGENT_ANALYTICS_JUDGE_TIMEOUT_SECONDS="60",
    )
    asked = threading.Event()
    with endpoint() as served, contextlib.closing(running):

        def reply(_: Asked) -> Reply:
            asked.set()
            return Reply(hangs=True)

        served.reply = reply
        process = running.start(served.url)
        for path, body in requests_of(sources):
            assert process.ask("POST", path, body).status == 200
        assert asked.wait(30)
        wait_until(lambda: len(served.asked) >= 3, "calls")
        process.kill()
        hung = len(served.asked)
        served.reply = lambda _: Reply()
        process = running.start(served.url)
        wait_until(
            lambda: shown(process, "judgements_total") + shown(process, "judge_postponed_total") >= 12, "judgements"
        )
        process.__exit__(None, None, None)
        answered = len(served.asked) - hung
    spent = Decimal(str(asked_of(store, "SELECT sum(spent_usd) FROM judge_days")[0][0]))

    assert 0 < answered < 12
    assert spent <= Decimal("0.1")
    assert asked_of(store, "SELECT count(*) FROM insights WHERE extractor <> 'local'") == [(answered,)]
    assert asked_of(store, "SELECT count(*) FROM insight_jobs") == [(12 - answered,)]
