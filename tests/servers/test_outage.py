"""The analyzer goes away under load and comes back, and so does the Collector: nothing is lost, nothing counts twice.

``OUTAGE_SECONDS`` says for how long it is away.
"""

from __future__ import annotations

import functools
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from tests.helpers.otlp import requests_of
from tests.helpers.processes import Process, expected_net, expected_rows, stored_rows
from tests.helpers.traffic import day_of, straight
from tests.servers.chain import Chain
from tests.servers.day import SERVICE, play
from tests.servers.members import PROGRAMS, Options
from tests.servers.programs import fetch, program, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.helpers.script import Source

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "5"))
CONVERSATIONS = int(os.environ.get("OUTAGE_CONVERSATIONS", "150"))
PROTOBUF = "application/x-protobuf"


class Asked(Process):
    """What a running analyzer shows."""

    def __init__(self, port: int) -> None:
        self.port = port


class Load(threading.Thread):
    """Sends sources to the Collector in small batches, evenly, each until it is answered 200."""

    def __init__(self, chain: Chain, sources: list[Source], seconds: float) -> None:
        super().__init__()
        self._address = chain.url("collector")
        self._batches = [sources[at : at + 20] for at in range(0, len(sources), 20)]
        self._pause = seconds / len(self._batches)
        self.refused = 0

    def run(self) -> None:
        for batch in self._batches:
            for path, body in requests_of(batch):
                while not self._taken(path, body):
                    self.refused += 1
                    time.sleep(0.2)
            time.sleep(self._pause)

    def _taken(self, path: str, body: bytes) -> bool:
        try:
            fetch(self._address + path, body, Content_Type=PROTOBUF)
        except OSError:
            return False
        return True


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Chain]:
    """A Collector and an analyzer; the stores are away all the time."""
    program("otelcol")
    options = Options({"AGENT_ANALYTICS_LATENESS_SECONDS": "1"}, only=frozenset({"collector", "analyzer"}))
    with Chain(tmp_path, options=options) as running:
        yield running


def figures(chain: Chain, expected: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return every counter less its twin, as soon as it is as expected, or as it is after a while."""
    give_up = time.monotonic() + 60 + 4 * OUTAGE_SECONDS
    while (shown := without(Asked(chain.ports["analyzer"]).net())) != expected and time.monotonic() < give_up:
        time.sleep(0.5)
    return shown


def without(net: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the counters without those that depend on the outage, or are moved a day after a rating came."""
    return [one for one in net if "spans_late" not in one[0] and "feedback_unmatched" not in one[0]]


def rows(chain: Chain, folder: Path) -> dict[tuple[str, int], tuple[Any, ...]]:
    """End the analyzer, and return what is in its store."""
    chain.servers["analyzer"].stop()
    return stored_rows(str(folder / "analyzer" / "agent-analytics.duckdb"))


def test_analyzer_is_killed_under_load(pair: Chain, tmp_path: Path) -> None:
    """What was sent meanwhile waits on the Collector's disk; afterwards every counter and row is as in process."""
    sources = day_of(random.Random(31), CONVERSATIONS)
    expected = without(expected_net(host := straight(sources)))
    load = Load(pair, sources, OUTAGE_SECONDS * 1.5)
    load.start()
    time.sleep(OUTAGE_SECONDS / 4)
    pair.servers["analyzer"].kill()
    time.sleep(OUTAGE_SECONDS)
    pair.servers["analyzer"].start()
    load.join()

    assert load.refused == 0  # no agent noticed
    assert figures(pair, expected) == expected
    assert rows(pair, tmp_path) == expected_rows(host)


def test_collector_is_killed_with_a_full_queue(pair: Chain, tmp_path: Path) -> None:
    """With the analyzer away, what the Collector had taken survives that it is killed, too, and counts once."""
    sources = day_of(random.Random(32), CONVERSATIONS)
    expected = without(expected_net(host := straight(sources)))
    pair.servers["analyzer"].kill()
    load = Load(pair, sources, 3)
    load.start()
    time.sleep(2)
    pair.servers["collector"].kill()
    time.sleep(0.5)
    pair.servers["collector"].start()
    load.join()
    assert load.refused > 0
    pair.servers["collector"].kill()  # once more, with everything in the queue
    pair.servers["collector"].start()
    pair.servers["analyzer"].start()

    assert figures(pair, expected) == expected
    assert rows(pair, tmp_path) == expected_rows(host)


def test_records_are_told_once(tmp_path: Path) -> None:
    """While a day is replayed the analyzer is killed twice: its records are in Loki once, and add up to its rows."""
    for name in PROGRAMS:
        program(name)
    with Chain(tmp_path / "chain", options=Options({"AGENT_ANALYTICS_LATENESS_SECONDS": "2"})) as chain:
        with ThreadPoolExecutor(1) as pool:
            playing = pool.submit(play, chain, tmp_path, conversations=100)
            for spans in (50, 900):
                until(functools.partial(has_received, chain, spans), 60, f"not {spans} spans")
                chain.servers["analyzer"].kill()
                chain.servers["analyzer"].start()
            ids = playing.result().each
        query = f'{{service_name="{SERVICE}"}} | scope_name="{v.DERIVED_SCOPE_NAME}"'
        # What waited in the Collector for longer than the lateness is judged anew: so both sides are asked again.
        until(lambda: net_ends(chain.logql(query)) == ends_of(chain, ids), 90)
        told = [(one["agent_analytics_event_name"], one["agent_analytics_event_id"]) for one in chain.logql(query)]
    assert [one for one, times in Counter(told).items() if times > 1] == []


def has_received(chain: Chain, spans: int) -> bool:
    """Return whether the analyzer has taken so many spans and records."""
    lines = fetch(f"{chain.url('analyzer')}/metrics").decode().splitlines()
    said = [line.rpartition(" ")[2] for line in lines if line.startswith("agent_analytics_spans_received_total{")]
    return sum(map(float, said)) >= spans


def ends_of(chain: Chain, ids: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return how many episodes of each conversation ended with each outcome, as the analyzer has them."""
    said = chain.api("episodes?" + "&".join(f"id={one}" for one in ids))["conversations"]
    ended = ((one["conversation_id"], one["outcome"] or "") for of in said for one in of["episodes"])
    return dict(Counter(ended))


def net_ends(records: list[dict[str, str]]) -> dict[tuple[str, str], int]:
    """Return how much oftener the end of each conversation, with its outcome, was told than taken back; never 0."""
    net: Counter[tuple[str, str]] = Counter()
    for one in records:
        if "agent_analytics_conversation_count" in one and "settled" not in one["agent_analytics_event_name"]:
            key = one["gen_ai_conversation_id"], one.get("agent_analytics_outcome", "")
            net[key] += int(one["agent_analytics_conversation_count"])
    return {key: number for key, number in net.items() if number}
