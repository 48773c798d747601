"""``demo``: a day of synthetic support traffic through agent processes, OTLP and an analyzer, and what became of it."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from otel_agent_analytics.commands import serve

if TYPE_CHECKING:
    import argparse

    from otel_agent_analytics.commands.episodes import Episode
    from otel_agent_analytics.commands.processes import Program
    from otel_agent_analytics.settings import Settings

HELP = "play a day of synthetic support traffic, print what became of it, and serve its metrics and figures"
DETAILS = (
    "Starts what a service would have, all on this machine: two agent processes that play the day between them through "
    "the real Agents SDK with recorded answers, and an analyzer that takes their spans by OTLP and keeps them in a "
    "DuckDB file. No key, no network, no container. The traffic is made up; the same seed always gives the same day."
)

DEFAULT_PORT: Final = 9464
_LOOK_SECONDS: Final = 0.5


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--exit", action="store_true", help="end after the summary instead of serving")
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
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="where the analyzer serves /metrics and its JSON API, 0 for any (default %(default)s)",
    )
    parser.add_argument(
        "--store", metavar="STORE", help="where it keeps everything, as serve takes it; by default a file for a while"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the demo; return 0, or 1 when part of the traffic could not be played or a program of the demo ended.

    Raises:
        UsageError: what the analyzer needs is not installed.
    """
    serve.refuse_without_extra("demo")
    from otel_agent_analytics.analyzer_client import AskingError
    from otel_agent_analytics.commands.demo_play import ProgramEndedError
    from otel_agent_analytics.commands.processes import ended_like_ctrl_c

    console = Console()
    try:
        with ended_like_ctrl_c(), tempfile.TemporaryDirectory(prefix="agent-analytics-demo-") as folder:
            problems = _play_and_serve(arguments, settings, console, Path(folder))
    except (ProgramEndedError, AskingError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 1 if problems else 0


def _play_and_serve(arguments: argparse.Namespace, settings: Settings, console: Console, folder: Path) -> list[str]:
    from otel_agent_analytics.commands.demo_play import AGENTS, analyzer, play
    from otel_agent_analytics.commands.progress import progress_bar

    port = _port_to_use(console, arguments)
    address = f"http://127.0.0.1:{port}"
    with analyzer(port, arguments.store or str(folder / "demo.duckdb"), folder) as program:
        if not arguments.json:
            told = f"An analyzer runs at {address}. {AGENTS} agent processes play the day and send it there by OTLP."
            console.print(told, highlight=False, soft_wrap=True)
        with progress_bar("conversations played", arguments.conversations) as advance:
            problems = play(arguments.seed, arguments.conversations, address, folder, program, advance)
        _print(arguments, console, _episodes(arguments, settings, address), settings.human_cost_usd)
        for problem in problems:
            console.print(problem, style="red", markup=False)
        if not arguments.exit:
            _wait(console, address, program)
    return problems


def _episodes(arguments: argparse.Namespace, settings: Settings, address: str) -> list[Episode]:
    """Return what the analyzer makes of the day, once it is over there."""
    from otel_agent_analytics.analyzer_client import AnalyzerClient
    from otel_agent_analytics.commands.asking import Api
    from otel_agent_analytics.commands.progress import progress_bar
    from otel_agent_analytics.commands.waiting import ended
    from otel_agent_analytics.demo.traffic import ids_of_day
    from otel_agent_analytics.judging import rules_of

    ids = ids_of_day(arguments.conversations)
    with progress_bar("conversations ended", len(ids)) as advance:
        return ended(Api(AnalyzerClient(address)), ids, return_ns=rules_of(settings).return_ns, progress=advance)


def _print(arguments: argparse.Namespace, console: Console, episodes: list[Episode], human_cost_usd: float) -> None:
    from otel_agent_analytics.commands import figures, tables

    if arguments.json:
        print(json.dumps(figures.summary(episodes, human_cost_usd=human_cost_usd)))
    else:
        tables.print_summary(console, episodes, human_cost_usd=human_cost_usd)


def _wait(console: Console, address: str, program: Program) -> None:
    """Say where to look, and wait until somebody ends the demo, or the analyzer ends."""
    from otel_agent_analytics.commands.demo_day import WINDOW
    from otel_agent_analytics.commands.demo_play import ProgramEndedError

    console.print(
        f"\nThe analyzer goes on. Open {address}/metrics to see its metrics as Prometheus reads them,\n"
        f"or {address}/api/overview?{WINDOW} for the same day as JSON; {address}/api/openapi.json\n"
        "describes what else it answers. Ctrl-C ends the demo.",
        highlight=False,
        soft_wrap=True,
    )
    try:
        while not program.has_ended:
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        console.print("ended")
        return
    raise ProgramEndedError(program.end_told())


def _port_to_use(console: Console, arguments: argparse.Namespace) -> int:
    from otel_agent_analytics.commands.demo_play import free_port

    if arguments.exit:  # nobody looks
        return free_port()
    try:
        return free_port(arguments.port)
    except OSError as problem:
        told = problem.strerror or problem
        console.print(f"port {arguments.port} is not free ({told}); taking another one", highlight=False)
        return free_port()


def _number_of_conversations(text: str) -> int:
    return _whole(text, 1, 1_000_000)


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, low: int, high: int) -> int:
    import argparse

    if text.isdecimal() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed is a whole number, {low} to {high}")
