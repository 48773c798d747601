"""Forgetting a user over HTTP and by the command: who may, whom it finds, and what it says."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
import time
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.__main__ import main
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.care import Care
from otel_agent_analytics.service.posted import LONGEST
from otel_agent_analytics.service.queries.openapi import document
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.searching import places
from tests.helpers.served import Served, served
from tests.service.test_serve import serving

if TYPE_CHECKING:
    from pathlib import Path

Draft202012Validator: Any = pytest.importorskip("jsonschema").Draft202012Validator
KEY = "a secret of the operator"
ANN = hmac.new(KEY.encode(), b"ann@example.org", hashlib.sha256).hexdigest()
ADMIN = {"Authorization": "Bearer boss"}
EVENTS = [
    {"event": "user_message", "conversation_id": name, "event_id": "e", "user_id": user, "text": f"it is me, {user}"}
    for name, user in (("c-of-ann", "ann@example.org"), ("d-of-ann", "ann@example.org"), ("c-of-bob", "bob"))
]


def care(*keys: str) -> Care:
    """Return the key for user ids, and that texts are kept."""
    return Care(user_key=KEY.encode(), safe=(safe := Safe(keys)), keeper=Keeper(safe))


def ask(shop: Served, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    """Post JSON; return status and answer, which is as the document says."""
    answer = shop.send(path, json.dumps(body).encode(), type_="application/json", **headers)
    told = json.loads(answer.body)
    check("post", path, answer.status, told)
    return answer.status, told


def check(method: str, path: str, status: int, answer: Any) -> None:
    """Check an answer against the OpenAPI document."""
    api = document()
    said = api["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**said, "components": api["components"]}).validate(answer)


def test_over_http() -> None:
    """By plain id or by hash, first dry and then for good; the text that the next message is compared with goes too."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, allowed=Access(admin=("boss",)), care=care()) as shop:
        assert ask(shop, "/api/events", {"events": EVENTS})[0] == 200
        status, planned = ask(shop, "/api/forget", {"user": "ann@example.org", "dry_run": True}, **ADMIN)
        assert (status, planned["dry_run"], planned["conversations"]) == (200, True, 2)
        rows = {"facts": 2, "heads": 2, "messages": 2, "content": 2}
        assert {table: count for table, count in planned["rows"].items() if count} == rows
        status, done = ask(shop, "/api/forget", {"hash": ANN}, **ADMIN)
        assert (status, done) == (200, {**planned, "dry_run": False})
        assert places(database, [ANN, "c-of-ann", "d-of-ann", "it is me, ann"]) == set()
        assert ask(shop, "/api/forget", {"hash": ANN}, **ADMIN)[1]["conversations"] == 0
        again = {**EVENTS[0], "event_id": "later", "time": time.time_ns()}
        assert ask(shop, "/api/events", {"events": [again]})[0] == 200
        ((body,),) = database.read("SELECT body FROM facts WHERE conversation_id = 'c-of-ann'")
        assert shop.metric("rephrases_total") == 0
        assert b"later" in bytes(body)
    database.close()


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (400, {}, "either user or hash"),
        (400, {"user": "ann", "hash": ANN}, "either user or hash"),
        (400, {"hash": "a"}, "hash"),
        (400, {"hash": ANN.upper()}, "hash"),
        (400, {"user": ""}, "user"),
        (400, {"user": "x" * (LONGEST + 1)}, "user"),
        (400, {"user": "ann", "all": True}, "all"),
        (400, [], "object"),
    ],
)
def test_requests_that_name_nobody(status: int, body: Any, told: str) -> None:
    """What names nobody, or two, is refused and deletes nothing."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, allowed=Access(admin=("boss",)), care=care()) as shop:
        ask(shop, "/api/events", {"events": EVENTS}, **ADMIN)
        refused = ask(shop, "/api/forget", body, **ADMIN)
        assert refused[0] == status
        assert told in refused[1]["error"]
        assert database.read("SELECT count(*) FROM heads") == [(3,)]
    database.close()


def test_who_may() -> None:
    """Only an admin may forget and read texts, nobody where there is no admin's token; an id needs the key."""
    database = DuckDBDatabase(IN_MEMORY)
    for allowed, headers in (
        (Access(), {}),
        (Access(), ADMIN),
        (Access(ingest=("in",), read=("out",), admin=("boss",)), {"Authorization": "Bearer in"}),
        (Access(ingest=("in",), read=("out",), admin=("boss",)), {"Authorization": "Bearer out"}),
    ):
        with served(database, allowed=allowed, care=care()) as shop:
            assert ask(shop, "/api/forget", {"hash": ANN}, **headers)[0] == 401
            assert shop.get("/api/content/c1", **headers).status == 401
    with served(database, allowed=Access(admin=("boss",))) as shop:
        status, told = ask(shop, "/api/forget", {"user": "ann"}, **ADMIN)
        assert (status, "AGENT_ANALYTICS_USER_KEY" in told["error"]) == (400, True)
        assert ask(shop, "/api/forget", {"hash": ANN}, **ADMIN)[0] == 200
    database.close()


