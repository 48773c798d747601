"""Log records as tables: attributes become columns, and what is chosen in one stays chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.conversation_counts import OUTCOME_COLORS
from grafana.source.dashboards.links import of_cell
from grafana.source.dashboards.looks import SECONDS, USD, Override

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

KEPT: Final = (
    "agent", "channel", "outcome", "sentiment", "status", "user_hash", "tool", "error_type", "conversation_id",
    "trace_id",
)  # fmt: skip
"""What stays as it is when something is chosen in a table."""
_NUMBERS: Final = (
    "turns", "length", "cost", "tool errors", "tool calls", "satisfaction", "effort", "took", "tokens in", "tokens out",
    "sentiment, -1 to 1", "turn", "episode",
)  # fmt: skip
"""Columns that are numbers; Loki has texts alone."""


def as_table(panel: sdk.Panel, columns: dict[str, str]) -> sdk.Panel:
    """Return a panel of log records as a table: attributes become columns, those that are numbers become numbers."""
    numbers = [
        {"targetField": name, "destinationType": "number"} for name, title in columns.items() if title in _NUMBERS
    ]
    order = {name: at for at, name in enumerate(columns)}
    return s.transformed(
        panel,
        ("extractFields", {"source": "labels", "format": "json", "keepTime": False, "replace": False}),
        ("filterFieldsByName", {"include": {"names": [*columns]}}),
        ("convertFieldType", {"fields": {}, "conversions": numbers}),
        ("organize", {"excludeByName": {}, "renameByName": columns, "indexByName": order, "includeByName": {}}),
    )


def chosen(variable: str, title: str) -> dict[str, object]:
    """Return the property of a column whose cells choose what is shown below, while all else stays as it is."""
    return of_cell(variable, title, *KEPT)


def units() -> tuple[Override, ...]:
    """Return units, widths and colours of columns that several tables have."""
    colors = {name: {"color": color, "index": at} for at, (name, color) in enumerate(OUTCOME_COLORS)}
    outcome = {"mappings": [{"type": "value", "options": colors}], "custom.cellOptions": {"type": "color-text"}}
    return (
        Override("outcome", outcome),
        Override("/^(length|took)$/", {"unit": SECONDS, "decimals": 1}),
        Override("cost", {"unit": USD, "decimals": 4}),
        Override("/^(satisfaction|sentiment, .*)$/", {"decimals": 2}),
        Override("/^(ended|told|time)$/", {"unit": "dateTimeAsIso", "custom.width": 170}),
        Override("/^(turns?|episode|effort)$/", {"custom.width": 70}),
        Override("trace", chosen("trace_id", "Show this trace below")),
    )
