"""The shipped rules: built, accepted, on metrics and labels that exist, and each alert with all it should say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from grafana.source import promql
from grafana.source.__main__ import built, differing
from otel_agent_analytics.outputs import catalogue as c
from tests.rules.stories import RECORDED, RULES, shipped
from tests.servers import programs

SERVICE: Final = {"service_name", "service_namespace", "deployment_environment_name"}
SCRAPED: Final = {"job", "instance", "pod", "service_instance_id"}
COLLECTOR: Final = {
    f"otelcol_{name}{ending}": {"receiver", "exporter"}
    for name in (
        "receiver_refused_spans",
        "receiver_refused_log_records",
        "exporter_send_failed_spans",
        "exporter_enqueue_failed_spans",
        "exporter_send_failed_log_records",
        "exporter_enqueue_failed_log_records",
        "exporter_queue_size",
        "exporter_queue_capacity",
    )
    for ending in ("", "_total")
}
"""What the Collector's own metrics are called, with and without the ending of counters, and their labels."""
DASHBOARDS: Final = {
    "agent-conversations",
    "agent-quality",
    "agent-agents-tools",
    "agent-cost",
    "agent-audience",
    "agent-conversation-explorer",
    "agent-pipeline",
}
WITHOUT_SERVICE: Final = {
    "AgentAnalyzerDown",
    "AgentInternalFaults",
    "AgentCollectorDown",
    "AgentCollectorRefusing",
    "AgentCollectorLosing",
    "AgentCollectorQueueNearFull",
    "Watchdog",
}
"""Alerts on a process or a Collector, which serve many services."""
READ_RAW: Final = {
    "AgentInternalFaults",  # a counter of each process
    "AgentInstancesDisagree",  # it compares what each process shows
}
HELD: Final = {
    "AgentNegativeSentimentHigh": ("30m", "1h"), "AgentResolutionRateLow": ("30m", "1h"),
    "AgentCompletionRateFell": ("30m", "1h"), "AgentAbandonmentRateRose": ("30m", "1h"),
    "AgentEscalationRateRose": ("30m", "1h"), "AgentRephraseRateHigh": ("30m", "1h"), "AgentCsatLow": ("30m", "1h"),
    "AgentTopicEmerging": ("30m", "1h"), "AgentTopicUnresolved": ("30m", "1h"),
    "AgentResponseTimeHigh": ("15m", "1h"), "AgentErrorBudgetBurnFast": ("5m", "1h"),
    "AgentErrorBudgetBurnSlow": ("30m", "1h"), "AgentToolFailing": ("10m", "1h"), "AgentLooping": ("10m", "1h"),
    "AgentCostSpike": ("15m", "1h"), "AgentCallsUnpriced": ("30m", "1h"), "AgentConversationsStopped": ("10m", "1h"),
    "AgentServiceAbsent": ("15m", "1h"), "AgentAnalyzerDown": ("5m", "10m"), "AgentSpansDropped": ("10m", "1h"),
    "AgentSpansLate": ("10m", "1h"), "AgentSpansWithoutConversation": ("30m", "1h"),
    "AgentSpansDerivedElsewhere": ("15m", "1h"), "AgentLabelsFolded": ("30m", "1h"),
    "AgentCountersReset": ("10m", "1h"),
    "AgentInstancesDisagree": ("30m", "1h"), "AgentInternalFaults": ("5m", "1h"), "AgentCollectorDown": ("5m", "10m"),
    "AgentCollectorRefusing": ("10m", "1h"), "AgentCollectorLosing": ("5m", "1h"),
    "AgentCollectorQueueNearFull": ("10m", "30m"), "Watchdog": (None, None),
    "AgentJudgeBudgetSpent": ("10m", "1h"), "AgentJudgeFailing": ("15m", "1h"),
}  # fmt: skip
"""For how long each must hold before it fires, and goes on."""

NAME: Final = re.compile(r"\b(?:[a-zA-Z_]\w*:[\w:]+|agent_analytics_\w+|otelcol_\w+|up\b)")
SELECTED: Final = re.compile(r"([a-zA-Z_][\w:]*)\{([^}]*)\}")


def _files() -> list[Path]:
    return sorted(RULES.glob("*.yaml"))


