"""The core in a distributed engine: a day split over eight processes adds up to the day in one."""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Final

from otel_agent_analytics import vocabulary as v
from tests.exactness.partition import (
    PARTITIONS,
    RULES,
    Done,
    Question,
    Spoken,
    Sums,
    answer,
    ask,
    fold,
    partition_of,
    settle,
    sums_of,
)
from tests.helpers.script import BEGIN_NS
from tests.helpers.traffic import DAY_NS, conversation_of, day_of, end_ns, host_of

if TYPE_CHECKING:
    from tests.helpers.script import Source

BATCHES: Final = 12
ENDED: Final = ("agent_analytics_conversations_ended_total", "agent_analytics_conversations_ended_total taken back")


def batches_of(sources: list[Source]) -> list[list[Source]]:
    """Return the batches of two hours in which they come; the last one has all that is left."""
    batches: list[list[Source]] = [[] for _ in range(BATCHES)]
    for source in sources:
        batches[min(BATCHES - 1, (end_ns(source) - BEGIN_NS) * BATCHES // DAY_NS)].append(source)
    return batches


def watermark_ns(batch: int) -> int:
    """Return up to when everything is there after a batch."""
    return BEGIN_NS + (batch + 1) * DAY_NS // BATCHES if batch < BATCHES - 1 else BEGIN_NS + 4 * DAY_NS


def in_one_process(batches: list[list[Source]]) -> Sums:
    """Return the sums of the tracker that the package has."""
    host = host_of(RULES)
    for number, batch in enumerate(batches):
        host.tracker.take_all(batch)
        host.tracker.advance_to(watermark_ns(number))
    return sums_of(host.totals)


def in_partitions(batches: list[list[Source]], processes: Executor) -> Sums:
    """Return the sums of all partitions, each batch of each in whatever process is free."""
    parts = [Done() for _ in range(PARTITIONS)]
    sums: Sums = {}
    spoken: list[Spoken] = [[] for _ in range(PARTITIONS)]
    for number, batch in enumerate(batches):
        split: list[list[Source]] = [[] for _ in range(PARTITIONS)]
        for source in batch:
            split[partition_of(conversation_of(source))].append(source)
        states, until = [part.states for part in parts], [watermark_ns(number)] * PARTITIONS
        parts = list(processes.map(fold, states, split, until))
        for part in parts:
            add(sums, part.sums)
            for key, at_ns in part.spoken:
                spoken[partition_of(key)].append((key, at_ns))

    asked: list[list[tuple[str, Question]]] = [[] for _ in range(PARTITIONS)]
    for questions in processes.map(ask, [part.states for part in parts]):
        for key, question in questions:
            asked[partition_of(key)].append((key, question))
    back = set().union(*processes.map(answer, spoken, asked))
    for part in processes.map(settle, [part.states for part in parts], [back] * PARTITIONS):
        add(sums, part.sums)
    return sums


def add(sums: Sums, more: Sums) -> None:
    """Add one partition's sums to those of all."""
    for key, value in more.items():
        sums[key] = sums.get(key, 0) + value


def test_eight_processes_add_up_to_one() -> None:
    """600 conversations of a day, in 12 batches: every counter, twin and histogram is the sum over 8 processes."""
    batches = batches_of(day_of(random.Random(5), 600))
    with ProcessPoolExecutor(PARTITIONS, multiprocessing.get_context("spawn")) as processes:
        split = in_partitions(batches, processes)
    whole = in_one_process(batches)

    assert split == whole
    assert whole["agent_analytics_conversations_reopened_total",] > 100
    assert 20 < whole["agent_analytics_resolutions_total", "assumed"] < quietly_ended(whole)


def quietly_ended(sums: Sums) -> float:
    """Return how many episodes ended completed or silent: of these, those whose user stayed away are assumed."""
    return sum(
        float(value) * (-1 if "taken back" in key[0] else 1)
        for key, value in sums.items()
        if key[0] in ENDED and key[1] in (v.COMPLETED, v.SILENT)
    )
