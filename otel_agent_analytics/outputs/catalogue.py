"""Every metric once: name, kind, labels, unit, buckets and help. Exposition, tests, dashboards and rules all read this.

Every metric also carries the labels ``service_name`` and, when set, ``service_namespace`` and
``deployment_environment_name``; they are not repeated here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from otel_agent_analytics import vocabulary as v

PREFIX: Final = "agent_analytics_"
COUNTER: Final = "counter"
GAUGE: Final = "gauge"
HISTOGRAM: Final = "histogram"

CLOSED_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "outcome": v.OUTCOMES,
    "role": v.ROLES,
    "turn": v.TURNS,
    "rating": v.RATINGS,
    "kind": v.TOKEN_KINDS,
    "reason": v.DROP_REASONS,
}
"""Labels whose values are known beforehand: every one is shown from the start, at 0."""

OPEN_LABELS: Final[dict[str, int]] = {
    "agent": 20,
    "tool": 30,
    "model": 20,
    "channel": 10,
    "error_type": 30,
    "from_agent": 20,
    "to_agent": 20,
}
"""Labels that anything may be in, and how many values of each a service may show; the rest becomes ``other``."""

CLOSED_LABELS["label"] = tuple(OPEN_LABELS)

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
_LONG_SECONDS: Final = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0)


class Metric(NamedTuple):
    """One metric family."""

    name: str
    """As Prometheus shows it; counters end in ``_total``."""
    kind: str
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram, without +Inf."""
    twin: str = ""
    """Name of the counter of what was taken back; empty where nothing can be."""
    pairs: int = 0
    """How many combinations of its open labels a service may show; 0: as many as the caps of the labels allow."""

    @property
    def open_labels(self) -> frozenset[str]:
        """The labels of this metric whose values are not known beforehand."""
        return frozenset(label for label in self.labels if label in OPEN_LABELS)


def _counter(name: str, labels: tuple[str, ...], text: str, *, twin: str = "", pairs: int = 0) -> Metric:
    twin_name = f"{PREFIX}{twin}_total" if twin else ""
    return Metric(f"{PREFIX}{name}_total", COUNTER, labels, text, twin=twin_name, pairs=pairs)


def _histogram(name: str, labels: tuple[str, ...], text: str, buckets: tuple[float, ...]) -> Metric:
    return Metric(PREFIX + name, HISTOGRAM, labels, text, buckets)


