"""What Prometheus reads off the analyzer: both forms, their exemplars, and the words of its linter."""

from __future__ import annotations

import math
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.exposition import ConversationCollector
from tests.helpers.otlp import requests_of
from tests.helpers.served import Served, served
from tests.helpers.traffic import HOUR_NS, day_of, end_ns, straight
from tests.servers.programs import program
from tests.service.test_analyzer import Clock

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""What Prometheus 3 says that it reads."""
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def taken(one: Served, clock: Clock, sources: list[Source]) -> None:
    """Send what happened in a day, and let a day pass."""
    for request in requests_of(sources):
        assert one.send(*request).status == 200
    for _ in range(30):
        clock.now_ns += HOUR_NS
        while one.analyzer.close_due():
            pass


def samples(one: Served) -> list[Any]:
    """Return what Prometheus reads."""
    answer = one.get("/metrics", Accept=PROMETHEUS)
    assert answer.headers["content-type"].startswith(OPENMETRICS)
    families = text_string_to_metric_families(answer.body.decode())  # type: ignore[no-untyped-call]
    return [sample for family in families for sample in family.samples]


def bounds_of(name: str, bound: str) -> tuple[float, float]:
    """Return between which values a bucket counts: above the one, up to the other."""
    metric = next(metric for metric in c.CATALOGUE if f"{metric.name}_bucket" == name)
    bounds = [-math.inf, *map(float, metric.buckets), math.inf]
    at = bounds.index(float(bound))
    return bounds[at - 1], bounds[at]


def test_exemplars_of_what_arrived(database: Database) -> None:
    """Each exemplar has a trace that was sent, and a value that its bucket counts or its counter can have moved by."""
    sources = [one._replace(trace_id=f"{number:032x}") for number, one in enumerate(day_of(random.Random(41), 20), 1)]
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    with served(database, clock) as one:
        taken(one, clock, sources)
        found = samples(one)

    sent = {source.trace_id for source in sources}
    with_exemplars = [sample for sample in found if sample.exemplar is not None]
    assert with_exemplars
    for sample in with_exemplars:
        assert sample.exemplar.labels.keys() == {"trace_id"}
        assert sample.exemplar.labels["trace_id"] in sent
        if sample.name.endswith("_bucket"):
            above, up_to = bounds_of(sample.name, sample.labels["le"])
            assert above < sample.exemplar.value <= up_to
        else:
            assert 0 < sample.exemplar.value <= sample.value
    histograms = {metric.name for metric in c.CATALOGUE if metric.kind == c.HISTOGRAM}
    counts = [sample for sample in found if sample.name.endswith("_count")]
    observed = {sample.name.removesuffix("_count") for sample in counts if sample.value}
    shown = {sample.name.removesuffix("_bucket") for sample in with_exemplars}
    assert observed & histograms <= shown
    assert "agent_analytics_conversations_ended_total" in shown


def test_exemplars_after_a_restart(database: Database) -> None:
    """An analyzer that starts has none; of what arrives then it has; every value is as it was."""
    sources = day_of(random.Random(42), 8)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    with served(database, clock) as one:
        taken(one, clock, sources)
        before = samples(one)
    with served(database, clock) as one:
        after = samples(one)
        assert [sample.exemplar for sample in after if sample.exemplar is not None] == []
        values = [{(s.name, tuple(sorted(s.labels.items()))): s.value for s in some} for some in (before, after)]
        assert values[0] == values[1]
        later = [
            source._replace(trace_id="f" * 31 + "e", span_id=f"again-{source.span_id}")
            for source in day_of(random.Random(43), 3)
            if isinstance(source, SpanRecord)
        ]
        taken(one, clock, [source for source in later if end_ns(source) < clock.now_ns])
        traces = {sample.exemplar.labels["trace_id"] for sample in samples(one) if sample.exemplar is not None}
    assert traces == {"f" * 31 + "e"}


@pytest.mark.parametrize("database", ["memory"], indirect=True)
@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "text/plain;version=0.0.4", "text/html"])
def test_plain_text_for_everybody_else(database: Database, accept: str) -> None:
    """Who does not ask for OpenMetrics gets the text format, which has no exemplars."""
    sources = day_of(random.Random(44), 2)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    with served(database, clock) as one:
        taken(one, clock, sources)
        answer = one.get("/metrics", Accept=accept)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b" # {" not in answer.body
    assert b"# EOF" not in answer.body


def linted(text: bytes) -> tuple[int, str]:
    """Return what promtool says of an exposition."""
    done = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_the_linter_has_nothing_to_say(database: Database) -> None:
    """``promtool check metrics`` is content with what the analyzer shows, and with what an agent's process shows."""
    sources = day_of(random.Random(45), 20)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    with served(database, clock) as one:
        taken(one, clock, sources)
        assert linted(one.get("/metrics").body) == (0, "")
    host, registry = straight(sources), CollectorRegistry()
    registry.register(
        ConversationCollector(host.totals, host.tracker.active, lambda: None, audience=host.audience, human_cost_usd=5)
    )
    assert linted(generate_latest(registry)) == (0, "")


@pytest.mark.parametrize("database", ["memory"], indirect=True)
def test_prometheus_takes_the_other_form(database: Database, tmp_path: Any) -> None:
    """Prometheus' own parser of OpenMetrics reads every line, with its exemplars: promtool makes blocks of it.

    ``promtool check metrics`` reads the text format only. A block takes samples with a time, so each is given one.
    """
    sources = day_of(random.Random(46), 10)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    with served(database, clock) as one:
        taken(one, clock, sources)
        text = one.get("/metrics", Accept=PROMETHEUS).body.decode()
    timed = tmp_path / "metrics.txt"
    timed.write_text("\n".join(map(_with_time, text.split("\n"))))
    assert " # {trace_id=" in timed.read_text()
    command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics", timed, tmp_path / "blocks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    samples = sum(bool(line) and not line.startswith("#") for line in text.split("\n"))
    assert f" {samples} " in " ".join(done.stdout.split()), done.stdout


def _with_time(line: str) -> str:
    if not line or line.startswith("#"):
        return line
    sample, mark, exemplar = line.partition(" # {")
    return f"{sample} 1800000000{mark}{exemplar}"
