"""Every kind of fault is found, what is as it should be has none, and the program that compares tables sees changes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, Status, StatusCode

from tests.conformance import compare_registry
from tests.conformance.checks import TABLE, event_faults, metric_faults, span_faults

Attributes = dict[str, Any]
CUMULATIVE: Final = AggregationTemporality.CUMULATIVE

CHAT: Final[Attributes] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
}
MCP: Final[Attributes] = {"mcp.method.name": "tools/list"}
TOKENS: Final[Attributes] = {**CHAT, "gen_ai.token.modality": "unknown"}
FEEDBACK: Final[Attributes] = {"gen_ai.evaluation.name": "user_feedback"}
MESSAGES: Final = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]


def without(said: Attributes, key: str) -> Attributes:
    """Return the attributes but one."""
    return {name: value for name, value in said.items() if name != key}


# --- Spans ------------------------------------------------------------------------------------------------------------


def faults_of_span(
    name: str, said: Attributes, kind: SpanKind = SpanKind.CLIENT, status: StatusCode = StatusCode.UNSET
) -> list[str]:
    """Return the faults of a span, without its name."""
    found = span_faults(ReadableSpan(name, kind=kind, attributes=said, status=Status(status)))
    assert all(fault.startswith(f"span {name!r}: ") for fault in found)
    return [fault.removeprefix(f"span {name!r}: ") for fault in found]


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("chat gpt-5-mini", SpanKind.CLIENT, CHAT),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "openai.api.type": "responses", "gen_ai.agent.name": "Helper"}),
        ("chat", SpanKind.CLIENT, {**without(CHAT, "gen_ai.request.model"), "gen_ai.provider.name": "anthropic"}),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "server.address": "api.openai.com", "server.port": 443}),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "gen_ai.response.finish_reasons": ("stop",)}),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "gen_ai.request.temperature": 0.5, "gen_ai.request.seed": 7}),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "gen_ai.prompt.variable.city": "Delft"}),
        ("chat gpt-5-mini", SpanKind.CLIENT, {**CHAT, "gen_ai.input.messages": json.dumps(MESSAGES)}),
        ("invoke_agent", SpanKind.INTERNAL, {"gen_ai.operation.name": "invoke_agent"}),
        (
            "invoke_agent {odd} name",
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "{odd} name"},
        ),
        (
            "invoke_workflow shop",
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "shop", "session.id": "s1"},
        ),
        (
            "execute_tool track",
            SpanKind.INTERNAL,
            {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "track", "agent_analytics.model_turn": 1},
        ),
        ("tools/list", SpanKind.CLIENT, MCP),
        ("tools/list files", SpanKind.CLIENT, {**MCP, "agent_analytics.mcp.server": "files"}),
        (
            "tools/call read",
            SpanKind.CLIENT,
            {"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "read"},
        ),
        ("handoff Orders", SpanKind.INTERNAL, {"agent_analytics.operation": "handoff", "gen_ai.conversation.id": "c1"}),
        ("my step", SpanKind.INTERNAL, {}),
    ],
)
def test_good_spans(name: str, kind: SpanKind, said: Attributes) -> None:
    """A span as it should be has no fault, also when it failed."""
    assert faults_of_span(name, said, kind) == []
    assert faults_of_span(name, {**said, "error.type": "timeout"}, kind, StatusCode.ERROR) == []


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (without(CHAT, "gen_ai.provider.name"), "gen_ai.provider.name is required"),
        ({**CHAT, "gen_ai.system": "openai"}, "gen_ai.system is not in the registry"),
        ({**CHAT, "http.method": "GET"}, "http.method is not in the registry"),
        ({**CHAT, "gen_ai.prompt.variable": "x"}, "gen_ai.prompt.variable is not in the registry"),
        ({**CHAT, "gen_ai.tool.name": "track"}, "gen_ai.tool.name has no place on openai.gen_ai.client.inference"),
        (
            {**CHAT, "gen_ai.provider.name": "anthropic", "openai.api.type": "responses"},
            "openai.api.type has no place on gen_ai.client.inference",
        ),
        ({**CHAT, "gen_ai.usage.input_tokens": "3"}, "gen_ai.usage.input_tokens is '3', not of the type int"),
        ({**CHAT, "gen_ai.usage.input_tokens": True}, "gen_ai.usage.input_tokens is True, not of the type int"),
        ({**CHAT, "gen_ai.usage.input_tokens": 3.0}, "gen_ai.usage.input_tokens is 3.0, not of the type int"),
        ({**CHAT, "gen_ai.request.temperature": 1}, "gen_ai.request.temperature is 1, not of the type double"),
        ({**CHAT, "gen_ai.request.stream": 1}, "gen_ai.request.stream is 1, not of the type boolean"),
        ({**CHAT, "gen_ai.response.id": 7}, "gen_ai.response.id is 7, not of the type string"),
        (
            {**CHAT, "gen_ai.response.finish_reasons": "stop"},
            "gen_ai.response.finish_reasons is 'stop', not of the type string[]",
        ),
        (
            {**CHAT, "gen_ai.response.finish_reasons": (1, 2)},
            "gen_ai.response.finish_reasons is (1, 2), not of the type string[]",
        ),
        ({**CHAT, "gen_ai.prompt.variable.age": 7}, "gen_ai.prompt.variable.age is 7, not of the type string"),
        ({**CHAT, "session.id": 7}, "session.id is 7, not of the type string"),
        ({**CHAT, "gen_ai.output.type": "xml"}, "gen_ai.output.type is 'xml', which the registry does not list"),
        ({**CHAT, "server.address": "api.openai.com"}, "server.address without server.port"),
        (
            {**CHAT, "gen_ai.response.time_to_first_chunk": 0.1},
            "gen_ai.response.time_to_first_chunk without gen_ai.request.stream",
        ),
        ({**CHAT, "error.type": "timeout"}, "the status is UNSET and error.type is 'timeout'"),
    ],
)
def test_faults_of_attributes(said: Attributes, fault: str) -> None:
    """An attribute that is missing, unknown, out of place, of another type or value is found, and nothing else."""
    assert faults_of_span("chat gpt-5-mini", said) == [fault]


def test_faults_of_names() -> None:
    """A name is the operation and what it is done to, no more and no less."""
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "track"}

    assert faults_of_span("gpt-5-mini", CHAT) == ["name is 'gpt-5-mini', not 'chat gpt-5-mini'"]
    assert faults_of_span("chat", CHAT) == ["name is 'chat', not 'chat gpt-5-mini'"]
    assert faults_of_span("execute_tool", tool, SpanKind.INTERNAL) == [
        "name is 'execute_tool', not 'execute_tool track'"
    ]
    assert faults_of_span("tools/list files", MCP) == ["name is 'tools/list files', not 'tools/list'"]


def test_faults_of_kinds() -> None:
    """An operation has the kinds that its span types have."""
    assert faults_of_span("chat gpt-5-mini", CHAT, SpanKind.INTERNAL) == [
        "no span type has the operation 'chat' and the kind INTERNAL"
    ]
    assert faults_of_span("tools/list", MCP, SpanKind.INTERNAL) == [
        "no span type has the operation 'tools/list' and the kind INTERNAL"
    ]


def test_required_by_a_provider() -> None:
    """What only OpenAI's own conventions require is found missing on a call of OpenAI."""
    assert faults_of_span("chat", without(CHAT, "gen_ai.request.model")) == ["gen_ai.request.model is required"]


