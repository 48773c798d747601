"""Tokens, TLS and what is told of them: without its token nothing is answered, changed or betrayed."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.access import Access, open_doors
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.app import create_app
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.service.grpc_receiver import SERVICES
from otel_agent_analytics.service.pages.files import files
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage.tables import TABLES
from tests.helpers.otlp import requests_of, traces_body
from tests.helpers.processes import Process, free_port
from tests.helpers.script import write
from tests.helpers.traffic import price

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from starlette.routing import BaseRoute

    from otel_agent_analytics.storage.database import Database

OPEN = {"/healthz", "/readyz", "/", *(f"/page/{name}" for name in files())}
SENDING = ("/v1/", "/api/events")
TOKENS = Access(ingest=("in-secret",), read=("out-secret",), admin=("all-secret",))
MOVES = write("user hi | agent x | rate positive", begin_ns=time.time_ns() - 60 * 10**9)
SPANS = traces_body([source for source in MOVES if hasattr(source, "span_id")])  # type: ignore[misc]
WRONG: tuple[dict[str, str], ...] = (
    {}, {"authorization": ""}, {"authorization": "Bearer"}, {"authorization": "Bearer "}, {"authorization": "Bearer x"},
    {"authorization": "in-secret"}, {"authorization": "Basic all-secret"}, {"authorization": "Bearer all-secre"},
    {"authorization": "Bearer all-secret2"}, {"authorization": "Bearer in-secret,all-secret"}, {"cookie": "all-secret"},
)  # fmt: skip


def addresses(routes: Iterable[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield method and path of everything that is answered."""
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(route.routes, before + route.path)
        elif isinstance(route, Route):
            path = before + route.path
            while "{" in path:
                path = path.partition("{")[0] + "c" + path.partition("}")[2]
            yield from ((method, path) for method in route.methods or ())


def contents(database: Database) -> dict[str, Any]:
    """Return all rows of all tables."""
    return {
        table.name: sorted(map(repr, database.read(f"SELECT * FROM {table.name}")))  # noqa: S608 - its own tables
        for table in TABLES
    }


def app_on(database: Database) -> Any:
    """Return the application, with a token for each scope."""
    analyzer = Analyzer(database, DEFAULT_RULES, time.time_ns, price, writer=getattr(database, "writer", 0))
    return create_app(analyzer, Committer(analyzer), time.time_ns, allowed=TOKENS)


def test_nothing_without_a_token(database: Database) -> None:
    """Every address but those of health and the page's files answers 401 to whoever has no token; no table changes."""
    app = app_on(database)
    with TestClient(app) as client:
        good = {"authorization": "Bearer in-secret", "content-type": "application/x-protobuf"}
        assert client.post("/v1/traces", content=SPANS, headers=good).status_code == 200
        before = contents(database)
        asked = [one for one in addresses(app.routes) if one[1] not in OPEN]
        assert len(asked) > 20
        for method, path in asked:
            others = "Bearer out-secret" if path.startswith(SENDING) else "Bearer in-secret"
            for headers in (*WRONG, {"authorization": others}):
                named = {"content-type": "application/x-protobuf", **headers}
                answer = client.request(method, path, content=SPANS if method == "POST" else None, headers=named)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (path, headers)
                assert "secret" not in answer.text
        assert contents(database) == before


