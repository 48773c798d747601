"""Samples → the text that promtool reads → blocks of a Prometheus database."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final, TextIO

from grafana.source.promql import counters, recorded
from otel_agent_analytics.outputs.catalogue import PER_PROCESS
from tests.servers.programs import program
from tests.servers.scraped import INSTANCE, JOB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_RECORDED: Final = frozenset(counters()) - {metric.name for metric in PER_PROCESS}
ONE_BLOCK: Final = "--max-block-duration=162h"
"""A stretch that promtool writes as one block, or as two where it lies across the border between them: it reads its
input anew for each."""
_MOST_CHARACTERS: Final = 150_000_000
"""How much is given to promtool at once."""
_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Board:
    """The latest value of each series, as text that only lacks the time."""

    def __init__(self) -> None:
        self._lines: dict[str, str] = {}
        self._names: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}

    def put(self, name: str, labels: Mapping[str, str], value: float | None) -> None:
        """Set a series as it was scraped, and what the rules record of it; None: it is no longer there."""
        key = name, tuple(labels.items())
        for shown in self._names.get(key) or self._named(key):
            if value is None:
                self._lines.pop(shown, None)
            else:
                self._lines[shown] = f"{shown} {value!r} "

    def copy(self, instance: str) -> Board:
        """Return a board that stays as this one is now; of another instance, only what is scraped of that one."""
        own, of = f'instance="{INSTANCE}"', f'instance="{instance}"'
        copied = Board()
        for series, line in self._lines.items():
            if instance == INSTANCE or own in series:
                copied._lines[series] = line.replace(own, of)
        return copied

    def text(self, seconds: int) -> str:
        """Return one sample of each series at a time, UTC seconds."""
        stamp = f"{seconds}\n"
        return stamp.join(self._lines.values()) + stamp if self._lines else ""

    def _named(self, key: tuple[str, tuple[tuple[str, str], ...]]) -> list[str]:
        name, labels = key
        said = {"job": JOB, "instance": INSTANCE, **dict(labels)}
        names = self._names[key] = [series(name, said)]
        if name in _RECORDED:
            names.append(series(recorded(name), {label: said[label] for label in said if label != "instance"}))
        return names


def series(name: str, labels: Mapping[str, str]) -> str:
    """Return a series as the exposition formats write it."""
    said = ",".join(f'{label}="{value.translate(_ESCAPED)}"' for label, value in labels.items())
    return f"{name}{{{said}}}"


class Blocks:
    """Writes samples, a stretch at a time, and lets promtool make blocks of each while the next is written.

    Args:
        folder: gets the blocks.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = self._written = 0
        self._text: TextIO | None = None
        self._running: list[tuple[Path, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        """Begin."""
        self.folder.mkdir(parents=True)
        return self

    def write(self, text: str) -> None:
        """Add samples, each series in the order of time."""
        if self._text is None:
            self._number += 1
            self._written = 0
            self._text = self._path().open("w")
        self._text.write(text)
        self._written += len(text)
        if self._written > _MOST_CHARACTERS:
            self.cut()

    def cut(self) -> None:
        """End a stretch."""
        if self._text is not None:
            self._text.write("# EOF\n")
            self._text.close()
            self._text = None
            command = ["tsdb", "create-blocks-from", "openmetrics", "--quiet", ONE_BLOCK]
            running = subprocess.Popen([program("promtool"), *command, self._path(), self.folder])
            self._running.append((self._path(), running))

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait until all blocks are there.

        Raises:
            RuntimeError: promtool could not make them.
        """
        self.cut()
        failed = [path.name for path, running in self._running if running.wait() != 0]
        for path, _ in self._running:
            path.unlink()
        if failed and problem is None:
            raise RuntimeError(f"promtool makes no blocks of {failed}")

    def _path(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-{self._number}.om")
