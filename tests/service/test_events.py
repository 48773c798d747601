"""Events as JSON make the conversations that the same calls make in process, once each, whatever else is wrong."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry

from otel_agent_analytics import Settings, conversation, instrument, record_event, uninstrument
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.outputs.catalogue import RECEIVED
from otel_agent_analytics.service.access import Access
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.bodies import RefusedError
from otel_agent_analytics.service.care import Care
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service.posted import Posted
from otel_agent_analytics.service.queries.openapi import document
from otel_agent_analytics.service.receiver import Limits
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from otel_agent_analytics.storage.errors import UnavailableError
from tests.helpers.script import BEGIN_NS, feed
from tests.helpers.searching import places
from tests.helpers.served import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.events import LogRecord

Draft202012Validator: Any = pytest.importorskip("jsonschema").Draft202012Validator
KEY = b"a secret of the operator"
HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
STORY: tuple[dict[str, Any], ...] = (
    {"event": "started", "metadata": {"page": "/help", "visits": 3}},
    {"event": "user_message", "text": "Where is my order? It is late again and I am very angry."},
    {"event": "tool_called", "tool": "look_up", "duration_seconds": 1.5, "agent": "Ann"},
    {"event": "tool_called", "tool": "look_up", "error_type": "TimeoutError", "duration_seconds": 0.25},
    {"event": "agent_response", "text": "I am sorry, I cannot find it. Which one is it?", "agent": "Ann"},
    {"event": "user_message", "text": "where is my order, it is late and I am angry"},
    {"event": "handoff_requested", "agent": "Ann", "to_agent": "Orders"},
    {
        "event": "agent_response",
        "text": "It is on its way and arrives today.",
        "agent": "Orders",
        "duration_seconds": 2,
    },
    {"event": "user_message", "text": "Great, thank you, bye!"},
    {"event": "feedback_received", "rating": 4, "text": "in the end"},
    {"event": "completed"},
)
CONTEXT: dict[str, Any] = {
    "user_id": "ann@example.org", "session_id": "s-77", "channel": "Web", "device": "mobile", "language": "en-GB",
    "country": "nl", "metadata": {"plan": "gold"},
}  # fmt: skip


@pytest.fixture
def shop() -> Iterator[Served]:
    """Serve an analyzer that keeps nothing."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, care=Care(user_key=KEY)) as found:
        yield found
    database.close()


def body_of(events: list[Any], **said: Any) -> bytes:
    """Return a batch as it is posted."""
    return json.dumps({"service_name": "shop", "events": events, **said}).encode()


def post(shop: Served, events: list[Any], **headers: str) -> Any:
    """Post a batch; return status and answer."""
    answer = shop.send("/api/events", body_of(events), type_="application/json", **headers)
    return answer.status, json.loads(answer.body)


def in_process(events: tuple[dict[str, Any], ...]) -> list[Any]:
    """Let an application say these events itself; return the log records that leave it."""
    resource = Resource({"service.name": "shop"})
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    instrument(
        tracer_provider=TracerProvider(resource=resource, shutdown_on_exit=False),
        logger_provider=loggers,
        metrics_registry=CollectorRegistry(),
        settings=Settings(user_key=KEY),
    )
    try:
        for number, event in enumerate(events):
            with conversation("c1", **CONTEXT):
                record_event(
                    event["event"], "c1", event_id=f"e{number}", **{k: event[k] for k in event if k != "event"}
                )
    finally:
        uninstrument()
    scopes = ((one.log_record, one.instrumentation_scope) for one in exporter.get_finished_logs())
    return [record for record, scope in scopes if scope is not None and scope.name == "otel_agent_analytics"]


def reader(**said: Any) -> EventReader:
    """Return a reader with the key, for which it is always now."""
    return EventReader(time.time_ns, lambda: time.time_ns() + HOUR_NS, **{"user_key": KEY, **said})


def read(events: list[dict[str, Any]], by: EventReader | None = None) -> list[LogRecord]:
    """Return what a batch is read as; nothing of it may be refused."""
    found = (by or reader()).read(body_of(events), 1000)
    assert found.rejected == []
    return found.records


