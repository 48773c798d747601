import re
from pathlib import Path
from typing import Any

import yaml

from grafana.source.promql import OF_SERVICE, counters, recorded
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.event_kinds import KINDS, OF_EVERY_EVENT
from tests.grafana.dashboards import panels, targets
from tests.grafana.expressions import every_expression, text_of
from tests.grafana.promql_names import names

SCRAPED = {"job", "instance", "pod", "service_instance_id"}
OF_OTHERS = {
    "up": SCRAPED,
    "ALERTS": {"alertname", "alertstate", "severity", "service_name"},
    "prometheus_rule_evaluation_failures_total": {"rule_group"},
    "prometheus_notifications_sent_total": set(),
    "prometheus_notifications_dropped_total": set(),
    "alertmanager_notifications_failed_total": set(),
    **{
        f"otelcol_{name}_{kind}_total": {label}
        for kind in ("spans", "log_records")
        for name, label in (
            ("receiver_accepted", "receiver"), ("receiver_refused", "receiver"), ("exporter_sent", "exporter"),
            ("exporter_send_failed", "exporter"), ("exporter_enqueue_failed", "exporter"),
        )
    },
    "otelcol_exporter_queue_size": {"exporter", "data_type"},
    "otelcol_exporter_queue_capacity": {"exporter", "data_type"},
}  # fmt: skip
"""Metrics of the other programs, and the labels by which they are asked; the Collector's stand in its /metrics."""
RULES = Path(__file__).parents[2] / "grafana" / "rules"
OF_LOKI = {"service_name", "deployment_environment_name", "trace_id"}
MADE_IN_LOGQL = {"usd", "weekday", "hour"}
OF_SPANS = {
    "span": {v.GEN_AI_CONVERSATION_ID, v.GEN_AI_AGENT_NAME, v.OPERATION, v.TURN_ERROR_TYPE},
    "resource": {v.SERVICE_NAME},
}
"""What TraceQL asks of spans; test_spans.py holds real spans against it."""


def _known_metrics() -> dict[str, set[str]]:
    """Return every name under which a metric of ours can be asked, with its labels."""
    known: dict[str, set[str]] = {}
    for metric in c.CATALOGUE:
        labels = {*metric.labels, *SCRAPED, *(() if metric in c.PER_PROCESS else OF_SERVICE)}
        if metric.kind == c.HISTOGRAM:
            known |= {f"{metric.name}_{suffix}": labels | {"le"} for suffix in ("bucket", "sum", "count")}
            continue
        for name in filter(None, (metric.name, metric.twin)):
            known[name] = labels
            if metric.kind == c.COUNTER:
                known[recorded(name)] = labels
    return known


def _recorded_by_rules() -> set[str]:
    """Return the name of every series that the committed rules record."""
    groups = [group for path in RULES.glob("*.yaml") for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def _attributes_of_records() -> set[str]:
    """Return what Loki calls everything that a record of ours can carry."""
    carried = {column.name for column in w.WIDE} | {*OF_EVERY_EVENT, w.REVISION, w.COUNT, w.TURN, w.EVENT_NAME}
    carried |= {name for kind in KINDS.values() for name in kind.attributes} | set(w.RESOLUTION.values())
    return {name.replace(".", "_") for name in carried}


def _asked(datasource: str) -> list[Any]:
    found = [one for one in every_expression() if one.datasource == datasource]
    assert found, f"nothing is asked of {datasource}"
    return found


def test_every_metric_that_is_asked_for_exists_with_its_labels() -> None:
    """A renamed metric or label is a failing test, not an empty panel."""
    thresholds = {name: set(OF_SERVICE) for name in _recorded_by_rules() if name.endswith(":threshold")}
    known = _known_metrics() | OF_OTHERS | thresholds
    for one in _asked("prometheus"):
        found = names(one.text)
        assert found.series, one.place
        allowed = set(found.made)
        for metric, labels in found.series.items():
            assert metric in known, (one.place, metric)
            assert labels <= known[metric], (one.place, metric, labels)
            allowed |= known[metric]
        assert found.grouped <= allowed, (one.place, found.grouped - allowed)


def test_every_metric_of_the_catalogue_is_shown() -> None:
    """By a panel, under its own name, as recorded, or by its buckets; twins too."""
    shown = {name for _, _, target in targets() if "expr" in target for name in names(target["expr"]).series}
    asked = {re.sub(r"^service:|:max$|_bucket$|_sum$|_count$", "", name) for name in shown}
    wanted = {name for metric in c.CATALOGUE for name in (metric.name, metric.twin) if name}
    assert wanted - asked == set()


def test_recorded_series_are_recorded() -> None:
    """Every series with a level in its name is one that the committed rules make, with all counters of services."""
    made = _recorded_by_rules()
    of_processes = {metric.name for metric in c.PER_PROCESS}
    assert {recorded(name) for name in counters() if name not in of_processes} <= made
    for one in _asked("prometheus"):
        assert {name for name in names(one.text).series if ":" in name} <= made, one.place


def test_every_attribute_in_logql_is_one_of_our_records() -> None:
    """In filters, groupings, unwraps and templates."""
    known = _attributes_of_records() | OF_LOKI | MADE_IN_LOGQL
    for one in _asked("loki"):
        bare = re.sub(r'"[^"]*"', '""', one.text)
        found = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=|>=|<=|>|<)\s*[\"`]", bare))
        found |= set(re.findall(r"unwrap (\w+)", bare)) | set(re.findall(r"[\s(]\.([a-z]\w+)", bare))
        found |= {label.strip() for group in re.findall(r"by \(([^)]*)\)", bare) for label in group.split(",")}
        assert found, one.place
        assert found <= known, (one.place, found - known)


def test_every_column_of_a_table_of_records_is_an_attribute() -> None:
    """A column of a name that no record has would stay empty for ever."""
    known = _attributes_of_records() | OF_LOKI | {"Time"}
    seen = 0
    for _, panel in panels():
        steps = {step["id"]: step["options"] for step in panel["transformations"]}
        if "extractFields" in steps:
            columns = set(steps["filterFieldsByName"]["include"]["names"])
            assert columns <= known, (panel["title"], columns - known)
            assert columns == set(steps["organize"]["renameByName"])
            seen += 1
    assert seen == 3


def test_every_attribute_in_traceql_is_one_of_our_spans() -> None:
    """And each of those is asked for somewhere, so that the list does not outgrow the questions."""
    found = {
        match
        for one in _asked("tempo")
        for match in re.findall(r"\b(span|resource)\.([\w.]+)", re.sub(r'"[^"]*"', '""', one.text))
    }
    assert found == {(scope, name) for scope, all_names in OF_SPANS.items() for name in all_names}


def test_values_in_questions_are_values_that_labels_have() -> None:
    """Of labels with few known values, each value that a matcher names is one of them."""
    for one in _asked("prometheus"):
        for label, values in re.findall(r'(\w+)(?:=~|!~|!=|=)"([^"$]+)"', one.text):
            for value in values.split("|") if label in c.CLOSED_LABELS else ():
                assert value in c.CLOSED_LABELS[label], (one.place, label, value)


def test_the_one_trace_is_asked_for_by_its_id() -> None:
    """The panel of traces shows one trace, so it is given an id and no search."""
    (target,) = [target for _, panel, target in targets() if panel["type"] == "traces"]
    assert text_of(target) == "${trace_id:raw}"
