"""A judge at work: what is judged, once, within the budget, and what a judgement changes, at a real endpoint."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.errors import SettingError, fault_counts
from otel_agent_analytics.insights.extractor import Used
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service.judge_limits import Limits
from otel_agent_analytics.service.judge_settings import bench_of
from otel_agent_analytics.service.sampling import is_chosen
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase
from otel_agent_analytics.tracking.pricing import pricing
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.judge_endpoint import Asked, Endpoint, Reply, endpoint, findings
from tests.helpers.judged import DAY_NS, Clock, Court, court, talk, usd_of, without_judge
from tests.helpers.script import BEGIN_NS, Source, write
from tests.helpers.traffic import price

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.storage.database import Database

CALL_USD = usd_of(Used(1000, 100, 0, 0))
"""What the endpoint says that a call used."""
MINUTE_NS = 60 * 10**9
USER = "ab" * 32


@pytest.fixture
def memory() -> Iterator[Database]:
    """Yield an empty database in memory, for what is the same in all of them."""
    opened = DuckDBDatabase(IN_MEMORY)
    yield opened
    opened.close()


@pytest.fixture
def served() -> Iterator[Endpoint]:
    """Run an endpoint that finds each conversation resolved."""
    with endpoint() as one:
        yield one


def saying(*statuses: str) -> Any:
    """Return what answers with these statuses, one after the other, the last one from then on."""
    left = list(statuses)
    return lambda _: Reply(said=findings(resolution_status=left.pop(0) if len(left) > 1 else left[0]))


def some(count: int) -> list[Source]:
    """Return conversations of one turn, each in words of its own."""
    return [
        one for number in range(count) for one in talk(f"c{number:03}", (f"where is order {number}?", "on its way"))
    ]


def settled(there: Court) -> None:
    """Let the time come at which the record of an end has taken up what was said of it."""
    there.clock.now_ns += 2 * MINUTE_NS
    there.close()


def test_each_ended_conversation_is_judged_once(database: Database, served: Endpoint) -> None:
    """Each has one row with what was found, its job is gone, and counters say what it was and what it cost."""
    there = court(database, served.url)
    there.end(*some(5))
    assert there.waiting() == 5
    there.judge_all()

    assert there.rows() == [(f"c{number:03}", 1, 1, "resolved") for number in range(5)]
    columns = "extractor, extractor_version, primary_intent, sentiment, effort, topics, service_name, cost_usd"
    assert set(there.rows(columns)) == {
        ("judge", "tiny 1", "change a flight", "neutral", 2, '["flights"]', "shop", CALL_USD)
    }
    assert json.loads(there.rows("body")[0][0])["resolution_status"]["confidence"] == 0.9
    assert len(served.asked) == 5
    assert there.count("judgements", v.JUDGED) == 5
    assert there.count("judge_cost_usd") == pytest.approx(float(5 * CALL_USD))
    assert there.spent() == 5 * CALL_USD


def test_a_judgement_moves_verified_and_agreement_and_nothing_else(memory: Database, served: Endpoint) -> None:
    """All other counters are the same before and after; verified holds from then on, and comes back with a new end."""
    there = court(memory, served.url)
    there.end(*some(3), *write("user x", "visit"))

    def counted() -> Counter[tuple[str, tuple[str, ...]]]:
        return Counter(
            {
                (metric.name, labels): float(total.value - total.retracted)
                for metric, series in there.analyzer.shown().counters().items()
                for (_, labels), total in series.items()
                if "judge" not in metric.name
            }
        )

    before = counted()
    there.judge_all()
    settled(there)
    moved = {key: value for key, value in (counted() - before).items() if value}

    # What verified is made of: savings are those of verified conversations.
    assert moved == {
        ("agent_analytics_resolutions_total", (v.VERIFIED,)): 3,
        ("agent_analytics_savings_conversations_total", (v.VERIFIED,)): 3,
    }
    assert there.count("judge_resolution_pairs") == 3
    assert memory.read("SELECT count(*) FROM conversations WHERE verified AND judged_resolved") == [(3,)]


def test_an_end_is_not_moved_by_its_judgement(memory: Database, served: Endpoint) -> None:
    """The episode ends when it ended and why it ended, whether or not somebody judged it."""
    there = court(memory, served.url)
    there.end(*talk("idle", ("hi", "hello")), *talk("told", ("hi there", "hello"), more="end completed"))
    columns = "SELECT conversation_id, ended_ns, end_reason, outcome FROM conversations ORDER BY conversation_id"
    before = memory.read(columns)
    there.judge_all()
    settled(there)

    assert memory.read(columns) == before


def test_texts_must_be_there(memory: Database, served: Endpoint) -> None:
    """A conversation without texts, or without a word of its user, gets no job."""
    there = court(memory, served.url)
    there.end(*write("user where is it? | agent lost", "silent"), *write("open | agent hello", "visit"))

    assert there.waiting() == 0
    assert there.count("judgements") == 0


def test_a_share_is_judged(memory: Database, served: Endpoint) -> None:
    """The same conversations are chosen again, by their ids: of 200 a third, within the chance of that."""
    there = court(memory, served.url, share=1 / 3)
    there.end(*some(200))
    chosen = memory.read("SELECT conversation_id FROM insight_jobs ORDER BY conversation_id")

    assert 40 < len(chosen) < 95
    assert {row[0] for row in chosen} == {f"c{number:03}" for number in range(200) if is_chosen(f"c{number:03}", 1 / 3)}


def test_a_conversation_that_goes_on_is_judged_again(database: Database, served: Endpoint) -> None:
    """The first judgement stays as history, and what it counted is taken back; the later one holds."""
    served.reply = saying("unresolved", "resolved")
    there = court(database, served.url)
    there.end(*talk("c1", ("where is it?", "lost")))
    there.judge_all()
    settled(there)
    assert there.count("resolutions", v.VERIFIED) == 0
    assert there.count("judge_resolution_pairs", v.UNKNOWN, v.UNRESOLVED) == 1

    there.end(*talk("c1", ("found it?", "here it is"), begin_ns=there.clock.now_ns))
    assert there.count("judge_resolution_pairs") == 0
    again = court(database, served.url, clock=there.clock)
    again.judge_all()
    settled(again)

    assert again.rows() == [("c1", 1, 1, "unresolved"), ("c1", 1, 2, "resolved")]
    assert [line["turn"] for line in served.asked[-1].lines] == [1, 1, 2, 2]
    assert again.count("judge_resolution_pairs") == 1
    assert again.count("resolutions", v.VERIFIED) == 1
    assert database.read("SELECT judge_status FROM agreement") == [("resolved",)]


def test_the_same_transcript_is_not_judged_twice(memory: Database, served: Endpoint) -> None:
    """A conversation that goes on without a word that is known, and ends, has its judgement back unasked."""
    there = court(memory, served.url)
    there.end(*talk("c1", ("where is it?", "lost")))
    there.judge_all()
    more = write("user -", "c1", there.clock.now_ns, "later")
    there.analyzer.take(more)
    assert there.count("judge_resolution_pairs") == 0
    there.end()

    assert there.waiting() == 0
    assert there.rows() == [("c1", 1, 1, "resolved")]
    assert there.count("judge_resolution_pairs") == 1
    assert len(served.asked) == 1


def test_the_same_words_elsewhere_are_not_asked_about(memory: Database, served: Endpoint) -> None:
    """Another conversation of the same words gets what was found in them, for nothing."""
    there = court(memory, served.url, limits=Limits(concurrency=1))
    there.end(*talk("c1", ("hi", "hello")), *talk("c2", ("hi", "hello")))
    there.judge_all()

    assert there.rows() == [("c1", 1, 1, "resolved"), ("c2", 1, 1, "resolved")]
    assert len(served.asked) == 1
    assert there.count("judgements", v.JUDGED_BEFORE) == 1
    assert there.spent() == CALL_USD


def test_what_cannot_be_read_any_more_is_judged_anew(
    database: Database, served: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A judgement that another version wrote keeps nothing from being stored: its conversation is asked about again."""
    monkeypatch.setenv("AGENT_ANALYTICS_HIDE_FAULTS", "1")
    there = court(database, served.url)
    there.end(*talk("c1", ("where is it?", "lost")))
    there.judge_all()
    with database.transaction() as transaction:
        transaction.ask("UPDATE insights SET body = ? WHERE extractor = 'judge'", [b'{"other": 1}'])
    before = fault_counts()["judge.stored_findings"]
    there.analyzer.take(write("user -", "c1", there.clock.now_ns, "later"))
    there.end()

    assert fault_counts()["judge.stored_findings"] == before + 1
    assert there.waiting() == 1
    again = court(database, served.url, clock=there.clock)
    again.judge_all()
    assert len(served.asked) == 2
    assert again.count("judge_resolution_pairs") == 1
    assert again.rows() == [("c1", 1, 1, "resolved"), ("c1", 1, 2, "resolved")]

    again.analyzer.take(write("user -", "c1", again.clock.now_ns, "later still"))
    again.end()
    assert again.waiting() == 0  # the later one can be read


