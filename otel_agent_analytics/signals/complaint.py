"""Does a user complain: of the matter, of the agent, or of not being understood? English word list."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.word_list import word_list

_COMPLAINT: Final = word_list(
    words="ridiculous unacceptable upset angry terrible awful useless waste again supervisor manager",
    phrases=r"\b(frustrat\w*|annoy\w*|disappoint\w*|complain\w*|already (told|said|gave|provided)|i said"
    r"|still (not|don't|doesn't|haven't)|doesn'?t work|not working|what do you mean|that'?s not what|are you sure"
    r"|why (can'?t|not|is|are|did)|don'?t understand)\b",
    keys="already said still work mean not sure why understand",
    stems="frustrat annoy disappoint complain",
)


def complains(said: Said) -> bool:
    """Return whether a user's message complains."""
    return _COMPLAINT.found_in(prepared(said))
