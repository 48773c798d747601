"""The first of two tiers of Collectors: what goes by its conversation and what by its trace.

``load_balancing`` could not be had, so that this is run with files in its place; which Collector of the second tier a
conversation goes to is not.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.servers.members import HOST, SHIPPED
from tests.servers.programs import Server, fetch, free_ports, until

if TYPE_CHECKING:
    from pathlib import Path

PROTOBUF = "application/x-protobuf"
IDS = ("chat-1", None, "chat-2", None, "chat-1")


def with_files(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the configuration with a file in place of each load balancer."""
    text = yaml.safe_dump(config, sort_keys=False).replace("load_balancing/", "file/")
    copy: dict[str, Any] = yaml.safe_load(text)
    for name in copy["exporters"]:
        if name.startswith("file/"):
            path = str(folder / f"{name.removeprefix('file/')}.jsonl")
            copy["exporters"][name] = {"path": path, "flush_interval": "100ms"}
    return copy


def names(folder: Path, file: str, kind: str) -> list[str]:
    """Return the names of the spans, or the bodies of the records, that went one way."""
    path = folder / f"{file}.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    groups = [group for line in lines for group in json.loads(line).get(f"resource{kind}", [])]
    inner, items = ("scopeSpans", "spans") if kind == "Spans" else ("scopeLogs", "logRecords")
    found = [one for group in groups for scope in group[inner] for one in scope[items]]
    return sorted(one["name"] if kind == "Spans" else one["body"]["stringValue"] for one in found)


def same(folder: Path, kind: str) -> bool:
    """Return whether each went the way that it should."""
    return names(folder, "conversation", kind) == ["1", "3", "5"] and names(folder, "trace", kind) == ["2", "4"]


def traces() -> bytes:
    """Return five spans, of which three name a conversation."""
    request = ExportTraceServiceRequest()
    scope, now = request.resource_spans.add().scope_spans.add(), time.time_ns()
    for number, conversation in enumerate(IDS, start=1):
        span = scope.spans.add(trace_id=bytes([number] * 16), span_id=bytes([number] * 8), name=str(number))
        span.start_time_unix_nano = span.end_time_unix_nano = now
        if conversation:
            span.attributes.add(key="gen_ai.conversation.id").value.string_value = conversation
    body: bytes = request.SerializeToString()
    return body


def logs() -> bytes:
    """Return five records likewise."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for number, conversation in enumerate(IDS, start=1):
        record = scope.log_records.add(time_unix_nano=time.time_ns())
        record.body.string_value = str(number)
        if conversation:
            record.attributes.add(key="gen_ai.conversation.id").value.string_value = conversation
    body: bytes = request.SerializeToString()
    return body


def test_conversations_go_one_way_and_the_rest_another(tmp_path: Path) -> None:
    """Everything goes exactly one way: what names a conversation by that, all else by its trace."""
    grpc, http, health, own = free_ports(4)
    config = yaml.safe_load((SHIPPED / "collector.scaled.yaml").read_text())
    (tmp_path / "copy.yaml").write_text(yaml.safe_dump(with_files(config, tmp_path), sort_keys=False))
    environ = {
        "COLLECTOR_HOST": HOST, "COLLECTOR_GRPC_PORT": str(grpc), "COLLECTOR_HTTP_PORT": str(http),
        "COLLECTOR_HEALTH_PORT": str(health), "COLLECTOR_METRICS_PORT": str(own),
        "COLLECTOR_QUEUES": str(tmp_path / "queues"),
    }  # fmt: skip
    with Server("otelcol", ["--config=copy.yaml"], tmp_path, f"http://{HOST}:{health}", environ):
        fetch(f"http://{HOST}:{http}/v1/traces", traces(), Content_Type=PROTOBUF)
        fetch(f"http://{HOST}:{http}/v1/logs", logs(), Content_Type=PROTOBUF)
        for kind in ("Spans", "Logs"):
            until(partial(same, tmp_path, kind))
