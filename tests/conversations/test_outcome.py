"""The six lines of the outcome, and which of them decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.outcome import Evidence, judge
from tests.conversations.made import agent, turns, user
from tests.helpers.script import live, play, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import Event

CASES = {
    # 1 explicit
    "user hi | agent hello | end completed": ("completed", "explicit"),
    "user hi | agent hello? | end silent": ("silent", "explicit"),
    "user hi | tool transfer_to_human | end failed": ("failed", "explicit"),
    "user hi | agent hello | idle 40m | end escalated": ("escalated", "explicit"),
    # an explicit end without an outcome leaves it to the other lines
    "user thanks, bye | agent bye | end": ("completed", "closing_words"),
    # 2 escalated, at any turn
    "user hi | tool transfer_to_human | agent done | user thanks, bye | agent bye": ("escalated", "escalation"),
    "user hi | handoff Human Agent | agent hello": ("escalated", "escalation"),
    "user hi | tool transfer_to_human failed | agent no luck": ("abandoned", "tool_failed"),
    # 3 failed: the run of the last user turn
    "user hi | error ModelError": ("failed", "run_failed"),
    "user thanks | error ModelError": ("failed", "run_failed"),
    "user hi | error ModelError | user again | agent hello": ("silent", "no_sign"),
    # 4 completed: closing words in the last user message, answered or not
    "user hi | agent hello | user thanks, that's all": ("completed", "closing_words"),
    "user thanks, bye | agent anything else?": ("completed", "closing_words"),
    "user thanks for nothing, where is it | agent here | user still missing | agent look": ("silent", "no_sign"),
    # but not on the word that it failed
    "user thanks | agent it failed": ("silent", "no_sign"),
    "user hi | agent it failed | user thanks, bye | agent bye": ("completed", "closing_words"),
    # 4 completed: the last statement is a success, wherever it was made
    "user hi | agent it is booked": ("completed", "success_statement"),
    "user hi | agent it is booked | user when | agent on Monday": ("completed", "success_statement"),
    "user hi | agent it failed | user and now | agent it is booked": ("completed", "success_statement"),
    "user hi | agent it is booked | user and this | agent it failed": ("silent", "no_sign"),
    "user hi | agent it is booked | user and this": ("completed", "success_statement"),
    # unless the agent asks, or the user is dissatisfied
    "user hi | agent it is booked | user fine | agent anything else?": ("abandoned", "open_question"),
    "user hi | agent it is booked | user not that, complaint | agent look": ("abandoned", "dissatisfied"),
    "user hi | agent it is booked | user hi | agent look": ("completed", "success_statement"),
    # 5 abandoned: no answer, an open question, a failed tool, in the last turn only
    "user hi": ("abandoned", "no_answer"),
    "user hi | tool lookup": ("abandoned", "no_answer"),
    "user hi | agent which order?": ("abandoned", "open_question"),
    "user hi | tool lookup failed | agent that did not work": ("abandoned", "tool_failed"),
    "user hi | tool lookup failed | agent no luck | user again | agent here it is": ("silent", "no_sign"),
    "user hi | agent which one? | user this | agent here it is": ("silent", "no_sign"),
    "user hi | tool lookup failed | agent it is booked": ("completed", "success_statement"),
    # 5 abandoned: dissatisfied, rephrased or repeated, in the last turn only
    "user bad, not complaint | agent here": ("abandoned", "dissatisfied"),
    "user not complaint | agent here | user fine | agent here": ("silent", "no_sign"),
    "user hi | agent here | user hi anew | agent here": ("abandoned", "rephrased"),
    "user hi | agent here | user hi | agent here": ("abandoned", "rephrased"),
    "user hi | agent here | user hi anew | agent here | user more | agent here": ("silent", "no_sign"),
    # which comes first
    "user hi | tool transfer_to_human | error ModelError": ("escalated", "escalation"),
    "user thanks, not complaint | agent here": ("completed", "closing_words"),
    "user hi | agent x | user hi anew not complaint | agent which?": ("abandoned", "open_question"),
    "user hi | agent x | user hi anew not complaint | agent here": ("abandoned", "dissatisfied"),
    "user hi | agent x | user hi anew | tool lookup failed | agent here": ("abandoned", "rephrased"),
    # 6 silent
    "user hi | agent here it is": ("silent", "no_sign"),
}


@pytest.mark.parametrize("script", CASES)
def test_first_line_that_holds_decides(script: str) -> None:
    """The outcome is that of the first line of the definition that holds, and the reason names the line."""
    record = play(script).record

    assert CASES[script] == (record.outcome, record.outcome_reason)


def test_rating_never_changes_the_outcome() -> None:
    """An angry rating leaves a completed conversation completed."""
    record = play("user thanks, bye | agent bye | rate negative").record

    assert record.outcome == "completed"


def test_visit_has_no_outcome() -> None:
    """A conversation in which the user says nothing is a visit and has no outcome."""
    record = play("open | agent welcome").record

    assert (record.outcome, record.outcome_reason, record.engaged) == (None, None, False)


@pytest.mark.parametrize(
    ("script", "agent"),
    [
        ("user a | agent:Front x | user b | agent:Orders y", "Orders"),
        ("user a | agent:Front x | user b", "Front"),
        ("user a | agent:Front x | tool transfer_to_human | user b | agent:Orders y", "Front"),
        ("user a | agent:Front x | user b | handoff Orders | error ModelError", "Orders"),
        ("agent:Greeter welcome | user a", "Greeter"),
        ("user a", "unknown"),
    ],
)
def test_each_episode_counts_for_one_agent(script: str, agent: str) -> None:
    """The agent is who answered last; when escalated, who escalated; when failed, whose run failed."""
    assert play(script).record.agent == agent


# --- with signals unknown: a condition that nobody can judge does not hold -------------------------------------------

UNKNOWN: dict[str, tuple[str, str, bool]] = {
    # decided before any text is needed
    "user - | agent - | end completed": ("completed", "explicit", False),
    "user - | tool transfer_to_human | agent -": ("escalated", "escalation", False),
    "user - | error ModelError": ("failed", "run_failed", False),
    # the closing words are unknown, whatever decides then
    "user -": ("abandoned", "no_answer", True),
    "user - | agent which one?": ("abandoned", "open_question", True),
    "user - | agent here": ("silent", "no_sign", True),
    # or they are known, and it is not known whether the agent reports a failure
    "user thanks, bye | agent -": ("silent", "no_sign", True),
    "user hi | agent -": ("silent", "no_sign", True),
    # a known no makes a conjunction fail, whatever is unknown beside it
    "user hi | agent here": ("silent", "no_sign", False),
    # a success does not complete where nobody knows whether the user was dissatisfied, or the agent asks
    "user - | agent it is booked": ("silent", "no_sign", True),
    "user hi | agent it is booked | user more | agent -": ("silent", "no_sign", True),
    # what is unknown of earlier turns does not matter
    "user - | agent x | user thanks, bye | agent bye": ("completed", "closing_words", False),
}


@pytest.mark.parametrize("script", UNKNOWN)
def test_unknown_signals(script: str) -> None:
    """What was not measured neither holds nor fails; an episode decided past such a line is counted."""
    played = play(script)
    outcome, reason, without_signals = UNKNOWN[script]

    assert (played.record.outcome, played.record.outcome_reason) == (outcome, reason)
    assert played.record.without_signals is without_signals
    assert played.count("conversations_without_signals") == without_signals


@pytest.mark.parametrize(
    ("last", "dissatisfied", "statement", "expected"),
    [
        # of an or one yes is enough, and one unknown is too much for a no
        (user(rephrase=True, repeat=None), False, None, ("abandoned", "rephrased", False)),
        (user(rephrase=None, repeat=True), False, None, ("abandoned", "rephrased", False)),
        (user(rephrase=None, repeat=False), False, None, ("silent", "no_sign", True)),
        (user(rephrase=False, repeat=False), False, None, ("silent", "no_sign", False)),
        # of an and one no is enough
        (user(closing=None), None, None, ("silent", "no_sign", True)),
        (user(), None, "success", ("silent", "no_sign", True)),
        (user(), True, "success", ("abandoned", "dissatisfied", False)),
        (user(), False, "success", ("completed", "success_statement", False)),
        (user(), None, "failure", ("silent", "no_sign", True)),
    ],
)
def test_three_values(
    last: Callable[[int], Event], dissatisfied: bool | None, statement: str | None, expected: tuple[str, str, bool]
) -> None:
    """Yes, no and unknown are joined as Kleene's logic has it."""
    *_, turn = turns(last, agent())
    answer = turn.answers[-1] if turn.answers else None
    evidence = Evidence(None, False, turn, answer, statement, dissatisfied)

    assert judge(evidence) == expected


