"""Log records: what they say, when, of which trace; that sums over them are right whatever is taken back; no texts."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, function_tool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry._logs import Logger, NoOpLogger, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import get_current_span
from prometheus_client import CollectorRegistry

from otel_agent_analytics import Settings, conversation, feedback, record_event, start_conversation
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, Signs, SpanRecord
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.install import Installation, replace_installation
from otel_agent_analytics.outputs import event_kinds
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.outputs.logs import ConversationLog
from otel_agent_analytics.outputs.totals import Totals
from otel_agent_analytics.outputs.wide_record import wide_attributes
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, Played, Source, play, write
from tests.helpers.scripted_model import Call, ScriptedModel, own_trace_provider

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NOW_NS = 2_000_000_000 * SECOND_NS
SERVICE = Service("shop")
TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"
GENERAL = {"user.hash", "session.id", "geo.country.iso_code"}


class Book(Logger):
    """A logger that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__("book")
        self.records: list[dict[str, Any]] = []

    def emit(self, record: Any = None, **said: Any) -> None:
        assert record is None
        self.records.append(said)

    def enabled(self, **_: Any) -> bool:
        return True

    def named(self, *names: str) -> list[dict[str, Any]]:
        """Return the attributes of the records with these short names."""
        return [said["attributes"] for said in self.records if said["attributes"][w.EVENT_NAME] in names]

    def names(self) -> list[str]:
        """Return the short names in the order in which they came."""
        return [said["attributes"][w.EVENT_NAME] for said in self.records]


def _end_ns(source: Source) -> int:
    return source.time_ns if isinstance(source, LogRecord) else source.end_ns


def told(sources: Sequence[Source], *, every_event: bool = True, late: Iterable[int] = ()) -> tuple[Book, Played]:
    """Play sources live into metrics, ledger and log; each comes as many seconds late as `late` says, in turn."""
    book, totals, ledger = Book(), Totals(), Ledger()
    log = ConversationLog(book, every_event=every_event, clock=lambda: NOW_NS)
    tracker = Tracker(MemoryStore(), (totals, ledger, log), DEFAULT_RULES)
    ordered = sorted(sources, key=_end_ns)
    delays = [*late, *[0] * len(ordered)]
    arrivals = [_end_ns(source) + delay * SECOND_NS for source, delay in zip(ordered, delays, strict=False)]
    for at_ns, number in sorted(zip(arrivals, range(len(ordered)), strict=True)):
        tracker.advance_to(at_ns - 60 * SECOND_NS)
        tracker.take(ordered[number])
    tracker.advance_to(max(arrivals, default=BEGIN_NS) + DEFAULT_RULES.idle_ns + 3 * DEFAULT_RULES.reopen_ns)
    return book, Played(ledger.records(), totals, tracker)


# --- Figures ----------------------------------------------------------------------------------------------------------

MOVES = st.sampled_from(
    [
        "open", "user hi", "user bad complaint anew", "user thanks, bye", "agent hello", "agent:Billing which one?",
        "agent booked", "tool lookup failed", "tool transfer_to_human", "end", "end completed", "end abandoned",
        "rate positive", "rate negative ann", "idle 5m", "idle 31m", "idle 2h", "idle 25h",
        "as meta.plan=free", "as meta.plan=gold meta.page=help",
    ]
)  # fmt: skip
STORY = st.lists(MOVES, min_size=1, max_size=20).map(" | ".join)
CASES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def net(played: Played, name: str) -> dict[tuple[str, ...], float]:
    """Return the counters of a family less their twins, those that are not 0."""
    series = played.series()
    twin = {"conversations_ended": "conversations"}.get(name, name)
    counted = {labels: value for (metric, labels), value in series.items() if metric == f"agent_analytics_{name}_total"}
    back = {
        labels: value
        for (metric, labels), value in series.items()
        if metric == f"agent_analytics_{twin}_retracted_total"
    }
    return {labels: value - back[labels] for labels, value in counted.items() if value != back[labels]}


