"""How many events the engine takes in a second, and how much memory a conversation costs it.

Feeds finished spans, as plain records, to a Tracker with Totals, with no SDK and no OpenTelemetry around it. A turn has
5 spans: the turn's own, two model calls, a tool, a guardrail; that makes 6 events.

  fold    events, decoded beforehand: the fold and the totals alone
  decode  the records of the same events: reading them comes on top. Prices are no part of either.
  memory  conversations that are open; then ended, and remembered until their user could come back; then forgotten, but
          for what their next episode must know. Counted by tracemalloc, spans released, the tracker's tables included

For speed, conversations begin one a second and their spans come interleaved, in batches; the watermark follows, so that
earlier ones end meanwhile, which counts. ``--profile`` says where the time goes.
"""

from __future__ import annotations

import cProfile
import gc
import json
import pstats
import sys
import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, run_child, settle, show, spread, take_turns
from benchmarks._records import BEGIN_NS, EVENTS_OF_TURN, TURN_NS, records_of
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.intake import take_in
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker, unpriced

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from otel_agent_analytics.conversations.events import Event, Service, SpanRecord

_EVERY: Final = 500
"""Spans between two advances of the watermark."""
_SHOWN: Final = 30
"""Functions that a profile shows."""


def main() -> int:
    """Measure, and print what came of it."""
    given = _arguments()
    if given.profile:
        _profile(given.profile, given.conversations, given.turns)
        return 0
    if given.child:
        size = given.held if given.child == "memory" else given.conversations
        made = _memory(size, given.turns) if given.child == "memory" else _speed(given.child, size, given.turns)
        print(json.dumps(made))
        return 0
    sizes = [f"--{name}={getattr(given, name)}" for name in ("conversations", "held", "turns")]
    results: dict[str, Any] = {
        f"{variant}: {name}": spread(one[name] for one in ones)
        for variant, ones in take_turns(_FEEDERS, given.repetitions, sizes).items()
        for name in ones[0]
    }
    show(results | (run_child("memory", sizes) if given.held else {}), as_json=given.json)
    return 0


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__, repetitions=3)
    parser.add_argument("--conversations", type=int, default=4000, metavar="N", help="for speed (default %(default)s)")
    parser.add_argument(
        "--held", type=int, default=20_000, metavar="N", help="for memory, 0 for none (default %(default)s)"
    )
    parser.add_argument("--turns", type=int, default=4, metavar="N", help="of a conversation (default %(default)s)")
    parser.add_argument("--profile", choices=("fold", "decode"), help="print where the time goes, and nothing else")
    return parser.parse_args()


def _tracker(remembered: int) -> Tracker:
    return Tracker(MemoryStore(remembered), (Totals(),), DEFAULT_RULES)


class _Batch:
    """What is fed at once, at a watermark, UTC nanoseconds."""

    def __init__(self, watermark_ns: int, spans: Sequence[SpanRecord]) -> None:
        self.watermark_ns = watermark_ns
        self.spans = spans
        self.events: dict[str, list[Event]] = {}


def _decoding(conversations: int, turns: int) -> Callable[[], Tracker]:
    batches = _batches(conversations, turns)

    def feed() -> Tracker:
        tracker = _tracker(conversations)
        for batch in batches:
            tracker.advance_to(batch.watermark_ns)
            tracker.take_all(batch.spans)
        return tracker

    return feed


def _folding(conversations: int, turns: int) -> Callable[[], Tracker]:
    batches = _batches(conversations, turns)
    for batch in batches:
        batch.events = take_in(batch.spans, unpriced).events
        batch.spans = ()

    def feed() -> Tracker:
        tracker = _tracker(conversations)
        fold = tracker._fold  # noqa: SLF001 - what take_all does with each conversation of a batch that it has decoded
        for batch in batches:
            tracker.advance_to(batch.watermark_ns)
            notes: Counter[tuple[str, Service]] = Counter()
            for conversation_id, events in batch.events.items():
                fold(conversation_id, events, notes)
        return tracker

    return feed


def _batches(conversations: int, turns: int) -> list[_Batch]:
    spans = [span for number in range(conversations) for span in records_of(number, turns)]
    spans.sort(key=lambda span: (span.end_ns, span.span_id))
    return [_Batch(spans[at].start_ns, spans[at : at + _EVERY]) for at in range(0, len(spans), _EVERY)]


_FEEDERS: Final = {"fold": _folding, "decode": _decoding}


def _speed(variant: str, conversations: int, turns: int) -> Figures:
    feed = _FEEDERS[variant](conversations, turns)
    feed()
    settle()
    clock = Clock()
    tracker = feed()
    taking = clock.cpu()
    tracker.advance_to(BEGIN_NS + conversations * SECOND_NS + turns * TURN_NS + DEFAULT_RULES.idle_ns)
    everything = clock.cpu()
    spans = conversations * turns * 5
    return {
        "events_per_cpu_second": conversations * turns * EVENTS_OF_TURN / taking,
        "spans_per_cpu_second": spans / taking,
        "us_per_event": taking / conversations / turns / EVENTS_OF_TURN * 1e6,
        "us_per_conversation, ends included": everything / conversations * 1e6,
    }


def _profile(variant: str, conversations: int, turns: int) -> None:
    feed = _FEEDERS[variant](conversations, turns)
    feed()
    profile = cProfile.Profile()
    profile.runcall(feed)
    pstats.Stats(profile).sort_stats("tottime").print_stats(_SHOWN)


def _memory(conversations: int, turns: int) -> Figures:
    tracker = _tracker(conversations)
    tracemalloc.start()
    before = _held()
    for number in range(conversations):
        tracker.take_all(list(records_of(number, turns, BEGIN_NS)))
    kib = {"KiB per open conversation": _held() - before}
    rules = DEFAULT_RULES
    end_ns = BEGIN_NS + turns * TURN_NS + rules.idle_ns
    for name, until_ns in (
        ("ended", end_ns),
        ("settled", end_ns + rules.return_ns),
        ("forgotten", end_ns + rules.reopen_ns + rules.held_on_ns),
    ):
        tracker.advance_to(until_ns)
        kib[f"KiB per {name} conversation"] = _held() - before
    return {name: size / conversations / 1024 for name, size in kib.items()}


def _held() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


if __name__ == "__main__":
    sys.exit(main())
