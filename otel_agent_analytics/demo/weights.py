"""What tells one kind of day from another: the weights that the tables of `mix` are filled with."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Shares = Mapping[Any, float]
"""Relative weight of each value."""


class Weights(NamedTuple):
    """One kind of day. Every share is of the conversations that its line in `mix` applies to."""

    outcomes: Shares
    """How conversations end."""
    abandoned_endings: Shares
    """How the last turn goes of those that are given up."""
    escalated_endings: Shares
    """How the last turn goes of those that go to a person."""
    topics: Shares
    """What they are about."""
    twists: Shares
    """Peculiarities of the second turn, where nobody calls a person later."""
    escalated_twists: Shares
    """As above, where somebody does. No failed transfer here, so that each one stands in a conversation without one."""
    models: Shares
    """Which model answers."""
    instruction_tokens: Shares | None = None
    """Tokens that each model call gets beside what was said; None: as many as ever."""
    slowness: Shares | None = None
    """How many times their usual time agents and tools take; None: once."""


ORDINARY: Final = Weights(
    outcomes={"completed": 50, "abandoned": 18, "silent": 12, "escalated": 12, "failed": 4, "visit": 4},
    abandoned_endings={
        "unanswered": 26,
        "question": 32,
        "tool_failed": 14,
        "complained": 8,
        "half_done": 7,
        "rephrased": 7,
        "annoyed": 6,
    },
    escalated_endings={"person_told": 35, "person_stops": 35, "person_demanded": 30},
    topics={"delivery": 30, "refund": 20, "invoice": 15, "lamp": 22, "account": 13},
    twists={
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
    escalated_twists={"failed_tool": 8, "complaint": 8, "repeat": 6, "rephrase": 6, "": 72},
    models={"gpt-5-mini": 70, "gpt-5": 27, "northwind-local-1": 3},
)

BAD: Final = Weights(
    outcomes={"completed": 22, "abandoned": 40, "silent": 8, "escalated": 18, "failed": 10, "visit": 2},
    abandoned_endings={
        "unanswered": 5,
        "question": 6,
        "tool_failed": 24,
        "complained": 42,
        "half_done": 3,
        "rephrased": 2,
        "annoyed": 18,
    },
    escalated_endings={"person_told": 5, "person_stops": 5, "person_demanded": 90},
    topics={"delivery": 60, "refund": 14, "invoice": 8, "lamp": 12, "account": 6},
    twists={
        "loop": 15,
        "failed_tool": 4,
        "failed_person": 2,
        "broken_tool": 30,
        "several_calls": 2,
        "plain_arguments": 2,
        "text_beside_calls": 2,
        "complaint": 20,
        "repeat": 3,
        "rephrase": 10,
        "": 10,
    },
    escalated_twists={"broken_tool": 40, "complaint": 20, "repeat": 6, "rephrase": 14, "": 20},
    models={"gpt-5": 94, "northwind-local-1": 6},
    instruction_tokens={12_000: 1},
    slowness={3.0: 1},
)

ORDINARY_DAY: Final = "ordinary"
DAYS: Final = {ORDINARY_DAY: ORDINARY, "bad": BAD}
"""Every kind of day by its name."""
