"""The page for users says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.dialects import names
from otel_agent_analytics.dialects.detect import DIALECTS
from otel_agent_analytics.dialects.identity import CONVERSATION_KEYS, USER_KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "other-frameworks.md").read_text(encoding="utf-8")


def test_ids_in_their_order() -> None:
    """The numbered list has every attribute that names a conversation, in the order in which they are tried."""
    listed = [match[1] for match in re.finditer(r"^\d+\. (?:OpenInference's )?`([^`]+)`", PAGE, re.MULTILINE)]
    prefixes = (names.TRACELOOP_PROPERTIES, names.LANGSMITH_METADATA, names.VERCEL_METADATA)

    def entry(key: str) -> str:
        prefix = next((one for one in prefixes if key.startswith(one)), None)
        return key if prefix is None else f"{prefix}*"

    assert listed == [*dict.fromkeys(map(entry, CONVERSATION_KEYS)), names.OPENINFERENCE_METADATA]
    (keys,) = re.findall(r"properties\.\*`: (.*), each also", PAGE)
    assert re.findall(r"`(\w+)`", keys) == list(v.CONVERSATION_METADATA_KEYS)


def test_users_and_dialects_are_named() -> None:
    """Every attribute that names a user, and every dialect, is on the page."""
    prefixes = (names.TRACELOOP_PROPERTIES, names.LANGSMITH_METADATA, names.VERCEL_METADATA)
    plain = [key for key in USER_KEYS if not key.startswith(prefixes)]

    assert len(plain) == 7
    assert [key for key in plain if f"`{key}`" not in PAGE] == []
    assert [name for name in DIALECTS if name not in PAGE.lower()] == []
