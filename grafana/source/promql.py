"""PromQL, put together from the catalogue: what is read of a counter, what of its twin, shares and their bounds. Pure.

Several analyzers on one database show the same totals, and each of them may be scraped. So the rules record every
counter once, without the labels that tell the scraped ones apart, and everything else reads what was recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics.outputs.catalogue import CATALOGUE, COUNTER

if TYPE_CHECKING:
    from otel_agent_analytics.outputs.catalogue import Metric

WHERE_SCRAPED: Final = "instance, pod, service_instance_id"
"""Labels that tell which analyzer was scraped, or pushed its metrics."""
OF_SERVICE: Final = ("service_name", "service_namespace", "deployment_environment_name")
"""Labels that every metric of a service has."""

Z95: Final = 1.96
"""Quantile of the normal distribution for 95 %, both sides."""
LOWER: Final = "-"
UPPER: Final = "+"
# p + z²/2n ± z √(p(1-p)/n + z²/4n²), over 1 + z²/n
_BOUND: Final = """\
(
  {p} +{beside} {half} / {n}
  {side} {z} * sqrt(
    ({p} * (1 - {p}) +{beside} {quarter} / {n})
    /{beside} {n}
  )
) /{beside} (1 + {square} / {n})
"""


def recorded(name: str) -> str:
    """Return the name under which the rules record a counter, whichever analyzers show it."""
    return f"service:{name}:max"


def counters() -> tuple[str, ...]:
    """Return the names of all counters and of their twins."""
    named = (name for metric in CATALOGUE if metric.kind == COUNTER for name in (metric.name, metric.twin))
    return tuple(name for name in named if name)


def deduplicated(expression: str) -> str:
    """Return an expression over raw series without the labels of whoever was scraped."""
    return f"max without ({WHERE_SCRAPED}) ({expression})"


def increase(metric: Metric, window: str, selector: str = "", by: tuple[str, ...] = ()) -> str:
    """Return by how much a counter grew in a window, summed.

    Args:
        metric: a counter.
        window: a duration such as ``1h``, or a variable of a dashboard; with ``offset`` where it lies back.
        selector: matchers of labels, without braces.
        by: labels that are kept.
    """
    return _increase(metric.name, window, selector, by)


def net(metric: Metric, window: str, selector: str = "", by: tuple[str, ...] = ()) -> str:
    """Return the same less what was taken back in that window; may be below 0 where more was taken back than came."""
    gross = increase(metric, window, selector, by)
    return f"({gross} - {_increase(metric.twin, window, selector, by)})" if metric.twin else gross


def share(part: str, whole: str) -> str:
    """Return a part of a whole, 0 to 1; nothing where the whole is nothing, so that no one takes that for good."""
    return f"{part} / ({whole} > 0)"


def wilson_lower(part: str, whole: str) -> str:
    """Return the lower end of the 95 % interval of a share (Wilson 1927); nothing where the whole is nothing."""
    return _wilson_of_counts(part, whole, LOWER)


def wilson_upper(part: str, whole: str) -> str:
    """Return the upper end of the 95 % interval of a share (Wilson 1927); nothing where the whole is nothing."""
    return _wilson_of_counts(part, whole, UPPER)


def wilson(p: str, n: str, side: str, z: float = Z95, beside: str = "") -> str:
    """Return an end of the interval of a share (Wilson 1927), in several lines.

    Args:
        p: the share, 0 to 1; nothing where the whole is nothing.
        n: the whole.
        side: ``LOWER`` or ``UPPER``.
        z: quantile of the normal distribution, both sides.
        beside: how a share finds its whole where their labels are not the same, as ``on () group_left ()``.
    """
    square = z * z
    parts = {"half": f"{square / 2:.4f}", "quarter": f"{square / 4:.4f}", "square": f"{square:.4f}"}
    return _BOUND.format(p=p, n=n, side=side, z=z, beside=f" {beside}" if beside else "", **parts)


def in_one_line(expression: str) -> str:
    """Return an expression without its line breaks."""
    return " ".join(expression.split()).replace("( ", "(").replace(" )", ")")


def _increase(name: str, window: str, selector: str, by: tuple[str, ...]) -> str:
    span, _, back = window.partition(" ")
    of = f"increase({recorded(name)}{{{selector}}}[{span}]{' ' + back if back else ''})"
    return f"sum by ({', '.join(by)}) ({of})" if by else f"sum({of})"


def _wilson_of_counts(part: str, whole: str, side: str) -> str:
    """Hold the share between 0 and 1: a window that holds a retraction and not what it took back may say more."""
    return in_one_line(wilson(f"clamp({share(part, whole)}, 0, 1)", whole, side))
