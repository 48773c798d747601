"""The half that both state machines share: people talk, in several conversations at once, and time passes.

A step is one rule; what came of it is in ``world.sources``. Which of it is delivered when, and what must then be the
same, is what the machines add.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from otel_agent_analytics.conversations.rules import SECOND_NS, Rules
from tests.helpers.traffic import BETWEEN_TURNS, CHANNELS, HOUR_NS, PEOPLE, WITHIN_TURN, World

if TYPE_CHECKING:
    from tests.helpers.script import Source

RULES: Final = (
    Rules(),
    Rules(idle_by_channel=(("voice", 300 * SECOND_NS), ("email", 4 * HOUR_NS))),
    Rules(max_age_ns=3 * HOUR_NS),
    Rules(max_age_ns=30 * HOUR_NS, idle_by_channel=(("email", 20 * HOUR_NS),)),
    Rules(return_ns=72 * HOUR_NS),
    Rules(reopen_ns=48 * HOUR_NS, return_ns=2 * HOUR_NS),
)
"""The definitions' own, and such that the maximum age, the channels and the time for coming back decide as well.

None has a reopening time shorter than the three hours that spans may be late, nor than the time of falling silent.
"""

conversations = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])
moves = st.sampled_from([*BETWEEN_TURNS, *WITHIN_TURN])
pauses = st.sampled_from([1, 20, 240, 360, 1500, 1790, 1900, 3600, 10_000, 18_000, 43_200, 82_000, 87_000, 180_000])
seeds = st.integers(0, 999)
SCENES: Final = (
    ("user where is it", "tool look", "model mini 120 40", "agent here you are"),
    ("user where is it", "tool look failed", "agent sorry", "user where is it anew", "agent that failed"),
    ("user a human please", "tool transfer_to_human", "agent it is booked", "user thanks, bye", "agent bye"),
    ("rate positive ann", "open", "agent hello", "user hi", "model large 500 20", "wait"),
    ("user hi", "agent:Billing which one?", "end completed", "rate 2 bob", "judge unresolved"),
    ("user good thanks", "agent it is booked"),
    ("user hi", "tool look", "agent here you are", "end abandoned"),
    ("user hi", "error TimeoutError", "end"),
    ("user hi", "wait", "resume", "agent it is booked"),
)


def machine_settings(examples: int) -> settings:
    """Return the settings of a machine; ``EXACTNESS_EXAMPLES`` in the environment sets how many examples are tried."""
    return settings(
        max_examples=int(os.environ.get("EXACTNESS_EXAMPLES", examples)),
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class Talk(RuleBasedStateMachine):
    """People talk and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.crowds = 0

    @initialize(rules=st.sampled_from(RULES))
    def judge_by(self, rules: Rules) -> None:
        """Choose by which rules all is judged."""
        self.begin(rules)

    def begin(self, rules: Rules) -> None:
        """Make the hosts."""
        raise NotImplementedError

    @rule(
        conversation=conversations,
        user=st.sampled_from(PEOPLE),
        country=st.sampled_from(("NL", "DE", "FR")),
        device=st.sampled_from(("mobile", "toaster")),
        plan=st.sampled_from(("free", "gold")),
    )
    def introduce(self, conversation: str, user: str, country: str, device: str, plan: str) -> None:
        """The application says from now on who talks, from where, and by which plan."""
        said = f"country={country} device={device} language=en meta.plan={plan} meta.of-{user}=yes"
        self.world.say(conversation, f"as user={user} {said}")

    @rule(conversation=conversations, moves=st.lists(moves, min_size=1, max_size=8), pause=pauses)
    def talk(self, conversation: str, moves: list[str], pause: int) -> None:
        """Some things happen in one conversation, and then it is quiet for a while."""
        for move in moves:
            self.world.say(conversation, move)
        self.world.wait(pause)

    @rule(conversation=conversations, scene=st.sampled_from(SCENES), pause=pauses)
    def play(self, conversation: str, scene: tuple[str, ...], pause: int) -> None:
        """Play a scene as people know it, and then it is quiet for a while."""
        self.talk(conversation, list(scene), pause)

    @rule(size=st.integers(5, 30), scenes=st.lists(st.sampled_from(SCENES), min_size=1, max_size=4), pause=pauses)
    def gather(self, size: int, scenes: list[tuple[str, ...]], pause: int) -> None:
        """Let a crowd come, each with a conversation of his own: a hundred spans and more."""
        self.crowds += 1
        for number in range(size):
            conversation = f"crowd{self.crowds}-{number}"
            self.world.say(conversation, f"as user={PEOPLE[number % len(PEOPLE)]}{number // 7} channel={CHANNELS[0]}")
            for move in scenes[number % len(scenes)]:
                self.world.say(conversation, move)
        self.world.wait(pause)

    def sent(self) -> list[Source]:
        """Return, once, what was sent since the last time."""
        sources = list(self.world.sources)
        self.world.sources.clear()
        return sources
