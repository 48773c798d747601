"""Real servers for tests and for ``make stack``: where their programs are, how one is started, asked and ended."""

from __future__ import annotations

import functools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from tests.servers.build import folder_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

READY_SECONDS: Final = 60.0
SEEN_SECONDS: Final = 30.0

SERVER_OF: Final = {
    "alertmanager": "alertmanager", "amtool": "alertmanager",
    "prometheus": "prometheus", "promtool": "prometheus",
    "otelcol": "otelcol",
    "compose": "compose", "dockerfile": "dockerfile",
    "loki": "loki", "logcli": "loki",
    "all-in-one": "jaeger",
}  # fmt: skip
"""Each program, and the server whose build makes it."""


@functools.cache
def found(program: str) -> Path | None:
    """Return the path of a program, or None where it is not built."""
    try:
        path = folder_of(SERVER_OF[program]) / program
    except (OSError, subprocess.CalledProcessError):
        return None  # without Go nothing was built
    return path if path.exists() else None


def program(name: str) -> Path:
    """Return the path of a program; the test that asks skips where it is not built."""
    path = found(name)
    if path is None:
        pytest.skip(f"{name} is not built: `make servers` builds it")
    return path


def run(name: str, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, at most a minute or two; return what it said."""
    command = [program(name), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


class Server:
    """A server that runs as a process. What it prints is in ``log``.

    Args:
        name: its program, or the path of one.
        arguments: of its command line.
        folder: for its log; it runs in there.
        ready: an address that answers 200 when it can be used.
        environ: further environment variables.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        folder: Path,
        ready: str,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [name if "/" in name else str(program(name)), *arguments]
        self._name, self._folder, self._ready = Path(name).name, folder, ready
        self._environ = {**os.environ, **(environ or {})}
        self._log = folder / f"{self._name}.log"
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> Self:
        """Start it, and wait until it can be used.

        Raises:
            RuntimeError: it ended, or it is not ready in time; the text has the end of its log.
        """
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0,  # Ctrl-C is for us, who end the servers in their order
            )  # fmt: skip
        until(self._is_ready, READY_SECONDS, f"{self._name} is not ready")
        return self

    def _is_ready(self) -> bool:
        if not self.running:
            raise RuntimeError(f"{self._name} ended: {self.log[-2000:]}")
        return answers(self._ready)

    def stop(self) -> None:
        """End it as its users would; where it does not end within ten seconds, kill it."""
        if self._popen is None:
            return
        self._popen.terminate()
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it at once."""
        if self._popen is not None:
            self._popen.send_signal(signal.SIGKILL)
            self._popen.wait()

    def __enter__(self) -> Self:
        """Start it."""
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()


def fetch(address: str, body: bytes | None = None, **headers: str) -> bytes:
    """Return what an address answers; ``_`` in the name of a header stands for a hyphen.

    Raises:
        OSError: it does not answer, or not with 2xx.
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(address, body, named), timeout=30) as answer:
        said: bytes = answer.read()
        return said


def ask(address: str, **parameters: str) -> Any:
    """Return the JSON that an address answers to a question.

    Raises:
        OSError: as for ``fetch``; what a server says of a wrong question is in the text.
    """
    try:
        return json.loads(fetch(f"{address}?{urllib.parse.urlencode(parameters)}"))
    except urllib.error.HTTPError as problem:
        with problem:
            raise OSError(f"{problem.code} {problem.read().decode(errors='replace')}") from problem


def answers(address: str) -> bool:
    """Return whether an address answers with 2xx."""
    try:
        fetch(address)
    except OSError:
        return False
    return True


def until(condition: Callable[[], Any], seconds: float = SEEN_SECONDS, what: str = "not true") -> Any:
    """Return what the condition returns as soon as that is true; an OSError on the way is no reason to give up.

    Raises:
        RuntimeError: it is not in time.
    """
    give_up, last = time.monotonic() + seconds, ""
    while time.monotonic() < give_up:
        try:
            if said := condition():
                return said
        except OSError as problem:
            last = f" ({problem})"
        time.sleep(0.1)
    raise RuntimeError(f"{what} within {seconds:.0f} s{last}")
