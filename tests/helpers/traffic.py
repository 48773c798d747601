"""Conversations of several users at once, written move by move; a price list; and a host to play them into.

A ``World`` lets things happen (``say``) and time pass (``wait``); what it sends stands in ``sources``.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, ModelCalled
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from otel_agent_analytics.outputs.audience import AudienceGauges
from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, Source, Writer

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.conversations.record import ConversationRecord

HOUR_NS: Final = 3600 * SECOND_NS
DAY_NS: Final = 24 * HOUR_NS
LONGEST_RUN_SECONDS: Final = 3600

BETWEEN_TURNS: Final = (
    "user hi", "user where is it", "user where is it anew", "user that is bad complaint", "user a human please",
    "user thanks, bye", "user -", "user good thanks", "open", "agent hello", "agent -", "tool look",
    "model mini 120 40", "handoff Orders", "end", "end completed", "end escalated", "end failed", "end abandoned",
    "end silent", "rate positive", "rate negative", "rate 3", "rate 5 ann", "rate 1 ann", "rate neutral bob", "meta up",
    "meta 2", "judge resolved", "judge unresolved", "resume", "guard safety tripped",
)  # fmt: skip
"""Moves that need no run."""
WITHIN_TURN: Final = (
    "agent here you are", "agent it is booked", "agent that failed", "agent sorry", "agent:Billing which one?",
    "agent -", "tool look", "tool look failed", "tool transfer_to_human", "tool open_ticket failed", "handoff Orders",
    "handoff human", "model mini 120 40", "model large 9000 1200", "model mini", "model exotic 10 10",
    "guard safety", "guard safety tripped", "loop 3", "wait", "error TimeoutError", "meta negative",
)  # fmt: skip
"""Moves that belong into a run."""
PEOPLE: Final = ("ann", "bob", "cem", "dan")
CHANNELS: Final = ("web", "voice", "email")

_PRICES: Final = {
    "mini": (Decimal("0.00000015"), Decimal("0.0000006")),
    "large": (Decimal("0.0000025"), Decimal("0.00001")),
}
"""USD for a token of input and of output."""


def price(call: ModelCalled) -> ModelCalled:
    """Put a price on a call, from a list of two models; any other, or one without usage, stays unpriced."""
    prices = _PRICES.get(call.model)
    if prices is None or call.input is None or call.output is None:
        return call
    return call._replace(cost=prices[0] * call.input + prices[1] * call.output)


def end_ns(source: Source) -> int:
    """Return when what a source tells of was over, UTC nanoseconds."""
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns


def start_ns(source: Source) -> int:
    """Return when what a source tells of began, UTC nanoseconds."""
    return source.time_ns if isinstance(source, LogRecord) else source.start_ns


@dataclass
class World:
    """Several conversations with one clock. ``now_ns`` is the time, UTC nanoseconds."""

    now_ns: int = BEGIN_NS
    sources: list[Source] = field(default_factory=list)
    writers: dict[str, Writer] = field(default_factory=dict)

    def say(self, conversation_id: str, move: str) -> None:
        """Let one thing happen in one conversation; where it needs a run and none is open, the user speaks first."""
        writer = self._writer(conversation_id)
        if v.CHANNEL not in writer.context and "channel=" not in move:
            # Which channel a conversation is counted in is settled when it begins, so it must be known by then.
            writer.move(f"as channel={CHANNELS[len(self.writers) % len(CHANNELS)]}")
        if writer.turn is None and move not in BETWEEN_TURNS and not move.startswith("as "):
            writer.move("user so")
        writer.move(move)
        self._collect(writer)

    def wait(self, seconds: float) -> None:
        """Let time pass. No run lasts longer than an hour and a bit."""
        if seconds > LONGEST_RUN_SECONDS:
            self.finish()
        self.now_ns += round(seconds * SECOND_NS)

    @property
    def complete_until_ns(self) -> int:
        """Up to when everything that began has been sent, UTC nanoseconds: now, unless a run is open."""
        open_runs = [int(writer.turn["begin_ns"]) - 1 for writer in self.writers.values() if writer.turn is not None]
        return min(self.now_ns, *open_runs) if open_runs else self.now_ns

    def finish(self) -> None:
        """End every run that is open."""
        for writer in self.writers.values():
            writer.now_ns = max(writer.now_ns, self.now_ns)
            writer.finish_turn()
            self._collect(writer)

    def _writer(self, conversation_id: str) -> Writer:
        writer = self.writers.get(conversation_id)
        if writer is None:
            trace = f"{len(self.writers) + 1:032x}"
            writer = self.writers[conversation_id] = Writer(conversation_id, self.now_ns, conversation_id, trace=trace)
        writer.now_ns = max(writer.now_ns, self.now_ns)
        return writer

    def _collect(self, writer: Writer) -> None:
        self.now_ns = max(self.now_ns, writer.now_ns)
        self.sources += writer.sources
        writer.sources.clear()


def random_moves(chance: random.Random, turns: int) -> Iterator[str]:
    """Yield the moves of one conversation: what happens before each turn, and within it."""
    for _ in range(turns):
        yield from (chance.choice(BETWEEN_TURNS) for _ in range(chance.choice((0, 0, 1))))
        yield "user where is it"
        yield from (chance.choice(WITHIN_TURN) for _ in range(chance.randint(1, 4)))
    yield chance.choice(BETWEEN_TURNS)


def day_of(chance: random.Random, conversations: int) -> list[Source]:
    """Return what 24 hours send: so many conversations, begun at random times, in the order in which things end.

    A third of the people come again and again, a third hardly ever, and of a third nobody knows who they are.
    """
    sources: list[Source] = []
    for number in range(conversations):
        world = World(BEGIN_NS + chance.randrange(DAY_NS))
        user = chance.choice(("", f"user=u{chance.randrange(50)}", f"user=u{chance.randrange(50, 5000)}"))
        world.say(f"c{number}", f"as channel={chance.choice(CHANNELS)} country={chance.choice(('NL', 'DE'))} {user}")
        for move in random_moves(chance, chance.choice((1, 2, 2, 3, 5, 12))):
            world.say(f"c{number}", move)
            world.wait(chance.expovariate(1 / chance.choice((5, 5, 5, 60, 60, 1500, 7200))))
            if world.now_ns > BEGIN_NS + DAY_NS:
                break
        world.finish()
        sources += world.sources
    return sorted(sources, key=end_ns)


@dataclass(frozen=True)
class Host:
    """A tracker, and everything that shows what came of it."""

    tracker: Tracker
    store: MemoryStore
    totals: Totals
    ledger: Ledger
    audience: AudienceGauges
    rules: Rules

    @property
    def records(self) -> list[ConversationRecord]:
        """The records that stand."""
        return self.ledger.records()

    def next_begins_after_ns(self, conversation_id: str) -> float:
        """Return after which time an event would be of the conversation's next episode; infinity without one."""
        state, rules = self.store.get(conversation_id), self.rules
        if state is None:
            return math.inf
        if state.ended is not None:
            started_ns, ended_ns = state.ended.started_ns, state.ended.ended_ns
        else:
            started_ns, ended_ns = state.cut.started_ns, state.cut.active_ns
        return min(ended_ns + rules.reopen_ns, started_ns + rules.max_age_ns)

    def shown(self, *left_out: str) -> Counter[tuple[str, tuple[tuple[str, str], ...], float]]:
        """Return every sample of the exposition as it is read back, without exemplars and without some families."""
        registry = CollectorRegistry()
        registry.register(ConversationCollector(self.totals, self.tracker.active, lambda: None, audience=self.audience))
        families = text_string_to_metric_families(generate_latest(registry).decode())  # type: ignore[no-untyped-call]
        samples = (sample for family in families for sample in family.samples if sample.name not in left_out)
        return Counter((s.name, tuple(sorted(s.labels.items())), float(s.value)) for s in samples)

    def net(self) -> dict[tuple[str, tuple[str, ...]], Any]:
        """Return every counter that is not 0, less what was taken back of it; exact."""
        return {
            (metric.name, labels): total.value - total.retracted
            for metric, series in self.totals.counters().items()
            for (_, labels), total in series.items()
            if total.value != total.retracted
        }

    def count(self, name: str, *labels: str) -> Any:
        """Return one counter less what was taken back, by its name without prefix and ``_total``; 0 without one."""
        return self.net().get((f"agent_analytics_{name}_total", labels), 0)

    def run_out(self, last_ns: int) -> None:
        """Let the time run past every end, and past all that waits for one."""
        rules = self.rules
        longest_ns = max([rules.idle_ns, rules.max_age_ns, *(idle for _, idle in rules.idle_by_channel)])
        self.tracker.advance_to(last_ns + longest_ns + 3 * max(rules.reopen_ns, rules.return_ns))


