"""Takes finished spans off the agent's hands: a bounded queue, and one thread that feeds the tracker.

The agent pays for one look at the span's attributes and one append. Everything else happens on the worker thread, which
starts with the first span, so that nothing runs in a process that only loads the library.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from opentelemetry.sdk.trace import SpanProcessor

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
from otel_agent_analytics.dialects.detect import is_genai
from otel_agent_analytics.errors import guard
from otel_agent_analytics.tracking.plain import attributes_of, service_of, span_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from otel_agent_analytics.tracking.foreign import ForeignTraces
    from otel_agent_analytics.tracking.sink import Sink
    from otel_agent_analytics.tracking.tracker import Tracker

_INTERVAL_SECONDS: Final = 1.0
"""Between two looks at the queue; a scrape looks at once."""
_BATCH: Final = 500
_MOST_TRACES: Final = 1_000
# Not as decorators or around each item, since they are met for every span: only what fails enters them.
_STARTED: Final = guard("span_processor.on_start")
_ENDED: Final = guard("span_processor.on_end")
_READ: Final = guard("span_processor.read")


class _RunStarted(str):
    """A queue item: the conversation in which a run began."""

    __slots__ = ()


class _RootEnded(str):
    """A queue item: the trace whose root ended, which is no agent's span itself."""

    __slots__ = ()


_Item: TypeAlias = "ReadableSpan | LogRecord | SpanRecord | _RunStarted | _RootEnded"


