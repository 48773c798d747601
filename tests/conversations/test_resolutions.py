"""The four ways to say resolved: contained, assumed, confirmed, verified; each counted once, each taken back."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from tests.helpers.script import BEGIN_NS, Played, Source, feed, host, live, play, write

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
# The user speaks after 10 s, the agent one second later: then the conversation ends.
ENDED_NS = BEGIN_NS + 11 * SECOND_NS
KINDS = ("contained", "assumed", "confirmed", "verified")


def net(played: Played, kind: str) -> float:
    """Return how often a kind was counted, less what was taken back."""
    return played.count("resolutions", kind) - played.count("resolutions_retracted", kind)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("user a | agent x", {"contained", "assumed"}),
        ("user thanks, bye | agent bye", {"contained", "assumed"}),
        ("user a | agent which?", {"contained"}),
        ("user a | error ModelError", {"contained"}),
        ("user a | tool transfer_to_human | agent x", set()),
        ("user a | tool transfer_to_human failed | agent it is booked", {"contained", "assumed", "verified"}),
        ("user a | tool transfer_to_human | agent it is booked | rate positive", {"confirmed", "verified"}),
        ("user a | agent x | end completed", {"contained", "assumed", "confirmed"}),
        ("user a | agent x | end silent", {"contained", "assumed"}),
        ("user a | agent x | end failed", {"contained"}),
        ("user a | agent x | rate 4", {"contained", "assumed", "confirmed"}),
        ("user a | agent x | rate 3", {"contained", "assumed"}),
        ("user a | agent x | rate negative | end completed", {"contained", "assumed", "confirmed"}),
        ("user a | agent x | rate positive ann | rate negative bob", {"contained", "assumed"}),
        ("user a | agent x | rate negative ann | rate positive bob", {"contained", "assumed", "confirmed"}),
        ("user a | agent it is booked", {"contained", "assumed", "verified"}),
        ("user a | agent it failed", {"contained", "assumed"}),
        ("user a | agent x | judge resolved", {"contained", "assumed", "verified"}),
        ("user a | agent it is booked | judge unresolved", {"contained", "assumed"}),
        ("user a | agent it failed | judge unresolved | judge resolved", {"contained", "assumed", "verified"}),
        ("open | agent welcome | rate positive", set()),
    ],
)
def test_which_hold(script: str, expected: set[str]) -> None:
    """By the definition's words; each is counted once, and nothing is taken back of a conversation that is over."""
    played = play(script)

    assert set(played.record.resolutions) == expected
    assert {kind for kind in KINDS if net(played, kind)} == expected
    assert {net(played, kind) for kind in expected} <= {1}


# --- assumed ----------------------------------------------------------------------------------------------------------


def test_assumed_when_the_day_is_over() -> None:
    """Until 24 hours after the end nobody can say it, then it is counted; the other kinds are there at once."""
    tracker, totals, ledger = host()
    for source in write("user a | agent it is booked"):
        tracker.take(source)
    played = Played([], totals, tracker)
    tracker.advance_to(ENDED_NS + DAY_NS - 1)

    assert ledger.records()[0].returned is None
    assert {kind: played.count("resolutions", kind) for kind in KINDS} == {
        "contained": 1, "assumed": 0, "confirmed": 0, "verified": 1,
    }  # fmt: skip
    tracker.advance_to(ENDED_NS + DAY_NS)
    assert ledger.records()[0].returned is False
    assert played.count("resolutions", "assumed") == 1


def with_a_second(second: str, after_ns: int, first: str = "as user=mia | user a | agent x") -> list[Source]:
    """Return a conversation, and what another one sends whose user speaks some time after the end of the first."""
    # ten seconds pass before a user speaks
    return [*write(first, "first"), *write(second, "second", ENDED_NS + after_ns - 10 * SECOND_NS)]


@pytest.mark.parametrize(
    ("second", "after_ns", "assumed"),
    [
        ("as user=mia | user b | agent y", HOUR_NS, False),
        ("as user=mia | user b | agent y", DAY_NS, False),
        ("as user=mia | user b | agent y", DAY_NS + 1, True),
        ("as user=ben | user b | agent y", HOUR_NS, True),
        ("user b | agent y", HOUR_NS, True),
        ("as user=mia | open", HOUR_NS, True),
    ],
    ids=["an hour", "at the last moment", "a moment later", "another user", "nobody knows who", "without a word"],
)
def test_not_assumed_when_the_user_is_back(second: str, after_ns: int, *, assumed: bool) -> None:
    """A message of the same user within 24 hours, in any conversation, says that it was not settled."""
    for played in (live(with_a_second(second, after_ns)), feed(with_a_second(second, after_ns))):
        record = next(record for record in played.records if record.conversation_id == "first")
        assert record.returned is not assumed
        assert ("assumed" in record.resolutions) is assumed
        others = sum("assumed" in one.resolutions for one in played.records if one is not record)
        assert net(played, "assumed") == assumed + others


