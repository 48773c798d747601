"""Labels of topics: the words that are said in one topic more than in the others (TF-IDF of whole groups).

A word that fewer users than told have said in a topic is in no label: what only few say may tell who they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log
from typing import TYPE_CHECKING

from otel_agent_analytics.insights.words import stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.documents import Document
    from otel_agent_analytics.insights.limits import Limits


def labels_of(documents: Sequence[Document], groups: Sequence[int], limits: Limits) -> dict[int, tuple[str, ...]]:
    """Return the words of each group's label, the most telling first; none where nobody's words may be shown.

    ``groups`` says for each document the group that it is in, less than 0 for none.
    """
    members: dict[int, list[Document]] = defaultdict(list)
    for document, group in zip(documents, groups, strict=True):
        if group >= 0:
            members[group].append(document)
    counts = {group: _counts(inside) for group, inside in members.items()}
    total = sum(counts.values(), Counter[str]())
    mean = total.total() / max(1, len(counts))
    weights = {
        group: {word: count * log(1 + mean / total[word]) for word, count in inside.items()}
        for group, inside in counts.items()
    }
    return {group: _label(telling, members[group], limits) for group, telling in weights.items()}


def _counts(documents: Sequence[Document]) -> Counter[str]:
    """Return in how many messages each word stands."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(dict.fromkeys(set(document.words), document.said))
    return counts


def _label(weights: dict[str, float], documents: Sequence[Document], limits: Limits) -> tuple[str, ...]:
    label: list[str] = []
    for word in sorted(weights, key=lambda word: (-weights[word], word)):
        if len(label) == limits.label_words:
            break
        if stems([word])[0] not in stems(label) and _users_of(word, documents, limits) >= limits.fewest_users:
            label.append(word)
    return tuple(label)


def _users_of(word: str, documents: Sequence[Document], limits: Limits) -> int:
    """Return how many users have said a word, or a number that is enough."""
    users: set[str] = set()
    for document in documents:
        if word in document.words:
            users |= document.users
            if len(users) >= limits.fewest_users:
                break
    return len(users)
