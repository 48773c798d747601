"""The conversation explorer: which conversations there were, what happened in one, and its traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.tempo import SearchTableType

from grafana.source.dashboards import one_conversation
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import records as r
from grafana.source.dashboards import variables as var
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.conversation_counts import OUTCOME_COLORS
from grafana.source.dashboards.links import EXPLORER
from grafana.source.dashboards.looks import Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import log_counts, records, traces
from grafana.source.dashboards.record_tables import as_table, chosen, units
from otel_agent_analytics import vocabulary as v

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


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=EXPLORER,
        title="Agents / Conversation explorer",
        description="Which conversations there were, what happened in one of them, turn by turn, and its traces.",
        variables=_variables(),
        rows=[
            Row("Which conversations?", [_over_time(), _list()]),
            Row("What happened in $conversation_id?", one_conversation.happened()),
            Row("Its traces", one_conversation.its_traces()),
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
        Override("conversation", chosen("conversation_id", "Show this conversation below")),
        Override("user", {**chosen("user_hash", "Conversations of this user"), "custom.width": 120}),
        *units(),
    )
    panel = p.table(told, [records(_CHOSEN)], Look(nothing="none ended"), overrides, "ended")
    return as_table(panel, _IN_LIST)


_RUNS: Final = f'resource.{v.SERVICE_NAME} =~ "$service" && span.{v.OPERATION} = "{v.OPERATION_TURN}"'
_SELECTED: Final = f"select(span.{v.GEN_AI_CONVERSATION_ID}, span.{v.GEN_AI_AGENT_NAME}, span.{v.TURN_ERROR_TYPE})"


def _spans(told: Told, condition: str) -> sdk.Panel:
    question = f"{{ {_RUNS} && {condition} }} | {_SELECTED}"
    overrides = (
        Override(v.GEN_AI_CONVERSATION_ID, chosen("conversation_id", "Show this conversation")),
        Override("/^(traceID|traceIdHidden)$/", chosen("trace_id", "Show this trace")),
    )
    return p.table(told, [traces(question, 50, SearchTableType.SPANS)], Look(nothing="none"), overrides)


def _failed_runs() -> sdk.Panel:
    told = Told("Runs that failed", "Turns of a conversation whose run ended in an error or was cut off.", (12, 10))
    return _spans(told, f"span.{v.TURN_ERROR_TYPE} != nil")


def _slow_runs() -> sdk.Panel:
    told = Told("Slow runs", "Turns of a conversation that took longer than 10 seconds.", (12, 10))
    return _spans(told, "duration > 10s")
