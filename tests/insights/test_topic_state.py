"""What topics hold, as bytes and back."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from otel_agent_analytics.insights.topic_state import packed, unpacked
from otel_agent_analytics.insights.topics import State, Topics
from tests.insights.shops import said
from tests.insights.test_topics import SMALL, Letters, streamed


def held() -> State:
    """Return what topics hold after some hundred messages."""
    topics = Topics(SMALL)
    streamed(topics, said(300))
    return topics.state()


def test_bytes_and_back() -> None:
    """Everything comes back as it was, but for what only the process that learnt must know."""
    state = held()
    back = unpacked(packed(state))

    assert back._replace(learnt=state.learnt) == state
    assert np.array_equal(back.learnt.centres, state.learnt.centres)
    assert back.learnt.space is not None
    assert state.learnt.space is not None
    assert np.array_equal(back.learnt.space.basis, state.learnt.space.basis)
    assert back.learnt.space.terms == state.learnt.space.terms
    for name in ("ids", "labels", "next_number", "full"):
        assert getattr(back.learnt, name) == getattr(state.learnt, name)
    assert packed(back) == packed(state)


def test_topics_go_on_from_bytes() -> None:
    """What is told after that is what would have been told without."""
    topics = Topics(SMALL)
    streamed(topics, said(300))
    resumed = Topics(SMALL, state=unpacked(packed(topics.state())))

    more = said(300, seed=2)
    assert streamed(resumed, more) == streamed(topics, more)


def test_vectors_of_an_embedder() -> None:
    """They come back as they were, for the same embedder only."""
    topics = Topics(SMALL, Letters())
    streamed(topics, said(60))
    state = topics.state()

    assert len(state.documents[0].vector) == 26
    assert unpacked(packed(state, Letters.name), Letters.name).documents == state.documents
    with pytest.raises(ValueError, match="letters"):
        unpacked(packed(state, Letters.name))


def test_nothing_held() -> None:
    """The state of topics that have seen nothing comes back too."""
    assert Topics(state=unpacked(packed(Topics().state()))).topic_of("parcel late") is None


@pytest.mark.parametrize(
    ("body", "said_of_it"),
    [
        (b"", "damaged"),
        (b"junk", "damaged"),
        (zlib.compress(b"[]"), "damaged"),
        (zlib.compress(b'{"form": 1, "made_with": ""}'), "damaged"),
        (zlib.compress(json.dumps({"form": 9, "made_with": ""}).encode()), "form 9"),
        (zlib.compress(json.dumps({"form": 1, "made_with": "letters"}).encode()), "letters"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, said_of_it: str) -> None:
    """The message says whether it is damaged, of another form, or made with another embedder."""
    with pytest.raises(ValueError, match=said_of_it):
        unpacked(body)


def test_cut_bytes_are_refused() -> None:
    """Numbers that are too few for their shape are damage."""
    whole = json.loads(zlib.decompress(packed(held())))
    whole["learnt"]["centres"][0] += 1

    with pytest.raises(ValueError, match="damaged"):
        unpacked(zlib.compress(json.dumps(whole).encode()))
