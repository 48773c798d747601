"""Definitions of outcomes, escalation, rates and resolution."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.definitions import figures as f
from otel_agent_analytics.definitions.definition import Definition, Line, duration, listed
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.settings import variable

_GROUP: Final = "Outcome and resolution"
_ABOVE: Final = f"{f.DISSATISFIED.value:g}"

_LINES: Final = {
    v.REASON_ESCALATION: "a human was asked for, at any turn, and the call did not fail",
    v.REASON_RUN_FAILED: "the run of the last user message ended in an error or was cut off (a failed tool alone is no "
    "failure)",
    v.REASON_CLOSING_WORDS: "the last user message has closing words, and the last agent message does not say that "
    "something failed",
    v.REASON_SUCCESS_STATEMENT: "what the agent last said of the result is a success, its last message does not end "
    "with a question, and the last turn is not dissatisfied",
    v.REASON_NO_ANSWER: "the last user message has no answer",
    v.REASON_OPEN_QUESTION: "the last agent message ends with a question",
    v.REASON_DISSATISFIED: f"the probability that the user was dissatisfied in the last turn is above {_ABOVE}",
    v.REASON_REPHRASED: "the last user message rephrases or repeats the one before",
    v.REASON_TOOL_FAILED: "a tool failed in the last turn, and no success was reported after it",
}

ESCALATIONS: Final = (
    "fallback_to_human", "open_ticket", "ticket", "contact_human", "transfer_to_human_agents", "escalateToSupervisor",
)  # fmt: skip
"""Examples of names that mean a human."""
NO_ESCALATIONS: Final = (
    "buy_bus_ticket", "tour_operator_search", "human_resources_lookup", "handoff_to_billing",
    "transfer_to_refund_agent",
)  # fmt: skip
"""Examples of names that do not."""

OUTCOMES: Final = (
    Definition(
        "outcome",
        _GROUP,
        "Outcome",
        "Every ended, engaged episode has one of five outcomes: that of the first of these lines that holds. The line "
        "is kept as the reason.",
        lines=(
            Line(
                f"as said ({v.REASON_EXPLICIT})",
                f"`end_conversation(outcome=…)` said {listed(v.OUTCOMES)}, and the user has said nothing since; the "
                "last one counts",
            ),
            *(Line(f"{outcome} ({reason})", _LINES[reason]) for outcome, reason in f.OUTCOME_LINES),
            Line(f"{v.SILENT} ({v.REASON_NONE})", "none of these"),
        ),
        after="A line whose signal is unknown (another language, no text to be had) does not hold, and the episode "
        "is counted as decided without signals. Ratings never change the outcome. `completed` says that the user was "
        "content to leave, not that the answer was right.",
        figures=(f.DISSATISFIED,),
        metrics=(c.ENDED.name, c.WITHOUT_SIGNALS.name),
    ),
    Definition(
        "escalation",
        _GROUP,
        "Escalation",
        "A call of a tool, or a handoff to an agent, whose name means a human. Names are split into words at "
        f"underscores and capitals first. A human is meant by {listed(f.PERSONS)}, at the end of the name or "
        f"after {listed(f.LEADS_TO)}; by any word that begins with `escalate`; by `ticket` as the whole name or "
        f"after {listed(f.OPENS)}. So {listed(ESCALATIONS, 'and')} ask for a human, and "
        f"{listed(NO_ESCALATIONS, 'and')} do not. A call that failed asks for nobody; where several ask, the "
        f"last one's agent is the one that asked. `{variable('escalation_names')}` names tools and agents that always "
        f"mean a human, `{variable('not_escalation_names')}` those that never do.",
        metrics=(c.ESCALATED.name, c.HANDOFFS.name),
    ),
    Definition(
        "rate",
        _GROUP,
        "Rates",
        "Shares of the net ended, engaged episodes: ended less retracted. Completion, abandonment and failure are "
        "the shares of those outcomes; the escalation rate is the share of episodes in which a human was asked for, "
        "whatever the outcome. So an episode that the application ends as escalated, without such a tool or handoff, "
        "has that outcome and is not in this rate. Each is shown with its 95 % interval by Wilson's score method: with "
        "a share p of n, (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n), z = 1.96.",
        metrics=(c.ENDED.name, c.ENDED.twin, c.ESCALATED.name),
    ),
    Definition(
        "resolution",
        _GROUP,
        "Four ways to say resolved",
        "Each is counted once per ended, engaged episode, and can be taken back.",
        lines=(
            Line(v.CONTAINED, "no human was asked for"),
            Line(
                v.ASSUMED,
                "contained, outcome completed or silent, and no user message of the same conversation, or of the "
                f"same user in any conversation, within {duration(f.RETURN.value)} after the end. It is counted when "
                "that time is over, so its denominator is that of a day before",
            ),
            Line(
                v.CONFIRMED, "the application ended it as completed, or the last rating, whoever gave it, is positive"
            ),
            Line(
                v.VERIFIED,
                "an evaluation named `resolution` says so; without one, the last thing that the agent said of the "
                "result is a success",
            ),
        ),
        after="Containment is not resolution: of 200 recorded airline conversations with a known result 76 % were "
        "contained and 42 % were solved; of the contained ones 32 %.",
        figures=(f.RETURN,),
        metrics=(c.RESOLUTIONS.name,),
    ),
    Definition(
        "resolution_status",
        _GROUP,
        "Resolution status",
        "What is known of the result: the first of these lines that holds.",
        lines=(
            Line(v.ESCALATED, "a human was asked for"),
            Line(v.PARTIALLY_RESOLVED, "a success stands for one tool and a failure for another"),
            Line(v.UNRESOLVED, "the last statement of the result is a failure, or the outcome is failed or abandoned"),
            Line(v.RESOLVED, "the last statement of the result is a success, or the outcome is completed"),
            Line(v.UNKNOWN, "none of these; shown in the metric, empty in records"),
        ),
        after="A statement is of the last tool that was called in its turn or, where that has none, in an earlier one; "
        "of each tool the last statement stands.",
        metrics=(c.BY_STATUS.name, c.RESOLUTION_TIME.name),
    ),
    Definition(
        "resolution_rate",
        _GROUP,
        "The resolution rate",
        "Episodes with the status resolved, divided by those whose status is known. Its coverage, the share whose "
        f"status is known, belongs beside it; below {f.COVERAGE.value:g} % no alert should rest on it.",
        figures=(f.COVERAGE,),
        metrics=(c.BY_STATUS.name,),
    ),
)
