"""Which attributes of a span are names, ids and words of the conventions: whatever else is on it may be a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.detect import ALL_MARKS, DIALECTS
from otel_agent_analytics.dialects.identity import (
    CONVERSATION_KEYS,
    IN_METADATA,
    SIDE_KEYS,
    USER_IN_METADATA,
    USER_KEYS,
)
from otel_agent_analytics.dialects.reading import Dialect, Whole

_SETTINGS: Final = (names.LLM_INVOCATION_PARAMETERS, names.LANGFUSE_MODEL_PARAMETERS, names.OPENINFERENCE_METADATA)
"""JSON that has a name among texts."""


def _named(dialect: Dialect) -> Iterator[str]:
    for fields in (*dialect.fields.values(), dialect.agent):
        for field in fields:
            yield from field.theirs


def _said(dialect: Dialect) -> Iterator[str]:
    yield from (*dialect.arguments, *dialect.result)
    for source in (*dialect.asked, *dialect.answered):
        if isinstance(source, Whole):
            yield source.key


_TEXTS: Final = frozenset((*_SETTINGS, *(key for dialect in DIALECTS.values() for key in _said(dialect))))
_NAMES: Final = frozenset((
    *(key for dialect in DIALECTS.values() for key in _named(dialect)),
    *ALL_MARKS, *CONVERSATION_KEYS, *USER_KEYS, *SIDE_KEYS,
    names.TRACELOOP_WORKFLOW_NAME, names.TRACELOOP_ENTITY_PATH, names.GEN_AI_PREVIOUS_RESPONSE,
    names.INPUT_MIME_TYPE, names.OUTPUT_MIME_TYPE,
    v.GEN_AI_RESPONSE_ID, v.GEN_AI_TOOL_CALL_ID, v.USER_HASH, v.COUNTRY,
)) - _TEXTS  # fmt: skip
IN_JSON: Final = frozenset(
    (*(key for _, key in IN_METADATA), USER_IN_METADATA, names.LANGCHAIN_AGENT_NAME, "channel", "device", "language")
)
"""Names within OpenInference's metadata that are ids and words as well."""


def is_plain(key: str) -> bool:
    """Return whether the value of an attribute is no text."""
    return key in _NAMES or key.startswith(v.EVENT_PREFIX)  # numbers and names, as this package writes them
