"""Small cases that the state machines found, each with what must come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from otel_agent_analytics.outputs.ledger import Ledger
from otel_agent_analytics.tracking.store_memory import MemoryStore
from otel_agent_analytics.tracking.tracker import Tracker
from tests.helpers.script import BEGIN_NS, write
from tests.helpers.traffic import HOUR_NS, Host, end_ns, host_of, straight

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.record import ConversationRecord
    from tests.helpers.script import Source

MINUTE_NS = 60 * SECOND_NS


def ran_out(host: Host, sources: list[Source]) -> Host:
    """Let the time run out behind all sources."""
    host.run_out(max(map(end_ns, sources)))
    return host


def same_as_straight(host: Host, sources: list[Source]) -> bool:
    """Return whether a host has, after the time has run out, what another has that was told everything at once."""
    other = straight(sources, host.rules)
    return ran_out(host, sources).records == other.records and comparable(host) == comparable(other)


def comparable(host: Host) -> dict[tuple[str, tuple[str, ...]], object]:
    """Return the counters less their twins, but how often conversations were reopened."""
    return {key: value for key, value in host.net().items() if "reopened" not in key[0]}


def test_batch_that_begins_with_the_next_episode() -> None:
    """In one batch, a rating of an ended episode is not lost to the next one, which comes before it."""
    sources = write("user hi | agent x | idle 1h | rate positive | idle 25h | user back | agent x")
    host = host_of()
    host.tracker.take_all(sources[:1])
    host.tracker.advance_to(BEGIN_NS + HOUR_NS)
    host.tracker.take_all(reversed(sources[1:]))

    assert same_as_straight(host, sources)
    assert [(record.episode, record.last_rating) for record in host.records] == [(1, v.POSITIVE), (2, None)]


def test_message_that_brings_the_user_back_and_comes_after_a_later_one() -> None:
    """Who came back twice came back twice, whichever of the messages is heard first."""
    sources = write("user hi | agent x | end | user a | agent x | end completed | user b | agent x")
    hosts = host_of(), host_of()
    for host, rest in zip(hosts, (sources[2:], sources[:1:-1]), strict=True):
        host.tracker.take_all(sources[:2])
        host.tracker.advance_to(BEGIN_NS + MINUTE_NS // 2)
        for source in rest:
            host.tracker.take(source)
        ran_out(host, sources)

    assert hosts[0].shown() == hosts[1].shown()
    assert hosts[0].count("conversations_reopened") == 2


def test_rating_while_a_run_waits_for_an_approval() -> None:
    """A rating does not end the waiting: the run goes on two hours later, in an episode that never ended."""
    sources = write("user hi | wait | rate positive | judge resolved | idle 2h | resume | agent done")
    host = straight(sources)

    assert [record.agent_messages for record in host.records] == [1]
    assert host.records[0].ended_ns == end_ns(sources[-1])
    assert host.records[0].ratings == (("user", v.POSITIVE, None),)


def test_late_rating_just_before_the_next_episode() -> None:
    """A rating that is late is in the record of its episode, although the next begins before that is judged anew."""
    sources = write("user hi | agent x | idle 1h | rate positive | idle 25h | user back | agent x")
    host = host_of()
    host.tracker.take(sources[0])
    host.tracker.advance_to(BEGIN_NS + HOUR_NS)
    for source in sources[1:]:
        host.tracker.take(source)

    assert same_as_straight(host, sources)
    assert [record.last_rating for record in host.records] == [v.POSITIVE, None]


def test_late_end_just_before_the_next_episode() -> None:
    """An end that is late, with a message behind it, is judged before the next episode begins; the message is kept."""
    sources = write("user hi | agent x | end failed | user again | agent x | idle 25h | user back | agent x")
    turn, end, again, back = sources
    host = host_of()
    host.tracker.take_all((turn, again))
    host.tracker.advance_to(BEGIN_NS + HOUR_NS)
    for source in (end, back):
        host.tracker.take(source)

    assert same_as_straight(host, sources)
    assert [(record.user_turns, record.outcome) for record in host.records] == [(2, v.SILENT), (1, v.SILENT)]


def test_late_start_of_a_conversation_that_was_rated_before() -> None:
    """A rating waits a day for its conversation, and for as long as that may be late."""
    sources = write("rate positive | idle 23h | user hi | agent x")
    host = host_of()
    host.tracker.take(sources[0])
    host.tracker.advance_to(BEGIN_NS + 25 * HOUR_NS)
    host.tracker.take(sources[1])

    assert same_as_straight(host, sources)
    assert host.records[0].last_rating == v.POSITIVE
    assert host.count("feedback_unmatched") == 0


def test_late_message_of_the_next_episode_is_a_return() -> None:
    """Where the maximum age cuts, a message of the same conversation within a day says that the user was back."""
    sources = write("user hi | agent x | idle 23h | user back | agent x")
    host = host_of(Rules(max_age_ns=2 * HOUR_NS))
    host.tracker.take(sources[0])
    host.tracker.advance_to(BEGIN_NS + 25 * HOUR_NS)
    host.tracker.take(sources[1])

    assert same_as_straight(host, sources)
    assert [record.returned for record in host.records] == [True, False]
    assert host.count("resolutions", v.ASSUMED) == 1


def test_approval_that_is_heard_of_after_the_end() -> None:
    """A run whose span is late, and waits for an approval, opens its episode again: a day later it goes on there."""
    sources = write("user hi | model mini 10 10 | wait | idle 30h | resume | agent done")
    host = host_of()
    for source in sources:
        host.tracker.take(source)
        host.tracker.advance_to(end_ns(source) + HOUR_NS)

    assert same_as_straight(host, sources)
    assert [(record.episode, record.agent_messages) for record in host.records] == [(1, 1)]


def test_first_span_that_is_late() -> None:
    """The first span of a conversation may be as late as any other, also where reopening is short."""
    sources = write("user hi | agent x")
    host = host_of(Rules(reopen_ns=HOUR_NS))
    host.tracker.advance_to(end_ns(sources[0]) + 3 * HOUR_NS)
    host.tracker.take(sources[0])

    assert same_as_straight(host, sources)
    assert host.count("spans_late") == 0


class InOrder(Ledger):
    """A ledger that remembers which episode ended when."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[str, int]] = []

    def ended(self, record: ConversationRecord) -> None:
        super().ended(record)
        self.ends.append((record.conversation_id, record.episode))


