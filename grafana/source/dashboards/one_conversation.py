"""What happened in one conversation, turn by turn, and its traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from grafana.source.dashboards import panels as p
from grafana.source.dashboards import records as r
from grafana.source.dashboards.looks import USD, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import log_figures, records, traces
from grafana.source.dashboards.record_tables import as_table, chosen, units
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import wide_names as w

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_WHAT_IT_COST: Final = (
    f'{r.all_ends()} | {r.CONVERSATION}="${{conversation_id:raw}}" | {r.label(w.COST_USD)}!=""'
    f" | label_format usd=`{{{{ mulf .{r.label(w.COST_USD)} .{r.COUNT} }}}}` | unwrap usd"
)
_OF_ONE: Final = {
    "Time": "told",
    r.EVENT: "record",
    r.column("episode"): "episode",
    r.column("outcome"): "outcome",
    r.column("outcome_reason"): "because",
    r.column("resolution_status"): "result",
    r.column("user_turns"): "turns",
    r.column("duration_seconds"): "length",
    r.column("cost"): "cost",
    r.column("sentiment"): "sentiment",
    r.column("satisfaction"): "satisfaction",
    r.column("effort"): "effort",
    r.column("rating"): "rating",
    r.column("escalated"): "escalated",
    r.column("tool_calls"): "tool calls",
    r.column("tool_errors"): "tool errors",
    r.column("agents"): "agents",
    r.column("models"): "models",
}
_OF_EVENTS: Final = {
    "Time": "time",
    r.label(w.TURN): "turn",
    r.EVENT: "event",
    r.label(v.GEN_AI_AGENT_NAME): "agent",
    r.label(v.GEN_AI_TOOL_NAME): "tool",
    r.label(v.GEN_AI_REQUEST_MODEL): "model",
    r.label(v.HANDOFF_TO_AGENT): "handed to",
    r.label(v.DURATION_SECONDS): "took",
    r.label(w.COST_USD): "cost",
    r.label(v.GEN_AI_USAGE_INPUT_TOKENS): "tokens in",
    r.label(v.GEN_AI_USAGE_OUTPUT_TOKENS): "tokens out",
    r.label(v.USER_MESSAGE_SENTIMENT): "sentiment, -1 to 1",
    r.label(v.USER_MESSAGE_REPHRASE): "rephrase",
    r.label(v.AGENT_MESSAGE_STATEMENT): "statement",
    r.label(v.ERROR_TYPE): "error",
    r.TRACE: "trace",
}


def happened() -> list[sdk.Panel]:
    """Return the panels of what happened in it."""
    return [_known(), _cost(), _events(), _errors()]


def its_traces() -> list[sdk.Panel]:
    """Return the panels of its traces."""
    return [_traces_of_it(), _trace()]


def _known() -> sdk.Panel:
    told = Told(
        "What is known of it",
        "What was decided at each of its ends. A record that takes an end back says the same once more; the newest "
        "holds.",
        (18, 6),
    )
    question = f'{r.THIS_CONVERSATION} | {r.EVENT}=~"{r.ENDED}|{r.RETRACTED}"'
    panel = p.table(told, [records(question, 50)], Look(nothing="choose a conversation above"), units(), "told")
    return as_table(panel, _OF_ONE)


def _cost() -> sdk.Panel:
    told = Told(
        "Its cost", "Cost of its priced model calls, over all its episodes that ended in the time shown.", (6, 6)
    )
    query = log_figures(f"sum(sum_over_time({_WHAT_IT_COST} [$__range]))", "cost")
    return p.stat(told, [query], Look(USD, decimals=4, nothing="unknown"))


def _events() -> sdk.Panel:
    told = Told(
        "Turn by turn",
        "Its records in order: messages, tools, handoffs, model calls, errors, and what was decided. Single events "
        "are sent with AGENT_ANALYTICS_EVENTS=all. No record holds a word of a message.",
        (18, 14),
    )
    question = records(r.THIS_CONVERSATION, 1000, oldest_first=True)
    panel = p.table(told, [question], Look(nothing="choose a conversation above"), units(), "time", descending=False)
    return as_table(panel, _OF_EVENTS)


def _errors() -> sdk.Panel:
    told = Told("What failed", "Its records of runs, tools and models that failed.", (6, 14))
    question = f'{r.THIS_CONVERSATION} | {r.label(v.ERROR_TYPE)}!=""'
    options: dict[str, Any] = {
        "showTime": True,
        "wrapLogMessage": True,
        "enableLogDetails": True,
        "showLabels": False,
        "showCommonLabels": False,
        "prettifyLogMessage": False,
        "dedupStrategy": "none",
        "sortOrder": "Ascending",
    }
    return p.other("logs", told, [records(question, 100, oldest_first=True)], options, Look(nothing="nothing failed"))


def _traces_of_it() -> sdk.Panel:
    told = Told("Traces of it", "One for each run of an agent. A click on a trace id shows the trace beside.", (10, 14))
    overrides = (Override("traceID", chosen("trace_id", "Show this trace")),)
    question = f'{{ span.{v.GEN_AI_CONVERSATION_ID} = "${{conversation_id:raw}}" }}'
    return p.table(told, [traces(question, 100)], Look(nothing="choose a conversation above"), overrides)


def _trace() -> sdk.Panel:
    told = Told("One trace", "The trace that was chosen: agents, model calls, tools and handoffs of one run.", (14, 14))
    return p.other("traces", told, [traces("${trace_id:raw}")], {}, Look(nothing="choose a trace"))
