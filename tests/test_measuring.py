"""The texts of a turn as attributes."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.measuring import agent_message, load, user_message
from tests.signals.sentences import ENGLISH, OTHERS
from tests.signals.texts import HARD, MESSAGES

COMPARED = {v.USER_MESSAGE_OVERLAP, v.USER_MESSAGE_REPHRASE, v.USER_MESSAGE_REPEAT}
ALWAYS = {v.USER_MESSAGE_LENGTH, v.USER_MESSAGE_LANGUAGE, v.USER_MESSAGE_QUESTION}
OF_ENGLISH = {
    v.USER_MESSAGE_SENTIMENT, v.USER_MESSAGE_CLOSING, v.USER_MESSAGE_THANKS, v.USER_MESSAGE_NEGATION,
    v.USER_MESSAGE_SAYS_NO, v.USER_MESSAGE_COMPLAINT, v.USER_MESSAGE_HUMAN_REQUEST,
}  # fmt: skip
OF_AGENT = {v.AGENT_MESSAGE_LENGTH, v.AGENT_MESSAGE_QUESTION, v.AGENT_MESSAGE_REFUSAL, v.AGENT_MESSAGE_STATEMENT}


def test_every_signal_of_a_user_message() -> None:
    """An English message with one before it has every attribute, each with its value."""
    said = "No, that\u2019s not what I asked: can I speak to a human? My order is late, thanks"
    assert user_message(said, previous="is my order late") == {
        v.USER_MESSAGE_LENGTH: len(said),
        v.USER_MESSAGE_LANGUAGE: "en",
        # VADER: late -1.2, thanks 1.9 ("No," with its comma is no word to it); phrases: speak to a human, thanks.
        v.USER_MESSAGE_SENTIMENT: pytest.approx(0.7 / (0.49 + 15) ** 0.5 - 0.25 + 0.10, abs=0.00015),
        v.USER_MESSAGE_CLOSING: True,
        v.USER_MESSAGE_THANKS: True,
        v.USER_MESSAGE_NEGATION: True,
        v.USER_MESSAGE_QUESTION: True,
        v.USER_MESSAGE_SAYS_NO: True,
        v.USER_MESSAGE_COMPLAINT: True,
        v.USER_MESSAGE_HUMAN_REQUEST: True,
        v.USER_MESSAGE_OVERLAP: 2 / 8,  # order, late of these and no, not, asked, speak, human, thanks
        v.USER_MESSAGE_REPHRASE: False,
        v.USER_MESSAGE_REPEAT: False,
    }


def test_plain_message() -> None:
    """A message that says nothing special has every attribute too, and all of them say no."""
    assert user_message("Two tickets to Boston", previous="") == {
        v.USER_MESSAGE_LENGTH: 21,
        v.USER_MESSAGE_LANGUAGE: "en",
        v.USER_MESSAGE_SENTIMENT: 0.0,
        v.USER_MESSAGE_CLOSING: False,
        v.USER_MESSAGE_THANKS: False,
        v.USER_MESSAGE_NEGATION: False,
        v.USER_MESSAGE_QUESTION: False,
        v.USER_MESSAGE_SAYS_NO: False,
        v.USER_MESSAGE_COMPLAINT: False,
        v.USER_MESSAGE_HUMAN_REQUEST: False,
        v.USER_MESSAGE_OVERLAP: 0.0,
        v.USER_MESSAGE_REPHRASE: False,
        v.USER_MESSAGE_REPEAT: False,
    }


def test_message_before() -> None:
    """Said again in the same words, in others, or not comparable since nobody knows what was said before."""
    again = user_message("Where is my order?", previous="where is my order")
    assert (again[v.USER_MESSAGE_OVERLAP], again[v.USER_MESSAGE_REPEAT], again[v.USER_MESSAGE_REPHRASE]) == (
        1,
        True,
        False,
    )
    other = user_message("Where is my new order?", previous="where is my order")
    assert (other[v.USER_MESSAGE_OVERLAP], other[v.USER_MESSAGE_REPEAT], other[v.USER_MESSAGE_REPHRASE]) == (
        1 / 2, False, True,
    )  # fmt: skip
    assert not COMPARED & user_message("Where is my order?", previous=None).keys()


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages_are_unknown(language: str) -> None:
    """For a language that the word lists are not written in, what they would say is absent, never no or neutral."""
    for text in OTHERS[language]:
        attributes = user_message(text, previous="hello")
        assert attributes.keys() == ALWAYS | {v.USER_MESSAGE_REPEAT}
        assert attributes[v.USER_MESSAGE_LANGUAGE] != "en"
        assert attributes[v.USER_MESSAGE_QUESTION] is text.endswith(("?", "\uff1f", "\u061f"))
        assert user_message(text, previous=None).keys() == ALWAYS
        assert agent_message(text).keys() == {v.AGENT_MESSAGE_LENGTH, v.AGENT_MESSAGE_QUESTION}


def test_repeat_in_any_language() -> None:
    """Who says the same words again repeats, in every language."""
    said = "Wo ist meine Bestellung?"
    assert user_message(said, previous=said)[v.USER_MESSAGE_REPEAT] is True
    assert user_message(said, previous="Ich habe eine Frage")[v.USER_MESSAGE_REPEAT] is False


def test_language_of_the_application() -> None:
    """The application's tag decides; what is no tag is left aside."""
    assert user_message("ok", previous=None, language="de-AT")[v.USER_MESSAGE_LANGUAGE] == "de"
    assert user_message("Wo ist es?", previous=None, language="en-GB").keys() == ALWAYS | OF_ENGLISH
    assert user_message("Where is it?", previous=None, language=5)[v.USER_MESSAGE_LANGUAGE] == "en"
    assert v.AGENT_MESSAGE_REFUSAL not in agent_message("Sorry, no.", language="fr")


