"""How an episode went, by turns made by hand: sentiment, trajectory, statements, satisfaction, status, effort."""

from __future__ import annotations

from typing import Any

import pytest

from otel_agent_analytics.conversations.quality import quality_of, statements_of
from otel_agent_analytics.conversations.satisfaction import dissatisfactions
from tests.conversations.made import agent, tool, turns, unheard, user
from tests.helpers.script import play

ANGRY: dict[str, Any] = {"negation": True, "complaint": True}
"""logit -1.569 + 1.268 + .735 = .434, P .61: dissatisfied; a calm turn has P .17."""


# --- satisfaction -----------------------------------------------------------------------------------------------------


def test_no_turn_is_judged_without_its_text() -> None:
    """Whoever was not heard is neither satisfied nor dissatisfied."""
    quality = quality_of(turns(unheard(), agent(), unheard()))

    assert (quality.satisfaction, quality.dissatisfied_turns, quality.last_dissatisfied) == (None, None, None)
    assert quality.judged_turns == 0
    assert (quality.sentiment, quality.trajectory, quality.rephrases, quality.repeats) == (None, None, None, None)


@pytest.mark.parametrize(
    "said",
    [
        turns(user(sentiment=None)),
        turns(user(overlap=None)),
        turns(user(), agent(refusal=None), user()),
    ],
    ids=["sentiment", "overlap", "refusal"],
)
def test_turn_with_an_unknown_feature_is_not_judged(said: Any) -> None:
    """Where a number that the model needs is unknown, so is what the model would say of the last turn."""
    assert dissatisfactions(said)[-1] is None
    assert quality_of(said).last_dissatisfied is None


def test_only_judged_turns_count() -> None:
    """The mean is over the turns that are known, and so is their number."""
    known = quality_of(turns(user(**ANGRY), agent(), user(**ANGRY)))
    with_unknown = quality_of(turns(user(**ANGRY), agent(), unheard(), agent(), user(**ANGRY)))

    assert (with_unknown.judged_turns, with_unknown.dissatisfied_turns) == (2, 2)
    assert with_unknown.satisfaction == pytest.approx(known.satisfaction)


def test_share_of_refusals_is_over_known_answers() -> None:
    """An answer that was not measured is no answer without a refusal: of one known that refused the share is 1."""
    said = turns(user(), agent(refusal=None), user(), agent(refusal=True), user())
    same = turns(user(), agent(refusal=True), user())

    assert dissatisfactions(said)[-1] == dissatisfactions(same)[-1] != dissatisfactions(turns(user()))[-1]


@pytest.mark.parametrize(("overlap", "dissatisfied"), [(1.0, True), (0.99, False)])
def test_dissatisfied_is_above_thirty_five_percent(overlap: float, *, dissatisfied: bool) -> None:
    """With all words in common P is .3505 (logit -1.569 + .952), with .99 of them .3483: the line is between."""
    quality = quality_of(turns(user(), agent(), user(overlap=overlap)))

    assert (quality.last_dissatisfied, quality.dissatisfied_turns) == (dissatisfied, int(dissatisfied))


# --- sentiment --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentiments", "expected"),
    [
        ((-0.05,), "negative"),
        ((-0.049,), "neutral"),
        ((0.0,), "neutral"),
        ((0.299,), "neutral"),
        ((0.3,), "positive"),
        ((-0.5, 0.3), "negative"),
        ((-0.5, 0.5), "neutral"),
        ((0.9, -0.1, 0.1), "positive"),
        ((1.0, -1.0, -0.2), "negative"),
    ],
)
def test_sentiment_is_the_mean_over_user_turns(sentiments: tuple[float, ...], expected: str) -> None:
    """Up to -.05 is negative, from .30 on positive, between them neutral."""
    assert quality_of(turns(*(user(sentiment=one) for one in sentiments))).sentiment == expected


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"sentiment": -0.05, "complaint": True}, "frustrated"),
        ({"sentiment": -0.05, "repeat": True}, "frustrated"),
        ({"sentiment": -0.05, "human_request": True}, "frustrated"),
        ({"sentiment": -0.05}, "negative"),
        ({"sentiment": -0.05, "rephrase": True}, "negative"),
        ({"sentiment": -0.04, "complaint": True}, "neutral"),
        ({"sentiment": 0.5, "human_request": True}, "positive"),
        ({"sentiment": None, "complaint": True}, None),
    ],
)
def test_frustrated_takes_a_bad_mood_and_a_reason(turn: dict[str, Any], expected: str | None) -> None:
    """Negative alone is not frustrated, and no complaint, repeat or request for a human is without a bad mood."""
    assert quality_of(turns(user(**turn))).sentiment == expected


