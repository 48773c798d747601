"""What an application says itself, by its effect on the metrics and on the log records."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import hmac
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry

from otel_agent_analytics import (
    Settings,
    context,
    conversation,
    end_conversation,
    feedback,
    instrument,
    record_event,
    start_conversation,
    uninstrument,
)
from otel_agent_analytics.context import current_conversation
from otel_agent_analytics.errors import fault_counts
from tests.helpers.scripted_model import ScriptedModel, own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOUR_NS = 3600 * 10**9
KEY = b"a secret of the operator"
SAYS_NOTHING_OF = tuple(
    f"agent_analytics.user_message.{sign}"
    for sign in ("closing", "thanks", "negation", "says_no", "complaint", "human_request", "rephrase", "repeat")
)


class Shop:
    """An installation, and what came out of it."""

    def __init__(self, settings: Settings) -> None:
        resource = Resource({"service.name": "shop"})
        self.spans = InMemorySpanExporter()
        tracer_provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracer_provider.add_span_processor(SimpleSpanProcessor(self.spans))
        self.logs = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        logger_provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
        logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self.logs))
        self.registry = CollectorRegistry()
        self.handle = instrument(
            tracer_provider=tracer_provider,
            logger_provider=logger_provider,
            metrics_registry=self.registry,
            settings=settings,
        )

    def value(self, name: str, **labels: str) -> float | None:
        """Return a sample of the metrics, by its name without prefix."""
        return self.registry.get_sample_value(f"agent_analytics_{name}", {"service_name": "shop", **labels})

    def over(self, hours: float = 1) -> None:
        """Let the time run on, so that every conversation ends."""
        self.handle.advance_to(time.time_ns() + round(hours * HOUR_NS))

    def outcomes(self) -> dict[str, float]:
        """Return how many conversations ended how."""
        return {
            sample.labels["outcome"]: sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == "agent_analytics_conversations_ended_total" and sample.value
        }

    def records(self) -> list[tuple[str | None, dict[str, Any]]]:
        """Return what the application said, as log records: event name and attributes, without id and our mark."""
        return [
            (
                one.log_record.event_name,
                {
                    key: value
                    for key, value in (one.log_record.attributes or {}).items()
                    if key not in ("agent_analytics.event.id", "agent_analytics.derived")
                },
            )
            for one in self.logs.get_finished_logs()
            if one.instrumentation_scope is not None and one.instrumentation_scope.name == "otel_agent_analytics"
        ]


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Return an installation with a key for user ids; it is taken away afterwards."""
    with own_trace_provider():
        yield Shop(Settings(user_key=KEY))
        uninstrument()


def serve(conversation_id: str | None = None, answer: str = "Hello.") -> None:
    """Serve one message of a user by a real run."""
    agent = Agent(name="Helper", model=ScriptedModel(answer))
    asyncio.run(Runner.run(agent, "hi", run_config=RunConfig(group_id=conversation_id)))


# --- events -----------------------------------------------------------------------------------------------------------


def test_opened_conversation_is_a_visit(shop: Shop) -> None:
    """A conversation that was opened, and in which nobody spoke, is a visit and no conversation."""
    start_conversation("c1", channel="web")
    shop.over()

    assert shop.value("visits_total") == 1
    assert shop.value("conversations_started_total", channel="web") is None
    assert shop.outcomes() == {}
    assert shop.records() == [
        ("agent_analytics.started", {"gen_ai.conversation.id": "c1", "agent_analytics.channel": "web"})
    ]


def test_opened_conversation_names_its_channel(shop: Shop) -> None:
    """What was said when a conversation was opened holds for it when the user speaks."""
    start_conversation("c1", channel="web")
    serve("c1")

    assert shop.value("conversations_started_total", channel="web") == 1
    assert shop.value("conversations_active") == 1


