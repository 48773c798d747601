"""The local extractor: record, turns and what was wanted → findings, without a model. Pure.

A confidence is the share that was right, where that could be measured: of statuses on 436 recorded dialogues in which
something was ordered, whose texts are more regular than most; of sentiments on public messages of customers. A status
says how it ended as far as the conversation shows; whether what the agent did was right cannot be seen in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, Rules
from otel_agent_analytics.conversations.wanted import each_once
from otel_agent_analytics.insights import evidence
from otel_agent_analytics.insights.schema import (
    MOST,
    MOST_EVIDENCE,
    Effort,
    Findings,
    Insights,
    Intent,
    Named,
    Resolution,
    Sentiment,
    Trajectory,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.turns import Turn
    from otel_agent_analytics.conversations.wanted import Wanted

NAME: Final = "local"
VERSION: Final = "1"

_SENTIMENT: Final = 0.65
_FRUSTRATED: Final = 0.5
"""Nobody has labelled this one."""
_TRAJECTORY: Final = 0.4
"""Little better than chance for one conversation: it is for many."""
_ESCALATED: Final = 0.95
_MIXED: Final = 0.6
_FAILURE_SAID: Final = 0.85
_RUN_FAILED: Final = 0.9
_ABANDONED: Final = 0.3
_SUCCESS_SAID: Final = 0.95
_COMPLETED: Final = 0.9


class Seen(NamedTuple):
    """What findings are made from."""

    record: ConversationRecord
    turns: Sequence[Turn] = ()
    """From turn 0 on; empty where only the record is known: then what the turns show has no evidence."""
    intents: Sequence[Wanted] = ()
    """In the order in which they were shown; empty where unknown."""
    topics: Sequence[Wanted] = ()
    rules: Rules = DEFAULT_RULES


def local_insights(seen: Seen) -> Insights:
    """Return what can be told of an ended conversation; null, with confidence 0, for what cannot."""
    intents = each_once(seen.intents)
    findings = Findings(
        primary_intent=_intent(intents[0] if intents else None),
        secondary_intents=[_named(wanted) for wanted in intents[1 : MOST + 1]],
        sentiment=_sentiment(seen),
        sentiment_trajectory=_trajectory(seen),
        topics=[_named(wanted) for wanted in each_once(seen.topics)[:MOST]],
        resolution_status=_resolution(seen),
        effort_score=_effort(seen),
    )
    return Insights.by(NAME, VERSION, findings)


def _intent(wanted: Wanted | None) -> Intent:
    if wanted is None:
        return Intent(value=None, confidence=0, evidence=[])
    return Intent(value=wanted.name, confidence=wanted.confidence, evidence=[wanted.turn])


def _named(wanted: Wanted) -> Named:
    return Named(value=wanted.name, confidence=wanted.confidence, evidence=[wanted.turn])


def _sentiment(seen: Seen) -> Sentiment:
    value = seen.record.sentiment
    confidence = 0.0 if value is None else _FRUSTRATED if value == v.FRUSTRATED else _SENTIMENT
    shown = evidence.of_sentiment(seen.turns, value)
    return Sentiment.model_validate(_said(value, confidence * _heard(seen.record), shown))


def _trajectory(seen: Seen) -> Trajectory:
    value = seen.record.trajectory
    shown = evidence.of_trajectory(seen.turns, value)
    return Trajectory.model_validate(_said(value, _TRAJECTORY * _heard(seen.record), shown))


def _resolution(seen: Seen) -> Resolution:
    value = seen.record.resolution_status
    shown = evidence.of_resolution(seen.turns, value, seen.rules)
    return Resolution.model_validate(_said(value, _plainness(seen.record), shown))


def _effort(seen: Seen) -> Effort:
    """Return the effort; it is a count, so it is sure when every part of it was to be had."""
    record = seen.record
    confidence = 1.0 if record.rephrases is not None else 0.5
    return Effort.model_validate(_said(record.effort, confidence, evidence.of_effort(seen.turns, seen.rules)))


def _plainness(record: ConversationRecord) -> float:
    """Return how plainly the conversation shows its status: by the line of the definition that decided."""
    lines = {
        v.ESCALATED: _ESCALATED,
        v.PARTIALLY_RESOLVED: _MIXED,
        v.RESOLVED: _SUCCESS_SAID if record.outcome_statement == v.STATEMENT_SUCCESS else _COMPLETED,
        v.UNRESOLVED: _FAILURE_SAID
        if record.outcome_statement == v.STATEMENT_FAILURE
        else _RUN_FAILED
        if record.outcome == v.FAILED
        else _ABANDONED,
    }
    return lines.get(record.resolution_status or "", 0.0)


def _heard(record: ConversationRecord) -> float:
    """Return the share of the turns whose text was to be had, in a language that is understood."""
    return min(1.0, record.judged_turns / record.user_turns) if record.user_turns else 0.0


def _said(value: object, confidence: float, shown: list[int]) -> dict[str, object]:
    if value is None:
        return {"value": None, "confidence": 0.0, "evidence": []}
    return {"value": value, "confidence": confidence, "evidence": shown[-MOST_EVIDENCE:]}
