"""``demo``: a day of synthetic support traffic through agent processes, OTLP and an analyzer, and what became of it."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Final

from rich.console import Console

from otel_agent_analytics.commands import serve, target_options
from otel_agent_analytics.demo.weights import DAYS, ORDINARY_DAY
from otel_agent_analytics.errors import UsageError

if TYPE_CHECKING:
    from otel_agent_analytics.settings import Settings

HELP = "play synthetic support traffic: a day, here or to a stack that runs, or conversations in real time"
DETAILS = (
    "Starts what a service would have, all on this machine: two agent processes that play the day between them through "
    "the real Agents SDK with recorded answers, and an analyzer that takes their spans by OTLP and keeps them in a "
    "DuckDB file. No key, no network, no container. The traffic is made up; the same seed always gives the same day. "
    "With --endpoint the day goes to a Collector or an analyzer that runs already, as if it ended just now, and the "
    "figures are what that analyzer answers; each time it is another day with ids of its own. With --live "
    "conversations come in real time, by the hour of the day, until Ctrl-C or SIGTERM, or for --hours; where the "
    "endpoint is away they wait for it. --day bad is a day on which people give up and complain, the tool track_parcel "
    "breaks, answers take three times as long and cost several times as much, so that alerts can be seen to fire. "
    "The standard OTEL_EXPORTER_OTLP_ variables hold, as for replay."
)

DEFAULT_PORT: Final = 9464
_MOST_HOURS: Final = 24 * 366


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
    parser.add_argument("--day", choices=DAYS, default=ORDINARY_DAY, help="how it goes (default %(default)s)")
    target_options.add(parser)
    parser.add_argument(
        "--live", action="store_true", help="play in real time; --conversations are then those of a day"
    )
    parser.add_argument("--hours", type=_hours, metavar="N", help="how long to play in real time (default for ever)")
    parser.add_argument(
        "--head-start",
        type=_minutes,
        default=0,
        metavar="MINUTES",
        help="begin so long ago: what has happened since comes at once (default %(default)s)",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the demo; return 0, or 1 when part of the traffic could not be played or a program of the demo ended.

    Raises:
        UsageError: what the analyzer needs is not installed, or arguments do not go together.
    """
    _refuse_what_does_not_go_together(arguments)
    if arguments.live:
        from otel_agent_analytics.commands.demo_live import play_live

        return play_live(arguments, settings)
    api_address = target_options.api_address(arguments)
    if api_address is None:
        serve.refuse_without_extra("demo")
    from otel_agent_analytics.analyzer_client import AskingError
    from otel_agent_analytics.commands.demo_play import ProgramEndedError

    try:
        return _played(arguments, settings, api_address)
    except (ProgramEndedError, AskingError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _played(arguments: argparse.Namespace, settings: Settings, api_address: str | None) -> int:
    from otel_agent_analytics.commands.demo_elsewhere import played_elsewhere
    from otel_agent_analytics.commands.demo_here import played_here, print_summary

    console = Console()
    if api_address is None:
        return 1 if played_here(arguments, settings, console) else 0
    episodes = played_elsewhere(arguments, settings, api_address)
    print_summary(arguments, console, episodes, settings.human_cost_usd)
    return 0


def _refuse_what_does_not_go_together(arguments: argparse.Namespace) -> None:
    """Refuse arguments that would have no effect.

    Raises:
        UsageError: there are some; the text names them.
    """
    of_live = {"--hours": arguments.hours, "--head-start": arguments.head_start}
    of_figures = {"--json": arguments.json, "--api": arguments.api}
    of_here = {"--exit": arguments.exit, "--store": arguments.store}
    if arguments.live and arguments.endpoint is None:
        raise UsageError("--live: --endpoint is missing; it says where to send")
    _refuse(of_figures if arguments.live else of_live, "--live" if arguments.live else "a day that is played at once")
    if arguments.endpoint is not None:
        _refuse(of_here, "--endpoint")


def _refuse(values: dict[str, object], beside: str) -> None:
    told = [name for name, value in values.items() if value]
    if told:
        raise UsageError(f"{', '.join(told)} cannot be used with {beside}")


def _number_of_conversations(text: str) -> int:
    return _whole(text, 1, 1_000_000)


def _minutes(text: str) -> int:
    return _whole(text, 0, 24 * 60)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 < hours <= _MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed are hours, more than 0, to {_MOST_HOURS}")
    return hours


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _whole(text: str, low: int, high: int) -> int:
    if text.isdecimal() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed is a whole number, {low} to {high}")
