"""By which channel a user talks: one name for what callers write in many ways."""

from __future__ import annotations

import re
from typing import Final

_SYNONYMS: Final = {
    "web": "website webchat web_chat chat_widget webchat_widget web_widget browser",
    "phone": "tel telephone voice call phone_call telephony pstn ivr",
    "sms": "text_message",
    "whatsapp": "whats_app",
    "email": "e_mail mail",
    "slack": "slack_app",
    "teams": "ms_teams msteams microsoft_teams",
    "messenger": "fb_messenger facebook_messenger",
    "app": "mobile_app in_app inapp native_app ios_app android_app",
    "api": "rest rest_api http_api",
}
_CHANNEL_OF: Final = {name: channel for channel, names in _SYNONYMS.items() for name in names.split()}
_BETWEEN: Final = re.compile(r"[\s_\-\u2010-\u2015]+")
_READ: Final = 256
_LONGEST: Final = 64


def channel_name(said: object) -> str | None:
    """Return the name of a channel; None where nothing was said.

    Lower case, words joined by ``_``, at most 64 characters; synonyms become one name (``website`` → ``web``,
    ``telephone`` → ``phone``), anything else stays as it is. Of a text 256 characters count.
    """
    if not isinstance(said, str):
        return None
    printable = "".join(character if character.isprintable() else " " for character in said.strip()[:_READ].lower())
    name = _BETWEEN.sub("_", printable).strip("_")[:_LONGEST].rstrip("_")
    return _CHANNEL_OF.get(name, name) or None