def test_one_frustrated_turn_makes_the_episode_frustrated() -> None:
    """Whatever was said before and after, also where it was the last word."""
    frustrated, glad = user(sentiment=-0.3, complaint=True), user(sentiment=0.9)

    assert quality_of(turns(glad, frustrated, glad, glad)).sentiment == "frustrated"
    assert quality_of(turns(glad, glad, user(sentiment=-0.3, complaint=True, closing=True))).sentiment == "frustrated"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((user(sentiment=-0.4), user(sentiment=0.9, closing=True)), "negative"),
        ((user(sentiment=0.9, closing=True),), "positive"),
        ((user(sentiment=0.9, closing=True), user(sentiment=-0.4)), "neutral"),
        ((user(sentiment=-0.4), user(sentiment=0.9, closing=None)), "neutral"),
        ((unheard(), user(sentiment=0.9, closing=True)), "positive"),
        ((user(sentiment=-0.4), user(sentiment=0.9, closing=True), unheard()), "neutral"),
    ],
    ids=["left out", "nothing else", "not the last", "closing unknown", "nothing else known", "unheard after it"],
)
def test_closing_turn_is_left_out(said: tuple[Any, ...], expected: str) -> None:
    """The words of leave-taking are polite whatever came before: they count only where there is nothing else."""
    assert quality_of(turns(*said)).sentiment == expected


# --- trajectory -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moods", "expected"),
    [
        # P is .17 for a calm turn and .61 for an angry one
        ("calm", "stable"),
        ("calm angry", "stable"),
        ("angry calm", "stable"),
        ("calm calm calm", "stable"),
        ("calm calm angry", "declined"),
        ("angry calm calm", "improved"),
        ("calm angry calm", "stable"),
        # of six turns the first two and the last two are compared: (.61 - .17) / 2 = .22
        ("calm calm calm calm calm angry", "declined"),
        ("angry angry calm calm angry angry", "stable"),
        # of seven or eight turns too
        ("angry calm calm angry angry calm calm calm", "improved"),
    ],
)
def test_trajectory_is_the_last_third_less_the_first(moods: str, expected: str) -> None:
    """More than .1 up in dissatisfaction has declined, more than .1 down improved; fewer than three turns: stable."""
    said = [user(**ANGRY) if mood == "angry" else user() for mood in moods.split()]

    assert quality_of(turns(*said)).trajectory == expected


@pytest.mark.parametrize(("sentiment", "expected"), [(-0.45, "stable"), (-0.9, "declined")])
def test_trajectory_needs_more_than_a_tenth(sentiment: float, expected: str) -> None:
    """From P .172: to .2362 (logit -1.569 + .878 * .45) is stable, to .3146 (.878 * .9) declined."""
    assert quality_of(turns(user(), user(), user(sentiment=sentiment))).trajectory == expected


def test_unheard_turns_tell_no_trajectory() -> None:
    """A single turn that is known goes nowhere."""
    assert quality_of(turns(unheard(), unheard(), user(**ANGRY))).trajectory == "stable"


# --- statements of the result -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (("success",), "success"),
        (("failure", "success"), "success"),
        (("success", "failure"), "failure"),
        (("success", "none"), "success"),
        (("failure", None), "failure"),
        (("none", None), None),
        ((), None),
    ],
)
def test_last_statement_stands(statements: tuple[str | None, ...], expected: str | None) -> None:
    """What the agent last said of the result; an answer that says nothing of it, or was not measured, is none."""
    said = turns(*(part for statement in statements for part in (user(), agent(statement=statement))), user())

    assert quality_of(said).statement == expected
    assert statements_of(said) == [one for one in statements if one in ("success", "failure")]


