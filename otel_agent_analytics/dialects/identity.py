"""Which conversation and which user a span belongs to, and what else the application said of them: ordered tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.reading import Attributes, parsed
from otel_agent_analytics.values import LONGEST_NAME

# Whatever is set by hand is set under a prefix of the framework, and there under one of these names.
_PREFIXES: Final = (names.TRACELOOP_PROPERTIES, names.LANGSMITH_METADATA, names.VERCEL_METADATA)


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _spellings(*keys: str) -> tuple[str, ...]:
    """Return the keys as Python and as JavaScript spell them, each once."""
    return tuple(dict.fromkeys(spelling for key in keys for spelling in (key, _camel(key))))


def _prefixed(*keys: str) -> tuple[str, ...]:
    return tuple(prefix + key for prefix in _PREFIXES for key in _spellings(*keys))


CONVERSATION_KEYS: Final = (
    v.GEN_AI_CONVERSATION_ID,
    names.AGENTSIGHT_CONVERSATION_ID,
    names.LANGFUSE_SESSION_ID,
    names.LANGWATCH_THREAD_ID,
    *_prefixed(*v.CONVERSATION_METADATA_KEYS),
    names.MLFLOW_SESSION,
    names.ADK_SESSION_ID,
    v.SESSION_ID,
)
"""Attributes that name the conversation, in the order in which they are tried. Last of all, the same four keys as in
metadata of ours are looked for in OpenInference's ``metadata``. LangSmith's ``langsmith.trace.session_id`` is not among
them: it names a project."""
USER_KEYS: Final = (
    names.LANGFUSE_USER_ID,
    names.AGENTSIGHT_CUSTOMER_ID,
    names.LANGWATCH_USER_ID,
    *_prefixed("user_id"),
    names.MLFLOW_USER,
    names.USER_ID,
    names.ENDUSER_ID,
    names.ENDUSER_PSEUDO_ID,
)
"""Attributes that name the user, in plain text, in the order in which they are tried."""

# What can be said of the user's side: our attribute, then where others say it.
_SIDE: Final = (
    ("channel", (v.CHANNEL, names.AGENTSIGHT_SOURCE, *_prefixed("channel"))),
    ("device", (v.DEVICE, names.AGENTSIGHT_DEVICE, *_prefixed("device"))),
    ("language", (v.LANGUAGE, names.AGENTSIGHT_LANGUAGE, *_prefixed("language"))),
)
_RANK: Final = {key: rank for rank, key in enumerate(CONVERSATION_KEYS)}
_NAMES_CONVERSATION: Final = frozenset(CONVERSATION_KEYS)
SIDE_KEYS: Final = tuple(key for _, keys in _SIDE for key in keys)
"""Attributes that say how the user talks: channel, device, language."""
_NAMES_PERSON: Final = frozenset({v.SESSION_ID, *USER_KEYS, *SIDE_KEYS})
IN_METADATA: Final = tuple(
    (f"{names.OPENINFERENCE_METADATA}.{key}", key) for key in _spellings(*v.CONVERSATION_METADATA_KEYS)
)
"""What names the conversation within OpenInference's metadata, each as it is told and as it stands there."""
USER_IN_METADATA: Final = "user_id"
"""What names the user there."""


class Person(NamedTuple):
    """What a span says of the user and of how the user talks; None where it does not."""

    user_id: str | None
    """As the application has it: to be hashed before it goes anywhere."""
    session_id: str | None
    """Of the session, where the conversation has an id of its own beside it."""
    channel: str | None
    device: str | None
    language: str | None


_NOBODY: Final = Person(None, None, None, None, None)


def conversation_key(attributes: Attributes) -> tuple[str, str] | None:
    """Return the id of the conversation that a GenAI span belongs to, and the attribute that says so; None without one.

    The id is as it stands there: the core refuses what is too long, and counts it.
    """
    there = _NAMES_CONVERSATION.intersection(attributes)  # few of many, so that the rest need not be tried
    for key in sorted(there, key=_RANK.__getitem__) if len(there) > 1 else there:
        found = id_of(attributes.get(key))
        if found is not None:
            return found, key
    metadata = metadata_of(attributes)
    for name, key in IN_METADATA:
        found = id_of(metadata.get(key))
        if found is not None:
            return found, name
    return None


def conversation_of(spans: Iterable[Attributes]) -> tuple[str, str] | None:
    """Return the id of the conversation of spans that belong together, and the attribute that says so; None without.

    The attribute that comes first in the order decides, whichever span it is on; of the same one, the first span.
    """
    found = [key for key in map(conversation_key, spans) if key is not None]
    return min(found, key=lambda one: _RANK.get(one[1], len(_RANK)), default=None)


def person_of(attributes: Attributes, conversation_by: str | None) -> Person:
    """Return what a span says of the user; ``conversation_by`` is the attribute that named the conversation."""
    metadata = metadata_of(attributes)
    if not metadata and _NAMES_PERSON.isdisjoint(attributes):
        return _NOBODY
    session = None if conversation_by == v.SESSION_ID else id_of(attributes.get(v.SESSION_ID))
    channel, device, language = [
        _first(attributes, keys) or _short(metadata.get(name)) for name, keys in _SIDE
    ]  # fmt: skip
    user = _first(attributes, USER_KEYS) or id_of(metadata.get(USER_IN_METADATA))
    return Person(user, session, channel, device, language)


def _first(attributes: Attributes, keys: tuple[str, ...]) -> str | None:
    return next((found for found in (id_of(attributes.get(key)) for key in keys) if found is not None), None)


def id_of(value: Any) -> str | None:
    """Return an id: a text that is not empty, or a whole number as one; None for anything else."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if type(value) is int and abs(value) <= _LARGEST else None


_LARGEST: Final = 2**63


def _short(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME else None


def metadata_of(attributes: Attributes) -> Mapping[str, Any]:
    """Return OpenInference's metadata, which is one JSON object; of other spans the attribute means something else."""
    if names.OPENINFERENCE_KIND not in attributes:
        return {}
    found = parsed(attributes.get(names.OPENINFERENCE_METADATA))
    return found if isinstance(found, Mapping) else {}
