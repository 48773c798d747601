"""What a database holds anywhere: every column of every table that it knows of, bytes unpacked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from otel_agent_analytics.storage.database import Database

_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1, 2"
)
_HEADER = 2
"""Bytes in front of what is packed: the version, and how."""


def columns(database: Database) -> list[tuple[str, str]]:
    """Return every column of every table, by the names of both."""
    return [(row[0], row[1]) for row in database.read(_COLUMNS)]


def places(database: Database, needles: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return where any of some texts stands: table, column and text."""
    wanted = list(needles)
    return {
        (table, column, needle)
        for table, column in columns(database)
        for (value,) in database.read(f'SELECT "{column}" FROM "{table}"')  # noqa: S608 - names that it has itself
        for held in _forms(value)
        for needle in wanted
        if needle.encode() in held
    }


def _forms(value: Any) -> Iterator[bytes]:
    """Yield what a value may hide: its bytes, and what they are without their compression."""
    if isinstance(value, bytes | bytearray | memoryview):
        held = bytes(value)
        yield held
        try:
            yield zlib.decompress(held[_HEADER:])
        except zlib.error:
            return
    elif value is not None:
        yield str(value).encode()
