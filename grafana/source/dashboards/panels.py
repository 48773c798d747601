"""Panels, one function per way to show something, with the SDK's defaults that hide legends and ids put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.looks import Look, Override, field_config
from grafana.source.dashboards.queries import with_ids
from grafana.source.dashboards.sources import GRAFANA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grafana.source.dashboards.queries import Query

_LEGEND: Final = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}
_LEGEND_TABLE: Final = {"showLegend": True, "displayMode": "table", "placement": "right", "calcs": ["lastNotNull"]}
_ALL_SERIES: Final = {"mode": "multi", "sort": "desc"}
_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}


_LINE: Final = {
    "drawStyle": "line", "lineWidth": 2, "fillOpacity": 6, "showPoints": "auto", "pointSize": 4,
    "lineInterpolation": "linear", "spanNulls": 7200000, "axisSoftMin": 0, "stacking": {"mode": "none", "group": "A"},
}  # fmt: skip
_BARS: Final = {
    **_LINE, "drawStyle": "bars", "lineWidth": 1, "fillOpacity": 80, "showPoints": "never", "spanNulls": False,
}  # fmt: skip
_STACK: Final = {"stacking": {"mode": "normal", "group": "A"}}


class Told(NamedTuple):
    """What a panel says of itself."""

    title: str
    description: str
    """What is shown, and by which definition."""
    size: tuple[int, int]
    """Columns, of 24, and lines, of 30 pixels each."""


def _panel(
    kind: str,
    told: Told,
    queries: Sequence[Query],
    look: Look,
    options: dict[str, Any],
    overrides: tuple[Override, ...] = (),
    links: list[sdk.DashboardLink] | None = None,
) -> sdk.Panel:
    asked = with_ids(queries)
    return sdk.Panel(
        type_val=kind,
        title=told.title,
        description=told.description,
        grid_pos=sdk.GridPos(w=told.size[0], h=told.size[1]),
        datasource=asked[0].datasource if asked else GRAFANA,
        targets=[*asked],
        options=options,
        field_config=field_config(look, overrides, links),
        transformations=[],
        links=[],
    )


def stat(
    told: Told, queries: Sequence[Query], look: Look, overrides: tuple[Override, ...] = (), **options: Any
) -> sdk.Panel:
    """Return a few large numbers."""
    shown = {
        "reduceOptions": _LAST,
        "colorMode": "value" if look.steps else "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    return _panel("stat", told, queries, look, {**shown, **options}, overrides)


def lines(
    told: Told,
    queries: Sequence[Query],
    look: Look,
    overrides: tuple[Override, ...] = (),
    links: list[sdk.DashboardLink] | None = None,
) -> sdk.Panel:
    """Return curves over time."""
    drawn = Look(**{**vars(look), "custom": {**_LINE, **look.custom}})
    options = {"legend": _LEGEND, "tooltip": _ALL_SERIES}
    return _panel("timeseries", told, queries, drawn, options, overrides, links)


def bars(
    told: Told,
    queries: Sequence[Query],
    look: Look,
    links: list[sdk.DashboardLink] | None = None,
    *,
    stacked: bool = True,
    step: str = "1h",
) -> sdk.Panel:
    """Return counts over time: one bar for each step, which is at least so long."""
    drawn = Look(**{**vars(look), "custom": {**_BARS, **(_STACK if stacked else {}), **look.custom}})
    panel = _panel("timeseries", told, queries, drawn, {"legend": _LEGEND, "tooltip": _ALL_SERIES}, (), links)
    panel.interval, panel.max_data_points = step, 100
    return panel


def ranking(
    told: Told,
    queries: Sequence[Query],
    look: Look,
    overrides: tuple[Override, ...] = (),
    links: list[sdk.DashboardLink] | None = None,
) -> sdk.Panel:
    """Return horizontal bars, one for each series."""
    options = {
        "displayMode": "gradient",
        "orientation": "horizontal",
        "valueMode": "text",
        "namePlacement": "left",
        "sizing": "auto",
        "showUnfilled": True,
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 40,
        "reduceOptions": _LAST,
        "legend": {**_LEGEND, "showLegend": False},
    }
    return _panel("bargauge", told, queries, look, options, overrides, links)


def columns(
    told: Told, queries: Sequence[Query], look: Look, x: str, overrides: tuple[Override, ...] = ()
) -> sdk.Panel:
    """Return vertical bars beside each other, over the values of a column."""
    options = {
        "xField": x,
        "orientation": "auto",
        "barWidth": 0.9,
        "groupWidth": 0.7,
        "barRadius": 0,
        "fullHighlight": False,
        "showValue": "auto",
        "stacking": "none",
        "xTickLabelRotation": 0,
        "xTickLabelMaxLength": 0,
        "xTickLabelSpacing": 0,
        "legend": _LEGEND,
        "tooltip": _ALL_SERIES,
    }
    drawn = Look(**{**vars(look), "custom": {"fillOpacity": 80, "lineWidth": 1, "axisSoftMin": 0, **look.custom}})
    return _panel("barchart", told, queries, drawn, options, overrides)


def heatmap(told: Told, queries: Sequence[Query], look: Look) -> sdk.Panel:
    """Return buckets over time, the fuller the darker."""
    options = {
        "calculate": False,
        "cellGap": 1,
        "cellValues": {"unit": "short", "decimals": 0},
        "color": {"mode": "scheme", "scheme": "Blues", "scale": "exponential", "exponent": 0.5, "steps": 32,
                  "fill": "blue", "reverse": False},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "selectionMode": "x",
        "showValue": "never",
        "tooltip": {"mode": "single", "yHistogram": True, "showColorScale": True},
        "yAxis": {"unit": look.unit, "axisPlacement": "left", "reverse": False},
    }  # fmt: skip
    panel = _panel("heatmap", told, queries, look, options)
    panel.max_data_points = 100
    return panel


def table(
    told: Told,
    queries: Sequence[Query],
    look: Look,
    overrides: tuple[Override, ...] = (),
    sort: str = "",
    *,
    descending: bool = True,
) -> sdk.Panel:
    """Return a table; what its columns are called and where they stand is said by ``transformed``."""
    options = {
        "showHeader": True,
        "cellHeight": "sm",
        "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
        "sortBy": [{"displayName": sort, "desc": descending}] if sort else [],
    }
    drawn = Look(**{**vars(look), "custom": {"align": "auto", "filterable": True, **look.custom}})
    return _panel("table", told, queries, drawn, options, overrides)


def donut(told: Told, queries: Sequence[Query], look: Look, links: list[sdk.DashboardLink] | None = None) -> sdk.Panel:
    """Return parts of a whole, of which each series is one."""
    options = {
        "pieType": "donut",
        "displayLabels": ["percent"],
        "reduceOptions": _LAST,
        "legend": {**_LEGEND_TABLE, "calcs": [], "values": ["value", "percent"]},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return _panel("piechart", told, queries, look, options, (), links)


def other(
    kind: str, told: Told, queries: Sequence[Query], options: dict[str, Any], look: Look | None = None
) -> sdk.Panel:
    """Return a panel of a type that is used once, with its options as Grafana names them."""
    return _panel(kind, told, queries, look or Look(), options)
