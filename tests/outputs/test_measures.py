"""What each event and each record adds to which metric: every amount reckoned by hand.

In the scripts ten seconds pass before a user speaks and one before anything else; a tool, a model call and a guardrail
take half a second.
"""

from __future__ import annotations

from decimal import Decimal
from math import exp
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.events import AgentResponse, ModelCalled
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.measures import (
    Amount,
    device_label,
    distributions_of_record,
    of_event,
    of_record,
    turn_label,
)
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, SERVICE, play, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.record import ConversationRecord

DAY_NS = 86_400 * 10**9


def priced(call: ModelCalled) -> ModelCalled:
    """Let a call of the model ``known`` cost a cent."""
    return call._replace(cost=Decimal("0.01")) if call.model == "known" else call


def shown(script: str) -> dict[str, float]:
    """Return all that a conversation adds, by name and labels; counters and twins that are 0 are left out."""
    totals = Totals()
    tracker = Tracker(MemoryStore(), (totals,), DEFAULT_RULES, priced)
    for source in write(script):
        tracker.advance_to(getattr(source, "time_ns", 0) or getattr(source, "end_ns", 0))
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 10 * DAY_NS)
    return dict(_samples(totals))


def _samples(totals: Totals) -> Iterator[tuple[str, float]]:
    for metric, series in totals.counters().items():
        for (_, labels), total in series.items():
            for name, value in ((metric.name, total.value), (metric.twin, total.retracted)):
                if value:
                    yield _name(name, metric, labels), float(value)
    for metric, distributions in totals.histograms().items():
        for (_, labels), one in distributions.items():
            yield _name(f"{metric.name}_count", metric, labels), sum(one.counts)
            yield _name(f"{metric.name}_sum", metric, labels), float(one.total / metric.unit)


def _name(name: str, metric: c.Metric, labels: tuple[str, ...]) -> str:
    said = ",".join(f"{label}={value}" for label, value in zip(metric.labels, labels, strict=True))
    return name.removeprefix("agent_analytics_").removesuffix("_total") + (f"{{{said}}}" if said else "")


def satisfaction(*logits: float) -> float:
    """Return what turns with these logits leave of satisfaction, in millionths."""
    return round(1 - sum(1 / (1 + exp(-logit)) for logit in logits) / len(logits), 6)


