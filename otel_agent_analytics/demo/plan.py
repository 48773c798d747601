"""Who talks about what, and how it ends: one plan per conversation, dealt from fixed shares.

Every property is dealt in exact quotas and then shuffled, not drawn one by one, so that each kind of conversation
occurs on a day of 300 conversations whatever the seed.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)
LONG_TOPIC = "long_fault"
LONG_TURNS = 23
REPLACED_TURNS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is settled about a conversation before a word of it is written."""

    outcome: str = ""
    """The outcome that the definitions give it, or ``visit``."""
    explicit: bool = False
    """Whether the application states the outcome, where the text alone would say ``silent``."""
    ending: str = ""
    """How the last turn goes: a name in ``endings.ENDINGS``, or ``empty`` or ``greeting`` for a visit."""
    turns: int = 0
    """Number of user messages."""
    language: str = "en"
    """``en`` or ``de``."""
    topic: str = ""
    """Name of the topic; empty for a visit."""
    comeback: str = ""
    """How the first part ended before the user came back: ``thanked``, ``asked``, ``unheard``, ``person`` (one was
    called), or ``visited``: the agent greeted and the user said nothing until much later; empty: no comeback."""
    twist: str = ""
    """A peculiarity of the second turn: ``repeat``, ``rephrase`` or a name in the scenes; empty: none."""
    route: str = ""
    """Who answers: ``front`` or ``direct`` (one agent), ``first_reply`` or ``later`` (a handoff)."""
    greeted: bool = False
    """Whether the agent speaks first."""
    call_ids: bool = True
    """Whether tool calls carry ids."""
    model: str = ""
    """Model name of the conversation; empty for a visit."""
    usage: bool = True
    """Whether token counts were recorded."""
    instruction_tokens: int = 940
    """Tokens that each model call gets beside what was said."""
    slowness: float = 1.0
    """How many times their usual time agents and tools take."""
    streamed: bool = False
    """Whether the answers were streamed."""
    channel: str = ""
    """``web``, ``app`` or ``email``."""
    device: str = ""
    """``desktop``, ``tablet`` or ``mobile``."""
    country: str = ""
    """Two-letter country code."""
    tenant: str = ""
    """Shop that the conversation belongs to."""
    user: int | None = None
    """Number of the user; several conversations may share it; None: not signed in."""
    rating: str | int | None = None
    """``positive``, ``negative`` or 1 to 5; None: no feedback."""
    rated_in_metadata: bool = False
    """Whether the rating is in the conversation's metadata, and so there from the first run."""
    commented: bool = False
    """Whether the feedback has a comment."""
    rater: str = ""
    """Who rated; empty: not said."""


class Share(NamedTuple):
    """How one property is shared out among the conversations that it applies to."""

    field: str
    """Name of a field of Plan."""
    weights: Mapping[Any, float]
    """Relative weight of each value."""
    where: Callable[[Plan], bool]
    """Which conversations it applies to, judged by what is settled already."""


def deal(rng: Random, weights: Mapping[T, float], count: int) -> list[T]:
    """Return `count` values in random order, each as often as its weight says (largest remainder)."""
    total = sum(weights.values())
    exact = {value: count * weight / total for value, weight in weights.items()}
    dealt = [value for value, share in exact.items() for _ in range(int(share))]
    by_remainder = sorted(exact, key=lambda value: int(exact[value]) - exact[value])
    dealt += by_remainder[: count - len(dealt)]
    rng.shuffle(dealt)
    return dealt


def apply_share(plans: list[Plan], share: Share, rng: Random) -> None:
    """Settle one property in place, for the plans that it applies to."""
    chosen = [index for index, plan in enumerate(plans) if share.where(plan)]
    for index, value in zip(chosen, deal(rng, share.weights, len(chosen)), strict=True):
        plans[index] = replace(plans[index], **{share.field: value})


def add_long_one(plans: list[Plan]) -> None:
    """Turn one completed conversation, of a common length, into the long trouble-shooting one."""
    for index, plan in enumerate(plans):
        if plan.outcome == "completed" and plan.turns == REPLACED_TURNS and not plan.explicit:
            plans[index] = replace(plan, topic=LONG_TOPIC, turns=LONG_TURNS, ending="thanked_answered")
            return


def add_users(plans: list[Plan], rng: Random) -> None:
    """Number the users: a few are not signed in, about one conversation in six is by a user who had another one."""
    signed_in = [index for index, known in enumerate(deal(rng, {True: 94, False: 6}, len(plans))) if known]
    different = max(1, round(0.85 * len(signed_in)))
    numbers = list(range(1, different + 1))
    numbers += rng.choices(numbers, k=max(0, len(signed_in) - different))
    rng.shuffle(numbers)
    for index, number in zip(signed_in, numbers, strict=False):
        plans[index] = replace(plans[index], user=number)
