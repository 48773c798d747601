"""Calls of tools and models that began in a window: how many, how long, what they cost, why they failed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.service.queries.answers import Listed, Window, listed, seconds, window
from otel_agent_analytics.service.queries.figures import Money, Rate
from otel_agent_analytics.service.queries.overview import tally_of_window
from otel_agent_analytics.service.queries.reckoning import money, share
from otel_agent_analytics.service.queries.statement import Read, Statement

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

_UNPRICED: Final = "cost_usd IS NULL AND (error_type IS NULL OR input_tokens IS NOT NULL)"
TOOLS: Final = Statement("""
    SELECT name, count(*), count(error_type), percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ns),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ns)
    {called} AND kind = 'tool' GROUP BY name ORDER BY count(*) DESC, name LIMIT :most
""")
MODELS: Final = Statement(
    """
    SELECT name, count(*), count(error_type), count(*) FILTER (WHERE {unpriced}), sum(cost_usd), sum(input_tokens),
        sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ns),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ns), count(first_token_ns),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY first_token_ns),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY first_token_ns)
    {called} AND kind = 'model' GROUP BY name ORDER BY count(*) DESC, name LIMIT :most
    """,
    unpriced=_UNPRICED,
)
SPENDING: Final = Statement(
    """
    SELECT agent, name, count(*), count(*) FILTER (WHERE {unpriced}), sum(input_tokens), sum(output_tokens),
        sum(cost_usd)
    {called} AND kind = 'model' GROUP BY agent, name
    ORDER BY sum(cost_usd) DESC NULLS LAST, count(*) DESC, name, agent NULLS LAST LIMIT :most
    """,
    unpriced=_UNPRICED,
)
FAILED_CALLS: Final = Statement("""
    SELECT error_type, kind, count(*) {called} AND error_type IS NOT NULL GROUP BY error_type, kind
""")
ERROR_SETS: Final = Statement("SELECT error_types, count(*) {engaged} GROUP BY error_types")


@dataclass(frozen=True, slots=True)
class Tool:
    """Calls of one tool."""

    tool: str
    calls: int
    errors: int
    error_rate: Rate | None
    p50_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens by kind; None where no call told."""

    input: int | None
    output: int | None
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None


@dataclass(frozen=True, slots=True)
class Model:
    """Calls of one model."""

    model: str
    calls: int
    errors: int
    error_rate: Rate | None
    unpriced: int
    cost_usd: Decimal | None
    """Of the calls that have a price."""
    tokens: Tokens
    p50_seconds: float | None
    p95_seconds: float | None
    streamed: int
    """Calls that told when the first token came."""
    p50_first_token_seconds: float | None
    p95_first_token_seconds: float | None


@dataclass(frozen=True, slots=True)
class ErrorType:
    """One class of errors."""

    error_type: str
    conversations: Rate | None
    """Ended, engaged episodes in which a run or a tool failed so."""
    tool_calls: int
    model_calls: int
    handoffs: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What one agent's calls of one model cost."""

    agent: str | None
    model: str
    calls: int
    unpriced: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What episodes that ended in the window cost, and the calls that began in it."""

    window: Window
    conversations: int
    money: Money
    human_cost_usd: Decimal | None
    calls: Listed[Spending]


def tools(read: Read, asked: Asked) -> Listed[Tool]:
    """Answer: which tools fail, and how long do they take?"""
    rows = TOOLS.rows(read, asked.values())
    return listed(
        asked, [Tool(name, n, bad, share(bad, n), seconds(p50), seconds(p95)) for name, n, bad, p50, p95 in rows]
    )


def models(read: Read, asked: Asked) -> Listed[Model]:
    """Answer: what do models do, cost and take?"""
    return listed(asked, [_model(*row) for row in MODELS.rows(read, asked.values())])


def errors(read: Read, asked: Asked) -> Listed[ErrorType]:
    """Answer: what fails most?"""
    values = asked.values()
    calls = {(name, kind): count for name, kind, count in FAILED_CALLS.rows(read, values)}
    episodes, all_ = Counter[str](), 0
    for names, count in ERROR_SETS.rows(read, values):
        all_ += count
        episodes.update(dict.fromkeys(json.loads(names or "[]"), count))
    found = [
        ErrorType(name, share(episodes[name], all_), *(calls.get((name, kind), 0) for kind in _FAILING))
        for name in {*episodes, *(name for name, _ in calls)}
    ]
    found.sort(key=lambda one: (-episodes[one.error_type], -one.tool_calls - one.model_calls, one.error_type))
    return listed(asked, found)


_FAILING: Final = ("tool", "model", "handoff")


def cost(read: Read, asked: Asked) -> Cost:
    """Answer: what does it cost, and what does that save?"""
    tally = tally_of_window(read, asked)
    spent = [
        Spending(agent, model, calls, unpriced, _whole(input_), _whole(output), cost_usd)
        for agent, model, calls, unpriced, input_, output, cost_usd in SPENDING.rows(read, asked.values())
    ]
    human = asked.human_cost_usd
    return Cost(window(asked), tally.episodes, money(tally, human), human, listed(asked, spent))


def _model(name: str, calls: int, errors: int, unpriced: int, cost_usd: Decimal | None, *rest: Any) -> Model:
    tokens, (p50, p95, streamed, first50, first95) = Tokens(*map(_whole, rest[:5])), rest[5:]
    failed, took, first = share(errors, calls), (seconds(p50), seconds(p95)), (seconds(first50), seconds(first95))
    return Model(name, calls, errors, failed, unpriced, cost_usd, tokens, *took, streamed, *first)


def _whole(value: Decimal | int | None) -> int | None:
    return None if value is None else int(value)
