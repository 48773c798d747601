"""``replay FILE…``: play recorded conversations through the real Agents SDK, in this process, and print the figures."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from otel_agent_analytics.transcripts.schedule import DESCRIPTION, SECOND_NS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.errors import TranscriptError
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.transcripts.transcript import Transcript

HELP = "play recorded conversations through the real Agents SDK and print the figures"
DETAILS = (
    "Each line of a FILE is one conversation as JSON, with chat messages; '-' reads standard input. "
    "A line that cannot be read is reported as FILE:LINE and left out. " + DESCRIPTION
)


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="transcripts as JSON lines, or '-'")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--each", action="store_true", help="also print every conversation")
    parser.add_argument("--keep-going", action="store_true", help="exit 0 although lines were left out")
    parser.add_argument(
        "--shift-to-now", action="store_true", help="move the recording so that its last conversation has just ended"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Replay the files; return 0, 1 when something was left out, 2 when a file cannot be read."""
    problems: list[str] = []
    transcripts = _read(arguments.files, problems)
    if transcripts is None:
        return 2
    # Imported here, so that a wrong file is reported before the Agents SDK is loaded.
    from otel_agent_analytics.commands.playing import played
    from otel_agent_analytics.transcripts.schedule import scheduled

    skipped = len(problems)
    last_ns = _shifted_end_ns(settings) if arguments.shift_to_now else None
    with played(scheduled(transcripts, last_ns=last_ns), settings, service="replay") as result:
        for problem in result.problems:
            print(problem, file=sys.stderr)
        _print(arguments, result.records, skipped, settings.human_cost_usd)
    left_out = skipped + len(result.problems)
    return 1 if left_out and not arguments.keep_going else 0


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


def _print(
    arguments: argparse.Namespace, records: Sequence[ConversationRecord], skipped: int, human_cost_usd: float
) -> None:
    from otel_agent_analytics.commands import figures, tables

    rows = figures.one_by_one(records)
    if arguments.json:
        printed = figures.summary(records, skipped_lines=skipped, human_cost_usd=human_cost_usd)
        print(json.dumps({**printed, "each": rows} if arguments.each else printed))
        return
    console = Console()
    if arguments.each:
        tables.print_rows(console, rows)
    tables.print_summary(console, records, skipped_lines=skipped, human_cost_usd=human_cost_usd)
