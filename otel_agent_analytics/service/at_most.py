"""So many requests at one time, and no more: what comes beside them is to come again a little later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

from otel_agent_analytics.service.receiver import RETRY_AFTER

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_ALWAYS: Final = frozenset({"/healthz", "/readyz"})
"""Paths that are answered however much there is to do: they say whether the analyzer is well."""


class AtMost:
    """Answers 503 where too many requests are at work already.

    Args:
        app: answers the others.
        requests: as many may be at work at one time.
    """

    def __init__(self, app: ASGIApp, requests: int) -> None:
        self._app = app
        self._requests = requests
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        if self._at_work >= self._requests:
            headers = {**RETRY_AFTER, "Connection": "close"}
            refusal = PlainTextResponse(f"{self._requests} requests are at work, as many as may be\n", 503, headers)
            await refusal(scope, receive, send)
            return
        self._at_work += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_work -= 1
