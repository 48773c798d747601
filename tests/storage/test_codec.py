from __future__ import annotations

import random
from decimal import Decimal

import pytest

from otel_agent_analytics.conversations import events as e
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.packing import head_of
from otel_agent_analytics.conversations.state import new
from otel_agent_analytics.storage.codec import KINDS, pack_events, pack_head, unpack_events, unpack_head
from otel_agent_analytics.storage.errors import CodecError
from tests.helpers.script import play
from tests.helpers.traffic import HOUR_NS, day_of, end_ns, host_of, price

SERVICE = e.Service("shop", "retail", "test")
HEAD = "span", 5, 9, SERVICE, "f" * 32


def test_every_kind_of_event_is_read_as_it_was_written() -> None:
    """Values of every field come back: texts, numbers, exact money, nothing, and what is nested."""
    signs = e.Signs(language="en", sentiment=-0.25, closing=True, overlap=0.5)
    context = e.Context(channel="web", user="hash", version="1.2", metadata=(("plan", "gold"), ("page", "3")))
    events: list[e.Event] = [
        e.Started(*HEAD, None, context),
        e.UserMessage(*HEAD, "Ann", 12, signs, context),
        e.AgentResponse(*HEAD, "Ann", "span", 3, False, 10**18, None, "success"),
        e.RunFailed(*HEAD, None, None, "TimeoutError"),
        e.ToolCalled(*HEAD, "Ann", "łook \ud7ff\u0000", "E"),
        e.HandoffRequested(*HEAD, "Ann", "Bob", True),
        e.ModelCalled(*HEAD, "Ann", "m", 1, None, 0, 2, 3, None, "openai", None, None, 7, Decimal("0.000000000001230")),
        e.LoopFound(*HEAD, None, 2),
        e.ApprovalRequested(*HEAD, None),
        e.GuardrailChecked(*HEAD, "Ann", "pii", True),
        e.FeedbackReceived(*HEAD, None, "positive", 4.5, "user"),
        e.ResolutionJudged(*HEAD, None, False),
        e.EndRequested(*HEAD, None, None),
        e.MessageHeard(*HEAD, None, "refund", 0.5, 4, "money back"),
    ]

    assert {type(event) for event in events} == set(KINDS)
    assert unpack_events(pack_events(events)) == events


def test_what_was_written_before_there_was_metadata() -> None:
    """Facts and heads whose context has seven fields, as they were first written, are read without metadata."""
    context = e.Context(channel="web", user="hash", version="1.2")
    message = e.UserMessage(*HEAD, "Ann", 12, e.NO_SIGNS, context)
    (record,) = play("as channel=web user=hash | user hi | agent ok").records
    head = head_of(new("c"))._replace(ended=record)
    old_message = message._replace(context=context[:7])  # type: ignore[arg-type]  # as an earlier version had it
    old_head = head._replace(ended=record._replace(context=record.context[:7]))  # type: ignore[arg-type]

    assert unpack_events(pack_events([old_message])) == [message]
    assert unpack_head(pack_head(old_head)) == head
    assert unpack_head(pack_head(head)) == head


def test_events_and_heads_of_a_day() -> None:
    """All that a day brings comes back, with ended episodes, earlier ones and open ones."""
    sources = day_of(random.Random(5), 60)
    host = host_of()
    host.tracker.take_all(sources)
    host.tracker.advance_to(end_ns(sources[-1]) + 25 * HOUR_NS)
    states = list(host.store._states.values())

    assert any(state.ended for state in states)
    for state in states:
        assert unpack_events(pack_events(state.events)) == list(state.events)
        assert unpack_head(pack_head(head_of(state))) == head_of(state)


def test_an_event_takes_little_room() -> None:
    """An event of a usual conversation is stored in less than 150 bytes."""
    events = [event for source in day_of(random.Random(6), 40) for _, event in decode(source)]
    events = [price(event) if isinstance(event, e.ModelCalled) else event for event in events]

    assert len(pack_events(events)) < 150 * len(events)


@pytest.mark.parametrize(
    "packed", [b"", b"\x02\x00\x90", b"\x01\x00\xc1", b"\x01\x01junk", b"\x01\x00\x91\x92\x63\x90"]
)
def test_what_cannot_be_read(packed: bytes) -> None:
    """Bytes of a newer version, and damaged ones, are refused with a word that says so."""
    with pytest.raises(CodecError):
        unpack_events(packed)
    with pytest.raises(CodecError):
        unpack_head(packed)
