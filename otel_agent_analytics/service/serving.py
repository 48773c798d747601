"""Store, analyzer and servers, put together from the settings, and run until somebody says stop."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import context_attributes
from otel_agent_analytics.dialects.hidden_users import hash_of
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.judging import judging_of
from otel_agent_analytics.people.sketches import available, load
from otel_agent_analytics.service.access import Access, open_doors
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.app import Beside, create_app
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service.committing import Committer
from otel_agent_analytics.service.grpc_receiver import grpc_server
from otel_agent_analytics.service.judge_settings import bench_of
from otel_agent_analytics.service.receiver import Limits
from otel_agent_analytics.settings import EVENTS_ALL, EVENTS_OFF
from otel_agent_analytics.storage.outbox import Outbox
from otel_agent_analytics.storage.topics import clear
from otel_agent_analytics.storage.users import ShownUsers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from starlette.applications import Starlette

    from otel_agent_analytics.measuring import Wants
    from otel_agent_analytics.service.app import MakesPushing
    from otel_agent_analytics.service.care import Care
    from otel_agent_analytics.service.heard import HeardMessages
    from otel_agent_analytics.service.outgoing import Outgoing
    from otel_agent_analytics.service.topic_learning import TopicLearning
    from otel_agent_analytics.service_settings import ServiceSettings
    from otel_agent_analytics.settings import Settings
    from otel_agent_analytics.storage.database import Database

logger = logging.getLogger("otel_agent_analytics")

_POSTGRES = ("postgresql://", "postgres://")
_STOP_SECONDS = 10
_NEW_OBJECTS = 50_000


@contextmanager
def opened(store: str, *, threads: int = 1) -> Iterator[tuple[Database, int]]:
    """Open a store: the path of a DuckDB file, or the URL of a PostgreSQL database; close it after the block.

    Args:
        store: the path or URL.
        threads: how many cores DuckDB may use for one statement.

    Yields:
        The store, and the number of this analyzer among those that are at work on it.

    Raises:
        StorageError: it cannot be opened.
    """
    if store.startswith(_POSTGRES):
        from otel_agent_analytics.storage.postgres import PostgresDatabase

        postgres = PostgresDatabase(store)
        try:
            yield postgres, postgres.writer
        finally:
            postgres.close()
    else:
        from otel_agent_analytics.storage.duckdb import DuckDBDatabase

        duckdb = DuckDBDatabase(store, threads=threads)
        try:
            yield duckdb, 0
        finally:
            duckdb.close()


def serve(
    settings: ServiceSettings,
    agents: Settings,
    open_store: Callable[..., AbstractContextManager[tuple[Database, int]]] = opened,
) -> None:
    """Take what comes until the process is told to stop (SIGTERM, Ctrl-C); what was taken is stored by then.

    Args:
        settings: of the analyzer.
        agents: how conversations are judged, as in an agent's process.
        open_store: opens what is kept; called as ``opened`` is.

    Raises:
        SettingError: the user's file of prices or of intents is wrong, a key for texts is none, or the judge has no
            price.
        StorageError: the store cannot be opened.
        OSError: an address is taken.
    """
    judging, care = judging_of(agents), care_of(agents, settings)
    bench = bench_of(settings, care, judging.price, time.time_ns)
    with (
        _listening(settings.serve_http) as listening,
        open_store(settings.store, threads=settings.duckdb_threads) as (database, writer),
    ):
        analyzer = Analyzer(
            database,
            judging.rules,
            time.time_ns,
            judging.price,
            lateness_ns=judging.lateness_ns,
            skew_ns=judging.skew_ns,
            options=_options(agents, care.wants),
            users=available(),
            writer=writer,
            keeper=care.keeper,
            outbox=_outbox(settings, agents, writer),
            retention=care.retention,
            judge=bench.judgements if bench is not None else None,
            heard=_heard(care),
            safe=care.safe,
            envelope=care.envelope,
        )
        committer = Committer(analyzer, most_waiting=settings.max_waiting_spans)
        allowed = Access(settings.ingest_tokens, settings.read_tokens, settings.admin_tokens)
        limits = _limits(settings)
        for warning in open_doors(settings):
            logger.warning("%s", warning)
        with grpc_server(committer, settings, allowed, limits) as grpc_port:
            if grpc_port is not None:
                logger.info("OTLP over gRPC on port %d", grpc_port)
            app = create_app(
                analyzer,
                committer,
                time.time_ns,
                allowed=allowed,
                limits=limits,
                care=care,
                beside=Beside(
                    human_cost_usd=judging.human_cost_usd,
                    users=_users(database, agents),
                    trace_url=settings.trace_url,
                    outgoing=_outgoing(settings, agents, analyzer),
                    judge=bench.judge(analyzer) if bench is not None else None,
                    topics=_learning(database, care),
                    pushing=_pushing(settings, listening),
                ),
            )
            _run(app, settings, listening)


def _limits(settings: ServiceSettings) -> Limits:
    return Limits(
        body=settings.max_body_bytes,
        unpacked=settings.max_unpacked_bytes,
        spans=settings.max_request_spans,
        attributes=settings.max_attributes,
        attribute_length=settings.max_attribute_length,
        requests=settings.max_requests,
        body_seconds=settings.max_body_seconds,
    )


def _options(agents: Settings, wants: Wants | None) -> Options:
    """Return what is decided about spans of other frameworks; without a key nobody can say who their users are."""
    key = agents.user_key

    def describe(**said: Any) -> dict[str, str | int | float | bool]:
        user_id = said.pop("user_id", None)
        hashed = hash_of(user_id) if user_id is not None else None  # stored so, while its trace was waited for
        plain = user_id if hashed is None and key is not None else None
        found = context_attributes(**said, user_id=plain, user_key=key)
        return found if hashed is None else {**found, v.USER_HASH: hashed}

    return Options(agents.tool_error_pattern, agents.signals, describe, wants)


def _outbox(settings: ServiceSettings, agents: Settings, writer: int) -> Outbox | None:
    """Return what takes what is to be told; None where nothing is, or nobody is to be told."""
    if settings.events_endpoint is None or agents.events == EVENTS_OFF:
        return None
    return Outbox(every_event=agents.events == EVENTS_ALL, writer=writer)


def _outgoing(settings: ServiceSettings, agents: Settings, analyzer: Analyzer) -> Outgoing | None:
    if settings.events_endpoint is None or agents.events == EVENTS_OFF:
        return None
    # Only where it is needed: the SDK of logs and what speaks HTTP for it take a while to load.
    from otel_agent_analytics.service.otlp_exporter import OtlpExporter
    from otel_agent_analytics.service.outgoing import Outgoing

    exporter = OtlpExporter(settings.events_endpoint)
    logger.info("log records of conversations (%s) go to %s", agents.events, exporter.address)
    return Outgoing(analyzer, exporter, time.time_ns, most_waiting=settings.max_waiting_events)


def _pushing(settings: ServiceSettings, listening: socket.socket) -> MakesPushing | None:
    """Return what makes the pushing of metrics; several analyzers are told apart as a scrape would do it."""
    if settings.metrics_endpoint is None:
        return None
    # As for log records: only where it is needed.
    from otel_agent_analytics.service.otlp_exporter import METRICS, OtlpExporter
    from otel_agent_analytics.service.pushing import Pushing

    exporter = OtlpExporter(settings.metrics_endpoint, signal=METRICS)
    instance = f"{socket.gethostname()}:{listening.getsockname()[1]}"
    logger.info("metrics of conversations go to %s as those of %s", exporter.address, instance)
    return lambda collect: Pushing(collect, exporter, instance, time.time_ns, settings.metrics_interval_seconds)


def _heard(care: Care) -> HeardMessages | None:
    if care.topics is None or care.wants is None:
        return None
    from otel_agent_analytics.service.heard import HeardMessages

    return HeardMessages(care.wants, care.topics, care.safe)


def _learning(database: Database, care: Care) -> TopicLearning | None:
    """Return what learns topics, which knows what is stored of them; where nobody does, delete what is."""
    if care.topics is None:
        clear(database)
        return None
    from otel_agent_analytics.service.topic_learning import TopicLearning

    learning = TopicLearning(database, care.topics, care.safe, time.time_ns, care.retention)
    learning.refresh()
    return learning


def _users(database: Database, agents: Settings) -> ShownUsers | None:
    if not available():
        return None
    load()  # now: the first scrape should not wait for it
    return ShownUsers(database, time.time_ns, stable_key=agents.user_key is not None)


@contextmanager
def _listening(address: tuple[str, int]) -> Iterator[socket.socket]:
    host, port = address
    try:
        listening = socket.create_server(
            address, family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512
        )
    except OSError as problem:
        raise OSError(f"HTTP cannot listen on {host}:{port}: {problem.strerror or problem}") from problem
    with listening:
        yield listening


def _run(app: Starlette, settings: ServiceSettings, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    # uvicorn ends on these signals, and then sends them again to whoever had them before: to nobody, since the store is
    # still to be closed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _collect_seldom()
    _Announcing(config).run(sockets=[listening])


def _collect_seldom() -> None:
    """Let Python look for cycles less often: a batch makes some ten thousand objects, few of which are in one."""
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


class _Announcing(uvicorn.Server):
    """A server that says when it takes requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            logger.info("ready: OTLP over HTTP, /metrics and the page on %s://%s:%d", scheme, host, port)
