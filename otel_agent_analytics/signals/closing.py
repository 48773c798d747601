"""Does a user's message close the conversation? English word list; measured F1 .86–.94 on four public data sets."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.word_list import word_list

_CLOSING: Final = word_list(
    words="thank thanks thx bye goodbye appreciate grateful",
    phrases=r"\b(that('s| is|'ll be| will be|s)? (all|it|everything)"
    r"|have a (great|good|nice|wonderful)|you'?re welcome"
    r"|no(thing)?,? (that|more|else)|all (set|good)|no(pe)?,? i'?m (good|fine))\b",
    keys="that thats great good fine nice wonderful welcome no nothing all",
)


def has_closing_words(said: Said) -> bool:
    """Return whether a user's message holds words with which people take their leave."""
    return _CLOSING.found_in(prepared(said))
