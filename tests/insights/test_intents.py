"""Intents of the user's own: the file, and which one a message has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.insights.intents import OTHER, Intents, read_intents
from tests.insights.test_topics import Letters

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {
    "cancel an order": ["I want to cancel what I bought", "please stop my order", "cancel it"],
    "change the address": ["I have moved", "send it to another address", "my new address"],
}


def test_the_nearest_intent() -> None:
    """A message has the intent whose examples it is nearest to."""
    intents = Intents(EXAMPLES)

    assert intents.of("can you cancel my order").name == "cancel an order"
    assert intents.of("the address has changed, I moved").name == "change the address"


@pytest.mark.parametrize("text", ["giraffes sing opera in winter", "", "4711"])
def test_near_none(text: str) -> None:
    """A message that has next to nothing in common with any example wants something else."""
    assert Intents(EXAMPLES).of(text).name == OTHER


def test_confidence_grows_with_the_lead() -> None:
    """Least where two intents are as near, at most .95."""
    sure = Intents(EXAMPLES).of("I want to cancel what I bought")
    unsure = Intents({"one": ["refund for shoes"], "two": ["refund for shirts"]}).of("refund")

    assert 0.4 <= unsure.confidence < 0.5 < sure.confidence <= 0.95


def test_an_embedder_compares() -> None:
    """With an embedder its vectors decide, and its own threshold."""
    intents = Intents({"a": ["aab"], "x": ["xxy"]}, Letters())

    assert intents.of("aba").name == "a"
    assert intents.of("xyx").name == "x"
    assert intents.of("mmm").name == OTHER


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_file_is_read(tmp_path: Path, form: str) -> None:
    """JSON and YAML say the same; names lose the spaces around them."""
    path = tmp_path / f"intents.{form}"
    text = json.dumps({" refund ": ["money back", "I return it"], "address": ["I moved"]})
    path.write_text(text if form == "json" else '" refund ":\n  - money back\n  - I return it\naddress: [I moved]\n')

    assert read_intents(path) == {"refund": ["money back", "I return it"], "address": ["I moved"]}


@pytest.mark.parametrize(
    ("content", "said_of_it"),
    [
        ("{", "cannot be read"),
        ('{"a": ["x"], "a": ["y"]}', "'a' stands twice"),
        ("[]", r"names with a list of examples each, not \[\]"),
        ("{}", "names with a list of examples each"),
        ('{"": ["x"]}', "'' is no name"),
        ('{"other": ["x"]}', "'other' is no name"),
        (json.dumps({"n" * 81: ["x"]}), "is no name"),
        ('{"refund": "money back"}', "'refund': must have a list of examples, not 'money back'"),
        ('{"refund": []}', "'refund': must have a list of examples"),
        ('{"refund": ["money", 4]}', "'refund': 4 is no example"),
        ('{"refund": ["money", " "]}', "'refund': ' ' is no example"),
        (json.dumps({f"n{number}": ["x"] for number in range(501)}), "1 to 500 names"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, said_of_it: str) -> None:
    """The message names file, intent and value."""
    path = tmp_path / "intents.json"
    path.write_text(content)

    with pytest.raises(SettingError, match=said_of_it) as refused:
        read_intents(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("content", ["a: [", "- x", "5: [x]"])
def test_wrong_yaml_is_refused(tmp_path: Path, content: str) -> None:
    """As JSON is."""
    path = tmp_path / "intents.yml"
    path.write_text(content)

    with pytest.raises(SettingError, match=r"intents\.yml"):
        read_intents(path)


def test_a_missing_file(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(SettingError, match=r"nowhere\.json"):
        read_intents(tmp_path / "nowhere.json")


def test_names_are_those_of_the_file(tmp_path: Path) -> None:
    """What is read can be asked."""
    path = tmp_path / "intents.json"
    path.write_text(json.dumps(EXAMPLES))
    found: Any = Intents(read_intents(path)).of("please stop my order")

    assert found.name == "cancel an order"
