"""Does a tool's result say that the call failed?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.signals.tool_result import says_failed


@pytest.mark.parametrize(
    ("result", "pattern", "expected"),
    [
        ("Error: no such order", "^Error", True),
        ("no Error here", "^Error", False),
        ("", "^Error", False),
        ('{"status": "failed"}', r'"status": "failed"', True),
    ],
)
def test_failed_tool_result(result: str, pattern: str, expected: bool) -> None:
    """A tool failed when its result matches the pattern of the settings."""
    assert says_failed(result, pattern) is expected
