"""Does a user ask for a human?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from otel_agent_analytics.signals.human_request import asks_for_human
from tests.signals.texts import MESSAGES


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a human", "Can I talk to your manager?", "could I chat with a real person please",
        "let me talk to someone", "I'd prefer speaking with a live agent", "speak with the supervisor now",
        "Transfer me to an agent", "please connect me with a human agent", "put me through to somebody",
        "Can you escalate this to a manager?", "get me a human", "I need a real person", "I want a representative",
        "is there somebody I can talk to?", "is there a human?", "Human!", "agent", "operator please",
        "(representative)", "a real person, please", "Why can't I just speak with a human?",
        "I don't want a robot, I want to talk to a person",
    ],
)  # fmt: skip
def test_asks_for_human(text: str) -> None:
    """Who wants to talk to, to be connected with or to have a human asks for one."""
    assert asks_for_human(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "where is my order", "I do not want to talk to an agent", "I don\u2019t want to speak to a human",
        "can I change it without talking to a person", "the manager was rude", "what do your human resources do",
        "I need human error insurance", "two people please", "somebody stole my card", "my agent told me so",
        "talk to me", "transfer 20 dollars to my account", "the person on the phone was nice",
    ],
)  # fmt: skip
def test_does_not_ask_for_human(text: str) -> None:
    """Who only speaks of people, or declines to be connected, does not."""
    assert not asks_for_human(text)


PERSONS = """
    human humans person persons people agent agents representative representatives rep reps manager managers supervisor
    supervisors operator operators advisor advisors adviser advisers specialist specialists someone somebody anyone
"""


@pytest.mark.parametrize("person", PERSONS.split())
def test_everybody_who_may_be_asked_for(person: str) -> None:
    """One or several, of whatever title."""
    assert asks_for_human(f"may I talk with {person}, please")


@given(MESSAGES)
@settings(deadline=None)
def test_any_text_is_fine(text: str) -> None:
    """No text makes it fail."""
    assert asks_for_human(text) in (True, False)