NOBODY_KNOWS = {
    "conversations_by_country{country=unknown}": 1,
    "conversations_by_device{device=unknown}": 1,
    "conversations_by_language{language=unknown}": 1,
    "conversations_by_channel{channel=unknown}": 1,
}
NOBODY_SAID = {"conversations_by_intent{intent=unknown}": 1, "conversations_by_topic{topic=unknown}": 1}
SCENARIOS: dict[str, dict[str, float]] = {
    # Nobody spoke.
    "open | agent:Greeter welcome": {"visits": 1, "messages{role=agent}": 1, "spans_received": 2},
    # An answer of which nothing was measured.
    "user - | agent -": {
        "conversations_started{channel=unknown}": 1,
        "conversations_ended{outcome=silent,agent=helper}": 1,
        "conversations_without_signals": 1,
        "messages{role=user}": 1,
        "messages{role=agent}": 1,
        "turn_reached{turn=1}": 1,
        "conversation_duration_seconds_count": 1,
        "conversation_duration_seconds_sum": 1,
        "conversation_turns_count": 1,
        "conversation_turns_sum": 1,
        "response_time_seconds_count{agent=helper}": 1,
        "response_time_seconds_sum{agent=helper}": 1,
        "first_response_time_seconds_count": 1,
        "first_response_time_seconds_sum": 1,
        "resolutions{kind=contained}": 1,
        "resolutions{kind=assumed}": 1,
        "conversations_by_resolution_status{status=unknown}": 1,
        "conversations_by_sentiment{sentiment=unknown}": 1,
        "conversations_by_trajectory{trajectory=unknown}": 1,
        "conversations_by_effort{effort=1}": 1,
        **NOBODY_KNOWS,
        **NOBODY_SAID,
        "spans_received": 1,
    },
    # Opened after 2 s, three turns from 12 to 21, 33 to 34 and 44 to 45 s, judged after 46: resolved.
    "as user=mia channel=web device=tablet country=NL language=en | open | user hi | guard words | guard words tripped"
    " | model known 100 20 | tool find | tool find failed | loop 2 | handoff Orders | model known 300 40 | agent which?"
    " | rate 4 ann | rate negative bob | user bad not complaint | agent look | user good thanks, bye"
    " | agent it is booked | judge resolved": {
        "conversations_started{channel=web}": 1,
        "conversations_ended{outcome=completed,agent=Orders}": 1,
        "messages{role=user}": 3,
        "messages{role=agent}": 3,
        "turn_reached{turn=1}": 1,
        "turn_reached{turn=2}": 1,
        "turn_reached{turn=3}": 1,
        "conversation_duration_seconds_count": 1,
        "conversation_duration_seconds_sum": 46 - 2,
        "conversation_turns_count": 1,
        "conversation_turns_sum": 3,
        "response_time_seconds_count{agent=Orders}": 3,
        "response_time_seconds_sum{agent=Orders}": 9 + 1 + 1,
        "first_response_time_seconds_count": 3,
        "first_response_time_seconds_sum": 9 + 1 + 1,
        "resolution_time_seconds_count{agent=Orders}": 1,
        "resolution_time_seconds_sum{agent=Orders}": 44,
        "guardrail_checks{guardrail=words}": 2,
        "guardrail_trips{guardrail=words}": 1,
        "model_calls{model=known}": 2,
        "model_duration_seconds_count{model=known}": 2,
        "model_duration_seconds_sum{model=known}": 0.5 + 0.5,
        "tokens{model=known,token_type=input}": 400,
        "tokens{model=known,token_type=output}": 60,
        "cost_usd{agent=helper,model=known}": 0.01,
        "cost_usd{agent=Orders,model=known}": 0.01,
        "ended_cost_usd{outcome=completed}": 0.02,
        "conversation_cost_usd_count": 1,
        "conversation_cost_usd_sum": 0.02,
        "conversation_tokens_count": 1,
        "conversation_tokens_sum": 460,
        "savings_conversations{side=verified}": 1,
        "savings_cost_usd{side=verified}": 0.02,
        "tool_calls{tool=find}": 2,
        "tool_errors{tool=find}": 1,
        "tool_duration_seconds_count{tool=find}": 2,
        "tool_duration_seconds_sum{tool=find}": 0.5 + 0.5,
        "errors{source=tool,error_type=error_result}": 1,
        "loops": 2,
        "handoffs{from_agent=helper,to_agent=Orders}": 1,
        "feedback{rating=positive}": 1,
        "feedback{rating=negative}": 1,
        "feedback_scores": 4,
        "scored_feedback": 1,
        "rated_conversations{rating=negative}": 1,  # (4 + 1) / 2 is less than 3
        "rated_resolution_pairs{status=resolved,rating=negative}": 1,
        "rated_sentiment_pairs{sentiment=frustrated,rating=negative}": 1,
        "resolutions{kind=contained}": 1,
        "resolutions{kind=assumed}": 1,
        "resolutions{kind=verified}": 1,
        "conversations_by_resolution_status{status=resolved}": 1,
        # The second message is negative and a complaint.
        "conversations_by_sentiment{sentiment=frustrated}": 1,
        # From P .172 to .058: more than a tenth less.
        "conversations_by_trajectory{trajectory=improved}": 1,
        "conversations_by_effort{effort=2}": 1,  # a tool failed
        "conversation_satisfaction_count": 1,
        "conversation_satisfaction_sum": satisfaction(
            -1.569, -1.569 + 0.878 * 0.5 + 1.268 + 0.735, -1.569 - 0.878 * 0.5 + 0.257 * 0.25 - 0.851
        ),
        "judged_turns": 3,
        "dissatisfied_turns": 1,
        "conversations_by_country{country=NL}": 1,
        "conversations_by_device{device=tablet}": 1,
        "conversations_by_language{language=en}": 1,
        "conversations_by_channel{channel=web}": 1,
        **NOBODY_SAID,
        "spans_received": 14,
    },
    # A human was asked for; the second run failed, in a model call that nobody has a price for.
    "user a | tool transfer_to_human | agent x | user b anew | model odd 10 5 | error ModelError": {
        "conversations_started{channel=unknown}": 1,
        "conversations_ended{outcome=escalated,agent=helper}": 1,
        "conversations_escalated{agent=helper}": 1,
        "messages{role=user}": 2,
        "messages{role=agent}": 1,
        "turn_reached{turn=1}": 1,
        "turn_reached{turn=2}": 1,
        "conversation_duration_seconds_count": 1,
        "conversation_duration_seconds_sum": 24 - 10,
        "conversation_turns_count": 1,
        "conversation_turns_sum": 2,
        "response_time_seconds_count{agent=helper}": 1,
        "response_time_seconds_sum{agent=helper}": 2,
        "first_response_time_seconds_count": 1,
        "first_response_time_seconds_sum": 2,
        "tool_calls{tool=transfer_to_human}": 1,
        "tool_duration_seconds_count{tool=transfer_to_human}": 1,
        "tool_duration_seconds_sum{tool=transfer_to_human}": 0.5,
        "model_calls{model=odd}": 1,
        "model_duration_seconds_count{model=odd}": 1,
        "model_duration_seconds_sum{model=odd}": 0.5,
        "tokens{model=odd,token_type=input}": 10,
        "tokens{model=odd,token_type=output}": 5,
        "unpriced_calls{model=odd}": 1,
        "conversation_tokens_count": 1,
        "conversation_tokens_sum": 15,
        "savings_unpriced_conversations{side=escalated}": 1,
        "errors{source=run,error_type=ModelError}": 1,
        "conversations_by_resolution_status{status=escalated}": 1,
        "conversations_by_sentiment{sentiment=neutral}": 1,
        "conversations_by_trajectory{trajectory=stable}": 1,
        "conversations_by_effort{effort=3}": 1,
        "conversation_satisfaction_count": 1,
        "conversation_satisfaction_sum": satisfaction(-1.569, -1.569 + 0.952 * 0.5),
        "judged_turns": 2,
        "rephrases": 1,
        **NOBODY_KNOWS,
        **NOBODY_SAID,
        "spans_received": 4,
    },
    # Ended on a question after a repeat, and an hour later on a success: the first end is taken back.
    "user where | agent x | user where | model known | agent which? | rate 5 | idle 1h | user b | agent booked": {
        "conversations_started{channel=unknown}": 1,
        "conversations_reopened": 1,
        "conversations_ended{outcome=abandoned,agent=helper}": 1,
        "conversations_retracted{outcome=abandoned,agent=helper}": 1,
        "conversations_ended{outcome=completed,agent=helper}": 1,
        "messages{role=user}": 3,
        "messages{role=agent}": 3,
        "turn_reached{turn=1}": 1,
        "turn_reached{turn=2}": 1,
        "turn_reached{turn=3}": 1,
        "turn_abandoned{turn=2}": 1,
        "turn_abandoned_retracted{turn=2}": 1,
        # 10 to 24 s, with the rating; then to the answer at 3,636 s: the pause has a second of its own
        "conversation_duration_seconds_count": 2,
        "conversation_duration_seconds_sum": 14 + 3626,
        "conversation_turns_count": 2,
        "conversation_turns_sum": 2 + 3,
        "response_time_seconds_count{agent=helper}": 3,
        "response_time_seconds_sum{agent=helper}": 1 + 2 + 1,
        "first_response_time_seconds_count": 2 + 3,
        "first_response_time_seconds_sum": (1 + 2) + (1 + 2 + 1),
        "resolution_time_seconds_count{agent=helper}": 1,
        "resolution_time_seconds_sum{agent=helper}": 3626,
        "model_calls{model=known}": 1,
        "model_duration_seconds_count{model=known}": 1,
        "model_duration_seconds_sum{model=known}": 0.5,
        "cost_usd{agent=helper,model=known}": 0.01,
        "ended_cost_usd{outcome=abandoned}": 0.01,
        "ended_cost_usd_retracted{outcome=abandoned}": 0.01,
        "ended_cost_usd{outcome=completed}": 0.01,
        "conversation_cost_usd_count": 2,
        "conversation_cost_usd_sum": 0.02,
        "savings_conversations{side=verified}": 1,
        "savings_cost_usd{side=verified}": 0.01,
        "feedback{rating=positive}": 2,
        "feedback_retracted{rating=positive}": 1,
        "feedback_scores": 10,
        "feedback_scores_retracted": 5,
        "scored_feedback": 2,
        "scored_feedback_retracted": 1,
        "rated_conversations{rating=positive}": 2,
        "rated_conversations_retracted{rating=positive}": 1,
        "rated_resolution_pairs{status=unresolved,rating=positive}": 1,
        "rated_resolution_pairs_retracted{status=unresolved,rating=positive}": 1,
        "rated_resolution_pairs{status=resolved,rating=positive}": 1,
        "rated_sentiment_pairs{sentiment=neutral,rating=positive}": 2,
        "rated_sentiment_pairs_retracted{sentiment=neutral,rating=positive}": 1,
        "resolutions{kind=contained}": 2,
        "resolutions_retracted{kind=contained}": 1,
        "resolutions{kind=assumed}": 1,
        "resolutions{kind=confirmed}": 2,
        "resolutions_retracted{kind=confirmed}": 1,
        "resolutions{kind=verified}": 1,
        "conversations_by_resolution_status{status=unresolved}": 1,
        "conversations_by_resolution_status_retracted{status=unresolved}": 1,
        "conversations_by_resolution_status{status=resolved}": 1,
        "conversations_by_sentiment{sentiment=neutral}": 2,
        "conversations_by_sentiment_retracted{sentiment=neutral}": 1,
        "conversations_by_trajectory{trajectory=stable}": 2,
        "conversations_by_trajectory_retracted{trajectory=stable}": 1,
        "conversations_by_effort{effort=1}": 2,
        "conversations_by_effort_retracted{effort=1}": 1,
        "conversation_satisfaction_count": 2,
        "conversation_satisfaction_sum": 2 * satisfaction(-1.569),
        "judged_turns": 2 + 3,
        "judged_turns_retracted": 2,
        "repeats": 1 + 1,
        "repeats_retracted": 1,
        "conversations_by_intent{intent=whereabouts}": 2,
        "conversations_by_intent_retracted{intent=whereabouts}": 1,
        "unresolved_conversations_by_intent{intent=whereabouts}": 1,
        "unresolved_conversations_by_intent_retracted{intent=whereabouts}": 1,
        # Nobody looked for topics, so it is about what the user came for.
        "conversations_by_topic{topic=whereabouts}": 2,
        "conversations_by_topic_retracted{topic=whereabouts}": 1,
        "unresolved_conversations_by_topic{topic=whereabouts}": 1,
        "unresolved_conversations_by_topic_retracted{topic=whereabouts}": 1,
        **dict.fromkeys(NOBODY_KNOWS, 2),
        **{name.replace("{", "_retracted{"): 1 for name in NOBODY_KNOWS},
        "spans_received": 5,
    },
    # A rating of nothing, and a span that comes twice.
    "rate 5": {"feedback_unmatched": 1, "spans_received": 1},
}


