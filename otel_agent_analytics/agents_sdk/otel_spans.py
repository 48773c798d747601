"""Small things done to OpenTelemetry spans: mark a failure, attach and detach their context, read the SDK's times."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import Status, StatusCode

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from otel_agent_analytics.agents_sdk.run import OpenSpan, OpenTrace

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def nanoseconds(iso_time: str | None) -> int | None:
    """Return one of the SDK's times as UTC nanoseconds; None, which means now, where there is none."""
    if iso_time is None:
        return None
    return (datetime.fromisoformat(iso_time) - _EPOCH) // _MICROSECOND * 1000


def fail(span: Span, failure: str, message: str | None) -> None:
    """Mark a span as failed, with the class of the error."""
    span.set_attribute(v.ERROR_TYPE, failure)
    span.set_status(Status(StatusCode.ERROR, message))


def attach(opened: OpenSpan | OpenTrace) -> None:
    """Make the span current, so that whatever is opened meanwhile hangs under it."""
    opened.token = _RUNTIME_CONTEXT.attach(opened.context)


def detach(opened: OpenSpan | OpenTrace) -> None:
    """Make current again what was before.

    OpenTelemetry's own function logs an error when a span ends on another task than it began on. That is nobody's fault
    here, and the other task's context goes with that task.
    """
    if opened.token is not None:
        with suppress(ValueError):
            _RUNTIME_CONTEXT.detach(opened.token)
        opened.token = None
