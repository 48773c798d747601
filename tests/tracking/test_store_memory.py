"""The memory store: what is due, what is remembered, and that it stays small."""

from __future__ import annotations

import pickle

from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.conversations.state import State, new
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, Played, host, play, write


def ended(conversation_id: str) -> State:
    """Return a state with an end."""
    return new(conversation_id)._replace(ended=play("user a | agent x").record)


def test_due_in_order_of_deadlines() -> None:
    """What is due comes earliest first, and what is not due yet does not come."""
    store = MemoryStore()
    for conversation_id, deadline_ns in (("late", 30), ("soon", 10), ("later", 20)):
        store.put(new(conversation_id), deadline_ns)

    assert [state.conversation_id for state in store.due(20)] == ["soon", "later"]


def test_deadline_that_moved_later_is_not_due_before() -> None:
    """A conversation that goes on is due at its new deadline, once."""
    store = MemoryStore()
    store.put(new("c"), 10)
    store.put(new("c"), 50)

    assert list(store.due(49)) == []
    assert [state.conversation_id for state in store.due(50)] == ["c"]
    assert list(store.due(50)) == []


def test_deadline_that_moved_earlier_is_due_then() -> None:
    """A conversation that is ended explicitly is due at once, not when it would have fallen silent."""
    store = MemoryStore()
    store.put(new("c"), 50)
    store.put(new("c"), 10)

    assert [state.conversation_id for state in store.due(10)] == ["c"]
    assert list(store.due(100)) == []


def test_put_while_walking_through_what_is_due() -> None:
    """A conversation that is due again at once comes again in the same walk."""
    store = MemoryStore()
    store.put(new("c"), 10)
    seen = []
    for state in store.due(20):
        seen.append(state.conversation_id)
        if len(seen) == 1:
            store.put(state, 15)

    assert seen == ["c", "c"]


def test_oldest_ended_goes_first() -> None:
    """Of ended conversations only so many are kept; the one that ended longest ago goes."""
    store = MemoryStore(max_ended=2)
    for conversation_id in ("a", "b", "c"):
        store.put(ended(conversation_id), 10)

    assert store.get("a") is None
    assert store.get("b") is not None
    assert [state.conversation_id for state in store.due(10)] == ["b", "c"]


def test_open_ones_are_never_let_go() -> None:
    """The bound is for ended conversations; open ones stay."""
    store = MemoryStore(max_ended=0)
    store.put(new("open"), 10)

    assert store.get("open") is not None


def test_heap_stays_small() -> None:
    """A thousand events of one conversation leave a handful of entries."""
    store = MemoryStore()
    for deadline_ns in range(1000):
        store.put(new("c"), deadline_ns)

    assert len(store._heap) == 1


def test_number_of_the_next_episode_outlives_the_episode() -> None:
    """What was retired still knows which episode comes next, while there is room."""
    store = MemoryStore(max_ended=1)
    store.retire(new("a")._replace(episode=2))
    assert (found := store.get("a")) is not None
    assert found.episode == 2
    store.retire(new("b")._replace(episode=5))

    assert store.get("a") is None


# --- what waits is packed ---------------------------------------------------------------------------------------------

WHOLE = (
    "as user=mia channel=web | open | agent welcome | user hi | model gpt-5 10 5 | guard words tripped | tool a failed"
    " | loop 2 | handoff Orders | agent which? | rate 4 ann | judge resolved | idle 40m | user - | error ModelError"
)


def states(number: int) -> list[State]:
    """Return the states of so many conversations, with every kind of event in them; every second one has ended."""
    found = []
    for index in range(number):
        tracker, _, _ = host()
        for source in write(WHOLE, f"c{index}"):
            tracker.take(source)
        if index % 2:
            tracker.advance_to(BEGIN_NS + 3 * 3600 * SECOND_NS)
        state = tracker._store.get(f"c{index}")
        assert state is not None
        found.append(state)
    return found


