"""The numbers that definitions rest on, taken from the code that computes with them."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.conversations import escalation, outcome, quality, satisfaction
from otel_agent_analytics.conversations.rates import ENOUGH_COVERAGE
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.definitions.definition import Figure
from otel_agent_analytics.people.sketches import LOG_REGISTERS
from otel_agent_analytics.settings import Settings, variable
from otel_agent_analytics.signals.rephrase import ALIKE
from otel_agent_analytics.tracking.lengths import FEWEST_EPISODES, NEWEST_DAY, OLDEST_DAY, USUAL_SHARE

_DEFAULTS: Final = Settings()


def _set(field: str, name: str, unit: str) -> Figure:
    return Figure(name, float(getattr(_DEFAULTS, field)), unit, variable(field))


IDLE: Final = _set("idle_seconds", "idle time", "seconds")
REOPEN: Final = _set("reopen_seconds", "reopening time", "seconds")
MAX_AGE: Final = _set("max_age_seconds", "maximum age", "seconds")
LATENESS: Final = _set("lateness_seconds", "allowed lateness", "seconds")
MOST_ENDED: Final = _set("max_ended_conversations", "ended episodes held", "")
HUMAN_COST: Final = _set("human_cost_usd", "cost of a conversation that a human handles", "USD")
RETURN: Final = Figure("time in which the user must not be back", DEFAULT_RULES.return_ns / SECOND_NS, "seconds")
USERS_ERROR: Final = Figure("standard error of users", 104 / 2 ** (LOG_REGISTERS / 2), "%")
HELD_ON: Final = Figure("time an episode is held for late spans", DEFAULT_RULES.held_on_ns / SECOND_NS, "seconds")

DISSATISFIED: Final = Figure("dissatisfied above", satisfaction.DISSATISFIED_ABOVE, "probability")
REPHRASED: Final = Figure("rephrase above", ALIKE, "cosine")
NEGATIVE: Final = Figure("negative up to", quality.NEGATIVE_TO, "")
POSITIVE: Final = Figure("positive from", quality.POSITIVE_FROM, "")
TREND: Final = Figure("change of the mean", quality.TREND_CHANGE, "probability")
COVERAGE: Final = Figure("enough coverage", ENOUGH_COVERAGE * 100, "%")
LONG_SHARE: Final = Figure("percentile of usual lengths", USUAL_SHARE * 100, "%")
LONG_FEWEST: Final = Figure("episodes needed for it", float(FEWEST_EPISODES), "")
LONG_FROM_DAYS: Final = OLDEST_DAY
LONG_TO_DAYS: Final = NEWEST_DAY

OUTCOME_LINES: Final = tuple((line.outcome, line.reason) for line in outcome.LINES)
"""Outcome and reason of each line that is judged, in their order."""
LOGIT_AT_ZERO: Final = satisfaction.LOGIT_AT_ZERO
LOGIT: Final = satisfaction.LOGIT._asdict()
"""Weight of each feature of a turn in the logit of its dissatisfaction."""
PERSONS: Final = tuple(" ".join(person) for person in escalation.PERSONS)
LEADS_TO: Final = tuple(sorted(escalation.LEADS_TO))
OPENS: Final = tuple(sorted(escalation.OPENS))
