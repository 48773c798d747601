"""Whole tables as Parquet or CSV files, written by DuckDB from either database, without holding them in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    import psycopg

    from otel_agent_analytics.storage.rows import Row

PARQUET: Final = "parquet"
CSV: Final = "csv"
FORMATS: Final = {PARQUET: "FORMAT parquet, COMPRESSION zstd", CSV: "FORMAT csv, HEADER true"}
TABLES: Final = {table.name: table for table in t.TABLES}
"""The tables that can be had as files, by name."""
TYPES: Final = {
    t.TEXT: "VARCHAR",
    t.WHOLE: "BIGINT",
    t.YES_NO: "BOOLEAN",
    t.BYTES: "BLOB",
    t.EXACT: "DECIMAL(38, 15)",
    t.NUMBER: "DOUBLE",
    t.NAMES: "VARCHAR",
}
"""What DuckDB calls the types of columns."""
_MEMORY: Final = "128MiB"
_NULL: Final = "\\N"


def from_duckdb(connection: duckdb.DuckDBPyConnection, table: str, path: str, format_: str) -> None:
    """Write a table of a DuckDB database to a file, as it is at one moment.

    Raises:
        duckdb.Error: the file cannot be written.
    """
    written(connection, f"SELECT {', '.join(TABLES[table].names)} FROM {table}", path, format_)


def from_postgres(connection: psycopg.Connection[Row], table: str, path: str, format_: str) -> None:
    """Write a table of a PostgreSQL database to a file, as it is at one moment, by way of a CSV file beside it.

    Raises:
        psycopg.Error: the database cannot be read.
        duckdb.Error: the file cannot be written.
    """
    columns = TABLES[table].columns
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.csv"
        statement = (
            f"COPY (SELECT {', '.join(TABLES[table].names)} FROM {table}) TO STDOUT (FORMAT csv, NULL '{_NULL}')"
        )
        with connection.cursor().copy(statement.encode()) as blocks, rows.open("wb") as file:
            for block in blocks:
                file.write(block)
        types = {column.name: "VARCHAR" if column.type == t.BYTES else TYPES[column.type] for column in columns}
        chosen = ", ".join(
            f"unhex(substr({one.name}, 3)) AS {one.name}" if one.type == t.BYTES else one.name for one in columns
        )
        source = (
            f"SELECT {chosen} FROM read_csv({quoted(str(rows))}, columns = {types}, header = false, "
            f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '{_NULL}', "
            "allow_quoted_nulls = false, max_line_size = 100000000)"
        )
        with duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1}) as writer:
            written(writer, source, path, format_)


def written(connection: duckdb.DuckDBPyConnection, rows: str, path: str, format_: str) -> None:
    """Write the rows of a SELECT to a file.

    Raises:
        duckdb.Error: it cannot be written.
    """
    connection.execute(f"COPY ({rows}) TO {quoted(path)} ({FORMATS[format_]})")


def quoted(text: str) -> str:
    """Return a text as SQL has it: names of files cannot be bound as parameters."""
    return "'" + text.replace("'", "''") + "'"
