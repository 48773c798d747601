"""Spans that come up to three hours late, after ends were acted on: records and counters less their twins are the same.

So are all rates, which are quotients of such differences. Left out by definition: what arrives after the next episode
of its conversation has begun (it counts as late); how often conversations were reopened, which has no twin, since
before a late span is there a pause may look like an end; and histograms, which cannot be taken back.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from otel_agent_analytics.conversations.rules import SECOND_NS, Rules
from tests.exactness.talk import Talk, machine_settings, seeds
from tests.helpers.traffic import HOUR_NS, Host, conversation_of, end_ns, host_of, start_ns, straight

if TYPE_CHECKING:
    from tests.helpers.script import Source

ALLOWED_LATENESS_NS: Final = 60 * SECOND_NS
LATEST_NS: Final = 3 * HOUR_NS
WITHOUT_TWIN: Final = "agent_analytics_conversations_reopened_total"
HOW_LATE: Final = {
    "prompt": (0,),
    "hardly": (0, 0, 0, 0, 1, 60, 600),
    "badly": (0, 0, 0, 600, 2700, 10_800),
    "very": (10_800,),
}


class Lateness(Talk):
    """A host with a clock that goes along, and spans that come when they come."""

    def begin(self, rules: Rules) -> None:
        """Make the host."""
        self.host = host_of(rules, unpacked=1)
        self.all: list[Source] = []
        self.under_way: list[tuple[int, Source]] = []

    @rule(seed=seeds, how_late=st.sampled_from(sorted(HOW_LATE)), together_seconds=st.sampled_from((0, 0, 5, 600)))
    def send(self, seed: int, how_late: str, together_seconds: int) -> None:
        """Send what was said since the last time, and deliver what has arrived, in batches of so many seconds."""
        chance = random.Random(seed)
        for source in self.sent():
            late_ns = chance.choice(HOW_LATE[how_late]) * SECOND_NS
            # A span tells of its beginning too, and that must not be later than the three hours.
            arrives_ns = max(end_ns(source), min(end_ns(source) + late_ns, start_ns(source) + LATEST_NS))
            self.under_way.append((arrives_ns, source))
            self.all.append(source)
        self._deliver(self.world.now_ns, together_seconds * SECOND_NS)

    def _deliver(self, until_ns: float, together_ns: int = 0) -> None:
        """Deliver what arrives by then, the clock going along."""
        while self.under_way:
            first_ns = min(arrives_ns for arrives_ns, _ in self.under_way)
            if first_ns > until_ns:
                break
            last_ns = min(first_ns + together_ns, until_ns)
            batch = [source for arrives_ns, source in self.under_way if arrives_ns <= last_ns]
            self.host.tracker.advance_to(first_ns - ALLOWED_LATENESS_NS)
            for source in batch:
                self._hurry(source)
            self._take([source for source in batch if self._is_under_way(source)])

    def _hurry(self, source: Source) -> None:
        """Where a span begins the next episode, deliver what is still under way of the one before it."""
        conversation_id = conversation_of(source)
        begins_after_ns = self.host.next_begins_after_ns(conversation_id)
        if self._is_under_way(source) and end_ns(source) > begins_after_ns:
            of_it = [other for _, other in self.under_way if conversation_of(other) == conversation_id]
            self._take([other for other in of_it if other is not source and start_ns(other) <= begins_after_ns])

    def _is_under_way(self, source: Source) -> bool:
        return any(other is source for _, other in self.under_way)

    def _take(self, batch: list[Source]) -> None:
        self.under_way = [(at, source) for at, source in self.under_way if not any(source is one for one in batch)]
        self.host.tracker.take_all(batch)

    def teardown(self) -> None:
        """Let the time run out, and tell another host everything at once."""
        self.world.finish()
        self.send(0, "prompt", 0)
        self._deliver(float("inf"))
        self.host.run_out(self.world.now_ns)
        prompt = straight(self.all, self.host.rules)

        assert prompt.records == self.host.records
        assert comparable(prompt) == comparable(self.host)
        assert self.host.count("spans_late") == 0


def comparable(host: Host) -> dict[tuple[str, tuple[str, ...]], Any]:
    """Return every counter that has a twin, or needs none, less what was taken back; exact."""
    return {key: value for key, value in host.net().items() if key[0] != WITHOUT_TWIN}


Lateness.TestCase.settings = machine_settings(200)
TestLateness = Lateness.TestCase
