"""Asks an analyzer, by its JSON API, where conversations stand."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_HEADERS
from opentelemetry.util.re import parse_env_headers

from otel_agent_analytics.addresses import checked, is_loopback
from otel_agent_analytics.commands.episodes import Episode, nanoseconds, of_answer
from otel_agent_analytics.errors import AgentAnalyticsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from otel_agent_analytics.settings import Settings

_ANSWERED_WITHIN_SECONDS: Final = 30.0
_LONGEST_QUERY: Final = 6_000
"""Characters of ids in one address: what comes between may refuse longer ones."""
_MOST_IDS: Final = 200


class AskingError(AgentAnalyticsError):
    """The analyzer does not answer what is asked; the text says why and what to do."""


class BusyError(AskingError):
    """It may answer later."""


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
        address: ``http://HOST:PORT`` or ``https://…``.
        token: a bearer token; None: none is sent.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = checked(address, "--api")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        proxies = [urllib.request.ProxyHandler({})] if is_loopback(address) else []
        self._opener = urllib.request.build_opener(*proxies)

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
        request = urllib.request.Request(self.address + path, headers=self._headers)  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=_ANSWERED_WITHIN_SECONDS) as answer:
                return json.load(answer, parse_float=Decimal)
        except urllib.error.HTTPError as refused:
            with refused:
                raise _refusal(self.address, refused.code) from refused
        except (OSError, ValueError) as problem:
            why = getattr(problem, "reason", problem)
            raise BusyError(f"no analyzer answers at {self.address}: {why}") from problem


def token_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the bearer token to ask with: the setting's, else the one that OTLP is sent with; None without any."""
    if settings.api_token is not None:
        return settings.api_token
    sent = parse_env_headers(environ.get(OTEL_EXPORTER_OTLP_HEADERS, ""), liberal=True).get("authorization", "")
    scheme, _, token = sent.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


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


def _refusal(address: str, status: int) -> AskingError:
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return BusyError(f"the analyzer at {address} is busy or has no database ({status})")
    if status == HTTPStatus.UNAUTHORIZED:
        return AskingError(
            f"the analyzer at {address} wants a bearer token for reading (401): set AGENT_ANALYTICS_API_TOKEN, or "
            f"{OTEL_EXPORTER_OTLP_HEADERS}=Authorization=Bearer%20TOKEN"
        )
    return AskingError(f"no analyzer is at {address} ({status}); --api says where to ask")
