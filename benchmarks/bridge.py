"""What the bridge and the conversation metrics cost an agent, beside the cost of bare OpenTelemetry spans.

A run here is one SDK trace with 14 SDK spans of the usual mix, made by the SDK's tracing functions alone, with no model
and no agent behind them and message content off. Variants:

  noop         the SDK with a trace processor that does nothing
  floor        15 bare OpenTelemetry spans, no SDK
  ours_bridge  instrument(conversation_metrics=False)
  ours         instrument(): every span is also folded into its conversation, on the worker thread

All export in batches to an exporter that does nothing. run_x_floor = (variant - noop) / floor, in CPU time.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, Spread, median_of, parser_of, settle, show, spread, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.sdk.trace import TracerProvider

VARIANTS: Final = ("noop", "floor", "ours_bridge", "ours")
SPANS: Final = 15


def main() -> int:
    """Measure, and print what came of it."""
    parser = parser_of(__doc__, repetitions=5)
    parser.add_argument("--runs", type=int, default=800, metavar="N", help="in a repetition (default %(default)s)")
    given = parser.parse_args()
    if given.child:
        print(json.dumps(_child(given.child, given.runs)))
        return 0
    measured = take_turns(VARIANTS, given.repetitions, ("--runs", str(given.runs)))
    show(_results(measured), as_json=given.json)
    return 0


def _results(measured: dict[str, list[Figures]]) -> dict[str, Any]:
    noop, floor = (median_of(measured[name], "us_per_run") for name in ("noop", "floor"))
    results: dict[str, Any] = {
        f"{variant} us_per_run": spread(one["us_per_run"] for one in ones) for variant, ones in measured.items()
    }
    for variant in ("ours_bridge", "ours"):
        times = results[f"{variant} us_per_run"]
        results[f"{variant} run_x_floor"] = Spread(*((time - noop) / floor for time in times))
        results[f"{variant} us_per_sdk_span"] = (times.median - noop) / SPANS
        results[f"{variant} spans_per_run"] = measured[variant][0]["spans_per_run"]
    return results


def _child(variant: str, runs: int) -> Figures:
    from benchmarks._noop import exporting
    from benchmarks._spans import floor_run, sdk_run

    provider, exported = exporting()
    _install(variant, provider)
    run = floor_run(provider.get_tracer("floor")) if variant == "floor" else sdk_run()
    _repeat(run, max(20, runs // 10), provider)
    settle()
    before, clock = exported(), Clock()
    _repeat(run, runs, provider)
    return {"us_per_run": clock.cpu() / runs * 1e6, "spans_per_run": (exported() - before) / runs}


def _repeat(run: Callable[[int], None], times: int, provider: TracerProvider) -> None:
    for number in range(times):
        run(number)
    provider.force_flush()  # the conversations too: what the worker thread has left to do is counted


def _install(variant: str, provider: TracerProvider) -> None:
    import agents

    from benchmarks._noop import NoopTraceProcessor

    agents.set_trace_processors([NoopTraceProcessor()] if variant == "noop" else [])
    if variant.startswith("ours"):
        from prometheus_client import CollectorRegistry

        from otel_agent_analytics import instrument

        instrument(
            tracer_provider=provider,
            conversation_metrics=variant == "ours",
            metrics_registry=CollectorRegistry(),
        )


if __name__ == "__main__":
    sys.exit(main())
