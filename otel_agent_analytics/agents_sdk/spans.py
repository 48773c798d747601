"""One row per SDK span type, found through one table: what the span is called, and what it carries.

``start`` returns the attributes that are known when the span begins (samplers see these), ``end`` those that are known
when it is over; both are pure. An unknown type gets a generic span under its own name; none is lost.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry.trace import SpanKind

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import model_spans
from otel_agent_analytics.values import UNSOUND, data_attributes, field_of, known_dict, name

if TYPE_CHECKING:
    from collections.abc import Callable

Attributes = dict[str, Any]
_MOST_DATA: Final = 64
# The SDK's own custom spans carry commands and their output; an application's carry what it chose to say.
_SDK_CUSTOM: Final = ("Codex ", "sandbox.")


class Role(Enum):
    """What a span stands for in a run."""

    __hash__ = object.__hash__  # the members are single objects, and an enumeration hashes by its names, in Python

    RUN = auto()
    MODEL_TURN = auto()
    AGENT = auto()
    MODEL_CALL = auto()
    TOOL = auto()
    HANDOFF = auto()
    VOICE = auto()
    REQUEST = auto()
    STEP = auto()


class SpanType(NamedTuple):
    """How one type of SDK span becomes an OpenTelemetry span."""

    kind: SpanKind
    operation: str
    """First word of the name; empty where the subject alone is the name."""
    subject: Callable[[Any], Any]
    """What the operation is done to: the second word of the name."""
    start: Callable[[Any, Any], Attributes]
    """Is given the span data and the subject."""
    end: Callable[[Any], Attributes]
    role: Role = Role.STEP
    named_late: bool = False
    """Whether the SDK knows the subject only when the span is over."""
    alike: bool = False
    """Whether ``start`` looks at the subject alone, so that spans with the same subject begin alike."""


def span_name(row: SpanType, subject: Any) -> str:
    """Return ``operation subject``, or the operation alone."""
    if type(subject) is not str:
        return row.operation or v.OPERATION_GENERIC
    return f"{row.operation} {subject}" if row.operation else subject


def _named(data: Any) -> Any:
    return name(field_of(data, "name"))


def _server(data: Any) -> Any:
    return name(field_of(data, "server"))


def _target(data: Any) -> Any:
    return name(field_of(data, "to_agent"))


def _nothing(_: Any) -> Attributes:
    return {}


def _says(operation: str) -> Callable[[Any, Any], Attributes]:
    """Return a start that says nothing but what the span stands for."""
    return lambda _data, _subject: {v.OPERATION: operation}


def _no_subject(_: Any) -> None:
    return None


def _agent_start(_: Any, agent: Any) -> Attributes:
    return {v.GEN_AI_OPERATION_NAME: v.OPERATION_INVOKE_AGENT, v.GEN_AI_AGENT_NAME: agent}


def _tool_start(_: Any, tool: Any) -> Attributes:
    return {
        v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL,
        v.GEN_AI_TOOL_NAME: tool or v.UNKNOWN,
        v.GEN_AI_TOOL_TYPE: v.TOOL_TYPE_FUNCTION,
    }


def _tool_end(data: Any) -> Attributes:
    mcp = known_dict(v.MCP_SERVER, field_of(data, "mcp_data"))
    return {v.MCP_SERVER: name(mcp.get("server"))} if mcp else {}


def _handoff_start(data: Any, _: Any) -> Attributes:
    return {v.OPERATION: v.OPERATION_HANDOFF, v.HANDOFF_FROM_AGENT: name(field_of(data, "from_agent"))}


def _handoff_end(data: Any) -> Attributes:
    # The SDK knows the target only after the span has started.
    return {v.HANDOFF_TO_AGENT: name(field_of(data, "to_agent"))}


def _guardrail_start(_: Any, guardrail: Any) -> Attributes:
    return {v.OPERATION: v.OPERATION_GUARDRAIL, v.GUARDRAIL_NAME: guardrail}


def _guardrail_end(data: Any) -> Attributes:
    return {v.GUARDRAIL_TRIGGERED: field_of(data, "triggered") is True}


def _mcp_start(_: Any, server: Any) -> Attributes:
    return {v.MCP_METHOD_NAME: v.MCP_TOOLS_LIST, v.MCP_SERVER: server}


def _mcp_end(data: Any) -> Attributes:
    tools = field_of(data, "result")
    if tools is None:
        return {}
    if type(tools) is not list:
        return {v.MCP_TOOLS: UNSOUND}
    return {v.MCP_TOOLS: tuple(name(tool) for tool in tools[:_MOST_DATA] if type(tool) is str and tool)}


def _voice_start(operation: str) -> Callable[[Any, Any], Attributes]:
    def start(data: Any, model: Any) -> Attributes:
        audio = field_of(data, "input_format")
        audio = field_of(data, "output_format") if audio is None else audio
        return {v.OPERATION: operation, v.VOICE_MODEL: model, v.VOICE_FORMAT: name(audio)}

    return start


def _voice_end(data: Any) -> Attributes:
    # The voice pipeline names the model of a transcription only while it runs.
    model = field_of(data, "model")
    return {v.VOICE_MODEL: name(model)} if model is not None else {}


def _custom_end(data: Any) -> Attributes:
    given, named = known_dict(v.DATA_PREFIX, field_of(data, "data")), _named(data)
    said = data_attributes(v.DATA_PREFIX, given) if given else {}
    if type(named) is str and named.startswith(_SDK_CUSTOM):
        return {key: value for key, value in said.items() if not isinstance(value, str)}
    return said


def _generic_start(data: Any, _: Any) -> Attributes:
    return {v.OPERATION: v.OPERATION_GENERIC, v.SDK_SPAN_TYPE: _type_of(data)}


def _type_of(data: Any) -> Any:
    found = field_of(data, "type")
    return name(found if type(found) is str else type(data).__name__)


def _row(operation: str, subject: Any, start: Any, end: Any = _nothing, **more: Any) -> SpanType:
    return SpanType(more.pop("kind", SpanKind.INTERNAL), operation, subject, start, end, **more)


def _model(data: Any) -> Any:
    return name(field_of(data, "model"))


GENERIC: Final = _row("", lambda data: _named(data) or _type_of(data), _generic_start)
_CALL: Final = {"kind": SpanKind.CLIENT, "role": Role.MODEL_CALL}
_VOICE: Final = {"kind": SpanKind.CLIENT, "role": Role.VOICE}
NESTED_RUN: Final = _row(v.OPERATION_NESTED_RUN, _no_subject, _says(v.OPERATION_NESTED_RUN), role=Role.RUN)
"""A run that a tool started: it is no turn of the user."""

SPAN_TYPES: Final[dict[str, SpanType]] = {
    "task": _row(v.OPERATION_TURN, _no_subject, _says(v.OPERATION_TURN), role=Role.RUN),
    "turn": _row(v.OPERATION_MODEL_TURN, _no_subject, _says(v.OPERATION_MODEL_TURN), role=Role.MODEL_TURN, alike=True),
    "agent": _row(v.OPERATION_INVOKE_AGENT, _named, _agent_start, role=Role.AGENT, alike=True),
    "response": _row(
        v.OPERATION_CHAT, model_spans.response_model, model_spans.start, model_spans.response_end, alike=True, **_CALL
    ),
    "generation": _row(v.OPERATION_CHAT, _model, model_spans.generation_start, model_spans.generation_end, **_CALL),
    "function": _row(v.OPERATION_EXECUTE_TOOL, _named, _tool_start, _tool_end, role=Role.TOOL, alike=True),
    "handoff": _row(
        v.OPERATION_HANDOFF,
        _target,
        _handoff_start,
        _handoff_end,
        role=Role.HANDOFF,
        named_late=True,
    ),
    "guardrail": _row(v.OPERATION_GUARDRAIL, _named, _guardrail_start, _guardrail_end, alike=True),
    "mcp_tools": _row(
        v.MCP_TOOLS_LIST,
        lambda data: name(field_of(data, "server")),
        _mcp_start,
        _mcp_end,
        kind=SpanKind.CLIENT,
        role=Role.REQUEST,
        alike=True,
    ),
    "custom": _row("", _named, _says(v.OPERATION_CUSTOM), _custom_end, alike=True),
    "transcription": _row(
        v.OPERATION_TRANSCRIPTION, _model, _voice_start(v.OPERATION_TRANSCRIPTION), _voice_end, **_VOICE
    ),
    "speech": _row(v.OPERATION_SPEECH, _model, _voice_start(v.OPERATION_SPEECH), _voice_end, **_VOICE),
    "speech_group": _row(
        v.OPERATION_SPEECH_GROUP, _no_subject, _voice_start(v.OPERATION_SPEECH_GROUP), role=Role.VOICE
    ),
}
"""All span types of openai-agents 0.24."""
