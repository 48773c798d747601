"""How the last turn of a conversation goes: one function per ending, found by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

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
    stopped: bool = False
    """Whether the guardrail stops the request before a model is asked."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an ending needs to know."""

    turn: Turn
    """The turn that would be the last one of an ordinary course."""
    before: Turn | None
    """The turn before it; None where it is the only one, so that its request must be kept."""
    topic: Topic
    """Topic of the conversation."""
    scenes: Scenes
    """All texts of the language."""
    rng: Random
    """Source of every choice."""


def said(exchange: Exchange, rng: Random) -> Turn:
    """Return the exchange as a turn, in one of its wordings."""
    index = rng.randrange(len(exchange.user))
    rephrased = exchange.again[index] if exchange.again else ""
    return Turn(exchange.user[index], exchange.reply, rephrased, stopped=exchange.stopped)


def _answered(scene: Scene) -> Turn:
    return scene.turn


def _thanked_answered(scene: Scene) -> Turn:
    if scene.before is None:
        return replace(scene.turn, user=f"{scene.turn.user} {_word(scene, 'thanks_in_advance')}")
    return Turn(_word(scene, "thanks"), (Step(_word(scene, "farewells")),))


def _thanked_unanswered(scene: Scene) -> Turn:
    return _thanked_answered(scene) if scene.before is None else Turn(_word(scene, "thanks"), ())


def _resolved(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.topic.resolutions), scene.rng)


def _unanswered(scene: Scene) -> Turn:
    return replace(scene.turn, reply=())


def _question(scene: Scene) -> Turn:
    return replace(scene.turn, reply=(Step(scene.rng.choice(scene.topic.questions)),))


def _tool_failed(scene: Scene) -> Turn:
    return replace(scene.turn, reply=scene.rng.choice(scene.topic.failures))


def _half_done(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.scenes.half_done), scene.rng)


def _rephrased(scene: Scene) -> Turn:
    words = scene.before.rephrased if scene.before is not None else scene.turn.user
    return Turn(words, (Step(_word(scene, "again_replies")),))


def _annoyed(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.scenes.twists["complaint"]), scene.rng)


def _complained(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.scenes.complaints), scene.rng)


def _person_stops(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.scenes.person), scene.rng)


def _person_told(scene: Scene) -> Turn:
    turn = _person_stops(scene)
    return replace(turn, reply=(*turn.reply, Step(_word(scene, "person_told"))))


def _person_demanded(scene: Scene) -> Turn:
    return said(scene.rng.choice(scene.scenes.demands), scene.rng)


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
    "resolved": _resolved,
    "unanswered": _unanswered,
    "question": _question,
    "tool_failed": _tool_failed,
    "half_done": _half_done,
    "rephrased": _rephrased,
    "annoyed": _annoyed,
    "complained": _complained,
    "person_stops": _person_stops,
    "person_told": _person_told,
    "person_demanded": _person_demanded,
    "error": _error,
    "error_after_tool": _error_after_tool,
}
