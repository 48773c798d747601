"""Give a root span the id that the SDK gave its trace, so that both systems name a run alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace.id_generator import IdGenerator

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_PREFIX: Final = "trace_"
_HEX_DIGITS: Final = 32


class SdkTraceIds(IdGenerator):
    """The provider's own generator, except for the one root span that is about to start on this thread."""

    def __init__(self, base: IdGenerator) -> None:
        self._base = base
        self._next = threading.local()

    def use(self, sdk_trace_id: str) -> None:
        """Let the next trace id on this thread be that of the SDK's trace, where it has the form of one."""
        self._next.trace_id = otel_trace_id(sdk_trace_id)

    def generate_trace_id(self) -> int:
        """Return the id set by ``use``, once; else a new one."""
        given: int | None = getattr(self._next, "trace_id", None)
        self._next.trace_id = None
        return given or self._base.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return a new span id."""
        return self._base.generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Return what the provider's own generator says: the SDK's ids are random too."""
        return self._base.is_trace_id_random()


def otel_trace_id(sdk_trace_id: str) -> int | None:
    """Return ``trace_`` and 32 hex digits as an OpenTelemetry trace id; None for any other form, or for zero."""
    digits = sdk_trace_id.removeprefix(_PREFIX)
    if len(digits) != _HEX_DIGITS or not sdk_trace_id.startswith(_PREFIX):
        return None
    try:
        return int(digits, 16) or None
    except ValueError:
        return None


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
