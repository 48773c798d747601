"""Asks an analyzer that runs, over HTTP: what the commands share that do so."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_HEADERS
from opentelemetry.util.re import parse_env_headers

from otel_agent_analytics.addresses import checked, is_loopback
from otel_agent_analytics.errors import AgentAnalyticsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from otel_agent_analytics.service_settings import ServiceSettings

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where it listens, not where we do
_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class AskingError(AgentAnalyticsError, RuntimeError):
    """The analyzer does not answer what is asked; the text says why and what to do."""


class BusyError(AskingError):
    """It may answer later."""


class RefusedError(AskingError):
    """It says no; ``status`` is that of HTTP, and ``why`` what it says."""

    def __init__(self, address: str, status: int, why: str) -> None:
        hint = "; set AGENT_ANALYTICS_API_TOKEN to one that it takes" if status == HTTPStatus.UNAUTHORIZED else ""
        super().__init__(f"the analyzer at {address} says {status}: {why}{hint}")
        self.status = status
        self.why = why


class AnalyzerClient:
    """An analyzer at an address. Proxies are not asked the way to this machine.

    Args:
        address: ``http://HOST:PORT`` or ``https://…``.
        token: a bearer token; None: none is sent.
        timeout_seconds: how long to wait for an answer to begin, and for each part of it.

    Raises:
        UsageError: the address is none.
    """

    def __init__(self, address: str, token: str | None = None, *, timeout_seconds: float = 30.0) -> None:
        self.address = checked(address, "--api")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout_seconds = timeout_seconds
        proxies = [urllib.request.ProxyHandler({})] if is_loopback(address) else []
        self._opener = urllib.request.build_opener(*proxies)

    @contextmanager
    def ask(self, path: str, said: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Ask for what is at a path, or post an object there; yield the answer, to be read.

        Raises:
            BusyError: it does not answer, or says that it will later.
            RefusedError: it says no.
        """
        body = None if said is None else json.dumps(said).encode()
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, body, headers)  # noqa: S310 - checked above
        try:
            answer = self._opener.open(request, timeout=self._timeout_seconds)
        except urllib.error.HTTPError as refused:
            with refused:
                raise self._refusal(refused) from refused
        except OSError as problem:
            why = getattr(problem, "reason", problem)
            raise BusyError(f"no analyzer answers at {self.address}: {why}") from problem
        with answer:
            yield answer

    def _refusal(self, refused: urllib.error.HTTPError) -> AskingError:
        if refused.code in _LATER:
            return BusyError(f"the analyzer at {self.address} is busy or has no database ({refused.code})")
        try:
            why = str(json.load(refused)["error"])
        except (OSError, ValueError, KeyError, TypeError):
            why = refused.reason
        return RefusedError(self.address, refused.code, why)


def address_of(own: ServiceSettings) -> str:
    """Return where the analyzer of these settings is."""
    host, port = own.serve_http
    host = _EVERYWHERE.get(host, host)
    scheme = "http" if own.tls_certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def token_of(own: ServiceSettings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the bearer token to ask with: the setting's, else one of the analyzer's, else the one of OTLP; or None."""
    for token in (own.api_token, *own.admin_tokens, *own.read_tokens):
        if token is not None:
            return token
    sent = parse_env_headers(environ.get(OTEL_EXPORTER_OTLP_HEADERS, ""), liberal=True).get("authorization", "")
    scheme, _, sent_token = sent.partition(" ")
    return sent_token.strip() if scheme.lower() == "bearer" and sent_token.strip() else None
