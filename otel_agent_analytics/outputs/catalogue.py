"""Every metric once: name, kind, labels, unit, buckets and help. Exposition, tests, dashboards and rules all read this.

Every metric also carries the labels ``service_name`` and, when set, ``service_namespace`` and
``deployment_environment_name``; they are not repeated here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from otel_agent_analytics import vocabulary as v

PREFIX: Final = "agent_analytics_"
COUNTER: Final = "counter"
GAUGE: Final = "gauge"
HISTOGRAM: Final = "histogram"

SECONDS: Final = 1_000_000_000
"""Times are counted in whole nanoseconds, so that sums do not depend on their order, and shown in seconds."""

DEVICES: Final = ("desktop", "tablet", "mobile", v.OTHER_LABEL, v.UNKNOWN)
EFFORTS: Final = ("1", "2", "3", "4", "5")

CLOSED_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "outcome": v.OUTCOMES,
    "role": v.ROLES,
    "turn": v.TURNS,
    "rating": v.RATINGS,
    "kind": v.RESOLUTIONS,
    "token_type": v.TOKEN_TYPES,
    "reason": v.DROP_REASONS,
    "limit": v.CUT_REASONS,
    "sentiment": v.SENTIMENTS,
    "trajectory": v.TRAJECTORIES,
    "status": v.RESOLUTION_STATUSES,
    "source": v.ERROR_SOURCES,
    "device": DEVICES,
    "effort": EFFORTS,
    "side": (v.VERIFIED, v.ESCALATED),
    "window": v.WINDOWS,
    "result": v.JUDGE_RESULTS,
    "failure": v.JUDGE_FAILURES,
    "local_status": v.RESOLUTION_STATUSES,
    "judge_status": v.RESOLUTION_STATUSES,
    "local_sentiment": v.SENTIMENTS,
    "judge_sentiment": v.SENTIMENTS,
}
"""Labels whose values are known beforehand: nearly every one is shown from the start, at 0."""

SHOWN_FROM_THE_START: Final[dict[str, tuple[str, ...]]] = {"turn": v.TURNS[:10], "label": ()}
"""Where not all are; another is shown, in all counters that have the label alone, when it comes first."""

OPEN_LABELS: Final[dict[str, int]] = {
    "agent": 20,
    "tool": 30,
    "model": 20,
    "channel": 10,
    "error_type": 20,
    "from_agent": 20,
    "to_agent": 20,
    "country": 60,
    "language": 10,
    "guardrail": 10,
    "intent": 30,
    "topic": 30,
}
"""Labels that anything may be in, and how many values of each a service may show; the rest becomes ``other``."""

CLOSED_LABELS["label"] = tuple(OPEN_LABELS)

# A bucket costs a series for each agent, model or tool, so there are few; exact figures come from the rows of a store.
_SECONDS: Final = (1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_MODEL_SECONDS: Final = (0.5, 1.0, 2.5, 10.0, 30.0)
_TOOL_SECONDS: Final = (0.25, 1.0, 5.0)
_LONG_SECONDS: Final = (60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)
_AGENT_LONG_SECONDS: Final = (60.0, 300.0, 1800.0, 86400.0)
_USD: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 5.0)
_TOKEN_COUNTS: Final = (500, 2000, 5000, 20_000, 100_000, 1_000_000)


class Metric(NamedTuple):
    """One metric family."""

    name: str
    """As Prometheus shows it; counters end in ``_total``."""
    kind: str
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, without +Inf."""
    twin: str = ""
    """Name of the counter of what was taken back; empty where nothing can be."""
    pairs: int = 0
    """How many combinations of its open labels a service may show; 0: as many as the caps of the labels allow."""
    unit: int = 1
    """How many of what is added up make one of what is shown."""

    @property
    def open_labels(self) -> frozenset[str]:
        """The labels of this metric whose values are not known beforehand."""
        return frozenset(label for label in self.labels if label in OPEN_LABELS)


def _counter(name: str, labels: tuple[str, ...], text: str, *, twin: str = "", pairs: int = 0) -> Metric:
    twin_name = f"{PREFIX}{twin}_total" if twin else ""
    return Metric(f"{PREFIX}{name}_total", COUNTER, labels, text, twin=twin_name, pairs=pairs)


