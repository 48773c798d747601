from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.conversations.packing import head_of, restored
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from tests.helpers.traffic import HOUR_NS, day_of, end_ns, host_of


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), part=st.floats(0.1, 1))
def test_state_is_its_head_and_its_events(seed: int, part: float) -> None:
    """A state is the same after it was taken apart and put together, whatever order its events come in."""
    sources = day_of(random.Random(seed), 20)
    some = sources[: max(1, round(part * len(sources)))]
    host = host_of()
    host.tracker.take_all(some)
    host.tracker.advance_to(end_ns(some[-1]) + seed % 26 * HOUR_NS)

    states = list(host.store._states.values())
    assert states
    for state in states:
        events = random.Random(seed).sample(state.events, len(state.events))
        again = restored(state.conversation_id, head_of(state), events, DEFAULT_RULES)
        assert again._replace(anchors=state.anchors, ids=state.ids) == state
        assert all(again.ids.has(event.id) for event in events)
