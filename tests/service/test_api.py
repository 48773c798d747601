"""The JSON API: what is answered, what is refused and how; every answer is as the OpenAPI document says."""

from __future__ import annotations

import http.client
import json
import random
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.definitions.all_definitions import DEFINITIONS_VERSION, definitions
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.api import routes
from otel_agent_analytics.service.queries.zone import instant
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.errors import UnavailableError
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import DAY_NS, HOUR_NS, day_of, end_ns, price, straight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

Draft202012Validator: Any = pytest.importorskip("jsonschema").Draft202012Validator
NOW_NS = BEGIN_NS + 20 * DAY_NS
PATHS = (
    "overview", "analytics", "analytics/dashboard", "top-intents", "topics", "unresolved-topics", "sentiment-by-day",
    "outcomes-by-day", "outcomes-by-hour", "drop-off", "compare-agents", "compare-models", "compare-versions",
    "handoffs", "countries", "devices", "channels", "languages", "tools", "models", "errors", "cost", "peak-hours",
    "conversations-per-hour", "users", "conversations", "calibration", "services",
)  # fmt: skip
CARE = ("events", "forget", "content/{conversation_id}")
EXPORT = "/api/export/{table}"
ALL = "from=2020-01-01&to=2027-01-01&tz=UTC"
IDS = (
    "plain", "a/b//c", "/", "..", "a b+c", "100%", "%2F", "ünï→😀", "a\nb\n", "'; DROP TABLE calls; --", "{id}",
    '"<b>&amp;?x=1#f', "\t\x01\x7f", "openapi.json", "x" * 1024,
)  # fmt: skip


def fill(database: Database, sources: list[Source]) -> None:
    """Let an analyzer take everything, and then let the time run out."""
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: NOW_NS, price, writer=getattr(database, "writer", 0))
    analyzer.take(sources)
    late = Analyzer(database, DEFAULT_RULES, lambda: NOW_NS + 12 * DAY_NS, price, writer=getattr(database, "writer", 0))
    while late.close_due():
        pass


def client(database: Database, allowed: Access | None = None, human_cost_usd: float | None = 5.0) -> TestClient:
    """Return a client of the API; it is NOW_NS there."""
    return TestClient(Starlette(routes=routes(database, allowed or Access(), lambda: NOW_NS, human_cost_usd)))


@pytest.fixture
def api(database: Database) -> Iterator[TestClient]:
    """Serve a day's traffic."""
    fill(database, day_of(random.Random(31), 40))
    with client(database) as found:
        yield found


def strict(schema: Any) -> Any:
    """Return a schema in which what is not named may not be."""
    if isinstance(schema, dict):
        closed = {"additionalProperties": False} if "properties" in schema else {}
        return {**{key: strict(value) for key, value in schema.items()}, **closed}
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


def check(document: Any, path: str, answer: Any) -> None:
    """Check an answer against what the document says of its address and status."""
    said = document["paths"][path]["get"]["responses"][str(answer.status_code)]["content"]["application/json"]
    assert answer.headers["content-type"] == "application/json"
    schema = {**said["schema"], "components": strict(document["components"])}
    Draft202012Validator(schema).validate(answer.json())


def test_document_names_every_address(api: TestClient) -> None:
    """The document has every address, each once, with sound schemas of which every reference is kept."""
    document = api.get("/api/openapi.json").json()

    assert document["openapi"].startswith("3.1.")
    others = ("definitions", "episodes", "conversations/{conversation_id}", *CARE)
    expected = {f"/api/{path}" for path in (*PATHS, *others)} | {EXPORT}
    assert set(document["paths"]) == expected
    operations = [way["operationId"] for path in document["paths"].values() for way in path.values()]
    assert len(set(operations)) == len(operations)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = {text.split('"')[0] for text in json.dumps(document).split('"#/components/schemas/')[1:]}
    assert references == set(schemas)
    assert '"format": "decimal"' not in json.dumps(document)
    assert schemas["Totals"]["properties"]["avg_duration"]["description"] == "Seconds."
    assert schemas["Episode"]["properties"]["started"]["description"] == "First event, ISO 8601, UTC."
    assert '"None' not in json.dumps(document)


