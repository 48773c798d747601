"""What was saved, which tokens are paid for, and what is not in the figures of money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.looks import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SHARE,
    USD,
    YELLOW,
    Look,
    Override,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now, over_time, rows
from grafana.source.promql import net, share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_VERIFIED: Final = 'side="verified"'
_SIDE: Final = ("side",)
_HUMAN: Final = f"scalar(max({c.HUMAN_COST.name}))"


def tokens() -> list[sdk.Panel]:
    """Return the panels of which tokens are paid for."""
    return [_tokens(), _cached(), _per_conversation()]


def savings() -> list[sdk.Panel]:
    """Return the panels of what was saved."""
    return [_savings(), _savings_parts(), _savings_over_time()]


def left_out() -> list[sdk.Panel]:
    """Return the panels of what is in no figure of money."""
    return [_unpriced(), _unpriced_share(), _left_out()]


def _token(kind: str, window: str = f.STEP) -> str:
    return f.count(c.TOKENS, window, f'token_type="{kind}"')


def _tokens() -> sdk.Panel:
    told = Told(
        "Tokens",
        "Input holds what was read from and written to a cache, output holds reasoning; here each token is shown "
        "once, so that the bars add up.",
        (10, 9),
    )
    fresh = f"clamp_min({_token('input')} - {_token('cache_read')} - {_token('cache_write')}, 0)"
    spoken = f"clamp_min({_token('output')} - {_token('reasoning')}, 0)"
    queries = [
        over_time(fresh, "input, not cached"),
        over_time(_token("cache_read"), "input, read from a cache"),
        over_time(_token("cache_write"), "input, written to a cache"),
        over_time(spoken, "output, no reasoning"),
        over_time(_token("reasoning"), "output, reasoning"),
    ]
    colors = (("input, not cached", BLUE), ("input, read from a cache", GREEN), ("input, written to a cache", YELLOW),
              ("output, no reasoning", ORANGE), ("output, reasoning", PURPLE))  # fmt: skip
    return p.bars(told, queries, Look(decimals=1, colors=colors))


def _cached() -> sdk.Panel:
    told = Told("Read from a cache", "Share of the input tokens of a model that were read from a cache.", (7, 9))
    by = ("model",)
    read = f.count(c.TOKENS, f.WINDOW, 'token_type="cache_read"', by=by)
    sent = f.count(c.TOKENS, f.WINDOW, 'token_type="input"', by=by)
    return p.lines(told, [over_time(share(read, sent), "{{model}}")], Look(SHARE, decimals=1, least=0, most=1))


def _per_conversation() -> sdk.Panel:
    told = Told("Tokens of conversations", "How many ended conversations used so many input and output tokens.", (7, 9))
    expression = f.buckets(c.CONVERSATION_TOKENS, window=f.RANGE)
    return parts.distribution(told, expression, c.CONVERSATION_TOKENS, parts.tokens, Look(decimals=0))


def _saved(window: str) -> str:
    verified = net(c.SAVINGS_CONVERSATIONS, window, f.of(_VERIFIED))
    return f"{verified} * {_HUMAN} - {net(c.SAVINGS_COST, window, f.of())}"


def _savings() -> sdk.Panel:
    told = Told(
        "Savings",
        "Over the conversations verified as resolved: what a human would have cost, a setting, less what they cost; "
        "less what the escalated ones cost. As good as that setting.",
        (6, 9),
    )
    queries = [now(_saved(f.RANGE), "saved"), now(f"max({c.HUMAN_COST.name})", "a human's conversation (setting)")]
    return p.stat(told, queries, Look(USD, decimals=2), orientation="horizontal")


def _savings_parts() -> sdk.Panel:
    told = Told(
        "What savings are made of",
        "Verified: resolved, as an evaluation or the agent's last statement says. Escalated: a human was asked for. "
        "One that is both is on both sides. Left out: a call had no price.",
        (9, 9),
    )
    metrics = (c.SAVINGS_CONVERSATIONS, c.SAVINGS_COST, c.SAVINGS_UNPRICED)
    questions = [rows(f.count(metric, f.RANGE, by=_SIDE)) for metric in metrics]
    overrides = (
        Override("cost", {"unit": USD, "decimals": 4}),
        Override("left out", {"custom.cellOptions": {"type": "color-text"}}),
    )
    panel = p.table(told, questions, Look(decimals=0), overrides)
    return s.transformed(panel, *s.as_columns({"side": "side"}, "conversations", "cost", "left out"))


def _savings_over_time() -> sdk.Panel:
    told = Told("Savings over time", "Savings by the day; below 0 the agents cost more than they saved.", (9, 9))
    return p.bars(
        told, [over_time(_saved(f.STEP), "saved")], Look(USD, decimals=2, colors=(("saved", GREEN),)), step="1d"
    )


def _unpriced() -> sdk.Panel:
    told = Told(
        "Calls without a price, by model",
        "Model calls whose cost is unknown: no price for the model, or no usage was told.",
        (9, 8),
    )
    query = over_time(f.count(c.UNPRICED, f.STEP, by=("model",)), "{{model}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no model was called"))


def _unpriced_share() -> sdk.Panel:
    told = Told("Their share, by model", "Calls without a price, of the calls of a model, in the time shown.", (7, 8))
    by = ("model",)
    part, calls = f.count(c.UNPRICED, f.RANGE, by=by), f.count(c.MODEL_CALLS, f.RANGE, by=by)
    look = Look(SHARE, decimals=1, least=0, most=1, steps=((0.0, GREEN), (0.01, YELLOW), (0.05, RED)))
    return p.ranking(told, [now(share(part, calls), "{{model}}")], look)


def _left_out() -> sdk.Panel:
    told = Told(
        "Left out of savings",
        "Conversations that would count for or against savings, and have an unpriced call.",
        (8, 8),
    )
    query = over_time(f.count(c.SAVINGS_UNPRICED, f.STEP, by=_SIDE), "{{side}}")
    return p.bars(told, [query], Look(decimals=0, colors=(("verified", GREY), ("escalated", ORANGE))), step="6h")
