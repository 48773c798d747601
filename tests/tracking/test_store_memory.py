"""The memory store: what is due, what is remembered, and that it stays small."""

from __future__ import annotations

from otel_agent_analytics.conversations.state import State, new
from otel_agent_analytics.tracking.store_memory import MemoryStore
from tests.helpers.script import play


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
