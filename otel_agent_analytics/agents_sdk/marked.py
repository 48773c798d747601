"""Know whether the SDK makes a span current: it tells its processors nothing of it, so its ``start`` is wrapped.

Without this a span that is started but not made current would become the parent of everything that follows.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any, Final

from agents.tracing import spans, traces

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("otel_agent_analytics")

_MARK: Final = "_agent_analytics_current"
_CLASSES: Final = (getattr(spans, "SpanImpl", None), getattr(traces, "TraceImpl", None))


def is_marked(thing: Any) -> bool:
    """Return whether the SDK makes this span or trace current; True where that cannot be known."""
    marked: bool = getattr(thing, _MARK, True)
    return marked


def watch_marks() -> None:
    """Wrap the SDK's ``start`` methods, once."""
    for sdk_class in _CLASSES:
        start = getattr(sdk_class, "start", None)
        if start is None:
            logger.warning("this version of the Agents SDK does not say which spans are current; all are taken to be")
        elif not hasattr(start, "__wrapped__"):
            sdk_class.start = _noting(start)  # type: ignore[union-attr]


def unwatch_marks() -> None:
    """Put the SDK's own methods back."""
    for sdk_class in _CLASSES:
        wrapped = getattr(getattr(sdk_class, "start", None), "__wrapped__", None)
        if wrapped is not None:
            sdk_class.start = wrapped  # type: ignore[union-attr]


def _noting(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def noting(self: Any, mark_as_current: bool = False) -> Any:
        setattr(self, _MARK, mark_as_current)
        return start(self, mark_as_current)

    return noting
