"""Attributes as bytes → names and values, each distinct one read once while it is remembered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST: Final = 80
"""Bytes; what is longer is a text that hardly comes twice."""
_MOST: Final = 50_000
"""Attributes remembered; then all are forgotten at once, which costs less than to know which was used last."""
_DEEPEST: Final = 4
"""Levels of lists and maps within a value; what lies deeper is left out."""


class AttributeReader:
    """Reads attributes. Not thread-safe.

    Args:
        most: attributes of one span, record or resource that are read; the others are left out.
        longest: characters of a text that are kept.
    """

    def __init__(self, *, most: int = 256, longest: int = 65_536) -> None:
        self._most = most
        self._longest = longest
        self._cut: Counter[str] = Counter()
        self._known: dict[bytes, tuple[str, Any]] = {}

    def read(self, attributes: Iterable[bytes]) -> dict[str, Any]:
        """Return attributes by name; of two with one name the last counts.

        Raises:
            google.protobuf.message.DecodeError: the bytes are no attribute.
        """
        known = self._known
        found: dict[str, Any] = {}
        for raw in attributes:
            if len(found) >= self._most:
                self._cut[v.PIPELINE_ATTRIBUTE_COUNT] += 1
                continue
            pair = known.get(raw)
            if pair is None:
                pair = self._pair(raw)
            found[pair[0]] = pair[1]
        return found

    def cut(self) -> Counter[str]:
        """Return, once, how many attributes were left out, and how many texts were shortened."""
        cut, self._cut = self._cut, Counter()
        return cut

    def _pair(self, raw: bytes) -> tuple[str, Any]:
        attribute = KeyValue.FromString(raw)
        pair = attribute.key, self._value(attribute.value)
        if len(raw) <= _LONGEST:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[raw] = pair
        return pair

    def _value(self, value: AnyValue, depth: int = 0) -> Any:
        kind = value.WhichOneof("value")
        read = _READERS.get(kind) if kind is not None else None
        return read(self, value, depth) if read is not None else None

    def _text(self, value: AnyValue, _: int) -> str:
        text: str = value.string_value
        if len(text) <= self._longest:
            return text
        self._cut[v.PIPELINE_ATTRIBUTE_LENGTH] += 1
        return text[: self._longest]

    def _list(self, value: AnyValue, depth: int) -> tuple[Any, ...] | None:
        if depth >= _DEEPEST:
            return None
        return tuple(self._value(item, depth + 1) for item in value.array_value.values[: self._most])

    def _map(self, value: AnyValue, depth: int) -> dict[str, Any] | None:
        if depth >= _DEEPEST:
            return None
        return {item.key: self._value(item.value, depth + 1) for item in value.kvlist_value.values[: self._most]}


_READERS: Final[dict[str, Callable[[AttributeReader, AnyValue, int], Any]]] = {
    "string_value": AttributeReader._text,  # noqa: SLF001 - a table of its own methods
    "bool_value": lambda _, value, __: value.bool_value,
    "int_value": lambda _, value, __: value.int_value,
    "double_value": lambda _, value, __: value.double_value,
    "bytes_value": lambda _, value, __: value.bytes_value,
    "array_value": AttributeReader._list,  # noqa: SLF001
    "kvlist_value": AttributeReader._map,  # noqa: SLF001
}
