"""Sums up each UTC day once nothing on it changes any more, beside everything else that the analyzer does."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.errors import guard
from otel_agent_analytics.service.queries.summed import sum_up
from otel_agent_analytics.storage.days import DAY_NS
from otel_agent_analytics.storage.errors import ConflictError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.storage.database import Database

_SETTLED_NS: Final = 26 * 3_600_000_000_000
"""How long after its end a day is left alone: for 24 hours it is not known which users come back."""
_LOOK_SECONDS: Final = 30.0
_REST: Final = 1.0
"""After each day it rests as long as that took, times this, so that those who write need not wait for long."""
_SUMMING: Final = guard("summing.days")


class Summing:
    """Sums up days on a thread of its own, as long as it runs.

    Args:
        database: has the rows, and takes the sums.
        clock: returns the time now, UTC nanoseconds.
    """

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="agent-analytics-summing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End after the day that it is about."""
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def sum_all(self, rest: float = 0.0) -> int:
        """Sum up all days that are settled and have no sums; return how many these were.

        Args:
            rest: how long to rest after each of them, in multiples of the time that it took.

        Raises:
            StorageError: the database cannot be used now.
        """
        until_day = (self._clock() - _SETTLED_NS) // DAY_NS
        with self._database.transaction() as transaction:
            days = transaction.unsummed(until_day)
        done = 0
        for source, day in days:
            began = time.monotonic()
            sum_up(self._database, source, day)
            done += 1
            if self._stopping.wait((time.monotonic() - began) * rest):
                break
        return done

    def _work(self) -> None:
        while not self._stopping.is_set():
            # Where the database cannot be used now, the days stay as they are until the next look.
            with _SUMMING, contextlib.suppress(UnavailableError, ConflictError):
                self.sum_all(_REST)
            self._stopping.wait(_LOOK_SECONDS)
