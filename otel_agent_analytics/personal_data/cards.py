"""Payment cards: 12 to 19 digits that pass Luhn's test, with the beginning and the length that issuers use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from otel_agent_analytics.personal_data.check_digits import luhn
from otel_agent_analytics.personal_data.digit_runs import Number
from otel_agent_analytics.personal_data.find import Find, Message
from otel_agent_analytics.personal_data.kinds import CARD
from otel_agent_analytics.personal_data.nearby_words import names_thing

# Visa, Mastercard, American Express, Diners, Discover, JCB, Mir, Troy, RuPay, UnionPay, Maestro.
_ISSUED: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}(?:\d{2})?|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?|35\d{14}"
    r"|220[0-4]\d{12}(?:\d{3})?|9792\d{12}|8[12]\d{14}|(?:1800|2131)\d{11}|62\d{14}(?:\d{3})?|(?:50[1-9]|5[6-9]\d|6[37]\d)\d{9,16}"
)
_SHORTEST: Final = 12
_SMALLEST_GROUP: Final = 3
_UNSURE: Final = 15
"""Bar codes have up to 14 digits."""


def cards(message: Message) -> Iterator[Find]:
    """Find payment cards; of those that begin at the same place the longest."""
    for begun in message.numbers:
        found = next((number for number in reversed(begun) if _is_card(number)), None)
        if found is not None and not (_is_unsure(found) and names_thing(message.lowered, found.start)):
            yield Find(found.start, found.end, CARD, found.digits)


def _is_card(number: Number) -> bool:
    if len(number.digits) < _SHORTEST or 1 < min(number.groups) < _SMALLEST_GROUP:
        return False
    return _ISSUED.fullmatch(number.digits) is not None and luhn(number.digits)


def _is_unsure(number: Number) -> bool:
    return len(number.digits) < _UNSURE or number.digits[0] in "56"
