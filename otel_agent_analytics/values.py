"""What may stand on a span: values of the right type and of bounded size that can be encoded; the rest is left out.

The bridge writes attributes past OpenTelemetry's own cleaning, which costs more than the span itself, so they must be
clean before. A value that is not becomes ``UNSOUND`` where it is read, is left out by ``sound`` and counted.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.errors import known_place, note_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_NAME: Final = 256
LONGEST_VALUE: Final = 1024
LONGEST_ID: Final = 1024
_LARGEST: Final = 2**63 - 1
_MOST_DATA: Final = 64
_PLACE: Final = known_place("values.unsound")
_CLEAN: Final = frozenset({str, int, float, bool, tuple})
UNSOUND: Final = object()
"""Stands for a value of the wrong type, until it is left out."""


class UnsoundValueError(ValueError):
    """A field of the SDK's span data holds what it should not; the text says which attribute and what type."""


def text(value: Any, longest: int = LONGEST_VALUE) -> Any:
    """Return a text that can be encoded, at most ``longest`` characters; None for none or an empty one."""
    if type(value) is not str:
        if not issubclass(type(value), str):  # a proxy may fail when it is asked for its class, as isinstance does
            return None if value is None else UNSOUND
        value = str.__str__(value)  # a subclass, such as the member of an enumeration
    if not value:
        return None
    if len(value) > longest:
        value = value[:longest]
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def name(value: Any) -> Any:
    """Return the name of an agent, a tool or a model: a text of at most 256 characters."""
    if type(value) is str and value and len(value) <= LONGEST_NAME and value.isascii():
        return value  # as nearly always
    return text(value, LONGEST_NAME)


def known_name(key: str, value: Any) -> str | None:
    """Return the name that an attribute would have; None for none, and for an unsound one, which is counted."""
    found = name(value)
    if found is UNSOUND:
        note_unsound(key, value)
        return None
    return found  # type: ignore[no-any-return]  # a text or None


def whole(value: Any) -> Any:
    """Return a count: a whole number from 0 that fits into 64 bits; None for none."""
    if type(value) is int:
        return value if 0 <= value <= _LARGEST else UNSOUND
    return None if value is None else UNSOUND


def number(value: Any) -> Any:
    """Return a finite number as a float; None for none."""
    if type(value) is float or type(value) is int:
        found = float(value) if -_LARGEST <= value <= _LARGEST else math.nan
        return found if math.isfinite(found) else UNSOUND
    return None if value is None else UNSOUND


def scalar(value: Any, longest: int = LONGEST_VALUE) -> Any:
    """Return any value as one that a span can carry: numbers and truth values as they are, the rest as its text."""
    kind = type(value)
    if kind is bool or kind is float or value is None:
        return value
    if kind is int and -_LARGEST <= value <= _LARGEST:
        return value
    if kind is str:
        return text(value, longest)
    try:
        return text(str(value), longest)
    except Exception:  # noqa: BLE001 - any object at all, whose own methods may fail in any way; it is counted as unsound
        return UNSOUND


def string(value: Any) -> str | None:
    """Return a string, whatever is in it, as a plain one; None for anything else."""
    return str.__str__(value) if issubclass(type(value), str) else None


def encodable(value: str) -> str:
    """Return a string without lone surrogates."""
    return value.encode("utf-8", "replace").decode("utf-8")


def field_of(data: Any, field: str) -> Any:
    """Return a field of the SDK's span data; None where there is none, and where reading it fails, which is counted."""
    try:
        return getattr(data, field, None)
    except Exception as fault:  # noqa: BLE001 - any object at all
        note_fault(_PLACE, fault)
        return None


def known_dict(name: str, value: Any) -> dict[str, Any] | None:
    """Return a dictionary; None for none, and for anything else, which is counted."""
    if type(value) is dict or value is None:
        return value
    note_unsound(name, value)
    return None


def data_attributes(prefix: str, data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what an application put into a dictionary, as attributes: at most 64; objects as their text.

    Keys and values are any objects at all, whose own methods may fail in any way; what fails is left out and counted.
    """
    try:
        pairs = list(itertools.islice(data.items(), _MOST_DATA))
    except Exception:  # noqa: BLE001 - as said above
        note_unsound(prefix, data)
        return {}
    named = ((_key(key), value) for key, value in pairs)
    return sound({prefix + key: scalar(value) for key, value in named if key is not None})


def _key(key: Any) -> str | None:
    found = name(key) if type(key) is str else scalar(key, LONGEST_NAME)
    if found is UNSOUND or found is None:
        note_unsound("key", key)
        return None
    return str(found)


def sound(said: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes without those that are not there, and without unsound ones, which are counted."""
    if _CLEAN.issuperset(map(type, said.values())):
        return said
    there = {key: value for key, value in said.items() if value is not None}
    if _CLEAN.issuperset(map(type, there.values())):
        return there
    for key, value in there.items():
        if type(value) not in _CLEAN:
            note_unsound(key, value)
    return {key: value for key, value in there.items() if type(value) in _CLEAN}


def note_unsound(key: str, value: Any) -> None:
    """Count a value that cannot stand on a span."""
    kind = "of the wrong type or size" if value is UNSOUND else f"a {type(value).__name__}"
    note_fault(_PLACE, UnsoundValueError(f"{key}: the value is {kind}; it is left out"))
