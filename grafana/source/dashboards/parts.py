"""Panels that several dashboards have: a rate with its interval over time, buckets with words for their bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import panels as p
from grafana.source.dashboards.looks import BLUE, GREY, SHARE, Look, Override, fixed
from grafana.source.dashboards.queries import buckets_now, now, over_time
from grafana.source.promql import share, wilson_lower, wilson_upper

if TYPE_CHECKING:
    from collections.abc import Callable

    from grafana.source.dashboards.classic import sdk
    from grafana.source.dashboards.panels import Told
    from otel_agent_analytics.outputs.catalogue import Metric

LOW: Final = "95 % interval, low"
HIGH: Final = "95 % interval, high"
WEEK_BEFORE: Final = "a week before"
_UNSEEN: Final = {"custom.lineWidth": 0, "custom.showPoints": "never", "color": fixed(BLUE)}
_PALE: Final = {"legend": True, "tooltip": False, "viz": False}
_DASHED: Final = {
    "custom.lineStyle": {"fill": "dash", "dash": [6, 6]}, "custom.lineWidth": 1, "custom.fillOpacity": 0,
    "color": fixed(GREY),
}  # fmt: skip
_SCALES: Final = {
    "seconds": ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")),
    "tokens": ((1_000_000, "M"), (1000, "k"), (1, "")),
}


def with_band(told: Told, name: str, part: str, whole: str, week_before: str) -> sdk.Panel:
    """Return a share over time, with its 95 % interval as a band and what it was a week before.

    Args:
        told: what the panel says.
        name: what the share is called.
        part: how many there are, in the window of each point.
        whole: of how many.
        week_before: the share a week before.
    """
    queries = [
        over_time(share(part, whole), name),
        over_time(wilson_lower(part, whole), LOW),
        over_time(wilson_upper(part, whole), HIGH),
        over_time(week_before, WEEK_BEFORE),
    ]
    overrides = (
        Override(name, {"color": fixed(BLUE), "custom.fillOpacity": 0}),
        Override(LOW, {**_UNSEEN, "custom.fillOpacity": 0, "custom.hideFrom": _PALE}),
        Override(HIGH, {**_UNSEEN, "custom.fillBelowTo": LOW, "custom.fillOpacity": 18, "custom.hideFrom": _PALE}),
        Override(WEEK_BEFORE, dict(_DASHED)),
    )
    look = Look(SHARE, decimals=1, least=0, most=1)
    panel = p.lines(told, queries, look, overrides)
    panel.max_data_points = 100
    return panel


def rate(told: Told, name: str, part: str, whole: str, look: Look) -> sdk.Panel:
    """Return a share as a large number, with the ends of its 95 % interval below it."""
    queries = [
        now(share(part, whole), name),
        now(wilson_lower(part, whole), LOW),
        now(wilson_upper(part, whole), HIGH),
    ]
    bound = Override("/^95 %/", {"color": fixed(GREY)})
    return p.stat(told, queries, look, (bound,), orientation="horizontal", textMode="value_and_name")


def distribution(told: Told, expression: str, metric: Metric, words: Callable[[float], str], look: Look) -> sdk.Panel:
    """Return how many values of a histogram fell between each two of its bounds, in all of the time shown."""
    return p.ranking(told, [buckets_now(expression)], look, bounds(metric, words))


def bounds(metric: Metric, words: Callable[[float], str]) -> tuple[Override, ...]:
    """Return the names of buckets: a bucket is called by its bound, however Prometheus writes that number."""
    named = []
    edges = (None, *metric.buckets)
    for below, bound in zip(edges, metric.buckets, strict=False):
        text = f"up to {words(bound)}" if below is None else f"{words(below)} – {words(bound)}"
        named.append(Override(f"/^({_spellings(bound)})$/", {"displayName": text}))
    return (*named, Override("/^\\+Inf$/", {"displayName": f"over {words(metric.buckets[-1])}"}))


def seconds(bound: float) -> str:
    """Return a duration in seconds in words."""
    return _in_words(bound, "seconds")


def tokens(bound: float) -> str:
    """Return a number of tokens in words."""
    return _in_words(bound, "tokens")


def dollars(bound: float) -> str:
    """Return an amount of USD in words."""
    return f"${bound:g}"


def plain(bound: float) -> str:
    """Return a number as it is."""
    return f"{bound:g}"


def _in_words(bound: float, kind: str) -> str:
    for size, name in _SCALES[kind]:
        if bound >= size:
            return f"{bound / size:g} {name}".strip()
    return f"{bound:g}"


def _spellings(bound: float) -> str:
    """Return the pattern of how a bound may be written: 60, 60.0, 1e+06."""
    ways = {f"{bound:g}", repr(float(bound)), f"{bound:f}".rstrip("0").rstrip(".")}
    return "|".join(re.escape(way) for way in sorted(ways))
