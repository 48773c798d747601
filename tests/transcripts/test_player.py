"""Made-up conversations played through the real Agents SDK: what came of them is what was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from agents.tracing import TracingProcessor, add_trace_processor, get_trace_provider, set_trace_provider, setup
from agents.tracing.provider import DefaultTraceProvider
from agents.tracing.spans import SpanImpl
from agents.tracing.traces import TraceImpl
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from otel_agent_analytics.errors import UsageError, fault_counts
from otel_agent_analytics.install import installed
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.providers import remove_span_processor
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.player import Player
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, Span

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.transcripts.transcript import Transcript

Line = dict[str, Any]
Message = dict[str, Any]
Metrics = dict[str, float]
"""Every sample that is not 0, by its name and labels as they are written, without the service."""

PIPELINE = ("agent_analytics_spans_received_total", "agent_analytics_spans_duplicate_total")


class Show(NamedTuple):
    """What came of playing."""

    records: list[ConversationRecord]
    problems: list[str]
    metrics: Metrics
    spans: tuple[ReadableSpan, ...]

    @property
    def record(self) -> ConversationRecord:
        """The only record."""
        (only,) = self.records
        return only


class Losing(SpanProcessor):
    """Hands spans on, but for the first of one kind."""

    def __init__(self, to: SpanProcessor, kind: str) -> None:
        self._to = to
        self._kind = kind
        self.lost: list[str] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._to.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        if span.name.startswith(self._kind) and not self.lost:
            self.lost.append(span.name)
        else:
            self._to.on_end(span)


class Onlooker(TracingProcessor):
    """Somebody else's trace processor, such as the one that uploads."""

    def __init__(self) -> None:
        self.seen = 0

    def on_trace_start(self, trace: Any) -> None:
        self.seen += 1

    def on_trace_end(self, trace: Any) -> None: ...
    def on_span_start(self, span: Any) -> None: ...
    def on_span_end(self, span: Any) -> None: ...
    def shutdown(self) -> None: ...
    def force_flush(self) -> None: ...


def at(clock: str, day: int = 5) -> str:
    """Return a timestamp in January 2026."""
    return f"2026-01-{day:02}T{clock}Z"


def user(text: str, **said: Any) -> Message:
    """Return a message of a user."""
    return {"role": "user", "content": text, **said}


def agent(text: str = "", *calls: str, **said: Any) -> Message:
    """Return a message of an agent that calls tools without ids."""
    return {"role": "assistant", "content": text, "tool_calls": [{"name": name} for name in calls], **said}


def tool(text: str, **said: Any) -> Message:
    """Return the result of a tool."""
    return {"role": "tool", "content": text, **said}


def line(*messages: Message, name: str = "chat", **said: Any) -> Line:
    """Return a recorded conversation."""
    return {"id": name, "messages": list(messages), **said}


def transcripts(*files: list[Line]) -> list[Transcript]:
    """Return the transcripts of several files, in the order in which they are given."""
    found: list[Transcript] = []

    def refuse(problem: Exception) -> None:
        raise problem

    for number, file in enumerate(files):
        found += read_transcripts([json.dumps(one).encode() for one in file], f"file{number}", refuse)
    return scheduled(found)


def samples(registry: CollectorRegistry) -> Metrics:
    """Return what a scrape reads, zeros left out, and what is of the process and not of the replay."""
    found = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        if family.name in ("agent_analytics_internal_faults", "agent_analytics_build_info"):
            continue
        for sample in family.samples:
            labels = {label: value for label, value in sample.labels.items() if label != "service_name"}
            shown = ",".join(f"{label}={value}" for label, value in sorted(labels.items()))
            if sample.value:
                found[f"{sample.name.removeprefix('agent_analytics_')}{{{shown}}}"] = sample.value
    return found


def total(metrics: Metrics, name: str) -> float:
    """Return the sum of a family."""
    return sum(value for sample, value in metrics.items() if sample.startswith(f"{name}{{"))


def show(*files: list[Line], settings: Settings | None = None, lose: str = "", unsound: int = 0) -> Show:
    """Play files to their end.

    ``lose``: lose the first span whose name begins so, on its way to the tracker. ``unsound``: how many values of the
    recording cannot stand on a span.
    """
    ledger, registry, exporter = Ledger(), CollectorRegistry(), InMemorySpanExporter()
    losing: Losing | None = None
    faults = sum(fault_counts().values())
    player = Player(
        settings or Settings(user_key=b"secret"),
        registry=registry,
        sinks=(ledger,),
        span_processors=(SimpleSpanProcessor(exporter),),
    )
    with player.installed() as installation:
        if lose:
            conversations = installation.conversations
            assert conversations is not None
            losing = Losing(conversations, lose)
            remove_span_processor(installation._provider, conversations)
            installation._provider.add_span_processor(losing)  # type: ignore[attr-defined]
        problems = player.play(transcripts(*files))
        player.finish(installation)
        shown = Show(ledger.records(), problems, samples(registry), exporter.get_finished_spans())
    assert losing is None or len(losing.lost) == 1
    assert sum(fault_counts().values()) == faults + unsound
    return shown


