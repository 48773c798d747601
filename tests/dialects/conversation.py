"""One small conversation as the spans of each dialect, in the shape in which its instrumentation makes them.

Two turns. In the first the user asks Triage, which hands over to Orders; Orders calls two tools, one of which says in
its result that it failed and one of which fails, and answers. In the second the user says the same again; the model
fails, and so does the run.
"""

from __future__ import annotations

import json
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord

ID: Final = "chat-1"
SERVICE: Final = Service("shop")
FIRST: Final = "Where is my order 7?"
SECOND: Final = FIRST
ANSWER: Final = "I could not find it. Do you have another number?"
BEGIN: Final = 1_700_000_000
TRACES: Final = ("a" * 32, "b" * 32)
MODEL: Final = "gpt-5-mini"
ANSWERED_BY: Final = "gpt-5-mini-2026-01-01"
REFUND: Final = {"order": 7}

Spans = list[SpanRecord]


def span(
    number: int,
    parent: int,
    begin: float,
    end: float,
    attributes: dict[str, Any],
    *,
    failed: bool = False,
    trace: int = 0,
) -> SpanRecord:
    """Return a span; ids are numbers, 0 is no parent, times are in seconds."""
    return SpanRecord(
        trace_id=TRACES[trace],
        span_id=span_id(number),
        start_ns=ns(begin),
        end_ns=ns(end),
        attributes=attributes,
        failed=failed,
        service=SERVICE,
        parent_id=span_id(parent) if parent else "",
    )


def span_id(number: int) -> str:
    """Return the id of a span."""
    return format(number, "016x")


def ns(seconds: float) -> int:
    """Return a time of the conversation."""
    return BEGIN * 10**9 + round(seconds * 10**9)


# --- ours -------------------------------------------------------------------------------------------------------------


def ours() -> list[Spans]:
    """The spans that our own bridge makes of it."""
    return [_our_first(), _our_second()]


def _our_first() -> Spans:
    triage, orders = _our("Triage"), _our("Orders")
    turn = {
        **_our("Triage"), v.OPERATION: v.OPERATION_TURN, v.ANSWERING_AGENT: "Orders", v.TURN_ANSWERED: True,
        v.USER_MESSAGE_LENGTH: 20, v.USER_MESSAGE_LANGUAGE: "en", v.USER_MESSAGE_SENTIMENT: 0.0,
        v.USER_MESSAGE_CLOSING: False, v.USER_MESSAGE_THANKS: False, v.USER_MESSAGE_NEGATION: False,
        v.USER_MESSAGE_QUESTION: True, v.USER_MESSAGE_SAYS_NO: False, v.USER_MESSAGE_COMPLAINT: False,
        v.USER_MESSAGE_HUMAN_REQUEST: False, v.USER_MESSAGE_OVERLAP: 0.0, v.USER_MESSAGE_REPHRASE: False,
        v.USER_MESSAGE_REPEAT: False, v.AGENT_MESSAGE_LENGTH: 48, v.AGENT_MESSAGE_QUESTION: True,
        v.AGENT_MESSAGE_REFUSAL: True, v.AGENT_MESSAGE_STATEMENT: v.STATEMENT_FAILURE,
    }  # fmt: skip
    handoff = {v.OPERATION: v.OPERATION_HANDOFF, v.HANDOFF_FROM_AGENT: "Triage", v.HANDOFF_TO_AGENT: "Orders"}
    return [
        span(1, 0, 0, 10, turn),
        span(2, 1, 0.5, 1.5, {**triage, **_our_call(100)}),
        span(3, 1, 2, 2.5, {**triage, **handoff}),
        span(4, 1, 3, 4, {**orders, **_our_call(200)}),
        span(5, 1, 4, 5, {**orders, **_our_tool("track"), v.TOOL_RESULT_FAILED: True}),
        span(6, 1, 5, 6, {**orders, **_our_tool("refund"), v.ERROR_TYPE: "LookupError"}, failed=True),
        span(7, 1, 7, 9, {**orders, **_our_call(300)}),
    ]