def test_user_message(shop: Shop) -> None:
    """A message of the user that no run answers is counted, and abandons the conversation; its text stays here."""
    record_event("user_message", "c1", text="where is it?")
    shop.over()

    assert shop.value("messages_total", role="user") == 1
    assert shop.value("messages_total", role="agent") == 0
    assert shop.outcomes() == {"abandoned": 1}
    assert shop.value("turn_abandoned_total", turn="1") == 1
    assert shop.records() == [
        (
            "agent_analytics.user_message",
            {
                "gen_ai.conversation.id": "c1",
                "agent_analytics.user_message.length": 12,
                "agent_analytics.user_message.language": "en",
                "agent_analytics.user_message.sentiment": 0.0,
                "agent_analytics.user_message.question": True,
                "agent_analytics.user_message.overlap": 0.0,
                **dict.fromkeys(SAYS_NOTHING_OF, False),
            },
        )
    ]


def test_user_message_that_takes_leave(shop: Shop) -> None:
    """Closing words in a recorded message complete the conversation."""
    serve("c1")
    record_event("user_message", "c1", text="thanks, bye")
    shop.over()

    assert shop.outcomes() == {"completed": 1}


def test_user_message_that_says_it_again(shop: Shop) -> None:
    """An application without spans tells of all messages, so each is compared with the one before."""
    question = "Where is my parcel for order 7?"
    said = (question, question.upper(), "Could you tell me where the parcel for order 7 is?")
    for text, other in zip(said, ("hello there", "one lamp please", "to Leeds"), strict=True):
        record_event("user_message", "c1", text=text)
        record_event("user_message", "c2", text=other)
    shop.over()

    assert shop.value("repeats_total") == 1
    assert shop.value("rephrases_total") == 1


def test_agent_response(shop: Shop) -> None:
    """A greeting is a message of the agent, and its question mark is measured before the text is dropped."""
    record_event("agent_response", "c1", text="How can I help?", agent="Greeter", duration_seconds=0.25)
    record_event("user_message", "c1", text="hi")
    record_event("agent_response", "c1", text="Which order?", agent="Greeter")
    shop.over()

    assert shop.value("messages_total", role="agent") == 2
    assert shop.outcomes() == {"abandoned": 1}
    assert shop.value("conversations_ended_total", outcome="abandoned", agent="Greeter") == 1
    assert shop.value("response_time_seconds_sum", agent="Greeter") == 0.25
    assert shop.records()[0] == (
        "agent_analytics.agent_response",
        {
            "gen_ai.conversation.id": "c1",
            "gen_ai.agent.name": "Greeter",
            "agent_analytics.duration_seconds": 0.25,
            "agent_analytics.agent_message.length": 15,
            "agent_analytics.agent_message.question": True,
            "agent_analytics.agent_message.refusal": False,
            "agent_analytics.agent_message.outcome_statement": "none",
        },
    )


def test_tool_called(shop: Shop) -> None:
    """Recorded tool calls are counted, with their failures and their time."""
    record_event("tool_called", "c1", tool="track", duration_seconds=1.5)
    record_event("tool_called", "c1", tool="track", error_type="Timeout", duration_seconds=0.5)

    assert shop.value("tool_calls_total", tool="track") == 2
    assert shop.value("tool_errors_total", tool="track") == 1
    assert shop.value("tool_duration_seconds_sum", tool="track") == 2.0
    assert shop.value("tool_duration_seconds_count", tool="track") == 2


def test_handoff_requested(shop: Shop) -> None:
    """A recorded handoff is counted between the two agents; to a human, it escalates the conversation."""
    record_event("user_message", "c1", text="help")
    record_event("handoff_requested", "c1", agent="Helper", to_agent="Orders")
    record_event("handoff_requested", "c1", agent="Orders", to_agent="human")
    shop.over()

    assert shop.value("handoffs_total", from_agent="Helper", to_agent="Orders") == 1
    assert shop.outcomes() == {"escalated": 1}
    assert shop.value("conversations_escalated_total", agent="Orders") == 1


@pytest.mark.parametrize("event", ["completed", "abandoned"])
def test_end_by_event(shop: Shop, event: str) -> None:
    """An application that knows how a conversation ended says so by an event."""
    record_event("user_message", "c1", text="hi")
    record_event(event, "c1")
    shop.over(0)

    assert shop.outcomes() == {event: 1}


