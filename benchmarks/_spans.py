"""The run that ``bridge.py`` repeats: one task, 2 agents, 3 turns, 3 model calls, 2 tools, 2 guardrails and a handoff.

Built before the clock starts, so that a run costs tracing alone. The same run as in the comparison of other
instrumentations that the cost target was set by. Imports nothing but the two SDKs: other instrumentations run it too,
in environments that this project is not installed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agents.tracing import (
    agent_span,
    function_span,
    guardrail_span,
    handoff_span,
    response_span,
    trace,
)
from agents.tracing.create import task_span, turn_span
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.trace import Tracer

_CONVERSATIONS: Final = 100
USAGE: Final = {
    "requests": 1,
    "input_tokens": 120,
    "output_tokens": 30,
    "total_tokens": 150,
    "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 12},
}
_USER: Final[list[dict[str, Any]]] = [{"role": "user", "content": "refund order#1234 please, it never came " * 3}]
_OUTPUT: Final = "order 1234 shipped on Monday"
TEN_ATTRIBUTES: Final[dict[str, str | int]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1",
    "gen_ai.response.model": "gpt-4.1-2025-04-14",
    "gen_ai.response.id": "resp_1",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.agent.name": "Billing",
    "gen_ai.output.type": "text",
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 30,
}
"""Of each span of the floor with attributes: about what a span of a model call carries."""


def sdk_run() -> Callable[[int], None]:
    """Return a function that makes one trace and 14 spans by the SDK's tracing functions."""
    calls = [_call("lookup_order", '{"order_id": "1234"}'), _call("refund", '{"order_id": "1234"}')]
    routed, called = response_of(_call("transfer_to_billing", "{}")), response_of(*calls)
    answered = response_of(message("Your order shipped on Monday; the refund failed, sorry. " * 3))
    routed_input = [*_USER, {"role": "assistant", "content": "transferred"}]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": _OUTPUT} for call in calls]
    called_input = [*_USER, *(call.model_dump(exclude_none=True) for call in calls), *results]

    def run(number: int) -> None:
        with (
            trace("support", group_id=f"conv-{number % _CONVERSATIONS}", metadata={"tenant": "acme"}),
            task_span(name="support"),
        ):
            with agent_span("Triage", handoffs=["Billing"], tools=[], output_type="str"), turn_span(1, "Triage"):
                _guardrail("no_abuse")
                _model_call(routed, _USER)
                with handoff_span(from_agent="Triage") as handoff:
                    handoff.span_data.to_agent = "Billing"
            with agent_span("Billing", handoffs=[], tools=["lookup_order", "refund"], output_type="str"):
                with turn_span(2, "Billing"):
                    _model_call(called, routed_input)
                    _tool("lookup_order", failed=False)
                    _tool("refund", failed=True)
                with turn_span(3, "Billing"):
                    _model_call(answered, called_input)
                _guardrail("polite")

    return run


def floor_run(tracer: Tracer, attributes: Mapping[str, str | int] | None = None) -> Callable[[int], None]:
    """Return a function that makes 15 OpenTelemetry spans in the same tree, all with the same attributes."""

    def span(name: str, *inside: Any) -> None:
        with tracer.start_as_current_span(name, attributes=attributes):
            for child in inside:
                span(*child)

    first = ("agent", ("turn", ("g",), ("r",), ("h",)))
    second = ("agent", ("turn", ("r",), ("f",), ("f",)), ("turn", ("r",)), ("g",))
    return lambda _: span("trace", ("task", first, second))


def _model_call(response: Response, given: list[Any]) -> None:
    with response_span() as span:
        span.span_data.usage, span.span_data.response, span.span_data.input = USAGE, response, given


def _tool(name: str, *, failed: bool) -> None:
    with function_span(name, input='{"order_id": "1234"}') as span:
        if failed:
            span.set_error({"message": "Error running tool", "data": {"tool_name": name, "error": "down"}})
        span.span_data.output = _OUTPUT


def _guardrail(name: str) -> None:
    with guardrail_span(name):
        pass


def _call(name: str, arguments: str) -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        id=f"fc_{name}", call_id=f"call_{name}", name=name, arguments=arguments, type="function_call"
    )


def message(text: str) -> ResponseOutputMessage:
    """Return a text that the model says."""
    part = ResponseOutputText(text=text, type="output_text", annotations=[])
    return ResponseOutputMessage(id="msg_1", role="assistant", status="completed", type="message", content=[part])


def response_of(*output: Any) -> Response:
    """Return what the Responses API gives back with this output."""
    return Response(
        id="resp_1", created_at=0, model="gpt-4.1", object="response", output=list(output),
        parallel_tool_calls=True, tool_choice="auto", tools=[], status="completed",
    )  # fmt: skip