def play(*messages: Message, **said: Any) -> ConversationRecord:
    """Play one conversation and return its one record."""
    shown = show([line(*messages, **said)])
    assert shown.problems == []
    return shown.record


@pytest.fixture(autouse=True)
def _own_provider() -> Iterator[None]:
    """Give every test a trace provider without processors, so that no test uploads anything."""
    before = setup.GLOBAL_TRACE_PROVIDER
    set_trace_provider(DefaultTraceProvider())
    yield
    setup.GLOBAL_TRACE_PROVIDER = before


KITE = [
    user("my kite is broken"),
    agent("let me see", "find_order", "find_parts"),
    tool("order 7"),
    tool("Error: no such part"),
    agent("which part is it?"),
]

# What is recorded, and what must come of it.
CASES: dict[str, tuple[Line, dict[str, Any]]] = {
    "a question and its answer": (
        line(user("hi"), agent("hello")),
        {"user_turns": 1, "agent_messages": 1, "outcome": "silent", "outcome_reason": "no_sign", "tool_calls": 0},
    ),
    "tools, one of which fails": (
        line(*KITE),
        {"user_turns": 1, "tool_calls": 2, "tool_errors": 1, "outcome_reason": "open_question", "model_calls": 2},
    ),
    "a failed tool in the last turn": (
        line(user("hi"), agent("", "find_order"), tool("Error 5"), agent("that did not work.")),
        {"tool_calls": 1, "tool_errors": 1, "outcome": "abandoned", "outcome_reason": "tool_failed"},
    ),
    "a call without a result": (
        line(user("hi"), agent("it is red", "find_order")),
        {"user_turns": 1, "agent_messages": 1, "tool_calls": 1, "tool_errors": 0, "outcome": "silent"},
    ),
    "a call that recurs under one id, with arguments that are no JSON": (
        line(
            user("hi"),
            {"role": "assistant", "tool_calls": [{"id": "c0", "name": "find", "arguments": "red, please"}]},
            {"role": "tool", "content": "Error", "tool_call_id": "c0"},
            {"role": "assistant", "tool_calls": [{"id": "c0", "name": "find", "arguments": "{"}]},
            {"role": "tool", "content": "found", "tool_call_id": "c0"},
            agent("there it is."),
        ),
        {"tool_calls": 2, "tool_errors": 1, "agent_messages": 1, "model_calls": 3},
    ),
    "an agent that greets first": (
        line(agent("welcome!"), user("hi"), agent("hello")),
        {"user_turns": 1, "agent_messages": 2, "outcome": "silent"},
    ),
    "an agent that works before the user speaks": (
        line(
            agent("welcome!", "load_profile", "load_orders"), tool("mia"), tool("Error: gone"), user("hi"), agent("o")
        ),
        {"user_turns": 1, "agent_messages": 2, "tool_calls": 2, "tool_errors": 1},
    ),
    "a last message that nobody answers": (
        line(user("hi"), agent("hello"), user("a kite, please")),
        {"user_turns": 2, "agent_messages": 1, "outcome": "abandoned", "outcome_reason": "no_answer"},
    ),
    "thanks that nobody answers": (
        line(user("hi"), agent("hello"), user("thanks, bye")),
        {"user_turns": 2, "agent_messages": 1, "outcome": "completed", "outcome_reason": "closing_words"},
    ),
    "a run that stops on a tool result": (
        line(user("hi"), agent("", "find_order"), tool("order 7")),
        {"user_turns": 1, "agent_messages": 0, "tool_calls": 1, "outcome_reason": "no_answer", "failed_turns": 0},
    ),
    "consecutive texts are one answer": (
        line(user("hi"), agent("hello"), agent("what is it?")),
        {"agent_messages": 1, "outcome_reason": "open_question", "model_calls": 1},
    ),
    "a handoff in the middle of a turn": (
        line(user("hi"), agent("I get a colleague", agent="Desk"), agent("hello", agent="Kites")),
        {"handoffs": 1, "agent": "Kites", "agents": ("Desk", "Kites"), "agent_messages": 1, "escalated": False},
    ),
    "a handoff at the start of a turn, and back": (
        line(
            user("hi"),
            agent("hello", agent="Front Desk"),
            user("a kite"),
            agent("", "find_order", agent="Käte & Co"),
            tool("order 7"),
            agent("there.", agent="Front Desk"),
        ),
        {"handoffs": 2, "agent": "Front Desk", "agents": ("Front Desk", "Käte & Co"), "tool_calls": 1},
    ),
    "a tool that means a human": (
        line(user("hi"), agent("", "transfer_to_human_agents"), tool("done"), agent("bye", agent="Desk")),
        {"escalated": True, "outcome": "escalated", "outcome_reason": "escalation", "tool_calls": 1},
    ),
    "a tool that means a human and fails": (
        line(user("hi"), agent("", "transfer_to_human_agents"), tool("Error: all busy"), agent("sorry.")),
        {"escalated": False, "outcome": "abandoned", "outcome_reason": "tool_failed", "tool_errors": 1},
    ),
    "a handoff to a human": (
        line(user("hi"), agent("one moment", agent="Desk"), agent("hello, I am Ann", agent="human")),
        {"escalated": True, "outcome": "escalated", "handoffs": 1, "agent": "Desk", "escalation_agent": "Desk"},
    ),
    "a run that fails": (
        line(user("hi"), agent("hello"), user("a kite"), agent(error="out of paper")),
        {"user_turns": 2, "agent_messages": 1, "outcome": "failed", "outcome_reason": "run_failed", "failed_turns": 1},
    ),
    "a run that fails after a tool, and then speaks": (
        line(user("hi"), agent("", "find_order"), tool("order 7"), agent(error="out of paper"), agent("sorry.")),
        {"agent_messages": 1, "outcome": "failed", "failed_turns": 1, "tool_calls": 1, "model_calls": 2},
    ),
    "a text just before the run fails": (
        line(user("hi"), agent("one moment"), agent(error="out of paper")),
        {"agent_messages": 1, "outcome": "failed", "failed_turns": 1},
    ),
    "a run that fails, and the user goes on": (
        line(user("hi"), agent(error="out of paper"), user("hello?"), agent("hello.")),
        {"user_turns": 2, "agent_messages": 1, "outcome": "silent", "failed_turns": 1},
    ),
    "an outcome that the application states": (
        line(user("hi"), agent("what else?"), outcome="completed"),
        {"outcome": "completed", "outcome_reason": "explicit", "end_reason": "requested"},
    ),
    "ratings": (
        line(user("hi"), agent("hello"), feedback=[4, {"rating": "negative", "rater": "ann"}]),
        {"ratings": (("ann", "negative", None), ("user", "positive", 4.0)), "outcome": "silent"},
    ),
    "ratings and an outcome": (
        line(user("hi"), agent("hello"), feedback="positive", outcome="escalated"),
        {"ratings": (("user", "positive", None),), "outcome": "escalated", "escalated": False},
    ),
    "usage in the names of both APIs": (
        line(
            user("hi"),
            agent("", "find", usage={"prompt_tokens": 10, "completion_tokens": 2}),
            tool("found"),
            agent("there.", usage={"input_tokens": 20, "output_tokens": 3}),
        ),
        {"input_tokens": 30, "output_tokens": 5, "model_calls": 2},
    ),
    "usage of messages that share a model call": (
        line(
            user("hi"),
            agent("well", agent="A", usage={"input_tokens": 10, "output_tokens": 2}),
            agent("hello", agent="B", usage={"input_tokens": 20, "output_tokens": 3}),
            agent("there.", agent="B", usage={"input_tokens": 40, "output_tokens": 7}),
        ),
        {"input_tokens": 70, "output_tokens": 12},
    ),
    "no usage": (line(user("hi"), agent("hello")), {"input_tokens": None, "output_tokens": None}),
    "usage of one call only": (
        line(user("hi"), agent("a", usage={"input_tokens": 9}), user("b"), agent("c")),
        {"input_tokens": 9, "output_tokens": None},
    ),
    "usage in a form that nobody knows": (
        line(user("hi"), agent("a", usage={"input_tokens": "9", "input_tokens_details": "x", "price": [1]})),
        {"input_tokens": None, "output_tokens": None, "outcome": "silent", "failed_turns": 0},
    ),
    "a model's name": (line(user("hi"), agent("hello"), model="parrot-2"), {"models": ("parrot-2",)}),
    "no model's name": (line(user("hi"), agent("hello")), {"models": ("unknown",)}),
    "an empty answer is none": (
        line(user("hi"), agent("")),
        {"user_turns": 1, "agent_messages": 0, "outcome_reason": "no_answer"},
    ),
    "a visit": (
        line(),
        {"user_turns": 0, "outcome": None, "outcome_reason": None, "engaged": False, "duration_seconds": 0},
    ),
    "a visit that was greeted": (
        line(agent("welcome!")),
        {"user_turns": 0, "agent_messages": 1, "outcome": None, "engaged": False},
    ),
    "instructions and nothing else": (
        line({"role": "system", "content": "Sell kites."}),
        {"user_turns": 0, "outcome": None, "engaged": False},
    ),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["run", "run_streamed"])