def test_short_word_is_in_the_language_of_the_message_before() -> None:
    """An "ok" shows no language: it is that of the message before, English where there was none."""
    assert user_message("12", previous="Wo ist meine Bestellung?")[v.USER_MESSAGE_LANGUAGE] == "de"
    assert user_message("12", previous="Where is my order?")[v.USER_MESSAGE_LANGUAGE] == "en"
    assert user_message("12", previous=None)[v.USER_MESSAGE_LANGUAGE] == "en"


@pytest.mark.parametrize(
    ("text", "question", "refusal", "statement"),
    [
        ("Your table is booked. Anything else?", True, False, v.STATEMENT_SUCCESS),
        ("Sorry, I can\u2019t find that.", False, True, v.STATEMENT_FAILURE),
        ("It was booked, but the payment failed.", False, False, v.STATEMENT_FAILURE),
        ("Which day would you like?", True, False, v.STATEMENT_NONE),
        ("", False, False, v.STATEMENT_NONE),
    ],
)
def test_agent_message(text: str, question: bool, refusal: bool, statement: str) -> None:
    """Length, question, refusal and what is said of the result."""
    assert agent_message(text) == {
        v.AGENT_MESSAGE_LENGTH: len(text),
        v.AGENT_MESSAGE_QUESTION: question,
        v.AGENT_MESSAGE_REFUSAL: refusal,
        v.AGENT_MESSAGE_STATEMENT: statement,
    }
    assert statement in v.STATEMENTS


def test_signals_switched_off() -> None:
    """Without signals only length, question and closing words are measured; these for English alone."""
    assert user_message("Thanks, bye", previous="hi", signals=False) == {
        v.USER_MESSAGE_LENGTH: 11,
        v.USER_MESSAGE_QUESTION: False,
        v.USER_MESSAGE_CLOSING: True,
    }
    assert v.USER_MESSAGE_CLOSING not in user_message("Danke", previous=None, language="de", signals=False)
    assert agent_message("Sorry, why?", signals=False) == {v.AGENT_MESSAGE_LENGTH: 11, v.AGENT_MESSAGE_QUESTION: True}


def test_content_is_the_same_with_any_apostrophe() -> None:
    """A typographic apostrophe changes no value."""
    plain = "I don't know why it doesn't work, that's all"
    assert user_message(plain.replace("'", "\u2019"), previous="it isn\u2019t") == user_message(
        plain, previous="it isn't"
    )
    plain = "I can't, it couldn't be done"
    assert agent_message(plain.replace("'", "\u2019")) == agent_message(plain)


@given(MESSAGES, st.one_of(st.none(), MESSAGES), st.sampled_from((None, "en", "de", "", 5)))
@settings(deadline=None)
def test_any_message(text: str, previous: str | None, language: object) -> None:
    """Any text gives attributes that can be sent: numbers in their range, booleans, a language."""
    attributes = user_message(text, previous=previous, language=language)
    assert attributes.keys() >= ALWAYS
    assert attributes[v.USER_MESSAGE_LENGTH] == len(text)
    for name, value in attributes.items():
        assert type(value) in {
            v.USER_MESSAGE_LENGTH: (int,), v.USER_MESSAGE_LANGUAGE: (str,), v.USER_MESSAGE_SENTIMENT: (float,),
            v.USER_MESSAGE_OVERLAP: (float,),
        }.get(name, (bool,))  # fmt: skip
    assert agent_message(text, language=language).keys() <= OF_AGENT


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_hard_messages_take_no_time(text: str) -> None:
    """No text takes long, as a message or as the one before."""
    load()
    for previous in ("", text, text[: len(text) // 2] + " order"):
        began = time.thread_time()
        user_message(text, previous=previous)
        agent_message(text)
        assert time.thread_time() - began < 0.1


def test_no_text_is_kept() -> None:
    """What is measured is let go: nothing holds a text, or a piece of it, afterwards."""
    said, before = (f"{beginning} that nobody keeps" for beginning in ("an order", "the order"))
    held = sys.getrefcount(said), sys.getrefcount(before)
    for _ in range(3):
        user_message(said, previous=before)
        agent_message(said)
    assert (sys.getrefcount(said), sys.getrefcount(before)) == held


def test_import_is_light() -> None:
    """The lexicon and the model are read at the first message, or by load(), not when this is imported."""
    program = (
        "import sys; from otel_agent_analytics import measuring as m;"
        "names = ('vaderSentiment', 'fasttext', 'requests', 'opentelemetry', 'numpy');"
        "print([name for name in names if name in sys.modules]); m.load();"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['vaderSentiment', 'fasttext']"]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_messages_have_every_signal(text: str) -> None:
    """What is taken for English has every signal."""
    assert user_message(text, previous="").keys() == ALWAYS | OF_ENGLISH | COMPARED
