"""Asks an analyzer what became of conversations. Used by the programs beside it."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDRESS = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318").rstrip("/")
"""OTLP and the API are at one address of the analyzer; behind a Collector they are not, and this asks the wrong one."""


def ask(path: str, body: Any = None, **parameters: str | Sequence[str]) -> Any:
    """Return the answer to a question of the API, or to what is posted to it.

    Raises:
        OSError: there is no analyzer, or it refuses.
    """
    url = f"{ADDRESS}/api/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
    posted = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, posted, {"Content-Type": "application/json"})  # noqa: S310 - its own analyzer
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        return json.load(answer)


def ended(conversation_ids: Sequence[str], patience_seconds: float = 150) -> list[dict[str, Any]]:
    """Return the episodes of these conversations, once all of them have ended.

    Raises:
        TimeoutError: they have not, within the patience.
    """
    give_up = time.monotonic() + patience_seconds
    while time.monotonic() < give_up:
        known = ask("episodes", id=conversation_ids)["conversations"]
        found = [episode for one in known for episode in one["episodes"]]
        if {episode["conversation_id"] for episode in found} == set(conversation_ids):
            return found
        time.sleep(0.5)
    raise TimeoutError(f"not all of these have ended after {patience_seconds} seconds: {', '.join(conversation_ids)}")
