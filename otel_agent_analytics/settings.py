"""Frozen settings, read once from the environment; each says its unit, what is allowed and its default."""

from __future__ import annotations

import importlib
import logging
import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import (
    PREFIX,
    FromEnvironment,
    bytes_of,
    names,
    number,
    one_of,
    pattern,
    read,
    seconds_by_name,
    setting,
    switch,
    variable_of,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("otel_agent_analytics")

CONTENT_VARIABLE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CONTENT_MODES: Final = ("NO_CONTENT", "SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT")
EVENTS_OFF: Final = "off"
EVENTS_ENDED: Final = "ended"
EVENTS_ALL: Final = "all"
DEFAULT_TOOL_ERROR_PATTERN: Final = r"^Error"


def _content(text: str) -> str:
    """Read the standard switch of message content. It is not ours alone, so an unknown value only keeps it off."""
    wanted = text.strip().upper()
    if wanted in CONTENT_MODES:
        return wanted
    logger.warning("%s: %r is none of %s; no content is captured", CONTENT_VARIABLE, text, ", ".join(CONTENT_MODES))
    return CONTENT_MODES[0]


def _function(text: str) -> Callable[[str], str | None]:
    """Find a function by ``module:name``."""
    module, _, name = text.partition(":")
    try:
        found: Callable[[str], str | None] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise ValueError(text) from problem
    if not callable(found):
        raise ValueError(text)  # noqa: TRY004 - it is the text of a setting that is wrong
    return found


def _kinds(text: str) -> bool | tuple[str, ...]:
    """Read true or false, or kinds of personal data."""
    try:
        return switch(text)
    except KeyError:
        return _known_kinds(names(text))


def _known_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    if not kinds or not set(kinds) <= KINDS.keys():
        raise ValueError(kinds)
    return kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(FromEnvironment):
    """Everything that can be set. Build it with keywords in code, or with ``Settings.from_environment()``."""

    idle_seconds: float = setting(
        1800.0,
        number(1),
        "a number of seconds, 1 to 1000000000",
        "A conversation ends after this long without an event.",
    )
    idle_seconds_by_channel: tuple[tuple[str, float], ...] = setting(
        (),
        seconds_by_name,
        "CHANNEL=SECONDS, divided by commas, each 1 to 1000000000 seconds",
        "The same for single channels, such as email=259200,phone=300.",
    )
    reopen_seconds: float = setting(
        86400.0,
        number(0),
        "a number of seconds, 0 to 1000000000",
        "A user message this long after the end reopens it.",
    )
    max_age_seconds: float = setting(
        604800.0, number(1), "a number of seconds, 1 to 1000000000", "A conversation that is older than this is ended."
    )
    lateness_seconds: float = setting(
        60.0, number(0), "a number of seconds, 0 to 1000000000", "How much later than it happened a span may arrive."
    )
    max_clock_skew_seconds: float = setting(
        3600.0,
        number(0),
        "a number of seconds, 0 to 1000000000",
        "A span that ends further ahead of this clock is from the future: dropped and counted.",
    )
    max_ended_conversations: int = setting(
        100_000, whole(0, 100_000_000), "a whole number, 0 to 100000000", "Ended conversations kept for reopening."
    )
    max_events_per_conversation: int = setting(
        10_000, whole(10, 10_000_000), "a whole number, 10 to 10000000", "Events kept of one conversation."
    )
    queue_size: int = setting(
        50_000, whole(1, 100_000_000), "a whole number, 1 to 100000000", "Spans and records that may wait at once."
    )
    tool_error_pattern: str = setting(
        DEFAULT_TOOL_ERROR_PATTERN, pattern, "a regular expression", "A tool whose result matches has failed."
    )
    escalation_names: tuple[str, ...] = setting(
        (), names, "names divided by commas", "Tools or agents that always mean a human, beside the built-in rule."
    )
    not_escalation_names: tuple[str, ...] = setting(
        (), names, "names divided by commas", "Tools or agents that never mean a human, whatever the rule says."
    )
    user_key: bytes | None = setting(
        None, bytes_of, "any text that is not empty", "Key of the HMAC-SHA-256 that hides user ids.", secret=True
    )
    model_turn_spans: bool = setting(
        False, switch, "true or false", "Whether each model turn of a run gets a span of its own."
    )
    model_spans: str = setting(
        "auto",
        one_of("auto", "own", "client"),
        "auto, own or client",
        "Who makes the spans of model calls: auto leaves them to an instrumentation of the OpenAI client where one is "
        "at work, own makes them always, client never.",
    )
    semconv: str = setting(
        "current",
        one_of("current", "next"),
        "current or next",
        "Whether a user turn's span also has the operation name that is proposed for the GenAI conventions.",
    )
    capture_message_content: str = setting(
        "NO_CONTENT",
        _content,
        "NO_CONTENT, SPAN_ONLY, EVENT_ONLY or SPAN_AND_EVENT",
        "Where messages, tool arguments and results go.",
        variable=CONTENT_VARIABLE,
    )
    max_content_length: int = setting(
        8192, whole(16, 10_000_000), "a whole number, 16 to 10000000", "Characters of a text that are captured."
    )
    redact: Callable[[str], str | None] | None = setting(  # noqa: RUF009 - as for the others; this type misleads ruff
        None,
        _function,
        "a function, as MODULE:NAME",
        "Is given each text before it is captured; returns what may leave, or None for nothing of it.",
    )
    redact_personal_data: bool | tuple[str, ...] = setting(
        True,
        _kinds,
        f"true, false, or some of {', '.join(KINDS)}, divided by commas",
        "Whether personal data in texts gets placeholders before they are sent or stored, or which of it.",
    )
    signals: bool = setting(
        True,
        switch,
        "true or false",
        "Whether messages are measured where they are: sentiment, rephrasing and the like, as numbers on spans.",
    )
    events: str = setting(
        EVENTS_ENDED,
        one_of(EVENTS_OFF, EVENTS_ENDED, EVENTS_ALL),
        "off, ended or all",
        "Which log records of conversations are sent: ended tells of each end, all of each event of a span too.",
    )
    prices_file: str | None = setting(
        None, str, "the path of a JSON file", "Prices of your own, which go before the price table."
    )
    intents_file: str | None = setting(
        None,
        str,
        "the path of a JSON file, or of a YAML file where PyYAML is installed",
        "What users come for, in your own words: names with a few examples each.",
    )
    topics: bool = setting(
        False,
        switch,
        "true or false",
        "Whether topics are found in what users say: in an agent's process, for a service that is one process; "
        "in the analyzer for each service whose texts come to it.",
    )
    human_cost_usd: float = setting(
        5.0,
        number(0, 1e6),
        "USD, 0 to 1000000",
        "What a conversation costs that a human handles; savings are reckoned against it.",
    )
    metrics_port: int | None = setting(
        None, whole(1, 65535), "a port, 1 to 65535", "Serve /metrics on 127.0.0.1 at this port; unset: do not."
    )

    def __post_init__(self) -> None:
        """Refuse values that the environment would refuse too."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, (int, float, str)) and not isinstance(value, bool):
                read(item, str(value), item.name)
        if self.user_key is not None and (not isinstance(self.user_key, bytes) or not self.user_key):
            raise SettingError("user_key: the value is not allowed; allowed are bytes that are not empty")
        if self.redact is not None and not callable(self.redact):
            raise SettingError(f"redact: {self.redact!r} is not allowed; allowed is a function")
        self._check_kinds()
        for name in ("model_turn_spans", "signals", "topics"):
            if not isinstance(getattr(self, name), bool):
                raise SettingError(f"{name}: {getattr(self, name)!r} is not allowed; allowed is True or False")
        for channel, seconds in self.idle_seconds_by_channel:
            read(_field("idle_seconds_by_channel"), f"{channel}={seconds}", "idle_seconds_by_channel")

    def _check_kinds(self) -> None:
        kinds = self.redact_personal_data
        if not isinstance(kinds, bool) and not (isinstance(kinds, tuple) and set(kinds) <= KINDS.keys()):
            allowed = f"True, False, or a tuple of {', '.join(KINDS)}"
            raise SettingError(f"redact_personal_data: {kinds!r} is not allowed; allowed is {allowed}")

    @property
    def personal_data_kinds(self) -> tuple[str, ...]:
        """Kinds of personal data that get placeholders."""
        kinds = self.redact_personal_data
        if isinstance(kinds, bool):
            return tuple(KINDS) if kinds else ()
        return kinds


def variable(name: str) -> str:
    """Return the environment variable that sets the field ``name``."""
    return variable_of(_field(name))


def _field(name: str) -> Any:
    return next(item for item in fields(Settings) if item.name == name)


def unknown_variables(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the ``AGENT_ANALYTICS_…`` variables that are set and that no setting reads: mostly misspelled ones."""
    known = {variable_of(item) for section in (Settings, ServiceSettings) for item in fields(section)}
    known.add(PREFIX + "HIDE_FAULTS")
    return sorted(
        name
        for name in environ
        if name.startswith(PREFIX) and name not in known and name.removesuffix("_FILE") not in known
    )
