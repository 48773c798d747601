"""What is done with a panel once it is there: its answers become columns, it gets one more query or a link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.links import to_explorer
from grafana.source.dashboards.looks import RED, SHARE, YELLOW, Override, fixed, overridden
from grafana.source.dashboards.queries import over_time

if TYPE_CHECKING:
    from grafana.source.dashboards.queries import Query


def transformed(panel: sdk.Panel, *steps: tuple[str, dict[str, Any]]) -> sdk.Panel:
    """Return the panel with steps that its answers go through: Grafana's name of each, and its options."""
    panel.transformations = [sdk.DataTransformerConfig(id_val=name, options=options) for name, options in steps]
    return panel


def as_columns(labels: dict[str, str], *values: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return the steps that make one table of tables: labels first, then the value of each query.

    Args:
        labels: each label that stays, and what its column is called.
        values: what the columns of the values are called, in the order of the queries.
    """
    found = ("Value",) if len(values) == 1 else tuple(f"Value #{chr(ord('A') + at)}" for at in range(len(values)))
    names = {**labels, **dict(zip(found, values, strict=True))}
    order = {name: at for at, name in enumerate(names)}
    organized = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": order, "includeByName": {}}
    return ("merge", {}), ("organize", organized)


def cell_bar(color: str = "blue") -> dict[str, Any]:
    """Return the properties of a column that is shown as bars, each as long as its value."""
    return {
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "color": {"mode": "fixed", "fixedColor": color},
        "min": 0,
    }


def also(panel: sdk.Panel, query: Query) -> sdk.Panel:
    """Return the panel with one more query."""
    query.ref_id = chr(ord("A") + len(panel.targets or []))
    panel.targets = [*(panel.targets or []), query]
    return panel


def about(panel: sdk.Panel, title: str, **narrowed: str) -> sdk.Panel:
    """Return the panel with a link to those conversations that it is about, by values of the explorer's variables."""
    panel.links = [to_explorer(title, **narrowed)]
    return panel


def cell_of_errors() -> dict[str, Any]:
    """Return the properties of a column of shares that failed: yellow from 2 % on, red from 10 %."""
    colors = (("text", None), (YELLOW, 0.02), (RED, 0.1))
    return {
        "custom.cellOptions": {"type": "color-text"},
        "unit": SHARE,
        "decimals": 1,
        "thresholds": {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in colors]},
        "color": {"mode": "thresholds"},
    }


def limited(panel: sdk.Panel, threshold: str, name: str = "threshold of the alert") -> sdk.Panel:
    """Return a panel of curves with a line at the threshold of an alert."""
    line = {"color": fixed(RED), "custom.lineWidth": 1, "custom.fillOpacity": 0, "custom.showPoints": "never",
            "custom.lineStyle": {"fill": "dot", "dash": [2, 6]}}  # fmt: skip
    if panel.field_config:
        panel.field_config.overrides.append(overridden(Override(name, line)))
    return also(panel, over_time(threshold, name))