def test_a_failed_call_is_tried_again(database: Database, served: Endpoint) -> None:
    """After an error and an answer that is none it is judged all the same; an error costs nothing, a bad answer may."""
    replies = [Reply(500), Reply(429), Reply(said="no findings")]
    served.reply = lambda _: replies.pop(0) if replies else Reply()
    there = court(database, served.url)
    there.end(*some(1))
    moving(there)

    assert there.rows() == [("c000", 1, 1, "resolved")]
    for failure in (v.JUDGE_SERVER_ERROR, v.JUDGE_RATE_LIMITED, v.JUDGE_BAD_OUTPUT):
        assert there.count("judge_failures", failure) == 1
    assert len(served.asked) == 4
    assert there.spent() >= 2 * CALL_USD


def moving(there: Court, seconds: float = 20) -> None:
    """Judge all; where nothing is under way the time goes on to the next try, so that rests are short."""

    def tick() -> bool:
        jobs = there.database.read("SELECT due_ns, lease FROM insight_jobs")
        if not any(lease for _, lease in jobs):  # else a lease would be over before its call is
            there.clock.now_ns = max(there.clock.now_ns, min((due_ns for due_ns, _ in jobs), default=0))
        return not jobs

    there.until(tick, seconds)


def test_what_fails_always_is_given_up(memory: Database, served: Endpoint) -> None:
    """After as many attempts as are set it is left unjudged, counted, and asked about no more."""
    served.reply = lambda _: Reply(500)
    there = court(memory, served.url, limits=Limits(attempts=3, backoff_seconds=0.01))
    there.end(*some(2))
    moving(there)

    assert len(served.asked) == 6
    assert there.count("judgements", v.GIVEN_UP) == 2
    assert there.rows() == []
    assert there.spent() == 0


