"""The conversation explorer: which conversations there were, what happened in one, and its traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from grafana_foundation_sdk.models.tempo import SearchTableType

from grafana.source.dashboards import panels as p
from grafana.source.dashboards import records as r
from grafana.source.dashboards import variables as var
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.conversations import OUTCOME_COLORS
from grafana.source.dashboards.links import EXPLORER, of_cell
from grafana.source.dashboards.looks import SECONDS, USD, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import log_counts, log_figures, records, traces
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import wide_names as w

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

_CHOSEN: Final = " | ".join((
    f'{r.STREAMS} | {r.EVENT}="{r.ENDED}"',
    f'{r.column("outcome")}=~"$outcome"',
    f'{r.column("agent")}=~"$agent"',
    f'{r.column("sentiment")}=~"$sentiment"',
    f'{r.column("resolution_status")}=~"$status"',
    f'{r.column("context.channel")}=~"$channel"',
    f'{r.column("context.user")}=~"${{user_hash:raw}}.*"',
    f'{r.column("tools")}=~".*${{tool:raw}}.*"',
    f'{r.column("error_types")}=~".*${{error_type:raw}}.*"',
))  # fmt: skip
"""The wide records that the variables leave. A variable for all matches what has no such attribute too."""

_KEPT: Final = (
    "agent", "channel", "outcome", "sentiment", "status", "user_hash", "tool", "error_type", "conversation_id",
    "trace_id",
)  # fmt: skip
"""What stays as it is when something is chosen in a table."""
_CELL_TRACE: Final = Override("trace", of_cell("trace_id", "Show this trace below", *_KEPT))
_WHAT_IT_COST: Final = (
    f'{r.all_ends()} | {r.CONVERSATION}="${{conversation_id:raw}}" | {r.label(w.COST_USD)}!=""'
    f" | label_format usd=`{{{{ mulf .{r.label(w.COST_USD)} .{r.COUNT} }}}}` | unwrap usd"
)

_IN_LIST: Final = {
    "Time": "ended",
    r.CONVERSATION: "conversation",
    r.column("outcome"): "outcome",
    r.column("outcome_reason"): "because",
    r.column("resolution_status"): "result",
    r.column("agent"): "agent",
    r.column("sentiment"): "sentiment",
    r.column("user_turns"): "turns",
    r.column("duration_seconds"): "length",
    r.column("cost"): "cost",
    r.column("tool_errors"): "tool errors",
    r.column("satisfaction"): "satisfaction",
    r.column("rating"): "rating",
    r.column("context.channel"): "channel",
    r.column("context.country"): "country",
    r.column("context.user"): "user",
    r.column("error_types"): "errors",
    r.TRACE: "trace",
}
"""Columns of the list of conversations: what Loki calls each, and what the table does."""

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
    r.label(v.USER_MESSAGE_SENTIMENT): "sentiment",
    r.label(v.USER_MESSAGE_REPHRASE): "rephrase",
    r.label(v.AGENT_MESSAGE_STATEMENT): "statement",
    r.label(v.ERROR_TYPE): "error",
    r.TRACE: "trace",
}

_NUMBERS: Final = (
    "turns", "length", "cost", "tool errors", "tool calls", "satisfaction", "effort", "took", "tokens in", "tokens out",
    "sentiment", "turn", "episode",
)  # fmt: skip
"""Columns that are numbers; in the list of conversations the sentiment is a word, and stays one."""


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=EXPLORER,
        title="Agents / Conversation explorer",
        description="Which conversations there were, what happened in one of them, turn by turn, and its traces.",
        variables=_variables(),
        rows=[
            Row("Which conversations?", [_over_time(), _list()]),
            Row("What happened in $conversation_id?", [_one(), _cost(), _events(), _errors()]),
            Row("Its traces", [_traces(), _trace()]),
            Row("Runs worth a look, of all conversations", [_failed_runs(), _slow_runs()]),
        ],
        start="now-24h",
    )


def _variables() -> list[sdk.VariableModel]:
    return [
        *var.data_sources("prometheus", "loki", "tempo"),
        var.service(),
        var.environment(),
        var.agent(),
        var.channel(),
        var.choice("outcome", "Outcome", v.OUTCOMES),
        var.choice("sentiment", "Sentiment", v.SENTIMENTS[:-1]),
        var.choice("status", "Result", v.RESOLUTION_STATUSES[:-1]),
        var.text("user_hash", "User hash", "The keyed hash of a user, or how it begins."),
        var.text("tool", "Tool", "Part of the name of a tool that took part."),
        var.text("error_type", "Error", "Part of the class of an error that happened."),
        var.text("conversation_id", "Conversation", "The id of one conversation, shown below."),
        var.text("trace_id", "Trace", "The id of one trace, shown below."),
    ]


def _as_table(panel: sdk.Panel, columns: dict[str, str]) -> sdk.Panel:
    """Return a panel of log records as a table: attributes become columns, those that are numbers become numbers."""
    numbers = [
        {"targetField": name, "destinationType": "number"} for name, title in columns.items() if title in _NUMBERS
    ]
    order = {name: at for at, name in enumerate(columns)}
    return p.transformed(
        panel,
        ("extractFields", {"source": "labels", "format": "json", "keepTime": False, "replace": False}),
        ("filterFieldsByName", {"include": {"names": [*columns]}}),
        ("convertFieldType", {"fields": {}, "conversions": numbers}),
        ("organize", {"excludeByName": {}, "renameByName": columns, "indexByName": order, "includeByName": {}}),
    )


def _units() -> tuple[Override, ...]:
    colors = {name: {"color": color, "index": at} for at, (name, color) in enumerate(OUTCOME_COLORS)}
    outcome = {"mappings": [{"type": "value", "options": colors}], "custom.cellOptions": {"type": "color-text"}}
    return (
        Override("outcome", outcome),
        Override("/^(length|took)$/", {"unit": SECONDS, "decimals": 1}),
        Override("cost", {"unit": USD, "decimals": 4}),
        Override("/^(satisfaction|sentiment)$/", {"decimals": 2}),
        Override("/^(ended|told|time)$/", {"unit": "dateTimeAsIso", "custom.width": 170}),
        Override("/^(turns?|episode|effort)$/", {"custom.width": 70}),
        _CELL_TRACE,
    )


def _over_time() -> sdk.Panel:
    told = Told(
        "Ended conversations", "Those that the variables above leave, by outcome, when their end was decided.", (24, 5)
    )
    outcome = r.column("outcome")
    query = log_counts(f"sum by ({outcome}) (count_over_time({_CHOSEN} [$__auto]))", f"{{{{{outcome}}}}}")
    return p.bars(told, [query], Look(decimals=0, colors=OUTCOME_COLORS, nothing="none ended"), step="5m")


def _list() -> sdk.Panel:
    told = Told(
        "Conversations",
        "The newest 500 ends that the variables above leave. One that ended again, since the user came back, is "
        "listed for each end: the newest holds. A click on an id shows the conversation below, one on a user all of "
        "theirs.",
        (24, 12),
    )
    overrides = (
        Override("conversation", of_cell("conversation_id", "Show this conversation below", *_KEPT)),
        Override("user", {**of_cell("user_hash", "Conversations of this user", *_KEPT), "custom.width": 120}),
        *_units(),
    )
    panel = p.table(told, [records(_CHOSEN)], Look(nothing="none ended"), overrides, "ended")
    return _as_table(panel, _IN_LIST)


def _one() -> sdk.Panel:
    told = Told(
        "What is known of it",
        "What was decided at each of its ends. A record that takes an end back says the same once more; the newest "
        "holds.",
        (18, 6),
    )
    question = f'{r.THIS_CONVERSATION} | {r.EVENT}=~"{r.ENDED}|{r.RETRACTED}"'
    panel = p.table(told, [records(question, 50)], Look(nothing="choose a conversation above"), _units(), "told")
    return _as_table(panel, _OF_ONE)


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
    panel = p.table(told, [question], Look(nothing="choose a conversation above"), _units(), "time", descending=False)
    return _as_table(panel, _OF_EVENTS)


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


def _traces() -> sdk.Panel:
    told = Told("Traces of it", "One for each run of an agent. A click on a trace id shows the trace beside.", (10, 14))
    overrides = (Override("traceID", of_cell("trace_id", "Show this trace", *_KEPT)),)
    question = f'{{ span.{v.GEN_AI_CONVERSATION_ID} = "${{conversation_id:raw}}" }}'
    return p.table(told, [traces(question, 100)], Look(nothing="choose a conversation above"), overrides)


def _trace() -> sdk.Panel:
    told = Told("One trace", "The trace that was chosen: agents, model calls, tools and handoffs of one run.", (14, 14))
    return p.other("traces", told, [traces("${trace_id:raw}")], {}, Look(nothing="choose a trace"))


_RUNS: Final = f'resource.{v.SERVICE_NAME} =~ "$service" && span.{v.OPERATION} = "{v.OPERATION_TURN}"'
_SELECTED: Final = f"select(span.{v.GEN_AI_CONVERSATION_ID}, span.{v.GEN_AI_AGENT_NAME}, span.{v.TURN_ERROR_TYPE})"


def _spans(told: Told, condition: str) -> sdk.Panel:
    question = f"{{ {_RUNS} && {condition} }} | {_SELECTED}"
    overrides = (
        Override(v.GEN_AI_CONVERSATION_ID, of_cell("conversation_id", "Show this conversation", *_KEPT)),
        Override("/^(traceID|traceIdHidden)$/", of_cell("trace_id", "Show this trace", *_KEPT)),
    )
    return p.table(told, [traces(question, 50, SearchTableType.SPANS)], Look(nothing="none"), overrides)


def _failed_runs() -> sdk.Panel:
    told = Told("Runs that failed", "Turns of a conversation whose run ended in an error or was cut off.", (12, 10))
    return _spans(told, f"span.{v.TURN_ERROR_TYPE} != nil")


def _slow_runs() -> sdk.Panel:
    told = Told("Slow runs", "Turns of a conversation that took longer than 10 seconds.", (12, 10))
    return _spans(told, "duration > 10s")
