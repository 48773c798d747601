"""Which conversation and which user a span belongs to, and which attribute says so."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from otel_agent_analytics.dialects.identity import Person, conversation_key, conversation_of, person_of

OPENINFERENCE = {"openinference.span.kind": "LLM"}

# In the order in which they are tried: of every two neighbours the first wins.
IN_ORDER = (
    "gen_ai.conversation.id",
    "agentsight.conversation.id",
    "langfuse.session.id",
    "langwatch.thread.id",
    "traceloop.association.properties.conversation_id",
    "traceloop.association.properties.conversationId",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.sessionId",
    "traceloop.association.properties.thread_id",
    "traceloop.association.properties.threadId",
    "traceloop.association.properties.chat_id",
    "traceloop.association.properties.chatId",
    "langsmith.metadata.conversation_id",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
    "ai.telemetry.metadata.sessionId",
    "mlflow.trace.session",
    "gcp.vertex.agent.session_id",
    "session.id",
)


@pytest.mark.parametrize("key", IN_ORDER)
def test_each_key_names_the_conversation(key: str) -> None:
    """Every id of the table is found, and it is said which one it was."""
    assert conversation_key({key: "c-1", "http.route": "/"}) == ("c-1", key)


@pytest.mark.parametrize(("first", "second"), list(itertools.pairwise(IN_ORDER)))
def test_order(first: str, second: str) -> None:
    """Of two ids on one span the one that stands first in the table wins."""
    assert conversation_key({second: "b", first: "a"}) == ("a", first)


def test_metadata_of_openinference_comes_last() -> None:
    """The keys that name a conversation in metadata are found in OpenInference's JSON, in the same order."""
    metadata = '{"thread_id": "t", "session_id": "s", "tier": "gold"}'

    assert conversation_key({**OPENINFERENCE, "metadata": metadata}) == ("s", "metadata.session_id")
    assert conversation_key({**OPENINFERENCE, "metadata": metadata, "session.id": "x"}) == ("x", "session.id")
    assert conversation_key({"metadata": metadata}) is None
    assert conversation_key({**OPENINFERENCE, "metadata": "no JSON"}) is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"langsmith.trace.session_id": "a project", "langsmith.trace.session_name": "default"},
        {"session.id": ""},
        {"session.id": "   "},
        {"session.id": None},
        {"session.id": True},
        {"session.id": ("a", "b")},
        {"user.id": "ann"},
        {},
    ],
)
def test_names_nothing(attributes: dict[str, Any]) -> None:
    """A project, an empty id and a value that is no id name no conversation; none is invented."""
    assert conversation_key(attributes) is None


def test_numbers_are_ids() -> None:
    """A whole number is an id as well; spaces around an id are no part of it."""
    assert conversation_key({"langsmith.metadata.thread_id": 42}) == ("42", "langsmith.metadata.thread_id")
    assert conversation_key({"session.id": " a "}) == ("a", "session.id")


def test_unusable_id_gives_way() -> None:
    """An id of the wrong type does not hide the next one; one that is too long stays, so that the core counts it."""
    assert conversation_key({"gen_ai.conversation.id": ["x"], "session.id": "s"}) == ("s", "session.id")
    assert conversation_key({"gen_ai.conversation.id": "x" * 10_000, "session.id": "s"}) == (
        "x" * 10_000, "gen_ai.conversation.id",
    )  # fmt: skip


def test_spans_that_belong_together() -> None:
    """The attribute decides before the place: a conversation id goes before the session of the span around it."""
    around, inside, later = {"session.id": "browser"}, {"gen_ai.conversation.id": "c"}, {"gen_ai.conversation.id": "d"}

    assert conversation_of([around, inside, later]) == ("c", "gen_ai.conversation.id")
    assert conversation_of([around, {}]) == ("browser", "session.id")
    assert conversation_of([{}, {}]) is None


@pytest.mark.parametrize(
    ("attributes", "user"),
    [
        ({"user.id": "ann", "enduser.id": "bob"}, "ann"),
        ({"user.id": "ann", "langfuse.user.id": "eve"}, "eve"),
        ({"enduser.id": "bob"}, "bob"),
        ({"traceloop.association.properties.user_id": "kim"}, "kim"),
        ({"langsmith.metadata.userId": "lee"}, "lee"),
        ({"agentsight.conversation.customer_id": 7}, "7"),
        ({**OPENINFERENCE, "metadata": '{"user_id": "joe"}'}, "joe"),
        ({"user.hash": "abc"}, None),
        ({"user.id": ["x"]}, None),
    ],
)
def test_user(attributes: dict[str, Any], user: str | None) -> None:
    """The user's id is found under the framework's own names before the general ones."""
    assert person_of(attributes, None).user_id == user


def test_session_beside_the_conversation() -> None:
    """``session.id`` is the session only where it is not the conversation already."""
    attributes = {"session.id": "s", "gen_ai.conversation.id": "c"}

    assert person_of(attributes, "gen_ai.conversation.id").session_id == "s"
    assert person_of({"session.id": "s"}, "session.id").session_id is None


def test_side_of_the_user() -> None:
    """Channel, device and language are taken from our own names, and from metadata under their plain names."""
    ours = {"agent_analytics.channel": "web", "agent_analytics.device": "mobile", "agent_analytics.language": "de"}
    agentsight = {
        "agentsight.conversation.source": "widget", "agentsight.conversation.device": "desktop",
        "agentsight.conversation.language": "en",
    }  # fmt: skip

    assert person_of(ours, None) == Person(None, None, "web", "mobile", "de")
    assert person_of(agentsight, None) == Person(None, None, "widget", "desktop", "en")
    assert person_of({"traceloop.association.properties.channel": "sms"}, None).channel == "sms"
    assert person_of({**OPENINFERENCE, "metadata": '{"channel": "app", "language": 7}'}, None) == Person(
        None, None, "app", None, None
    )
    assert person_of({"http.route": "/"}, None) == Person(None, None, None, None, None)
