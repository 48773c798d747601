"""Holds spans, metrics and events against the conventions' facts in ``registry.json``; each function returns faults.

What is no name of the conventions must be one of ours, or one of the few that the tables below name.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.metrics.export import ExponentialHistogram, Gauge, Histogram, Sum

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.metrics.export import Metric
    from opentelemetry.sdk.trace import ReadableSpan

Facts = dict[str, Any]
Attributes = dict[str, Any]

TABLE: Final[Facts] = json.loads(Path(__file__).with_name("registry.json").read_text(encoding="utf-8"))
OURS: Final = "agent_analytics."

INFERENCE: Final = "gen_ai.client.inference"
MCP_CLIENT: Final = "mcp.client"

# Operation and kind → the span type. A kind that is not here for an operation is a fault.
SPAN_TYPES: Final[dict[tuple[Any, str], str]] = {
    ("chat", "CLIENT"): INFERENCE,
    ("generate_content", "CLIENT"): INFERENCE,
    ("text_completion", "CLIENT"): INFERENCE,
    ("invoke_agent", "INTERNAL"): "gen_ai.invoke_agent.internal",
    ("invoke_workflow", "INTERNAL"): "gen_ai.invoke_workflow.internal",
    ("execute_tool", "INTERNAL"): "gen_ai.execute_tool.internal",
    ("execute_tool", "CLIENT"): MCP_CLIENT,
}
# Span type and provider → the provider's refinement of it.
REFINED: Final[dict[tuple[str, Any], str]] = {(INFERENCE, "openai"): "openai.gen_ai.client.inference"}

# Names of OpenTelemetry's general conventions that may stand anywhere, with their types.
GENERAL: Final[Facts] = {
    "error.type": {"type": "string"},
    "session.id": {"type": "string"},
    "user.hash": {"type": "string"},
    "geo.country.iso_code": {"type": "string"},
    "server.address": {"type": "string"},
    "server.port": {"type": "int"},
}

# Where this project knowingly does what the registry does not list, each with the reason.
ON_EVERY_SPAN_AND_EVENT: Final[dict[str, str]] = {
    "gen_ai.conversation.id": "the conventions let an application put it on any span or log record",
    "gen_ai.agent.name": "model calls, handoffs and guardrails are looked for by agent; its meaning stays the same",
}
ON_EVENTS: Final[dict[str, str]] = {
    "openai.": "the details event has the attributes of its span; the registry lists those of a call of any provider",
}
MCP_TARGETS: Final[dict[str, str]] = {
    "gen_ai.tool.name": "as the conventions have it",
    "gen_ai.prompt.name": "as the conventions have it",
    "agent_analytics.mcp.server": "tools/list is about no tool; the server has few values, and tells the calls apart",
}

# An attribute → the one that must come with it: what the registry has only as a condition in prose.
TOGETHER: Final[dict[str, str]] = {
    "server.address": "server.port",
    "gen_ai.response.time_to_first_chunk": "gen_ai.request.stream",
}

_TEMPLATE: Final = re.compile(r"template\[(.+)\]")
TEMPLATES: Final[Facts] = {
    key: {"type": found[1]} for key, told in TABLE["attributes"].items() if (found := _TEMPLATE.fullmatch(told["type"]))
}
"""Attributes whose names go on with a word of the application's."""
ATTRIBUTES: Final[Facts] = {
    key: told for key, told in {**GENERAL, **TABLE["attributes"]}.items() if key not in TEMPLATES
}

_PYTHON: Final[dict[str, type]] = {"string": str, "int": int, "double": float, "boolean": bool, "any": object}


def span_faults(span: ReadableSpan) -> list[str]:
    """Return what is wrong with a finished span, each fault with the span's name."""
    said = dict(span.attributes or {})
    span_type = span_type_of(said, span.kind.name)
    row = TABLE["spans"].get(span_type)
    allowed = None if row is None else {*row["attributes"], *ON_EVERY_SPAN_AND_EVENT}
    faults = [
        *_operation_faults(said, span.kind.name, span_type),
        *(_name_faults(span.name, row["name"], said) if row is not None else ()),
        *_missing(said, row),
        *_attribute_faults(said, allowed, span_type or "this span"),
        *_status_faults(said, span.status.status_code.name),
    ]
    return [f"span {span.name!r}: {fault}" for fault in faults]


def metric_faults(metric: Metric) -> list[str]:
    """Return what is wrong with a metric and its points, each fault once, with the metric's name."""
    row = TABLE["metrics"].get(metric.name)
    if row is None:
        return [] if metric.name.startswith(OURS) else [f"metric {metric.name!r}: not in the registry"]
    faults = [
        *_differs("unit", metric.unit, row["unit"]),
        *_differs("instrument", _instrument(metric.data), row["instrument"]),
    ]
    for point in metric.data.data_points:
        said = dict(point.attributes or {})
        buckets = list(getattr(point, "explicit_bounds", None) or ()) or None
        faults += _differs("buckets", buckets, row["buckets"])
        faults += [*_missing(said, row), *_attribute_faults(said, {*row["attributes"]}, metric.name, ours=False)]
    return [f"metric {metric.name!r}: {fault}" for fault in dict.fromkeys(faults)]


