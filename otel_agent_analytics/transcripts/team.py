"""The agents that play a transcript: one per name in it, with the recorded tools and a way to hand over."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from agents import (
    Agent,
    FunctionTool,
    GuardrailFunctionOutput,
    InputGuardrail,
    ToolsToFinalOutputResult,
    handoff,
)

from otel_agent_analytics.agents_sdk.processor import hide_tool_output
from otel_agent_analytics.transcripts.model import TranscriptModel, handoff_tool
from otel_agent_analytics.transcripts.script import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.transcripts.event_clock import EventClock
    from otel_agent_analytics.transcripts.script import Said
    from otel_agent_analytics.transcripts.transcript import Guardrail, Transcript

_ANY_ARGUMENTS: Final = {"type": "object", "properties": {}, "additionalProperties": True}
_TEAMS_KEPT: Final = 64


class Team:
    """Makes agents for transcripts and keeps the latest casts, since most transcripts of a file share theirs."""

    def __init__(self, clock: EventClock) -> None:
        self.model = TranscriptModel(clock)
        self._clock = clock
        self._casts: OrderedDict[tuple[Any, ...], dict[str, Agent[Any]]] = OrderedDict()

    def agent(self, name: str, transcript: Transcript, parts: Sequence[Run | Said]) -> Agent[Any]:
        """Return the agent of that name, with every colleague and every tool of the transcript at hand."""
        moves = [move for part in parts if isinstance(part, Run) for move in part.moves]
        names = tuple(
            dict.fromkeys([name, *(move.agent for move in moves), *(m.handoff_to for m in moves if m.handoff_to)])
        )
        tools = tuple(sorted({call.name for move in moves for call in move.calls}))
        key = (frozenset(names), tools, transcript.instructions)
        cast = self._casts.get(key)
        if cast is None:
            cast = self._casts[key] = self._cast(names, tools, transcript.instructions)
            if len(self._casts) > _TEAMS_KEPT:
                self._casts.popitem(last=False)
        return cast[name]

    def _cast(self, names: Sequence[str], tools: Sequence[str], instructions: str | None) -> dict[str, Agent[Any]]:
        played_tools: list[Any] = [self._tool(tool) for tool in tools]
        cast: dict[str, Agent[Any]] = {
            name: Agent(
                name=name,
                instructions=instructions,
                model=self.model,
                tools=played_tools,
                tool_use_behavior=self._after_tools,
            )
            for name in names
        }
        for agent in cast.values():
            agent.handoffs = [
                handoff(other, tool_name_override=handoff_tool(other.name))
                for other in cast.values()
                if other is not agent
            ]
        return cast

    def _tool(self, name: str) -> FunctionTool:
        async def invoke(context: Any, _: str) -> str:
            call = self.model.call(context.tool_call_id)
            self._clock.reach(call.result_ns or 0)
            return call.result

        return FunctionTool(
            name=name,
            description="recorded",
            params_json_schema=dict(_ANY_ARGUMENTS),
            on_invoke_tool=invoke,
            strict_json_schema=False,
        )

    def _after_tools(self, _context: Any, _results: Any) -> ToolsToFinalOutputResult:
        if not self.model.exhausted:
            return ToolsToFinalOutputResult(is_final_output=False)
        # The recording stops on the tool's result: nobody said anything to the user any more.
        hide_tool_output()
        return ToolsToFinalOutputResult(is_final_output=True, final_output="")


def recorded_guardrail(recorded: Guardrail) -> InputGuardrail[Any]:
    """Return a guardrail that finds what the recording says, before the model is asked."""

    async def check(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=recorded.triggered)

    return InputGuardrail(check, name=recorded.name, run_in_parallel=False)
