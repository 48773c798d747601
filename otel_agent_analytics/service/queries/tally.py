"""What ended, engaged episodes add up to: each sum and count that a figure needs, with the SQL that reckons it."""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, get_args, get_type_hints

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.storage.rows import Row


def _count(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _of(column: str, value: str) -> str:
    return _count(f"{column} = '{value}'")


def _sum(column: str, condition: str) -> str:
    return f"sum({column}) FILTER (WHERE {condition})"


_TOKENS_KNOWN: Final = "coalesce(input_tokens, output_tokens) IS NOT NULL"
_RESOLVED: Final = f"resolution_status = '{v.RESOLVED}'"
_ESCALATED: Final = "escalation_agent IS NOT NULL"


class Tally(NamedTuple):
    """Sums over episodes. Those of two groups without an episode in common may be added, field by field."""

    episodes: Annotated[int, "count(*)"]
    completed: Annotated[int, _of("outcome", v.COMPLETED)]
    escalated: Annotated[int, _of("outcome", v.ESCALATED)]
    failed: Annotated[int, _of("outcome", v.FAILED)]
    abandoned: Annotated[int, _of("outcome", v.ABANDONED)]
    silent: Annotated[int, _of("outcome", v.SILENT)]
    asked_for_human: Annotated[int, _count(_ESCALATED)]
    without_signals: Annotated[int, _count("without_signals")]
    status_resolved: Annotated[int, _count(_RESOLVED)]
    status_partially_resolved: Annotated[int, _of("resolution_status", v.PARTIALLY_RESOLVED)]
    status_unresolved: Annotated[int, _of("resolution_status", v.UNRESOLVED)]
    status_escalated: Annotated[int, _of("resolution_status", v.ESCALATED)]
    contained: Annotated[int, _count("contained")]
    assumed: Annotated[int, _count("assumed")]
    settled: Annotated[int, "count(returned)"]
    """Of which it is known whether the user was back: the whole that ``assumed`` is a part of."""
    confirmed: Annotated[int, _count("confirmed")]
    verified: Annotated[int, _count("verified")]
    positive: Annotated[int, _of("sentiment", v.POSITIVE)]
    neutral: Annotated[int, _of("sentiment", v.NEUTRAL)]
    negative: Annotated[int, _of("sentiment", v.NEGATIVE)]
    frustrated: Annotated[int, _of("sentiment", v.FRUSTRATED)]
    improved: Annotated[int, _of("trajectory", v.IMPROVED)]
    stable: Annotated[int, _of("trajectory", v.STABLE)]
    declined: Annotated[int, _of("trajectory", v.DECLINED)]
    rated_positive: Annotated[int, _of("rating", v.POSITIVE)]
    rated_neutral: Annotated[int, _of("rating", v.NEUTRAL)]
    rated_negative: Annotated[int, _of("rating", v.NEGATIVE)]
    score: Annotated[float, "sum(score_sum)"]
    scored: Annotated[int, "sum(scored)"]
    """Ratings from 1 to 5."""
    user_turns: Annotated[int, "sum(user_turns)"]
    duration_ns: Annotated[int, "sum(ended_ns - started_ns)"]
    resolved_duration_ns: Annotated[int, _sum("ended_ns - started_ns", _RESOLVED)]
    first_response_ns: Annotated[int, "sum(first_response_ns)"]
    answered: Annotated[int, "count(first_response_ns)"]
    effort: Annotated[int, "sum(effort)"]
    effort_known: Annotated[int, "count(effort)"]
    satisfaction: Annotated[float, "sum(satisfaction)"]
    satisfaction_known: Annotated[int, "count(satisfaction)"]
    dissatisfied_turns: Annotated[int, "sum(dissatisfied_turns)"]
    judged_turns: Annotated[int, "sum(judged_turns)"]
    rephrases: Annotated[int, "sum(rephrases)"]
    repeats: Annotated[int, "sum(repeats)"]
    tool_calls: Annotated[int, "sum(tool_calls)"]
    tool_errors: Annotated[int, "sum(tool_errors)"]
    handoffs: Annotated[int, "sum(handoffs)"]
    loops: Annotated[int, "sum(loops)"]
    guardrail_trips: Annotated[int, "sum(guardrail_trips)"]
    tokens: Annotated[int, "sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))"]
    tokens_known: Annotated[int, _count(_TOKENS_KNOWN)]
    cost: Annotated[Decimal, "sum(cost_usd)"]
    """USD, as all costs here."""
    cost_known: Annotated[int, "count(cost_usd)"]
    priced_cost: Annotated[Decimal, _sum("cost_usd", "unpriced_calls = 0")]
    """Of episodes in which every call has a price."""
    priced: Annotated[int, _count("unpriced_calls = 0 AND cost_usd IS NOT NULL")]
    unpriced_calls: Annotated[int, "sum(unpriced_calls)"]
    verified_cost: Annotated[Decimal, _sum("cost_usd", "verified AND unpriced_calls = 0")]
    verified_priced: Annotated[int, _count("verified AND unpriced_calls = 0")]
    escalated_cost: Annotated[Decimal, _sum("cost_usd", f"{_ESCALATED} AND unpriced_calls = 0")]
    escalated_priced: Annotated[int, _count(f"{_ESCALATED} AND unpriced_calls = 0")]
    left_out: Annotated[int, _count(f"(verified OR {_ESCALATED}) AND unpriced_calls > 0")]
    """That savings would speak of, were they priced."""


_FIELDS: Final = {name: get_args(hint) for name, hint in get_type_hints(Tally, include_extras=True).items()}
COLUMNS: Final = ", ".join(f"{sql} AS {name}" for name, (_, sql) in _FIELDS.items())
"""What a statement selects of episodes, in the order of the fields."""
NAMES: Final = ", ".join(_FIELDS)
"""What it selects where they are added up already."""
SUMS: Final = ", ".join(f"sum({name})" for name in _FIELDS)
"""What adds those up further."""
_TYPES: Final = tuple(type_ for type_, _ in _FIELDS.values())
WIDTH: Final = len(_TYPES)


def tally_of(row: Row) -> Tally:
    """Return a row of these columns; sums over nothing are 0."""
    return Tally(*(type_(value or 0) for type_, value in zip(_TYPES, row, strict=True)))


def added(tallies: Iterable[Tally]) -> Tally:
    """Return what tallies add up to."""
    total = tally_of((None,) * WIDTH)
    for tally in tallies:
        total = Tally(*map(operator.add, total, tally))
    return total
