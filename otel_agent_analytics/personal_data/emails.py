"""E-mail addresses, found from their at sign on; also those that are spelled out to hide them."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import EMAIL

_LONGEST_LOCAL: Final = 64
_SIGN: Final = re.compile("@|\uff20|%40")
# What stands before the sign is read backwards, so that the work is bounded wherever the sign is.
_LOCAL: Final = re.compile(r"[\w\u0300-\u036f.!#$%&'*+/=?^`{|}~\-]{1,64}")
_EDGES: Final = ".'`{|}!#$%&*/=?^~-"
_DOMAIN: Final = re.compile(
    r"(?:[^\W_](?:[\w\u0300-\u036f\-]{0,61}[^\W_])?\.){1,8}(?:xn--[a-z0-9\-]{2,59}|[^\W\d_]{2,24})"
)
_AT: Final = r"(?:at|ät|arroba|arobase|chez|chiocciola|małpa|собака)"
_POINT: Final = r"(?:dot|punkt|punto|point|ponto|kropka|точка)"
_OPEN, _CLOSE = r"[\[({<]\s?", r"\s?[\])}>]"
_SPELLED: Final = re.compile(
    rf"(?<![\w.+\-])([\w.+\-]{{1,64}}(?:\s{_POINT}\s[\w+\-]{{1,32}}){{0,2}})\s?(?:{_OPEN}{_AT}{_CLOSE}|\s{_AT}\s)\s?"
    rf"([^\W_][\w\-]{{0,62}}(?:\s?(?:{_OPEN}{_POINT}{_CLOSE}|\s{_POINT}\s|\.)\s?[\w\-]{{2,63}}){{1,4}})(?!\w)"
)
_DOT: Final = re.compile(rf"\s?(?:{_OPEN})?\s?\b{_POINT}\b\s?(?:{_CLOSE})?\s?")
_HINTS: Final = frozenset((
    "dot", "punkt", "punto", "point", "ponto", "kropka", "точка", "arroba", "arobase", "chiocciola", "małpa", "собака",
))  # fmt: skip
_BRACKETED: Final = frozenset(("at", "ät", "chez"))
_IN_BRACKETS: Final = re.compile(r"[\[({<]\s?(?:at|ät|chez)\s?[\])}>]", re.IGNORECASE)
# With spaces around its signs, or with a comma for a dot; only where it ends as most addresses do.
_LOOSE: Final = re.compile(
    r"(?<![\w.+\-])([\w.+\-]{1,64}(?:\s\.\s[\w+\-]{1,32})?)\s?@\s?([a-z0-9][a-z0-9\-]{1,62}(?:\s?\.\s?|,)"
    r"(?:com|org|net|info|eu|io|de|fr|es|it|nl|pl|pt|ch|at|be|se|dk|(?:co|com|org)(?:\s?\.\s?|,)(?:uk|br|mx|au)))(?![\w.])"
)
_PLACES: Final = frozenset((
    "look", "looked", "see", "saw", "find", "found", "is", "are", "was", "were", "am", "be", "me", "us", "you", "it",
    "them", "visit", "read", "shop", "bought", "ordered", "here", "there", "not", "available", "site", "website",
    "page", "store", "price", "open", "only", "and", "or", "but", "work", "works",
))  # fmt: skip
"""What stands before “at example dot org” where that is a place and no part of an address."""


def emails(message: Message) -> Iterator[Find]:
    """Find e-mail addresses."""
    text, unusual = message.text, False
    for sign in _SIGN.finditer(text) if "@" in text or "%40" in text or "\uff20" in text else ():
        domain = _DOMAIN.match(text, sign.end())
        local = _local(text[max(0, sign.start() - _LONGEST_LOCAL) : sign.start()])
        if domain is not None and local:
            yield Find(sign.start() - len(local), domain.end(), EMAIL, _canonical(local, domain[0]))
        else:
            unusual = True
    if unusual:
        yield from _loose(message)
    if not message.words.isdisjoint(_HINTS) or (not message.words.isdisjoint(_BRACKETED) and _IN_BRACKETS.search(text)):
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
        if found[1] not in _PLACES and "." in domain and _DOMAIN.fullmatch(domain):
            yield Find(found.start(), found.end(), EMAIL, _canonical(_DOT.sub(".", found[1]), domain))


def _loose(message: Message) -> Iterator[Find]:
    for found in _LOOSE.finditer(message.lowered):
        domain = found[2].replace(" ", "").replace(",", ".")
        yield Find(found.start(), found.end(), EMAIL, _canonical(found[1].replace(" ", ""), domain))


def _canonical(local: str, domain: str) -> str:
    """Return an address as it is in small letters, however its accents are written, its domain as resolvers have it."""
    found = f"{local}@{domain}".lower()
    if not found.isascii():
        found = unicodedata.normalize("NFKC", found)
    if "xn--" in found or not domain.isascii():
        local, _, domain = found.rpartition("@")
        with contextlib.suppress(UnicodeError):
            found = f"{local}@{domain.encode('idna').decode('ascii')}"
    return found
