"""The command ``serve`` as its users run it: a process of its own, real exporters, signals."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.serve import limit_numpy

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TURN = {v.OPERATION: v.OPERATION_TURN, v.GEN_AI_AGENT_NAME: "Ann"}
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def command(*arguments: str) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "otel_agent_analytics", "serve", *arguments]


def environment(**said: str) -> dict[str, str]:
    """Return the environment of the command."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **said}


@contextmanager
def serving(folder: Path, **said: str) -> Iterator[tuple[int, int, subprocess.Popen[bytes]]]:
    """Run the command; yield the ports of HTTP and gRPC, and the process. What it logs is in ``log.txt``."""
    http_port, grpc_port = free_port(), free_port()
    where = "--http", f"127.0.0.1:{http_port}", "--grpc", f"127.0.0.1:{grpc_port}", "--store", str(folder / "x.duckdb")
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command(*where), env=environment(**said), stderr=log)
    try:
        give_up = time.monotonic() + 30
        while get(http_port, "/readyz")[0] != 200 and time.monotonic() < give_up:
            time.sleep(0.05)
        yield http_port, grpc_port, process
    finally:
        process.kill()
        process.wait()


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Return status and text of a page; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def say(exporter: SpanExporter, conversation_id: str) -> None:
    """Send one user turn."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    attributes: dict[str, Any] = {**TURN, v.GEN_AI_CONVERSATION_ID: conversation_id}
    provider.get_tracer("x").start_span("turn", attributes=attributes).end()
    provider.shutdown()


def count(text: str, name: str) -> float:
    """Return the sum of the series of a name in a page of metrics."""
    lines = [line for line in text.splitlines() if line.startswith(f"agent_analytics_{name}{{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def test_exporters_of_the_sdk_over_http_and_grpc(tmp_path: Path) -> None:
    """Both are taken and shown; a stop loses nothing, and the next start goes on where it was."""
    with serving(tmp_path) as (http_port, grpc_port, process):
        say(HttpExporter(endpoint=f"http://127.0.0.1:{http_port}/v1/traces"), "over-http")
        say(GrpcExporter(endpoint=f"http://127.0.0.1:{grpc_port}", insecure=True), "over-grpc")
        before = get(http_port, "/metrics")[1]
        assert count(before, "conversations_started_total") == 2
        process.terminate()
        assert process.wait(20) == 0
        assert "ready" in (tmp_path / "log.txt").read_text()

    with serving(tmp_path) as (http_port, _, _process):
        assert sorted(get(http_port, "/metrics")[1].splitlines()) == sorted(before.splitlines())


def test_grpc_answers_in_its_own_words(tmp_path: Path) -> None:
    """What can never be taken is INVALID_ARGUMENT; without a token it is UNAUTHENTICATED; an empty request is none."""
    with (
        serving(tmp_path, AGENT_ANALYTICS_INGEST_TOKENS="secret-a,secret-b") as (http_port, grpc_port, process),
        grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel,
    ):
        export = channel.unary_unary(EXPORT)
        with pytest.raises(grpc.RpcError) as refused:
            export(b"", timeout=10)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        token = (("authorization", "Bearer secret-b"),)
        with pytest.raises(grpc.RpcError) as refused:
            export(b"\xff\xff\xff", timeout=10, metadata=token)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert export(b"", timeout=10, metadata=token) == b""
        assert get(http_port, "/metrics")[0] == 200
        process.terminate()
        assert process.wait(20) == 0
        assert "secret" not in (tmp_path / "log.txt").read_text()


def test_store_that_is_open_elsewhere(tmp_path: Path) -> None:
    """A second analyzer on the same file says what is wrong, and the first goes on."""
    with serving(tmp_path) as (http_port, _, _process):
        store = str(tmp_path / "x.duckdb")
        second = subprocess.run(
            command("--store", store, "--http", "127.0.0.1:0", "--grpc", "off"),
            env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert f"{store} is open in another process" in second.stderr
        assert "Traceback" not in second.stderr
        assert get(http_port, "/healthz")[0] == 200


def test_address_that_is_taken(tmp_path: Path) -> None:
    """It is told, for HTTP and for gRPC."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        for options in (("--http", where, "--grpc", "off"), ("--http", "127.0.0.1:0", "--grpc", where)):
            done = subprocess.run(
                command("--store", str(tmp_path / "y.duckdb"), *options),
                env=environment(), capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert (done.returncode, where in done.stderr) == (1, True), done.stderr
            assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--http", "here"), "AGENT_ANALYTICS_SERVE_HTTP: 'here' is not allowed; allowed is HOST:PORT"),
        (("--http", "127.0.0.1:70000"), "'127.0.0.1:70000' is not allowed"),
        (("--max-request-spans", "0"), "AGENT_ANALYTICS_MAX_REQUEST_SPANS: '0' is not allowed"),
        (("--tls-key", "key.pem"), "one of them is not set"),
        (("--nothing",), "unrecognized arguments: --nothing"),
    ],
)
def test_wrong_options(options: tuple[str, ...], told: str) -> None:
    """A wrong value is told with what is allowed, before anything is opened; the exit status is 2."""
    done = subprocess.run(command(*options), env=environment(), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, {"OPENBLAS_NUM_THREADS": "1"}),
        ({"OPENBLAS_NUM_THREADS": "3"}, {"OPENBLAS_NUM_THREADS": "3"}),
        ({"OMP_NUM_THREADS": "2"}, {"OMP_NUM_THREADS": "2"}),
    ],
)
def test_numpy_gets_one_thread_unless_told_otherwise(environ: dict[str, str], wanted: dict[str, str]) -> None:
    """What the user has set stays; else it is one."""
    limit_numpy(environ)
    assert environ == wanted


@pytest.mark.skipif(
    not Path("/proc/self/task").is_dir() or (os.cpu_count() or 1) < 2,
    reason="threads are seen on Linux, with two cores",
)
def test_numpy_starts_no_threads_of_its_own() -> None:
    """In a process that was told so before it imports NumPy there is one thread; in one that was not there are more."""
    told = "import os, otel_agent_analytics.commands.serve as s; s.limit_numpy(os.environ); "
    count = "import numpy, os; print(len(os.listdir('/proc/self/task')))"
    unset = environment(OPENBLAS_NUM_THREADS="", OMP_NUM_THREADS="", GOTO_NUM_THREADS="")
    codes = told + count, count
    threads = [int(subprocess.check_output([sys.executable, "-c", code], env=unset)) for code in codes]
    assert threads[0] == 1 < threads[1]