def test_what_kills_its_judge_is_given_up(memory: Database, served: Endpoint) -> None:
    """A job that was taken as often as it may be, without an answer that could be stored, is asked about no more."""
    there = court(memory, served.url, limits=Limits(attempts=3))
    there.end(*some(1))
    with memory.transaction() as transaction:
        transaction.ask("UPDATE insight_jobs SET attempts = 3, lease = 7, due_ns = 0")
    there.judge_all()

    assert served.asked == []
    assert there.count("judgements", v.GIVEN_UP) == 1


def test_what_the_endpoint_refuses_is_not_asked_again(memory: Database, served: Endpoint) -> None:
    """A request that is wrong is wrong again; one that is not allowed waits until a setting has been put right."""
    served.reply = lambda _: Reply(400)
    there = court(memory, served.url)
    there.end(*some(1))
    moving(there)
    assert len(served.asked) == 1
    assert there.count("judgements", v.GIVEN_UP) == 1

    replies = [Reply(401)] * 3
    served.reply = lambda _: replies.pop() if replies else Reply()
    again = court(memory, served.url, clock=there.clock, limits=Limits(attempts=2))
    again.end(*talk("c1", ("hi", "hello"), begin_ns=there.clock.now_ns))
    moving(again)

    assert again.rows() == [("c1", 1, 1, "resolved")]
    assert again.count("judge_failures", v.JUDGE_NOT_ALLOWED) == 3


def test_rests_grow(memory: Database, served: Endpoint) -> None:
    """After each failure the next try comes later: four times as long each time, and up to half as long again."""
    served.reply = lambda _: Reply(500)
    there = court(memory, served.url, limits=Limits(attempts=9, backoff_seconds=2))
    there.end(*some(1))
    rests = []
    for attempt in range(1, 5):
        one = court(memory, served.url, clock=there.clock, limits=Limits(attempts=9, backoff_seconds=2))
        one.until(lambda tries=attempt: one.count("judge_failures") == tries)  # type: ignore[misc]  # noqa: B023 - done at once
        due_ns = memory.read("SELECT due_ns FROM insight_jobs")[0][0]
        rests.append((due_ns - there.clock.now_ns) / 1e9)
        there.clock.now_ns = due_ns

    assert all(2 * 4**n <= rest <= 3 * 4**n for n, rest in enumerate(rests)), rests


