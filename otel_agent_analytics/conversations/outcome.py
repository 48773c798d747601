"""How an engaged episode ended: the six lines of the definition, in their order; the first that holds decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.conversations.events import EndRequested
    from otel_agent_analytics.conversations.turns import Turn


class Evidence(NamedTuple):
    """All that the outcome is judged on."""

    requested: EndRequested | None
    """The explicit end, where the episode ended by one."""
    escalated: bool
    """Whether an escalation that did not fail happened at any turn."""
    last: Turn
    """The last user turn."""


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


def _run_failed(evidence: Evidence) -> bool:
    return bool(evidence.last.failures)


def _closing_words(evidence: Evidence) -> bool | None:
    return evidence.last.message.closing if evidence.last.message is not None else False


def _no_answer(evidence: Evidence) -> bool:
    return not evidence.last.answers


def _open_question(evidence: Evidence) -> bool | None:
    return evidence.last.answers[-1].question if evidence.last.answers else False


def _tool_failed(evidence: Evidence) -> bool:
    return any(tool.error_type is not None for tool in evidence.last.tools)


_LINES = (
    _Line(v.ESCALATED, v.REASON_ESCALATION, lambda evidence: evidence.escalated),
    _Line(v.FAILED, v.REASON_RUN_FAILED, _run_failed),
    _Line(v.COMPLETED, v.REASON_CLOSING_WORDS, _closing_words),
    _Line(v.ABANDONED, v.REASON_NO_ANSWER, _no_answer),
    _Line(v.ABANDONED, v.REASON_OPEN_QUESTION, _open_question),
    _Line(v.ABANDONED, v.REASON_TOOL_FAILED, _tool_failed),
)


def judge(evidence: Evidence) -> Verdict:
    """Return the outcome of an engaged episode by the first line that holds; ``silent`` when none does."""
    if evidence.requested is not None and evidence.requested.outcome is not None:
        return Verdict(evidence.requested.outcome, v.REASON_EXPLICIT, without_signals=False)
    unknown = False
    for line in _LINES:
        holds = line.holds(evidence)
        if holds:
            return Verdict(line.outcome, line.reason, unknown)
        unknown = unknown or holds is None
    return Verdict(v.SILENT, v.REASON_NONE, unknown)
