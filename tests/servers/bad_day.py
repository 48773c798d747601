"""A scripted bad day: services to which something happens in its last day, each beside the alerts that must ring.

What happens in conversations is done to their spans, and goes through the real tracker and exposition. Made at the
exposition are: counters that fall, a second process that is behind, a service that is silent, and in ``own_series`` all
that the Collector and Prometheus say of themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.outputs import catalogue as c
from tests.servers.history import Past
from tests.servers.mixes import LOCAL_MODEL, Mix, healthy
from tests.servers.verdicts import FAILED, PUT_OFF

if TYPE_CHECKING:
    import random

    from otel_agent_analytics.demo.plan import Plan

BROKEN_TOOL: Final = "find_order"
_TOKENS: Final = (v.GEN_AI_USAGE_INPUT_TOKENS, v.GEN_AI_USAGE_OUTPUT_TOKENS)
_DEARER: Final = 60
_MANY_TOOLS: Final = 60


def troubled(plan: Plan) -> float:
    """Return how often a conversation comes on the bad day."""
    if plan.comeback:
        return 0.0  # everything takes longer on that day, and a silence of hours would leave it
    weight = {"failed": 8.0, "abandoned": 3.0, "escalated": 4.0, "completed": 0.1, "silent": 0.3}.get(plan.outcome, 1.0)
    weight *= {"loop": 8.0, "rephrase": 8.0, "failed_tool": 3.0}.get(plan.twist, 1.0)
    return weight * {"negative": 8.0, 1: 8.0, 2: 8.0, "positive": 0.1, 5: 0.1, 4: 0.1}.get(plan.rating or 0, 1.0)


def weaker(plan: Plan) -> float:
    """Return how often a conversation comes on a day that is not good, and not bad enough for a page."""
    return healthy(plan) * {"failed": 80.0, "silent": 4.0}.get(plan.outcome, 1.0)


def angry(attributes: dict[str, Any], rng: random.Random) -> None:
    """Let users be angry."""
    if v.USER_MESSAGE_SENTIMENT in attributes and rng.random() < 0.7:
        attributes |= {v.USER_MESSAGE_SENTIMENT: -0.8, v.USER_MESSAGE_COMPLAINT: True, v.USER_MESSAGE_THANKS: False}


def confused(attributes: dict[str, Any], rng: random.Random) -> None:
    """Let users say things twice, and agents do things again and again."""
    if v.USER_MESSAGE_OVERLAP in attributes and rng.random() < 0.5:
        attributes[v.USER_MESSAGE_REPHRASE] = True
    if attributes.get(v.OPERATION) == v.OPERATION_TURN and rng.random() < 0.3:
        attributes[v.TURN_LOOPS] = 1


def broken_tool(attributes: dict[str, Any], rng: random.Random) -> None:
    """Let a tool fail, and others have more names than are shown."""
    tool = attributes.get(v.GEN_AI_TOOL_NAME)
    if tool == BROKEN_TOOL and rng.random() < 0.8:
        attributes[v.ERROR_TYPE] = "timeout"
    elif tool is not None and rng.random() < 0.3:
        attributes[v.GEN_AI_TOOL_NAME] = f"tool_{rng.randrange(_MANY_TOOLS)}"


def dear(attributes: dict[str, Any], rng: random.Random) -> None:
    """Let model calls need many more tokens, and some go to a model without a price."""
    for name in _TOKENS:
        if name in attributes:
            attributes[name] *= _DEARER
    if v.GEN_AI_REQUEST_MODEL in attributes and rng.random() < 0.3:
        attributes |= {v.GEN_AI_REQUEST_MODEL: LOCAL_MODEL, v.GEN_AI_RESPONSE_MODEL: LOCAL_MODEL}


def news(attributes: dict[str, Any], rng: random.Random) -> None:
    """Let many users come with something that nobody came with before."""
    if v.USER_MESSAGE_INTENT in attributes and rng.random() < 0.5:
        attributes[v.USER_MESSAGE_INTENT] = "return a lamp that burns"


LOST: Final = {
    v.PIPELINE_QUEUE_FULL: 200,
    v.PIPELINE_LATE: 200,
    v.PIPELINE_WITHOUT_CONVERSATION: 600,
    v.PIPELINE_DERIVED_ELSEWHERE: 100,
    v.PIPELINE_BAD_VALUE: 10,
    v.PIPELINE_ATTRIBUTE_LENGTH: 10,
    v.PIPELINE_FEEDBACK_UNMATCHED: 2,
    FAILED: 120,
    PUT_OFF: 20,
}
"""What is lost of the pipeline on the bad day, what goes wrong with the judge, and how many an hour."""


FEW: Final = frozenset(
    name for metric in (c.STARTED, c.ENDED, c.BY_STATUS, c.RECEIVED) for name in (metric.name, metric.twin) if name
)
"""All that the rules need to know of a service to which only little happens."""


def _of(name: str, conversations: int = 20) -> Mix:
    return Mix(Service(name), conversations=conversations)


SIZE: Final = 240
"""Conversations on the days before, on the bad day and on the good one."""
BEFORE: Final = Mix(conversations=SIZE)
BAD: Final = Past(
    BEFORE._replace(weight=troubled, changes=(angry, confused, broken_tool, dear, news), slower=6.0, noted=LOST)
)
GOOD: Final = Past(_of("northwind-good", SIZE)._replace(slower=0.7))  # in the demo's day answers take rather long
WEAKER: Final = Past(_of("northwind-weaker", SIZE)._replace(weight=weaker), only=FEW)
STOPPED: Final = Past(_of("northwind-stopped", 0), only=FEW)
SILENT: Final = Past(_of("northwind-silent"), silent=True, only=FEW)
TWICE: Final = Past(_of("northwind-twice"), twice=True, only=FEW)
APART: Final = Past(_of("northwind-apart"), apart=True, only=FEW)
PASTS: Final = (BAD, GOOD, WEAKER, STOPPED, SILENT, TWICE, APART)
