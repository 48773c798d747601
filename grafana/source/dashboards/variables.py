"""Variables of dashboards: what is asked, and of which services, environments and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.sources import PROMETHEUS
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Sequence

SOME: Final = ".+"
ANY: Final = ".*"
"""Matches what has no such label too; Loki wants one matcher that does not."""
_SERVICE: Final = 'service_name=~"$service"'


def data_sources(*kinds: str) -> list[sdk.VariableModel]:
    """Return the variables of data sources: that of Prometheus is called ``datasource``, the others as their kind."""
    labels = {"prometheus": "Metrics", "loki": "Logs", "tempo": "Traces"}
    return [
        sdk.VariableModel(
            type_val=sdk.VariableType.DATASOURCE,
            name="datasource" if kind == "prometheus" else kind,
            label=labels[kind],
            query=kind,
            current=sdk.VariableOption(selected=True, text=kind.capitalize(), value=kind),
            refresh=sdk.VariableRefresh.ON_DASHBOARD_LOAD,
            regex="",
            options=[],
        )
        for kind in kinds
    ]


def label_values(name: str, label: str, metric: c.Metric, matchers: str, every: str, title: str) -> sdk.VariableModel:
    """Return a variable for the values that a label of a metric has; by default all of them."""
    question = f"label_values({metric.name}{{{matchers}}}, {label})"
    return sdk.VariableModel(
        type_val=sdk.VariableType.QUERY,
        name=name,
        label=title,
        datasource=PROMETHEUS,
        definition=question,
        query={"qryType": 1, "query": question, "refId": f"{name}-variable"},
        current=sdk.VariableOption(selected=True, text=["All"], value=["$__all"]),
        multi=True,
        include_all=True,
        all_value=every,
        refresh=sdk.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=sdk.VariableSort.ALPHABETICAL_ASC,
        options=[],
    )


def service() -> sdk.VariableModel:
    """Return the variable of services."""
    return label_values("service", "service_name", c.STARTED, "", SOME, "Service")


def environment() -> sdk.VariableModel:
    """Return the variable of environments; services need not say theirs, so all means none too."""
    return label_values("environment", "deployment_environment_name", c.STARTED, _SERVICE, ANY, "Environment")


def agent() -> sdk.VariableModel:
    """Return the variable of agents."""
    return label_values("agent", "agent", c.ENDED, _SERVICE, ANY, "Agent")


def channel() -> sdk.VariableModel:
    """Return the variable of channels."""
    return label_values("channel", "channel", c.STARTED, _SERVICE, ANY, "Channel")


def choice(name: str, title: str, values: Sequence[str]) -> sdk.VariableModel:
    """Return a variable with a few known values, of which all are chosen at first."""
    return sdk.VariableModel(
        type_val=sdk.VariableType.CUSTOM,
        name=name,
        label=title,
        query=",".join(values),
        current=sdk.VariableOption(selected=True, text=["All"], value=["$__all"]),
        multi=True,
        include_all=True,
        all_value=ANY,
        options=[sdk.VariableOption(selected=False, text=value, value=value) for value in values],
    )


def window() -> sdk.VariableModel:
    """Return the variable of the window over which rates are reckoned: under an hour there is too little to see."""
    values = ("1h", "6h", "1d")
    return sdk.VariableModel(
        type_val=sdk.VariableType.CUSTOM,
        name="window",
        label="Rates over",
        description="At each point of a curve of a rate, how far back is counted.",
        query=",".join(values),
        current=sdk.VariableOption(selected=True, text="1d", value="1d"),
        multi=False,
        include_all=False,
        options=[sdk.VariableOption(selected=value == "1d", text=value, value=value) for value in values],
    )


def text(name: str, title: str, description: str) -> sdk.VariableModel:
    """Return a variable to type into; empty at first."""
    return sdk.VariableModel(
        type_val=sdk.VariableType.TEXTBOX,
        name=name,
        label=title,
        description=description,
        query="",
        current=sdk.VariableOption(selected=True, text="", value=""),
        options=[sdk.VariableOption(selected=True, text="", value="")],
    )