@pytest.mark.parametrize("case", CASES)
def test_records_say_what_was_recorded(case: str, streamed: bool) -> None:
    """Whatever a recording holds, its record is what a reader of it would say, streamed or not."""
    said, expected = CASES[case]
    shown = show([{**said, "streamed": streamed}], unsound=1 if case == "usage in a form that nobody knows" else 0)
    assert shown.problems == []
    assert {name: getattr(shown.record, name) for name in expected} == expected


def test_a_streamed_run_gives_the_same_record() -> None:
    """Streaming changes nothing but what the clock shows in passing, and when the answer begins."""
    said = [user("hi"), agent("I ask", "find_order", agent="A", usage={"input_tokens": 3}), tool("Error"), *KITE]
    one, other = play(*said, model="parrot-2"), play(*said, model="parrot-2", streamed=True)
    apart: dict[str, Any] = {"ended_ns": 0, "trace_id": "", "first_response_ns": 0, "first_responses_ns": ()}
    assert one._replace(**apart) == other._replace(**apart)
    assert (other.first_response_ns or 0) < (one.first_response_ns or 0)
    assert other.ended_ns == pytest.approx(one.ended_ns, abs=1_000_000)


TIMED = line(
    user("my kite is broken", timestamp=at("10:00:00")),
    agent("", "find_order", timestamp=at("10:00:04")),
    tool("order 7", timestamp=at("10:00:06")),
    agent("a new one is on its way.", timestamp=at("10:00:09")),
    user("thanks", timestamp=at("10:02:00")),
    agent("bye", timestamp=at("10:02:02")),
)