def test_same_as_in_process() -> None:
    """Each event is the record that ``record_event()`` makes of it in process, so the conversation's record is too."""
    local = in_process(STORY)
    posted = [
        {**CONTEXT, **event, "metadata": {**CONTEXT["metadata"], **event.get("metadata", {})}, "conversation_id": "c1",
         "event_id": f"e{number}", "time": one.timestamp}
        for number, (event, one) in enumerate(zip(STORY, local, strict=True))
    ]  # fmt: skip
    records = read(posted)

    assert [(one.event_name, one.time_ns) for one in records] == [(one.event_name, one.timestamp) for one in local]
    for ours, theirs in zip(records, local, strict=True):
        assert dict(ours.attributes) == {key: said for key, said in theirs.attributes.items() if key != v.DERIVED}
    (record,) = feed(records).records
    assert (record.outcome, record.user_turns, record.tool_errors, record.rephrases) == ("completed", 3, 1, 1)
    assert record.context.user == hmac.new(KEY, b"ann@example.org", hashlib.sha256).hexdigest()
    again = [ours._replace(attributes=theirs.attributes) for ours, theirs in zip(records, local, strict=True)]
    assert feed(again).records == [record]


OF_ALL = {
    "gen_ai.conversation.id": "c1",
    "user.hash": hmac.new(KEY, b"ann@example.org", hashlib.sha256).hexdigest(),
    "session.id": "s-77",
    "agent_analytics.channel": "web",
    "agent_analytics.device": "mobile",
    "agent_analytics.language": "en",
    "geo.country.iso_code": "NL",
    "agent_analytics.metadata.plan": "gold",
}
ALL_EIGHT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "started": ({"metadata": {"page": "/help"}}, {"agent_analytics.metadata.page": "/help"}),
    "user_message": ({"text": "Where is it?"}, {"agent_analytics.user_message.length": 12}),
    "agent_response": (
        {"text": "On its way.", "agent": "Ann", "duration_seconds": 2},
        {"agent_analytics.agent_message.length": 11, "gen_ai.agent.name": "Ann", "agent_analytics.duration_seconds": 2},
    ),
    "tool_called": (
        {"tool": "look_up", "error_type": "TimeoutError", "agent": "Ann"},
        {"gen_ai.tool.name": "look_up", "error.type": "TimeoutError", "gen_ai.agent.name": "Ann"},
    ),
    "handoff_requested": (
        {"agent": "Ann", "to_agent": "Orders"},
        {"agent_analytics.handoff.from_agent": "Ann", "agent_analytics.handoff.to_agent": "Orders"},
    ),
    "completed": ({}, {}),
    "abandoned": ({}, {}),
    "feedback_received": ({"rating": 4}, {"gen_ai.evaluation.score.label": "positive"}),
}
"""Each of the eight: what the application says of it, and what its record says beside what all of them do."""


def test_each_of_the_eight_says_all_that_was_said_of_it() -> None:
    """Id, conversation, user, session, metadata and payload of each; of a rating, which may come later, no context."""
    begun_ns = time.time_ns()
    records = in_process(tuple({"event": event, **said} for event, (said, _) in ALL_EIGHT.items()))

    assert len(records) == 8
    for number, (record, (event, (_, own))) in enumerate(zip(records, ALL_EIGHT.items(), strict=True)):
        name = "gen_ai.evaluation.result" if event == "feedback_received" else f"agent_analytics.{event}"
        everything = {"gen_ai.conversation.id": "c1"} if event == "feedback_received" else OF_ALL
        assert record.event_name == name
        assert begun_ns <= record.timestamp <= time.time_ns()
        assert record.attributes.items() >= {**everything, "agent_analytics.event.id": f"e{number}", **own}.items()


@pytest.mark.parametrize("event", ["completed", "abandoned"])
def test_all_of_them_make_the_conversation(event: str) -> None:
    """Whether a record is posted or told in process, each kind of event is read, and the application's word holds."""
    told = [(name, said) for name, (said, _) in ALL_EIGHT.items() if name not in {"completed", "abandoned"}]
    posted = [
        {"event": name, "conversation_id": "c1", "event_id": name, "time": BEGIN_NS + number, **said}
        for number, (name, said) in enumerate([*told, (event, {})])
    ]
    (record,) = feed(read(posted)).records

    assert (record.outcome, record.outcome_reason) == (event, "explicit")
    assert (record.user_turns, record.agent_messages, record.tool_errors, record.handoffs) == (1, 1, 1, 1)
    assert (record.rating, record.error_types, record.tools) == ("positive", ("TimeoutError",), ("look_up",))


