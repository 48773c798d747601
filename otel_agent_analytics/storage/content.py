"""The texts on spans: which attributes they are, how they are redacted and packed for the store, and read again."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any, Final, Protocol

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import SpanRecord
from otel_agent_analytics.conversations.identity import conversation_of, text
from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.storage.errors import CodecError
from otel_agent_analytics.storage.redacted import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from otel_agent_analytics.conversations.events import LogRecord
    from otel_agent_analytics.storage.redacted import Redacts
    from otel_agent_analytics.storage.rows import Row

TEXTS: Final = (
    v.GEN_AI_INPUT_MESSAGES,
    v.GEN_AI_OUTPUT_MESSAGES,
    v.GEN_AI_SYSTEM_INSTRUCTIONS,
    v.GEN_AI_TOOL_CALL_ARGUMENTS,
    v.GEN_AI_TOOL_CALL_RESULT,
    v.GEN_AI_EVALUATION_EXPLANATION,
)
"""The attributes that are kept."""
_VERSION: Final = b"\x01"
_PLAIN: Final = b"\x00"
_ENCRYPTED: Final = b"\x01"
_SEALED: Final = b"\xe5"
"""No version of the codec, whose bytes are sealed."""
_FAST: Final = 1
_MAKE_ONE: Final = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class _Cipher(Protocol):
    def encrypt(self, msg: bytes) -> bytes: ...

    def decrypt(self, msg: bytes) -> bytes: ...


class Safe:
    """Packs texts for the store: compressed, and encrypted where there is a key.

    Args:
        keys: Fernet keys; the first encrypts, each of them decrypts. Without one nothing is encrypted.

    Raises:
        SettingError: a key is none, or the package for it is missing.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._cipher = _cipher_of(keys) if keys else None

    def pack(self, said: dict[str, Any]) -> bytes:
        """Return texts by attribute name as bytes."""
        packed = zlib.compress(json.dumps(said, ensure_ascii=False, default=str).encode("utf-8", "replace"), _FAST)
        if self._cipher is None:
            return _VERSION + _PLAIN + packed
        return _VERSION + _ENCRYPTED + urlsafe_b64decode(self._cipher.encrypt(packed))

    def sealed(self, packed: bytes) -> bytes:
        """Return bytes that say themselves what they are, encrypted where there is a key."""
        return packed if self._cipher is None else _SEALED + urlsafe_b64decode(self._cipher.encrypt(packed))

    def opened(self, body: bytes) -> bytes:
        """Return the bytes that were sealed; others as they are.

        Raises:
            CodecError: none of the keys is the one.
        """
        return self._opened(body[1:]) if body[:1] == _SEALED else body

    def unpack(self, body: bytes) -> dict[str, Any]:
        """Return what was packed.

        Raises:
            CodecError: another version wrote it, it is damaged, or none of the keys is the one.
        """
        version, how, packed = body[:1], body[1:2], body[2:]
        if version != _VERSION or how not in (_PLAIN, _ENCRYPTED):
            raise CodecError(f"written in form {body[:2].hex()!r}, which this version cannot read")
        try:
            said: dict[str, Any] = json.loads(zlib.decompress(self._opened(packed) if how == _ENCRYPTED else packed))
        except (zlib.error, ValueError) as problem:
            raise CodecError(f"damaged: {problem}") from problem
        return said

    def _opened(self, packed: bytes) -> bytes:
        if self._cipher is None:
            raise CodecError("encrypted, and no AGENT_ANALYTICS_CONTENT_KEY is set")
        from cryptography.fernet import InvalidToken

        try:
            return self._cipher.decrypt(urlsafe_b64encode(packed))
        except InvalidToken as problem:
            raise CodecError("encrypted with a key that AGENT_ANALYTICS_CONTENT_KEY does not have") from problem


class Keeper:
    """Takes the texts off spans and records, for the store.

    Args:
        safe: packs them.
        redaction: says what may be kept of a text; None: all of it.
    """

    def __init__(self, safe: Safe, redaction: Redacts | None = None) -> None:
        self._safe = safe
        self._redaction = redaction

    def rows(self, sources: Iterable[SpanRecord | LogRecord], now_ns: int) -> list[Row]:
        """Return a row for each span or record that has texts and a conversation; of those that come twice the last."""
        found: dict[tuple[str, str], Row] = {}
        for source in sources:
            attributes = source.attributes
            said = {name: attributes[name] for name in TEXTS if attributes.get(name) not in (None, "", ())}
            conversation_id = conversation_of(attributes) if said else None
            if conversation_id is None:
                continue
            if isinstance(source, SpanRecord):
                span_id, sent_ns = source.span_id, source.start_ns
            else:
                sent_ns = source.time_ns
                span_id = text(attributes.get(v.EVENT_ID)) or f"{source.event_name}@{sent_ns}"
            body = self._safe.pack(said if self._redaction is None else redacted(said, self._redaction))
            user = text(attributes.get(v.USER_HASH))
            found[conversation_id, span_id] = conversation_id, span_id, source.trace_id, user, sent_ns, body, now_ns
        return list(found.values())


def _cipher_of(keys: Sequence[str]) -> _Cipher:
    try:
        from cryptography.fernet import Fernet, MultiFernet
    except ImportError as problem:
        message = "content_key needs the package cryptography: pip install 'otel-agent-analytics[serve]'"
        raise SettingError(message) from problem
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as problem:
        message = f"AGENT_ANALYTICS_CONTENT_KEY: a key is not allowed; allowed is what this prints: {_MAKE_ONE}"
        raise SettingError(message) from problem
