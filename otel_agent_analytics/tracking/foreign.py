"""Spans of other frameworks, held until their trace is whole: only then can be told where a user's turn begins.

A span says what it hangs under, but not what that is; and what it hangs under ends, and comes, later.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.dialects.turns import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.conversations.events import SpanRecord
    from otel_agent_analytics.dialects.options import Options, RecentMessages

_SECOND_NS: Final = 1_000_000_000
_QUIET_NS: Final = 600 * _SECOND_NS
"""A trace of which nothing came for so long is taken for whole, although its root did not come."""
_HELD_ON_NS: Final = 60 * _SECOND_NS
"""A whole trace is held for so long, so that a straggler is read beside the others and not for itself."""
_MOST_SPANS: Final = 20_000


@dataclass(slots=True)
class _Trace:
    """What is held of a trace."""

    spans: list[SpanRecord] = field(default_factory=list)
    touched_ns: int = 0
    whole: bool = False
    """Whether its root has come, or is not waited for any longer."""
    read: int = 0
    """How many of its spans have been translated."""


class ForeignTraces:
    """Holds and translates spans of other frameworks. Not thread-safe.

    Bounded by ``most_spans``: when more are held, the trace that was touched least recently is translated as it is.

    Args:
        options: what the host decides about translating.
        recent: what users said last.
        most_spans: spans held at once.
    """

    def __init__(self, options: Options, recent: RecentMessages | None, most_spans: int = _MOST_SPANS) -> None:
        self._options = options
        self._recent = recent
        self._most_spans = most_spans
        self._held = 0
        self._traces: OrderedDict[str, _Trace] = OrderedDict()

    def take(self, span: SpanRecord, now_ns: int) -> None:
        """Hold a span; one without a parent makes its trace whole."""
        trace = self._traces.setdefault(span.trace_id, _Trace())
        self._traces.move_to_end(span.trace_id)
        trace.spans.append(span)
        trace.touched_ns = now_ns
        trace.whole = trace.whole or not span.parent_id
        self._held += 1

    def root_ended(self, trace_id: str) -> None:
        """Note that the root of a trace has ended, which is no span of a framework itself."""
        trace = self._traces.get(trace_id)
        if trace is not None:
            trace.whole = True

    def ready(self, now_ns: int) -> list[SpanRecord]:
        """Return, translated, the traces that are whole and have something new; let go of those that are done."""
        found: list[SpanRecord] = []
        for trace_id in list(self._traces):
            trace = self._traces[trace_id]
            quiet_ns = now_ns - trace.touched_ns
            trace.whole = trace.whole or quiet_ns > _QUIET_NS
            if trace.whole and trace.read < len(trace.spans):
                found += self._translated(trace)
            if trace.whole and quiet_ns > _HELD_ON_NS:
                self._let_go(trace_id)
        return [*found, *self._over()]

    def everything(self) -> list[SpanRecord]:
        """Return, translated, all that has not been returned, and let go of it: at the end."""
        found = [record for trace in self._unread() for record in self._translated(trace)]
        self.clear()
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._traces.clear()
        self._held = 0

    def _unread(self) -> Iterable[_Trace]:
        return [trace for trace in self._traces.values() if trace.read < len(trace.spans)]

    def _over(self) -> Iterator[SpanRecord]:
        while self._held > self._most_spans:
            trace_id, trace = next(iter(self._traces.items()))
            if trace.read < len(trace.spans):
                yield from self._translated(trace)
            self._let_go(trace_id)

    def _translated(self, trace: _Trace) -> list[SpanRecord]:
        # All of it, also what was translated before: the conversation knows the ids, and takes only what is new.
        trace.read = len(trace.spans)
        return translate(trace.spans, self._options, self._recent)

    def _let_go(self, trace_id: str) -> None:
        self._held -= len(self._traces.pop(trace_id).spans)
