"""The analyzer's HTTP side: OTLP in, ``/metrics``, the JSON API, the page and health out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from otel_agent_analytics.outputs.exposition import ConversationCollector
from otel_agent_analytics.service import access, api, care_routes
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.at_most import AtMost
from otel_agent_analytics.service.care import NO_CARE
from otel_agent_analytics.service.otlp import OtlpReader
from otel_agent_analytics.service.pages import page_routes
from otel_agent_analytics.service.receiver import RETRY_AFTER, SIGNALS, BodyReader, Limits, Receiver, attribute_reader
from otel_agent_analytics.service.summing import Summing
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from prometheus_client.core import Metric as Family
    from starlette.requests import Request

    from otel_agent_analytics.outputs.audience import Gauges
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.service.care import Care
    from otel_agent_analytics.service.committing import Committer
    from otel_agent_analytics.service.judge import Judge
    from otel_agent_analytics.service.outgoing import Outgoing
    from otel_agent_analytics.service.topic_learning import TopicLearning

_OPEN: Final = Access()
_NO_LIMITS: Final = Limits()


class Worker(Protocol):
    """Works on a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, when what is under way is done."""


MakesPushing: TypeAlias = "Callable[[Callable[[], Iterable[Family]]], Worker]"
"""Makes what pushes metrics from what collects their families."""


class Beside(NamedTuple):
    """What is shown, and what works, beside the analyzer."""

    human_cost_usd: float | None = None
    """What a conversation costs that a human handles; None: not shown."""
    users: Gauges | None = None
    """How many there are; None where that is not counted."""
    trace_url: str | None = None
    """Where the page links to for a trace, with ``{trace_id}`` in it; None: it does not."""
    outgoing: Outgoing | None = None
    """Sends log records; None: nobody does."""
    judge: Judge | None = None
    """Judges ended conversations; None: nobody does."""
    topics: TopicLearning | None = None
    """Learns topics; None: nobody does."""
    pushing: MakesPushing | None = None
    """Makes what pushes metrics; None: nobody does."""


NOTHING_BESIDE: Final = Beside()


def create_app(
    analyzer: Analyzer,
    committer: Committer,
    clock: Callable[[], int],
    *,
    allowed: Access = _OPEN,
    limits: Limits = _NO_LIMITS,
    care: Care = NO_CARE,
    beside: Beside = NOTHING_BESIDE,
) -> Starlette:
    """Return the application; while it runs the committer does, days are summed up and log records are sent.

    Args:
        analyzer: knows the figures.
        committer: stores what comes.
        clock: returns the time now, UTC nanoseconds.
        allowed: tokens; without any everybody may do everything but what an admin may.
        limits: how much one request may bring.
        care: how texts and user ids are treated.
        beside: what is shown, and what works, beside the analyzer.
    """
    bodies = BodyReader(limits)
    receiver = Receiver(committer, OtlpReader(clock, attribute_reader(limits)), bodies)
    summing = Summing(analyzer.database, clock)
    pushing = beside.pushing(lambda: _collector(analyzer, beside).collect()) if beside.pushing is not None else None

    async def take(signal: str, request: Request) -> Response:
        return await receiver.take(signal, request)

    async def metrics(request: Request) -> Response:
        encode, type_ = choose_encoder(request.headers.get("accept", ""))
        try:
            body = await asyncio.to_thread(lambda: encode(_registry(analyzer, beside)))
        except StorageError as problem:
            return PlainTextResponse(f"{problem}\n", 503, RETRY_AFTER)
        return Response(body, headers={"Content-Type": type_})

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        try:
            await asyncio.to_thread(analyzer.active)
        except StorageError as problem:
            return PlainTextResponse(f"{problem}\n", 503)
        return PlainTextResponse("ready\n")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        committer.start()
        summing.start()
        for beginning in _there(beside.outgoing, beside.judge, beside.topics, pushing):
            beginning.start()
        yield
        # The judge first: what it found is still to be stored. The metrics last: they say what became of the rest.
        for ending in _there(beside.judge, beside.topics, summing, committer, beside.outgoing, pushing):
            await asyncio.to_thread(ending.stop)
        bodies.close()

    guarded = partial(_guarded, allowed)
    routes = [
        *(Route(f"/v1/{name}", guarded(access.INGEST, partial(take, name)), methods=["POST"]) for name in SIGNALS),
        Route("/metrics", guarded(access.READ, metrics)),
        *care_routes.routes(analyzer, committer, clock, allowed, bodies, care),
        *api.routes(analyzer.database, allowed, clock, beside.human_cost_usd),
        *page_routes.routes(allowed, beside.trace_url),
        Route("/healthz", alive),
        Route("/readyz", ready),
    ]
    return Starlette(routes=routes, middleware=[Middleware(AtMost, requests=limits.requests)], lifespan=lifespan)


def _there(*workers: Worker | None) -> list[Worker]:
    return [worker for worker in workers if worker is not None]


def _guarded(
    allowed: Access, scope: str, answer: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        if not allowed.allows(scope, request.headers.get("authorization")):
            return PlainTextResponse("a bearer token is needed\n", 401, {"WWW-Authenticate": "Bearer"})
        return await answer(request)

    return guarded


def _registry(analyzer: Analyzer, beside: Beside) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_collector(analyzer, beside))
    return registry


def _collector(analyzer: Analyzer, beside: Beside) -> ConversationCollector:
    return ConversationCollector(
        analyzer.shown(),
        analyzer.active,
        lambda: None,
        audience=beside.users,
        human_cost_usd=beside.human_cost_usd,
        judge=beside.judge.state if beside.judge is not None else None,
    )