def added_up(records: Iterable[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], float]:
    """Return the sums of the count by the attributes named, those that are not 0."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for said in records:
        sums[tuple(said[name] for name in names)] += said[w.COUNT]
    return {key: float(value) for key, value in sums.items() if value}


@CASES
@given(STORY, st.randoms(use_true_random=False))
def test_sums_over_the_count_are_the_counters_less_their_twins(story: str, chance: random.Random) -> None:
    """Whatever comes late, is reopened or settled: added up by their count, the records say what the metrics say."""
    sources = write(story)
    book, played = told(sources, late=[chance.choice((0, 0, 60, 10_800)) for _ in sources])
    wide = book.named("conversation_ended", "conversation_retracted")
    engaged = [said for said in wide if v.OUTCOME in said]
    assert added_up(engaged, v.OUTCOME, v.GEN_AI_AGENT_NAME) == net(played, "conversations_ended")
    visits = added_up([said for said in wide if v.OUTCOME not in said])
    assert visits == net(played, "visits")
    resolutions: dict[tuple[str, ...], float] = {}
    for kind, name in w.RESOLUTION.items():
        more = ("conversation_settled",) if kind == v.ASSUMED else ()
        those = book.named("conversation_ended", "conversation_retracted", *more)
        holding = sum(said[w.COUNT] for said in those if said.get(name))
        resolutions.update({(kind,): float(holding)} if holding else {})
    assert resolutions == net(played, "resolutions")


@CASES
@given(STORY, st.randoms(use_true_random=False))
def test_last_record_of_an_episode_is_what_stands(story: str, chance: random.Random) -> None:
    """Of each episode the last wide record, with the last word on coming back, is the record that stands."""
    sources = write(story)
    book, played = told(sources, late=[chance.choice((0, 0, 60, 10_800)) for _ in sources])
    last: dict[tuple[str, int], dict[str, Any]] = {}
    for said in book.named("conversation_ended", "conversation_retracted", "conversation_settled"):
        key = said[v.GEN_AI_CONVERSATION_ID], said[w.EPISODE]
        if said[w.EVENT_NAME] == "conversation_retracted":
            del last[key]
        elif said[w.EVENT_NAME] == "conversation_ended":
            last[key] = said
        elif said[w.COUNT] > 0:
            last[key] = {**last[key], **{name: said[name] for name in (w.RETURNED, *w.RESOLUTION.values())}}
    about = {w.EVENT_NAME, v.EVENT_ID, v.DERIVED, w.REVISION, w.COUNT}
    standing = [{name: value for name, value in said.items() if name not in about} for said in last.values()]

    assert sorted(standing, key=str) == sorted(map(wide_attributes, played.records), key=str)


@CASES
@given(STORY, st.randoms(use_true_random=False))
def test_ids_are_unique_and_the_same_again(story: str, chance: random.Random) -> None:
    """No two records have one id; the same spans, coming as before, give the same ids."""
    sources = write(story)
    late = [chance.choice((0, 0, 60, 10_800)) for _ in sources]
    ids = [[said["attributes"][v.EVENT_ID] for said in told(sources, late=late)[0].records] for _ in range(2)]

    assert len(ids[0]) == len(set(ids[0]))
    assert ids[0] == ids[1]


def test_reopened_episode_is_taken_back_and_told_anew() -> None:
    """The first end is taken back with what it said, the coming back is told, and the second end is revision 2."""
    story = "user hi | agent which one? | idle 40m | user this | agent ok | user thanks, bye | agent ok"
    book, _ = told(write(story), every_event=False)
    first, back, word, second, settled = [said["attributes"] for said in book.records]

    assert book.names() == [
        "conversation_ended", "conversation_retracted", "reopened", "conversation_ended", "conversation_settled",
    ]  # fmt: skip
    assert (first[v.OUTCOME], first[w.REVISION], first[w.COUNT]) == (v.ABANDONED, 1, 1)
    assert {**back, w.EVENT_NAME: "", v.EVENT_ID: "", w.COUNT: 1} == {**first, w.EVENT_NAME: "", v.EVENT_ID: ""}
    assert (back[w.COUNT], word[v.OUTCOME], word[w.REVISION]) == (-1, v.ABANDONED, 1)
    assert (second[v.OUTCOME], second[w.REVISION], second[w.COUNT]) == (v.COMPLETED, 2, 1)
    assert (settled[w.RETURNED], settled[w.RESOLUTION[v.ASSUMED]], settled[w.REVISION]) == (False, True, 2)


def test_user_who_turns_out_to_have_been_back_takes_the_word_back() -> None:
    """Where a late message shows that the user was back, the settled record is taken back and said anew."""
    user = {v.USER_HASH: "ann"}
    first = LogRecord(v.EVENT_USER_MESSAGE, BEGIN_NS, {v.GEN_AI_CONVERSATION_ID: "a", v.EVENT_ID: "1", **user}, SERVICE)
    answer = LogRecord(v.EVENT_AGENT_RESPONSE, BEGIN_NS + 1, {v.GEN_AI_CONVERSATION_ID: "a", v.EVENT_ID: "2"}, SERVICE)
    hour = 3600 * SECOND_NS
    other = LogRecord(
        v.EVENT_USER_MESSAGE, BEGIN_NS + 20 * hour, {v.GEN_AI_CONVERSATION_ID: "b", v.EVENT_ID: "3", **user}, SERVICE
    )
    book, played = told([first, answer, other], every_event=False, late=[0, 0, 5 * 3600])
    words = [
        (said[w.RETURNED], said[w.RESOLUTION[v.ASSUMED]], said[w.COUNT], said[v.EVENT_ID])
        for said in book.named("conversation_settled")
        if said[v.GEN_AI_CONVERSATION_ID] == "a"
    ]

    assert words == [
        (False, True, 1, "a:1:conversation_settled:1:not_returned"),
        (False, True, -1, "a:1:conversation_settled:1:not_returned:retracted"),
        (True, False, 1, "a:1:conversation_settled:1:returned"),
    ]
    assert played.records[0].returned is True


# --- The wide record --------------------------------------------------------------------------------------------------


def test_wide_record_by_hand() -> None:
    """One conversation, its wide record written out."""
    book, _ = told(
        write("user hi | tool lookup failed | agent which one? | user bad anew human | agent booked | rate positive"),
        every_event=False,
    )
    (said,) = book.named("conversation_ended")
    mine = "agent_analytics.conversation."
    expected = {
        "agent_analytics.event.name": "conversation_ended",
        "agent_analytics.event.id": "c:1:conversation_ended:1",
        "agent_analytics.derived": True,
        "gen_ai.conversation.id": "c",
        f"{mine}episode": 1,
        "agent_analytics.outcome": "completed",
        f"{mine}outcome_reason": "success_statement",
        "gen_ai.agent.name": "helper",
        f"{mine}resolution_status": "resolved",
        f"{mine}engaged": True,
        f"{mine}escalated": False,
        f"{mine}started_at": 1_700_000_010.0,
        f"{mine}ended_at": 1_700_000_024.0,
        "agent_analytics.duration_seconds": 14.0,
        f"{mine}end_reason": "idle",
        f"{mine}without_signals": False,
        f"{mine}user_turns": 2,
        f"{mine}agent_messages": 2,
        f"{mine}model_calls": 0,
        f"{mine}tool_calls": 1,
        f"{mine}tool_errors": 1,
        f"{mine}handoffs": 0,
        f"{mine}failed_turns": 0,
        f"{mine}loops": 0,
        f"{mine}guardrail_trips": 0,
        f"{mine}unpriced_calls": 0,
        f"{mine}first_response_seconds": 2.0,
        f"{mine}mean_first_response_seconds": 1.5,
        f"{mine}dissatisfied_turns": 0,
        f"{mine}judged_turns": 2,
        f"{mine}rephrases": 1,
        f"{mine}repeats": 0,
        f"{mine}sentiment": "frustrated",
        f"{mine}trajectory": "stable",
        f"{mine}outcome_statement": "success",
        f"{mine}intent": "somebody else",
        f"{mine}intents": ("somebody else",),
        f"{mine}topic": "somebody else",
        f"{mine}effort_points": 2,
        f"{mine}effort": 3,
        f"{mine}rating": "positive",
        f"{mine}last_rating": "positive",
        f"{mine}ratings": ("positive",),
        f"{mine}raters": ("user",),
        f"{mine}agents": ("helper",),
        f"{mine}tools": ("lookup",),
        f"{mine}error_types": ("error_result",),
        f"{mine}contained": True,
        f"{mine}confirmed": True,
        f"{mine}verified": True,
        f"{mine}revision": 1,
        f"{mine}count": 1,
    }
    satisfaction = said.pop(f"{mine}satisfaction")

    assert said == expected
    assert satisfaction == pytest.approx(played_satisfaction())


def played_satisfaction() -> float:
    """Return 1 - mean probability of dissatisfaction of that conversation, by the logistic model written out."""
    # Of the first turn nothing is known that counts. The second: sentiment -.5, none before, overlap .5.
    first = 1 / (1 + math.exp(1.569))
    second = 1 / (1 + math.exp(1.569 - 0.878 * 0.5 - 0.952 * 0.5))
    return 1 - (first + second) / 2


def test_every_field_of_the_record_is_there() -> None:
    """Every field of a conversation's record has a column, or a reason why it has none."""
    shown = {column.field.partition(".")[0] for column in w.WIDE}
    context = {column.field.partition(".")[2] for column in w.WIDE if column.field.startswith("context.")}
    (record,) = play("user hi | agent ok").records

    assert set(ConversationRecord._fields) == {*shown, *w.ELSEWHERE} & set(ConversationRecord._fields)
    beside = {field.partition(".")[2] for field in w.ELSEWHERE if field.startswith("context.")}
    assert context | beside == set(record.context._fields)
    assert not shown & set(w.ELSEWHERE)
    assert all(hasattr(record, field) for field in shown)