def test_the_budget_of_a_day_holds(database: Database, served: Endpoint) -> None:
    """What the budget does not pay for waits for the next UTC day, then goes on; no day spends more than it may."""
    clock = Clock(BEGIN_NS - BEGIN_NS % DAY_NS)
    budget = Decimal("0.02")
    limits = Limits(budget, concurrency=3, backoff_seconds=0.01)
    there = court(database, served.url, clock=clock, limits=limits)
    there.end(*(one for n in range(12) for one in talk(f"c{n}", (f"order {n}?", "yes"), begin_ns=clock.now_ns)))
    there.until(lambda: there.count("judge_postponed") + there.count("judgements") == 12)
    first = len(there.rows())

    assert 0 < first < 12
    assert there.judge.state().waiting == 12 - first
    assert there.spent() <= budget
    clock.now_ns += DAY_NS
    again = court(database, served.url, clock=clock, limits=limits)
    again.until(lambda: again.count("judgements") + again.count("judge_postponed") == 24 - first)

    assert len(again.rows()) > first
    assert all(spent <= budget for (spent,) in database.read("SELECT spent_usd FROM judge_days"))


def test_what_may_have_cost_stays_spent(memory: Database, served: Endpoint) -> None:
    """A call that hangs keeps what was reserved for it; the one that is answered costs what it says."""
    asked: list[Asked] = []

    def once(one: Asked) -> Reply:
        asked.append(one)
        return Reply(hangs=len(asked) == 1)

    there = court(memory, served.url, timeout_seconds=5)
    there.end(*some(1))
    there.judge_all()  # what is loaded at the first call is there from now on
    served.reply = once
    again = court(memory, served.url, clock=there.clock, timeout_seconds=1.0)
    again.end(*talk("c1", ("hi", "hello"), begin_ns=there.clock.now_ns))
    before = again.spent()
    moving(again)

    assert again.count("judge_failures", v.JUDGE_TIMEOUT) == 1
    assert again.spent() > before + 2 * CALL_USD  # the estimate is of more than a call uses
    assert again.count("judge_cost_usd") == pytest.approx(float(2 * CALL_USD))


def test_the_end_waits_no_longer_than_it_may(memory: Database, served: Endpoint) -> None:
    """A call that hangs is let go of when the patience is over; its job is still there, and nothing was stored."""
    asked = threading.Event()

    def hanging(_: Asked) -> Reply:
        asked.set()
        return Reply(hangs=True)

    served.reply = hanging
    there = court(memory, served.url, timeout_seconds=60)
    there.end(*some(1))
    there.judge.start()
    assert asked.wait(20)
    began = time.monotonic()
    there.judge.stop(0.2)

    assert time.monotonic() - began < 10
    assert not [one for one in threading.enumerate() if one.name == "agent-analytics-judge"]
    assert there.waiting() == 1
    assert there.count("judgements") == there.count("judge_failures") == 0


def test_what_went_on_meanwhile_is_not_stored(database: Database, served: Endpoint) -> None:
    """A judgement of a conversation that was reopened, or deleted, while the judge was asked counts only its cost."""
    going, asked = threading.Event(), threading.Event()

    def slowly(_: Asked) -> Reply:
        asked.set()
        going.wait(20)
        return Reply()

    there = court(database, served.url)
    there.end(*talk("c1", ("hi", "hello")))
    served.reply = slowly
    there.judge.start()
    assert asked.wait(20)
    there.analyzer.take(talk("c1", ("and?", "yes"), begin_ns=there.clock.now_ns))
    assert there.waiting() == 0
    going.set()
    give_up = time.monotonic() + 20
    while not there.count("judgements") and time.monotonic() < give_up:
        time.sleep(0.02)
    there.judge.stop()

    assert there.count("judgements", v.DISCARDED) == 1
    assert there.rows() == []
    assert there.spent() == CALL_USD


