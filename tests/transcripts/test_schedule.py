"""Every message gets a time: its own, or that of the synthetic schedule."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from otel_agent_analytics.transcripts.schedule import DESCRIPTION, scheduled
from otel_agent_analytics.transcripts.transcript import Call, Message, Transcript

SECOND_NS = 1_000_000_000
NEW_YEAR_NS = 1_735_689_600 * SECOND_NS
"""2025-01-01T00:00:00Z, when the synthetic schedule begins."""
DAY_NS = 24 * 3600 * SECOND_NS


def transcript(*messages: Message, at_ns: int | None = None) -> Transcript:
    """Return a conversation of these messages."""
    return Transcript(id="c", where="f:1", messages=messages, context={}, at_ns=at_ns)


def said(role: str, at_ns: int | None = None, *, calls: int = 0, result_ns: int | None = None) -> Message:
    """Return a message with as many calls."""
    call = Call("f", "{}", "ok", answered=True, result_ns=result_ns)
    return Message(role, "text", at_ns, calls=(call,) * calls)


def times(one: Transcript) -> list[int]:
    """Return the times of all messages and results, in the order of the conversation."""
    found = []
    for message in one.messages:
        found += [message.at_ns, *(call.result_ns for call in message.calls)]
    assert None not in found
    return [at_ns for at_ns in found if at_ns is not None]


def seconds(one: Transcript) -> list[float]:
    """Return the times of all messages and results, in seconds since the synthetic schedule began."""
    return [(at_ns - NEW_YEAR_NS) / SECOND_NS for at_ns in times(one)]


def test_given_times_are_kept() -> None:
    """A recording with times is played at these times."""
    given_ns = NEW_YEAR_NS + 77 * SECOND_NS
    one = transcript(
        said("user", given_ns),
        said("assistant", given_ns + 9000, calls=1, result_ns=given_ns + 500_000),
        said("user", given_ns + 3 * DAY_NS),
        at_ns=given_ns - 1,
    )
    (timed,) = scheduled([one])
    assert timed == one


def test_missing_times_are_those_that_the_help_states() -> None:
    """A user needs 30 s, an agent 5 s, a tool 1 s, each counted from what came before."""
    one = transcript(said("user"), said("assistant", calls=2), said("assistant"), said("user"), said("assistant"))
    (timed,) = scheduled([one])
    assert seconds(timed) == [0, 5, 6, 7, 12, 42, 47]
    assert re.search(r"a user speaks 30 s .* an agent after 5 s, a tool after 1 s", DESCRIPTION)
    assert timed.at_ns == NEW_YEAR_NS


def test_conversations_begin_at_even_distances_within_20_hours() -> None:
    """The help states this too."""
    timed = scheduled([transcript(said("user"))] * 4)
    assert [seconds(one) for one in timed] == [[0], [5 * 3600], [10 * 3600], [15 * 3600]]
    assert "at even distances within 20 hours from 2025-01-01T00:00:00Z" in DESCRIPTION


def test_a_visit_has_a_time_too() -> None:
    """Its own where the recording has one, else that of the schedule."""
    given_ns = NEW_YEAR_NS + 5
    assert [one.at_ns for one in scheduled([transcript(), transcript(at_ns=given_ns)])] == [NEW_YEAR_NS, given_ns]


def test_missing_times_follow_given_ones() -> None:
    """Where only some messages have a time, the others come their gap after the one before."""
    begin_ns = NEW_YEAR_NS + 7 * DAY_NS
    one = transcript(said("user", begin_ns), said("assistant", calls=1), said("user", begin_ns + 60 * SECOND_NS))
    (timed,) = scheduled([one])
    assert [at_ns - begin_ns for at_ns in times(timed)] == [0, 5 * SECOND_NS, 6 * SECOND_NS, 60 * SECOND_NS]


def test_a_time_of_the_conversation_is_its_begin() -> None:
    """Messages without times follow the time that the line itself has."""
    begin_ns = NEW_YEAR_NS + 3 * DAY_NS
    (timed,) = scheduled([transcript(said("user"), said("assistant"), at_ns=begin_ns)])
    assert times(timed) == [begin_ns, begin_ns + 5 * SECOND_NS]


def test_times_that_do_not_increase_are_moved_by_the_least_step() -> None:
    """Events that coincide, or go back, keep their order; a microsecond is the least that the SDK can show."""
    given_ns = NEW_YEAR_NS
    one = transcript(said("user", given_ns), said("assistant", given_ns), said("user", given_ns - 60 * SECOND_NS))
    (timed,) = scheduled([one])
    assert times(timed) == [given_ns, given_ns + 1000, given_ns + 2000]


def test_the_times_of_one_conversation_do_not_move_another() -> None:
    """A recording with times and one without may be played together."""
    given_ns = NEW_YEAR_NS + 30 * DAY_NS
    timed = scheduled([transcript(said("user", given_ns)), transcript(said("user"))])
    assert [times(one) for one in timed] == [[given_ns], [NEW_YEAR_NS + 10 * 3600 * SECOND_NS]]


def test_nothing_is_scheduled_from_nothing() -> None:
    """An empty file is no fault, shifted or not."""
    assert scheduled([]) == []
    assert scheduled([], last_ns=NEW_YEAR_NS) == []


def test_a_shift_moves_the_last_event_to_its_time() -> None:
    """The last event may be a message, the result of a tool or a visit; all distances stay."""
    last_ns = NEW_YEAR_NS + 400 * DAY_NS
    talk = transcript(said("user"), said("assistant", calls=1))
    timed, visit = scheduled([talk, transcript()], last_ns=last_ns)
    assert visit.at_ns == last_ns
    assert times(timed) == [last_ns - 36_000 * SECOND_NS + after * SECOND_NS for after in (0, 5, 6)]
    assert timed.at_ns == last_ns - 36_000 * SECOND_NS
    (alone,) = scheduled([talk], last_ns=last_ns)
    assert [last_ns - at_ns for at_ns in times(alone)] == [6 * SECOND_NS, SECOND_NS, 0]


MESSAGES = st.builds(
    said,
    st.sampled_from(["user", "assistant"]),
    st.none() | st.integers(NEW_YEAR_NS // 1000, (NEW_YEAR_NS + DAY_NS) // 1000).map(lambda at: at * 1000),
    calls=st.integers(0, 3),
    result_ns=st.none() | st.integers(NEW_YEAR_NS, NEW_YEAR_NS + DAY_NS),
)


@settings(deadline=None)
@given(st.lists(st.lists(MESSAGES, max_size=8), max_size=5))
def test_times_increase_strictly(conversations: list[list[Message]]) -> None:
    """Whatever times a recording has, no two events of a conversation coincide or change places."""
    for one in scheduled([transcript(*messages) for messages in conversations]):
        assert all(before < after for before, after in pairwise(times(one)))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 30) | st.integers(400, 3000), min_size=1, max_size=40), st.integers(0, 2))
def test_the_synthetic_schedule_fits_into_a_day(lengths: list[int], calls: int) -> None:
    """However many conversations there are, and however long, everything lies within 24 hours."""
    conversations = [transcript(*[said("user"), said("assistant", calls=calls)] * (length // 2)) for length in lengths]
    for one in scheduled(conversations):
        assert all(NEW_YEAR_NS <= at_ns < NEW_YEAR_NS + DAY_NS for at_ns in [one.at_ns or 0, *times(one)])
        assert all(before < after for before, after in pairwise(times(one)))


def test_long_conversations_take_at_most_four_hours() -> None:
    """The help states that their gaps are shorter."""
    for messages in [said("user"), said("assistant")] * 2000, [said("user"), said("assistant", calls=20_000)]:
        (timed,) = scheduled([transcript(*messages)])
        assert times(timed)[-1] - times(timed)[0] < 4 * 3600 * SECOND_NS
    assert "longer than four hours" in DESCRIPTION
