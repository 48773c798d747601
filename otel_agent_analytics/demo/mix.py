"""The shares of the demo's day as data: two tables, worked through from top to bottom."""

from collections.abc import Callable
from random import Random

from otel_agent_analytics.demo.plan import LONG_TOPIC, Plan, Share, add_long_one, add_users, apply_share

TOPICS = {"delivery": 30, "refund": 20, "invoice": 15, "lamp": 22, "account": 13}

# User turns of a conversation that may be in German (few texts), may be interrupted, has room for a twist.
GERMAN_TURNS = range(1, 5)
COMEBACK_TURNS = range(4, 10)
TWIST_TURNS = range(3, 8)
TWIST_AND_COMEBACK_TURNS = range(5, 10)

# Endings that hang together with the turns before them, which nothing may be put between; all of them in English.
TIED_ENDINGS = ("half_done", "rephrased", "annoyed")


def _everyone(_plan: Plan) -> bool:
    return True


def _engaged(plan: Plan) -> bool:
    return plan.outcome != "visit"


def _explicit(plan: Plan) -> bool:
    return plan.explicit


def _of(outcome: str, explicit: bool | None = None) -> Callable[[Plan], bool]:
    return lambda plan: plan.outcome == outcome and explicit in (None, plan.explicit)


def _talking(language: str) -> Callable[[Plan], bool]:
    return lambda plan: _engaged(plan) and plan.language == language and plan.topic != LONG_TOPIC


