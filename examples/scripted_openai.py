"""Stands in for OpenAI where there is no key: answers by script, inside the process, without a network.

The client, the model and the agent of an example are the real ones; only what would go out by HTTP is answered here:
the Responses API, streamed or not, and Chat Completions. An agent of yours needs nothing of this.
"""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import httpx2
from openai import AsyncOpenAI, OpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS: Final = "http://script.invalid/v1"
_TOOL: Final = "track_order"
_ANSWERS: Final = (
    ("thank", "You are welcome."),
    ("human", "I am sorry. Please call us."),
    ("broken", "Do you have the receipt?"),
)
"""What is answered to a message with this word in it."""
_FOUND: Final = "It left our warehouse on Monday, so it comes tomorrow."
_numbers = count(1)


def client() -> OpenAI:
    """Return a client of OpenAI that is answered by script."""
    transport = httpx2.MockTransport(_answer)
    return OpenAI(api_key="none", base_url=_ADDRESS, http_client=httpx2.Client(transport=transport))


def async_client() -> AsyncOpenAI:
    """Return the same for asynchronous code."""
    transport = httpx2.MockTransport(_answer)
    return AsyncOpenAI(api_key="none", base_url=_ADDRESS, http_client=httpx2.AsyncClient(transport=transport))


def _answer(request: httpx2.Request) -> httpx2.Response:
    body = json.loads(request.content)
    if request.url.path.endswith("/chat/completions"):
        return httpx2.Response(200, json=_completion(body))
    response = _response(body)
    if not body.get("stream"):
        return httpx2.Response(200, json=response)
    lines = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in _events(response))
    return httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, text=lines)


def _reply(said: str | None) -> str | None:
    """Return the answer to what the user said last, or to a tool's result (None); None where a tool is to be called."""
    if said is None:
        return _FOUND
    if "order" in said.lower():
        return None
    return next((answer for word, answer in _ANSWERS if word in said.lower()), "How can I help?")


def _response(body: dict[str, Any]) -> dict[str, Any]:
    given = body["input"]
    last = {"role": "user", "content": given} if isinstance(given, str) else given[-1]
    text, number = _reply(last["content"] if last.get("role") == "user" else None), next(_numbers)
    called = {"type": "function_call", "name": _TOOL, "arguments": '{"order": "A-7"}', "call_id": f"call_{number}"}
    spoken = {"type": "message", "role": "assistant", "content": [_part(text or "")]}
    item = {"id": f"item_{number}", "status": "completed", **(called if text is None else spoken)}
    return {
        "id": f"resp_{number}", "object": "response", "created_at": 1.0, "status": "completed", "model": body["model"],
        "output": [item], "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": 100, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 120,
        },
    }  # fmt: skip


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _events(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a stream brings of a response: the beginning, each word, the item, the end."""
    (item,) = response["output"]
    numbers = count()
    yield {"type": "response.created", "response": response, "sequence_number": next(numbers)}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item, "sequence_number": next(numbers)}
    words = item["content"][0]["text"].split(" ") if item["type"] == "message" else []
    for place, word in enumerate(words):
        yield {
            "type": "response.output_text.delta", "item_id": item["id"], "output_index": 0, "content_index": 0,
            "delta": word if place == 0 else f" {word}", "logprobs": [], "sequence_number": next(numbers),
        }  # fmt: skip
    yield {"type": "response.output_item.done", "output_index": 0, "item": item, "sequence_number": next(numbers)}
    yield {"type": "response.completed", "response": response, "sequence_number": next(numbers)}


def _completion(body: dict[str, Any]) -> dict[str, Any]:
    last = body["messages"][-1]
    text, number = _reply(last["content"] if last["role"] == "user" else None), next(_numbers)
    called = {"id": f"call_{number}", "type": "function", "function": {"name": _TOOL, "arguments": '{"order": "A-7"}'}}
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if text is None:
        message["tool_calls"] = [called]
    return {
        "id": f"chat_{number}", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop" if text else "tool_calls", "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }  # fmt: skip
