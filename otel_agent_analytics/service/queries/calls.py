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
from otel_agent_analytics.service.queries.percentiles import NONE, Part, Spread, lengths, spreads
from otel_agent_analytics.service.queries.reckoning import money, share
from otel_agent_analytics.service.queries.statement import Statement
from otel_agent_analytics.service.queries.summed import CALLS, CONVERSATIONS, UNPRICED, parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read

_CALLS: Final = """
    (
        SELECT kind, name, agent, error_type, calls, unpriced, input_tokens, output_tokens, cache_read_tokens,
            cache_write_tokens, reasoning_tokens, cost_usd
        FROM call_days WHERE {only} AND {summed}
        UNION ALL
        SELECT kind, name, CASE WHEN kind IN ('model', 'handoff') THEN agent END AS caller, error_type, count(*),
            count(*) FILTER (WHERE {unpriced}), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
            sum(cache_write_tokens), sum(reasoning_tokens), sum(cost_usd)
        {called_else} AND {only} GROUP BY kind, name, caller, error_type
    ) parts
"""
TOOLS: Final = Statement(
    """
    SELECT name, sum(calls), sum(CASE WHEN error_type IS NOT NULL THEN calls ELSE 0 END)
    FROM {calls} GROUP BY name ORDER BY sum(calls) DESC, name LIMIT :most
    """,
    calls=_CALLS,
    only="kind = 'tool'",
    unpriced=UNPRICED,
)
TOOL_TIMES: Final = lengths("called_else", Part("tool", "name", "duration_ns", "kind = 'tool'"))
MODELS: Final = Statement(
    """
    SELECT name, sum(calls), sum(CASE WHEN error_type IS NOT NULL THEN calls ELSE 0 END), sum(unpriced), sum(cost_usd),
        sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(reasoning_tokens)
    FROM {calls} GROUP BY name ORDER BY sum(calls) DESC, name LIMIT :most
    """,
    calls=_CALLS,
    only="kind = 'model'",
    unpriced=UNPRICED,
)
MODEL_TIMES: Final = lengths(
    "called_else",
    Part("model", "name", "duration_ns", "kind = 'model'"),
    Part("first_token", "name", "first_token_ns", "kind = 'model' AND first_token_ns IS NOT NULL"),
)
SPENDING: Final = Statement(
    """
    SELECT agent, name, sum(calls), sum(unpriced), sum(input_tokens), sum(output_tokens), sum(cost_usd)
    FROM {calls} GROUP BY agent, name
    ORDER BY sum(cost_usd) DESC NULLS LAST, sum(calls) DESC, name, agent NULLS LAST LIMIT :most
    """,
    calls=_CALLS,
    only="kind = 'model'",
    unpriced=UNPRICED,
)
HANDOFFS: Final = Statement(
    """
    SELECT agent, name, sum(calls), sum(CASE WHEN error_type IS NOT NULL THEN calls ELSE 0 END)
    FROM {calls} GROUP BY agent, name ORDER BY sum(calls) DESC, name, agent NULLS LAST LIMIT :most
    """,
    calls=_CALLS,
    only="kind = 'handoff'",
    unpriced=UNPRICED,
)
FAILED_CALLS: Final = Statement(
    "SELECT error_type, kind, sum(calls) FROM {calls} GROUP BY error_type, kind",
    calls=_CALLS,
    only="error_type IS NOT NULL",
    unpriced=UNPRICED,
)
ERROR_SETS: Final = Statement("""
    SELECT value, sum(episodes) FROM (
        SELECT value, episodes FROM conversation_days WHERE dimension = 'error_types' AND {summed}
        UNION ALL SELECT error_types, count(*) {ended_else} AND user_turns > 0 GROUP BY error_types
    ) parts
    GROUP BY value
""")


@dataclass(frozen=True, slots=True)
class Tool:
    """Calls of one tool."""

    tool: str
    calls: int
    errors: int
    error_rate: Rate | None
    p50_seconds: float | None
    """Less than 5 % off; so is the next one."""
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
    """Less than 5 % off; so are the other times."""
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
class Handoff:
    """Handoffs from one agent to another."""

    from_agent: str | None
    """None: not known."""
    to_agent: str
    handoffs: int
    errors: int


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
    values = parts(read, asked, CALLS)
    took = spreads(TOOL_TIMES, read, values)
    return listed(asked, [_tool(name, int(n), int(bad), took) for name, n, bad in TOOLS.rows(read, values)])


def models(read: Read, asked: Asked) -> Listed[Model]:
    """Answer: what do models do, cost and take?"""
    values = parts(read, asked, CALLS)
    took = spreads(MODEL_TIMES, read, values)
    return listed(asked, [_model(took, *row) for row in MODELS.rows(read, values)])


def errors(read: Read, asked: Asked) -> Listed[ErrorType]:
    """Answer: what fails most?"""
    failed = FAILED_CALLS.rows(read, parts(read, asked, CALLS))
    calls = {(name, kind): int(count) for name, kind, count in failed}
    episodes, all_ = Counter[str](), 0
    for names, count in ERROR_SETS.rows(read, parts(read, asked, CONVERSATIONS)):
        all_ += int(count)
        episodes.update(dict.fromkeys(json.loads(names or "[]"), int(count)))
    found = [
        ErrorType(name, share(episodes[name], all_), *(calls.get((name, kind), 0) for kind in _FAILING))
        for name in {*episodes, *(name for name, _ in calls)}
    ]
    found.sort(key=lambda one: (-episodes[one.error_type], -one.tool_calls - one.model_calls, one.error_type))
    return listed(asked, found)


def handoffs(read: Read, asked: Asked) -> Listed[Handoff]:
    """Answer: who hands over to whom?"""
    rows = HANDOFFS.rows(read, parts(read, asked, CALLS))
    return listed(asked, [Handoff(source, target, int(n), int(bad)) for source, target, n, bad in rows])


_FAILING: Final = ("tool", "model", "handoff")


def cost(read: Read, asked: Asked) -> Cost:
    """Answer: what does it cost, and what does that save?"""
    tally = tally_of_window(read, asked)
    spent = [
        Spending(agent, model, int(calls), int(unpriced), _whole(input_), _whole(output), cost_usd)
        for agent, model, calls, unpriced, input_, output, cost_usd in SPENDING.rows(read, parts(read, asked, CALLS))
    ]
    human = asked.human_cost_usd
    return Cost(window(asked), tally.episodes, money(tally, human), human, listed(asked, spent))


def _tool(name: str, calls: int, errors: int, took: Mapping[tuple[str, str], Spread]) -> Tool:
    spread = took.get(("tool", name), NONE)
    return Tool(name, calls, errors, share(errors, calls), seconds(spread.p50), seconds(spread.p95))


def _model(
    took: Mapping[tuple[str, str], Spread], name: str, calls: Any, errors: Any, unpriced: Any, cost_usd: Any, *rest: Any
) -> Model:
    whole, first = took.get(("model", name), NONE), took.get(("first_token", name), NONE)
    return Model(
        model=name,
        calls=int(calls),
        errors=int(errors),
        error_rate=share(int(errors), int(calls)),
        unpriced=int(unpriced),
        cost_usd=cost_usd,
        tokens=Tokens(*map(_whole, rest)),
        p50_seconds=seconds(whole.p50),
        p95_seconds=seconds(whole.p95),
        streamed=first.total,
        p50_first_token_seconds=seconds(first.p50),
        p95_first_token_seconds=seconds(first.p95),
    )


def _whole(value: Decimal | int | None) -> int | None:
    return None if value is None else int(value)