def test_ends_in_the_order_of_time_although_one_deadline_moved() -> None:
    """A conversation that was due first, and went on, ends after one that was due in between."""
    sources = write("user hi | agent x | idle 20m | user more | agent x", "moved")
    between = write("user hi | agent x", "between", BEGIN_NS + 10 * MINUTE_NS)

    assert ends_of([sources[0], *between, sources[1]], DEFAULT_RULES) == [("between", 1), ("moved", 1)]


def test_ends_in_the_order_of_time_although_something_is_settled_before() -> None:
    """The next episode of a conversation waits for its turn when the one before is settled."""
    sources = write("user hi | agent x | idle 26h | user back | agent x", "twice")
    between = write("user hi | agent x", "between", BEGIN_NS + 10 * HOUR_NS)

    assert ends_of([*sources, *between], Rules(return_ns=2 * HOUR_NS)) == [("twice", 1), ("between", 1), ("twice", 2)]


def ends_of(sources: list[Source], rules: Rules) -> list[tuple[str, int]]:
    """Return in which order episodes end when the time makes one leap."""
    ledger = InOrder()
    tracker = Tracker(MemoryStore(), [ledger], rules)
    for source in sources:
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 90 * HOUR_NS)
    return ledger.ends


def test_turns_behind_an_approval_that_was_given_long_before() -> None:
    """Turns of the next episode are no turns of the one before, although its end is heard of last."""
    sources = write(
        "user a | agent x | user b | wait | resume | agent x | idle 25h | user c | agent x | user d | agent x"
    )
    first, waits, goes_on, *later = sources
    host = host_of()
    for source in (first, waits, *later, goes_on):
        host.tracker.take(source)

    assert same_as_straight(host, sources)
    assert [host.count("turn_reached", turn) for turn in ("1", "2", "3", "4")] == [2, 2, 0, 0]


def test_user_who_is_known_only_after_the_episode_was_settled() -> None:
    """Where it turns out late who the user was, it is asked again whether that user came back."""
    rules = Rules(reopen_ns=48 * HOUR_NS)
    anonymous = write("user hi | agent x | idle 30h | as user=ann | open")
    other = write("as user=ann | user hi | agent x", "other", BEGIN_NS + 5 * HOUR_NS)
    host = host_of(rules)
    host.tracker.take_all((anonymous[0], *other))
    host.tracker.advance_to(BEGIN_NS + 26 * HOUR_NS)
    before = host.count("resolutions", v.ASSUMED)
    host.tracker.take(anonymous[1])

    assert same_as_straight(host, [*anonymous, *other])
    assert {record.conversation_id: record.returned for record in host.records} == {"c": True, "other": False}
    assert (before, host.count("resolutions", v.ASSUMED)) == (1, 1)
