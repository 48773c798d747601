"""Metadata of a conversation: what of it is kept, how much, and that the last word of each key holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT
from otel_agent_analytics.conversations.identity import context_of
from otel_agent_analytics.conversations.metadata import merged, metadata_of
from tests.helpers.script import feed, play, write

PREFIX = "agent_analytics.metadata."


def kept(**said: Any) -> dict[str, str]:
    """Return what is kept of metadata."""
    return dict(metadata_of({PREFIX + key: value for key, value in said.items()}) or ())


def test_values_are_texts() -> None:
    """What an attribute can hold is kept as text; what is empty, a list or no number of 64 bits is not."""
    said = {"plan": "gold", "age": 3, "share": 0.5, "vip": True, "old": False, "least": -(2**63 - 1)}
    unusable = {"nothing": None, "empty": "", "list": ("a", "b"), "huge": 10**5000, "bytes": b"x", "": "no key"}

    assert kept(**said, **unusable) == {
        "plan": "gold", "age": "3", "share": "0.5", "vip": "true", "old": "false", "least": "-9223372036854775807",
    }  # fmt: skip


def test_what_is_too_much() -> None:
    """At most 16 keys, those that come first; values are cut at 256 characters, keys longer than 64 are left out."""
    assert list(kept(**{f"key{number:02}": number for number in range(40)})) == [f"key{n:02}" for n in range(16)]
    assert kept(a="x" * 257) == {"a": "x" * 256}
    assert kept(**{"k" * 64: 1, "l" * 65: 2}) == {"k" * 64: "1"}


@pytest.mark.parametrize(
    "key",
    [
        "feedback", "conversation_id", "session_id", "thread_id", "chat_id", "user_id", "userId", "user_name",
        "customer_email", "email", "e-mail", "E_Mail", "mail", "phone", "ip", "ip_address",
    ],
)  # fmt: skip
def test_keys_that_are_none_of_it(key: str) -> None:
    """A rating, ids of the conversation, and what names a person are left out; words that only begin so are not."""
    assert kept(**{key: "x", key + "_kind": "y"}) == {key + "_kind": "y"}


def test_what_no_store_takes_is_replaced() -> None:
    """Lone surrogates and NUL are replaced, in keys and in values."""
    assert kept(**{"a\ud800": "b\udfff", "c\x00": "d\x00", "é": "ü"}) == {"a?": "b?", "c\ufffd": "d\ufffd", "é": "ü"}


def test_without_metadata_there_is_nothing() -> None:
    """Where nothing is said that is kept, there is no context at all."""
    assert metadata_of({v.CHANNEL: "web"}) is None
    assert context_of({v.METADATA_FEEDBACK: 5}) is NO_CONTEXT
    assert context_of({PREFIX + "a": 1}).metadata == (("a", "1"),)


PAIRS = st.dictionaries(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.sampled_from("12"))


@given(st.lists(PAIRS, max_size=4))
def test_last_word_of_each_key_holds(said: list[dict[str, str]]) -> None:
    """Each of the first 16 keys has the value that was said last; nothing said is nothing."""
    keys = list(dict.fromkeys(key for facts in said for key in facts))[:16]
    expected = {key: [facts[key] for facts in said if key in facts][-1] for key in keys}
    found = merged(tuple(facts.items()) or None for facts in said)

    assert dict(found or ()) == expected
    assert (found is None) == (not expected)


def test_record_has_the_last_word_by_event_time() -> None:
    """Of the channel the first word holds, of a key of the metadata the last; what was said once stays."""
    first, second = "as channel=web meta.plan=free meta.page=help", "as channel=app meta.plan=gold"
    context = play(f"{first} | user hi | agent hello | idle 1s | {second} | user so").record.context

    assert context.channel == "web"
    assert dict(context.metadata or ()) == {"plan": "gold", "page": "help"}


def test_late_message_says_nothing_against_a_later_one() -> None:
    """A message that comes late and was said before another does not change what the other said."""
    sources = write("as meta.plan=free | user hi | agent hello | idle 1s | as meta.plan=gold | user so | agent ok")
    plans = [source.attributes[PREFIX + "plan"] for source in sources]

    assert plans == ["free", "gold"]
    assert feed(reversed(sources)).record.context.metadata == (("plan", "gold"),)
