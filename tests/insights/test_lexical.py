"""How near is a message to examples, by its letters?"""

from __future__ import annotations

import pytest

from otel_agent_analytics.insights.lexical import Lexical

EXAMPLES = {"cancel": ["cancel my order", "stop the order"], "address": ["I have moved", "new address please"]}


def test_an_example_is_near_its_own_name() -> None:
    """Nearer than to any other, and nothing is nearer than 1."""
    for name, texts in EXAMPLES.items():
        for text in texts:
            closeness = Lexical(EXAMPLES).closeness(text)
            assert max(closeness, key=lambda one: closeness[one]) == name
            assert closeness[name] <= 1 + 1e-9


def test_the_only_example_is_at_one() -> None:
    """The same text as a name's only example has cosine 1, in any case."""
    assert Lexical({"moved": ["I have moved"]}).closeness("i HAVE moved")["moved"] == pytest.approx(1)


def test_other_forms_of_a_word_are_near() -> None:
    """Another ending of a word changes little."""
    closeness = Lexical(EXAMPLES).closeness("cancelling orders")

    assert closeness["cancel"] > 0.3
    assert closeness.get("address", 0) < 0.1


def test_words_that_no_example_has_make_it_less_near() -> None:
    """A message of which the examples know one word is near nothing."""
    lexical = Lexical(EXAMPLES)

    assert (
        lexical.closeness("order a wonderful giraffe for breakfast")["cancel"]
        < lexical.closeness("order")["cancel"] / 2
    )


@pytest.mark.parametrize("text", ["", "4711 !?", "giraffe"])
def test_nothing_in_common(text: str) -> None:
    """A message without words, or with none of theirs, is near none."""
    assert Lexical({"moved": ["I have moved"]}).closeness(text).get("moved", 0) < 0.05


def test_no_examples() -> None:
    """Where there are none, nothing is near."""
    assert Lexical({}).closeness("cancel my order") == {}