@pytest.mark.parametrize("script", SCENARIOS)
def test_scenario(script: str) -> None:
    """All that is counted, and nothing else."""
    found = shown(script)

    assert {name: value for name, value in found.items() if name not in SCENARIOS[script]} == {}
    assert found == {name: pytest.approx(value, rel=1e-9) for name, value in SCENARIOS[script].items()}


def test_every_metric_is_in_a_scenario() -> None:
    """The scenarios leave out only gauges, what goes wrong on the way, a judge, and what the tests below add."""
    elsewhere = {
        c.MODEL_ERRORS, c.TIME_TO_FIRST_TOKEN, c.DUPLICATE, c.LATE, c.DROPPED, c.WITHOUT_CONVERSATION, c.VALUES_REFUSED,
        c.LABELS_FOLDED, c.DERIVED_ELSEWHERE, c.ATTRIBUTES_CUT, *c.PER_PROCESS, *c.OF_JUDGE,
    }  # fmt: skip
    named = {name.partition("{")[0] for expected in SCENARIOS.values() for name in expected}
    for metric in c.CATALOGUE:
        name = metric.name.removeprefix("agent_analytics_").removesuffix("_total")
        if metric.kind != c.GAUGE and metric not in elsewhere:
            assert (f"{name}_sum" if metric.kind == c.HISTOGRAM else name) in named


