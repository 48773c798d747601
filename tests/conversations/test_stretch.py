"""How far a conversation reaches: silence, by channel; a human who is to approve; old age; an open run."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from tests.helpers.script import BEGIN_NS, feed, host, live, play, write

MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
BY_CHANNEL = Rules(idle_by_channel=(("email", 3 * DAY_NS), ("phone", 5 * MINUTE_NS)))


# --- silence, by channel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "pause", "ends"),
    [
        ("email", "2.9d", 1),
        ("email", "3.1d", 2),
        ("phone", "4m", 1),
        ("phone", "6m", 2),
        ("web", "29m", 1),
        ("web", "31m", 2),
    ],
)
def test_silence_that_ends_depends_on_the_channel(channel: str, pause: str, ends: int) -> None:
    """A letter may take days and a caller is gone after minutes; any other channel has the general time."""
    sources = write(f"as channel={channel} | user a | agent x | idle {pause} | user b | agent y")
    for played in (live(sources, BY_CHANNEL), feed(sources, BY_CHANNEL)):
        assert played.count("conversations_ended", "silent", "helper") == ends
        # After less than a day it is the same episode that goes on, after more the next.
        again = played.count("conversations_reopened") + len(played.records) - 1
        assert again == ends - 1


def test_first_channel_that_is_named_counts() -> None:
    """A user who goes on by phone stays with the channel of the first word."""
    by_mail, by_phone = "as channel=email | user a | agent x | idle 1m", "as channel=phone | user b | agent y"
    played = play(f"{by_mail} | {by_phone} | idle 2h | user c | agent z", BY_CHANNEL)

    assert played.record.context.channel == "email"
    assert played.count("conversations_reopened") == 0


def test_opening_names_the_channel_too() -> None:
    """What the application says when it opens the conversation holds from then on."""
    tracker, _, ledger = host(BY_CHANNEL)
    for source in write("as channel=phone | open"):
        tracker.take(source)
    # The script lets a second pass before each of its two moves.
    tracker.advance_to(BEGIN_NS + 2 * SECOND_NS + 5 * MINUTE_NS - 1)
    assert ledger.records() == []
    tracker.advance_to(BEGIN_NS + 2 * SECOND_NS + 5 * MINUTE_NS)

    assert [record.context.channel for record in ledger.records()] == ["phone"]


# --- a human who is to approve ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pause", ["31m", "20h", "6d"])
def test_waiting_for_approval_is_no_silence(pause: str) -> None:
    """A run that waits for a human's approval keeps its conversation open, for days where need be."""
    sources = write(f"user delete it | wait | idle {pause} | resume | agent done | user fine | agent x")
    for played in (live(sources), feed(sources), feed(reversed(sources))):
        assert played.record.user_turns == 2
        assert played.count("conversations_ended", "silent", "helper") == 1
        assert played.count("conversations_reopened") == 0


def test_after_approval_silence_counts_again() -> None:
    """When the run has gone on, half an hour is an end as ever."""
    played = play("user delete it | wait | idle 2h | resume | agent done | idle 31m | user fine | agent x")

    assert played.count("conversations_reopened") == 1


def test_approval_that_never_comes() -> None:
    """A week after its begin the conversation is over; the user never had an answer."""
    tracker, _, ledger = host()
    for source in write("user delete it | tool remove | wait"):
        tracker.take(source)
    # The user spoke after ten seconds.
    tracker.advance_to(BEGIN_NS + 10 * SECOND_NS + 7 * DAY_NS - 1)
    assert ledger.records() == []
    tracker.advance_to(BEGIN_NS + 10 * SECOND_NS + 7 * DAY_NS)
    (record,) = ledger.records()

    assert (record.end_reason, record.outcome, record.outcome_reason) == ("max_age", "abandoned", "no_answer")


def test_other_conversations_do_not_wait() -> None:
    """Only the conversation whose run waits is kept open."""
    waiting, other = write("user delete it | wait", "waiting"), write("user a | agent x", "other")
    tracker, _, ledger = host()
    for source in (*waiting, *other):
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + HOUR_NS)

    assert [record.conversation_id for record in ledger.records()] == ["other"]
    assert sum(tracker.active().values()) == 1


# --- old age ----------------------------------------------------------------------------------------------------------


def test_age_counts_from_the_first_event() -> None:
    """An episode that never falls silent is cut at its maximum age, to the nanosecond."""
    rules = Rules(max_age_ns=HOUR_NS)
    tracker, _, ledger = host(rules)
    for source in write(" | ".join(["user a | agent x | idle 10m"] * 6), ids="c"):
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 10 * SECOND_NS + HOUR_NS - 1)
    assert ledger.records() == []
    tracker.advance_to(BEGIN_NS + 10 * SECOND_NS + HOUR_NS)
    (record,) = ledger.records()

    assert (record.end_reason, record.user_turns) == ("max_age", 6)
    assert record.ended_ns < BEGIN_NS + 10 * SECOND_NS + HOUR_NS


def test_message_after_the_maximum_age_begins_the_next_episode() -> None:
    """Although it comes within the reopening time, and minutes after the last word."""
    rules = Rules(max_age_ns=HOUR_NS)
    played = play(" | ".join(["user a | agent x | idle 20m"] * 5), rules)

    # The user speaks every 20 min 12 s (the pause, a move of its own, ten seconds, and the answer): 3 turns an hour.
    assert [(record.episode, record.user_turns) for record in played.records] == [(1, 3), (2, 2)]
    assert [record.end_reason for record in played.records] == ["max_age", "idle"]
    assert played.count("conversations_reopened") == 0
    assert played.count("conversations_started", "unknown") == 2


def test_reopening_does_not_make_it_younger() -> None:
    """The age of an episode counts from its begin, however often its user came back."""
    rules = Rules(max_age_ns=3 * HOUR_NS)
    played = play(" | ".join(["user a | agent x | idle 40m"] * 7), rules)

    assert [record.user_turns for record in played.records] == [5, 2]
    assert played.count("conversations_reopened") == 4 + 1


# --- an open run ------------------------------------------------------------------------------------------------------


def test_open_run_keeps_its_conversation_open() -> None:
    """While a run of the process is open nobody is idle; when it is over the time since its last event counts."""
    tracker, _, ledger = host()
    for source in write("user a | agent x"):
        tracker.take(source)
    tracker.run_started("c")
    tracker.advance_to(BEGIN_NS + 5 * HOUR_NS)
    assert ledger.records() == []
    tracker.run_ended("c")
    tracker.advance_to(BEGIN_NS + 5 * HOUR_NS + 2)

    assert [record.end_reason for record in ledger.records()] == ["idle"]


def test_open_run_does_not_outlive_the_maximum_age() -> None:
    """A run that hangs for a week keeps nothing open any more."""
    tracker, _, ledger = host()
    for source in write("user a | agent x"):
        tracker.take(source)
    tracker.run_started("c")
    tracker.advance_to(BEGIN_NS + 6 * DAY_NS)
    assert ledger.records() == []
    tracker.advance_to(BEGIN_NS + DEFAULT_RULES.max_age_ns + MINUTE_NS)

    assert len(ledger.records()) == 1
