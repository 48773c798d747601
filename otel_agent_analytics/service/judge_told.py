"""What is told of a judge in the log: each trouble once, until it is over."""

from __future__ import annotations

import logging

logger = logging.getLogger("otel_agent_analytics")


class Told:
    """Remembers what was told. For one thread."""

    def __init__(self) -> None:
        self._failures: set[str] = set()
        self._day = -1

    def failed(self, failure: str, problem: Exception) -> None:
        """Tell of a failed call, of each kind once until a call succeeds."""
        if failure not in self._failures:
            self._failures.add(failure)
            logger.warning("the judge could not be asked, or gave no judgement: %s", problem)

    def answered(self) -> None:
        """Take note of a call that succeeded, and tell of it where the last ones did not."""
        if self._failures:
            self._failures.clear()
            logger.info("the judge answers again")

    def budget_spent(self, day: int) -> None:
        """Tell once a day that its budget is spent; ``day`` is that of UTC, in days since 1970."""
        if day != self._day:
            self._day = day
            logger.warning("the budget of the judge for today is spent: what waits is judged tomorrow")