# --- single events ----------------------------------------------------------------------------------------------------


def model_call(**said: Any) -> ModelCalled:
    """Return a call of two seconds that told nothing."""
    empty: Any = dict.fromkeys(ModelCalled._fields)
    basis = {"id": "m", "time_ns": 5, "until_ns": 5 + 2 * 10**9, "service": SERVICE, "trace_id": "t", "model": "m"}
    return ModelCalled(**{**empty, **basis, **said})


def amounts(event: ModelCalled | AgentResponse) -> set[tuple[str, tuple[str, ...], int | Decimal]]:
    """Return what an event adds, without the model's calls and their durations."""
    usual = (c.MODEL_CALLS, c.MODEL_DURATION)
    return {(one.metric.name, one.labels, one.value) for one in of_event(event) if one.metric not in usual}


def test_streamed_call_that_failed() -> None:
    """Its first token, its error by model and by type, and who pays for it."""
    call = model_call(agent="Orders", first_token_ns=250, error_type="Timeout", cost=Decimal("0.5"), input=3, output=0)

    assert amounts(call) == {
        (c.TIME_TO_FIRST_TOKEN.name, ("m",), 250),
        (c.MODEL_ERRORS.name, ("m",), 1),
        (c.ERRORS.name, ("model", "Timeout"), 1),
        (c.COST.name, ("Orders", "m"), Decimal("0.5")),
        (c.TOKENS.name, ("m", "input"), 3),
    }


