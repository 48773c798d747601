"""The SDK's content parts, items and tool calls → the parts of the conventions' messages. Pure, and never raises.

Names are those of the newest GenAI conventions' JSON schemas. What they do not know becomes a part of the type
``generic``, which says what it was in ``generic_type``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.plain import data_mark, field, first, items, parsed, plain, text
from otel_agent_analytics.values import string

Part = dict[str, Any]
_Reader = Callable[[Any], "list[Part] | None"]

# What holds no text that anybody could read; a mark takes its place in a generic part.
_DATA_KEYS: Final = frozenset({"data", "file_data", "b64_json", "blob", "encrypted_content", "signature"})
_AUDIO_TYPES: Final = {"mp3": "audio/mpeg"}


def word(value: Any) -> str | None:
    """Return a name or an id; None where there is none. It is cut where it is redacted, not before."""
    return text(value) or None


def text_parts(value: Any, kind: str = "text") -> list[Part] | None:
    """Return the part of a text, none of an empty one; None where it is no text."""
    said = text(value)
    if said is None:
        return None
    return [{"type": kind, "content": said}] if said else []


def content_parts(content: Any) -> list[Part]:
    """Return the parts of a message's content: a string, a list of parts, or one part."""
    if content is None:
        return []
    if issubclass(type(content), (list, tuple)):
        return [part for one in items(content) if one is not None for part in _part(one)]
    return _part(content)


def generic(thing: Any) -> list[Part]:
    """Return the part of a thing that the conventions have no name for."""
    kind = word(field(thing, "type"))
    found = plain(thing, _DATA_KEYS)
    if isinstance(found, dict):
        found.pop("type", None)
    return [
        {"type": "generic", "generic_type": kind or word(field(type(thing), "__name__")) or v.UNKNOWN, "content": found}
    ]


def media(thing: Any) -> list[Part] | None:
    """Return the part of an image, a sound or a file, without its data; None where it is none of these."""
    read = _MEDIA.get(word(field(thing, "type")) or "")
    return read(thing) if read else None


def tool_call(name: Any, call_id: Any, arguments: Any) -> Part:
    """Return the part of a call that a model asks for."""
    return _identified(
        {"type": "tool_call", "name": word(name) or v.UNKNOWN, "arguments": parsed(arguments)}, word(call_id)
    )


def tool_response(call_id: Any, output: Any) -> Part:
    """Return the part of a tool's result, as it was given to the model."""
    return _identified({"type": "tool_call_response", "response": _output(output)}, word(call_id))


def server_call(thing: Any, name: Any, asked: tuple[str, ...], told: tuple[str, ...]) -> list[Part]:
    """Return the parts of a call that the provider answered itself: the call, and what came of it."""
    kind = (word(field(thing, "type")) or v.UNKNOWN).removesuffix("_call")
    own = word(field(thing, "id"))
    call = {"type": "server_tool_call", "name": word(name) or kind, "server_tool_call": _details(kind, thing, asked)}
    found = _details(kind, thing, told)
    if len(found) == 1:
        return [_identified(call, own)]
    answer = {"type": "server_tool_call_response", "server_tool_call_response": found}
    return [_identified(call, own), _identified(answer, own)]


def blob(modality: str, mime_type: str | None, data: str) -> Part:
    """Return the part of data that were sent inline, without the data."""
    return _typed({"type": "blob", "modality": modality, "content": data_mark(len(data))}, mime_type)


def _part(thing: Any) -> list[Part]:
    read = _PARTS.get(word(field(thing, "type")) or "", text_parts)
    found = read(thing)
    return generic(thing) if found is None else found


def _output(output: Any) -> Any:
    said = text(output)
    if said is not None:
        return said
    if issubclass(type(output), (list, tuple)) or word(field(output, "type")) in _PARTS:
        return content_parts(output)
    return plain(output)


def _details(kind: str, thing: Any, names: tuple[str, ...]) -> Part:
    found = ((name, field(thing, name)) for name in names)
    return {"type": kind, **{name: parsed(value) for name, value in found if value is not None}}


def _identified(part: Part, own: str | None) -> Part:
    return {**part, "id": own} if own else part


def _typed(part: Part, mime_type: str | None) -> Part:
    return {**part, "mime_type": mime_type} if mime_type else part


def _attached(modality: str, uri: Any, data: Any, file_id: Any, mime_type: str | None = None) -> list[Part] | None:
    link, inline, own = string(uri), string(data), word(file_id)
    sent = link or inline or ""
    if sent[:5].lower() == "data:":
        head, _, inline = sent.partition(",")
        return [blob(modality, word(head[5:].partition(";")[0]) or mime_type, inline)]
    if link:
        return [_typed({"type": "uri", "modality": modality, "uri": text(link)}, mime_type)]
    if inline:
        return [blob(modality, mime_type, inline)]
    return [_typed({"type": "file", "modality": modality, "file_id": own}, mime_type)] if own else None


def _image(thing: Any) -> list[Part] | None:
    given = field(thing, "image_url")
    uri = first(string(given), field(given, "url"))
    return _attached("image", uri, field(thing, "data"), field(thing, "file_id"), word(field(thing, "mimeType")))


def _audio(thing: Any) -> list[Part] | None:
    given = first(field(thing, "input_audio"), thing)
    kind = word(field(given, "format"))
    mime_type = _AUDIO_TYPES.get(kind, f"audio/{kind}") if kind else word(field(given, "mimeType"))
    return _attached("audio", None, field(given, "data"), field(given, "id"), mime_type)


def _file(thing: Any) -> list[Part] | None:
    given = first(field(thing, "file"), thing)
    return _attached("document", field(given, "file_url"), field(given, "file_data"), field(given, "file_id"))


def _said(name: str, kind: str = "text") -> _Reader:
    return lambda thing: text_parts(field(thing, name), kind)


_MEDIA: Final[dict[str, _Reader]] = {
    **dict.fromkeys(("input_image", "image_url", "image", "computer_screenshot"), _image),
    **dict.fromkeys(("input_audio", "audio"), _audio),
    **dict.fromkeys(("input_file", "file"), _file),
}
_PARTS: Final[dict[str, _Reader]] = {
    **dict.fromkeys(("text", "input_text", "output_text"), _said("text")),
    "refusal": _said("refusal"),
    "summary_text": _said("text", "reasoning"),
    "reasoning_text": _said("text", "reasoning"),
    "thinking": _said("thinking", "reasoning"),
    **_MEDIA,
}
"""A reader that returns None has not found what it looks for; the part is generic then."""
