"""The six lines of the outcome, and which of them decides."""

from __future__ import annotations

import pytest

from otel_agent_analytics import vocabulary as v
from tests.helpers.script import Source, live, play, write

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
    # 5 abandoned: no answer, an open question, a failed tool, in the last turn only
    "user hi": ("abandoned", "no_answer"),
    "user hi | tool lookup": ("abandoned", "no_answer"),
    "user hi | agent which order?": ("abandoned", "open_question"),
    "user hi | tool lookup failed | agent that did not work": ("abandoned", "tool_failed"),
    "user hi | tool lookup failed | agent no luck | user again | agent here it is": ("silent", "no_sign"),
    "user hi | agent which one? | user this | agent here it is": ("silent", "no_sign"),
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


@pytest.mark.parametrize(
    ("reason", "without_signals"),
    [("no_answer", True), ("explicit", False), ("run_failed", False), ("escalation", False)],
)
def test_unknown_closing_words(reason: str, without_signals: bool) -> None:
    """Unknown closing words do not hold, and that is noted unless an earlier line decided."""
    endings = {
        "no_answer": "user hallo",
        "explicit": "user hallo | end completed",
        "run_failed": "user hallo | error ModelError",
        "escalation": "user hallo | tool transfer_to_human",
    }
    foreign = [_without_closing(source) for source in write(endings[reason])]
    played = live(foreign)

    assert (played.record.outcome_reason, played.record.without_signals) == (reason, without_signals)
    assert played.count("conversations_without_signals") == without_signals


def _without_closing(source: Source) -> Source:
    """Return what would have come of a text in another language."""
    said = {key: value for key, value in source.attributes.items() if key != v.USER_MESSAGE_CLOSING}
    return source._replace(attributes=said)


def test_run_that_was_cut_off_has_failed() -> None:
    """A run that was still open when the process ended has failed, for that reason."""
    (turn,) = write("user hi | agent hello")
    played = live([turn._replace(attributes={**turn.attributes, v.CUT_OFF: True})])

    assert (played.record.outcome, played.record.agent_messages) == ("failed", 0)
    assert played.count("errors", "run", "cut_off") == 1