def host_of(rules: Rules = DEFAULT_RULES, *, unpacked: int = 2_000) -> Host:
    """Return a host with metrics, users and a ledger; of its states so many are held as they are."""
    store, totals, ledger = MemoryStore(max_unpacked=unpacked), Totals(), Ledger()
    audience = AudienceGauges(stable_key=True, clock=None)
    tracker = Tracker(store, (totals, ledger, audience), rules, price)
    return Host(tracker, store, totals, ledger, audience, rules)


def straight(sources: Iterable[Source], rules: Rules = DEFAULT_RULES) -> Host:
    """Play everything in the order in which it ended, each once, and then let the time run out."""
    host, last_ns = host_of(rules), BEGIN_NS
    for source in sorted(sources, key=end_ns):
        host.tracker.take(source)
        last_ns = max(last_ns, end_ns(source))
    host.run_out(last_ns)
    return host


def conversation_of(source: Source) -> str:
    """Return the id of the conversation that a source belongs to."""
    return str(source.attributes[v.GEN_AI_CONVERSATION_ID])


def sliced(sources: list[Source], cuts: Iterable[int]) -> list[list[Source]]:
    """Return the sources in batches, cut before each of these places; empty ones are left out."""
    places = sorted({0, len(sources), *(cut for cut in cuts if cut < len(sources))})
    return [sources[first:after] for first, after in itertools.pairwise(places)]
