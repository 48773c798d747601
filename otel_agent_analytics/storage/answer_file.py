"""Rows of an answer as a Parquet or CSV file, written by DuckDB."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from otel_agent_analytics.storage.errors import StorageError
from otel_agent_analytics.storage.export import quoted, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def write_rows(rows: Sequence[Mapping[str, Any]], path: str, format_: str) -> None:
    """Write flat rows to a file; a column has the type of what is in it, and is a text where there is nothing.

    Raises:
        StorageError: it cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "rows.json"
        lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        columns = {name: _type_of([row.get(name) for row in rows]) for row in rows for name in row}
        named = ", ".join(f"{quoted(name)}: '{type_}'" for name, type_ in columns.items())
        source = f"SELECT * FROM read_json({quoted(str(lines))}, format = 'newline_delimited', columns = {{{named}}})"
        try:
            with duckdb.connect() as writer:
                written(writer, source, path, format_)
        except duckdb.Error as problem:
            raise StorageError(f"{path} cannot be written: {problem}") from problem


def _type_of(values: Sequence[Any]) -> str:
    types = {type(value) for value in values} - {type(None)}
    if types == {bool}:
        return "BOOLEAN"
    if types == {int}:
        return "BIGINT"
    return "DOUBLE" if types and types <= {int, float} else "VARCHAR"
