"""What every database must do, the same for each kind."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.database import Batch, StoredHead
from otel_agent_analytics.tracking.returns import Episode

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database
    from otel_agent_analytics.storage.rows import Row

SHOP = Service("shop", "", "")
DEFAULTS = {t.TEXT: "x", t.WHOLE: 0, t.YES_NO: False, t.BYTES: b"", t.EXACT: Decimal(0), t.NUMBER: 0.0, t.NAMES: "[]"}


def row(table: t.Table, **said: Any) -> Row:
    """Return a row of a table; what is not said has some value of its type."""
    service = dict(zip(("service_name", "service_namespace", "deployment_environment_name"), SHOP, strict=True))
    given = {**{column.name: DEFAULTS[column.type] for column in table.columns}, **service, **said}
    return tuple(given[name] for name in table.names)


def head(conversation_id: str, **said: Any) -> Row:
    """Return a row of heads."""
    return row(t.HEADS, conversation_id=conversation_id, **{"sequence": 1, "first_sequence": 1, "body": b"h", **said})


def ended(conversation_id: str, **said: Any) -> Row:
    """Return a row of conversations."""
    return row(t.CONVERSATIONS, conversation_id=conversation_id, **{"episode": 1, "user_turns": 1, **said})


def write(database: Database, **tables: Any) -> None:
    """Write a batch."""
    with database.transaction() as transaction:
        transaction.write(Batch(**tables))


def test_empty(database: Database) -> None:
    """Of nothing nothing is known."""
    with database.transaction() as transaction:
        assert transaction.heads(["a", "b"]) == []
        assert transaction.heads([]) == []
        assert transaction.due(10**19 // 2, 10) == []
        assert transaction.facts({}) == {}
        assert transaction.totals(0) == []
        assert transaction.taken_for_gone([], 1) == []
    assert database.active() == {}


def test_head_takes_the_place_of_the_one_before(database: Database) -> None:
    """Of a conversation that was written twice there is one head, the later one."""
    write(database, heads=[head("a", arrived_ns=5), head("b")])
    write(database, heads=[head("a", sequence=2, arrived_ns=7, body=b"\x00new")])

    with database.transaction() as transaction:
        found = {one.conversation_id: one for one in transaction.heads(["a", "b", "c"])}
    assert found.keys() == {"a", "b"}
    assert found["a"] == StoredHead("a", 2, 1, 7, b"\x00new", 0)


def test_facts_from_a_row_on(database: Database) -> None:
    """Facts come in the order in which they were written, from the row that is asked for."""
    facts = [
        row(t.FACTS, conversation_id=who, sequence=n, body=f"{who}{n}".encode()) for who in "ab" for n in (1, 2, 4)
    ]
    write(database, facts=facts[::-1])

    with database.transaction() as transaction:
        assert transaction.facts({"a": 1, "b": 2, "c": 1}) == {"a": [b"a1", b"a2", b"a4"], "b": [b"b2", b"b4"], "c": []}
        assert transaction.facts({"a": 1}, 1) == {"a": []}


def test_due_by_the_time_of_arrival_in_the_order_of_event_time(database: Database) -> None:
    """What is due is found by when it may be acted on, and comes by when it happened; what never is does not."""
    write(
        database,
        heads=[
            head("late", deadline_ns=30, due_ns=100),
            head("early", deadline_ns=20, due_ns=101),
            head("not yet", deadline_ns=10, due_ns=102),
            head("gone", deadline_ns=None, due_ns=None),
        ],
    )

    with database.transaction() as transaction:
        assert [one.conversation_id for one in transaction.due(101, 10)] == ["early", "late"]
        assert [one.conversation_id for one in transaction.due(101, 1)] == ["early"]


def test_nothing_of_a_batch_that_fails(database: Database) -> None:
    """What was written in a transaction that ends in an exception was never there."""

    def fail() -> None:
        with database.transaction() as transaction:
            transaction.write(Batch(heads=[head("a")], calls=[row(t.CALLS)]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.transaction() as transaction:
        assert transaction.heads(["a"]) == []


def test_who_spoke_when(database: Database) -> None:
    """A user is back who spoke after an end and no later than was asked, in any conversation; agents do not count."""
    said = [("a", "user", 10, "ann"), ("b", "user", 20, "ann"), ("b", "agent", 30, None), ("c", "user", 30, None)]
    messages = [
        row(t.MESSAGES, conversation_id=where, role=role, sent_ns=at, user_hash=who) for where, role, at, who in said
    ]
    write(database, messages=messages)

    with database.transaction() as transaction:
        assert transaction.spoke("ann", 10, 20)
        assert not transaction.spoke("ann", 20, 99)
        assert not transaction.spoke("ann", 10, 19)
        assert transaction.went_on("c", 29, 30)
        assert not transaction.went_on("b", 20, 99)


def test_who_was_taken_for_gone(database: Database) -> None:
    """Settled episodes are found whose user, or whose conversation, was heard of in time."""
    write(
        database,
        conversations=[
            ended("a", ended_ns=100, user_hash="ann", returned=False),
            ended("b", ended_ns=50, user_hash="ann", returned=False),
            ended("c", ended_ns=100, user_hash="bob", returned=True),
            ended("d", ended_ns=110, user_hash=None, returned=False),
            ended("e", ended_ns=110, user_hash="cem", returned=None),
        ],
    )

    with database.transaction() as transaction:
        spoken = [("ann", "", 120), ("bob", "", 120), ("", "d", 120), ("cem", "", 120)]
        assert transaction.taken_for_gone(spoken, 60) == [Episode("a", 1, 100), Episode("d", 1, 110)]
        assert transaction.taken_for_gone([("ann", "", 100)], 60) == [Episode("b", 1, 50)]


def test_usual_lengths(database: Database) -> None:
    """Engaged episodes of one service that ended within a time are counted by their turns."""
    rows = [(1, 10, "shop"), (1, 19, "shop"), (3, 15, "shop"), (0, 15, "shop"), (3, 20, "shop"), (3, 15, "bank")]
    write(
        database,
        conversations=[
            ended(f"c{number}", user_turns=turns, ended_ns=at, service_name=service)
            for number, (turns, at, service) in enumerate(rows)
        ],
    )

    with database.transaction() as transaction:
        assert transaction.turn_counts(SHOP, 10, 20) == {1: 2, 3: 1}


def test_episode_that_is_open_again_has_no_row(database: Database) -> None:
    """Its row goes with what reopens it, and comes back with its next end."""
    write(database, conversations=[ended("a", returned=False, ended_ns=5), ended("a", episode=2, ended_ns=5)])
    write(database, removed=[("a", 1)])
    with database.transaction() as transaction:
        assert transaction.turn_counts(SHOP, 0, 10) == {1: 1}
    write(database, conversations=[ended("a", user_turns=4, ended_ns=6)])
    with database.transaction() as transaction:
        assert transaction.turn_counts(SHOP, 0, 10) == {1: 1, 4: 1}


def test_totals_of_a_writer(database: Database) -> None:
    """Each writer has rows of its own; numbers are exact to 15 digits behind the point."""
    exact = Decimal("12345678901234567890.000000000000001")

    def total(writer: int, value: Decimal) -> Row:
        return row(t.TOTALS, metric="m", labels='["a"]', writer=writer, bucket=-1, value=value)

    write(database, totals=[total(0, Decimal(1)), total(1, exact)])
    write(database, totals=[total(0, Decimal(2))])

    with database.transaction() as transaction:
        assert [one[-2:] for one in transaction.totals(0)] == [(2, 0)]
        assert [one[-2:] for one in transaction.totals(1)] == [(exact, 0)]


def test_open_conversations_by_service(database: Database) -> None:
    """Those that are open, and whose user spoke, are counted by service."""
    bank = {"service_name": "bank"}
    write(database, heads=[head("a", active=True), head("b", active=True, **bank), head("c", active=True), head("d")])

    assert database.active() == {SHOP: 2, Service("bank", "", ""): 1}


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE heads; --", "<b>", '{x="y"}', "\x01\x1f\u202e", "☃" * 300, "%s ? $1"]
)
def test_texts_are_only_texts(database: Database, hostile: str) -> None:
    """Whatever stands in a text comes back as it is, and does nothing else."""
    write(
        database,
        heads=[head(hostile, service_name=hostile, active=True)],
        calls=[row(t.CALLS, conversation_id=hostile, name=hostile, agent=hostile)],
        messages=[row(t.MESSAGES, conversation_id=hostile, role="user", sent_ns=5, user_hash=hostile)],
    )

    with database.transaction() as transaction:
        assert [one.conversation_id for one in transaction.heads([hostile])] == [hostile]
        assert transaction.spoke(hostile, 4, 5)
    assert database.active() == {Service(hostile, "", ""): 1}


def test_transaction_in_which_a_statement_failed(database: Database) -> None:
    """It does not count, although whoever ran the statement went on as if nothing had been."""

    def go_on() -> None:
        with database.transaction() as transaction:
            transaction.write(Batch(heads=[head("a")]))
            with contextlib.suppress(Exception):
                transaction._execute("SELECT nothing FROM nowhere")  # type: ignore[attr-defined]

    with pytest.raises(Exception, match="nowhere"):
        go_on()
    with database.transaction() as transaction:
        assert transaction.heads(["a"]) == []
