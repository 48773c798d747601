"""Every query once: its name, what it answers, which parameters it takes and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.service.queries import (
    calibration,
    calls,
    conversations,
    course,
    fixed,
    groups,
    overview,
    people,
    timeline,
    wants,
)
from otel_agent_analytics.service.queries.answers import Listed
from otel_agent_analytics.service.queries.asked import Taken
from otel_agent_analytics.service.queries.services import Service, services

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.service.queries.asked import Asked
    from otel_agent_analytics.storage.database import Read


class Query(NamedTuple):
    """One query."""

    name: str
    """Stands behind ``/api/`` in its address."""
    summary: str
    answer: Callable[[Read, Asked], Any]
    response: Any
    """The type of the answer."""
    taken: Taken
    of_conversation: bool = False
    """Whether the id of a conversation stands behind the name; the answer is then None where it is not known."""


_WINDOW: Final = Taken()
_SOME: Final = Taken(limit=100)
_LATEST: Final = Taken(limit=50, most=500, choices=True)
_ALL_OF_ONE: Final = Taken(window="", limit=1000, most=10_000)
_BY_ID: Final = Taken(window="", ids=200)

_ENDED: Final = "Over the engaged episodes that ended in the window."
_CALLED: Final = "Over the calls that began in the window."


def _segments(name: str, column: str) -> Query:
    summary = f"Users and outcomes by {column}. {_ENDED}"
    return Query(name, summary, groups.segments(column), Listed[groups.Segment], _SOME)


QUERIES: Final = (
    Query("overview", f"All figures of a window. {_ENDED}", overview.overview, overview.Overview, _WINDOW),
    Query("analytics", f"The few figures that say most. {_ENDED}", fixed.analytics, fixed.Analytics, Taken("hours=24")),
    Query("analytics/dashboard", f"One look at a window. {_ENDED}", fixed.dashboard, fixed.Dashboard, _WINDOW),
    Query(
        "top-intents",
        f"What users want: what they came for, and what they asked for beside it. {_ENDED}",
        wants.top_intents,
        Listed[wants.Intent],
        _SOME,
    ),
    Query("topics", f"What users talk about. {_ENDED}", wants.topics, Listed[wants.Topic], _SOME),
    Query(
        "unresolved-topics",
        f"What remains unresolved, with examples. {_ENDED}",
        wants.unresolved_topics,
        Listed[wants.UnresolvedTopic],
        _SOME,
    ),
    Query(
        "sentiment-by-day",
        f"Sentiments by local day of the end; days without an episode are left out. {_ENDED}",
        course.sentiment_by_day,
        Listed[course.Day],
        _WINDOW,
    ),
    Query(
        "outcomes-by-day",
        f"Outcomes and rates by local day of the end; days without an episode are left out. {_ENDED}",
        timeline.outcomes_by_day,
        Listed[timeline.Period],
        _WINDOW,
    ),
    Query(
        "outcomes-by-hour",
        "Outcomes and rates by local hour of the end; hours without an episode are left out. An hour that a change of "
        f"the clocks repeats stands twice, with its offsets. {_ENDED}",
        timeline.outcomes_by_hour,
        Listed[timeline.Period],
        Taken("hours=24"),
    ),
    Query(
        "drop-off",
        "In which turn users give up: abandoned in it ÷ reached, over the engaged episodes that ended in the window. "
        "An episode of n turns reached each of them; turns above 20 count as 21+.",
        course.drop_off,
        Listed[course.Turn],
        _WINDOW,
    ),
    Query(
        "compare-agents",
        f"Agents by outcome; an episode counts for one agent. {_ENDED}",
        groups.compared("agent"),
        Listed[groups.Group],
        _SOME,
    ),
    Query(
        "compare-models",
        f"Models by outcome; an episode counts for each model that it called, with all that it cost. {_ENDED}",
        groups.compared_models,
        Listed[groups.Group],
        _SOME,
    ),
    Query(
        "compare-versions",
        f"Versions of the service by outcome. {_ENDED}",
        groups.compared("version"),
        Listed[groups.Group],
        _SOME,
    ),
    Query("services", f"Services, and how many episodes each had. {_ENDED}", services, Listed[Service], _SOME),
    Query(
        "handoffs",
        f"From which agent to which conversations were handed over, and how often that failed. {_CALLED}",
        calls.handoffs,
        Listed[calls.Handoff],
        _SOME,
    ),
    _segments("countries", "country"),
    _segments("devices", "device"),
    _segments("channels", "channel"),
    _segments("languages", "language"),
    Query("tools", f"Calls, errors and durations of tools. {_CALLED}", calls.tools, Listed[calls.Tool], _SOME),
    Query("models", f"Calls, tokens, cost and times of models. {_CALLED}", calls.models, Listed[calls.Model], _SOME),
    Query(
        "errors",
        "Classes of errors: in how many of the engaged episodes that ended in the window a run or a tool failed so, "
        "and how many calls that began in it did.",
        calls.errors,
        Listed[calls.ErrorType],
        _SOME,
    ),
    Query(
        "cost",
        "What the engaged episodes cost that ended in the window, each and for each that was resolved, and what that "
        "saves; and by agent and model what the calls cost that began in it.",
        calls.cost,
        calls.Cost,
        _SOME,
    ),
    Query(
        "peak-hours",
        "User messages by weekday and hour, local time.",
        people.peak_hours,
        Listed[people.PeakHour],
        _WINDOW,
    ),
    Query(
        "conversations-per-hour",
        "Engaged episodes by the local hour in which they started, once they have ended; hours without one are left "
        "out. An hour that a change of the clocks repeats stands twice, with its offsets.",
        course.conversations_per_hour,
        Listed[course.Hour],
        Taken("hours=24"),
    ),
    Query(
        "calibration",
        "How far rules, judge and ratings agree, how well the estimate of satisfaction tells good ratings from bad "
        "ones, and how often a judgement is right that is so sure of itself: over the engaged episodes that ended in "
        "the window and were rated or judged.",
        calibration.calibration,
        calibration.Calibration,
        _WINDOW,
    ),
    Query("users", "Users who spoke in the window.", people.users, people.Users, _WINDOW),
    Query(
        "conversations",
        "Episodes that ended in the window, the latest first, visits among them: all or those that are chosen, by "
        "pages.",
        conversations.recent,
        conversations.Page,
        _LATEST,
    ),
    Query(
        "episodes",
        "The ended episodes of some conversations, and when there is next something to do about each.",
        conversations.standings,
        conversations.Standings,
        _BY_ID,
    ),
    Query(
        "conversations",
        "What is stored of one conversation.",
        conversations.conversation,
        conversations.Conversation,
        _ALL_OF_ONE,
        of_conversation=True,
    ),
)
