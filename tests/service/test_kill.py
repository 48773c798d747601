"""Analyzers that are killed from outside again and again: what they had acknowledged counts, and counts once.

``make soak`` does it for longer: SOAK_KILLS and SOAK_CONVERSATIONS say how often, and with how many conversations.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.databases import NO_POSTGRES, durable, new_database, postgres
from tests.helpers.halting import ABOUT_TO_CLOSE, CLOSING, COMMITTED, MIGRATING, WRITTEN
from tests.helpers.otlp import read_back, requests_of
from tests.helpers.processes import Process, expected_net, expected_rows, stored_rows
from tests.helpers.traffic import day_of, straight

KILLS = int(os.environ.get("SOAK_KILLS", "4"))
CONVERSATIONS = int(os.environ.get("SOAK_CONVERSATIONS", "25"))
KINDS = ["duckdb", "postgres", "two on postgres"] if "SOAK_KILLS" in os.environ else ["duckdb", "two on postgres"]
RANDOM = "at a random moment"
PLANS = (CLOSING, COMMITTED, WRITTEN, RANDOM, ABOUT_TO_CLOSE)
LONGEST_LIFE_SECONDS = 4.0
MOST_SECONDS_TO_READY = 10
"""It takes less than 2 where nothing else is at work; here other tests are."""


class Doomed:
    """Analyzers on one store, each to be killed in its turn and then started again. The first dies while it migrates.

    Args:
        store: where they keep everything.
        folder: for their logs.
        count: how many there are.
        kills: how often one is killed, all in all.
        chance: says when.
    """

    def __init__(self, store: str, folder: Path, count: int, kills: int, chance: random.Random) -> None:
        self._store = store
        self._folder = folder
        self._left = kills
        self._chance = chance
        self._points = itertools.cycle(PLANS)
        self.killed: Counter[str] = Counter()
        self._watchers: list[threading.Thread] = []
        first = self._start(0, MIGRATING, 3)
        first.popen.wait()  # else another might be the one that migrates
        self.running = [first, *(self._start(0, *self._plan()) for _ in range(1, count))]

    def revive(self) -> None:
        """Start again what was killed."""
        for place, process in enumerate(self.running):
            if process.ended:
                self.running[place] = self._start(process.port, *self._plan())

    def spare(self) -> None:
        """Let those that run be killed, as it was planned, and start them once more, to live."""
        self._left = 0
        for watcher in self._watchers:
            watcher.join()
        self.revive()

    def _plan(self) -> tuple[str, int]:
        point = next(self._points) if self._left else ""
        return point, self._chance.randint(1, 3 if point in (CLOSING, ABOUT_TO_CLOSE) else 12)

    def _start(self, port: int, point: str, nth: int) -> Process:
        process = Process(self._store, self._folder, port=port, point="" if point == RANDOM else point, nth=nth)
        if point and self._left:
            self._left -= 1
            seconds = self._chance.uniform(0, 2) if point == RANDOM else LONGEST_LIFE_SECONDS
            watcher = threading.Thread(target=self._watch, args=(process, seconds))
            self._watchers.append(watcher)
            watcher.start()
        return process

    def _watch(self, process: Process, seconds: float) -> None:
        """Kill a process when it stands at its point, or after so many seconds."""
        timer = threading.Timer(seconds, process.popen.kill)
        timer.start()
        self.killed[process.halted() or RANDOM] += 1
        timer.cancel()
        process.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again(kind: str, tmp_path: Path) -> None:
    """Requests come shuffled, some twice, until each was acknowledged; then all is as if nothing had happened."""
    store = str(tmp_path / "store.duckdb")
    if kind != "duckdb":
        server = durable() if "SOAK_KILLS" in os.environ else postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    chance = random.Random(21)
    sources = day_of(chance, CONVERSATIONS)
    sent = [one for at in range(0, len(sources), 12) for one in requests_of(sources[at : at + 12])]
    waiting = sent + chance.sample(sent, len(sent) // 10)
    chance.shuffle(waiting)
    size = len(waiting)

    analyzers = Doomed(store, tmp_path, 2 if kind.startswith("two") else 1, KILLS, chance)
    while waiting:
        analyzers.revive()
        # While fewer were killed than should have been by now, what was acknowledged already is sent once more.
        behind = analyzers.killed.total() < KILLS * (1 - len(waiting) / size)
        request = chance.choice(sent) if behind else waiting[-1]
        if chance.choice(analyzers.running).ask("POST", *request).status != 200:
            time.sleep(0.02)
        elif not behind:
            waiting.pop()
    analyzers.spare()
    expected = straight(read_back(sent))
    with analyzers.running[0] as one:
        shown = one.settled()
        for other in analyzers.running[1:]:
            with other:
                assert other.net() == shown

    print(dict(analyzers.killed))  # noqa: T201 - `make soak` shows it
    assert analyzers.killed.total() == KILLS
    assert analyzers.killed[MIGRATING] == 1
    assert shown == expected_net(expected)
    assert stored_rows(store) == expected_rows(expected)


def test_another_goes_on_with_closing(tmp_path: Path) -> None:
    """The analyzer that is about to end what is due is killed: another on its database does it within 15 seconds."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    store = new_database(server)
    sources = day_of(random.Random(22), 3)
    first = Process(store, tmp_path, point=ABOUT_TO_CLOSE)
    with first:
        for request in requests_of(sources):
            assert first.ask("POST", *request).status == 200
        assert first.halted() == ABOUT_TO_CLOSE
        with Process(store, tmp_path) as second:
            time.sleep(1.2)  # it looks each second, and is not let
            assert not stored_rows(store)
            first.kill()
            begin = time.monotonic()
            while not stored_rows(store) and time.monotonic() < begin + 30:
                time.sleep(0.05)
            took = time.monotonic() - begin
            expected = expected_net(straight(read_back(requests_of(sources))))
            assert second.reached(expected) == expected
    print(f"another went on after {took:.1f} s")  # noqa: T201 - for whoever wants to know
    assert took < 15


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_restart_after_a_day(kind: str, tmp_path: Path) -> None:
    """Killed after a day's traffic, it is ready soon, and shows every series as it was: none at 0, none twice."""
    store = str(tmp_path / "store.duckdb")
    if kind != "duckdb":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    sources = day_of(random.Random(23), CONVERSATIONS)
    with Process(store, tmp_path) as one:
        for at in range(0, len(sources), 500):
            for request in requests_of(sources[at : at + 500]):
                assert one.ask("POST", *request).status == 200
        one.reached(expected_net(straight(read_back(requests_of(sources)))))
        before = sorted(one.ask("GET", "/metrics").body.splitlines())
        one.kill()
    begin = time.monotonic()
    with Process(store, tmp_path) as again:
        took = time.monotonic() - begin
        assert sorted(again.ask("GET", "/metrics").body.splitlines()) == before
    print(f"{len(sources)} spans and records: ready after {took:.2f} s")  # noqa: T201 - `make soak` shows it
    assert took < MOST_SECONDS_TO_READY