def test_faults_of_status() -> None:
    """An error without a class is a fault, and so is OK, which is not for an instrumentation to set."""
    assert faults_of_span("chat gpt-5-mini", CHAT, status=StatusCode.ERROR) == [
        "the status is ERROR and error.type is None"
    ]
    assert faults_of_span("chat gpt-5-mini", CHAT, status=StatusCode.OK) == [
        "the status is OK, which is for applications to set"
    ]


def test_faults_of_spans_that_are_no_operation() -> None:
    """A span of our own may carry any name of the registry, with its type, and no operation that the registry lacks."""
    inner = SpanKind.INTERNAL

    assert faults_of_span("handoff", {"gen_ai.tool.name": "track"}, inner) == []
    assert faults_of_span("handoff", {"gen_ai.handoff.to": "x"}, inner) == ["gen_ai.handoff.to is not in the registry"]
    assert faults_of_span("handoff", {"gen_ai.agent.name": 7}, inner) == [
        "gen_ai.agent.name is 7, not of the type string"
    ]
    assert faults_of_span("handoff", {"gen_ai.operation.name": "handoff"}, inner) == [
        "no span type has the operation 'handoff' and the kind INTERNAL",
        "gen_ai.operation.name is 'handoff', which the registry does not list",
    ]


# --- Metrics ----------------------------------------------------------------------------------------------------------


