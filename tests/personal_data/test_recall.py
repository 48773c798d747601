"""What is planted is found, what is clean stays: on a corpus that is not made from the redactor's own patterns."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from otel_agent_analytics.personal_data.kinds import KINDS
from otel_agent_analytics.personal_data.redactor import PersonalData
from tests.personal_data import corpus
from tests.personal_data.corpus import Planted

SCENES = sorted((Path(__file__).parents[2] / "otel_agent_analytics" / "demo").glob("scenes_*.json"))
REDACTOR = PersonalData(KINDS, b"a key")
FOUR = 4


def fours(text: str) -> set[str]:
    """Return every four letters or digits that follow each other in a text, signs left out."""
    plain = "".join(sign for sign in text.lower() if sign.isalnum())
    return {plain[place : place + FOUR] for place in range(len(plain) - FOUR + 1)}


def is_gone(one: Planted, redacted: str) -> bool:
    """Return whether no four signs of what was planted are left; those of the words around it do not count."""
    left = re.sub(r"\[\w+:[0-9a-f]{12}\]", "|", redacted)
    around = fours(one.text.replace(one.value, "|"))
    own = [fours(part) for part in left.split("|")]
    return one.value not in left and not (fours(one.value) - around) & set().union(*own)


def recall(planted: list[Planted]) -> tuple[dict[str, float], list[str]]:
    """Return the share that is gone, by type, and the sentences of which something is left."""
    asked: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    missed: list[str] = []
    for one in planted:
        found = is_gone(one, REDACTOR.redacted(one.text))
        missed += [] if found else [one.text]
        asked.update({one.kind: 1, one.detail: 1} if one.kind != one.detail else [one.kind])
        gone.update({name: int(found) for name in {one.kind, one.detail}})
    return {name: gone[name] / asked[name] for name in asked}, missed


def test_planted_data_is_found() -> None:
    """Of each type, and of each country's numbers, 95 of 100 are found at least, and under the right name as often."""
    planted = list(corpus.planted())
    shares, missed = recall(planted)

    assert {name: share for name, share in shares.items() if share < 0.95} == {}, missed[:20]
    assert shares.keys() >= KINDS.keys() - {"name"}
    right = sum(f"[{one.kind}:" in REDACTOR.redacted(one.text) for one in planted)
    assert right / len(planted) >= 0.95


def test_another_day() -> None:
    """The same holds for values that nobody looked at while the patterns were written."""
    shares, missed = recall(list(corpus.planted(seed=4_711, each=20)))

    assert {name: share for name, share in shares.items() if share < 0.9} == {}, missed[:20]
    assert min(share for name, share in shares.items() if name in KINDS) >= 0.95


def test_names() -> None:
    """Names are found after words that say so; others stay, which docs/privacy.md says."""
    said = [one for one in corpus.names() if "I spoke to" not in one.text]
    told = [one for one in corpus.names() if "I spoke to" in one.text]

    assert recall(said)[0]["name"] >= 0.95
    assert recall(told)[0]["name"] < 0.5


def test_clean_words_stay() -> None:
    """Of the words of clean texts 99 of 100 stay, and of sentences with order numbers, dates and prices 98 of 100."""
    clean = corpus.clean(sentences())
    hard = clean[len(sentences()) :]
    words = Counter(word for text in clean for word in text.split())
    kept = Counter(word for text in clean for word in REDACTOR.redacted(text).split()) & words

    assert kept.total() / words.total() >= 0.99
    changed = [text for text in hard if REDACTOR.redacted(text) != text]
    assert len(changed) / len(hard) <= 0.02, changed[:10]


def sentences() -> list[str]:
    """Return what people and agents say in the demo, without the card numbers that are said there."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.extend([value] if " " in value and "4242" not in value and "5555" not in value else [])
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                walk(item)

    for path in SCENES:
        walk(json.loads(path.read_text(encoding="utf-8")))
    return found
