"""What a dialect is: which of our roles a span plays, and under which names it says what. Tables and their readers."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from otel_agent_analytics import values
from otel_agent_analytics.values import UNSOUND

Attributes: TypeAlias = Mapping[str, Any]
Reader: TypeAlias = Callable[[Any], Any]

LONGEST_JSON: Final = 1_000_000
"""Characters of JSON that are read; of a longer value it is not known what it holds."""
BAD_COUNT: Final = -1
"""Stands for a count that is none, so that the core counts it as a bad value."""
_TOO_LONG: Final = 1e9
"""Seconds: 30 years."""
_MOST_REASONS: Final = 16


class Role(enum.Enum):
    """What a span of a GenAI application tells of."""

    AGENT = enum.auto()
    WORKFLOW = enum.auto()
    """A whole run: of agents, of a chain."""
    STEP = enum.auto()
    """Something in between; the run itself where it is the outermost and there is an agent or a model in it."""
    MODEL = enum.auto()
    TOOL = enum.auto()
    HANDOFF = enum.auto()
    GUARDRAIL = enum.auto()
    EVALUATOR = enum.auto()
    """Judges what an agent did; what happens in it is no part of the conversation."""
    OTHER = enum.auto()
    """Embeddings, retrieval, and what the conventions may yet name."""


class Field(NamedTuple):
    """One of our attributes, and where a dialect says it."""

    ours: str
    theirs: tuple[str, ...]
    """In the order in which they are tried."""
    read: Reader
    """Returns the value as it should be; None for none."""


class Flat(NamedTuple):
    """Messages that are flattened into attributes: ``llm.input_messages.0.message.role`` and so on."""

    prefix: str
    role: str
    content: str
    parts: str = ""
    """What stands before the number of a part of the content."""
    part_text: str = ""
    role_else: str = ""
    """The role of a message that names none."""


class Whole(NamedTuple):
    """Messages in one attribute: JSON of any of the common shapes, or the text itself."""

    key: str
    mime_type: str = ""
    """The attribute that says whether it is JSON."""
    json: bool = False
    """Whether it is JSON always, so that a text stands in quotes."""


Source: TypeAlias = Flat | Whole


class Dialect(NamedTuple):
    """How one family of instrumentations speaks."""

    name: str
    role: Callable[[Attributes], Role]
    fields: Mapping[Role, tuple[Field, ...]]
    agent: tuple[Field, ...]
    """Where the name of the agent at work stands."""
    asked: tuple[Source, ...]
    """Where what was said to the model, agent or workflow stands."""
    answered: tuple[Source, ...]
    arguments: tuple[str, ...]
    """Of a tool."""
    result: tuple[str, ...]
    """Of a tool."""
    tool_is_span: bool = False
    """Whether only the span's own name says which tool was called."""
    is_handoff: Callable[[Attributes, str | None], bool] | None = None
    """Tells a handoff, of which the dialect makes a tool, by its attributes and the agent at work."""


def read_fields(fields: tuple[Field, ...], attributes: Attributes) -> dict[str, Any]:
    """Return our attributes for a span's; of several fields for the same one the first with a value counts."""
    found: dict[str, Any] = {}
    for ours, theirs, read in fields:
        if ours not in found:
            for key in theirs:
                said = attributes.get(key)
                value = None if said is None else read(said)
                if value is not None:
                    found[ours] = value
                    break
    return found


def name(value: Any) -> str | None:
    """Return the name of an agent, a tool or a model, at most 256 characters; None for anything else."""
    found = values.name(value) if isinstance(value, str) else None
    return None if found is UNSOUND or found is None else str(found)


def count(value: Any) -> int:
    """Return a count; ``BAD_COUNT`` for what is none. JavaScript's numbers come as floats."""
    if type(value) is int and value >= 0:
        return value
    return int(value) if type(value) is float and value.is_integer() and value >= 0 else BAD_COUNT


def seconds(value: Any) -> float | None:
    """Return a duration in seconds; None for anything else."""
    return float(value) if type(value) in {int, float} and 0 <= value < _TOO_LONG else None  # refuses NaN too


def reasons(value: Any) -> tuple[str, ...] | None:
    """Return why a model stopped, one reason per choice; None where that is not said."""
    said = (value,) if isinstance(value, str) else value if isinstance(value, (list, tuple)) else ()
    found = tuple(reason for reason in map(name, said[:_MOST_REASONS]) if reason is not None)
    return found or None


def parsed(value: Any) -> Any:
    """Return what a JSON text holds, or a value that is structured already; None for anything else. Never raises."""
    if not isinstance(value, str):
        return value if isinstance(value, (Mapping, list, tuple)) else None
    if len(value) > LONGEST_JSON or value.lstrip()[:1] not in ("{", "["):
        return None
    return _loaded(value)


def unquoted(value: str) -> str | None:
    """Return the text that a JSON string holds; None for anything else."""
    if not (value.startswith('"') and value.endswith('"')) or len(value) > LONGEST_JSON:
        return None
    found = _loaded(value)
    return found if isinstance(found, str) else None


def _loaded(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def inside(read: Reader, *path: str) -> Reader:
    """Return a reader of a value inside a JSON object."""

    def reader(value: Any) -> Any:
        found = parsed(value)
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return None if found is None else read(found)

    return reader


def quoted(key: str) -> Reader:
    """Return a reader of a short string inside a JSON text that need not be parsed for it: the first such key."""
    pattern = re.compile(rf'[{{,]\s{{0,9}}"{re.escape(key)}"\s{{0,9}}:\s{{0,9}}"([^"\\]{{1,{values.LONGEST_NAME}}})"')

    def reader(value: Any) -> Any:
        found = pattern.search(value, 0, LONGEST_JSON) if isinstance(value, str) else None
        return found[1] if found is not None else None

    return reader
