"""People who want something of a shop, as each kind of sender tells the analyzer of them: a conversation a message."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord
from tests.insights.shops import Said, said

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOP = Service("shop")
SECOND_NS = 10**9


def conversation_id(one: Said, day: str) -> str:
    """Return the id of a message's conversation, which says what it is about."""
    return f"{day}-{one.want}-{one.time_ns // SECOND_NS}"


def of_another_framework(messages: Sequence[Said], day: str, service: Service = SHOP) -> list[SpanRecord]:
    """Return spans as OpenInference makes them: an agent, and the model that it asks."""
    found = []
    for one in messages:
        trace_id, agent = _id(f"{day}{one.time_ns}", 32), _id(f"{day}{one.time_ns}a", 16)
        who = {"session.id": conversation_id(one, day), "user.id": one.user}
        asked = {"input.value": one.text, "output.value": "We look into it."}
        call = {
            "openinference.span.kind": "LLM", "llm.system": "openai", "llm.model_name": "gpt-5-mini",
            "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": one.text,
        }  # fmt: skip
        begin, end = one.time_ns, one.time_ns + 2 * SECOND_NS
        model = SpanRecord(trace_id, _id(f"{agent}m", 16), begin, end, {**who, **call}, False, service, agent)
        kind = {"openinference.span.kind": "AGENT"}
        found += [model, SpanRecord(trace_id, agent, begin, end, {**who, **kind, **asked}, False, service)]
    return found


def captured(one: Said, day: str, service: Service = SHOP, **turn: Any) -> tuple[SpanRecord, SpanRecord]:
    """Return a turn and its model call as this package makes them where message content is captured."""
    trace_id, root = _id(f"{day}{one.time_ns}", 32), _id(f"{day}{one.time_ns}t", 16)
    ours = {v.GEN_AI_CONVERSATION_ID: conversation_id(one, day), v.DERIVED: False}
    measured = {
        v.OPERATION: v.OPERATION_TURN, v.USER_MESSAGE_LENGTH: len(one.text), v.USER_MESSAGE_LANGUAGE: "en",
        v.USER_MESSAGE_CLOSING: False, v.TURN_ANSWERED: True, v.USER_HASH: one.user, **turn,
    }  # fmt: skip
    messages = [{"role": "user", "parts": [{"type": "text", "content": one.text}]}]
    call = {
        v.GEN_AI_OPERATION_NAME: v.OPERATION_CHAT, v.GEN_AI_REQUEST_MODEL: "gpt-5-mini", v.MODEL_TURN: 1,
        v.GEN_AI_INPUT_MESSAGES: json.dumps(messages),
    }  # fmt: skip
    begin, end = one.time_ns, one.time_ns + 2 * SECOND_NS
    chat = SpanRecord(trace_id, _id(f"{root}m", 16), begin + 1, end - 1, {**ours, **call}, False, service, root)
    return SpanRecord(trace_id, root, begin, end, {**ours, **measured}, False, service), chat


def posted(messages: Sequence[Said], day: str) -> bytes:
    """Return the body of a request with a message of each."""
    events = [
        {
            "event": "user_message", "conversation_id": conversation_id(one, day), "event_id": "1", "text": one.text,
            "user_id": one.user, "time": one.time_ns,
        }
        for one in messages
    ]  # fmt: skip
    return json.dumps({"events": events, "service_name": SHOP.name}).encode()


def day_of(count: int, seed: int, users: int = 50) -> list[Said]:
    """Return messages, a minute apart; the days of two seeds do not overlap."""
    return [one._replace(time_ns=one.time_ns + seed * 86_400 * SECOND_NS) for one in said(count, seed, users)]


def _id(text: str, digits: int) -> str:
    return hashlib.blake2b(text.encode(), digest_size=digits // 2).hexdigest()
