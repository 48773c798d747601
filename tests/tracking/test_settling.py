"""A day after the end: what was heard meanwhile decides, and what is heard later takes the decision back."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.events import Context, UserMessage
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from otel_agent_analytics.conversations.state import State, new
from otel_agent_analytics.tracking.returns import Episode
from otel_agent_analytics.tracking.settling import Settling
from tests.conversations.made import CALM, SERVICE
from tests.helpers.script import play

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
SHORT = Rules(reopen_ns=HOUR_NS)


def ended(script: str = "as user=mia | user a | agent x") -> ConversationRecord:
    """Return a record of which it is open whether its user came back."""
    return play(script).record._replace(returned=None)


def message(at_ns: int, user: str | None = "mia") -> UserMessage:
    """Return a user's message."""
    return UserMessage("u", at_ns, at_ns, SERVICE, "", None, 1, CALM, Context(user=user))


def state(conversation_id: str, episode: int = 1) -> State:
    """Return a state of a conversation."""
    return new(conversation_id)._replace(episode=episode)


def test_nobody_heard_of_is_not_back() -> None:
    """Silence settles it, and so does what others say."""
    settling, record = Settling(DEFAULT_RULES), ended()
    settling.heard(state("d"), [message(record.ended_ns + 1, "ben"), message(record.ended_ns + 2, None)])

    assert settling.settle(record) == record._replace(returned=False)
    assert settling.broken() == []


def test_user_in_another_conversation_is_back() -> None:
    """Who was heard before the day was over was back, and nothing is broken by it."""
    settling, record = Settling(DEFAULT_RULES), ended()
    settling.heard(state("d"), [message(record.ended_ns + HOUR_NS)])

    assert settling.settle(record).returned is True
    assert settling.broken() == []


def test_user_who_is_heard_later_breaks_what_was_settled() -> None:
    """The episodes are told once."""
    settling, record = Settling(DEFAULT_RULES), ended()
    settling.settle(record)
    settling.heard(state("d"), [message(record.ended_ns + HOUR_NS)])

    assert settling.broken() == [Episode("c", 1, record.ended_ns)]
    assert settling.broken() == []


def test_events_of_an_episode_that_has_just_begun_are_heard() -> None:
    """Where an episode begins with what was held of the one before, no new event tells of its messages."""
    settling, record = Settling(DEFAULT_RULES), ended()
    begun = state("d")._replace(events=(message(record.ended_ns + 1),))
    settling.heard(begun, [])

    assert settling.settle(record).returned is True


@pytest.mark.parametrize(("episode", "back"), [(1, False), (2, True)])
def test_later_episode_of_the_same_conversation_is_a_return(episode: int, *, back: bool) -> None:
    """Without knowing the user: the conversation itself is somebody. Its first episode is the one that is asked of."""
    settling, record = Settling(SHORT), ended("user a | agent x")
    settling.heard(state("c", episode), [message(record.ended_ns + 2 * HOUR_NS, None)])

    assert settling.settle(record).returned is back


@pytest.mark.parametrize(("rules", "broken"), [(SHORT, 1), (DEFAULT_RULES, 0)])
def test_own_messages_break_only_what_they_do_not_reopen(rules: Rules, broken: int) -> None:
    """Within the reopening time a message reopens the episode, which takes everything back anyway."""
    settling, record = Settling(rules), ended("user a | agent x")
    settling.settle(record)
    settling.heard(state("c", 2), [message(record.ended_ns + 2 * HOUR_NS, None)])

    assert len(settling.broken()) == broken


def test_a_user_is_not_a_conversation_of_that_name() -> None:
    """Hashes of users and ids of conversations never meet."""
    settling, record = Settling(SHORT), ended("user a | agent x")
    settling.heard(state("d"), [message(record.ended_ns + 1, "c")])

    assert settling.settle(record).returned is False


def test_old_things_are_let_go_and_young_ones_stay() -> None:
    """What is heard is kept for the maximum age, the time for coming back, and the time for late spans."""
    settling, record = Settling(DEFAULT_RULES), ended()
    kept_ns = DEFAULT_RULES.max_age_ns + DEFAULT_RULES.return_ns + DEFAULT_RULES.held_on_ns
    settling.heard(state("d"), [message(record.ended_ns + 1)])
    settling.tidy(record.ended_ns + kept_ns)
    assert settling.settle(record).returned is True
    settling.tidy(record.ended_ns + kept_ns + 2)

    assert settling.settle(record).returned is False
    settling.clear()
    assert settling.broken() == []
