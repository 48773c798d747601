"""Where the page is served: it needs no token, since it holds no data; what it asks the API for does."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from otel_agent_analytics.service import access
from otel_agent_analytics.service.pages.files import File, files
from otel_agent_analytics.service.queries.answers import Problem, encoded

if TYPE_CHECKING:
    from starlette.requests import Request

    from otel_agent_analytics.service.access import Access

_INDEX: Final = "index.html"
_FOLDER: Final = "/page/"
SETTINGS: Final = f"{_FOLDER}settings.json"
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    # No text can become markup or a script, by any of the ways that browsers have for that.
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Kept, and asked about each time by its tag: so an update is seen at once.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_GZIP: Final = re.compile(r"\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the page has to know beside figures."""

    trace_url: str | None
    """Address of a trace, with ``{trace_id}`` in the place of its id; None: there are no links."""


def routes(allowed: Access, trace_url: str | None = None) -> list[Route]:
    """Return the routes of the page.

    Args:
        allowed: tokens; only the page's settings need one, where there are such for reading.
        trace_url: address of a trace, with ``{trace_id}`` in it; None: the page has no links to traces.
    """
    found = {"/" if name == _INDEX else _FOLDER + name: file for name, file in files().items()}
    settings = encoded(PageSettings(trace_url))

    async def send(file: File, request: Request) -> Response:
        return _sent(file, request)

    async def tell(request: Request) -> Response:
        if not allowed.allows(access.READ, request.headers.get("authorization")):
            body = encoded(Problem("a bearer token is needed"))
            return _json(body, 401, {"WWW-Authenticate": "Bearer"})
        return _json(settings)

    return [*(Route(path, functools.partial(send, file)) for path, file in found.items()), Route(SETTINGS, tell)]


def _sent(file: File, request: Request) -> Response:
    tag = {"ETag": f'"{file.tag}"'}
    if _has(request.headers.get("if-none-match", ""), file.tag):
        return Response(status_code=304, headers={**HEADERS, **tag})
    packed = any(_GZIP.fullmatch(way) for way in request.headers.get("accept-encoding", "").split(","))
    encoding = {"Content-Encoding": "gzip"} if packed else {}
    body = file.packed if packed else file.body
    return Response(body, headers={**HEADERS, **tag, **encoding}, media_type=file.media_type)


def _has(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in _TAG.findall(header)


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json")
