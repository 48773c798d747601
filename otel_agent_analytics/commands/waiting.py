"""Waits until conversations have ended at an analyzer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.analyzer_client import AskingError, BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from otel_agent_analytics.commands.asking import Api, Standing
    from otel_agent_analytics.commands.episodes import Episode

_SECOND_NS: Final = 1_000_000_000
_SOONEST_SECONDS: Final = 0.2
_LATEST_SECONDS: Final = 2.0
LIMIT_SECONDS: Final = 120.0
_NAMED: Final = 3
"""Conversations that a message names."""


def ended(
    api: Api,
    conversation_ids: Sequence[str],
    *,
    return_ns: int,
    progress: Callable[[int], None],
    limit_seconds: float = LIMIT_SECONDS,
) -> list[Episode]:
    """Wait until conversations have ended at an analyzer; return their episodes in the order in which they started.

    Args:
        api: the analyzer's.
        conversation_ids: of what was sent to it.
        return_ns: how long after an end it is open whether the user comes back, nanoseconds. Where that is over, the
            analyzer's word on it is waited for as well.
        progress: called with how many more have ended.
        limit_seconds: how long to wait at most.

    Raises:
        AskingError: not all have ended by then, or there is no answer.
    """
    give_up_ns = time.time_ns() + round(limit_seconds * _SECOND_NS)
    done: dict[str, Standing] = {}
    left = dict.fromkeys(conversation_ids)
    while True:
        found, problem = _tried(api, left)
        now_ns = time.time_ns()
        over = {name: one for name, one in found.items() if is_over(one, now_ns, give_up_ns, return_ns)}
        done |= over
        progress(len(over))
        left = {name: None for name in left if name not in over}
        if not left:
            return sorted(
                (episode for one in done.values() for episode in one.episodes),
                key=lambda episode: (episode.started_ns, episode.conversation_id),
            )
        if now_ns >= give_up_ns:
            raise problem or AskingError(_missing(api, left, found, len(conversation_ids), limit_seconds))
        time.sleep(_pause_seconds(found.values(), now_ns))


def is_over(standing: Standing, now_ns: int, give_up_ns: int, return_ns: int) -> bool:
    """Return whether nothing of a conversation will change as long as anybody waits for it.

    Args:
        standing: of the conversation.
        now_ns: the time now, UTC nanoseconds.
        give_up_ns: until when somebody waits.
        return_ns: how long after an end it is open whether the user comes back.
    """
    if standing.open or not standing.episodes or (standing.due_ns is not None and standing.due_ns <= give_up_ns):
        return False
    return all(
        not episode.engaged or episode.returned is not None or episode.ended_ns + return_ns > now_ns
        for episode in standing.episodes
    )


def _tried(api: Api, conversation_ids: Iterable[str]) -> tuple[dict[str, Standing], BusyError | None]:
    try:
        return api.standings(conversation_ids), None
    except BusyError as problem:
        return {}, problem


def _pause_seconds(waited_for: Iterable[Standing], now_ns: int) -> float:
    """Return how long to wait for the next answer: until something is due, as far as that is known."""
    due = min((one.due_ns for one in waited_for if one.due_ns is not None), default=now_ns)
    return min(max((due - now_ns) / _SECOND_NS, _SOONEST_SECONDS), _LATEST_SECONDS)


def _missing(api: Api, left: Iterable[str], found: Mapping[str, Standing], sent: int, limit_seconds: float) -> str:
    unknown = [name for name in left if name not in found]
    running = [name for name in left if name in found]
    said = [f"{len(unknown) + len(running)} of {sent} conversations have not ended after {limit_seconds:g} s"]
    if unknown:
        said.append(f"nothing is known of {_named(unknown)} (not arrived, or from the future)")
    if running:
        said.append(f"{_named(running)} {'is' if len(running) == 1 else 'are'} not over yet")
    return f"{api.client.address}: {'; '.join(said)}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + more