# Traffic
STARTED: Final = _counter("conversations_started", ("channel",), "Episodes in which the user said something.")
ENDED: Final = _counter(
    "conversations_ended", ("outcome", "agent"), "Engaged episodes that ended.", twin="conversations_retracted"
)
REOPENED: Final = _counter("conversations_reopened", (), "Ended episodes whose user came back.")
ACTIVE: Final = Metric(PREFIX + "conversations_active", GAUGE, (), "Engaged episodes that are open now.")
VISITS: Final = _counter("visits", (), "Episodes that ended without a word of the user.", twin="visits_retracted")
MESSAGES: Final = _counter("messages", ("role",), "Messages of users and agents.")
# Time
DURATION: Final = _histogram(
    "conversation_duration_seconds", (), "From the first event of an engaged episode to its end.", _LONG_SECONDS
)
CONVERSATION_TURNS: Final = _histogram(
    "conversation_turns", (), "User messages of an engaged episode.", (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)
)
RESPONSE_TIME: Final = _histogram(
    "response_time_seconds", ("agent",), "From the user's message to the end of the run that answered it.", _SECONDS
)
MODEL_DURATION: Final = _histogram("model_duration_seconds", ("model",), "Duration of model calls.", _SECONDS)
TOOL_DURATION: Final = _histogram("tool_duration_seconds", ("tool",), "Duration of tool calls.", _SECONDS)
# Drop-off
TURN_REACHED: Final = _counter(
    "turn_reached", ("turn",), "Turns that were decided: the next began or the episode ended."
)
TURN_ABANDONED: Final = _counter(
    "turn_abandoned", ("turn",), "Episodes abandoned in this turn.", twin="turn_abandoned_retracted"
)
# Quality
ESCALATED: Final = _counter(
    "conversations_escalated",
    ("agent",),
    "Engaged episodes in which a human was asked for, by the agent that asked.",
    twin="conversations_escalated_retracted",
)
HANDOFFS: Final = _counter("handoffs", ("from_agent", "to_agent"), "Handoffs from one agent to another.", pairs=50)
FEEDBACK: Final = _counter(
    "feedback", ("rating",), "Ratings of ended episodes, the last of each rater.", twin="feedback_retracted"
)
WITHOUT_SIGNALS: Final = _counter(
    "conversations_without_signals",
    (),
    "Engaged episodes whose outcome was decided with a signal unknown.",
    twin="conversations_without_signals_retracted",
)
RUN_ERRORS: Final = _counter("run_errors", ("error_type",), "Runs that ended in an error or were cut off.")
# Tools and models
TOOL_CALLS: Final = _counter("tool_calls", ("tool",), "Tool calls.")
TOOL_ERRORS: Final = _counter("tool_errors", ("tool",), "Tool calls that failed.")
MODEL_CALLS: Final = _counter("model_calls", ("model",), "Model calls.")
MODEL_ERRORS: Final = _counter("model_errors", ("model",), "Model calls that failed.")
TOKENS: Final = _counter(
    "tokens",
    ("model", "kind"),
    "Tokens by kind; input holds cache_read and cache_write, output holds reasoning, so these must not be added up.",
)
# Health of the pipeline
RECEIVED: Final = _counter("spans_received", (), "Spans and records of agents that reached the tracker.")
DUPLICATE: Final = _counter("spans_duplicate", (), "Spans and records that had been there before.")
LATE: Final = _counter("spans_late", (), "Spans and records of an episode that is no longer held.")
DROPPED: Final = _counter("spans_dropped", ("reason",), "Spans and records that were not counted, and why.")
WITHOUT_CONVERSATION: Final = _counter("spans_without_conversation", (), "Spans and records that name no conversation.")
LABELS_FOLDED: Final = _counter(
    "labels_folded", ("label",), "Label values shown as 'other' because there were too many."
)
INTERNAL_FAULTS: Final = _counter("internal_faults", ("place",), "Faults of the telemetry itself, caught and logged.")
BUILD_INFO: Final = Metric(PREFIX + "build_info", GAUGE, ("version",), "1, with the version of this package.")

CATALOGUE: Final[tuple[Metric, ...]] = (
    STARTED, ENDED, REOPENED, ACTIVE, VISITS, MESSAGES,
    DURATION, CONVERSATION_TURNS, RESPONSE_TIME, MODEL_DURATION, TOOL_DURATION,
    TURN_REACHED, TURN_ABANDONED,
    ESCALATED, HANDOFFS, FEEDBACK, WITHOUT_SIGNALS, RUN_ERRORS,
    TOOL_CALLS, TOOL_ERRORS, MODEL_CALLS, MODEL_ERRORS, TOKENS,
    RECEIVED, DUPLICATE, LATE, DROPPED, WITHOUT_CONVERSATION, LABELS_FOLDED, INTERNAL_FAULTS, BUILD_INFO,
)  # fmt: skip

PER_PROCESS: Final = (INTERNAL_FAULTS, BUILD_INFO)
"""Metrics of the process, without the labels of a service."""

PIPELINE: Final[dict[str, tuple[Metric, tuple[str, ...]]]] = {
    v.PIPELINE_RECEIVED: (RECEIVED, ()),
    v.PIPELINE_DUPLICATE: (DUPLICATE, ()),
    v.PIPELINE_LATE: (LATE, ()),
    v.PIPELINE_WITHOUT_CONVERSATION: (WITHOUT_CONVERSATION, ()),
    v.PIPELINE_CONVERSATION_FULL: (DROPPED, (v.PIPELINE_CONVERSATION_FULL,)),
    v.PIPELINE_QUEUE_FULL: (DROPPED, (v.PIPELINE_QUEUE_FULL,)),
}
"""What the tracker says of the pipeline, and the counter that it moves."""
