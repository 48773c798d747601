"""The embedder that needs no network, against a stand-in for the package that it loads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = """
import numpy

class WordLlama:
    @classmethod
    def load(cls, *, cache_dir, disable_download):
        assert disable_download is True
        assert (cache_dir / "tokenizers").is_dir()
        return cls()

    def embed(self, texts, norm):
        assert isinstance(texts, list) and norm is True
        return numpy.ones((len(texts), 4), dtype=numpy.float64) / 2
"""


def test_it_loads_what_is_in_the_package_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told where its own files are, and to download nothing; rows are of one length and one kind."""
    from otel_agent_analytics.insights.wordllama import WordLlama

    (tmp_path / "wordllama" / "tokenizers").mkdir(parents=True)
    (tmp_path / "wordllama" / "__init__.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wordllama", raising=False)

    rows = WordLlama().embed(("late parcel", "refund"))
    sys.modules.pop("wordllama")
    assert rows.shape == (2, 4)
    assert str(rows.dtype) == "float32"


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so."""
    from otel_agent_analytics.insights.wordllama import WordLlama

    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(ImportError, match="wordllama"):
        WordLlama()
