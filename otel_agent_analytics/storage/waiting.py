"""Spans of other frameworks, stored until their trace is whole: only then can be told where a user's turn begins.

What is stored waits through restarts, and whichever analyzer finds the trace whole reads all of it: when its root has
come, and nothing more for as long as spans may be late. It is kept as long again, and for a minute at least, so that
what comes even later is read beside the others; the conversation knows what it has of them already.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects.turns import translate
from otel_agent_analytics.errors import known_place, note_fault
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Whole
from otel_agent_analytics.storage.envelope import Envelope, names_in
from otel_agent_analytics.storage.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from otel_agent_analytics.conversations.events import SpanRecord
    from otel_agent_analytics.dialects.options import Options
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.rows import Row
    from otel_agent_analytics.tracking.routing import Routed, Speaker

Key = TypeVar("Key")

logger = logging.getLogger("otel_agent_analytics")

_DAMAGED: Final = known_place("storage.damaged_trace")
_SECOND_NS: Final = 1_000_000_000
_QUIET_NS: Final = 600 * _SECOND_NS
"""A trace of which nothing came for so long is taken for whole, although its root did not come."""
_HELD_ON_NS: Final = 60 * _SECOND_NS
_MOST_SPANS: Final = 20_000
"""A trace of more is read as it is, and not kept."""
MOST_TRACES: Final = 500
"""Read in one transaction."""
_MOST_KNOWN: Final = 50_000
_PART_BITS: Final = 62
_BODY: Final = t.WAITING.names.index("body")
_MARK: Final = {v.OPERATION: v.OPERATION_TURN}
"""All that is kept of a turn that has been folded: that its service says itself where turns begin."""


class WaitingTraces:
    """What waits, for one transaction at a time. Not thread-safe.

    Bounded: it remembers 50,000 traces that wait, and as many whose spans are taken as they come.

    Args:
        options: what is decided about translating.
        lateness_ns: how much later than others spans of a trace may arrive, nanoseconds.
        envelope: what they are stored in.
    """

    def __init__(self, options: Options, lateness_ns: int, envelope: Envelope | None = None) -> None:
        self._options = options
        self._envelope = envelope or Envelope()
        self._lateness_ns = lateness_ns
        self._traces: OrderedDict[str, None] = OrderedDict()
        self._speakers: OrderedDict[Speaker, None] = OrderedDict()
        self._damaged: set[str] = set()
        self.begin(0)

    @property
    def traces(self) -> Collection[str]:
        """Traces of which something waits, as far as this analyzer has seen."""
        return self._traces

    @property
    def speakers(self) -> Collection[Speaker]:
        """Those who say themselves where turns begin."""
        return self._speakers

    def restore(self, transaction: Transaction) -> None:
        """Know the traces that wait since before a restart."""
        self._traces = OrderedDict.fromkeys(transaction.waiting_traces(_MOST_KNOWN))

    # --- within a transaction -----------------------------------------------------------------------------------------

    def begin(self, now_ns: int) -> None:
        """Begin another transaction, at a time of arrival, UTC nanoseconds."""
        self._now_ns = now_ns
        self.rows: list[Row] = []
        self.read: list[tuple[str, int]] = []
        self._found: list[Speaker] = []

    def keep(self, batch: Routed) -> None:
        """Keep spans until their traces are whole; and who said where turns begin, for those that come after him."""
        self._found = [speaker for speaker in batch.speakers if speaker not in self._speakers]
        for trace_id, spans in batch.waiting.items():
            storable = [self._envelope.storable(span) for span in spans]
            self._keep(trace_id, storable, unread=True, root=trace_id in batch.ended)
        for speaker in self._found:
            turn = batch.speakers[speaker]
            self._keep(
                turn.trace_id, [turn._replace(attributes=_MARK)], unread=False, root=turn.trace_id in batch.ended
            )

    @property
    def traces_read(self) -> int:
        """How many traces this transaction has read."""
        return len({trace_id for trace_id, _ in self.read})

    def whole(self, transaction: Transaction) -> list[SpanRecord]:
        """Return, translated, the traces that are whole and have something new; let go of those that are done."""
        found: list[SpanRecord] = []
        quiet_ns = max(_QUIET_NS, self._lateness_ns)
        whole = Whole(self._now_ns - self._lateness_ns, self._now_ns - quiet_ns, _MOST_SPANS)
        rows = transaction.whole_traces(whole, MOST_TRACES)
        for trace_id, parts in groupby(rows, key=lambda row: row[0]):
            found += self._read(trace_id, list(parts))
        transaction.let_go(self._now_ns - max(_HELD_ON_NS, self._lateness_ns))
        return found

    def done(self) -> None:
        """Remember what this transaction has found, since it counts."""
        _remember(self._traces, (row[0] for row in self.rows))
        _remember(self._speakers, self._found)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _read(self, trace_id: str, parts: list[Row]) -> list[SpanRecord]:
        try:
            spans = [span for part in parts for span in self._envelope.unpack(bytes(part[_BODY]))]
        except CodecError as problem:  # it must not stop the others
            self._set_aside(trace_id, problem)
            return []
        self.read += [(trace_id, part[1]) for part in parts]
        if len(spans) <= _MOST_SPANS:
            arrived_ns = max(part[2] for part in parts)
            self._keep(trace_id, spans, unread=False, root=any(part[4] for part in parts), arrived_ns=arrived_ns)
        return [record for record in translate(spans, self._options) if record.attributes != _MARK]

    def _set_aside(self, trace_id: str, problem: CodecError) -> None:
        """Leave a trace that cannot be read as it is stored."""
        note_fault(_DAMAGED, problem)
        if trace_id not in self._damaged:
            self._damaged.add(trace_id)
            logger.error("trace %s cannot be read, so it is left as it is: %s", trace_id, problem)

    def _keep(
        self, trace_id: str, spans: Sequence[SpanRecord], *, unread: bool, root: bool, arrived_ns: int | None = None
    ) -> None:
        part, when_ns = secrets.randbits(_PART_BITS), self._now_ns if arrived_ns is None else arrived_ns
        body, names = self._envelope.pack(spans), names_in(spans)
        self.rows.append((trace_id, part, when_ns, len(spans), root, unread, body, names))


def _remember(known: OrderedDict[Key, None], new: Iterable[Key]) -> None:
    for key in new:
        known[key] = None
        known.move_to_end(key)
    while len(known) > _MOST_KNOWN:
        known.popitem(last=False)
