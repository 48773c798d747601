"""Know whether the SDK makes a span current: it tells its processors nothing of it, so its ``start`` is wrapped.

Without this a span that is started but not made current would become the parent of everything that follows.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import spans, traces

from otel_agent_analytics.agents_sdk.wrapping import Wrapping

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("otel_agent_analytics")

_MARK: Final = "_agent_analytics_current"


def is_marked(thing: Any) -> bool:
    """Return whether the SDK makes this span or trace current; True where that cannot be known."""
    marked: bool = thing.__dict__.get(_MARK, True)
    return marked


def watch_marks(user: object) -> None:
    """Wrap the SDK's ``start`` methods, for as long as this user needs it."""
    for wrapping in _STARTS:
        if not wrapping.add(user):
            logger.warning("this version of the Agents SDK does not say which spans are current; all are taken to be")


def unwatch_marks(user: object) -> None:
    """Put back the methods that were there."""
    for wrapping in _STARTS:
        wrapping.remove(user)


def _noting(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def noting(self: Any, mark_as_current: bool = False) -> Any:
        self.__dict__[_MARK] = mark_as_current
        return start(self, mark_as_current)

    return noting


_STARTS: Final = (
    Wrapping(getattr(spans, "SpanImpl", None), "start", _noting),
    Wrapping(getattr(traces, "TraceImpl", None), "start", _noting),
)
