"""Does an agent's message apologise or refuse? English word list."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.word_list import word_list

_REFUSAL: Final = word_list(
    words="unable cannot cant unfortunately sorry apologise apologize regret doesnt couldnt",
    phrases=r"\b(can't|can not|not (possible|allowed|available|eligible|able)"
    r"|no (options?|results?|matches|flights?|rooms?)|does not|doesn't|not found|couldn't|could not)\b",
    keys="t not no",
)


def refuses(said: Said) -> bool:
    """Return whether an agent's message says that something cannot be had, or is sorry for it."""
    return _REFUSAL.found_in(prepared(said))
