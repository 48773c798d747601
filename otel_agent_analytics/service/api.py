"""The JSON API: one address for each query, the definitions, and the OpenAPI document that describes them."""

from __future__ import annotations

import asyncio
import functools
import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.background import BackgroundTask
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from otel_agent_analytics.service import access
from otel_agent_analytics.service.queries.answers import Problem, WrongParameter, encoded
from otel_agent_analytics.service.queries.asked import LONGEST_TEXT, Taken, WrongParameterError, asked_of, export_of
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.service.queries.meanings import meanings
from otel_agent_analytics.service.queries.openapi import MEDIA_TYPES, ROOT, document, path_of
from otel_agent_analytics.service.receiver import RETRY_AFTER
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from otel_agent_analytics.service.access import Access
    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.service.queries.catalogue import Query
    from otel_agent_analytics.storage.database import Database

    Handler = Callable[[Request], Awaitable[Response]]

_NOTHING: Final = Taken(window="")


class _AnyText(Convertor[str]):
    """The rest of a path, whatever is in it: slashes and line breaks too."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """Return the text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Return the text as it is."""
        return value


register_url_convertor("any_text", _AnyText())


def routes(
    database: Database, allowed: Access, clock: Callable[[], int], human_cost_usd: float | None = None
) -> list[Route]:
    """Return the routes of the API.

    Args:
        database: knows the answers; it is asked in a thread of its own.
        allowed: tokens; every address needs one for reading, where there are such.
        clock: returns the time now, UTC nanoseconds.
        human_cost_usd: what a conversation costs that a human handles; None: savings are not known.
    """
    human_cost = None if human_cost_usd is None else Decimal(str(human_cost_usd))

    async def ask(query: Query, request: Request) -> Response:
        asked = asked_of(request.query_params.multi_items(), query.taken, clock())
        asked = asked._replace(human_cost_usd=human_cost)
        if query.of_conversation:
            asked = asked._replace(conversation_id=request.path_params["conversation_id"])
            if not _possible(asked.conversation_id):
                return _unknown(asked.conversation_id)
        body = await asyncio.to_thread(_answered, database, query, asked)
        return _unknown(asked.conversation_id) if body is None else _json(body)

    async def fixed(body: bytes, request: Request) -> Response:
        asked_of(request.query_params.multi_items(), _NOTHING, 0)
        return _json(body)

    handlers: dict[str, Handler] = {_route_of(query): functools.partial(ask, query) for query in QUERIES}
    handlers[f"{ROOT}definitions"] = functools.partial(fixed, encoded(meanings()))
    handlers[f"{ROOT}openapi.json"] = functools.partial(fixed, encoded(document()))
    exporting = asyncio.Semaphore()

    async def export(request: Request) -> Response:
        table, format_ = export_of(request.path_params["table"], request.query_params.multi_items())
        if exporting.locked():
            busy = "another table is being exported"
            return _json(encoded(Problem(busy)), 503, RETRY_AFTER)
        async with exporting:
            path = await asyncio.to_thread(_exported, database, table, format_)
        # What is sent is a file of its own: it goes when it has been sent, or the caller has gone.
        return FileResponse(
            path, media_type=MEDIA_TYPES[format_], filename=f"{table}.{format_}", background=BackgroundTask(path.unlink)
        )

    return [
        *(Route(path, _answering(allowed, handler)) for path, handler in handlers.items()),
        Route(f"{ROOT}export/{{table}}", _answering(allowed, export, access.ADMIN)),
    ]


def _exported(database: Database, table: str, format_: str) -> Path:
    """Return a new file that has a table."""
    descriptor, name = tempfile.mkstemp(prefix=f"{table}-", suffix=f".{format_}")
    os.close(descriptor)
    try:
        database.export(table, name, format_)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _answering(allowed: Access, answer: Handler, scope: str = access.READ) -> Handler:
    """Return what asks for a token first, and tells in JSON why there is no answer."""

    async def answering(request: Request) -> Response:
        if not allowed.allows(scope, request.headers.get("authorization")):
            which = "an admin's bearer token" if scope == access.ADMIN else "a bearer token"
            return _json(encoded(Problem(f"{which} is needed")), 401, {"WWW-Authenticate": "Bearer"})
        try:
            return await answer(request)
        except WrongParameterError as wrong:
            told = WrongParameter(str(wrong), wrong.parameter, wrong.value, wrong.allowed)
            return _json(encoded(told), 400)
        except StorageError as problem:
            return _json(encoded(Problem(str(problem))), 503, RETRY_AFTER)

    return answering


def _route_of(query: Query) -> str:
    return path_of(query).replace("{conversation_id}", "{conversation_id:any_text}")


def _possible(conversation_id: str) -> bool:
    return 0 < len(conversation_id) <= LONGEST_TEXT and "\x00" not in conversation_id


def _unknown(conversation_id: str) -> Response:
    return _json(encoded(Problem(f"nothing is known of conversation {conversation_id[:LONGEST_TEXT]!r}")), 404)


def _answered(database: Database, query: Query, asked: Asked) -> bytes | None:
    with database.snapshot() as read:
        answer = query.answer(read, asked)
    return None if answer is None else encoded(answer)


def _json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json")
