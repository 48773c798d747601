"""Events as JSON in, texts out, and users forgotten: the addresses of the API that are not questions about figures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from otel_agent_analytics.context import user_hash
from otel_agent_analytics.service import access
from otel_agent_analytics.service.bodies import JSON, RefusedError
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service.posted import (
    ConversationContent,
    EventsTaken,
    ForgetAnswer,
    ForgetRequest,
    KeptContent,
)
from otel_agent_analytics.service.queries.answers import Problem, encoded
from otel_agent_analytics.service.queries.zone import instant
from otel_agent_analytics.service.receiver import RETRY_AFTER
from otel_agent_analytics.storage.errors import CodecError, StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from otel_agent_analytics.service.access import Access
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.service.care import Care
    from otel_agent_analytics.service.committing import Committer
    from otel_agent_analytics.service.receiver import BodyReader
    from otel_agent_analytics.storage.content import Safe

    Handler = Callable[[Request], Awaitable[Response]]

EVENTS: Final = "/api/events"
FORGET: Final = "/api/forget"
CONTENT: Final = "/api/content/"
_MOST_ITEMS: Final = 1_000
_OF_CONVERSATION: Final = (
    "SELECT span_id, trace_id, sent_ns, body FROM content WHERE conversation_id = ? ORDER BY sent_ns, span_id LIMIT ?"
)
_FORGET: Final = msgspec.json.Decoder(ForgetRequest)


def routes(
    analyzer: Analyzer, committer: Committer, clock: Callable[[], int], allowed: Access, bodies: BodyReader, care: Care
) -> list[Route]:
    """Return the routes.

    Args:
        analyzer: forgets, and has the store.
        committer: stores events.
        clock: returns the time now, UTC nanoseconds.
        allowed: tokens; texts are read and users forgotten by an admin only, so by nobody where there is no such token.
        bodies: reads the bodies of requests, within limits.
        care: how texts and user ids are treated.
    """
    reader = EventReader(
        clock,
        analyzer.horizon_ns,
        user_key=care.user_key,
        signals=care.signals,
        keep_texts=care.keeper is not None,
        wants=care.wants,
    )
    analyzer.forgets.append(reader.texts.forget)

    async def take(request: Request) -> Response:
        body = await bodies.read(_json_only(request))
        read = await asyncio.to_thread(reader.read, body, bodies.limits.spans)
        await asyncio.wrap_future(committer.hand_over(read.records))
        return _json(EventsTaken(len(read.records), read.rejected))

    async def forget(request: Request) -> Response:
        asked = _asked(await bodies.read(_json_only(request)))
        hashed = asked.hash or _hashed(asked.user or "", care.user_key)
        rater = asked.rater or asked.user
        done = await asyncio.to_thread(lambda: analyzer.forget(hashed, rater=rater, dry_run=asked.dry_run))
        return _json(ForgetAnswer(asked.dry_run, len(done.conversation_ids), done.rows, len(done.rated)))

    async def content(request: Request) -> Response:
        conversation_id: str = request.path_params["conversation_id"]
        rows = await asyncio.to_thread(
            analyzer.database.read, _OF_CONVERSATION, [conversation_id.replace("\x00", ""), _MOST_ITEMS + 1]
        )
        items = [_kept(row, care.safe) for row in rows[:_MOST_ITEMS]]
        return _json(ConversationContent(conversation_id, items, len(rows) > _MOST_ITEMS))

    return [
        Route(EVENTS, _answering(allowed, access.INGEST, take), methods=["POST"]),
        Route(FORGET, _answering(allowed, access.ADMIN, forget), methods=["POST"]),
        Route(CONTENT + "{conversation_id:any_text}", _answering(allowed, access.ADMIN, content)),
    ]


def _answering(allowed: Access, scope: str, answer: Handler) -> Handler:
    """Return what asks for a token first, and tells in JSON why there is no answer."""

    async def answering(request: Request) -> Response:
        if not allowed.allows(scope, request.headers.get("authorization")):
            return _json(Problem(f"a bearer token for {scope} is needed"), 401, {"WWW-Authenticate": "Bearer"})
        try:
            return await answer(request)
        except RefusedError as refused:
            return _json(Problem(str(refused)), refused.status, {"Connection": "close"} if refused.unread else None)
        except ClientDisconnect:
            return _json(Problem("the body did not come to its end"), 400)  # for nobody, as nobody is there
        except StorageError as problem:  # nothing has changed, so it may come again
            return _json(Problem(str(problem)), 503, RETRY_AFTER)

    return answering


def _json_only(request: Request) -> Request:
    type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type_ != JSON:
        raise RefusedError(415, f"content-type {type_!r} is not known; {JSON} is")
    return request


def _asked(body: bytes) -> ForgetRequest:
    try:
        asked = _FORGET.decode(body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise RefusedError(400, f"the body names nobody: {problem}") from problem
    if (asked.user is None) == (asked.hash is None):
        raise RefusedError(400, "the body names nobody: it must have either user or hash")
    return asked


def _hashed(user: str, key: bytes | None) -> str:
    if key is None:
        why = "AGENT_ANALYTICS_USER_KEY is not set here, so a user id cannot be hashed: set it, or send hash"
        raise RefusedError(400, why)
    return user_hash(user, key)


def _kept(row: tuple[Any, ...], safe: Safe) -> KeptContent:
    span_id, trace_id, sent_ns, body = row
    try:
        said, problem = safe.unpack(bytes(body)), None
    except CodecError as unreadable:
        said, problem = None, str(unreadable)
    return KeptContent(span_id, trace_id, instant(sent_ns), said, problem)


def _json(answer: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(encoded(answer), status, {"Cache-Control": "no-store", **(headers or {})}, media_type=JSON)