def counter(
    said: Attributes, *, name: str = "input_tokens", unit: str = "{token}", monotonic: bool = True
) -> list[str]:
    """Return the faults of a token counter with one point."""
    data = Sum([NumberDataPoint(said, 0, 1, 3)], CUMULATIVE, monotonic)
    return _without_name(metric_faults(Metric(f"gen_ai.client.inference.usage.{name}", None, unit, data)))


def histogram(said: Attributes, *, buckets: list[float] | None = None, unit: str = "s") -> list[str]:
    """Return the faults of the duration of tool calls with two equal points."""
    bounds = TABLE["metrics"]["gen_ai.execute_tool.duration"]["buckets"] if buckets is None else buckets
    point = HistogramDataPoint(said, 0, 1, 1, 0.5, [0] * (len(bounds) + 1), bounds, 0.5, 0.5)
    data = Histogram([point, point], CUMULATIVE)
    return _without_name(metric_faults(Metric("gen_ai.execute_tool.duration", None, unit, data)))


def _without_name(faults: list[str]) -> list[str]:
    return [fault.partition(": ")[2] for fault in faults]


def test_good_metrics() -> None:
    """A counter and a histogram as they should be have no fault; metrics of our own are not looked at."""
    assert counter(TOKENS) == []
    assert histogram({"gen_ai.tool.name": "track", "error.type": "timeout"}) == []
    assert metric_faults(Metric("agent_analytics.visits", None, "1", Gauge([]))) == []


def test_faults_of_metrics() -> None:
    """Name, unit, instrument and boundaries are held against the table; a fault of several points is told once."""
    tool = {"gen_ai.tool.name": "track"}

    assert counter(TOKENS, name="tokens") == ["not in the registry"]
    assert counter(TOKENS, unit="1") == ["unit is '1', not '{token}'"]
    assert counter(TOKENS, monotonic=False) == ["instrument is 'updowncounter', not 'counter'"]
    assert histogram(tool, unit="ms") == ["unit is 'ms', not 's'"]
    boundaries = TABLE["metrics"]["gen_ai.execute_tool.duration"]["buckets"]
    assert histogram(tool, buckets=[1, 2]) == [f"buckets is [1, 2], not {boundaries!r}"]
    gauge = Metric("gen_ai.execute_tool.duration", None, "s", Gauge([]))
    assert _without_name(metric_faults(gauge)) == ["instrument is 'gauge', not 'histogram'"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (without(TOKENS, "gen_ai.token.modality"), "gen_ai.token.modality is required"),
        (
            {**TOKENS, "gen_ai.token.modality": "smell"},
            "gen_ai.token.modality is 'smell', which the registry does not list",
        ),
        ({**TOKENS, "gen_ai.response.model": 7}, "gen_ai.response.model is 7, not of the type string"),
        ({**TOKENS, "gen_ai.conversation.id": "c1"}, "gen_ai.conversation.id has no place on {metric}"),
        ({**TOKENS, "error.type": "timeout"}, "error.type has no place on {metric}"),
        ({**TOKENS, "agent_analytics.channel": "web"}, "agent_analytics.channel is not in the registry"),
        ({**TOKENS, "server.address": "api.openai.com"}, "server.address without server.port"),
    ],
)
def test_faults_of_points(said: Attributes, fault: str) -> None:
    """A point has exactly what the registry lists: nothing of ours, and no id of a conversation."""
    assert counter(said) == [fault.format(metric="gen_ai.client.inference.usage.input_tokens")]


# --- Events -----------------------------------------------------------------------------------------------------------


