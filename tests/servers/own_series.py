"""What Prometheus knows beside conversations: whether targets answer, and what the Collector says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics.outputs.catalogue import INTERNAL_FAULTS
from tests.servers.scraped import INSTANCE, JOB

if TYPE_CHECKING:
    from collections.abc import Iterable

_ANALYZER: Final = {"job": JOB, "instance": INSTANCE}
_COLLECTOR: Final = {"job": "otel-collector", "instance": "collector:8888"}
_MEBI: Final = 1024.0 * 1024.0


class Own(NamedTuple):
    """One series that is made here, and not by a program: a line that is straight but for a bend."""

    name: str
    labels: dict[str, str]
    usual: float
    """Value of a gauge; of a counter, by how much it grows in a second."""
    broken: float
    """The same in the last hours of a day on which the Collector loses data."""
    gone: float | None = None
    """The same in the last hours of a day on which nothing can be scraped; None: there is no such series then."""

    def at(self, seconds: float, bent_seconds: float, pipeline: str) -> float | None:
        """Return the value so many seconds after the begin, of which some may be after the bend."""
        bent = max(bent_seconds, 0.0)
        later = {"broken": self.broken, "gone": self.gone}.get(pipeline, self.usual)
        if bent and later is None:
            return None
        if not self.name.endswith("_total"):
            return later if bent else self.usual
        return float(round(self.usual * (seconds - bent) + (later or 0.0) * bent))


def _counters(kind: str, values: dict[str, tuple[float, float]], **labels: str) -> list[Own]:
    return [
        Own(f"otelcol_{kind}_{name}_total", {**_COLLECTOR, **labels}, usual, broken)
        for name, (usual, broken) in values.items()
    ]


def _collector() -> Iterable[Own]:
    for transport in ("http", "grpc"):
        said = {"accepted_spans": (2.0, 1.0), "refused_spans": (0.0, 0.5), "failed_spans": (0.0, 0.2)}
        yield from _counters("receiver", said, receiver="otlp", transport=transport)
        logs = {"accepted_log_records": (1.0, 0.5), "refused_log_records": (0.0, 0.5)}
        yield from _counters("receiver", logs, receiver="otlp", transport=transport)
    for exporter in ("otlp_http/analyzer", "otlp_grpc/tempo", "otlp_http/loki"):
        kind = "log_records" if exporter.endswith("loki") else "spans"
        said = {f"sent_{kind}": (4.0, 1.0), f"send_failed_{kind}": (0.0, 1.0), f"enqueue_failed_{kind}": (0.0, 0.5)}
        yield from _counters("exporter", said, exporter=exporter)
        of = {**_COLLECTOR, "exporter": exporter, "data_type": "logs" if kind == "log_records" else "traces"}
        yield Own("otelcol_exporter_queue_size", of, 3.0, 970.0)
        yield Own("otelcol_exporter_queue_capacity", of, 1000.0, 1000.0)
    yield from _counters("process", {"uptime_seconds": (1.0, 1.0), "cpu_seconds": (0.02, 0.9)})
    yield Own("otelcol_process_memory_rss_bytes", _COLLECTOR, 90.0 * _MEBI, 500.0 * _MEBI)


OWN: Final = (
    Own("up", _ANALYZER, 1.0, 1.0, 0.0),
    Own("up", _COLLECTOR, 1.0, 1.0, 0.0),
    Own(INTERNAL_FAULTS.name, {**_ANALYZER, "place": "tracker.fold"}, 0.0, 0.01),
    *_collector(),
)