def test_column_names_are_unique_and_ours_or_the_conventions() -> None:
    """Each attribute of the wide record has one column."""
    names = [column.name for column in w.WIDE]

    assert len(names) == len(set(names))
    assert all(name.startswith(("agent_analytics.", "gen_ai.")) or name in GENERAL for name in names)


def test_wide_record_stays_small_and_within_every_limit() -> None:
    """With thousands of tools and long names a record has at most 128 attributes, and lists of 32 names of 256."""
    (record,) = play("user hi | agent ok").records
    many = tuple(f"{number:04}" + "x" * 1000 for number in range(5000))
    big = record._replace(
        agents=many, models=many, tools=many, error_types=many,
        ratings=tuple((name, v.POSITIVE, 5.0) for name in many),
        context=record.context._replace(
            channel="web", device="mobile", language="en", country="NL", user="u" * 64,
            metadata=tuple((f"key{number}", "x" * 256) for number in range(16)),
        ),
    )  # fmt: skip
    said = wide_attributes(big)
    lists = [value for value in said.values() if isinstance(value, tuple)]

    assert len(said) < 128
    assert len(lists) == 6
    assert all(len(names) <= 32 and all(len(name) <= 256 for name in names) for names in lists)


def test_visit_has_no_outcome_and_no_resolution() -> None:
    """A visit is told as one: not engaged, and nothing that only a conversation can have."""
    book, _ = told(write("open | idle 5m"), every_event=True)
    (said,) = book.named("conversation_ended")

    assert said["agent_analytics.conversation.engaged"] is False
    assert not {v.OUTCOME, *w.RESOLUTION.values()} & said.keys()
    assert [record["body"] for record in book.records] == ["conversation_ended visit, 0 turns, 0 s", "idle"]


