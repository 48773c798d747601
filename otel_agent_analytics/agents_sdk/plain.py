"""Anything that the SDK or an application hands over → plain JSON values that can be encoded. Pure, and never raises.

Only what is asked for is read: no iterator is consumed, and no method of a foreign object is called but ``str()``.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from pydantic import BaseModel

from otel_agent_analytics.values import encodable, string

LONGEST_KEY: Final = 256
DEEPEST: Final = 16
MOST_VALUES: Final = 10_000
"""Values read of one argument or result; also what ends a structure that contains itself many times over."""
UNREADABLE: Final = "[unreadable]"
TOO_MUCH: Final = "… [more left out]"
_LARGEST: Final = 2**63
_LONGEST_BYTES: Final = 4096
_BUILT_IN: Final = frozenset({str, int, float, bool, bytes, list, tuple, set, frozenset, type(None)})
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DATA_URL: Final = re.compile(r"data:([^,;\s\"]{0,100})[^,\s\"]{0,100};base64,[A-Za-z0-9+/=_-]*")


def field(thing: Any, name: str) -> Any:
    """Read a field of a mapping or of an object; None where there is none, or where reading it fails."""
    kind = type(thing)
    if kind is dict:
        return thing.get(name)
    if kind in _BUILT_IN:
        return None
    try:
        mapping = _is_mapping(kind)  # type: ignore[arg-type]  # a class can be hashed
        return thing.get(name) if mapping else getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - a foreign object, whose attributes may fail in any way
        return None


@functools.lru_cache(maxsize=256)
def _is_mapping(kind: type) -> bool:
    return issubclass(kind, Mapping)


def items(value: Any) -> list[Any]:
    """Return the items of a list or a tuple. An iterator belongs to the application, which may still need it."""
    kind = type(value)
    if kind is list:
        return value  # type: ignore[no-any-return]
    own = next((own for own in (list, tuple) if issubclass(kind, own)), None)
    return list(own.__iter__(value)) if own is not None else []


def first(value: Any, other: Any) -> Any:
    """Return the first of two values that is there. An ``or`` would ask a foreign object whether it is true."""
    return other if value is None else value


def text(value: Any) -> str | None:
    """Return a string that can be encoded, base64 data URLs replaced by a mark; None for anything but a string."""
    found = string(value)
    if found is None:
        return None
    if "base64," in found:
        found = _DATA_URL.sub(_data_mark, found)
    return found if found.isascii() else encodable(found)


def data_mark(length: int) -> str:
    """Return what stands in place of binary data."""
    return f"[data left out, {length} characters]"


def to_json(value: Any) -> str:
    """Return a plain value as compact JSON.

    Raises:
        TypeError, ValueError: it is not plain.
    """
    return _ENCODER.encode(value)


def parsed(value: Any) -> Any:
    """Return what a JSON string says where it is an object or a list, and anything else as plain as it can be."""
    found = string(value)
    if found is None or found.lstrip()[:1] not in ("{", "["):
        return plain(value)
    try:
        return plain(json.loads(found))
    except (ValueError, RecursionError):
        return text(found)


def plain(value: Any, without: frozenset[str] = frozenset()) -> Any:
    """Return a value as plain JSON, bounded in depth and number; objects as their text.

    ``without`` names keys whose strings are data, not text: a mark stands in their place.
    """
    return _Walk(without).value(value, DEEPEST)


class _Walk:
    """One walk through a value."""

    __slots__ = ("left", "without")

    def __init__(self, without: frozenset[str]) -> None:
        self.left = MOST_VALUES
        self.without = without

    def value(self, value: Any, depth: int) -> Any:
        self.left -= 1
        kind = type(value)
        try:
            read = _READ.get(kind) or next((read for known, read in _KINDS if issubclass(kind, known)), _foreign)
            return read(self, value, depth)
        except Exception:  # noqa: BLE001 - any object at all, whose own methods may fail in any way
            return UNREADABLE

    def mapping(self, pairs: Any, depth: int) -> Any:
        if depth <= 0:
            return TOO_MUCH
        found: dict[str, Any] = {}
        for key, value in pairs:
            if self.left <= 0:
                found[TOO_MUCH] = None
                break
            name = _key(key)
            hidden = string(value) if name in self.without else None
            found[name] = self.value(value, depth - 1) if hidden is None else data_mark(len(hidden))
        return found

    def sequence(self, values: Any, depth: int) -> Any:
        if depth <= 0:
            return TOO_MUCH
        found: list[Any] = []
        for value in values:
            if self.left <= 0:
                found.append(TOO_MUCH)
                break
            found.append(self.value(value, depth - 1))
        return found


def _data_mark(found: re.Match[str]) -> str:
    return f"data:{found[1]} {data_mark(len(found[0]))}"


def _key(key: Any) -> str:
    try:
        found = first(string(key), str(key))[:LONGEST_KEY]
    except Exception:  # noqa: BLE001 - any object at all
        return UNREADABLE
    return found if found.isascii() else encodable(found)


def _itself(_: _Walk, value: Any, __: int) -> Any:
    return value


def _string(_: _Walk, value: str, __: int) -> str | None:
    return text(value)


def _whole(_: _Walk, value: int, __: int) -> Any:
    found = int.__add__(value, 0)  # a plain one, also of an enumeration's member
    return found if -_LARGEST <= found < _LARGEST else str(found)


def _number(_: _Walk, value: float, __: int) -> Any:
    found = float.__add__(value, 0.0)
    return found if math.isfinite(found) else str(found)


def _mapping(walk: _Walk, value: Mapping[Any, Any], depth: int) -> Any:
    return walk.mapping(islice(value.items(), MOST_VALUES + 1), depth)


def _model(walk: _Walk, value: BaseModel, depth: int) -> Any:
    said = {**value.__dict__, **(value.__pydantic_extra__ or {})}
    return walk.mapping(((key, part) for key, part in said.items() if part is not None), depth)


def _binary(_: _Walk, value: bytes | bytearray | memoryview, __: int) -> str:
    return repr(bytes(value)) if len(value) <= _LONGEST_BYTES else data_mark(len(value))


def _foreign(_: _Walk, value: Any, __: int) -> str | None:
    return text(str(value))


_Read = Callable[[_Walk, Any, int], Any]
_KINDS: Final[tuple[tuple[type, _Read], ...]] = (
    (bool, _itself),
    (type(None), _itself),
    (str, _string),
    (int, _whole),
    (float, _number),
    (list, _Walk.sequence),
    (tuple, _Walk.sequence),
    (Mapping, _mapping),
    (BaseModel, _model),
    (bytes, _binary),
    (bytearray, _binary),
    (memoryview, _binary),
)
"""The first kind that fits says how a value is read; what fits none becomes its text."""
_READ: Final = {**dict(_KINDS), dict: _mapping}
"""The same for what is of just that kind, as nearly always."""
