"""What was kept of an episode → its transcript, as a judge is shown it: lines of JSON that nothing in them can leave.

Model calls carry what was said before them again and again, in whole or in part; each text stands in a transcript once.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from otel_agent_analytics import vocabulary as v

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

BEGIN: Final = "<conversation>"
END: Final = "</conversation>"
_LONGEST: Final = 4_000
"""Characters of one text."""
_SPEAKERS: Final = {"user": "user", "assistant": "agent"}
_USER: Final = "user"
# So that no text can look like the end of the frame, whatever reads it.
_ESCAPES: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_HASH_BYTES: Final = 16
Redact: TypeAlias = "Callable[[str, str], str]"
"""Returns what may be shown of a text that a field of some name has; of no field where the name is empty."""
_LEAST: Final = 100
"""Characters for the beginning, and for the end, of what is too long."""


class Texts(NamedTuple):
    """The texts of one span or event."""

    time_ns: int
    """When it began, UTC nanoseconds."""
    said: Mapping[str, Any]
    """By the names of attributes."""


class Call(NamedTuple):
    """A call of a tool, or a handoff."""

    time_ns: int
    """When it began, UTC nanoseconds."""
    kind: str
    """tool or handoff."""
    name: str
    error_type: str | None


class Transcript(NamedTuple):
    """A conversation as a judge is shown it."""

    text: str
    """One line of JSON for each line that was said or done."""
    turns: int
    """Messages of the user."""

    @property
    def framed(self) -> str:
        """Return it as data, between marks that cannot stand in it."""
        return f"{BEGIN}\n{self.text}\n{END}"

    def hash(self, key: bytes) -> str:
        """Return a keyed hash of it: 32 hex digits."""
        return blake2b(self.text.encode("utf-8", "replace"), digest_size=_HASH_BYTES, key=key).hexdigest()


def transcript_of(
    texts: Iterable[Texts],
    calls: Iterable[Call],
    redact: Redact | None = None,
    most_characters: int = 24_000,
) -> Transcript | None:
    """Return the transcript of an episode; None where no text of its user is known.

    Args:
        texts: what was kept of it, in any order.
        calls: what its agents called, in any order.
        redact: returns what may be shown of a text, which a field of some name has; None: all of it.
        most_characters: of it; of a longer one the lines in the middle are left out.
    """
    ordered = sorted(texts, key=lambda one: one.time_ns)
    moments = [*_said(ordered), *_done(ordered, calls)]
    turn, lines = 0, []
    for _, line in sorted(moments, key=lambda moment: moment[0]):
        turn += _USER in line
        lines.append({"turn": turn, **_shown(line, redact)})
    if not turn:
        return None
    return Transcript("\n".join(_fitting([_encoded(line) for line in lines], most_characters)), turn)


def _said(ordered: Sequence[Texts]) -> list[tuple[int, dict[str, Any]]]:
    """Return what users and agents said, each once, in its order."""
    found: list[tuple[str, str]] = []
    times: list[int] = []
    for one in ordered:
        given = list(_parts(one.said.get(v.GEN_AI_INPUT_MESSAGES)))
        new = given[_known(found, given) :] if _goes_on(found, given) else _missing(found, given)
        new = [*new, *_parts(one.said.get(v.GEN_AI_OUTPUT_MESSAGES))]
        found += new
        times += [one.time_ns] * len(new)
    return [(time_ns, {speaker: text}) for time_ns, (speaker, text) in zip(times, found, strict=True)]


def _goes_on(found: Sequence[tuple[str, str]], given: Sequence[tuple[str, str]]) -> bool:
    """Return whether an input is new, or begins with the last of what is known."""
    return bool(_known(found, given)) or all(speaker == _USER for speaker, _ in given)


def _known(found: Sequence[tuple[str, str]], given: Sequence[tuple[str, str]]) -> int:
    """Return how many parts an input begins with that are the last of what is known."""
    sizes = range(min(len(found), len(given)), 0, -1)
    return next((size for size in sizes if list(found[-size:]) == list(given[:size])), 0)


def _missing(found: Sequence[tuple[str, str]], given: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what of an input is not known, in its order: some histories are shortened, or another agent's."""
    at, new = 0, []
    for part in given:
        try:
            at = found.index(part, at) + 1
        except ValueError:
            new.append(part)
    return new


def _done(ordered: Sequence[Texts], calls: Iterable[Call]) -> list[tuple[int, dict[str, Any]]]:
    """Return what was called, with arguments and results where a span of the same time has them."""
    kept = {one.time_ns: one.said for one in ordered if _ABOUT_TOOLS & one.said.keys()}
    found: list[tuple[int, dict[str, Any]]] = []
    for call in calls:
        line = {call.kind: call.name, "failed": call.error_type}
        if call.kind == _TOOL:
            said = kept.get(call.time_ns, {})
            line["arguments"] = said.get(v.GEN_AI_TOOL_CALL_ARGUMENTS)
            line["result"] = said.get(v.GEN_AI_TOOL_CALL_RESULT)
        found.append((call.time_ns, {key: value for key, value in line.items() if value not in (None, "")}))
    return sorted(found, key=lambda moment: (moment[0], _encoded(moment[1])))


_TOOL: Final = "tool"
_ABOUT_TOOLS: Final = {v.GEN_AI_TOOL_CALL_ARGUMENTS, v.GEN_AI_TOOL_CALL_RESULT}


def _parts(messages: Any) -> Iterable[tuple[str, str]]:
    """Yield who said what in messages of the conventions, whether they are JSON or were read already."""
    for message in _read(messages) if isinstance(messages, str) else messages or ():
        speaker = _SPEAKERS.get(str(message.get("role"))) if isinstance(message, dict) else None
        for part in message.get("parts") or () if speaker is not None else ():
            if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("content"), str):
                yield str(speaker), part["content"]


def _read(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _shown(line: dict[str, Any], redact: Redact | None) -> dict[str, Any]:
    """Return a line as it may be shown: every text redacted, then cut."""
    return {key: value if key in _NAMES else _allowed(value, redact) for key, value in line.items()}


_NAMES: Final = frozenset({_TOOL, "handoff", "failed"})


def _allowed(value: Any, redact: Redact | None) -> str:
    """Return a text as it may be shown; of arguments and results that are JSON, each text by itself is redacted."""
    shown = value if redact is None else _redacted(_structured(value), redact)
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… [{len(text)} characters]"


def _structured(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _redacted(value: Any, redact: Redact, named: str = "") -> Any:
    if isinstance(value, dict):
        return {redact(str(key), ""): _redacted(one, redact, str(key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_redacted(one, redact, named) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    said = value if isinstance(value, str) else str(value)
    shown = redact(said, named)
    return value if shown == said else shown


def _encoded(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _fitting(lines: list[str], most: int) -> list[str]:
    """Return as many lines from the beginning and the end as may be shown, and how many there are between them."""
    if sum(map(len, lines)) <= most:
        return lines
    half = max(_LEAST, most // 2)
    first = _within(lines, half)
    last = min(_within(lines[::-1], half), len(lines) - first)
    left_out = len(lines) - first - last
    return [*lines[:first], _encoded({"left_out": left_out}), *lines[len(lines) - last :]]


def _within(lines: Sequence[str], most: int) -> int:
    """Return how many lines fit, one at least."""
    size = 0
    for count, line in enumerate(lines):
        size += len(line)
        if size > most:
            return max(1, count)
    return len(lines)