def test_assumed_is_left_open_until_it_is_known() -> None:
    """Until a day is over nobody says whether the user was back."""
    book, _ = told(write("user hi | agent ok"), every_event=False)
    (said,) = book.named("conversation_ended")

    assert w.RESOLUTION[v.ASSUMED] not in said
    assert w.RETURNED not in said


# --- Events -----------------------------------------------------------------------------------------------------------

STORY_OF_ALL = (
    "user hi | tool lookup failed | handoff Billing | agent which one? | user no | error Timeout | user ok | agent done"
)


def test_events_of_spans_are_told_once_each() -> None:
    """Each event of a span is a record of its own, with user, agent and turn; so are start, idle and outcome."""
    book, _ = told(write(f"as user=9f session=s-1 channel=web | {STORY_OF_ALL}"))

    assert Counter(book.names()) == Counter(
        {
            "started": 1, "user_message": 3, "agent_response": 2, "tool_called": 1, "handoff_requested": 1, "error": 1,
            "conversation_ended": 1, "conversation_settled": 1, "idle": 1,
        }
    )  # fmt: skip
    assert [said[w.TURN] for said in book.named("user_message")] == [1, 2, 3]
    assert [said[w.TURN] for said in book.named("agent_response")] == [1, 3]
    whose = [(said["user.hash"], said["session.id"]) for said in book.named("user_message", "agent_response", "error")]
    assert whose == [("9f", "s-1")] * 6
    (failed,) = book.named("error")
    assert (failed[v.ERROR_TYPE], failed[w.TURN]) == ("Timeout", 2)
    (handoff,) = book.named("handoff_requested")
    assert (handoff[v.HANDOFF_FROM_AGENT], handoff[v.HANDOFF_TO_AGENT]) == ("helper", "Billing")


