"""Records of ended episodes → tables for people."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING, Final

from rich.table import Table

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.commands.figures import summary
from otel_agent_analytics.conversations.rates import rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from otel_agent_analytics.conversations.record import ConversationRecord

_SECONDS_A_MINUTE: Final = 60


def print_summary(console: Console, records: Sequence[ConversationRecord], *, skipped_lines: int = 0) -> None:
    """Print what became of the conversations, and what was counted on the way."""
    engaged = [record for record in records if record.engaged]
    console.print(_outcomes(engaged))
    console.print(_agents(engaged))
    console.print(_counts(summary(records, skipped_lines=skipped_lines), records))


def print_rows(console: Console, rows: Sequence[dict[str, object]]) -> None:
    """Print a line per episode, with the columns that have anything."""
    columns = [name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)]
    table = Table(title="Conversations, one by one")
    for name in columns:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
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
            *_share(len(those), len(engaged)),
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


def _counts(counted: dict[str, object], records: Sequence[ConversationRecord]) -> Table:
    table = Table(title="Counted", show_header=False)
    table.add_column("what")
    table.add_column("how many", justify="right")
    shown = {name.replace("_", " "): value for name, value in counted.items() if name != "outcomes"}
    shown["handoffs"] = sum(record.handoffs for record in records)
    shown["model calls"] = sum(record.model_calls for record in records)
    shown["ratings"] = sum(len(record.ratings) for record in records)
    for name, value in shown.items():
        table.add_row(name, str(value))
    return table


def _share(part: int, whole: int) -> tuple[str, str]:
    share = rate(part, whole)
    return ("–", "–") if share is None else (f"{share.value:.1%}", f"{share.low:.1%} – {share.high:.1%}")


def _mean(values: Sequence[float]) -> str:
    return f"{mean(values):.1f}" if values else "–"


def _duration(seconds: Sequence[float]) -> str:
    if not seconds:
        return "–"
    minutes, rest = divmod(round(mean(seconds)), _SECONDS_A_MINUTE)
    return f"{minutes} min {rest:02} s"
