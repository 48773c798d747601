"""The demo's plan against what is computed: every conversation turns out as it was planned, to the last figure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from otel_agent_analytics.commands.playing import played
from otel_agent_analytics.demo.traffic import planned_day
from otel_agent_analytics.demo.weights import DAYS
from otel_agent_analytics.prices.book import PriceBook
from otel_agent_analytics.prices.call import PricedCall
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.transcripts.reader import read_transcripts
from otel_agent_analytics.transcripts.schedule import scheduled

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.demo.plan import Plan

START = datetime(2026, 1, 4, 18, tzinfo=UTC)
DAY = timedelta(hours=24)

REASONS = {
    "thanked_answered": "closing_words",
    "thanked_unanswered": "closing_words",
    "resolved": "success_statement",
    "unanswered": "no_answer",
    "question": "open_question",
    "complained": "open_question",
    "tool_failed": "tool_failed",
    "half_done": "tool_failed",
    "rephrased": "rephrased",
    "annoyed": "dissatisfied",
    "answered": "no_sign",
    "person_told": "escalation",
    "person_stops": "escalation",
    "person_demanded": "escalation",
    "error": "run_failed",
    "error_after_tool": "run_failed",
}
CONTEXT = ("channel", "device", "language", "country")
ANNOYED = ("complained", "annoyed", "person_demanded")
FAILED_TOOLS = ("tool_failed", "half_done")
RATINGS = {"positive": "positive", "negative": "negative", 1: "negative", 2: "negative", 3: "neutral", 4: "positive",
           5: "positive", None: None}  # fmt: skip


def expected(plan: Plan) -> dict[str, Any]:
    """Return what the definitions make of a plan."""
    visit, english = plan.outcome == "visit", plan.language == "en"
    rephrases = (plan.twist == "rephrase") + (plan.ending == "rephrased")
    heard = measured_turns(plan) > 0
    return {
        "outcome": None if visit else plan.outcome,
        "outcome_reason": None if visit else "explicit" if plan.explicit else REASONS[plan.ending],
        "user_turns": plan.turns,
        "escalated": plan.ending.startswith("person"),
        "failed_turns": plan.ending.startswith("error") + (plan.twist == "card_number"),
        "guardrail_trips": int(plan.twist == "card_number"),
        "loops": int(plan.twist == "loop"),
        "tool_errors": (plan.twist in ("failed_tool", "failed_person", "broken_tool")) + (plan.ending in FAILED_TOOLS),
        "rephrases": rephrases if heard and english else None,
        "repeats": int(plan.twist == "repeat") if heard else None,
        "outcome_statement": statement(plan) if english else None,
        "resolution_status": status(plan),
        "frustrated": english and annoyed_turns(plan) > 0,
        "last_rating": RATINGS[plan.rating],
        # Of a visit that is no more than a greeting nothing is known: openings and user messages carry it.
        **dict.fromkeys(CONTEXT, None),
        **({name: getattr(plan, name) for name in CONTEXT} if plan.ending != "greeting" else {}),
        "models": () if visit or nobody_answers(plan) else (plan.model,),
        "priced": heard and not nobody_answers(plan) and plan.usage and plan.model.startswith("gpt"),
    }


def computed(record: ConversationRecord) -> dict[str, Any]:
    """Return the same of a record."""
    same = ("outcome", "outcome_reason", "user_turns", "escalated", "failed_turns", "guardrail_trips", "loops",
            "tool_errors", "rephrases", "repeats", "outcome_statement", "resolution_status", "last_rating",
            "models")  # fmt: skip
    return {
        **{name: getattr(record, name) for name in same},
        **{name: getattr(record.context, name) for name in CONTEXT},
        "frustrated": record.sentiment == "frustrated",
        "priced": record.model_calls > 0 and record.unpriced_calls == 0 and (record.cost or 0) > 0,
    }


def statement(plan: Plan) -> str | None:
    """Return what the agent last says of the result: it is done for those who thank late enough, or want no thanks."""
    first_part = 5 if plan.comeback and plan.comeback != "visited" else 3
    long_enough = plan.turns - bool(plan.twist) >= first_part
    if plan.ending == "resolved" or (plan.ending.startswith("thanked") and long_enough):
        return "success"
    return "failure" if plan.ending in FAILED_TOOLS else None


def status(plan: Plan) -> str | None:
    """Return the resolution status."""
    if plan.ending.startswith("person"):
        return "escalated"
    if plan.ending == "half_done":
        return "partially_resolved"
    return {"completed": "resolved", "failed": "unresolved", "abandoned": "unresolved"}.get(plan.outcome)


def annoyed_turns(plan: Plan) -> int:
    """Return in how many turns the user complains."""
    return (plan.twist == "complaint") + (plan.ending in ANNOYED)


def nobody_answers(plan: Plan) -> bool:
    """Return whether no model is called at all."""
    return plan.ending == "unanswered" and plan.turns == 1


def measured_turns(plan: Plan) -> int:
    """Return how many user messages are heard: a run whose first model call fails, or is never made, shows no text."""
    handed_over = {"first_reply": 1, "later": 2}.get(plan.route)
    return plan.turns - (plan.ending == "error" and plan.turns != handed_over) - (plan.twist == "card_number")


def comes_back(one: dict[str, Any], day: list[dict[str, Any]]) -> bool:
    """Return whether the user says something in another conversation within 24 hours after the end of this one."""
    end = times(one)[-1]
    others = [other for other in day if "user_id" in other and other is not one]
    same_user = [other for other in others if other["user_id"] == one.get("user_id")]
    return any(end < at <= end + DAY for other in same_user for at in times(other, "user"))


def times(one: dict[str, Any], role: str = "") -> list[datetime]:
    """Return the times of the messages of a role, or of all."""
    return [datetime.fromisoformat(m["timestamp"]) for m in one["messages"] if role in ("", m["role"])]


class Outcome(NamedTuple):
    """A day as it was planned, and what came of it."""

    planned: list[tuple[Plan, Any]]
    records: dict[str, ConversationRecord]

    def share(self, holds: Callable[[ConversationRecord], bool]) -> float:
        """Return in which share of the conversations with a word of the user something holds."""
        engaged = [record for record in self.records.values() if record.user_turns]
        return sum(map(holds, engaged)) / len(engaged)


@cache
def outcome(kind: str) -> Outcome:
    """Play a day, once for all tests."""
    planned: list[tuple[Plan, Any]] = list(planned_day(seed=2, conversations=300, start=START, day=kind))

    def refuse(problem: Exception) -> None:
        raise problem

    lines = [json.dumps(one).encode() for _, one in planned]
    traffic = scheduled(list(read_transcripts(lines, "demo", refuse)))
    with played(traffic, Settings(user_key=b"demo"), service="northwind-support") as result:
        assert result.problems == []
    records = {record.conversation_id: record for record in result.records}
    assert len(records) == len(result.records) == 300
    return Outcome(planned, records)


@pytest.mark.parametrize("kind", DAYS)
def test_every_conversation_turns_out_as_planned(kind: str) -> None:
    """Outcome and reason, turns, signals, statement, status, ratings, context, price and comebacks: all as planned."""
    planned, records = outcome(kind)
    day = [transcript for _, transcript in planned]

    for plan, transcript in planned:
        record, name = records[transcript["id"]], (transcript["id"], plan)
        assert computed(record) == expected(plan), name
        if plan.language == "en" and plan.turns:
            # Whoever has to say a thing twice may be dissatisfied as well, or not.
            said_anew = (record.rephrases or 0) + (record.repeats or 0)
            assert annoyed_turns(plan) <= (record.dissatisfied_turns or 0) <= annoyed_turns(plan) + said_anew, name
            assert record.judged_turns == measured_turns(plan), name
        if plan.turns:
            assert record.returned is comes_back(transcript, day), name


def test_the_sums_of_a_day_are_the_shares_that_it_has() -> None:
    """300 conversations have three times the hundredths of each outcome, whatever kind of day it is."""
    for kind, weights in DAYS.items():
        ends = Counter(record.outcome or "visit" for record in outcome(kind).records.values())
        assert ends == {name: 3 * share for name, share in weights.outcomes.items()}


def test_a_bad_day_is_bad_in_every_way() -> None:
    """Far enough from an ordinary one for alerts to tell them apart: feelings, results, the tool, money and time."""
    good, bad = outcome("ordinary"), outcome("bad")
    negative = [day.share(lambda one: one.sentiment in ("negative", "frustrated")) for day in (good, bad)]
    assert negative[0] < 0.2
    assert negative[1] > 0.35
    resolved = [day.share(lambda one: one.resolution_status == "resolved") for day in (good, bad)]
    assert resolved[0] > 0.5
    assert resolved[1] < 0.3
    assert bad.share(lambda one: one.loops > 0) > 2 * good.share(lambda one: one.loops > 0)
    costs = [sum(float(one.cost or 0) for one in day.records.values()) for day in (good, bad)]
    assert costs[1] > 3 * costs[0]
    first = [median(one.first_response_ns or 0 for one in day.records.values()) for day in (good, bad)]
    assert first[1] > 2 * first[0]
    broken = [failures_of("track_parcel", day) for day in (good, bad)]
    assert broken[0] < 0.15
    assert broken[1] > 0.3


def failures_of(tool: str, day: Outcome) -> float:
    """Return which share of a tool's calls fails, in the transcripts of a day."""
    results: list[bool] = []
    for _, transcript in day.planned:
        waiting: list[str] = []
        for message in transcript["messages"]:
            waiting += [call["name"] for call in message.get("tool_calls", ())]
            if message["role"] == "tool" and waiting.pop(0) == tool:
                results.append(message["content"].startswith("Error: "))
    return sum(results) / len(results)


@pytest.mark.parametrize("kind", DAYS)
def test_models_are_priced_but_for_one(kind: str) -> None:
    """The price table knows the models of the demo, but for the one that shows what an unknown price looks like."""
    book, at_ns = PriceBook(), round(START.timestamp()) * 10**9
    models = {plan.model for plan, _ in planned_day(seed=1, conversations=300, start=START, day=kind) if plan.model}
    priced = {
        model for model in models
        if book.cost(PricedCall("openai", model, model, None, at_ns, 1000, 100)).usd is not None
    }  # fmt: skip

    assert models - priced == {"northwind-local-1"}
    assert priced
