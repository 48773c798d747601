"""Runs the whole stack on this machine without containers: ``python -m tests.servers.stack`` (``make stack``).

Collector, analyzer, Prometheus, Alertmanager, Loki, and Jaeger as the store of traces, all on 127.0.0.1 and with the
files that are shipped. Ctrl-C or SIGTERM ends them. Where a port is taken, another one is used and told. Exits 1 where
a server is not built, does not start or ends by itself, and where a replay fails.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.servers.chain import Chain
from tests.servers.members import HOST, PORTS, PROGRAMS, Options
from tests.servers.programs import found, free_ports

if TYPE_CHECKING:
    from types import FrameType

LATENESS: Final = "AGENT_ANALYTICS_LATENESS_SECONDS"

_SHOWN: Final = (
    ("agents send OTLP to", "collector", ""),
    ("  the same, gRPC", "collector_grpc", ""),
    ("analyzer", "analyzer", "/api/overview?days=2"),
    ("  its metrics", "analyzer", "/metrics"),
    ("Prometheus (API only)", "prometheus", "/api/v1/query?query=agent_analytics_conversations_ended_total"),
    ("Alertmanager", "alertmanager", "/"),
    ("Loki (API only)", "loki", "/loki/api/v1/labels"),
    ("traces (Jaeger, API only)", "jaeger", "/api/services"),
    ("Collector's own metrics", "collector_metrics", "/metrics"),
)


def usual_ports() -> dict[str, int]:
    """Return the port that people know for each name, or a free one where that is taken."""
    others = iter(free_ports(len(PORTS)))
    return {name: port if port and _is_free(port) else next(others) for name, port in PORTS.items()}


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server((HOST, port)):
        return True
    return False


def described(chain: Chain) -> str:
    """Return what is where, and how to send something."""
    lines = [f"{title:28}{chain.url(name)}{path}" for title, name, path in _SHOWN]
    send = f"otel-agent-analytics replay FILE --shift-to-now --endpoint {chain.url('collector')}"
    lines += [f"{'files and logs':28}{chain.folder}", "", f"Send a recording:    {send} --api {chain.url('analyzer')}"]
    lines += [f"Or made-up traffic:  otel-agent-analytics demo --live --endpoint {chain.url('collector')}"]
    return "\n".join(lines)


def replay(chain: Chain, file: Path) -> int:
    """Play a recording through the Collector; return the exit status of that."""
    addresses = ["--endpoint", chain.url("collector"), "--api", chain.url("analyzer")]
    command = [sys.executable, "-m", "otel_agent_analytics", "replay", str(file), "--shift-to-now", *addresses]
    return subprocess.run(command, check=False).returncode


def wait(chain: Chain, seconds: float) -> int:
    """Wait until the time is over; return 1 where a server ended before, and say which."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        for name, server in chain.servers.items():
            if not server.running:
                _tell(f"{name} has ended: {server.log[-2000:]}")
                return 1
        time.sleep(min(0.5, max(0.0, give_up - time.monotonic())))
    return 0


def _run(folder: Path, asked: argparse.Namespace) -> int:
    options = Options({LATENESS: os.environ.get(LATENESS, "5")})
    with Chain(folder.absolute(), usual_ports(), options) as chain:
        print(described(chain), flush=True)
        failed = replay(chain, asked.replay) if asked.replay else 0
        if asked.replay and asked.exit_after is None:
            return failed
        if asked.exit_after is None:
            print("Ctrl-C ends it.", flush=True)
        return wait(chain, float("inf") if asked.exit_after is None else asked.exit_after) or failed


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make stack ARGS=...", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--folder", type=Path, help="where files and logs are kept; without, a temporary folder")
    parser.add_argument("--replay", type=_file, metavar="FILE", help="play this recording through it, and end")
    parser.add_argument("--exit-after", type=float, metavar="SECONDS", help="end by itself so long after the start")
    return parser.parse_args(arguments)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(text: str) -> None:
    print(f"stack: {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Run it; return the exit status: 0, or 1 where something failed. Wrong usage ends with 2."""
    asked = _arguments(arguments)
    if missing := [name for name in PROGRAMS if found(name) is None]:
        _tell(f"{', '.join(missing)}: not built; `make servers` builds them")
        return 1
    signal.signal(signal.SIGTERM, _end)
    try:
        with contextlib.ExitStack() as stack:
            folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stack-")))
            folder.mkdir(parents=True, exist_ok=True)
            return _run(folder, asked)
    except KeyboardInterrupt:
        return 0
    except RuntimeError as problem:
        _tell(str(problem))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
