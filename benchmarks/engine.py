"""How many events the engine takes in a second, and how much memory a conversation costs it.

Feeds finished spans, decoded beforehand to plain records, to a Tracker with Totals, with no SDK and no OpenTelemetry
around it. A turn has 5 spans: the turn's own, two model calls, a tool, a guardrail; that makes 6 events.

  speed   conversations begin one a second and their spans come interleaved; the watermark follows, so that earlier ones
          end meanwhile, which counts
  memory  conversations that are open; then ended, and remembered until their user could come back; then forgotten, but
          for what their next episode must know. Counted by tracemalloc, spans released, the tracker's tables included.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, run_child, settle, show, spread, take_turns
from benchmarks._records import BEGIN_NS, EVENTS_OF_TURN, TURN_NS, records_of
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import SpanRecord

_EVERY: Final = 500
"""Spans between two advances of the watermark."""


def main() -> int:
    """Measure, and print what came of it."""
    given = _arguments()
    if given.child:
        measure = {"speed": _speed, "memory": _memory}[given.child]
        print(json.dumps(measure(given.held if given.child == "memory" else given.conversations, given.turns)))
        return 0
    sizes = [f"--{name}={getattr(given, name)}" for name in ("conversations", "held", "turns")]
    ones = take_turns(("speed",), given.repetitions, sizes)["speed"]
    results: dict[str, Any] = {name: spread(one[name] for one in ones) for name in ones[0]}
    show(results | (run_child("memory", sizes) if given.held else {}), as_json=given.json)
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=3)
    parser.add_argument("--conversations", type=int, default=4000, metavar="N", help="for speed (default %(default)s)")
    parser.add_argument(
        "--held", type=int, default=20_000, metavar="N", help="for memory, 0 for none (default %(default)s)"
    )
    parser.add_argument("--turns", type=int, default=4, metavar="N", help="of a conversation (default %(default)s)")
    return parser.parse_args()


def _tracker(remembered: int) -> Tracker:
    return Tracker(MemoryStore(remembered), (Totals(),), DEFAULT_RULES)


def _speed(conversations: int, turns: int) -> Figures:
    spans = _interleaved(conversations, turns)
    _fed(_tracker(conversations), spans[: len(spans) // 10])
    tracker = _tracker(conversations)
    settle()
    clock = Clock()
    _fed(tracker, spans)
    taking = clock.cpu()
    tracker.advance_to(spans[-1].end_ns + DEFAULT_RULES.idle_ns + 1)
    everything = clock.cpu()
    return {
        "spans_per_cpu_second": len(spans) / taking,
        "events_per_cpu_second": conversations * turns * EVENTS_OF_TURN / taking,
        "us_per_span": taking / len(spans) * 1e6,
        "us_per_conversation, ends included": everything / conversations * 1e6,
    }


def _interleaved(conversations: int, turns: int) -> list[SpanRecord]:
    spans = (span for number in range(conversations) for span in records_of(number, turns))
    return sorted(spans, key=lambda span: (span.end_ns, span.span_id))


def _fed(tracker: Tracker, spans: Sequence[SpanRecord]) -> None:
    for first in range(0, len(spans), _EVERY):
        tracker.advance_to(spans[first].start_ns)
        tracker.take_all(spans[first : first + _EVERY])


def _memory(conversations: int, turns: int) -> Figures:
    tracker = _tracker(conversations)
    tracemalloc.start()
    before = _held()
    for number in range(conversations):
        for span in records_of(number, turns, BEGIN_NS):
            tracker.take(span)
    kib = {"KiB per open conversation": _held() - before}
    end_ns = BEGIN_NS + turns * TURN_NS + DEFAULT_RULES.idle_ns
    for name, until_ns in (("ended", end_ns), ("forgotten", end_ns + DEFAULT_RULES.reopen_ns)):
        tracker.advance_to(until_ns)
        kib[f"KiB per {name} conversation"] = _held() - before
    return {name: size / conversations / 1024 for name, size in kib.items()}


def _held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    sys.exit(main())
