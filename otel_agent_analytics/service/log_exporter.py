"""One request with log records by OTLP over HTTP, and what the receiver's answer means for them."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Final, NamedTuple

import requests
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_CERTIFICATE,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE,
    OTEL_EXPORTER_OTLP_CLIENT_KEY,
    OTEL_EXPORTER_OTLP_HEADERS,
    OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE,
    OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE,
    OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY,
    OTEL_EXPORTER_OTLP_LOGS_HEADERS,
)
from opentelemetry.util.re import parse_env_headers

from otel_agent_analytics.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKEN: Final = "taken"
REFUSED: Final = "refused"
"""For ever: these records, sent again, will be refused again."""
LATER: Final = "later"
"""It may be taken when it is sent again, once the receiver, the way to it or the settings are others."""

_PATH: Final = "/v1/logs"
LONGEST_SECONDS: Final = 10.0
"""That a request may take."""
_MOST_BYTES: Final = 65_536
"""Of an answer that are read."""
_MOST_SAID: Final = 300
"""Characters of an answer that are told."""
_FAST: Final = 1
_SUCCESS, _CLIENT_ERROR = range(200, 300), range(400, 500)
_ABOUT_THE_WAY: Final = frozenset({401, 403, 404, 405, 407, 408, 425, 429})
"""Statuses that say nothing about the records: who may send, where to, and when."""


class Answer(NamedTuple):
    """What became of a request."""

    verdict: str
    """taken, refused or later."""
    said: str = ""
    """By the receiver, or of the way to it."""
    rejected: int = 0
    """How many records of a request that was taken were not."""
    retry_after_seconds: float = 0.0


NOTHING: Final = Answer(TAKEN)
"""Of no records."""


class LogExporter:
    """Sends log records to one receiver. Not thread-safe.

    Args:
        endpoint: base address; the path of logs is added to it, where it has not got that already.
        environ: has the standard variables of OTLP: headers and certificates.
    """

    def __init__(self, endpoint: str, environ: Mapping[str, str] = os.environ) -> None:
        self.address = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(endpoint)  # by a proxy this machine cannot be reached
        headers = _first(environ, OTEL_EXPORTER_OTLP_LOGS_HEADERS, OTEL_EXPORTER_OTLP_HEADERS) or ""
        self._session.headers.update(parse_env_headers(headers, liberal=True))
        self._session.headers.update({"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})
        self._verify = _first(environ, OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE, OTEL_EXPORTER_OTLP_CERTIFICATE) or True
        certificate = _first(environ, OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE)
        key = _first(environ, OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY, OTEL_EXPORTER_OTLP_CLIENT_KEY)
        self._certificate = (certificate, key) if certificate and key else certificate

    def send(self, body: bytes) -> Answer:
        """Send a request, for 10 seconds at most; a receiver that cannot be reached may be later."""
        packed = gzip.compress(body, _FAST)
        try:
            with self._session.post(
                self.address,
                data=packed,
                timeout=LONGEST_SECONDS,
                verify=self._verify,
                cert=self._certificate,
                allow_redirects=False,
                stream=True,
            ) as answer:
                said = answer.raw.read(_MOST_BYTES, decode_content=True)
                return _meaning(answer.status_code, said, answer.headers.get("Retry-After"))
        except (requests.RequestException, OSError) as problem:
            return Answer(LATER, f"{type(problem).__name__}: {problem}"[:_MOST_SAID])

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


def _first(environ: Mapping[str, str], *names: str) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _meaning(status: int, body: bytes, retry_after: str | None) -> Answer:
    if status in _SUCCESS:
        return _taken(body)
    verdict = REFUSED if status in _CLIENT_ERROR and status not in _ABOUT_THE_WAY else LATER
    seconds = float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0
    return Answer(verdict, f"{status} {_readable(body)}".rstrip(), retry_after_seconds=seconds)


def _taken(body: bytes) -> Answer:
    """Return how much of a request was taken; a receiver need not say it."""
    answer = ExportLogsServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return Answer(TAKEN)
    partly = answer.partial_success
    return Answer(TAKEN, _readable(partly.error_message.encode()), max(0, partly.rejected_log_records))


def _readable(body: bytes) -> str:
    """Return what an answer says, whether it is a text or one within a message."""
    text = "".join(char if char.isprintable() else " " for char in body.decode("utf-8", "ignore"))
    return " ".join(text.split())[:_MOST_SAID]
