"""An OpenAI-compatible endpoint on a free port of 127.0.0.1 that answers by script: both APIs, errors, silence."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INPUT_TOKENS = 1000
OUTPUT_TOKENS = 100


class Asked(NamedTuple):
    """A request that came."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def given(self) -> str:
        """What stands in the place of the user's message: the conversation, framed."""
        if "messages" in self.body:
            return str(next(one["content"] for one in self.body["messages"] if one["role"] == "user"))
        given = self.body["input"]
        return given if isinstance(given, str) else str(given[0]["content"])

    @property
    def instructions(self) -> str:
        """What the model is told to do."""
        if "messages" in self.body:
            return str(next(one["content"] for one in self.body["messages"] if one["role"] == "system"))
        return str(self.body["instructions"])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the conversation."""
        return [json.loads(line) for line in self.given.split("\n")[1:-1]]


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    said: Any = None
    """What the model says: findings, or any text; None: ``findings()``."""
    raw: bytes | None = None
    """In the place of a body that is put together."""
    hangs: bool = False
    """Whether nothing is answered at all, until the endpoint is closed."""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it


def findings(**said: Any) -> dict[str, Any]:
    """Return findings, all of them certain and seen in the first turn, but for what is given."""
    values: dict[str, Any] = {
        "primary_intent": "change a flight", "sentiment": "neutral", "sentiment_trajectory": "stable",
        "resolution_status": "resolved", "effort_score": 2, **said,
    }  # fmt: skip
    found: dict[str, Any] = {
        name: value if isinstance(value, dict) else {"value": value, "confidence": 0.9, "evidence": [1]}
        for name, value in values.items()
    }
    return {**found, "secondary_intents": [], "topics": [{"value": "flights", "confidence": 0.8, "evidence": [1]}]}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who asked was killed."""


class Endpoint:
    """What came, and what is answered: ``reply`` is asked with each request."""

    def __init__(self) -> None:
        self.reply: Callable[[Asked], Reply] = lambda _: Reply()
        self.asked: list[Asked] = []
        self.answered = 0
        """Requests that were answered with a model's words."""
        self.url = ""
        self.closed = threading.Event()
        self.lock = threading.Lock()


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """Run one while the block lasts."""
    served = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = Asked(self.path, body, {name.lower(): said for name, said in self.headers.items()})
            with served.lock:
                served.asked.append(asked)
                reply = served.reply(asked)
            if reply.hangs:
                served.closed.wait(60)
                self.close_connection = True
                return
            sent = reply.raw if reply.raw is not None else json.dumps(_body(asked, reply)).encode()
            try:
                self.send_response(reply.status)
                for name, said in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(sent)),
                    **reply.headers,
                }.items():
                    self.send_header(name, said)
                self.end_headers()
                self.wfile.write(sent)
            except OSError:
                return  # whoever asked is gone
            with served.lock:
                served.answered += reply.status == 200

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            served.closed.set()
            server.shutdown()
            thread.join()


def _body(asked: Asked, reply: Reply) -> dict[str, Any]:
    if reply.status != 200:
        return {"error": {"message": "scripted", "type": "scripted", "code": None, "param": None}}
    said = findings() if reply.said is None else reply.said
    text = said if isinstance(said, str) else json.dumps(said)
    return _chat(asked, text) if asked.path.endswith("/chat/completions") else _response(asked, text)


def _response(asked: Asked, text: str) -> dict[str, Any]:
    message = {
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1.0, "model": asked.body["model"], "status": "completed",
        "output": [message], "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": OUTPUT_TOKENS, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }  # fmt: skip


def _chat(asked: Asked, text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chat_1", "object": "chat.completion", "created": 1, "model": asked.body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {
            "prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }  # fmt: skip
