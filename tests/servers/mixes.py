"""What a day is like: which of the recorded conversations come how often, and what is changed about them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import LogRecord, Service, SpanRecord
from tests.servers.pool import end_ns, recorded_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from otel_agent_analytics.demo.plan import Plan
    from tests.servers.pool import Recorded, Source

DAY_NS: Final = 86_400 * 10**9
EVENING_NS: Final = 20 * 3600 * 10**9
"""The time of the demo's day at which a day of a history begins and ends: after hours with much traffic."""
USERS: Final = 4_000
"""People among whom those of a conversation are drawn: some come back within a week."""

LOCAL_MODEL: Final = "northwind-local-1"
"""The demo's model that has no price."""


def healthy(plan: Plan) -> float:
    """Return how often a conversation comes where things are well: the demo's day has its troubles."""
    weight = {"failed": 0.1, "abandoned": 0.6, "escalated": 0.7, "completed": 1.3}.get(plan.outcome, 1.0)
    weight *= {"negative": 0.2, 1: 0.2, 2: 0.2, 3: 0.2}.get(plan.rating or 0, 1.0)
    return weight * (1.0 if plan.usage and plan.model != LOCAL_MODEL else 0.3)


class Mix(NamedTuple):
    """A day of one service."""

    service: Service = Service("northwind-support")
    conversations: int = 360
    """A day."""
    weight: Callable[[Plan], float] = healthy
    """How often a recorded conversation comes, against the others."""
    changes: tuple[Callable[[dict[str, Any], random.Random], None], ...] = ()
    """What is changed of the attributes of each span and record."""
    slower: float = 1.0
    """How many times as long everything takes."""
    noted: Mapping[str, int] = {}
    """What a receiver says of the pipeline beside its spans, and how many an hour."""


def day(mix: Mix, begin_ns: int, number: int, seed: int = 1) -> list[Source]:
    """Return what the conversations of a day send, in the order in which it ends.

    Args:
        mix: what the day is like.
        begin_ns: when the 24 hours begin in which the conversations begin, UTC nanoseconds.
        number: which day; ids are different on each.
        seed: any integer; the same arguments give the same day.
    """
    rng = random.Random(f"{seed} {number} {mix.service}")
    pool = recorded_day()
    weights = [mix.weight(one.plan) for one in pool]
    begins = [rng.choice(pool).start_ns for _ in range(mix.conversations)]
    chosen = rng.choices(pool, weights, k=mix.conversations)
    sources = (
        source
        for place, (one, offset_ns) in enumerate(zip(chosen, begins, strict=True))
        for source in _again(one, mix, begin_ns + (offset_ns - EVENING_NS) % DAY_NS, f"{number}-{place}", rng)
    )
    return sorted(sources, key=end_ns)


def _again(one: Recorded, mix: Mix, begin_ns: int, name: str, rng: random.Random) -> Iterator[Source]:
    """Yield a recorded conversation as another one, of another user, at another time."""
    first_ns = min(source.start_ns if isinstance(source, SpanRecord) else source.time_ns for source in one.sources)
    user, salt = f"{rng.randrange(USERS):064x}", rng.getrandbits(128)

    def moved(time_ns: int) -> int:
        return begin_ns + round((time_ns - first_ns) * mix.slower)

    for source in one.sources:
        attributes = dict(source.attributes)
        attributes[v.GEN_AI_CONVERSATION_ID] += f"-{name}"
        if v.USER_HASH in attributes:
            attributes[v.USER_HASH] = user
        for change in mix.changes:
            change(attributes, rng)
        trace_id = f"{int(source.trace_id, 16) ^ salt:032x}" if source.trace_id else ""
        if isinstance(source, SpanRecord):
            yield source._replace(
                trace_id=trace_id,
                start_ns=moved(source.start_ns),
                end_ns=moved(source.end_ns),
                attributes=attributes,
                service=mix.service,
            )
        else:
            yield LogRecord(source.event_name, moved(source.time_ns), attributes, mix.service, trace_id)


GOOD: Final = Mix()
