"""``demo --endpoint``: plays the day to a Collector or an analyzer that runs already, as if it ended just now."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agent_analytics.analyzer_client import AnalyzerClient, token_of
from otel_agent_analytics.commands.asking import Api
from otel_agent_analytics.commands.demo_day import Day
from otel_agent_analytics.commands.demo_play import ProgramEndedError, play
from otel_agent_analytics.commands.playing import Target
from otel_agent_analytics.commands.processes import ended_like_ctrl_c
from otel_agent_analytics.commands.progress import progress_bar
from otel_agent_analytics.commands.waiting import ended
from otel_agent_analytics.judging import rules_of
from otel_agent_analytics.service_settings import ServiceSettings

if TYPE_CHECKING:
    import argparse

    from otel_agent_analytics.commands.episodes import Episode
    from otel_agent_analytics.settings import Settings


def played_elsewhere(arguments: argparse.Namespace, settings: Settings, api_address: str) -> list[Episode]:
    """Play the day, and return what the analyzer makes of it.

    Raises:
        AskingError: the analyzer does not answer, or not all of the day has ended there in time.
        ProgramEndedError: not all of it could be played and sent.
    """
    api = Api(AnalyzerClient(api_address, token_of(ServiceSettings.from_environment())))
    api.standings(())  # that there is no analyzer is found out before everything is played
    day = day_until_now(arguments, settings, datetime.now(UTC))
    target = Target(arguments.endpoint, arguments.protocol)
    with ended_like_ctrl_c(), tempfile.TemporaryDirectory(prefix="agent-analytics-demo-") as folder:
        with progress_bar("conversations played", day.conversations) as advance:
            problems = play(day, target, Path(folder), advance)
        if problems:
            raise ProgramEndedError("\n".join(problems))
        with progress_bar("conversations ended", day.conversations) as advance:
            return ended(api, day.ids, return_ns=rules_of(settings).return_ns, progress=advance)


def day_until_now(arguments: argparse.Namespace, settings: Settings, now: datetime) -> Day:
    """Return the day whose last conversation has just ended; its ids tell when, so that another one is another day."""
    over = now - timedelta(seconds=settings.idle_seconds + settings.lateness_seconds)
    begin = over - timedelta(days=1)
    return Day(arguments.seed, arguments.conversations, arguments.day, f"demo-{now:%Y%m%dT%H%M%S}", begin)
