"""Topics and intents of recorded messages, which nobody here wrote, against the intents that people gave them."""

from __future__ import annotations

import functools
import json
import random
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks._agreement import adjusted_rand, mutual_information
from otel_agent_analytics.insights.intents import Intents
from otel_agent_analytics.insights.topics import Topics

PACKAGE = Path(__file__).parents[2] / "otel_agent_analytics"
FILE = Path(__file__).parents[3] / "shared" / "data" / "intent" / "banking77_test.jsonl"
START_NS = 1_790_000_000 * 10**9


class Message(NamedTuple):
    """A message, and its intent."""

    text: str
    intent: str


@functools.cache
def recorded() -> list[Message]:
    """Return the messages in an order of chance, the same each time; skip the test where they are absent."""
    if not FILE.is_file():
        pytest.skip("shared data: banking77_test.jsonl is not here")
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines() if line]
    return random.Random(1).sample([Message(line["text"], line["intent"]) for line in lines], len(lines))


def streamed(topics: Topics, texts: list[str], day: int = 0) -> list[str | None]:
    """Let topics observe a day's messages, and learn at its end; return what was told."""
    told = []
    for place, text in enumerate(texts):
        told.append(topics.observe(text, f"user {place % 900}", START_NS + (day * 86_400 + place) * 10**9))
        if topics.due:
            topics.learn()
    topics.learn()
    return told


class Day(NamedTuple):
    """What is known at the end of a day."""

    told: list[str | None]
    """The topic of each message."""
    topics: Topics
    seconds: float
    """CPU that it took."""


@functools.cache
def first_day() -> Day:
    """Return the end of a day on which all messages were said."""
    texts, topics = [message.text for message in recorded()], Topics()
    begun = time.process_time()
    streamed(topics, texts)
    return Day([topics.topic_of(text) for text in texts], topics, time.process_time() - begun)


def test_topics_agree_with_what_people_meant() -> None:
    """Without weights from elsewhere and without the true number of intents: NMI of .60 at least, few left over."""
    told, topics, _ = first_day()

    assert mutual_information([message.intent for message in recorded()], told) >= 0.60
    assert sum(topic in ("other", None) for topic in told) <= 0.05 * len(told)
    assert 20 <= len(topics.shown()) <= 60


def test_the_same_data_on_two_days_has_the_same_ids() -> None:
    """Told on the second day, in another order, what was known at the end of the first: ARI of .9 at least."""
    before, texts = first_day().told, [message.text for message in recorded()]
    topics = Topics(state=first_day().topics.state())
    order = random.Random(2).sample(range(len(texts)), len(texts))
    told = dict(zip(order, streamed(topics, [texts[place] for place in order], day=1), strict=True))

    assert adjusted_rand(before, [topics.resolved(told[place] or "") for place in range(len(texts))]) >= 0.9


def test_halves_in_the_other_order_give_the_same_topics() -> None:
    """Another process that is told the second half first divides the messages alike: ARI of .9 at least."""
    before, texts = first_day().told, [message.text for message in recorded()]
    topics, half = Topics(), len(texts) // 2
    streamed(topics, texts[half:] + texts[:half])

    assert adjusted_rand(before, [topics.topic_of(text) for text in texts]) >= 0.9


def test_ten_thousand_conversations_within_a_minute() -> None:
    """Three thousand of them take no more than their share of a minute of one core."""
    assert first_day().seconds / len(recorded()) * 10_000 < 60


def test_no_label_has_a_number_or_an_address() -> None:
    """Labels are words of letters alone, and each was said by five users."""
    topics = first_day().topics

    assert topics.shown()
    for topic in topics.shown():
        assert all(word.isalpha() for word in topic.label)
        assert len(topic.users) == 5


def test_intents_of_ones_own() -> None:
    """With ten examples for each of the 77 intents six of ten messages get theirs."""
    examples: dict[str, list[str]] = {}
    rest = []
    for message in recorded():
        known = examples.setdefault(message.intent, [])
        (known.append(message.text) if len(known) < 10 else rest.append(message))
    intents = Intents(examples)

    right = sum(intents.of(message.text).name == message.intent for message in rest[:600])
    assert right >= 0.60 * 600


def test_nothing_of_it_is_in_the_package() -> None:
    """No name of an intent of more than one word stands in it, and no message in what finds intents and topics."""
    names = {message.intent.lower() for message in recorded() if "_" in message.intent}
    names |= {name.replace("_", " ") for name in names if name.count("_") > 1}
    messages = {message.text.lower() for message in recorded() if len(message.text.split()) > 3}
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".json", ".txt", ".yaml")]

    assert len(files) > 100
    for path in files:
        text = path.read_text(encoding="utf-8").lower()
        phrases = names | messages if path.parent.name == "insights" else names
        assert [phrase for phrase in phrases if phrase in text] == [], path
