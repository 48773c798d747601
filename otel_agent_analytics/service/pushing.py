"""Pushes the metrics of ``/metrics`` by OTLP, on a thread of its own: the newest values, every so many seconds."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.errors import guard, known_place, note_refused
from otel_agent_analytics.outputs.otlp_metrics import converted
from otel_agent_analytics.service.metric_request import requests_of, resource_of
from otel_agent_analytics.service.otlp_exporter import LATER, TAKEN, Answer
from otel_agent_analytics.storage.errors import ConflictError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client.core import Metric as Family

    from otel_agent_analytics.outputs.otlp_metrics import Shown
    from otel_agent_analytics.service.otlp_exporter import OtlpExporter

logger = logging.getLogger("otel_agent_analytics")

_PUSHING: Final = guard("metrics.push")
_NOT_TAKEN: Final = known_place("metrics.not_taken")
_LONGEST_SECONDS: Final = 5.0
"""That a request may take."""
_TOO_LATE: Final = Answer(LATER, "there was no time left at the end")


class Pushing:
    """Pushes metrics as long as it runs, one request at a time.

    What is pushed are totals, so a push that fails is left: the next one says all that it said. It is counted, and told
    the first time.

    Args:
        collect: returns the families that ``/metrics`` shows.
        exporter: sends.
        instance: tells this analyzer from others.
        clock: returns the time now, UTC nanoseconds.
        every_seconds: from the end of a push to the next.
    """

    def __init__(
        self,
        collect: Callable[[], Iterable[Family]],
        exporter: OtlpExporter,
        instance: str,
        clock: Callable[[], int],
        every_seconds: float,
    ) -> None:
        self._collect = collect
        self._exporter = exporter
        self._resource = resource_of(instance)
        self._clock = clock
        self._every_seconds = every_seconds
        self._shown: Shown | None = None
        self._missed = 0
        self._stopping = threading.Event()
        self._give_up = float("inf")
        self._thread = threading.Thread(target=self._work, name="agent-analytics-pushing", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience_seconds: float = 5.0) -> None:
        """Push once more, as far as that goes in so many seconds, and end."""
        self._give_up = time.monotonic() + patience_seconds
        self._stopping.set()
        self._thread.join(patience_seconds + _LONGEST_SECONDS)
        self._exporter.close()

    def _work(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.is_set()
            # Where the database cannot be read now, the next push shows what it has by then.
            with _PUSHING, contextlib.suppress(UnavailableError, ConflictError):
                self.push()
            if not stopping:
                self._stopping.wait(self._every_seconds)

    def push(self) -> None:
        """Push what there is now.

        Raises:
            StorageError: the totals cannot be read now.
        """
        metrics, shown = converted(self._collect(), self._clock(), self._shown)
        problem: Answer | None = None
        for body in requests_of(self._resource, metrics):
            seconds = min(_LONGEST_SECONDS, self._give_up - time.monotonic())
            answer = self._exporter.send(body, seconds) if seconds > 0 else _TOO_LATE
            if answer.verdict != TAKEN or answer.rejected:
                problem = answer
            if answer.verdict == LATER:
                break
        if problem is None:
            self._shown = shown
            self._taken()
        else:
            self._not_taken(problem)

    def _not_taken(self, problem: Answer) -> None:
        self._missed += 1
        told = f"{self._exporter.address} does not take the metrics of conversations, which are pushed again later: "
        note_refused(_NOT_TAKEN, told + (problem.said or f"{problem.rejected} data points were rejected"))

    def _taken(self) -> None:
        if self._missed:
            logger.info("%s takes the metrics of conversations, after %d times", self._exporter.address, self._missed)
            self._missed = 0
