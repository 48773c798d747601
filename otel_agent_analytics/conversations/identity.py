"""Which conversation a span or record belongs to, and what the application said of that conversation on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import NO_CONTEXT, NO_SIGNS, Context, Signs
from otel_agent_analytics.conversations.metadata import metadata_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# In the order of the fields of Context; version and metadata come behind them.
_CONTEXT_ATTRIBUTES = (v.CHANNEL, v.DEVICE, v.LANGUAGE, v.COUNTRY, v.USER_HASH, v.SESSION_ID)


LONGEST_ID: Final = 1024
"""Characters of a conversation's id; a longer one names nothing."""
_NUL: Final = "\x00"
"""What no database takes in a text."""
_LONGEST_WANTED: Final = 80
"""Characters of the name of an intent or a topic; the table of insights has no longer ones."""
_NOTHING_WANTED: Final = (None, None, None, None)
_MOST: Final = 10**12
"""No count is as large: a trillion tokens cost more than there is."""


def conversation_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the id of the conversation that a span or record belongs to; None without one. Never invented."""
    value = attributes.get(v.GEN_AI_CONVERSATION_ID)
    usable = isinstance(value, str) and 0 < len(value) <= LONGEST_ID and _NUL not in value
    return value if usable else None


def bad_id(attributes: Mapping[str, Any]) -> bool:
    """Return whether a span or record names its conversation in a way that cannot be used."""
    value = attributes.get(v.GEN_AI_CONVERSATION_ID)
    return value is not None and value != "" and conversation_of(attributes) is None


def context_of(attributes: Mapping[str, Any], version: str = "") -> Context:
    """Return what the application said of the conversation on this span or record."""
    channel, device, language, country, user, session_id = [text(attributes.get(key)) for key in _CONTEXT_ATTRIBUTES]
    context = Context(channel, device, language, country, user, session_id, version or None, metadata_of(attributes))
    return context if any(context) else NO_CONTEXT


_MEASURED = (v.USER_MESSAGE_LANGUAGE, v.USER_MESSAGE_CLOSING, v.USER_MESSAGE_CONTENT_WORDS)
"""One of them is there wherever a text was measured."""


def signs_of(attributes: Mapping[str, Any]) -> Signs:
    """Return what was measured of a user's message."""
    get = attributes.get
    if all(get(key) is None for key in _MEASURED):
        return NO_SIGNS
    language, sentiment = text(get(v.USER_MESSAGE_LANGUAGE)), share(get(v.USER_MESSAGE_SENTIMENT), -1.0)
    flags, overlap = [flag(get(key)) for key in SIGN_FLAGS], share(get(v.USER_MESSAGE_OVERLAP), 0.0)
    closing, thanks, negation, question, says_no, complaint, human_request, rephrase, repeat = flags
    return Signs(
        language, sentiment, closing, thanks, negation, question, says_no, complaint, human_request, overlap, rephrase,
        repeat, *wants_in(attributes),
    )  # fmt: skip


def wants_in(attributes: Mapping[str, Any]) -> tuple[str | None, float | None, int | None, str | None]:
    """Return the intent of a user's message, how sure that is, its content words and its topic."""
    get = attributes.get
    if get(v.USER_MESSAGE_CONTENT_WORDS) is None:
        return _NOTHING_WANTED
    intent, confidence = wanted_name(get(v.USER_MESSAGE_INTENT)), share(get(v.USER_MESSAGE_INTENT_CONFIDENCE), 0.0)
    return intent, confidence, whole(get(v.USER_MESSAGE_CONTENT_WORDS)), wanted_name(get(v.USER_MESSAGE_TOPIC))


def wanted_name(value: Any) -> str | None:
    """Return a value as the name of an intent or a topic: a line of 1 to 80 characters; None when there is none."""
    said = " ".join((text(value) or "").split())
    return said[:_LONGEST_WANTED].rstrip() or None


# In the order in which ``signs_of`` reads them.
SIGN_FLAGS = (
    v.USER_MESSAGE_CLOSING,
    v.USER_MESSAGE_THANKS,
    v.USER_MESSAGE_NEGATION,
    v.USER_MESSAGE_QUESTION,
    v.USER_MESSAGE_SAYS_NO,
    v.USER_MESSAGE_COMPLAINT,
    v.USER_MESSAGE_HUMAN_REQUEST,
    v.USER_MESSAGE_REPHRASE,
    v.USER_MESSAGE_REPEAT,
)


def text(value: Any) -> str | None:
    """Return a value as the text that it should be; None when there is nothing."""
    if value is None or value == "":
        return None
    if type(value) is str and len(value) <= LONGEST_ID and value.isascii() and _NUL not in value:
        return value
    said = str(value)[:LONGEST_ID]
    if _NUL in said:
        said = said.replace(_NUL, "\ufffd")
    return said if said.isascii() else said.encode("utf-8", "replace").decode("utf-8")


def whole(value: Any) -> int | None:
    """Return a count as it should be, a whole number from 0 to a trillion; anything else is no count."""
    return value if type(value) is int and 0 <= value < _MOST else None


def flag(value: Any) -> bool | None:
    """Return a yes or no as it should be; anything else is unknown."""
    return value if isinstance(value, bool) else None


def share(value: Any, low: float) -> float | None:
    """Return a number from ``low`` to 1 as it should be; anything else is unknown."""
    return float(value) if type(value) in {float, int} and low <= value <= 1 else None  # refuses NaN too
