"""What is old goes, class by class and a little at a time; nothing that counts changes, and nothing comes back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.packing import head_of
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.conversations.state import new
from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.insights.schema import Findings
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.judgements import Judgements
from otel_agent_analytics.service.transcripts import Transcripts
from otel_agent_analytics.service.verdicts import Judging, Verdict
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.storage import insight_jobs as jobs
from otel_agent_analytics.storage.codec import pack_head
from otel_agent_analytics.storage.content import Keeper, Safe
from otel_agent_analytics.storage.database import Batch
from otel_agent_analytics.storage.outbox import Outbox
from otel_agent_analytics.storage.postgres import PostgresDatabase
from otel_agent_analytics.storage.retention import DAY_NS, Retention
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.judge_endpoint import findings
from tests.helpers.judged import talk
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import HOUR_NS, day_of, price

if TYPE_CHECKING:
    from otel_agent_analytics.storage.database import Database

ROWS = ("facts", "heads", "calls", "messages", "conversations", "content")


class Clock:
    """A time that goes on when it is told to."""

    now_ns = BEGIN_NS

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.now_ns


def analyzer(database: Database, clock: Clock, **said: int) -> Analyzer:
    """Return an analyzer that keeps texts, and each class for so many days."""
    writer, keeper = getattr(database, "writer", 0), Keeper(Safe())
    return Analyzer(database, DEFAULT_RULES, clock, price, keeper=keeper, retention=Retention(**said), writer=writer)


def counts(database: Database, *tables: str) -> dict[str, int]:
    """Return how many rows tables have."""
    return {one: database.read(f"SELECT count(*) FROM {one}")[0][0] for one in tables or ROWS}  # noqa: S608 - our own names


def pass_days(one: Analyzer, clock: Clock, days: int, *, tidy: bool = True) -> None:
    """Let days pass, with what is done meanwhile."""
    for _ in range(days):
        clock.now_ns += DAY_NS
        while one.close_due():
            pass
        while tidy and one.tidy():
            pass


def shown(one: Analyzer) -> Any:
    """Return every series but those of batches."""
    return {
        (metric.name, labels): (total.value, total.retracted)
        for metric, series in one.shown().counters().items()
        for (_, labels), total in series.items()
        if "_spans_" not in metric.name
    }


def test_each_class_has_its_days(database: Database) -> None:
    """Facts go after theirs and the rest after its own, to the day; totals stay; an analyzer that starts goes on."""
    clock = Clock()
    clock.now_ns = BEGIN_NS + DAY_NS
    one = analyzer(database, clock, facts=20, content=3, conversations=40)
    one.take(day_of(random.Random(5), 30))
    pass_days(one, clock, 12, tidy=False)
    whole, series = counts(database), shown(one)
    assert all(whole[table] for table in ROWS if table != "content")

    pass_days(one, clock, 7)  # 19 days since they arrived
    assert counts(database) == whole
    pass_days(one, clock, 2)
    assert counts(database) == {**whole, "facts": 0}
    pass_days(one, clock, 18)  # 39
    assert counts(database) == {**whole, "facts": 0}
    pass_days(one, clock, 15)
    assert counts(database) == dict.fromkeys(ROWS, 0)
    assert counts(database, "gone") == {"gone": whole["heads"]}
    assert shown(one) == series
    assert shown(analyzer(database, clock)) == series


def test_for_ever(database: Database) -> None:
    """Without a limit nothing is deleted, ever."""
    clock = Clock()
    one = analyzer(database, clock)
    one.take(write("user hi | agent hello"))
    pass_days(one, clock, 12)
    whole = counts(database)
    clock.now_ns += 4000 * DAY_NS

    assert not one.tidy()
    assert counts(database) == whole


def test_open_conversation_keeps_its_facts(database: Database) -> None:
    """What a conversation that is open, or may be reopened, is folded from stays, however short the limits are."""
    clock = Clock()
    one = analyzer(database, clock, facts=1, content=1, conversations=1)
    one.take(write("user hi | agent hello"))
    clock.now_ns += 2 * DAY_NS + HOUR_NS  # nobody has looked whether it is over
    while one.tidy():
        pass

    assert counts(database, "facts", "heads", "messages") == {"facts": 1, "heads": 1, "messages": 2}


def test_facts_of_what_another_process_derives(database: Database) -> None:
    """Facts that are only kept, without a conversation here, go after their days as well."""
    clock = Clock()
    one = analyzer(database, clock, facts=2)
    one.take([span._replace(attributes={**span.attributes, v.DERIVED: True}) for span in write("user hi | agent x")])
    pass_days(one, clock, 2)
    assert counts(database, "facts", "heads") == {"facts": 1, "heads": 0}
    pass_days(one, clock, 1)
    assert counts(database, "facts") == {"facts": 0}


def test_nothing_comes_back(database: Database) -> None:
    """A span of a conversation that is gone is late and moves no series; a new message starts a conversation anew."""
    clock = Clock()
    one = analyzer(database, clock, conversations=20)
    old = write("user hi | agent hello")
    one.take(old)
    pass_days(one, clock, 25)
    assert counts(database) == dict.fromkeys(ROWS, 0)
    series = shown(one)

    one.take(old)
    one = analyzer(database, clock, conversations=20)
    one.take(old)
    assert shown(one) == series
    assert counts(database) == dict.fromkeys(ROWS, 0)
    late = {m.name: sum(t.value for t in s.values()) for m, s in one.shown().counters().items()}
    assert late["agent_analytics_spans_late_total"] == 2 * len(old)
    one.take(write("user back again", begin_ns=clock.now_ns))
    pass_days(one, clock, 5)
    assert database.read("SELECT episode, user_turns FROM conversations") == [(1, 1)]


def test_old_rows_of_a_conversation_that_goes_on(database: Database) -> None:
    """Of an id that is used for months the old episodes go, and the new ones stay."""
    clock = Clock()
    one = analyzer(database, clock, facts=15, conversations=30)
    for week in range(8):
        clock.now_ns = BEGIN_NS + 7 * week * DAY_NS
        one.take(write(f"user hi {week} | agent hello", begin_ns=clock.now_ns, ids=f"w{week}"))
        pass_days(one, clock, 6)

    episodes = [row[0] for row in database.read("SELECT episode FROM conversations ORDER BY episode")]
    assert episodes == [5, 6, 7, 8]  # begun on days 28, 35, 42 and 49; it is day 55
    assert counts(database, "heads", "messages") == {"heads": 1, "messages": 8}
    assert counts(database, "facts")["facts"] == 2


def test_portions_are_small(database: Database) -> None:
    """No more than 200 conversations go in one transaction; the last one says that there is no more."""
    clock = Clock()
    body = pack_head(head_of(new("c")))
    heads = [(f"c{n}", "shop", "", "", 3, 1, None, None, BEGIN_NS, False, body, None) for n in range(450)]
    with database.transaction() as transaction:
        transaction.write(Batch(heads=heads))
    one = analyzer(database, clock, conversations=20)
    clock.now_ns += 20 * DAY_NS + 1
    left, more = [450], True
    while more:
        more = one.tidy()
        left.append(counts(database, "heads")["heads"])

    assert left == [450, 250, 50, 0]
    assert counts(database, "gone") == {"gone": 450}


def test_one_analyzer_tidies_at_a_time() -> None:
    """While one analyzer of a shared database deletes, another leaves that alone."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    one, other = PostgresDatabase(url), PostgresDatabase(url)
    with one.transaction() as first, other.transaction() as second:
        assert (first.alone(), second.alone()) == (True, False)
    with other.transaction() as second:
        assert second.alone()
    one.close()
    other.close()


