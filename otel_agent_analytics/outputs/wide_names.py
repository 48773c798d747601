"""What log records carry beside what spans do: the names, once, and one table of the fields of the wide record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

_CONVERSATION: Final = v.EVENT_PREFIX + "conversation."
MOST_NAMES: Final = 32
"""Names that a list holds; how many there were beyond that is not said."""
LONGEST_NAME: Final = 256
"""Characters of a name in a list."""

# --- Events that the vocabulary does not have -------------------------------------------------------------------------
EVENT_MODEL_CALLED: Final = v.EVENT_PREFIX + "model_called"
EVENT_GUARDRAIL_CHECKED: Final = v.EVENT_PREFIX + "guardrail_checked"
EVENT_ERROR: Final = v.EVENT_PREFIX + "error"
EVENT_IDLE: Final = v.EVENT_PREFIX + "idle"
EVENT_RETRACTED: Final = v.EVENT_PREFIX + "conversation_retracted"
EVENT_SETTLED: Final = v.EVENT_PREFIX + "conversation_settled"

# --- Attributes of all records, or of several -------------------------------------------------------------------------
EVENT_NAME: Final = v.EVENT_PREFIX + "event.name"
EPISODE: Final = _CONVERSATION + "episode"
REVISION: Final = _CONVERSATION + "revision"
COUNT: Final = _CONVERSATION + "count"
TURN: Final = v.EVENT_PREFIX + "turn.number"
COST_USD: Final = v.EVENT_PREFIX + "cost_usd"
RATERS: Final = _CONVERSATION + "raters"
RETURNED: Final = _CONVERSATION + "returned"
OUTCOME_REASON: Final = _CONVERSATION + "outcome_reason"
USER_TURNS: Final = _CONVERSATION + "user_turns"

RESOLUTION: Final = {kind: _CONVERSATION + kind for kind in v.RESOLUTIONS}
"""Whether each of the four resolutions holds."""


class Column(NamedTuple):
    """One field of the wide record."""

    field: str
    """Field or property of the conversation's record; one of its context after a dot."""
    name: str
    """The attribute."""
    meaning: str
    """What it is, with its unit."""
    convert: Callable[[Any], Any] | None = None
    """Makes of the field what an attribute can hold; None where it can as it is."""


def _seconds(nanoseconds: int) -> float:
    return nanoseconds / 1e9


def _mean_seconds(nanoseconds: tuple[int, ...]) -> float | None:
    return sum(nanoseconds) / len(nanoseconds) / 1e9 if nanoseconds else None


def _dollars(amount: Decimal) -> float:
    return float(amount)


def _names(names: tuple[str, ...]) -> tuple[str, ...] | None:
    return tuple(name[:LONGEST_NAME] for name in names[:MOST_NAMES]) or None


def _raters(ratings: tuple[tuple[str, str, float | None], ...]) -> tuple[str, ...] | None:
    return _names(tuple(rater for rater, _, _ in ratings))


def _ratings(ratings: tuple[tuple[str, str, float | None], ...]) -> tuple[str, ...] | None:
    return _names(tuple(rating for _, rating, _ in ratings))


def _mean_score(ratings: tuple[tuple[str, str, float | None], ...]) -> float | None:
    scores = [score for _, _, score in ratings if score is not None]
    return sum(scores) / len(scores) if scores else None


