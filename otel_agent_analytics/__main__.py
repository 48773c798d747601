"""The command line: ``otel-agent-analytics COMMAND``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

import otel_agent_analytics
from otel_agent_analytics.commands import check, dashboards, demo, forget, query, replay, serve
from otel_agent_analytics.errors import SettingError, UsageError
from otel_agent_analytics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return 0, 1 (failed) or 2 (wrong usage)."""
    arguments = _parser().parse_args(argv)
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except (SettingError, UsageError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader has seen enough (``… | head``). What is still buffered goes nowhere, so that the end is silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(arguments: argparse.Namespace) -> int:
    # What needs no settings works where they are wrong, too.
    without = {"check": check.run, "dashboards": dashboards.run}
    if arguments.command in without:
        return without[arguments.command](arguments)
    run = {
        "demo": demo.run, "replay": replay.run, "serve": serve.run, "query": query.run, "forget": forget.run,
    }[arguments.command]  # fmt: skip
    return run(arguments, Settings.from_environment())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otel-agent-analytics",
        description="Conversation analytics for AI agents, from their OpenTelemetry traces.",
    )
    parser.add_argument("--version", action="version", version=otel_agent_analytics.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listed = {
        "demo": demo, "serve": serve, "replay": replay, "query": query, "forget": forget, "dashboards": dashboards,
        "check": check,
    }  # fmt: skip
    for name, command in listed.items():
        command.add(commands.add_parser(name, help=command.HELP, description=command.DETAILS))
    return parser


if __name__ == "__main__":
    sys.exit(main())
