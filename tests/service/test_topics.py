"""Topics in the analyzer: found where texts come to it, learnt from once, and forgotten with them."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import context_attributes, user_hash
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.dialects.options import Options
from otel_agent_analytics.insights.limits import Limits
from otel_agent_analytics.insights.service_topics import ServiceTopics
from otel_agent_analytics.insights.words import content_words
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.service.care import care_of
from otel_agent_analytics.service.events import EventReader
from otel_agent_analytics.service.heard import HeardMessages
from otel_agent_analytics.service.topic_learning import TopicLearning
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings
from otel_agent_analytics.storage.content import Safe
from otel_agent_analytics.storage.retention import Retention
from otel_agent_analytics.storage.topics import clear
from tests.helpers.searching import places
from tests.helpers.shoppers import SHOP, captured, day_of, of_another_framework, posted
from tests.insights.shops import WANTS
from tests.service.test_analyzer import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.storage.database import Database
    from tests.helpers.script import Source
    from tests.insights.shops import Said

Fernet: Any = pytest.importorskip("cryptography.fernet").Fernet
KEY = b"a secret of the operator"
SOON = Limits(fewest_conversations=5, fewest_users=3, first=30)
HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
BEGIN_NS = day_of(1, 1)[0].time_ns + 30 * DAY_NS


class Shop:
    """An analyzer that finds topics, as it starts on a database; what runs beside it runs when it is told to."""

    def __init__(
        self,
        database: Database,
        *,
        keys: Sequence[str] = (),
        retention: Retention | None = None,
        most: int = 50,
        safe: Safe | None = None,
    ) -> None:
        care = care_of(Settings(topics=True, user_key=KEY), ServiceSettings(content_key=tuple(keys)))
        assert care.topics is not None
        assert care.wants is not None
        self.clock = Clock(BEGIN_NS)
        self.topics: ServiceTopics = care.topics
        self.topics._most = most
        self.database = database
        self.safe = safe or care.safe

        def describe(**told: Any) -> dict[str, Any]:
            return context_attributes(**told, user_key=KEY)

        self.analyzer = Analyzer(
            database,
            DEFAULT_RULES,
            self.clock,
            writer=getattr(database, "writer", 0),
            options=Options(describe=describe, wants=care.wants),
            heard=HeardMessages(care.wants, care.topics, self.safe),
            safe=self.safe,
        )
        self.events = EventReader(self.clock, self.analyzer.horizon_ns, user_key=KEY, wants=care.wants)
        self.learning = TopicLearning(
            database, care.topics, self.safe, self.clock, retention or Retention(), limits=SOON
        )
        self.learning.refresh()

    def take(self, spans: Sequence[Source]) -> None:
        """Take spans, and let the time come at which their traces are read."""
        self.analyzer.take(spans)
        self.clock.now_ns += 11 * 60 * 10**9
        while self.analyzer.read_waiting():
            pass

    def learn(self) -> None:
        """Learn what there is to learn: a service gets its place first."""
        self.learning.learn_some()
        self.learning.learn_some()

    def told(self, day: str) -> dict[str, str | None]:
        """Return the topic of each conversation of a day, once all are over."""
        self.clock.now_ns += 2 * HOUR_NS
        while self.analyzer.close_due():
            pass
        rows = self.database.read("SELECT conversation_id, topic FROM conversations")
        assert len({name for name, _ in rows}) == len(rows)
        return {name: topic for name, topic in rows if name.startswith(f"{day}-")}

    def names(self) -> dict[str, str]:
        """Return the names of topics by their ids, as this analyzer has them."""
        known = self.topics._known[SHOP]
        assert known is not None
        return dict(known[1])


def telling(messages: Sequence[Said]) -> int:
    """Return how many messages say enough to be learnt from."""
    return sum(len(content_words(one.text)) >= 2 for one in messages)


def by_want(told: dict[str, str | None]) -> dict[str, str | None]:
    """Return the most frequent topic of what each conversation is about."""
    return {
        want: Counter(topic for name, topic in told.items() if f"-{want}-" in name).most_common(1)[0][0]
        for want in WANTS
    }


def alike(told: dict[str, str | None]) -> dict[str, str | None]:
    """Return what was told of the messages of a day, whichever day it was."""
    return {name.partition("-")[2]: topic for name, topic in told.items()}


def check_names(told: dict[str, str | None]) -> None:
    """Check that each want has a topic of its own, of words that were said for it."""
    names = by_want(told)
    assert all(set(str(name).split()) <= set(WANTS[want].split()) for want, name in names.items()), names
    assert len(set(names.values())) == len(WANTS)


def test_spans_of_another_framework(database: Database) -> None:
    """At first topics are unknown, then named; what comes again, after a restart too, changes nothing."""
    shop = Shop(database)
    first, second = day_of(120, 1), day_of(60, 2)
    shop.take(of_another_framework(first, "first"))
    assert set(shop.told("first").values()) == {None}
    shop.learn()
    before = shop.names()
    shop.take(of_another_framework(second, "second"))
    shop.take(of_another_framework(second, "second"))
    check_names(shop.told("second"))
    assert database.read("SELECT count(*) FROM topic_messages") == [(telling(second),)]

    again = Shop(database)
    assert again.names() == before
    again.clock.now_ns = shop.clock.now_ns
    again.take(of_another_framework(second, "second"))
    assert database.read("SELECT count(*) FROM topic_messages") == [(telling(second),)]
    again.take(of_another_framework(second, "third"))
    assert alike(again.told("third")) == alike(again.told("second"))


@pytest.mark.parametrize("order", ["turn first", "call first", "together"])
def test_captured_content(database: Database, order: str) -> None:
    """The text is on the span of the model call, which may come before the turn or after it: that changes nothing."""
    shop = Shop(database)
    for day, messages in (("first", day_of(120, 1)), ("second", day_of(60, 2))):
        pairs = [captured(one, day) for one in messages]
        turns, calls = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        for batch in {"turn first": (turns, calls), "call first": (calls, turns)}.get(order, ([*turns, *calls],)):
            shop.take(batch)
        shop.learn()
    check_names(shop.told("second"))


def test_what_its_own_process_says_holds(database: Database) -> None:
    """A message that says its topic, or that has none, keeps that; nothing is learnt from it."""
    shop = Shop(database)
    own = {v.USER_MESSAGE_CONTENT_WORDS: 3, v.USER_MESSAGE_TOPIC: "of its own"}
    for day, said in (("named", own), ("unnamed", {v.USER_MESSAGE_CONTENT_WORDS: 3})):
        shop.take([span for one in day_of(3, len(day)) for span in captured(one, day, **said)])

    assert set(shop.told("named").values()) == {"of its own"}
    assert set(shop.told("unnamed").values()) == {None}
    assert database.read("SELECT count(*) FROM topic_messages") == [(0,)]


def test_posted_events(database: Database) -> None:
    """Posted texts have topics as others do; the same event twice is learnt from once."""
    shop = Shop(database)
    for day, messages in (("first", day_of(120, 1)), ("second", day_of(60, 2))):
        body = posted(messages, day)
        for _ in range(2):
            shop.analyzer.take(shop.events.read(body, 1000).records)
        assert database.read("SELECT count(*) FROM topic_messages") == [(telling(messages),)]
        shop.learn()
    check_names(shop.told("second"))


def test_only_the_first_message_that_says_something_is_learnt_from(database: Database) -> None:
    """Neither a greeting before it nor what comes after it is, whichever analyzer takes that."""
    one, other = Shop(database), Shop(database)
    told = day_of(1, 1)[0]._replace(text="my parcel, courier tracking")
    greeting = captured(told._replace(text="hello, 4711?"), "talk")
    later = captured(told._replace(time_ns=told.time_ns + 10**9), "talk")
    last = captured(told._replace(text="refund my money back", time_ns=told.time_ns + 2 * 10**9), "talk")
    same = {v.GEN_AI_CONVERSATION_ID: "talk"}
    again = captured(told._replace(text="an invoice with tax", time_ns=told.time_ns + 3 * 10**9), "talk")
    for shop, spans in ((one, greeting), (one, later), (other, last), (other, (*later, *again))):
        shop.take([span._replace(attributes={**span.attributes, **same}) for span in spans])

    ((body,),) = database.read("SELECT body FROM topic_messages")
    assert Safe().unpack(bytes(body))["words"] == ["parcel", "courier", "tracking"]


def test_each_service_has_its_own(database: Database) -> None:
    """What is said to one says nothing of another; there are as many as may be, and those that came first stay."""
    shop, late = Shop(database, most=1), Service("late")
    shop.take(of_another_framework(day_of(120, 1), "first"))
    shop.learn()
    shop.take(of_another_framework(day_of(60, 2), "second", late))
    shop.take(of_another_framework(day_of(60, 3), "third"))

    assert set(shop.told("second").values()) == {None}
    check_names(shop.told("third"))
    assert database.read("SELECT DISTINCT service_name FROM topic_messages") == [("shop",)]


def test_more_services_than_may_be(database: Database) -> None:
    """Messages of services that came at once, of which only one may have topics, are let go."""
    shop = Shop(database, most=1)
    shop.take(of_another_framework(day_of(40, 1), "first"))
    shop.take(of_another_framework(day_of(40, 2), "second", Service("late")))
    shop.learn()

    assert database.read("SELECT service_name FROM topics") == [("shop",)]
    assert database.read("SELECT count(*) FROM topic_messages") == [(0,)]


PLANTED = "quixotic zyzzyva parcel"


def planted(user: str, day: str) -> list[Said]:
    """Return messages of one user, with words that nobody else says."""
    return [one._replace(text=PLANTED, user=user) for one in day_of(3, len(day))]


def test_nothing_readable_with_a_key(database: Database) -> None:
    """Words of messages stand nowhere, whether they were learnt from or not; without a key they would."""
    key = Fernet.generate_key().decode()
    for keys, found in (((key,), False), ((), True)):
        shop = Shop(database, keys=keys)
        spans = [span for one in [*day_of(60, 1), *planted("ann", "day")] for span in captured(one, f"day{found}")]
        shop.analyzer.take(spans)
        before = {table for table, _, _ in places(database, ["zyzzyva"])}
        shop.learn()
        after = {table for table, _, _ in places(database, ["zyzzyva"])}
        assert (before, after) == (({"topic_messages"}, {"topics"}) if found else (set(), set()))
        clear(database)


def test_lost_key(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read is told once and stays; topics are unknown, and with the key they are what they were."""
    key, other = (Fernet.generate_key().decode() for _ in range(2))
    shop = Shop(database, keys=[key])
    shop.take(of_another_framework(day_of(60, 1), "first"))
    shop.learn()
    without = Shop(database, keys=[other])
    without.take(of_another_framework(day_of(40, 2), "second"))
    without.learn()

    assert set(without.told("second").values()) == {None}
    assert [record.getMessage().count("cannot be read") for record in caplog.records if "topics of" in record.message]
    assert Shop(database, keys=[other, key]).names() == shop.names()


