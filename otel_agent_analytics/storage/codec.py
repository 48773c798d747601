"""Events, heads, entries ⇄ bytes: MessagePack arrays in the order of the fields, long ones compressed but for events.

A byte in front says which version of this module wrote it. A field is only ever added behind the others, with a
default, so that what an older version wrote can be read.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from otel_agent_analytics.conversations.events import (
    AgentResponse,
    ApprovalRequested,
    EndRequested,
    Event,
    FeedbackReceived,
    GuardrailChecked,
    HandoffRequested,
    LoopFound,
    MessageHeard,
    ModelCalled,
    ResolutionJudged,
    RunFailed,
    SpanRecord,
    Started,
    ToolCalled,
    UserMessage,
)
from otel_agent_analytics.conversations.packing import Head
from otel_agent_analytics.outputs.event_records import Entry
from otel_agent_analytics.storage.errors import CodecError

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Final = b"\x01"
_PLAIN: Final = b"\x00"
_ZLIB: Final = b"\x01"
_WORTH_COMPRESSING: Final = 400
"""Bytes of a head; only that of an ended episode is longer. Events are not compressed: that takes five times as long
as writing them does, and databases compress what lies side by side."""
_WIDE: Final = 1_000
"""Bytes of an entry that is worth compressing: only a wide record is longer."""
_FAST: Final = 1

KINDS: Final[tuple[type[Any], ...]] = (
    Started, UserMessage, AgentResponse, RunFailed, ToolCalled, HandoffRequested, ModelCalled, LoopFound,
    ApprovalRequested, GuardrailChecked, FeedbackReceived, ResolutionJudged, EndRequested,
    MessageHeard,
)  # fmt: skip
"""Stored by their place in this table: a new kind goes to its end."""

_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}
_ENCODER: Final = msgspec.msgpack.Encoder()
_EVENTS: Final = msgspec.msgpack.Decoder(list[tuple[int, msgspec.Raw]])
_DECODERS: Final = tuple(msgspec.msgpack.Decoder(kind) for kind in KINDS)
_HEAD: Final = msgspec.msgpack.Decoder(Head)
_ENTRY: Final = msgspec.msgpack.Decoder(Entry)
_SPANS: Final = msgspec.msgpack.Decoder(list[SpanRecord])


def pack_events(events: Iterable[Event]) -> bytes:
    """Return events as bytes."""
    return VERSION + _PLAIN + _ENCODER.encode([(_NUMBERS[type(event)], event) for event in events])


def unpack_events(packed: bytes) -> list[Event]:
    """Return the events that were packed.

    Raises:
        CodecError: another version wrote the bytes, or nobody did.
    """
    try:
        return [_DECODERS[number].decode(raw) for number, raw in _EVENTS.decode(_unpacked(packed))]
    except (msgspec.DecodeError, IndexError) as problem:
        raise CodecError(f"facts cannot be read: {problem}") from problem


def pack_head(head: Head) -> bytes:
    """Return a head as bytes."""
    return _packed(_ENCODER.encode(head))


def unpack_head(packed: bytes) -> Head:
    """Return the head that was packed.

    Raises:
        CodecError: another version wrote the bytes, or nobody did.
    """
    try:
        return _HEAD.decode(_unpacked(packed))
    except msgspec.DecodeError as problem:
        raise CodecError(f"a conversation's head cannot be read: {problem}") from problem


def pack_entry(entry: Entry) -> bytes:
    """Return what is to be told as bytes, a wide record compressed: it may wait for long."""
    return _packed(_ENCODER.encode(entry), _WIDE)


def unpack_entry(packed: bytes) -> Entry:
    """Return the entry that was packed; its lists of names are lists.

    Raises:
        CodecError: another version wrote the bytes, or nobody did.
    """
    try:
        return _ENTRY.decode(_unpacked(packed))
    except msgspec.DecodeError as problem:
        raise CodecError(f"a log record cannot be read: {problem}") from problem


def pack_spans(spans: Iterable[SpanRecord]) -> bytes:
    """Return spans as bytes, compressed: these are texts, and are soon gone."""
    return _packed(_ENCODER.encode(list(spans)))


def unpack_spans(packed: bytes) -> list[SpanRecord]:
    """Return the spans that were packed; their lists of values are tuples again, as they were.

    Raises:
        CodecError: another version wrote the bytes, or nobody did.
    """
    try:
        spans = _SPANS.decode(_unpacked(packed))
    except msgspec.DecodeError as problem:
        raise CodecError(f"spans that wait cannot be read: {problem}") from problem
    return [span._replace(attributes={key: _frozen(value) for key, value in span.attributes.items()}) for span in spans]


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value


def _packed(plain: bytes, worth: int = _WORTH_COMPRESSING) -> bytes:
    if len(plain) < worth:
        return VERSION + _PLAIN + plain
    return VERSION + _ZLIB + zlib.compress(plain, _FAST)


def _unpacked(packed: bytes) -> bytes:
    version, how, body = packed[:1], packed[1:2], packed[2:]
    if version != VERSION or how not in (_PLAIN, _ZLIB):
        raise CodecError(f"written in form {packed[:2].hex()!r}, which this version cannot read")
    try:
        return zlib.decompress(body) if how == _ZLIB else body
    except zlib.error as problem:
        raise CodecError(f"damaged: {problem}") from problem