WIDE: Final[tuple[Column, ...]] = (
    Column("conversation_id", v.GEN_AI_CONVERSATION_ID, "Id of the conversation."),
    Column("episode", EPISODE, "Which episode of the conversation, from 1."),
    Column("outcome", v.OUTCOME, "One of the five outcomes; absent for a visit."),
    Column("outcome_reason", OUTCOME_REASON, "The line of the definition that decided the outcome."),
    Column("agent", v.GEN_AI_AGENT_NAME, "The agent that the episode counts for."),
    Column("resolution_status", _CONVERSATION + "resolution_status", "What is known of the result; absent: nothing."),
    Column("context.channel", v.CHANNEL, "Channel, as the application said."),
    Column("context.user", v.USER_HASH, "Keyed hash of the user's id."),
    Column("context.session_id", v.SESSION_ID, "Session of the client."),
    Column("context.device", v.DEVICE, "Kind of device."),
    Column("context.language", v.LANGUAGE, "Language, as the application said."),
    Column("context.country", v.COUNTRY, "ISO 3166 code of the country."),
    Column("context.version", _CONVERSATION + "service_version", "Version of the service that ran the agent."),
    Column("engaged", _CONVERSATION + "engaged", "Whether the user said anything; else it was a visit."),
    Column("escalated", _CONVERSATION + "escalated", "Whether a human was asked for, whatever the outcome."),
    Column("started_ns", _CONVERSATION + "started_at", "Time of the first event, seconds since 1970, UTC.", _seconds),
    Column("ended_ns", _CONVERSATION + "ended_at", "Time of the last event, or of the explicit end.", _seconds),
    Column("duration_seconds", v.DURATION_SECONDS, "From the first event to the end, seconds."),
    Column("end_reason", _CONVERSATION + "end_reason", "idle, requested or max_age."),
    Column("requested_outcome", _CONVERSATION + "requested_outcome", "What the application said of the outcome."),
    Column("without_signals", _CONVERSATION + "without_signals", "Whether a signal was unknown when it was judged."),
    Column("escalation_agent", _CONVERSATION + "escalation_agent", "The agent that asked for a human."),
    Column("user_turns", USER_TURNS, "Messages of the user."),
    Column("agent_messages", _CONVERSATION + "agent_messages", "Messages of agents."),
    Column("model_calls", _CONVERSATION + "model_calls", "Model calls."),
    Column("tool_calls", _CONVERSATION + "tool_calls", "Tool calls."),
    Column("tool_errors", _CONVERSATION + "tool_errors", "Tool calls that failed."),
    Column("handoffs", _CONVERSATION + "handoffs", "Handoffs."),
    Column("failed_turns", _CONVERSATION + "failed_turns", "Turns with a run that failed or was cut off."),
    Column("loops", _CONVERSATION + "loops", "Tool calls made three times or more with the same arguments in a turn."),
    Column("guardrail_trips", _CONVERSATION + "guardrail_trips", "Guardrails that were triggered."),
    Column("input_tokens", v.GEN_AI_USAGE_INPUT_TOKENS, "Input tokens, cached ones included; absent: unknown."),
    Column("output_tokens", v.GEN_AI_USAGE_OUTPUT_TOKENS, "Output tokens, reasoning ones included; absent: unknown."),
    Column("cached_tokens", v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, "Input tokens that were read from a cache."),
    Column("reasoning_tokens", v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, "Reasoning tokens."),
    Column("cost", COST_USD, "Cost of the priced model calls, USD; absent where none has a price.", _dollars),
    Column("unpriced_calls", _CONVERSATION + "unpriced_calls", "Model calls without a price."),
    Column(
        "first_response_ns",
        _CONVERSATION + "first_response_seconds",
        "From the first user message that was answered to the first token or, unstreamed, to the answer; seconds.",
        _seconds,
    ),
    Column(
        "first_responses_ns",
        _CONVERSATION + "mean_first_response_seconds",
        "Mean of that over all answered turns, seconds.",
        _mean_seconds,
    ),
    Column("satisfaction", _CONVERSATION + "satisfaction", "Estimated satisfaction, 0 to 1."),
    Column("dissatisfied_turns", _CONVERSATION + "dissatisfied_turns", "Turns that count as dissatisfied."),
    Column("judged_turns", _CONVERSATION + "judged_turns", "Turns of which that is known."),
    Column("rephrases", _CONVERSATION + "rephrases", "User messages that say the one before in other words."),
    Column("repeats", _CONVERSATION + "repeats", "User messages that repeat the one before."),
    Column("sentiment", _CONVERSATION + "sentiment", "positive, neutral, negative or frustrated; absent: unknown."),
    Column("trajectory", _CONVERSATION + "trajectory", "improved, stable or declined; absent: unknown."),
    Column("outcome_statement", _CONVERSATION + "outcome_statement", "What the agent last said: success or failure."),
    Column("judged_resolved", _CONVERSATION + "judged_resolved", "What an evaluation said of the result."),
    Column("intent", _CONVERSATION + "intent", "What the user came for; absent: unknown."),
    Column("intents", _CONVERSATION + "intents", "All that the user asked for, in that order (list).", _names),
    Column("topic", _CONVERSATION + "topic", "The discovered topic, else the intent; absent: unknown."),
    Column("effort_points", _CONVERSATION + "effort_points", "What made it hard beside its length, 0 to 3."),
    Column("effort", _CONVERSATION + "effort", "Effort, 1 (easy) to 5."),
    Column("returned", RETURNED, "Whether the user was back within a day; absent until the day is over."),
    Column("rating", _CONVERSATION + "rating", "The mean of all raters: positive, neutral or negative."),
    Column("last_rating", _CONVERSATION + "last_rating", "The rating that came last."),
    Column("ratings", _CONVERSATION + "mean_score", "Mean of the ratings from 1 to 5.", _mean_score),
    Column("ratings", _CONVERSATION + "ratings", "The last rating of each rater (list).", _ratings),
    Column("ratings", RATERS, "Who gave them, in the same order (list).", _raters),
    Column("agents", _CONVERSATION + "agents", "Every agent that took part (list).", _names),
    Column("models", _CONVERSATION + "models", "Every model (list).", _names),
    Column("tools", _CONVERSATION + "tools", "Every tool (list).", _names),
    Column("error_types", _CONVERSATION + "error_types", "Classes of the errors of runs and tools (list).", _names),
)
"""What stands first is the last to go where a limit on the number of attributes cuts a record."""

ELSEWHERE: Final = {
    "service": "the resource of the logger says it",
    "trace_id": "it is the trace id of the log record itself",
    "context.metadata": "each fact in it is an attribute of its own, named as on spans",
}
"""Fields of the conversation's record that have no attribute of their own, and why."""