def test_forgetting(database: Database) -> None:
    """What a user said goes, learnt from or not, with the hashes; names stay, and so do the words of others."""
    shop = Shop(database)
    ann = user_hash("ann", KEY)
    shop.take(of_another_framework([*day_of(120, 1), *planted("ann", "learnt")], "first"))
    shop.learn()
    shop.take(of_another_framework(day_of(60, 2), "before"))
    shop.take(of_another_framework(planted("ann", "waiting"), "second"))
    shop.clock.now_ns += DAY_NS
    shop.analyzer.read_waiting()
    before = shop.names()
    assert places(database, ["zyzzyva"]) == {(name, "body", "zyzzyva") for name in ("topics", "topic_messages")}

    planned = shop.analyzer.forget(ann, dry_run=True)
    done = shop.analyzer.forget(ann)
    assert done == planned
    assert (done.rows["topics"], done.rows["topic_messages"]) == (1, 3)
    assert places(database, ["zyzzyva", "quixot", "zyzzyv"]) == set()
    shop.learning.refresh()
    assert shop.names() == before
    shop.take(of_another_framework(day_of(60, 2), "after"))
    check_names(shop.told("after"))
    assert alike(shop.told("after")) == alike(shop.told("before"))


def test_forgetting_without_the_key(database: Database) -> None:
    """Topics that cannot be read are deleted whole: nobody can say that she is not in them."""
    shop = Shop(database, keys=[Fernet.generate_key().decode()])
    shop.take(of_another_framework([*day_of(60, 1), *planted("ann", "learnt")], "first"))
    shop.learn()
    without = Shop(database)
    without.analyzer.forget(user_hash("ann", KEY))

    assert database.read("SELECT count(*) FROM topics") == [(0,)]