def _alerts() -> list[dict[str, Any]]:
    return [rule for rule in shipped() if "alert" in rule]


def _of_loki() -> list[dict[str, Any]]:
    files = (yaml.safe_load(file.read_text()) for file in (RULES / "loki").glob("*.yaml"))
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def _metrics() -> dict[str, set[str]]:
    """Return every series that may be scraped, with its own labels."""
    known: dict[str, set[str]] = {**COLLECTOR, "up": set()}
    for metric in c.CATALOGUE:
        of_service = set() if metric in c.PER_PROCESS else SERVICE
        labels = {*metric.labels, *of_service}
        endings = ("_bucket", "_count", "_sum") if metric.kind == c.HISTOGRAM else ("",)
        known |= {metric.name + ending: labels | ({"le"} if ending == "_bucket" else set()) for ending in endings}
        known |= {metric.twin: labels} if metric.twin else {}
    return known


def test_what_is_committed_is_what_is_built() -> None:
    """The files are those that `python -m grafana.source` writes."""
    assert differing(built()) == []


def test_every_file_is_tested() -> None:
    """The tests read all files there are."""
    assert {file.stem for file in _files()} == {*RECORDED, *(f.stem for f in RULES.glob("*_alerts.yaml"))}


@pytest.mark.parametrize("file", _files(), ids=lambda file: file.stem)
def test_prometheus_accepts_them(file: Path) -> None:
    """Every file passes promtool with every lint that it has."""
    said = programs.run("promtool", "check", "rules", "--lint=all", "--lint-fatal", file)

    assert said.returncode == 0, said.stdout + said.stderr


def test_they_read_what_exists() -> None:
    """Every series that a rule reads is scraped or recorded, and has the labels by which it is selected."""
    metrics = _metrics()
    recorded = {rule["record"] for rule in shipped() if "record" in rule}
    for rule in shipped():
        for name in NAME.findall(rule["expr"]):
            assert name in metrics or name in recorded, f"{name} in {rule}"
        for name, matchers in SELECTED.findall(rule["expr"]):
            named = set(re.findall(r"(\w+)\s*(?:=|!=|=~|!~)", matchers))
            assert named <= _labels(name, metrics), f"{name}{{{matchers}}}"


def _labels(name: str, metrics: dict[str, set[str]]) -> set[str]:
    if name.startswith("agent_analytics:threshold:"):
        return SERVICE
    base = name.removeprefix("service:").removesuffix(":max") if name.startswith("service:") else name
    return metrics[base] | SCRAPED


def test_what_they_group_by_exists() -> None:
    """Every label in by (…), without (…) and on (…) is a label of a series of that rule, or of whoever is scraped."""
    metrics = _metrics()
    every = set().union(*metrics.values(), SCRAPED, SERVICE)
    for rule in shipped():
        for labels in re.findall(r"\b(?:by|without|on|ignoring) \(([^)]*)\)", rule["expr"]):
            assert set(filter(None, re.split(r",\s*", labels))) <= every, rule


def test_counters_are_read_once() -> None:
    """No rule but those of the first file reads a counter as it is scraped; two alerts must, and are named."""
    counters = set(promql.counters())
    first = {rule["record"] for rule in _rules_of("counters")}
    for rule in shipped():
        read = set(re.findall(r"(?<![:\w])agent_analytics_\w+_total(?![:\w])", rule["expr"])) & counters
        assert not read or rule.get("record") in first or rule.get("alert") in READ_RAW, rule
    own = {metric.name for metric in c.PER_PROCESS}
    assert first == {f"service:{name}:max" for name in counters - own}


