"""Metrics on their way out: a receiver that is away costs nothing but its own pushes, and the end is pushed too."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from prometheus_client.core import Metric as Family

from otel_agent_analytics import errors
from otel_agent_analytics.errors import SettingError, fault_counts
from otel_agent_analytics.outputs.otlp_metrics import converted
from otel_agent_analytics.service.metric_request import requests_of, resource_of
from otel_agent_analytics.service.otlp_exporter import METRICS, OtlpExporter
from otel_agent_analytics.service.pushing import Pushing
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage.errors import UnavailableError
from tests.helpers.otlp import requests_of as spans_of
from tests.helpers.processes import Process
from tests.helpers.receiver import Receiver, Reply, answering, plain
from tests.helpers.script import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLACE = "metrics.not_taken"


class MetricReceiver(Receiver):
    """Takes metrics: each request as its message."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = Reply()
        self.came: list[Any] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Take a request."""
        self.paths.add(path)
        self.headers.append(headers)
        self.came.append(ExportMetricsServiceRequest.FromString(gzip.decompress(body)))
        return self.answer

    def values(self, name: str) -> list[float]:
        """Return the sum of a metric's series in each request that has it."""
        metrics = [one for came in list(self.came) for one in came.resource_metrics[0].scope_metrics[0].metrics]
        return [sum(p.as_double for p in one.sum.data_points) for one in metrics if one.name == name]


@pytest.fixture
def receiver() -> Iterator[MetricReceiver]:
    """Yield a receiver that takes everything."""
    with answering(MetricReceiver()) as one:
        yield one


def partly(rejected: int, message: str) -> bytes:
    """Return the answer that all was taken but for so many points."""
    answer = ExportMetricsServiceResponse()
    answer.partial_success.rejected_data_points = rejected
    answer.partial_success.error_message = message
    body: bytes = answer.SerializeToString()
    return body


class Counting:
    """A counter of one series, which grows each time that it is looked at."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> list[Family]:
        """Return the families."""
        self.looks += 1
        family = Family("looks", "Looks.", "counter")
        family.add_sample("looks_total", {"service_name": "shop"}, self.looks)
        return [family]


def pushing(url: str, collect: Callable[[], list[Family]], every_seconds: float = 3600.0) -> Pushing:
    """Return what pushes."""
    exporter = OtlpExporter(url, {"OTEL_EXPORTER_OTLP_METRICS_HEADERS": "authorization=Bearer%20t"}, METRICS)
    return Pushing(collect, exporter, "here:4318", time.time_ns, every_seconds)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true, ten seconds at most."""
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_pushed_at_once_again_and_at_the_end(receiver: MetricReceiver) -> None:
    """The first push does not wait, others follow, and the last values come at the stop; with address and token."""
    looks = Counting()
    one = pushing(receiver.url, looks, every_seconds=0.01)
    one.start()
    until(lambda: len(receiver.came) >= 3)
    one.stop()

    assert receiver.values("looks_total") == [float(number + 1) for number in range(looks.looks)]
    assert receiver.paths == {"/v1/metrics"}
    assert {said["authorization"] for said in receiver.headers} == {"Bearer t"}
    assert plain(receiver.came[0].resource_metrics[0].resource.attributes) == {
        "service.name": "otel-agent-analytics",
        "service.instance.id": "here:4318",
    }


