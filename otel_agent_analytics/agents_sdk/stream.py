"""When the first piece of a streamed answer came. The SDK hands each piece on as an event, whose making is watched."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from agents import RawResponsesStreamEvent
from agents.tracing import get_current_span
from agents.tracing.util import time_iso

from otel_agent_analytics.agents_sdk.family import remembered
from otel_agent_analytics.agents_sdk.otel_spans import nanoseconds
from otel_agent_analytics.agents_sdk.spans import Role
from otel_agent_analytics.agents_sdk.wrapping import Wrapping
from otel_agent_analytics.errors import guard

if TYPE_CHECKING:
    from collections.abc import Callable

_DELTA: Final = ".delta"


def watch_streams(user: object) -> None:
    """Wrap the making of stream events, for as long as this user needs it."""
    _EVENTS.add(user)


def unwatch_streams(user: object) -> None:
    """Put back what was there."""
    _EVENTS.remove(user)


def _noting(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        _note(self)

    return noting


@guard("agents_sdk.stream")
def _note(event: Any) -> None:
    opened = remembered(get_current_span())
    if opened is not None and opened.row.role is not Role.MODEL_CALL:
        opened = opened.call  # with a time limit the SDK reads the stream in a task of its own
    if opened is None or opened.first_token_ns is not None:
        return
    opened.streamed = True
    token = str(getattr(event.data, "type", "")).endswith(_DELTA)
    if opened.first_chunk_ns is None or token:
        now = nanoseconds(time_iso())
        opened.first_chunk_ns = opened.first_chunk_ns or now
        opened.first_token_ns = now if token else None


_EVENTS: Final = Wrapping(RawResponsesStreamEvent, "__init__", _noting)
