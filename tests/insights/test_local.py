"""The local extractor: what can be told of a conversation without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.judging import Closing, build_record
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.conversations.turns import turns_of
from otel_agent_analytics.conversations.wanted import Wanted
from otel_agent_analytics.insights.local import Seen, local_insights
from tests.conversations.made import agent, run_failed, tool, unheard, user

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.insights.schema import Insights

CALM_TALK = (user(), agent(), user(closing=True), agent())


def seen(*said: Callable[[int], Event], **also: Any) -> Seen:
    """Return an ended conversation, made of what was said; ``effort`` is set on its record."""
    events = [make(at) for at, make in enumerate(said, start=1)]
    record = build_record("c", 1, events, Closing(1, len(said), "idle"), DEFAULT_RULES)
    record = record._replace(effort=also.pop("effort", None))
    return Seen(record, turns_of(events), **also)


def found(*said: Callable[[int], Event], **also: Any) -> Insights:
    """Return what is told of it."""
    return local_insights(seen(*said, **also))


def test_who_found_it() -> None:
    """Name and version of the extractor are part of it."""
    insights = found(*CALM_TALK)

    assert (insights.extractor, insights.extractor_version) == ("local", "1")


@pytest.mark.parametrize(
    ("said", "status", "confidence", "evidence"),
    [
        ((user(), tool("escalate"), agent(), user(), agent()), "escalated", 0.95, [1]),
        ((user(), agent(), user(), agent(statement="failure")), "unresolved", 0.85, [2]),
        ((user(), agent(statement="failure"), user(closing=True), agent()), "unresolved", 0.85, [1]),
        ((user(), agent(statement="success"), user(closing=True), agent()), "resolved", 0.95, [1]),
        (CALM_TALK, "resolved", 0.9, [2]),
        ((user(), agent(), user(), run_failed()), "unresolved", 0.9, [2]),
        ((user(), agent(question=True)), "unresolved", 0.3, [1]),
        ((user(), agent()), None, 0, []),
        (
            (user(), tool("book"), agent(statement="success"), user(), tool("pay"), agent(statement="failure")),
            "partially_resolved",
            0.6,
            [1, 2],
        ),
    ],
)
def test_resolution(said: Any, status: str | None, confidence: float, evidence: list[int]) -> None:
    """The record's status, as sure as what decided it, with the turns that say so."""
    judged = found(*said).resolution_status

    assert (judged.value, judged.confidence, judged.evidence) == (status, confidence, evidence)


def test_sentiment() -> None:
    """The record's, with the turns that were felt so; less sure where fewer turns were heard."""
    frustrated = found(user(), agent(), user(sentiment=-0.5, complaint=True), agent(), user(sentiment=-0.4), agent())
    negative = found(user(sentiment=-0.5), agent(), user(sentiment=-0.1), agent())
    half = found(user(sentiment=0.5), agent(), unheard(), agent())

    assert (frustrated.sentiment.value, frustrated.sentiment.evidence) == ("frustrated", [2])
    assert frustrated.sentiment.confidence == 0.5
    assert (negative.sentiment.value, negative.sentiment.evidence) == ("negative", [1, 2])
    assert negative.sentiment.confidence == 0.65
    assert (half.sentiment.value, half.sentiment.evidence, half.sentiment.confidence) == ("positive", [1], 0.325)
    assert found(*CALM_TALK).sentiment.evidence == []


def test_trajectory() -> None:
    """The thirds that were compared are its evidence; none where it was stable."""
    calm, angry = user(sentiment=0.5), user(sentiment=-0.9, negation=True, complaint=True)
    declined = found(calm, agent(), user(), agent(), angry, agent())

    assert (declined.sentiment_trajectory.value, declined.sentiment_trajectory.evidence) == ("declined", [1, 3])
    assert (found(*CALM_TALK).sentiment_trajectory.value, found(*CALM_TALK).sentiment_trajectory.evidence) == (
        "stable",
        [],
    )


def test_effort() -> None:
    """The record's number, with what made it hard; null until the length was compared with the usual one."""
    talk = (user(), tool("search", failed=True), agent(), user(rephrase=True), agent(), user(), agent())

    judged = found(*talk, effort=3).effort_score
    assert (judged.value, judged.confidence, judged.evidence) == (3, 1.0, [1, 2])
    assert (found(*talk).effort_score.value, found(*talk).effort_score.confidence) == (None, 0)


def test_intents_and_topics() -> None:
    """The first intent is the primary one, the others follow once each; every one with the turn that showed it."""
    intents = (Wanted("refund", 0.9, 1), Wanted("address", 0.6, 2), Wanted("refund", 0.5, 3))
    insights = found(*CALM_TALK, intents=intents, topics=(Wanted("t7", 0.5, 1),))

    assert insights.primary_intent.model_dump() == {"value": "refund", "confidence": 0.9, "evidence": [1]}
    assert [one.model_dump() for one in insights.secondary_intents] == [
        {"value": "address", "confidence": 0.6, "evidence": [2]}
    ]
    assert [one.model_dump() for one in insights.topics] == [{"value": "t7", "confidence": 0.5, "evidence": [1]}]


def test_what_is_unknown_is_null() -> None:
    """Without text nothing is told of sentiment, intents and topics, with confidence 0: never neutral."""
    insights = found(unheard(), agent(refusal=None, statement=None, question=None))

    for judged in (insights.primary_intent, insights.sentiment, insights.sentiment_trajectory, insights.effort_score):
        assert (judged.value, judged.confidence, judged.evidence) == (None, 0, [])
    assert insights.topics == insights.secondary_intents == []


def test_only_a_record() -> None:
    """The values are the same where the turns are not to be had; they have no evidence then."""
    whole = seen(user(), agent(statement="success"), user(sentiment=0.9, closing=True), agent(), effort=2)
    alone = local_insights(whole._replace(turns=()))

    assert alone.resolution_status.value == local_insights(whole).resolution_status.value == "resolved"
    assert alone.effort_score.value == 2
    assert alone.resolution_status.evidence == alone.sentiment.evidence == alone.effort_score.evidence == []


def test_evidence_is_bounded() -> None:
    """Of very many turns that show the same the last ones are named."""
    talk = [make for _ in range(30) for make in (user(sentiment=-0.5), agent())]

    assert found(*talk).sentiment.evidence == list(range(11, 31))
