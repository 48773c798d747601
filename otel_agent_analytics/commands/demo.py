"""``demo``: a day of synthetic support traffic through the real Agents SDK, a summary, and ``/metrics`` to look at."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

if TYPE_CHECKING:
    import argparse

    from prometheus_client import CollectorRegistry

    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.transcripts.transcript import Transcript

HELP = "play a day of synthetic support traffic, print what became of it, and serve /metrics"
DETAILS = (
    "Everything runs in this process, through the real Agents SDK with recorded answers: "
    "no key, no network, no container. "
    "The traffic is made up; the same seed always gives the same day."
)

DEFAULT_PORT: Final = 9464
_DAY: Final = datetime(2026, 1, 4, 18, tzinfo=UTC)
"""When the simulated day begins, a Sunday evening, so that on Monday some users return from the day before. Fixed, so
that a seed gives the same figures on any day."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--exit", action="store_true", help="end after the summary instead of serving /metrics")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    parser.add_argument("--seed", type=int, default=1, help="which day (default %(default)s)")
    parser.add_argument(
        "--conversations",
        type=_number_of_conversations,
        default=360,
        metavar="N",
        help="how many; with fewer than 300 not every kind occurs (default %(default)s)",
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="where to serve /metrics, 0 for any (default %(default)s)"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the demo; return 0, or 1 when part of the traffic could not be played."""
    from otel_agent_analytics.commands import figures, tables
    from otel_agent_analytics.commands.playing import played

    console = Console()
    # The made-up users need no secret, and their hashes should be the same on every machine.
    settings = replace(settings, user_key=settings.user_key or b"demo")
    with played(_traffic(arguments), settings, service="northwind-support") as result:
        if arguments.json:
            print(json.dumps(figures.summary(result.records, human_cost_usd=settings.human_cost_usd)))
        else:
            tables.print_summary(console, result.records, human_cost_usd=settings.human_cost_usd)
        for problem in result.problems:
            console.print(problem, style="red", markup=False)
        if not arguments.exit:
            _serve(console, result.registry, arguments.port)
    return 1 if result.problems else 0


def _number_of_conversations(text: str) -> int:
    return _whole(text, 1, 1_000_000)


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, low: int, high: int) -> int:
    import argparse

    if text.isdecimal() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed is a whole number, {low} to {high}")


def _traffic(arguments: argparse.Namespace) -> list[Transcript]:
    from otel_agent_analytics.demo.traffic import synthetic_day
    from otel_agent_analytics.transcripts.reader import read_transcripts
    from otel_agent_analytics.transcripts.schedule import scheduled

    def refuse(problem: Exception) -> None:
        raise problem  # our own traffic must be readable

    day = synthetic_day(seed=arguments.seed, conversations=arguments.conversations, start=_DAY)
    lines = (json.dumps(transcript, ensure_ascii=False).encode() for transcript in day)
    return scheduled(list(read_transcripts(lines, "demo", refuse)))


def _serve(console: Console, registry: CollectorRegistry, port: int) -> None:
    server = _listen(console, registry, port)
    address = f"http://127.0.0.1:{server.server_port}/metrics"
    console.print(
        f"\nOpen {address} to see the metrics as Prometheus reads them. Ctrl-C ends the demo.", highlight=False
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("ended")
    finally:
        server.shutdown()


def _listen(console: Console, registry: CollectorRegistry, port: int) -> Any:
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    except OSError as problem:
        console.print(f"port {port} is not free ({problem.strerror or problem}); taking another one", highlight=False)
        server, _ = start_http_server(0, addr="127.0.0.1", registry=registry)
    return server
