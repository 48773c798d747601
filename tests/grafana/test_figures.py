from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.source.dashboards import figures as f
from grafana.source.promql import recorded, share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c
from tests.grafana.expressions import FILLED, substituted
from tests.servers.programs import run

ENDED, TAKEN_BACK = recorded(c.ENDED.name), recorded(c.ENDED.twin)
PER_OUTCOME, ALL = f.ended(f.WINDOW, by=("outcome",)), f.ended(f.WINDOW)
COMPLETED = f.ended(f.WINDOW, 'outcome="completed"')


def _series(name: str, outcome: str, value: int) -> dict[str, str]:
    """Return a counter that stood at 0 and then, from the middle of a day on, at a value."""
    labels = f'service_name="shop", outcome="{outcome}"'
    return {"series": f"{name}{{{labels}}}", "values": f"0x719 {value}x720"}


def _asked(tmp_path: Path, series: list[dict[str, str]], questions: dict[str, list[dict[str, Any]]]) -> None:
    """Ask promtool, at the end of a day of one sample a minute, and demand these samples."""
    tests = [
        {"expr": f"round({substituted(text, FILLED)}, 0.000001)", "eval_time": "1439m", "exp_samples": samples}
        for text, samples in questions.items()
    ]
    file = tmp_path / "figures.test.yaml"
    group = {"interval": "1m", "input_series": series, "promql_expr_test": tests}
    file.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [group]}), encoding="utf-8")
    done = run("promtool", "test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def _of(value: float, **labels: str) -> list[dict[str, Any]]:
    inside = ", ".join(f'{name}="{label}"' for name, label in labels.items())
    return [{"labels": f"{{{inside}}}", "value": value}]


@pytest.fixture
def ten_conversations() -> list[dict[str, str]]:
    """Seven completed and three abandoned, after one completed more was taken back."""
    ended = [_series(ENDED, "completed", 8), _series(ENDED, "abandoned", 3)]
    return [*ended, _series(TAKEN_BACK, "completed", 1), _series(TAKEN_BACK, "abandoned", 0)]


def test_shares_of_outcomes_and_their_bounds(tmp_path: Path, ten_conversations: list[dict[str, str]]) -> None:
    """Each outcome over all of them, with the interval that Wilson's formula gives by hand."""
    questions = {
        f.shares(PER_OUTCOME, ALL): [*_of(0.7, outcome="completed"), *_of(0.3, outcome="abandoned")],
        f.lower(PER_OUTCOME, ALL): [*_of(0.396773, outcome="completed"), *_of(0.107789, outcome="abandoned")],
        f.upper(PER_OUTCOME, ALL): [*_of(0.892211, outcome="completed"), *_of(0.603227, outcome="abandoned")],
    }
    _asked(tmp_path, ten_conversations, questions)


def test_one_share_has_the_same_bounds(tmp_path: Path, ten_conversations: list[dict[str, str]]) -> None:
    """The formula for a single rate and that for parts of a whole agree."""
    questions = {
        share(COMPLETED, ALL): _of(0.7),
        wilson_lower(COMPLETED, ALL): _of(0.396773),
        wilson_upper(COMPLETED, ALL): _of(0.892211),
    }
    _asked(tmp_path, ten_conversations, questions)


def test_nothing_is_shown_where_nothing_ended(tmp_path: Path) -> None:
    """A share of nothing is neither 0 nor 1: there is no value, and the panel says so."""
    quiet = [_series(name, "completed", 0) for name in (ENDED, TAKEN_BACK)]
    shown = (f.shares, f.lower, f.upper)
    questions: dict[str, list[dict[str, Any]]] = {one(PER_OUTCOME, ALL): [] for one in shown}
    _asked(tmp_path, quiet, {**questions, share(COMPLETED, ALL): []})


def test_two_analyzers_of_one_database_count_once(tmp_path: Path) -> None:
    """Both show 4 answers of up to a second and 4 of up to 2.5; half were answered within one second."""
    name = c.RESPONSE_TIME.name
    labels = 'service_name="shop", agent="Helper"'
    seen = {'_bucket{le="1"': 4, '_bucket{le="2.5"': 8, '_bucket{le="+Inf"': 8, "_sum{": 10, "_count{": 8}
    series = [
        {
            "series": f'{name}{head}{"," if "=" in head else ""}{labels}, instance="{at}"}}',
            "values": f"0x719 {count}x720",
        }
        for head, count in seen.items()
        for at in ("a", "b")
    ]
    questions = {
        f.observed(c.RESPONSE_TIME, f.AGENT): _of(8),
        f.mean(c.RESPONSE_TIME, f.AGENT): _of(1.25),
        f.quantile(0.5, c.RESPONSE_TIME, f.AGENT, by=("agent",), window=f.RANGE): _of(1, agent="Helper"),
    }
    _asked(tmp_path, series, questions)