def test_state_is_the_same_after_it_was_packed() -> None:
    """Whatever is in it: events of every kind, costs, an ended record, phases, which are single objects."""
    store, put = MemoryStore(max_unpacked=2), states(6)
    for state in put:
        store.put(state, 10)

    assert list(store._states) == ["c4", "c5"]
    for state in put:
        found = store.get(state.conversation_id)
        assert found == state
        assert found is not None
        assert found.phase is state.phase
        assert found.cut.phase is state.cut.phase


def test_those_touched_last_are_not_packed() -> None:
    """Who is put again is taken out, and the one that was not touched for the longest time goes in."""
    store = MemoryStore(max_unpacked=2)
    for conversation_id in ("a", "b", "a", "c"):
        store.put(new(conversation_id), 10)

    assert (list(store._states), list(store._packed)) == (["a", "c"], ["b"])
    store.put(new("b")._replace(episode=7), 10)
    assert (list(store._states), list(store._packed)) == (["c", "b"], ["a"])
    assert (found := store.get("b")) is not None
    assert found.episode == 7
    assert len(store) == 3


def test_packed_ones_are_due_all_the_same() -> None:
    """In the order of their deadlines, packed or not."""
    store, put = MemoryStore(max_unpacked=1), states(4)
    for number, state in enumerate(put):
        store.put(state, 40 - number)

    assert list(store.due(40)) == list(reversed(put))


def test_nothing_is_left_of_what_was_let_go() -> None:
    """Packed conversations are let go as others are: the oldest ended ones, the retired ones, all of them."""
    store = MemoryStore(max_ended=2, max_unpacked=1)
    for conversation_id in ("a", "b", "c", "d"):
        store.put(ended(conversation_id), 10)
    assert (list(store._packed), list(store._states)) == (["c"], ["d"])
    store.retire(new("c")._replace(episode=2))
    assert (store._packed, store.get("c")) == ({}, new("c")._replace(episode=2))
    store.put(new("e"), 10)
    store.clear()

    assert len(store) == 0
    assert not any(vars(store)[name] for name in ("_states", "_packed", "_deadlines", "_queued", "_heap", "_ended"))


def test_packing_changes_no_figure() -> None:
    """With room for one conversation only, every series and every record is what it is with room for all."""
    sources = [
        source
        for number in range(5)
        for source in write(WHOLE, f"c{number}", BEGIN_NS + number * 60 * SECOND_NS)
    ]  # fmt: skip
    sources.sort(key=lambda source: source.time_ns if isinstance(source, LogRecord) else source.end_ns)
    shown = []
    for store in (MemoryStore(), MemoryStore(max_unpacked=1), MemoryStore(max_unpacked=0)):
        totals, ledger = Totals(), Ledger()
        tracker = Tracker(store, (totals, ledger), DEFAULT_RULES)
        for source in sources:
            tracker.take(source)
            tracker.advance_to((source.time_ns if isinstance(source, LogRecord) else source.end_ns) - 60 * SECOND_NS)
        tracker.advance_to(BEGIN_NS + 5 * 86400 * SECOND_NS)
        shown.append((ledger.records(), Played([], totals, tracker).series(), tracker.active()))

    assert shown[0] == shown[1] == shown[2]
    assert len(shown[0][0]) == 5


def test_packed_states_are_small() -> None:
    """Twenty turns with a tool and a model call each wait in 2.5 kB, and nobody holds the state itself."""
    tracker, _, _ = host()
    for source in write(" | ".join(["user a | tool lookup | model gpt-5 10 5 | agent x"] * 20)):
        tracker.take(source)
    state, store = tracker._store.get("c"), MemoryStore(max_unpacked=0)
    assert state is not None
    store.put(state, 10)

    assert len(store._packed["c"]) < 2_500 < len(pickle.dumps(state, pickle.HIGHEST_PROTOCOL)) / 2
    assert store._states == {}
