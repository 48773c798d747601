"""What the signals are worth on recorded conversations that nobody here wrote."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from otel_agent_analytics.signals.closing import has_closing_words
from otel_agent_analytics.signals.language import language_of
from otel_agent_analytics.signals.outcome_words import succeeded
from otel_agent_analytics.signals.rephrase import compared
from otel_agent_analytics.signals.sentiment import SERVICE_LEXICON
from otel_agent_analytics.signals.vader import Vader

DATA = Path(__file__).parents[3] / "shared" / "data"
SGD = "sgd/dialogues.jsonl"
TAU = ("tau/airline_gpt4o.jsonl", "tau/retail_gpt4o.jsonl", "tau/tau2_airline_whissle_timed.jsonl")
BANKING = "intent/banking77_test.jsonl"


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the lines of a file; skip the test where it is absent."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"shared data: {name} is not here")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def said_by(role: str, conversation: dict[str, Any]) -> list[str]:
    """Return what one side said, the mark of a simulated user's end taken off."""
    messages = (one for one in conversation["messages"] if one["role"] == role and one.get("content"))
    return [one["content"].replace("###STOP###", "") for one in messages]


def f1(pairs: list[tuple[bool, bool]]) -> float:
    """Return F1 of pairs (said, true)."""
    right = sum(said and true for said, true in pairs)
    return 2 * right / (sum(said for said, _ in pairs) + sum(true for _, true in pairs))


def test_visible_failure() -> None:
    """The agent's last statement of a result finds dialogues that ended in a failure with F1 of at least .80."""
    pairs = []
    for dialogue in recorded(SGD):
        if dialogue["notify"]:
            statements = [succeeded(text) for text in said_by("assistant", dialogue)]
            last = next((one for one in reversed(statements) if one is not None), None)
            pairs.append((last is False, dialogue["final_notify"] == "NOTIFY_FAILURE"))
    assert len(pairs) == 436
    assert f1(pairs) >= 0.80


@pytest.mark.parametrize("name", [SGD, *TAU[:2]])
def test_closing_words(name: str) -> None:
    """Complete conversations against the same ones cut in their middle: those without closing words were cut."""
    complete = [said_by("user", one) for one in recorded(name) if one.get("end", "STOP") == "STOP"]
    turns = [texts for texts in complete if len(texts) > 1]
    pairs = [(not has_closing_words(texts[-1]), False) for texts in turns]
    pairs += [(not has_closing_words(texts[(len(texts) - 1) // 2]), True) for texts in turns]
    assert f1(pairs) >= 0.80


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("name", [SGD, *TAU, BANKING])
def test_english_is_taken_for_english(name: str) -> None:
    """Of the users' messages, all English, 99 % are taken for English, with and without the extra."""
    lines = recorded(name)
    texts = [one["text"] for one in lines] if name == BANKING else [t for one in lines for t in said_by("user", one)]
    english = sum(language_of(text) == "en" for text in texts)
    assert english >= 0.99 * len(texts)


def test_few_rephrases_in_smooth_dialogues() -> None:
    """Where nobody has to say it again, at most 3 % of the messages are taken for that."""
    dialogues = [said_by("user", one) for one in recorded(SGD)]
    pairs = [compared(text, before) for texts in dialogues for before, text in itertools.pairwise(texts)]
    assert sum(one.rephrase or one.repeat for one in pairs) <= 0.03 * len(pairs)


def test_vader_on_recorded_messages() -> None:
    """On 5,000 messages the compound score is the library's."""
    from vaderSentiment import vaderSentiment  # type: ignore[import-untyped]

    ours, library = Vader(SERVICE_LEXICON), vaderSentiment.SentimentIntensityAnalyzer()
    library.lexicon = ours.lexicon
    texts = {text for name in (SGD, *TAU) for one in recorded(name) for text in said_by("user", one)}
    chosen = sorted(texts)[:5_000]
    assert [t for t in chosen if ours.compound(t) != library.polarity_scores(t)["compound"]] == []
