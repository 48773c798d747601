"""Which agent says what: where a conversation is handed from the Front Desk to a specialist."""

from random import Random
from typing import NamedTuple

from otel_agent_analytics.demo.endings import Turn
from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.scenes import Scenes, Step

FRONT_DESK = "Front Desk"


class Line(NamedTuple):
    """One message of the assistant and who says it."""

    agent: str
    """Name of the agent."""
    step: Step
    """What it says and calls."""


def specialist(plan: Plan, scenes: Scenes) -> str:
    """Return the agent that the topic belongs to; the Front Desk where there is no topic."""
    return scenes.topics[plan.topic].agent if plan.topic else FRONT_DESK


def cast(plan: Plan, turns: list[Turn], scenes: Scenes, rng: Random) -> list[list[Line]]:
    """Return, for each turn, its reply with the agents' names."""
    expert = specialist(plan, scenes)
    before, after = {
        "front": (FRONT_DESK, FRONT_DESK),
        "direct": (expert, expert),
        "first_reply": (FRONT_DESK, expert),
        "later": (FRONT_DESK, expert),
    }[plan.route]
    replies = [[Line(after, step) for step in turn.reply] for turn in turns]
    replies[0] = [Line(before, step) for step in turns[0].reply]
    if plan.route == "first_reply":
        replies[0] = _hand_over(turns[0].reply, expert, scenes, rng)
    return replies


def _hand_over(reply: tuple[Step, ...], expert: str, scenes: Scenes, rng: Random) -> list[Line]:
    # A reply of one message is preceded by a sentence that says who goes on; a longer one changes hands after a tool.
    if len(reply) == 1:
        reply = (Step(rng.choice(scenes.words["passing_on"])), *reply)
    return [Line(expert if position else FRONT_DESK, step) for position, step in enumerate(reply)]
