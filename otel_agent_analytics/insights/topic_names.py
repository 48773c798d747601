"""Topics by the names that they keep: what was learnt of a service's messages, as everybody tells it alike. Pure.

A topic gets its name when it may first be shown, in the step that learns, and keeps it whatever its words become. So
whoever has the same state says the same of the same message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.learning import NOTHING_LEARNT, Learnt, topics_of
from otel_agent_analytics.insights.limits import DEFAULT_LIMITS, Limits
from otel_agent_analytics.insights.partition import NONE
from otel_agent_analytics.insights.topics import State, Topics
from otel_agent_analytics.insights.vectors import WITHOUT_EMBEDDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class NamedTopics(NamedTuple):
    """The topics of one service, with the names that they have."""

    state: State
    names: Mapping[str, str]
    """The name of each topic that was shown."""


NO_TOPICS = NamedTopics(State([], NOTHING_LEARNT, {}, {}, 0, 0), {})


def learn(before: NamedTopics, documents: Iterable[Document], limits: Limits = DEFAULT_LIMITS) -> NamedTopics:
    """Return the topics after some more messages: found anew, with names for those that may be shown.

    It takes up to a second. The same messages in the same order give the same.
    """
    topics = Topics(limits, state=before.state)
    for document in documents:
        topics.take(document)
    topics.learn()
    state = topics.state()
    names = {topic: name for topic, name in before.names.items() if topic in state.known}
    for topic in topics.shown():
        if topic.id not in names:
            names[topic.id] = new_name(topic.label, names.values())
    return NamedTopics(state, names)


def name_of(words: tuple[str, ...], learnt: Learnt, names: Mapping[str, str]) -> str:
    """Return the name of a message's topic, by its content words.

    ``other`` for none that has a name; ``unknown`` where nothing was learnt, or no word says anything.
    """
    if not learnt.ids or not words:
        return v.UNKNOWN
    row = int(topics_of([Document(words, 1, frozenset(), 0)], learnt, WITHOUT_EMBEDDER.near)[0])
    return v.OTHER_LABEL if row == NONE else names.get(learnt.ids[row], v.OTHER_LABEL)


def new_name(label: Sequence[str], names: Iterable[str]) -> str:
    """Return a name of some words that no other topic has."""
    name, taken = " ".join(label), {*names, v.OTHER_LABEL, v.UNKNOWN}
    return next(one for one in (name, *(f"{name} {n}" for n in range(2, len(taken) + 3))) if one not in taken)
