"""Input that makes no sense: counted under a reason, bounded, and the rest of its conversation stays right."""

from __future__ import annotations

import math
import pickle
from typing import TYPE_CHECKING, Any, Final

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.tracking.intake import take_in
from tests.helpers.junk import Hostile
from tests.helpers.script import BEGIN_NS, SERVICE, Source, write
from tests.helpers.traffic import DAY_NS, HOUR_NS, Host, host_of, price

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.conversations.record import ConversationRecord

GOOD: Final = write(
    "as user=ann channel=web | open | user hi | tool look | model mini 10 10 | guard safety | handoff Orders"
    " | agent here you are | rate 4 | user thanks, bye | agent bye | judge resolved | end completed"
)
MIDST_NS: Final = BEGIN_NS + 15 * SECOND_NS
HUGE: Final = "x" * 10_000
WRONG: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 10**30, 7.5, -0.5, math.nan, math.inf, "", "odd", HUGE, "\ud800", 'a\nb"c\\', b"x",
    [], [1], ["a"], (), ("a", "b"), {}, {"a": 1}, object(),
)  # fmt: skip
ALWAYS_RIGHT: Final = ("conversation_id", "episode", "service", "started_ns", "ended_ns", "end_reason", "user_turns")


def taken(sources: list[Source], horizon_ns: int | None = None) -> Host:
    """Return a host that was given everything at once, and then time."""
    host = host_of()
    host.tracker.take_all(sources, horizon_ns)
    host.run_out(BEGIN_NS + DAY_NS)
    return host


def record_of(host: Host, conversation_id: str = "c") -> ConversationRecord:
    """Return the only record of a conversation."""
    (record,) = [record for record in host.records if record.conversation_id == conversation_id]
    return record


def tool_span(said: dict[str, Any] | None = None, start_ns: int = MIDST_NS, end_ns: int = MIDST_NS) -> SpanRecord:
    """Return one more tool call, in the midst of the good conversation."""
    attributes = {
        v.GEN_AI_CONVERSATION_ID: "c",
        v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL,
        v.GEN_AI_TOOL_NAME: "look",
        v.GEN_AI_AGENT_NAME: "helper",
    }
    return SpanRecord("", "bad", start_ns, end_ns, {**attributes, **(said or {})}, failed=False, service=SERVICE)


def dropped(host: Host) -> dict[str, int]:
    """Return what was dropped, by reason."""
    reasons = {reason: host.count("spans_dropped", reason) for reason in v.DROP_REASONS}
    return {reason: count for reason, count in reasons.items() if count}


def test_the_good_conversation_is_good() -> None:
    """Nothing of the conversation that the others are compared with is refused."""
    host = taken(GOOD)

    assert record_of(host).user_turns == 2
    assert record_of(host).outcome == v.COMPLETED
    assert dropped(host) == {}
    assert host.count("values_refused") == 0


# --- Times -----------------------------------------------------------------------------------------------------------


def test_time_that_runs_backwards() -> None:
    """A span that ends before it begins counts as one of no length, its duration as refused; nothing else changes."""
    host = taken([*GOOD, tool_span(end_ns=MIDST_NS - 500 * SECOND_NS)])

    assert record_of(host) == record_of(taken(GOOD))._replace(tool_calls=2)
    assert host.count("values_refused") == 1
    longest = next(d for (_, tool), d in host.totals.histograms()[c.TOOL_DURATION].items() if tool == ("look",))
    assert longest.total == SECOND_NS // 2


@pytest.mark.parametrize("start_ns", [0, -1, -(10**18)])
def test_time_that_is_none(start_ns: int) -> None:
    """A span that began in 1970 or before is dropped as one without a time, whenever it says that it ended."""
    for over_ns in (start_ns, MIDST_NS, 10**30):
        host = taken([*GOOD, tool_span(start_ns=start_ns, end_ns=over_ns)])

        assert host.records == taken(GOOD).records
        assert dropped(host) == {v.PIPELINE_BAD_TIME: 1}


@pytest.mark.parametrize("over_ns", [0, -1])
def test_end_that_is_no_time(over_ns: int) -> None:
    """A span that never ended counts as one of no length."""
    host = taken([*GOOD, tool_span(end_ns=over_ns)])

    assert record_of(host) == record_of(taken(GOOD))._replace(tool_calls=2)
    assert host.count("values_refused") == 1


