"""A drawn conversation → the spans and log records that the bridge would send of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks._stories import HOUR_NS, RUN_NS, last_ns, turn_ns
from benchmarks._world import DISSATISFIED, REPEATED, REPHRASED, TOOL_FAILED
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from otel_agent_analytics.conversations.rules import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks._stories import Story
    from benchmarks._world import Ending

MODEL: Final = "priced"
UNPRICED_MODEL: Final = "unpriced"
INPUT_TOKENS: Final = 1000
OUTPUT_TOKENS: Final = 200

_AGENTS: Final = ("Orders", "Refunds")
_ASK_FOR_HUMAN: Final = "transfer_to_human"
_OTHER_TOOL: Final = "refund_order"
# Positive from .30 on, negative up to -.05; repeating oneself in a bad mood would be frustrated, so it is said mildly.
_SENTIMENTS: Final = {v.POSITIVE: 0.5, v.NEUTRAL: 0.1, v.NEGATIVE: -0.2, v.FRUSTRATED: -0.2}
_MILD: Final = -0.04
_OUT_OF_HAND: Final = {v.POSITIVE: v.NEGATIVE, v.NEGATIVE: v.POSITIVE, v.NEUTRAL: v.NEGATIVE}

_UNREAD: Final[dict[str, Any]] = {v.USER_MESSAGE_LENGTH: 60, v.USER_MESSAGE_LANGUAGE: "de"}
_READ: Final[dict[str, Any]] = {
    v.USER_MESSAGE_LENGTH: 60,
    v.USER_MESSAGE_LANGUAGE: "en",
    v.USER_MESSAGE_CLOSING: False,
    v.USER_MESSAGE_THANKS: False,
    v.USER_MESSAGE_NEGATION: False,
    v.USER_MESSAGE_QUESTION: True,
    v.USER_MESSAGE_SAYS_NO: False,
    v.USER_MESSAGE_COMPLAINT: False,
    v.USER_MESSAGE_HUMAN_REQUEST: False,
    v.USER_MESSAGE_OVERLAP: 0.0,
    v.USER_MESSAGE_REPHRASE: False,
    v.USER_MESSAGE_REPEAT: False,
}
_OF_KIND: Final[dict[str, dict[str, Any]]] = {
    # With these two the probability of dissatisfaction is above one half, without them below one quarter.
    DISSATISFIED: {v.USER_MESSAGE_NEGATION: True, v.USER_MESSAGE_SAYS_NO: True},
    REPHRASED: {v.USER_MESSAGE_REPHRASE: True},
    REPEATED: {v.USER_MESSAGE_REPEAT: True},
}
_ANSWER: Final[dict[str, Any]] = {v.TURN_ANSWERED: True, v.AGENT_MESSAGE_LENGTH: 200, v.AGENT_MESSAGE_QUESTION: False}
_READ_ANSWER: Final[dict[str, Any]] = {v.AGENT_MESSAGE_REFUSAL: False, v.AGENT_MESSAGE_STATEMENT: v.STATEMENT_NONE}


class Teller:
    """Writes the spans and records of conversations of one service.

    Args:
        service: who sends them.
        working: whether to tell of model and tool calls too, and of who the user is.
    """

    def __init__(self, service: Service, *, working: bool = True) -> None:
        self._service = service
        self._working = working

    def tell(self, story: Story) -> list[SpanRecord | LogRecord]:
        """Return what a conversation sends, in no particular order."""
        said = self._identity(story)
        if story.ending is None:
            return [LogRecord(v.EVENT_STARTED, story.begins_ns, said, self._service)]
        sources: list[SpanRecord | LogRecord] = []
        for turn in range(1, len(story.kinds) + 1):
            sources += self._turn(story, story.ending, turn, said)
        sources += self._afterwards(story, story.ending, said)
        return sources

    def _identity(self, story: Story) -> dict[str, Any]:
        said: dict[str, Any] = {v.GEN_AI_CONVERSATION_ID: f"{self._service.name}-{story.number}"}
        if self._working:
            said |= {
                v.GEN_AI_AGENT_NAME: _AGENTS[story.number % 2],
                v.USER_HASH: f"{self._service.name}-user-{story.user}",
                v.CHANNEL: "web",
                v.DEVICE: "mobile",
            }
        return said

    def _turn(self, story: Story, ending: Ending, turn: int, said: dict[str, Any]) -> Iterator[SpanRecord | LogRecord]:
        begins_ns, last = turn_ns(story, turn), turn == len(story.kinds)
        words = _words(story, ending, turn, last=last)
        if last and not ending.answered and ending.outcome == v.ABANDONED:
            yield LogRecord(v.EVENT_USER_MESSAGE, begins_ns, {**said, **words}, self._service)
            return
        number = (story.number << 16) + (turn << 8)
        if self._working:
            yield from self._work(story, ending if last else None, turn, said, number)
        result = _result(story, ending, turn)
        whole = {**said, v.OPERATION: v.OPERATION_TURN, **words, **result}
        yield self._span(number, begins_ns, begins_ns + RUN_NS, whole, failed=v.TURN_ERROR_TYPE in result)

    def _work(
        self, story: Story, ending: Ending | None, turn: int, said: dict[str, Any], number: int
    ) -> Iterator[SpanRecord]:
        """Tell of the model call, the tools and the handoff of a turn; ``ending``, where it is the last."""
        begins_ns, kind = turn_ns(story, turn), story.kinds[turn - 1]
        call = {
            v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT,
            v.GEN_AI_REQUEST_MODEL: UNPRICED_MODEL if story.unpriced else MODEL,
            v.GEN_AI_USAGE_INPUT_TOKENS: INPUT_TOKENS,
            v.GEN_AI_USAGE_OUTPUT_TOKENS: OUTPUT_TOKENS,
        }
        yield self._span(number + 1, begins_ns, begins_ns + SECOND_NS, {**said, **call})
        for place, (tool, failed) in enumerate(_tools(story, ending, kind, works=story.tools[turn - 1])):
            called = {
                v.GEN_AI_OPERATION_NAME: v.OPERATION_EXECUTE_TOOL,
                v.GEN_AI_TOOL_NAME: tool,
                v.TOOL_RESULT_FAILED: failed,
            }
            at_ns = begins_ns + (2 + place) * SECOND_NS
            yield self._span(number + 2 + place, at_ns, at_ns + SECOND_NS, {**said, **called})
        if ending is not None and ending.human == "handoff":
            passed = {v.OPERATION: v.OPERATION_HANDOFF, v.HANDOFF_TO_AGENT: "Human"}
            yield self._span(number + 9, begins_ns + SECOND_NS, begins_ns + SECOND_NS, {**said, **passed})

    def _span(
        self, number: int, from_ns: int, to_ns: int, attributes: dict[str, Any], *, failed: bool = False
    ) -> SpanRecord:
        return SpanRecord(f"{number >> 8:032x}", f"{number:016x}", from_ns, to_ns, attributes, failed, self._service)

    def _afterwards(self, story: Story, ending: Ending, said: dict[str, Any]) -> Iterator[LogRecord]:
        over_ns = last_ns(story)
        if ending.requested is not None:
            yield self._record(v.EVENT_ENDED, over_ns + SECOND_NS, said, {v.OUTCOME: ending.requested})
        rating = story.rating
        if rating is not None:
            at_ns = over_ns + (2 * HOUR_NS if rating.late else 30 * SECOND_NS)
            if rating.second_thoughts:
                yield self._rating(at_ns - 10 * SECOND_NS, said, _OUT_OF_HAND[rating.side], None)
            yield self._rating(at_ns, said, rating.side, rating.score)
        if story.judged is not None:
            label = v.RESOLVED if story.judged else v.UNRESOLVED
            evaluated = {v.GEN_AI_EVALUATION_NAME: v.EVALUATION_RESOLUTION, v.GEN_AI_EVALUATION_SCORE_LABEL: label}
            yield self._record(v.EVENT_EVALUATION_RESULT, over_ns + HOUR_NS, said, evaluated)

    def _rating(self, at_ns: int, said: dict[str, Any], side: str, score: int | None) -> LogRecord:
        words = {v.GEN_AI_EVALUATION_SCORE_LABEL: side} if score is None else {v.GEN_AI_EVALUATION_SCORE_VALUE: score}
        rated = {v.GEN_AI_EVALUATION_NAME: v.EVALUATION_USER_FEEDBACK, v.RATER: "customer", **words}
        return self._record(v.EVENT_EVALUATION_RESULT, at_ns, said, rated)

    def _record(self, name: str, at_ns: int, said: dict[str, Any], more: dict[str, Any]) -> LogRecord:
        identity = {v.GEN_AI_CONVERSATION_ID: said[v.GEN_AI_CONVERSATION_ID]}
        return LogRecord(name, at_ns, {**identity, **more}, self._service)


def _words(story: Story, ending: Ending, turn: int, *, last: bool) -> dict[str, Any]:
    """Return what is measured of a user's message."""
    if story.wordless:
        return _UNREAD
    kind, sentiment = story.kinds[turn - 1], _SENTIMENTS[story.sentiment]
    return {
        **_READ,
        **_OF_KIND.get(kind, {}),
        v.USER_MESSAGE_SENTIMENT: _MILD if kind == REPEATED and sentiment < 0 else sentiment,
        v.USER_MESSAGE_CLOSING: last and ending.closing,
        v.USER_MESSAGE_HUMAN_REQUEST: turn == 1 and story.sentiment == v.FRUSTRATED,
    }


