"""What may be kept of a value whose texts lie deep within it: JSON in a text, lists, objects."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Protocol


class Redacts(Protocol):
    """Says what of a text may be kept."""

    def text(self, text: str, named: str = "") -> str:
        """Return what may be kept of a text, which a field of some name has."""

    def number(self, number: float, named: str = "") -> Any:
        """Return a number, or what may be kept of it as a text."""

    def key(self, key: str) -> str:
        """Return what may be kept of the name of a field."""


NAMES: Final = frozenset({"type", "role", "id", "finish_reason", "modality", "mime_type"})
"""What has one of these names in a message is a word of the conventions, no text."""
_WORD: Final = re.compile(r"[A-Za-z_][\w.:/+\-]{0,127}")


def redacted(said: dict[str, Any], redaction: Redacts) -> dict[str, Any]:
    """Return texts without what may not be kept; those that lose nothing are in the form in which they came."""
    found = {name: structured(value) for name, value in said.items()}
    kept = {name: without(value, "", redaction) for name, value in found.items()}
    return {name: said[name] if kept[name] == found[name] else kept[name] for name in said}


def without(value: Any, named: str, redaction: Redacts, plain: frozenset[str] = NAMES) -> Any:
    """Return a value of which every text was redacted, but for what has one of some names."""
    if isinstance(value, str):
        return redaction.text(value, named)
    if isinstance(value, dict):
        return {
            redaction.key(key): item if _is_plain(key, item, plain) else without(item, key, redaction, plain)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without(item, named, redaction, plain) for item in value]
    return value if value is None or isinstance(value, bool) else redaction.number(value, named)


def _is_plain(key: str, item: Any, plain: frozenset[str]) -> bool:
    """Return whether a value is an id or a word; arguments of a tool may have an address under the same name."""
    return key in plain and (plain is not NAMES or (isinstance(item, str) and _WORD.fullmatch(item) is not None))


def structured(value: Any) -> Any:
    """Return what a text says where it is JSON: redaction sees the texts as people wrote them."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