@pytest.mark.parametrize(
    ("said", "unpriced"),
    [
        ({}, 1),
        ({"error_type": "Timeout"}, 0),
        ({"error_type": "Timeout", "input": 5}, 1),
        ({"cost": Decimal(0)}, 0),
        ({"input": 5, "output": 5}, 1),
    ],
)
def test_unpriced_call(said: dict[str, Any], unpriced: int) -> None:
    """A call whose cost nobody knows; one that failed before it used anything cost nothing."""
    found = [one for one in of_event(model_call(**said)) if one.metric is c.UNPRICED]

    assert len(found) == unpriced


def test_tokens_by_type() -> None:
    """Each count by its name; what is absent or 0 adds no series."""
    call = model_call(cost=Decimal(1), input=100, output=20, cache_read=64, cache_write=8, reasoning=7)
    tokens = {labels[1]: value for name, labels, value in amounts(call) if name == c.TOKENS.name}

    assert tokens == {"input": 100, "output": 20, "cache_read": 64, "cache_write": 8, "reasoning": 7}
    assert amounts(model_call(cost=Decimal(1))) == {(c.COST.name, ("unknown", "m"), Decimal(1))}


def test_answer_without_a_run_has_no_response_time() -> None:
    """A greeting, or an answer that an application tells of without a time, is a message and no more."""
    said = AgentResponse("a", 5, 5, SERVICE, "", None, None, None, None, None, None, None)

    assert amounts(said) == {(c.MESSAGES.name, ("agent",), 1)}
    assert (c.RESPONSE_TIME.name, ("unknown",), 7) in amounts(said._replace(response_ns=7))


# --- records ----------------------------------------------------------------------------------------------------------

RECORD = play("user a | agent x").record


def of(record: ConversationRecord, *metrics: c.Metric) -> list[tuple[str, tuple[str, ...], int | Decimal]]:
    """Return what a record adds to some metrics."""
    everything = [*of_record(record), *distributions_of_record(record)]
    return [(one.metric.name, one.labels, one.value) for one in everything if one.metric in metrics]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        # verified and priced, escalated and priced, both, and neither
        ({"judged_resolved": True, "cost": Decimal("0.1")}, {("savings", "verified", "0.1")}),
        ({"escalation_agent": "A", "cost": Decimal("0.1")}, {("savings", "escalated", "0.1")}),
        (
            {"judged_resolved": True, "escalation_agent": "A", "cost": Decimal("0.1")},
            {("savings", "verified", "0.1"), ("savings", "escalated", "0.1")},
        ),
        ({"cost": Decimal("0.1")}, set()),
        # no model was called: that cost nothing
        ({"judged_resolved": True}, {("savings", "verified", "0")}),
        # one call without a price leaves the episode out, whatever the others cost
        ({"judged_resolved": True, "cost": Decimal("0.1"), "unpriced_calls": 1}, {("unpriced", "verified", "1")}),
        ({"escalation_agent": "A", "unpriced_calls": 2}, {("unpriced", "escalated", "1")}),
    ],
)
def test_savings(record: dict[str, Any], expected: set[tuple[str, str, str]]) -> None:
    """Episodes of known cost by side, with what they cost; those of unknown cost are counted apart."""
    made = RECORD._replace(**record)
    found = {("savings", side, f"{value}") for _, (side,), value in of(made, c.SAVINGS_COST)}
    found |= {("unpriced", side, f"{value}") for _, (side,), value in of(made, c.SAVINGS_UNPRICED)}

    assert found == expected
    assert len(of(made, c.SAVINGS_CONVERSATIONS)) == len(of(made, c.SAVINGS_COST))