@pytest.mark.parametrize(
    ("said", "mixed"),
    [
        ((tool("book"), agent(statement="success"), user(), tool("pay"), agent(statement="failure")), True),
        ((tool("book"), agent(statement="failure"), user(), tool("pay"), agent(statement="success")), True),
        ((tool("book"), agent(statement="success"), user(), tool("book"), agent(statement="failure")), False),
        ((tool("book"), agent(statement="success"), user(), agent(statement="failure")), False),
        ((agent(statement="failure"), user(), tool("book"), agent(statement="success")), True),
        ((tool("book"), tool("pay"), agent(statement="failure"), user(), agent(statement="success")), False),
    ],
)
def test_success_and_failure_for_different_tools(said: tuple[Any, ...], *, mixed: bool) -> None:
    """A success and a failure both stand where different tools were called for; else the later takes the place."""
    assert quality_of(turns(user(), *said)).mixed is mixed


# --- rephrases and repeats --------------------------------------------------------------------------------------------


def test_rephrases_and_repeats_are_counted_apart() -> None:
    """Each message counts for one of them at most; those that were not compared do not count."""
    compared = [user(rephrase=True), user(repeat=True), user(rephrase=True), user(rephrase=None, repeat=None), user()]
    quality = quality_of(turns(*compared))

    assert (quality.rephrases, quality.repeats) == (2, 1)


def test_nobody_compared_is_unknown_and_not_zero() -> None:
    """Where no message could be compared, nobody can say that nobody rephrased."""
    quality = quality_of(turns(user(rephrase=None, repeat=None)))

    assert (quality.rephrases, quality.repeats) == (None, None)
    assert quality_of(turns(user())).rephrases == 0


# --- status and effort of the record ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "status"),
    [
        # in the order of the definition, each line above those that hold as well
        ("user a | tool transfer_to_human | agent booked", "escalated"),
        ("user a | handoff Human | error ModelError", "escalated"),
        ("user a | tool book | agent booked | user b | tool pay | agent it failed", "partially_resolved"),
        ("user a | tool pay | agent it failed | user b | tool book | agent booked", "partially_resolved"),
        ("user a | agent it failed", "unresolved"),
        ("user a | agent it failed | user thanks, bye | agent bye", "unresolved"),
        ("user a | agent it failed | end completed", "unresolved"),
        ("user a | agent booked | user b | error ModelError", "unresolved"),
        ("user a | agent booked | user b | agent which?", "unresolved"),
        ("user a", "unresolved"),
        ("user a | agent booked", "resolved"),
        ("user thanks, bye | agent bye", "resolved"),
        ("user a | agent x | end completed", "resolved"),
        ("user a | agent booked | user b | agent it is on its way | end silent", "resolved"),
        ("user a | agent x", None),
        ("user a | agent x | end escalated", None),
        ("open", None),
    ],
)
def test_resolution_status(script: str, status: str | None) -> None:
    """The first line that holds: escalated, partly, unresolved, resolved; else it is unknown."""
    played = play(script)

    assert played.record.resolution_status == status
    if played.record.engaged:
        assert played.count("conversations_by_resolution_status", status or "unknown") == 1


@pytest.mark.parametrize(
    ("script", "effort"),
    [
        ("user a | agent x", 1),
        ("user a | agent x | user a anew | agent x", 2),
        ("user a | agent x | user a | agent x", 1),
        ("user a | tool lookup failed | agent x", 2),
        ("user a | tool transfer_to_human | agent x", 2),
        ("user a | tool transfer_to_human failed | agent x", 2),
        ("user a | tool lookup failed | tool transfer_to_human | agent x", 3),
        ("user a | tool lookup failed | tool lookup failed | agent x | user a anew | tool transfer_to_human", 4),
    ],
)
def test_effort(script: str, effort: int) -> None:
    """1, and one more for each of: a rephrase, a failed tool, an escalation; how often does not matter."""
    played = play(script)

    assert played.record.effort == effort
    assert played.count("conversations_by_effort", str(effort)) == 1


def test_visit_has_no_effort() -> None:
    """Of a visit nothing is judged."""
    record = play("open | agent welcome").record

    assert (record.effort, record.satisfaction, record.sentiment, record.trajectory) == (None, None, None, None)