def test_twice_is_once(shop: Served) -> None:
    """A batch that is posted again counts no event again, and is answered as if it did."""
    events = [{**event, "conversation_id": "c1", "event_id": f"e{n}"} for n, event in enumerate(STORY[1:3])]

    assert [post(shop, events)[0] for _ in range(2)] == [200, 200]
    assert post(shop, events)[1] == {"accepted": 2, "rejected": []}
    assert shop.metric("messages_total") == 1
    assert shop.metric("tool_calls_total") == 1
    assert shop.metric("spans_duplicate_total") == 4


WRONG: tuple[tuple[Any, str | None, str | None], ...] = (
    ({"event": "shouted"}, "event", '"shouted"'),
    ({"agent": 7}, "agent", "7"),
    ({"conversation_id": ""}, "conversation_id", '""'),
    ({"conversation_id": " "}, "conversation_id", '" "'),
    ({"conversation_id": "a\x00b"}, "conversation_id", '"a\\u0000b"'),
    ({"conversation_id": "x" * 1025}, "conversation_id", '"' + "x" * 199),
    ({"event_id": None}, "event_id", "null"),
    ({"time": "yesterday"}, "time", '"yesterday"'),
    ({"time": 0}, "time", "0"),
    ({"time": "2199-01-01T00:00:00Z"}, "time", '"2199-01-01T00:00:00Z"'),
    ({"duration_seconds": -1}, "duration_seconds", "-1"),
    ({"length": 1.5}, "length", "1.5"),
    ({"length": 10**30}, "length", str(10**30)),
    ({"user_hash": "ann"}, "user_hash", '"ann"'),
    ({"metadata": [1]}, "metadata", "[1]"),
    ({"colour": "red"}, "colour", '"red"'),
    ({"event": "feedback_received", "rating": 6}, "rating", "6"),
    ({"event": "feedback_received"}, "rating", None),
)


