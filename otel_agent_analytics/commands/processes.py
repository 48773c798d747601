"""Programs of ours that a command starts, watches and ends: none of them outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_STOP_SECONDS: Final = 10.0
_LAST_LINES: Final = 5
_LONGEST_LOG: Final = 64 * 1024


class Program(NamedTuple):
    """A program that runs."""

    name: str
    """As messages call it."""
    process: subprocess.Popen[str]
    log: Path
    """What it writes to standard error."""
    reader: threading.Thread | None
    """Hears what it prints; None where nobody does."""

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more, and all that it printed was heard."""
        return (self.reader is None or not self.reader.is_alive()) and self.process.poll() is not None

    def end_told(self) -> str:
        """Return what to say of its end: how, and what it said last."""
        status = self.process.returncode
        how = f"was ended by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
        last = self.log.read_bytes()[-_LONGEST_LOG:].decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        return "\n".join([f"{self.name} {how}", *(f"  {line}" for line in last)])


@contextmanager
def started(
    name: str,
    arguments: Sequence[str],
    log: Path,
    environ: Mapping[str, str],
    hear: Callable[[str], None] | None = None,
) -> Iterator[Program]:
    """Run ``python ARGUMENTS`` while the block lasts; then it is ended, if it has not by itself.

    It is in a session of its own: what is typed at the terminal, Ctrl-C above all, reaches this process alone.

    Args:
        name: as messages call it.
        arguments: of Python.
        log: takes what it writes to standard error.
        environ: its environment.
        hear: called with each line that it prints, on a thread of its own; None: nobody hears.
    """
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - this very Python, and what this package says
            [sys.executable, *arguments],
            stdout=subprocess.DEVNULL if hear is None else subprocess.PIPE,
            stderr=errors,
            env=dict(environ),
            text=True,
            start_new_session=True,
        )
    reader = None if hear is None else threading.Thread(target=_read, args=(process, hear), daemon=True)
    try:
        if reader is not None:
            reader.start()
        yield Program(name, process, log, reader)
    finally:
        _end(process)
        if reader is not None:
            reader.join(_STOP_SECONDS)


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Take SIGTERM and SIGHUP for Ctrl-C while the block lasts, so that what was started is ended as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    taken = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _read(process: subprocess.Popen[str], hear: Callable[[str], None]) -> None:
    if process.stdout is not None:
        with process.stdout as lines:
            for line in lines:
                hear(line)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
