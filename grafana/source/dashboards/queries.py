"""Queries of panels. The SDK sets neither a data source nor an id; here every query has both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import loki, prometheus, tempo

from grafana.source.dashboards.sources import LOKI, PROMETHEUS, TEMPO

if TYPE_CHECKING:
    from collections.abc import Sequence

Query = prometheus.Dataquery | loki.Dataquery | tempo.Dataquery


def over_time(expression: str, legend: str = "", *, exemplars: bool = False) -> Query:
    """Return a PromQL question for every step of the time shown."""
    return prometheus.Dataquery(
        expr=expression,
        legend_format=legend or "__auto",
        range_val=True,
        instant=False,
        exemplar=exemplars,
        format_val=prometheus.PromQueryFormat.TIME_SERIES,
        editor_mode=prometheus.QueryEditorMode.CODE,
        datasource=PROMETHEUS,
    )


def now(
    expression: str,
    legend: str = "",
    shape: prometheus.PromQueryFormat = prometheus.PromQueryFormat.TIME_SERIES,
) -> Query:
    """Return a PromQL question for the end of the time shown alone."""
    return prometheus.Dataquery(
        expr=expression,
        legend_format=legend or "__auto",
        range_val=False,
        instant=True,
        exemplar=False,
        format_val=shape,
        editor_mode=prometheus.QueryEditorMode.CODE,
        datasource=PROMETHEUS,
    )


def rows(expression: str) -> Query:
    """Return a PromQL question whose answer is a table: a column for each label and one for the value."""
    return now(expression, shape=prometheus.PromQueryFormat.TABLE)


def buckets_over_time(expression: str) -> Query:
    """Return a PromQL question for buckets by ``le``, which are shown as a heatmap."""
    return prometheus.Dataquery(
        expr=expression,
        legend_format="{{le}}",
        range_val=True,
        instant=False,
        exemplar=True,
        format_val=prometheus.PromQueryFormat.HEATMAP,
        editor_mode=prometheus.QueryEditorMode.CODE,
        datasource=PROMETHEUS,
    )


def buckets_now(expression: str) -> Query:
    """Return a PromQL question for the buckets of a whole range, each with what it has beyond the one below."""
    return now(expression, "{{le}}", prometheus.PromQueryFormat.HEATMAP)


def records(expression: str, most: int = 500, *, oldest_first: bool = False) -> Query:
    """Return a LogQL question for log records, at most so many."""
    direction = loki.LokiQueryDirection.FORWARD if oldest_first else loki.LokiQueryDirection.BACKWARD
    return loki.Dataquery(
        expr=expression,
        max_lines=most,
        query_type=loki.LokiQueryType.RANGE,
        editor_mode=loki.QueryEditorMode.CODE,
        direction=direction,
        datasource=LOKI,
    )


def log_figures(expression: str, legend: str = "") -> Query:
    """Return a LogQL question for figures of the whole range."""
    return loki.Dataquery(
        expr=expression,
        legend_format=legend,
        query_type=loki.LokiQueryType.INSTANT,
        editor_mode=loki.QueryEditorMode.CODE,
        datasource=LOKI,
    )


def log_counts(expression: str, legend: str = "") -> Query:
    """Return a LogQL question for figures at every step of the time shown."""
    return loki.Dataquery(
        expr=expression,
        legend_format=legend,
        query_type=loki.LokiQueryType.RANGE,
        editor_mode=loki.QueryEditorMode.CODE,
        datasource=LOKI,
    )


def traces(question: str, most: int = 50, shape: tempo.SearchTableType = tempo.SearchTableType.TRACES) -> Query:
    """Return a TraceQL question for a list of traces, or of spans; with a trace id, for that trace."""
    return tempo.Dataquery(
        query=question,
        query_type=tempo.TempoQueryType.TRACEQL,
        limit=most,
        spss=10,
        table_type=shape,
        filters=[],
        datasource=TEMPO,
    )


def with_ids(queries: Sequence[Query]) -> list[Query]:
    """Return the queries, named A, B, C and so on, as transformations and ``Value #A`` know them."""
    for number, query in enumerate(queries):
        query.ref_id = chr(ord("A") + number)
    return list(queries)