def test_durations_are_those_of_the_recording() -> None:
    """The conversation, its tool, its model calls and its answers took as long as their timestamps say."""
    shown = show([TIMED])
    assert shown.record.duration_seconds == pytest.approx(122, abs=0.001)
    assert shown.metrics["tool_duration_seconds_sum{tool=find_order}"] == pytest.approx(2, abs=0.001)
    assert shown.metrics["model_duration_seconds_sum{model=unknown}"] == pytest.approx(4 + 3 + 2, abs=0.001)
    assert shown.metrics["response_time_seconds_sum{agent=agent}"] == pytest.approx(9 + 2, abs=0.001)
    assert shown.metrics["conversation_duration_seconds_sum{}"] == pytest.approx(122, abs=0.001)


def test_what_no_run_carries_has_its_time_too() -> None:
    """Greetings, their tools, what is said after an error and an unanswered message lie where they were recorded."""
    greeted = play(
        agent("welcome", "load_profile", timestamp=at("10:00:00")),
        tool("mia", timestamp=at("10:00:07")),
    )
    assert greeted.duration_seconds == pytest.approx(7, abs=0.001)
    failed = play(
        user("hi", timestamp=at("10:00:00")),
        agent(error="out of paper", timestamp=at("10:00:05")),
        agent("sorry", timestamp=at("10:01:05")),
    )
    assert failed.duration_seconds == pytest.approx(65, abs=0.001)
    unanswered = play(user("hi", timestamp=at("10:00:00")), user("hello?", timestamp=at("10:03:20")))
    assert unanswered.duration_seconds == pytest.approx(200, abs=0.001)


def test_a_comeback_within_a_day_goes_on_with_the_episode() -> None:
    """After 45 minutes the episode had ended; it is reopened once and ends a second time."""
    again = [user("thanks", timestamp=at("10:47:02")), agent("bye", timestamp=at("10:47:04"))]
    shown = show([line(*TIMED["messages"][:4], *again)])
    assert (shown.record.episode, shown.record.user_turns, shown.record.outcome) == (1, 2, "completed")
    assert shown.record.duration_seconds == pytest.approx(47 * 60 + 4, abs=0.001)
    assert shown.metrics["conversations_started_total{channel=unknown}"] == 1
    assert shown.metrics["conversations_reopened_total{}"] == 1
    assert total(shown.metrics, "conversations_ended_total") == 2
    assert total(shown.metrics, "conversations_retracted_total") == 1


def test_a_comeback_after_more_than_a_day_is_another_episode() -> None:
    """After 25 hours the same id is a new conversation."""
    again = [user("thanks", timestamp=at("11:00:09", day=6)), agent("bye", timestamp=at("11:00:11", day=6))]
    shown = show([line(*TIMED["messages"][:4], *again)])
    assert [(one.episode, one.user_turns, one.outcome) for one in shown.records] == [
        (1, 1, "silent"),
        (2, 1, "completed"),
    ]
    assert [one.duration_seconds for one in shown.records] == pytest.approx([9, 2], abs=0.001)
    assert shown.metrics["conversations_started_total{channel=unknown}"] == 2
    assert total(shown.metrics, "conversations_ended_total") == 2
    assert total(shown.metrics, "conversations_reopened_total") == 0
    assert total(shown.metrics, "conversations_retracted_total") == 0


