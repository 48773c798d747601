"""What the bridge remembers of a trace and of a run while they are open. It hangs on the SDK's own objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from otel_agent_analytics.agents_sdk.content import Answer
    from otel_agent_analytics.agents_sdk.identity import Said


@dataclass(slots=True)
class OpenTrace:
    """An SDK trace that is open, or that a resumed run goes on with."""

    span: Span | None
    """The root; None when a resumed run's root ended before."""
    context: Context
    group_id: Any
    metadata: Mapping[str, Any] | None
    said: Said
    """What the spans outside any run carry; a run says its own."""
    exception: BaseException | None
    """What was being handled when it started, so that this is not taken for its own failure."""
    token: Token[Any] | None = None
    """Set while its context is attached."""
    error_type: str | None = None
    """Why the last run in it failed."""
    runs: int = 0
    """How many runs the SDK reported a task span for."""
    turn: Turn | None = None
    """Where the SDK reports no task spans, the one turn that the trace stands for."""


class Measured(NamedTuple):
    """Measured values of a text, never the text."""

    length: int
    """Characters."""
    question: bool
    """Whether it ends with a question."""


@dataclass(slots=True)
class Turn:
    """One user turn while its run is open: measured values, never text."""

    user_length: int | None = None
    user_closing: bool | None = None
    answer: Measured | None = None
    """What the last model call said to the user."""
    tool_output: Measured | None = None
    """What the last tool gave back: the answer, where the run ends on it."""
    told: bool = False
    """Whether any model call of the run showed its text: else nobody knows if the user was answered."""
    tool_output_hidden: bool = False
    """Whether the application said that a tool's output, on which the run ends, is not shown to the user."""
    first_agent: str | None = None
    """The agent that the run began with."""
    agent: str | None = None
    """The agent that acted last."""
    error_type: str | None = None
    call_ids: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the tool calls that the model asked for and that have not started, by tool; gone with the turn."""


@dataclass(slots=True)
class OpenSpan:
    """An SDK span that is open."""

    span: Span
    """Its OpenTelemetry span; that of its parent where the span is folded."""
    context: Context
    trace: OpenTrace
    said: Said
    """What the spans of its run carry."""
    turn: Turn | None
    agent: str | None
    """The agent on whose behalf it runs."""
    model_turn: int | None
    """Number of the model turn that it belongs to."""
    folded: bool
    nested: bool
    """Whether it is, or is inside, a run that a tool started."""
    exception: BaseException | None
    """What was being handled when it started, so that this is not taken for its own failure."""
    token: Token[Any] | None = None
    """Set while its context is attached."""


def take_call_id(turn: Turn | None, tool: str) -> str | None:
    """Return the id of the call that now starts; None when the model's answer was not to be had."""
    waiting = turn.call_ids.get(tool) if turn is not None else None
    return waiting.pop(0) if waiting else None


def note_calls(turn: Turn | None, answer: Answer) -> None:
    """Remember the ids of the tool calls that a model asked for, in their order."""
    if turn is None:
        return
    for tool, call_id in answer.tool_calls:
        if call_id:
            turn.call_ids.setdefault(tool, []).append(call_id)
