"""A recorded conversation as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A tool call in a recording."""

    name: str
    arguments: str
    """As the model wrote them: mostly JSON, sometimes not."""
    result: str
    """What the tool gave back; empty where the recording has nothing."""
    answered: bool
    """Whether the recording has a result."""
    result_ns: int | None
    """When it gave it back, UTC nanoseconds; None until the schedule says so."""


class Guardrail(NamedTuple):
    """A check of a user message in a recording."""

    name: str
    triggered: bool
    """Whether it stepped in: then no model is asked."""


class Message(NamedTuple):
    """A message of a user or of an agent."""

    role: str
    """user or assistant."""
    text: str
    at_ns: int | None
    """When it was said, UTC nanoseconds; None until the schedule says so."""
    agent: str | None = None
    calls: tuple[Call, ...] = ()
    usage: Mapping[str, Any] | None = None
    """Token counts of the model call; None where the recording has none."""
    error: str | None = None
    """Text of the error with which the model call failed."""
    guardrails: tuple[Guardrail, ...] = ()
    """Checks of a user message."""


class Transcript(NamedTuple):
    """One recorded conversation."""

    id: str
    where: str
    """``FILE:LINE``."""
    messages: tuple[Message, ...]
    context: Mapping[str, Any]
    """Keywords for ``conversation()``."""
    instructions: str | None = None
    model: str | None = None
    streamed: bool = False
    outcome: str | None = None
    feedback: tuple[Mapping[str, Any], ...] = ()
    at_ns: int | None = None
    """When a visit began, UTC nanoseconds."""
