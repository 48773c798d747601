"""What the application says of the conversation that it is serving right now, and how a user id is hidden."""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
import secrets
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import note_refused
from otel_agent_analytics.people.channel import channel_name
from otel_agent_analytics.people.country import country_code, country_of
from otel_agent_analytics.people.device import device_name
from otel_agent_analytics.people.language import language_name
from otel_agent_analytics.values import data_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("otel_agent_analytics")


class ConversationContext(NamedTuple):
    """The caller's word about one conversation, as attributes that may leave the process."""

    conversation_id: str
    """The application's own id of the conversation."""
    attributes: Mapping[str, str | int | float | bool]
    """User hash, session id, channel, device, language, country and metadata, under their span attribute names."""


current_conversation: Final[ContextVar[ConversationContext | None]] = ContextVar("current_conversation", default=None)

_SHOWN: Final = 60
# One key for the life of the process where none is configured: hashes then join within the process and nowhere else.
_PROCESS_KEY: Final = secrets.token_bytes(32)


@functools.cache
def _warn_once_without_key() -> None:
    logger.warning(
        "AGENT_ANALYTICS_USER_KEY is not set: user ids are hashed with a key of this process, "
        "so returning users cannot be recognised after a restart"
    )


def user_hash(user_id: str, key: bytes | None) -> str:
    """Return the HMAC-SHA-256 of a user id in hex; without a key, under one that lives as long as the process."""
    if key is None:
        _warn_once_without_key()
    return hmac.new(key or _PROCESS_KEY, user_id.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def context_attributes(
    *,
    user_id: str | None = None,
    session_id: str | None = None,
    channel: str | None = None,
    device: str | None = None,
    language: str | None = None,
    country: str | None = None,
    ip_address: str | None = None,
    metadata: Mapping[str, object] | None = None,
    user_key: bytes | None = None,
) -> dict[str, str | int | float | bool]:
    """Return what the caller said as span attributes; what was not said is absent, the user id is hashed."""
    said = {
        v.USER_HASH: None if user_id is None else user_hash(str(user_id), user_key),
        v.SESSION_ID: session_id,
        v.CHANNEL: channel_name(channel),
        v.DEVICE: device_name(device),
        v.LANGUAGE: _usable("language", language, language_name, "a language tag such as en or en-GB"),
        v.COUNTRY: _country(country, ip_address),
    }
    attributes: dict[str, str | int | float | bool] = {
        key: str(value) for key, value in said.items() if value is not None
    }
    attributes.update(metadata_attributes(metadata))
    return attributes


def _country(said: str | None, ip_address: str | None) -> str | None:
    """Return the country that the caller names, else that of the address, which goes no further than this."""
    named = _usable("country", said, country_code, "an ISO 3166 code of two letters such as NL or GB")
    return named or (None if ip_address is None else country_of(ip_address))


def _usable(field: str, said: object, name: Callable[[object], str | None], allowed: str) -> str | None:
    """Return what is made of the caller's word; None without one, and for a refused one, which is told and counted."""
    found = None if said is None else name(said)
    if found is None and said not in (None, ""):
        shown = repr(said)[:_SHOWN] if isinstance(said, str) else f"a {type(said).__name__}"
        place = f"context.{field}"
        note_refused(place, f"{field}: {shown} is not allowed; allowed is {allowed}; it is left out and counted")
    return found


def metadata_attributes(metadata: Mapping[Any, object] | None) -> dict[str, str | int | float | bool]:
    """Return metadata as attributes, at most 64; a value that OpenTelemetry cannot carry becomes its text."""
    return data_attributes(v.METADATA_PREFIX, metadata) if metadata is not None else {}
