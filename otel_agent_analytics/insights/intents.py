"""Intents of the user's own: names with a few examples each, from a file; a message has the one that it is nearest to.

    {
      "cancel an order": ["I want to cancel what I bought", "please stop my order"],
      "change the address": ["I have moved", "send it to another address"]
    }

Five to ten examples each serve well. Without an embedder nearness is the cosine of the words' first letters and of
character 4-grams, weighted by how rare they are among the examples, to the mean of each intent's examples. YAML serves
too where PyYAML is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.insights.lexical import Lexical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from otel_agent_analytics.insights.vectors import Embedder

OTHER: Final = "other"
"""The intent of a message that is near none."""
LEXICAL_NEAR: Final = 0.25
"""Cosine by letters from which on a message has an intent. Of messages that had one, 86 % reached it, and 57 % of those
that had none of the intents but another one of the same service."""
# Of messages whose nearest intent was ahead of the second by nothing, 40 % had it; by .08, 70 %; by .2 and more, 97 %.
_LEAST_CONFIDENCE: Final = 0.4
_PER_LEAD: Final = 3.0
_MOST_CONFIDENCE: Final = 0.95
_LONGEST_NAME: Final = 80
_MOST_INTENTS: Final = 500
_LONGEST_SHOWN: Final = 80


class Guess(NamedTuple):
    """What a message seems to want."""

    name: str
    confidence: float
    """How likely it is right, 0 to 1."""


class Intents:
    """The intents of one service.

    Args:
        examples: some texts for each name; see ``read_intents``.
        embedder: compares texts; without one their letters are compared.
    """

    def __init__(self, examples: Mapping[str, Sequence[str]], embedder: Embedder | None = None) -> None:
        if embedder is None:
            # Only an embedder's vectors need NumPy.
            self._closeness: Callable[[str], dict[str, float]] = Lexical(examples).closeness
            self._near = LEXICAL_NEAR
        else:
            from otel_agent_analytics.insights.embedded import Embedded

            self._closeness = Embedded(examples, embedder).closeness
            self._near = embedder.closeness.asked

    def of(self, text: str) -> Guess:
        """Return the intent that a message is nearest to; ``other`` where it is near none."""
        nearest = sorted(((close, name) for name, close in self._closeness(text).items()), reverse=True)
        (best, name), (second, _) = (*nearest, (0.0, ""), (0.0, ""))[:2]
        if best < self._near:
            return Guess(OTHER, _LEAST_CONFIDENCE)
        return Guess(name, min(_MOST_CONFIDENCE, _LEAST_CONFIDENCE + _PER_LEAD * (best - second)))


def read_intents(path: Path | str) -> dict[str, list[str]]:
    """Return the examples of each intent, as a JSON file has them, or a YAML file where PyYAML is installed.

    Raises:
        SettingError: the file cannot be read, or an intent in it is wrong; the text names file, intent and value.
    """
    path = Path(path)
    try:
        said = _reader(path)(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        raise SettingError(f"{path}: cannot be read: {problem}") from problem
    if not isinstance(said, dict) or not said or len(said) > _MOST_INTENTS:
        raise SettingError(
            f"{path}: must be 1 to {_MOST_INTENTS} names with a list of examples each, not {_shown(said)}"
        )
    return {_name(name, path): _examples(texts, f"{path}, {_shown(name)}") for name, texts in said.items()}


def _reader(path: Path) -> Callable[[str], Any]:
    if path.suffix.lower() not in (".yaml", ".yml"):
        return lambda text: json.loads(text, object_pairs_hook=_object)
    try:
        import yaml
    except ImportError as problem:
        raise SettingError(f"{path}: YAML needs the package PyYAML; or write the same as JSON") from problem

    def read(text: str) -> Any:
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as fault:
            raise ValueError(str(fault)) from fault

    return read


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{_shown(next(name for name in names if names.count(name) > 1))} stands twice")
    return found


def _name(name: Any, path: Path) -> str:
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME or name.strip() == OTHER:
        message = f"{path}: {_shown(name)} is no name of an intent; give 1 to {_LONGEST_NAME} characters, not {OTHER!r}"
        raise SettingError(message)
    return name.strip()


def _examples(texts: Any, place: str) -> list[str]:
    if not isinstance(texts, list) or not texts:
        raise SettingError(f"{place}: must have a list of examples, not {_shown(texts)}")
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            raise SettingError(f"{place}: {_shown(text)} is no example; give a message as a user would write it")
    return texts


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