@pytest.mark.parametrize(("text", "days"), [("0", 0), ("forever", 0), ("Forever", 0), ("7", 7), ("36500", 36_500)])
def test_days(text: str, days: int) -> None:
    """A limit is a number of days; 0 and forever are none."""
    assert ServiceSettings.from_environment({"AGENT_ANALYTICS_RETAIN_FACTS_DAYS": text}).retain_facts_days == days


@pytest.mark.parametrize("text", ["-1", "1.5", "never", "36501"])
def test_days_that_are_none(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(SettingError, match="RETAIN_CONTENT_DAYS"):
        ServiceSettings.from_environment({"AGENT_ANALYTICS_RETAIN_CONTENT_DAYS": text})


def test_log_records_that_nobody_sends(database: Database) -> None:
    """Where nobody sends what is in the outbox, it goes after two days, whatever the retention of the rest is."""
    clock = Clock()
    clock.now_ns = BEGIN_NS + HOUR_NS
    outbox = Outbox(every_event=True, writer=getattr(database, "writer", 0))
    Analyzer(database, DEFAULT_RULES, clock, price, writer=getattr(database, "writer", 0), outbox=outbox).take(
        write("user hi | agent hello")
    )
    one = analyzer(database, clock)
    clock.now_ns += 2 * DAY_NS
    one.tidy()
    assert counts(database, "outbox") == {"outbox": 3}
    clock.now_ns += 1
    one.tidy()
    assert counts(database, "outbox") == {"outbox": 0}


def test_how_often_an_end_was_told_goes_with_its_conversation(database: Database) -> None:
    """The count of an episode that was told again is kept as long as its conversation, and no longer."""
    clock = Clock()
    writer = getattr(database, "writer", 0)
    outbox = Outbox(every_event=False, writer=writer)
    retention = Retention(conversations=10)
    one = Analyzer(database, DEFAULT_RULES, clock, price, writer=writer, outbox=outbox, retention=retention)
    for moves in ("user hi | agent hello", "user more | agent yes"):
        one.take(write(moves, "c", clock.now_ns, ids=moves))
        clock.now_ns += HOUR_NS
        while one.close_due():
            pass
    assert database.read("SELECT conversation_id, episode, revision FROM revisions") == [("c", 1, 2)]
    pass_days(one, clock, 9)
    assert counts(database, "revisions", "conversations") == {"revisions": 1, "conversations": 1}
    pass_days(one, clock, 3)
    assert counts(database, "revisions", "conversations") == {"revisions": 0, "conversations": 0}


def test_what_a_judge_found_goes_with_its_conversation(database: Database) -> None:
    """Texts go by their own days, also of what still waits for a judge; judgements and jobs with the conversations."""
    clock = Clock()
    transcripts = Transcripts(Safe(), None, 10_000)
    one = Analyzer(
        database,
        DEFAULT_RULES,
        clock,
        price,
        keeper=Keeper(Safe()),
        retention=Retention(facts=3, content=5, conversations=20),
        writer=getattr(database, "writer", 0),
        judge=lambda totals: Judgements(Judging("judge", "1"), 1.0, transcripts, totals),
    )
    one.take([*talk("c1", ("hi", "hello")), *talk("c2", ("where is it?", "lost"))])
    pass_days(one, clock, 1)
    with database.transaction() as transaction:
        job = jobs.take(transaction, clock.now_ns, clock.now_ns + DAY_NS, 7, 1)[0]
    one.judged(Verdict(job, v.JUDGED, Findings.model_validate(findings()), job.transcript_hash))

    tables = "content", "insights", "insight_jobs", "agreement"
    assert counts(database, *tables) == {"content": 2, "insights": 3, "insight_jobs": 1, "agreement": 1}
    pass_days(one, clock, 8)
    assert counts(database, *tables) == {"content": 0, "insights": 3, "insight_jobs": 1, "agreement": 1}
    pass_days(one, clock, 30)
    assert counts(database, *tables, "conversations") == dict.fromkeys((*tables, "conversations"), 0)