def _our_second() -> Spans:
    turn = {
        **_our("Triage"), v.OPERATION: v.OPERATION_TURN, v.ANSWERING_AGENT: "Triage",
        v.TURN_ERROR_TYPE: "InternalServerError", v.TURN_ANSWERED: False,
        v.USER_MESSAGE_LENGTH: 20, v.USER_MESSAGE_LANGUAGE: "en", v.USER_MESSAGE_SENTIMENT: 0.0,
        v.USER_MESSAGE_CLOSING: False, v.USER_MESSAGE_THANKS: False, v.USER_MESSAGE_NEGATION: False,
        v.USER_MESSAGE_QUESTION: True, v.USER_MESSAGE_SAYS_NO: False, v.USER_MESSAGE_COMPLAINT: False,
        v.USER_MESSAGE_HUMAN_REQUEST: False, v.USER_MESSAGE_OVERLAP: 1.0, v.USER_MESSAGE_REPHRASE: False,
        v.USER_MESSAGE_REPEAT: True,
    }  # fmt: skip
    call = {v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_REQUEST_MODEL: MODEL, v.GEN_AI_PROVIDER_NAME: "openai"}
    failed = {**_our("Triage"), **call, v.ERROR_TYPE: "InternalServerError"}
    return [span(21, 0, 100, 104, turn, trace=1), span(22, 21, 101, 104, failed, failed=True, trace=1)]


def _our(agent: str) -> dict[str, Any]:
    return {v.GEN_AI_CONVERSATION_ID: ID, v.GEN_AI_AGENT_NAME: agent}


def _our_call(tokens: int) -> dict[str, Any]:
    return {
        v.GEN_AI_OPERATION_NAME: "chat", v.GEN_AI_REQUEST_MODEL: MODEL, v.GEN_AI_RESPONSE_MODEL: ANSWERED_BY,
        v.GEN_AI_PROVIDER_NAME: "openai", v.GEN_AI_USAGE_INPUT_TOKENS: tokens, v.GEN_AI_USAGE_OUTPUT_TOKENS: 20,
        v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: 40, v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: 10,
        v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS: 8, v.OPENAI_RESPONSE_SERVICE_TIER: "flex",
    }  # fmt: skip


def _our_tool(tool: str) -> dict[str, Any]:
    return {v.GEN_AI_OPERATION_NAME: "execute_tool", v.GEN_AI_TOOL_NAME: tool}


# --- OpenInference ----------------------------------------------------------------------------------------------------

KIND: Final = "openinference.span.kind"


def openinference() -> list[Spans]:
    """As openinference-instrumentation-openai-agents 2.6.0 has it, inside ``using_session``."""
    first = [
        span(1, 0, 0, 10, _oi("AGENT")),
        span(11, 1, 0, 10, _oi("CHAIN")),
        span(12, 11, 0, 3, {**_oi("AGENT"), "agent.name": "Triage", "graph.node.id": "Triage"}),
        span(13, 12, 0.4, 3, _oi("CHAIN")),
        span(2, 13, 0.5, 1.5, _oi_call(100, [("user", FIRST)], None)),
        span(3, 13, 2, 2.5, {**_oi("TOOL"), "input.value": "Triage", "output.value": "Orders"}),
        span(14, 11, 3, 10, {**_oi("AGENT"), "agent.name": "Orders", "graph.node.parent_id": "Triage"}),
        span(15, 14, 3, 10, _oi("CHAIN")),
        span(4, 15, 3, 4, _oi_call(200, [("user", FIRST), ("tool", "{}")], None)),
        span(5, 15, 4, 5, _oi_tool("track", "Error: order 7 is not known")),
        span(6, 15, 5, 6, _oi_tool("refund", "An error occurred."), failed=True),
        span(7, 15, 7, 9, _oi_call(300, [("user", FIRST), ("tool", "{}"), ("tool", "Error")], ANSWER)),
    ]
    second = [
        span(21, 0, 100, 104, _oi("AGENT"), trace=1),
        span(31, 21, 100, 104, {**_oi("AGENT"), "agent.name": "Triage"}, failed=True, trace=1),
        span(22, 31, 101, 104, {**_oi("LLM"), "llm.system": "openai"}, failed=True, trace=1),
    ]
    return [first, second]


def _oi(kind: str) -> dict[str, Any]:
    return {"session.id": ID, "user.id": "ann", "metadata": '{"tier": "gold"}', KIND: kind}


