"""One request by OTLP over HTTP, with log records or metrics, and what the receiver's answer means for them."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import requests
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.util.re import parse_env_headers

from otel_agent_analytics.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAKEN: Final = "taken"
REFUSED: Final = "refused"
"""For ever: these records, sent again, will be refused again."""
LATER: Final = "later"
"""It may be taken when it is sent again, once the receiver, the way to it or the settings are others."""

_VARIABLES: Final = "OTEL_EXPORTER_OTLP"
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
    """How many records, or data points, of a request that was taken were not."""
    retry_after_seconds: float = 0.0


NOTHING: Final = Answer(TAKEN)
"""Of no records."""


class Signal(NamedTuple):
    """One kind of what is sent."""

    name: str
    """As it stands in the path of its requests."""
    response: Callable[[], Any]
    """Makes the message that answers a request."""
    rejected: str
    """The field of that message's partial success that says how many were not taken."""

    @property
    def path(self) -> str:
        """The path of its requests."""
        return f"/v1/{self.name}"


LOGS: Final = Signal("logs", ExportLogsServiceResponse, "rejected_log_records")
METRICS: Final = Signal("metrics", ExportMetricsServiceResponse, "rejected_data_points")


class OtlpExporter:
    """Sends one kind of telemetry to one receiver. Not thread-safe.

    Args:
        endpoint: base address; the path of the signal is added to it, where it has not got that already.
        environ: has the standard variables of OTLP: headers and certificates, for the signal or for all.
        signal: what is sent.
    """

    def __init__(self, endpoint: str, environ: Mapping[str, str] = os.environ, signal: Signal = LOGS) -> None:
        self._signal = signal
        self.address = endpoint if endpoint.endswith(signal.path) else endpoint.rstrip("/") + signal.path
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(endpoint)  # by a proxy this machine cannot be reached
        headers = self._given(environ, "HEADERS") or ""
        self._session.headers.update(parse_env_headers(headers, liberal=True))
        self._session.headers.update({"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"})
        self._verify = self._given(environ, "CERTIFICATE") or True
        certificate, key = self._given(environ, "CLIENT_CERTIFICATE"), self._given(environ, "CLIENT_KEY")
        self._certificate = (certificate, key) if certificate and key else certificate

    def _given(self, environ: Mapping[str, str], what: str) -> str | None:
        """Return what a standard variable says, that of the signal before that of all."""
        names = f"{_VARIABLES}_{self._signal.name.upper()}_{what}", f"{_VARIABLES}_{what}"
        return next((environ[name] for name in names if environ.get(name)), None)

    def send(self, body: bytes, seconds: float = LONGEST_SECONDS) -> Answer:
        """Send a request and wait so many seconds for each part of the answer; one that cannot be sent may be later."""
        packed = gzip.compress(body, _FAST)
        try:
            with self._session.post(
                self.address,
                data=packed,
                timeout=seconds,
                verify=self._verify,
                cert=self._certificate,
                allow_redirects=False,
                stream=True,
            ) as answer:
                said = answer.raw.read(_MOST_BYTES, decode_content=True)
                return _meaning(self._signal, answer.status_code, said, answer.headers.get("Retry-After"))
        except (requests.RequestException, OSError) as problem:
            return Answer(LATER, f"{type(problem).__name__}: {problem}"[:_MOST_SAID])

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()


def _meaning(signal: Signal, status: int, body: bytes, retry_after: str | None) -> Answer:
    if status in _SUCCESS:
        return _taken(signal, body)
    verdict = REFUSED if status in _CLIENT_ERROR and status not in _ABOUT_THE_WAY else LATER
    seconds = float(retry_after) if retry_after is not None and retry_after.isdecimal() else 0.0
    return Answer(verdict, f"{status} {_readable(body)}".rstrip(), retry_after_seconds=seconds)


def _taken(signal: Signal, body: bytes) -> Answer:
    """Return how much of a request was taken; a receiver need not say it."""
    answer = signal.response()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return Answer(TAKEN)
    partly = answer.partial_success
    return Answer(TAKEN, _readable(partly.error_message.encode()), max(0, getattr(partly, signal.rejected)))


def _readable(body: bytes) -> str:
    """Return what an answer says, whether it is a text or one within a message."""
    text = "".join(char if char.isprintable() else " " for char in body.decode("utf-8", "ignore"))
    return " ".join(text.split())[:_MOST_SAID]
