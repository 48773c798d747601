"""Does the name of a tool, or of the agent that is handed to, mean a human?"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from otel_agent_analytics.conversations.rules import Rules

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# A person, named at the end or after one of the words that lead to somebody.
PERSONS: Final = (("human",), ("operator",), ("live", "agent"), ("representative",), ("supervisor",))
LEADS_TO: Final = frozenset({"to", "contact", "call", "transfer", "speak", "talk"})
OPENS: Final = frozenset({"open", "create", "file", "raise", "submit"})


def means_human(name: str, rules: Rules) -> bool:
    """Return whether calling the tool ``name`` asks for a human; the settings' two lists go before the rule."""
    if name in rules.not_escalation_names:
        return False
    return name in rules.escalation_names or _means_human(name)


def target_means_human(agent: str, rules: Rules) -> bool:
    """Return whether handing over to ``agent`` asks for a human."""
    if agent in rules.not_escalation_names:
        return False
    return agent in rules.escalation_names or _means_human(f"transfer_to_{agent}")


@functools.lru_cache(maxsize=4096)
def _means_human(name: str) -> bool:
    words = tuple(word.lower() for word in _WORD.findall(name))
    return (
        any(word.startswith("escalate") for word in words)
        or any(_names_person(words, person) for person in PERSONS)
        or _asks_for_ticket(words)
    )


def _names_person(words: tuple[str, ...], person: tuple[str, ...]) -> bool:
    size = len(person)
    places = (at for at in range(len(words) - size + 1) if words[at : at + size] == person)
    return any(at + size == len(words) or (at > 0 and words[at - 1] in LEADS_TO) for at in places)


def _asks_for_ticket(words: tuple[str, ...]) -> bool:
    return words == ("ticket",) or any(
        word == "ticket" and at > 0 and words[at - 1] in OPENS for at, word in enumerate(words)
    )
