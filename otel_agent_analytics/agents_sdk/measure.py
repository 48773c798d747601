"""What the texts of a run say, taken as numbers while they are there; and those numbers as span attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.content import (
    NO_ANSWER,
    Answer,
    answer_of_generation,
    answer_of_response,
    last_user_text,
)
from otel_agent_analytics.agents_sdk.run import Measured
from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.language import is_english
from otel_agent_analytics.signals.question import ends_with_question
from otel_agent_analytics.signals.tool_result import says_failed

if TYPE_CHECKING:
    from otel_agent_analytics.agents_sdk.run import Turn


def note_model_call(turn: Turn, data: Any, language: Any = None) -> Answer:
    """Take from a finished model call what the user said and what the agent said; return its whole answer.

    ``language`` is the conversation's language tag, where it is known: the word lists are English.
    """
    if turn.user_length is None:
        said = last_user_text(getattr(data, "input", None))
        if said is not None:
            turn.user_length = len(said)
            turn.user_closing = has_closing_words(said) if is_english(language) else None
    answer = _answer(data)
    if answer is not NO_ANSWER:
        turn.told = True
    turn.answer = None if answer.text is None else _said(answer.text)
    turn.tool_output = None
    return answer


def note_tool_output(turn: Turn, output: Any) -> None:
    """Remember a tool's output: where the run ends on a tool, it is what the user was shown."""
    if output is not None and output != "":
        turn.tool_output = _said(str(output))


def tool_failed(output: Any, pattern: str) -> bool | None:
    """Return True when a tool's result says that it failed; None when it does not say so."""
    return True if output is not None and says_failed(str(output), pattern) else None


def turn_attributes(turn: Turn) -> dict[str, Any]:
    """Return what the turn's span carries of its run; None for what is not known."""
    shown = turn.answer or (None if turn.tool_output_hidden else turn.tool_output)
    said: dict[str, Any] = {
        v.GEN_AI_AGENT_NAME: turn.first_agent,
        v.ANSWERING_AGENT: turn.agent,
        v.USER_MESSAGE_LENGTH: turn.user_length,
        v.USER_MESSAGE_CLOSING: turn.user_closing,
        v.TURN_ERROR_TYPE: turn.error_type,
    }
    if turn.error_answered:
        return {**said, v.TURN_ANSWERED: True}
    if turn.told:
        said[v.TURN_ANSWERED] = shown is not None
    if shown is not None:
        said[v.AGENT_MESSAGE_LENGTH] = shown.length
        said[v.AGENT_MESSAGE_QUESTION] = shown.question
    return said


def _answer(data: Any) -> Answer:
    response = getattr(data, "response", None)
    if response is not None:
        return answer_of_response(response)
    output = getattr(data, "output", None)
    return NO_ANSWER if output is None else answer_of_generation(output)


def _said(text: str) -> Measured:
    return Measured(len(text), ends_with_question(text))
