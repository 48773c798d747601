"""How an engaged episode ended: the six lines of the definition, in their order; the first that holds decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import AgentResponse, EndRequested
    from otel_agent_analytics.conversations.turns import Turn


class Evidence(NamedTuple):
    """All that the outcome is judged on."""

    requested: EndRequested | None
    """The explicit end, where the episode ended by one."""
    escalated: bool
    """Whether an escalation that did not fail happened at any turn."""
    last: Turn
    """The last user turn."""
    last_answer: AgentResponse | None
    """The last agent message of the whole episode; None when there is none."""
    statement: str | None
    """What the agent last said of the result in the whole episode: success or failure; None when nothing."""
    dissatisfied: bool | None
    """Whether the user was dissatisfied in the last turn; None when unknown."""


class Verdict(NamedTuple):
    """The outcome, and which line decided it."""

    outcome: str
    reason: str
    without_signals: bool
    """Whether a line that was reached could not be judged, because a text was not to be had."""


class _Line(NamedTuple):
    """One line: does it hold? None says that its signal is unknown; an unknown line does not hold."""

    outcome: str
    reason: str
    holds: Callable[[Evidence], bool | None]


def _both(*conditions: bool | None) -> bool | None:
    """Return whether all hold; unknown where none fails and one is unknown (Kleene's logic)."""
    return False if False in conditions else None if None in conditions else True


def _not(condition: bool | None) -> bool | None:
    return None if condition is None else not condition


def _run_failed(evidence: Evidence) -> bool:
    return bool(evidence.last.failures)


def _closing_words(evidence: Evidence) -> bool | None:
    closing = evidence.last.message.signs.closing if evidence.last.message is not None else False
    return _both(closing, _not(_says_failure(evidence)))


def _success_statement(evidence: Evidence) -> bool | None:
    succeeded = evidence.statement == v.STATEMENT_SUCCESS
    asks = evidence.last_answer.question if evidence.last_answer is not None else False
    return _both(succeeded, _not(asks), _not(evidence.dissatisfied))


def _says_failure(evidence: Evidence) -> bool | None:
    """Return whether the last agent message says that something failed."""
    if evidence.last_answer is None:
        return False
    statement = evidence.last_answer.statement
    return None if statement is None else statement == v.STATEMENT_FAILURE


def _no_answer(evidence: Evidence) -> bool:
    return not evidence.last.answers


def _open_question(evidence: Evidence) -> bool | None:
    return evidence.last.answers[-1].question if evidence.last.answers else False


def _dissatisfied(evidence: Evidence) -> bool | None:
    return evidence.dissatisfied


def _rephrased(evidence: Evidence) -> bool | None:
    if evidence.last.message is None:
        return False
    signs = evidence.last.message.signs
    return _not(_both(_not(signs.rephrase), _not(signs.repeat)))


def _tool_failed(evidence: Evidence) -> bool:
    """Return whether a tool failed in the last turn and no success was reported after it."""
    failed = [tool.until_ns for tool in evidence.last.tools if tool.error_type is not None]
    reported = [said.time_ns for said in evidence.last.answers if said.statement == v.STATEMENT_SUCCESS]
    return bool(failed) and not any(at_ns >= max(failed) for at_ns in reported)


LINES = (
    _Line(v.ESCALATED, v.REASON_ESCALATION, lambda evidence: evidence.escalated),
    _Line(v.FAILED, v.REASON_RUN_FAILED, _run_failed),
    _Line(v.COMPLETED, v.REASON_CLOSING_WORDS, _closing_words),
    _Line(v.COMPLETED, v.REASON_SUCCESS_STATEMENT, _success_statement),
    _Line(v.ABANDONED, v.REASON_NO_ANSWER, _no_answer),
    _Line(v.ABANDONED, v.REASON_OPEN_QUESTION, _open_question),
    _Line(v.ABANDONED, v.REASON_DISSATISFIED, _dissatisfied),
    _Line(v.ABANDONED, v.REASON_REPHRASED, _rephrased),
    _Line(v.ABANDONED, v.REASON_TOOL_FAILED, _tool_failed),
)


def judge(evidence: Evidence) -> Verdict:
    """Return the outcome of an engaged episode by the first line that holds; ``silent`` when none does."""
    if evidence.requested is not None and evidence.requested.outcome is not None:
        return Verdict(evidence.requested.outcome, v.REASON_EXPLICIT, without_signals=False)
    unknown = False
    for line in LINES:
        holds = line.holds(evidence)
        if holds:
            return Verdict(line.outcome, line.reason, unknown)
        unknown = unknown or holds is None
    return Verdict(v.SILENT, v.REASON_NONE, unknown)
