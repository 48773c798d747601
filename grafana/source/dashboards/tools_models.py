"""What tools and models do, and what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.links import of_cell
from grafana.source.dashboards.looks import ORANGE, RED, SECONDS, SHARE, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time, rows
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk
    from otel_agent_analytics.outputs.catalogue import Metric

_BY_TOOL: Final = ("tool",)
_BY_MODEL: Final = ("model",)


def tools() -> list[sdk.Panel]:
    """Return the panels of what tools do."""
    return [_tools(), _tool_errors(), _tool_duration()]


def models() -> list[sdk.Panel]:
    """Return the panels of what models do."""
    return [_models(), _model_duration(), _first_token()]


def failures() -> list[sdk.Panel]:
    """Return the panels of what fails."""
    return [_errors(), _error_table(), _loops()]


def _calls(told: Told, by: str, calls: Metric, failed: Metric, duration: Metric, *more: tuple[str, str]) -> sdk.Panel:
    """Return a table of what was called: how often, how often in vain, how long, and more columns."""
    count, errors = f.count(calls, f.RANGE, by=(by,)), f.count(failed, f.RANGE, by=(by,))
    times = [f.quantile(below, duration, by=(by,), window=f.RANGE) for below in (0.5, 0.95)]
    columns = {
        "calls": f"{count} > 0",
        "errors": errors,
        "error share": share(errors, count),
        "half within": times[0],
        "95 % within": times[1],
        **dict(more),
    }
    overrides = (
        Override("calls", {"decimals": 0, **s.cell_bar()}),
        Override("errors", {"decimals": 0}),
        Override("error share", s.cell_of_errors()),
        Override("/^(half|95 %)/", {"unit": SECONDS, "decimals": 2}),
        Override("tool", of_cell("tool", "Conversations with this tool")),
    )
    panel = p.table(told, [rows(question) for question in columns.values()], Look(), overrides, "calls")
    return s.transformed(panel, *s.as_columns({by: by}, *columns))


def _tools() -> sdk.Panel:
    told = Told(
        "Tools",
        "Calls of each tool, those that failed, and how long they took; quantiles come from few buckets.",
        (11, 9),
    )
    return _calls(told, "tool", c.TOOL_CALLS, c.TOOL_ERRORS, c.TOOL_DURATION)


def _tool_errors() -> sdk.Panel:
    told = Told("Tool errors", "Share of the calls of a tool that failed, over the window chosen above.", (7, 9))
    errors, calls = f.count(c.TOOL_ERRORS, f.WINDOW, by=_BY_TOOL), f.count(c.TOOL_CALLS, f.WINDOW, by=_BY_TOOL)
    panel = p.lines(told, [over_time(share(errors, calls), "{{tool}}")], Look(SHARE, decimals=1, least=0))
    return s.limited(panel, f.lowest_limit("tool_failure_rate"))


def _tool_duration() -> sdk.Panel:
    told = Told("Tool duration, 95 %", "95 of 100 calls of a tool were faster. The dots lead to traces.", (6, 9))
    panel = p.lines(
        told, [over_time(f.quantile(0.95, c.TOOL_DURATION, by=_BY_TOOL), "{{tool}}", exemplars=True)], Look(SECONDS)
    )
    panel.interval = "5m"
    return panel


def _models() -> sdk.Panel:
    told = Told(
        "Models",
        "Calls of each model, those that failed, how long they took, and their tokens: input holds cached ones, "
        "output reasoning.",
        (11, 9),
    )
    tokens = {
        f"{kind} tokens": f.count(c.TOKENS, f.RANGE, f'token_type="{kind}"', by=_BY_MODEL)
        for kind in ("input", "output")
    }
    return _calls(told, "model", c.MODEL_CALLS, c.MODEL_ERRORS, c.MODEL_DURATION, *tokens.items())


def _model_duration() -> sdk.Panel:
    told = Told("Model duration, 95 %", "95 of 100 calls of a model were faster. The dots lead to traces.", (7, 9))
    panel = p.lines(
        told, [over_time(f.quantile(0.95, c.MODEL_DURATION, by=_BY_MODEL), "{{model}}", exemplars=True)], Look(SECONDS)
    )
    panel.interval = "5m"
    return panel


def _first_token() -> sdk.Panel:
    told = Told("Time to first token, 95 %", "From the start of a streamed model call to its first token.", (6, 9))
    expression = f.quantile(0.95, c.TIME_TO_FIRST_TOKEN, by=_BY_MODEL, window=f.WINDOW)
    return p.lines(
        told, [over_time(expression, "{{model}}", exemplars=True)], Look(SECONDS, nothing="nothing was streamed")
    )


def _errors() -> sdk.Panel:
    told = Told(
        "Errors by type and source",
        "Runs that failed or were cut off, and calls of tools and models that failed, by the class of the error.",
        (11, 9),
    )
    query = over_time(f.count(c.ERRORS, f.STEP, by=("source", "error_type")), "{{source}}: {{error_type}}")
    return p.bars(told, [query], Look(decimals=0, nothing="no errors"))


def _error_table() -> sdk.Panel:
    told = Told("Most frequent errors", "By the class of the error, in the time shown.", (7, 9))
    query = rows(f"topk(20, {f.count(c.ERRORS, f.RANGE, by=('source', 'error_type'))} > 0)")
    overrides = (
        Override("error", of_cell("error_type", "Conversations with this error")),
        Override("count", {"decimals": 0, **s.cell_bar(RED)}),
    )
    panel = p.table(told, [query], Look(nothing="no errors"), overrides, "count")
    return s.transformed(panel, *s.as_columns({"error_type": "error", "source": "source"}, "count"))


def _loops() -> sdk.Panel:
    told = Told(
        "Loops",
        "A tool called three times or more with the same arguments in one turn: one loop, however often.",
        (6, 9),
    )
    query = over_time(f.count(c.LOOPS, f.STEP), "loops")
    return p.bars(told, [query], Look(decimals=0, colors=(("loops", ORANGE),)))
