"""In which language a user talks, as a label has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_agent_analytics.people.language import language_name


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("en", "en"), ("EN", "en"), ("en-GB", "en"), ("en_GB", "en"), (" en-us\n", "en"), ("en_GB.UTF-8", "en"),
        ("de@euro", "de"), ("zh-Hans-CN", "zh"), ("gsw-CH", "gsw"), ("nl,en;q=0.8", "nl"), ("fr;q=0.9", "fr"),
        ("English", None), ("english", None), ("no way", None), ("e", None), ("C", None), ("POSIX", None), ("*", None),
        ("x-klingon", None), ("und", None), ("mul", None), ("zxx-XX", None), ("12", None), ("en1", None), ("", None),
        ("\N{KELVIN SIGN}a", None), ("\ud800", None), ("en\0", None), ("en" * 10**6, None), (None, None), (1, None),
        (b"en", None),
    ],
)  # fmt: skip
def test_languages(said: object, language: str | None) -> None:
    """A tag gives its primary subtag in lower case; anything else gives None."""
    assert language_name(said) == language


@given(st.text() | st.from_regex(r"[A-Za-z]{1,4}[-_ ,;]?[A-Z]{0,2}", fullmatch=True))
def test_a_name_is_final(text: str) -> None:
    """A name is two or three letters, and its own name."""
    name = language_name(text)
    if name is not None:
        assert len(name) in {2, 3}
        assert name.isascii()
        assert name.islower()
        assert language_name(name) == name
