"""Builds what is committed below ``grafana/``: ``python -m grafana.source [--check]``; with --check it only looks.

Exits 1 where a file differs, is missing or is there and built no more.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
BUILDERS: Final = ("grafana.source.rules", "grafana.source.dashboards")
"""Packages with a function ``build() -> dict[str, str]``: the text of each file, by its path in the repository."""
MARK: Final = "Built by `python -m grafana.source`"
"""What a file that is built has in its beginning, so that one that is built no more is known."""


def built() -> dict[str, str]:
    """Return the text of every file that is built, by its path in the repository."""
    texts: dict[str, str] = {}
    for name in BUILDERS:
        if importlib.util.find_spec(name):
            texts |= importlib.import_module(name).build()
    return texts


def differing(texts: dict[str, str]) -> list[str]:
    """Return the paths whose files are missing or other than what is built, and of files that are built no more."""
    wrong = [path for path, text in texts.items() if not _same(ROOT / path, text)]
    folders = {(ROOT / path).parent for path in texts}
    left = (file for folder in folders if folder.is_dir() for file in folder.iterdir() if file.is_file())
    gone = [str(file.relative_to(ROOT)) for file in left if MARK in file.read_text()[:2000]]
    return sorted({*wrong, *(path for path in gone if path not in texts)})


def _same(file: Path, text: str) -> bool:
    return file.exists() and file.read_text() == text


def _write(texts: dict[str, str], paths: list[str]) -> None:
    for path in paths:
        if path not in texts:
            (ROOT / path).unlink()
            continue
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(texts[path])


def main() -> int:
    """Write what differs, or only say so; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grafana.source", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say which files differ; exit 1 where any does")
    only_look = parser.parse_args().check
    texts = built()
    paths = differing(texts)
    if not only_look:
        _write(texts, paths)
    for path in paths:
        print(f"{'differs' if only_look else 'written'}: {path}")
    return int(only_look and bool(paths))


if __name__ == "__main__":
    sys.exit(main())
