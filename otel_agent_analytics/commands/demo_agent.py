"""One of the demo's agent processes: plays its share of the day by the real Agents SDK, and sends it by OTLP.

A program of its own, which the demo starts: ``python -m otel_agent_analytics.commands.demo_agent``. It tells how far it
is by lines of JSON: ``{"done": 1}`` for each conversation that is over, and a ``{"problem": TEXT}`` for each problem.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from otel_agent_analytics import demo
from otel_agent_analytics.commands.demo_day import SERVICE, Day, transcripts_of
from otel_agent_analytics.commands.playing import Target, sent
from otel_agent_analytics.errors import SettingError, UsageError
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.cues import Share

USER_KEY = b"demo"
INTENTS = Path(demo.__file__).with_name("intents.json")


def main() -> int:
    """Play and send; return 0, 1 when something could not be sent, or 2 when there is no way to begin."""
    try:
        return _run(_arguments(), Settings.from_environment())
    except (SettingError, UsageError) as problem:
        print(problem, file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    result = sent(
        transcripts_of(_day(arguments)),
        of_demo(settings),
        Target(arguments.endpoint, arguments.protocol),
        service=SERVICE,
        progress=lambda done: _say(done=done),
        share=Share(arguments.number, arguments.of),
    )
    for problem in result.problems:
        _say(problem=problem)
    if result.lost:
        _say(problem=f"{result.lost} spans and records could not be sent to {arguments.endpoint}")
    return 1 if result.lost else 0


def of_demo(settings: Settings) -> Settings:
    """Return settings with a key and with the intents of the demo, where there are none.

    Made-up users need no secret, and every process must hide them alike, anywhere.
    """
    return replace(settings, user_key=settings.user_key or USER_KEY, intents_file=settings.intents_file or str(INTENTS))


def _day(arguments: argparse.Namespace) -> Day:
    begin = datetime.fromisoformat(arguments.begin)
    return Day(arguments.seed, arguments.conversations, arguments.kind, arguments.name, begin)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("endpoint", "protocol", "kind", "name", "begin"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("seed", "conversations", "number", "of"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args()


def _say(**said: Any) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    sys.exit(main())