@pytest.mark.parametrize("beyond_ns", [1, 400 * DAY_NS, 10**30])
def test_time_in_the_future(beyond_ns: int) -> None:
    """What ends beyond the horizon is dropped as being from the future; up to the horizon it counts."""
    horizon_ns = BEGIN_NS + HOUR_NS
    host = taken([*GOOD, tool_span(end_ns=horizon_ns + beyond_ns)], horizon_ns)
    record = LogRecord(v.EVENT_TOOL_CALLED, horizon_ns + beyond_ns, tool_span().attributes, SERVICE)
    other = taken([*GOOD, record], horizon_ns)

    assert host.records == other.records == taken(GOOD).records
    assert dropped(host) == dropped(other) == {v.PIPELINE_FUTURE: 1}
    assert dropped(taken([*GOOD, tool_span(end_ns=horizon_ns)], horizon_ns)) == {}


@pytest.mark.parametrize("seconds", [-1, 1e30, math.nan, math.inf, "7", True, [1]])
def test_duration_that_is_none(seconds: Any) -> None:
    """A record's duration that is negative, endless or no number is refused; the call counts."""
    said = {**tool_span().attributes, v.DURATION_SECONDS: seconds, v.EVENT_ID: "bad"}
    host = taken([*GOOD, LogRecord(v.EVENT_TOOL_CALLED, MIDST_NS, said, SERVICE)])

    assert record_of(host) == record_of(taken(GOOD))._replace(tool_calls=2)
    assert host.count("values_refused") == 1


# --- Ids and names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conversation_id", [HUGE, 7, True, ["c"], {"c": 1}, b"c", object()])
def test_conversation_id_that_is_none(conversation_id: Any) -> None:
    """A span whose conversation's id is too long, or no text, is dropped; it starts no conversation."""
    host = taken([*GOOD, tool_span({v.GEN_AI_CONVERSATION_ID: conversation_id})])

    assert host.records == taken(GOOD).records
    assert dropped(host) == {v.PIPELINE_BAD_ID: 1}


def test_no_conversation_id() -> None:
    """A span without an id, or with an empty one, is counted as one without a conversation."""
    host = taken([*GOOD, tool_span({v.GEN_AI_CONVERSATION_ID: None}), tool_span({v.GEN_AI_CONVERSATION_ID: ""})])

    assert host.records == taken(GOOD).records
    assert host.count("spans_without_conversation") == 2
    assert dropped(host) == {}


def test_names_of_ten_thousand_characters() -> None:
    """What is kept of names, ids and labels is bounded, in the state as in the metrics; each is one of its kind."""
    named = (
        v.GEN_AI_AGENT_NAME, v.GEN_AI_TOOL_NAME, v.CHANNEL, v.COUNTRY, v.LANGUAGE, v.DEVICE, v.USER_HASH, v.SESSION_ID,
        v.ERROR_TYPE, v.GEN_AI_REQUEST_MODEL, v.GEN_AI_RESPONSE_MODEL, v.GEN_AI_PROVIDER_NAME, v.GUARDRAIL_NAME,
        v.HANDOFF_FROM_AGENT, v.HANDOFF_TO_AGENT, v.RATER, v.ANSWERING_AGENT, v.TURN_ERROR_TYPE, v.EVENT_ID,
        v.OPENAI_RESPONSE_SERVICE_TIER, v.USER_MESSAGE_LANGUAGE,
    )  # fmt: skip
    sources = [
        source._replace(attributes={**source.attributes, **{name: f"{number}{name}{HUGE}" for name in named}})
        for number, source in enumerate(GOOD)
    ]
    host = host_of()
    host.tracker.take_all(sources)
    state = host.store.get("c")
    host.run_out(BEGIN_NS + DAY_NS)

    assert record_of(host).user_turns == 2
    assert record_of(host).tool_calls == 1
    assert len(pickle.dumps(state)) < len(GOOD) * len(named) * 1024
    longest = max(len(value) for _, labels, _ in host.shown() for _, value in labels)
    assert longest == 128