def test_a_comeback_before_the_end_changes_nothing() -> None:
    """A pause of 29 minutes is no end."""
    again = [user("thanks", timestamp=at("10:29:09")), agent("bye", timestamp=at("10:29:11"))]
    shown = show([line(*TIMED["messages"][:4], *again)])
    assert total(shown.metrics, "conversations_ended_total") == 1
    assert total(shown.metrics, "conversations_reopened_total") == 0


def test_metrics_are_those_of_the_recording() -> None:
    """A scrape after the replay holds the counts that a reader of the recording would make, and no other."""
    rated = line(*KITE, name="other", channel="app", feedback=2, model="parrot-2")
    rated["messages"][1]["usage"] = {
        "input_tokens": 50,
        "output_tokens": 9,
        "input_tokens_details": {"cached_tokens": 30},
        "output_tokens_details": {"reasoning_tokens": 4},
    }
    failing = line(user("hi"), agent("a", agent="A"), agent(error="out of paper", agent="B"), name="failing")
    shown = show([TIMED, rated, failing, line(name="visit")])
    # Times have tests of their own, and so have the sums behind the estimate of satisfaction.
    apart = ("_seconds", "_bucket", "satisfaction_sum", "spans_received")
    counted = {sample: value for sample, value in shown.metrics.items() if not any(part in sample for part in apart)}
    assert shown.metrics["spans_received_total{}"] > 0
    assert counted == {
        "conversations_started_total{channel=unknown}": 2,
        "conversations_started_total{channel=app}": 1,
        "conversations_ended_total{agent=agent,outcome=completed}": 1,
        "conversations_ended_total{agent=agent,outcome=abandoned}": 1,
        "conversations_ended_total{agent=B,outcome=failed}": 1,
        "conversation_turns_count{}": 3,
        "conversation_turns_sum{}": 4,
        "visits_total{}": 1,
        "messages_total{role=user}": 4,
        "messages_total{role=agent}": 3,
        "turn_reached_total{turn=1}": 3,
        "turn_reached_total{turn=2}": 1,
        "turn_abandoned_total{turn=1}": 1,
        "handoffs_total{from_agent=A,to_agent=B}": 1,
        # Nobody asked for a human; the one that took leave did not come back; the others failed or gave up.
        "resolutions_total{kind=contained}": 3,
        "resolutions_total{kind=assumed}": 1,
        "conversations_by_resolution_status_total{status=resolved}": 1,
        "conversations_by_resolution_status_total{status=unresolved}": 2,
        "feedback_total{rating=negative}": 1,
        "rated_conversations_total{rating=negative}": 1,
        "rated_resolution_pairs_total{rating=negative,status=unresolved}": 1,
        "rated_sentiment_pairs_total{rating=negative,sentiment=negative}": 1,
        "feedback_scores_total{}": 2,
        "scored_feedback_total{}": 1,
        # "broken" is a word of the lexicon, "hi" is none.
        "conversations_by_sentiment_total{sentiment=negative}": 2,
        "conversations_by_sentiment_total{sentiment=neutral}": 1,
        "conversations_by_trajectory_total{trajectory=stable}": 3,
        "conversation_satisfaction_count{}": 3,
        "judged_turns_total{}": 4,
        # A failed tool makes it harder.
        "conversations_by_effort_total{effort=1}": 2,
        "conversations_by_effort_total{effort=2}": 1,
        "errors_total{error_type=error_result,source=tool}": 1,
        "errors_total{error_type=RecordedModelError,source=run}": 1,
        "errors_total{error_type=RecordedModelError,source=model}": 1,
        "tool_calls_total{tool=find_order}": 2,
        "tool_calls_total{tool=find_parts}": 1,
        "tool_errors_total{tool=find_parts}": 1,
        "model_calls_total{model=unknown}": 5,
        "model_errors_total{model=unknown}": 1,
        "model_calls_total{model=parrot-2}": 2,
        "tokens_total{model=parrot-2,token_type=input}": 50,
        "tokens_total{model=parrot-2,token_type=output}": 9,
        "tokens_total{model=parrot-2,token_type=cache_read}": 30,
        "tokens_total{model=parrot-2,token_type=reasoning}": 4,
        # Nobody knows the price of a parrot; the call that failed without usage cost nothing.
        "unpriced_calls_total{model=parrot-2}": 2,
        "unpriced_calls_total{model=unknown}": 4,
        "conversation_tokens_count{}": 1,
        "conversation_tokens_sum{}": 59,
        "human_cost_usd{}": 5,
        "conversations_by_channel_total{channel=unknown}": 2,
        "conversations_by_channel_total{channel=app}": 1,
        "conversations_by_country_total{country=unknown}": 3,
        "conversations_by_device_total{device=unknown}": 3,
        "conversations_by_language_total{language=unknown}": 3,
        # Nobody said which intents there are, and nobody looks for topics.
        "conversations_by_intent_total{intent=unknown}": 3,
        "conversations_by_topic_total{topic=unknown}": 3,
        "unresolved_conversations_by_intent_total{intent=unknown}": 2,
        "unresolved_conversations_by_topic_total{topic=unknown}": 2,
    }


