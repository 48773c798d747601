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
_wrapped: Final[dict[Any, tuple[Any, Any]]] = {}
"""By SDK class: the ``start`` that was there, and ours around it. At most one entry per class."""
_users: Final[set[object]] = set()
"""Who needs the marks: mostly one, for a moment two, where one installation takes the place of another."""


def is_marked(thing: Any) -> bool:
    """Return whether the SDK makes this span or trace current; True where that cannot be known."""
    marked: bool = getattr(thing, _MARK, True)
    return marked


def watch_marks(user: object) -> None:
    """Wrap the SDK's ``start`` methods, once, for as long as somebody needs it."""
    _users.add(user)
    for sdk_class in _CLASSES:
        start = getattr(sdk_class, "start", None)
        if start is None:
            logger.warning("this version of the Agents SDK does not say which spans are current; all are taken to be")
        elif sdk_class not in _wrapped:
            _wrapped[sdk_class] = start, _noting(start)
            sdk_class.start = _wrapped[sdk_class][1]  # type: ignore[union-attr]


def unwatch_marks(user: object) -> None:
    """Put back the methods that were there, once nobody needs the marks.

    Where somebody else has wrapped ours meanwhile, it stays below theirs and does no harm.
    """
    _users.discard(user)
    if _users:
        return
    for sdk_class, (start, ours) in list(_wrapped.items()):
        if sdk_class.start is ours:
            sdk_class.start = start
            del _wrapped[sdk_class]


def _noting(start: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(start)
    def noting(self: Any, mark_as_current: bool = False) -> Any:
        setattr(self, _MARK, mark_as_current)
        return start(self, mark_as_current)

    return noting
