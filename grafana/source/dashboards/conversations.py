"""The dashboard of those who own the product: how many conversations there are, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from grafana.source.dashboards import figures as f
from grafana.source.dashboards import panels as p
from grafana.source.dashboards import parts
from grafana.source.dashboards.board import Board, Row
from grafana.source.dashboards.links import of_series
from grafana.source.dashboards.looks import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SECONDS,
    SHARE,
    YELLOW,
    Look,
    Override,
)
from grafana.source.dashboards.panels import Told
from grafana.source.dashboards.queries import buckets_now, now, over_time, rows
from grafana.source.dashboards.variables import data_sources, environment, service, window
from grafana.source.promql import share
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from grafana.source.dashboards.classic import sdk

OUTCOME_COLORS: Final = (
    ("completed", GREEN), ("escalated", PURPLE), ("failed", RED), ("abandoned", ORANGE), ("silent", GREY),
)  # fmt: skip
_COMPLETED: Final = 'outcome="completed"'
_ABANDONED: Final = 'outcome="abandoned"'
_FAILED: Final = 'outcome="failed"'
_SHARE: Final = Look(SHARE, decimals=1, least=0, most=1)


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid="agent-conversations",
        title="Agents / Conversations",
        description="How many conversations there are, what becomes of them, and how that moves.",
        variables=[*data_sources("prometheus", "loki", "tempo"), service(), environment(), window()],
        rows=[
            Row("How is it going?", _summary()),
            Row("What became of them?", [_outcomes(), _outcome_table()]),
            Row("Are the rates moving?", _rates()),
            Row("Is that more or less than before?", [_compared(), _traffic()]),
            Row("How much is said, and how long does it take?", [_messages(), _active(), _visits()]),
            Row("How long is a conversation?", [_turns(), _lengths(), _durations()]),
        ],
    )


def _summary() -> list[sdk.Panel]:
    return [_ended(), _open_now(), _completion(), _resolution(), _coverage(), _escalation()]


def _rates() -> list[sdk.Panel]:
    large = [_completion_over_time(), _resolution_over_time()]
    return [*large, _abandonment_over_time(), _escalation_over_time(), _failure_over_time()]


def _ended() -> sdk.Panel:
    told = Told("Ended", "Engaged conversations that ended in the time shown, less those taken back.", (4, 5))
    return p.stat(told, [now(f.ended(f.RANGE), "ended")], Look(decimals=0))


def _open_now() -> sdk.Panel:
    told = Told("Open now", "Engaged conversations that have begun and not ended.", (3, 5))
    return p.stat(told, [now(f"sum({f.gauge(c.ACTIVE)})", "open")], Look(decimals=0, nothing="no service is seen"))


def _completion() -> sdk.Panel:
    told = Told(
        "Completion",
        "Share of the ended conversations whose outcome is completed, with its 95 % interval (Wilson): the user was "
        "content to leave.",
        (5, 5),
    )
    return parts.rate(told, "completed", f.ended(f.RANGE, _COMPLETED), f.ended(f.RANGE), _graded(0.4, 0.6))


def _resolution() -> sdk.Panel:
    told = Told(
        "Resolution rate",
        "Conversations with the status resolved, of those whose status is known, with the 95 % interval (Wilson). "
        "Read it with its coverage.",
        (5, 5),
    )
    return parts.rate(told, "resolved", f.resolved(f.RANGE), f.known_status(f.RANGE), _graded(0.4, 0.6))


def _coverage() -> sdk.Panel:
    told = Told(
        "Its coverage",
        "Share of the ended conversations whose result is known. Below a half, do not lean on the resolution rate.",
        (3, 5),
    )
    question = share(f.known_status(f.RANGE), f.count(c.BY_STATUS, f.RANGE))
    return p.stat(told, [now(question, "known")], _graded(0.5, 0.7))


def _escalation() -> sdk.Panel:
    told = Told(
        "Escalation",
        "Share of the ended conversations in which a human was asked for, whatever the outcome, with its 95 % "
        "interval (Wilson).",
        (4, 5),
    )
    look = Look(SHARE, decimals=1, steps=((0.0, GREEN), (0.2, YELLOW), (0.4, RED)))
    return parts.rate(told, "escalated", f.count(c.ESCALATED, f.RANGE), f.ended(f.RANGE), look)


def _graded(poor: float, good: float) -> Look:
    """Return a share that is red, yellow from the first bound on and green from the second."""
    return Look(SHARE, decimals=1, steps=((0.0, RED), (poor, YELLOW), (good, GREEN)))


def _outcomes() -> sdk.Panel:
    told = Told(
        "Outcomes",
        "Conversations by outcome, when their end was decided: an end that is not said is decided 30 minutes after "
        "the last event. What was taken back is subtracted.",
        (13, 9),
    )
    query = over_time(f.ended(f.STEP, by=("outcome",)), "{{outcome}}")
    return p.bars(told, [query], Look(decimals=0, colors=OUTCOME_COLORS), [of_series("outcome")])


def _outcome_table() -> sdk.Panel:
    part, whole = f.ended(f.RANGE, by=("outcome",)), f.ended(f.RANGE)
    before = f.shares(f.ended(f.RANGE_BEFORE, by=("outcome",)), f.ended(f.RANGE_BEFORE))
    last_week = f.shares(f.ended(f.WEEK_BEFORE, by=("outcome",)), f.ended(f.WEEK_BEFORE))
    told = Told(
        "Shares of the outcomes",
        "Each outcome as a share of the ended conversations, with its 95 % interval (Wilson), and that share in the "
        "time just before and a week before. Where intervals overlap, the difference may be chance.",
        (11, 9),
    )
    questions = (part, f.shares(part, whole), f.lower(part, whole), f.upper(part, whole), before, last_week)
    names = ("conversations", "share", "95 % low", "95 % high", "just before", "a week before")
    overrides = (Override("conversations", {"unit": "short", "decimals": 0}), Override("share", p.cell_bar()))
    panel = p.table(told, [rows(question) for question in questions], _SHARE, overrides, "conversations")
    return p.transformed(panel, *p.as_columns({"outcome": "outcome"}, *names))


def _completion_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_COMPLETED, "completed", "Completion rate over time", (12, 9))
    return p.about(panel, "Completed conversations", outcome="completed")


def _resolution_over_time() -> sdk.Panel:
    told = Told(
        "Resolution rate over time",
        "Conversations with the status resolved, of those whose status is known, with its 95 % interval (Wilson). The"
        " coverage is the share whose status is known.",
        (12, 9),
    )
    known, week = f.known_status(f.WINDOW), f.WINDOW_WEEK_BEFORE
    before = share(f.resolved(week), f.known_status(week))
    panel = parts.with_band(told, "resolved", f.resolved(f.WINDOW), known, before)
    return p.also(panel, over_time(share(known, f.count(c.BY_STATUS, f.WINDOW)), "coverage"))


def _abandonment_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_ABANDONED, "abandoned", "Abandonment over time", (8, 8))
    return p.about(panel, "Abandoned conversations", outcome="abandoned")


def _failure_over_time() -> sdk.Panel:
    panel = _outcome_over_time(_FAILED, "failed", "Failure over time", (8, 8))
    return p.about(panel, "Failed conversations", outcome="failed")


def _escalation_over_time() -> sdk.Panel:
    told = Told(
        "Escalation over time",
        "Share of the ended conversations in which a human was asked for, whatever the outcome, with its 95 % "
        "interval (Wilson).",
        (8, 8),
    )
    week = f.WINDOW_WEEK_BEFORE
    before = share(f.count(c.ESCALATED, week), f.ended(week))
    return parts.with_band(told, "escalated", f.count(c.ESCALATED, f.WINDOW), f.ended(f.WINDOW), before)


def _outcome_over_time(outcome: str, name: str, title: str, size: tuple[int, int]) -> sdk.Panel:
    """Return the share of one outcome over time."""
    told = Told(
        title,
        f"Share of the ended conversations whose outcome is {name}, with its 95 % interval (Wilson), over the window "
        "chosen above. Dashed: a week before.",
        size,
    )
    before = share(f.ended(f.WINDOW_WEEK_BEFORE, outcome), f.ended(f.WINDOW_WEEK_BEFORE))
    return parts.with_band(told, name, f.ended(f.WINDOW, outcome), f.ended(f.WINDOW), before)


_COMPARED: Final = {
    "started": (c.STARTED, ()),
    "ended": (c.ENDED, ()),
    "completed": (c.ENDED, (_COMPLETED,)),
    "abandoned": (c.ENDED, (_ABANDONED,)),
    "escalated": (c.ESCALATED, ()),
    "reopened": (c.REOPENED, ()),
    "user messages": (c.MESSAGES, ('role="user"',)),
    "visits": (c.VISITS, ()),
}


def _compared() -> sdk.Panel:
    told = Told(
        "Compared with before",
        "Counts in the time shown, in as long a time just before it, and at the same time a week before. "
        "Conversations, but for the messages; a visit is one in which the user said nothing.",
        (11, 9),
    )
    windows = {"now": f.RANGE, "just before": f.RANGE_BEFORE, "a week before": f.WEEK_BEFORE}
    questions = [rows(_all_counts(window)) for window in windows.values()]
    panel = p.table(told, questions, Look(decimals=0), (Override("/change/", {"unit": SHARE, "decimals": 1}),))
    return p.transformed(panel, *p.as_columns({"figure": "figure"}, *windows), *_change("a week before"))


def _all_counts(window: str) -> str:
    counted = ((name, f.count(metric, window, *matchers)) for name, (metric, matchers) in _COMPARED.items())
    return " or ".join(f.named(expression, "figure", name) for name, expression in counted)


def _change(since: str) -> tuple[tuple[str, dict[str, object]], ...]:
    """Return the steps that add by what share the first column is more than an earlier one."""
    ratio = {"left": "now", "operator": "/", "right": since}
    less_one = {"left": "ratio", "operator": "-", "right": "1"}
    return (
        ("calculateField", {"mode": "binary", "alias": "ratio", "binary": ratio}),
        ("calculateField", {"mode": "binary", "alias": f"change to {since}", "binary": less_one}),
        ("organize", {"excludeByName": {"ratio": True}, "renameByName": {}, "indexByName": {}, "includeByName": {}}),
    )


def _traffic() -> sdk.Panel:
    told = Told(
        "Started, ended, reopened",
        "Conversations by the hour or longer. Started: the user said something for the first time. Reopened: the user"
        " came back within a day after the end; what the end had counted is taken back.",
        (13, 9),
    )
    queries = [
        over_time(f.count(c.STARTED, f.STEP), "started"),
        over_time(f.ended(f.STEP), "ended"),
        over_time(f.count(c.REOPENED, f.STEP), "reopened"),
    ]
    look = Look(decimals=0, colors=(("started", BLUE), ("ended", GREEN), ("reopened", ORANGE)))
    return p.bars(told, queries, look, stacked=False)


def _messages() -> sdk.Panel:
    told = Told("Messages", "Messages of users and of agents.", (10, 8))
    query = over_time(f.count(c.MESSAGES, f.STEP, by=("role",)), "{{role}}")
    return p.bars(told, [query], Look(decimals=0, colors=(("user", BLUE), ("agent", GREY))))


def _active() -> sdk.Panel:
    told = Told("Open conversations", "Engaged conversations that have begun and not ended, at each moment.", (7, 8))
    query = over_time(f"sum by (service_name) ({f.gauge(c.ACTIVE)})", "{{service_name}}")
    return p.lines(told, [query], Look(decimals=0, nothing="no service is seen"))


def _visits() -> sdk.Panel:
    told = Told("Visits", "Conversations that ended without a word of the user; they are in no rate.", (7, 8))
    return p.bars(told, [over_time(f.count(c.VISITS, f.STEP), "visits")], Look(decimals=0, colors=(("visits", GREY),)))


def _turns() -> sdk.Panel:
    told = Told(
        "Turns of a conversation",
        "How many conversations had so many user messages, in the time shown. One that was reopened is counted at "
        "each of its ends.",
        (8, 9),
    )
    expression = f.buckets(c.CONVERSATION_TURNS, window=f.RANGE)
    return parts.distribution(told, expression, c.CONVERSATION_TURNS, parts.plain, Look(decimals=0))


def _lengths() -> sdk.Panel:
    told = Told(
        "Length of a conversation",
        "How many conversations lasted so long, from the first event to the end, in the time shown. One that was "
        "reopened is counted at each of its ends.",
        (8, 9),
    )
    return p.ranking(
        told,
        [buckets_now(f.buckets(c.DURATION, window=f.RANGE))],
        Look(decimals=0),
        parts.bounds(c.DURATION, parts.seconds),
    )


def _durations() -> sdk.Panel:
    told = Told(
        "Length over time",
        "Half of the conversations, and nine of ten, were shorter, over the window chosen above; from buckets, so a "
        "step is coarse. First event to end.",
        (8, 9),
    )
    queries = [
        over_time(f.quantile(0.9, c.DURATION, window=f.WINDOW), "9 of 10", exemplars=True),
        over_time(f.quantile(0.5, c.DURATION, window=f.WINDOW), "half"),
        over_time(f.mean(c.DURATION, window=f.WINDOW), "mean"),
    ]
    return p.lines(told, queries, Look(SECONDS))
