"""What is stored of spans that wait: users as hashes, texts without personal data, all of it encrypted with a key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.hidden_users import names_of, without_users
from otel_agent_analytics.dialects.plain import IN_JSON, is_plain
from otel_agent_analytics.storage.codec import pack_spans, unpack_spans
from otel_agent_analytics.storage.content import Safe
from otel_agent_analytics.storage.redacted import NAMES, structured, without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otel_agent_analytics.conversations.events import SpanRecord
    from otel_agent_analytics.storage.redacted import Redacts

BETWEEN: Final = "\x1f"
"""Divides names in a row; a sign that no id has."""
_NUL: Final = "\x00"
_MESSAGES: Final = re.compile(r'"(?:role|type)"\s?:')
"""Stands in messages, which may be without a text; arguments without one would look like other arguments."""


class Envelope:
    """Packs spans that wait.

    Args:
        safe: encrypts them, where it has a key.
        redaction: says what may be stored of a text, and None where nothing may; without it all of it is.
        hide: returns the keyed hash of a user id, None for none; without it ids are stored as they came.
    """

    def __init__(
        self,
        safe: Safe | None = None,
        redaction: Redacts | None = None,
        hide: Callable[[str], str | None] | None = None,
    ) -> None:
        self._safe = safe or Safe()
        self._redaction = redaction
        self._hide = hide

    def storable(self, span: SpanRecord) -> SpanRecord:
        """Return what may be stored of a span as it came."""
        attributes = span.attributes if self._hide is None else without_users(span.attributes, self._hide)
        if self._redaction is not None:
            attributes = dict(_redacted(attributes, self._redaction))
        return span if attributes is span.attributes else span._replace(attributes=attributes)

    def pack(self, spans: Sequence[SpanRecord]) -> bytes:
        """Return spans as bytes for the store."""
        return self._safe.sealed(pack_spans(spans))

    def unpack(self, body: bytes) -> list[SpanRecord]:
        """Return the spans that were packed.

        Raises:
            CodecError: another version wrote them, they are damaged, or none of the keys is the one.
        """
        return unpack_spans(self._safe.opened(body))


def names_in(spans: Iterable[SpanRecord]) -> str:
    """Return the conversations and the hashes of users that spans name: by these they are found and deleted."""
    found = BETWEEN.join(sorted({name for span in spans for name in names_of(span.attributes)}))
    return found.replace(_NUL, "").encode("utf-8", "replace").decode()  # what databases take as a text


def _redacted(attributes: Any, redaction: Redacts) -> Iterable[tuple[str, Any]]:
    for key, value in attributes.items():
        if is_plain(key) or isinstance(value, bool | int | float):
            yield key, value
            continue
        kept = _of(key, value, redaction)
        if kept is not None:
            yield key, kept


def _of(key: str, value: Any, redaction: Redacts) -> Any:
    """Return what may be stored of an attribute, in the form in which it came."""
    found = structured(value)
    kept = without(found, "", redaction, IN_JSON if key == names.OPENINFERENCE_METADATA else NAMES)
    if isinstance(value, str):
        if kept == found:
            return value
        if isinstance(kept, str) or kept is None or (_has_lost(kept, found) and not _MESSAGES.search(value)):
            return kept if isinstance(kept, str) else None
        return json.dumps(kept, ensure_ascii=False)
    return tuple(kept) if isinstance(kept, list) else kept


def _has_lost(kept: Any, found: Any) -> bool:
    """Return whether a text anywhere in a value is absent after redaction."""
    if isinstance(found, dict):
        return any(map(_has_lost, kept.values(), found.values()))
    if isinstance(found, list):
        return any(map(_has_lost, kept, found))
    return kept is None and found is not None