class ConversationSpanProcessor(SpanProcessor):
    """Derives conversations from the spans of this process.

    Args:
        tracker: folds the spans; called under one lock.
        sink: is told of spans that the queue had no room for.
        queue_size: how many spans and records may wait; more are dropped and counted.
        clock: returns the event time up to which conversations may be ended, in UTC nanoseconds; None when the owner
            says it itself by ``advance_to``; nothing then runs in the background.
        foreign: reads the spans of other frameworks; None leaves them out.
        skew_ns: how far ahead of the clock a span may end; what is further ahead is from the future, is dropped and
            counted.

    Safe across fork: the child starts with nothing held, as after a restart, and a thread of its own.
    """

    def __init__(
        self,
        tracker: Tracker,
        sink: Sink,
        *,
        queue_size: int = 50_000,
        clock: Callable[[], int] | None = None,
        skew_ns: int = 3600 * 1_000_000_000,
        foreign: ForeignTraces | None = None,
    ) -> None:
        self._tracker = tracker
        self._sink = sink
        self._queue_size = queue_size
        self._clock = clock
        self._skew_ns = skew_ns
        self._foreign = foreign
        self._foreign_traces: dict[int, None] = {}
        """Traces in which a span of another framework ended, the latest last; at most 1,000."""
        self._queue: deque[_Item] = deque()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._feeding = threading.Lock()
        if hasattr(os, "register_at_fork"):
            after_fork = weakref.WeakMethod(self._after_fork)
            os.register_at_fork(after_in_child=lambda: (method := after_fork()) and method())

    # --- on the agent's thread --------------------------------------------------------------------------------------

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Note that a run is open, so that its conversation is not taken for idle."""
        try:
            attributes = attributes_of(span)
            if attributes.get(v.OPERATION) == v.OPERATION_TURN:
                conversation_id = attributes.get(v.GEN_AI_CONVERSATION_ID)
                if isinstance(conversation_id, str):
                    self._append(_RunStarted(conversation_id), span.resource)
        except Exception:
            with _STARTED:
                raise

    def _on_ending(self, span: Span) -> None:
        """Mark a span of another framework, so that an analyzer that hears of it too does not count it again."""
        try:
            attributes = attributes_of(span)
            if self._foreign is None or _is_ours(span, attributes) or not is_genai(attributes):
                return
            # The SDK calls this so that spans can still be written, and closes their attributes just before.
            if isinstance(attributes, dict):
                attributes[v.DERIVED] = True
        except Exception:
            with _ENDED:
                raise

    def on_end(self, span: ReadableSpan) -> None:
        """Queue an agent's span; any other span costs one look."""
        try:
            attributes = attributes_of(span)
            if _is_ours(span, attributes):
                self._append(span, span.resource)
            elif self._foreign is not None:
                self._note_foreign(span, attributes)
            elif v.GEN_AI_OPERATION_NAME in attributes:
                self._append(span, span.resource)
        except Exception:
            with _ENDED:
                raise

    def _note_foreign(self, span: ReadableSpan, attributes: Mapping[str, Any]) -> None:
        """Queue a span of another framework; of other spans only the root of a trace in which there was one."""
        trace_id = span.context.trace_id if span.context is not None else 0
        if is_genai(attributes):
            self._foreign_traces[trace_id] = None
            self._append(span, span.resource)
            while len(self._foreign_traces) > _MOST_TRACES:
                self._foreign_traces.pop(next(iter(self._foreign_traces)), None)
        elif trace_id in self._foreign_traces and (span.parent is None or span.parent.is_remote):
            self._foreign_traces.pop(trace_id, None)
            self._append(_RootEnded(f"{trace_id:032x}"), span.resource)

    def take_record(self, record: LogRecord, resource: Resource) -> None:
        """Queue an event that no span carries."""
        self._append(record, resource)

    def _append(self, item: _Item, resource: Resource) -> None:
        if len(self._queue) >= self._queue_size:
            with guard("span_processor.dropped"):
                self._sink.noted(v.PIPELINE_QUEUE_FULL, service_of(resource), 1)
            return
        self._queue.append(item)
        if len(self._queue) == self._queue_size // 4:  # more than usual comes in: do not wait for the next look
            self._wake.set()
        if self._thread is None and self._clock is not None and not self._closed:
            self._start()

    # --- on the worker's thread -------------------------------------------------------------------------------------

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="agent-analytics", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        wake, thread = self._wake, threading.current_thread()
        while not self._closed and self._thread is thread:
            wake.wait(_INTERVAL_SECONDS)
            wake.clear()
            with guard("span_processor.work"):
                self.drain()

    def drain(self, timeout_seconds: float = 10.0) -> bool:
        """Feed all that waits to the tracker, and end what is due; False when that took longer than it may."""
        give_up = time.monotonic() + timeout_seconds
        if not self._feeding.acquire(timeout=max(0.0, timeout_seconds)):
            return False
        try:
            while self._queue:
                self._feed([self._queue.popleft() for _ in range(min(len(self._queue), _BATCH))])
                if time.monotonic() > give_up:
                    return False
            if self._foreign is not None:
                self._feed([])
            if self._clock is not None:
                with guard("span_processor.clock"):
                    self._tracker.advance_to(self._clock())
        finally:
            self._feeding.release()
        return True

    @guard("span_processor.feed")
    def _feed(self, items: list[_Item]) -> None:
        taken: list[SpanRecord | LogRecord] = []
        for item in items:
            try:
                self._take(item, taken)
            except Exception:
                with _READ:  # a span that cannot be read must not take the others with it
                    raise
        if self._foreign is not None:
            taken += self._foreign.ready(time.time_ns())
        if taken:
            horizon_ns = None if self._clock is None else self._clock() + self._skew_ns
            self._tracker.take_all(taken, horizon_ns)

    def _take(self, item: _Item, taken: list[SpanRecord | LogRecord]) -> None:
        if isinstance(item, _RunStarted):
            self._tracker.run_started(str(item))
        elif isinstance(item, _RootEnded):
            if self._foreign is not None:
                self._foreign.root_ended(str(item))
        elif isinstance(item, (LogRecord, SpanRecord)):
            taken.append(item)
        else:
            record = span_record(item)
            if self._foreign is not None and not _is_ours(item, record.attributes):
                self._foreign.take(record, time.time_ns())
                if item.parent is not None and item.parent.is_remote:
                    self._foreign.root_ended(record.trace_id)
                return
            if record.attributes.get(v.OPERATION) == v.OPERATION_TURN:
                self._tracker.run_ended(str(record.attributes.get(v.GEN_AI_CONVERSATION_ID)))
            taken.append(record)

    # --- for the owner ----------------------------------------------------------------------------------------------

    def advance_to(self, watermark_ns: int) -> None:
        """Feed all that waits, then end every conversation that is due at this event time (UTC nanoseconds)."""
        self.drain()
        with self._feeding:
            self._tracker.advance_to(watermark_ns)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Feed all that waits to the tracker; False when the time was not enough."""
        with guard("span_processor.force_flush"):
            return self.drain(timeout_millis / 1000)
        return False

    def shutdown(self) -> None:
        """Feed what waits, for at most five seconds, and stop the thread. What is open stays open: memory forgets."""
        with guard("span_processor.shutdown"):
            self.drain(5.0)
            if self._foreign is not None:
                left = self._foreign.everything()
                if left:
                    self._tracker.take_all(left)
        self._closed = True
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)

    def _after_fork(self) -> None:
        # The parent's conversations are the parent's to count; its locks may have been held when the process forked.
        self._thread, self._wake = None, threading.Event()
        self._starting, self._feeding = threading.Lock(), threading.Lock()
        self._queue.clear()
        self._foreign_traces.clear()
        if self._foreign is not None:
            self._foreign.clear()
        self._tracker.reset()


def _is_ours(span: ReadableSpan, attributes: Mapping[str, Any]) -> bool:
    """Return whether a span is of this package, or somebody else's that it has said of what it is."""
    if v.OPERATION in attributes:
        return True
    scope = span.instrumentation_scope
    return scope is not None and scope.name == v.SCOPE_NAME