def test_answers_are_as_documented(api: TestClient) -> None:
    """With data, without, and where something is wrong, every answer has the documented fields and no other."""
    document = api.get("/api/openapi.json").json()
    for path in PATHS:
        for query in ("?days=30&service=shop", "?hours=1", f"?{ALL}", "?days=30&tz=Asia/Tokyo"):
            answer = api.get(f"/api/{path}{query}")
            assert answer.status_code == 200, answer.text
            check(document, f"/api/{path}", answer)
        for query in ("?days=none", "?nothing=1"):
            answer = api.get(f"/api/{path}{query}")
            assert answer.status_code == 400
            check(document, f"/api/{path}", answer)
    for name, status in (("c1", 200), ("nobody", 404), ("c1?hours=1", 400), ("c1?limit=1", 200)):
        answer = api.get(f"/api/conversations/{name}")
        assert answer.status_code == status
        check(document, "/api/conversations/{conversation_id}", answer)
    for query, status in (("?id=c1&id=nobody", 200), ("?id=", 400), ("?days=1", 400)):
        answer = api.get(f"/api/episodes{query}")
        assert answer.status_code == status
        check(document, "/api/episodes", answer)
    for query, status in (("", 200), ("?x=1", 400)):
        answer = api.get(f"/api/definitions{query}")
        assert answer.status_code == status
        check(document, "/api/definitions", answer)


def test_documented_parameters_are_those_that_are_taken(api: TestClient) -> None:
    """Each documented parameter is taken, its default is what holds without it, and its bounds are kept."""
    document = api.get("/api/openapi.json").json()
    good = {"hours": "5", "days": "5", "tz": "Asia/Tokyo", "service": "x", "limit": "5", "id": ["x"]}
    good |= {"service_namespace": "", "deployment_environment_name": "live"}
    good |= {"outcome": "visit", "resolution_status": "unknown", "sentiment": "neutral", "min_turns": "2"}
    good |= dict.fromkeys(("agent", "intent", "topic", "channel", "language", "id_prefix"), "x")
    good["after"] = "1700000000000000000.1.c1"
    window = {"from": "1", "to": "1970-01-02"}
    del document["paths"][EXPORT]  # is no JSON
    for path, said in document["paths"].items():
        if path.removeprefix("/api/") in CARE:
            continue
        address = path.replace("{conversation_id}", "c1")
        plain = api.get(address).json()
        for parameter in said["get"].get("parameters", ()):
            name, schema = parameter["name"], parameter["schema"]
            if parameter["in"] == "path":
                continue
            given = window if name in window else {name: good[name]}
            assert api.get(address, params=given).status_code == 200, (path, name)
            if "default" in schema:
                assert api.get(address, params={name: schema["default"]}).json() == plain, (path, name)
            if "maximum" in schema:
                assert api.get(address, params={name: schema["maximum"]}).status_code == 200
                refused = api.get(address, params={name: schema["maximum"] + 1})
                assert (refused.status_code, refused.json()["parameter"]) == (400, name)


def test_episodes_of_some_conversations(api: TestClient) -> None:
    """By their ids, as many times as there are; what is not known is left out; each has what it has alone."""
    ids = [f"c{number}" for number in range(0, 40, 3)]
    found = api.get("/api/episodes", params={"id": [*ids, "nobody", "c0"]}).json()["conversations"]

    assert [one["conversation_id"] for one in found] == sorted(ids)
    alone = {name: api.get(f"/api/conversations/{name}").json() for name in ids}
    assert {one["conversation_id"]: one["episodes"] for one in found} == {
        name: one["episodes"] for name, one in alone.items()
    }
    assert all(one["episodes"] and not one["open"] for one in found)
    assert api.get("/api/episodes").json() == {"conversations": []}
    assert api.get("/api/episodes", params={"id": ["x"] * 200}).status_code == 200
    for ids, told in (["x"] * 201, "may be given 200 times"), ([""], "1 to 1024 characters"), (["\0"], "no NUL"):
        refused = api.get("/api/episodes", params={"id": ids})
        assert (refused.status_code, refused.json()["parameter"]) == (400, "id")
        assert told in refused.json()["allowed"]


