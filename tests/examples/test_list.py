"""examples/README.md and the headers of the programs."""

from __future__ import annotations

import ast
import re

import pytest

from tests.examples.conftest import EXAMPLES

TESTS = EXAMPLES.parent / "tests"
LIST = (EXAMPLES / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^\| \[(\w+\.py)\]\(\1\) \|", LIST, re.MULTILINE)
OTHERS = {"analyzer.py", "scripted_openai.py"}
"""What the programs share."""


def test_list_is_whole() -> None:
    """Every program is in the list once, and every file that it links is there."""
    assert sorted(PROGRAMS) == sorted({path.name for path in EXAMPLES.glob("*.py")} - OTHERS)
    for link in re.findall(r"\]\(([^)#:]+)", LIST):
        assert (EXAMPLES / link).exists(), link


@pytest.mark.parametrize("name", PROGRAMS)
def test_header_says_how_to_run_it(name: str) -> None:
    """The header of a program has a command that runs it, and there is a test that does."""
    header = ast.get_docstring(ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))) or ""

    assert re.search(rf"^    .*python (examples/)?{re.escape(name)}", header, re.MULTILINE)
    assert [path for path in TESTS.rglob("test_*.py") if f'"{name}"' in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    "extra", sorted(set(re.findall(r"[\[,](\w+)[\],]", " ".join(re.findall(r"`\.\[.*?\]`", LIST)))))
)
def test_extras_that_are_needed_exist(extra: str) -> None:
    """Every extra that the list names is one of the package's."""
    project = (EXAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8")

    assert re.search(rf"^{extra} = \[", project, re.MULTILINE)