@pytest.mark.parametrize(
    "script",
    [
        "user hi | agent it failed | user thanks, bye",
        "user hi | agent it is booked , more? | user this one",
        "user hi | agent - | user thanks, bye",
    ],
)
def test_last_agent_message_may_be_that_of_an_earlier_turn(script: str) -> None:
    """Who takes leave of a failure, or leaves a question open, is not completed because the last word has no answer."""
    record = play(script).record

    assert (record.outcome, record.outcome_reason) == ("abandoned", "no_answer")


@pytest.mark.parametrize("outcome", ["completed", "escalated", "failed", "abandoned", "silent"])
def test_word_of_the_application_goes_before_everything(outcome: str) -> None:
    """Each of the five can be said, whatever else happened; a user who then speaks again takes the word back."""
    for before in ("user hi | tool transfer_to_human | error ModelError", "user thanks, bye | agent it is booked"):
        record = play(f"{before} | end {outcome}").record
        assert (record.outcome, record.outcome_reason, record.requested_outcome) == (outcome, "explicit", outcome)
    record = play(f"user hi | agent x | end {outcome} | user more | agent which?").record
    assert (record.outcome, record.requested_outcome) == ("abandoned", None)


def test_last_word_of_the_application_counts() -> None:
    """Of two explicit ends the later stands, also where the first came with the outcome."""
    assert play("user hi | agent x | end completed | end failed").record.outcome == "failed"


def test_signals_are_evidence_that_is_kept() -> None:
    """The record has which line decided, and flags that did not: an escalation, a failed turn, a failed tool."""
    record = play("user hi | tool transfer_to_human | tool lookup failed | error ModelError | end completed").record

    assert (record.outcome, record.outcome_reason) == ("completed", "explicit")
    assert (record.escalated, record.failed_turns, record.tool_errors) == (True, 1, 1)


def test_run_that_was_cut_off_has_failed() -> None:
    """A run that was still open when the process ended has failed, for that reason."""
    (turn,) = write("user hi | agent hello")
    played = live([turn._replace(attributes={**turn.attributes, v.CUT_OFF: True})])

    assert (played.record.outcome, played.record.agent_messages) == ("failed", 0)
    assert played.count("errors", "run", "cut_off") == 1
