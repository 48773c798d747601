"""What an application says itself: which conversation it serves, and what no span carries.

Every function works without ``instrument()``: it then does nothing. None of them raises because of telemetry; a wrong
argument (an empty id, an unknown rating) raises ``ValueError`` where it is called.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import install, measuring
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import ConversationContext, context_attributes, current_conversation
from otel_agent_analytics.conversations.events import LogRecord
from otel_agent_analytics.errors import guard
from otel_agent_analytics.lifecycle import event_attributes, rating_attributes
from otel_agent_analytics.tracking.plain import service_of
from otel_agent_analytics.values import LONGEST_ID, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import TracebackType
    from typing import Self


class conversation:  # noqa: N801 - reads as a statement: ``with conversation("id"): …``
    """Name the conversation that the runs inside belong to, and say what is known of it.

    Works with ``with`` and ``async with``, in any thread or task; nested blocks: the inner one counts.

    Args:
        conversation_id: the application's own id of the conversation: any text but the empty one, of which 1,024
            characters count.
        user_id: who talks; leaves the process only as a keyed hash.
        session_id: the client's session, where there is one.
        channel: where the conversation takes place, such as ``web`` or ``phone``.
        device: ``desktop``, ``tablet`` or ``mobile``.
        language: a language tag such as ``en``.
        country: an ISO 3166 code such as ``NL``.
        ip_address: where no country is said, the one that the address is registered in, looked up without a network;
            the address itself is dropped.
        metadata: further facts; every value becomes a span attribute, and stands in log records, so keep secrets out.

    Raises:
        ValueError: the id is empty or no text.
    """

    def __init__(
        self,
        conversation_id: str,
        *,
        user_id: str | None = None,
        session_id: str | None = None,
        channel: str | None = None,
        device: str | None = None,
        language: str | None = None,
        country: str | None = None,
        ip_address: str | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        said = context_attributes(
            user_id=user_id, session_id=session_id, channel=channel, device=device, language=language, country=country,
            ip_address=ip_address, metadata=metadata, user_key=_user_key(),
        )  # fmt: skip
        self._context = ConversationContext(_checked_id(conversation_id), said)
        self._token: Token[ConversationContext | None] | None = None

    def __enter__(self) -> Self:
        self._token = current_conversation.set(self._context)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._token is not None:
            # Left on another task or thread than it was entered on: that context has gone, or goes with its task.
            with suppress(ValueError):
                current_conversation.reset(self._token)
            self._token = None

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, None)


def start_conversation(conversation_id: str, **context: Any) -> None:
    """Say that a conversation was opened, with the keywords of ``conversation``; until the user speaks it is a visit.

    Raises:
        ValueError: the id is empty or no text.
    """
    said = conversation(conversation_id, **context)._context  # noqa: SLF001 - the same checks, the same attributes
    _send(v.EVENT_STARTED, said.conversation_id, dict(said.attributes))


def end_conversation(conversation_id: str, outcome: str | None = None) -> None:
    """Say that a conversation is over; ``outcome`` goes before all rules.

    Args:
        conversation_id: the id.
        outcome: completed, escalated, failed, abandoned or silent; None leaves it to the rules.

    Raises:
        ValueError: the id is empty, or the outcome is none of the five.
    """
    if outcome is not None and outcome not in v.OUTCOMES:
        message = f"outcome: {outcome!r} is not allowed; allowed is one of {', '.join(v.OUTCOMES)}"
        raise ValueError(message)
    _send(v.EVENT_ENDED, conversation_id, {v.OUTCOME: outcome})


def feedback(
    conversation_id: str, rating: str | float, *, comment: str | None = None, rater: str = v.DEFAULT_RATER
) -> None:
    """Rate a conversation, also after its end. The last rating of a rater counts.

    Args:
        conversation_id: the id.
        rating: ``"positive"``, ``"negative"``, or a number from 1 to 5 (3 is neutral).
        comment: what the rater wrote; redacted as message content is, and sent as the event's explanation.
        rater: who rates; any text that tells raters apart.

    Raises:
        ValueError: the id is empty, or the rating is none of these.
    """
    _rate(conversation_id, rating, comment, rater)


def _rate(conversation_id: str, rating: Any, comment: str | None, rater: str, event_id: str | None = None) -> None:
    said = rating_attributes(rating, comment, rater)
    there = install.installed()
    if isinstance(comment, str) and there is not None:
        with guard("api.comment"):
            said[v.GEN_AI_EVALUATION_EXPLANATION] = None  # so it stays, where the next line fails
            said[v.GEN_AI_EVALUATION_EXPLANATION] = there.redaction.text(comment)
    _send(v.EVENT_EVALUATION_RESULT, conversation_id, said, event_id)


def record_event(  # noqa: PLR0913 - all by keyword
    event: str,
    conversation_id: str,
    *,
    text: str | None = None,
    agent: str | None = None,
    tool: str | None = None,
    to_agent: str | None = None,
    error_type: str | None = None,
    duration_seconds: float | None = None,
    rating: str | float | None = None,
    metadata: Mapping[str, object] | None = None,
    event_id: str | None = None,
) -> None:
    """Record a lifecycle event that no span carries: a greeting, a message that nobody answers, an app without spans.

    Args:
        event: started, user_message, agent_response, tool_called, handoff_requested, feedback_received, completed or
            abandoned.
        conversation_id: the id.
        text: the message, for user_message and agent_response; measured here and dropped.
        agent: the agent concerned; for handoff_requested the one that hands over.
        tool: the tool's name, for tool_called.
        to_agent: the target, for handoff_requested.
        error_type: why it failed, for tool_called; a class of errors, no message.
        duration_seconds: how long it took, for tool_called and agent_response, 0 or more.
        rating: for feedback_received: as ``feedback`` takes it, which can also name the rater.
        metadata: further facts.
        event_id: the same id means the same event, however often it is sent; by default a new one.

    Raises:
        ValueError: the id is empty, the event is none of these, or a feedback_received has no rating that is allowed.
    """
    if event not in v.LIFECYCLE_EVENTS:
        message = f"event: {event!r} is not allowed; allowed is one of {', '.join(sorted(v.LIFECYCLE_EVENTS))}"
        raise ValueError(message)
    if v.EVENT_PREFIX + event == v.EVENT_FEEDBACK_RECEIVED:
        _rate(conversation_id, rating, text, v.DEFAULT_RATER, event_id)
        return
    said = event_attributes(
        agent=agent, tool=tool, to_agent=to_agent, error_type=error_type, duration_seconds=duration_seconds
    )
    context = _context_of(conversation_id)
    speaker = measuring.Speaker(conversation_id, context.get(v.USER_HASH))
    said |= _measured(event, speaker, text, context.get(v.LANGUAGE)) | context | context_attributes(metadata=metadata)
    _send(v.EVENT_PREFIX + event, conversation_id, said, event_id)


def _measured(event: str, speaker: measuring.Speaker, text: str | None, language: Any) -> dict[str, Any]:
    there = install.installed()
    if text is None or there is None:
        return {}
    signals = there.settings.signals
    if v.EVENT_PREFIX + event != v.EVENT_USER_MESSAGE:
        return measuring.agent_message(text, language=language, signals=signals)
    # An application that tells of its messages itself tells of all of them, so one that is not remembered was none.
    before = there.recent.last(speaker.conversation_id) or ""
    there.recent.note(speaker.conversation_id, text)
    return measuring.user_message(
        text, previous=before, language=language, signals=signals, wants=there.wants, speaker=speaker
    )


def _context_of(conversation_id: str) -> dict[str, Any]:
    """Return what a surrounding ``conversation`` block of the same id says."""
    context = current_conversation.get()
    same = context is not None and context.conversation_id == _checked_id(conversation_id)
    return dict(context.attributes) if context is not None and same else {}


def _checked_id(conversation_id: str) -> str:
    """Return an id as every span has it: without space around it, fit to be sent, at most 1,024 characters."""
    if not isinstance(conversation_id, str) or not conversation_id.strip():
        message = f"conversation_id: {conversation_id!r} is not allowed; allowed is any text that is not empty"
        raise ValueError(message)
    found: str = text(conversation_id.strip(), LONGEST_ID)
    return found


def _user_key() -> bytes | None:
    there = install.installed()
    return there.settings.user_key if there is not None else None


def _send(event_name: str, conversation_id: str, said: dict[str, Any], event_id: str | None = None) -> None:
    conversation_id = _checked_id(conversation_id)
    there = install.installed()
    if there is None:
        return
    attributes = {key: value for key, value in said.items() if value is not None}
    attributes[v.GEN_AI_CONVERSATION_ID] = conversation_id
    attributes[v.EVENT_ID] = event_id or there.event_ids()
    there.record(LogRecord(event_name, there.clock(), attributes, service_of(there.resource)))
