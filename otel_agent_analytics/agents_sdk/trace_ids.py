"""The id that the SDK gave a trace, as an OpenTelemetry trace id, so that both systems name a run alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace.id_generator import IdGenerator

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_PREFIX: Final = "trace_"
_HEX_DIGITS: Final = 32
SPAN_ID_MASK: Final = 2**64 - 1
"""A root's span id is the second half of its trace id, so that a run that is resumed elsewhere knows its root."""


class SdkTraceIds(IdGenerator):
    """The provider's own generator, except for the one root span that is about to start on this thread."""

    def __init__(self, base: IdGenerator) -> None:
        self._base = base
        self._next = threading.local()

    def use(self, trace_id: int | None) -> None:
        """Let the next span on this thread, if it is a root, be that of this trace; None: of any new one."""
        self._next.trace_id = self._next.span_id = trace_id

    def generate_trace_id(self) -> int:
        """Return the id set by ``use``, once; else a new one."""
        given: int | None = getattr(self._next, "trace_id", None)
        self._next.trace_id = None
        if given is None:
            self._next.span_id = None
        return given or self._base.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the second half of the trace id right after it was taken; else a new id."""
        waiting, given = getattr(self._next, "trace_id", None), getattr(self._next, "span_id", None)
        self._next.trace_id = self._next.span_id = None
        if given is None or waiting is not None:  # a span that has a parent asks for no trace id
            return self._base.generate_span_id()
        return given & SPAN_ID_MASK or self._base.generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Return what the provider's own generator says: the SDK's ids are random too."""
        return self._base.is_trace_id_random()


def otel_trace_id(sdk_trace_id: Any) -> int | None:
    """Return ``trace_`` and 32 hex digits as an OpenTelemetry trace id; None for any other form, or for zero."""
    if not isinstance(sdk_trace_id, str) or not sdk_trace_id.startswith(_PREFIX):
        return None
    digits = sdk_trace_id[len(_PREFIX) :]
    if len(digits) != _HEX_DIGITS:
        return None
    try:
        trace_id = int(digits, 16)
    except ValueError:
        return None
    return trace_id if trace_id & SPAN_ID_MASK else None


def sdk_trace_ids(tracer: Tracer) -> SdkTraceIds | None:
    """Put our generator into our own tracer, once; None for a tracer that has none (no SDK)."""
    base = getattr(tracer, "id_generator", None)
    if isinstance(base, SdkTraceIds):
        return base
    if not isinstance(base, IdGenerator):
        return None
    ours = SdkTraceIds(base)
    tracer.id_generator = ours  # type: ignore[attr-defined]  # an attribute of the SDK's tracer
    return ours