def test_single_bad_events(shop: Served) -> None:
    """A bad event is refused with its place, its field, its value and a reason; the good ones around it are taken."""
    good = {"event": "user_message", "length": 5}
    events = [good if n % 2 else {**good, **WRONG[n // 2][0]} for n in range(2 * len(WRONG))]
    named: list[Any] = [{"conversation_id": f"c{n}", "event_id": "e", **event} for n, event in enumerate(events)]
    status, told = post(shop, [*named, 7, None, {"event": "completed"}])

    assert (status, told["accepted"]) == (200, len(WRONG))
    expected = [(2 * n, field, value) for n, (_, field, value) in enumerate(WRONG)]
    last = [(len(named), None, "7"), (len(named) + 1, None, "null"), (len(named) + 2, "conversation_id", None)]
    assert [(one["index"], one["field"], one["value"]) for one in told["rejected"]] == [*expected, *last]
    assert all(one["why"] for one in told["rejected"])
    assert shop.metric("conversations_started_total") == len(WRONG)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, b"", {}),
        (400, b"[]", {}),
        (400, b'{"events": 5}', {}),
        (400, b'{"events": [}', {}),
        (400, b'{"events": [], "colour": 1}', {}),
        (400, b'{"events": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", {}),
        (400, b"\xff\xfe", {}),
        (400, b"no gzip", {"Content_Encoding": "gzip"}),
        (415, b'{"events": []}', {"Content_Encoding": "br"}),
        (415, b'{"events": []}', {"Content_Type": "text/plain"}),
        (413, b" " * 5000, {}),
        (413, body_of([{}] * 11), {}),
    ],
)
def test_bodies_that_are_none(status: int, body: bytes, headers: dict[str, str]) -> None:
    """What can never be taken is refused whole, in the documented form, and nothing of it counts."""
    database = DuckDBDatabase(IN_MEMORY)
    with served(database, limits=Limits(4000, 8000, 10)) as shop:
        limits = shop if status == 413 or len(body) < 4000 else None
        if limits is None:
            database.close()
            with served(database := DuckDBDatabase(IN_MEMORY)) as roomy:
                check_refused(roomy, status, body, headers)
        else:
            check_refused(shop, status, body, headers)
    database.close()


def check_refused(shop: Served, status: int, body: bytes, headers: dict[str, str]) -> None:
    """Post a body, and check that it is refused as the document says."""
    type_ = headers.get("Content_Type", "application/json")
    answer = shop.send("/api/events", body, type_=type_, **{k: h for k, h in headers.items() if k != "Content_Type"})

    assert answer.status == status
    check("post", "/api/events", answer.status, json.loads(answer.body))
    assert shop.metric("spans_received_total") == 0


def check(method: str, path: str, status: int, answer: Any) -> None:
    """Check an answer against the OpenAPI document."""
    api = document()
    said = api["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**said, "components": api["components"]}).validate(answer)


def test_document_describes_batches(shop: Served) -> None:
    """What the document says of a batch holds for one that is taken, and not for one with a wrong event."""
    api = document()
    said = api["paths"]["/api/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**said, "components": api["components"]})
    events = [{**CONTEXT, **event, "conversation_id": "c1", "event_id": f"e{n}"} for n, event in enumerate(STORY)]

    assert list(validator.iter_errors({"service_name": "shop", "events": events})) == []
    assert list(validator.iter_errors({"events": [{**events[0], "event": "shouted"}]})) != []
    status, told = post(shop, [*events, {"event": "shouted"}])
    assert (status, told["accepted"]) == (200, len(STORY))
    check("post", "/api/events", status, told)


def test_half_a_character() -> None:
    """A text that was cut in the middle of an emoji is taken with a mark in its place, and the others as they are."""
    body = b'{"events": [%s, %s]}' % tuple(
        b'{"event": "user_message", "conversation_id": "c%d", "event_id": "e", "text": "%s"}' % pair
        for pair in ((1, b"hi \\ud83d"), (2, b"\\ud83d\\ude00"))
    )
    found = reader().read(body, 10)

    assert found.rejected == []
    assert [one.attributes[v.USER_MESSAGE_LENGTH] for one in found.records] == [4, 1]


def test_user_ids_are_hashed_or_left_out(shop: Served) -> None:
    """A plain user id or address is nowhere in the store; without a key nobody is named; a hash is taken as it is."""
    event = {**CONTEXT, "ip_address": "192.0.2.7", "event": "user_message", "text": "hello out there", "event_id": "e"}
    post(shop, [{**event, "conversation_id": "c1"}])

    hashed = hmac.new(KEY, b"ann@example.org", hashlib.sha256).hexdigest()
    assert shop.analyzer.database.read("SELECT user_hash FROM messages") == [(hashed,)]
    assert places(shop.analyzer.database, ["ann@example.org", "192.0.2.7", "hello out there"]) == set()
    without = EventReader(time.time_ns, lambda: 1 << 62)
    for said, expected in (({}, None), ({"user_hash": "ab" * 32}, "ab" * 32)):
        (record,) = read([{**event, **said, "conversation_id": "c1"}], without)
        assert record.attributes.get(v.USER_HASH) == expected


class Gone:
    """A database that cannot be reached."""

    def __getattr__(self, _: str) -> Any:
        raise UnavailableError("gone")


def test_tokens_and_store_that_is_gone() -> None:
    """Without a token it is 401 and nothing counts; while the store is gone it is 503 and may come again."""
    database = DuckDBDatabase(IN_MEMORY)
    event = {"event": "user_message", "conversation_id": "c1", "event_id": "e"}
    with served(database, allowed=Access(ingest=("in",), read=("out",))) as shop:
        assert [post(shop, [event], **said)[0] for said in ({}, {"Authorization": "Bearer out"})] == [401, 401]
        assert database.read("SELECT count(*) FROM heads") == [(0,)]
        assert post(shop, [event], Authorization="Bearer in")[0] == 200
    with served(database) as shop:
        working = shop.analyzer.database
        shop.analyzer.database = Gone()
        answer = shop.send("/api/events", body_of([{**event, "event_id": "f"}]), type_="application/json")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        check("post", "/api/events", 503, json.loads(answer.body))
        shop.analyzer.database = working
        assert post(shop, [{**event, "event_id": "f"}])[0] == 200
        assert shop.metric("messages_total") == 2
    database.close()


# Text of any kind: NUL, control characters and everything beyond ASCII.
_TEXTS = st.text(max_size=30) | st.sampled_from(["", "\x00", "'; DROP TABLE heads; --", "\u202e", "a" * 70_000, "5"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.dictionaries(st.sampled_from(Posted.__struct_fields__), _JSON, max_size=4)
_EVENTS = st.builds(
    lambda event, fields: {"event": event, "conversation_id": "c", "event_id": "e", **fields},
    st.sampled_from(v.LIFECYCLE_EVENTS),
    _FIELDS,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_EVENTS | _JSON, max_size=5))
def test_any_fields(events: list[Any]) -> None:
    """Whatever stands in the fields, an event is either taken and can be stored, or refused with a reason."""
    found = reader().read(body_of(events), 10)

    assert len(found.records) + len(found.rejected) == len(events)
    assert all(one.why for one in found.rejected)
    database = DuckDBDatabase(IN_MEMORY)
    analyzer = Analyzer(database, DEFAULT_RULES, time.time_ns)
    analyzer.take(found.records)
    received = analyzer.totals.counters().get(RECEIVED, {})
    assert sum(total.value for total in received.values()) == len(found.records)
    database.close()


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | _JSON.map(lambda said: json.dumps(said).encode()))
def test_any_body(body: bytes) -> None:
    """Whatever the body is, it is read or refused as one that can never be taken."""
    status = 200
    try:
        reader().read(body, 10)
    except RefusedError as refused:
        status = refused.status

    assert status in (200, 400, 413)


# --- any order, any split ---------------------------------------------------------------------------------------------


def told_of(chance: random.Random) -> list[dict[str, Any]]:
    """Return the events of a few conversations, without texts, in the order in which they happened."""
    events: list[dict[str, Any]] = []
    for number in range(4):
        at_ns = BEGIN_NS + chance.randrange(DAY_NS)
        for place in range(chance.randint(1, 12)):
            at_ns += chance.choice((1, 60, 1200, 7200)) * 10**9
            event = {"event": chance.choice(v.LIFECYCLE_EVENTS), "conversation_id": f"c{number}", "time": at_ns}
            more = {"rating": chance.randint(1, 5), "tool": "t", "to_agent": "B", "agent": "A", "length": 5}
            events.append({**event, **more, "event_id": f"e{place}", "user_hash": f"{number % 2}" * 64})
    return sorted(events, key=lambda event: event["time"])


def judged(batches: list[list[dict[str, Any]]]) -> tuple[Any, Any]:
    """Return net totals and rows after an analyzer took some batches, and the time ran out."""
    now_ns = BEGIN_NS + 3 * DAY_NS
    database = DuckDBDatabase(IN_MEMORY)
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns)
    posted = EventReader(lambda: now_ns, analyzer.horizon_ns)
    for batch in batches:
        analyzer.take(posted.read(body_of(batch), 1000).records)
    for _ in range(14):
        now_ns += DAY_NS
        while analyzer.close_due():
            pass
    question = (
        "SELECT conversation_id, episode, outcome, user_turns, tool_calls, last_rating, effort FROM conversations"
    )
    rows = sorted(database.read(question))
    net = {
        (metric.name, labels): total.value - total.retracted
        for metric, series in analyzer.totals.counters().items()
        for (_, labels), total in series.items()
        if metric.name not in ("agent_analytics_spans_received_total", "agent_analytics_spans_duplicate_total")
        and total.value != total.retracted
    }
    database.close()
    return net, rows


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_any_split_order_and_duplication(seed: int) -> None:
    """However events are cut into batches, shuffled and repeated, the totals and rows are those of one batch."""
    chance = random.Random(seed)
    events = told_of(chance)
    again = [*events, *chance.choices(events, k=len(events) // 2)]
    chance.shuffle(again)
    cuts = sorted({0, len(again), *(chance.randrange(len(again)) for _ in range(4))})
    batches = [again[first:after] for first, after in itertools.pairwise(cuts)]

    assert judged(batches) == judged([events])


def test_texts_are_compared_with_the_one_before() -> None:
    """Shuffled within a batch, or sent again, each message is measured against the one that it followed."""
    texts = ("where is my order", "where is my order please", "I want to pay", "I want to pay now")
    events = [
        {"event": "user_message", "conversation_id": "c1", "event_id": f"e{n}", "time": BEGIN_NS + n, "text": text}
        for n, text in enumerate(texts)
    ]
    straight = [dict(one.attributes) for one in read(events)]
    by = reader()
    shuffled = read([events[1], events[0]], by) + read(events[:2], by) + read([events[3], events[2]], by)

    assert [one[v.USER_MESSAGE_OVERLAP] > 0 for one in straight] == [False, True, False, True]
    kept = {one.attributes[v.EVENT_ID]: dict(one.attributes) for one in shuffled}
    assert [kept[f"e{n}"] for n in range(4)] == straight
