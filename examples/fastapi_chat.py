"""A chat over HTTP: answers come as they are made, users rate them, and Prometheus scrapes ``/metrics/``.

Shows: ``instrument()`` once; ``conversation(…)`` around each answer, with who asks and from where; ``feedback()`` and
``end_conversation()`` from requests of their own.

    pip install '.[examples]'
    python examples/fastapi_chat.py --port 8000

    curl -N 127.0.0.1:8000/chats/c-1/messages --json '{"text": "Where is my order A-7?", "user": "ann"}'
    curl    127.0.0.1:8000/chats/c-1/rating --json '{"rating": "positive"}'
    curl -X POST 127.0.0.1:8000/chats/c-1/end
    curl    127.0.0.1:8000/metrics/

With ``OPENAI_API_KEY`` a model of OpenAI answers (``OPENAI_DEFAULT_MODEL`` says which); without, the answers come from
a script, and there is no network. Spans go where the ``OTEL_`` variables say; ``OTEL_TRACES_EXPORTER=none
OTEL_LOGS_EXPORTER=none`` sends none. An end is counted a minute later (``AGENT_ANALYTICS_LATENESS_SECONDS``). One
process counts for itself: for several workers see ``workers.py``.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Annotated, Literal

import uvicorn
from agents import (
    Agent,
    Runner,
    SQLiteSession,
    function_tool,
    set_default_openai_client,
    set_trace_processors,
)
from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse
from openai.types.responses import ResponseTextDeltaEvent
from prometheus_client import make_asgi_app
from pydantic import BaseModel

import scripted_openai
from otel_agent_analytics import conversation, end_conversation, feedback, instrument

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# With a key the SDK uploads every trace, texts too, to OpenAI. Without this line it goes on doing so beside us.
set_trace_processors([])
instrument()
if not os.environ.get("OPENAI_API_KEY"):
    set_default_openai_client(scripted_openai.async_client(), use_for_tracing=False)


@function_tool
def track_order(order: str) -> str:
    """Say where an order is."""
    return f"Order {order} left the warehouse on Monday."


SUPPORT = Agent(name="Support", instructions="Help customers of a lamp shop. Be brief.", tools=[track_order])
SESSIONS: dict[str, SQLiteSession] = {}  # in memory: enough for an example


class Message(BaseModel):
    """What a user says, and what is known of him."""

    text: str
    user: str | None = None
    channel: Literal["web", "app"] = "web"


app = FastAPI(title="Support chat")
app.mount("/metrics", make_asgi_app())


@app.post("/chats/{chat}/messages")
async def say(chat: str, message: Message) -> StreamingResponse:
    """Answer a message, piece by piece."""
    return StreamingResponse(answer(chat, message), media_type="text/plain; charset=utf-8")


@app.post("/chats/{chat}/rating", status_code=204)
async def rate(chat: str, rating: Annotated[Literal["positive", "negative"], Body(embed=True)]) -> None:
    """Keep what the user thinks of the conversation."""
    feedback(chat, rating)


@app.post("/chats/{chat}/end", status_code=204)
async def end(chat: str) -> None:
    """End the conversation: the user has closed the window."""
    SESSIONS.pop(chat, None)
    end_conversation(chat)


async def answer(chat: str, message: Message) -> AsyncIterator[str]:
    """Yield the pieces of the answer as the model makes them."""
    session = SESSIONS.setdefault(chat, SQLiteSession(chat))
    async with conversation(chat, user_id=message.user, channel=message.channel):
        result = Runner.run_streamed(SUPPORT, message.text, session=session)
        async for event in result.stream_events():
            if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent):
                yield event.data.delta


def main() -> None:
    """Serve on 127.0.0.1."""
    parser = argparse.ArgumentParser(description="Serve a support chat.")
    parser.add_argument("--port", type=int, default=8000, help="where to listen (default %(default)s)")
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")


if __name__ == "__main__":
    main()
