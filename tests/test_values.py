"""What may stand on a span: whatever goes in, None, a mark or a value that OTLP can carry comes out."""

from __future__ import annotations

import enum
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.values import (
    LONGEST_NAME,
    LONGEST_VALUE,
    UNSOUND,
    name,
    note_unsound,
    number,
    scalar,
    sound,
    text,
    whole,
)
from tests.helpers.junk import Hostile, Unbound

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 2**63 - 1


class Word(enum.StrEnum):
    HELLO = "hello"


class Level(enum.IntEnum):
    HIGH = 7


class Liar(str):
    """A text whose own methods tell lies."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\ud800" * 2000

    def __len__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")

    def __getitem__(self, _: Any) -> str:
        return self

    def isascii(self) -> bool:
        return True


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**66),
    st.floats(),
    st.text(st.characters(), max_size=20),  # lone surrogates too
    st.binary(max_size=20),
    st.complex_numbers(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.integers(), st.text(max_size=3), max_size=3),
    st.builds(Hostile),
    st.sampled_from(
        [
            Word.HELLO, Level.HIGH, Liar("x"), "x" * 5_000_000, "\ud800" * 300, "😀" * 2000, object(),
            10**6000, -(10**6000), (), {1}, iter(()),
        ]
    ),
)  # fmt: skip


def encoded(value: Any) -> bytes:
    """Return a value as OTLP's protobuf; fails for what that cannot carry."""
    field = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}[type(value)]
    found: bytes = AnyValue(**{field: value}).SerializeToString()
    return found


def faults() -> int:
    """Return how many unsound values were counted so far."""
    return Counter(fault_counts())["values.unsound"]


# --- whatever goes in -------------------------------------------------------------------------------------------------


@given(ANYTHING, st.integers(1, 2000))
@example(value=Liar("é" * 5000), longest=10)
def test_text_is_clean(value: Any, longest: int) -> None:
    """A text is None, unsound, or a plain string that is not empty, not too long, and that OTLP can carry."""
    found = text(value, longest)

    if found is None:
        assert value is None or (isinstance(value, str) and str.__len__(value) == 0)
    elif found is UNSOUND:
        assert not isinstance(value, str)
    else:
        assert type(found) is str
        assert 0 < len(found) <= longest
        assert encoded(found)


@given(ANYTHING)
def test_name_is_a_short_text(value: Any) -> None:
    """A name is what `text` says of it, cut after 256 characters."""
    assert name(value) == text(value, LONGEST_NAME)
    assert LONGEST_NAME == 256


@given(ANYTHING)
def test_whole_is_clean(value: Any) -> None:
    """A count is None, unsound, or a plain integer from 0 to 2**63-1, the same as went in."""
    found = whole(value)

    assert (found is None) is (value is None)
    if found is not None and found is not UNSOUND:
        assert type(found) is int
        assert 0 <= found <= LARGEST
        assert found == value
        encoded(found)


@given(ANYTHING)
def test_number_is_clean(value: Any) -> None:
    """A number is None, unsound, or a finite float."""
    found = number(value)

    assert (found is None) is (value is None)
    if found is not None and found is not UNSOUND:
        assert type(found) is float
        assert math.isfinite(found)
        assert found == float(value)
        encoded(found)


@given(ANYTHING, st.integers(1, 2000))
def test_scalar_is_clean(value: Any, longest: int) -> None:
    """Any value at all becomes None, unsound, or one that OTLP can carry, of bounded length."""
    found = scalar(value, longest)

    if found is not None and found is not UNSOUND:
        encoded(found)
        assert not isinstance(found, str) or len(found) <= longest


