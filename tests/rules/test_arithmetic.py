"""The arithmetic by which false pages are counted says what Prometheus says of the shipped rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pytest

from benchmarks import _alerting as twin
from benchmarks._alerting import Arithmetic, Counts, Stream, firing
from tests.rules.stories import series_name, unit_test
from tests.servers import programs

STEP: Final = 30
"""Minutes of a step: coarse, so that ten days are soon over."""
STEPS_A_DAY: Final = twin.DAY // STEP
DAYS: Final = 11
MOMENTS: Final = range(9 * STEPS_A_DAY - 8, DAYS * STEPS_A_DAY, 4)
"""Steps at which it is asked: four hours before the change, and then every two."""


class Service(NamedTuple):
    """A service that is one thing for nine days, and then another."""

    a_day: float
    before: tuple[float, float, float]
    """True shares: resolved, negative, failed."""
    after: tuple[float, float, float]


SERVICES: Final = (
    Service(60, (0.58, 0.28, 0.02), (0.58, 0.28, 0.02)),
    Service(25, (0.45, 0.4, 0.01), (0.45, 0.4, 0.01)),
    Service(100, (0.7, 0.15, 0.0), (0.45, 0.33, 0.0)),
    Service(100, (0.7, 0.15, 0.01), (0.4, 0.3, 0.3)),
    Service(240, (0.65, 0.2, 0.0), (0.54, 0.3, 0.15)),
    Service(40, (0.7, 0.1, 0.0), (0.1, 0.8, 0.6)),
    Service(12, (0.7, 0.1, 0.0), (0.0, 0.9, 0.9)),
    Service(240, (0.7, 0.1, 0.0), (0.7, 0.1, 0.0)),
)


def _stream(rng: np.random.Generator, service: Service, *, stops: bool) -> Stream:
    steps = np.arange(DAYS * STEPS_A_DAY)
    late = steps >= 9 * STEPS_A_DAY
    resolved, negative, failed = (np.where(late, b, a) for a, b in zip(service.before, service.after, strict=True))
    mean = np.where(late & stops, 0.0, service.a_day / STEPS_A_DAY)
    ended = rng.poisson(mean)
    known, judged = rng.binomial(ended, 0.9), rng.binomial(ended, 0.8)
    counts = (ended, ended, known, rng.binomial(known, resolved), judged, rng.binomial(judged, negative))
    return Stream(*(np.asarray(one, dtype=float) for one in (*counts, rng.binomial(ended, failed))))


def _series(name: str, stream: Stream) -> list[dict[str, str]]:
    status = 'conversations_by_resolution_status_total{status="%s"}'
    sentiment = 'conversations_by_sentiment_total{sentiment="%s"}'
    counted = {
        "conversations_started_total": stream.started,
        'conversations_ended_total{outcome="failed"}': stream.failed,
        'conversations_ended_total{outcome="silent"}': stream.ended - stream.failed,
        status % "resolved": stream.resolved,
        status % "unresolved": stream.known - stream.resolved,
        status % "unknown": stream.ended - stream.known,
        sentiment % "frustrated": stream.negative,
        sentiment % "positive": stream.judged - stream.negative,
        sentiment % "unknown": stream.ended - stream.judged,
    }
    twins = {
        'conversations_retracted_total{outcome="failed"}',
        "conversations_by_resolution_status_retracted_total",
        'conversations_by_resolution_status_retracted_total{status="resolved"}',
        'conversations_by_sentiment_retracted_total{sentiment="negative"}',
    }
    none = np.zeros(len(stream.ended))
    told = counted | dict.fromkeys(twins, none)
    return [{"series": series_name(key, name), "values": _values(counts)} for key, counts in told.items()]


def _values(counts: Counts) -> str:
    return " ".join(f"{value:.0f}" for value in np.cumsum(counts))


@pytest.fixture(scope="module")
def streams() -> dict[str, Stream]:
    """Return a stream for each service; the last stops altogether."""
    rng = np.random.default_rng(20261121)
    last = len(SERVICES) - 1
    return {f"s{at}": _stream(rng, service, stops=at == last) for at, service in enumerate(SERVICES)}


def test_it_says_what_prometheus_says(streams: dict[str, Stream], tmp_path: Path) -> None:
    """At 26 moments of the last days the same services fire, and of each alert some do and others do not."""
    alerts = sorted(twin.paging())
    expected = {(alert, at): _firing(alert, at, streams) for alert in alerts for at in MOMENTS}
    asked = {"promql_expr_test": [_asked(alert, at, names) for (alert, at), names in expected.items()]}
    series = [one for name, stream in streams.items() for one in _series(name, stream)]

    said = programs.run("promtool", "test", "rules", unit_test(tmp_path, alerts, STEP, series, asked))

    assert said.returncode == 0, said.stdout + said.stderr
    for alert in alerts:
        assert any(expected[alert, at] for at in MOMENTS)
        assert any(len(expected[alert, at]) < len(streams) for at in MOMENTS)


def _firing(alert: str, at: int, streams: dict[str, Stream]) -> set[str]:
    held = twin.durations()[alert]
    spans = {name: firing(Arithmetic(stream, STEP).verdicts()[alert], held, STEP) for name, stream in streams.items()}
    return {name for name, own in spans.items() if any(began <= at < ended for began, ended in own)}


def _asked(alert: str, at: int, names: set[str]) -> dict[str, Any]:
    return {
        "expr": f'group by (service_name) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
        "eval_time": f"{at * STEP}m",
        "exp_samples": [{"labels": f'{{service_name="{name}"}}', "value": 1} for name in sorted(names)],
    }


def test_every_paging_alert_of_conversations_is_counted() -> None:
    """The false pages that are counted are those of all critical alerts that a service can have but its absence."""
    stream = Stream(*(np.ones(20 * twin.DAY // STEP) for _ in Stream._fields))

    assert twin.paging() == set(Arithmetic(stream, STEP).verdicts())


def test_keep_firing_is_one_page() -> None:
    """What is true again within the time that an alert goes on is the same page; a short flicker is none."""
    true = np.array([0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0], dtype=bool)

    assert list(firing(true, twin.Held(hold=2, keep=3))) == [(3, 11)]
