"""Documents and the topics that there were → the topics that there are. Pure, so it can run anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from otel_agent_analytics.insights.documents import Document, weights_of
from otel_agent_analytics.insights.labels import labels_of
from otel_agent_analytics.insights.matching import matched
from otel_agent_analytics.insights.partition import NONE, Labels, from_before, from_nothing, middles, nearest
from otel_agent_analytics.insights.vectors import WITHOUT_EMBEDDER, Embedder, learnt_space, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.insights.limits import Limits
    from otel_agent_analytics.insights.lsa import Space, Vectors


class Topic(NamedTuple):
    """Something that people come for again and again."""

    id: str
    label: tuple[str, ...]
    """Words that tell it from the others, the most telling first; empty while too few users have said any."""
    first_ns: int
    """When it was first said, of the messages held when it was found; UTC nanoseconds."""
    conversations: int
    users: frozenset[str]
    """Hashes of some of those who came for it, as many as must be known."""


class Learnt(NamedTuple):
    """What was learnt: enough to tell the topic of a message."""

    space: Space | None
    """None with an embedder."""
    centres: Vectors
    """Where each topic lies, a row each."""
    ids: tuple[str, ...]
    """The topic of each row."""
    labels: tuple[tuple[str, ...], ...]
    """Its label."""
    founded: tuple[Topic, ...]
    """Topics that are new."""
    gone_into: tuple[tuple[str, str], ...]
    """Topics that are no more, and the ones that have most of them now."""
    next_number: int
    """Of the next new topic."""
    full: bool
    """Whether the sample was full: from then on topics move, and are no longer found from nothing."""


NOTHING_LEARNT: Final = Learnt(None, np.zeros((0, 0), dtype=np.float32), (), (), (), (), 1, full=False)


class Learning(NamedTuple):
    """What there is to learn from."""

    documents: list[Document]
    before: Learnt
    limits: Limits
    embedder: Embedder | None


def learnt(learning: Learning) -> Learnt:
    """Return the topics of documents; the same documents in the same order give the same."""
    documents, before, limits, embedder = learning
    closeness = WITHOUT_EMBEDDER if embedder is None else embedder.closeness
    rows = topics_of(documents, before, closeness.near)
    space = learnt_space(documents, embedder)
    points = vectors(documents, space)
    weights, most = weights_of(documents), limits.most_topics
    if before.full:
        groups = from_before(points, weights, rows, closeness, most, limits.fewest_conversations)
    else:
        groups = from_nothing(points, weights, closeness, most)
    ids, gone = _named([before.ids[row] if row != NONE else None for row in rows], groups, before.next_number)
    labels = labels_of(documents, groups.tolist(), limits)
    new = [group for group, topic in enumerate(ids) if topic not in before.ids]
    return Learnt(
        space,
        middles(points, groups),
        ids,
        tuple(labels.get(group, ()) for group in range(len(ids))),
        tuple(_topic(ids[group], labels.get(group, ()), _of(group, documents, groups), limits) for group in new),
        gone,
        before.next_number + len(new),
        full=before.full or len(documents) >= limits.documents,
    )


def topics_of(documents: Sequence[Document], known: Learnt, near: float) -> Labels:
    """Return the row of each document's topic, or ``NONE``."""
    if not known.ids or not documents:
        return np.full(len(documents), NONE, dtype=np.int64)
    return nearest(vectors(documents, known.space), known.centres, near)


def _named(
    before: list[str | None], groups: Labels, number: int
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return the topic of each group, and the topics that have gone into another."""
    matches = matched(before, groups.tolist())
    ids = []
    for group in range(groups.max(initial=NONE) + 1):
        if group in matches.same:
            ids.append(matches.same[group])
        else:
            ids.append(f"t{number}")
            number += 1
    return tuple(ids), tuple((old, ids[group]) for old, group in matches.gone_into.items())


def _of(group: int, documents: Sequence[Document], groups: Labels) -> list[Document]:
    return [documents[place] for place in np.flatnonzero(groups == group).tolist()]


def _topic(topic: str, label: tuple[str, ...], documents: Sequence[Document], limits: Limits) -> Topic:
    users = sorted({user for document in documents for user in document.users})[: limits.fewest_users]
    return Topic(
        id=topic,
        label=label,
        first_ns=min(document.last_ns for document in documents),
        conversations=sum(document.said for document in documents),
        users=frozenset(users),
    )