@pytest.mark.parametrize(
    ("record", "observed"),
    [
        ({"cost": Decimal("0.1")}, [Decimal("0.1")]),
        ({"cost": Decimal("0.1"), "unpriced_calls": 1}, []),
        ({}, []),
    ],
)
def test_cost_of_a_conversation_where_all_of_it_is_known(record: dict[str, Any], observed: list[Any]) -> None:
    """A part of the cost is no cost of a conversation; the sum by outcome takes it."""
    made = RECORD._replace(**record)

    assert [value for _, _, value in of(made, c.CONVERSATION_COST)] == observed
    assert [value for _, _, value in of(made, c.ENDED_COST)] == ([made.cost] if made.cost is not None else [])


@pytest.mark.parametrize(
    ("tokens", "observed"), [((3, 4), [7]), ((3, None), [3]), ((None, 4), [4]), ((0, 0), [0]), ((None, None), [])]
)
def test_tokens_of_a_conversation(tokens: tuple[int | None, int | None], observed: list[int]) -> None:
    """What is known of them; nothing where nothing is."""
    made = RECORD._replace(input_tokens=tokens[0], output_tokens=tokens[1])

    assert [value for _, _, value in of(made, c.CONVERSATION_TOKENS)] == observed


def test_visit_adds_its_ratings_and_nothing_else() -> None:
    """Without a word of the user there is no outcome, no audience and no distribution."""
    visit = play("as channel=web | open | rate 2").record

    assert [(one.metric.name, one.labels, one.value) for one in of_record(visit)] == [
        (c.FEEDBACK.name, ("negative",), 1),
        (c.SCORES.name, (), Decimal(2)),
        (c.SCORED.name, (), 1),
        (c.VISITS.name, (), 1),
    ]
    assert list(distributions_of_record(visit)) == []


@pytest.mark.parametrize(
    ("device", "label"),
    [("desktop", "desktop"), ("tablet", "tablet"), ("mobile", "mobile"), ("other", "other"), ("toaster", "other"),
     ("unknown", "unknown"), (None, "unknown")],
)  # fmt: skip
def test_device_label(device: str | None, label: str) -> None:
    """The label has few values, whatever a span of somebody else says."""
    assert device_label(device) == label


@pytest.mark.parametrize(("turn", "label"), [(1, "1"), (20, "20"), (21, "21+"), (500, "21+")])
def test_turn_label(turn: int, label: str) -> None:
    """Turns from 21 on share a label."""
    assert turn_label(turn) == label


def test_what_a_record_adds_can_be_taken_back() -> None:
    """All counters of a record have a twin; what has none is a histogram."""
    everything = list(of_record(RECORD._replace(cost=Decimal(1), ratings=(("a", "positive", 5.0),), rephrases=1)))

    assert len(everything) > 12
    assert all(one.metric.twin for one in everything)
    assert {one.metric.kind for one in distributions_of_record(RECORD)} == {c.HISTOGRAM}


def test_amounts_are_exact() -> None:
    """Whole numbers and decimals only: no sum may depend on its order."""
    record = RECORD._replace(cost=Decimal("0.1"), satisfaction=0.1 + 0.2, ratings=(("a", "positive", 4.1),))
    found: list[Amount] = [*of_record(record), *distributions_of_record(record)]

    assert {type(one.value) for one in found} == {int, Decimal}
    assert [one.value for one in found if one.metric is c.SATISFACTION] == [Decimal("0.3")]
    assert [one.value for one in found if one.metric is c.SCORES] == [Decimal("4.1")]
