"""Rows that are added many at once are read back as they were."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.bulk import WORTH_IT
from otel_agent_analytics.storage.database import Batch

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database

VALUES: dict[str, list[Any]] = {
    t.TEXT: ["", 'quo"te', "back\\slash", "it's; DROP TABLE calls --", "break\n\t\x1f", "\u2603 \U0001f600", "null"],
    t.WHOLE: [0, 1, -1, 2**63 - 1, -(2**63), 1_763_740_000_000_000_000],
    t.YES_NO: [True, False],
    t.EXACT: [Decimal(0), Decimal("0.000000000000001"), Decimal("1234567890.5")],
}  # fmt: skip
MUST = {"conversation_id", "service_name", "service_namespace", "deployment_environment_name", "started_ns",
        "duration_ns", "kind", "name"}  # fmt: skip


def value(chance: random.Random, column: t.Column) -> Any:
    """Return a value that a column may have."""
    return None if column.name not in MUST and chance.random() < 0.3 else chance.choice(VALUES[column.type])


@pytest.mark.parametrize("rows", [1, WORTH_IT - 1, WORTH_IT, 3 * WORTH_IT])
@pytest.mark.parametrize("same", ["nothing", "much", "everything"])
def test_what_is_written_is_read(rows: int, same: str, database: Database) -> None:
    """Any text, number and nothing at all come back, be they the same in every row or not."""
    chance = random.Random(rows)
    alike = {"nothing": set(), "much": set(t.CALLS.names[1:7]), "everything": set(t.CALLS.names)}[same]
    first = {column.name: value(chance, column) for column in t.CALLS.columns}
    written = [
        tuple(first[column.name] if column.name in alike else value(chance, column) for column in t.CALLS.columns)
        for _ in range(rows)
    ]
    with database.transaction() as transaction:
        transaction.write(Batch(calls=written))
    found = database.read(f"SELECT {', '.join(t.CALLS.names)} FROM calls")  # noqa: S608 - names of columns

    assert sorted(found, key=_as_stored) == sorted(written, key=_as_stored)


def _as_stored(row: tuple[Any, ...]) -> str:
    """Return a row as text, its decimal numbers with all the digits that are stored."""
    return repr(tuple(item.quantize(Decimal("1e-15")) if isinstance(item, Decimal) else item for item in row))
