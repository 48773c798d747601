"""An embedder that needs no network: the static word vectors of WordLlama, which come with that package.

256 numbers a text, 0.04 ms, 100 MB of memory. Its vectors are of English. Measured against the vectors that are learnt
from the messages alone: ``docs/performance.md``.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from otel_agent_analytics.insights.partition import Closeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.lsa import Vectors


class WordLlama:
    """Mean of the vectors of a text's tokens, scaled to length 1.

    Raises:
        ImportError: the package ``wordllama`` is not installed.
    """

    name: Final = "wordllama-l2-supercat-256"
    closeness: Final = Closeness(near=0.40, alike=0.75, asked=0.50)

    def __init__(self) -> None:
        library = importlib.import_module("wordllama")
        # Where it looks by itself there is no tokenizer, and it would ask a model hub; this folder has it.
        folder = Path(str(library.__file__)).parent
        self._model: Any = library.WordLlama.load(cache_dir=folder, disable_download=True)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length 1 for each text."""
        return np.asarray(self._model.embed(list(texts), norm=True), dtype=np.float32)
