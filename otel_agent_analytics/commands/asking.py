"""Asks an analyzer, by its JSON API, where conversations stand."""

from __future__ import annotations

import json
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from otel_agent_analytics.analyzer_client import AskingError, BusyError, RefusedError
from otel_agent_analytics.commands.episodes import Episode, nanoseconds, of_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from otel_agent_analytics.analyzer_client import AnalyzerClient

_LONGEST_QUERY: Final = 6_000
"""Characters of ids in one address: what comes between may refuse longer ones."""
_MOST_IDS: Final = 200


class Standing(NamedTuple):
    """Where a conversation stands at the analyzer."""

    open: bool
    """Whether it is open, and its user has spoken."""
    due_ns: int | None
    """When there is next something to do about it, UTC nanoseconds; None: never again."""
    episodes: tuple[Episode, ...]
    """Those that ended."""


class Api:
    """The JSON API of an analyzer.

    Args:
        client: asks it.
    """

    def __init__(self, client: AnalyzerClient) -> None:
        self.client = client

    def standings(self, conversation_ids: Iterable[str]) -> dict[str, Standing]:
        """Return where conversations stand, by their ids; those of which nothing is known are left out.

        Raises:
            AskingError: there is no answer; ``BusyError`` where there may be one later.
        """
        found: dict[str, Standing] = {}
        for ids in _portions(conversation_ids):
            answer = self._get("/api/episodes?" + "&".join(f"id={one}" for one in ids))
            found |= {one["conversation_id"]: _standing(one) for one in answer["conversations"]}
        return found

    def _get(self, path: str) -> Any:
        try:
            with self.client.ask(path) as answer:
                return json.load(answer, parse_float=Decimal)
        except RefusedError as refused:
            if refused.status == HTTPStatus.UNAUTHORIZED:
                raise
            raise AskingError(f"no analyzer is at {self.client.address} ({refused.status}); see --api") from refused
        except (OSError, ValueError) as problem:
            raise BusyError(f"no analyzer answers at {self.client.address}: {problem}") from problem


def _portions(conversation_ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids, fit for an address, as many at once as may be; nothing at all once where there are none."""
    portion: list[str] = []
    size = 0
    for one in conversation_ids:
        encoded = quote(one, safe="")
        if portion and (size + len(encoded) > _LONGEST_QUERY or len(portion) == _MOST_IDS):
            yield portion
            portion, size = [], 0
        portion.append(encoded)
        size += len(encoded)
    yield portion


def _standing(said: Mapping[str, Any]) -> Standing:
    due = said["due"]
    return Standing(said["open"], None if due is None else nanoseconds(due), tuple(map(of_answer, said["episodes"])))