class Gate(Safe):
    """Packs, and stands still on the way where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.reached, self.go_on = threading.Event(), threading.Event()

    def pack(self, said: dict[str, Any]) -> bytes:
        """Return texts as bytes, as soon as it may."""
        if self.closed and "documents" in said:
            self.reached.set()
            assert self.go_on.wait(30)
        return super().pack(said)


def test_while_topics_are_learnt(database: Database) -> None:
    """Spans are taken meanwhile, and who is forgotten meanwhile stays forgotten: what was learnt does not count."""
    gate = Gate()
    shop = Shop(database, safe=gate)
    first, later = day_of(60, 1), day_of(5, 2)
    shop.take(of_another_framework([*first, *planted("ann", "learnt")], "first"))
    shop.learning.learn_some()
    gate.closed = True
    learning = threading.Thread(target=shop.learning.learn_some)
    learning.start()
    assert gate.reached.wait(30)
    gate.closed = False
    shop.take(of_another_framework(later, "second"))
    shop.analyzer.forget(user_hash("ann", KEY))
    gate.go_on.set()
    learning.join(30)

    assert places(database, ["zyzzyva"]) == set()
    assert database.read("SELECT count(*) FROM topic_messages") == [(telling([*first, *later]),)]
    shop.learn()
    assert places(database, ["zyzzyva"]) == set()
    assert len(shop.names()) >= len(WANTS)


def test_retention(database: Database) -> None:
    """Words go when texts do: those that wait, and those that were learnt from and did not come again."""
    shop = Shop(database, retention=Retention(content=2))
    shop.take(of_another_framework([*day_of(60, 1), *planted("ann", "learnt")], "first"))
    shop.learn()
    assert places(database, ["zyzzyva"])
    shop.clock.now_ns += DAY_NS
    shop.take(of_another_framework(day_of(60, 2), "second"))
    shop.learn()
    before = shop.names()
    shop.clock.now_ns += DAY_NS + DAY_NS // 2
    shop.learning._next_tidying = 0.0
    shop.learn()

    assert places(database, ["zyzzyva"]) == set()
    shop.learning.refresh()
    assert shop.names() == before
    shop.take(of_another_framework(day_of(60, 3), "third"))
    check_names(shop.told("third"))