def test_assumption_is_taken_back() -> None:
    """A message that comes late, when the day was over, takes back that its user had not come back."""
    tracker, totals, ledger = host()
    first, second = with_a_second("as user=mia | user b | agent which?", HOUR_NS)
    played = Played([], totals, tracker)
    tracker.take(first)
    tracker.advance_to(ENDED_NS + DAY_NS + HOUR_NS)
    assert net(played, "assumed") == 1
    tracker.take(second)

    assert (played.count("resolutions", "assumed"), net(played, "assumed")) == (1, 0)
    assert [record.returned for record in ledger.records()][:1] == [True]
    # Only the assumption changed: the end of the first stands as it was.
    assert played.count("conversations_retracted", "silent", "helper") == 0
    assert net(played, "contained") == 1


def test_message_of_the_same_conversation_reopens_it() -> None:
    """Who goes on within the day was not done: all four are taken back, and judged anew at the next end."""
    played = play("user a | agent it is booked | rate positive | idle 23h | user b | tool transfer_to_human | agent x")

    assert {kind: played.count("resolutions", kind) for kind in ("contained", "verified", "confirmed")} == {
        "contained": 1, "verified": 2, "confirmed": 2,
    }  # fmt: skip
    assert [net(played, kind) for kind in KINDS] == [0, 0, 1, 1]


@pytest.mark.parametrize(("pause", "assumed"), [("2h", 1), ("25h", 2)])
def test_next_episode_of_the_same_conversation(pause: str, assumed: int) -> None:
    """Where ended episodes are reopened for an hour only, a later message begins the next, and still was a return."""
    tracker, totals, ledger = host(Rules(reopen_ns=HOUR_NS))
    for source in write(f"user a | agent x | idle {pause} | user b | agent y"):
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 4 * DAY_NS)

    assert [(record.episode, record.returned) for record in ledger.records()] == [(1, assumed == 1), (2, False)]
    assert net(Played([], totals, tracker), "assumed") == assumed


# --- what comes after the end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "kind", "before", "after"),
    [
        ("rate positive", "confirmed", 0, 1),
        ("rate negative", "confirmed", 0, 0),
        ("judge resolved", "verified", 0, 1),
        ("judge fail", "verified", 0, 0),
    ],
)
def test_word_that_comes_after_the_end(late: str, kind: str, before: int, after: int) -> None:
    """Ratings and judgements count with the episode that they are of, hours after its end."""
    tracker, totals, _ = host()
    played = Played([], totals, tracker)
    *told, word = write(f"user a | agent x | idle 3h | {late}")
    for source in told:
        tracker.take(source)
    tracker.advance_to(ENDED_NS + 2 * HOUR_NS)
    assert net(played, kind) == before
    tracker.take(word)
    tracker.advance_to(ENDED_NS + 4 * HOUR_NS)

    assert net(played, kind) == after
    assert played.count("conversations_reopened") == 0


def test_word_that_turns_is_taken_back() -> None:
    """A user who takes the good rating back, and a judge who changes his mind, leave a one in the twin."""
    played = play("user a | agent x | idle 1h | rate positive | judge resolved | idle 1h | rate negative | judge no")

    for kind in ("confirmed", "verified"):
        assert played.count("resolutions", kind) == played.count("resolutions_retracted", kind) == 1
    assert (played.record.last_rating, played.record.judged_resolved) == ("negative", False)


def test_settled_word_outlives_a_late_rating() -> None:
    """Who is known not to have come back stays so when a rating of that day comes an hour after it is over."""
    assert DEFAULT_RULES.held_on_ns > HOUR_NS
    tracker, totals, ledger = host()
    played = Played([], totals, tracker)
    *told, rating = write("user a | agent x | idle 23h | rate positive")
    for source in told:
        tracker.take(source)
    tracker.advance_to(ENDED_NS + DAY_NS + HOUR_NS)
    tracker.take(rating)
    tracker.advance_to(ENDED_NS + 5 * DAY_NS)

    assert ledger.records()[0].resolutions == ("contained", "assumed", "confirmed")
    assert [net(played, kind) for kind in KINDS] == [1, 1, 1, 0]
    assert played.count("resolutions_retracted", "assumed") == 0
