"""A receiver of Alertmanager's webhooks: what it was told, by the path it was told at."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Told(NamedTuple):
    """One request."""

    path: str
    body: Any
    """Of JSON."""


class Webhook:
    """Takes every POST on a free port of 127.0.0.1, and keeps it."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def told(self, path: str = "") -> list[Any]:
        """Return the bodies that came to a path, or to any."""
        return [one.body for one in tuple(self._told) if path in ("", one.path)]

    def alerts(self, path: str = "") -> list[dict[str, Any]]:
        """Return the alerts that came, each time that they did."""
        return [alert for body in self.told(path) for alert in body["alerts"]]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        told = self._told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(Told(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
                """Say nothing."""

        return Handler

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