def _rules_of(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / f"{name}.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_conversations_are_looked_at_by_the_hour() -> None:
    """What grows with conversations is read over an hour or more, and no gauge of them is read at all."""
    gauges = [metric.name for metric in c.CATALOGUE if metric.kind == c.GAUGE and metric != c.BUILD_INFO]
    looked = 0
    for rule in shipped():
        for name, window in re.findall(r"(service:agent_analytics_\w+:max)(?:\{[^}]*\})?\[(\w+)\]", rule["expr"]):
            assert window in {"1h", "6h", "1d", "3d", "7d"}, f"{name} in {rule}"
            looked += 1
        assert not any(re.search(rf"\b{gauge}\b", rule["expr"]) for gauge in gauges), rule
    assert looked > len(_alerts())


def test_nothing_is_older_than_prometheus_takes_as_present() -> None:
    """Every group is evaluated more often than every five minutes, for so long a sample is the present value."""
    intervals = [g.get("interval", "30s") for f in _files() for g in yaml.safe_load(f.read_text())["groups"]]

    assert set(intervals) <= {"30s", "1m", "2m"}


def _threshold_names() -> Iterator[str]:
    return (rule["record"].rpartition(":")[2] for rule in _rules_of("thresholds"))


def test_every_threshold_is_used_and_explained() -> None:
    """Each figure of the hand-written file decides in some alert, and a comment says what it means."""
    used = " ".join(rule["expr"] for rule in _alerts())
    for name in _threshold_names():
        assert f"service:agent_analytics_{name}:threshold" in used or f"agent_analytics:threshold:{name}" in used, name
    lines = (RULES / "thresholds.yaml").read_text().splitlines()
    records = [at for at, line in enumerate(lines) if line.startswith("      - record")]
    above = [lines[at - 1].strip().startswith("#") or "vector(" in lines[at - 1] for at in records]
    assert all(above)
    assert len(records) == len(list(_threshold_names()))


def test_thresholds_that_are_promised() -> None:
    """A page comes above 25 % negative sentiment, below 60 % resolution, and 5 points below last week's completion."""
    said = {rule["record"].rpartition(":")[2]: rule["expr"] for rule in _rules_of("thresholds")}

    assert said["negative_rate"] == "vector(0.25)"
    assert said["resolution_rate"] == "vector(0.60)"
    assert said["completion_fall"] == "vector(0.05)"


def test_every_threshold_can_be_set_for_a_service() -> None:
    """What alerts of services compare with is the threshold of that service."""
    for rule in _alerts():
        if rule["alert"] not in WITHOUT_SERVICE:
            assert "agent_analytics:threshold:" not in rule["expr"], rule


@pytest.mark.parametrize("rule", [*_alerts(), *_of_loki()], ids=lambda rule: rule["alert"])
def test_an_alert_says_all_that_is_needed(rule: dict[str, Any]) -> None:
    """Severity, a summary without figures, a description with them, the runbook and the dashboard."""
    said = rule["annotations"]

    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(said) == {"summary", "description", "runbook_url", "dashboard_url"}
    assert "{{" not in said["summary"]
    assert said["summary"].endswith(".")
    assert said["description"].endswith((".", "{{ end }}"))
    assert said["runbook_url"].endswith(f"/grafana/runbook.md{{{{ end }}}}#{rule['alert'].lower()}")
    uid, _, variables = said["dashboard_url"].partition("/d/")[2].partition("?")
    assert uid in DASHBOARDS
    assert bool(variables) == (rule["alert"] not in WITHOUT_SERVICE)
    assert not variables or variables.startswith("var-service={{ $labels.service_name")


def test_how_long_they_hold() -> None:
    """`for` and `keep_firing_for` of every alert are these."""
    assert {rule["alert"]: (rule.get("for"), rule.get("keep_firing_for")) for rule in _alerts()} == HELD


def test_alerts_of_loki_name_what_records_have() -> None:
    """They name attributes of the wide record, with underscores for dots, and index labels in the selector."""
    assert _of_loki()
    for rule in _of_loki():
        named = set(re.findall(r"\b(?:agent_analytics|gen_ai)_\w+", rule["expr"]))
        assert named - {"agent_analytics_event_name"} <= _wide(), rule
        assert set(re.findall(r"\{(\w+)", rule["expr"])) == {"service_name"}


def _wide() -> set[str]:
    """Return the attributes of the wide record, as the documents list them and Loki calls them."""
    page = (RULES.parents[1] / "docs" / "events.md").read_text()
    table = page.partition("<!-- wide: generated -->")[2].partition("<!-- end -->")[0]
    return {name.replace(".", "_") for name in re.findall(r"^\| `([\w.]+)`", table, re.MULTILINE)}
