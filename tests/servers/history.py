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
from tests.servers.scraped import INSTANCE, SECOND_INSTANCE, Analyzer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.servers.mixes import Mix
    from tests.servers.own_series import Own
    from tests.servers.pool import Source

SECOND_NS: Final = 10**9
OF_SERVICE: Final = "service_name"
DAY_SECONDS: Final = 86_400
EVERY_SECONDS: Final = 240
"""Between two scrapes of the days before: less than the five minutes for which Prometheus takes a value for true."""
EVERY_SECONDS_TODAY: Final = 60
_PIPELINE_SECONDS: Final = 120
"""Between two scrapes of a Collector on the last day, at the most: its rates are over ten minutes."""
BENT_SECONDS: Final = 3 * 3600
"""How long the pipeline has been broken, and a service silent, when a bad day ends."""
WHOLE: Final = "whole"
BROKEN: Final = "broken"
GONE: Final = "gone"
PIPELINES: Final = (WHOLE, BROKEN, GONE)
"""Folders beside those of the services: what is known beside conversations, on a good day, on one on which the
Collector loses data, and on one on which nothing can be scraped."""


class Past(NamedTuple):
    """What became of a service in its last day."""

    today: Mix = GOOD
    silent: bool = False
    """Whether there is nothing to be scraped of it in the last hours."""
    twice: bool = False
    """Whether two processes answer in turn then, one of which counts nothing."""
    apart: bool = False
    """Whether a second process is scraped then that counts nothing."""
    only: frozenset[str] = frozenset()
    """Names of the series that are written; empty: all."""

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.today.service.name


class History(NamedTuple):
    """What was written, in folders: one for each service, and one for each way in which the pipeline may be."""

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
    before: Mix = GOOD,
    pasts: Sequence[Past] = (Past(),),
    own: Sequence[Own] = OWN,
    every_seconds: int = EVERY_SECONDS,
    every_seconds_today: int = EVERY_SECONDS_TODAY,
) -> History:
    """Write the past of some services and of the pipeline.

    Args:
        folder: where to; it must not exist.
        until: when it ends, UTC seconds. It is evening then in the demo's day, whatever the clock says.
        days: how many, the last one included.
        before: what the days before the last one were like, for all services.
        pasts: the services, each with its last day.
        own: what is known beside conversations.
        every_seconds: between two scrapes of the days before the last.
        every_seconds_today: between two scrapes of the last day.
    """
    folder.mkdir(parents=True)
    made = History(folder, until - days * DAY_SECONDS, until)
    with ExitStack() as stack:
        writer = _Writer(made, pasts, own, stack)
        for number in range(days - 1):
            writer.write_day(number, [before], every_seconds)
        writer.part(before)
        writer.write_day(days - 1, [past.today for past in pasts], every_seconds_today)
    return made


class _Writer:
    """Lets the days of all services go by."""

    def __init__(self, made: History, pasts: Sequence[Past], own: Sequence[Own], stack: ExitStack) -> None:
        self._made, self._pasts, self._own = made, pasts, own
        names = (*PIPELINES, *(past.service for past in pasts))
        self._boards = {name: Board() for name in names}
        self._blocks = {name: stack.enter_context(Blocks(made.folder / name)) for name in names}
        self._behind: dict[str, Board] = {}
        self._analyzer = Analyzer()
        self._waiting: list[Source] = []
        self._parted = False
        self._turn = False

    def part(self, before: Mix) -> None:
        """From now on every service has conversations of its own, and goes on from what they have in common."""
        self._parted = True
        for blocks in self._blocks.values():
            blocks.cut()
        self._analyzer.spread(before.service, [past.today.service for past in self._pasts])

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
            step = min(every, _PIPELINE_SECONDS) if self._parted else every
            for moment in range(seconds - every + step, seconds + 1, step):
                self._write_pipelines(moment)

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
            service = labels.get(OF_SERVICE)
            if service is None:
                for pipeline in PIPELINES:
                    self._boards[pipeline].put(name, labels, value)
                continue
            for past in self._pasts:
                if (past.service == service or not self._parted) and (not past.only or name in past.only):
                    self._boards[past.service].put(name, {**labels, OF_SERVICE: past.service}, value)

    def _write_pipelines(self, seconds: int) -> None:
        bent = seconds - (self._made.until - BENT_SECONDS)
        for name in PIPELINES:
            for one in self._own:
                self._boards[name].put(one.name, one.labels, one.at(seconds - self._made.begin, bent, name))
            self._blocks[name].write(self._boards[name].text(seconds))

    def _write(self, seconds: int) -> None:
        bent = seconds > self._made.until - BENT_SECONDS
        for past in self._pasts:
            self._blocks[past.service].write(
                self._text(past, seconds) if bent else self._boards[past.service].text(seconds)
            )

    def _text(self, past: Past, seconds: int) -> str:
        """Return what is scraped of a service in the last hours."""
        board = self._boards[past.service]
        if past.silent:
            return ""
        if not (past.twice or past.apart):
            return board.text(seconds)
        if past.service not in self._behind:
            self._behind[past.service] = board.copy(SECOND_INSTANCE if past.apart else INSTANCE)
        behind = self._behind[past.service]
        if past.apart:
            return board.text(seconds) + behind.text(seconds)
        self._turn = not self._turn
        return (behind if self._turn else board).text(seconds)
