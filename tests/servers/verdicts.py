"""A judge for days that are made up: of the opinion of the rules, but for some conversations; a sink of the tracker."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.agreement import Opinions, of_opinions
from otel_agent_analytics.outputs.exposition import JudgeState
from otel_agent_analytics.outputs.measures import Amount

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State
    from otel_agent_analytics.outputs.totals import Totals

FAILED: Final = "judge failed"
PUT_OFF: Final = "judgement put off"
TROUBLE: Final = {FAILED: (c.JUDGE_FAILURES, (v.JUDGE_TIMEOUT,)), PUT_OFF: (c.JUDGE_POSTPONED, ())}
"""What may be said of a judge as it is of the pipeline, and where it counts."""
_USD: Final = Decimal("0.002")
_BUDGET_USD: Final = Decimal(100)
_OTHERWISE: Final = 5
"""Of so many conversations one is judged otherwise than by the rules; of so many times so many, one call fails."""


class Verdicts:
    """Counts what a judge would, of every ended conversation, at once.

    Args:
        totals: count it.
    """

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._said: dict[tuple[str, int], Opinions] = {}
        self._judged = 0
        self._services: set[Service] = set()

    def state(self) -> JudgeState:
        """Return where it stands: with less of the budget for each that was judged."""
        return JudgeState(self._judged % _OTHERWISE, float(max(Decimal(0), _BUDGET_USD - self._judged * _USD)))

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Take note of nothing."""

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Take note of nothing."""

    def ended(self, record: ConversationRecord) -> None:
        """Judge it."""
        if not record.engaged:
            return
        if record.service not in self._services:
            self._services.add(record.service)
            self._totals.show_judge(record.service)
        self._judged += 1
        amounts = [Amount(c.JUDGEMENTS, (v.JUDGED,)), Amount(c.JUDGE_COST, (), _USD)]
        if self._judged % _OTHERWISE**2 == 0:
            amounts.append(Amount(c.JUDGE_FAILURES, (v.JUDGE_TIMEOUT,)))
        self._totals.count(record.service, amounts)
        otherwise = self._judged % _OTHERWISE == 0
        status = v.UNRESOLVED if otherwise else record.resolution_status or v.RESOLVED
        self._say(record, status, v.NEGATIVE if otherwise else record.sentiment or v.NEUTRAL)

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Count what is now said beside it."""
        said = self._said.get((record.conversation_id, record.episode))
        if said is not None:
            self._say(record, said.judge_status, said.judge_sentiment)

    def reopened(self, record: ConversationRecord) -> None:
        """Take back what was said."""
        said = self._said.pop((record.conversation_id, record.episode), None)
        self._totals.recount(record.service, (), of_opinions(said))

    def reset(self) -> None:
        """Forget everything."""
        self._said.clear()
        self._services.clear()

    def _say(self, record: ConversationRecord, status: str | None, sentiment: str | None) -> None:
        key = record.conversation_id, record.episode
        now = Opinions(record.resolution_status, record.sentiment, record.rating, status, sentiment)
        self._totals.recount(record.service, of_opinions(now), of_opinions(self._said.get(key)))
        self._said[key] = now