def _oi_call(tokens: int, asked: list[tuple[str, str]], answer: str | None) -> dict[str, Any]:
    said = {
        **_oi("LLM"), "llm.system": "openai", "llm.model_name": ANSWERED_BY,
        "llm.invocation_parameters": json.dumps({"id": "resp_1", "model": MODEL, "tool_choice": "auto"}),
        "llm.token_count.prompt": tokens, "llm.token_count.completion": 20, "llm.token_count.total": tokens + 20,
        "llm.token_count.prompt_details.cache_read": 40, "llm.token_count.prompt_details.cache_write": 10,
        "llm.token_count.completion_details.reasoning": 8,
        "output.mime_type": "application/json", "output.value": '{"id":"resp_1","service_tier":"flex","output":[]}',
        "input.mime_type": "application/json", "input.value": json.dumps([{"role": r, "content": t} for r, t in asked]),
        "llm.output_messages.0.message.role": "assistant",
    }  # fmt: skip
    for number, (role, text) in enumerate(asked, 1):
        said[f"llm.input_messages.{number}.message.role"] = role
        said[f"llm.input_messages.{number}.message.content"] = text
    if answer is None:
        return {**said, "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "transfer_to_orders"}
    part = "llm.output_messages.0.message.contents.0.message_content"
    return {**said, f"{part}.type": "text", f"{part}.text": answer}


def _oi_tool(tool: str, result: str) -> dict[str, Any]:
    given = {"input.value": json.dumps(REFUND), "input.mime_type": "application/json"}
    return {**_oi("TOOL"), "tool.name": tool, **given, "output.value": result}


# --- Traceloop --------------------------------------------------------------------------------------------------------


def traceloop() -> list[Spans]:
    """As opentelemetry-instrumentation-openai-agents 0.62.4 has it, with the session set by traceloop-sdk."""
    first = [
        span(1, 0, 0, 10, _tl("workflow", **{"traceloop.workflow.name": "Agent Workflow"})),
        span(12, 1, 0, 3, _tl_agent("Triage")),
        span(2, 12, 0.5, 1.5, _tl_call(100, [_part("user", FIRST)], [])),
        span(3, 12, 2, 2.5, _tl_handoff("Triage")),
        span(14, 1, 3, 10, _tl_agent("Orders")),
        span(4, 14, 3, 4, _tl_call(200, [_part("user", FIRST), _tool_part("{}")], [])),
        span(5, 14, 4, 5, _tl_tool("track", "Error: order 7 is not known")),
        span(6, 14, 5, 6, _tl_tool("refund", "An error occurred."), failed=True),
        span(7, 14, 7, 9, _tl_call(300, [_part("user", FIRST), _tool_part("Error")], [_part("assistant", ANSWER)])),
    ]
    broken = {**_properties(), "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}
    second = [
        span(21, 0, 100, 104, _tl("workflow"), trace=1),
        span(31, 21, 100, 104, _tl_agent("Triage"), failed=True, trace=1),
        span(22, 31, 101, 104, broken, failed=True, trace=1),
    ]
    return [first, second]


def _properties() -> dict[str, Any]:
    return {"traceloop.association.properties.session_id": ID, "traceloop.association.properties.user_id": "ann"}


def _tl(kind: str, **more: Any) -> dict[str, Any]:
    return {**_properties(), "traceloop.span.kind": kind, "gen_ai.provider.name": "openai", **more}


def _tl_agent(agent: str) -> dict[str, Any]:
    return _tl("agent", **{"gen_ai.agent.name": agent, "gen_ai.operation.name": "invoke_agent"})


def _tl_handoff(agent: str) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "handoff", "gen_ai.handoff.from_agent": agent, "gen_ai.agent.name": agent}
    return _tl("handoff", **said)


def _tl_tool(tool: str, result: str) -> dict[str, Any]:
    said = {"gen_ai.tool.name": tool, "gen_ai.tool.type": "function", "gen_ai.operation.name": "execute_tool"}
    call = {"gen_ai.tool.call.arguments": json.dumps(REFUND), "gen_ai.tool.call.result": result}
    return _tl("tool", **said, **call)


def _tl_call(tokens: int, asked: list[Any], answered: list[Any]) -> dict[str, Any]:
    return {
        **_properties(), "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.input.messages": json.dumps(asked), "gen_ai.response.model": ANSWERED_BY,
        "gen_ai.output.messages": json.dumps(answered or [_call_part()]),
        "gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.total_tokens": tokens + 20,
        "gen_ai.usage.cache_read.input_tokens": 40, "gen_ai.usage.reasoning_tokens": 8,
    }  # fmt: skip


def _part(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _tool_part(result: str) -> dict[str, Any]:
    return {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": result}]}


def _call_part() -> dict[str, Any]:
    return {"role": "assistant", "parts": [{"type": "tool_call", "name": "track", "id": "call_2", "arguments": {}}]}


# --- The official instrumentations ------------------------------------------------------------------------------------


def official() -> list[Spans]:
    """As opentelemetry-instrumentation-genai-openai-agents and -genai-openai 1.3b0 have it, with content on spans."""
    first = [
        span(1, 0, 0, 10, {**_workflow(), "gen_ai.conversation.id": ID}),
        span(12, 1, 0, 3, _agent("Triage")),
        span(2, 12, 0.5, 1.5, _call(100, [_part("user", FIRST)], [])),
        span(14, 1, 3, 10, _agent("Orders")),
        span(4, 14, 3, 4, _call(200, [_part("user", FIRST), _tool_part("{}")], [])),
        span(5, 14, 4, 5, _tool("track", "Error: order 7 is not known")),
        span(6, 14, 5, 6, {**_tool("refund", "An error occurred."), "error.type": "_OTHER"}, failed=True),
        span(7, 14, 7, 9, _call(300, [_part("user", FIRST), _tool_part("Error")], [_part("assistant", ANSWER)])),
    ]
    asked = json.dumps([_part("user", FIRST), _part("assistant", ANSWER), _part("user", SECOND)])
    broken = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": MODEL,
        "gen_ai.conversation.id": ID, "gen_ai.input.messages": asked, "error.type": "openai.InternalServerError",
    }  # fmt: skip
    second = [
        span(21, 0, 100, 104, {**_workflow(), "gen_ai.conversation.id": ID}, trace=1),
        span(31, 21, 100, 104, {**_agent("Triage"), "error.type": "_OTHER"}, failed=True, trace=1),
        span(22, 31, 101, 104, broken, failed=True, trace=1),
    ]
    return [first, second]


def _workflow() -> dict[str, Any]:
    return {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "Agent workflow"}


def _agent(agent: str) -> dict[str, Any]:
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent, "gen_ai.conversation.id": ID}


def _tool(tool: str, result: str) -> dict[str, Any]:
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.type": "function"}
    return {**said, "gen_ai.tool.call.arguments": json.dumps(REFUND), "gen_ai.tool.call.result": result}


def _call(tokens: int, asked: list[Any], answered: list[Any]) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": MODEL,
        "gen_ai.conversation.id": ID, "gen_ai.response.model": ANSWERED_BY, "gen_ai.response.id": "resp_1",
        "gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_write.input_tokens": 10, "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.reasoning.output_tokens": 8, "openai.response.service_tier": "flex",
        "gen_ai.input.messages": json.dumps(asked), "gen_ai.output.messages": json.dumps(answered or [_call_part()]),
        "gen_ai.response.finish_reasons": ("stop",) if answered else ("tool_calls",),
    }  # fmt: skip


