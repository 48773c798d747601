"""Every question that dashboards ask has an answer on a day with traffic, after a week of it, from the real Prometheus.

What Loki is asked stands in ``test_chain``, where a day was replayed through the Collector; what alerts ask, in
``test_days``, where each of them rings.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.grafana.expressions import Expression, every_expression
from tests.servers import bad_day
from tests.servers.history import BROKEN, DAY_SECONDS, history
from tests.servers.hurried import RULES, hurried_rules
from tests.servers.programs import ask, program, until
from tests.servers.prometheus import Prometheus, prometheus
from tests.servers.record_past import recording_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS: Final = 8
STEP_SECONDS: Final = 1800
PROMQL: Final = [one for one in every_expression(service=bad_day.BAD.service) if one.datasource == "prometheus"]


def _name(expression: Expression) -> str:
    return f"{expression.dashboard}: {expression.place}"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, int]]:
    """A Prometheus with a week and a bad day after it, on which something happens to every metric; and when that ends."""
    for name in ("prometheus", "promtool"):
        program(name)
    folder = tmp_path_factory.mktemp("expressions")
    past = history(folder / "past", int(time.time()), days=DAYS, pasts=[bad_day.BAD], every_seconds=STEP_SECONDS)
    data = past.fill(folder / "data", [bad_day.BAD.service], BROKEN)
    asked = prometheus(folder / "prometheus", data, rules=hurried_rules(folder / "rules"))
    with asked.server:
        yield asked, past.until


def samples(day: tuple[Prometheus, int], query: str) -> list[dict[str, Any]]:
    """Return the series that a question has in the last day."""
    asked, end = day
    span = {"start": str(end - DAY_SECONDS), "end": str(int(time.time())), "step": str(STEP_SECONDS)}
    found: list[dict[str, Any]] = ask(f"{asked.address}/api/v1/query_range", query=query, **span)["data"]["result"]
    return found


@pytest.mark.parametrize("expression", PROMQL, ids=_name)
def test_every_panel_shows_something(day: tuple[Prometheus, int], expression: Expression) -> None:
    """The question of a panel, variable or annotation has a series that changes in the day."""
    found = samples(day, expression.substituted)
    assert any(len({value for _, value in series["values"]}) > 1 for series in found), [s["metric"] for s in found][:5]


@pytest.mark.parametrize("name", sorted(recording_rules(RULES)))
def test_every_recording_rule_records(day: tuple[Prometheus, int], name: str) -> None:
    """What a rule records is there."""
    until(lambda: day[0].series(name), 20, f"{name} has no series")
