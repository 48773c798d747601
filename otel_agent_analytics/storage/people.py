"""Who came back, and how long conversations usually are, as the tables tell it: the same from every analyzer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.conversations.events import Event, UserMessage
from otel_agent_analytics.tracking.lengths import DAY_NS, days_before, effort

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.tracking.returns import Episode

_MOST_DAYS: Final = 1_000
_LONGEST_TRANSACTION_NS: Final = 60 * 1_000_000_000


class StoredSettling:
    """Knows from the messages in the database whether users came back. For one transaction at a time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.begin(None, 0)

    def begin(self, transaction: Transaction | None, watermark_ns: int) -> None:
        """Ask a transaction from now on. ``watermark_ns`` is the event time up to which episodes may be settled."""
        self._transaction = transaction
        # What comes in time is no news for an episode that is settled, unless another analyzer does that just now.
        shared = transaction is not None and transaction.shared
        self._late_ns = watermark_ns + (_LONGEST_TRANSACTION_NS if shared else 0)
        self._spoken: list[tuple[str, str, int]] = []

    def heard(self, state: State, events: list[Event]) -> None:
        """Note the user messages among new events; without any, those of an episode that has just begun."""
        for event in events or state.events:
            if not isinstance(event, UserMessage) or event.time_ns > self._late_ns:
                continue
            if event.context.user is not None or state.episode > 1:
                own = state.conversation_id if state.episode > 1 else ""
                self._spoken.append((event.context.user or "", own, event.time_ns))

    def settle(self, record: ConversationRecord) -> ConversationRecord:
        """Return the record with the word on whether the user was back within the time that is given for it."""
        assert self._transaction is not None  # noqa: S101 - a fault of this package
        user, after_ns, until_ns = record.context.user, record.ended_ns, record.ended_ns + self._rules.return_ns
        back = (user is not None and self._transaction.spoke(user, after_ns, until_ns)) or self._transaction.went_on(
            record.conversation_id, after_ns, until_ns
        )
        return record._replace(returned=back)

    def broken(self) -> list[Episode]:
        """Return, once, the episodes whose users turned out to have been back."""
        spoken, self._spoken = self._spoken, []
        if not spoken or self._transaction is None:
            return []
        return self._transaction.taken_for_gone(spoken, self._rules.return_ns)

    def tidy(self, watermark_ns: int) -> None:
        """Let go of nothing: the database keeps what there is."""

    def clear(self) -> None:
        """Forget everything."""
        self.begin(None, 0)


class StoredLengths:
    """Knows from the ended episodes in the database how many turns are usual. For one transaction at a time.

    Bounded: what a day tells is held for a thousand days and services at most.
    """

    def __init__(self) -> None:
        self._days: dict[tuple[Service, int], Counter[int]] = {}
        self._transaction: Transaction | None = None

    def begin(self, transaction: Transaction) -> None:
        """Ask a transaction from now on."""
        self._transaction = transaction

    def note(self, record: ConversationRecord, amount: int = 1) -> None:
        """Count an ended episode, or take it back: its row does, so what was held of its day is asked anew."""
        self._days.pop((record.service, record.ended_ns // DAY_NS), None)

    def effort(self, record: ConversationRecord) -> int:
        """Return the effort of an episode, 1 to 5: its points, and one more where it was longer than usual."""
        lengths = Counter[int]()
        for day in days_before(record):
            lengths.update(self._of_day(record.service, day))
        return effort(record, lengths)

    def clear(self) -> None:
        """Forget everything."""
        self._days.clear()

    def _of_day(self, service: Service, day: int) -> Counter[int]:
        key = service, day
        if key not in self._days:
            assert self._transaction is not None  # noqa: S101 - a fault of this package
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            found = self._transaction.turn_counts(service, day * DAY_NS, (day + 1) * DAY_NS)
            self._days[key] = Counter(found)
        return self._days[key]
