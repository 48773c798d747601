from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SHIPPED = Path(__file__).parents[2] / "collector_config"
HOSTS = {
    "agent-analytics": "analyzer:4318",
    "otel-collector": "collector:8888",
    "prometheus": "prometheus:9090",
    "alertmanagers": "alertmanager:9093",
    "loki": "loki:3100",
    "tempo": "tempo:3200",
}

# What Tempo 3.0 knows of what this project sets: its own single-binary example, its documentation and configurations of
# 3.0.3 that are in use, read in November 2026.
TEMPO = {
    "target", "stream_over_http_enabled", "server.http_listen_address", "server.http_listen_port",
    "server.grpc_listen_port", "server.log_level", "distributor.receivers.otlp.protocols.grpc.endpoint",
    "distributor.max_attribute_bytes", "live_store.wal.path", "live_store.shutdown_marker_dir",
    "storage.trace.backend", "storage.trace.wal.path", "storage.trace.local.path", "backend_scheduler.local_work_path",
    "backend_scheduler.provider.compaction.compaction.block_retention", "backend_worker.compaction.block_retention",
    "metrics_generator.registry.external_labels.source", "metrics_generator.storage.path",
    "metrics_generator.storage.remote_write.url", "metrics_generator.storage.remote_write.send_exemplars",
    "overrides.defaults.metrics_generator.processors",
    "overrides.defaults.metrics_generator.generate_native_histograms", "usage_report.reporting_enabled",
}  # fmt: skip


def read(file: str) -> dict[str, Any]:
    """Return what a shipped file says."""
    said: dict[str, Any] = yaml.safe_load((SHIPPED / file).read_text(encoding="utf-8"))
    return said


def paths(said: Any, before: str = "") -> set[str]:
    """Return the names of all settings, with dots."""
    if isinstance(said, dict):
        return {path for name, value in said.items() for path in paths(value, f"{before}.{name}".lstrip("."))}
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return {path for one in said for path in paths(one, before)}
    return {before}


def test_tempo_settings_are_those_of_3_0() -> None:
    """Tempo could not be run: every setting is one of 3.0, and none that only 2.x knew."""
    said = read("tempo.yaml")
    assert paths(said) <= TEMPO
    assert {"ingester", "compactor"}.isdisjoint(said)
    assert "local-blocks" not in said["overrides"]["defaults"]["metrics_generator"]["processors"]
    kept = said["backend_scheduler"]["provider"]["compaction"]["compaction"]["block_retention"]
    assert kept == said["backend_worker"]["compaction"]["block_retention"]


def test_tempo_metrics_have_exemplars() -> None:
    """Its generator writes to Prometheus, exemplars too."""
    (target,) = read("tempo.yaml")["metrics_generator"]["storage"]["remote_write"]
    assert target == {"url": "${PROMETHEUS_REMOTE_WRITE:-http://prometheus:9090/api/v1/write}", "send_exemplars": True}


def test_loki_has_three_index_labels() -> None:
    """No process, conversation or user makes a stream of its own."""
    said = read("loki.yaml")["limits_config"]["otlp_config"]["resource_attributes"]
    assert said["ignore_defaults"] is True
    labels = [one["attributes"] for one in said["attributes_config"] if one["action"] == "index_label"]
    assert labels == [["service.name", "service.namespace", "deployment.environment.name"]]


def test_nothing_is_reported() -> None:
    """No usage report leaves Loki or Tempo."""
    assert read("loki.yaml")["analytics"] == {"reporting_enabled": False}
    assert read("tempo.yaml")["usage_report"] == {"reporting_enabled": False}


def test_prometheus_finds_everything_by_files() -> None:
    """Every target stands in a shipped file, with the host of docker-compose.yml; every file is asked for."""
    said = read("prometheus.yaml")
    jobs = {one["job_name"]: one["file_sd_configs"][0]["files"] for one in said["scrape_configs"]}
    assert set(jobs) == {"agent-analytics", "otel-collector", "prometheus", "alertmanager", "loki", "tempo"}
    asked = {file for files in jobs.values() for file in files}
    (alerting,) = said["alerting"]["alertmanagers"]
    assert alerting["file_sd_configs"][0]["files"] == ["targets/alertmanagers.yaml"]
    assert asked == {f"targets/{name}.yaml" for name in HOSTS}
    shipped = {path.stem: yaml.safe_load(path.read_text()) for path in (SHIPPED / "targets").glob("*.yaml")}
    assert shipped == {name: [{"targets": [host]}] for name, host in HOSTS.items()}


def test_prometheus_is_as_agreed() -> None:
    """Rules lie beside the file; intervals are those that rules and dashboards reckon with; labels are Loki's."""
    said = read("prometheus.yaml")
    assert said["rule_files"] == ["rules/*.yaml"]
    assert said["global"] == {"scrape_interval": "15s", "evaluation_interval": "30s"}
    promoted = said["otlp"]["promote_resource_attributes"]
    assert promoted == ["service.name", "service.namespace", "deployment.environment.name", "service.instance.id"]
