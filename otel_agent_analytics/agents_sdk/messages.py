"""What stands in the SDK's span data → the conventions' messages, as plain lists and dicts. Pure, and never raises.

Texts are not changed here but for what cannot be encoded; base64 data are left out. What of it may leave, and how much,
is the matter of ``capture``.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk.content import finish_reason
from otel_agent_analytics.agents_sdk.message_items import ASSISTANT, Item, read_item
from otel_agent_analytics.agents_sdk.message_parts import Part, content_parts, media, text_parts, word
from otel_agent_analytics.agents_sdk.plain import MOST_VALUES, field, first, items, parsed, plain, text

Message = dict[str, Any]

_INSTRUCTING: Final = ("system", "developer")


class _Choice(NamedTuple):
    parts: list[Part]
    reason: str | None


def input_messages(given: Any) -> list[Message]:
    """Return what was given to a model: a string, or a list of Responses API items or of chat messages."""
    said = text_parts(given)
    if said is not None:
        return [{"role": "user", "parts": said}]
    found: list[Message] = []
    joinable = False
    for item in _read_all(given):
        if not item.parts and item.of_response:
            continue  # such as reasoning of which there is only the encrypted form
        if joinable and item.of_response:
            found[-1]["parts"] += item.parts
        else:
            found.append(_message(item))
        joinable = item.of_response
    return found


def output_messages(output: Any) -> list[Message]:
    """Return what a model gave back, one message per choice: of a response, of its output items, of chat messages.

    A message must say why it ends. Where nothing tells, it says "stop", which the span's attribute does not.
    """
    return [
        {"role": ASSISTANT, "parts": choice.parts, "finish_reason": choice.reason or "stop"}
        for choice in _choices(output)
        if choice.parts
    ]


def system_instructions(given: Any) -> list[Part]:
    """Return the instructions in a string, or in a list of messages, of which only system and developer ones count."""
    found = text_parts(given) or []
    for one in items(given):
        role = word(field(one, "role"))
        if role is None:
            found += content_parts([one])
        elif role in _INSTRUCTING:
            found += read_item(one).parts
    return found


def leading_instructions(given: Any) -> int:
    """Return how many system and developer messages a list begins with: there the SDK puts an agent's instructions."""
    return sum(1 for _ in takewhile(lambda one: word(field(one, "role")) in _INSTRUCTING, items(given)))


def tool_definitions(tools: Any, *, parameters: bool = False) -> list[Part]:
    """Return the tools that a model could call; their parameters, which are large, only on request."""
    return [_definition(tool, parameters=parameters) for tool in items(tools) if word(field(tool, "type"))]


def tool_result(output: Any) -> Any:
    """Return what a tool gave back: an object where it is or says one; without the data of images and files."""
    return [_result(one) for one in output[:MOST_VALUES]] if type(output) is list else _result(output)


def _result(output: Any) -> Any:
    found = media(output)
    return found[0] if found else parsed(output)


def _definition(tool: Any, *, parameters: bool) -> Part:
    inner = first(field(tool, "function"), tool)  # chat completions nest it, the conventions do not
    kind = word(field(tool, "type")) or v.UNKNOWN
    found: Part = {"type": kind, "name": word(field(inner, "name")) or word(field(tool, "server_label")) or kind}
    description = text(field(inner, "description"))
    schema = plain(field(inner, "parameters")) if parameters else None
    return {
        **found,
        **({"description": description} if description else {}),
        **({"parameters": schema} if isinstance(schema, dict) else {}),
    }


def _read_all(given: Any) -> list[Item]:
    return [read_item(one) for one in items(given) if one is not None]


def _message(item: Item) -> Message:
    return {"role": item.role, "parts": item.parts, **({"name": item.name} if item.name else {})}


def _choices(output: Any) -> list[_Choice]:
    said = text_parts(output)
    if said is not None:
        return [_Choice(said, None)]
    if _is_response(output):
        return [_of_response(output)]
    found: list[_Choice] = []
    loose: list[Part] = []
    for one in items(output):
        if _is_response(one):
            found.append(_of_response(one))
        elif not word(field(one, "type")) and word(field(one, "role")):
            found.append(_choice(read_item(one).parts))
        elif one is not None:
            loose += read_item(one).parts
    return [*found, _choice(loose)] if loose else found


def _is_response(thing: Any) -> bool:
    """Tell a response by its list of output items; an item with an ``output`` of its own has a type."""
    return not word(field(thing, "type")) and issubclass(type(field(thing, "output")), (list, tuple))


def _of_response(response: Any) -> _Choice:
    parts = [part for item in _read_all(field(response, "output")) for part in item.parts]
    return _choice(parts, finish_reason(response))


def _choice(parts: list[Part], reason: str | None = None) -> _Choice:
    """Return a choice. One that ends with calls that the application is to answer ends because of them."""
    answered = {part["id"] for part in parts if part["type"] == "tool_call_response" and "id" in part}
    asks = any(part["type"] == "tool_call" and part.get("id") not in answered for part in parts)
    return _Choice(parts, "tool_call" if asks and reason in (None, "stop") else reason)