def test_severity_says_what_failed() -> None:
    """WARN where something failed, else INFO; the text says the same."""
    book, _ = told(write("user hi | tool lookup failed | agent ok | user so | error Timeout"))
    warned = {said["body"].split()[0] for said in book.records if said["severity_number"] is SeverityNumber.WARN}

    assert warned == {"tool_called", "error", "conversation_ended"}
    assert all(said["severity_text"] == said["severity_number"].name for said in book.records)
    assert {said["severity_number"] for said in book.records} == {SeverityNumber.WARN, SeverityNumber.INFO}


@pytest.mark.parametrize(("story", "expected"), [
    ("user hi | agent which one?", ["idle", "abandoned"]),
    ("user hi | agent ok | user thanks, bye | agent ok", ["idle", "completed"]),
    ("user hi | agent ok", ["idle"]),
    ("user hi | agent ok | end completed", []),
    ("user hi | agent ok | user thanks, bye | agent ok | end", ["completed"]),
])  # fmt: skip
def test_outcome_is_an_event_unless_the_application_said_it(story: str, expected: list[str]) -> None:
    """Completed and abandoned are told where the rules found them; what the application said is a record already."""
    book, _ = told(write(story))

    assert [name for name in book.names() if name in ("idle", "completed", "abandoned")] == expected


def test_what_came_as_a_record_is_not_told_again() -> None:
    """Of a conversation whose every event was sent as a log record only the ends are told."""
    book, played = told(write("open | agent hello | user hi | idle 1m | user so | rate positive"))

    assert played.record.user_turns == 2
    assert set(book.names()) == {"conversation_ended", "conversation_settled", "idle", "abandoned"}


def test_without_every_event_only_ends_are_told() -> None:
    """The short form tells of ends, and of what becomes of them."""
    book, _ = told(write(STORY_OF_ALL), every_event=False)

    assert book.names() == ["conversation_ended", "conversation_settled"]


def test_times() -> None:
    """What happened has its own time, a message its start, the rest its end; what was decided has the time of that."""
    book, _ = told(write("user hi | tool lookup | agent which one?"))
    times = {said["attributes"][w.EVENT_NAME]: (said["timestamp"] - BEGIN_NS) / SECOND_NS for said in book.records}
    now = (NOW_NS - BEGIN_NS) / SECOND_NS

    assert times == {
        "tool_called": 11, "started": 10, "user_message": 10, "agent_response": 12, "conversation_ended": now,
        "idle": now, "abandoned": now, "conversation_settled": now,
    }  # fmt: skip
    assert {said["observed_timestamp"] for said in book.records} == {NOW_NS}


def test_late_message_gets_the_turn_that_it_has_then() -> None:
    """The turn is counted by event time: a message that comes late, before another, has the earlier turn."""
    book, _ = told(write("user a | agent x | user b | agent y"), late=[30, 0])

    assert [(said[v.USER_MESSAGE_LENGTH], said[w.TURN]) for said in book.named("user_message")] == [(1, 1), (1, 1)]
    assert [said[v.EVENT_ID] for said in book.named("user_message")] == ["c-1", "c-0"]