def test_what_is_known_of_the_user_comes_along() -> None:
    """Context is on the record; the user's id is a hash, the same one for the same user."""
    known = {"user_id": "mia", "channel": "web", "device": "tablet", "language": "nl", "country": "NL"}
    first = line(user("hi"), agent("hello"), **known, session_id="s-1")
    shown = show([first, line(user("hi"), name="next", user_id="mia"), line(name="visit", user_id="ann")])
    one, other, visit = (record.context for record in shown.records)
    assert (one.channel, one.device, one.language, one.country, one.session_id) == ("web", "tablet", "nl", "NL", "s-1")
    assert one.user == other.user
    assert len({one.user, visit.user, "mia", "ann", None}) == 5


def test_a_lot_of_metadata_pushes_nothing_out() -> None:
    """A recording with more unknown keys than a span may hold by default still is a conversation."""
    said = play(user("hi"), agent("hello"), **{f"fact_{number}": number for number in range(300)})
    assert (said.user_turns, said.agent_messages) == (1, 1)


def test_the_same_file_twice_counts_once() -> None:
    """What comes a second time is known by its ids: received and duplicate counts tell, nothing else changes."""
    again = [user("hello?", timestamp=at("10:50:00")), agent("hi.", timestamp=at("10:50:02"))]
    file = [
        line(*TIMED["messages"], *again, feedback=5, outcome="completed"),
        line(agent("welcome", timestamp=at("10:00:01")), user("a", timestamp=at("10:00:03")), name="b", feedback=1),
        line(name="visit", timestamp=at("09:00:00")),
        line(user("x", timestamp=at("10:00:00")), agent(error="e", timestamp=at("10:00:02")), name="failing"),
    ]
    once, twice = show(file), show(file, file)
    received, duplicate = (f"{name.removeprefix('agent_analytics_')}{{}}" for name in PIPELINE)
    assert twice.records == once.records
    assert twice.metrics.pop(received) == 2 * once.metrics[received]
    # Not all: a span that tells of nothing that is counted is not remembered.
    assert 0 < twice.metrics.pop(duplicate) <= once.metrics.pop(received)
    assert twice.metrics == once.metrics


def test_the_conversations_of_two_files_are_interleaved() -> None:
    """What happened first is played first, whichever file it stands in."""

    def chat(name: str, minutes: list[int]) -> Line:
        said = ((user("?", timestamp=at(f"10:{m:02}:00")), agent("!", timestamp=at(f"10:{m:02}:09"))) for m in minutes)
        return line(*(message for pair in said for message in pair), name=name)

    shown = show([chat("a", [0, 4]), chat("b", [1, 2])], [chat("c", [3, 5])])
    turns = [span for span in shown.spans if span.name.startswith("handle_conversation_turn")]
    assert [(span.attributes or {})["gen_ai.conversation.id"] for span in turns] == ["a", "b", "b", "c", "a", "c"]
    starts = [span.start_time or 0 for span in turns]
    assert starts == sorted(starts)


def test_a_long_recording_does_not_end_a_conversation_early() -> None:
    """While one conversation is played, another that pauses for 20 minutes stays open."""
    pausing = line(user("a", timestamp=at("10:00:00")), user("b", timestamp=at("10:20:00")), name="pausing")
    busy = [user(str(minute), timestamp=at(f"10:{minute:02}:30")) for minute in range(40)]
    shown = show([line(*busy, name="busy"), pausing])
    assert [(one.conversation_id, one.user_turns) for one in shown.records] == [("pausing", 2), ("busy", 40)]
    assert total(shown.metrics, "conversations_ended_total") == 2


def test_conversations_end_while_others_go_on() -> None:
    """As in life, an end is due half an hour of event time later: a long recording needs no more memory than a day."""
    ledger = Ledger()
    player = Player(Settings(), registry=CollectorRegistry(), sinks=(ledger,))
    later = [line(user("hi", timestamp=at(f"{hour}:00:00")), name=f"at {hour}") for hour in (12, 13, 14)]
    with player.installed() as installation:
        player.play(transcripts([TIMED, *later]))
        assert [record.conversation_id for record in ledger.records()] == ["chat", "at 12", "at 13"]
        player.finish(installation)
        assert [record.conversation_id for record in ledger.records()] == ["chat", "at 12", "at 13", "at 14"]


