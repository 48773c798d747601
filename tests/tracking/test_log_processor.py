"""Events that an application emits itself, through OpenTelemetry's logs."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.log_processor import EventLogProcessor
from otel_agent_analytics.tracking.span_processor import ConversationSpanProcessor
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker

BEGIN_NS = 1_700_000_000 * SECOND_NS


def emitted(*events: tuple[str, dict[str, Any]], scope: str = "app") -> Ledger:
    """Return what came of events of conversation ``c``, a second apart."""
    totals, ledger = Totals(), Ledger()
    processor = ConversationSpanProcessor(Tracker(MemoryStore(), (totals, ledger), DEFAULT_RULES), totals)
    provider = LoggerProvider(Resource({"service.name": "shop"}))
    provider.add_log_record_processor(EventLogProcessor(processor))
    for number, (name, said) in enumerate(events):
        attributes = {v.GEN_AI_CONVERSATION_ID: "c", **said}
        provider.get_logger(scope).emit(timestamp=BEGIN_NS + number * SECOND_NS, event_name=name, attributes=attributes)
    processor.advance_to(BEGIN_NS + 3600 * SECOND_NS)
    provider.shutdown()
    return ledger


def test_lifecycle_events_make_a_conversation() -> None:
    """An application that has no spans tells of a conversation by log records."""
    (record,) = emitted((v.EVENT_USER_MESSAGE, {}), (v.EVENT_AGENT_RESPONSE, {}), (v.EVENT_COMPLETED, {})).records()

    assert (record.service.name, record.outcome, record.user_turns, record.agent_messages) == (
        "shop",
        "completed",
        1,
        1,
    )


def test_evaluation_of_the_resolution_goes_before_the_agents_word() -> None:
    """An evaluation named resolution says whether the conversation was solved, by its label or its score."""
    for said, solved in (
        ({v.GEN_AI_EVALUATION_SCORE_LABEL: "resolved"}, True),
        ({v.GEN_AI_EVALUATION_SCORE_LABEL: "fail"}, False),
        ({v.GEN_AI_EVALUATION_SCORE_VALUE: 0.9}, True),
    ):
        judged = (v.EVENT_EVALUATION_RESULT, {v.GEN_AI_EVALUATION_NAME: v.EVALUATION_RESOLUTION, **said})
        (record,) = emitted((v.EVENT_USER_MESSAGE, {}), judged).records()
        assert (record.judged_resolved, v.VERIFIED in record.resolutions) == (solved, solved)


def test_our_own_records_and_others_are_left_alone() -> None:
    """A record of ours is not taken a second time, and one of another name is none of ours."""
    assert emitted((v.EVENT_USER_MESSAGE, {}), scope=v.SCOPE_NAME).records() == []
    assert emitted((v.EVENT_USER_MESSAGE, {}), scope=v.DERIVED_SCOPE_NAME).records() == []
    assert emitted(("something.else", {})).records() == []
