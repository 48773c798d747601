"""Does a user ask for a human? English word list; "I do not want to talk to an agent" is no such request."""

from __future__ import annotations

import re
from typing import Final

from otel_agent_analytics.signals.prepared import Said, prepared
from otel_agent_analytics.signals.word_list import word_list

_WHICH: Final = r"(?:(?:a|an|the|your|my|another|any|some|real|live|actual|human|different|customer|service|support) )*"
_PERSON: Final = (
    r"(?:human|human being|person|people|agent|representative|rep|manager|supervisor|operator|advisor|adviser"
    r"|specialist|someone|somebody|anyone)s?"
)
# Who names one of these wants no product, rule or department of that name.
_SURELY_HUMAN: Final = (
    r"(?:human|human being|human agent|(?:real|live|actual) (?:human|person|agent|people)|representative|supervisor)s?"
    r"(?! (?:resource|error|right))"
)
_REQUEST: Final = word_list(
    words="",
    phrases=rf"\b(?:(?:speak|talk|chat)(?:ing)? (?:to|with) {_WHICH}{_PERSON}"
    rf"|(?:transfer|connect|put|pass|hand|forward|escalate) (?:(?:me|us|this|it) )?(?:(?:over|through|on) )?(?:to|with)"
    rf" {_WHICH}{_PERSON}"
    rf"|(?:want|need|prefer|request|get me|give me|is there) {_WHICH}{_SURELY_HUMAN}"
    rf"|{_PERSON} (?:(?:that|who|whom) )?(?:i|we) (?:can|could|may) (?:speak|talk|chat))\b"
    rf"|\A\W*{_WHICH}(?:{_SURELY_HUMAN}|agent|operator)(?:,? (?:please|now))?\W*\Z",
    keys="human humans person persons people agent agents representative representatives rep reps manager managers"
    " supervisor supervisors operator operators advisor advisors adviser advisers specialist specialists"
    " someone somebody anyone",
)
_DECLINED: Final = re.compile(
    r"(?:n't|\bnot|\bwithout|\bno need|\binstead of|\brather than)(?: (?:want|need|have|wish|to))* \Z"
)
_BEFORE: Final = 40
"""Characters before a request in which it may be declined."""


def asks_for_human(said: Said) -> bool:
    """Return whether a user's message asks to be served by a human."""
    said = prepared(said)
    if _REQUEST.keys.isdisjoint(said.words):
        return False
    requests = _REQUEST.phrases.finditer(said.lowered)
    return any(not _DECLINED.search(said.lowered[max(0, one.start() - _BEFORE) : one.start()]) for one in requests)
