"""The shares of the demo's day as data: two tables, worked through from top to bottom, for any kind of day."""

from random import Random

from otel_agent_analytics.demo.conditions import (
    TIED_ENDINGS,
    comes_back_and_has_room,
    comes_from,
    ends,
    ends_otherwise,
    engaged,
    everyone,
    explicit,
    has_front_desk,
    has_room_for_twist,
    may_be_german,
    may_be_stopped,
    may_come_back,
    may_come_back_to_a_person,
    may_comment,
    of,
    on,
    rated_in_metadata,
    rated_when_over,
    talking,
)
from otel_agent_analytics.demo.plan import Plan, Share, add_long_one, add_users, apply_share
from otel_agent_analytics.demo.weights import ORDINARY, Shares, Weights


def course(weights: Weights) -> tuple[Share, ...]:
    """Return who ends how, and after how many turns."""
    return (
        Share("outcome", weights.outcomes, everyone),
        Share("explicit", {True: 8, False: 92}, of("completed")),
        Share("explicit", {True: 6, False: 94}, of("abandoned")),
        Share("explicit", {True: 8, False: 92}, of("silent")),
        Share("explicit", {True: 8, False: 92}, of("escalated")),
        Share("explicit", {True: 17, False: 83}, of("failed")),
        Share("ending", {"answered": 1}, explicit),
        Share("ending", {"thanked_answered": 66, "thanked_unanswered": 20, "resolved": 14}, of("completed", False)),
        Share("ending", weights.abandoned_endings, of("abandoned", False)),
        Share("ending", {"answered": 1}, of("silent", False)),
        Share("ending", weights.escalated_endings, of("escalated", False)),
        Share("ending", {"error": 50, "error_after_tool": 50}, of("failed", False)),
        Share("ending", {"empty": 75, "greeting": 25}, of("visit")),
        Share("turns", {2: 40, 3: 35, 4: 25}, ends("resolved", "annoyed")),
        Share("turns", {3: 60, 4: 40}, ends("half_done")),
        Share("turns", {2: 1}, ends("rephrased")),
        Share("turns", {3: 60, 4: 40}, of("completed", True)),
        Share(
            "turns", {1: 6, 2: 22, 3: 32, 4: 20, 5: 9, 6: 4, 7: 3, 8: 3, 9: 1}, ends_otherwise("completed", "resolved")
        ),
        Share("turns", {1: 24, 2: 20, 3: 20, 4: 16, 5: 11, 6: 9}, ends_otherwise("abandoned", *TIED_ENDINGS)),
        Share("turns", {2: 60, 3: 40}, of("abandoned", True)),
        Share("turns", {1: 25, 2: 35, 3: 25, 4: 10, 5: 5}, of("silent")),
        Share("turns", {1: 12, 2: 25, 3: 30, 4: 20, 5: 8, 7: 5}, of("escalated")),
        Share("turns", {1: 25, 2: 30, 3: 30, 4: 15}, of("failed")),
    )


def details(weights: Weights) -> tuple[Share, ...]:
    """Return everything else of a conversation, which the course of it allows."""
    return (
        Share("language", {"de": 14, "en": 86}, may_be_german),
        # Completed ones are dealt apart because most of them show the tool that belongs to their topic.
        Share("topic", weights.topics, lambda plan: talking("en")(plan) and plan.outcome == "completed"),
        Share("topic", weights.topics, lambda plan: talking("en")(plan) and plan.outcome != "completed"),
        Share("topic", {"delivery": 60, "lamp": 40}, talking("de")),
        Share("comeback", {"thanked": 12, "asked": 10, "unheard": 6, "": 72}, may_come_back),
        Share("comeback", {"person": 60, "": 40}, may_come_back_to_a_person),
        Share("twist", weights.twists, lambda plan: has_room_for_twist(plan) and plan.outcome != "escalated"),
        Share("twist", {"rephrase": 35, "repeat": 35, "": 30}, comes_back_and_has_room),
        Share("twist", weights.escalated_twists, lambda plan: has_room_for_twist(plan) and plan.outcome == "escalated"),
        Share("route", {"front": 32, "direct": 10, "first_reply": 33, "later": 25}, engaged),
        Share("twist", {"card_number": 40, "": 60}, may_be_stopped),
        Share("greeted", {True: 17, False: 83}, has_front_desk),
        Share("comeback", {"visited": 10, "": 90}, lambda plan: plan.greeted and not plan.comeback and not plan.twist),
        # Escalated ones are dealt apart because they are sure to call a tool.
        Share("call_ids", {True: 90, False: 10}, of("escalated", False)),
        Share("call_ids", {True: 94, False: 6}, of("completed")),
        Share("model", weights.models, engaged),
        Share("usage", {True: 96, False: 4}, engaged),
        Share("streamed", {True: 30, False: 70}, engaged),
        Share("channel", {"web": 58, "app": 27, "email": 15}, everyone),
        Share("device", {"desktop": 60, "mobile": 32, "tablet": 8}, on("web")),
        Share("device", {"mobile": 85, "tablet": 15}, on("app")),
        Share("device", {"desktop": 65, "mobile": 35}, on("email")),
        Share("country", {"GB": 42, "IE": 12, "US": 22, "NL": 14, "SE": 10}, lambda plan: plan.language == "en"),
        Share("country", {"DE": 60, "AT": 25, "CH": 15}, lambda plan: plan.language == "de"),
        Share("tenant", {"northwind-us": 1}, comes_from("US")),
        Share("tenant", {"northwind-uk": 1}, comes_from("GB", "IE")),
        Share("tenant", {"northwind-eu": 1}, comes_from("NL", "SE", "DE", "AT", "CH")),
        Share("rated_in_metadata", {True: 30, False: 70}, lambda plan: bool(plan.comeback)),
        Share("rating", {5: 40, "positive": 40, 4: 20}, rated_in_metadata(completed=True)),
        Share("rating", {"negative": 50, 2: 50}, rated_in_metadata(completed=False)),
        Share("rating", {None: 73, "positive": 15, "negative": 1, 5: 6, 4: 3, 3: 2}, rated_when_over("completed")),
        Share("rating", {None: 78, "positive": 1, "negative": 12, 3: 2, 2: 3, 1: 4}, rated_when_over("abandoned")),
        Share("rating", {None: 82, "positive": 8, "negative": 4, 4: 3, 2: 3}, rated_when_over("silent")),
        Share("rating", {None: 66, "positive": 8, "negative": 14, 4: 3, 2: 4, 1: 5}, rated_when_over("escalated")),
        Share("rating", {None: 65, "negative": 20, 1: 15}, rated_when_over("failed")),
        Share("commented", {True: 40, False: 60}, may_comment),
        Share("rater", {"": 65, "customer": 25, "quality-team": 10}, may_comment),
        *_only_where_said("instruction_tokens", weights.instruction_tokens),
        *_only_where_said("slowness", weights.slowness),
    )


def plan_day(rng: Random, conversations: int, weights: Weights = ORDINARY) -> list[Plan]:
    """Return the plans of a day, in no particular order."""
    plans = [Plan()] * conversations
    for share in course(weights):
        apply_share(plans, share, rng)
    add_long_one(plans)
    for share in details(weights):
        apply_share(plans, share, rng)
    add_users(plans, rng)
    return plans


def _only_where_said(field: str, shares: Shares | None) -> tuple[Share, ...]:
    return () if shares is None else (Share(field, shares, engaged),)
