"""The chat with FastAPI, served by its own server."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples.conftest import EXAMPLES, environment
from tests.helpers.judge_endpoint import Reply, endpoint
from tests.helpers.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("fastapi")

ORDER = "/chats/c-1/messages", {"text": "Where is my order A-7?", "user": "ann", "channel": "app"}
LEAVE = "/chats/c-1/messages", {"text": "Thanks, bye!", "user": "ann", "channel": "app"}


@contextmanager
def chat(**environ: str) -> Iterator[int]:
    """Run the program while the block lasts; give its port."""
    port = free_port()
    sends_nothing = {"OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none", "OTEL_SERVICE_NAME": "shop"}
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "fastapi_chat.py", "--port", str(port)],
        env=environment(**sends_nothing, AGENT_ANALYTICS_LATENESS_SECONDS="0.2", **environ),
    ) as program:
        try:
            give_up = time.monotonic() + 60
            while time.monotonic() < give_up and program.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    time.sleep(0.05)
                else:
                    break
            yield port
        finally:
            program.terminate()


def ask(port: int, path: str, body: Any = None, method: str = "POST") -> tuple[int, str]:
    """Return the status and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def pieces(port: int, path: str, body: Any) -> list[str]:
    """Return the chunks of an answer, one by one, as they come over the wire."""
    sent = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
        with wire.makefile("rb") as file:
            received = file.read().decode()
    return re.findall(r"\r\n[0-9a-f]+\r\n([^\r]+)", received.partition("\r\n\r\n")[2].join(("\r\n", "")))


def shown(port: int, name: str, **labels: str) -> float | None:
    """Return a series as ``/metrics`` shows it; None where it is not there."""
    for line in ask(port, "/metrics/", method="GET")[1].splitlines():
        series, _, value = line.rpartition(" ")
        wanted = [f'{label}="{said}"' for label, said in {"service_name": "shop", **labels}.items()]
        if series.startswith(f"agent_analytics_{name}{{") and all(one in series for one in wanted):
            return float(value)
    return None


def test_conversation_is_counted() -> None:
    """Answers stream; two messages, a rating and an end are one completed conversation on ``/metrics``."""
    with chat() as port:
        found = pieces(port, *ORDER)
        assert len(found) > 5
        assert "".join(found) == "It left our warehouse on Monday, so it comes tomorrow."
        assert ask(port, *LEAVE) == (200, "You are welcome.")
        assert ask(port, "/chats/c-1/rating", {"rating": "positive"})[0] == 204
        assert ask(port, "/chats/c-1/rating", {"rating": "5 stars"})[0] == 422
        assert ask(port, "/chats/c-1/end")[0] == 204
        give_up = time.monotonic() + 20
        while shown(port, "conversations_ended_total", outcome="completed") != 1 and time.monotonic() < give_up:
            time.sleep(0.1)

        assert shown(port, "conversations_ended_total", outcome="completed", agent="Support") == 1
        assert shown(port, "conversations_started_total", channel="app") == 1
        assert shown(port, "messages_total", role="user") == 2
        assert shown(port, "tool_calls_total", tool="track_order") == 1
        assert shown(port, "feedback_total", rating="positive") == 1
        assert shown(port, "resolutions_total", kind="contained") == 1


def test_with_a_key_the_model_is_asked() -> None:
    """With a key the program asks OpenAI, or what stands at OPENAI_BASE_URL, and passes its pieces on."""
    with endpoint() as openai:
        openai.reply = lambda _: Reply(raw=stream("Good ", "morning."), headers={"Content-Type": "text/event-stream"})
        with chat(OPENAI_API_KEY="k-1", OPENAI_BASE_URL=openai.url) as port:
            assert pieces(port, "/chats/c-2/messages", {"text": "hi"}) == ["Good ", "morning."]
            assert shown(port, "messages_total", role="agent") == 1

    (asked,) = openai.asked
    assert asked.path == "/v1/responses"
    assert asked.headers["authorization"] == "Bearer k-1"
    assert asked.body["stream"] is True


def stream(*texts: str) -> bytes:
    """Return what the Responses API streams of an answer in these pieces."""
    part = {"type": "output_text", "text": "".join(texts), "annotations": []}
    item = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    response = {
        "id": "resp_1", "object": "response", "created_at": 1.0, "model": "m", "status": "completed", "output": [item],
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    events: list[dict[str, Any]] = [
        *({"type": "response.output_text.delta", "delta": text, **place} for text in texts),
        {"type": "response.completed", "response": response},
    ]
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in numbered).encode()
