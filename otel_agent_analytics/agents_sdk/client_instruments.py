"""The conventions' metrics of runs: name → unit, buckets, meaning. Our own metrics stand in ``outputs/catalogue``."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics import vocabulary as v

_SHORT: Final = tuple(0.01 * 2**step for step in range(14))
_AGENT: Final = tuple(0.1 * 2**step for step in range(13))
_WORKFLOW: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_CALLS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
_TOKENS: Final = tuple(4**step for step in range(14))
_MCP: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)

HISTOGRAMS: Final = {
    v.METRIC_INFERENCE_DURATION: ("s", _SHORT, "Duration of a model call."),
    v.METRIC_TIME_TO_FIRST_CHUNK: ("s", _SHORT, "Time until the first piece of a streamed answer."),
    v.METRIC_OPERATION_INPUT_TOKENS: ("{token}", _TOKENS, "Input tokens of a model call."),
    v.METRIC_OPERATION_OUTPUT_TOKENS: ("{token}", _TOKENS, "Output tokens of a model call."),
    v.METRIC_AGENT_DURATION: ("s", _AGENT, "Duration of an agent's work."),
    v.METRIC_AGENT_INFERENCE_CALLS: ("{inference_call}", _CALLS, "Model calls of an agent at work."),
    v.METRIC_AGENT_TOOL_CALLS: ("{tool_call}", _CALLS, "Tool calls of an agent at work."),
    v.METRIC_WORKFLOW_DURATION: ("s", _WORKFLOW, "Duration of a run."),
    v.METRIC_TOOL_DURATION: ("s", _SHORT, "Duration of a tool call."),
    v.METRIC_MCP_DURATION: ("s", _MCP, "Duration of a request to an MCP server."),
}
COUNTERS: Final = {
    v.METRIC_USAGE_INPUT_TOKENS: (v.GEN_AI_USAGE_INPUT_TOKENS, "Input tokens, cached ones included."),
    v.METRIC_USAGE_OUTPUT_TOKENS: (v.GEN_AI_USAGE_OUTPUT_TOKENS, "Output tokens, reasoning ones included."),
    v.METRIC_USAGE_CACHE_READ_TOKENS: (v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, "Input tokens read from a cache."),
    v.METRIC_USAGE_CACHE_WRITE_TOKENS: (v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, "Input tokens written to a cache."),
    v.METRIC_USAGE_REASONING_TOKENS: (v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, "Output tokens spent on reasoning."),
}
"""Name → the span attribute that it adds up, and its meaning. In tokens."""
