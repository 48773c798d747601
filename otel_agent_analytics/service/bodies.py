"""The body of a request: read within its limits, unpacked, and turned from JSON into protobuf where it is JSON."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from otel_agent_analytics.errors import AgentAnalyticsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
_CHUNK: Final = 65_536
_HEX_FIELDS: Final = frozenset({"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"})
_DEEPEST: Final = 100
# zlib's way to say: find out yourself whether it is gzip or zlib, as HTTP calls deflate.
_EITHER: Final = 32 + zlib.MAX_WBITS


class RefusedError(AgentAnalyticsError, ValueError):
    """A request that can never be taken; ``status`` is the HTTP status that says so."""

    def __init__(self, status: int, why: str, *, unread: bool = False) -> None:
        super().__init__(why)
        self.status = status
        self.unread = unread
        """Whether something of the body may still come, so that the connection is of no more use."""


async def read_body(chunks: AsyncIterable[bytes], most: int, seconds: float) -> bytes:
    """Return a body as it comes.

    Raises:
        RefusedError: it has more than ``most`` bytes, or takes longer than so many seconds.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                body += chunk
                if len(body) > most:
                    raise RefusedError(413, f"the body has more than {most} bytes", unread=True)
    except TimeoutError as problem:
        told = f"the body did not come within {seconds:g} seconds: {len(body)} bytes did"
        raise RefusedError(408, told, unread=True) from problem
    return bytes(body)


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Return a body without its compression.

    Raises:
        RefusedError: the compression is another than gzip or deflate, the body is damaged, or larger than ``most``.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise RefusedError(415, f"content-encoding {encoding!r} is not known; gzip and deflate are")
    machine = zlib.decompressobj(_EITHER)
    found = bytearray()
    try:
        while body and not machine.eof:
            found += machine.decompress(body, _CHUNK)
            body = machine.unconsumed_tail
            if len(found) > most:
                raise RefusedError(413, f"the body unpacks to more than {most} bytes")
    except zlib.error as problem:
        raise RefusedError(400, f"the body is no {encoding}: {problem}") from problem
    if not machine.eof:
        raise RefusedError(400, f"the body ends in the middle of its {encoding}")
    return bytes(found)


def from_json(body: bytes, message: Any) -> bytes:
    """Return OTLP as JSON in the form of protobuf.

    Args:
        body: with ids in hexadecimal, as OTLP has them in JSON.
        message: an empty message of the kind that it is.

    Raises:
        RefusedError: the body is no such JSON.
    """
    try:
        said = _with_base64_ids(json.loads(body), 0)
        if not isinstance(said, dict):
            raise ValueError("it is no object")  # noqa: TRY004, TRY301 - the same as any other fault of the text
        json_format.ParseDict(said, message, ignore_unknown_fields=True, max_recursion_depth=_DEEPEST)
    except (ValueError, RecursionError, json_format.ParseError) as problem:
        raise RefusedError(400, f"the body is no OTLP in JSON: {problem}") from problem
    whole: bytes = message.SerializeToString()
    return whole


def _with_base64_ids(said: Any, depth: int) -> Any:
    """Return JSON with its ids in base64, which is how protobuf has bytes in JSON."""
    if depth > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} levels")
    if isinstance(said, list):
        return [_with_base64_ids(item, depth + 1) for item in said]
    if not isinstance(said, dict):
        return _sound(said) if isinstance(said, str) else said
    return {
        _sound(name): _base64(value)
        if name in _HEX_FIELDS and isinstance(value, str)
        else _with_base64_ids(value, depth + 1)
        for name, value in said.items()
    }


def _sound(text: str) -> str:
    """Return a text; protobuf breaks down on one that is no Unicode, which JSON can say by its escapes."""
    if not text.isascii():
        text.encode()
    return text


def _base64(hexadecimal: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
    except (ValueError, binascii.Error) as problem:
        raise ValueError(f"id {hexadecimal[:64]!r} is not hexadecimal") from problem
