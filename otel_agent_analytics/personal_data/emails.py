"""E-mail addresses, found from their at sign on; also those that are spelled out to hide them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import EMAIL

_LONGEST_LOCAL: Final = 64
_SIGN: Final = re.compile("@|\uff20|%40")
# What stands before the sign is read backwards, so that the work is bounded wherever the sign is.
_LOCAL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~\-]{1,64}")
_EDGES: Final = ".'`{|}!#$%&*/=?^~-"
_DOMAIN: Final = re.compile(r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}(?:xn--[a-z0-9\-]{2,59}|[^\W\d_]{2,24})")
_SPELLED: Final = re.compile(
    r"(?<![\w.+\-])([\w.+\-]{1,64})\s?(?:[\[({<]\s?(?:at|ät|arroba|chez)\s?[\])}>]|\s(?:at|arroba|chiocciola)\s)\s?"
    r"([a-z0-9][a-z0-9\-]{0,62}(?:\s?(?:[\[({<]\s?(?:dot|punkt|punto|point)\s?[\])}>]|\s(?:dot|punkt|punto)\s|\.)\s?[a-z0-9\-]{2,63}){1,4})(?!\w)"
)
_DOT: Final = re.compile(r"\s?[\[({<]?\s?\b(?:dot|punkt|punto|point)\b\s?[\])}>]?\s?")
_HINTS: Final = ("at]", "at)", "at}", "at>", " dot ", " punto ", " punkt ", "arroba")


def emails(message: Message) -> Iterator[Find]:
    """Find e-mail addresses."""
    text = message.text
    for sign in _SIGN.finditer(text) if "@" in text or "%40" in text or "\uff20" in text else ():
        domain = _DOMAIN.match(message.text, sign.end())
        if domain is None:
            continue
        local = _local(message.text[max(0, sign.start() - _LONGEST_LOCAL) : sign.start()])
        if local:
            canonical = f"{local}@{domain[0]}".lower()
            yield Find(sign.start() - len(local), domain.end(), EMAIL, canonical)
    if any(hint in message.lowered for hint in _HINTS):
        yield from _spelled(message)


def _local(before: str) -> str:
    found = _LOCAL.match(before[::-1])
    local = found[0][::-1] if found is not None else ""
    if "=" in local:  # the value of a parameter in a URL
        local = local.rpartition("=")[2]
    return local.lstrip(_EDGES)


def _spelled(message: Message) -> Iterator[Find]:
    for found in _SPELLED.finditer(message.lowered):
        domain = _DOT.sub(".", found[2])
        if "." in domain and _DOMAIN.fullmatch(domain):
            yield Find(found.start(), found.end(), EMAIL, f"{found[1]}@{domain}")
