"""``replay FILE…``: play recorded conversations through the real Agents SDK, and print the figures.

They are reckoned in this process; or everything is sent by OTLP, and an analyzer is asked for them.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console

from otel_agent_analytics.commands import target_options
from otel_agent_analytics.transcripts.schedule import DESCRIPTION, SECOND_NS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from otel_agent_analytics.commands.episodes import Episode
    from otel_agent_analytics.errors import TranscriptError
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.transcripts.transcript import Transcript

HELP = "play recorded conversations through the real Agents SDK and print the figures"
DETAILS = (
    "Each line of a FILE is one conversation as JSON, with chat messages; '-' reads standard input. "
    "A line that cannot be read is reported as FILE:LINE and left out. " + DESCRIPTION + " "
    "With --endpoint nothing is counted here: spans and log records are sent by OTLP, to an analyzer or to a Collector "
    "before it, and the figures are what the analyzer answers, by its own settings, of these conversations when all "
    "have ended there. It ends them when nothing of them has arrived for AGENT_ANALYTICS_LATENESS_SECONDS; after 120 s "
    "it is told which have not ended, and the exit status is 1. The standard OTEL_EXPORTER_OTLP_ variables hold, as "
    "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20TOKEN; AGENT_ANALYTICS_API_TOKEN is the token for reading where "
    "that is another one. The ids of spans follow from what was said, so a file that is sent twice counts once, and "
    "stays at the times of the first sending."
)
_SERVICE: Final = "replay"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="transcripts as JSON lines, or '-'")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--each", action="store_true", help="also print every conversation")
    parser.add_argument("--keep-going", action="store_true", help="exit 0 although lines were left out")
    parser.add_argument(
        "--shift-to-now",
        action="store_true",
        help="move the recording so that its last conversation has just ended; what an analyzer has got already stays "
        "where it was, and whether users came back within a day it knows a day later",
    )
    target_options.add(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Replay the files; return 0, 1 when something was left out or has not ended, 2 when a file cannot be read.

    Raises:
        UsageError: an address is none, or is missing.
    """
    api_address = target_options.api_address(arguments)
    problems: list[str] = []
    transcripts = _read(arguments.files, problems)
    if transcripts is None:
        return 2
    # Imported here, so that a wrong file is reported before the Agents SDK is loaded.
    from otel_agent_analytics.transcripts.schedule import scheduled

    skipped = len(problems)
    last_ns = _shifted_end_ns(settings) if arguments.shift_to_now else None
    timed = scheduled(transcripts, last_ns=last_ns)
    episodes = (
        _here(timed, settings, problems)
        if api_address is None
        else _there(timed, settings, problems, arguments, api_address)
    )
    for problem in problems[skipped:]:
        print(problem, file=sys.stderr)
    if episodes is None:
        return 1
    _print(arguments, episodes, skipped, settings.human_cost_usd)
    return 1 if problems and not arguments.keep_going else 0


def _here(transcripts: Sequence[Transcript], settings: Settings, problems: list[str]) -> list[Episode]:
    """Play, and return what this process makes of it."""
    from otel_agent_analytics.commands.episodes import of_record
    from otel_agent_analytics.commands.playing import played

    with played(transcripts, settings, service=_SERVICE) as result:
        problems += result.problems
        return [of_record(record) for record in result.records]


def _there(
    transcripts: Sequence[Transcript],
    settings: Settings,
    problems: list[str],
    arguments: argparse.Namespace,
    api_address: str,
) -> list[Episode] | None:
    """Play and send, and return what an analyzer makes of it; None where it does not tell."""
    from otel_agent_analytics.analyzer_client import AnalyzerClient, AskingError, token_of
    from otel_agent_analytics.commands.asking import Api
    from otel_agent_analytics.commands.playing import Target, ids_of, sent
    from otel_agent_analytics.commands.progress import progress_bar
    from otel_agent_analytics.commands.waiting import ended
    from otel_agent_analytics.judging import rules_of
    from otel_agent_analytics.service_settings import ServiceSettings

    token = token_of(ServiceSettings.from_environment())
    api, ids = Api(AnalyzerClient(api_address, token)), ids_of(transcripts)
    target = Target(arguments.endpoint, arguments.protocol)
    try:
        api.standings(())  # that there is no analyzer is found out before everything is played
        with progress_bar("conversations sent", len(transcripts)) as advance:
            result = sent(transcripts, settings, target, service=_SERVICE, progress=advance)
        problems += result.problems
        if result.lost:
            problems.append(f"{result.lost} spans and records could not be sent to {target.endpoint}")
            return None
        with progress_bar("conversations ended", len(ids)) as advance:
            return ended(api, ids, return_ns=rules_of(settings).return_ns, progress=advance)
    except AskingError as problem:
        problems.append(str(problem))
        return None


def _read(files: list[str], problems: list[str]) -> list[Transcript] | None:
    """Return the transcripts of all files; None when one cannot be read."""
    from otel_agent_analytics.transcripts.reader import read_transcripts

    def refuse(problem: TranscriptError) -> None:
        problems.append(str(problem))
        print(problem, file=sys.stderr)

    transcripts: list[Transcript] = []
    for name in files:
        try:
            with _opened(name) as lines:
                transcripts += read_transcripts(lines, name, refuse)
        except OSError as problem:
            print(f"cannot read {name}: {problem.strerror or problem}", file=sys.stderr)
            return None
    return transcripts


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with open(name, "rb") as file:  # noqa: PTH123 - a name as it was given
            yield file


def _shifted_end_ns(settings: Settings) -> int:
    """Return when the last event must lie so that its conversation has just ended: idle time and lateness ago."""
    import time

    return time.time_ns() - round((settings.idle_seconds + settings.lateness_seconds) * SECOND_NS)


def _print(arguments: argparse.Namespace, episodes: Sequence[Episode], skipped: int, human_cost_usd: float) -> None:
    from otel_agent_analytics.commands import figures, tables

    rows = figures.one_by_one(episodes)
    if arguments.json:
        printed = figures.summary(episodes, skipped_lines=skipped, human_cost_usd=human_cost_usd)
        print(json.dumps({**printed, "each": rows} if arguments.each else printed))
        return
    console = Console()
    if arguments.each:
        tables.print_rows(console, rows)
    tables.print_summary(console, episodes, skipped_lines=skipped, human_cost_usd=human_cost_usd)
