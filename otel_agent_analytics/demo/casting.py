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
    """Return, for each turn, its reply with the agents' names; who hands over says so."""
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
        # A reply of one message is the specialist's; a longer one changes hands after a tool.
        first = 0 if len(turns[0].reply) == 1 else 1
        replies[0] = replies[0][:first] + [Line(after, step) for step in turns[0].reply[first:]]
    return _with_handovers(replies, before, scenes, rng)


def _with_handovers(replies: list[list[Line]], speaker: str, scenes: Scenes, rng: Random) -> list[list[Line]]:
    """Return the replies with a sentence of the agent who had the conversation before each change."""
    announced: list[list[Line]] = []
    for reply in replies:
        announced.append([])
        for line in reply:
            if line.agent != speaker:
                announced[-1].append(Line(speaker, Step(rng.choice(scenes.words["passing_on"]))))
            announced[-1].append(line)
            speaker = line.agent
    return announced
