"""What is said of episodes now, in the place of what was: the counters of agreement, and what is stored of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from otel_agent_analytics.outputs.agreement import Opinions, beside, of_opinions
from otel_agent_analytics.storage import judged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.insights.schema import Findings
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.storage.database import Transaction
    from otel_agent_analytics.storage.judged import Episode
    from otel_agent_analytics.storage.rows import Row

_Said: TypeAlias = "tuple[Service, Opinions]"


class Recounted(NamedTuple):
    """Episodes whose counts of agreement have changed."""

    agreement: list[Row]
    """What is stored of them, in the order of the columns."""
    disagreed: list[Episode]
    """Those that count for none any more."""


class Sayings:
    """What is said of episodes, as this transaction leaves them.

    Args:
        transaction: in which the rest is asked for.
        records: of episodes that ended or changed; None for one that goes on.
        found: by the judge.
    """

    def __init__(
        self,
        transaction: Transaction,
        records: Mapping[Episode, ConversationRecord | None],
        found: Mapping[Episode, Findings],
    ) -> None:
        self._transaction = transaction
        self._records = records
        self._found = found

    def recount(self, touched: Collection[Episode], totals: Totals, now_ns: int) -> Recounted:
        """Count what is said of these episodes now, and take back what was said.

        Args:
            touched: episodes of which something may have changed.
            totals: count.
            now_ns: the time now, UTC nanoseconds.
        """
        recounted = Recounted([], [])
        before = judged.agreed(self._transaction, touched)
        for episode in sorted(touched):
            then = before.get(episode)
            now = self._now(episode, then)
            if now is None and then is not None:
                totals.recount(then[0], (), of_opinions(then[1]))
                recounted.disagreed.append(episode)
            elif now is not None and now != then:
                totals.recount(now[0], of_opinions(now[1]), of_opinions(then[1] if then else None))
                recounted.agreement.append((*episode, *now[0], *now[1], now_ns))
        return recounted

    def _now(self, episode: Episode, then: _Said | None) -> _Said | None:
        """Return what is said of an ended episode that is, or was, judged; None of others."""
        findings = self._found.get(episode)
        judge: tuple[str | None, str | None]
        if findings is not None:
            judge = findings.resolution_status.value, findings.sentiment.value
        elif then is not None:
            judge = then[1].judge_status, then[1].judge_sentiment
        else:
            return None
        local = self._by_rules(episode)
        return None if local is None else (local[0], beside(local[1], *judge))

    def _by_rules(self, episode: Episode) -> _Said | None:
        """Return what the rules say of an ended episode, and its raters; None where it goes on."""
        if episode not in self._records:
            return judged.opinions_of_rules(self._transaction, episode)
        record = self._records[episode]
        if record is None:
            return None
        return record.service, Opinions(record.resolution_status, record.sentiment, record.rating, None, None)
