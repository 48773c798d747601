"""Small things done to OpenTelemetry spans: attach and detach their context, read the SDK's times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import _RUNTIME_CONTEXT, Context, create_key, get_current
from opentelemetry.trace import INVALID_SPAN, Span, set_span_in_context

from otel_agent_analytics.errors import known_place, note_fault

if TYPE_CHECKING:
    from contextvars import Token

    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME: Final = 2**64
_PLACE: Final = known_place("agents_sdk.span_time")
_OPENED: Final = create_key("agent-analytics-opened")
(_CURRENT,) = set_span_in_context(INVALID_SPAN, Context())


def nanoseconds(iso_time: Any) -> int | None:
    """Return one of the SDK's times as UTC nanoseconds; None, which means now, where there is none that can be sent."""
    if iso_time is None:
        return None
    try:
        moment = datetime.fromisoformat(iso_time)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - _EPOCH
        found = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    except (TypeError, ValueError, OverflowError) as problem:
        note_fault(_PLACE, problem)
        return None
    if 0 <= found < _END_OF_TIME:
        return found
    note_fault(_PLACE, ValueError(f"{iso_time!r} is no time that can be sent"))
    return None


def context_with(span: Span, opened: OpenSpan | OpenTrace, above: Context) -> Context:
    """Return the context in which a span is current, and in which what runs in it finds what is remembered of it."""
    values = dict(above)
    values[_CURRENT], values[_OPENED] = span, opened
    return Context(values)


def opened_in(context: Context | None) -> OpenSpan | OpenTrace | None:
    """Return what is remembered of the span of ours that is nearest in a context; None outside of any run."""
    found: Any = (context if context is not None else get_current()).get(_OPENED)
    return found  # type: ignore[no-any-return]


def attach(context: Context) -> Token[Context]:
    """Make a span current, so that whatever is opened meanwhile hangs under it; return what undoes it."""
    return _RUNTIME_CONTEXT.attach(context)


def detach(token: Token[Context]) -> None:
    """Make current again what was before.

    OpenTelemetry's own function logs an error when a span ends on another task than it began on. That is nobody's fault
    here, and the other task's context goes with that task.
    """
    try:  # noqa: SIM105 - the other way costs five times as much
        _RUNTIME_CONTEXT.detach(token)
    except ValueError:
        pass