def ids(shown: Show) -> list[tuple[int, int, int | None, int | None, str]]:
    """Return ids, times and name of every span."""
    contexts = [(span.get_span_context(), span) for span in shown.spans]
    return [(c.trace_id, c.span_id, s.start_time, s.end_time, s.name) for c, s in contexts if c is not None]


def test_two_replays_give_the_same_spans() -> None:
    """Ids and times follow from the recording alone, so a second replay is known as the same."""
    file = [TIMED, line(*KITE, name="kite"), line(*KITE, name="streamed", streamed=True)]
    first, second = show(file), show(file)
    assert ids(first) == ids(second)
    assert len({span_id for _, span_id, *_ in ids(first)}) == len(first.spans) > 20
    assert first.records == second.records


def test_other_conversations_have_other_ids() -> None:
    """The same words in two conversations are not taken for one."""
    shown = show([line(*KITE, name="one"), line(*KITE, name="two")])
    assert [(one.conversation_id, one.user_turns, one.tool_calls) for one in shown.records] == [
        ("one", 1, 2),
        ("two", 1, 2),
    ]
    assert total(shown.metrics, "spans_duplicate_total") == 0


@pytest.mark.parametrize(
    ("lose", "left"),
    [("", (2, 1, 7)), ("execute_tool", (1, 1, 7)), ("handoff", (2, 0, 7)), ("chat", (2, 1, 5))],
)
def test_figures_come_from_spans_alone(lose: str, left: tuple[int, int, int]) -> None:
    """One span that is lost on the way to the tracker is missing in the figures: nobody counts the recording."""
    said = [
        user("hi"),
        agent("", "find_order", "find_parts", agent="A", usage={"input_tokens": 2}),
        tool("order 7"),
        tool("none"),
        agent("b", agent="B", usage={"input_tokens": 5}),
    ]
    shown = show([line(*said)], lose=lose)
    assert (shown.record.tool_calls, shown.record.handoffs, shown.record.input_tokens) == left
    assert total(shown.metrics, "tool_calls_total") == left[0]
    assert total(shown.metrics, "handoffs_total") == left[1]
    assert total(shown.metrics, "tokens_total") == left[2]


def test_what_a_run_cannot_carry_is_said_and_the_others_are_played() -> None:
    """A recording that the SDK cannot follow is reported with its place; nothing stops at it."""
    odd = line(user("hi"), agent("", "player_handoff_B", agent="A"), tool("x"), agent("b", agent="B"), name="odd")
    shown = show([odd, line(user("hi"), agent("hello"), name="even")])
    assert len(shown.problems) == 1
    assert shown.problems[0].startswith("file0:1: ")
    assert [(one.user_turns, one.agent_messages) for one in shown.records if one.conversation_id == "even"] == [(1, 1)]


