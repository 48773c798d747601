"""Behind the analyzer a conversation is what it is in process, wherever its spans arrive and whatever breaks."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS
from otel_agent_analytics.service.analyzer import Analyzer
from otel_agent_analytics.storage.postgres import PostgresDatabase
from tests.helpers.databases import NO_POSTGRES, new_database, postgres
from tests.helpers.script import write
from tests.helpers.traffic import DAY_NS, HOUR_NS, day_of, end_ns, price, straight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from otel_agent_analytics.conversations.events import Service
    from otel_agent_analytics.outputs.totals import Totals
    from otel_agent_analytics.storage.database import Database, Read, Transaction
    from otel_agent_analytics.storage.rows import Row
    from tests.helpers.script import Source

PER_BATCH = {"agent_analytics_spans_received_total", "agent_analytics_spans_duplicate_total"}


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.now_ns


def analyzer(database: Database, clock: Clock) -> Analyzer:
    """Return an analyzer as it starts on a database."""
    return Analyzer(database, DEFAULT_RULES, clock, price, writer=getattr(database, "writer", 0))


def run_out(analyzers: list[Analyzer], clock: Clock) -> None:
    """Let twelve days pass, hour by hour: longer than the maximum age, and all that waits for it."""
    for _ in range(12 * 24):
        clock.now_ns += HOUR_NS
        for one in analyzers:
            while one.close_due():
                pass


def net(totals: Iterable[Totals]) -> dict[tuple[str, tuple[str, ...]], Any]:
    """Return what counters of several analyzers add up to, less what was taken back; those of batches left out."""
    found: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for one in totals:
        for metric, series in one.counters().items():
            for (_, labels), total in series.items():
                if metric.name not in PER_BATCH:
                    found[metric.name, labels] += total.value - total.retracted  # type: ignore[assignment]
    return {key: value for key, value in found.items() if value}


def rows(database: Database) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return some columns of every row of an ended episode."""
    question = (
        "SELECT conversation_id, episode, outcome, outcome_reason, user_turns, tool_calls, effort, returned, cost_usd "
        "FROM conversations"
    )
    with database.transaction() as transaction:
        found = transaction._execute(question)  # type: ignore[attr-defined]
    return {(row[0], row[1]): row[2:] for row in found}


def expected(sources: list[Source]) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Return the same of the records that a host in process has of the same sources."""
    return {
        (one.conversation_id, one.episode): (
            one.outcome, one.outcome_reason, one.user_turns, one.tool_calls, one.effort, one.returned, one.cost,
        )
        for one in straight(sources).records
    }  # fmt: skip


def batches(sources: list[Source], size: int, chance: random.Random) -> list[list[Source]]:
    """Return the sources in batches, a tenth of which come twice, in any order."""
    cut = [sources[at : at + size] for at in range(0, len(sources), size)]
    cut += chance.sample(cut, len(cut) // 10)
    chance.shuffle(cut)
    return cut


def test_day_that_was_long_ago(database: Database) -> None:
    """A recording that comes in one go, shuffled and partly twice, has the series and rows that it has in process."""
    sources = day_of(random.Random(11), 120)
    clock = Clock(end_ns(sources[-1]) + 40 * DAY_NS)
    one = analyzer(database, clock)
    for batch in batches(sources, 200, random.Random(11)):
        clock.now_ns += SECOND_NS // 10
        one.take(batch)
    run_out([one], clock)

    assert net([one.totals]) == net([straight(sources).totals])
    assert rows(database) == expected(sources)


def test_restart_between_any_two_batches(database: Database) -> None:
    """An analyzer that starts again before every batch and every end goes on with what is stored."""
    sources = day_of(random.Random(12), 25)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    for batch in batches(sources, 40, random.Random(12)):
        analyzer(database, clock).take(batch)
    for _ in range(9 * 4):
        clock.now_ns += 6 * HOUR_NS
        while analyzer(database, clock).close_due():
            pass

    last = analyzer(database, clock)
    assert net([last.totals]) == net([straight(sources).totals])
    assert rows(database) == expected(sources)


class Fragile:
    """A database whose transactions fail now and then, just before they would count, or just after they did."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.chance = random.Random(13)
        self.share = 0.0
        self.failures = 0

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Begin a transaction that may fail."""
        with self.database.transaction() as transaction:
            yield transaction
            self._fail()
        self._fail()

    def _fail(self) -> None:
        if self.chance.random() < self.share:
            self.failures += 1
            raise ConnectionError

    def sends(self) -> bool:
        """Return what the database says."""
        return self.database.sends()

    def learns(self) -> bool:
        """Return what the database says."""
        return self.database.learns()

    def active(self) -> dict[Service, int]:
        """Return what the database says."""
        return self.database.active()

    def shown(self) -> list[Row]:
        """Return what the database says."""
        return self.database.shown()

    def read(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return what the database says."""
        return self.database.read(statement, parameters)

    def holding(self, text: bytes) -> list[Row]:
        """Return what the database says."""
        return self.database.holding(text)

    def export(self, table: str, path: str, format_: str) -> None:
        """Have the database do so."""
        self.database.export(table, path, format_)

    def snapshot(self) -> AbstractContextManager[Read]:
        """Return what the database says."""
        return self.database.snapshot()

    def close(self) -> None:
        """Leave the database to its owner."""


