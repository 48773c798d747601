"""A receiver of e-mail: as much of SMTP as Alertmanager speaks, with a password."""

from __future__ import annotations

import base64
import socketserver
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_ANSWERS: Final = {
    "EHLO": "250-mailbox\r\n250 AUTH PLAIN",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


class Mailbox:
    """Takes e-mail on a free port of 127.0.0.1, and keeps it."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        """What came, headers and text."""
        self.passwords: list[str] = []
        """With what the sender proved who it is."""
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def target(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        messages, passwords = self.messages, self.passwords

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 mailbox")
                for line in self.rfile:
                    word, _, rest = line.decode().strip().partition(" ")
                    if word == "AUTH":
                        passwords.append(base64.b64decode(rest.split()[-1]).decode().split("\0")[-1])
                    self._say(_ANSWERS.get(word, "250 ok"))
                    if word == "DATA":
                        messages.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                        self._say("250 taken")
                    if word == "QUIT":
                        return

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

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