def test_started_by_event(shop: Shop) -> None:
    """A conversation can be opened by an event too."""
    record_event("started", "c1")
    shop.over()

    assert shop.value("visits_total") == 1


def test_event_with_an_id_counts_once(shop: Shop) -> None:
    """The same event id is the same event, however often it is sent; without one each is its own."""
    for _ in range(3):
        record_event("tool_called", "c1", tool="track", event_id="e1")
    for _ in range(2):
        record_event("tool_called", "c1", tool="lookup")

    assert shop.value("tool_calls_total", tool="track") == 1
    assert shop.value("tool_calls_total", tool="lookup") == 2
    assert shop.value("spans_duplicate_total") == 2
    ids = [(one.log_record.attributes or {})["agent_analytics.event.id"] for one in shop.logs.get_finished_logs()]
    assert ids[:3] == ["e1"] * 3
    assert len(set(ids)) == 3


def test_event_inside_its_conversation(shop: Shop) -> None:
    """An event inside a block of the same conversation carries what the block says; of another one, it does not."""
    with conversation("c1", channel="phone"):
        record_event("user_message", "c1", text="hi", metadata={"page": 3})
        record_event("user_message", "c2", text="hi")

    (_, first), (_, second) = shop.records()
    assert first["agent_analytics.channel"] == "phone"
    assert first["agent_analytics.metadata.page"] == 3
    assert "agent_analytics.channel" not in second
    assert shop.value("conversations_started_total", channel="phone") == 1
    assert shop.value("conversations_started_total", channel="unknown") == 1


# --- ends and ratings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["completed", "escalated", "failed", "abandoned", "silent"])
def test_end_with_an_outcome(shop: Shop, outcome: str) -> None:
    """An outcome that the application names goes before all rules, and ends the conversation at once."""
    serve("c1")
    end_conversation("c1", outcome=outcome)
    shop.over(0)

    assert shop.outcomes() == {outcome: 1}
    assert shop.value("conversations_active") == 0


@pytest.mark.parametrize(("answer", "outcome"), [("Which order?", "abandoned"), ("It is on its way.", "silent")])
def test_end_without_an_outcome(shop: Shop, answer: str, outcome: str) -> None:
    """An end without an outcome leaves it to the rules."""
    serve("c1", answer)
    end_conversation("c1")
    shop.over(0)

    assert shop.outcomes() == {outcome: 1}
    assert shop.records() == [("agent_analytics.ended", {"gen_ai.conversation.id": "c1"})]


@pytest.mark.parametrize(
    ("rating", "label", "score"),
    [
        ("positive", "positive", None),
        ("negative", "negative", None),
        (1, "negative", 1.0),
        (2.5, "negative", 2.5),
        (3, "neutral", 3.0),
        (4, "positive", 4.0),
        (5, "positive", 5.0),
    ],
)
def test_feedback(shop: Shop, rating: str | float, label: str, score: float | None) -> None:
    """A rating is counted with its conversation, as thumbs or as a number from one to five."""
    serve("c1")
    feedback("c1", rating, comment="as I thought", rater="ann")
    shop.over()

    assert {name: shop.value("feedback_total", rating=name) for name in ("positive", "neutral", "negative")} == {
        **dict.fromkeys(("positive", "neutral", "negative"), 0),
        label: 1,
    }
    expected = {
        "gen_ai.conversation.id": "c1",
        "gen_ai.evaluation.name": "user_feedback",
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": "as I thought",
        "agent_analytics.feedback.rater": "ann",
    }
    if score is not None:
        expected["gen_ai.evaluation.score.value"] = score  # type: ignore[assignment]
    assert shop.records() == [("gen_ai.evaluation.result", expected)]


def test_last_rating_of_a_rater_counts(shop: Shop) -> None:
    """Who changes his mind is counted once, with the last word; two raters are two."""
    serve("c1")
    feedback("c1", "negative")
    feedback("c1", "positive")
    feedback("c1", 1, rater="supervisor")
    shop.over()

    assert shop.value("feedback_total", rating="positive") == 1
    assert shop.value("feedback_total", rating="negative") == 1