def test_batches_that_fail_and_are_sent_again(database: Database) -> None:
    """A batch whose transaction fails, or whose answer is lost, counts once when it is sent until it counts."""
    sources = day_of(random.Random(13), 60)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    fragile = Fragile(database)
    one = analyzer(fragile, clock)
    waiting = batches(sources, 15, random.Random(13))
    fragile.share = 0.3
    while waiting:
        with contextlib.suppress(ConnectionError):
            one.take(waiting[-1])
            waiting.pop()
    fragile.share = 0.0
    run_out([one], clock)

    assert fragile.failures > 10
    assert net([one.totals]) == net([straight(sources).totals])
    assert rows(database) == expected(sources)
    assert net([analyzer(database, clock).totals]) == net([one.totals])


def test_totals_after_a_restart_are_those_before(database: Database) -> None:
    """Every series, histograms and zeros too, is shown after a restart as it was before."""
    sources = day_of(random.Random(14), 40)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    one = analyzer(database, clock)
    one.take(sources)
    run_out([one], clock)
    again = analyzer(database, clock)

    def shown(totals: Totals) -> Any:
        counters = {
            (metric.name, key): (total.value, total.retracted)
            for metric, series in totals.counters().items()
            for key, total in series.items()
        }
        histograms = {
            (metric.name, key): (d.counts, d.total)
            for metric, series in totals.histograms().items()
            for key, d in series.items()
        }
        return counters, histograms

    assert len(shown(one.totals)[0]) > 150
    assert shown(again.totals) == shown(one.totals)
    again.take(write("user hi | agent:newcomer x", "another", clock.now_ns))
    assert again.totals.counters().keys() >= one.totals.counters().keys()


def test_open_until_nothing_has_arrived_for_a_minute(database: Database) -> None:
    """What is long over by its own times is not ended while spans of it still arrive."""
    clock = Clock(2_000_000_000 * SECOND_NS)
    one = analyzer(database, clock)
    first, second = write("user hi | agent x | user more | agent x")
    one.take([first])
    clock.now_ns += 59 * SECOND_NS
    assert one.close_due() == 0
    one.take([second])
    clock.now_ns += 59 * SECOND_NS
    assert one.close_due() == 0
    assert sum(database.active().values()) == 1
    clock.now_ns += 2 * SECOND_NS

    assert one.close_due() == 1
    assert rows(database)["c", 1][2] == 2
    assert database.active() == {}


def test_clock_that_was_set_back(database: Database) -> None:
    """What arrives after the clock was set back by hours belongs to its conversation, also after a restart."""
    sources = write("user hi | agent x | user more | tool look | agent y | user last | agent z")
    clock = Clock(end_ns(sources[-1]) + 3 * HOUR_NS)
    for number, source in enumerate(sources):
        analyzer(database, clock).take([source])
        clock.now_ns -= HOUR_NS if number == 0 else SECOND_NS
    one = analyzer(database, clock)
    run_out([one], clock)

    assert rows(database) == expected(sources)
    assert net([one.totals]) == net([straight(sources).totals])


@pytest.mark.parametrize("moves", ["user hi | agent x | rate positive", "user hi | agent x | end failed"])
def test_what_is_said_of_a_conversation_before_it_comes(moves: str, database: Database) -> None:
    """A rating, or an end, of long ago that arrives hours before its conversation is joined with it."""
    sources = write(moves)
    clock = Clock(end_ns(sources[-1]) + 40 * DAY_NS)
    one = analyzer(database, clock)
    for source in reversed(sources):
        one.take([source])
        clock.now_ns += 5 * HOUR_NS
        one.close_due()
    run_out([one], clock)

    assert rows(database) == expected(sources)
    assert net([one.totals]) == net([straight(sources).totals])


def test_span_of_a_forgotten_episode_is_late(database: Database) -> None:
    """A day after the last span arrived its conversation is forgotten, and what then comes of it moves nothing else."""
    clock = Clock(2_000_000_000 * SECOND_NS)
    one = analyzer(database, clock)
    first, second = write("user hi | agent x | user more | agent x")
    one.take([first])
    run_out([one], clock)
    before = net([one.totals])
    one.take([second])
    run_out([one], clock)

    late = {key: value for key, value in net([one.totals]).items() if before.get(key) != value}
    assert late == {("agent_analytics_spans_late_total", ()): 1}


def test_several_analyzers_on_one_database() -> None:
    """Any of three takes any span, at the same time; together they have the series and rows of one process."""
    server = postgres()
    if server is None:
        pytest.skip(NO_POSTGRES)
    url = new_database(server)
    databases = [PostgresDatabase(url) for _ in range(3)]
    assert sorted(database.writer for database in databases) == [0, 1, 2]
    sources = day_of(random.Random(15), 120)
    clock = Clock(end_ns(sources[-1]) + HOUR_NS)
    analyzers = [analyzer(database, clock) for database in databases]
    waiting = batches(sources, 8, random.Random(15))
    problems: list[BaseException] = []

    def work(one: Analyzer) -> None:
        try:
            while True:
                one.take(waiting.pop())
                one.close_due()
        except IndexError:
            return
        except BaseException as problem:  # noqa: BLE001 - shown by the assertion below
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(one,)) for one in analyzers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_out(analyzers, clock)

    assert problems == []
    assert net(one.totals for one in analyzers) == net([straight(sources).totals])
    assert rows(databases[0]) == expected(sources)
    for one in analyzers:
        assert net([one.shown()]) == net([straight(sources).totals])
    for database in databases:
        database.close()


def test_price_is_that_of_the_call(database: Database) -> None:
    """Costs are stored to the last digit."""
    clock = Clock(2_000_000_000 * SECOND_NS)
    one = analyzer(database, clock)
    one.take(write("user hi | model mini 1 1 | agent x"))
    run_out([one], clock)

    assert rows(database)["c", 1][-1] == Decimal("0.00000075")
