"""What of the content of messages and tools may leave, and how much of it: mode, redaction, truncation."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Collection
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import messages, plain
from otel_agent_analytics.agents_sdk.fitting import Fitting
from otel_agent_analytics.agents_sdk.plain import field, items, parsed, to_json
from otel_agent_analytics.redaction import Redaction
from otel_agent_analytics.settings import CONTENT_VARIABLE, Settings
from otel_agent_analytics.values import encodable

logger = logging.getLogger("otel_agent_analytics")

Content = dict[str, Any]


class ContentMode(enum.StrEnum):
    """Where content goes. The standard switch has these words."""

    NO_CONTENT = "NO_CONTENT"
    SPAN_ONLY = "SPAN_ONLY"
    EVENT_ONLY = "EVENT_ONLY"
    SPAN_AND_EVENT = "SPAN_AND_EVENT"

    @classmethod
    def parse(cls, text: str) -> ContentMode:
        """Read the standard switch, in any case; what is none of its words is warned about and lets nothing leave."""
        wanted = str(text).strip().upper()
        if wanted in cls.__members__:
            return cls(wanted)
        logger.warning("%s: %r is none of %s; no content is captured", CONTENT_VARIABLE, text, ", ".join(cls))
        return cls.NO_CONTENT


_ON_SPANS: Final = (ContentMode.SPAN_ONLY, ContentMode.SPAN_AND_EVENT)
_ON_EVENTS: Final = (ContentMode.EVENT_ONLY, ContentMode.SPAN_AND_EVENT)


class Capture:
    """Makes the content attributes of spans and events, as far as they may leave.

    Every text, also in tool arguments and results, goes through the redaction hook, gets placeholders for personal data
    and is cut after that; what a model call holds in all is bounded, and the oldest goes first.

    Args:
        mode: where content goes.
        max_length: characters of one text; an attribute has at most 32 times as many.
        redact: is given each text and returns what may leave of it, None for nothing.
        kinds: of personal data, which gets placeholders.
        key: of the placeholders; None: one that lives as long as the process.
    """

    def __init__(
        self,
        mode: ContentMode,
        max_length: int,
        redact: Callable[[str], str | None] | None = None,
        *,
        kinds: Collection[str] = (),
        key: bytes | None = None,
    ) -> None:
        self._on_spans = mode in _ON_SPANS
        self._on_events = mode in _ON_EVENTS
        self._off = not (self._on_spans or self._on_events)
        self._redaction = Redaction(max_length, redact, kinds, key)
        if not self._off:
            self._redaction.load()
        self._fitting = Fitting(self._redaction)

    @property
    def on_spans(self) -> bool:
        """Whether content goes to spans."""
        return self._on_spans

    @property
    def on_events(self) -> bool:
        """Whether content goes to events."""
        return self._on_events

    @property
    def redaction(self) -> Redaction:
        """What is done to each text, for those that leave whatever is said of content."""
        return self._redaction

    def text(self, text: str) -> str | None:
        """Return what may leave of a text; None when no content may."""
        found = None if self._off else plain.text(text)
        return None if found is None else self._redaction.text(found)

    def model_call(self, data: Any) -> Content:
        """Return the content of a model call: the SDK's data of a response or a generation."""
        if self._off:
            return {}
        given, response = field(data, "input"), field(data, "response")
        if response is None and field(data, "type") == "generation":
            return self._generation(given, field(data, "output"))
        return self._fitted(
            {
                v.GEN_AI_SYSTEM_INSTRUCTIONS: messages.system_instructions(field(response, "instructions")),
                v.GEN_AI_TOOL_DEFINITIONS: messages.tool_definitions(field(response, "tools")),
                v.GEN_AI_INPUT_MESSAGES: messages.input_messages(given),
                v.GEN_AI_OUTPUT_MESSAGES: messages.output_messages(response),
            }
        )

    def tool_call(self, data: Any) -> Content:
        """Return what a tool was given and what it gave back."""
        if self._off:
            return {}
        said = {
            v.GEN_AI_TOOL_CALL_ARGUMENTS: parsed(field(data, "input")),
            v.GEN_AI_TOOL_CALL_RESULT: messages.tool_result(field(data, "output")),
        }
        return {key: self._fitting.value(value) for key, value in said.items() if value is not None}

    def voice(self, data: Any) -> Content:
        """Return the text that was heard, or that is to be spoken. The sound itself never leaves."""
        if self._off:
            return {}
        heard, spoken = (field(data, name) if field(data, "type") == kind else None for kind, name in _VOICE)
        return self._fitted(
            {
                v.GEN_AI_INPUT_MESSAGES: messages.input_messages(spoken),
                v.GEN_AI_OUTPUT_MESSAGES: messages.output_messages(heard),
            }
        )

    def as_span_attributes(self, structured: Content) -> dict[str, str]:
        """Return content as the JSON strings that stand on a span."""
        return {key: _json(value) for key, value in structured.items()}

    def _generation(self, given: Any, output: Any) -> Content:
        # The SDK puts an agent's instructions before the history, where a chat completion wants them.
        leading = messages.leading_instructions(given)
        given, instructions = (items(given)[leading:], items(given)[:leading]) if leading else (given, None)
        return self._fitted(
            {
                v.GEN_AI_SYSTEM_INSTRUCTIONS: messages.system_instructions(instructions),
                v.GEN_AI_INPUT_MESSAGES: messages.input_messages(given),
                v.GEN_AI_OUTPUT_MESSAGES: messages.output_messages(output),
            }
        )

    def _fitted(self, said: dict[str, list[dict[str, Any]]]) -> Content:
        return {key: _FIT[key](self._fitting, found) for key, found in said.items() if found}


def capture_of(settings: Settings) -> Capture:
    """Return what the settings ask for."""
    mode = ContentMode.parse(settings.capture_message_content)
    kinds, key = settings.personal_data_kinds, settings.user_key
    return Capture(mode, settings.max_content_length, settings.redact, kinds=kinds, key=key)


def _json(value: Any) -> str:
    try:
        found = to_json(value)
    except (TypeError, ValueError, RecursionError):
        found = to_json(plain.plain(value))
    return found if found.isascii() else encodable(found)


_VOICE: Final = (("transcription", "output"), ("speech", "input"))
_FIT: Final = {
    v.GEN_AI_SYSTEM_INSTRUCTIONS: Fitting.parts,
    v.GEN_AI_TOOL_DEFINITIONS: Fitting.tools,
    v.GEN_AI_INPUT_MESSAGES: Fitting.messages,
    v.GEN_AI_OUTPUT_MESSAGES: Fitting.messages,
}
