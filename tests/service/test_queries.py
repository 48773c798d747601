"""Every query against figures that are reckoned in Python from what an in-process host has of the same traffic."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from datetime import datetime
from decimal import Decimal
from functools import partial
from statistics import fmean, quantiles
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, ModelCalled, Service, SpanRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import Asked, Taken, WrongParameterError, asked_of
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.service.queries.summed import sum_up
from otel_agent_analytics.service.queries.zone import Offset, offsets
from otel_agent_analytics.service.summing import Summing
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import DAY_NS, HOUR_NS, conversation_of, day_of, end_ns, price, straight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source

T = TypeVar("T")

HUMAN = Decimal(5)
HOSTILE = "x'; DROP TABLE calls; -- \" <b>%s ? :from_ns {zone}\n"
SERVICES = (Service("shop"), Service(HOSTILE), Service("help", "eu", "live"))
FOREVER = Asked(0, BEGIN_NS + 100 * DAY_NS, limit=1000, human_cost_usd=HUMAN)
BY_PATH = {(query.name, query.of_conversation): query for query in QUERIES}


def fill(database: Database, sources: list[Source]) -> None:
    """Let an analyzer take everything, and then let the time run out."""
    now_ns = end_ns(sources[-1]) + HOUR_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(sources)
    for _ in range(12):
        now_ns += DAY_NS
        while analyzer.close_due():
            pass


def varied(sources: Iterable[Source]) -> list[Source]:
    """Return sources that say of their conversations which service, version, device and language they have."""
    found: list[Source] = []
    for source in sources:
        number = int(conversation_of(source)[1:])
        said = {**source.attributes, v.DEVICE: ("desktop", "mobile")[number % 2]}
        if number % 5:
            said[v.LANGUAGE] = ("en", "nl", HOSTILE)[number % 3]
        version = ("", "1.0", "1.1")[number % 3]
        found.append(source._replace(attributes=said, service=SERVICES[number % 3], version=version))
    return found


def ask(database: Database, name: str, asked: Asked = FOREVER, *, of_conversation: bool = False) -> Any:
    """Return an answer as it is sent, read back; every number as a float or an int."""
    with database.snapshot() as read:
        return json.loads(encoded(BY_PATH[name, of_conversation].answer(read, asked)))


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, but for the last digits of numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float | Decimal) or isinstance(other, float | Decimal):
        return None not in (one, other) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def near(found: Sequence[float | None], wanted: Sequence[float | None]) -> bool:
    """Return whether percentiles are less than 5 % off."""
    pairs = list(zip(found, wanted, strict=True))
    if any(None in pair for pair in pairs):
        return all(one is other for one, other in pairs)
    return all(math.isclose(one, other, rel_tol=0.05) for one, other in pairs)  # type: ignore[arg-type]


# --- the same figures, another way ------------------------------------------------------------------------------------


def rate(part: int, whole: int) -> dict[str, Any] | None:
    """Return a rate; the ends of its interval are where the share lies 1.96 standard errors away from it."""
    if not whole:
        return None
    p, z2 = part / whole, 1.959963984540054**2
    a, b, c = whole + z2, -(2 * part + z2), part * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    low, high = max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))
    return {"value": p, "low": 0.0 if part == 0 else low, "high": 1.0 if part == whole else high} | {
        "part": part,
        "whole": whole,
    }


def mean(values: Iterable[float | None]) -> dict[str, Any] | None:
    """Return the mean of what is known."""
    known = [float(value) for value in values if value is not None]
    return {"value": fmean(known), "count": len(known)} if known else None


def share(records: Sequence[ConversationRecord], **said: Any) -> dict[str, Any] | None:
    """Return the share of those that have a value in a field."""
    ((field, value),) = said.items()
    return rate(sum(getattr(one, field) == value for one in records), len(records))


def costs(records: Iterable[ConversationRecord]) -> Decimal:
    """Return what episodes cost."""
    return sum((one.cost for one in records if one.cost is not None), Decimal(0))


def money(records: Sequence[ConversationRecord]) -> dict[str, Any]:
    """Return what is known of the money."""
    known = [one for one in records if one.cost is not None]
    whole = [one for one in known if not one.unpriced_calls]
    resolved = sum(one.resolution_status == v.RESOLVED for one in records)
    verified = [one for one in records if v.VERIFIED in one.resolutions]
    escalated = [one for one in records if one.escalated]
    priced = [one for one in verified if not one.unpriced_calls]
    saved = HUMAN * len(priced) - costs(priced) - costs(one for one in escalated if not one.unpriced_calls)
    return {
        "cost_usd": costs(known) if known else None,
        "cost_per_conversation_usd": costs(whole) / len(whole) if whole else None,
        "priced_conversations": len(whole),
        "cost_per_resolved_usd": costs(known) / resolved if known and resolved else None,
        "resolved_conversations": resolved,
        "savings_usd": saved if known else None,
        "savings_left_out": sum(bool(o.unpriced_calls) for o in records if v.VERIFIED in o.resolutions or o.escalated),
        "unpriced_calls": sum(one.unpriced_calls for one in records),
    }


def figures(records: Sequence[ConversationRecord]) -> dict[str, Any]:
    """Return the figures of engaged episodes."""
    count = len(records)
    statuses = [one.resolution_status for one in records if one.resolution_status is not None]
    feelings = Counter(one.sentiment for one in records)
    known = count - feelings[None]
    rated = [one.rating for one in records if one.rating is not None]
    settled = [one for one in records if one.returned is not None]
    told = [one for one in records if (one.input_tokens, one.output_tokens) != (None, None)]
    scores = [[score for _, _, score in one.ratings if score is not None] for one in records]
    first = [None if one.first_response_ns is None else one.first_response_ns / 1e9 for one in records]
    ways = Counter(one.trajectory for one in records)
    return {
        "conversations": count,
        "outcomes": {name: sum(one.outcome == name for one in records) for name in v.OUTCOMES},
        "completion_rate": share(records, outcome=v.COMPLETED),
        "abandonment_rate": share(records, outcome=v.ABANDONED),
        "failure_rate": share(records, outcome=v.FAILED),
        "escalation_rate": share(records, escalated=True),
        "resolution_rate": rate(statuses.count(v.RESOLVED), len(statuses)),
        "resolution_coverage": rate(len(statuses), count),
        "resolutions": {
            name: rate(sum(name in one.resolutions for one in records), len(settled) if name == v.ASSUMED else count)
            for name in v.RESOLUTIONS
        },
        "sentiments": {name: feelings[None if name == v.UNKNOWN else name] for name in v.SENTIMENTS},
        "negative_rate": rate(feelings[v.NEGATIVE] + feelings[v.FRUSTRATED], known),
        "trajectories": {name: ways[None if name == v.UNKNOWN else name] for name in v.TRAJECTORIES},
        "csat": rate(rated.count(v.POSITIVE), len(rated)),
        "csat_response_rate": rate(len(rated), count),
        "rating": mean(score for of_episode in scores for score in of_episode),
        "satisfaction": mean(one.satisfaction for one in records),
        "dissatisfied_turn_rate": rate(
            sum(one.dissatisfied_turns or 0 for one in records), sum(one.judged_turns for one in records)
        ),
        "turns": mean(one.user_turns for one in records),
        "duration_seconds": mean(one.duration_seconds for one in records),
        "resolution_seconds": mean(o.duration_seconds for o in records if o.resolution_status == v.RESOLVED),
        "first_response_seconds": mean(first),
        "effort": mean(one.effort for one in records),
        "tokens": mean((one.input_tokens or 0) + (one.output_tokens or 0) for one in told),
        "tool_error_rate": rate(sum(one.tool_errors for one in records), sum(one.tool_calls for one in records)),
        **{name: sum(getattr(o, name) or 0 for o in records) for name in ("rephrases", "repeats", "loops", "handoffs")},
        "guardrail_trips": sum(one.guardrail_trips for one in records),
        "without_signals": sum(one.without_signals for one in records),
        "money": money(records),
    }


def ended(records: Iterable[ConversationRecord], asked: Asked) -> list[ConversationRecord]:
    """Return the engaged episodes that ended in a window."""
    found = [one for one in records if asked.from_ns <= one.ended_ns < asked.to_ns and one.engaged]
    return [one for one in found if asked.service in (None, one.service.name)]


def within(asked: Asked, source: Source, time_ns: int) -> bool:
    """Return whether something happened in a window."""
    return asked.from_ns <= time_ns < asked.to_ns and asked.service in (None, source.service.name)


def spans(sources: Iterable[Source], asked: Asked, operation: str) -> list[SpanRecord]:
    """Return the spans of an operation that began in a window."""
    return [
        one
        for one in sources
        if isinstance(one, SpanRecord)
        and operation in (one.attributes.get(v.GEN_AI_OPERATION_NAME), one.attributes.get(v.OPERATION))
        and within(asked, one, one.start_ns)
    ]


def spoken(sources: Iterable[Source]) -> list[tuple[int, str | None, Source]]:
    """Return when users spoke, and who: the runs of turns, and what came without one."""
    found: list[tuple[int, str | None, Source]] = []
    for one in sources:
        said = one.attributes
        if isinstance(one, LogRecord):
            if one.event_name == v.EVENT_USER_MESSAGE:
                found.append((one.time_ns, said.get(v.USER_HASH), one))
        elif said.get(v.OPERATION) == v.OPERATION_TURN and not said.get(v.TURN_RESUMED):
            found.append((one.start_ns, said.get(v.USER_HASH), one))
    return found


def spread(nanoseconds: Sequence[int | float]) -> tuple[float | None, float | None]:
    """Return median and 95th percentile in seconds, between the two values that are next."""
    if len(nanoseconds) < 2:
        return (nanoseconds[0] / 1e9,) * 2 if nanoseconds else (None, None)
    cuts = quantiles(nanoseconds, n=20, method="inclusive")
    return cuts[9] / 1e9, cuts[18] / 1e9


def instant_of(nanoseconds: int) -> str:
    """Return a time as ISO 8601, UTC, to the nanosecond."""
    whole = datetime.fromtimestamp(nanoseconds // 10**9, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S")
    rest = nanoseconds % 10**9
    return f"{whole}.{rest:09d}Z" if rest else f"{whole}Z"


def open_ones(records: Iterable[ConversationRecord]) -> list[ConversationRecord]:
    """Return those of which something remained unresolved."""
    return [one for one in records if one.resolution_status in (v.UNRESOLVED, v.PARTIALLY_RESOLVED)]


def resolved_of(records: Sequence[ConversationRecord]) -> dict[str, Any] | None:
    """Return the share that was resolved of those whose result is known."""
    known = [one for one in records if one.resolution_status is not None]
    return rate(sum(one.resolution_status == v.RESOLVED for one in known), len(known))


def intents_of(records: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """Return how often each intent came first and beside others, the most frequent first."""
    found = []
    for name in {name for one in records for name in one.intents}:
        first = [one for one in records if one.intents[:1] == (name,)]
        beside = [one for one in records if name in one.intents[1:]]
        found.append(
            {
                "intent": name,
                "count": len(first),
                "last_seen": instant_of(max(one.ended_ns for one in [*first, *beside])),
                "secondary": len(beside),
                "unresolved": len(open_ones(first)),
                "share": rate(len(first), sum(bool(one.intents) for one in records)),
                "unresolved_rate": rate(len(open_ones(first)), len(first)),
                "resolution_rate": resolved_of(first),
            }
        )
    return sorted(found, key=lambda one: (-one["count"], -one["secondary"], one["intent"]))


def topics_of(records: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """Return how often each topic was talked about."""
    known = [one for one in records if one.topic is not None]
    found = [
        {
            "topic": topic,
            "count": len(some),
            "last_seen": instant_of(max(one.ended_ns for one in some)),
            "unresolved": len(open_ones(some)),
            "share": rate(len(some), len(known)),
            "unresolved_rate": rate(len(open_ones(some)), len(some)),
            "resolution_rate": resolved_of(some),
        }
        for topic, some in groups(known, lambda one: one.topic).items()
    ]
    return sorted(found, key=lambda one: (-one["count"], one["topic"]))


def unresolved_of(records: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """Return the topics of which something remained unresolved, with the latest conversations."""
    found = []
    for one in topics_of(records):
        mine = open_ones(record for record in records if record.topic == one["topic"])
        latest = sorted(mine, key=lambda record: (-record.ended_ns, record.conversation_id))
        if mine:
            found.append(
                {
                    "topic": one["topic"],
                    "count": len(mine),
                    "conversations": one["count"],
                    "rate": rate(len(mine), one["count"]),
                    "last_seen": one["last_seen"],
                    "examples": list(dict.fromkeys(record.conversation_id for record in latest))[:3],
                }
            )
    return sorted(found, key=lambda one: (-one["count"], one["topic"]))


# --- tests ------------------------------------------------------------------------------------------------------------

SOURCES = varied(day_of(random.Random(21), 130))
RECORDS = straight(SOURCES).records
ENDS = sorted(one.ended_ns for one in RECORDS)
WINDOWS = {
    "all": FOREVER,
    "edges": FOREVER._replace(from_ns=ENDS[20], to_ns=ENDS[70]),
    "some hours": FOREVER._replace(from_ns=BEGIN_NS + 6 * HOUR_NS, to_ns=BEGIN_NS + 18 * HOUR_NS),
    "a service": FOREVER._replace(service="shop"),
    "a hostile service": FOREVER._replace(service=HOSTILE),
    "a service, edges": FOREVER._replace(service="shop", from_ns=ENDS[20], to_ns=ENDS[80]),
    "nothing": FOREVER._replace(service="nobody"),
}


SOME = ("all",)


def groups(items: Iterable[T], field: Callable[[T], Any]) -> dict[Any, list[T]]:
    """Return items by a value that a function reads."""
    found: dict[Any, list[T]] = {}
    for one in items:
        found.setdefault(field(one), []).append(one)
    return found


def check_overview(database: Database, asked: Asked) -> None:
    """All figures, the fixed shapes among them."""
    records = ended(RECORDS, asked)
    wanted, found = figures(records), ask(database, "overview", asked)
    assert same(found["figures"], wanted), (found["figures"], wanted)
    visits = [one for one in RECORDS if not one.engaged and within(asked, SOURCES[0], one.ended_ns)]
    visits = [one for one in visits if asked.service in (None, one.service.name)]
    assert found["visits"] == len(visits)
    assert found["users"] == len({one.context.user for one in records} - {None})
    assert found["open_now"] == 0
    durations = spread([one.duration_ns for one in records])
    assert near([found["median_duration_seconds"], found["p95_duration_seconds"]], durations)

    def value(name: str) -> Any:
        return None if wanted[name] is None else wanted[name]["value"]

    few = ask(database, "analytics", asked)
    assert few["total_conversations"] == len(records)
    assert [one["topic"] for one in few["top_topics"]] == [one["topic"] for one in topics_of(records)][:10]
    plain = [few["ai_resolution_rate"], few["avg_csat"], few["avg_turns"], few["estimated_savings"]]
    expected = [value("resolution_rate"), value("rating"), value("turns"), wanted["money"]["savings_usd"]]
    assert same(plain, expected)
    board = ask(database, "analytics/dashboard", asked)
    totals = {
        "total_conversations": len(records),
        "avg_turns": value("turns"),
        "avg_duration": value("duration_seconds"),
        "avg_effort": value("effort"),
        "avg_tokens": value("tokens"),
        "resolution_rate": value("resolution_rate"),
        "negative_rate": value("negative_rate"),
    }
    assert same(board["overview"], totals)
    assert same(board["top_intents"], intents_of(records)[:10])
    assert same(board["unresolved_topics"], unresolved_of(records)[:10])
    assert same(ask(database, "top-intents", asked)["items"], intents_of(records))
    assert same(ask(database, "topics", asked)["items"], topics_of(records))
    assert same(ask(database, "unresolved-topics", asked)["items"], unresolved_of(records))


def check_groups(database: Database, asked: Asked) -> None:
    """Agents, models, versions and the columns of people, each with all figures."""
    records = ended(RECORDS, asked)
    fields = {
        "compare-agents": lambda one: one.agent,
        "compare-versions": lambda one: one.context.version,
        "countries": lambda one: one.context.country,
        "devices": lambda one: one.context.device,
        "channels": lambda one: one.context.channel,
        "languages": lambda one: one.context.language,
    }
    for name, field in fields.items():
        found = ask(database, name, asked)["items"]
        wanted = groups(records, field)
        assert {one["name"] for one in found} == set(wanted), name
        assert [one["share"]["part"] for one in found] == sorted(map(len, wanted.values()), reverse=True)
        for one in found:
            assert same(one["figures"], figures(wanted[one["name"]])), (name, one["name"])
            assert same(one["share"], rate(len(wanted[one["name"]]), len(records)))
            if "users" in one:
                assert one["users"] == len({record.context.user for record in wanted[one["name"]]} - {None})
    found = ask(database, "compare-models", asked)["items"]
    called = {name for one in records for name in one.models or (None,)}
    assert {one["name"] for one in found} == called
    for one in found:
        wanted_of_model = [record for record in records if one["name"] in (record.models or (None,))]
        assert same(one["figures"], figures(wanted_of_model)), one["name"]


def check_time(database: Database, asked: Asked) -> None:
    """Days, hours and turns, in zones with odd offsets too."""
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        local = asked._replace(zone=ZoneInfo(zone), zone_name=zone)
        days = groups(ended(RECORDS, asked), partial(_day, zone))
        found = ask(database, "sentiment-by-day", local)["items"]
        assert [one["day"] for one in found] == sorted(days)
        for one in found:
            wanted = figures(days[one["day"]])
            assert one["conversations"] == wanted["conversations"]
            assert same([one["sentiments"], one["negative_rate"]], [wanted["sentiments"], wanted["negative_rate"]])
        trend = ask(database, "analytics/dashboard", local)["sentiment_trend"]
        assert trend == [
            {"day": one["day"], **{name: one["sentiments"][name] for name in v.SENTIMENTS if name != v.UNKNOWN}}
            for one in found
        ]
        hours_ended = groups(ended(RECORDS, asked), partial(_hour, zone))
        for name, wanted_periods in (("outcomes-by-day", days), ("outcomes-by-hour", hours_ended)):
            found = ask(database, name, local)["items"]
            assert [one["start"] for one in found] == sorted(wanted_periods)
            for one in found:
                wanted = figures(wanted_periods[one.pop("start")])
                assert same(one, {key: wanted[key] for key in one})
        begun = [one for one in RECORDS if one.engaged and asked.from_ns <= one.started_ns < asked.to_ns]
        begun = [one for one in begun if asked.service in (None, one.service.name)]
        hours = Counter(_local(one.started_ns, zone) for one in begun)
        found = ask(database, "conversations-per-hour", local)["items"]
        assert {one["hour"]: one["conversations"] for one in found} == hours
        peaks = Counter(_weekday(time, zone) for time, _, one in spoken(SOURCES) if within(asked, one, time))
        found = ask(database, "peak-hours", local)["items"]
        assert len(found) == 7 * 24
        assert {(one["weekday"], one["hour"]): one["messages"] for one in found if one["messages"]} == peaks


def check_drop_off(database: Database, asked: Asked) -> None:
    """Turns that were reached, and given up in."""
    records = ended(RECORDS, asked)
    found = ask(database, "drop-off", asked)["items"]
    survival = 1.0
    for turn, one in enumerate(found, 1):
        reached = sum(record.user_turns >= turn for record in records)
        left = sum(record.user_turns == turn and record.outcome == v.ABANDONED for record in records)
        survival *= 1 - left / reached
        assert (one["turn"], one["reached"], one["abandoned"]) == (str(turn), reached, left)
        assert same([one["hazard"], one["survival"]], [rate(left, reached), survival])
    assert len(found) == max((one.user_turns for one in records), default=0)


def check_calls(database: Database, asked: Asked) -> None:
    """Tools, models, errors and what calls cost."""
    tools = groups(spans(SOURCES, asked, v.OPERATION_EXECUTE_TOOL), lambda one: one.attributes[v.GEN_AI_TOOL_NAME])
    found = ask(database, "tools", asked)["items"]
    assert [one["calls"] for one in found] == sorted(map(len, tools.values()), reverse=True)
    for one in found:
        calls: Any = tools[one["tool"]]
        failed = sum(v.TOOL_RESULT_FAILED in call.attributes for call in calls)
        p50, p95 = spread([call.end_ns - call.start_ns for call in calls])
        assert near([one.pop("p50_seconds"), one.pop("p95_seconds")], (p50, p95))
        wanted = {"tool": one["tool"], "calls": len(calls), "errors": failed, "error_rate": rate(failed, len(calls))}
        assert same(one, wanted)

    handed: Any = Counter(
        (one.attributes[v.HANDOFF_FROM_AGENT], one.attributes[v.HANDOFF_TO_AGENT])
        for one in spans(SOURCES, asked, v.OPERATION_HANDOFF)
    )
    found = ask(database, "handoffs", asked)["items"]
    assert {(one["from_agent"], one["to_agent"]): one["handoffs"] for one in found} == handed
    assert [one["handoffs"] for one in found] == sorted(handed.values(), reverse=True)

    models: Any = groups(spans(SOURCES, asked, v.OPERATION_CHAT), lambda one: one.attributes[v.GEN_AI_REQUEST_MODEL])
    found = ask(database, "models", asked)["items"]
    assert {one["model"] for one in found} == set(models)
    for one in found:
        priced = [_priced(call) for call in models[one["model"]]]
        known = [call.cost for call in priced if call.cost is not None]
        tokens = [sum(filter(None, (getattr(c, kind) for c in priced))) or None for kind in ("input", "output")]
        assert (one["calls"], one["errors"], one["unpriced"]) == (len(priced), 0, len(priced) - len(known))
        assert [one["tokens"]["input"], one["tokens"]["output"], one["tokens"]["reasoning"]] == [*tokens, None]
        assert same(one["cost_usd"], sum(known) if known else None)
        assert (one["streamed"], one["p50_first_token_seconds"]) == (0, None)
        assert one["p50_seconds"] == 0.5

    records = ended(RECORDS, asked)
    spending = ask(database, "cost", asked)
    assert same(spending["money"], money(records))
    assert (spending["conversations"], spending["human_cost_usd"]) == (len(records), 5)
    by_pair: Counter[tuple[str, str]] = Counter()
    for calls in models.values():
        said = [call.attributes for call in calls]
        by_pair.update((one[v.GEN_AI_AGENT_NAME], one[v.GEN_AI_REQUEST_MODEL]) for one in said)
    assert {(one["agent"], one["model"]): one["calls"] for one in spending["calls"]["items"]} == by_pair

    found = ask(database, "errors", asked)["items"]
    failing: Any = [call for calls in tools.values() for call in calls if v.TOOL_RESULT_FAILED in call.attributes]
    names = {name for one in records for name in one.error_types} | ({v.TOOL_ERROR_RESULT} if failing else set())
    handed = spans(SOURCES, asked, v.OPERATION_HANDOFF)
    assert not any(one.failed for one in handed)
    assert {one["error_type"] for one in found} == names
    for one in found:
        episodes = sum(one["error_type"] in record.error_types for record in records)
        calls = len(failing) if one["error_type"] == v.TOOL_ERROR_RESULT else 0
        assert same(one["conversations"], rate(episodes, len(records)))
        assert (one["tool_calls"], one["model_calls"], one["handoffs"]) == (calls, 0, 0)


def check_users(database: Database, asked: Asked) -> None:
    """Who spoke, and who had before."""
    said = [one for one in spoken(SOURCES) if asked.service in (None, one[2].service.name)]
    now = [who for time, who, _ in said if asked.from_ns <= time < asked.to_ns]
    before = {who for time, who, _ in said if time < asked.from_ns}
    people = set(now) - {None}
    found = ask(database, "users", asked)
    del found["window"]
    assert same(
        found,
        {
            "unique": len(people),
            "new": len(people - before),
            "returning": len(people & before),
            "returning_rate": rate(len(people & before), len(people)),
            "messages": len(now),
            "messages_without_user": now.count(None),
        },
    )


def check_conversations(database: Database, asked: Asked) -> None:
    """The latest episodes, visits among them."""
    records = [one for one in RECORDS if asked.from_ns <= one.ended_ns < asked.to_ns]
    records = [one for one in records if asked.service in (None, one.service.name)]
    records.sort(key=lambda one: (-one.ended_ns, one.conversation_id, -one.episode))
    found = ask(database, "conversations", asked._replace(limit=10))
    assert [(one["conversation_id"], one["episode"]) for one in found["items"]] == [one[:2] for one in records[:10]]
    assert (found["more"], found["matching"]) == (len(records) > 10, len(records))
    for one, record in zip(found["items"], records, strict=False):
        assert (one["outcome"], one["models"], one["effort"]) == (record.outcome, [*record.models], record.effort)
        assert same(one["cost_usd"], record.cost)
        assert int(one["started"][-10:-1]) == record.started_ns % 10**9


def check_services(database: Database, asked: Asked) -> None:
    """Each service with its episodes, the busiest first."""
    counts = Counter(one.service for one in ended(RECORDS, asked))
    found = ask(database, "services", asked)["items"]
    assert {Service(one["name"], one["namespace"], one["environment"]): one["conversations"] for one in found} == counts
    assert [one["conversations"] for one in found] == sorted(counts.values(), reverse=True)


def test_every_figure(database: Database) -> None:
    """Over all windows and services every query says what Python reckons from the records and the spans.

    It does so from rows, from sums by day, and from both.
    """
    fill(database, SOURCES)
    assert len(RECORDS) > 100
    assert [name for name, asked in WINDOWS.items() if len(ended(RECORDS, asked)) < 10] == ["nothing"]
    sum_all = Summing(database, lambda: FOREVER.to_ns).sum_all
    for summing, windows in ((int, [*WINDOWS]), (partial(sum_every_other_day, database), SOME), (sum_all, SOME)):
        print(summing(), "days summed up")  # noqa: T201 - shown with a failure
        for name in windows:
            asked = WINDOWS[name]
            for check in (
                check_overview, check_groups, check_time, check_drop_off, check_calls, check_users,
                check_conversations, check_services,
            ):  # fmt: skip
                print(name, check.__name__)  # noqa: T201 - shown with a failure
                check(database, asked)


def sum_every_other_day(database: Database) -> int:
    """Sum up every other day; return how many."""
    with database.transaction() as transaction:
        days = transaction.unsummed(FOREVER.to_ns // DAY_NS)
    for source, day in days[::2]:
        sum_up(database, source, day)
    return len(days[::2])


def test_namespaces_and_environments(database: Database) -> None:
    """What is asked of a namespace or an environment is said of its services alone, also of those without one."""
    fill(database, SOURCES)
    asked = FOREVER
    for name in ("overview", "tools", "users", "peak-hours", "conversations-per-hour", "conversations"):
        of_service = ask(database, name, asked._replace(service="help"))
        for namespace, environment in (("eu", None), (None, "live"), ("eu", "live")):
            found = ask(database, name, asked._replace(namespace=namespace, environment=environment))
            assert {**found, "window": None} == {**of_service, "window": None}
            assert found["window"]["service_namespace"] == namespace
            assert found["window"]["deployment_environment_name"] == environment
    others = ask(database, "overview", asked._replace(namespace=""))["figures"]["conversations"]
    assert others == sum(one.engaged and one.service.name != "help" for one in RECORDS)
    assert ask(database, "overview", asked._replace(namespace="us"))["figures"]["conversations"] == 0


def test_turns_are_those_of_the_counters(database: Database) -> None:
    """Over all time drop-off has the turns that the metrics count as reached and abandoned, those above 20 too."""
    long = write(" | ".join(["user hi", *(["user hi | agent x"] * 24)]), "long", BEGIN_NS)
    sources = sorted([*day_of(random.Random(22), 40), *long], key=end_ns)
    fill(database, sources)
    host = straight(sources)
    found = ask(database, "drop-off")["items"]

    assert found[-1]["turn"] == "21+"
    assert found[-1]["survival"] is None
    for one in found:
        assert one["reached"] == host.count("turn_reached", one["turn"])
        assert one["abandoned"] == host.count("turn_abandoned", one["turn"])


def test_costs_are_exact(database: Database) -> None:
    """Sums of costs have all digits that the prices have, in the text of the answer too."""
    fill(database, write("user hi | model mini 1 1 | model mini 1 0 | agent x"))
    with database.snapshot() as read:
        body = encoded(BY_PATH["overview", False].answer(read, FOREVER))

    assert Decimal(json.loads(body, parse_float=str)["figures"]["money"]["cost_usd"]) == Decimal("0.0000009")


def test_without_data_nothing_is_known(database: Database) -> None:
    """Of an empty database every rate, mean and sum of money is null, and every list empty; no query fails."""
    for query in QUERIES:
        with database.snapshot() as read:
            answer = query.answer(read, FOREVER._replace(conversation_id="c"))
        if query.of_conversation:
            assert answer is None
            continue
        found = json.loads(encoded(answer))
        for name, value in [*found.items(), *found.get("figures", {}).items()]:
            if name.endswith("rate") or name in ("turns", "rating", "csat"):
                assert value is None, (query.name, name)
        assert query.name == "peak-hours" or found.get("items", []) == []
    assert ask(database, "cost")["money"]["savings_usd"] is None
    assert ask(database, "analytics")["avg_csat"] is None


def test_edges_of_a_window(database: Database) -> None:
    """The first instant of a window belongs to it, that of its end does not; an end counts, not when it began."""
    fill(database, write("user hi | agent x | end completed"))
    (record,) = straight(write("user hi | agent x | end completed")).records

    def count(from_ns: int, to_ns: int) -> Any:
        return ask(database, "analytics", FOREVER._replace(from_ns=from_ns, to_ns=to_ns))["total_conversations"]

    end = record.ended_ns
    assert [count(end, end + 1), count(end - 1, end), count(end + 1, end + 2)] == [1, 0, 0]
    begun = FOREVER._replace(from_ns=record.started_ns, to_ns=record.started_ns + 1)
    assert [one["conversations"] for one in ask(database, "conversations-per-hour", begun)["items"]] == [1]
    assert ask(database, "analytics", begun)["total_conversations"] == 0


def _at(text: str, zone: str = "Europe/Amsterdam") -> int:
    return asked_of([("from", text), ("tz", zone)], Taken(), 1_800_000_000 * 10**9).from_ns


def test_a_day_of_23_hours(database: Database) -> None:
    """Where the clocks go forward a day begins and ends at local midnight, 23 hours apart."""
    moments = ["2026-03-28T23:59:30", "2026-03-29T00:00:00", "2026-03-29T01:59:30", "2026-03-29T03:00:00"]
    moments += ["2026-03-29T23:59:30", "2026-03-30T00:00:00"]
    sources = [s for at, text in enumerate(moments) for s in write("user hi | end", f"c{at}", _at(text) - 10 * 10**9)]
    fill(database, sorted(sources, key=end_ns))
    zone = "Europe/Amsterdam"
    asked = asked_of([("from", "2026-03-28"), ("to", "2026-03-31"), ("tz", zone)], Taken(), 0)

    assert asked.to_ns - asked.from_ns == 71 * HOUR_NS
    days = ask(database, "sentiment-by-day", asked)["items"]
    assert {one["day"]: one["conversations"] for one in days} == {"2026-03-28": 1, "2026-03-29": 4, "2026-03-30": 1}
    hours = ask(database, "conversations-per-hour", asked)["items"]
    assert [one["hour"] for one in hours] == [
        "2026-03-28T23:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+01:00",
        "2026-03-29T03:00:00+02:00", "2026-03-29T23:00:00+02:00", "2026-03-30T00:00:00+02:00",
    ]  # fmt: skip
    ends = ask(database, "outcomes-by-day", asked)["items"]
    assert {one["start"]: one["conversations"] for one in ends} == {"2026-03-28": 1, "2026-03-29": 4, "2026-03-30": 1}
    peaks = ask(database, "peak-hours", asked)["items"]
    spoke = {(one["weekday"], one["hour"]) for one in peaks if one["messages"]}
    assert spoke == {(6, 23), (7, 0), (7, 1), (7, 3), (7, 23), (1, 0)}


def test_an_hour_that_comes_twice(database: Database) -> None:
    """Where the clocks go back the hour between two and three stands twice, with its offsets."""
    first, second = _at("2026-10-25T02:30:00+02:00"), _at("2026-10-25T02:30:00+01:00")
    fill(database, sorted([*write("user hi", "c1", first), *write("user hi", "c2", second)], key=end_ns))
    asked = asked_of([("from", "2026-10-25"), ("to", "2026-10-26"), ("tz", "Europe/Amsterdam")], Taken(), 0)

    assert asked.to_ns - asked.from_ns == 25 * HOUR_NS
    hours = ask(database, "conversations-per-hour", asked)["items"]
    assert [one["hour"] for one in hours] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
    assert [one["conversations"] for one in ask(database, "sentiment-by-day", asked)["items"]] == [2]
    ends = ask(database, "outcomes-by-hour", asked)["items"]
    assert [one["start"] for one in ends] == [one["hour"] for one in hours]
    assert [one["conversations"] for one in ask(database, "outcomes-by-day", asked)["items"]] == [2]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Africa/Casablanca", "Australia/Lord_Howe", "America/Caracas"])
def test_offsets_of_ten_years(zone: str) -> None:
    """Every offset is that of the zone at its first and last second, and they follow each other without a gap."""
    from_ns, to_ns = BEGIN_NS + 1, BEGIN_NS + 3653 * DAY_NS + 7
    found = offsets(ZoneInfo(zone), from_ns, to_ns)

    assert (found[0].from_ns, found[-1].to_ns) == (from_ns, to_ns)
    assert [one.to_ns for one in found[:-1]] == [one.from_ns for one in found[1:]]
    for one in found:
        for time_ns in (one.from_ns, one.to_ns - 1):
            assert _ahead(time_ns, zone) * 10**9 == one.offset_ns
    assert len(found) >= (1 if zone == "America/Caracas" else 20)
    assert offsets(ZoneInfo(zone), 5, 6)[0] == Offset(5, 6, _ahead(5, zone) * 10**9)


def test_one_conversation(database: Database) -> None:
    """By its id there is everything that is stored of a conversation, of all its episodes, and of no other."""
    moves = "user hi | model mini 9 9 | tool look | agent x | end completed | idle 30h | user again | guard safety"
    others = [one for name in ("a", "z") for one in write("user hi | tool other | agent x | end", name)]
    fill(database, sorted([*write(moves, HOSTILE), *others], key=end_ns))
    asked = FOREVER._replace(conversation_id=HOSTILE)
    found = ask(database, "conversations", asked, of_conversation=True)

    assert [one["outcome"] for one in found["episodes"]] == [v.COMPLETED, v.ABANDONED]
    assert [(one["kind"], one["name"]) for one in found["calls"]] == [
        ("model", "mini"), ("tool", "look"), ("guardrail", "safety"),
    ]  # fmt: skip
    assert [one["role"] for one in found["messages"]] == [v.ROLE_USER, v.ROLE_AGENT, v.ROLE_USER]
    assert found["calls"][0]["duration_seconds"] == 0.5
    assert (found["open"], found["more"], found["conversation_id"]) == (False, False, HOSTILE)
    assert ask(database, "conversations", asked._replace(limit=1), of_conversation=True)["more"]


def test_assumed_waits_for_a_day(database: Database) -> None:
    """Whether a user was back is known a day after the end: until then assumed is a share of nothing."""
    sources = write("user hi | agent it is booked | end completed")
    now_ns = end_ns(sources[-1]) + HOUR_NS
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(sources)
    now_ns += HOUR_NS
    analyzer.close_due()
    found = ask(database, "overview")["figures"]["resolutions"]

    assert found["assumed"] is None
    assert [found[name]["whole"] for name in (v.CONTAINED, v.CONFIRMED, v.VERIFIED)] == [1, 1, 1]


def test_limits_are_told(database: Database) -> None:
    """A list that is cut says so, and has those that count most."""
    moves = "user hi | tool a | tool b | tool b | tool c | tool c | tool c | agent x"
    fill(database, write(moves))
    found = ask(database, "tools", FOREVER._replace(limit=2))

    assert ([one["tool"] for one in found["items"]], found["more"]) == (["c", "b"], True)
    assert not ask(database, "tools", FOREVER._replace(limit=3))["more"]


def test_open_conversations(database: Database) -> None:
    """What is open counts as such, by service, and in nothing else."""
    now_ns = BEGIN_NS + HOUR_NS // 4
    analyzer = Analyzer(database, DEFAULT_RULES, lambda: now_ns, price, writer=getattr(database, "writer", 0))
    analyzer.take(write("user hi | agent x"))

    assert ask(database, "overview")["open_now"] == 1
    assert ask(database, "overview", FOREVER._replace(service="other"))["open_now"] == 0
    assert ask(database, "overview")["figures"]["conversations"] == 0
    assert ask(database, "conversations", FOREVER._replace(conversation_id="c"), of_conversation=True)["open"]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("1700000000123456789", 1_700_000_000_123_456_789),
        ("1970-01-02", DAY_NS),
        ("1970-01-01T01:00", HOUR_NS),
        ("1970-01-01 01:00:30", HOUR_NS + 30 * 10**9),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T02:00:00.25+01:30", HOUR_NS // 2 + 250_000_000),
        ("1970-01-01T02:00:00 01:30", HOUR_NS // 2),
        ("2262-04-11T23:47:16.854775806Z", 2**63 - 2),
    ],
)
def test_times(text: str, nanoseconds: int) -> None:
    """Times are read to the nanosecond; a plus sign that became a space is one."""
    found = asked_of([("from", text), ("to", str(min(nanoseconds + 1, 2**63 - 1)))], Taken(), 0)
    assert found.from_ns == nanoseconds


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ("hours=0", "hours"), ("hours=abc", "hours"), ("hours=", "hours"), ("hours=nan", "hours"),
        ("hours=1e3", "hours"), ("hours=87673", "hours"), ("days=3654", "days"), ("days=0.0000000001", "days"),
        ("hours=٣", "hours"), ("hours=1&days=1", "days"), ("hours=1&hours=2", "hours"), ("hours=1&from=0", "hours"),
        ("to=5", "to"), ("from=5&to=5", "to"), ("from=6&to=5", "to"), ("from=9999999999999999999", "from"),
        ("from=yesterday", "from"), ("hours=-1", "hours"),
        ("from=1969-12-31", "from"), ("from=2300-01-01", "from"),
        ("from=2026-02-30", "from"),
        ("from=0001-01-01&tz=Asia/Tokyo", "from"), ("from=1980-01-01&to=1991-01-01", "from"), ("from=2026", "from"),
        ("from=2026-01-01T25:00", "from"), ("from=2026-01-01T00:00%2B99:00", "from"), ("to=2026-01-01", "to"),
        ("tz=Mars/Base", "tz"), ("tz=", "tz"), ("tz=../../etc/passwd", "tz"), ("tz=europe/amsterdam", "tz"),
        ("tz=Europe", "tz"), ("service=", "service"), ("service=%00", "service"), ("service=" + "x" * 1025, "service"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=1.5", "limit"), ("limit=-1", "limit"), ("day=1", "day"),
        ("Hours=1", "Hours"), ("=1", ""), ("conversation_id=1", "conversation_id"),
    ],
)  # fmt: skip
def test_wrong_parameters(given: str, parameter: str) -> None:
    """A parameter that is none, or has a value that it cannot have, is told by name with what is allowed."""
    with pytest.raises(WrongParameterError) as raised:
        asked_of(parse_qsl(given, keep_blank_values=True), Taken(limit=100), 1_000)
    assert raised.value.parameter == parameter
    assert raised.value.allowed


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("from", "to", "hours", "days", "tz", "service", "limit")) | st.text(max_size=5),
            st.text(max_size=30) | st.integers().map(str) | st.datetimes().map(str) | st.floats().map(str),
        ),
        max_size=3,
    )
)
def test_any_parameters(given: list[tuple[str, str]]) -> None:
    """Whatever is given, it is either told as wrong or makes a window of at most ten years that can be asked about."""
    try:
        asked = asked_of(given, Taken(limit=100), BEGIN_NS)
    except WrongParameterError:
        return
    assert 0 <= asked.from_ns < asked.to_ns < 2**63
    assert asked.to_ns - asked.from_ns <= 3653 * DAY_NS
    assert asked.values()["zone_to_ns"][-1] == asked.to_ns


def _priced(span: SpanRecord) -> ModelCalled:
    said = span.attributes
    tokens = said.get(v.GEN_AI_USAGE_INPUT_TOKENS), said.get(v.GEN_AI_USAGE_OUTPUT_TOKENS)
    head = span.span_id, span.start_ns, span.end_ns, span.service, span.trace_id, None
    return price(ModelCalled(*head, said[v.GEN_AI_REQUEST_MODEL], *tokens, *(None,) * 9))


def _local(time_ns: int, zone: str) -> str:
    """Return the local hour of a time, with its offset."""
    return datetime.fromtimestamp(time_ns // 10**9, ZoneInfo(zone)).replace(minute=0, second=0).isoformat()


def _day(zone: str, record: ConversationRecord) -> str:
    return _local(record.ended_ns, zone)[:10]


def _hour(zone: str, record: ConversationRecord) -> str:
    return _local(record.ended_ns, zone)


def _weekday(time_ns: int, zone: str) -> tuple[int, int]:
    local = datetime.fromtimestamp(time_ns // 10**9, ZoneInfo(zone))
    return local.isoweekday(), local.hour


def _ahead(time_ns: int, zone: str) -> int:
    offset = datetime.fromtimestamp(time_ns // 10**9, ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
