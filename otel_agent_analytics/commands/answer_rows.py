"""Answers of the API, as JSON has them → flat rows for files, and cells for tables. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.commands.cells import DASH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ITEMS: Final = "items"
_RATE: Final = {"value", "low", "high", "part", "whole"}
_MEAN: Final = {"value", "count"}
_WINDOW: Final = "window"
_TELLING: Final = (
    "conversations", "completion_rate", "abandonment_rate", "escalation_rate", "resolution_rate", "csat", "turns",
)  # fmt: skip
"""The figures of a group that are printed first."""


def file_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a file: the items of a list, or the whole answer as one row.

    What is nested is named by its way (``figures_csat_value``); lists are JSON texts.
    """
    items = answer.get(ITEMS)
    return [dict(_flat(one, "_")) for one in ([answer] if items is None else items)]


def tables(answer: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    """Return what is printed: a title, and rows of cells by heading.

    The first table has what is no list, a line for each figure; each list has a table of its own.
    """
    found: list[tuple[str, list[dict[str, str]]]] = []
    single = {name: value for name, value in answer.items() if name != _WINDOW and not _is_listed(value)}
    lines = [{"figure": name, "value": text} for name, text in _cells(single)]
    if lines and ITEMS not in answer:
        found.append(("", lines))
    for name, value in answer.items():
        if _is_listed(value):
            rows = value if isinstance(value, list) else value[ITEMS]
            found.append(("" if name == ITEMS else name, [dict(_cells(_row(row), short=True)) for row in rows]))
    return found


def cell(value: Any) -> str:
    """Return a value as text: a rate as a share with its interval, a mean as its value, what is not known as a dash."""
    if isinstance(value, dict):
        return _rate(value) if value.keys() == _RATE else cell(value["value"])
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _short(value: Any) -> str:
    """Return a value as a cell of a row of many: a rate without its interval."""
    return f"{value['value']:.1%}" if isinstance(value, dict) and value.keys() == _RATE else cell(value)


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{rate['value']:.1%} ({rate['low']:.1%} – {rate['high']:.1%}) of {rate['whole']:,}"


def _is_listed(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and ITEMS in value)


def _row(row: Any) -> dict[str, Any]:
    """Return a row of a list as it is printed; of its many figures those that tell most, first."""
    if not isinstance(row, dict):
        return {"": row}
    figures = row.get("figures", {})
    first = {name: figures[name] for name in _TELLING if name in figures}
    return {**{name: value for name, value in row.items() if name != "figures"}, **first, **figures}


def _cells(value: Mapping[str, Any], *, short: bool = False) -> Iterator[tuple[str, str]]:
    for name, one in value.items():
        if isinstance(one, dict) and one.keys() not in (_RATE, _MEAN):
            inner = {each if name == "figures" else f"{name}.{each}": found for each, found in one.items()}
            yield from _cells(inner, short=short)
        else:
            shown = _short if short else cell
            yield name, ", ".join(map(shown, one)) if isinstance(one, list) else shown(one)


def _flat(value: Mapping[str, Any], joint: str, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if isinstance(one, dict):
            yield from _flat(one, joint, f"{before}{name}{joint}")
        else:
            yield before + name, json.dumps(one, ensure_ascii=False) if isinstance(one, list) else one