def test_progress_is_told_once_per_conversation() -> None:
    """The bar reaches its end, and never more."""
    player, told = Player(Settings(), registry=CollectorRegistry()), list[int]()
    with player.installed():
        player.play(transcripts([TIMED, line(name="visit"), line(user("hi"), name="b")]), told.append)
    assert sum(told) == 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_AGENTS_DISABLE_TRACING", "1"),
        ("OPENAI_AGENTS_TRACE_INCLUDE_SENSITIVE_DATA", "false"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"),
        ("OPENAI_API_KEY", "made-up"),
    ],
)
def test_the_environment_changes_no_figure(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for the agents of this machine says nothing of a recording."""
    file = [line(*KITE, user("thanks"), agent("bye"), user_id="mia", outcome="silent"), TIMED | {"id": "timed"}]
    before = show(file)
    monkeypatch.setenv(variable, value)
    assert show(file).records == before.records
    assert len(before.records) == 2


def test_without_opentelemetry_nothing_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment switches OpenTelemetry off, a replay says so instead of showing zeros."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with pytest.raises(UsageError, match="OTEL_SDK_DISABLED"):
        show([TIMED])


@pytest.mark.parametrize(
    "settings",
    [
        Settings(user_key=b"secret", reopen_seconds=60),
        Settings(user_key=b"secret", idle_seconds_by_channel=(("email", 259_200),)),
        Settings(user_key=b"secret", idle_seconds=200_000, max_age_seconds=400_000),
    ],
    ids=["short reopening", "slow channel", "slow everything"],
)
def test_everything_is_over_and_settled_at_the_end(settings: Settings) -> None:
    """However long a silence may be, every conversation has ended, and whether its user came back is known."""
    shown = show([line(*TIMED["messages"], channel="email"), line(*KITE, name="other")], settings=settings)

    assert [record.returned for record in shown.records] == [False, False]
    assert total(shown.metrics, "conversations_active") == 0
    assert shown.metrics["resolutions_total{kind=assumed}"] == 1


def test_failing_call_is_one_of_its_model() -> None:
    """A recording that names its model names it for the call that fails too."""
    shown = show([line(user("hi"), agent(error="out of paper"), model="parrot-2")])

    assert shown.record.models == ("parrot-2",)
    assert shown.metrics["model_errors_total{model=parrot-2}"] == 1


def test_guardrails_check_before_a_model_is_asked() -> None:
    """Each check counts; where one steps in, the run fails without a model call, and the conversation goes on."""
    card = [{"name": "spam"}, {"name": "cards", "triggered": True}]
    shown = show([line(user("hi", guardrails=card), agent("no cards, please"), user("ok"), agent("thanks"))])

    assert (shown.record.failed_turns, shown.record.guardrail_trips, shown.record.model_calls) == (1, 1, 1)
    assert (shown.record.user_turns, shown.record.agent_messages) == (2, 2)
    assert shown.metrics["guardrail_checks_total{guardrail=spam}"] == 1
    assert shown.metrics["guardrail_checks_total{guardrail=cards}"] == 1
    assert shown.metrics["guardrail_trips_total{guardrail=cards}"] == 1


def test_rating_in_the_metadata() -> None:
    """It is there from the first run on, so that an end that is taken back takes it along."""
    again = [user("one more", timestamp=at("12:00:00")), agent("yes", timestamp=at("12:00:02"))]
    shown = show([line(*TIMED["messages"], *again, metadata={"feedback": 5})])

    assert shown.record.ratings == (("user", "positive", 5.0),)
    assert shown.metrics["feedback_total{rating=positive}"] == 2
    assert shown.metrics["feedback_retracted_total{rating=positive}"] == 1


def test_settings_are_heeded() -> None:
    """What means a failure, what means a human and how long idle takes are the settings' to say."""
    settings = Settings(tool_error_pattern="^none", escalation_names=("find_parts",), idle_seconds=60)
    said = [*KITE[:3], tool("none"), agent("hm.")]
    shown = show([line(*said), line(agent("", "load"), tool("none"), user("hi"), name="early")], settings=settings)
    assert [(one.tool_errors, one.escalated) for one in shown.records] == [(1, False), (1, False)]
    assert show([line(*KITE)], settings=settings).record.escalated
    again = line(*TIMED["messages"][:4], user("thanks", timestamp=at("10:01:30")))
    assert total(show([again], settings=settings).metrics, "conversations_reopened_total") == 1


def in_place() -> tuple[object, ...]:
    """Return what a player may change for its time: the SDK's provider and methods, and what is installed."""
    return get_trace_provider(), SpanImpl.start, TraceImpl.start, installed()


def fails(_: Player) -> None:
    """Fail inside the block."""
    raise KeyError("planted")


@pytest.mark.parametrize("inside", [lambda player: player.play(transcripts([TIMED])), fails])
def test_no_global_state_is_left(inside: Callable[[Player], object]) -> None:
    """Afterwards the process has its own trace provider again and no installation, also when something failed."""
    before = in_place()
    assert before[-1] is None
    player = Player(Settings(), registry=CollectorRegistry())
    try:
        with player.installed() as installation:
            assert installed() is installation
            assert in_place()[0] is not before[0]
            inside(player)
    except KeyError:
        assert inside is fails
    assert in_place() == before


def test_no_global_state_is_left_when_the_registry_is_taken() -> None:
    """Two players cannot show their metrics in one registry; the second leaves nothing behind."""
    registry, before = CollectorRegistry(), in_place()
    with Player(Settings(), registry=registry).installed():
        within = get_trace_provider()
        with pytest.raises(ValueError, match="Duplicated"), Player(Settings(), registry=registry).installed():
            pytest.fail("it must not get here")
        assert get_trace_provider() is within
    assert in_place() == before


def test_other_processors_see_nothing_of_a_replay() -> None:
    """Whoever uploads the traces of this process gets none of the recording, and gets its own traces again after."""
    onlooker = Onlooker()
    add_trace_processor(onlooker)
    assert show([TIMED]).record.user_turns == 2
    assert onlooker.seen == 0
    provider = get_trace_provider()
    provider.create_trace("of the process").start()
    assert onlooker.seen == 1


def test_two_recordings_of_one_id_are_one_conversation_of_both() -> None:
    """Lines that bear the same id and say different things add up; what both say is not taken for a repetition."""
    morning = line(user("where is it", timestamp=at("10:00:00")), agent("Here.", timestamp=at("10:00:05")))
    later = line(
        user("and the other", timestamp=at("10:10:00")),
        agent("There.", timestamp=at("10:10:05")),
        user("thanks, bye", timestamp=at("10:11:00")),
    )
    played = show([morning], [later])

    assert (played.record.user_turns, played.record.agent_messages, played.record.outcome) == (3, 2, "completed")
