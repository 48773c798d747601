"""The demo's processes: an analyzer, and agents that play the day between them and send it there by OTLP."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.commands.processes import started
from otel_agent_analytics.errors import AgentAnalyticsError
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import variable_of
from otel_agent_analytics.settings import variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from otel_agent_analytics.commands.demo_day import Day
    from otel_agent_analytics.commands.playing import Target
    from otel_agent_analytics.commands.processes import Program

AGENTS: Final = 2
LATENESS_SECONDS: Final = 2
"""How long the demo's analyzer waits for late spans: those of a conversation come within much less than that."""
_LOOK_SECONDS: Final = 0.1
_HOST: Final = "127.0.0.1"


class ProgramEndedError(AgentAnalyticsError):
    """A program of the demo ended that should not have; the text is what it said last."""


def free_port(wanted: int = 0) -> int:
    """Return a port of 127.0.0.1 that nobody listens on: the wanted one, or any for 0.

    Raises:
        OSError: it is not free.
    """
    with socket.create_server((_HOST, wanted)) as found:
        port: int = found.getsockname()[1]
        return port


@contextmanager
def analyzer(port: int, store: str, folder: Path) -> Iterator[Program]:
    """Run an analyzer on a port while the block lasts; it takes a moment until it is ready.

    Args:
        port: where it takes OTLP over HTTP, and answers.
        store: where it keeps everything, as ``serve --store`` takes it.
        folder: for its log.
    """
    where = ("--http", f"{_HOST}:{port}", "--grpc", "off", "--store", store)
    arguments = ("-m", "otel_agent_analytics", "serve", *where)
    with started("the analyzer", arguments, folder / "analyzer.log", _environ_of_analyzer()) as program:
        yield program


def play(
    day: Day, target: Target, folder: Path, advance: Callable[[int], None], watched: Program | None = None
) -> list[str]:
    """Let agent processes play the day between them.

    Args:
        day: which.
        target: where they send it.
        folder: for logs.
        advance: called with how many more conversations are over.
        watched: a program without which there is no point in going on; None where there is none.

    Returns:
        What could not be played.

    Raises:
        ProgramEndedError: an agent could not do all that it had to, or the watched program ended.
    """
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    problems: list[str] = []
    with ExitStack() as stack:
        running = [stack.enter_context(_agent(number, day, target, folder, said.put)) for number in range(AGENTS)]
        while running:
            ended = [one for one in running if one.has_ended]
            _hear(said, problems, advance)  # all that these have said, since they say no more
            if watched is not None and watched.has_ended:
                raise ProgramEndedError(watched.end_told())
            failed = next((one for one in ended if one.process.returncode != 0), None)
            if failed is not None:
                raise ProgramEndedError("\n".join([*problems, failed.end_told()]))
            running = [one for one in running if one not in ended]
    return problems


def _agent(
    number: int, day: Day, target: Target, folder: Path, hear: Callable[[str], None]
) -> AbstractContextManager[Program]:
    wanted = {**target._asdict(), **day._asdict(), "begin": day.begin.isoformat(), "number": number, "of": AGENTS}
    arguments = [part for name, value in wanted.items() for part in (f"--{name}", str(value))]
    name, log = f"agent process {number + 1} of {AGENTS}", folder / f"agent-{number + 1}.log"
    module = ("-m", "otel_agent_analytics.commands.demo_agent")
    return started(name, (*module, *arguments), log, os.environ, hear)


def _hear(said: queue.SimpleQueue[str], problems: list[str], advance: Callable[[int], None]) -> None:
    """Take in all that has been said; wait a moment for the first of it."""
    wait_seconds = _LOOK_SECONDS
    with contextlib.suppress(queue.Empty):
        while True:
            one = json.loads(said.get(timeout=wait_seconds))
            wait_seconds = 0.0
            if "problem" in one:
                problems.append(one["problem"])
            else:
                advance(one["done"])


def _environ_of_analyzer() -> dict[str, str]:
    """Return an environment in which nothing says of the analyzer what the demo says itself."""
    own = {variable_of(item) for item in fields(ServiceSettings)}
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in own}
    return {**kept, variable("lateness_seconds"): str(LATENESS_SECONDS)}
