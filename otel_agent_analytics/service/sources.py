"""Where a question is answered from: a store that is opened for it, or an analyzer that runs."""

from __future__ import annotations

import http.client
import json
import shutil
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode

from otel_agent_analytics.analyzer_client import AskingError, RefusedError
from otel_agent_analytics.errors import UsageError
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import WrongParameterError, asked_of, export_of
from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from decimal import Decimal

    from otel_agent_analytics.analyzer_client import AnalyzerClient
    from otel_agent_analytics.service.queries.catalogue import Query
    from otel_agent_analytics.storage.database import Read

POSTGRES: Final = ("postgresql://", "postgres://")


class Asking(NamedTuple):
    """One question."""

    query: Query
    parameters: Sequence[tuple[str, str]]
    conversation_id: str = ""


class Source(Protocol):
    """Answers questions."""

    def answer(self, asking: Asking) -> dict[str, Any] | None:
        """Return an answer as JSON has it; None where nothing is known of a conversation."""

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table to a file, as Parquet or CSV."""


class Readable(Protocol):
    """A store that is opened for reading."""

    def snapshot(self) -> AbstractContextManager[Read]:
        """Yield what runs questions."""

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table to a file, as Parquet or CSV."""

    def close(self) -> None:
        """Let go of it."""


class Store:
    """A store.

    Args:
        store: path of a DuckDB file, or URL of a PostgreSQL database.
        now_ns: the time now, UTC nanoseconds.
        human_cost_usd: what a conversation costs that a human handles.
    """

    def __init__(self, store: str, now_ns: int, human_cost_usd: Decimal) -> None:
        self._store = store
        self._now_ns = now_ns
        self._human_cost_usd = human_cost_usd

    def answer(self, asking: Asking) -> dict[str, Any] | None:
        """Return an answer as JSON has it; None where nothing is known of a conversation.

        Raises:
            UsageError: a parameter is wrong.
            StorageError: the store cannot be read; ``LockedError`` where an analyzer has it.
        """
        try:
            asked = asked_of(asking.parameters, asking.query.taken, self._now_ns)
        except WrongParameterError as wrong:
            raise UsageError(str(wrong)) from wrong
        asked = asked._replace(human_cost_usd=self._human_cost_usd, conversation_id=asking.conversation_id)
        with closing(self._opened()) as opened, opened.snapshot() as read:
            found = asking.query.answer(read, asked)
        return None if found is None else json.loads(encoded(found))

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table to a file, as Parquet or CSV.

        Raises:
            UsageError: there is no such table.
            StorageError: the store cannot be read; ``LockedError`` where an analyzer has it.
        """
        import duckdb

        _checked(table)
        with closing(self._opened()) as opened:
            try:
                opened.export(table, path, format_)
            except duckdb.Error as problem:
                raise StorageError(f"{path} cannot be written: {problem}") from problem

    def _opened(self) -> Readable:
        if self._store.startswith(POSTGRES):
            from otel_agent_analytics.storage.postgres import PostgresReader

            return PostgresReader(self._store)
        from otel_agent_analytics.storage.duckdb import DuckDBFile

        return DuckDBFile(self._store)


class Api:
    """An analyzer that runs.

    Args:
        client: asks it.
    """

    def __init__(self, client: AnalyzerClient) -> None:
        self._client = client

    def answer(self, asking: Asking) -> dict[str, Any] | None:
        """Return an answer as JSON has it; None where nothing is known of a conversation.

        Raises:
            UsageError: a parameter is wrong.
            AskingError: it does not answer, or says no.
        """
        of_one = asking.query.of_conversation
        name = asking.query.name + (f"/{quote(asking.conversation_id, safe='')}" if of_one else "")
        try:
            with self._client.ask(f"/api/{name}?{urlencode(asking.parameters)}") as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except RefusedError as refused:
            if refused.status == HTTPStatus.NOT_FOUND and of_one:
                return None
            if refused.status == HTTPStatus.BAD_REQUEST:
                raise UsageError(refused.why) from refused
            raise

    def export(self, table: str, path: str, format_: str) -> None:
        """Write a table to a file, as Parquet or CSV; needs the token of an admin.

        Raises:
            UsageError: there is no such table.
            AskingError: it does not answer, or says no.
        """
        _checked(table)
        try:
            with (
                self._client.ask(f"/api/export/{table}?format={format_}") as answer,
                Path(path).open("wb") as file,
            ):
                shutil.copyfileobj(answer, file)
        except http.client.IncompleteRead as problem:
            raise AskingError(f"{self._client.address} broke off: {path} is not whole") from problem


def _checked(table: str) -> None:
    try:
        export_of(table, ())
    except WrongParameterError as wrong:
        raise UsageError(str(wrong)) from wrong
