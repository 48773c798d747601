"""One synthetic day of conversations, as transcripts that `replay` can play."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from otel_agent_analytics.demo.mix import plan_day
from otel_agent_analytics.demo.plan import Plan
from otel_agent_analytics.demo.recording import Messages, record
from otel_agent_analytics.demo.scenes import load
from otel_agent_analytics.demo.schedule import place
from otel_agent_analytics.demo.weights import DAYS, ORDINARY_DAY

Transcript = dict[str, object]
NAME = "demo"


def synthetic_day(
    *, seed: int = 1, conversations: int = 360, start: datetime, day: str = ORDINARY_DAY, name: str = NAME
) -> Iterator[Transcript]:
    """Yield the transcripts of a day in the order of their first event.

    The same arguments give the same transcripts. From 300 conversations on, every kind of conversation occurs.

    Args:
        seed: any integer.
        conversations: how many to yield, visits included.
        start: begin of the 24 hours in which everything happens; without an offset it is UTC.
        day: which kind, a name in ``weights.DAYS``.
        name: what the ids of the conversations begin with.
    """
    for _, transcript in planned_day(seed=seed, conversations=conversations, start=start, day=day, name=name):
        yield transcript


def planned_day(
    *, seed: int = 1, conversations: int = 360, start: datetime, day: str = ORDINARY_DAY, name: str = NAME
) -> Iterator[tuple[Plan, Transcript]]:
    """Yield the transcripts of ``synthetic_day``, each after the plan that it was written to."""
    rng = Random(seed)
    begin = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    plans = plan_day(rng, conversations, DAYS[day])
    recorded = [record(plan, load(plan.language), rng) for plan in plans]
    offsets = place([messages[-1][0] if messages else 0.0 for messages in recorded], begin, rng)
    in_order = sorted(range(len(plans)), key=offsets.__getitem__)
    for number, index in enumerate(in_order, start=1):
        first = begin + timedelta(seconds=offsets[index])
        yield plans[index], transcript_of(id_of(number, name), plans[index], recorded[index], first, rng)


def ids_of_day(conversations: int, name: str = NAME) -> list[str]:
    """Return the ids of a day with so many conversations."""
    return [id_of(number, name) for number in range(1, conversations + 1)]


def id_of(number: int, name: str) -> str:
    """Return the id of a conversation, by its number from 1."""
    return f"{name}-{number:04d}"


def transcript_of(conversation: str, plan: Plan, messages: Messages, first: datetime, rng: Random) -> Transcript:
    """Return the transcript of a conversation.

    Args:
        conversation: its id.
        plan: what is settled about it.
        messages: each with its seconds since the first.
        first: when that one was said.
        rng: makes the id of the session, and chooses the comment of a rating.
    """
    transcript: Transcript = {"id": conversation, "session_id": f"session-{rng.getrandbits(32):08x}"}
    if plan.user is not None:
        transcript["user_id"] = f"user-{plan.user:03d}"
    transcript |= _client(plan)
    if plan.model:
        transcript["model"] = plan.model
    if plan.streamed:
        transcript["streamed"] = True
    if plan.explicit:
        transcript["outcome"] = plan.outcome
    if plan.rating is not None and not plan.rated_in_metadata:
        transcript["feedback"] = _feedback(plan, rng)
    if not messages:
        transcript["timestamp"] = _stamp(first, 0.0)
    transcript["messages"] = [{**message, "timestamp": _stamp(first, seconds)} for seconds, message in messages]
    return transcript


def _client(plan: Plan) -> dict[str, object]:
    return {
        "channel": plan.channel,
        "device": plan.device,
        "language": plan.language,
        "country": plan.country,
        "metadata": {"tenant": plan.tenant, **({"feedback": plan.rating} if plan.rated_in_metadata else {})},
    }


def _feedback(plan: Plan, rng: Random) -> dict[str, object]:
    feedback: dict[str, object] = {"rating": plan.rating}
    if plan.commented:
        tone = {"positive": "good", 5: "good", 4: "good", 3: "mixed"}.get(plan.rating or 0, "bad")
        feedback["comment"] = rng.choice(load(plan.language).comments[tone])
    if plan.rater:
        feedback["rater"] = plan.rater
    return feedback


def _stamp(first: datetime, seconds: float) -> str:
    return (first + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
