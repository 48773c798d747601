"""Requests that are damaged in all sorts of ways: as bytes, as protobuf, as JSON, and in how they are packed."""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_agent_analytics import vocabulary as v
from tests.helpers.otlp import LOGS, TRACES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

PROTOBUF, JSON = "application/x-protobuf", "application/json"
HOSTILE: Final = (
    "'; DROP TABLE heads; --", "<script>alert(1)</script>", 'x"} 1\nagent_analytics_evil{a="', "\x00", "a\x00b",
    "\x1b[31m\r\n\t\x7f\x85", "\u202e\u200b\ufeff", "\U0001f600" * 50, "%s%n{0}$(x)", "../../etc/passwd", "?",
    "x" * 10_240,
    "\ufffe\uffff", "e\u0301" * 40, "NaN", "null", " ",
)  # fmt: skip
"""Texts that something might take for its own."""
_NUMBERS: Final = (0, 1, -1, 2**31, 2**53, 2**63 - 1, -(2**63))
_FLOATS: Final = (0.0, -0.0, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan"))
_TIMES: Final = (0, 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
_NONSENSE: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1.5, 1e400, 10**30, "", "x", "\ud800", "\x00", "-", [], {}, [[]], [None], {"": None}, "zz" * 16,
)  # fmt: skip
_KINDS: Final[dict[str, Any]] = {TRACES: ExportTraceServiceRequest, LOGS: ExportLogsServiceRequest}


class Sent(NamedTuple):
    """A request."""

    path: str
    body: bytes
    type: str = PROTOBUF
    encoding: str = ""


def mutants(captured: list[tuple[str, bytes]], chance: random.Random, amount: int) -> Iterator[Sent]:
    """Yield so many requests, each made from a captured one: paths and bodies of protobuf."""
    ways: tuple[Callable[[str, bytes, random.Random], Sent], ...] = (_as_bytes, _as_protobuf, _as_json, _of_nothing)
    for _ in range(amount):
        path, body = chance.choice(captured)
        (way,) = chance.choices(ways, (4, 4, 3, 1))
        yield _packed(way(path, body, chance), chance)


def _of_nothing(path: str, _: bytes, chance: random.Random) -> Sent:
    """Random bytes, which have nothing to do with anything."""
    return Sent(path, chance.randbytes(chance.choice((0, 1, 2, 7, 100, 5000))), chance.choice((PROTOBUF, JSON)))


def _as_bytes(path: str, body: bytes, chance: random.Random) -> Sent:
    return Sent(path, damaged(body, chance))


def damaged(body: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four of them, or of their stretches, other than they were."""
    found = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at, more = chance.randrange(len(found) + 1), chance.randrange(1, 40)
        change = chance.randrange(6)
        if change == 0:
            found[at : at + 1] = chance.randbytes(1)
        elif change == 1 and at < len(found):
            found[at] ^= 1 << chance.randrange(8)
        elif change == 2:
            del found[at : at + more]
        elif change == 3:
            found[at:at] = found[at : at + more]
        elif change == 4:
            found[at:at] = chance.choice((b"\xff" * 10, b"\x00" * more, chance.randbytes(more)))
        else:
            del found[at:]
    return bytes(found)


def _as_protobuf(path: str, body: bytes, chance: random.Random) -> Sent:
    """Fields of other values: what is still a request, but none that anybody would send."""
    request = _KINDS[path].FromString(body)
    items = list(_items(path, request))
    for item in chance.sample(items, min(len(items), chance.randint(1, 4))):
        _spoil(item, path, chance)
    if chance.random() < 0.1:
        _spoil_attribute(chance.choice(list(_groups(path, request))).resource.attributes.add(), chance)
    return Sent(path, request.SerializeToString())


def _groups(path: str, request: Any) -> Iterable[Any]:
    groups: Iterable[Any] = request.resource_spans if path == TRACES else request.resource_logs
    return groups


def _items(path: str, request: Any) -> Iterator[Any]:
    for group in _groups(path, request):
        for of_scope in group.scope_spans if path == TRACES else group.scope_logs:
            yield from of_scope.spans if path == TRACES else of_scope.log_records


def _spoil(item: Any, path: str, chance: random.Random) -> None:
    change = chance.randrange(5)
    if change == 0:
        times = ("start_time_unix_nano", "end_time_unix_nano")
        fields = times if path == TRACES else ("time_unix_nano", "observed_time_unix_nano")
        setattr(item, chance.choice(fields), chance.choice(_TIMES))
    elif change == 1:
        setattr(item, chance.choice(("trace_id", "span_id")), chance.randbytes(chance.choice((0, 1, 8, 16, 17, 1000))))
    elif change == 2 and item.attributes:
        _spoil_attribute(chance.choice(item.attributes), chance)
    elif change == 3:
        for number in range(chance.choice((1, 300))):
            _spoil_attribute(item.attributes.add(key=f"more.{number}"), chance, keys=False)
    elif item.attributes:
        del item.attributes[chance.randrange(len(item.attributes))]


def _spoil_attribute(attribute: Any, chance: random.Random, *, keys: bool = True) -> None:
    if keys and chance.random() < 0.2:
        attribute.key = chance.choice(HOSTILE)
    elif attribute.key != v.SERVICE_NAME:  # each service has series of its own, and those are not what is looked at
        attribute.ClearField("value")
        _fill(attribute.value, chance, 0)


def _fill(value: Any, chance: random.Random, depth: int) -> None:
    kind = chance.randrange(7)
    if kind == 0:
        value.string_value = chance.choice(HOSTILE)
    elif kind == 1:
        value.int_value = chance.choice(_NUMBERS)
    elif kind == 2:
        value.double_value = chance.choice(_FLOATS)
    elif kind == 3:
        value.bytes_value = chance.randbytes(20)
    elif kind == 4:
        value.bool_value = chance.random() < 0.5
    elif depth < 30:
        inner = value.array_value.values.add() if kind == 5 else value.kvlist_value.values.add(key="k").value
        _fill(inner, chance, depth + 1)


def as_json(path: str, body: bytes) -> dict[str, Any]:
    """Return a request as OTLP has it in JSON: ids in hexadecimal."""
    request = _KINDS[path].FromString(body)
    said: dict[str, Any] = json_format.MessageToDict(request)
    groups = [of_scope for group in said.get("resourceSpans", ()) for of_scope in group["scopeSpans"]]
    spans = [span for of_scope in groups for span in of_scope["spans"]]
    for span, message in zip(spans, _items(path, request) if path == TRACES else (), strict=True):
        span["traceId"], span["spanId"] = message.trace_id.hex(), message.span_id.hex()
    return said


def _as_json(path: str, body: bytes, chance: random.Random) -> Sent:
    said = as_json(path, body)
    for _ in range(chance.randint(0, 3)):
        _spoil_node(said, chance)
    text = json.dumps(said, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return Sent(path, damaged(text, chance) if chance.random() < 0.5 else text, JSON)


def _spoil_node(said: Any, chance: random.Random) -> None:
    """Put nonsense somewhere into JSON."""
    while isinstance(said, (dict, list)) and said:
        key = chance.choice(list(said) if isinstance(said, dict) else range(len(said)))
        if not isinstance(said[key], (dict, list)) or not said[key] or chance.random() < 0.1:
            said[key] = copy.deepcopy(chance.choice((*_NONSENSE, *HOSTILE)))
            return
        said = said[key]


def _packed(sent: Sent, chance: random.Random) -> Sent:
    """Compress some of them; damage what is compressed, or call it something else, of some of those."""
    if chance.random() < 0.7:
        return sent
    encoding = chance.choice(("gzip", "gzip", "deflate"))
    body = gzip.compress(sent.body, 1) if encoding == "gzip" else zlib.compress(sent.body, 1)
    if chance.random() < 0.3:
        body = damaged(body, chance)
    if chance.random() < 0.1:
        encoding = chance.choice(("gzip", "deflate", "br", "identity", "GZIP ", "x"))
    type_ = chance.choice((PROTOBUF, JSON, "text/plain")) if chance.random() < 0.1 else sent.type
    return Sent(sent.path, body, type_, encoding)
