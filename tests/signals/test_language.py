"""In which language is a text?"""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_agent_analytics.signals.language import detected, is_english, language_of, language_of_tag
from tests.signals.sentences import ENGLISH, OTHERS, WITHOUT_LIST
from tests.signals.texts import HARD, MESSAGES


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", True), ("en-GB", True), ("EN_us", True), (None, True), ("", True), ("de", False), ("enm", False)],
)
def test_language_of_the_word_lists(tag: str | None, expected: bool) -> None:
    """The word lists are for English; without a tag a text is taken for English."""
    assert is_english(tag) is expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"), ("en-GB", "en"), ("EN_us", "en"), ("de_AT.UTF-8", "de"), ("zh-Hant-TW", "zh"), ("fil", "fil"),
        (" fr ", "fr"), ("eng", "en"),
        (None, None), ("", None), (5, None), ("und", None), ("German", None), ("x", None), ("12", None),
        (" " * 100_000, None),
    ],
)  # fmt: skip
def test_language_of_a_tag(tag: object, expected: str | None) -> None:
    """The first part of a tag is the language; what is no tag names none."""
    assert language_of_tag(tag) == expected


def test_tag_wins() -> None:
    """What the application says of the language goes before what the text shows."""
    assert language_of("Where is my order?", "de-DE") == "de"
    assert language_of("Wo ist meine Bestellung?", "en") == "en"
    assert language_of("Wo ist meine Bestellung?", "no tag") == "de"


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("text", ENGLISH)
def test_english(text: str) -> None:
    """English, and what shows no language, is taken for English."""
    assert language_of(text) == "en"


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages(language: str, either_way: bool) -> None:
    """None of ten sentences is taken for English, nor for a third language; most are known with the extra."""
    found = [language_of(text) for text in OTHERS[language]]
    assert set(found) <= {language, "unknown"}
    assert found.count(language) >= (9 if either_way else 0)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("text", WITHOUT_LIST)
def test_languages_without_a_list(text: str) -> None:
    """A language that no list knows is not taken for English."""
    assert language_of(text) != "en"


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("danke", "de"), ("merci", "fr"), ("gracias", "es"), ("Ja bitte", "de"), ("kein Problem", "de"),
        ("\u041d\u0456, \u0434\u044f\u043a\u0443\u044e", "uk"), ("\u306f\u3044", "ja"), ("\uc544\ub2c8\uc694", "ko"),
        ("\u597d", "zh"), ("\u05ea\u05d5\u05d3\u05d4", "he"), ("\u0e02\u0e2d\u0e1a\u0e04\u0e38\u0e13", "th"),
        ("\u03b5\u03c5\u03c7\u03b1\u03c1\u03b9\u03c3\u03c4\u03ce", "el"), ("Los Angeles", "en"), ("El Paso", "en"),
    ],
)  # fmt: skip
def test_short_texts(text: str, expected: str) -> None:
    """A word that belongs to one language, or a script of its own, is enough; a name is not."""
    assert language_of(text) == expected


def test_nothing_shown() -> None:
    """Where a text shows no language, nothing is said."""
    for text in ("", "12345", "Berlin 5", "John Smith", "???"):
        assert detected(text) is None


@pytest.mark.usefixtures("either_way")
@given(st.one_of(st.text(), MESSAGES))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_a_language(text: str) -> None:
    """Any text has a language: a code of two or three letters, or unknown."""
    language = language_of(text)
    assert language == "unknown" or (2 <= len(language) <= 3 and language.isalpha())


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_texts_take_no_time(text: str) -> None:
    """No text takes long, however long or odd."""
    began = time.thread_time()
    assert language_of(text)
    assert time.thread_time() - began < 0.1