def spans_of(conversation_id: str) -> list[SpanRecord]:
    """Return the spans of one run as a host has them, with every attribute that an event record can carry."""
    said = {v.GEN_AI_CONVERSATION_ID: conversation_id, v.GEN_AI_AGENT_NAME: "Helper"}
    turn = {
        **said, v.OPERATION: v.OPERATION_TURN, v.USER_MESSAGE_LENGTH: 12, v.USER_MESSAGE_LANGUAGE: "en",
        v.USER_MESSAGE_SENTIMENT: -0.25, v.USER_MESSAGE_CLOSING: False, v.USER_MESSAGE_THANKS: True,
        v.USER_MESSAGE_NEGATION: False, v.USER_MESSAGE_QUESTION: True, v.USER_MESSAGE_SAYS_NO: False,
        v.USER_MESSAGE_COMPLAINT: True, v.USER_MESSAGE_HUMAN_REQUEST: False, v.USER_MESSAGE_OVERLAP: 0.5,
        v.USER_MESSAGE_REPHRASE: True, v.USER_MESSAGE_REPEAT: False, v.AGENT_MESSAGE_LENGTH: 7,
        v.AGENT_MESSAGE_QUESTION: True, v.AGENT_MESSAGE_REFUSAL: False, v.AGENT_MESSAGE_STATEMENT: "success",
        v.TURN_ANSWERED: True, v.CHANNEL: "web", v.DEVICE: "mobile", v.LANGUAGE: "en", v.COUNTRY: "NL",
        v.USER_HASH: "f00", v.SESSION_ID: "s1", v.METADATA_FEEDBACK: "4", v.METADATA_PREFIX + "plan": "gold",
    }  # fmt: skip
    tool = {**said, v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL, v.GEN_AI_TOOL_NAME: "lookup", v.ERROR_TYPE: "E"}
    handoff = {**said, v.OPERATION: v.OPERATION_HANDOFF, v.HANDOFF_FROM_AGENT: "Helper", v.HANDOFF_TO_AGENT: "Billing"}
    model = {
        **said, v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.GEN_AI_REQUEST_MODEL: "gpt-5",
        v.GEN_AI_USAGE_INPUT_TOKENS: 10,
    }  # fmt: skip
    times: list[tuple[dict[str, Any], int, int]] = [(tool, 1, 3), (handoff, 3, 4), (model, 4, 6), (turn, 0, 8)]
    return [
        SpanRecord(
            TRACE_ID, f"{int(SPAN_ID, 16) + number:016x}", BEGIN_NS + begin * SECOND_NS, BEGIN_NS + end * SECOND_NS,
            attributes, failed=False, service=SERVICE,
        )
        for number, (attributes, begin, end) in enumerate(times)
    ]  # fmt: skip


def test_record_of_a_span_says_what_a_sent_record_says() -> None:
    """A record of an event, read as one that an application sent, is that event."""
    spans = spans_of("c")
    book, _ = told(spans)
    events = {event.id: event for span in spans for _, event in decode(span)}
    read = []
    for said in book.records:
        record = LogRecord(said["event_name"], said["timestamp"], said["attributes"], SERVICE, TRACE_ID)
        read += [event for _, event in decode(record) if event.id in events]

    assert {type(event).__name__ for event in read} == {
        "UserMessage", "AgentResponse", "ToolCalled", "HandoffRequested", "FeedbackReceived",
    }  # fmt: skip
    for event in read:
        original = events[event.id]
        unlike = {"until_ns", "answers", "time_ns"}
        assert {k: x for k, x in event._asdict().items() if k not in unlike} == {
            k: x for k, x in original._asdict().items() if k not in unlike
        }


def test_signs_are_in_their_order() -> None:
    """The attributes of a message's signs stand in the order of the fields that they show."""
    names = [name.rpartition(".")[2] for name in event_kinds.KINDS[next(iter(event_kinds.KINDS))].attributes]

    assert tuple(names[1 : 1 + len(Signs._fields)]) == Signs._fields


PLAN, PAGE = "agent_analytics.metadata.plan", "agent_analytics.metadata.page"


def test_records_of_spans_have_the_metadata() -> None:
    """Each record of a span's event and of a decision has what the metadata said; of a message, what it said then."""
    first, second = "user hi | tool look | agent ok | idle 1s", "user no | tool look | agent which one?"
    book, _ = told(write(f"as meta.plan=free meta.page=3 | {first} | as meta.plan=gold | {second}"))
    said = [record["attributes"] for record in book.records]
    plans = [(one[w.EVENT_NAME], one[PLAN]) for one in said if PLAN in one]

    assert plans == [
        ("started", "free"), ("user_message", "free"), ("agent_response", "free"), ("tool_called", "free"),
        ("user_message", "gold"), ("agent_response", "gold"), ("conversation_ended", "gold"), ("idle", "gold"),
        ("abandoned", "gold"),
    ]  # fmt: skip
    assert {one[PAGE] for one in said if PLAN in one} == {"3"}
    # The first tool is told of before the run that says it; and what is settled has its wide record.
    assert [one[w.EVENT_NAME] for one in said if PLAN not in one] == ["tool_called", "conversation_settled"]


