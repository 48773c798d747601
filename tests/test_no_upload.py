"""A replay and the demo upload nothing, whatever key is in the environment: somebody listens, and hears nothing.

The address to which the Agents SDK uploads cannot be set, but its HTTP client goes by the proxy in the environment; so
the listener stands there as one. Beside it, an audit hook in the child writes down whatever the process tries to reach
or to look up by any other way. A run of the SDK without us shows that both would have heard it.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.commands.demo_play import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGE = "otel_agent_analytics"
AUDIT = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        with open(os.environ["HEARD"], "a") as heard:
            heard.write(f"{event} {arguments[1:] if event == 'socket.connect' else arguments[:2]}\\n")

sys.addaudithook(note)
"""
ANALYZER = re.compile(r"127\.0\.0\.1', (?:port=)?(\d+)\)")
"""What is tried to reach the analyzer of a demo, on this machine and on one port."""
TRANSCRIPT = {
    "id": "chat-1",
    "messages": [
        {"role": "user", "content": "where is it?"},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "track", "arguments": {}}]},
        {"role": "tool", "content": "on its way"},
        {"role": "assistant", "content": "On its way."},
    ],
}


class Listener:
    """Listens on 127.0.0.1, and counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(5)
                    self.heard.append(connection.recv(1024))

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Return a listener that stands where every connection would go."""
    found = Listener()
    yield found
    found.close()


@pytest.fixture
def environ(listener: Listener, tmp_path: Path) -> dict[str, str]:
    """Return an environment with a key, in which every way out leads to the listener, and the audit hook is loaded."""
    (tmp_path / "sitecustomize.py").write_text(AUDIT, encoding="utf-8")
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "OPENAI_", "AGENT_")) and not name.lower().endswith("_proxy")
    }
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), listener.address)
    lower = {name.lower(): address for name, address in proxies.items()}
    return {
        **clean,
        **proxies,
        **lower,
        "OPENAI_API_KEY": "sk-made-up",
        "OPENAI_BASE_URL": listener.address,
        "OTEL_EXPORTER_OTLP_ENDPOINT": listener.address,
        "PYTHONPATH": str(tmp_path),
        "HEARD": str(tmp_path / "heard"),
    }


def attempts(environ: dict[str, str]) -> list[str]:
    """Return what the process tried to connect to or to look up."""
    path = Path(environ["HEARD"])
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_the_sdk_alone_is_heard(listener: Listener, environ: dict[str, str]) -> None:
    """A plain run of the Agents SDK, without us and with the same key, does connect: listener and hook hear it."""
    with subprocess.Popen(
        [sys.executable, ROOT / "examples" / "one_agent.py"],
        env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        give_up = time.monotonic() + 60
        while not listener.heard and time.monotonic() < give_up:
            time.sleep(0.02)
        process.kill()  # it would try again for some seconds

    assert listener.heard[0].startswith(b"CONNECT api.openai.com:443")
    assert any(attempt.startswith("socket.connect") for attempt in attempts(environ))


def test_replay_uploads_nothing(listener: Listener, environ: dict[str, str], tmp_path: Path) -> None:
    """A replay plays through the SDK and connects to nobody."""
    file = tmp_path / "chats.jsonl"
    file.write_text(json.dumps(TRANSCRIPT), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE, "replay", file, "--json"],
        env=environ, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert json.loads(done.stdout)["tool_calls"] == 1
    assert (listener.heard, attempts(environ)) == ([], [])


def test_a_replay_that_is_sent_connects_to_its_analyzer_alone(
    listener: Listener, environ: dict[str, str], tmp_path: Path
) -> None:
    """With an endpoint the replay and the analyzer connect to nobody but the analyzer."""
    file, port = tmp_path / "chats.jsonl", free_port()
    file.write_text(json.dumps(TRANSCRIPT), encoding="utf-8")
    where = ["--http", f"127.0.0.1:{port}", "--grpc", "off", "--store", str(tmp_path / "x.duckdb")]
    command = [sys.executable, "-m", PACKAGE]
    quick = {**environ, "AGENT_ANALYTICS_LATENESS_SECONDS": "0"}
    with subprocess.Popen([*command, "serve", *where], env=quick, cwd=ROOT, stderr=subprocess.DEVNULL) as analyzer:
        try:
            give_up = time.monotonic() + 60
            while not listens(port):
                assert time.monotonic() < give_up
                time.sleep(0.05)
            done = subprocess.run(
                [*command, "replay", file, "--json", "--endpoint", f"http://127.0.0.1:{port}"],
                env=environ, cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
            )  # fmt: skip
        finally:
            analyzer.terminate()

    assert json.loads(done.stdout)["tool_calls"] == 1
    assert listener.heard == []
    found = [ANALYZER.search(attempt) for attempt in attempts(environ)]
    assert {None if one is None else int(one[1]) for one in found} == {port}


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of this machine."""
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def test_demo_uploads_nothing(listener: Listener, environ: dict[str, str]) -> None:
    """The demo's processes play a day of conversations through the SDK and connect to the demo's analyzer alone."""
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE, "demo", "--exit", "--json", "--conversations", "100"],
        env=environ, cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip

    assert json.loads(done.stdout)["conversations"] > 80
    assert listener.heard == []
    heard = attempts(environ)
    ports = {found[1] for found in map(ANALYZER.search, heard) if found is not None}
    assert len(ports) == 1
    assert ports != {listener.address.rpartition(":")[2]}
    assert [attempt for attempt in heard if ANALYZER.search(attempt) is None] == []
