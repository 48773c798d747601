"""Rates with their intervals, satisfaction and money, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.cells import DASH, cell, share_cells
from otel_agent_analytics.commands.figures import satisfaction_said
from otel_agent_analytics.conversations.rates import escalation_rate, negative_rate, rate, resolution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from otel_agent_analytics.commands.episodes import Episode
    from otel_agent_analytics.conversations.rates import Rate


def rates_table(engaged: Sequence[Episode], figures: Mapping[str, Any]) -> Table:
    """Return the rates of ended engaged episodes, each with its Wilson interval."""
    table = Table(title="Rates")
    table.add_column("of the conversations")
    for name in ("count", "of", "share", "95 % interval"):
        table.add_column(name, justify="right")
    for name, found in _named_rates(engaged, figures):
        counts = (DASH, DASH) if found is None else (str(found.part), str(found.whole))
        table.add_row(name, *counts, *share_cells(found))
    return table


def _named_rates(engaged: Sequence[Episode], figures: Mapping[str, Any]) -> Iterator[tuple[str, Rate | None]]:
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


def estimates_table(figures: Mapping[str, Any], human_cost_usd: float | None) -> Table:
    """Return what is no share: estimates, averages and sums of money."""
    table = Table(title="Satisfaction and money", show_header=False)
    table.add_column("what")
    table.add_column("how much", justify="right")
    human = DASH if human_cost_usd is None else f"{human_cost_usd:g}"
    for what, value, decimals in (
        ("satisfaction, an estimate (0 to 1)", figures["satisfaction"], 2),
        ("average rating (1 to 5)", figures["average_rating"], 2),
        ("cost, USD", figures["cost_usd"], 4),
        ("cost of a conversation, USD", figures["cost_per_conversation_usd"], 4),
        ("cost of a resolved conversation, USD", figures["cost_per_resolved_usd"], 4),
        (f"savings, a human at {human} USD a conversation, USD", figures["savings_usd"], 2),
    ):
        table.add_row(what, cell(value, decimals))
    return table