def test_metadata_of_a_long_conversation() -> None:
    """After hundreds of events a record still has what was said first and was never said again, and the last word."""
    many = " | ".join(f"user m{number} | agent ok" for number in range(100))
    late = write(f"as meta.plan=free meta.page=3 | user hi | agent ok | idle 1s | as meta.plan=gold | {many}")
    attributes = {key: value for key, value in late[-1].attributes.items() if key != PAGE}
    book, _ = told([*late[:-1], late[-1]._replace(attributes=attributes)])

    assert (book.named("agent_response")[-1][PLAN], book.named("agent_response")[-1][PAGE]) == ("gold", "3")
    (wide,) = book.named("conversation_ended")
    assert (wide[PLAN], wide[PAGE]) == ("gold", "3")


# --- Traces -----------------------------------------------------------------------------------------------------------


def exported(sources: Sequence[Source]) -> list[Any]:
    """Return the log records that the SDK exports."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    log = ConversationLog(provider.get_logger("test"), every_event=True)
    tracker = Tracker(MemoryStore(), (log,), DEFAULT_RULES)
    tracker.take_all(sources)
    tracker.advance_to(BEGIN_NS + 10**15)
    return list(exporter.get_finished_logs())


def test_records_lead_to_their_spans() -> None:
    """A record of an event has the trace and span of it; a wide record has the trace of the last event."""
    found = {
        (record.log_record.event_name, f"{record.log_record.trace_id:032x}", f"{record.log_record.span_id:016x}")
        for record in exported(spans_of("c"))
    }
    ids = [f"{int(SPAN_ID, 16) + number:016x}" for number in range(4)]

    assert (v.EVENT_TOOL_CALLED, TRACE_ID, ids[0]) in found
    assert (v.EVENT_USER_MESSAGE, TRACE_ID, ids[3]) in found
    assert (v.EVENT_AGENT_RESPONSE, TRACE_ID, ids[3]) in found
    assert (v.EVENT_CONVERSATION_ENDED, TRACE_ID, "0" * 16) in found


def test_record_without_a_trace_takes_none_from_its_surroundings() -> None:
    """Where somebody's span is current, such as that of a scrape, a record without a trace still has none."""
    with TracerProvider(shutdown_on_exit=False).get_tracer("app").start_as_current_span("scrape"):
        assert get_current_span().get_span_context().trace_id
        records = exported(write("open"))

    assert [record.log_record.trace_id for record in records] == [0, 0]


@pytest.mark.parametrize("trace_id", ["x" * 32, "5b", "f" * 64])
def test_trace_id_that_is_none_is_left_out(trace_id: str) -> None:
    """What is no trace id is not sent as one."""
    (span,) = [span._replace(trace_id=trace_id) for span in spans_of("c")[:1]]

    assert {record.log_record.trace_id for record in exported([span])} == {0}


# --- Texts, faults and cost -------------------------------------------------------------------------------------------


@pytest.fixture
def installed_log() -> Iterator[tuple[Installation, Book]]:
    """Install with a log of every event beside the metrics, and content on."""
    book = Book()
    with own_trace_provider():
        installation = Installation(
            TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False),
            Settings(capture_message_content="SPAN_AND_EVENT"),
            logger_provider=LoggerProvider(shutdown_on_exit=False),
            metrics_registry=CollectorRegistry(),
            follow_clock=False,
            sinks=(ConversationLog(book, every_event=True),),
        )
        replace_installation(installation)
        yield installation, book
        replace_installation(None)