def event(name: str, said: Attributes, severity: SeverityNumber | None = None) -> list[str]:
    """Return the faults of a log record, without its name."""
    record = LogRecord(event_name=name, attributes=said, severity_number=severity)
    return _without_name(event_faults(ReadableLogRecord(record, Resource.get_empty())))


def details(said: Attributes, severity: SeverityNumber = SeverityNumber.DEBUG) -> list[str]:
    """Return the faults of a model call's event."""
    return event("gen_ai.client.inference.operation.details", said, severity)


def test_good_events() -> None:
    """Feedback, a model call and an event of our own, as they should be, have no fault."""
    own = {"agent_analytics.event.id": "e1", "gen_ai.conversation.id": "c1"}

    assert event("gen_ai.evaluation.result", {**FEEDBACK, **own, "gen_ai.evaluation.score.value": 4.0}) == []
    assert details({**CHAT, **own, "openai.api.type": "responses", "gen_ai.input.messages": MESSAGES}) == []
    assert event("agent_analytics.started", {**own, "session.id": "s1"}) == []


def test_faults_of_events() -> None:
    """An event that is unknown, incomplete, of another severity, or with content as text: each is found."""
    assert event("gen_ai.user.message", {}) == ["not in the registry"]
    assert event("", {}) == ["not in the registry"]
    assert event("gen_ai.evaluation.result", {}) == ["gen_ai.evaluation.name is required"]
    assert event("gen_ai.evaluation.result", {**FEEDBACK, "gen_ai.evaluation.score.value": 4}) == [
        "gen_ai.evaluation.score.value is 4, not of the type double"
    ]
    assert event("gen_ai.evaluation.result", {**FEEDBACK, "gen_ai.tool.name": "track"}) == [
        "gen_ai.tool.name has no place on gen_ai.evaluation.result"
    ]
    assert details(CHAT, SeverityNumber.INFO) == ["severity is 9, not 5"]
    assert details({**CHAT, "openai.gone": "x"}) == ["openai.gone is not in the registry"]
    assert details({**CHAT, "gen_ai.input.messages": "[]"}) == ["gen_ai.input.messages is a text, not structured"]
    assert event("agent_analytics.started", {"gen_ai.user": "x"}) == ["gen_ai.user is not in the registry"]


# --- The program ------------------------------------------------------------------------------------------------------

DOCUMENTS: Final[list[dict[str, Any]]] = [
    {
        "attributes": [
            {"key": "a.kind", "type": {"members": [{"value": "x"}, {"value": "y"}]}},
            {"key": "a.count", "type": "int"},
        ],
        "attribute_groups": [
            {"id": "all", "attributes": [{"ref": "a.kind"}, {"ref": "a.count", "requirement_level": "opt_in"}]},
        ],
    },
    {
        "spans": [
            {
                "type": "a.call",
                "kind": "client",
                "name": {"note": "**Name** SHOULD be `call {a.kind}`, else `call`."},
                "attributes": [
                    {"ref_group": "all"},
                    {"ref": "a.kind", "requirement_level": {"conditionally_required": "When known."}},
                    {"ref": "server.port"},
                ],
            }
        ],
        "events": [{"name": "a.told", "requirement_level": "opt_in", "attributes": [{"ref_group": "span.a.call"}]}],
    },
]


def test_yaml_documents_are_put_together() -> None:
    """Groups are followed, a later level goes before an earlier one, and an event may have a span's attributes."""
    found = compare_registry.resolved(DOCUMENTS)
    attributes = {
        "a.kind": {"level": "conditionally_required", "type": "string", "enum": ["x", "y"]},
        "a.count": {"level": "opt_in", "type": "int"},
        "server.port": {"level": "recommended", "type": "int"},
    }

    assert found["spans"]["a.call"]["attributes"] == attributes
    assert found["events"] == {"a.told": {"level": "opt_in", "attributes": attributes}}


def test_differences() -> None:
    """A fact that came, went or changed is one line each."""
    before = {"a": {"x": 1, "y": 2}, "b": 3}

    assert compare_registry.differences(before, before) == []
    assert compare_registry.differences(before, {"a": {"x": 1, "y": 4}, "c": 5}) == [
        "~ a / y: 2 -> 4",
        "- b: 3",
        "+ c: 5",
    ]


