"""What users come for and talk about, what of it remains unresolved, and what they did not come with before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.looks import ORANGE, SHARE, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import over_time, rows
from grafana.source.promql import share, wilson_lower, wilson_upper
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk
    from otel_agent_analytics.outputs.catalogue import Metric

_KNOWN: Final = 'topic!~"unknown|other"'
_NOTHING: Final = "no intents are known"


def wanted() -> list[sdk.Panel]:
    """Return the panels of what users want."""
    return [_intents(), _topics(), _over_time(), _unresolved(), _emerging()]


def _intents() -> sdk.Panel:
    told = Told(
        "Intents",
        "What users came for, by your own list of intents; other: none of them; unknown: no text was to be had. Where "
        "there is no list, discovered topics stand here. Unresolved: the status is unresolved or partially_resolved.",
        (12, 10),
    )
    return _table(told, "intent", c.BY_INTENT, c.UNRESOLVED_BY_INTENT)


def _topics() -> sdk.Panel:
    told = Told(
        "Topics",
        "What conversations are about: a discovered topic, of which enough users spoke, else what the user came for.",
        (12, 10),
    )
    return _table(told, "topic", c.BY_TOPIC, c.UNRESOLVED_BY_TOPIC)


def _table(told: Told, label: str, all_: Metric, unresolved: Metric) -> sdk.Panel:
    many, few = f.count(all_, f.RANGE, by=(label,)), f.count(unresolved, f.RANGE, by=(label,))
    columns = {
        "conversations": f"{many} > 0",
        "share": f.shares(many, f.count(all_, f.RANGE)),
        "unresolved": few,
        "unresolved share": share(few, many),
    }
    overrides = (
        Override("conversations", {"decimals": 0, **s.cell_bar()}),
        Override("unresolved", {"decimals": 0}),
        Override("/share$/", {"unit": SHARE, "decimals": 1}),
    )
    panel = p.table(
        told, [rows(question) for question in columns.values()], Look(nothing=_NOTHING), overrides, "conversations"
    )
    return s.transformed(panel, *s.as_columns({label: label}, *columns))


def _over_time() -> sdk.Panel:
    told = Told(
        "Topics over time", "Ended conversations by what they are about, without those of no known topic.", (12, 9)
    )
    query = over_time(f.count(c.BY_TOPIC, f.STEP, _KNOWN, by=("topic",)), "{{topic}}")
    return p.bars(told, [query], Look(decimals=0, nothing=_NOTHING), step="6h")


def _unresolved() -> sdk.Panel:
    told = Told(
        "Unresolved topics",
        "Of the conversations about a topic, the share that is known to be unresolved, in whole or in part, with its "
        "95 % interval (Wilson).",
        (6, 9),
    )
    by = ("topic",)
    many, few = f.count(c.BY_TOPIC, f.RANGE, by=by), f.count(c.UNRESOLVED_BY_TOPIC, f.RANGE, by=by)
    columns = {
        "unresolved": f"{few} > 0",
        "share": share(few, many),
        "95 % low": wilson_lower(few, many),
        "95 % high": wilson_upper(few, many),
    }
    overrides = (
        Override("unresolved", {"decimals": 0, **s.cell_bar(ORANGE)}),
        Override("/^(share|95 %)/", {"unit": SHARE, "decimals": 1}),
    )
    panel = p.table(
        told, [rows(question) for question in columns.values()], Look(nothing="nothing is"), overrides, "unresolved"
    )
    return s.transformed(panel, *s.as_columns({"topic": "topic"}, *columns))


def _emerging() -> sdk.Panel:
    told = Told(
        "Emerging topics",
        "Conversations about each topic in the time shown, where they are more than its share of the same time a week "
        "before lets expect. The alert compares the last day with seven days before, and tells of twice as many.",
        (6, 9),
    )
    now, week = (f.count(c.BY_TOPIC, window, _KNOWN, by=("topic",)) for window in (f.RANGE, f.WEEK_BEFORE))
    expected = f"{week} * on () group_left () ({f.ended(f.RANGE)} / ({f.ended(f.WEEK_BEFORE)} > 0))"
    columns = {"conversations": f"{now} > ({expected} or {now} * 0)", "expected": expected}
    overrides = (
        Override("conversations", {"decimals": 0, **s.cell_bar()}),
        Override("expected", {"decimals": 1}),
    )
    panel = p.table(
        told, [rows(question) for question in columns.values()], Look(nothing="nothing new"), overrides, "conversations"
    )
    return s.transformed(panel, *s.as_columns({"topic": "topic"}, *columns))