def test_feedback_after_the_end(shop: Shop) -> None:
    """A rating that comes when the conversation is over is counted with it, and does not bring it back."""
    serve("c1")
    end_conversation("c1", outcome="completed")
    shop.over(0)
    feedback("c1", "positive")
    shop.over(0)

    assert shop.value("feedback_total", rating="positive") == 1
    assert shop.outcomes() == {"completed": 1}
    assert shop.value("conversations_reopened_total") == 0


def test_feedback_by_event(shop: Shop) -> None:
    """A rating is a lifecycle event too: the same as `feedback`, and by its id one however often it comes."""
    serve("c1")
    for _ in range(3):
        record_event("feedback_received", "c1", rating=2, text="too slow", event_id="e1")
    shop.over()

    assert shop.value("feedback_total", rating="negative") == 1
    assert shop.value("feedback_scores_total") == 2
    assert shop.records()[0] == (
        "gen_ai.evaluation.result",
        {
            "gen_ai.conversation.id": "c1",
            "gen_ai.evaluation.name": "user_feedback",
            "gen_ai.evaluation.score.label": "negative",
            "gen_ai.evaluation.score.value": 2.0,
            "gen_ai.evaluation.explanation": "too slow",
            "agent_analytics.feedback.rater": "user",
        },
    )


def test_feedback_before_the_conversation(shop: Shop) -> None:
    """A rating that comes first is counted with the conversation; one of nothing is counted as unmatched."""
    feedback("c1", 4)
    feedback("c2", 4)
    serve("c1")
    shop.over(28)  # a day, three hours for late spans, and one more

    assert shop.value("feedback_total", rating="positive") == 1
    assert shop.value("feedback_unmatched_total") == 1
    assert shop.value("visits_total") == 0
    assert shop.value("conversations_started_total", channel="unknown") == 1


def test_feedback_in_the_metadata(shop: Shop) -> None:
    """What the application says of a conversation may hold its rating."""
    with conversation("c1", metadata={"feedback": 5}):
        serve()
    start_conversation("c2", metadata={"feedback": "negative"})
    shop.over()

    assert shop.value("feedback_total", rating="positive") == 1
    assert shop.value("feedback_total", rating="negative") == 1
    assert shop.value("rated_conversations_total", rating="positive") == 1


# --- the block --------------------------------------------------------------------------------------------------------


def test_with_statement(shop: Shop) -> None:
    """Runs inside a block belong to its conversation, those after it to none."""
    with conversation("c1", channel="web") as block:
        assert isinstance(block, conversation)
        serve()
    serve()

    assert shop.value("conversations_started_total", channel="web") == 1
    assert shop.value("messages_total", role="user") == 1
    # Workflow, turn, agent and model call of the second run.
    assert shop.value("spans_without_conversation_total") == 4


def test_async_with_statement(shop: Shop) -> None:
    """The block works with `async with`, and parallel tasks keep theirs apart."""

    async def talk(name: str) -> None:
        async with conversation(name):
            await asyncio.sleep(0.001)
            await Runner.run(Agent(name="Helper", model=ScriptedModel("Hello.", delay=0.001)), "hi")

    async def talks() -> None:
        await asyncio.gather(*(talk(f"c{number}") for number in range(8)))

    asyncio.run(talks())

    ids = [(span.attributes or {})["gen_ai.conversation.id"] for span in shop.spans.get_finished_spans()]
    assert {name: ids.count(name) for name in ids} == {f"c{number}": 4 for number in range(8)}


def test_block_lets_exceptions_through() -> None:
    """An exception of the application leaves the block as it is, and the block is over."""
    with pytest.raises(KeyError), conversation("c1"):
        raise KeyError("mine")

    assert current_conversation.get() is None


def test_block_that_is_left_in_another_context() -> None:
    """A block entered in one context and left in another, as by a generator in a web framework, raises nothing."""
    block = conversation("c1")
    contextvars.copy_context().run(block.__enter__)
    block.__exit__(None, None, None)

    assert current_conversation.get() is None