@pytest.mark.parametrize("name", ["\ud800", 'a\nb"c\\d', "\0", "\U0001f600", "\N{RIGHT-TO-LEFT OVERRIDE}x", 'a{b="c"}'])
def test_any_text_is_a_label(name: str) -> None:
    """Whatever stands in a name, all of /metrics can be written and read back."""
    host = taken([*GOOD, tool_span({v.GEN_AI_TOOL_NAME: name, v.GEN_AI_AGENT_NAME: name, v.ERROR_TYPE: name})])
    tools = {dict(labels)["tool"] for sample, labels, _ in host.shown() if sample == "agent_analytics_tool_calls_total"}

    assert len(tools) == 2
    assert (record_of(host).user_turns, record_of(host).tool_calls, record_of(host).tool_errors) == (2, 2, 1)
    assert record_of(host).outcome == v.COMPLETED


# --- Values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [-1, 10**12, 10**30, 1.5, math.nan, "120", True, [120]])
@pytest.mark.parametrize("which", [v.GEN_AI_USAGE_INPUT_TOKENS, v.GEN_AI_USAGE_OUTPUT_TOKENS])
def test_tokens_that_are_none(count: Any, which: str) -> None:
    """Tokens that are negative, absurd or no whole number are unknown, so the call has no price; other calls have."""
    said = {
        v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT,
        v.GEN_AI_REQUEST_MODEL: "mini",
        v.GEN_AI_USAGE_INPUT_TOKENS: 100,
        v.GEN_AI_USAGE_OUTPUT_TOKENS: 100,
        which: count,
    }
    host = taken([*GOOD, tool_span(said)])
    record, good = record_of(host), record_of(taken(GOOD))

    assert (record.model_calls, record.unpriced_calls, record.cost) == (2, 1, good.cost)
    assert host.count("values_refused") == 1
    assert host.count("unpriced_calls", "mini") == 1
    kind = "input" if which == v.GEN_AI_USAGE_INPUT_TOKENS else "output"
    assert host.count("tokens", "mini", kind) == 10


@pytest.mark.parametrize("wrong", [math.nan, -1.5, 1.5, 10**30, "0.5", True, [0.5]])
def test_sentiment_that_is_none(wrong: Any) -> None:
    """A sentiment that is no number from -1 to 1 is unknown, never neutral, and is counted as refused."""
    sources = [
        source._replace(attributes={**source.attributes, v.USER_MESSAGE_SENTIMENT: wrong})
        if v.USER_MESSAGE_SENTIMENT in source.attributes
        else source
        for source in GOOD
    ]
    host = taken(sources)

    assert record_of(host).sentiment is None
    assert record_of(host).satisfaction is None
    assert record_of(host).outcome == v.COMPLETED
    assert host.count("conversations_by_sentiment", v.UNKNOWN) == 1
    assert host.count("values_refused") == 2


@pytest.mark.parametrize("label", ["seven", "", None, 7, [5]])
@pytest.mark.parametrize("score", [0, 6, -1, math.nan, 10**30, "five", True, None])
def test_rating_that_is_none(label: Any, score: Any) -> None:
    """A rating that is none of the three words and no number from 1 to 5 is none, and is counted as refused."""
    said = {
        v.GEN_AI_CONVERSATION_ID: "c",
        v.EVENT_ID: "bad",
        v.GEN_AI_EVALUATION_NAME: v.EVALUATION_USER_FEEDBACK,
        v.GEN_AI_EVALUATION_SCORE_LABEL: label,
        v.GEN_AI_EVALUATION_SCORE_VALUE: score,
    }
    host = taken([*GOOD, LogRecord(v.EVENT_EVALUATION_RESULT, MIDST_NS, said, SERVICE)])

    assert host.records == taken(GOOD).records
    assert host.count("values_refused") == 1


def test_outcome_that_is_none() -> None:
    """An end with an outcome that is none of the five ends the conversation, and leaves its outcome to the rules."""
    host = taken([*GOOD[:-1], GOOD[-1]._replace(attributes={**GOOD[-1].attributes, v.OUTCOME: "splendid"})])

    assert record_of(host).outcome_reason == v.REASON_CLOSING_WORDS
    assert record_of(host).end_reason == v.END_REQUESTED
    assert host.count("values_refused") == 1


@pytest.mark.parametrize("operation", ["", "dance", 7, ["chat"], {"chat": 1}, HUGE, None])
def test_operation_that_is_unknown(operation: Any) -> None:
    """A span that does what nobody knows, or names it by no text, tells of nothing."""
    host = taken([tool_span({v.GEN_AI_OPERATION_NAME: operation, v.OPERATION: operation}), *GOOD])

    assert host.records == taken(GOOD).records
    assert host.count("spans_received") == len(GOOD) + 1