def _twinned(name: str, labels: tuple[str, ...], text: str, *, pairs: int = 0) -> Metric:
    return _counter(name, labels, text, twin=f"{name}_retracted", pairs=pairs)


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(PREFIX + name, GAUGE, labels, text)


def _histogram(name: str, labels: tuple[str, ...], text: str, buckets: tuple[float, ...], unit: int = 1) -> Metric:
    return Metric(PREFIX + name, HISTOGRAM, labels, text, buckets, unit=unit)


def _seconds(name: str, labels: tuple[str, ...], text: str, buckets: tuple[float, ...]) -> Metric:
    return _histogram(f"{name}_seconds", labels, text, buckets, SECONDS)


# Traffic
STARTED: Final = _counter("conversations_started", ("channel",), "Episodes in which the user said something.")
ENDED: Final = _counter(
    "conversations_ended", ("outcome", "agent"), "Engaged episodes that ended.", twin="conversations_retracted"
)
REOPENED: Final = _counter("conversations_reopened", (), "Ended episodes whose user came back.")
ACTIVE: Final = _gauge("conversations_active", (), "Engaged episodes that are open now.")
VISITS: Final = _twinned("visits", (), "Episodes that ended without a word of the user.")
MESSAGES: Final = _counter("messages", ("role",), "Messages of users and agents.")
# Time
DURATION: Final = _seconds(
    "conversation_duration", (), "From the first event of an engaged episode to its end.", _LONG_SECONDS
)
CONVERSATION_TURNS: Final = _histogram(
    "conversation_turns", (), "User messages of an engaged episode.", (1, 2, 3, 4, 5, 8, 12, 20)
)
RESPONSE_TIME: Final = _seconds(
    "response_time", ("agent",), "From the user's message to the end of the run that answered it.", _SECONDS
)
FIRST_RESPONSE_TIME: Final = _seconds(
    "first_response_time",
    (),
    "From a user's message to the first token of its answer or, where nothing was streamed, to the answer; "
    "counted when the episode ends.",
    _SECONDS,
)
RESOLUTION_TIME: Final = _seconds(
    "resolution_time", ("agent",), "Duration of the episodes whose resolution status is resolved.", _AGENT_LONG_SECONDS
)
MODEL_DURATION: Final = _seconds("model_duration", ("model",), "Duration of model calls.", _MODEL_SECONDS)
TIME_TO_FIRST_TOKEN: Final = _seconds(
    "time_to_first_token", ("model",), "From a streamed model call to its first token.", _MODEL_SECONDS
)
TOOL_DURATION: Final = _seconds("tool_duration", ("tool",), "Duration of tool calls.", _TOOL_SECONDS)
# Drop-off
TURN_REACHED: Final = _counter(
    "turn_reached", ("turn",), "Turns that were decided: the next began or the episode ended."
)
TURN_ABANDONED: Final = _twinned("turn_abandoned", ("turn",), "Episodes abandoned in this turn.")
# Quality
RESOLUTIONS: Final = _twinned(
    "resolutions",
    ("kind",),
    "Ended episodes by the four ways to say resolved: contained, assumed (a day later), confirmed, verified.",
)
BY_STATUS: Final = _twinned(
    "conversations_by_resolution_status", ("status",), "Ended episodes by what is known of the result."
)
ESCALATED: Final = _twinned(
    "conversations_escalated", ("agent",), "Engaged episodes in which a human was asked for, by the agent that asked."
)
HANDOFFS: Final = _counter("handoffs", ("from_agent", "to_agent"), "Handoffs from one agent to another.", pairs=50)
FEEDBACK: Final = _twinned("feedback", ("rating",), "Ratings of ended episodes, the last of each rater.")
RATED: Final = _twinned(
    "rated_conversations", ("rating",), "Rated episodes, by the mean of their raters: CSAT is the positive share."
)
RATED_RESOLUTION: Final = _twinned(
    "rated_resolution_pairs",
    ("status", "rating"),
    "Rated episodes by the resolution status of the rules and by rating, whether or not a judge is asked.",
)
RATED_SENTIMENT: Final = _twinned(
    "rated_sentiment_pairs",
    ("sentiment", "rating"),
    "Rated episodes by the sentiment of the rules and by rating, whether or not a judge is asked.",
)
SCORES: Final = _twinned("feedback_scores", (), "Sum of the ratings from 1 to 5 of ended episodes.")
SCORED: Final = _twinned("scored_feedback", (), "Ratings from 1 to 5 of ended episodes.")
FEEDBACK_UNMATCHED: Final = _counter(
    "feedback_unmatched", (), "Ratings of a conversation that never came, counted when they are let go."
)
BY_SENTIMENT: Final = _twinned("conversations_by_sentiment", ("sentiment",), "Ended episodes by sentiment.")
BY_TRAJECTORY: Final = _twinned(
    "conversations_by_trajectory",
    ("trajectory",),
    "Ended episodes by how satisfaction went on from first to last third.",
)
BY_INTENT: Final = _twinned(
    "conversations_by_intent",
    ("intent",),
    "Ended episodes by what the user came for; other: none of the known intents.",
)
UNRESOLVED_BY_INTENT: Final = _twinned(
    "unresolved_conversations_by_intent",
    ("intent",),
    "Those of them that are known to be unresolved, in whole or part.",
)
BY_TOPIC: Final = _twinned(
    "conversations_by_topic",
    ("topic",),
    "Ended episodes by what they are about: a discovered topic that enough people talked about, else the intent.",
)
UNRESOLVED_BY_TOPIC: Final = _twinned(
    "unresolved_conversations_by_topic", ("topic",), "Those of them that are known to be unresolved, in whole or part."
)
BY_EFFORT: Final = _twinned("conversations_by_effort", ("effort",), "Ended episodes by effort, 1 (easy) to 5.")
SATISFACTION: Final = _histogram(
    "conversation_satisfaction", (), "Estimated satisfaction of ended episodes, 0 to 1.", (0.5, 0.6, 0.7, 0.8, 0.9)
)
JUDGED_TURNS: Final = _twinned(
    "judged_turns", (), "User turns of ended episodes of which it is known whether they were dissatisfied."
)
DISSATISFIED_TURNS: Final = _twinned("dissatisfied_turns", (), "User turns of ended episodes that were dissatisfied.")
REPHRASES: Final = _twinned("rephrases", (), "User messages of ended episodes that say the one before in other words.")
REPEATS: Final = _twinned("repeats", (), "User messages of ended episodes that repeat the one before.")
WITHOUT_SIGNALS: Final = _twinned(
    "conversations_without_signals", (), "Engaged episodes whose outcome was decided with a signal unknown."
)
LOOPS: Final = _counter("loops", (), "Tool calls made three times or more with the same arguments in a turn.")
GUARDRAIL_CHECKS: Final = _counter("guardrail_checks", ("guardrail",), "Guardrails that were run.")
GUARDRAIL_TRIPS: Final = _counter("guardrail_trips", ("guardrail",), "Guardrails that were triggered.")
ERRORS: Final = _counter(
    "errors",
    ("source", "error_type"),
    "Runs that failed or were cut off, and tool and model calls that failed.",
    pairs=40,
)
# A judge
JUDGEMENTS: Final = _counter(
    "judgements",
    ("result",),
    "What became of conversations that were to be judged: judged; judged_before, with the same words; without_text; "
    "discarded, since they went on or were deleted meanwhile; given_up after too many failures.",
)
JUDGE_FAILURES: Final = _counter("judge_failures", ("failure",), "Calls of the judge that failed, and why.")
JUDGE_COST: Final = _counter("judge_cost_usd", (), "Cost of the judge, as far as its answers say what they used.")
JUDGE_POSTPONED: Final = _counter(
    "judge_postponed", (), "Judgements put off to the next UTC day, since the budget of the day does not pay for them."
)
JUDGE_WAITING: Final = _gauge("judge_jobs_waiting", (), "Conversations that are still to be judged.")
JUDGE_BUDGET_LEFT: Final = _gauge(
    "judge_budget_left_usd", (), "What of the judge's budget is left for this UTC day; calls under way are spent."
)
AGREED_RESOLUTION: Final = _twinned(
    "judge_resolution_pairs",
    ("local_status", "judge_status"),
    "Judged episodes by the resolution status of the rules and that of the judge.",
)
AGREED_SENTIMENT: Final = _twinned(
    "judge_sentiment_pairs",
    ("local_sentiment", "judge_sentiment"),
    "Judged episodes by the sentiment of the rules and that of the judge.",
)
JUDGE_RATED_RESOLUTION: Final = _twinned(
    "judge_rated_resolution_pairs",
    ("status", "rating"),
    "Judged and rated episodes by the resolution status of the judge and by rating.",
)
JUDGE_RATED_SENTIMENT: Final = _twinned(
    "judge_rated_sentiment_pairs",
    ("sentiment", "rating"),
    "Judged and rated episodes by the sentiment of the judge and by rating.",
)
# Tools and models
TOOL_CALLS: Final = _counter("tool_calls", ("tool",), "Tool calls.")
TOOL_ERRORS: Final = _counter("tool_errors", ("tool",), "Tool calls that failed.")
MODEL_CALLS: Final = _counter("model_calls", ("model",), "Model calls.")
MODEL_ERRORS: Final = _counter("model_errors", ("model",), "Model calls that failed.")
TOKENS: Final = _counter(
    "tokens",
    ("model", "token_type"),
    "Tokens by type; input holds cache_read and cache_write, output holds reasoning, so these must not be added up.",
)
# Money
COST: Final = _counter("cost_usd", ("agent", "model"), "Cost of model calls, at the price of their time.", pairs=50)
UNPRICED: Final = _counter("unpriced_calls", ("model",), "Model calls whose cost is unknown: no price, or no usage.")
ENDED_COST: Final = _twinned("ended_cost_usd", ("outcome",), "Cost of ended episodes.")
CONVERSATION_COST: Final = _histogram("conversation_cost_usd", (), "Cost of an ended episode, where known.", _USD)
CONVERSATION_TOKENS: Final = _histogram(
    "conversation_tokens", (), "Input and output tokens of an ended episode.", _TOKEN_COUNTS
)
HUMAN_COST: Final = _gauge("human_cost_usd", (), "What a conversation costs that a human handles: a setting.")
SAVINGS_CONVERSATIONS: Final = _twinned(
    "savings_conversations", ("side",), "Ended episodes of known cost that are verified as resolved, or escalated."
)
SAVINGS_COST: Final = _twinned("savings_cost_usd", ("side",), "What these episodes cost.")
SAVINGS_UNPRICED: Final = _twinned(
    "savings_unpriced_conversations", ("side",), "The same of unknown cost, which are left out of savings."
)
# People
BY_COUNTRY: Final = _twinned("conversations_by_country", ("country",), "Ended episodes by country.")
BY_DEVICE: Final = _twinned("conversations_by_device", ("device",), "Ended episodes by device.")
BY_LANGUAGE: Final = _twinned("conversations_by_language", ("language",), "Ended episodes by language.")
BY_CHANNEL: Final = _twinned("conversations_by_channel", ("channel",), "Ended episodes by channel.")
UNIQUE_USERS: Final = _gauge("unique_users", ("window",), "Users in the last 1, 7 and 30 UTC days; an estimate.")
NEW_USERS: Final = _gauge("new_users", ("window",), "Users first seen in the window; needs a key that stays.")
RETURNING_USERS: Final = _gauge("returning_users", ("window",), "Users seen before the window and in it.")
# Health of the pipeline
RECEIVED: Final = _counter("spans_received", (), "Spans and records of agents that reached the tracker.")
DUPLICATE: Final = _counter("spans_duplicate", (), "Spans and records that had been there before.")
LATE: Final = _counter("spans_late", (), "Spans and records of an episode that is no longer held.")
DROPPED: Final = _counter(
    "spans_dropped",
    ("reason",),
    "Spans and records that were not counted, and why; event_…: log records of an analyzer that were not taken.",
)
WITHOUT_CONVERSATION: Final = _counter("spans_without_conversation", (), "Spans and records that name no conversation.")
DERIVED_ELSEWHERE: Final = _counter(
    "spans_derived_elsewhere", (), "Spans and records whose process derives its conversations itself; left out here."
)
VALUES_REFUSED: Final = _counter(
    "values_refused", (), "Counts and flags on spans that are none: of another type, negative or absurd."
)
ATTRIBUTES_CUT: Final = _counter(
    "attributes_cut", ("limit",), "Attributes that an analyzer left out or shortened since they exceed a limit of it."
)
LABELS_FOLDED: Final = _counter(
    "labels_folded", ("label",), "Label values shown as 'other' because there were too many."
)
INTERNAL_FAULTS: Final = _counter("internal_faults", ("place",), "Faults of the telemetry itself, caught and logged.")
BUILD_INFO: Final = _gauge("build_info", ("version",), "1, with the version of this package.")

