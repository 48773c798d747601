"""Three worlds that the tests of this folder share: they are built once, and end with the last of these tests."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from tests.servers import bad_day
from tests.servers.history import BROKEN, GONE, WHOLE, History, history
from tests.servers.pool import recorded_day
from tests.servers.programs import program
from tests.servers.worlds import World, prepare, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.pool import Recorded

DAYS: Final = 15
"""Rules compare the last seven days with the seven days before them."""
EVERY_SECONDS: Final = 1800
EVERY_SECONDS_TODAY: Final = 240
WORLDS: Final = {
    WHOLE: [bad_day.GOOD],
    BROKEN: [past for past in bad_day.PASTS if past is not bad_day.GOOD],
    GONE: [],
}


@pytest.fixture(scope="package")
def recorded() -> list[Recorded]:
    """Return the demo's day, of which all days are made."""
    for name in ("prometheus", "promtool", "alertmanager"):
        program(name)
    return recorded_day()


@pytest.fixture(scope="package")
def past(recorded: list[Recorded], tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return the fortnight before, and the last day of each service."""
    return history(
        tmp_path_factory.mktemp("days") / "past",
        int(time.time()),
        days=DAYS,
        before=bad_day.BEFORE,
        pasts=bad_day.PASTS,
        every_seconds=EVERY_SECONDS,
        every_seconds_today=EVERY_SECONDS_TODAY,
    )


@pytest.fixture(scope="package")
def worlds(past: History) -> Iterator[dict[str, World]]:
    """Return three worlds that share their past: a good day, a bad one, and one on which nothing can be scraped."""
    folder = past.folder.parent

    def prepared(name: str) -> Path:
        return prepare(folder / name, past, [one.service for one in WORLDS[name]], name)

    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        data = dict(zip(WORLDS, pool.map(prepared, WORLDS), strict=True))
        yield {name: stack.enter_context(world(folder / name, data[name])) for name in WORLDS}
