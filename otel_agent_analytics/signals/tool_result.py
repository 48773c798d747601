"""Does a tool's result say that the call failed?"""

from __future__ import annotations

import functools
import re


@functools.lru_cache(maxsize=8)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def says_failed(result: str, pattern: str) -> bool:
    """Return whether a tool's result matches the setting ``tool_error_pattern`` (by default: begins with ``Error``)."""
    return _compiled(pattern).search(result) is not None
