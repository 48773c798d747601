"""From a plan to the turns of a conversation: which request follows which."""

from dataclasses import replace
from random import Random

from otel_agent_analytics.demo.endings import ENDINGS, Scene, Turn, said
from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.scenes import Scenes, Step, Topic

_BEFORE_COMEBACK = {
    "thanked": "thanked_answered",
    "asked": "question",
    "unheard": "unanswered",
    "person": "person_told",
}
"""How the first part ends, by what the plan says of it."""


def compose(plan: Plan, scenes: Scenes, rng: Random) -> list[Turn]:
    """Return the turns that the plan asks for; none for a visit."""
    if not plan.turns:
        return []
    topic = scenes.topics[plan.topic]
    turns = _ordinary_course(topic, plan.turns - bool(plan.twist), rng)
    _come_back(turns, plan, topic, scenes, rng)
    _resolve(turns, plan, topic, rng)
    _end(turns, len(turns) - 1, plan.ending, topic, scenes, rng)
    if plan.twist:
        turns.insert(1, _twist(plan.twist, turns[0], scenes, rng))
    return turns


def _ordinary_course(topic: Topic, count: int, rng: Random) -> list[Turn]:
    more = min(count - 1, len(topic.follow_ups))
    kept = sorted(rng.sample(range(len(topic.follow_ups)), more))
    course = [rng.choice(topic.openings), *(topic.follow_ups[index] for index in kept)]
    # Where the topic has too few requests, resolution and thanks take the places of the last ones.
    course += [course[-1]] * (count - len(course))
    return [said(exchange, rng) for exchange in course]


def _come_back(turns: list[Turn], plan: Plan, topic: Topic, scenes: Scenes, rng: Random) -> None:
    if plan.comeback == "visited":
        turns[0] = replace(turns[0], after_silence=True)
    elif plan.comeback:
        _end(turns, 1, _BEFORE_COMEBACK[plan.comeback], topic, scenes, rng)
        turns[2] = replace(said(rng.choice(scenes.comebacks[plan.comeback]), rng), after_silence=True)


def _resolve(turns: list[Turn], plan: Plan, topic: Topic, rng: Random) -> None:
    # Only for those who then say thanks or want one thing more: elsewhere it would complete the conversation.
    needed = 5 if plan.comeback and plan.comeback != "visited" else 3
    if plan.ending == "half_done" or (plan.ending.startswith("thanked") and len(turns) >= needed):
        turns[-2] = said(rng.choice(topic.resolutions), rng)


def _end(turns: list[Turn], index: int, ending: str, topic: Topic, scenes: Scenes, rng: Random) -> None:
    before = turns[index - 1] if index else None
    turns[index] = ENDINGS[ending](Scene(turns[index], before, topic, scenes, rng))


def _twist(name: str, opening: Turn, scenes: Scenes, rng: Random) -> Turn:
    if name in ("repeat", "rephrase"):
        words = opening.user if name == "repeat" else opening.rephrased
        return Turn(words, (Step(rng.choice(scenes.words["again_replies"])),))
    return said(rng.choice(scenes.twists[name]), rng)
