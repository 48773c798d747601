"""Lines of JSON → transcripts. What cannot be read is reported as ``FILE:LINE: what and which value``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.errors import TranscriptError
from otel_agent_analytics.transcripts.transcript import Call, Guardrail, Message, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_CONTEXT: Final = ("user_id", "session_id", "channel", "device", "language", "country")
_KNOWN: Final = frozenset(
    {*_CONTEXT, "id", "metadata", "model", "outcome", "feedback", "messages", "streamed", "timestamp"}
)
_INSTRUCTIONS: Final = ("system", "developer")
_ROLES: Final = ("user", "assistant", "tool", "system", "developer")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOO_LATE: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_METADATA: Final = 256
_SHOWN: Final = 60


def read_transcripts(
    lines: Iterable[bytes], name: str, refuse: Callable[[TranscriptError], None]
) -> Iterator[Transcript]:
    """Yield the transcripts of a file, a line each; blank lines are passed over.

    Args:
        lines: the lines of the file, in UTF-8.
        name: how to call the file in messages.
        refuse: called with each line that cannot be read; the others go on.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            where = f"{name}:{number}"
            try:
                yield _transcript(_object(line), where)
            except TranscriptError as problem:
                refuse(TranscriptError(f"{where}: {problem}"))
            except RecursionError as problem:
                refuse(TranscriptError(f"{where}: nested too deeply ({problem}): {line.strip()[:_SHOWN]!r}"))


def nanoseconds(timestamp: Any) -> int:
    """Return an ISO 8601 timestamp as UTC nanoseconds; without an offset it is UTC.

    Raises:
        TranscriptError: it is no such timestamp.
    """
    allowed = "an ISO 8601 time from 1970 to 2199"
    try:
        moment = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError) as problem:
        raise TranscriptError(_wrong("timestamp", timestamp, allowed)) from problem
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    _need(_EPOCH <= moment < _TOO_LATE, "timestamp", timestamp, allowed)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _wrong(what: str, value: Any, allowed: str) -> str:
    shown = repr(value)
    return f"{what}: {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'} is not allowed; allowed is {allowed}"


def _need(holds: object, what: str, value: Any, allowed: str) -> None:
    if not holds:
        raise TranscriptError(_wrong(what, value, allowed))


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
        if b"\\ud" in line.lower():
            # Perhaps half of a pair, as programs leave it that cut texts: nothing could print or hash it.
            text = json.dumps(value, ensure_ascii=False)
            value = json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    except (ValueError, RecursionError) as problem:
        raise TranscriptError(f"no JSON ({problem}): {line.strip()[:_SHOWN]!r}") from problem
    _need(isinstance(value, dict), "line", value, "a JSON object")
    return dict(value)


def _transcript(said: dict[str, Any], where: str) -> Transcript:
    _need("messages" in said, "messages", None, "a list of messages; the line has none")
    messages, conversation_id, outcome = said["messages"], said.get("id"), said.get("outcome")
    _need(isinstance(messages, list), "messages", messages, "a list of messages")
    usable_id = isinstance(conversation_id, (str, int)) and not isinstance(conversation_id, bool)
    _need(usable_id and str(conversation_id).strip(), "id", conversation_id, "a text that is not empty, or a number")
    _need(outcome is None or outcome in v.OUTCOMES, "outcome", outcome, f"one of {', '.join(v.OUTCOMES)}")
    system = [m.get("content") for m in messages if isinstance(m, dict) and m.get("role") in _INSTRUCTIONS]
    return Transcript(
        id=str(conversation_id).strip(),
        where=where,
        messages=_messages(messages),
        context={key: str(said[key]) for key in _CONTEXT if said.get(key) is not None} | {"metadata": _metadata(said)},
        instructions="\n".join(_text(content) for content in system) or None,
        model=said.get("model") if isinstance(said.get("model"), str) else None,
        streamed=said.get("streamed") is True,
        outcome=outcome,
        feedback=_feedback(said.get("feedback")),
        at_ns=None if said.get("timestamp") is None else nanoseconds(said["timestamp"]),
    )


def _metadata(said: dict[str, Any]) -> dict[str, Any]:
    given = said.get("metadata")
    _need(given is None or isinstance(given, dict), "metadata", given, "an object")
    kept = {**(given or {}), **{key: value for key, value in said.items() if key not in _KNOWN}}
    return {key: _short(value) for key, value in kept.items() if value is not None}


def _short(value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:_LONGEST_METADATA]


