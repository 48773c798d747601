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
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.app import create_app
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.mutating import HOSTILE, Sent, mutants
from tests.helpers.otlp import read_back, requests_of
from tests.helpers.processes import Process, expected_net, expected_rows, stored_rows
from tests.helpers.script import Source
from tests.helpers.traffic import day_of, end_ns, price, straight

BODIES = int(os.environ.get("SOAK_BODIES", "1500"))
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
        assert one.reached(expected_net(expected), "replayed") == expected_net(expected)
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


@pytest.fixture(scope="module")
def document() -> Iterator[tuple[TestClient, dict[str, Any]]]:
    """Serve a day's conversations; yield a client and what the analyzer says of its addresses."""
    database = DuckDBDatabase(IN_MEMORY)
    sources = day_of(random.Random(32), 20)
    clock = lambda: end_ns(sources[-1])  # noqa: E731 - a time that stands
    analyzer = Analyzer(database, DEFAULT_RULES, clock, price)
    analyzer.take(sources)
    with TestClient(create_app(analyzer, Committer(analyzer), clock), raise_server_exceptions=False) as client:
        yield client, client.get("/api/openapi.json").json()
    database.close()


TEXTS = (
    st.text(max_size=30)
    | st.sampled_from((*HOSTILE, "UTC", "Europe/Amsterdam", "c1", "shop", "2023-11-14", "1700000000000000000", "-1"))
    | st.integers().map(str)
    | st.floats().map(str)
    | st.datetimes().map(str)
)


@given(data=st.data())
@settings(max_examples=BODIES // 10, deadline=None)
def test_every_address_of_the_document(document: tuple[TestClient, dict[str, Any]], data: st.DataObject) -> None:
    """Whatever is asked, each address answers as the OpenAPI document says, and never with a fault."""
    client, said = document
    path, methods = data.draw(st.sampled_from(sorted(said["paths"].items(), key=lambda item: item[0])))
    method, operation = data.draw(st.sampled_from(sorted(methods.items(), key=lambda item: item[0])))
    query: list[tuple[str, Any]] = []
    for parameter in operation.get("parameters", ()):
        value = data.draw(TEXTS | valid_values(parameter["schema"]))
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(value.encode("utf-8", "replace"), safe=""))
        elif data.draw(st.integers(0, 2)):
            query.append((parameter["name"], value.encode("utf-8", "replace").decode()))
    if not data.draw(st.integers(0, 20)):
        query.append((data.draw(st.text(max_size=10)).encode("utf-8", "replace").decode(), "x"))
    body = data.draw(JSON_VALUES) if "requestBody" in operation else None

    answer = client.request(method.upper(), path, params=query, json=body)

    assert answer.status_code < 500, (path, query, answer.text)
    assert str(answer.status_code) in {*operation["responses"], "404"}, (path, query, answer.text)
    assert answer.headers["content-type"].startswith("application/json") or answer.status_code == 404


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS.map(ascii),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5).map(ascii), inner, max_size=3),
    max_leaves=10,
)


def valid_values(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Return what makes texts of values that a schema of a parameter allows."""
    if schema.get("type") == "integer":
        return st.integers(schema.get("minimum", 0), schema.get("maximum", 1000)).map(str)
    if schema.get("type") == "number":
        return st.floats(0.01, schema.get("maximum", 1000)).map(lambda value: f"{value:.3f}")
    return st.text(min_size=1, max_size=20)