def test_nothing_without_a_token_over_grpc(tmp_path: Path) -> None:
    """Both services answer UNAUTHENTICATED, and nothing is counted."""
    port = free_port()
    said = {"AGENT_ANALYTICS_SERVE_GRPC": f"127.0.0.1:{port}", "AGENT_ANALYTICS_INGEST_TOKENS": "in-secret"}
    with (
        Process(str(tmp_path / "x.duckdb"), tmp_path, environ=said) as one,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        before = one.ask("GET", "/metrics").body
        for service in SERVICES:
            for headers in WRONG:
                metadata = tuple((key, value) for key, value in headers.items() if "cookie" not in key)
                with pytest.raises(grpc.RpcError) as refused:
                    channel.unary_unary(f"/{service}/Export")(SPANS, timeout=10, metadata=metadata)
                assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
                assert "secret" not in (refused.value.details() or "")
        assert one.ask("GET", "/metrics").body == before


def test_tokens_are_in_no_log(tmp_path: Path) -> None:
    """At the level debug too: neither those that are set, nor those that somebody sends."""
    (tmp_path / "tokens").write_text("in-secret-1\nin-secret-2, in-secret-3\n")
    said = {
        "AGENT_ANALYTICS_INGEST_TOKENS_FILE": str(tmp_path / "tokens"),
        "AGENT_ANALYTICS_READ_TOKENS": "out-secret",
        "AGENT_ANALYTICS_ADMIN_TOKENS": "all-secret",
        "AGENT_ANALYTICS_LOG_LEVEL": "debug",
    }
    with Process(str(tmp_path / "x.duckdb"), tmp_path, environ=said) as one:
        for token in ("in-secret-1", "in-secret-2", "in-secret-3", "all-secret"):
            assert one.ask("POST", *requests_of(MOVES)[0], authorization=f"Bearer {token}").status == 200
        answers = [
            one.ask(method, path, b"\xff", authorization=f"{scheme} {token}")
            for method in ("GET", "POST", "DELETE")
            for path in (
                "/v1/traces",
                "/metrics",
                "/api/overview?token=a-secret",
                "/api/conversations/x",
                "/nowhere/a-secret",
            )
            for scheme in ("Bearer", "Basic", "Token")
            for token in ("b-secret", "in-secret-1", "out-secret", "all-secret", "b-secret\u00ff")
        ]
        assert {answer.status for answer in answers} <= {200, 400, 401, 404, 405}
        told = b"".join(answer.body + repr(answer.headers).encode() for answer in answers)
    assert "ready" in one.log
    for text in (one.log, told.decode()):
        assert "secret" not in text.replace("token=a-secret", "").replace("'a-secret'", "").replace('"a-secret"', "")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "certificate.pem", folder / "key.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    named = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    command = [openssl, "req", "-x509", *kind, *named, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


def test_tls(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """HTTP and gRPC are served with TLS; who does not know the certificate, or speaks without TLS, gets nothing."""
    made, key = certificate
    http, port = free_port(), free_port()
    said = {
        "AGENT_ANALYTICS_SERVE_GRPC": f"127.0.0.1:{port}",
        "AGENT_ANALYTICS_TLS_CERTIFICATE": str(made),
        "AGENT_ANALYTICS_TLS_KEY": str(key),
    }
    one = Process(str(tmp_path / "x.duckdb"), tmp_path, port=http, environ=said)
    try:
        url, known = f"https://127.0.0.1:{http}", ssl.create_default_context(cafile=str(made))
        give_up = time.monotonic() + 30
        while "ready" not in one.log and time.monotonic() < give_up:
            time.sleep(0.05)
        assert f"ready: OTLP over HTTP, /metrics and the page on {url}" in one.log
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(url + "/healthz", timeout=10)
        assert one.ask("GET", "/healthz").status == 0

        trusted = grpc.ssl_channel_credentials(made.read_bytes())
        with grpc.secure_channel(f"127.0.0.1:{port}", trusted) as channel:
            assert channel.unary_unary(f"/{next(iter(SERVICES))}/Export")(SPANS, timeout=10) == b""
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(f"/{next(iter(SERVICES))}/Export")(SPANS, timeout=10)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        with urllib.request.urlopen(url + "/metrics", timeout=10, context=known) as page:
            assert b'conversations_started_total{channel="unknown"' in page.read()
    finally:
        one.popen.terminate()
        assert one.popen.wait(30) == 0
        one.kill()


@pytest.mark.parametrize(
    ("http", "over_grpc", "tokens", "told"),
    [
        ("127.0.0.1", "127.0.0.1", {}, []),
        ("localhost", "::1", {}, []),
        ("0.0.0.0", None, {"ingest_tokens": ("a",), "read_tokens": ("b",)}, []),  # noqa: S104 - it is what is warned of
        ("0.0.0.0", None, {}, ["0.0.0.0:1 may send: set AGENT_ANALYTICS_INGEST_TOKENS", "may read"]),  # noqa: S104
        ("127.0.0.1", "::", {"ingest_tokens": ("a",)}, [":::2 may read: set AGENT_ANALYTICS_READ_TOKENS"]),
        ("analytics.example", None, {"read_tokens": ("a",)}, ["analytics.example:1 may send"]),
    ],
)
def test_open_doors(http: str, over_grpc: str | None, tokens: dict[str, Any], told: list[str]) -> None:
    """What listens beyond the machine itself without a token is warned of, with the variable that closes it."""
    at = None if over_grpc is None else (over_grpc, 2)
    warnings = list(open_doors(ServiceSettings(serve_http=(http, 1), serve_grpc=at, **tokens)))
    assert len(warnings) == len(told)
    assert all(part in warning for part, warning in zip(told, warnings, strict=True))


def test_open_doors_are_logged(tmp_path: Path) -> None:
    """``serve`` says so when it starts."""
    port = free_port()
    with Process(
        str(tmp_path / "x.duckdb"), tmp_path, port=port, environ={"AGENT_ANALYTICS_SERVE_HTTP": f"0.0.0.0:{port}"}
    ) as one:
        assert one.ask("GET", "/healthz").status == 200
    assert one.log.count("anybody who reaches 0.0.0.0") == 2