def test_episodes_say_when_they_are_due(database: Database) -> None:
    """One that is open says so, and when it is to be ended: idle time and lateness after its last event; else later."""
    sources = write("user hi", "running", NOW_NS - HOUR_NS // 4) + write("user hi | end", "over", NOW_NS - DAY_NS)
    Analyzer(database, DEFAULT_RULES, lambda: NOW_NS, price, writer=getattr(database, "writer", 0)).take(sources)
    with client(database) as api:
        over, running = api.get("/api/episodes?id=running&id=over").json()["conversations"]
    assert (running["open"], running["episodes"]) == (True, [])
    last_ns = end_ns(sources[0])
    assert running["due"] == instant(last_ns + DEFAULT_RULES.idle_ns + 60 * 10**9)
    assert over["due"] == instant(NOW_NS + 60 * 10**9)


def test_wrong_parameter_is_told(api: TestClient) -> None:
    """A refusal names the parameter, its value and what is allowed; a long value is cut."""
    answer = api.get("/api/tools?limit=" + "9" * 5000)
    told = answer.json()

    assert answer.status_code == 400
    assert (told["parameter"], told["value"], told["allowed"]) == (
        "limit", "9" * 200, "a whole number from 1 to 1000",
    )  # fmt: skip
    assert "limit" in told["error"]
    unknown = api.get("/api/overview?colour=red").json()
    assert (unknown["parameter"], unknown["value"]) == ("colour", "red")
    assert all(name in unknown["allowed"] for name in ("from", "to", "hours", "days", "tz", "service"))


def test_window_of_the_last_hours_and_days(database: Database) -> None:
    """Windows reach back from now, which is no part of them; without a parameter the documented default holds."""
    for hours in (1, 30, 24 * 8):
        fill(database, write("user hi | end completed", f"c{hours}", NOW_NS - hours * HOUR_NS))
    with client(database) as api:
        counts = {
            query: api.get(f"/api/{query}").json()
            for query in ("analytics", "analytics?hours=1.5", "analytics?days=2", "analytics?days=9")
        }
        assert [one["total_conversations"] for one in counts.values()] == [1, 1, 2, 3]
        assert counts["analytics"]["window"] == {
            "since": "2023-12-03T22:13:20.000000000Z",
            "until": "2023-12-04T22:13:20.000000000Z",
            "timezone": "UTC",
            "service": None,
            "service_namespace": None,
            "deployment_environment_name": None,
        }
        assert api.get("/api/analytics/dashboard").json()["overview"]["total_conversations"] == 2
        assert api.get("/api/analytics/dashboard?days=9").json()["overview"]["total_conversations"] == 3


def test_fixed_shapes(api: TestClient) -> None:
    """The two shapes that others rely on have their fields, plain numbers from 0 to 1 for rates."""
    board = api.get("/api/analytics/dashboard?days=90").json()
    assert set(board) >= {"overview", "top_intents", "sentiment_trend", "unresolved_topics"}
    assert set(board["overview"]) == {
        "total_conversations", "avg_turns", "avg_duration", "avg_effort", "avg_tokens", "resolution_rate",
        "negative_rate",
    }  # fmt: skip
    assert 0 < board["overview"]["resolution_rate"] < 1
    assert {*board["sentiment_trend"][0]} == {"day", "positive", "neutral", "negative", "frustrated"}
    few = api.get("/api/analytics?hours=2160").json()
    assert set(few) >= {
        "total_conversations", "ai_resolution_rate", "avg_csat", "top_topics", "avg_turns", "estimated_savings",
    }  # fmt: skip
    engaged = [one for one in straight(day_of(random.Random(31), 40)).records if one.engaged]
    assert few["total_conversations"] == board["overview"]["total_conversations"] == len(engaged)


def test_without_a_human_cost_savings_are_unknown(database: Database) -> None:
    """Nobody invents what a human costs."""
    fill(database, write("user hi | model mini 9 9 | agent it is booked | end completed"))
    with client(database, human_cost_usd=None) as api:
        assert api.get("/api/analytics?days=30").json()["estimated_savings"] is None
    with client(database, human_cost_usd=0.1) as api:
        # One conversation is verified; its call cost 9 · 0.15 and 9 · 0.6 millionths of a dollar.
        assert b'"estimated_savings":0.099993250000000' in api.get("/api/analytics?days=30").content


@contextmanager
def listening(database: Database) -> Iterator[http.client.HTTPConnection]:
    """Serve the API by a real server: the client above decodes paths twice."""
    app = Starlette(routes=routes(database, Access(), lambda: NOW_NS))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
        server.should_exit = True
        thread.join()


def test_ids_and_services_of_any_characters(database: Database) -> None:
    """A conversation is found by its id whatever that is made of, percent-encoded; so is a service."""
    sources = [one for name in IDS for one in write("user hi | tool look | agent x | end", name, BEGIN_NS)]
    fill(database, sorted(sources, key=end_ns))
    with listening(database) as connection:
        for name in IDS:
            connection.request("GET", f"/api/conversations/{quote(name, safe='')}")
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (name, body)
            found = json.loads(body)
            assert found["conversation_id"] == name
            assert {one["conversation_id"] for one in found["episodes"]} == {name}
            assert [one["name"] for one in found["calls"]] == ["look"]
    with client(database) as api:
        for name in IDS:
            assert api.get("/api/overview", params={"service": name}).status_code == 200
        listed = api.get("/api/conversations?days=30").json()["items"]
        assert {one["conversation_id"] for one in listed} == set(IDS)
        for name in ("%00", "x" * 1025, "a%00b", "", "%FF%FE", "%ED%A0%80"):
            assert api.get(f"/api/conversations/{name}").status_code == 404
            assert api.get(f"/api/overview?service={name}").status_code in (200, 400)
        assert len(api.get("/api/conversations?days=30").json()["items"]) == len(IDS)


def test_tokens(database: Database) -> None:
    """Every address, the document too, needs a token for reading or an admin's."""
    allowed = Access(ingest=("in",), read=("out",), admin=("all",))
    with client(database, allowed) as open_:
        document = open_.get("/api/openapi.json", headers={"Authorization": "Bearer out"}).json()
        asked = {path for path in document["paths"] if path.removeprefix("/api/") not in CARE}
        for path in (*asked, "/api/openapi.json"):
            for given in ({}, {"Authorization": "Bearer in"}, {"Authorization": "out"}):
                answer = open_.get(f"{path}?bad=1", headers=given)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
                if path in asked:
                    check(document, path, answer)
        for token in ("out", "all"):
            answer = open_.get("/api/overview", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200


def test_database_that_is_gone() -> None:
    """While the database cannot be asked the answer is to come again."""

    class Gone:
        def snapshot(self, *_: Any) -> Any:
            raise UnavailableError("gone")

    gone: Any = Gone()
    with client(gone) as api:
        document = api.get("/api/openapi.json").json()
        for path in ("/api/overview", "/api/conversations/{conversation_id}"):
            answer = api.get(path.replace("{conversation_id}", "c"))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            check(document, path, answer)


def test_tables_as_files(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin may have every table as a file that has its rows; others, and other tables and formats, are refused."""
    fill(database, day_of(random.Random(32), 30))
    hostile = write("user hi | tool look | agent x | end", 'a "b", \\N; \n--', BEGIN_NS)
    fill(database, hostile)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary := tmp_path / "temporary"))  # others' tests export too
    temporary.mkdir()
    admin = {"Authorization": "Bearer all"}
    with client(database, Access(admin=("all",))) as api:
        for table in t.TABLES:
            whole = f"SELECT {', '.join(table.names)} FROM {{}}"  # noqa: S608 - names of our own
            expected = sorted(map(repr, database.read(whole.format(table.name))))
            for format_ in ("parquet", "csv"):
                answer = api.get(f"/api/export/{table.name}?format={format_}", headers=admin)
                assert answer.status_code == 200
                file = tmp_path / f"{table.name}.{format_}"
                file.write_bytes(answer.content)
                with duckdb.connect() as reading:
                    found = reading.execute(whole.format(f"'{file}'")).fetchall()
                assert len(found) == len(expected)
                if format_ == "parquet":
                    assert sorted(map(repr, found)) == expected, table.name
        refused = api.get("/api/export/schema_migrations", headers=admin)
        assert (refused.status_code, refused.json()["parameter"]) == (400, "table")
        assert "conversations" in refused.json()["allowed"]
        refused = api.get("/api/export/calls?format=xml", headers=admin)
        assert (refused.status_code, refused.json()["parameter"]) == (400, "format")
        assert api.get("/api/export/calls").status_code == 401
    with client(database) as api:  # without any token an admin's cannot be shown
        assert api.get("/api/export/calls").status_code == 401
    assert not [*temporary.iterdir()]


def test_definitions(api: TestClient) -> None:
    """What each figure means is the text that the documents are made from."""
    found = api.get("/api/definitions").json()

    assert found["version"] == DEFINITIONS_VERSION
    assert [one["name"] for one in found["definitions"]] == [one.name for one in definitions()]
    for one, definition in zip(found["definitions"], definitions(), strict=True):
        assert (one["text"], one["after"], one["metrics"]) == (definition.text, definition.after, [*definition.metrics])
        assert [(line["name"], line["text"]) for line in one["lines"]] == [tuple(line) for line in definition.lines]
        assert [tuple(number.values()) for number in one["figures"]] == [tuple(number) for number in definition.figures]


def test_reads_beside_a_writer(database: Database) -> None:
    """While a batch is being written there are answers, of what counted before."""
    fill(database, write("user hi | end"))
    with client(database) as api, database.transaction():
        assert api.get("/api/analytics?days=30").json()["total_conversations"] == 1
        assert api.get("/api/conversations/c").json()["messages"][0]["role"] == v.ROLE_USER


def test_only_reading(api: TestClient) -> None:
    """Nothing can be sent to these addresses."""
    assert api.post("/api/overview").status_code == 405
    assert api.get("/api/nothing").status_code == 404
