"""The whole chain, once for each worker, and a day that was replayed through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.chain import Chain
from tests.servers.day import Day, play
from tests.servers.members import PROGRAMS, Options
from tests.servers.programs import program

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """All servers; Prometheus scrapes every second, and the analyzer waits two seconds for what is late."""
    for name in PROGRAMS:
        program(name)
    options = Options({"AGENT_ANALYTICS_LATENESS_SECONDS": "2"}, scrape_seconds=1)
    with Chain(tmp_path_factory.mktemp("chain"), options=options) as running:
        yield running


@pytest.fixture(scope="session")
def day(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A made-up day of 60 conversations, moved to now and sent through the Collector."""
    return play(chain, tmp_path_factory.mktemp("day"), conversations=60)