# --- Older names ------------------------------------------------------------------------------------------------------


def older() -> list[Spans]:
    """As Traceloop's instrumentations of 2024 and early 2025 had it: a workflow, and messages flattened."""
    first = [
        span(1, 0, 0, 10, _entity("workflow", FIRST, ANSWER)),
        span(12, 1, 0, 10, _entity("agent", FIRST, ANSWER)),
        span(2, 12, 0.5, 1.5, _older_call(100, [("system", "Be brief."), ("user", FIRST)], None)),
        span(5, 12, 4, 5, _entity("tool", '{"order": 7}', '"Error: order 7 is not known"', "track")),
        span(7, 12, 7, 9, _older_call(300, [("system", "Be brief."), ("user", FIRST), ("tool", "Error")], ANSWER)),
    ]
    asked = [("user", FIRST), ("assistant", ANSWER), ("user", SECOND)]
    broken = {**_older_call(0, asked, None), "error.type": "InternalServerError"}
    for counted in ("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", "gen_ai.response.model"):
        del broken[counted]
    second = [
        span(21, 0, 100, 104, _entity("workflow", SECOND, None), failed=True, trace=1),
        span(22, 21, 101, 104, broken, failed=True, trace=1),
    ]
    return [first, second]


def _entity(kind: str, given: str, output: str | None, name: str = "support") -> dict[str, Any]:
    said = {"traceloop.span.kind": kind, "traceloop.entity.name": name, **_properties()}
    said["traceloop.entity.input"] = given if kind == "tool" else json.dumps({"args": [given], "kwargs": {}})
    if kind == "agent":
        said["gen_ai.agent.name"] = "Support"
    return (
        said
        if output is None
        else {**said, "traceloop.entity.output": output if kind == "tool" else json.dumps(output)}
    )


def _older_call(tokens: int, asked: list[tuple[str, str]], answer: str | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        **_properties(), "llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.request.model": MODEL,
        "gen_ai.response.model": ANSWERED_BY, "gen_ai.usage.prompt_tokens": tokens,
        "gen_ai.usage.completion_tokens": 20, "llm.usage.total_tokens": tokens + 20,
        "gen_ai.completion.0.finish_reason": "stop" if answer else "tool_calls",
        "gen_ai.completion.0.role": "assistant",
    }  # fmt: skip
    for number, (role, text) in enumerate(asked):
        said[f"gen_ai.prompt.{number}.role"] = role
        said[f"gen_ai.prompt.{number}.content"] = text
    if answer is None:
        return {**said, "gen_ai.completion.0.tool_calls.0.name": "track"}
    return {**said, "gen_ai.completion.0.content": answer}