@given(st.dictionaries(st.text("ab", max_size=3), ANYTHING.map(scalar) | st.just(UNSOUND) | st.none(), max_size=8))
def test_sound_is_clean(said: dict[str, Any]) -> None:
    """Attributes lose what is not there without a word, and what is unsound with a count of each."""
    before, given_keys = faults(), dict(said)
    found = sound(said)

    assert found == {key: value for key, value in given_keys.items() if value is not None and value is not UNSOUND}
    assert faults() - before == sum(value is UNSOUND for value in given_keys.values())


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hello", "hello"),
        ("", None),
        (None, None),
        ("é😀", "é😀"),
        ("a\ud800b", "a?b"),
        ("x" * 2000, "x" * LONGEST_VALUE),
        ("😀" * 2000, "😀" * LONGEST_VALUE),
        (Word.HELLO, "hello"),
        (Liar(""), None),
        (Liar("secret"), "secret"),
        (7, UNSOUND),
        (b"bytes", UNSOUND),
        (["a"], UNSOUND),
        (False, UNSOUND),
    ],
)
def test_text(value: Any, expected: Any) -> None:
    """Strings of any kind are texts, cut and made encodable; nothing else is."""
    assert text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0), (LARGEST, LARGEST), (None, None),
        (-1, UNSOUND), (LARGEST + 1, UNSOUND), (True, UNSOUND), (1.0, UNSOUND), ("1", UNSOUND),
    ],
)  # fmt: skip
def test_whole(value: Any, expected: Any) -> None:
    """A count is an integer from 0 that fits into 64 bits; a truth value is none."""
    assert whole(value) is expected or whole(value) == expected
    assert whole(False) is UNSOUND


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0.0), (0.5, 0.5), (-2, -2.0), (None, None), (5e-324, 5e-324),
        (math.nan, UNSOUND), (math.inf, UNSOUND), (-math.inf, UNSOUND), (2**70, UNSOUND), (10**400, UNSOUND),
        (1e300, UNSOUND), (True, UNSOUND), ("0.5", UNSOUND), (1j, UNSOUND),
    ],
)  # fmt: skip
def test_number(value: Any, expected: Any) -> None:
    """A number is finite and a float; nothing else is turned into one."""
    assert number(value) is expected or number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True), (7, 7), (-7, -7), (0.5, 0.5), (None, None), ("a\udfff", "a?"), ("", None),
        (2**70, str(2**70)), (b"x", "b'x'"), ([1, {"a": 2}], "[1, {'a': 2}]"), (Level.HIGH, "7"), (Word.HELLO, "hello"),
        pytest.param(10**6000, UNSOUND, id="huge"), (["x" * 5000], "['" + "x" * (LONGEST_VALUE - 2)),
    ],
)  # fmt: skip
def test_scalar(value: Any, expected: Any) -> None:
    """Numbers and truth values stay; anything else becomes its text, where it has one."""
    assert scalar(value) is expected or scalar(value) == expected


@pytest.mark.parametrize("read", [text, name, whole, number, scalar])
@pytest.mark.parametrize("kind", [Hostile, Unbound])
def test_what_refuses_every_question(read: Callable[[Any], Any], kind: type) -> None:
    """An object that fails whatever it is asked, such as a web framework's unbound proxy, is unsound like any other."""
    found = read(kind())  # not in the assertion, which would ask it more

    assert found is UNSOUND


def test_sound() -> None:
    """Clean attributes are handed back as they are; of others the clean part, and each unsound one is counted."""
    clean = {"a": "x", "b": 1, "c": True, "d": 0.5, "e": ("x", "y")}
    before = faults()

    assert sound(clean) is clean
    assert faults() == before
    assert sound({**clean, "gone": None, "bad": UNSOUND, "list": ["x"], "object": Word.HELLO}) == clean
    assert faults() == before + 3


def test_what_is_said_of_an_unsound_value(caplog: pytest.LogCaptureFixture) -> None:
    """An unsound value is counted, and its log line names the attribute and the type, never the value."""
    before = faults()
    note_unsound("gen_ai.tool.name", ["a secret"])
    note_unsound("gen_ai.tool.name", UNSOUND)

    assert faults() == before + 2
    assert "a secret" not in caplog.text
