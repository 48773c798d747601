"""The PromQL that dashboards share: counts, shares and quantiles of the services and the time that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.promql import LOWER, UPPER, deduplicated, in_one_line, net, share, wilson
from grafana.source.rules.naming import limit
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from otel_agent_analytics.outputs.catalogue import Metric

SERVICE: Final = 'service_name=~"$service", deployment_environment_name=~"$environment"'
"""What every question of a service is narrowed by."""
AGENT: Final = 'agent=~"$agent"'

RANGE: Final = "$__range"
"""All the time shown."""
STEP: Final = "$__interval"
"""Each step of a bar chart; its panel says how long one is at least."""
WINDOW: Final = "$window"
"""As far back as the reader wants rates to look."""
RATE: Final = "$__rate_interval"
DAY_BEFORE: Final = "$__range offset 1d"
RANGE_BEFORE: Final = "$__range offset $__range"
WEEK_BEFORE: Final = "$__range offset 7d"
WINDOW_WEEK_BEFORE: Final = "$window offset 7d"
_BESIDE: Final = "on () group_left ()"
"""How each of several parts finds the one whole."""


def of(*matchers: str) -> str:
    """Return matchers of labels, those of the chosen services among them."""
    return ", ".join((SERVICE, *matchers))


def count(metric: Metric, window: str, *matchers: str, by: tuple[str, ...] = ()) -> str:
    """Return how much was counted in a window and not taken back, never below 0."""
    counted = net(metric, window, of(*matchers), by)
    return f"clamp_min({counted}, 0)" if metric.twin else counted


def shares(part: str, whole: str) -> str:
    """Return parts of one whole as shares of it, and nothing where the whole is nothing."""
    return f"{part} / {_BESIDE} ({whole} > 0)"


def lower(part: str, whole: str) -> str:
    """Return the lower ends of the 95 % intervals of these shares (Wilson 1927)."""
    return _bound(part, whole, LOWER)


def upper(part: str, whole: str) -> str:
    """Return the upper ends."""
    return _bound(part, whole, UPPER)


def _bound(part: str, whole: str, side: str) -> str:
    return in_one_line(wilson(f"clamp_max({shares(part, whole)}, 1)", whole, side, beside=_BESIDE))


def named(expression: str, label: str, value: str) -> str:
    """Return an expression of one value with a label of its own, as a row of a table."""
    return f'label_replace({expression}, "{label}", "{value}", "", "")'


def quantile(share_below: float, metric: Metric, *matchers: str, by: tuple[str, ...] = (), window: str = RATE) -> str:
    """Return the value below which a share of what a histogram has seen lies; from buckets, so it is coarse."""
    return f"histogram_quantile({share_below}, {buckets(metric, *matchers, by=by, window=window)})"


def buckets(metric: Metric, *matchers: str, by: tuple[str, ...] = (), window: str = RATE) -> str:
    """Return the buckets of a histogram."""
    return _of_histogram("bucket", metric, ("le", *by), of(*matchers), window)


def observed(metric: Metric, *matchers: str, by: tuple[str, ...] = (), window: str = RANGE) -> str:
    """Return how many values a histogram has seen; a rate per second over a rate's window."""
    return _of_histogram("count", metric, by, of(*matchers), window)


def mean(metric: Metric, *matchers: str, by: tuple[str, ...] = (), window: str = RANGE) -> str:
    """Return the mean of what a histogram has seen."""
    return share(
        _of_histogram("sum", metric, by, of(*matchers), window), observed(metric, *matchers, by=by, window=window)
    )


def gauge(metric: Metric, *matchers: str) -> str:
    """Return a gauge, once for however many analyzers show it."""
    return deduplicated(f"{metric.name}{{{of(*matchers)}}}")


def ended(window: str, *matchers: str, by: tuple[str, ...] = ()) -> str:
    """Return the ended, engaged episodes: the whole of nearly every rate."""
    return count(c.ENDED, window, *matchers, by=by)


def known_status(window: str) -> str:
    """Return the episodes of which the result is known: the whole of the resolution rate."""
    return count(c.BY_STATUS, window, 'status!="unknown"')


def resolved(window: str) -> str:
    """Return the episodes whose result is resolved."""
    return count(c.BY_STATUS, window, 'status="resolved"')


def lowest_limit(name: str) -> str:
    """Return the threshold above which an alert looks closer: of several services the lowest."""
    return f"min({limit(name)}{{{of()}}})"


def highest_limit(name: str) -> str:
    """Return the threshold below which an alert looks closer: of several services the highest."""
    return f"max({limit(name)}{{{of()}}})"


def _of_histogram(suffix: str, metric: Metric, by: tuple[str, ...], matchers: str, window: str) -> str:
    function = "rate" if window == RATE else "increase"
    span, _, back = window.partition(" ")
    series = f"{function}({metric.name}_{suffix}{{{matchers}}}[{span}]{' ' + back if back else ''})"
    return f"sum by ({', '.join(by)}) ({deduplicated(series)})" if by else f"sum({deduplicated(series)})"
