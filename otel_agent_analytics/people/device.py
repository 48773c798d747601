"""On what kind of device a user talks: desktop, tablet, mobile or other."""

from __future__ import annotations

import re
from typing import Final

from otel_agent_analytics import vocabulary as v

DESKTOP: Final = "desktop"
TABLET: Final = "tablet"
MOBILE: Final = "mobile"
DEVICES: Final = (DESKTOP, TABLET, MOBILE, v.OTHER_LABEL)

_SYNONYMS: Final = {
    DESKTOP: "desktop computer pc laptop notebook mac macbook imac macos windows linux chromebook chromeos",
    TABLET: "tablet ipad ipados kindle androidtablet",
    MOBILE: "mobile phone smartphone cellphone mobilephone handset handheld ios iphone ipod android androidphone",
}
_DEVICE_OF: Final = {name: device for device, names in _SYNONYMS.items() for name in names.split()}
_NO_LETTER: Final = re.compile(r"[\W_]+")
_LONGEST: Final = 64

# What a browser says of itself; the first line that matches counts.
_USER_AGENTS: Final = (
    (
        re.compile(r"bot/|crawler|spider|smart-?tv|\b(google|apple|android) ?tv\b|bravia|\bcrkey\b|\baft\w"),
        v.OTHER_LABEL,
    ),
    (re.compile(r"ipad|\btablet\b(?! pc)|kindle|\bsilk/"), TABLET),  # "Tablet PC" stood in browsers of desktops
    (re.compile(r"\bmobi|iemobile|iphone|ipod|opera mini|windows phone"), MOBILE),
    (re.compile(r"\A\s*mozilla/.*android"), TABLET),  # browsers of phones say "Mobile" too
    (re.compile(r"android"), MOBILE),
    (re.compile(r"windows nt|macintosh|\bx11\b|\bcros\b|linux"), DESKTOP),
)
_LONGEST_USER_AGENT: Final = 1_024


def device_name(said: object) -> str | None:
    """Return ``desktop``, ``tablet``, ``mobile`` or ``other`` for what a caller says; None where that is nothing.

    ``ios`` and ``android`` count as mobile; ``web`` counts as other, being a channel. What is no known word is read as
    a User-Agent is.
    """
    if not isinstance(said, str) or not said.strip():
        return None
    return _DEVICE_OF.get(_NO_LETTER.sub("", said[:_LONGEST].lower())) or device_of(said)


def device_of(user_agent: str) -> str:
    """Return ``desktop``, ``tablet``, ``mobile`` or ``other`` for the User-Agent header of a request.

    Of 1,024 characters. An iPad whose browser asks for the pages of desktops says that it is a Macintosh, and is taken
    for one.
    """
    text = user_agent[:_LONGEST_USER_AGENT].lower()
    return next((device for pattern, device in _USER_AGENTS if pattern.search(text)), v.OTHER_LABEL)
