"""What the texts of a run say, taken as numbers while they are there; and those numbers as span attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import measuring
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.content import (
    NO_ANSWER,
    Answer,
    answer_of_generation,
    answer_of_response,
    last_user_texts,
)
from otel_agent_analytics.signals.tool_result import says_failed

if TYPE_CHECKING:
    from otel_agent_analytics.agents_sdk.run import AgentRun, Turn
    from otel_agent_analytics.measuring import Speaker, Wants
    from otel_agent_analytics.recent_messages import RecentMessages

_LOOP: Final = 3
"""A call that is made as often in a turn, with the same arguments, goes round in circles."""


def note_model_call(turn: Turn, data: Any) -> Answer:
    """Take from a finished model call what the user said and what the agent said; return its whole answer."""
    if turn.user_text is None:
        turn.user_text, turn.text_before = last_user_texts(getattr(data, "input", None))
    answer = _answer(data)
    if answer is not NO_ANSWER:
        turn.told = True
    turn.answer = answer.text
    turn.tool_output, turn.left_open = None, False
    return answer


def note_tool_call(turn: Turn, tool: Any, arguments: Any, output: Any, *, failed: bool) -> None:
    """Count a call, and remember its output: where the run ends on a tool, it is what the user was shown."""
    if output is not None and output != "":
        turn.tool_output = output
    turn.left_open = turn.left_open or (output is None and not failed)
    calls = turn.calls = turn.calls if turn.calls is not None else {}
    call = hash((tool, str(arguments)))
    calls[call] = made = calls.get(call, 0) + 1
    turn.loops += made == _LOOP


def tool_failed(output: Any, pattern: str) -> bool | None:
    """Return True when a tool's result says that it failed; None when it does not say so."""
    return True if output is not None and says_failed(str(output), pattern) else None


def turn_attributes(
    turn: Turn, speaker: Speaker, language: Any, recent: RecentMessages, *, signals: bool, wants: Wants | None = None
) -> dict[str, Any]:
    """Return what the turn's span carries of its run, measured now; None for what is not known."""
    conversation_id = speaker.conversation_id
    said: dict[str, Any] = {
        v.GEN_AI_AGENT_NAME: turn.first_agent,
        v.ANSWERING_AGENT: turn.agent,
        v.TURN_ERROR_TYPE: turn.error_type,
    }
    if turn.loops:
        said[v.TURN_LOOPS] = turn.loops
    if turn.user_text is not None:
        before = _text_before(turn, recent.last(conversation_id))
        recent.note(conversation_id, turn.user_text)
        said.update(
            measuring.user_message(
                turn.user_text, previous=before, language=language, signals=signals, wants=wants, speaker=speaker
            )
        )
    if turn.error_answered:
        return {**said, v.TURN_ANSWERED: True}
    shown = turn.answer or (None if turn.tool_output_hidden or turn.tool_output is None else str(turn.tool_output))
    if turn.told:
        said[v.TURN_ANSWERED] = shown is not None
    if shown is not None:
        said.update(measuring.agent_message(shown, language=language, signals=signals))
    elif turn.told and turn.error_type is None and (turn.left_open or _has_calls(turn.working)):
        said[v.TURN_WAITS_FOR_APPROVAL] = True
    return said


def _has_calls(agent: AgentRun | None) -> bool:
    return agent is not None and bool(agent.calls)


def _text_before(turn: Turn, remembered: str | None) -> str | None:
    """Return the user message before this one: empty when there was none, None when that is not known."""
    if turn.text_before is not None or remembered is not None:
        return turn.text_before if turn.text_before is not None else remembered
    elsewhere = turn.given is not None and turn.given.history_elsewhere
    return None if elsewhere else ""


def _answer(data: Any) -> Answer:
    response = getattr(data, "response", None)
    if response is not None:
        return answer_of_response(response)
    output = getattr(data, "output", None)
    return NO_ANSWER if output is None else answer_of_generation(output)
