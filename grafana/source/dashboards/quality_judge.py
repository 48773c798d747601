"""What a language-model judge says beside the rules, and how it fares itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import shaping as s
from grafana.source.dashboards.looks import GREEN, GREY, ORANGE, RED, SHARE, USD, YELLOW, Look, Override
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import now, over_time, rows
from grafana.source.promql import share
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk
    from otel_agent_analytics.outputs.catalogue import Metric

_NOTHING: Final = "nothing was judged"
_STATUSES: Final = (
    ("resolved", GREEN),
    ("partially_resolved", YELLOW),
    ("unresolved", RED),
    ("escalated", ORANGE),
    ("unknown", GREY),
)

_RESOLVED: Final = (c.AGREED_RESOLUTION, "status", '="resolved"')
_NEGATIVE: Final = (c.AGREED_SENTIMENT, "sentiment", '=~"negative|frustrated"')


def said() -> list[sdk.Panel]:
    """Return the panels of what it says."""
    return [
        _beside("Resolution rate: rules and judge", _RESOLVED, f.highest_limit("resolution_rate")),
        _beside("Negative rate: rules and judge", _NEGATIVE, f.lowest_limit("negative_rate")),
        _status(),
        _agreement(),
        _pairs("Rules against judge: resolution", c.AGREED_RESOLUTION, "status"),
        _pairs("Rules against judge: sentiment", c.AGREED_SENTIMENT, "sentiment"),
        _rated("Ratings against judge: resolution", c.JUDGE_RATED_RESOLUTION, "status"),
        _rated("Ratings against judge: sentiment", c.JUDGE_RATED_SENTIMENT, "sentiment"),
    ]


def at_work() -> list[sdk.Panel]:
    """Return the panels of how it fares."""
    return [_results(), _failures(), _money()]


def _beside(title: str, rate: tuple[Metric, str, str], threshold: str) -> sdk.Panel:
    """Return a rate by the rules and by the judge; ``rate`` says where it is counted, of what, and which values."""
    metric, question, matching = rate
    told = Told(
        title,
        "Of the judged conversations of which each knows it. The alert goes by the rules, over all conversations: "
        "where the two lie far apart, read some before you believe it.",
        (12, 8),
    )
    queries = []
    for name, label in ("rules", f"local_{question}"), ("judge", f"judge_{question}"):
        part, known = (f.count(metric, f.WINDOW, f"{label}{said}") for said in (matching, '!="unknown"'))
        queries.append(over_time(share(part, known), name))
    panel = p.lines(told, queries, Look(SHARE, decimals=1, least=0, most=1, nothing=_NOTHING))
    return s.limited(panel, threshold)


def _status() -> sdk.Panel:
    told = Told(
        "Judge: resolution status",
        "Judged conversations by what the judge says of the result. Alerts and rates use the value of the rules, not "
        "this one.",
        (12, 8),
    )
    query = over_time(f.count(c.AGREED_RESOLUTION, f.STEP, by=("judge_status",)), "{{judge_status}}")
    return p.bars(told, [query], Look(decimals=0, colors=_STATUSES, nothing=_NOTHING), step="6h")


def _agreement() -> sdk.Panel:
    told = Told(
        "Rules and judge agree",
        "Judged conversations of which both say the same, of those of which both say something. What two that know "
        "nothing would agree on by chance is in it: the query calibration has kappa.",
        (12, 8),
    )
    queries = [
        over_time(_same(c.AGREED_RESOLUTION, "status", v.RESOLUTION_STATUSES), "resolution"),
        over_time(_same(c.AGREED_SENTIMENT, "sentiment", v.SENTIMENTS), "sentiment"),
    ]
    return p.lines(told, queries, Look(SHARE, decimals=0, least=0, most=1, nothing=_NOTHING))


def _same(metric: Metric, question: str, values: tuple[str, ...]) -> str:
    """Return the share of the pairs of known values that are the same."""
    known = [value for value in values if value != v.UNKNOWN]
    same = " + ".join(
        f.count(metric, f.WINDOW, f'local_{question}="{value}"', f'judge_{question}="{value}"') for value in known
    )
    both = f.count(metric, f.WINDOW, f'local_{question}!="{v.UNKNOWN}"', f'judge_{question}!="{v.UNKNOWN}"')
    return share(f"({same})", both)


def _pairs(title: str, metric: Metric, question: str) -> sdk.Panel:
    labels = f"local_{question}", f"judge_{question}"
    told = Told(title, "How many conversations the rules and the judge said each pair of values of.", (6, 9))
    names = dict(zip(labels, ("rules", "judge"), strict=True))
    return _counted(told, metric, names)


def _rated(title: str, metric: Metric, question: str) -> sdk.Panel:
    told = Told(
        title,
        "How many judged conversations the judge said each value of, beside what their users said.",
        (6, 9),
    )
    return _counted(told, metric, {question: "judge", "rating": "rating"})


def _counted(told: Told, metric: Metric, names: dict[str, str]) -> sdk.Panel:
    question = rows(f"{f.count(metric, f.RANGE, by=tuple(names))} > 0")
    overrides = (Override("conversations", s.cell_bar()),)
    panel = p.table(told, [question], Look(decimals=0, nothing=_NOTHING), overrides, "conversations")
    return s.transformed(panel, *s.as_columns(names, "conversations"))


def _results() -> sdk.Panel:
    told = Told(
        "Judgements",
        "What became of conversations that were to be judged, and those put off since the budget of the day was spent.",
        (8, 8),
    )
    results = over_time(f.count(c.JUDGEMENTS, f.STEP, by=("result",)), "{{result}}")
    postponed = over_time(f.count(c.JUDGE_POSTPONED, f.STEP), "put off")
    return p.bars(told, [results, postponed], Look(decimals=0, nothing=_NOTHING), step="6h")


def _failures() -> sdk.Panel:
    told = Told("Failed calls of the judge", "Calls that brought no judgement, by why. Most are tried again.", (8, 8))
    query = over_time(f.count(c.JUDGE_FAILURES, f.STEP, by=("failure",)), "{{failure}}")
    return p.bars(told, [query], Look(decimals=0, nothing=_NOTHING), step="6h")


def _money() -> sdk.Panel:
    told = Told(
        "Cost, budget and what waits",
        "Cost: of the judge, in the time shown. Left today: of the budget of the UTC day, of all services. Waiting: "
        "conversations that are still to be judged.",
        (8, 8),
    )
    queries = [
        now(f.count(c.JUDGE_COST, f.RANGE), "cost"),
        now(f"max({c.JUDGE_BUDGET_LEFT.name})", "left today"),
        now(f"max({c.JUDGE_WAITING.name})", "waiting"),
    ]
    return p.stat(
        told, queries, Look(USD, nothing="no judge"), (Override("waiting", {"unit": "short", "decimals": 0}),)
    )
