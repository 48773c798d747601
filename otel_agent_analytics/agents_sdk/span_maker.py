"""Start OpenTelemetry spans, and write on them: past OpenTelemetry's cleaning where that is known to be safe.

A span that the SDK's tracer starts costs 12 µs, each attribute another half of one, most of it to check values that the
bridge has checked already. ``DirectSpans`` makes the same spans for less; it leans on names that OpenTelemetry does not
promise to keep, so it is used only after a trial on the tracer at hand. ``PlainSpans`` needs nothing but the API.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace import Tracer as SdkTracer
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, get_current_span

from otel_agent_analytics.agents_sdk.quick_spans import QuickSpans
from otel_agent_analytics.agents_sdk.sampling import follows_parent, samples_roots
from otel_agent_analytics.agents_sdk.trace_ids import SPAN_ID_MASK, sdk_trace_ids

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

logger = logging.getLogger("otel_agent_analytics")

_FEWEST_ATTRIBUTES: Final = 128
"""OpenTelemetry's default limit of attributes a span, which the bridge never reaches."""


class SpanMaker(Protocol):
    """Makes spans from attributes that are clean."""

    def start(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], above: Context, start_ns: int | None,
        trace_id: int | None = None, under: Span | None = None,
    ) -> Span:  # fmt: skip
        """Start a span; without a parent in the context ``above`` it begins the trace ``trace_id``, else a new one.

        The attributes may become the span's own: whoever gives them leaves them alone from then on.
        ``under`` is the parent, where it is known to be the current span of ``above``.
        """

    def write(self, span: Span, attributes: dict[str, Any]) -> None:
        """Set attributes of a span that has not ended."""

    def rename(self, span: Span, name: str) -> None:
        """Give a span that has not ended another name."""


