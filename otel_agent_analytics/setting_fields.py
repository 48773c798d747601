"""How a setting is declared and read: its default, what is allowed, and a sentence with its unit, beside its name."""

from __future__ import annotations

import os
import re
from dataclasses import field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from otel_agent_analytics.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX: Final = "AGENT_ANALYTICS_"
_LONGEST_SECONDS: Final = 1e9
"""30 years: nothing takes that long, and a larger number would not fit into a time."""


def setting(
    default: Any,
    read: Callable[[str], Any],
    allowed: str,
    meaning: str,
    *,
    secret: bool = False,
    variable: str | None = None,
) -> Any:
    """Declare one setting: its default, how its text is read, what is allowed, and a sentence with its unit.

    ``variable`` is its environment variable where that is a standard one, not ours.
    """
    said = {"read": read, "allowed": allowed, "meaning": meaning, "secret": secret, "variable": variable}
    return field(default=default, metadata=said)


def number(low: float, high: float = _LONGEST_SECONDS) -> Callable[[str], float]:
    """Return what reads a number from ``low`` to ``high``."""

    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return what reads a whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return read


_WORDS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def switch(text: str) -> bool:
    """Read true or false."""
    return _WORDS[text.strip().lower()]


def pattern(text: str) -> str:
    """Read a regular expression."""
    re.compile(text)
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """Return what reads one of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read


def seconds_by_name(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``NAME=SECONDS``, divided by commas."""
    pairs = [item.partition("=") for item in text.split(",") if item.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ValueError(text)
    return tuple((name.strip(), number(1)(seconds)) for name, _, seconds in pairs)


def names(text: str) -> tuple[str, ...]:
    """Read names divided by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def bytes_of(text: str) -> bytes:
    """Read a text that is not empty as bytes."""
    if not text:
        raise ValueError(text)
    return text.encode()


class FromEnvironment:
    """What settings are read by: a base of frozen dataclasses whose fields are made by ``setting``."""

    __slots__ = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, **given: Any) -> Self:
        """Read every ``AGENT_ANALYTICS_…`` variable that is set.

        A variable with the suffix ``_FILE`` names a file that holds the value, for secrets. ``given`` are settings that
        go before the environment, as texts or as the values that they stand for; None is none.

        Raises:
            SettingError: a value is not allowed, or a file cannot be read; the text says which and what is allowed.
        """
        values: dict[str, Any] = {}
        for item in fields(cls):  # type: ignore[arg-type]  # its subclasses are dataclasses
            value = given.get(item.name)
            if value is None:
                value = _given(variable_of(item), environ)
            if value is not None:
                values[item.name] = read(item, value, variable_of(item)) if isinstance(value, str) else value
        return cls(**values)


def shown_default(default: Any) -> Any:
    """Return a default as it would be set: an address as HOST:PORT."""
    return f"{default[0]}:{default[1]}" if isinstance(default, tuple) else default


def plain_default(default: Any) -> str:
    """Return a default as it would be written in the environment."""
    shown = shown_default(default)
    if isinstance(shown, bool):
        return str(shown).lower()
    return f"{shown:.12g}" if isinstance(shown, float) else str(shown)


def variable_of(item: Any) -> str:
    """Return the environment variable that sets a field."""
    return str(item.metadata["variable"] or PREFIX + item.name.upper())


def _given(name: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(name + "_FILE")
    if path is None:
        return environ.get(name) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        message = f"{name}_FILE: cannot read {path!r}: {problem}"
        raise SettingError(message) from problem


def read(item: Any, text: str, name: str) -> Any:
    """Return the value that a text stands for; ``name`` is the setting as the message calls it."""
    try:
        return item.metadata["read"](text)
    except (ValueError, KeyError, re.error) as problem:
        shown = "the value" if item.metadata["secret"] else repr(text)
        message = f"{name}: {shown} is not allowed; allowed is {item.metadata['allowed']}"
        raise SettingError(message) from problem
