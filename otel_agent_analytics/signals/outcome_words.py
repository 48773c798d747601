"""What does an agent's message say of the result: that it succeeded, that it failed, or neither? English word lists."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.word_list import word_list

_SUCCESS: Final = word_list(
    words="confirmed booked reserved",
    phrases=r"\b(success\w*|reservation (is|has been) made"
    r"|has been (made|added|scheduled|sent|completed|transferred|set)|have been (made|scheduled|purchased)"
    r"|all set|you(r|'re).{0,30}(scheduled|set|booked)"
    # A farewell, and what somebody might enjoy, are no result.
    r"|(?<!may )(?<!might )(?<!i )enjoy"
    r"(?! (the rest of )?(your|the|this) (\w+ )?(day|evening|night|afternoon|morning|week|weekend)\b))\b",
    keys="reservation been enjoy",
    stems="success scheduled set booked",
)
_FAILURE: Final = word_list(
    words="couldnt unable unsuccessful error sorry unfortunately cant cannot",
    phrases=r"\b(fail\w*|couldn't|could not|wasn'?t able|was not able|not (available|possible|successful|able)"
    r"|went wrong|didn'?t (work|go)|can't|try again"
    r"|(?<!no )(?<!not a )problem)\b",  # "no problem" says yes
    keys="t not able wrong didnt again problem",
    stems="fail",
)


def succeeded(said: Said) -> bool | None:
    """Return what an agent's message says of the result.

    Returns:
        True when it says that something was done, False when it says that it failed (also where it says both), None
        when it says neither.
    """
    said = prepared(said)
    if _FAILURE.found_in(said):
        return False
    return True if _SUCCESS.found_in(said) else None
