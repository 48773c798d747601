"""The texts of the demo: read from the package's own JSON files and given types."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call and what the tool answered. Texts still hold placeholders such as ``$order``."""

    name: str
    """Name of the tool."""
    arguments: dict[str, Any] | str
    """An object, or a plain string where the agent wrote no JSON."""
    result: str
    """Content of the tool message; begins with ``Error: `` where the tool failed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the assistant, with the tool results that follow it."""

    text: str = ""
    """What the agent says; may be empty beside tool calls."""
    calls: tuple[Call, ...] = ()
    """Tool calls of this message, in order."""
    error: str = ""
    """Text of the model error, where the model call fails."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a user may say and what the agent replies to it."""

    user: tuple[str, ...]
    """Wordings of the same request; one of them is said."""
    again: tuple[str, ...]
    """For each wording a rephrased one; empty where nobody rephrases."""
    reply: tuple[Step, ...]
    """Messages of the assistant up to the final answer."""
    stopped: bool = False
    """Whether the guardrail stops the request before a model is asked."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What one kind of request consists of."""

    agent: str
    """The specialist that the Front Desk hands this topic to."""
    openings: tuple[Exchange, ...]
    """First requests; each can stand alone."""
    follow_ups: tuple[Exchange, ...]
    """Further requests; any part of them makes sense in this order."""
    resolutions: tuple[Exchange, ...]
    """Requests whose reply states that it was done."""
    questions: tuple[str, ...]
    """Questions of the agent on which a user may give up."""
    failures: tuple[tuple[Step, ...], ...]
    """Replies in which a tool fails and nothing makes up for it."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """All texts of one language."""

    words: dict[str, tuple[str, ...]]
    """Lists of short texts by name: greetings, thanks, farewells, errors, lamps, days, …"""
    complaints: tuple[Exchange, ...]
    """Complaints that the agent answers with a question."""
    person: tuple[Exchange, ...]
    """Requests that end in a transfer to a human."""
    demands: tuple[Exchange, ...]
    """Complaints that end in a transfer to a human."""
    comebacks: dict[str, tuple[Exchange, ...]]
    """First words after a long silence, by what went before."""
    twists: dict[str, tuple[Exchange, ...]]
    """Exchanges that show one peculiarity each, by its name."""
    half_done: tuple[Exchange, ...]
    """Further wishes that a tool then fails to fulfil."""
    check: Step
    """A tool call that fits every topic."""
    comments: dict[str, tuple[str, ...]]
    """Comments beside a rating: good, mixed, bad."""
    topics: dict[str, Topic]
    """Topics by name."""


@cache
def load(language: str) -> Scenes:
    """Return the texts of a language, ``en`` or ``de``."""
    raw = json.loads(files(__package__).joinpath(f"scenes_{language}.json").read_text(encoding="utf-8"))
    return Scenes(
        words={name: tuple(value) for name, value in raw.items() if _is_words(value)},
        complaints=_exchanges(raw["complaints"]),
        person=_exchanges(raw["person"]),
        demands=_exchanges(raw["demands"]),
        comebacks={name: _exchanges(value) for name, value in raw["comebacks"].items()},
        twists={name: _exchanges(value) for name, value in raw["twists"].items()},
        half_done=_exchanges(raw["half_done"]),
        check=_step(raw["check"]),
        comments={name: tuple(value) for name, value in raw["comments"].items()},
        topics={name: _topic(value) for name, value in raw["topics"].items()},
    )


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], str)


def _topic(raw: dict[str, Any]) -> Topic:
    return Topic(
        agent=raw["agent"],
        openings=_exchanges(raw["openings"]),
        follow_ups=_exchanges(raw["follow_ups"]),
        resolutions=_exchanges(raw["resolutions"]),
        questions=tuple(raw["questions"]),
        failures=tuple(_steps(reply) for reply in raw["failures"]),
    )


def _exchanges(raw: list[dict[str, Any]]) -> tuple[Exchange, ...]:
    return tuple(map(_exchange, raw))


def _exchange(raw: dict[str, Any]) -> Exchange:
    return Exchange(tuple(raw["user"]), tuple(raw.get("again", ())), _steps(raw["reply"]), raw.get("stopped", False))


def _steps(raw: list[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(_step(one) for one in raw)


def _step(raw: dict[str, Any]) -> Step:
    return Step(raw.get("text", ""), tuple(_call(one) for one in raw.get("calls", ())))


def _call(raw: dict[str, Any]) -> Call:
    result = raw["result"]
    return Call(
        raw["name"], raw["arguments"], result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    )