def test_what_is_said_of_the_user_has_few_words(shop: Shop) -> None:
    """Channel, device, language and country are brought to one form each, wherever they are said."""
    said: dict[str, Any] = {"channel": "Telephone", "device": "iPhone", "language": "en-GB", "country": " nl"}
    with conversation("c1", **said):
        serve()
    start_conversation("c2", **said)
    shop.over()

    for attributes in (shop.records()[0][1], dict(shop.spans.get_finished_spans()[-1].attributes or {})):
        assert attributes["agent_analytics.channel"] == "phone"
    assert shop.value("conversations_by_channel_total", channel="phone") == 1
    assert shop.value("conversations_by_device_total", device="mobile") == 1
    assert shop.value("conversations_by_language_total", language="en") == 1
    assert shop.value("conversations_by_country_total", country="NL") == 1


@pytest.mark.parametrize(("field", "said", "right"), [("country", "Narnia", "NL"), ("language", "Klingon", "nl-BE")])
def test_what_cannot_be_used_is_told_once(
    field: str, said: str, right: str, caplog: pytest.LogCaptureFixture, shop: Shop
) -> None:
    """A country or language that is none is left out: each is counted, the first is told with its value."""
    before = fault_counts().get(f"context.{field}", 0)
    words: dict[str, Any] = {field: said}
    for word in (said, said, right, "", None):
        words[field] = word
        start_conversation("c1", **words)

    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith(f"{field}: ")]
    assert fault_counts()[f"context.{field}"] == before + 2
    assert len(told) == (before == 0)
    assert all(f"{field}: {said!r} is not allowed; allowed is " in message for message in told)


def test_country_of_an_ip_address(shop: Shop) -> None:
    """The address is looked up without a network and dropped; the word of the application goes before it."""
    with conversation("c1", ip_address="193.0.6.139"):
        serve()
    with conversation("c2", ip_address="193.0.6.139", country="SE"):
        serve()
    shop.over()

    assert shop.value("conversations_by_country_total", country="NL") == 1
    assert shop.value("conversations_by_country_total", country="SE") == 1
    assert not [span for span in shop.spans.get_finished_spans() if "193.0.6.139" in span.to_json()]


def test_users_are_counted(shop: Shop) -> None:
    """Who speaks is counted by the hash of the id; who only opens a conversation is not."""
    for user, name in (("ann", "c1"), ("bob", "c2"), ("ann", "c3")):
        with conversation(name, user_id=user):
            serve()
    start_conversation("c4", user_id="eve")

    assert shop.value("unique_users", window="1d") == 2
    assert shop.value("new_users", window="7d") == 2
    assert shop.value("returning_users", window="30d") == 0


def test_ip_address_leaves_nothing(shop: Shop) -> None:
    """An IP address is accepted, and is in nothing that leaves the process."""
    with conversation("c1", ip_address="192.0.2.7"):
        serve()
        record_event("user_message", "c1", text="hi")

    assert not [span for span in shop.spans.get_finished_spans() if "192.0.2.7" in span.to_json()]
    assert "192.0.2.7" not in str(shop.records())


# --- user ids ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user_id", ["ann@example.org", 470011004711, "Žofie"])
def test_user_id_leaves_as_its_hash(shop: Shop, user_id: Any) -> None:
    """A user id, of whatever type, is in spans and records only as its HMAC-SHA-256 under the operator's key."""
    with conversation("c1", user_id=user_id):
        serve()
    start_conversation("c2", user_id=user_id)

    expected = hmac.new(KEY, str(user_id).encode("utf-8"), hashlib.sha256).hexdigest()
    turn = next(one for one in shop.spans.get_finished_spans() if one.name.startswith("handle_conversation_turn"))
    assert (turn.attributes or {})["user.hash"] == expected
    assert shop.records()[0][1]["user.hash"] == expected
    assert not [one for one in shop.spans.get_finished_spans() if str(user_id) in one.to_json()]
    assert str(user_id) not in str(shop.records())


