"""Rows of tables as typed records, made from the tables' own columns: times in ISO 8601, lengths of time in seconds."""

from __future__ import annotations

import json
from dataclasses import make_dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from msgspec import Meta

from otel_agent_analytics.service.queries.answers import seconds
from otel_agent_analytics.service.queries.zone import instant
from otel_agent_analytics.storage import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.storage.rows import Row

_NANOSECONDS: Final = "_ns"
_TIMES: Final = {"started_ns": "started", "ended_ns": "ended", "sent_ns": "sent", "arrived_ns": "arrived"}
"""Columns that hold a time; others that end alike hold a length of time."""
_ALWAYS: Final = {
    "conversation_id", "episode", "service_name", "service_namespace", "deployment_environment_name", "started_ns",
    "ended_ns", "sent_ns", "duration_ns", "user_turns", "kind", "name", "role",
}  # fmt: skip
"""Columns that are never NULL."""
_TYPES: Final[dict[str, Any]] = {
    t.TEXT: str,
    t.WHOLE: int,
    t.YES_NO: bool,
    t.EXACT: Decimal,
    t.NUMBER: float,
    t.NAMES: list[str],
}


class _Field(NamedTuple):
    """How a column is answered."""

    name: str
    type: Any
    read: Callable[[Any], Any]


class Records:
    """Makes records of a table's rows.

    Args:
        name: of the record.
        table: whose rows they are.

    Attributes:
        type: a frozen dataclass.
        columns: what a statement selects.
    """

    def __init__(self, name: str, table: t.Table) -> None:
        fields = [_field(column) for column in table.columns]
        self._readers = tuple(field.read for field in fields)
        self.columns = ", ".join(table.names)
        self.type: Any = make_dataclass(
            name,
            [(field.name, field.type) for field in fields],
            frozen=True,
            slots=True,
            namespace={"__doc__": table.meaning},
        )

    def of(self, row: Row) -> Any:
        """Return the record of a row."""
        return self.type(
            *(None if value is None else read(value) for read, value in zip(self._readers, row, strict=True))
        )


def _field(column: t.Column) -> _Field:
    name, type_, meaning = column.name, _TYPES[column.type], column.meaning
    read: Callable[[Any], Any] = _same
    if name in _TIMES:
        name, type_, read, meaning = _TIMES[name], str, instant, meaning.replace("UTC nanoseconds", "ISO 8601, UTC")
    elif name.endswith(_NANOSECONDS):
        name, type_, read = name.removesuffix(_NANOSECONDS) + "_seconds", float, seconds
        meaning = meaning.replace("nanoseconds", "seconds")
    elif column.type == t.NAMES:
        read = json.loads
    known = type_ if column.name in _ALWAYS else type_ | None
    return _Field(name, Annotated[known, Meta(description=meaning)], read)


def _same(value: Any) -> Any:
    return value


EPISODE: Final = Records("Episode", t.CONVERSATIONS)
CALL: Final = Records("Call", t.CALLS)
MESSAGE: Final = Records("Message", t.MESSAGES)