def test_forgetting_a_user_clears_everything(database: Database, served: Endpoint) -> None:
    """Jobs, judgements and what was counted of them go with the conversations of a user; the totals stay."""
    there = court(database, served.url)
    moves = [*talk("c1", ("hi", "hello"))]
    named = [one._replace(attributes={**one.attributes, v.USER_HASH: USER}) for one in moves]
    there.end(*named, *talk("c2", ("hi you", "hello")))
    there.judge_all()
    there.end(
        *(
            one._replace(attributes={**one.attributes, v.USER_HASH: USER})
            for one in talk("c3", ("more", "yes"), begin_ns=there.clock.now_ns)
        )
    )
    assert there.waiting() == 1
    done = there.analyzer.forget(USER)

    assert set(done.conversation_ids) == {"c1", "c3"}
    assert [done.rows[name] for name in ("insights", "insight_jobs", "agreement")] == [3, 1, 1]
    assert there.rows() == [("c2", 1, 1, "resolved")]
    assert there.waiting() == 0
    assert there.count("judgements", v.JUDGED) == 2


def rated(conversation_id: str, rating: str, there: Court) -> LogRecord:
    """Return a rating of the user that comes now, in the place of the one before."""
    said = {
        v.GEN_AI_CONVERSATION_ID: conversation_id,
        v.EVENT_ID: f"later {rating}",
        v.GEN_AI_EVALUATION_NAME: v.EVALUATION_USER_FEEDBACK,
        v.GEN_AI_EVALUATION_SCORE_LABEL: rating,
    }
    return LogRecord(v.EVENT_EVALUATION_RESULT, there.clock.now_ns, said, Service("shop"))


def test_ratings_stand_against_both(memory: Database, served: Endpoint) -> None:
    """A rating is counted against the rules and against the judge; one that is changed takes the first one back."""
    there = court(memory, served.url)
    there.end(*talk("c1", ("hi", "it is booked"), more="rate negative"))
    there.judge_all()
    assert there.count("judge_rated_resolution_pairs", "resolved", "negative") == 1
    assert there.count("rated_resolution_pairs", v.UNKNOWN, "negative") == 1

    there.analyzer.take([rated("c1", "positive", there)])
    settled(there)

    assert there.count("judge_rated_resolution_pairs", "resolved", "negative") == 0
    assert there.count("judge_rated_resolution_pairs", "resolved", "positive") == 1
    assert there.count("rated_resolution_pairs", v.UNKNOWN, "negative") == 0
    assert there.count("rated_resolution_pairs", v.UNKNOWN, "positive") == 1
    assert there.count("judge_rated_sentiment_pairs", "neutral", "positive") == 1


def test_ratings_stand_against_the_rules_without_a_judge(database: Database) -> None:
    """Nobody is asked: ratings are counted against the rules at each end, and taken back as they and ends change.

    The stored totals are what /metrics shows, so they were written with the row itself.
    """
    there = without_judge(database)
    thanked = "user good thanks, bye | agent bye"
    there.end(
        *talk("c1", ("hi", "hello"), more=f"{thanked} | rate negative"),
        *talk("c2", ("hi", "hello"), more=f"{thanked} | rate positive"),
        *talk("c3", ("hi", "hello"), more=thanked),
    )
    assert there.count("rated_resolution_pairs") == there.count("rated_sentiment_pairs") == 2
    assert there.count("rated_resolution_pairs", v.RESOLVED, "negative") == 1
    assert there.count("rated_sentiment_pairs", v.NEUTRAL, "positive") == 1  # thanks at the end are not counted

    there.analyzer.take([rated("c1", "positive", there)])
    settled(there)
    assert there.count("rated_resolution_pairs", v.RESOLVED, "positive") == 2
    assert there.count("rated_resolution_pairs", v.RESOLVED, "negative") == 0

    there.analyzer.take(talk("c2", ("it is wrong", "sorry"), begin_ns=there.clock.now_ns))
    assert there.count("rated_resolution_pairs") == there.count("rated_sentiment_pairs") == 1
    there.end()
    assert there.count("rated_resolution_pairs") == 2
    assert there.count("rated_resolution_pairs", v.RESOLVED, "positive") == 1
    assert there.count("judge_rated_resolution_pairs") == 0


def test_every_pair_is_shown_before_the_first(memory: Database, served: Endpoint) -> None:
    """As soon as something waits, all series of a judge are there at 0; a service without a judge has none of them."""
    there = court(memory, served.url)
    there.end(*write("user x", "c0"))
    shown = {metric.name: len(series) for metric, series in there.analyzer.shown().counters().items()}
    assert not [name for name, series in shown.items() if series and ("judge_" in name or "judgements" in name)]
    assert shown["agent_analytics_rated_resolution_pairs_total"] == 15
    there.end(*talk("c1", ("hi", "hello"), begin_ns=there.clock.now_ns))
    shown = {metric.name: len(series) for metric, series in there.analyzer.shown().counters().items()}

    assert shown["agent_analytics_judge_resolution_pairs_total"] == 25
    assert shown["agent_analytics_judge_rated_sentiment_pairs_total"] == 15
    assert shown["agent_analytics_judge_failures_total"] == len(v.JUDGE_FAILURES)


