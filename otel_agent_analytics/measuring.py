"""The texts of a turn as attributes: what bridge, API and the decoders of other frameworks' spans measure alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.signals import language as languages
from otel_agent_analytics.signals import sentiment
from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.complaint import complains
from otel_agent_analytics.signals.function_words import ENGLISH
from otel_agent_analytics.signals.human_request import asks_for_human
from otel_agent_analytics.signals.outcome_words import succeeded
from otel_agent_analytics.signals.prepared import Prepared, prepared
from otel_agent_analytics.signals.question import ends_with_question
from otel_agent_analytics.signals.refusal import refuses
from otel_agent_analytics.signals.rephrase import compared, says_the_same
from otel_agent_analytics.signals.wording import has_negation, has_question, has_thanks, says_no

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATEMENTS: Final = {True: v.STATEMENT_SUCCESS, False: v.STATEMENT_FAILURE, None: v.STATEMENT_NONE}


class Speaker(NamedTuple):
    """Who says a message, and where."""

    conversation_id: str | None = None
    """None: not known."""
    user_hash: str | None = None
    """Keyed hash of the user id; None: not known."""
    service: tuple[str, str, str] | None = None
    """Name, namespace and environment of the service that is spoken to; None: not known, or this process."""


NOBODY: Final = Speaker()


class Wants(Protocol):
    """Says what a user's message wants."""

    def __call__(self, text: str, language: str, speaker: Speaker) -> Mapping[str, object]:
        """Return that as attributes; what is not known is left out."""


def user_message(
    text: str,
    *,
    previous: str | None,
    language: object = None,
    signals: bool = True,
    wants: Wants | None = None,
    speaker: Speaker = NOBODY,
) -> dict[str, object]:
    """Return the attributes of a user's message; what is not known is left out.

    Args:
        text: the message.
        previous: the user's message before it; empty where there was none, None where that is not known.
        language: the application's tag, such as ``en-GB``; without a usable one the text shows its language.
        signals: False measures no more than length, question and closing words.
        wants: says what the message wants; None: nobody does.
        speaker: who says it; ``wants`` is told.

    Returns:
        Length in characters, language, whether there is a question in it; sentiment, overlap and what the English word
        lists say only for English messages; how it stands to the message before only where that is known.
    """
    said = prepared(text)
    spoken = _language(said, previous, language)
    attributes: dict[str, object] = {v.USER_MESSAGE_LENGTH: len(text), v.USER_MESSAGE_QUESTION: has_question(said)}
    english = spoken == ENGLISH
    if english:
        attributes[v.USER_MESSAGE_CLOSING] = has_closing_words(said)
    if not signals:
        return attributes
    attributes[v.USER_MESSAGE_LANGUAGE] = spoken
    if english:
        _add_english(attributes, said)
    if previous is not None:
        _add_comparison(attributes, said, previous, english=english)
    if wants is not None:
        attributes.update(wants(text, spoken, speaker))
    return attributes


def agent_message(text: str, *, language: object = None, signals: bool = True) -> dict[str, object]:
    """Return the attributes of an agent's message; what is not known is left out.

    Args:
        text: the message.
        language: the application's tag; without a usable one the text shows its language.
        signals: False measures no more than length and question.

    Returns:
        Length in characters, whether it ends with a question; for English messages whether it refuses or apologises,
        and what it says of the result.
    """
    attributes: dict[str, object] = {
        v.AGENT_MESSAGE_LENGTH: len(text),
        v.AGENT_MESSAGE_QUESTION: ends_with_question(text),
    }
    if signals:
        said = prepared(text)
        if _language(said, None, language) == ENGLISH:
            attributes[v.AGENT_MESSAGE_REFUSAL] = refuses(said)
            attributes[v.AGENT_MESSAGE_STATEMENT] = _STATEMENTS[succeeded(said)]
    return attributes


def spoken_language(text: str, tag: object = None) -> str:
    """Return the language of a message: what the application's tag says, else what the text shows."""
    return _language(prepared(text), None, tag)


def load() -> None:
    """Load now what the first message would have to wait for: the lexicon (30 ms) and the language model (10 ms)."""
    sentiment.load()
    languages.load()


def _language(said: Prepared, previous: str | None, tag: object) -> str:
    """Return the language of a message; a word that shows none is in that of the message before."""
    found = languages.language_of_tag(tag) or languages.detected(said)
    if found is None and previous:
        found = languages.detected(previous)
    return found or ENGLISH


def _add_english(attributes: dict[str, object], said: Prepared) -> None:
    attributes[v.USER_MESSAGE_SENTIMENT] = sentiment.sentiment_of(said)
    attributes[v.USER_MESSAGE_THANKS] = has_thanks(said)
    attributes[v.USER_MESSAGE_NEGATION] = has_negation(said)
    attributes[v.USER_MESSAGE_SAYS_NO] = says_no(said)
    attributes[v.USER_MESSAGE_COMPLAINT] = complains(said)
    attributes[v.USER_MESSAGE_HUMAN_REQUEST] = asks_for_human(said)


def _add_comparison(attributes: dict[str, object], said: Prepared, previous: str, *, english: bool) -> None:
    if not english:
        attributes[v.USER_MESSAGE_REPEAT] = says_the_same(said, previous)
        return
    comparison = compared(said, previous)
    attributes[v.USER_MESSAGE_OVERLAP] = comparison.overlap
    attributes[v.USER_MESSAGE_REPHRASE] = comparison.rephrase
    attributes[v.USER_MESSAGE_REPEAT] = comparison.repeat
