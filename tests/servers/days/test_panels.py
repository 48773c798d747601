"""Every question that dashboards ask of Prometheus has an answer on a day with traffic, after a fortnight of it.

What alerts ask is in ``test_days``, where each of them rings; what is asked of Loki, and of Prometheus about the
servers themselves, in ``tests/servers/test_chain_panels.py``.
"""

from __future__ import annotations

import time
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import pytest

import otel_agent_analytics
from tests.grafana.expressions import Expression, every_expression, of_servers
from tests.servers import bad_day
from tests.servers.history import BROKEN, DAY_SECONDS
from tests.servers.hurried import RULES
from tests.servers.programs import ask, until
from tests.servers.record_past import recording_rules

if TYPE_CHECKING:
    from tests.servers.worlds import World

STEP_SECONDS: Final = 1800
RECORD_SECONDS: Final = 60.0
PROMQL: Final = [
    one
    for one in every_expression(service=bad_day.BAD.service)
    if one.datasource == "prometheus" and not of_servers(one.text)
]
BOARDS: Final = {name: list(of) for name, of in groupby(PROMQL, attrgetter("dashboard"))}
RIGHTLY_EMPTY: Final = {"Deployments"}
"""What shows nothing on such a day: no new version was started."""
CONSTANT: Final = {
    "Targets": {"1"},
    "Targets that answer": {"1"},
    "Targets down": {"0"},
    "Versions of the analyzer": {"1"},
    "Alerts": {"1"},
}
"""Panels whose series do not change, and what they show: each target answers, an alert that fires is 1."""


def panel_of(expression: Expression) -> str:
    """Return the title of the panel of a question, or the name of the variable or annotation."""
    title, _, query = expression.place.rpartition(" ")
    return title if len(query) == 1 else expression.place


def values(world: World, expression: Expression) -> list[set[str]]:
    """Return the different values of each series that a question has in the last day."""
    end = int(time.time())
    span = {"start": str(end - DAY_SECONDS), "end": str(end), "step": str(STEP_SECONDS)}
    address = f"{world.prometheus.address}/api/v1/query_range"
    found: list[dict[str, Any]] = ask(address, query=expression.substituted, **span)["data"]["result"]
    return [{value for _, value in series["values"]} for series in found]


@pytest.mark.parametrize("name", sorted(BOARDS))
def test_every_panel_shows_something(worlds: dict[str, World], name: str) -> None:
    """Each question has an answer; each panel has a series that changes within the day, or shows what it must."""
    until(lambda: worlds[BROKEN].prometheus.series('ALERTS{alertstate="firing"}'), RECORD_SECONDS, "no alert")
    answers = {one: values(worlds[BROKEN], one) for one in BOARDS[name]}
    assert {panel_of(one) for one, found in answers.items() if not found} <= RIGHTLY_EMPTY
    moving = {panel_of(one) for one, found in answers.items() if any(len(different) > 1 for different in found)}
    still = {panel_of(one): set().union(*found) for one, found in answers.items() if panel_of(one) not in moving}
    assert still.keys() <= {*CONSTANT, *RIGHTLY_EMPTY}
    assert {panel: CONSTANT[panel] for panel in still if panel in CONSTANT} == {
        panel: said for panel, said in still.items() if panel in CONSTANT
    }


def test_every_recording_rule_records(worlds: dict[str, World]) -> None:
    """What each recording rule records is there for the service with the bad day, or as a constant of all services."""
    query = '{__name__=~"(service|agent_analytics)\\\\w*:.+"}'

    def missing() -> set[str]:
        return recording_rules(RULES).keys() - {
            one["metric"]["__name__"] for one in worlds[BROKEN].prometheus.series(query)
        }

    until(lambda: not missing(), RECORD_SECONDS, f"not recorded: {sorted(missing())}")


def test_the_version_is_shown(worlds: dict[str, World]) -> None:
    """The version of the analyzer that a panel shows is that of the package."""
    [expression] = [one for one in PROMQL if panel_of(one) == "Versions of the analyzer"]
    [series] = worlds[BROKEN].prometheus.series(expression.substituted)
    assert series["metric"]["version"] == otel_agent_analytics.__version__