def test_user_id_without_a_key(caplog: pytest.LogCaptureFixture) -> None:
    """Without a key the hash is of this process alone, the same user has the same one, and one warning says so."""
    context._warn_once_without_key.cache_clear()
    with caplog.at_level(logging.WARNING, logger="otel_agent_analytics"):
        hashes = [conversation("c", user_id=name)._context.attributes["user.hash"] for name in ("ann", "ann", "bob")]

    assert hashes[0] == hashes[1] != hashes[2]
    assert len(str(hashes[0])) == 64
    assert hashes[0] != hashlib.sha256(b"ann").hexdigest()
    assert hashes[0] != hmac.new(b"", b"ann", hashlib.sha256).hexdigest()
    assert [record.getMessage().split()[0] for record in caplog.records] == ["AGENT_ANALYTICS_USER_KEY"]


# --- wrong use --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: conversation(""), "conversation_id: ''"),
        (lambda: conversation("  "), "conversation_id: '  '"),
        (lambda: conversation(None), "conversation_id: None"),  # type: ignore[arg-type]
        (lambda: conversation(7), "conversation_id: 7"),  # type: ignore[arg-type]
        (lambda: start_conversation(""), "conversation_id: ''"),
        (lambda: end_conversation(""), "conversation_id: ''"),
        (lambda: end_conversation("c", outcome="solved"), "outcome: 'solved'.*completed, escalated, failed"),
        (lambda: end_conversation("c", outcome=""), "outcome: ''"),
        (lambda: feedback("", "positive"), "conversation_id: ''"),
        (lambda: feedback("c", "neutral"), "rating: 'neutral'.*'positive', 'negative' or a number from 1 to 5"),
        (lambda: feedback("c", "5"), "rating: '5'"),
        (lambda: feedback("c", 0), "rating: 0"),
        (lambda: feedback("c", 5.5), "rating: 5.5"),
        (lambda: feedback("c", float("nan")), "rating: nan"),
        (lambda: feedback("c", True), "rating: True"),
        (lambda: feedback("c", None), "rating: None"),  # type: ignore[arg-type]
        (lambda: record_event("user_message", ""), "conversation_id: ''"),
        (lambda: record_event("clicked", "c"), "event: 'clicked'.*abandoned, agent_response, completed"),
        (lambda: record_event("feedback_received", "c"), "rating: None"),
        (lambda: record_event("feedback_received", "c", rating="great"), "rating: 'great'"),
        (lambda: record_event("feedback_received", "", rating=5), "conversation_id: ''"),
        (lambda: record_event("", "c"), "event: ''"),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_wrong_argument(wrong: Callable[[], object], said: str, *, installed: bool) -> None:
    """A wrong argument is a ValueError that says the value and what is allowed, with and without an installation."""
    with own_trace_provider():
        shop = Shop(Settings()) if installed else None
        with pytest.raises(ValueError, match=said) as problem:
            wrong()
        uninstrument()

    assert "allowed is" in str(problem.value)
    assert shop is None or shop.records() == []


def test_spaces_around_an_id_are_no_part_of_it(shop: Shop) -> None:
    """An id is the same with and without spaces around it, wherever it is said."""
    with conversation(" c1\n"):
        serve()
    end_conversation("c1 ", outcome="completed")
    shop.over(0)

    assert shop.outcomes() == {"completed": 1}


def test_without_an_installation_nothing_happens() -> None:
    """Every function works without `instrument()` and does nothing, also for what is installed later."""
    start_conversation("c1", channel="web", user_id="ann")
    with conversation("c1"):
        record_event("user_message", "c1", text="hi")
    feedback("c1", 5)
    end_conversation("c1", outcome="completed")
    with own_trace_provider():
        shop = Shop(Settings())
        shop.over()
        received = shop.value("spans_received_total")
        uninstrument()

    assert received is None
    assert shop.records() == []


def test_after_uninstrument_nothing_happens(shop: Shop) -> None:
    """After `uninstrument()` the functions do nothing again."""
    uninstrument()
    record_event("user_message", "c1", text="hi")
    feedback("c1", 5)

    assert shop.records() == []
