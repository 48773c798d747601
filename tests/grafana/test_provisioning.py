import re
from pathlib import Path
from typing import Any

import yaml

from grafana.source.promql import recorded
from otel_agent_analytics.outputs import catalogue as c
from tests.grafana.dashboards import dashboards, variables
from tests.grafana.promql_names import names

PROVISIONING = Path(__file__).parents[2] / "grafana" / "provisioning"
UIDS = {"prometheus": "prometheus", "loki": "loki", "tempo": "tempo", "alertmanager": "alertmanager"}


def _file(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((PROVISIONING / name).read_text(encoding="utf-8"))
    return read


def _sources() -> dict[str, dict[str, Any]]:
    return {source["uid"]: source for source in _file("datasources/datasources.yaml")["datasources"]}


def test_the_data_sources_have_the_uids_that_dashboards_begin_with() -> None:
    """Alerts and links count on them; exactly one is the default."""
    sources = _sources()
    assert {uid: source["type"] for uid, source in sources.items()} == UIDS
    assert [uid for uid, source in sources.items() if source.get("isDefault")] == ["prometheus"]
    chosen = {variable["current"]["value"] for _, variable in variables() if variable["type"] == "datasource"}
    assert chosen <= set(sources)


def test_every_way_from_one_data_source_to_another_ends_at_one_that_exists() -> None:
    """Exemplars and records lead to traces, traces to records and metrics, metrics to alerts."""
    sources = _sources()
    ways = re.findall(r"'(?:datasourceUid|alertmanagerUid)': '(\w+)'", str(sources))
    assert set(ways) <= set(sources)
    prometheus, loki, tempo = (sources[name]["jsonData"] for name in ("prometheus", "loki", "tempo"))
    assert prometheus["exemplarTraceIdDestinations"][0] == {
        "name": "trace_id", "datasourceUid": "tempo", "urlDisplayLabel": "Show the trace",
    }  # fmt: skip
    assert loki["derivedFields"][0]["matcherRegex"] == "trace_id"
    assert {field["matcherType"] for field in loki["derivedFields"]} == {"label"}
    assert tempo["tracesToLogsV2"]["datasourceUid"] == "loki"
    assert tempo["tracesToMetrics"]["datasourceUid"] == "prometheus"


def test_the_alertmanager_is_prometheus_own() -> None:
    """Grafana shows its alerts and silences, and sends it none of its own."""
    data = _sources()["alertmanager"]["jsonData"]
    assert data == {"implementation": "prometheus", "handleGrafanaManagedAlerts": False}


def test_grafana_expands_no_variable_of_its_queries_at_the_start() -> None:
    """A single $ would be taken for a variable of the environment, and vanish."""
    text = (PROVISIONING / "datasources/datasources.yaml").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
    assert re.findall(r"(?<!\$)\$(?!\$)", re.sub(r"\$\$", "", code)) == []
    assert "$$" in code


def test_metrics_of_a_span_are_metrics_of_ours() -> None:
    """What a trace leads to is asked for by names of the catalogue."""
    known = {recorded(c.ERRORS.name), recorded(c.ENDED.name), f"{c.RESPONSE_TIME.name}_bucket"}
    queries = _sources()["tempo"]["jsonData"]["tracesToMetrics"]["queries"]
    assert {name for query in queries for name in names(query["query"].replace("$$", "$")).series} == known


def test_dashboards_come_from_files_and_cannot_be_changed_in_grafana() -> None:
    """A link of the derived field for conversations leads to a dashboard that is among them."""
    (provider,) = _file("dashboards/dashboards.yaml")["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    linked = re.findall(r"/d/([\w-]+)", str(_sources()["loki"]))
    assert linked == ["agent-conversation-explorer"]
    assert set(linked) <= set(dashboards())


def test_compose_puts_the_files_where_grafana_looks() -> None:
    """The folder that is mounted is the one that the provider of dashboards names."""
    compose = yaml.safe_load((PROVISIONING.parents[1] / "docker-compose.yml").read_text(encoding="utf-8"))
    mounted = {volume.split(":")[0]: volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]}
    (provider,) = _file("dashboards/dashboards.yaml")["providers"]
    assert mounted["./grafana/dashboards"] == provider["options"]["path"]
    assert mounted["./grafana/provisioning"] == "/etc/grafana/provisioning"