def test_texts_of_a_conversation() -> None:
    """An admin reads what was said, in its order; with another key it is told that it cannot be read."""
    key = pytest.importorskip("cryptography.fernet").Fernet.generate_key().decode()
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, allowed=Access(admin=("boss",)), care=care(key)) as shop:
        ask(shop, "/api/events", {"events": EVENTS}, **ADMIN)
        answer = shop.get("/api/content/c-of-bob", **ADMIN)
        found = json.loads(answer.body)
        check("get", "/api/content/{conversation_id}", answer.status, found)
        (item,) = found["items"]
        said = [{"role": "user", "parts": [{"type": "text", "content": "it is me, bob"}]}]
        assert json.loads(item["content"][v.GEN_AI_INPUT_MESSAGES]) == said
        assert (item["span_id"], item["problem"], found["more"]) == ("e", None, False)
        assert json.loads(shop.get("/api/content/nobody", **ADMIN).body)["items"] == []
    with served(database, allowed=Access(admin=("boss",)), care=care()) as shop:
        (item,) = json.loads(shop.get("/api/content/c-of-bob", **ADMIN).body)["items"]
        assert item["content"] is None
        assert "AGENT_ANALYTICS_CONTENT_KEY" in item["problem"]
    database.close()


# --- the command ------------------------------------------------------------------------------------------------------


def command(*arguments: str, **said: str) -> tuple[int, str, str]:
    """Run the command in this process; return its status and what it prints."""
    printed, error = io.StringIO(), io.StringIO()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_ANALYTICS_")}
    with (
        mock.patch.dict(os.environ, {**environ, **said}, clear=True),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(error),
    ):
        try:
            status = main(["forget", *arguments])
        except SystemExit as wrong:  # as argparse ends
            status = int(str(wrong.code))
    return status, printed.getvalue(), error.getvalue()


def fill(store: str) -> None:
    """Let an analyzer take the events into a store, and end."""
    from otel_agent_analytics.service.serving import opened

    with opened(store) as (database, _), served(database, care=care()) as shop:
        assert ask(shop, "/api/events", {"events": EVENTS})[0] == 200


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_command_opens_the_store(kind: str, tmp_path: Path) -> None:
    """Where nobody has the store open the command opens it, and says so; dry first, then for good."""
    if kind == "postgres":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        store = new_database(server)
    else:
        store = str(tmp_path / "x.duckdb")
    fill(store)
    status, printed, _ = command("ann@example.org", "--store", store, "--dry-run", AGENT_ANALYTICS_USER_KEY=KEY)
    assert (status, "2 conversations would be deleted" in printed) == (0, True)
    assert "asked the store" in printed
    status, printed, _ = command("--hash", ANN, "--store", store, "--json")
    found = json.loads(printed)
    assert (status, found["conversations"], found["rows"]["messages"]) == (0, 2, 2)
    status, printed, _ = command("ann@example.org", "--store", store, "--json", AGENT_ANALYTICS_USER_KEY=KEY)
    assert (status, json.loads(printed)["conversations"]) == (0, 0)


def test_command_asks_the_running_analyzer(tmp_path: Path) -> None:
    """Where an analyzer has the file open the command asks it, with the token of an admin; without one it fails."""
    tokens = {"AGENT_ANALYTICS_ADMIN_TOKENS": "boss,other", "AGENT_ANALYTICS_USER_KEY": KEY}
    with serving(tmp_path, **tokens) as (port, _, process):
        send = Served(port, None)  # type: ignore[arg-type]
        assert ask(send, "/api/events", {"events": EVENTS})[0] == 200
        own = {"AGENT_ANALYTICS_SERVE_HTTP": f"127.0.0.1:{port}", "AGENT_ANALYTICS_STORE": str(tmp_path / "x.duckdb")}
        status, _, error = command("ann@example.org", **own)
        assert (status, "a bearer token for admin is needed" in error) == (1, True)
        status, printed, _ = command("ann@example.org", "--json", **own, AGENT_ANALYTICS_ADMIN_TOKENS="other")
        found = json.loads(printed)
        assert (status, found["asked"]) == (0, f"the analyzer at http://127.0.0.1:{port}")
        assert (found["conversations"], found["dry_run"]) == (2, False)
        api = "--api", f"http://127.0.0.1:{port}/"
        status, printed, _ = command("bob", "--dry-run", *api, AGENT_ANALYTICS_ADMIN_TOKENS="boss")
        assert (status, "1 conversations would be deleted" in printed) == (0, True)
        log = (tmp_path / "log.txt").read_text()
        assert process.poll() is None
    assert not [secret for secret in ("boss", KEY, "ann@example.org") if secret in log]


@pytest.mark.parametrize(
    ("status", "arguments", "told"),
    [
        (1, ("ann", "--store", "nowhere.duckdb"), "nowhere.duckdb"),
        (1, ("ann", "--api", "http://127.0.0.1:1"), "no analyzer answers"),
        (2, ("ann", "--api", "ftp://x"), "--api"),
        (2, (), "USER"),
        (2, ("ann", "--hash", ANN), "not allowed"),
        (2, ("--hash", "abc"), "--hash"),
    ],
)
def test_wrong_usage(status: int, arguments: tuple[str, ...], told: str) -> None:
    """What cannot be done is told, with what is at fault."""
    found, printed, error = command(*arguments)

    assert (found, printed) == (status, "")
    assert told in error


def test_without_a_key(tmp_path: Path) -> None:
    """A plain id cannot be hashed without the key, which is said."""
    store = str(tmp_path / "x.duckdb")
    fill(store)
    status, _, error = command("ann", "--store", store)

    assert (status, "AGENT_ANALYTICS_USER_KEY" in error) == (2, True)
