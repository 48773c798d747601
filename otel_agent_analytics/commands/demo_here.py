"""``demo`` on one machine: an analyzer and two agents of its own, and what became of the day."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.analyzer_client import AnalyzerClient
from otel_agent_analytics.commands import figures, tables
from otel_agent_analytics.commands.asking import Api
from otel_agent_analytics.commands.demo_day import WINDOW, Day
from otel_agent_analytics.commands.demo_play import AGENTS, ProgramEndedError, analyzer, free_port, play
from otel_agent_analytics.commands.playing import Target
from otel_agent_analytics.commands.processes import ended_like_ctrl_c
from otel_agent_analytics.commands.progress import progress_bar
from otel_agent_analytics.commands.waiting import ended
from otel_agent_analytics.judging import rules_of

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from otel_agent_analytics.commands.episodes import Episode
    from otel_agent_analytics.commands.processes import Program
    from otel_agent_analytics.settings import Settings

_LOOK_SECONDS: Final = 0.5


def played_here(arguments: argparse.Namespace, settings: Settings, console: Console) -> list[str]:
    """Play the day, print what became of it, and serve it unless told otherwise; return what could not be played.

    Raises:
        AskingError: the analyzer does not answer.
        ProgramEndedError: a program of the demo ended that should not have.
    """
    with ended_like_ctrl_c(), tempfile.TemporaryDirectory(prefix="agent-analytics-demo-") as folder:
        return _play_and_serve(arguments, settings, console, Path(folder))


def _play_and_serve(arguments: argparse.Namespace, settings: Settings, console: Console, folder: Path) -> list[str]:
    port = _port_to_use(console, arguments)
    address = f"http://127.0.0.1:{port}"
    with analyzer(port, arguments.store or str(folder / "demo.duckdb"), folder) as program:
        day = Day(arguments.seed, arguments.conversations, arguments.day)
        if not arguments.json:
            told = f"An analyzer runs at {address}. {AGENTS} agent processes play the day and send it there by OTLP."
            console.print(told, highlight=False, soft_wrap=True)
        with progress_bar("conversations played", arguments.conversations) as advance:
            problems = play(day, Target(address, "http"), folder, advance, program)
        print_summary(arguments, console, _episodes(day, settings, address), settings.human_cost_usd)
        for problem in problems:
            console.print(problem, style="red", markup=False)
        if not arguments.exit:
            _wait(console, address, program)
    return problems


def _episodes(day: Day, settings: Settings, address: str) -> list[Episode]:
    """Return what the analyzer makes of the day, once it is over there."""
    with progress_bar("conversations ended", day.conversations) as advance:
        return ended(Api(AnalyzerClient(address)), day.ids, return_ns=rules_of(settings).return_ns, progress=advance)


def print_summary(
    arguments: argparse.Namespace, console: Console, episodes: list[Episode], human_cost_usd: float
) -> None:
    """Print what became of the day."""
    if arguments.json:
        print(json.dumps(figures.summary(episodes, human_cost_usd=human_cost_usd)))
    else:
        tables.print_summary(console, episodes, human_cost_usd=human_cost_usd)


def _wait(console: Console, address: str, program: Program) -> None:
    """Say where to look, and wait until somebody ends the demo, or the analyzer ends."""
    console.print(
        f"\nThe analyzer goes on. Open {address}/?{WINDOW}&tz=UTC\n"
        f"to see the day in a browser; {address}/metrics is what Prometheus reads,\n"
        f"and {address}/api/overview?{WINDOW} the same day as JSON;\n"
        f"{address}/api/openapi.json describes what else it answers. Ctrl-C ends the demo.",
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
    if arguments.exit:  # nobody looks
        return free_port()
    try:
        return free_port(arguments.port)
    except OSError as problem:
        told = problem.strerror or problem
        console.print(f"port {arguments.port} is not free ({told}); taking another one", highlight=False)
        return free_port()