def _on(channel: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.channel == channel


def _may_be_german(plan: Plan) -> bool:
    # Closing words are judged in English only, so German is left to outcomes that do not hang on them.
    judged_without_words = plan.explicit or plan.outcome in ("silent", "abandoned", "escalated")
    return judged_without_words and plan.turns in GERMAN_TURNS and plan.ending not in (*TIED_ENDINGS, "tool_failed")


def _may_come_back(plan: Plan) -> bool:
    return plan.language == "en" and plan.turns in COMEBACK_TURNS and plan.ending not in TIED_ENDINGS


def _may_come_back_to_a_person(plan: Plan) -> bool:
    return _may_come_back(plan) and plan.outcome == "escalated" and not plan.explicit and not plan.comeback


def _has_room_for_twist(plan: Plan) -> bool:
    free = not plan.comeback and plan.ending not in TIED_ENDINGS
    return plan.language == "en" and plan.turns in TWIST_TURNS and free


def _comes_back_and_has_room(plan: Plan) -> bool:
    return plan.comeback in ("thanked", "asked", "unheard") and plan.turns in TWIST_AND_COMEBACK_TURNS


def _has_front_desk(plan: Plan) -> bool:
    return _engaged(plan) and plan.route != "direct"


def _comes_from(*countries: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.country in countries


def _rated_when_over(outcome: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.outcome == outcome and not plan.rated_in_metadata


def _rated_in_metadata(*, completed: bool) -> Callable[[Plan], bool]:
    return lambda plan: plan.rated_in_metadata and (plan.outcome == "completed") is completed


def _may_comment(plan: Plan) -> bool:
    return plan.rating is not None and not plan.rated_in_metadata


def _ends(*endings: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.ending in endings


def _ends_otherwise(outcome: str, *endings: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.outcome == outcome and not plan.explicit and plan.ending not in endings


COURSE = (
    Share(
        "outcome",
        {"completed": 50, "abandoned": 18, "silent": 12, "escalated": 12, "failed": 4, "visit": 4},
        _everyone,
    ),
    Share("explicit", {True: 8, False: 92}, _of("completed")),
    Share("explicit", {True: 6, False: 94}, _of("abandoned")),
    Share("explicit", {True: 8, False: 92}, _of("silent")),
    Share("explicit", {True: 8, False: 92}, _of("escalated")),
    Share("explicit", {True: 17, False: 83}, _of("failed")),
    Share("ending", {"answered": 1}, _explicit),
    Share("ending", {"thanked_answered": 66, "thanked_unanswered": 20, "resolved": 14}, _of("completed", False)),
    Share(
        "ending",
        {
            "unanswered": 26,
            "question": 32,
            "tool_failed": 14,
            "complained": 8,
            "half_done": 7,
            "rephrased": 7,
            "annoyed": 6,
        },
        _of("abandoned", False),
    ),
    Share("ending", {"answered": 1}, _of("silent", False)),
    Share("ending", {"person_told": 35, "person_stops": 35, "person_demanded": 30}, _of("escalated", False)),
    Share("ending", {"error": 50, "error_after_tool": 50}, _of("failed", False)),
    Share("ending", {"empty": 75, "greeting": 25}, _of("visit")),
    Share("turns", {2: 40, 3: 35, 4: 25}, _ends("resolved", "annoyed")),
    Share("turns", {3: 60, 4: 40}, _ends("half_done")),
    Share("turns", {2: 1}, _ends("rephrased")),
    Share("turns", {3: 60, 4: 40}, _of("completed", True)),
    Share("turns", {1: 6, 2: 22, 3: 32, 4: 20, 5: 9, 6: 4, 7: 3, 8: 3, 9: 1}, _ends_otherwise("completed", "resolved")),
    Share("turns", {1: 24, 2: 20, 3: 20, 4: 16, 5: 11, 6: 9}, _ends_otherwise("abandoned", *TIED_ENDINGS)),
    Share("turns", {2: 60, 3: 40}, _of("abandoned", True)),
    Share("turns", {1: 25, 2: 35, 3: 25, 4: 10, 5: 5}, _of("silent")),
    Share("turns", {1: 12, 2: 25, 3: 30, 4: 20, 5: 8, 7: 5}, _of("escalated")),
    Share("turns", {1: 25, 2: 30, 3: 30, 4: 15}, _of("failed")),
)

DETAILS = (
    Share("language", {"de": 14, "en": 86}, _may_be_german),
    # Completed ones are dealt apart because most of them show the tool that belongs to their topic.
    Share("topic", TOPICS, lambda plan: _talking("en")(plan) and plan.outcome == "completed"),
    Share("topic", TOPICS, lambda plan: _talking("en")(plan) and plan.outcome != "completed"),
    Share("topic", {"delivery": 60, "lamp": 40}, _talking("de")),
    Share("comeback", {"thanked": 12, "asked": 10, "unheard": 6, "": 72}, _may_come_back),
    Share("comeback", {"person": 60, "": 40}, _may_come_back_to_a_person),
    Share(
        "twist",
        {
            "loop": 3,
            "failed_tool": 4,
            "failed_person": 2,
            "several_calls": 5,
            "plain_arguments": 4,
            "text_beside_calls": 4,
            "complaint": 4,
            "repeat": 3,
            "rephrase": 5,
            "": 66,
        },
        lambda plan: _has_room_for_twist(plan) and plan.outcome != "escalated",
    ),
    Share("twist", {"rephrase": 35, "repeat": 35, "": 30}, _comes_back_and_has_room),
    # No failed transfer here, so that each one stands in a conversation that was not escalated.
    Share(
        "twist",
        {"failed_tool": 8, "complaint": 8, "repeat": 6, "rephrase": 6, "": 72},
        lambda plan: _has_room_for_twist(plan) and plan.outcome == "escalated",
    ),
    Share("route", {"front": 32, "direct": 10, "first_reply": 33, "later": 25}, _engaged),
    Share("greeted", {True: 17, False: 83}, _has_front_desk),
    Share("comeback", {"visited": 10, "": 90}, lambda plan: plan.greeted and not plan.comeback and not plan.twist),
    # Escalated ones are dealt apart because they are sure to call a tool.
    Share("call_ids", {True: 90, False: 10}, _of("escalated", False)),
    Share("call_ids", {True: 94, False: 6}, _of("completed")),
    Share("model", {"gpt-5-mini": 70, "gpt-5": 27, "northwind-local-1": 3}, _engaged),
    Share("usage", {True: 96, False: 4}, _engaged),
    Share("streamed", {True: 30, False: 70}, _engaged),
    Share("channel", {"web": 58, "app": 27, "email": 15}, _everyone),
    Share("device", {"desktop": 60, "mobile": 32, "tablet": 8}, _on("web")),
    Share("device", {"mobile": 85, "tablet": 15}, _on("app")),
    Share("device", {"desktop": 65, "mobile": 35}, _on("email")),
    Share("country", {"GB": 42, "IE": 12, "US": 22, "NL": 14, "SE": 10}, lambda plan: plan.language == "en"),
    Share("country", {"DE": 60, "AT": 25, "CH": 15}, lambda plan: plan.language == "de"),
    Share("tenant", {"northwind-us": 1}, _comes_from("US")),
    Share("tenant", {"northwind-uk": 1}, _comes_from("GB", "IE")),
    Share("tenant", {"northwind-eu": 1}, _comes_from("NL", "SE", "DE", "AT", "CH")),
    Share("rated_in_metadata", {True: 30, False: 70}, lambda plan: bool(plan.comeback)),
    Share("rating", {5: 40, "positive": 40, 4: 20}, _rated_in_metadata(completed=True)),
    Share("rating", {"negative": 50, 2: 50}, _rated_in_metadata(completed=False)),
    Share("rating", {None: 73, "positive": 15, "negative": 1, 5: 6, 4: 3, 3: 2}, _rated_when_over("completed")),
    Share("rating", {None: 78, "positive": 1, "negative": 12, 3: 2, 2: 3, 1: 4}, _rated_when_over("abandoned")),
    Share("rating", {None: 82, "positive": 8, "negative": 4, 4: 3, 2: 3}, _rated_when_over("silent")),
    Share("rating", {None: 66, "positive": 8, "negative": 14, 4: 3, 2: 4, 1: 5}, _rated_when_over("escalated")),
    Share("rating", {None: 65, "negative": 20, 1: 15}, _rated_when_over("failed")),
    Share("commented", {True: 40, False: 60}, _may_comment),
    Share("rater", {"": 65, "customer": 25, "quality-team": 10}, _may_comment),
)


def plan_day(rng: Random, conversations: int) -> list[Plan]:
    """Return the plans of a day, in no particular order."""
    plans = [Plan()] * conversations
    for share in COURSE:
        apply_share(plans, share, rng)
    add_long_one(plans)
    for share in DETAILS:
        apply_share(plans, share, rng)
    add_users(plans, rng)
    return plans
