"""From a plan to the turns of a conversation: which request follows which, and how the last one ends."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.scenes import Exchange, Scenes, Step, Topic


@dataclass(frozen=True, slots=True)
class Turn:
    """What a user says and what comes back. Texts still hold placeholders."""

    user: str
    """The user's words."""
    reply: tuple[Step, ...]
    """Messages of the assistant; empty where nobody answers."""
    rephrased: str = ""
    """The same request in other words, where there is one."""
    after_silence: bool = False
    """Whether the user was gone for a long time before."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an ending needs to know."""

    turn: Turn
    """The turn that would be the last one of an ordinary course."""
    alone: bool
    """Whether it is the only turn, so that its request must be kept."""
    topic: Topic
    """Topic of the conversation."""
    scenes: Scenes
    """All texts of the language."""
    rng: Random
    """Source of every choice."""


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
    return [_said(exchange, rng) for exchange in course]


def _said(exchange: Exchange, rng: Random) -> Turn:
    index = rng.randrange(len(exchange.user))
    return Turn(exchange.user[index], exchange.reply, exchange.again[index] if exchange.again else "")


def _come_back(turns: list[Turn], plan: Plan, topic: Topic, scenes: Scenes, rng: Random) -> None:
    if plan.comeback:
        first_ending = {"thanked": "thanked_answered", "asked": "question", "unheard": "unanswered"}[plan.comeback]
        _end(turns, 1, first_ending, topic, scenes, rng)
        turns[2] = replace(_said(rng.choice(scenes.comebacks[plan.comeback]), rng), after_silence=True)


def _resolve(turns: list[Turn], plan: Plan, topic: Topic, rng: Random) -> None:
    # A resolution is for those who then say thanks: anywhere else it would make the outcome a completed one.
    needed = 5 if plan.comeback else 3
    if plan.ending.startswith("thanked") and len(turns) >= needed:
        turns[-2] = _said(rng.choice(topic.resolutions), rng)


def _end(turns: list[Turn], index: int, ending: str, topic: Topic, scenes: Scenes, rng: Random) -> None:
    turns[index] = ENDINGS[ending](Scene(turns[index], index == 0, topic, scenes, rng))


def _twist(name: str, opening: Turn, scenes: Scenes, rng: Random) -> Turn:
    if name in ("repeat", "rephrase"):
        said = opening.user if name == "repeat" else opening.rephrased
        return Turn(said, (Step(rng.choice(scenes.words["again_replies"])),))
    return _said(rng.choice(scenes.twists[name]), rng)


def _answered(scene: Scene) -> Turn:
    return scene.turn


def _thanked_answered(scene: Scene) -> Turn:
    if scene.alone:
        return replace(scene.turn, user=f"{scene.turn.user} {_word(scene, 'thanks_in_advance')}")
    return Turn(_word(scene, "thanks"), (Step(_word(scene, "farewells")),))


def _thanked_unanswered(scene: Scene) -> Turn:
    return _thanked_answered(scene) if scene.alone else Turn(_word(scene, "thanks"), ())


def _unanswered(scene: Scene) -> Turn:
    return replace(scene.turn, reply=())


def _question(scene: Scene) -> Turn:
    return replace(scene.turn, reply=(Step(scene.rng.choice(scene.topic.questions)),))


def _tool_failed(scene: Scene) -> Turn:
    return replace(scene.turn, reply=scene.rng.choice(scene.topic.failures))


def _complained(scene: Scene) -> Turn:
    return _said(scene.rng.choice(scene.scenes.complaints), scene.rng)


def _person_stops(scene: Scene) -> Turn:
    return _said(scene.rng.choice(scene.scenes.person), scene.rng)


def _person_told(scene: Scene) -> Turn:
    turn = _person_stops(scene)
    return replace(turn, reply=(*turn.reply, Step(_word(scene, "person_told"))))


def _person_demanded(scene: Scene) -> Turn:
    return _said(scene.rng.choice(scene.scenes.demands), scene.rng)


def _error(scene: Scene) -> Turn:
    return replace(scene.turn, reply=(Step(error=_word(scene, "errors")),))


def _error_after_tool(scene: Scene) -> Turn:
    return replace(scene.turn, reply=(scene.scenes.check, Step(error=_word(scene, "errors"))))


def _word(scene: Scene, name: str) -> str:
    return scene.rng.choice(scene.scenes.words[name])


ENDINGS: dict[str, Callable[[Scene], Turn]] = {
    "answered": _answered,
    "thanked_answered": _thanked_answered,
    "thanked_unanswered": _thanked_unanswered,
    "unanswered": _unanswered,
    "question": _question,
    "tool_failed": _tool_failed,
    "complained": _complained,
    "person_stops": _person_stops,
    "person_told": _person_told,
    "person_demanded": _person_demanded,
    "error": _error,
    "error_after_tool": _error_after_tool,
}
