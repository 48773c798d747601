"""What ``Topics`` holds, as bytes to be stored, and back: compressed JSON, the same for the same state.

It holds words of messages. Where it is stored, it is stored as texts are.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from otel_agent_analytics.insights.documents import Document
from otel_agent_analytics.insights.learning import Learnt, Topic
from otel_agent_analytics.insights.lsa import Space
from otel_agent_analytics.insights.topics import State

if TYPE_CHECKING:
    from otel_agent_analytics.insights.lsa import Vectors

_FORM: Final = 1


def packed(state: State, made_with: str = "") -> bytes:
    """Return a state as bytes. ``made_with`` is the name of the embedder; empty without one."""
    return zlib.compress(json.dumps(said_of(state, made_with), ensure_ascii=False, separators=(",", ":")).encode())


def said_of(state: State, made_with: str = "") -> dict[str, Any]:
    """Return a state as what JSON can say. ``made_with`` is the name of the embedder; empty without one."""
    return {
        "form": _FORM,
        "made_with": made_with,
        "documents": [_document(document) for document in state.documents],
        "learnt": _learnt(state.learnt),
        "known": [_topic(topic) for topic in state.known.values()],
        "gone_into": state.gone_into,
        "since": state.since,
        "size": state.size,
    }


def unpacked(body: bytes, made_with: str = "") -> State:
    """Return the state that was packed.

    Raises:
        ValueError: it is damaged, of another form, or was made with another embedder; the text says which.
    """
    try:
        said: dict[str, Any] = json.loads(zlib.decompress(body))
    except (zlib.error, ValueError) as problem:
        raise ValueError(f"stored topics are damaged: {problem!r}") from problem
    return state_of(said, made_with)


def state_of(said: dict[str, Any], made_with: str = "") -> State:
    """Return the state that ``said_of`` told.

    Raises:
        ValueError: it is damaged, of another form, or was made with another embedder; the text says which.
    """
    try:
        form, maker = said["form"], said["made_with"]
        state = _state(said) if (form, maker) == (_FORM, made_with) else None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"stored topics are damaged: {problem!r}") from problem
    if form != _FORM:
        raise ValueError(f"topics stored in form {form!r}, which this version cannot read")
    if state is None:
        raise ValueError(f"topics made with {maker or 'no embedder'!r}, but now there is {made_with or 'none'!r}")
    return state


def _state(said: dict[str, Any]) -> State:
    return State(
        [_document_of(one) for one in said["documents"]],
        _learnt_of(said["learnt"]),
        {topic.id: topic for topic in map(_topic_of, said["known"])},
        dict(said["gone_into"]),
        int(said["since"]),
        int(said["size"]),
    )


def _document(document: Document) -> list[Any]:
    vector = b64encode(np.array(document.vector, dtype="<f2").tobytes()).decode()
    users, conversations = sorted(document.users), sorted(document.conversations)
    return [document.words, document.said, users, document.last_ns, vector, conversations]


def _document_of(said: list[Any]) -> Document:
    words, count, users, last_ns, vector, conversations = said
    numbers = np.frombuffer(b64decode(vector), dtype="<f2").tolist()
    return Document(tuple(words), count, frozenset(users), last_ns, tuple(numbers), frozenset(conversations))


def _topic(topic: Topic) -> list[Any]:
    return [topic.id, topic.label, topic.first_ns, topic.conversations, sorted(topic.users)]


def _topic_of(said: list[Any]) -> Topic:
    topic, label, first_ns, conversations, users = said
    return Topic(topic, tuple(label), first_ns, conversations, frozenset(users))


def _learnt(learnt: Learnt) -> dict[str, Any]:
    space = learnt.space
    return {
        "terms": None if space is None else list(space.terms),
        "basis": None if space is None else _numbers(space.basis),
        "centres": _numbers(learnt.centres),
        "ids": learnt.ids,
        "labels": learnt.labels,
        "next_number": learnt.next_number,
        "full": learnt.full,
    }


def _learnt_of(said: dict[str, Any]) -> Learnt:
    terms = said["terms"]
    space = None
    if terms is not None:
        space = Space({term: row for row, term in enumerate(terms)}, _vectors(said["basis"]))
    return Learnt(
        space,
        _vectors(said["centres"]),
        tuple(said["ids"]),
        tuple(map(tuple, said["labels"])),
        (),
        (),
        int(said["next_number"]),
        full=bool(said["full"]),
    )


def _numbers(vectors: Vectors) -> list[Any]:
    return [*vectors.shape, b64encode(vectors.astype("<f4").tobytes()).decode()]


def _vectors(said: list[Any]) -> Vectors:
    rows, columns, numbers = said
    return np.frombuffer(b64decode(numbers), dtype="<f4").reshape(rows, columns).astype(np.float32)
