"""User ids on spans of other frameworks that are stored before they are read: hashed at once, and marked as hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.identity import (
    USER_IN_METADATA,
    USER_KEYS,
    conversation_key,
    id_of,
    metadata_of,
)
from otel_agent_analytics.dialects.reading import Attributes

_USER_KEYS: Final = frozenset(USER_KEYS)
_MARK: Final = "user-hash:"
_MARKED: Final = re.compile(rf"{_MARK}[0-9a-f]{{64}}")
Hide = Callable[[str], str | None]
"""Returns the keyed hash of a user id, 64 hexadecimal digits; None where there is no key."""


def without_users(attributes: Attributes, hide: Hide) -> Attributes:
    """Return attributes with marked hashes in the place of user ids; without a hash the id is left out."""
    there = _USER_KEYS.intersection(attributes)
    metadata = metadata_of(attributes)
    if not there and USER_IN_METADATA not in metadata:
        return attributes
    found: dict[str, Any] = {key: value for key, value in attributes.items() if key not in there}
    found.update((key, hidden) for key in there if (hidden := _hidden(attributes[key], hide)) is not None)
    if USER_IN_METADATA in metadata:
        known = {USER_IN_METADATA: _hidden(metadata[USER_IN_METADATA], hide)}
        said = {**metadata, **known}
        whole = isinstance(attributes[names.OPENINFERENCE_METADATA], str)
        found[names.OPENINFERENCE_METADATA] = json.dumps(said, ensure_ascii=False) if whole else said
    return found


def hash_of(user_id: str) -> str | None:
    """Return the hash that stands in the place of a user id; None where an id stands there."""
    return user_id.removeprefix(_MARK) if _MARKED.fullmatch(user_id) else None


def names_of(attributes: Attributes) -> Iterator[str]:
    """Yield what a span is found by: its conversation, and its users, as hashes where they are."""
    conversation = conversation_key(attributes)
    if conversation is not None:
        yield conversation[0]
    metadata = metadata_of(attributes)
    for value in (*map(attributes.get, USER_KEYS), metadata.get(USER_IN_METADATA), attributes.get(v.USER_HASH)):
        user = id_of(value)
        if user is not None:
            yield hash_of(user) or user


def _hidden(value: Any, hide: Hide) -> str | None:
    user = id_of(value)
    if user is None or hash_of(user) is not None:
        return user
    hashed = hide(user)
    return None if hashed is None else f"{_MARK}{hashed}"
