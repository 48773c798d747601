"""What ``bridge.py`` measures: the variants, and one repetition of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import agents

from benchmarks._measure import Clock, Figures, settle
from benchmarks._noop import NoopTraceProcessor, Providers, exporting
from benchmarks._peers import instrument_by
from benchmarks._spans import TEN_ATTRIBUTES, floor_run, sdk_run

if TYPE_CHECKING:
    from collections.abc import Callable


def repetition(variant: str, runs: int) -> Figures:
    """Measure one variant, in a process that has done nothing else."""
    providers = exporting()
    agents.set_trace_processors([])
    run = _RUNS[variant](providers) if variant in _RUNS else _peer(variant, providers)
    _repeat(run, max(20, runs // 10), providers)
    if (providers.exported() == 0) != (variant == "noop"):
        # An instrumentor that dislikes a version only writes to the log, and then looks as cheap as none.
        raise SystemExit(f"{variant} exported {providers.exported()} spans while warming up")
    settle()
    before, clock = providers.exported(), Clock()
    _repeat(run, runs, providers)
    return {"us_per_run": clock.cpu() / runs * 1e6, "spans_per_run": (providers.exported() - before) / runs}


def _repeat(run: Callable[[int], None], times: int, providers: Providers) -> None:
    for number in range(times):
        run(number)
    # What is left to do is counted: by the worker thread that folds conversations, and by metrics when they are read.
    providers.tracer.force_flush()
    providers.meter.force_flush()


def _noop(_: Providers) -> Callable[[int], None]:
    agents.set_trace_processors([NoopTraceProcessor()])
    return sdk_run()


def _floor(providers: Providers) -> Callable[[int], None]:
    return floor_run(providers.tracer.get_tracer("floor"))


def _floor_attributes(providers: Providers) -> Callable[[int], None]:
    return floor_run(providers.tracer.get_tracer("floor"), TEN_ATTRIBUTES)


def _ours_bridge(providers: Providers) -> Callable[[int], None]:
    return _ours(providers, conversation_metrics=False)


def _ours(providers: Providers, *, conversation_metrics: bool = True) -> Callable[[int], None]:
    # Imported here, since a peer's environment has neither.
    from prometheus_client import CollectorRegistry

    from otel_agent_analytics import instrument

    instrument(
        tracer_provider=providers.tracer,
        meter_provider=providers.meter,
        logger_provider=providers.logger,
        conversation_metrics=conversation_metrics,
        metrics_registry=CollectorRegistry(),
    )
    return sdk_run()


def _peer(name: str, providers: Providers) -> Callable[[int], None]:
    instrument_by(name, providers)
    return sdk_run()


_RUNS: Final[dict[str, Callable[[Providers], Callable[[int], None]]]] = {
    "noop": _noop,
    "floor": _floor,
    "floor_attributes": _floor_attributes,
    "ours_bridge": _ours_bridge,
    "ours": _ours,
}
