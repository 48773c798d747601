"""Sends what is in the outbox, on a thread of its own: in order, in batches, and again until somebody takes it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import guard
from otel_agent_analytics.service.log_request import records_of, request_of
from otel_agent_analytics.service.otlp_exporter import LATER, LONGEST_SECONDS, NOTHING, REFUSED
from otel_agent_analytics.storage.errors import ConflictError, UnavailableError
from otel_agent_analytics.storage.outbox import by_service, unsent, waiting
from otel_agent_analytics.storage.retention import UNSENT_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk._logs import ReadableLogRecord

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.service.analyzer import Analyzer
    from otel_agent_analytics.service.otlp_exporter import Answer, OtlpExporter
    from otel_agent_analytics.storage.outbox import Unsent

logger = logging.getLogger("otel_agent_analytics")

_AT_ONCE: Final = 500
"""Log records in a request."""
_LET_GO_AT_ONCE: Final = 5_000
_MOST_PARTS: Final = 32
"""Requests into which a refused one is divided at most, to find what of it is refused."""
_LOOK_SECONDS: Final = 1.0
_LONGEST_REST_SECONDS: Final = 60.0
_SENDING: Final = guard("outgoing.send")


class Outgoing:
    """Sends log records as long as it runs. Of several analyzers on one database, one sends those of all.

    What is taken, or refused for ever, leaves the outbox; what may be taken later stays, and nothing behind it goes
    first. What was sent when the process was killed is sent once more, and is the same.

    Args:
        analyzer: has the outbox.
        exporter: sends.
        clock: returns the time now, UTC nanoseconds.
        most_waiting: log records that may wait; the oldest go first. What has waited for a day goes too.
    """

    def __init__(
        self, analyzer: Analyzer, exporter: OtlpExporter, clock: Callable[[], int], *, most_waiting: int = 100_000
    ) -> None:
        self._analyzer = analyzer
        self._database = analyzer.database
        self._exporter = exporter
        self._clock = clock
        self._most_waiting = most_waiting
        self._rest_seconds = _LOOK_SECONDS
        self._next_count = 0.0
        self._told: set[str] = set()
        self._stopping = threading.Event()
        self._give_up = 0.0
        self._thread = threading.Thread(target=self._work, name="agent-analytics-outgoing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Send what waits, as far as that goes at once and in so many seconds, and end. The rest is stored."""
        self._give_up = time.monotonic() + patience_seconds
        self._stopping.set()
        self._thread.join(patience_seconds + LONGEST_SECONDS + _LOOK_SECONDS)
        self._exporter.close()

    def _work(self) -> None:
        while True:
            stopping = self._stopping.is_set()
            rest = _LOOK_SECONDS
            # Where the database cannot be used now, everything stays as it is until the next look.
            with _SENDING, contextlib.suppress(UnavailableError, ConflictError):
                rest = self.send_some()
            if stopping and (rest or time.monotonic() > self._give_up):
                return
            self._stopping.wait(rest)

    def send_some(self) -> float:
        """Send one batch; return for how many seconds there is nothing to do.

        Raises:
            StorageError: the outbox cannot be read or written now.
        """
        if not self._database.sends():
            return _LOOK_SECONDS
        rows = unsent(self._database, _AT_ONCE)
        since_ns = self._clock() - UNSENT_NS
        old = [row for row in rows if row.arrived_ns < since_ns]
        if old:
            self._lose(old, "they have waited for a day")
            return 0.0
        for service, some in by_service(rows).items():
            answer = self._send(service, some)
            if answer.verdict == LATER:
                return self._later(answer)
        self._back()
        if len(rows) < _AT_ONCE:
            return _LOOK_SECONDS
        self._let_go_of_the_oldest()
        return 0.0

    def _send(self, service: Service, rows: Sequence[Unsent]) -> Answer:
        """Send rows of a service, in parts where together they are refused; return the last answer."""
        records = records_of(service, rows)
        done = [row for row in rows if row not in records]
        lost = Counter({(v.PIPELINE_EVENT_UNSENT, service): len(done)})
        parts, requests = deque([list(records)]), 0
        answer = NOTHING
        while parts and answer.verdict != LATER:
            part = parts.popleft()
            answer, requests = self._exported([records[row] for row in part]), requests + 1
            half = len(part) // 2
            if answer.verdict == REFUSED and half and requests < _MOST_PARTS:
                parts.extendleft((part[half:], part[:half]))
            elif answer.verdict != LATER:
                done += part
                lost[v.PIPELINE_EVENT_REFUSED, service] += len(part) if answer.verdict == REFUSED else answer.rejected
        if done:
            self._analyzer.let_go([row.key for row in done], +lost)
        return answer

    def _exported(self, records: Sequence[ReadableLogRecord]) -> Answer:
        if not records:
            return NOTHING
        answer = self._exporter.send(request_of(records))
        if answer.verdict == REFUSED or answer.rejected:
            self._warn_once(
                REFUSED, "%s does not take all log records of conversations, and is not asked again: %s", answer.said
            )
        elif answer.verdict != LATER and answer.said:
            self._warn_once("said", "%s takes log records of conversations and says: %s", answer.said)
        return answer

    # --- what cannot be sent ------------------------------------------------------------------------------------------

    def _later(self, answer: Answer) -> float:
        """Return how long to rest before the same is sent again."""
        self._warn_once(LATER, "%s does not take log records of conversations now, so they wait: %s", answer.said)
        self._let_go_of_the_oldest()
        rest = max(self._rest_seconds, answer.retry_after_seconds)
        self._rest_seconds = min(2 * self._rest_seconds, _LONGEST_REST_SECONDS)
        return min(rest, _LONGEST_REST_SECONDS)

    def _back(self) -> None:
        self._rest_seconds = _LOOK_SECONDS
        if LATER in self._told:
            self._told.discard(LATER)
            logger.info("%s takes log records of conversations again", self._exporter.address)

    def _let_go_of_the_oldest(self) -> None:
        """Let go of what is more than may wait; it is counted once a second at most."""
        if time.monotonic() < self._next_count:
            return
        self._next_count = time.monotonic() + _LOOK_SECONDS
        too_many = waiting(self._database) - self._most_waiting
        while too_many > 0 and (rows := unsent(self._database, min(too_many, _LET_GO_AT_ONCE))):
            self._lose(rows, f"more than {self._most_waiting} wait")
            too_many -= len(rows)

    def _lose(self, rows: Sequence[Unsent], why: str) -> None:
        self._warn_once(why, "log records of conversations for %s are never sent: %s", why)
        lost = Counter((v.PIPELINE_EVENT_UNSENT, row.service) for row in rows)
        self._analyzer.let_go([row.key for row in rows], lost)

    def _warn_once(self, what: str, message: str, said: str) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning(message, self._exporter.address, said)
