"""The rules of Loki's ruler: a real Loki loads them, and they fire on records of conversations that failed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.rules.stories import RULES
from tests.servers import programs

CONFIG: Final = """\
auth_enabled: false
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {http}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {grpc}
common:
  instance_addr: 127.0.0.1
  path_prefix: {folder}/data
  replication_factor: 1
  ring: {{kvstore: {{store: inmemory}}}}
  storage: {{filesystem: {{chunks_directory: {folder}/chunks, rules_directory: {folder}/rules}}}}
ingester: {{lifecycler: {{min_ready_duration: 0s, final_sleep: 0s}}}}
frontend: {{scheduler_dns_lookup_period: 500ms}}
frontend_worker: {{dns_lookup_duration: 500ms}}
schema_config:
  configs:
    - {{from: "2024-01-01", store: tsdb, object_store: filesystem, schema: v13, index: {{prefix: index_, period: 24h}}}}
limits_config:
  allow_structured_metadata: true
ruler:
  enable_api: true
  evaluation_interval: 1s
  rule_path: {folder}/ruler
  storage: {{type: local, local: {{directory: {folder}/rules}}}}
analytics: {{reporting_enabled: false}}
"""
EVENT: Final = "agent_analytics.conversation_ended"


@pytest.fixture
def loki(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a Loki with the shipped rules, evaluated every second and without their `for`."""
    http, grpc = programs.free_ports(2)
    (tmp_path / "rules" / "fake").mkdir(parents=True)  # the tenant of a Loki without tenants
    for file in (RULES / "loki").glob("*.yaml"):
        shutil.copy(file, tmp_path / "rules" / "fake")
    for file in (tmp_path / "rules" / "fake").glob("*.yaml"):
        hurried = yaml.safe_load(file.read_text())
        for group in hurried["groups"]:
            group["interval"] = "1s"
            group["rules"] = [{key: rule[key] for key in rule if key != "for"} for rule in group["rules"]]
        file.write_text(yaml.safe_dump(hurried))
    config = tmp_path / "loki.yaml"
    config.write_text(CONFIG.format(http=http, grpc=grpc, folder=tmp_path))
    address = f"http://127.0.0.1:{http}"
    with programs.Server("loki", [f"-config.file={config}"], tmp_path, f"{address}/ready"):
        yield address


def _record(agent: str, failed: int, errors: list[str]) -> dict[str, Any]:
    return {
        "timeUnixNano": str(time.time_ns()),
        "eventName": EVENT,
        "body": {"stringValue": "conversation ended"},
        "attributes": [
            {"key": "agent_analytics.event_name", "value": {"stringValue": "conversation_ended"}},
            {"key": "gen_ai.agent.name", "value": {"stringValue": agent}},
            {"key": "agent_analytics.conversation.failed_turns", "value": {"intValue": str(failed)}},
            {
                "key": "agent_analytics.conversation.error_types",
                "value": {"arrayValue": {"values": [{"stringValue": error} for error in errors]}},
            },
        ],
    }


def _send(address: str, records: list[dict[str, Any]]) -> None:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    body = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}
    programs.fetch(f"{address}/otlp/v1/logs", json.dumps(body).encode(), Content_Type="application/json")


def _firing(address: str) -> dict[str, dict[str, str]]:
    told = programs.ask(f"{address}/prometheus/api/v1/alerts")["data"]["alerts"]
    return {alert["labels"]["alertname"]: alert["labels"] for alert in told if alert["state"] == "firing"}


def test_loki_loads_them_and_they_fire(loki: str) -> None:
    """Both are listed as healthy and silent on good records; of bad ones they say which agent and which error."""
    _send(loki, [_record("Helper", 0, []) for _ in range(40)])
    groups = programs.until(lambda: programs.ask(f"{loki}/prometheus/api/v1/rules")["data"]["groups"], what="no rules")
    names = {rule["name"] for group in groups for rule in group["rules"]}
    programs.until(lambda: all(rule["health"] == "ok" for rule in _rules(loki)), what="not healthy")
    assert names == {"AgentErrorsOfOneAgent", "AgentErrorBurst"}
    assert _firing(loki) == {}

    _send(loki, [_record("Billing", 1, ["RateLimitError"]) for _ in range(12)])

    found = programs.until(lambda: len(_firing(loki)) == 2 and _firing(loki), what="does not fire")
    assert found["AgentErrorsOfOneAgent"]["gen_ai_agent_name"] == "Billing"
    assert "RateLimitError" in found["AgentErrorBurst"]["agent_analytics_conversation_error_types"]
    assert {labels["service_name"] for labels in found.values()} == {"shop"}
    assert {labels["severity"] for labels in found.values()} == {"warning"}


def _rules(address: str) -> list[dict[str, Any]]:
    groups = programs.ask(f"{address}/prometheus/api/v1/rules")["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]
