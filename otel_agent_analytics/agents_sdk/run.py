"""What the bridge remembers of a trace, of a run and of its spans while they are open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from otel_agent_analytics.agents_sdk.content import ToolCall
    from otel_agent_analytics.agents_sdk.identity import Said
    from otel_agent_analytics.agents_sdk.runner import RunGiven
    from otel_agent_analytics.agents_sdk.spans import SpanType


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
    left_to_client: bool
    """Whether an instrumentation of the model's client makes the spans of model calls."""
    workflow: str | None = None
    start_ns: int | None = None
    """UTC nanoseconds."""
    error_type: str | None = None
    """Why the last run in it failed."""
    runs: int = 0
    """How many runs the SDK reported a task span for."""
    turn: Turn | None = None
    """Where the SDK reports no task spans, the one turn that the trace stands for."""
    over: bool = False
    """Whether it was ended before the SDK ended it."""


@dataclass(slots=True)
class Turn:
    """One user turn while its run is open."""

    given: RunGiven | None = None
    """What the application gave the run."""
    user_text: str | None = None
    """What the user said; held until the run ends and it is measured."""
    text_before: str | None = None
    """What the user said before that, by the model call's own input; None when it does not tell."""
    answer: str | None = None
    """What the last model call said to the user."""
    tool_output: Any = None
    """What the last tool gave back: the answer, where the run ends on it."""
    calls: dict[int, int] | None = None
    """How often each call of a tool was made, by a hash of the tool and its arguments."""
    loops: int = 0
    """How many calls were made three times."""
    left_open: bool = False
    """Whether a tool call since the last model call ended with neither a result nor an error."""
    working: AgentRun | None = None
    """The agent at work."""
    told: bool = False
    """Whether any model call of the run showed its text: else nobody knows if the user was answered."""
    tool_output_hidden: bool = False
    """Whether the application said that a tool's output, on which the run ends, is not shown to the user."""
    error_answered: bool = False
    """Whether the application answered the error that ended the run, in words that no span carries."""
    first_agent: str | None = None
    """The agent that the run began with."""
    agent: str | None = None
    """The agent that acted last."""
    error_type: str | None = None


@dataclass(slots=True)
class AgentRun:
    """One agent at work: what its model calls add up to."""

    name: str | None
    model: str | None = None
    """The model that it asks for; None where that is not known beforehand."""
    provider: str | None = None
    address: str | None = None
    port: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: str | None = None
    """Of its last model call."""
    inference_calls: int = 0
    tool_calls: int = 0
    calls: Sequence[ToolCall] = ()
    """The tool calls that its last model call asked for and that have not ended."""
    model_turn_error: str | None = None
    """Why its last model turn failed, where model turns have no spans of their own."""
    facts: tuple[Any, ...] = field(init=False)
    """What the spans on its behalf begin with because of it."""

    def __post_init__(self) -> None:
        """Put together what stays the same while it is at work."""
        self.facts = (self.name, self.model, self.provider, self.address, self.port)


class OpenSpan:
    """An SDK span that is open.

    A plain class, whose defaults cost nothing until they are replaced: one is made for every span.
    """

    subject: str | None = None
    """What the span's operation is done to; None where that is not known."""
    over = False
    """Whether it was ended before the SDK ended it."""
    own = True
    """Whether it has a span of its own."""
    deferred = False
    """Whether it gets its span only at the end, unless the model's client makes one meanwhile."""
    client_seen = False
    """Whether the model's client has made a span for it."""
    start_ns: int | None = None
    """UTC nanoseconds."""
    call: OpenSpan | None = None
    """The last model call right below it."""
    streamed = False
    first_chunk_ns: int | None = None
    """When the first piece of a streamed answer came, UTC nanoseconds."""
    first_token_ns: int | None = None
    """When the first piece with content came, UTC nanoseconds."""
    content: dict[str, Any] | None = None
    """What was said in a model call, where an event is to carry it; None until its end."""

    def __init__(  # noqa: PLR0913, PLR0917 - a record, written by one function alone
        self, span: Span, context: Context, trace: OpenTrace, row: SpanType, said: Said, turn: Turn | None,
        agent: AgentRun | None, model_turn: int | None, nested: bool, exception: BaseException | None,
    ) -> None:  # fmt: skip
        self.span = span
        """Its OpenTelemetry span; that of its parent where it has none of its own."""
        self.context = context
        self.trace = trace
        self.row = row
        self.said = said
        """What the spans of its run carry."""
        self.turn = turn
        self.agent = agent
        """The agent on whose behalf it runs."""
        self.model_turn = model_turn
        """Number of the model turn that it belongs to."""
        self.nested = nested
        """Whether it is, or is inside, a run that a tool started."""
        self.exception = exception
        """What was being handled when it started, so that this is not taken for its own failure."""


def take_call_id(agent: AgentRun | None, tool: Any, arguments: Any) -> str | None:
    """Return the id of the call that ends here: that with the same arguments, else the first of this tool.

    The SDK says nothing of ids on a tool's span; name and arguments tell calls apart, but for equal ones, where it does
    not matter. None when the model's answer was not to be had.
    """
    waiting = [call for call in agent.calls if call.tool == tool] if agent is not None else []
    if agent is None or not waiting:
        return None
    same = (call for call in waiting if call.arguments == arguments)
    taken = waiting[0] if len(waiting) == 1 else next(same, waiting[0])
    agent.calls = [call for call in agent.calls if call is not taken]
    return taken.call_id
