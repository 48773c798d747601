"""Other instrumentations of the Agents SDK, which ``bridge.py`` measures beside this project's.

Each is named with the version that the figures in docs/performance.md are of. Peers need not be installed where this
module is imported: a peer's own interpreter imports it, and knows nothing of this project's package.
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks._noop import Providers


class Peer(NamedTuple):
    """One instrumentation."""

    requirement: str
    """What pip installs."""
    module: str
    """Where its ``OpenAIAgentsInstrumentor`` is."""
    content_off: Mapping[str, str]
    """The environment variables that keep the text of messages out of its spans."""


PEERS: Final[dict[str, Peer]] = {
    "openinference": Peer(
        "openinference-instrumentation-openai-agents==2.6.0",
        "openinference.instrumentation.openai_agents",
        {"OPENINFERENCE_HIDE_INPUTS": "true", "OPENINFERENCE_HIDE_OUTPUTS": "true"},
    ),
    "traceloop": Peer(
        "opentelemetry-instrumentation-openai-agents==0.62.4",
        "opentelemetry.instrumentation.openai_agents",
        {"TRACELOOP_TRACE_CONTENT": "false"},
    ),
    # OpenTelemetry's own. It leaves model calls to the instrumentation of the OpenAI client, which no run here uses.
    "genai": Peer(
        "opentelemetry-instrumentation-genai-openai-agents==1.3b0",
        "opentelemetry.instrumentation.genai.openai_agents",
        {
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT",
            "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
        },
    ),
}
_OURS: Final = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT"}


def content_off() -> dict[str, str]:
    """Return the variables that keep the text of messages out of all spans, of this project and of every peer."""
    return _OURS | {name: value for peer in PEERS.values() for name, value in peer.content_off.items()}


def chosen(text: str) -> list[str]:
    """Return the names in a list with commas, for argparse."""
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(PEERS)}")
    return list(dict.fromkeys(names))


def instrument_by(name: str, providers: Providers) -> None:
    """Let a peer instrument the SDK; each takes those of the providers that it has a use for."""
    instrumentor = importlib.import_module(PEERS[name].module).OpenAIAgentsInstrumentor()
    instrumentor.instrument(
        tracer_provider=providers.tracer, meter_provider=providers.meter, logger_provider=providers.logger
    )
