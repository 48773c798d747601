"""Event time and ids for a replay: the SDK's clock tells what the transcript says, and every id follows from it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from agents.tracing.provider import DefaultTraceProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK_NS: Final = 1_000
"""Each look at the clock moves it by the least step that the SDK's times can show, so that no two events coincide."""


class EventClock:
    """The time in a replay, UTC nanoseconds."""

    def __init__(self) -> None:
        self.now_ns = 0

    def set(self, at_ns: int) -> None:
        """Go to a time, also back: the next conversation may have begun before the last one ended."""
        self.now_ns = at_ns

    def reach(self, at_ns: int) -> None:
        """Go on to a time, unless it is past."""
        self.now_ns = max(self.now_ns, at_ns)

    def tick(self) -> int:
        """Return the time, and move on by a microsecond."""
        self.now_ns += _TICK_NS
        return self.now_ns


class PositionIds(IdGenerator):
    """Ids that follow from conversation, turn, its text and position: the same recording gives the same spans."""

    def __init__(self) -> None:
        self._scope = ""
        self._position = 0

    def enter(self, conversation_id: str, turn: int, text: str) -> None:
        """Begin the ids of a turn.

        The text tells two recordings apart that bear the same id; times do not, since a file that has none and is given
        twice gets other ones.
        """
        said = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        self._scope, self._position = f"{conversation_id}\x00{turn}\x00{said}\x00", 0

    def hex(self, digits: int) -> str:
        """Return the next id, as that many hex digits; never all zero."""
        self._position += 1
        digest = hashlib.blake2b(f"{self._scope}{self._position}".encode(), digest_size=digits // 2).hexdigest()
        return digest if digest.strip("0") else "1".zfill(digits)

    def generate_trace_id(self) -> int:
        """Return the next id of 128 bits."""
        return int(self.hex(32), 16)

    def generate_span_id(self) -> int:
        """Return the next id of 64 bits."""
        return int(self.hex(16), 16)

    def is_trace_id_random(self) -> bool:
        """Say that a sampler must not take these for random."""
        return False


class ReplayTraceProvider(DefaultTraceProvider):
    """The SDK's own provider with the replay's clock and ids, and with none of the processors that upload traces."""

    def __init__(self, clock: EventClock, ids: PositionIds) -> None:
        super().__init__()
        self._clock = clock
        self._ids = ids
        self.set_disabled(False)  # a replay needs its traces, whatever the environment says of the SDK's

    def time_iso(self) -> str:
        """Return the event time as ISO 8601."""
        return (_EPOCH + timedelta(microseconds=self._clock.tick() // 1000)).isoformat()

    def gen_trace_id(self) -> str:
        """Return the next trace id."""
        return f"trace_{self._ids.hex(32)}"

    def gen_span_id(self) -> str:
        """Return the next span id."""
        return f"span_{self._ids.hex(24)}"

    def gen_group_id(self) -> str:
        """Return the next group id."""
        return f"group_{self._ids.hex(24)}"
