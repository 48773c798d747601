"""Links: from every panel to the conversations behind it, from a series to those it is made of, between dashboards."""

from __future__ import annotations

from typing import Final

from grafana.source.dashboards.classic import sdk

TAG: Final = "agent-analytics"
EXPLORER: Final = "agent-conversation-explorer"
_EVERYWHERE: Final = ("datasource", "loki", "tempo", "service", "environment")
"""Variables that all dashboards have."""
_OF_FIELD: Final = {"outcome", "agent", "sentiment", "status", "channel"}
"""Labels that the explorer can be narrowed by, under the same name."""


class _Link(sdk.DashboardLink):
    """A link of a panel or of a value: these have nothing but a title and an address."""

    def to_json(self) -> dict[str, object]:
        return {"title": self.title, "url": self.url, "targetBlank": self.target_blank}


class _Menu(sdk.DashboardLink):
    """A link of a dashboard that stands at its top; the SDK would put it into a menu."""

    def to_json(self) -> dict[str, object]:
        return {name: value for name, value in super().to_json().items() if name != "placement"}


def to_explorer(title: str = "Conversations behind this", *kept: str, **narrowed: str) -> sdk.DashboardLink:
    """Return a link to the explorer with the same service, environment and time.

    Args:
        title: what the link says.
        kept: further variables of both dashboards whose values are taken along.
        narrowed: variables of the explorer that get a value, which may hold variables of Grafana.
    """
    along = (f"${{{name}:queryparam}}" for name in (*_EVERYWHERE, *kept))
    given = (f"var-{name}={value}" for name, value in narrowed.items())
    return _Link(title=title, url=f"/d/{EXPLORER}?{'&'.join((*along, '${__url_time_range}', *given))}")


def of_series(label: str) -> sdk.DashboardLink:
    """Return a link from a point of a series to the conversations with the value that the series has in a label.

    Raises:
        KeyError: the explorer has no such variable.
    """
    if label not in _OF_FIELD:
        raise KeyError(label)
    return to_explorer(f"Conversations with this {label}", **{label: f"${{__field.labels.{label}:percentencode}}"})


def of_cell(variable: str, title: str, *kept: str) -> dict[str, object]:
    """Return the property of a column whose cells lead to the explorer, each with its value in a variable of it."""
    link = to_explorer(
        title, *(name for name in kept if name != variable), **{variable: "${__value.raw:percentencode}"}
    )
    return {"links": [link.to_json()]}


def between_dashboards() -> list[sdk.DashboardLink]:
    """Return the menu of all these dashboards, which keeps time and variables."""
    return [
        _Menu(
            title="Agent analytics",
            type_val=sdk.DashboardLinkType.DASHBOARDS,
            icon="external link",
            tags=[TAG],
            as_dropdown=True,
            include_vars=True,
            keep_time=True,
        )
    ]
