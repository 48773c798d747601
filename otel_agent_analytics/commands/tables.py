"""Records of ended episodes → tables for people. What is not known is a dash."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.figures import satisfaction_said, summary
from otel_agent_analytics.conversations.rates import escalation_rate, negative_rate, rate, resolution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from otel_agent_analytics.conversations.rates import Rate
    from otel_agent_analytics.conversations.record import ConversationRecord

_SECONDS_A_MINUTE: Final = 60
_DASH: Final = "–"
_COUNTED: Final = (
    "conversations", "visits", "user_messages", "agent_messages", "tool_calls", "tool_errors", "escalated",
    "skipped_lines", "handoffs", "model_calls", "unpriced_calls", "loops", "rephrases", "repeats", "judged_turns",
    "dissatisfied_turns", "ratings", "users",
)  # fmt: skip
_HEADINGS: Final = {
    "id": "id",
    "episode": "#",
    "outcome": "outcome",
    "outcome_reason": "reason",
    "user_turns": "turns",
    "tool_calls": "tools",
    "tool_errors": "tool errors",
    "escalated": "human",
    "duration_seconds": "seconds",
    "satisfaction": "satisfaction",
    "sentiment": "sentiment",
    "resolution_status": "resolution",
    "rating": "rating",
    "cost_usd": "USD",
}
_DECIMALS: Final = {"duration_seconds": 0, "satisfaction": 2, "cost_usd": 4}


def print_summary(
    console: Console,
    records: Sequence[ConversationRecord],
    *,
    skipped_lines: int = 0,
    human_cost_usd: float | None = None,
) -> None:
    """Print what became of the conversations, how they went, what they cost, and what was counted on the way."""
    engaged = [record for record in records if record.engaged]
    figures = summary(records, skipped_lines=skipped_lines, human_cost_usd=human_cost_usd)
    console.print(_outcomes(engaged))
    console.print(_agents(engaged))
    console.print(_rates(engaged, figures))
    console.print(_classes("Resolution status", figures["resolution_statuses"]))
    console.print(_classes("Sentiment", figures["sentiments"]))
    console.print(_estimates(figures, human_cost_usd))
    console.print(_counts(figures))


def print_rows(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a line per episode, with the columns that have anything."""
    columns = [name for name in _HEADINGS if any(row[name] is not None for row in rows)]
    table = Table(title="Conversations, one by one")
    for name in columns:
        table.add_column(_HEADINGS[name], overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name], _DECIMALS.get(name)) for name in columns))
    console.print(table)


def _outcomes(engaged: Sequence[ConversationRecord]) -> Table:
    table = Table(title="Outcomes of conversations", show_footer=True)
    table.add_column("outcome", footer="all")
    table.add_column("count", str(len(engaged)), justify="right")
    table.add_column("share", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("mean turns", _mean([record.user_turns for record in engaged]), justify="right")
    table.add_column("mean duration", _duration([record.duration_seconds for record in engaged]), justify="right")
    for outcome in v.OUTCOMES:
        those = [record for record in engaged if record.outcome == outcome]
        table.add_row(
            outcome,
            str(len(those)),
            *_share(rate(len(those), len(engaged))),
            _mean([record.user_turns for record in those]),
            _duration([record.duration_seconds for record in those]),
        )
    return table


def _agents(engaged: Sequence[ConversationRecord]) -> Table:
    table = Table(title="By agent", show_footer=True)
    table.add_column("agent", footer="all")
    table.add_column("all", str(len(engaged)), justify="right")
    for outcome in v.OUTCOMES:
        table.add_column(outcome, str(sum(record.outcome == outcome for record in engaged)), justify="right")
    for agent in sorted({record.agent for record in engaged}):
        those = [record for record in engaged if record.agent == agent]
        counts = [str(sum(record.outcome == outcome for record in those)) for outcome in v.OUTCOMES]
        table.add_row(agent, str(len(those)), *counts)
    return table


def _rates(engaged: Sequence[ConversationRecord], figures: Mapping[str, Any]) -> Table:
    table = Table(title="Rates")
    table.add_column("of the conversations")
    for name in ("count", "of", "share", "95 % interval"):
        table.add_column(name, justify="right")
    for name, found in _named_rates(engaged, figures):
        counts = (_DASH, _DASH) if found is None else (str(found.part), str(found.whole))
        table.add_row(name, *counts, *_share(found))
    return table


def _named_rates(
    engaged: Sequence[ConversationRecord], figures: Mapping[str, Any]
) -> Iterator[tuple[str, Rate | None]]:
    all_of_them, known, said = len(engaged), resolution(figures["resolution_statuses"]), satisfaction_said(engaged)
    yield "resolved, where the status is known", known.resolved
    yield "status known", known.coverage
    for kind in v.RESOLUTIONS:
        yield _RESOLUTIONS[kind], rate(figures["resolutions"][kind], all_of_them)
    yield "handed to a human", escalation_rate(figures["escalated"], all_of_them)
    yield "negative or frustrated, where known", negative_rate(figures["sentiments"])
    yield "rated positive, of the rated (CSAT)", said.satisfied
    yield "rated", said.response


_RESOLUTIONS: Final = {
    v.CONTAINED: "contained: no human asked for",
    v.ASSUMED: "assumed: and nobody back in a day",
    v.CONFIRMED: "confirmed by the user or application",
    v.VERIFIED: "verified, or the agent said so",
}


def _classes(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title)
    for name in counts:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_row(*map(str, counts.values()))
    return table


def _estimates(figures: Mapping[str, Any], human_cost_usd: float | None) -> Table:
    table = Table(title="Satisfaction and money", show_header=False)
    table.add_column("what")
    table.add_column("how much", justify="right")
    human = _DASH if human_cost_usd is None else f"{human_cost_usd:g}"
    for what, value, decimals in (
        ("satisfaction, an estimate (0 to 1)", figures["satisfaction"], 2),
        ("average rating (1 to 5)", figures["average_rating"], 2),
        ("cost, USD", figures["cost_usd"], 4),
        ("cost of a conversation, USD", figures["cost_per_conversation_usd"], 4),
        ("cost of a resolved conversation, USD", figures["cost_per_resolved_usd"], 4),
        (f"savings, a human at {human} USD a conversation, USD", figures["savings_usd"], 2),
    ):
        table.add_row(what, _cell(value, decimals))
    return table


def _counts(figures: Mapping[str, Any]) -> Table:
    table = Table(title="Counted", show_header=False)
    table.add_column("what")
    table.add_column("how many", justify="right")
    for name in _COUNTED:
        table.add_row(name.replace("_", " "), _cell(figures[name]))
    return table


def _share(share: Rate | None) -> tuple[str, str]:
    return (_DASH, _DASH) if share is None else (f"{share.value:.1%}", f"{share.low:.1%} – {share.high:.1%}")


def _cell(value: Any, decimals: int | None = None) -> str:
    return _DASH if value is None else str(value) if decimals is None else f"{value:,.{decimals}f}"


def _mean(values: Sequence[float]) -> str:
    return f"{mean(values):.1f}" if values else _DASH


def _duration(seconds: Sequence[float]) -> str:
    if not seconds:
        return _DASH
    minutes, rest = divmod(round(mean(seconds)), _SECONDS_A_MINUTE)
    return f"{minutes} min {rest:02} s"