def test_last_push_does_not_wait_for_its_time(receiver: MetricReceiver) -> None:
    """Between two pushes an hour apart a stop is quick, and pushes what there is."""
    one = pushing(receiver.url, Counting())
    one.start()
    until(lambda: len(receiver.came) == 1)
    began = time.monotonic()
    one.stop()
    assert time.monotonic() - began < 2
    assert receiver.values("looks_total") == [1.0, 2.0]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(503, b"not now"),
        Reply(400, b"not these"),
        Reply(200, partly(1, "too old")),
    ],
    ids=["later", "refused", "partly"],
)
def test_what_is_not_taken_is_counted_and_told_once(
    receiver: MetricReceiver, answer: Reply, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent again; the next push says all, and that it was taken is told with how often it was not."""
    monkeypatch.setattr(errors, "_faults", errors._Faults())  # only the first one is logged
    caplog.set_level(logging.INFO, "otel_agent_analytics")
    one = pushing(receiver.url, Counting())
    receiver.answer = answer
    for _ in range(3):
        one.push()
    assert fault_counts()[PLACE] == 3
    assert sum("does not take the metrics" in told for told in caplog.messages) == 1

    receiver.answer = Reply()
    one.push()
    assert receiver.values("looks_total")[-1] == 4.0
    assert fault_counts()[PLACE] == 3
    assert caplog.messages[-1].endswith("takes the metrics of conversations, after 3 times")


def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    """A receiver that does not answer is counted like one that refuses, and the end does not wait for it."""
    before = fault_counts()[PLACE]
    one = pushing("http://127.0.0.1:9", Counting(), every_seconds=0.01)
    one.start()
    until(lambda: fault_counts()[PLACE] - before >= 3)
    began = time.monotonic()
    one.stop()
    assert time.monotonic() - began < 2


def test_a_store_that_is_away_is_waited_for(receiver: MetricReceiver) -> None:
    """While the totals cannot be read nothing is pushed; then it goes on."""
    back = threading.Event()
    looks = Counting()

    def collect() -> list[Family]:
        if not back.is_set():
            raise UnavailableError("away")
        return looks()

    one = pushing(receiver.url, collect, every_seconds=0.01)
    one.start()
    time.sleep(0.1)
    assert receiver.came == []
    back.set()
    until(lambda: len(receiver.came) > 0)
    one.stop()


def test_gone_has_no_value() -> None:
    """A gauge that is no longer shown is sent without a value, as OTLP says it."""
    shown = Family("open", "Open.", "gauge")
    shown.add_sample("open", {"service_name": "shop"}, 2)
    first = converted([shown], 1)
    second = converted([Family("open", "Open.", "gauge")], 2, first.shown)

    points = []
    for metrics in (first.metrics, second.metrics):
        [body] = requests_of(resource_of("here"), metrics)
        [metric] = ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
        points += metric.gauge.data_points
    assert [(one.WhichOneof("value"), one.as_double, one.flags) for one in points] == [
        ("as_double", 2.0, 0),
        (None, 0.0, 1),
    ]


def test_requests_are_not_too_large() -> None:
    """Metrics are divided among requests by their series, in order; one that is larger has its own."""
    families = []
    for number, series in enumerate((2, 2, 1, 7, 1)):
        family = Family(f"m{number}", "M.", "gauge")
        for one in range(series):
            family.add_sample(f"m{number}", {"label": str(one)}, one)
        families.append(family)

    bodies = requests_of(resource_of("here"), converted(families, 1).metrics, most_points=4)
    read = [ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0] for body in bodies]
    assert [[metric.name for metric in one.metrics] for one in read] == [["m0", "m1"], ["m2"], ["m3"], ["m4"]]


def test_serve_pushes_what_the_setting_says(tmp_path: Path, receiver: MetricReceiver) -> None:
    """Spans are taken while nobody takes metrics; once somebody does, and at the end, these are those of /metrics."""
    receiver.answer = Reply(503)
    environ = {"AGENT_ANALYTICS_METRICS_ENDPOINT": receiver.url, "AGENT_ANALYTICS_METRICS_INTERVAL_SECONDS": "3600"}
    sources = [one for number in range(3) for one in write("user hi | tool look | agent hello", f"c{number}")]
    with Process(str(tmp_path / "store.duckdb"), tmp_path, environ=environ) as one:
        for request in spans_of(sources):
            assert one.ask("POST", *request).status == 200
        until(lambda: ("agent_analytics_conversations_ended_total", 3.0) in one.net())
        receiver.answer = Reply()
    assert len(receiver.came) == 2
    assert receiver.values("agent_analytics_conversations_ended_total")[-1] == 3.0
    assert receiver.values("agent_analytics_tool_calls_total")[-1] == 3.0


def test_setting_that_is_none() -> None:
    """What is no address is refused with what is allowed."""
    with pytest.raises(SettingError, match=r"AGENT_ANALYTICS_METRICS_ENDPOINT.*http://HOST:PORT"):
        ServiceSettings.from_environment({"AGENT_ANALYTICS_METRICS_ENDPOINT": "collector:4318"})
