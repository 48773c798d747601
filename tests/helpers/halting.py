"""The real ``serve``, with a store that stops the process at a named point, so that a test can kill it just there.

    python -m tests.helpers.halting POINT NTH

It is set by environment variables as ``serve`` is. When it comes to the point for the nth time it writes the point to
standard output and sends itself SIGSTOP: it does nothing more, and waits to be killed from outside.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.commands.log_lines import log_to_standard_error
from otel_agent_analytics.service.serving import serve
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from otel_agent_analytics.storage.database import Database, Transaction
    from otel_agent_analytics.storage.rows import Row

MIGRATING: Final = "migrating"
WRITTEN: Final = "written, before the commit"
COMMITTED: Final = "committed, before the answer"
ABOUT_TO_CLOSE: Final = "closing, what is due was read"
CLOSING: Final = "closing, before the commit"
SENT: Final = "log records sent, before they are let go of"


class Halt:
    """Stops the process when it comes to its point for the nth time."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth

    def at(self, point: str) -> None:
        """Say that the process is at a point."""
        self._left -= point == self._point
        if point == self._point and self._left == 0:
            print(point, flush=True)  # noqa: T201 - for the test, which reads it
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(3600)  # another thread may take the signal: this one goes no further either


def halting(database: Any, halt: Halt) -> Any:
    """Return the class of a database, as it is but for the points at which it may stop."""

    class Halting(database):  # type: ignore[misc]  # either of two classes
        _closes = _writes = False

        def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
            if statement.startswith("DELETE FROM outbox WHERE (number"):
                halt.at(SENT)
            found: list[Row] = super()._execute(statement, parameters)
            if statement.startswith("CREATE"):
                halt.at(MIGRATING)
            if "WHERE due_ns <=" in statement and found:
                self._closes = True
                halt.at(ABOUT_TO_CLOSE)
            self._writes |= statement.startswith("INSERT")
            return found

        @contextmanager
        def transaction(self) -> Iterator[Transaction]:
            with super().transaction() as transaction:
                self._closes = self._writes = False
                yield transaction
                if self._closes:
                    halt.at(CLOSING)
                elif self._writes:
                    halt.at(WRITTEN)
            if self._writes and not self._closes:
                halt.at(COMMITTED)

    return Halting


def main(point: str, nth: str) -> None:
    """Serve until the point is reached, or the process is told to stop."""
    settings = ServiceSettings.from_environment()

    @contextmanager
    def open_store(store: str, *, threads: int = 1) -> Iterator[tuple[Database, int]]:
        kind = PostgresDatabase if store.startswith("postgres") else DuckDBDatabase
        database = halting(kind, Halt(point, int(nth)))(store)
        try:
            yield database, getattr(database, "writer", 0)
        finally:
            database.close()

    log_to_standard_error(settings.log_format, settings.log_level)
    serve(settings, Settings.from_environment(), open_store)


if __name__ == "__main__":
    main(*sys.argv[1:])
