"""The least counts: however bad a share is, below them nothing is said of it, and just above them it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.rules.stories import Day, Stage, input_series, unit_test
from tests.servers import programs

GOOD: Final = Day()


class Edge(NamedTuple):
    """Two services that fare equally badly, of which one has too few to tell."""

    alert: str
    change: dict[str, float]
    silent: float
    """Conversations a day."""
    fires: float
    good: float = 0.0
    """Hours of a good day before the bad begins."""
    bad: float = 30.0
    minutes: int = 60


EDGES: Final = (
    Edge("AgentNegativeSentimentHigh", {"negative": 1.0}, 9, 11),  # at least 10 a day
    Edge("AgentResolutionRateLow", {"resolved": 0.0}, 9, 11),
    Edge("AgentResolutionRateLow", {"resolved": 0.45}, 47, 53, good=216, bad=25),  # at least 50 for a fall
    Edge("AgentRephraseRateHigh", {"rephrased": 0.6}, 12, 13),  # at least 50 messages, four a conversation
    Edge("AgentCsatLow", {"positive": 0.0}, 5.4, 6, bad=171),  # at least 20 a week, of which every second is rated
    Edge("AgentTopicEmerging", {"parcels": 1.0}, 9, 17, good=48, bad=27),  # at least 10 a day, and no chance
    Edge("AgentTopicUnresolved", {"parcels": 1.0, "lost": 1.0}, 9, 12),  # at least 10 a day, and no chance
    Edge("AgentCallsUnpriced", {"unpriced": 1.0}, 4.5, 5.5),  # at least 20 calls, four a conversation
    Edge("AgentToolFailing", {"tool_failed": 1.0}, 19, 21, bad=8, minutes=10),  # at least 20 calls in six hours
    Edge("AgentLooping", {"loops": 0.6}, 48, 52, bad=8, minutes=10),  # at least 50 messages in six hours
    Edge("AgentErrorBudgetBurnFast", {"failed": 0.9, "completed": 0.0}, 19, 22, bad=8, minutes=10),  # five in six hours
    Edge("AgentResponseTimeHigh", {"slow": 1.0}, 115, 125, bad=3, minutes=10),  # at least 20 an hour
    Edge("AgentSpansDropped", {"dropped": 0.5}, 57, 63, bad=3, minutes=10),  # at least 100 an hour, 40 a conversation
    Edge("AgentCostSpike", {"cost": 1.0}, 39, 41, good=200, bad=8),  # at least 10 USD in six hours
)


@pytest.mark.parametrize("edge", EDGES, ids=[f"{edge.alert}-{edge.fires}" for edge in EDGES])
def test_below_the_least_count_nothing_is_said(edge: Edge, tmp_path: Path) -> None:
    """Of two services that fare equally badly, the one with just enough is told of, and only that one."""
    series = [
        one for name, a_day in (("few", edge.silent), ("enough", edge.fires)) for one in _series(edge, name, a_day)
    ]
    state = f'ALERTS{{alertname="{edge.alert}",alertstate="firing"}}'
    hours = edge.good + edge.bad
    asked = {
        "expr": f"group by (service_name) (last_over_time({state}[{hours * 60:.0f}m]))",
        "eval_time": f"{hours * 60:.0f}m",
        "exp_samples": [{"labels": '{service_name="enough"}', "value": 1}],
    }

    path = unit_test(tmp_path, [edge.alert], edge.minutes, series, {"promql_expr_test": [asked]})
    said = programs.run("promtool", "test", "rules", path)

    assert said.returncode == 0, said.stdout + said.stderr


def _series(edge: Edge, name: str, a_day: float) -> list[dict[str, str]]:
    good = GOOD._replace(conversations=a_day)
    bad = good._replace(**edge.change)
    return list(input_series(name, [Stage(edge.good, good), Stage(edge.bad, bad)], edge.minutes))