GROUPS: Final[dict[str, tuple[Metric, ...]]] = {
    "Traffic": (STARTED, ENDED, REOPENED, ACTIVE, VISITS, MESSAGES),
    "Time": (
        DURATION, CONVERSATION_TURNS, RESPONSE_TIME, FIRST_RESPONSE_TIME, RESOLUTION_TIME, MODEL_DURATION,
        TIME_TO_FIRST_TOKEN, TOOL_DURATION,
    ),
    "Drop-off": (TURN_REACHED, TURN_ABANDONED),
    "Quality": (
        RESOLUTIONS, BY_STATUS, ESCALATED, HANDOFFS, FEEDBACK, RATED, RATED_RESOLUTION, RATED_SENTIMENT, SCORES,
        SCORED, FEEDBACK_UNMATCHED,
        BY_SENTIMENT, BY_TRAJECTORY, BY_INTENT, UNRESOLVED_BY_INTENT, BY_TOPIC, UNRESOLVED_BY_TOPIC, BY_EFFORT,
        SATISFACTION, JUDGED_TURNS, DISSATISFIED_TURNS, REPHRASES, REPEATS,
        WITHOUT_SIGNALS, LOOPS, GUARDRAIL_CHECKS, GUARDRAIL_TRIPS, ERRORS,
    ),
    "Judge": (
        JUDGEMENTS, JUDGE_FAILURES, JUDGE_COST, JUDGE_POSTPONED, JUDGE_WAITING, JUDGE_BUDGET_LEFT, AGREED_RESOLUTION,
        AGREED_SENTIMENT, JUDGE_RATED_RESOLUTION, JUDGE_RATED_SENTIMENT,
    ),
    "Tools and models": (TOOL_CALLS, TOOL_ERRORS, MODEL_CALLS, MODEL_ERRORS, TOKENS),
    "Money": (
        COST, UNPRICED, ENDED_COST, CONVERSATION_COST, CONVERSATION_TOKENS, HUMAN_COST, SAVINGS_CONVERSATIONS,
        SAVINGS_COST, SAVINGS_UNPRICED,
    ),
    "People": (BY_COUNTRY, BY_DEVICE, BY_LANGUAGE, BY_CHANNEL, UNIQUE_USERS, NEW_USERS, RETURNING_USERS),
    "Health of the pipeline": (
        RECEIVED, DUPLICATE, LATE, DROPPED, WITHOUT_CONVERSATION, DERIVED_ELSEWHERE, VALUES_REFUSED, ATTRIBUTES_CUT,
        LABELS_FOLDED,
        INTERNAL_FAULTS, BUILD_INFO,
    ),
}  # fmt: skip
"""The families, in the order in which people read them."""