def test_no_text_of_a_message_is_in_any_record(installed_log: tuple[Installation, Book]) -> None:
    """Whatever users, agents, tools, errors and raters say: no word of it is in a record, not even with content on."""
    installation, book = installed_log

    @function_tool
    def lookup(order: str) -> str:
        """Look an order up."""
        return f"Error: SECRET of {order}"

    def run(*answers: Any) -> None:
        agent = Agent(name="Helper", model=ScriptedModel(*answers), tools=[lookup], instructions="SECRET rules")
        asyncio.run(Runner.run(agent, "my SECRET is lost", run_config=RunConfig(group_id="c1")))

    start_conversation("c1", user_id="SECRET user", channel="web")
    record_event("user_message", "c1", text="a SECRET nobody answers")
    with conversation("c1", metadata={"note": "as it is"}):
        run(Call("lookup", order="SECRET"), "the SECRET was found")
        with pytest.raises(ValueError, match="SECRET"):
            run(ValueError("SECRET failure"))
    feedback("c1", 2, comment="SECRET comment")
    installation.advance_to(4_000_000_000 * SECOND_NS)

    assert {"user_message", "agent_response", "tool_called", "model_called", "error", "conversation_ended"} <= set(
        book.names()
    )
    assert [said for said in book.records if "SECRET" in repr(said)] == []
    assert {said["agent_analytics.metadata.note"] for said in book.named("agent_response", "conversation_ended")} == {
        "as it is"
    }


def test_records_of_the_api_are_not_told_twice(installed_log: tuple[Installation, Book]) -> None:
    """What record_event sends as a log record is not sent a second time; a run beside it is."""
    installation, book = installed_log
    record_event("user_message", "c1", text="hello")
    record_event("agent_response", "c1", text="hi")
    record_event("tool_called", "c1", tool="lookup")
    agent = Agent(name="Helper", model=ScriptedModel("Hello."))
    asyncio.run(Runner.run(agent, "hi", run_config=RunConfig(group_id="c1")))
    installation.advance_to(4_000_000_000 * SECOND_NS)
    names = Counter(book.names())

    assert (names["user_message"], names["agent_response"], names["tool_called"]) == (1, 1, 0)
    (wide,) = book.named("conversation_ended")
    assert (wide[w.USER_TURNS], wide["agent_analytics.conversation.tool_calls"]) == (2, 1)


def test_failing_logger_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that fails is counted as a fault; metrics and records of conversations go on."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")

    class Failing(Book):
        def emit(self, record: Any = None, **said: Any) -> None:
            raise OSError("no space left")

    totals, ledger = Totals(), Ledger()
    log = ConversationLog(Failing(), every_event=True)
    tracker = Tracker(MemoryStore(), (log, totals, ledger), DEFAULT_RULES)
    before = Counter(fault_counts())
    tracker.take_all(write("user hi | agent ok | idle 40m | user so"))
    tracker.advance_to(BEGIN_NS + 10**15)
    played = Played(ledger.records(), totals, tracker)

    assert played.count("conversations_ended", v.ABANDONED, "helper") == 1
    assert played.record.user_turns == 2
    more = Counter(fault_counts()) - before
    assert more["sink.moved"] > 0
    assert more["sink.ended"] > 0


@pytest.mark.parametrize("logger", [NoOpLogger("nobody")])
def test_without_a_reader_nothing_is_made(logger: Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no log records are taken, none is made: the logger is asked and never called."""

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(logger, "emit", never)
    log = ConversationLog(logger, every_event=True, clock=never)  # type: ignore[arg-type]
    tracker = Tracker(MemoryStore(), (log,), DEFAULT_RULES)
    tracker.take_all(write(STORY_OF_ALL + " | idle 40m | user so | agent ok"))
    tracker.advance_to(BEGIN_NS + 10**15)


def test_revisions_are_forgotten_with_everything_else_and_never_too_many() -> None:
    """Only ends that were told more than once are remembered, 10,000 of them; a reset forgets them."""
    book = Book()
    log = ConversationLog(book, every_event=False)
    (record,) = play("user hi | agent ok").records
    log.ended(record)
    for number in range(10_001):
        log.reopened(record._replace(conversation_id=f"c{number}"))
    book.records.clear()
    for conversation_id in ("c0", "c10000"):
        log.ended(record._replace(conversation_id=conversation_id))
    log.reset()
    log.ended(record._replace(conversation_id="c10000"))

    assert [said["attributes"][w.REVISION] for said in book.records] == [1, 2, 1]
