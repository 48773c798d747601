"""Puts keyed placeholders in the place of personal data: the same stays the same without being known."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

from otel_agent_analytics.personal_data.bank_accounts import ibans
from otel_agent_analytics.personal_data.cards import cards
from otel_agent_analytics.personal_data.credentials import credentials
from otel_agent_analytics.personal_data.emails import emails
from otel_agent_analytics.personal_data.find import Detector, Find, Message
from otel_agent_analytics.personal_data.ip_addresses import ip_addresses
from otel_agent_analytics.personal_data.kinds import (
    CARD,
    EMAIL,
    IBAN,
    IP_ADDRESS,
    KINDS,
    NAME,
    NATIONAL_ID,
    PHONE,
    SECRET,
)
from otel_agent_analytics.personal_data.lettered_ids import lettered_ids
from otel_agent_analytics.personal_data.names import names
from otel_agent_analytics.personal_data.national_ids import number_ids
from otel_agent_analytics.personal_data.phones import phones
from otel_agent_analytics.personal_data.signs import plain

_DETECTORS: Final[tuple[tuple[str, Detector], ...]] = (
    (SECRET, credentials),
    (EMAIL, emails),
    (IBAN, ibans),
    (CARD, cards),
    (IP_ADDRESS, ip_addresses),
    (NATIONAL_ID, lettered_ids),
    (NATIONAL_ID, number_ids),
    (PHONE, phones),
    (NAME, names),
)
"""In the order in which they go before one another where they overlap."""
_HASH: Final = 12
"""Hexadecimal digits of a placeholder, 48 bits: of a million persons hardly two share one."""
_PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(KINDS)}):[0-9a-f]{{{_HASH}}}\]")
_MOST_PASSES: Final = 4
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MOST_REMEMBERED: Final = 256
_LONGEST_REMEMBERED: Final = 10_000
"""Characters: with two copies of so many, 256 texts are 5 MB."""
_TAKEN: Final = b"\x01"
_PROCESS_KEY: Final = secrets.token_bytes(32)


class PersonalData:
    """Redacts texts.

    Args:
        kinds: what is redacted, of ``KINDS``.
        key: of the HMAC-SHA-256 in placeholders; None: one that lives as long as the process.
    """

    def __init__(self, kinds: Collection[str], key: bytes | None) -> None:
        self._detectors = tuple(find for kind, find in _DETECTORS if kind in kinds)
        self._key = key or _PROCESS_KEY
        # Instructions and the messages before come again with each call of a model.
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._redacted)

    def load(self) -> None:
        """Import now what the first phone number would import."""
        for _ in phones(Message("+1 212 555 0123")):
            pass

    def redacted(self, text: str, named: str = "") -> str:
        """Return a text with placeholders in the place of personal data; what has been redacted stays as it is.

        Args:
            text: what somebody wrote.
            named: the name of the field that has it, which can say what it is, as ``phone`` does.
        """
        return self._remembered(text, named) if len(text) <= _LONGEST_REMEMBERED else self._redacted(text, named)

    def _redacted(self, text: str, named: str) -> str:
        label = f"{_CAPITAL.sub(' ', named).replace('_', ' ')}: " if named else ""
        for _ in range(_MOST_PASSES):  # what a placeholder stands beside can be found by the words before it
            before, found = text, self.found(label + text, len(label))
            text = self._replaced(label + text, found, len(label)) if found else text
            if text == before:
                break
        return text

    def found(self, text: str, begin: int = 0) -> list[Find]:
        """Return what a text has of personal data, from left to right; no two overlap.

        Args:
            text: what somebody wrote.
            begin: where the value of a field begins, after the field's name; 0 where it has none.
        """
        message = Message(plain(text), begin)
        finds = [find for detector in self._detectors for find in detector(message)]
        return _apart(finds, _PLACEHOLDER.finditer(text)) if finds else finds

    def placeholder(self, kind: str, canonical: str) -> str:
        """Return what stands in the place of something."""
        # A domain of its own, so that no placeholder is the beginning of the hash of a user id.
        told = f"placeholder\0{kind}\0{canonical}".encode("utf-8", "replace")
        return f"[{kind}:{hmac.digest(self._key, told, hashlib.sha256).hex()[:_HASH]}]"

    def _replaced(self, text: str, found: Sequence[Find], begin: int) -> str:
        parts: list[str] = []
        for find in found:
            if find.end > begin:
                start = max(find.start, begin)
                parts += (text[begin:start], self.placeholder(find.kind, find.canonical))
                begin = find.end
        return "".join(parts) + text[begin:]


def _apart(finds: Sequence[Find], placeholders: Iterable[re.Match[str]]) -> list[Find]:
    """Return finds of which none overlaps another one before it in the order of detectors, or a placeholder."""
    spans = [match.span() for match in placeholders]
    taken = bytearray(max(end for _, end in [*spans, *((find.start, find.end) for find in finds)]))
    for start, end in spans:
        taken[start:end] = _TAKEN * (end - start)
    kept: list[Find] = []
    for find in _whole_phones_first(finds):
        if _TAKEN not in taken[find.start : find.end]:
            taken[find.start : find.end] = _TAKEN * (find.end - find.start)
            kept.append(find)
    return sorted(kept)


def _whole_phones_first(finds: Sequence[Find]) -> list[Find]:
    """Return finds with the national ids last that are only a part of a phone number."""
    numbers = [find for find in finds if find.kind == PHONE]
    begun = [phone.start for phone in numbers]

    def is_part(find: Find) -> bool:
        place = bisect_right(begun, find.start) - 1
        if find.kind != NATIONAL_ID or place < 0:
            return False
        phone = numbers[place]
        return find.end <= phone.end and find.end - find.start < phone.end - phone.start - 1

    return sorted(finds, key=is_part)