def _feedback(given: Any) -> tuple[dict[str, Any], ...]:
    ratings = given if isinstance(given, list) else [] if given is None else [given]
    return tuple(_rating(rating) for rating in ratings)


def _rating(given: Any) -> dict[str, Any]:
    said = given if isinstance(given, dict) else {"rating": given}
    rating = said.get("rating")
    number = isinstance(rating, (int, float)) and not isinstance(rating, bool) and 1 <= rating <= 5  # noqa: PLR2004
    _need(number or rating in (v.POSITIVE, v.NEGATIVE), "feedback", given, "positive, negative or a number from 1 to 5")
    return {key: said[key] for key in ("rating", "comment", "rater") if said.get(key) is not None}


def _messages(given: list[Any]) -> tuple[Message, ...]:
    read: list[Message] = []
    for place, said in enumerate(given, start=1):
        try:
            _read_message(said, read)
        except TranscriptError as problem:
            raise TranscriptError(f"message {place}: {problem}") from None
    return tuple(read)


def _read_message(said: Any, read: list[Message]) -> None:
    _need(isinstance(said, dict), "message", said, "an object")
    role = said.get("role")
    _need(role in _ROLES, "role", role, f"one of {', '.join(_ROLES)}")
    at_ns = None if said.get("timestamp") is None else nanoseconds(said["timestamp"])
    if role == "tool":
        _take_result(said, at_ns, read)
    elif role not in _INSTRUCTIONS:
        read.append(_message(said, role, at_ns))


def _message(said: dict[str, Any], role: str, at_ns: int | None) -> Message:
    calls, agent, usage = said.get("tool_calls"), said.get("agent"), said.get("usage")
    _need(calls is None or isinstance(calls, list), "tool_calls", calls, "a list")
    if role == "user":
        return Message(role, _text(said.get("content")), at_ns, guardrails=_guardrails(said.get("guardrails")))
    return Message(
        role=role,
        text=_text(said.get("content")),
        at_ns=at_ns,
        agent=agent if isinstance(agent, str) and agent else None,
        calls=tuple(_call(call) for call in calls or ()),
        usage=usage if isinstance(usage, dict) else None,
        error=None if said.get("error") in (None, False, "") else str(said["error"]),
    )


def _guardrails(said: Any) -> tuple[Guardrail, ...]:
    _need(said is None or isinstance(said, list), "guardrails", said, "a list")
    for one in said or ():
        _need(isinstance(one, dict), "guardrail", one, "an object")
        name, triggered = one.get("name"), one.get("triggered")
        _need(isinstance(name, str) and name, "name of a guardrail", name, "a text that is not empty")
        _need(triggered in (None, True, False), "triggered", triggered, "true or false")
    return tuple(Guardrail(one["name"], bool(one.get("triggered"))) for one in said or ())


class _Pending(Call):
    """A call that waits for its result, with the id under which the result comes."""

    call_id: str | None


def _call(said: Any) -> Call:
    _need(isinstance(said, dict), "tool call", said, "an object")
    function = said.get("function") if isinstance(said.get("function"), dict) else said
    name, arguments = function.get("name"), function.get("arguments")
    _need(isinstance(name, str) and name, "name of a tool call", name, "a text that is not empty")
    written = arguments if isinstance(arguments, str) else json.dumps({} if arguments is None else arguments)
    call = _Pending(name, written, "", answered=False, result_ns=None)
    call.call_id = None if said.get("id") is None else str(said["id"])
    return call


def _take_result(said: dict[str, Any], at_ns: int | None, read: list[Message]) -> None:
    """Give a tool's result to the call that it answers: by id, the latest message first; without an id, in order."""
    wanted = None if said.get("tool_call_id") is None else str(said["tool_call_id"])
    for back, message in enumerate(reversed(read), start=1):
        for place, call in enumerate(message.calls):
            if isinstance(call, _Pending) and wanted in (None, call.call_id):
                result = call._replace(result=_text(said.get("content")), answered=True, result_ns=at_ns)
                calls = (*message.calls[:place], Call(*result), *message.calls[place + 1 :])
                read[-back] = message._replace(calls=calls)
                return
    raise TranscriptError(_wrong("tool_call_id", wanted, "the id of a call that waits for its result; there is none"))


def _text(content: Any) -> str:
    """Return the text of a message's content: a string, a list of parts, or nothing."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "\n".join(part for part in parts if isinstance(part, str))
    return "" if content is None else json.dumps(content, ensure_ascii=False)
