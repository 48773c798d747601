"""Days of conversations as a Prometheus would hold them that scraped an analyzer all the time: blocks of its database.

The conversations are the demo's, played once through the real Agents SDK; every day is dealt from them anew, with ids,
users and times of its own, and goes through the real tracker, totals and exposition in the order of event time. What
the rules record of each counter is written beside it. Exemplars are left out: promtool does not read them.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.servers.blocks import Blocks, Board
from tests.servers.mixes import GOOD, day
from tests.servers.own_series import OWN
from tests.servers.pool import end_ns
from tests.servers.scraped import Analyzer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.servers.mixes import Mix
    from tests.servers.own_series import Own
    from tests.servers.pool import Source

SECOND_NS: Final = 10**9
DAY_SECONDS: Final = 86_400
EVERY_SECONDS: Final = 240
"""Between two scrapes of the days before: less than the five minutes for which Prometheus takes a value for true."""
EVERY_SECONDS_TODAY: Final = 60
BENT_SECONDS: Final = 3 * 3600
"""How long the pipeline has been broken, and a service silent, when a bad day ends."""
WHOLE: Final = "whole"
BROKEN: Final = "broken"
"""Folders beside those of the services: what is known beside conversations, on a good day and on a bad one."""


class Past(NamedTuple):
    """A service's days before, and its last one."""

    before: Mix = GOOD
    today: Mix = GOOD
    silent: bool = False
    """Whether there is nothing to be scraped of it in the last hours."""
    twice: bool = False
    """Whether two processes answer in turn then, one of which counts nothing."""

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.before.service.name


class History(NamedTuple):
    """What was written, in folders: one for each service, and for the pipeline on a good day and on a bad one."""

    folder: Path
    begin: int
    """When the first day begins, UTC seconds."""
    until: int
    """When the last day ends, UTC seconds."""

    def fill(self, data: Path, services: Sequence[str], pipeline: str = WHOLE) -> Path:
        """Fill a Prometheus data folder with the past of some services and of the pipeline; return it."""
        for name in (*services, pipeline):
            shutil.copytree(self.folder / name, data, dirs_exist_ok=True)
        return data


def history(
    folder: Path,
    until: int,
    *,
    days: int = 8,
    pasts: Sequence[Past] = (Past(),),
    own: Sequence[Own] = OWN,
    every_seconds: int = EVERY_SECONDS,
) -> History:
    """Write the past of some services and of the pipeline.

    Args:
        folder: where to; it must not exist.
        until: when it ends, UTC seconds. It is evening then in the demo's day, whatever the clock says.
        days: how many, the last one included.
        pasts: the services, each with its days.
        own: what is known beside conversations.
        every_seconds: between two scrapes of the days before the last.
    """
    folder.mkdir(parents=True)
    made = History(folder, until - days * DAY_SECONDS, until)
    with ExitStack() as stack:
        writer = _Writer(made, pasts, own, stack)
        for number in range(days):
            last = number == days - 1
            mixes = [past.today if last else past.before for past in pasts]
            writer.write_day(number, mixes, EVERY_SECONDS_TODAY if last else every_seconds)
    return made


class _Writer:
    """Lets the days of all services go by."""

    def __init__(self, made: History, pasts: Sequence[Past], own: Sequence[Own], stack: ExitStack) -> None:
        self._made, self._pasts, self._own = made, pasts, own
        names = (WHOLE, BROKEN, *(past.service for past in pasts))
        self._boards = {name: Board() for name in names}
        self._blocks = {name: stack.enter_context(Blocks(made.folder / name)) for name in names}
        self._asleep: dict[str, Board] = {}
        self._analyzer = Analyzer()
        self._waiting: list[Source] = []

    def write_day(self, number: int, mixes: Sequence[Mix], every: int) -> None:
        begin = self._made.begin + number * DAY_SECONDS
        for mix in mixes:
            self._waiting += day(mix, begin * SECOND_NS, number)
        self._waiting.sort(key=end_ns, reverse=True)
        for seconds in range(begin + every, begin + DAY_SECONDS + 1, every):
            for mix in mixes:
                self._note(mix, seconds, every)
            self._scrape(seconds)
            self._write(seconds)
        for blocks in self._blocks.values():
            blocks.cut()

    def _note(self, mix: Mix, seconds: int, every: int) -> None:
        """Say what a receiver says of the pipeline, evenly over the hours."""
        for what, an_hour in mix.noted.items():
            amount = an_hour * seconds // 3600 - an_hour * (seconds - every) // 3600
            if amount:
                self._analyzer.note(what, mix.service, amount)

    def _scrape(self, seconds: int) -> None:
        now_ns, taken = seconds * SECOND_NS, []
        while self._waiting and end_ns(self._waiting[-1]) <= now_ns:
            taken.append(self._waiting.pop())
        self._analyzer.take(taken, now_ns)
        for name, labels, value in self._analyzer.scrape():
            service = labels.get("service_name")
            for board in (service,) if service is not None else (WHOLE, BROKEN):
                self._boards[board].put(name, labels, value)

    def _write(self, seconds: int) -> None:
        bent = seconds - (self._made.until - BENT_SECONDS)
        for name, late in ((WHOLE, 0), (BROKEN, bent)):
            for one in self._own:
                self._boards[name].put(one.name, one.labels, one.at(seconds - self._made.begin, late))
            self._blocks[name].write(self._boards[name].text(seconds))
        for past in self._pasts:
            board = self._boards[past.service]
            if past.twice and bent > 0 and seconds // EVERY_SECONDS_TODAY % 2:
                board = self._asleep.get(past.service) or self._asleep.setdefault(past.service, board.copy())
            if not (past.silent and bent > 0):
                self._blocks[past.service].write(board.text(seconds))
