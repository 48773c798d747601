"""The page of what is promised names every promise once, and for each of them tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from otel_agent_analytics.outputs.catalogue import CATALOGUE

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
PROMISES: Final = {"A": 10, "B": 12, "C": 9, "D": 4, "E": 11}
"""How many there are in each chapter."""
ROW: Final = re.compile(r"^\| \*\*([A-E]\d+)\*\* ", re.MULTILINE)
TEST: Final = re.compile(r"`(tests/[^`:]+\.py)::(\w+)(?:\[[^`]*\])?`")
ROWS: Final = [line for line in PAGE.splitlines() if ROW.match(line)]


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the names of the test functions of a file; of one that is not there, none."""
    if not path.is_file():
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    written = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(one.name for one in written if isinstance(one, functions) and one.name.startswith("test_"))


def test_every_promise_is_there_once() -> None:
    """Each id stands at the head of one row, in order, and no other id does."""
    ids = [f"{chapter}{number + 1}" for chapter, last in PROMISES.items() for number in range(last)]

    assert ROW.findall(PAGE) == ids


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ROW.findall(row)[0])
def test_every_promise_has_tests_that_there_are(row: str) -> None:
    """A row has three columns, and in the last one nothing but one to eight tests, each in the file that it says."""
    what, where, proofs = row.removeprefix("| ").removesuffix(" |").split(" | ")
    named = [TEST.fullmatch(proof) for proof in proofs.split("<br>")]

    assert what
    assert where
    assert 1 <= len(named) <= 8
    for proof, found in zip(proofs.split("<br>"), named, strict=True):
        assert found is not None, proof
        assert found[2] in functions_of(ROOT / found[1]), proof


def test_what_is_missing_is_said() -> None:
    """Where a promise is kept in part the mark is followed by what is missing."""
    marked = [row for row in ROWS if "**Partly**" in row]

    assert marked
    assert [ROW.findall(row)[0] for row in marked if not re.search(r"\*\*Partly\*\*: .{20}", row)] == []


def test_metrics_that_it_names_exist() -> None:
    """Every metric on the page is in the catalogue."""
    named = set(re.findall(r"`(?:agent_analytics|…)_([a-z_]+)(?:\{[a-z_,]+\})?`", PAGE))

    assert len(named) > 15
    assert {f"agent_analytics_{name}" for name in named} - {metric.name for metric in CATALOGUE} == set()
