"""The same spans in any order, any number of times, in batches cut anywhere: the same figures.

Left out by definition: what arrives after the next episode of its conversation has begun (it counts as late), and the
two counters that say how many spans came, and how many of them twice.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from otel_agent_analytics.conversations.rules import SECOND_NS, Rules
from tests.exactness.talk import Talk, machine_settings, seeds
from tests.helpers.traffic import HOUR_NS, Host, conversation_of, end_ns, host_of, sliced, start_ns

if TYPE_CHECKING:
    from tests.helpers.script import Source

ABOUT_REPETITION: Final = (
    "agent_analytics_spans_received_total",
    "agent_analytics_spans_duplicate_total",
    "agent_analytics_spans_late_total",
)
REMEMBERED_NS: Final = 12 * HOUR_NS
"""Only what is younger is sent again."""


class Disorder(Talk):
    """One host is told everything once, as it ends; the other in disorder, again and again, in batches.

    The second host holds one state as it is, so that all others go through bytes and back.
    """

    def begin(self, rules: Rules) -> None:
        """Make the hosts."""
        self.straight, self.mixed = host_of(rules), host_of(rules, unpacked=1)
        self.told: list[Source] = []
        self.repeated = 0

    @rule(seed=seeds, lag_seconds=st.sampled_from((0, 60, 3600)))
    def deliver(self, seed: int, lag_seconds: int) -> None:
        """Tell both what was sent since the last time, and up to when everything is there."""
        sources, chance = self.sent(), random.Random(seed)
        again = [source for source in self.told if end_ns(source) > self.world.now_ns - REMEMBERED_NS] + sources
        again = chance.sample(again, k=chance.randint(0, len(again)))
        for part in episodes_apart(self.straight, sources):
            for source in part:
                self.straight.tracker.take(source)
        for part in episodes_apart(self.mixed, sources + again):
            chance.shuffle(part)
            cuts = [chance.randrange(len(part) + 1) for _ in range(chance.randint(0, 6))]
            for batch in sliced(part, cuts):
                self.mixed.tracker.take_all(batch)
        self.told += sources
        self.repeated += len(again)
        until_ns = min(self.world.complete_until_ns, self.world.now_ns - lag_seconds * SECOND_NS)
        self._advance(until_ns)
        if until_ns == self.world.now_ns:  # else what is told may tell more than its time has come for
            self._compare()

    def _advance(self, watermark_ns: int) -> None:
        self.straight.tracker.advance_to(watermark_ns)
        self.mixed.tracker.advance_to(watermark_ns)

    def _compare(self) -> None:
        assert self.straight.records == self.mixed.records
        assert self.straight.shown(*ABOUT_REPETITION) == self.mixed.shown(*ABOUT_REPETITION)
        assert self.mixed.count("spans_received") == self.straight.count("spans_received") + self.repeated

    def teardown(self) -> None:
        """Let the time run out."""
        self.world.finish()
        self.deliver(0, 0)
        self.straight.run_out(self.world.now_ns)
        self.mixed.run_out(self.world.now_ns)
        self._compare()


def episodes_apart(host: Host, sources: list[Source]) -> tuple[list[Source], list[Source]]:
    """Return what belongs to the episodes that the host knows, and what may begin the next ones."""
    later = [source for source in sources if start_ns(source) > host.next_begins_after_ns(conversation_of(source))]
    return [source for source in sources if source not in later], later


Disorder.TestCase.settings = machine_settings(100)
TestDisorder = Disorder.TestCase