def _result(story: Story, ending: Ending, turn: int) -> dict[str, Any]:
    """Return what is measured of the answer to a turn."""
    last = turn == len(story.kinds)
    if last and not ending.answered:
        return {v.TURN_ANSWERED: False, v.TURN_ERROR_TYPE: "ModelError"}
    measured = _ANSWER if story.wordless else {**_ANSWER, **_READ_ANSWER}
    if last:
        question = {v.AGENT_MESSAGE_QUESTION: ending.question}
        return measured | (question if story.wordless else {**question, v.AGENT_MESSAGE_STATEMENT: ending.statement})
    if ending.mixed and turn == len(story.kinds) - 1:
        return {**measured, v.AGENT_MESSAGE_STATEMENT: v.STATEMENT_SUCCESS}
    return measured


def _tools(story: Story, ending: Ending | None, kind: str, *, works: bool) -> list[tuple[str, bool]]:
    """Return the tools that are called in a turn, each with whether it failed."""
    called: list[tuple[str, bool]] = []
    if kind == TOOL_FAILED:
        # An escalation that fails is none.
        called.append((_ASK_FOR_HUMAN if story.number % 10 == 0 else "look_up_order", True))
    elif works:
        called.append(("look_up_order", False))
    if ending is not None and ending.mixed:
        called.append((_OTHER_TOOL, False))
    if ending is not None and ending.human == "tool":
        called.append((_ASK_FOR_HUMAN, False))
    return called
