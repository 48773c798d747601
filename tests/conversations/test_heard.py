"""What a model call tells of the user's message: it counts where the message itself says nothing of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT as NOBODY
from otel_agent_analytics.conversations.events import MessageHeard, Service, Signs, SpanRecord, UserMessage
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.turns import first_said, turns_of
from otel_agent_analytics.conversations.wanted import wants_of_turns

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.events import Event

SHOP = Service("shop")


def message(number: int, signs: Signs) -> UserMessage:
    """Return a user's message at a second."""
    at = number * 10**9
    return UserMessage(f"m{number}", at, at, SHOP, "", None, 10, signs, NOBODY)


def heard(number: int, topic: str, words: int = 3) -> MessageHeard:
    """Return what a model call tells, a little later."""
    at = number * 10**9 + 1
    return MessageHeard(f"h{number}:heard", at, at, SHOP, "", None, "an intent", 0.5, words, topic)


def test_it_counts_for_the_message_before_it() -> None:
    """Each message has what the first call after it tells; its other signs stay."""
    silent = Signs(language="en", sentiment=0.25)
    turns = turns_of([message(1, silent), heard(1, "parcel"), heard(1, "later"), message(2, silent), heard(2, "bill")])

    signs = [turn.message.signs for turn in turns if turn.message is not None]
    assert [(one.topic, one.intent, one.content_words) for one in signs] == [
        ("parcel", "an intent", 3),
        ("bill", "an intent", 3),
    ]
    assert {(one.language, one.sentiment) for one in signs} == {("en", 0.25)}
    topic = wants_of_turns(turns).topic
    assert topic is not None
    assert topic.name == "parcel"


def test_what_the_message_says_itself_holds() -> None:
    """Whoever measured it looked for topics himself, whether he found one or not."""
    turns = turns_of([message(1, Signs(language="en", content_words=3, topic="own")), heard(1, "parcel")])

    assert turns[1].message is not None
    assert turns[1].message.signs.topic == "own"
    assert turns_of([heard(1, "nobody spoke")])[0].message is None


@pytest.mark.parametrize(
    ("events", "first"),
    [
        ([message(1, Signs(content_words=3)), heard(1, "a")], "m1"),
        ([message(1, Signs(content_words=1)), heard(1, "a"), message(2, Signs()), heard(2, "b")], "h2:heard"),
        ([message(1, Signs()), heard(1, "a", words=1), heard(1, "a")], None),
        ([heard(1, "a"), message(2, Signs(content_words=3))], "h1:heard"),
        ([message(1, Signs())], None),
    ],
)
def test_which_tells_first_of_enough_words(events: list[Event], first: str | None) -> None:
    """The message itself, or the call that tells of one that does not."""
    found = first_said(events, 2)
    assert (None if found is None else found.id) == first


def test_of_a_span() -> None:
    """A call that carries what was heard makes an event more, whose id is that of its span; another one does not."""
    said = {v.GEN_AI_CONVERSATION_ID: "c", v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.GEN_AI_REQUEST_MODEL: "m"}
    more = {v.USER_MESSAGE_CONTENT_WORDS: 4, v.USER_MESSAGE_TOPIC: "parcel"}
    span = SpanRecord("t", "s", 5, 9, said, False, SHOP)
    events = [event for _, event in decode(span._replace(attributes={**said, **more}))]

    assert events[1:] == [MessageHeard("s:heard", 5, 5, SHOP, "t", None, None, None, 4, "parcel")]
    assert len(decode(span)) == 1
