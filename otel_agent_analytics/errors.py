"""The exceptions of this project, and the one place where its own faults are caught.

    AgentAnalyticsError
    ├── SettingError        a setting has a value that is not allowed
    ├── TranscriptError     a line of a transcript cannot be played
    └── UsageError          the library was called in a way that cannot work

None of them is ever raised into an agent: callbacks run under ``guard``.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

logger = logging.getLogger("otel_agent_analytics")

P = ParamSpec("P")
R = TypeVar("R")


class AgentAnalyticsError(Exception):
    """Base of every exception that this project raises on purpose."""


class SettingError(AgentAnalyticsError, ValueError):
    """A setting has a value that is not allowed; the text names setting, value and what is allowed."""


class TranscriptError(AgentAnalyticsError, ValueError):
    """A line of a transcript cannot be played; the text is ``FILE:LINE: what and which value``."""


class UsageError(AgentAnalyticsError, RuntimeError):
    """The library was called in a way that cannot work; the text says what to do instead."""


class _Faults:
    """Counts of our own faults by place. Grows by the number of guarded places, which is fixed in the code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def note(self, place: str) -> bool:
        """Count one fault at ``place``; True when it is the first there."""
        with self._lock:
            self._counts[place] += 1
            return self._counts[place] == 1

    def know(self, place: str) -> None:
        """Show a place from the start, at 0."""
        self._counts.setdefault(place, 0)

    def counts(self) -> dict[str, int]:
        """Return a copy of the counts."""
        with self._lock:
            return dict(self._counts)

    def renew_after_fork(self) -> None:
        """Replace the lock, which another thread may have held when the process forked; the parent counts its own."""
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(self._counts, 0))


_faults = _Faults()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_faults.renew_after_fork)


def fault_counts() -> dict[str, int]:
    """Return how many internal faults each guarded place has caught since the process started."""
    return _faults.counts()


class guard:  # noqa: N801 - reads as a statement: ``with guard("place")``
    """Catch, count and log (once per place) a fault of our own, so that it never reaches the agent.

    ``with guard("place"):`` or ``@guard("place")``; a decorated function returns None after a fault. Under pytest the
    fault is raised as well, after it was counted, so that no test passes over a broken callback; the environment
    variable ``AGENT_ANALYTICS_HIDE_FAULTS=1`` switches that off for tests of the guard itself.
    """

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place
        _faults.know(place)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> bool:
        if fault is None or not isinstance(fault, Exception):
            return False
        note_fault(self._place, fault)
        return not _raise_faults()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R | None]:
        """Wrap a callback."""
        place = self._place

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
            try:
                return function(*args, **kwargs)
            except Exception as fault:  # the one broad catch, by design
                note_fault(place, fault)
                if _raise_faults():
                    raise
                return None

        return guarded


def note_fault(place: str, fault: BaseException) -> None:
    """Count a fault and log it with its stack the first time that it happens at ``place``."""
    if _faults.note(place):
        logger.error("internal fault in %s: %s: %s", place, type(fault).__name__, fault, exc_info=fault)


def note_refused(place: str, told: str) -> None:
    """Count what the application said and nobody can use; warn the first time that it happens at ``place``."""
    if _faults.note(place):
        logger.warning("%s", told)


def known_place(place: str) -> str:
    """Return a place at which faults are only noted, after it was made to show from the start, at 0."""
    _faults.know(place)
    return place


def _raise_faults() -> bool:
    return "PYTEST_CURRENT_TEST" in os.environ and os.environ.get("AGENT_ANALYTICS_HIDE_FAULTS") != "1"
