"""A day after an episode ended: was its user back? Until then nobody can say that the matter was settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from otel_agent_analytics.conversations.events import UserMessage
from otel_agent_analytics.tracking.returns import Episode, Returns

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Event
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.conversations.state import State


class Settler(Protocol):
    """Knows whether users came back."""

    def heard(self, state: State, events: list[Event]) -> None:
        """Note the user messages among new events; without any, those of an episode that has just begun."""

    def settle(self, record: ConversationRecord) -> ConversationRecord:
        """Return the record with the word on whether the user was back within the time that is given for it."""

    def broken(self) -> list[Episode]:
        """Return, once, the episodes whose users turned out to have been back."""

    def tidy(self, watermark_ns: int) -> None:
        """Let go of what no end can ask for any more."""

    def clear(self) -> None:
        """Forget everything."""


class Settling:
    """Knows who spoke when, by the hash of the user and, beyond its first episode, by the conversation.

    ``_broken`` holds what one batch brings back, until it is asked for.
    """

    def __init__(self, rules: Rules) -> None:
        self._returns = Returns(rules.return_ns)
        self._rules = rules
        self._kept_ns = rules.max_age_ns + rules.return_ns + rules.held_on_ns
        self._broken: list[Episode] = []

    def heard(self, state: State, events: list[Event]) -> None:
        """Note the user messages among new events; without any, those of an episode that has just begun."""
        for event in events or state.events:
            if isinstance(event, UserMessage):
                if event.context.user is not None:
                    self._broken += self._returns.spoke(event.context.user, event.time_ns)
                if state.episode > 1:
                    self._broken += self._returns.spoke(_of_conversation(state.conversation_id), event.time_ns)

    def settle(self, record: ConversationRecord) -> ConversationRecord:
        """Return the record with the word on whether the user was back within the time that is given for it."""
        who = [] if record.context.user is None else [record.context.user]
        own = [_of_conversation(record.conversation_id)]
        back = any(self._returns.is_back(one, record.ended_ns) for one in (*who, *own))
        # Else a message within that time reopens the episode, so nobody has to look for it.
        reopened_until_ns = min(record.ended_ns + self._rules.reopen_ns, record.started_ns + self._rules.max_age_ns)
        who += own if reopened_until_ns < record.ended_ns + self._rules.return_ns else []
        if not back:
            for one in who:
                self._returns.wait(one, Episode(record.conversation_id, record.episode, record.ended_ns))
        return record._replace(returned=back)

    def broken(self) -> list[Episode]:
        """Return, once, the episodes whose users turned out to have been back."""
        found, self._broken = self._broken, []
        return found

    def tidy(self, watermark_ns: int) -> None:
        """Let go of what no end can ask for any more."""
        self._returns.forget_before(watermark_ns, self._kept_ns)

    def clear(self) -> None:
        """Forget everything."""
        self._returns.clear()
        self._broken.clear()


def _of_conversation(conversation_id: str) -> str:
    return f"conversation {conversation_id}"
