"""Further facts that the application says of a conversation, in its own words: what of them is kept, and how much.

A rating, an id of the conversation and what names a person are no such facts: they are read elsewhere, or left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from otel_agent_analytics.conversations.events import Metadata

MOST_KEYS: Final = 16
"""Facts that are kept of a conversation; those that were said first stay."""
LONGEST_KEY: Final = 64
"""Characters of a key without its prefix; a longer one is left out, since two cut ones might become the same."""
LONGEST_VALUE: Final = 256
"""Characters of a value; a longer one is cut."""
_BITS: Final = 64
_NUL: Final = "\x00"
_AT: Final = len(v.METADATA_PREFIX)
_READ_ELSEWHERE: Final = frozenset({*v.CONVERSATION_METADATA_KEYS, v.METADATA_FEEDBACK[_AT:]})
_OF_A_PERSON: Final = re.compile(
    r"((user|customer)[-_]?(id|name|email)|e?[-_]?mail|phone|ip([-_]?address)?)", re.IGNORECASE
)
"""No fewer keys than the Collector of ``collector_config/`` takes away."""


def metadata_of(attributes: Mapping[str, Any]) -> Metadata | None:
    """Return the further facts on a span or record as texts, in the order in which they stand; None without any."""
    keys = [key for key in attributes if v.METADATA_PREFIX in key]  # this costs half of what startswith does
    if not keys:
        return None
    names = (key[_AT:] for key in keys if key.startswith(v.METADATA_PREFIX))
    facts = ((_clean(name), _text(attributes[v.METADATA_PREFIX + name])) for name in names if _is_fact(name))
    return merged([tuple((key, value) for key, value in facts if value is not None)])


def merged(said: Iterable[Metadata | None]) -> Metadata | None:
    """Return what was said one after the other as one: the last value of each key; None where nothing was said."""
    found: dict[str, str] = {}
    for facts in said:
        for key, value in facts or ():
            if key in found or len(found) < MOST_KEYS:
                found[key] = value
    return tuple(found.items()) or None


def attributes_of(metadata: Metadata | None) -> dict[str, str]:
    """Return the facts as attributes, under the names that they have on spans."""
    return {v.METADATA_PREFIX + key: value for key, value in metadata or ()}


def _is_fact(key: str) -> bool:
    return 0 < len(key) <= LONGEST_KEY and key not in _READ_ELSEWHERE and _OF_A_PERSON.fullmatch(key) is None


def _text(value: Any) -> str | None:
    """Return a value as text; None for an empty one, for a list, and for a number that no attribute can hold."""
    kind = type(value)
    if kind is str:
        return _clean(value[:LONGEST_VALUE]) or None
    if kind is bool:
        return "true" if value else "false"
    if kind is float or (kind is int and value.bit_length() < _BITS):
        return str(value)
    return None


def _clean(said: str) -> str:
    """Return a text that can be sent and stored: without lone surrogates and NUL, which no database takes."""
    if said.isascii() and _NUL not in said:
        return said
    return said.replace(_NUL, "\ufffd").encode("utf-8", "replace").decode("utf-8")
