"""What answers have in common: the window that they are about, and lists that say whether they are whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import msgspec

from otel_agent_analytics.service.queries.zone import instant

if TYPE_CHECKING:
    from otel_agent_analytics.service.queries.asked import Asked

T = TypeVar("T")

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Window:
    """What an answer is about: the time from ``since`` up to, not including, ``until``."""

    since: str
    """ISO 8601, UTC, to the nanosecond; ``until`` too."""
    until: str
    timezone: str
    service: str | None
    """None: all services; so for the next two."""
    service_namespace: str | None
    deployment_environment_name: str | None


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Some items, the first ones of their order."""

    window: Window
    items: Sequence[T]
    more: bool
    """Whether there are more than the limit."""


@dataclass(frozen=True, slots=True)
class WrongParameter:
    """Which parameter is wrong, and what it may be."""

    error: str
    parameter: str
    value: str
    """As it came, cut after 200 characters."""
    allowed: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no answer."""

    error: str


def window(asked: Asked) -> Window:
    """Return what an answer is about."""
    services = asked.service, asked.namespace, asked.environment
    return Window(instant(asked.from_ns), instant(asked.to_ns), asked.zone_name, *services)


def listed(asked: Asked, items: Sequence[T]) -> Listed[T]:
    """Return the first items, as many as were asked for."""
    return Listed(window(asked), items[: asked.limit], len(items) > asked.limit)


def complete(asked: Asked, items: Sequence[T]) -> Listed[T]:
    """Return items that have no limit but the nature of what they are."""
    return Listed(window(asked), items, more=False)


def encoded(answer: object) -> bytes:
    """Return an answer as JSON, decimal numbers to their last digit."""
    return _ENCODER.encode(answer)


def seconds(nanoseconds: float | None) -> float | None:
    """Return nanoseconds as seconds."""
    return None if nanoseconds is None else float(nanoseconds) / 1e9