def test_unknown_names() -> None:
    """A GenAI name that is not known is reported; other texts and values are not."""
    spelled = ["gen_ai.a", "gen_ai.b", "mcp.c", "openai.d", "agent_analytics.e", "chat", 7]

    assert compare_registry.unknown_names({"gen_ai.a"}, spelled) == ["gen_ai.b", "mcp.c", "openai.d"]


def registry_from_table() -> dict[str, Any]:
    """Return a registry from which the committed table could have been made."""

    def with_types(one: dict[str, Any]) -> dict[str, Any]:
        facts = {key: TABLE["attributes"][key] for key in one["attributes"]}
        known = {
            key: {"level": level, "type": facts[key]["type"]}
            | ({"enum": facts[key]["values"]} if "values" in facts[key] else {})
            for key, level in one["attributes"].items()
        }
        return {**one, "name": f"`{one.get('name')}`", "attributes": known}

    made = {
        kind: {name: with_types(one) for name, one in TABLE[kind].items()} for kind in ("spans", "metrics", "events")
    }
    refinement = made["spans"].pop("openai.gen_ai.client.inference")
    made["span_refinements"] = {"openai.gen_ai.client.inference": {**refinement, "of": "gen_ai.client.inference"}}
    return {**made, "registry": dict(TABLE["attributes"])}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the registry that has what the committed table has, and put a copy of the table in its place."""
    table = tmp_path / "registry.json"
    table.write_text(compare_registry.TABLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(compare_registry, "TABLE", table)
    (tmp_path / "resolved.json").write_text(json.dumps(registry_from_table()), encoding="utf-8")
    return tmp_path


def change(copy: Path) -> None:
    """Change one fact in the copy and take one name away."""
    registry = registry_from_table()
    registry["metrics"]["gen_ai.execute_tool.duration"]["unit"] = "ms"
    (copy / "resolved.json").write_text(json.dumps(registry), encoding="utf-8")


def test_program_says_that_nothing_differs(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a registry that says the same the exit status is 0, by folder or by file, and nothing is printed."""
    assert compare_registry.main([str(copy)]) == 0
    assert compare_registry.main([str(copy / "resolved.json")]) == 0
    assert capsys.readouterr().out == ""


def test_program_shows_what_differs(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a registry that says something else the exit status is 1, and the table stays."""
    before = compare_registry.committed()
    change(copy)

    assert compare_registry.main([str(copy)]) == 1
    assert capsys.readouterr().out == "~ metrics / gen_ai.execute_tool.duration / unit: s -> ms\n"
    assert compare_registry.committed() == before


def test_program_names_what_the_vocabulary_has_alone(
    copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GenAI name of the vocabulary that the registry lacks is a difference too."""
    monkeypatch.setattr(compare_registry, "vocabulary", SimpleNamespace(WRONG="gen_ai.wrong"))

    assert compare_registry.main([str(copy)]) == 1
    assert capsys.readouterr().out == "vocabulary.py: gen_ai.wrong is not in the registry\n"


def test_program_writes_the_table(copy: Path) -> None:
    """With `--write` the table is replaced, and says where it comes from; after that nothing differs."""
    change(copy)

    assert compare_registry.main([str(copy), "--write", "--source", "a newer one"]) == 0
    assert compare_registry.committed()["source"] == "a newer one"
    assert compare_registry.committed()["metrics"]["gen_ai.execute_tool.duration"]["unit"] == "ms"
    assert compare_registry.main([str(copy)]) == 0


def test_wrong_usage(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No copy, one that cannot be read, YAML without PyYAML, and other facts without a source: exit status 2."""
    change(copy)
    (tmp_path / "yaml").mkdir()
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "yaml", None)

    for wrong in ([], ["nowhere"], [str(tmp_path / "list.json")], [str(tmp_path / "yaml")], [str(copy), "--write"]):
        with pytest.raises(SystemExit) as ended:
            compare_registry.main(wrong)
        assert ended.value.code == 2
