"""Addresses of other programs, as users give them. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from otel_agent_analytics.errors import UsageError

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def checked(address: str, option: str) -> str:
    """Return an address without slashes at its end.

    Args:
        address: ``http://HOST:PORT`` or ``https://…``, perhaps with a path.
        option: what gave it, for the message.

    Raises:
        UsageError: it is no such address.
    """
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(f"{option}: {address!r} is not allowed; allowed is http://HOST:PORT or https://HOST:PORT")
    return address.rstrip("/")


def is_loopback(address: str) -> bool:
    """Return whether an address is of this machine, so that no proxy knows the way to it."""
    return urlsplit(address).hostname in _LOOPBACK