def test_several_analyzers_share_the_work(served: Endpoint) -> None:
    """Two judges on one PostgreSQL judge each conversation once, and keep one budget together."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    one, other = PostgresDatabase(url), PostgresDatabase(url)
    try:
        clock = Clock()
        limits = Limits(Decimal("0.06"), concurrency=3, backoff_seconds=0.01)
        first = court(one, served.url, clock=clock, limits=limits)
        second = court(other, served.url, clock=clock, limits=limits)
        first.end(*some(40))
        second.judge.start()
        first.until(lambda: first.count("judgements") + first.count("judge_postponed") == 40)
        second.judge.stop()

        assert len(first.rows()) == len({row[0] for row in first.rows()}) == len(served.asked)
        assert 5 < len(served.asked) < 40
        assert first.spent() <= Decimal("0.06")
    finally:
        one.close()
        other.close()


def test_texts_are_redacted_on_their_way_out(memory: Database, served: Endpoint) -> None:
    """What leaves has been redacted on its way out, whatever was kept."""
    there = court(memory, served.url, redact=lambda text, _: text.replace("order", "[redacted]"))
    there.end(*some(1))
    there.judge_all()

    assert [line.get("user") for line in served.asked[0].lines] == ["where is [redacted] 0?", None]


# --- settings ---------------------------------------------------------------------------------------------------------


def bench(**said: str) -> Any:
    """Return the judge that some settings of the environment make."""
    environ = {f"AGENT_ANALYTICS_{name.upper()}": value for name, value in said.items()}
    agents, own = Settings.from_environment(environ), ServiceSettings.from_environment(environ)
    return bench_of(own, care_of(agents, own), pricing(agents.prices_file), time.time_ns)


def test_there_is_none_by_default() -> None:
    """Without a model nothing is judged."""
    assert bench() is None


def test_a_model_without_a_price_is_refused(tmp_path: Any) -> None:
    """No budget can be kept without a price; the message says how to give one, and giving one helps."""
    with pytest.raises(SettingError, match=r"no price of 'our-own'.*AGENT_ANALYTICS_PRICES_FILE"):
        bench(judge_model="our-own", judge_base_url="http://127.0.0.1:1/v1")
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps([{"model": "our-own", "input_per_million_usd": 0, "output_per_million_usd": 0}]))

    made = bench(judge_model="our-own", judge_base_url="http://127.0.0.1:1/v1", prices_file=str(prices))
    assert made.cost(Used(1000, 1000, 0, 0)) == 0


def test_a_known_model_has_its_price() -> None:
    """The price of a listed model is that of the table: gpt-4o-mini, .15 and .60 USD a million tokens."""
    made = bench(judge_model="gpt-4o-mini", keep_content="true")

    assert made.cost(Used(1_000_000, 1_000_000, 0, 0)) == Decimal("0.75")


def test_without_texts_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """A judge where no texts are kept is told of at the start."""
    bench(judge_model="gpt-4o-mini")

    assert len([one for one in caplog.messages if "without texts nothing can be judged" in one]) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("judge_sample", "1.5"), ("judge_api", "soap"), ("judge_name", "local"), ("judge_base_url", "ftp://x"),
     ("judge_base_url", "http://user:secret@host/v1"), ("judge_attempts", "0")],
)  # fmt: skip
def test_what_is_not_allowed_is_refused(name: str, value: str) -> None:
    """A wrong value is named, with what is allowed."""
    with pytest.raises(SettingError, match=f"AGENT_ANALYTICS_{name.upper()}: .*allowed is"):
        bench(judge_model="gpt-4o-mini", **{name: value})


def test_no_judge_counts_nothing(memory: Database) -> None:
    """An analyzer without a judge makes no jobs, though texts are kept."""
    clock = Clock()
    one = Analyzer(memory, DEFAULT_RULES, clock, price, writer=getattr(memory, "writer", 0))
    one.take(some(2))
    clock.now_ns += DAY_NS
    one.close_due()

    assert memory.read("SELECT count(*) FROM insight_jobs") == [(0,)]