class PlainSpans:
    """Makes spans by the API alone."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._ids = sdk_trace_ids(tracer)

    def start(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], above: Context, start_ns: int | None,
        trace_id: int | None = None, under: Span | None = None,
    ) -> Span:  # fmt: skip
        """Start a span."""
        if self._ids is not None:
            self._ids.use(trace_id)
        return self._tracer.start_span(name, above, kind, attributes, start_time=start_ns)

    def write(self, span: Span, attributes: dict[str, Any]) -> None:
        """Set attributes."""
        span.set_attributes(attributes)

    def rename(self, span: Span, name: str) -> None:
        """Give a span another name."""
        span.update_name(name)


class _Sampler(NamedTuple):
    """What a sampler does, so that it need not be asked."""

    sampler: Any
    follows: bool
    """Whether it samples every span below a sampled one."""
    roots: bool
    """Whether it samples every root."""


class DirectSpans:
    """Makes the spans of OpenTelemetry's SDK without its tracer's detours.

    Raises:
        AttributeError, TypeError, ImportError: this version of OpenTelemetry has other insides.
        ValueError: this tracer limits attributes, which only OpenTelemetry's own way respects.
    """

    def __init__(self, tracer: SdkTracer) -> None:
        from opentelemetry.sdk.trace import _Span

        self._tracer = tracer
        self._span_class: Any = _Span
        limits = tracer._span_limits  # noqa: SLF001
        most = limits.max_span_attributes
        if limits.max_span_attribute_length is not None or (most is not None and most < _FEWEST_ATTRIBUTES):
            raise ValueError("attributes are limited")
        self._sampler = _Sampler(None, False, False)
        self._try()

    def start(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], above: Context, start_ns: int | None,
        trace_id: int | None = None, under: Span | None = None,
    ) -> Span:  # fmt: skip
        """Start a span."""
        tracer = self._tracer
        if type(under) is self._span_class and tracer._is_enabled():  # noqa: SLF001
            parent = under._context  # type: ignore[union-attr]  # noqa: SLF001 - two calls less than to ask for it
            in_trace, _, _, flags, state, valid = parent
            flags = _BELOW.get(flags)
            if flags is not None and valid and self._known_sampler().follows:
                # As nearly always: below a span of ours that is sampled.
                span_id = tracer.id_generator.generate_span_id()
                context = _tuple(SpanContext, (in_trace, span_id, False, flags, state, 0 < span_id <= SPAN_ID_MASK))
                return self._begin(name, kind, attributes, context, parent, _SAMPLED, above, start_ns)
        return self._start(name, kind, attributes, above, start_ns, trace_id, under)

    def _start(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], above: Context, start_ns: int | None,
        trace_id: int | None, under: Span | None,
    ) -> Span:  # fmt: skip
        """Start a span below any parent, by any sampler."""
        tracer = self._tracer
        parent: SpanContext | None = (under if under is not None else get_current_span(above)).get_span_context()
        if not tracer._is_enabled():  # noqa: SLF001
            return NonRecordingSpan(parent)  # type: ignore[arg-type]  # as OpenTelemetry's own tracer does
        if parent is not None and parent.is_valid:
            in_trace, span_id = parent.trace_id, tracer.id_generator.generate_span_id()
            random = parent.trace_flags & TraceFlags.RANDOM_TRACE_ID
        else:
            parent, ids = None, tracer.id_generator
            in_trace = trace_id or ids.generate_trace_id()
            span_id = trace_id & SPAN_ID_MASK if trace_id else ids.generate_span_id()
            random = TraceFlags.RANDOM_TRACE_ID if ids.is_trace_id_random() else 0
        if parent is None and self._known_sampler().roots:
            context = SpanContext(in_trace, span_id, False, _FLAGS[random | TraceFlags.SAMPLED])
            return self._begin(name, kind, {**attributes}, context, None, _SAMPLED, above, start_ns)
        sampled = tracer.sampler.should_sample(above, in_trace, name, kind, attributes, ())
        decision = sampled.decision
        flags = _FLAGS[random | TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else random]
        context = SpanContext(in_trace, span_id, False, flags, sampled.trace_state)
        if decision is Decision.DROP:
            tracer._tracer_metrics.start_span(parent, decision)  # noqa: SLF001
            return NonRecordingSpan(context)
        more = dict(sampled.attributes) if sampled.attributes != attributes else None  # the sampler added some
        own = {**attributes}  # the sampler may keep what it was given
        return self._begin(name, kind, own, context, parent, decision, above, start_ns, more)

    def _begin(
        self, name: str, kind: SpanKind, attributes: dict[str, Any], context: SpanContext, parent: SpanContext | None,
        decision: Decision, above: Context, start_ns: int | None, more: dict[str, Any] | None = None,
    ) -> Span:  # fmt: skip
        """Make a span, and tell the span processors of it."""
        tracer = self._tracer
        ended = tracer._tracer_metrics.start_span(parent, decision)  # noqa: SLF001
        start_ns = start_ns if start_ns is not None else time.time_ns()
        span = self._quick.make(name, context, parent, kind, start_ns, attributes, ended)
        if more is not None:
            span.set_attributes(more)
        tracer.span_processor.on_start(span, parent_context=above)
        return span  # type: ignore[no-any-return]

    def _known_sampler(self) -> _Sampler:
        """Return what is known of the sampler that is there."""
        if self._sampler.sampler is not self._tracer.sampler:
            sampler = self._tracer.sampler
            self._sampler = _Sampler(sampler, follows_parent(sampler), samples_roots(sampler))
        return self._sampler

    def write(self, span: Span, attributes: dict[str, Any]) -> None:
        """Set attributes."""
        if type(span) is self._span_class:
            if span.is_recording():
                span._attributes._dict.update(attributes)  # type: ignore[attr-defined]  # noqa: SLF001
        else:
            span.set_attributes(attributes)

    def rename(self, span: Span, name: str) -> None:
        """Give a span another name."""
        if type(span) is self._span_class and span.is_recording():
            span._name = name  # type: ignore[attr-defined]  # noqa: SLF001
        else:
            span.update_name(name)

    def _make(self, name: str, context: Any, parent: Any, kind: SpanKind, ended: Any) -> Any:
        tracer = self._tracer
        return self._span_class(
            name=name,
            context=context,
            parent=parent,
            sampler=tracer.sampler,
            resource=tracer.resource,
            span_processor=tracer.span_processor,
            kind=kind,
            instrumentation_info=tracer.instrumentation_info,
            limits=tracer._span_limits,  # noqa: SLF001
            instrumentation_scope=tracer._instrumentation_scope,  # noqa: SLF001
            record_end_metrics=ended,
        )

    def _try(self) -> None:
        """Make a span that nobody sees, and look at what became of it; touch what ``start`` touches too."""
        tracer, context = self._tracer, SpanContext(1, 1, is_remote=False)
        ids = tracer.id_generator
        used: list[Any] = [tracer.sampler.should_sample, tracer._tracer_metrics.start_span]  # noqa: SLF001
        used += (tracer._is_enabled, ids.generate_trace_id, ids.generate_span_id, ids.is_trace_id_random)  # noqa: SLF001
        if not all(map(callable, used)) or not isinstance(tracer._is_enabled(), bool):  # noqa: SLF001
            raise AttributeError("the tracer works in another way")
        if tuple(context) != (1, 1, False, context.trace_flags, context.trace_state, True):
            raise AttributeError("a span's context has other parts")
        if getattr(context, "__dict__", None):
            raise AttributeError("a span's context is more than its parts")
        self._quick = QuickSpans(lambda: self._make("trial", context, None, SpanKind.INTERNAL, None))
        self._span_class = self._quick.span_class
        span = self._quick.make("trial", context, None, SpanKind.INTERNAL, 1, {"first": 1}, None)
        span._span_processor = SpanProcessor()  # noqa: SLF001 - so that nobody sees it
        self.write(span, {"second": 2})
        span.set_attribute("third", 3)
        self.rename(span, "renamed")
        span.add_event("event")
        seen = span._readable_span()  # noqa: SLF001
        span.end(2)
        if dict(seen.attributes) != {"first": 1, "second": 2, "third": 3} or (span.start_time, span.end_time) != (1, 2):
            raise AttributeError("spans keep their attributes and times elsewhere")
        if [event.name for event in seen.events] != ["event"] or list(seen.links) or seen.name != "renamed":
            raise AttributeError("spans keep their events and links elsewhere")


_tuple: Final = tuple.__new__
"""Makes a span's context without the checks of its constructor."""
_SAMPLED: Final = Decision.RECORD_AND_SAMPLE
_FLAGS: Final = {flags: TraceFlags(flags) for flags in range(TraceFlags.SAMPLED + TraceFlags.RANDOM_TRACE_ID + 1)}
_BELOW: Final = {flags: made for flags, made in _FLAGS.items() if made.sampled}
"""By the flags of a parent that is sampled, those of a span below it."""


def span_maker(tracer: Tracer) -> SpanMaker:
    """Return what makes the bridge's spans on this tracer."""
    if type(tracer) is not SdkTracer:
        return PlainSpans(tracer)
    try:
        return DirectSpans(tracer)
    except (AttributeError, TypeError, ImportError, ValueError) as problem:
        logger.info("spans are made by OpenTelemetry's API alone, which costs more: %s", problem)
        return PlainSpans(tracer)
