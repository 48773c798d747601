"""By which channel a user talks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics.people.channel import channel_name


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ("web", "web"), ("Website", "web"), ("webchat", "web"), ("Web Chat", "web"), ("web-chat", "web"),
        ("tel", "phone"), ("Telephone", "phone"), ("voice", "phone"), ("phone", "phone"), ("SMS", "sms"),
        ("WhatsApp", "whatsapp"), ("e-mail", "email"), ("E Mail", "email"), ("email", "email"), ("Slack", "slack"),
        ("MS Teams", "teams"), ("teams", "teams"), ("mobile", "mobile"), ("mobile-app", "app"), ("Mobile  App", "app"),
        ("app", "app"), ("API", "api"), ("Kiosk", "kiosk"), ("in store", "in_store"), ("  In - Store_ ", "in_store"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("a\N{EN DASH}b", "a_b"), ("a\0b\nc\ud800d", "a_b_c_d"), ("x" * 65, "x" * 64), ("x" * 10**6, "x" * 64),
        ("", None), (" - _ ", None), ("\0", None), (None, None), (3, None), (b"web", None),
    ],
)  # fmt: skip
def test_channels(said: object, channel: str | None) -> None:
    """Synonyms become one name; anything else is kept, in lower case, with one underscore between words."""
    assert channel_name(said) == channel


@given(st.text() | st.text(alphabet=" -_aA\0\u0130\u03a3", max_size=300))
def test_a_name_is_final(text: str) -> None:
    """A name fits on a label: it can be printed and encoded, has 64 characters at most, and is its own name."""
    name = channel_name(text)
    if name is not None:
        assert 1 <= len(name) <= 64
        assert name.isprintable()
        assert name.encode("utf-8")
        assert channel_name(name) == name
