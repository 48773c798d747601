"""An agent of no framework, with OpenTelemetry's own instrumentation of OpenAI's client: its spans are enough.

Shows: no word of this package in the agent; a span around what serves a message (``invoke_agent``) and one around each
tool (``execute_tool``), as the GenAI conventions have them and other frameworks write them; the id of the conversation
on every span; figures read back from the analyzer's API. Any other language can do the same.

    pip install '.[serve,examples]'
    AGENT_ANALYTICS_LATENESS_SECONDS=2 otel-agent-analytics serve    # in another terminal; without it: a minute
    python examples/other_framework.py

With ``OPENAI_API_KEY`` a model of OpenAI answers; without, the answers come from a script.
``OTEL_EXPORTER_OTLP_ENDPOINT`` says where the analyzer is, if not at http://127.0.0.1:4318.
"""

from __future__ import annotations

import json
import os
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import analyzer
import scripted_openai

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageFunctionToolCall
    from opentelemetry.context import Context

SERVICE = "no-framework"
MODEL = "gpt-5-mini"
MESSAGES = ("Where is my order A-7?", "Thanks, that is all. Bye!")
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "track_order",
        "description": "Say where an order is.",
        "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
    },
}

# The text of messages goes to the analyzer, which measures it and keeps none of it. Without it turns, tokens and costs
# are the same, but of sentiment and outcome little is known.
os.environ.setdefault("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
served: ContextVar[str | None] = ContextVar("served", default=None)


class ConversationId(SpanProcessor):
    """Puts the id of the conversation that is served on every span, also on those that others make."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Say which conversation it is."""
        if (conversation_id := served.get()) is not None:
            span.set_attribute("gen_ai.conversation.id", conversation_id)

    def on_end(self, span: ReadableSpan) -> None:
        """Leave the span as it is."""


provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
provider.add_span_processor(ConversationId())
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{analyzer.ADDRESS}/v1/traces")))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()
tracer = trace.get_tracer("lamp-shop")
client = OpenAI() if os.environ.get("OPENAI_API_KEY") else scripted_openai.client()


def answer(history: list[Any], text: str) -> str:
    """Serve one message of a user: call the model, and its tools, until it has an answer."""
    history.append({"role": "user", "content": text})
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Support"}
    with tracer.start_as_current_span("invoke_agent Support", attributes=attributes):
        while True:
            message = client.chat.completions.create(model=MODEL, messages=history, tools=[TOOL]).choices[0].message
            history.append(message.to_dict())
            if not message.tool_calls:
                return message.content or ""
            history.extend(result_of(call) for call in message.tool_calls if call.type == "function")


def result_of(call: ChatCompletionMessageFunctionToolCall) -> dict[str, str]:
    """Run a tool; return the message that tells the model what came of it."""
    name = call.function.name
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.call.id": call.id}
    with tracer.start_as_current_span(f"execute_tool {name}", attributes=attributes):
        order = json.loads(call.function.arguments)["order"]
        content = f"Order {order} left the warehouse on Monday."
    return {"role": "tool", "tool_call_id": call.id, "content": content}


def main() -> None:
    """Serve a conversation, and show what the analyzer makes of it."""
    conversation_id = f"other-{time.time_ns()}"
    served.set(conversation_id)
    history: list[Any] = [{"role": "system", "content": "Help customers of a lamp shop. Be brief."}]
    for text in MESSAGES:
        print(f"{text}\n  {answer(history, text)}")
    provider.force_flush()
    # Without this line the conversation ends 30 minutes after its last message.
    ends = [{"event": "completed", "conversation_id": conversation_id, "event_id": f"end of {conversation_id}"}]
    print(analyzer.ask("events", {"service_name": SERVICE, "events": ends}))

    (episode,) = analyzer.ended([conversation_id])
    told = ("outcome", "resolution_status", "sentiment", "user_turns", "model_calls", "tool_calls", "cost_usd")
    for name in told:
        print(f"{name}: {episode[name]}")
    overview = analyzer.ask("overview", service=SERVICE, hours="1")
    print(f"conversations of this service in the last hour: {overview['figures']['conversations']}")


if __name__ == "__main__":
    main()
