"""Ratings: one per rater and episode, the last counts, whenever and by whatever way it comes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.conversations.from_record import rating_of
from otel_agent_analytics.conversations.rules import SECOND_NS
from tests.helpers.script import BEGIN_NS, SERVICE, Played, feed, host, live, play, write

HOUR_NS = 3600 * SECOND_NS


def net(played: Played, name: str, *labels: str) -> float:
    """Return a counter less what was taken back."""
    return played.count(name, *labels) - played.count(f"{name}_retracted", *labels)


ANYTHING_ELSE: list[Any] = [None, [], {}, b"5"]


# --- what a rating is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (1, ("negative", 1.0)),
        (2, ("negative", 2.0)),
        (2.9, ("negative", 2.9)),
        (3, ("neutral", 3.0)),
        (3.1, ("positive", 3.1)),
        (5, ("positive", 5.0)),
        ("4", ("positive", 4.0)),
        (" 2 ", ("negative", 2.0)),
        ("positive", ("positive", None)),
        ("Negative", ("negative", None)),
        ("neutral", ("neutral", None)),
        ("up", ("positive", None)),
        ("thumbs_down", ("negative", None)),
        *((number, None) for number in (0, 6, 0.9, 5.1, -1, 10**30, float("nan"), float("inf"), True, False)),
        *((word, None) for word in ("", "great", "4.5", "0", "6", "\ud800")),
        *((thing, None) for thing in ANYTHING_ELSE),
    ],
)
def test_rating(said: Any, expected: tuple[str, float | None] | None) -> None:
    """A number from 1 to 5, or a word; thumbs have no number, and anything else is no rating."""
    assert rating_of(said) == expected


# --- one per rater, the last counts -----------------------------------------------------------------------------------


def test_same_event_counts_once() -> None:
    """However often it is sent, before the end and after it."""
    sources = write("user a | agent x | rate 5 | idle 2h | rate 2 bob")
    played = live([*sources, *sources, *sources])

    assert played.record.ratings == (("bob", "negative", 2.0), ("user", "positive", 5.0))
    assert (net(played, "feedback", "positive"), net(played, "feedback", "negative")) == (1, 1)
    assert (net(played, "feedback_scores"), net(played, "scored_feedback")) == (7, 2)


def test_last_rating_counts_in_any_order() -> None:
    """Last is who spoke last, not what came last."""
    sources = write("user a | agent x | rate 1 ann | rate 5 ann | rate 3 ann | rate positive bob")
    for mixed in itertools.permutations(sources):
        played = feed(mixed)
        assert played.record.ratings == (("ann", "neutral", 3.0), ("bob", "positive", None))
        assert played.record.last_rating == "positive"
        assert (net(played, "feedback", "neutral"), net(played, "feedback", "positive")) == (1, 1)
        assert (net(played, "feedback_scores"), net(played, "scored_feedback")) == (3, 1)


@pytest.mark.parametrize(
    ("ratings", "side"),
    [
        ("rate 4", "positive"),
        ("rate 3", "neutral"),
        ("rate positive ann | rate negative bob", "neutral"),  # (5 + 1) / 2
        ("rate 5 ann | rate 2 bob", "positive"),  # 3.5
        ("rate 5 ann | rate 1 bob | rate 2 eve", "negative"),  # 8 / 3
        ("rate positive ann | rate 1 bob | rate 3 eve", "neutral"),  # 9 / 3
        ("rate neutral ann | rate 4 bob", "positive"),  # 3.5
        ("rate 1 ann | rate 5 ann", "positive"),
    ],
)
def test_conversation_is_on_the_side_of_the_mean(ratings: str, side: str) -> None:
    """Thumbs count as 5 and 1 beside numbers; each rated conversation counts once, its raters one by one."""
    played = play(f"user a | agent x | {ratings}")

    assert played.record.rating == side
    sides = {one: net(played, "rated_conversations", one) for one in v.RATINGS}
    assert sides == {**dict.fromkeys(v.RATINGS, 0), side: 1}


# --- when it comes ----------------------------------------------------------------------------------------------------


def test_rating_after_the_end_is_added_to_it() -> None:
    """It changes the record of the ended episode and nothing else of it."""
    tracker, totals, ledger = host()
    played = Played([], totals, tracker)
    *told, rating = write("user a | agent x | idle 5h | rate 2")
    for source in told:
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 2 * HOUR_NS)
    (before,) = ledger.records()
    tracker.take(rating)
    tracker.advance_to(BEGIN_NS + 6 * HOUR_NS)
    (after,) = ledger.records()

    assert after == before._replace(ratings=(("user", "negative", 2.0),), last_rating="negative")
    assert net(played, "feedback", "negative") == net(played, "rated_conversations", "negative") == 1
    assert played.count("conversations_reopened") == 0
    assert played.count("conversations_ended", "silent", "helper") == 1


def test_changed_rating_leaves_the_first_in_the_twin() -> None:
    """From five to one, after the end: the five was counted and is taken back."""
    played = play("user a | agent x | idle 1h | rate 5 | idle 1h | rate 1")

    for name, labels in (("feedback", ("positive",)), ("rated_conversations", ("positive",))):
        assert played.count(name, *labels) == played.count(f"{name}_retracted", *labels) == 1
    assert (played.count("feedback_scores"), played.count("feedback_scores_retracted")) == (6, 5)
    # What stays as it is does not move: one rating has a number, before and after.
    assert (played.count("scored_feedback"), played.count("scored_feedback_retracted")) == (1, 0)


def test_rating_of_a_reopened_episode_stays_with_it() -> None:
    """The end is taken back with its rating, and counted with it again at the next end."""
    played = play("user a | agent x | rate 4 | idle 2h | user b | agent y")

    assert (played.count("feedback", "positive"), played.count("feedback_retracted", "positive")) == (2, 1)
    assert played.record.ratings == (("user", "positive", 4.0),)


def test_rating_before_the_conversation_joins_it() -> None:
    """Whatever the order in which they come; it does not make the conversation longer, and starts none."""
    sources = write("rate 2 ann | idle 3h | user a | agent x")
    for played in (feed(sources), feed(reversed(sources)), live(sources)):
        assert played.record.ratings == (("ann", "negative", 2.0),)
        assert played.record.duration_seconds == 1
        assert net(played, "feedback", "negative") == 1
        assert played.count("feedback_unmatched") == 0


@pytest.mark.parametrize("pause", ["25h", "80h"])
def test_rating_long_before_the_conversation_is_not_joined(pause: str) -> None:
    """Nobody waits for longer than the reopening time."""
    played = play(f"rate 2 | idle {pause} | user a | agent x")

    assert played.record.ratings == ()
    assert played.count("feedback_unmatched") == 1


def test_ratings_of_nothing_are_counted_when_they_are_let_go() -> None:
    """A conversation that never comes gets no visit, no start and no rating; how many were lost is counted then."""
    tracker, totals, ledger = host()
    played = Played([], totals, tracker)
    for source in write("rate 2 ann | rate 5 bob"):
        tracker.take(source)
    tracker.advance_to(BEGIN_NS + 23 * HOUR_NS)
    assert played.count("feedback_unmatched") == 0
    tracker.advance_to(BEGIN_NS + 28 * HOUR_NS)  # late spans find it for three hours more

    assert played.count("feedback_unmatched") == 2
    assert ledger.records() == []
    assert sum(played.count("feedback", rating) for rating in v.RATINGS) == 0
    assert played.count("visits") == played.count("conversations_started", "unknown") == 0


def test_rating_long_after_the_end_is_unmatched() -> None:
    """A day after its end an episode is not rated any more, and the rating begins no other."""
    played = play("user a | agent x | idle 30h | rate positive")

    assert (played.record.ratings, played.record.episode) == ((), 1)
    assert played.count("feedback_unmatched") == 1


def test_rating_of_a_visit() -> None:
    """It is a rating, and no rated conversation: CSAT is of those who spoke."""
    played = play("open | rate positive")

    assert net(played, "feedback", "positive") == 1
    assert net(played, "rated_conversations", "positive") == 0


# --- in the metadata --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "ratings"),
    [
        ("user a | meta 5 | agent x", (("user", "positive", 5.0),)),
        ("user a | meta positive | agent x | user b | meta positive | agent y", (("user", "positive", None),)),
        ("user a | meta 5 | agent x | user b | meta 1 | agent y", (("user", "negative", 1.0),)),
        ("user a | meta 2 | agent x | rate 5", (("user", "positive", 5.0),)),
        ("user a | agent x | rate 5 | user b | meta 2 | agent y", (("user", "negative", 2.0),)),
        ("user a | meta 2 | agent x | rate 5 ann", (("ann", "positive", 5.0), ("user", "negative", 2.0))),
        ("user a | meta down | agent x", (("user", "negative", None),)),
        ("user a | meta wonderful | agent x", ()),
        ("user a | meta 7 | agent x", ()),
        ("meta 4 | user a | agent x", (("user", "positive", 4.0),)),
    ],
)
def test_rating_in_the_metadata(script: str, ratings: tuple[Any, ...]) -> None:
    """A `feedback` among the metadata of a run, or of an opening, is a rating of the user: one, the last."""
    assert play(script).record.ratings == ratings


# --- as an evaluation event of others ---------------------------------------------------------------------------------


def evaluation(**said: Any) -> LogRecord:
    """Return an evaluation event of the conversation, an hour after its begin."""
    attributes = {v.GEN_AI_CONVERSATION_ID: "c", v.EVENT_ID: "e", **said}
    return LogRecord(v.EVENT_EVALUATION_RESULT, BEGIN_NS + HOUR_NS, attributes, SERVICE)


NAME, LABEL, SCORE = v.GEN_AI_EVALUATION_NAME, v.GEN_AI_EVALUATION_SCORE_LABEL, v.GEN_AI_EVALUATION_SCORE_VALUE


@pytest.mark.parametrize(
    ("said", "ratings"),
    [
        ({NAME: "user_feedback", LABEL: "negative"}, (("user", "negative", None),)),
        ({NAME: "user_feedback", LABEL: "positive", SCORE: 4.5}, (("user", "positive", 4.5),)),
        ({NAME: "user_feedback", LABEL: "good", SCORE: 2}, (("user", "negative", 2.0),)),
        ({NAME: "user_feedback", SCORE: 3}, (("user", "neutral", 3.0),)),
        ({NAME: "user_feedback", LABEL: "good"}, ()),
        ({NAME: "user_feedback", SCORE: 17}, ()),
        ({NAME: "relevance", LABEL: "positive", SCORE: 5}, ()),
        ({LABEL: "positive"}, ()),
        ({}, ()),
    ],
)
def test_evaluation_event(said: dict[str, Any], ratings: tuple[Any, ...]) -> None:
    """Only what is named a user's feedback, and holds a rating, is one."""
    assert live([*write("user a | agent x"), evaluation(**said)]).record.ratings == ratings


@pytest.mark.parametrize(
    ("said", "resolved"),
    [
        ({LABEL: "resolved"}, True),
        ({LABEL: "PASS"}, True),
        ({LABEL: "unresolved", SCORE: 1}, False),
        ({SCORE: 1}, True),
        ({SCORE: 0.5}, True),
        ({SCORE: 0.49}, False),
        ({SCORE: 0}, False),
        ({LABEL: "perhaps", SCORE: 0.9}, True),
        ({LABEL: "perhaps"}, None),
        ({SCORE: 2}, None),
        ({SCORE: -1}, None),
        ({SCORE: float("nan")}, None),
        ({SCORE: "1"}, None),
        ({}, None),
    ],
)
def test_resolution_event(said: dict[str, Any], *, resolved: bool | None) -> None:
    """The label goes before the score, from .5 on resolved; what is neither says nothing."""
    judged = evaluation(**{NAME: "resolution"}, **said)

    assert live([*write("user a | agent x"), judged]).record.judged_resolved is resolved