CATALOGUE: Final[tuple[Metric, ...]] = tuple(metric for group in GROUPS.values() for metric in group)

OF_JUDGE: Final = (
    JUDGEMENTS, JUDGE_FAILURES, JUDGE_COST, JUDGE_POSTPONED, AGREED_RESOLUTION, AGREED_SENTIMENT,
    JUDGE_RATED_RESOLUTION, JUDGE_RATED_SENTIMENT,
)  # fmt: skip
"""Counters that a service has only from its first conversation on that waits for a judge; then all of them, at 0."""

PER_PROCESS: Final = (HUMAN_COST, INTERNAL_FAULTS, BUILD_INFO, JUDGE_WAITING, JUDGE_BUDGET_LEFT)
"""Metrics of the process, without the labels of a service."""

PIPELINE: Final[dict[str, tuple[Metric, tuple[str, ...]]]] = {
    v.PIPELINE_RECEIVED: (RECEIVED, ()),
    v.PIPELINE_DUPLICATE: (DUPLICATE, ()),
    v.PIPELINE_LATE: (LATE, ()),
    v.PIPELINE_WITHOUT_CONVERSATION: (WITHOUT_CONVERSATION, ()),
    v.PIPELINE_DERIVED_ELSEWHERE: (DERIVED_ELSEWHERE, ()),
    v.PIPELINE_BAD_VALUE: (VALUES_REFUSED, ()),
    v.PIPELINE_FEEDBACK_UNMATCHED: (FEEDBACK_UNMATCHED, ()),
    **{reason: (DROPPED, (reason,)) for reason in v.DROP_REASONS},
    **{reason: (ATTRIBUTES_CUT, (reason,)) for reason in v.CUT_REASONS},
}
"""What the tracker says of the pipeline, and the counter that it moves."""
