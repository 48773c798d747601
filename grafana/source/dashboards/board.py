"""A dashboard: rows of panels, which are laid out from left to right on a grid of 24 columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.source.dashboards.annotations import alerts, deployments
from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.links import EXPLORER, TAG, between_dashboards, to_explorer
from grafana.source.dashboards.sources import GRAFANA

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = 24


class Row(NamedTuple):
    """One question, and the panels that answer it."""

    title: str
    panels: Sequence[sdk.Panel]


class Board(NamedTuple):
    """What makes a dashboard."""

    uid: str
    title: str
    description: str
    variables: Sequence[sdk.VariableModel]
    rows: Sequence[Row]
    start: str = "now-7d"
    """Where the time shown at first begins."""
    refresh: str = "5m"


def rendered(board: Board) -> str:
    """Return the dashboard as Grafana reads it from a file."""
    return json.dumps(_dashboard(board), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _dashboard(board: Board) -> sdk.Dashboard:
    return sdk.Dashboard(
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=[TAG],
        editable=False,
        graph_tooltip=sdk.DashboardCursorSync.CROSSHAIR,
        time=sdk.DashboardDashboardTime(from_val=board.start, to="now"),
        timepicker=sdk.TimePickerConfig(),
        timezone="browser",
        week_start="",
        refresh=board.refresh,
        schema_version=42,
        panels=_linked(_placed(board.rows), board),
        templating=sdk.DashboardDashboardTemplating(list_val=list(board.variables)),
        annotations=sdk.AnnotationContainer(list_val=[_built_in(), deployments(), alerts()]),
        links=between_dashboards(),
    )


def _placed(rows: Sequence[Row]) -> list[sdk.Panel | sdk.RowPanel]:
    """Return all panels with an id and a place; a row that does not fill its lines is an error of ours.

    Raises:
        ValueError: a line of panels is wider than the grid, or not all of it are of one height.
    """
    placed: list[sdk.Panel | sdk.RowPanel] = []
    y = 0
    for row in rows:
        head = sdk.RowPanel(title=row.title, id_val=len(placed) + 1, grid_pos=sdk.GridPos(h=1, w=COLUMNS, x=0, y=y))
        placed.append(head)
        y = _place_panels(row.panels, y + 1, len(placed) + 1)
        placed.extend(row.panels)
    return placed


def _linked(panels: list[sdk.Panel | sdk.RowPanel], board: Board) -> list[sdk.Panel | sdk.RowPanel]:
    """Give each panel a way to the explorer, with the agents that are chosen where they can be."""
    kept = [variable.name for variable in board.variables if variable.name == "agent"]
    for panel in panels:
        if isinstance(panel, sdk.Panel) and board.uid != EXPLORER:
            panel.links = panel.links or [to_explorer("Conversations behind this", *kept)]
    return panels


def _place_panels(panels: Sequence[sdk.Panel], y: int, first_id: int) -> int:
    """Give each panel its id and its corner; return the first free line below them."""
    x = height = 0
    for number, panel in enumerate(panels):
        place = panel.grid_pos or sdk.GridPos()
        if x == COLUMNS:
            x, y = 0, y + height
        if x + place.w > COLUMNS or (x and place.h != height):
            raise ValueError(f"{panel.title} does not fit into its line")
        panel.id_val = first_id + number
        place.x, place.y, height = x, y, place.h
        x += place.w
    return y + height


def _built_in() -> sdk.AnnotationQuery:
    return sdk.AnnotationQuery(
        name="Annotations & Alerts",
        datasource=GRAFANA,
        built_in=1,
        hide=True,
        icon_color="rgba(0, 211, 255, 1)",
        type_val="dashboard",
    )
