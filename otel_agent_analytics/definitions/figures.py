"""The numbers that definitions rest on, taken from the code that computes with them."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.conversations.escalation import _LEADS_TO, _OPENS, _PERSONS
from otel_agent_analytics.conversations.outcome import _LINES
from otel_agent_analytics.conversations.quality import _NEGATIVE_TO, _POSITIVE_FROM, _TREND
from otel_agent_analytics.conversations.rates import ENOUGH_COVERAGE
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.conversations.satisfaction import _LOGIT, _LOGIT_AT_ZERO, DISSATISFIED_ABOVE
from otel_agent_analytics.definitions.definition import Figure
from otel_agent_analytics.people.sketches import _LOG_REGISTERS
from otel_agent_analytics.settings import Settings, variable
from otel_agent_analytics.signals.rephrase import ALIKE
from otel_agent_analytics.tracking.lengths import _FEWEST, _NEWEST, _OLDEST, _SHARE

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
USERS_ERROR: Final = Figure("standard error of users", 104 / 2 ** (_LOG_REGISTERS / 2), "%")
HELD_ON: Final = Figure("time an episode is held for late spans", DEFAULT_RULES.held_on_ns / SECOND_NS, "seconds")

DISSATISFIED: Final = Figure("dissatisfied above", DISSATISFIED_ABOVE, "probability")
REPHRASED: Final = Figure("rephrase above", ALIKE, "cosine")
NEGATIVE: Final = Figure("negative up to", _NEGATIVE_TO, "")
POSITIVE: Final = Figure("positive from", _POSITIVE_FROM, "")
TREND: Final = Figure("change of the mean", _TREND, "probability")
COVERAGE: Final = Figure("enough coverage", ENOUGH_COVERAGE * 100, "%")
LONG_SHARE: Final = Figure("percentile of usual lengths", _SHARE * 100, "%")
LONG_FEWEST: Final = Figure("episodes needed for it", float(_FEWEST), "")
LONG_FROM_DAYS: Final = _OLDEST
LONG_TO_DAYS: Final = _NEWEST

OUTCOME_LINES: Final = tuple((line.outcome, line.reason) for line in _LINES)
"""Outcome and reason of each line that is judged, in their order."""
LOGIT_AT_ZERO: Final = _LOGIT_AT_ZERO
LOGIT: Final = _LOGIT._asdict()
"""Weight of each feature of a turn in the logit of its dissatisfaction."""
PERSONS: Final = tuple(" ".join(person) for person in _PERSONS)
LEADS_TO: Final = tuple(sorted(_LEADS_TO))
OPENS: Final = tuple(sorted(_OPENS))
