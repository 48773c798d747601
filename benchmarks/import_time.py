"""How long it takes to import this package, beyond what is imported with it anyway.

  package     import otel_agent_analytics, after opentelemetry.sdk.trace
  instrument  from otel_agent_analytics import instrument, after opentelemetry.sdk.trace and agents
  call        the first instrument(), after that import; what conversation metrics need is imported there
  bridge      the first instrument(conversation_metrics=False), after that import

Also lists which of agents, prometheus_client and rich the plain import loads. It must load none of them: the exit
status is 1 where it does. Every repetition is a process of its own. Not counted: compiling, which a round before the
first did, and the trace provider that the Agents SDK sets up for itself when it is first asked for.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final

from benchmarks._measure import Clock, Figures, parser_of, settle, show, spread, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

VARIANTS: Final = ("package", "instrument", "call", "bridge")
MUST_NOT: Final = ("agents", "prometheus_client", "rich")


def main() -> int:
    """Measure, and print what came of it; return 1 when the plain import loads what it must not."""
    given = parser_of(__doc__, repetitions=5).parse_args()
    if given.child:
        print(json.dumps(_child(given.child)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        take_turns(VARIANTS, 1, environ=compiled)
        measured = take_turns(VARIANTS, given.repetitions, environ=compiled)
    results: dict[str, Any] = {}
    for variant, ones in measured.items():
        results |= {f"{variant} {unit}": spread(one[unit] for one in ones) for unit in ("wall_ms", "cpu_ms")}
        results[f"{variant} modules"] = ones[0]["modules"]
    loaded = measured["package"][0]["loaded"]
    show(
        results | {"loaded by the plain import": ", ".join(loaded) or "none of " + ", ".join(MUST_NOT)},
        as_json=given.json,
    )
    return 1 if loaded else 0


def _child(variant: str) -> Figures:
    before, measure = _PREPARED[variant], _MEASURED[variant]
    for name in before:
        importlib.import_module(name)
    if "agents" in before:
        importlib.import_module("agents.tracing").get_trace_provider()
    settle()
    modules, clock = len(sys.modules), Clock()
    measure()
    times = {"cpu_ms": clock.cpu() * 1e3, "wall_ms": clock.wall() * 1e3}
    return {
        **times,
        "modules": len(sys.modules) - modules,
        "loaded": [name for name in MUST_NOT if name in sys.modules],
    }


def _package() -> None:
    importlib.import_module("otel_agent_analytics")


def _public_name() -> None:
    from otel_agent_analytics import instrument  # noqa: F401 - the import is what is measured


def _call() -> None:
    _instrument(conversation_metrics=True)


def _bridge() -> None:
    _instrument(conversation_metrics=False)


def _instrument(*, conversation_metrics: bool) -> None:
    from opentelemetry.sdk.trace import TracerProvider

    from otel_agent_analytics import instrument

    instrument(tracer_provider=TracerProvider(), conversation_metrics=conversation_metrics)


_SDKS: Final = ("opentelemetry.sdk.trace", "agents")
_PREPARED: Final[dict[str, tuple[str, ...]]] = {
    "package": ("opentelemetry.sdk.trace",),
    "instrument": _SDKS,
    "call": (*_SDKS, "otel_agent_analytics.install"),
    "bridge": (*_SDKS, "otel_agent_analytics.install"),
}
_MEASURED: Final[dict[str, Callable[[], None]]] = {
    "package": _package,
    "instrument": _public_name,
    "call": _call,
    "bridge": _bridge,
}


if __name__ == "__main__":
    sys.exit(main())
