"""Which conversations a list shows: parameters as data, each with what it may be and the condition that it sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AFTER: Final = "after"
"""The parameter that says where a page begins; it chooses nothing."""
VISIT: Final = "visit"
"""In the place of an outcome: nobody spoke."""
_LONGEST_TEXT: Final = 1024
_MOST_TURNS: Final = 1_000_000
_WHOLE: Final = re.compile(r"[0-9]{1,7}", re.ASCII)
_PLACE: Final = re.compile(r"([0-9]{1,19})\.([0-9]{1,18})\.(.+)", re.ASCII | re.DOTALL)
_LAST_NS: Final = 2**63 - 1


class Choice(NamedTuple):
    """One parameter."""

    read: Callable[[str], Mapping[str, Any] | None]
    """A value as it came → those of the parameters of the condition; None where it cannot be."""
    condition: str
    """SQL that holds for what is chosen."""
    allowed: str
    schema: Mapping[str, Any]
    description: str


def place_of(ended_ns: int, episode: int, conversation_id: str) -> str:
    """Return how the end of a page is told, as ``after`` takes it."""
    return f"{ended_ns}.{episode}.{conversation_id}"


def _place(value: str) -> Mapping[str, Any] | None:
    found = _PLACE.fullmatch(value)
    if found is None or int(found[1]) > _LAST_NS or not _sound(found[3]):
        return None
    return {"after_ns": int(found[1]), "after_episode": int(found[2]), "after_id": found[3]}


def _sound(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_TEXT and "\x00" not in value


def _some_of(column: str, names: tuple[str, ...], missing: str, description: str) -> Choice:
    """Return the choice of one or more of a few values; ``missing`` stands for NULL."""

    def read(value: str) -> Mapping[str, Any] | None:
        wanted = value.split(",")
        return {column: wanted} if len(wanted) <= len(names) and {*wanted} <= {*names} else None

    condition = f"coalesce({column}, '{missing}') IN (SELECT unnest(CAST(:{column} AS VARCHAR[])))"
    allowed = f"one of {', '.join(names)}, or several with commas between them"
    one = f"({'|'.join(names)})"
    return Choice(read, condition, allowed, {"type": "string", "pattern": f"^{one}(,{one})*$"}, description)


def _text(name: str, condition: str, description: str) -> Choice:
    def read(value: str) -> Mapping[str, Any] | None:
        return {name: value} if _sound(value) else None

    schema = {"type": "string", "minLength": 1, "maxLength": _LONGEST_TEXT}
    return Choice(read, condition, f"1 to {_LONGEST_TEXT} characters, no NUL", schema, description)


def _named(column: str, description: str) -> Choice:
    condition = f"coalesce({column}, '{v.UNKNOWN}') = CAST(:{column} AS VARCHAR)"
    return _text(column, condition, f"{description}; {v.UNKNOWN}: those of which it is not known.")


def _turns(value: str) -> Mapping[str, Any] | None:
    return {"min_turns": int(value)} if _WHOLE.fullmatch(value) and int(value) <= _MOST_TURNS else None


CHOICES: Final[Mapping[str, Choice]] = {
    "outcome": _some_of(
        "outcome",
        (*v.OUTCOMES, VISIT),
        VISIT,
        "Those that ended so, several with commas; visit: those in which nobody spoke.",
    ),
    "resolution_status": _some_of(
        "resolution_status", v.RESOLUTION_STATUSES, v.UNKNOWN, "Those with this result, several with commas."
    ),
    "sentiment": _some_of("sentiment", v.SENTIMENTS, v.UNKNOWN, "Those whose user felt so, several with commas."),
    "agent": _named("agent", "Those that count for this agent"),
    "intent": _named("intent", "Those that were begun for this"),
    "topic": _named("topic", "Those about this"),
    "channel": _named("channel", "Those from this channel"),
    "language": _named("language", "Those in this language"),
    "id_prefix": _text(
        "id_prefix",
        "starts_with(conversation_id, CAST(:id_prefix AS VARCHAR))",
        "Those whose id begins so, letter for letter.",
    ),
    "min_turns": Choice(
        _turns,
        "user_turns >= CAST(:min_turns AS BIGINT)",
        f"a whole number from 0 to {_MOST_TURNS}",
        {"type": "integer", "minimum": 0, "maximum": _MOST_TURNS},
        "Those with so many messages of the user, or more.",
    ),
    AFTER: Choice(
        _place,
        "ended_ns <= CAST(:after_ns AS BIGINT) AND (ended_ns < CAST(:after_ns AS BIGINT) "
        "OR conversation_id > CAST(:after_id AS VARCHAR) "
        "OR (conversation_id = CAST(:after_id AS VARCHAR) AND episode < CAST(:after_episode AS BIGINT)))",
        "next of an answer before",
        {"type": "string", "maxLength": _LONGEST_TEXT + 40},
        "Where the page begins: next of the page before, asked with the same window and choices.",
    ),
}
"""By the name of the parameter, in the order in which they are documented."""
