"""Batches of lifecycle events as JSON → the log records that ``record_event()`` makes of the same in process."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.context import context_attributes
from otel_agent_analytics.conversations.events import LogRecord, Service
from otel_agent_analytics.conversations.identity import text as sound_text
from otel_agent_analytics.errors import note_refused
from otel_agent_analytics.lifecycle import event_attributes, rating_attributes
from otel_agent_analytics.measuring import Speaker, agent_message, user_message
from otel_agent_analytics.service.bodies import RefusedError
from otel_agent_analytics.service.latest_texts import LatestTexts
from otel_agent_analytics.service.posted import EventBatch, Posted, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_agent_analytics.measuring import Wants

_SHOWN: Final = 200
_NUL: Final = "\x00"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UNKNOWN_SERVICE: Final = "unknown_service"
_BATCH: Final = msgspec.json.Decoder(EventBatch[msgspec.Raw])
_EVENT: Final = msgspec.json.Decoder(Posted)
_PLACE: Final = re.compile(r"at `\$\.(\w+)|field `(\w+)`")
_NO_KEY: Final = (
    "user_id: AGENT_ANALYTICS_USER_KEY is not set here, so user ids of posted events are left out: set it to the key "
    "of the other senders, or send user_hash"
)


class EventsRead(NamedTuple):
    """What a body holds."""

    records: list[LogRecord]
    rejected: list[Rejected]


class WrongEventError(ValueError):
    """A field of an event has a value that it cannot have."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class EventReader:
    """Reads batches of events. Safe to use from any thread.

    Args:
        clock: returns the time now, UTC nanoseconds.
        horizon: returns the time after which an event is from the future, UTC nanoseconds.
        user_key: hides user ids; None: they are left out.
        signals: whether texts are measured for more than their length.
        keep_texts: whether texts stay with their records, for a store of content.
        wants: tells what messages want; None: nobody does.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        horizon: Callable[[], int],
        *,
        user_key: bytes | None = None,
        signals: bool = True,
        keep_texts: bool = False,
        wants: Wants | None = None,
    ) -> None:
        self._clock = clock
        self._horizon = horizon
        self._user_key = user_key
        self._signals = signals
        self._keep_texts = keep_texts
        self._wants = wants
        self.texts = LatestTexts()

    def read(self, body: bytes, most: int) -> EventsRead:
        """Return the records and the rejected events of a batch of at most ``most``.

        Raises:
            RefusedError: the body is no batch, or has more events.
        """
        batch = _batch_of(body)
        if len(batch.events) > most:
            raise RefusedError(413, f"{len(batch.events)} events; {most} may come at once")
        now_ns, latest_ns = self._clock(), self._horizon()
        taken: list[tuple[int, Posted]] = []
        rejected: list[Rejected] = []
        for index, raw in enumerate(batch.events):
            try:
                one = _EVENT.decode(raw)
                taken.append((_checked(one, now_ns, latest_ns), one))
            except (msgspec.DecodeError, WrongEventError, RecursionError) as problem:
                rejected.append(_rejected(index, raw, problem))
        service = Service(
            _clean(batch.service_name) or _UNKNOWN_SERVICE,
            _clean(batch.service_namespace),
            _clean(batch.deployment_environment_name),
        )
        taken.sort(key=lambda pair: (pair[0], pair[1].event_id))  # so that a message is compared with the one before it
        version = _clean(batch.service_version)
        return EventsRead([self._record(one, time_ns, service, version) for time_ns, one in taken], rejected)

    def _record(self, told: Posted, time_ns: int, service: Service, version: str) -> LogRecord:
        name = v.EVENT_PREFIX + told.event
        conversation_id = told.conversation_id.strip()
        if name == v.EVENT_FEEDBACK_RECEIVED:
            name = v.EVENT_EVALUATION_RESULT
            said = rating_attributes(told.rating, told.text, told.rater or v.DEFAULT_RATER)
        else:
            context = self._context(told)
            said = event_attributes(
                agent=told.agent, tool=told.tool, to_agent=told.to_agent, error_type=told.error_type,
                duration_seconds=told.duration_seconds,
            )  # fmt: skip
            speaker = Speaker(conversation_id, context.get(v.USER_HASH), service)
            said |= self._measured(told, name, speaker, time_ns, context.get(v.LANGUAGE)) | context
        said |= {v.GEN_AI_CONVERSATION_ID: conversation_id, v.EVENT_ID: told.event_id}
        attributes = {key: value for key, value in said.items() if value is not None}
        return LogRecord(name, time_ns, attributes, service, "", version)

    def _context(self, told: Posted) -> dict[str, Any]:
        if told.user_id is not None and self._user_key is None:
            note_refused("events.user_key", _NO_KEY)
        context: dict[str, Any] = context_attributes(
            user_id=told.user_id if self._user_key is not None else None, session_id=told.session_id,
            channel=told.channel, device=told.device, language=told.language, country=told.country,
            ip_address=told.ip_address, metadata=told.metadata, user_key=self._user_key,
        )  # fmt: skip
        return context if told.user_hash is None else {**context, v.USER_HASH: told.user_hash}

    def _measured(self, told: Posted, name: str, speaker: Speaker, time_ns: int, language: object) -> dict[str, object]:
        """Return what a text shows; where it is not sent, how long it was."""
        length, role, attribute = _MESSAGES.get(name, (None, "", ""))
        if length is None:
            return {}
        if told.text is None:
            return {length: told.length}
        kept = {attribute: _as_message(role, told.text)} if self._keep_texts else {}
        if name != v.EVENT_USER_MESSAGE:
            return agent_message(told.text, language=language, signals=self._signals) | kept
        before = self.texts.before(speaker.conversation_id or "", time_ns, told.event_id, told.text)
        said = user_message(
            told.text, previous=before, language=language, signals=self._signals, wants=self._wants, speaker=speaker
        )
        return said | kept


_MESSAGES: Final = {
    v.EVENT_USER_MESSAGE: (v.USER_MESSAGE_LENGTH, "user", v.GEN_AI_INPUT_MESSAGES),
    v.EVENT_AGENT_RESPONSE: (v.AGENT_MESSAGE_LENGTH, "assistant", v.GEN_AI_OUTPUT_MESSAGES),
}


def _as_message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}], ensure_ascii=False)


def _batch_of(body: bytes) -> EventBatch[msgspec.Raw]:
    try:
        return _BATCH.decode(body)
    except msgspec.ValidationError as problem:
        raise RefusedError(400, f"the body is no batch of events: {problem}") from problem
    except (msgspec.DecodeError, RecursionError):
        return _mended(body)


def _mended(body: bytes) -> EventBatch[msgspec.Raw]:
    """Return a batch whose texts have half a character in them, as a text has that was cut in the middle of one."""
    try:
        return _BATCH.decode(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as problem:
        raise RefusedError(400, f"the body is no batch of events: {problem}") from problem


def _checked(told: Posted, now_ns: int, latest_ns: int) -> int:
    """Return when an event happened, UTC nanoseconds.

    Raises:
        WrongEventError: a field has a value that it cannot have.
    """
    if told.event not in v.LIFECYCLE_EVENTS:
        raise WrongEventError("event", f"allowed is one of {', '.join(v.LIFECYCLE_EVENTS)}")
    if not told.conversation_id.strip() or _NUL in told.conversation_id:
        raise WrongEventError("conversation_id", "allowed is any text that is not empty, without NUL")
    if v.EVENT_PREFIX + told.event == v.EVENT_FEEDBACK_RECEIVED:
        try:
            rating_attributes(told.rating, None, v.DEFAULT_RATER)
        except ValueError as problem:
            raise WrongEventError("rating", "allowed is positive, negative or a number from 1 to 5") from problem
    time_ns = now_ns if told.time is None else _nanoseconds(told.time)
    if not 0 < time_ns <= latest_ns:
        raise WrongEventError("time", "it lies ahead of the clock" if time_ns > 0 else "allowed is a time after 1970")
    return time_ns


def _nanoseconds(time: datetime | int) -> int:
    if isinstance(time, int):
        return time
    moment = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND * 1_000


def _rejected(index: int, raw: msgspec.Raw, problem: Exception) -> Rejected:
    why, field = str(problem), getattr(problem, "field", None)
    found = _PLACE.search(why)
    if field is None and found is not None:
        field = found[1] or found[2]
    return Rejected(index, field, _shown(raw, field), why)


def _shown(raw: msgspec.Raw, field: str | None) -> str | None:
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if field is not None:
        if not isinstance(said, dict) or field not in said:
            return None
        said = said[field]
    return json.dumps(said, ensure_ascii=False)[:_SHOWN]


def _clean(name: str) -> str:
    return sound_text(name) or ""
