"""The dashboard of the audience: who the users are, where they are, by which way they come, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana_foundation_sdk.models.common import FrameGeometrySource, FrameGeometrySourceMode, MapLayerOptions

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import records as r
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.classic import sdk
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import BLUE, GREEN, GREY, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import log_figures, now, over_time, rows
from grafana.source.dashboards.variables import data_sources, environment, service
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from otel_agent_analytics.outputs.catalogue import Metric

_COUNTRY: Final = ("country",)
_CELLS: Final = {"cellOptions": {"type": "color-background", "mode": "basic"}, "align": "center", "filterable": False}
_NO_USERS: Final = "no user was named"
_SCALE: Final = sdk.FieldColorModeId.CONTINUOUS_BLUES


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-audience",
        title="Agents / Audience",
        description="Who talks to the agents: how many people, from where, by which device and channel, and at what "
        "time.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment()],
        rows=[
            Row("How many people are there?", [_users(), _new_and_returning(), _users_over_time()]),
            Row("Where are they?", [_map(), _countries()]),
            Row("By which way do they come?", [_channels(), _devices(), _languages(), _channels_over_time()]),
            Row("When do they come?", [_peak_hours(), _start_hours()]),
        ],
    )


def _people(metric: Metric) -> str:
    return f"max by (service_name, window) ({f.gauge(metric)})"


def _users() -> sdk.Panel:
    told = Told(
        "Users",
        "Different users who spoke in the last 1, 7 and 30 UTC days: an estimate, exact up to about 1,500. Windows "
        "must not be added up, nor services.",
        (7, 8),
    )
    query = now(_people(c.UNIQUE_USERS), "{{service_name}}, {{window}}")
    return p.ranking(told, [query], Look(decimals=0, nothing=_NO_USERS))


def _new_and_returning() -> sdk.Panel:
    told = Told(
        "New and returning users",
        "New: first seen in the window. Returning: seen before it and in it. Both need a key for user ids that stays "
        "the same.",
        (8, 8),
    )
    questions = [rows(_people(metric)) for metric in (c.UNIQUE_USERS, c.NEW_USERS, c.RETURNING_USERS)]
    panel = p.table(told, questions, Look(decimals=0, nothing=_NO_USERS))
    labels = {"service_name": "service", "window": "window"}
    return s.transformed(panel, *s.as_columns(labels, "users", "new", "returning"))


def _users_over_time() -> sdk.Panel:
    told = Told("Users of the last day, week and month", "How many different users there were, at each moment.", (9, 8))
    query = over_time(_people(c.UNIQUE_USERS), "{{service_name}}, {{window}}")
    return p.lines(told, [query], Look(decimals=0, nothing=_NO_USERS))


def _map() -> sdk.Panel:
    told = Told(
        "Conversations by country",
        "Ended conversations in the time shown, by the country that the application said or that the IP address is "
        "of. `other` and `unknown` are on no map: see the list.",
        (14, 12),
    )
    options = {
        "view": {"id": "zero", "lat": 20, "lon": 0, "zoom": 1, "allLayers": True},
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": True, "showScale": False},
        "basemap": MapLayerOptions(type_val="default", name="Basemap", config={}),
        "layers": [_markers()],
        "tooltip": {"mode": "details"},
    }
    panel = p.other("geomap", told, [rows(_by_country())], options, Look(decimals=0, nothing="no country is known"))
    return s.transformed(panel, *s.as_columns({"country": "country"}, "conversations"))


def _markers() -> MapLayerOptions:
    place = FrameGeometrySource(
        mode=FrameGeometrySourceMode.LOOKUP, lookup="country", gazetteer="public/gazetteer/countries.json"
    )
    style = {
        "color": {"fixed": BLUE},
        "opacity": 0.6,
        "size": {"field": "conversations", "fixed": 5, "min": 4, "max": 30},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "text": {"mode": "field", "field": "country", "fixed": ""},
        "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 0, "textAlign": "center", "textBaseline": "middle"},
    }
    config = {"showLegend": False, "style": style}
    return MapLayerOptions(type_val="markers", name="Conversations", config=config, location=place, tooltip=True)


def _by_country() -> str:
    return f"{f.count(c.BY_COUNTRY, f.RANGE, by=_COUNTRY)} > 0"


def _countries() -> sdk.Panel:
    told = Told(
        "Countries",
        "Ended conversations in the time shown; beyond 60 countries a service, the rest is `other`.",
        (10, 12),
    )
    panel = p.table(
        told, [rows(_by_country())], Look(decimals=0), (Override("conversations", s.cell_bar()),), "conversations"
    )
    return s.transformed(panel, *s.as_columns({"country": "country"}, "conversations"))


def _channels() -> sdk.Panel:
    told = Told("Channel", "Ended conversations by channel, as the application said.", (5, 8))
    query = now(f.count(c.BY_CHANNEL, f.RANGE, by=("channel",)), "{{channel}}")
    return p.ranking(told, [query], Look(decimals=0), (), [of_series("channel")])


def _devices() -> sdk.Panel:
    told = Told("Device", "Ended conversations by device, as the application said.", (6, 8))
    query = now(f.count(c.BY_DEVICE, f.RANGE, by=("device",)), "{{device}}")
    colors = (("mobile", BLUE), ("desktop", GREEN), ("unknown", GREY))
    return p.donut(told, [query], Look(decimals=0, colors=colors))


def _languages() -> sdk.Panel:
    told = Told("Language", "Ended conversations by language, as the application said.", (5, 8))
    query = now(f.count(c.BY_LANGUAGE, f.RANGE, by=("language",)), "{{language}}")
    return p.ranking(told, [query], Look(decimals=0))


def _channels_over_time() -> sdk.Panel:
    told = Told("Started by channel", "Conversations in which the user said something for the first time.", (8, 8))
    query = over_time(f.count(c.STARTED, f.STEP, by=("channel",)), "{{channel}}")
    return p.bars(told, [query], Look(decimals=0), [of_series("channel")])


def _week(told: Told, expression: str, nothing: str) -> sdk.Panel:
    """Return weekdays by hours, the fuller the darker."""
    first = "weekday\\hour"
    plain = {"custom.cellOptions": {"type": "auto"}, "custom.width": 90, "custom.align": "left"}
    look = Look(decimals=0, least=0, nothing=nothing, custom=_CELLS)
    panel = p.table(told, [log_figures(expression)], look, (Override("day", plain),))
    if panel.field_config and panel.field_config.defaults.color:
        panel.field_config.defaults.color.mode = _SCALE
    matrix = {"columnField": "hour", "rowField": "weekday", "valueField": "Value #A", "emptyValue": "null"}
    return s.transformed(
        panel,
        ("sortBy", {"fields": {}, "sort": [{"field": "hour"}]}),
        ("groupingToMatrix", matrix),
        ("sortBy", {"fields": {}, "sort": [{"field": first}]}),
        ("organize", {"excludeByName": {}, "renameByName": {first: "day"}, "indexByName": {}, "includeByName": {}}),
    )


def _peak_hours() -> sdk.Panel:
    told = Told(
        "User messages by weekday and hour",
        "Each at the time at which it was said, in the time zone of Loki's process (UTC in containers). It takes the "
        "records of all events (AGENT_ANALYTICS_EVENTS=all). Choose whole weeks, else some days are in it more often.",
        (24, 9),
    )
    hours = r.by_weekday_and_hour("__timestamp__")
    said = f'{r.STREAMS} | {r.EVENT}="{r.USER_MESSAGE}" | {hours}'
    expression = f"sum by (weekday, hour) (count_over_time({said} [$__range]))"
    return _week(told, expression, "no record of a user's message: AGENT_ANALYTICS_EVENTS=all sends them")


def _start_hours() -> sdk.Panel:
    told = Told(
        "Conversations by weekday and hour of their start",
        "Ended conversations, each once, in the hour in which it started, in the time zone of Loki's process (UTC in "
        "containers), from the wide records: these are always sent.",
        (24, 9),
    )
    whole_seconds = f'regexReplaceAll "[.].*" .{r.column("started_ns")} "" | unixToTime'
    ends = f"{r.all_ends()} | {r.column('engaged')}=`true` | {r.by_weekday_and_hour(whole_seconds)} | unwrap {r.COUNT}"
    return _week(told, f"sum by (weekday, hour) (sum_over_time({ends} [$__range])) > 0", "no conversation has ended")
