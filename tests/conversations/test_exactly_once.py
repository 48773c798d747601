"""Whatever the order, the repetition and the lateness of the same spans: the same figures."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs.exposition import ConversationCollector
from tests.helpers.script import BEGIN_NS, Played, Source, feed, host, live, write

ABOUT_THE_PIPELINE = ("agent_analytics_spans_received_total", "agent_analytics_spans_duplicate_total")

MOVES = st.sampled_from(
    [
        "open", "user hi", "user where is it", "user thanks, bye", "agent hello", "agent:Billing which one?",
        "tool lookup", "tool lookup failed", "tool transfer_to_human", "handoff Orders", "end", "end completed",
        "end abandoned", "rate positive", "rate negative ann", "idle 5m", "idle 29m", "idle 31m", "idle 2h", "idle 25h",
        "as meta.plan=free", "as meta.plan=gold", "as meta.page=help meta.plan=free",
    ]
)  # fmt: skip
CONVERSATION = st.lists(MOVES, min_size=1, max_size=25).map(" | ".join)
DAY = st.lists(CONVERSATION, min_size=1, max_size=3)
PROPERTY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def day(conversations: list[str]) -> list[Source]:
    """Return what several conversations send, one begun a minute after the other."""
    written = (
        write(text, f"c{number}", BEGIN_NS + number * 60 * SECOND_NS) for number, text in enumerate(conversations)
    )
    return [source for sources in written for source in sources]


def shown(played: Played) -> Counter[tuple[str, tuple[tuple[str, str], ...], float]]:
    """Return every sample of the exposition as it is read back, without exemplars and without the pipeline's own."""
    registry = CollectorRegistry()
    registry.register(ConversationCollector(played.totals, played.tracker.active, lambda: None))
    families = text_string_to_metric_families(generate_latest(registry).decode())  # type: ignore[no-untyped-call]
    samples = (sample for family in families for sample in family.samples if sample.name not in ABOUT_THE_PIPELINE)
    return Counter((s.name, tuple(sorted(s.labels.items())), s.value) for s in samples)


def net(played: Played) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return every counter, less what was taken back of it."""
    values: dict[tuple[str, tuple[str, ...]], float] = {}
    for metric, totals in played.totals.counters().items():
        for (_, labels), total in totals.items():
            difference = float(total.value - total.retracted)
            if difference and not metric.name.startswith("agent_analytics_spans_"):
                values[metric.name, labels] = difference
    # How often people came back has no twin: a span that is late may make one more pause look like an end.
    values.pop(("agent_analytics_conversations_reopened_total", ()), None)
    return values


@PROPERTY
@given(DAY, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(conversations: list[str], chance: random.Random) -> None:
    """Shuffled and with repetitions, the same spans give every series and every record the same."""
    sources = day(conversations)
    mixed = sources + chance.sample(sources, k=chance.randint(0, len(sources)))
    chance.shuffle(mixed)
    straight, shuffled = feed(sources), feed(mixed)

    assert straight.records == shuffled.records
    assert shown(straight) == shown(shuffled)


@PROPERTY
@given(DAY, st.randoms(use_true_random=False))
def test_live_and_all_at_once_are_the_same(conversations: list[str], chance: random.Random) -> None:
    """Along with a clock, or in one heap: the same records, and the same counters less their twins."""
    sources = day(conversations)
    heap = list(sources)
    chance.shuffle(heap)
    along, at_once = live(sources), feed(heap)

    assert along.records == at_once.records
    assert net(along) == net(at_once)


@PROPERTY
@given(DAY, st.randoms(use_true_random=False))
def test_lateness_changes_no_difference_and_no_record(conversations: list[str], chance: random.Random) -> None:
    """Spans that come after the end was acted on leave every record, and every counter less its twin, the same."""
    sources = day(conversations)
    tracker, totals, ledger = host()
    waiting: list[tuple[int, Source]] = []
    clock_ns = BEGIN_NS
    for source in sorted(sources, key=_end_ns):
        clock_ns = _end_ns(source)
        for item in [item for item in waiting if item[0] <= clock_ns]:
            waiting.remove(item)
            tracker.take(item[1])
        # Up to three hours late; an episode is remembered for a day.
        waiting.append((clock_ns + chance.choice((0, 0, 60, 10_800)) * SECOND_NS, source))
        tracker.advance_to(clock_ns - 60 * SECOND_NS)
    for _, source in sorted(waiting, key=lambda item: item[0]):
        tracker.take(source)
    tracker.advance_to(clock_ns + DEFAULT_RULES.idle_ns + 3 * DEFAULT_RULES.reopen_ns)

    prompt, late = feed(sources), Played(ledger.records(), totals, tracker)
    assert prompt.records == late.records
    assert net(prompt) == net(late)


def test_repeated_conversation_counts_once() -> None:
    """Storing the same conversation a second time changes no counter but those of the pipeline."""
    sources = write("user hi | tool lookup failed | agent which one? | rate positive")
    tracker, totals, ledger = host()
    for source in sources:
        tracker.take(source)
    once = Played(ledger.records(), totals, tracker).series()
    for source in sources:
        tracker.take(source)

    twice = Played(ledger.records(), totals, tracker).series()
    changed = {name for (name, labels), value in twice.items() if once.get((name, labels)) != value}
    assert changed == set(ABOUT_THE_PIPELINE)
    assert twice["agent_analytics_spans_duplicate_total", ()] == len(sources)


def _end_ns(source: Source) -> int:
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns
