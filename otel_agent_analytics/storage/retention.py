"""How long what is kept, by class; and the deletion of what is older, a small portion at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.storage import tables as t
from otel_agent_analytics.storage.burial import erase
from otel_agent_analytics.storage.codec import unpack_head

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.rules import Rules
    from otel_agent_analytics.storage.database import Transaction

DAY_NS: Final = 86_400 * 1_000_000_000
UNSENT_NS: Final = DAY_NS
"""How long a log record waits to be sent: stores of logs refuse what is much older than what they have."""
FOREVER: Final = 0
_BURIED_DAYS: Final = 400
"""How long it is remembered that a conversation was deleted: nothing is sent again after so long a time."""
_MOST_ROWS: Final = 5_000
_MOST_CONVERSATIONS: Final = 200


class Retention(NamedTuple):
    """Days for which what arrived is kept; 0: for ever."""

    facts: int = FOREVER
    """What conversations are folded from, once they are forgotten. Those of others are kept whatever this says."""
    content: int = FOREVER
    """Texts; spans too that still wait after so long, since they cannot be read."""
    conversations: int = FOREVER
    """Conversations with their calls and messages, and facts and texts with them. Totals are kept for ever."""


def portion(transaction: Transaction, retention: Retention, rules: Rules, now_ns: int) -> bool:
    """Delete a little of what is too old.

    Args:
        transaction: in which that is done.
        retention: says what is too old.
        rules: say how long a conversation can still change: so long its rows are kept, whatever the retention says.
        now_ns: the time now, UTC nanoseconds.

    Returns:
        Whether there may be more.
    """
    if not transaction.alone():
        return False
    steps = (_unsent, _texts, _facts, _conversations, _rows, _buried) if any(retention) else (_unsent,)
    return any(step(transaction, retention, rules, now_ns) for step in steps)


def _unsent(transaction: Transaction, _: Retention, __: Rules, now_ns: int) -> bool:
    """Delete log records that nobody has sent: where they are to be sent, the sender has let go of them before."""
    return _delete_old(transaction, t.OUTBOX, now_ns - 2 * UNSENT_NS)


def _texts(transaction: Transaction, retention: Retention, _: Rules, now_ns: int) -> bool:
    if retention.content == FOREVER:
        return False
    before_ns = now_ns - retention.content * DAY_NS
    return any(_delete_old(transaction, table, before_ns) for table in (t.CONTENT, t.WAITING, t.TOPIC_MESSAGES))


def _facts(transaction: Transaction, retention: Retention, _: Rules, now_ns: int) -> bool:
    if retention.facts == FOREVER:
        return False
    return transaction.delete_old_facts(now_ns - retention.facts * DAY_NS, _MOST_ROWS) >= _MOST_ROWS


def _conversations(transaction: Transaction, retention: Retention, _: Rules, now_ns: int) -> bool:
    """Delete conversations of which all is said, whole."""
    if retention.conversations == FOREVER:
        return False
    heads = transaction.finished(now_ns - retention.conversations * DAY_NS, _MOST_CONVERSATIONS)
    if heads:
        erase(transaction, {head.conversation_id: unpack_head(head.body).floor_ns for head in heads}, heads, now_ns)
    return len(heads) >= _MOST_CONVERSATIONS


def _rows(transaction: Transaction, retention: Retention, rules: Rules, now_ns: int) -> bool:
    """Delete old rows of conversations that go on for longer than anything is kept."""
    if retention.conversations == FOREVER:
        return False
    changes_ns = rules.max_age_ns + 2 * max(rules.reopen_ns, rules.return_ns) + rules.held_on_ns
    before_ns = now_ns - max(retention.conversations * DAY_NS, changes_ns)
    tables = (
        t.CALLS, t.MESSAGES, t.CONVERSATIONS, t.CONTENT, t.REVISIONS, t.INSIGHTS, t.INSIGHT_JOBS, t.AGREEMENT,
        t.TOPIC_MESSAGES,
    )  # fmt: skip
    return any(_delete_old(transaction, table, before_ns) for table in tables)


def _buried(transaction: Transaction, _: Retention, __: Rules, now_ns: int) -> bool:
    before_ns = now_ns - _BURIED_DAYS * DAY_NS
    return transaction.delete_old(t.GONE, "gone_ns", before_ns, _MOST_ROWS) >= _MOST_ROWS


def _delete_old(transaction: Transaction, table: t.Table, before_ns: int) -> bool:
    return transaction.delete_old(table, t.ARRIVED_NS, before_ns, _MOST_ROWS) >= _MOST_ROWS
