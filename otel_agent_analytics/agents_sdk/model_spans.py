"""What the span of a model call carries: request, response and token counts, out of the SDK's span data. Pure."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.values import field_of, known_dict, name, note_unsound, number, whole

if TYPE_CHECKING:
    from collections.abc import Callable

Attributes = dict[str, Any]


def response_model(data: Any) -> Any:
    """Return the model that answered; the SDK knows no other."""
    response = field_of(data, "response")
    return None if response is None else name(field_of(response, "model"))


def start(_data: Any, _model: Any) -> Attributes:
    """Return what is known of a call of the Responses API when it begins."""
    return {v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.OPENAI_API_TYPE: v.API_RESPONSES}


def generation_start(data: Any, _model: Any) -> Attributes:
    """Return what is known of any other model call when it begins."""
    return {
        v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT,
        v.OPENAI_API_TYPE: v.API_CHAT_COMPLETIONS,
        **_asked(field_of(data, "model_config")),
    }


def response_end(data: Any) -> Attributes:
    """Return what a finished call of the Responses API tells; without texts only its usage is there."""
    response = field_of(data, "response")
    said = usage_of(field_of(data, "usage"))
    if response is None:
        said[v.GEN_AI_RESPONSE_ID] = name(field_of(data, "_response_id"))
        return said
    model, response_id, *echoed = _parts(response)
    if model is None and response_id is None:
        note_unsound("response", response)  # a response has both
    if model is not None:
        said[v.GEN_AI_RESPONSE_MODEL] = name(model)
    if response_id is not None:
        said[v.GEN_AI_RESPONSE_ID] = name(response_id)
    for value, (_, key, read) in zip(echoed, _ECHOED, strict=True):
        if value is not None:
            said[key] = read(value)
    return said


def _parts(response: Any) -> tuple[Any, ...]:
    """Return the fields of a response that its span carries: all in one go where all of them are there, as mostly."""
    try:
        return _ALL_PARTS(response)
    except Exception:  # noqa: BLE001 - any object at all; it is read again, more carefully
        return tuple(field_of(response, field) for field in _PARTS)


def generation_end(data: Any) -> Attributes:
    """Return what any other finished model call tells."""
    return usage_of(field_of(data, "usage"))


def usage_of(usage: Any) -> Attributes:
    """Return the token counts of a model call; they are there even where the SDK withholds the texts."""
    usage = known_dict("usage", usage)
    if usage is None:
        return {}
    said: Attributes = {}
    for key, names in _COUNTS:
        for field in names:
            if field in usage:
                said[key] = whole(usage[field])
                break
    for part, fields in _DETAILS.items():
        details = usage.get(part)
        if type(details) is dict:
            for field, key in fields:
                if field in details:
                    said[key] = whole(details[field])
    return said


def _asked(config: Any) -> Attributes:
    config = known_dict("model_config", config)
    if not config:
        return {}
    return {key: read(config[field]) for field, key, read in _ASKED if config.get(field) is not None}


def _effort(reasoning: Any) -> Any:
    return name(field_of(reasoning, "effort"))


_Field = tuple[str, str, "Callable[[Any], Any]"]

# What a response repeats of its request, and what it adds.
_ECHOED: Final[tuple[_Field, ...]] = (
    ("temperature", v.GEN_AI_REQUEST_TEMPERATURE, number),
    ("top_p", v.GEN_AI_REQUEST_TOP_P, number),
    ("max_output_tokens", v.GEN_AI_REQUEST_MAX_TOKENS, whole),
    ("reasoning", v.GEN_AI_REQUEST_REASONING_LEVEL, _effort),
    ("service_tier", v.OPENAI_RESPONSE_SERVICE_TIER, name),
)
_PARTS: Final = ("model", "id", *(field for field, _, _ in _ECHOED))
_ALL_PARTS: Final = attrgetter(*_PARTS)
# What a generation's model settings ask for.
_ASKED: Final[tuple[_Field, ...]] = (
    ("temperature", v.GEN_AI_REQUEST_TEMPERATURE, number),
    ("top_p", v.GEN_AI_REQUEST_TOP_P, number),
    ("max_tokens", v.GEN_AI_REQUEST_MAX_TOKENS, whole),
    ("frequency_penalty", v.GEN_AI_REQUEST_FREQUENCY_PENALTY, number),
    ("presence_penalty", v.GEN_AI_REQUEST_PRESENCE_PENALTY, number),
)
_COUNTS: Final = (
    (v.GEN_AI_USAGE_INPUT_TOKENS, ("input_tokens", "prompt_tokens")),
    (v.GEN_AI_USAGE_OUTPUT_TOKENS, ("output_tokens", "completion_tokens")),
)
_DETAILS: Final = {
    "input_tokens_details": (
        ("cached_tokens", v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
        ("cache_write_tokens", v.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
    ),
    "output_tokens_details": (("reasoning_tokens", v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),),
    "prompt_tokens_details": (("cached_tokens", v.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),),
    "completion_tokens_details": (("reasoning_tokens", v.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),),
}
