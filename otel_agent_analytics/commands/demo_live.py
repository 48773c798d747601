"""``demo --live``: conversations in real time, each event at its own moment, until somebody ends it."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.commands.demo_agent import of_demo
from otel_agent_analytics.commands.demo_day import SERVICE, transcripts_without_end
from otel_agent_analytics.commands.playing import Target, sent_as_it_happens
from otel_agent_analytics.transcripts.schedule import SECOND_NS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from otel_agent_analytics.settings import Settings

    Wait = Callable[[int, Callable[[], None]], bool]

_HOUR_NS: Final = 3600 * SECOND_NS
_MOST_OVERDUE_NS: Final = 2 * _HOUR_NS
"""After a longer time without an endpoint, or asleep, the traffic begins anew: a burst would look like no service."""
_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def play_live(arguments: argparse.Namespace, settings: Settings) -> int:
    """Play until the hours are over or a signal comes; return 0, or 1 when something was refused or not playable."""
    say(
        f"{arguments.conversations} conversations a day, day: {arguments.day}, to {arguments.endpoint}. "
        "Ctrl-C or SIGTERM ends it."
    )
    end_ns = None if arguments.hours is None else time.time_ns() + round(arguments.hours * _HOUR_NS)
    failed = False
    try:
        with Stop().taking_signals() as stop:
            head_minutes = arguments.head_start
            while end_ns is None or time.time_ns() < end_ns:
                failed |= _stretch(arguments, of_demo(settings), head_minutes, end_ns, stop)
                head_minutes = 0
    except KeyboardInterrupt:
        pass
    say("ended")
    return 1 if failed else 0


def _stretch(
    arguments: argparse.Namespace, settings: Settings, head_minutes: int, end_ns: int | None, stop: Stop
) -> bool:
    """Play traffic that begins so many minutes ago, until all is over or too much is overdue; return what failed."""
    start = datetime.now(UTC) - timedelta(minutes=head_minutes)
    transcripts = transcripts_without_end(arguments.seed, arguments.conversations, arguments.day, start)
    target = Target(arguments.endpoint, arguments.protocol)
    result = sent_as_it_happens(
        transcripts, settings, target, service=SERVICE, wait=waiting(end_ns, stop), is_over=stop.was_asked
    )
    for problem in result.problems:
        print(problem, file=sys.stderr)
    if result.lost:
        print(f"{result.lost} spans and records were refused by {target.endpoint}", file=sys.stderr)
    return bool(result.problems or result.lost)


class Stop:
    """Signals end what waits or sends at once; what is being played is played to its end first."""

    def __init__(self) -> None:
        self._asked = False
        self._may_interrupt = False

    @contextmanager
    def taking_signals(self) -> Iterator[Stop]:
        """Take SIGINT, SIGTERM and SIGHUP while the block lasts."""
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let a signal end the block.

        Raises:
            KeyboardInterrupt: one came, now or before.
        """
        self._may_interrupt = True
        try:
            if self._asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._may_interrupt = False

    def was_asked(self) -> bool:
        """Return whether a signal came."""
        return self._asked

    def _take(self, *_: Any) -> None:
        self._asked = True
        if self._may_interrupt:
            raise KeyboardInterrupt


def waiting(end_ns: int | None, stop: Stop) -> Wait:
    """Return what sends and waits for a time, UTC nanoseconds: False when the end comes first, or it is long past."""

    def wait(at_ns: int, send: Callable[[], None]) -> bool:
        with stop.interrupting():
            send()
            now_ns = time.time_ns()
            until_ns = at_ns if end_ns is None else min(at_ns, end_ns)
            time.sleep(max(0, until_ns - now_ns) / SECOND_NS)
        return until_ns == at_ns and now_ns - at_ns < _MOST_OVERDUE_NS

    return wait


def say(line: str) -> None:
    """Print a line at once: whoever reads it may see the log of a container."""
    print(line, flush=True)
