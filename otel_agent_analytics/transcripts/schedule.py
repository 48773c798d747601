"""Give every message a time: its own where the recording has one, else that of one synthetic schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_agent_analytics.transcripts.transcript import Call, Message, Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND_NS: Final = 1_000_000_000
MICROSECOND_NS: Final = 1_000
FIRST_NS: Final = 1_735_689_600 * SECOND_NS
"""2025-01-01T00:00:00Z: where the synthetic schedule begins."""
USER_GAP_NS: Final = 30 * SECOND_NS
AGENT_GAP_NS: Final = 5 * SECOND_NS
TOOL_GAP_NS: Final = 1 * SECOND_NS
_STARTS_WITHIN_NS: Final = 20 * 3600 * SECOND_NS
_LONGEST_NS: Final = 4 * 3600 * SECOND_NS - 60 * SECOND_NS

DESCRIPTION: Final = (
    "Files without timestamps get one synthetic schedule: conversations begin at even distances within 20 hours from "
    "2025-01-01T00:00:00Z; a user speaks 30 s after the last message, an agent after 5 s, a tool after 1 s; "
    "sooner where a conversation would last longer than four hours."
)


def scheduled(transcripts: Sequence[Transcript], *, last_ns: int | None = None) -> list[Transcript]:
    """Return the transcripts with a time for everything, strictly increasing within each.

    Args:
        transcripts: in the order of their files.
        last_ns: move the whole recording so that its last event lies at this time, UTC nanoseconds; None leaves it.
    """
    distance = _STARTS_WITHIN_NS // max(1, len(transcripts))
    timed = [_timed(one, FIRST_NS + number * distance) for number, one in enumerate(transcripts)]
    if last_ns is None or not timed:
        return timed
    shift = last_ns - max(_end_ns(one) for one in timed)
    return [_shifted(one, shift) for one in timed]


def _timed(transcript: Transcript, begin_ns: int) -> Transcript:
    first = next((message.at_ns for message in transcript.messages if message.at_ns is not None), transcript.at_ns)
    now = begin_ns if first is None else first
    steps = len(transcript.messages) + sum(len(message.calls) for message in transcript.messages)
    longest_gap = _LONGEST_NS // max(1, steps)
    messages, start = [], now
    for place, message in enumerate(transcript.messages):
        gap = 0 if place == 0 else min(longest_gap, USER_GAP_NS if message.role == "user" else AGENT_GAP_NS)
        now = _after(now, message.at_ns, gap, first=place == 0)
        at_ns, calls = now, []
        for call in message.calls:
            now = _after(now, call.result_ns, min(longest_gap, TOOL_GAP_NS))
            calls.append(call._replace(result_ns=now))
        messages.append(message._replace(at_ns=at_ns, calls=tuple(calls)))
    return transcript._replace(messages=tuple(messages), at_ns=start if transcript.at_ns is None else transcript.at_ns)


def _after(now: int, given: int | None, gap: int, *, first: bool = False) -> int:
    """Return the time of the next event: the given one, else ``gap`` later; never before the last event."""
    if first:
        return now if given is None else given
    return max(now + MICROSECOND_NS, now + gap if given is None else given)


def _end_ns(transcript: Transcript) -> int:
    times = [transcript.at_ns or 0]
    for message in transcript.messages:
        times += [message.at_ns or 0, *(call.result_ns or 0 for call in message.calls)]
    return max(times)


def _shifted(transcript: Transcript, shift: int) -> Transcript:
    def moved(call: Call) -> Call:
        return call._replace(result_ns=(call.result_ns or 0) + shift)

    def later(message: Message) -> Message:
        return message._replace(at_ns=(message.at_ns or 0) + shift, calls=tuple(moved(call) for call in message.calls))

    messages = tuple(later(message) for message in transcript.messages)
    return transcript._replace(messages=messages, at_ns=(transcript.at_ns or 0) + shift)
