"""Bodies that are no requests, or such as nobody sends: the analyzer refuses or takes them, and goes on.

``make soak`` sends more of them: SOAK_BODIES says how many.
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from otel_agent_analytics import vocabulary as v
from tests.helpers.mutating import Sent, mutants
from tests.helpers.otlp import read_back, requests_of
from tests.helpers.processes import Process, expected_net, expected_rows, stored_rows
from tests.helpers.script import Source
from tests.helpers.traffic import day_of, straight

BODIES = int(os.environ.get("SOAK_BODIES", "2000"))
SENDERS = 16
MOST_GROWTH = 150 * 2**20
"""Bytes by which the process may grow after the first fifth: DuckDB's own buffers are let to 256 MiB."""
NOT_FAULTS = {200, 400, 408, 413, 415}


def captured(chance: random.Random) -> list[tuple[str, bytes]]:
    """Return requests with conversations and users that are no others', by their ids.

    Their service has no name, since each damaged name would be a service of its own, with all its series.
    """
    return [
        request
        for size in (1, 3, 12)
        for begin in range(0, 60, size)
        for request in requests_of(map(_renamed, day_of(chance, 12)[begin : begin + size]), "")
    ]


def _renamed(source: Source) -> Source:
    said = source.attributes
    own = {key: f"fuzz-{said[key]}" for key in (v.GEN_AI_CONVERSATION_ID, v.USER_HASH) if key in said}
    return source._replace(attributes={**said, **own})


def test_damaged_requests(tmp_path: Path) -> None:
    """None of them ends the process, is answered 5xx or makes it grow; what then comes has its figures exactly."""
    chance = random.Random(31)
    requests = captured(chance)
    with Process(str(tmp_path / "store.duckdb"), tmp_path) as one:
        begin = time.monotonic()
        answers = Counter[int]()
        sizes = []
        for share in range(5):
            answers += _sent_by_many(one.port, [*mutants(requests, random.Random(share), BODIES // 5)])
            sizes.append(_resident(one.popen.pid))
        took = time.monotonic() - begin
        print(f"{answers} in {took:.0f} s, {[size >> 20 for size in sizes]} MiB")  # noqa: T201 - `make soak` shows it

        assert answers.keys() <= NOT_FAULTS
        assert answers[200] > BODIES / 10
        assert answers[400] > BODIES / 10
        assert sizes[-1] - sizes[0] < MOST_GROWTH
        assert "internal fault" not in one.log

        sources = day_of(chance, 30)
        batches = [sources[at : at + 40] for at in range(0, len(sources), 40)]
        sent = [request for batch in batches for request in requests_of(batch, "replayed")]
        assert {one.ask("POST", *request).status for request in sent} == {200}
        expected = straight(read_back(sent))
        assert one.settled("replayed") == expected_net(expected)
    rows = stored_rows(one.store)
    assert {key: row for key, row in rows.items() if key[0].startswith("c")} == expected_rows(expected)


def _resident(process_id: int) -> int:
    """Return how much memory a process holds, bytes."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(process_id)], capture_output=True, text=True, check=True)
    return int(said.stdout) * 1024


def _sent_by_many(port: int, requests: list[Sent]) -> Counter[int]:
    found = Counter[int]()
    senders = [threading.Thread(target=_send, args=(port, requests[place::SENDERS], found)) for place in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return found


def _send(port: int, requests: list[Sent], found: Counter[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for path, body, type_, encoding in requests:
        headers = {"Content-Type": type_, **({"Content-Encoding": encoding} if encoding else {})}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        found[answer.status] += 1  # each is one step of the interpreter
    connection.close()