@pytest.mark.parametrize("name", ["", "agent_response", "gen_ai.evaluation.results", HUGE])
def test_event_that_is_unknown(name: str) -> None:
    """A record of an event that nobody knows, or with an evaluation that is not ours, tells of nothing."""
    said = {**tool_span().attributes, v.GEN_AI_EVALUATION_NAME: "relevance"}
    host = taken([LogRecord(name, MIDST_NS, said, SERVICE), *GOOD])

    assert host.records == taken(GOOD).records


class Asked(dict[str, Any]):
    """Attributes that know which of them were asked for."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__(said)
        self.keys_asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_asked.add(key)
        return super().get(key, default)


def attributes_read_of(source: Source) -> set[str]:
    """Return which attributes are looked at when a source is taken in."""
    asked = Asked(source.attributes)
    assert take_in([source._replace(attributes=asked)], price).events
    return asked.keys_asked


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_any_value_anywhere(number: int) -> None:
    """Every attribute that is read, with every wrong value, on every kind of span: the times and turns stay right.

    So does another conversation of the same batch; and nothing fails.
    """
    other = write("user hi | tool look | agent here you are", "other")
    good = taken([*GOOD, *other])
    bad = GOOD[number]
    # With these it would be another span: of another conversation, without a known operation, without a message.
    read = attributes_read_of(bad) - {v.GEN_AI_CONVERSATION_ID, v.OPERATION, v.GEN_AI_OPERATION_NAME}
    assert read
    for attribute in read:
        for wrong in WRONG:
            if attribute == v.TURN_RESUMED and wrong is True:
                continue
            said = {**bad.attributes, attribute: wrong}
            host = taken([*GOOD[:number], bad._replace(attributes=said), *GOOD[number + 1 :], *other])
            assert record_of(host, "other") == record_of(good, "other")
            for field in ALWAYS_RIGHT:
                assert getattr(record_of(host), field) == getattr(record_of(good), field), (attribute, wrong, field)


def test_hostile_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value whose every method fails costs its own span, which is counted as a fault, and no other."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    for attribute in (v.GEN_AI_CONVERSATION_ID, v.OPERATION, v.GEN_AI_TOOL_NAME, v.GEN_AI_AGENT_NAME, v.ERROR_TYPE):
        before = fault_counts()["tracker.decode"]
        host = taken([tool_span({attribute: Hostile()}), *GOOD])

        assert host.records == taken(GOOD).records
        assert fault_counts()["tracker.decode"] == before + 1


# --- Numbers of things -----------------------------------------------------------------------------------------------


def test_a_hundred_thousand_tool_names() -> None:
    """Of 100,000 tool names 30 are shown, the rest as ``other``; folds are counted, and the calls are all there."""
    spans = [
        tool_span({v.GEN_AI_CONVERSATION_ID: f"c{number // 1000}", v.GEN_AI_TOOL_NAME: f"tool_{number}"})._replace(
            span_id=str(number)
        )
        for number in range(100_000)
    ]
    host = taken([*spans, *GOOD])
    counters = host.totals.counters()
    calls = {tool: total.value for (_, (tool,)), total in counters[c.TOOL_CALLS].items()}

    assert record_of(host) == record_of(taken(GOOD))
    assert len(calls) == c.OPEN_LABELS["tool"] + 1
    assert sum(calls.values()) == 100_000 + 1
    assert calls["other"] == 100_000 + 1 - c.OPEN_LABELS["tool"]
    assert host.count("labels_folded", "tool") > 0
    assert len(host.shown()) < 2000


def test_a_conversation_without_end() -> None:
    """Of 30,000 spans of one conversation the first 10,000 are kept; the rest is counted, and others are untouched."""
    spans = [
        tool_span(start_ns=MIDST_NS + number, end_ns=MIDST_NS + number)._replace(span_id=str(number))
        for number in range(30_000)
    ]
    other = write("user hi | tool look | agent here you are", "other")
    host = taken([*GOOD, *spans, *other])
    state = host.store.get("c")

    assert state is None or len(state.events) <= DEFAULT_RULES.max_events
    assert dropped(host)[v.PIPELINE_CONVERSATION_FULL] >= 20_000
    assert record_of(host, "other") == record_of(taken(other), "other")
    assert record_of(host).tool_calls <= DEFAULT_RULES.max_events
