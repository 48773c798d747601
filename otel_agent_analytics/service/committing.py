"""Requests that wait for the database: everything that waits at one time goes into one transaction.

A request is answered when its transaction counts, and not before. While one is written, the next ones gather: so the
more there is to do, the less each span costs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.errors import guard
from otel_agent_analytics.service.analyzer import MOST_DUE
from otel_agent_analytics.storage.errors import ConflictError, StorageError, UnavailableError
from otel_agent_analytics.storage.waiting import MOST_TRACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
    from otel_agent_analytics.service.analyzer import Analyzer

_MOST_AT_ONCE: Final = 5_000
"""Spans in one transaction; a single request may have more."""
_LOOK_SECONDS: Final = 1.0
_TIDY_SECONDS: Final = 3600.0
_NO_NOTES: Final[Counter[tuple[str, Service]]] = Counter()
_READING: Final = guard("committing.read")
_CLOSING: Final = guard("committing.close")
_TIDYING: Final = guard("committing.tidy")


class FullError(StorageError):
    """More waits than may: the request may come again later."""


class _Waiting(NamedTuple):
    sources: Sequence[SpanRecord | LogRecord]
    notes: Counter[tuple[str, Service]]
    answer: Future[None]


class Committer:
    """Writes what is handed over, on a thread of its own, which also ends conversations that are due.

    Args:
        analyzer: folds and stores.
        most_waiting: spans and records that may wait at once.
    """

    def __init__(self, analyzer: Analyzer, *, most_waiting: int = 50_000) -> None:
        self._analyzer = analyzer
        self._most_waiting = most_waiting
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._size = 0
        self._stopping = False
        self._next_look = 0.0
        self._next_tidying = 0.0
        self._thread = threading.Thread(target=self._work, name="agent-analytics-commit", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """Write what waits, and end. What is handed over from now on is refused."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout_seconds)

    def hand_over(
        self, sources: Sequence[SpanRecord | LogRecord], notes: Counter[tuple[str, Service]] = _NO_NOTES
    ) -> Future[None]:
        """Return what is done when these are stored, or has the exception that says why they are not.

        Args:
            sources: spans and records, in any order.
            notes: what is to be counted of the pipeline beside them, by service.

        Raises:
            FullError: too much waits already, or the analyzer is about to end.
        """
        waiting = _Waiting(sources, notes, Future())
        if not sources and not notes:
            waiting.answer.set_result(None)
            return waiting.answer
        with self._changed:
            if self._stopping or (self._size and self._size + len(sources) > self._most_waiting):
                raise FullError(f"{self._size} spans wait for the database, and {self._most_waiting} may")
            self._queue.append(waiting)
            self._size += len(sources)
            self._changed.notify()
        return waiting.answer

    # --- on the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch:
                self._store(batch)
            elif self._stopping:
                return
            self._look()
            with _TIDYING:
                self._tidy()

    def _next(self) -> list[_Waiting]:
        with self._changed:
            if not self._queue and not self._stopping:
                self._changed.wait(max(0.0, self._next_look - time.monotonic()))
            batch: list[_Waiting] = []
            size = 0
            while self._queue and (not batch or size + len(self._queue[0].sources) <= _MOST_AT_ONCE):
                batch.append(self._queue.popleft())
                size += len(batch[-1].sources)
            self._size -= size
            return batch

    def _store(self, batch: list[_Waiting]) -> None:
        """Store requests together; where they cannot be, one by one, so that one that is bad takes no other along."""
        try:
            notes = sum((waiting.notes for waiting in batch), _NO_NOTES)
            self._analyzer.take([source for waiting in batch for source in waiting.sources], notes)
        except Exception as problem:  # noqa: BLE001 - whatever it was, each request is told
            if len(batch) > 1 and not isinstance(problem, UnavailableError):
                for waiting in batch:
                    self._store([waiting])
                return
            for waiting in batch:
                waiting.answer.set_exception(problem)
            return
        for waiting in batch:
            waiting.answer.set_result(None)

    def _tidy(self) -> None:
        """Delete what is too old once an hour, a little between one batch and the next."""
        if time.monotonic() >= self._next_tidying:
            self._next_tidying = time.monotonic() + _TIDY_SECONDS
            with contextlib.suppress(UnavailableError, ConflictError):
                if self._analyzer.tidy():
                    self._next_tidying = 0.0

    def _look(self) -> None:
        """Read what is whole and end what is due, once a second: where the database cannot be reached, it stays so.

        Where there was as much as may be done at once, the next look comes after what waits by then.
        """
        if time.monotonic() >= self._next_look:
            more = False
            with _READING, contextlib.suppress(UnavailableError):
                more = self._analyzer.read_waiting() >= MOST_TRACES
            with _CLOSING, contextlib.suppress(UnavailableError):
                more = self._analyzer.close_due() >= MOST_DUE or more
            self._next_look = time.monotonic() + (0.0 if more else _LOOK_SECONDS)
