"""Ended episodes → tables for people. What is not known is a dash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.cells import cell_len
from rich.table import Table

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.cells import cell, mean_cell, mean_duration, share_cells
from otel_agent_analytics.commands.figures import summary
from otel_agent_analytics.commands.rate_tables import estimates_table, rates_table
from otel_agent_analytics.conversations.rates import rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from otel_agent_analytics.commands.episodes import Episode

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
_LEAST_WANTED: Final = (
    "tool_calls", "cost_usd", "tool_errors", "rating", "satisfaction", "sentiment", "escalated", "duration_seconds",
    "resolution_status", "episode", "user_turns", "outcome_reason",
)  # fmt: skip
"""Columns that are left out where the terminal is too narrow for all, in this order."""
_DECIMALS: Final = {"duration_seconds": 0, "satisfaction": 2, "cost_usd": 4}


def print_summary(
    console: Console,
    episodes: Sequence[Episode],
    *,
    skipped_lines: int = 0,
    human_cost_usd: float | None = None,
) -> None:
    """Print what became of the conversations, how they went, what they cost, and what was counted on the way."""
    engaged = [episode for episode in episodes if episode.engaged]
    figures = summary(episodes, skipped_lines=skipped_lines, human_cost_usd=human_cost_usd)
    console.print(_outcomes(engaged))
    console.print(_agents(engaged))
    console.print(rates_table(engaged, figures))
    console.print(_classes("Resolution status", figures["resolution_statuses"]))
    console.print(_classes("Sentiment", figures["sentiments"]))
    console.print(estimates_table(figures, human_cost_usd))
    console.print(_counts(figures))


def print_rows(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a line per episode, with the columns that have anything and for which there is room."""
    known = [name for name in _HEADINGS if any(row[name] is not None for row in rows)]
    columns = {name: [cell(row[name], _DECIMALS.get(name)) for row in rows] for name in known}
    left_out = _left_out(columns, console.width)
    shown = {name: texts for name, texts in columns.items() if name not in left_out}
    table = Table(title="Conversations, one by one")
    for name in shown:
        table.add_column(_HEADINGS[name], overflow="fold")
    for row in zip(*shown.values(), strict=True):
        table.add_row(*row)
    console.print(table)
    if left_out:
        told = ", ".join(_HEADINGS[name] for name in left_out)
        console.print(
            f"There is no room for: {told}. A wider terminal shows them, and so does --json.", highlight=False
        )


def _left_out(columns: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """Return the columns without which a table is no wider than so many characters."""
    widths = {name: max(map(cell_len, (_HEADINGS[name], *texts))) + 3 for name, texts in columns.items()}
    too_wide = sum(widths.values()) + 1 - width
    left_out: list[str] = []
    for name in (name for name in _LEAST_WANTED if name in widths):
        if too_wide > 0:
            left_out.append(name)
            too_wide -= widths[name]
    return left_out


def _outcomes(engaged: Sequence[Episode]) -> Table:
    table = Table(title="Outcomes of conversations", show_footer=True)
    table.add_column("outcome", footer="all")
    table.add_column("count", str(len(engaged)), justify="right")
    table.add_column("share", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("mean turns", mean_cell([episode.user_turns for episode in engaged]), justify="right")
    table.add_column("mean duration", mean_duration([episode.duration_seconds for episode in engaged]), justify="right")
    for outcome in v.OUTCOMES:
        those = [episode for episode in engaged if episode.outcome == outcome]
        table.add_row(
            outcome,
            str(len(those)),
            *share_cells(rate(len(those), len(engaged))),
            mean_cell([episode.user_turns for episode in those]),
            mean_duration([episode.duration_seconds for episode in those]),
        )
    return table


def _agents(engaged: Sequence[Episode]) -> Table:
    table = Table(title="By agent", show_footer=True)
    table.add_column("agent", footer="all")
    table.add_column("all", str(len(engaged)), justify="right")
    for outcome in v.OUTCOMES:
        table.add_column(outcome, str(sum(episode.outcome == outcome for episode in engaged)), justify="right")
    for agent in sorted({episode.agent for episode in engaged}):
        those = [episode for episode in engaged if episode.agent == agent]
        counts = [str(sum(episode.outcome == outcome for episode in those)) for outcome in v.OUTCOMES]
        table.add_row(agent, str(len(those)), *counts)
    return table


def _classes(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title)
    for name in counts:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_row(*map(str, counts.values()))
    return table


def _counts(figures: Mapping[str, Any]) -> Table:
    table = Table(title="Counted", show_header=False)
    table.add_column("what")
    table.add_column("how many", justify="right")
    for name in _COUNTED:
        table.add_row(name.replace("_", " "), cell(figures[name]))
    return table
