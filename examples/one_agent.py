"""A support agent with one tool, as anyone might have it: nothing in it knows of telemetry.

    opentelemetry-instrument python examples/one_agent.py

The model answers from a script, so that the program needs no key and no network.
"""

from __future__ import annotations

import asyncio
import logging

from agents import Agent, RunConfig, Runner, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

# Without a key the SDK uploads nothing to OpenAI; it need not warn of that.
logging.getLogger("openai.agents").setLevel(logging.ERROR)


@function_tool
def track_order(order: str) -> str:
    """Say where an order is."""
    return f"Order {order} left the warehouse on Monday."


MODEL = ScriptedModel(
    [
        [function_call("track_order", {"order": "A-7"}, call_id="call_1")],
        [assistant_message("It left our warehouse on Monday.")],
    ],
    emit_traces=True,
)


async def main() -> None:
    """Answer one question of a customer."""
    agent = Agent(name="Support", model=MODEL, tools=[track_order])
    result = await Runner.run(agent, "Where is my order A-7?", run_config=RunConfig(group_id="chat-1"))
    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
