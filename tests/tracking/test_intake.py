"""A batch of spans and records: what belongs to which conversation, and what is refused under which name."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, ModelCalled, Service, SpanRecord, ToolCalled
from otel_agent_analytics.conversations.from_span import events_of
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.tracking import intake as module
from otel_agent_analytics.tracking.intake import take_in
from otel_agent_analytics.tracking.tracker import unpriced
from tests.helpers.script import BEGIN_NS, SERVICE, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.events import Event

BANK = Service("bank")


def span(
    number: int = 1,
    conversation: Any = "c",
    start: int = BEGIN_NS,
    end: int | None = None,
    said: dict[str, Any] | None = None,
    service: Service = SERVICE,
) -> SpanRecord:
    """Return the span of a tool call, or whatever ``said`` makes of it."""
    said = {v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: "track", **(said or {})}
    if conversation is not None:
        said[v.GEN_AI_CONVERSATION_ID] = conversation
    return SpanRecord("1" * 32, f"{number:016x}", start, start if end is None else end, said, False, service)


def notes(*sources: SpanRecord | LogRecord, horizon_ns: int | None = None) -> dict[str, int]:
    """Return what is said of a batch of one service."""
    return {what: amount for (what, _), amount in take_in(sources, unpriced, horizon_ns).notes.items()}


def test_events_by_conversation_in_the_order_in_which_they_came() -> None:
    """Each conversation gets its own, whatever came between."""
    batch = [span(1, "a"), span(2, "b"), span(3, "a"), *write("user hi | agent hello", "b")]
    events = take_in(batch, unpriced).events

    assert [event.id for event in events["a"]] == [f"{1:016x}", f"{3:016x}"]
    assert [type(event).__name__ for event in events["b"]] == ["ToolCalled", "UserMessage", "AgentResponse"]


def test_everything_is_received() -> None:
    """Counted by service, also what says nothing of a conversation."""
    found = take_in(
        [span(1), span(2, service=BANK), span(3, None), span(4, "c", said={v.OPERATION: "custom"})], unpriced
    )

    assert found.notes[v.PIPELINE_RECEIVED, SERVICE] == 3
    assert found.notes[v.PIPELINE_RECEIVED, BANK] == 1
    assert found.notes[v.PIPELINE_WITHOUT_CONVERSATION, SERVICE] == 1
    assert list(found.events) == ["c"]


@pytest.mark.parametrize("conversation", [7, True, b"c", ["c"], "x" * 1025, 1.5])
def test_unusable_id(conversation: Any) -> None:
    """An id of another type, or of more than 1,024 characters, names nothing, and is counted as such."""
    assert notes(span(conversation=conversation)) == {v.PIPELINE_RECEIVED: 1, v.PIPELINE_BAD_ID: 1}


@pytest.mark.parametrize("conversation", [None, ""])
def test_no_id(conversation: str | None) -> None:
    """No id is no bad one: such a span is of no conversation."""
    assert notes(span(conversation=conversation)) == {v.PIPELINE_RECEIVED: 1, v.PIPELINE_WITHOUT_CONVERSATION: 1}


def test_longest_id() -> None:
    """1,024 characters are an id."""
    assert list(take_in([span(conversation="x" * 1024)], unpriced).events) == ["x" * 1024]


# --- times ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end_ns", "refused"), [(BEGIN_NS + 10, False), (BEGIN_NS + 11, True), (1 << 63, True), ((1 << 64) - 1, True)]
)
def test_what_ends_ahead_of_the_horizon_is_from_the_future(end_ns: int, *, refused: bool) -> None:
    """A clock that is set wrong must not end every conversation of the service: its spans are dropped and counted."""
    found = take_in([span(end=end_ns), span(2)], unpriced, BEGIN_NS + 10)

    assert found.notes[v.PIPELINE_FUTURE, SERVICE] == refused
    assert len(found.events["c"]) == 2 - refused


def test_without_a_horizon_nothing_is_from_the_future() -> None:
    """A replay has no clock but that of its events."""
    assert notes(span(start=1 << 61)) == {v.PIPELINE_RECEIVED: 1}


@pytest.mark.parametrize("start_ns", [0, -5])
def test_no_time(start_ns: int) -> None:
    """A span without a time, or from before 1970, is dropped and counted."""
    assert notes(span(start=start_ns, end=BEGIN_NS)) == {v.PIPELINE_RECEIVED: 1, v.PIPELINE_BAD_TIME: 1}


def test_time_that_runs_backwards_is_a_moment() -> None:
    """A span that ends before it begins lasted no time; it counts."""
    (event,) = take_in([span(start=BEGIN_NS, end=BEGIN_NS - 50)], unpriced).events["c"]

    assert (event.time_ns, event.until_ns) == (BEGIN_NS, BEGIN_NS)


def test_turn_from_the_future_is_refused_whole() -> None:
    """A turn is a message and an answer; neither counts, and it is one span that was dropped."""
    (turn,) = write("user hi | agent hello")

    assert notes(turn, horizon_ns=BEGIN_NS) == {v.PIPELINE_RECEIVED: 1, v.PIPELINE_FUTURE: 1}


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [-1, 10**12, 1.5, True, "12", b"12", [12], float("nan"), 10**30])
def test_count_that_is_none(count: Any) -> None:
    """Negative, absurd, or no whole number: unknown, counted, and the rest of the span is read."""
    said = {v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.GEN_AI_REQUEST_MODEL: "m", v.GEN_AI_USAGE_OUTPUT_TOKENS: 5}
    found = take_in([span(said={**said, v.GEN_AI_USAGE_INPUT_TOKENS: count})], unpriced)
    (event,) = found.events["c"]

    assert isinstance(event, ModelCalled)
    assert (event.input, event.output, event.model) == (None, 5, "m")
    assert found.notes[v.PIPELINE_BAD_VALUE, SERVICE] == 1


def test_every_bad_value_is_counted() -> None:
    """Three on one span are three."""
    said = dict.fromkeys((v.USER_MESSAGE_LENGTH, v.AGENT_MESSAGE_LENGTH, v.TURN_LOOPS), -1)

    assert notes(span(said={**said, v.OPERATION: v.OPERATION_TURN}))[v.PIPELINE_BAD_VALUE] == 3


@pytest.mark.parametrize("name", ["", 7, ["x"], None])
def test_strange_names_are_read(name: Any) -> None:
    """A tool without a usable name is one all the same."""
    (event,) = take_in([span(said={v.GEN_AI_TOOL_NAME: name})], unpriced).events["c"]

    assert isinstance(event, ToolCalled)
    assert isinstance(event.tool, str)
    assert event.tool


# --- prices -----------------------------------------------------------------------------------------------------------


def test_model_calls_are_priced_and_nothing_else() -> None:
    """The price is asked once a call, and what it returns is what goes on."""
    asked: list[Event] = []

    def price(call: ModelCalled) -> ModelCalled:
        asked.append(call)
        return call._replace(cost=Decimal("0.25"))

    batch = write("user hi | model gpt-5 10 5 | tool track | agent hello")
    events = take_in(batch, price).events["c"]

    assert [event.cost for event in events if isinstance(event, ModelCalled)] == [Decimal("0.25")]
    assert len(asked) == 1


# --- faults -----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in one span is counted; the others of the batch go on."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    before = fault_counts().get("tracker.decode", 0)

    def faulty(source: SpanRecord | LogRecord) -> Iterable[Event]:
        if isinstance(source, SpanRecord) and source.span_id == f"{2:016x}":
            raise OSError
        return events_of(source)

    monkeypatch.setattr(module, "events_of", faulty)
    found = take_in([span(1), span(2), span(3)], unpriced)

    assert [event.id for event in found.events["c"]] == [f"{1:016x}", f"{3:016x}"]
    assert fault_counts()["tracker.decode"] == before + 1