def event_faults(record: ReadableLogRecord) -> list[str]:
    """Return what is wrong with a log record, each fault with the event's name."""
    event, said = record.log_record.event_name or "", dict(record.log_record.attributes or {})
    row = TABLE["events"].get(event)
    if row is None and not event.startswith(OURS):
        return [f"event {event!r}: not in the registry"]
    faults = list(_missing(said, row))
    allowed = None
    if row is not None:
        allowed = {*row["attributes"], *ON_EVERY_SPAN_AND_EVENT}
        allowed |= {key for key in said if key.startswith(tuple(ON_EVENTS)) and key in TABLE["attributes"]}
        severity = record.log_record.severity_number
        faults += _differs("severity", row["severity"] and getattr(severity, "value", severity), row["severity"])
    faults += [*_attribute_faults(said, allowed, event), *_unstructured(said)]
    return [f"event {event!r}: {fault}" for fault in faults]


def span_type_of(said: Attributes, kind: str) -> str | None:
    """Return the registry's type of a span; None for one that is no operation of the conventions."""
    found = SPAN_TYPES.get((said.get("gen_ai.operation.name"), kind))
    if found is None and "gen_ai.operation.name" not in said and "mcp.method.name" in said and kind == "CLIENT":
        found = MCP_CLIENT
    return REFINED.get((found, said.get("gen_ai.provider.name")), found) if found is not None else None


def _operation_faults(said: Attributes, kind: str, span_type: str | None) -> Iterator[str]:
    operation = said.get("gen_ai.operation.name", said.get("mcp.method.name"))
    if operation is not None and span_type is None:
        yield f"no span type has the operation {operation!r} and the kind {kind}"


def _name_faults(name: str, pattern: str, said: Attributes) -> Iterator[str]:
    """Compare a name with the pattern, from which placeholders without a value are left out."""
    target = next((said[key] for key in MCP_TARGETS if key in said), None)
    values = {**said, "target": target}
    words = [values.get(word[1:-1]) if word.startswith("{") else word for word in pattern.split()]
    yield from _differs("name", name, " ".join(str(word) for word in words if word is not None))


def _missing(said: Attributes, row: Facts | None) -> Iterator[str]:
    levels: Mapping[str, str] = row["attributes"] if row is not None else {}
    yield from (f"{key} is required" for key, level in levels.items() if level == "required" and key not in said)
    yield from (f"{key} without {other}" for key, other in TOGETHER.items() if key in said and other not in said)


def _attribute_faults(said: Attributes, allowed: set[str] | None, place: str, *, ours: bool = True) -> Iterator[str]:
    """Yield what may not stand here, or not with this value; with ``allowed`` None any name of the registry may."""
    for key, value in said.items():
        if ours and key.startswith(OURS):
            continue
        listed, told = _described(key)
        if told is None:
            yield f"{key} is not in the registry"
        elif allowed is not None and listed not in allowed and not (ours and key in GENERAL):
            yield f"{key} has no place on {place}"
        elif not _fits(told["type"], value):
            yield f"{key} is {value!r}, not of the type {told['type']}"
        elif "values" in told and value not in told["values"]:
            yield f"{key} is {value!r}, which the registry does not list"


def _described(key: str) -> tuple[str, Facts | None]:
    """Return under which name an attribute is listed, and its facts; a template is listed by its first words."""
    listed = next((name for name in TEMPLATES if key.startswith(f"{name}.")), key)
    return listed, TEMPLATES.get(listed) if listed != key else ATTRIBUTES.get(key)


def _fits(wanted: str, value: Any) -> bool:
    if wanted.endswith("[]"):
        return isinstance(value, (list, tuple)) and all(_fits(wanted.removesuffix("[]"), one) for one in value)
    # A truth value is an int to Python, and no number to anybody else.
    return isinstance(value, _PYTHON[wanted]) and (wanted in ("boolean", "any") or not isinstance(value, bool))


def _status_faults(said: Attributes, status: str) -> Iterator[str]:
    if status == "OK":
        yield "the status is OK, which is for applications to set"
    if (status == "ERROR") != ("error.type" in said):
        yield f"the status is {status} and error.type is {said.get('error.type')!r}"


def _unstructured(said: Attributes) -> Iterator[str]:
    """Yield the structured values of an event that are texts: only spans may hold them as JSON."""
    for key, value in said.items():
        if isinstance(value, str) and TABLE["attributes"].get(key, {}).get("type") == "any":
            yield f"{key} is a text, not structured"


def _instrument(data: Any) -> str:
    if isinstance(data, Sum):
        return "counter" if data.is_monotonic else "updowncounter"
    kinds = {Histogram: "histogram", ExponentialHistogram: "exponential histogram", Gauge: "gauge"}
    return kinds.get(type(data), type(data).__name__)


def _differs(what: str, found: Any, wanted: Any) -> Iterator[str]:
    if found != wanted:
        yield f"{what} is {found!r}, not {wanted!r}"
