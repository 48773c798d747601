"""The fold: episodes, turns, ends, coming back. Played live; the tables are checked one by one."""

from __future__ import annotations

import pickle

import pytest

from otel_agent_analytics.conversations.events import FeedbackReceived, UserMessage
from otel_agent_analytics.conversations.from_span import decode
from otel_agent_analytics.conversations.rules import DEFAULT_RULES, SECOND_NS, Rules
from otel_agent_analytics.conversations.state import State, advance, deadline, end, knows, new
from otel_agent_analytics.conversations.stretch import TRANSITIONS, Phase
from tests.helpers.script import BEGIN_NS, SERVICE, feed, live, play, write

MINUTE_NS = 60 * SECOND_NS


def fold(text: str, rules: Rules = DEFAULT_RULES) -> State:
    """Advance one state over everything that a script sends."""
    state = new("c")
    for source in write(text):
        for _, event in decode(source):
            state = advance(state, event, rules)
    return state


@pytest.mark.parametrize(
    ("script", "phase"),
    [
        ("rate positive", Phase.EMPTY),
        ("open", Phase.VISIT),
        ("agent welcome", Phase.VISIT),
        ("user hi", Phase.WAITING),
        ("open | user hi", Phase.WAITING),
        ("user hi | agent hello", Phase.ANSWERED),
        ("user hi | agent hello | user more", Phase.WAITING),
        ("user hi | error ModelError", Phase.WAITING),
        ("user hi | agent hello | rate positive", Phase.ANSWERED),
        ("user hi | agent hello | end", Phase.ENDED),
    ],
)
def test_phase(script: str, phase: Phase) -> None:
    """The walk over the events goes through the table of transitions."""
    assert fold(script).cut.phase is phase


def test_every_phase_is_in_the_table() -> None:
    """No phase is left out of the table, and only a user message leads out of the end."""
    assert set(TRANSITIONS) == set(Phase)
    assert set(TRANSITIONS[Phase.ENDED]) == {UserMessage}


def test_duplicate_gives_the_same_object() -> None:
    """An event that is in the state already changes nothing, so that the host can skip the write."""
    state = fold("user hi | agent hello")
    event = state.events[0]

    assert advance(state, event, DEFAULT_RULES) is state
    assert knows(state, event)


def test_deadline_is_idle_time_after_the_last_event() -> None:
    """A conversation is over 30 minutes after its last event was over."""
    # user after 10 s, agent one second later
    assert deadline(fold("user hi | agent hello"), DEFAULT_RULES) == BEGIN_NS + 11 * SECOND_NS + 30 * MINUTE_NS


def test_state_pickles() -> None:
    """A state can be sent to another process."""
    state = fold("user hi | agent hello | rate positive")

    assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301


def test_end_then_nothing_left() -> None:
    """After the end a state is remembered for the reopening time, then forgotten without a record."""
    ended, record = end(fold("user hi | agent hello"), DEFAULT_RULES)

    assert record is not None
    assert deadline(ended, DEFAULT_RULES) == record.ended_ns + 24 * 60 * MINUTE_NS
    forgotten, nothing = end(ended, DEFAULT_RULES)
    assert nothing is None
    assert (forgotten.events, forgotten.episode, forgotten.floor_ns) == ((), 2, deadline(ended, DEFAULT_RULES))


def test_turns_are_numbered_by_event_time() -> None:
    """The third message is turn three, whatever order the spans come in."""
    sources = write("user a | agent x | user b | agent y | user c | agent z?")

    assert feed(reversed(sources)).count("turn_abandoned", "3") == 1


def test_one_trace_per_turn_is_one_conversation() -> None:
    """Three runs of one conversation are three turns of one episode, and its duration runs over all of them."""
    record = play("user a | agent x | idle 5m | user b | agent y | idle 5m | user c | agent z").record

    assert record.user_turns == 3
    # 10 + 1, then twice 1 s of the pause's own move + 300 + 10 + 1; from the first message on
    assert record.duration_seconds == 1 + 2 * 312


def test_short_pause_is_one_stretch() -> None:
    """Twenty-nine minutes of silence end nothing."""
    played = play("user a | agent x | idle 29m | user b | agent y")

    assert (played.count("conversations_ended", "silent", "helper"), played.count("conversations_reopened")) == (1, 0)


def test_coming_back_reopens() -> None:
    """A message 40 minutes later takes the first end back and is judged again at the next."""
    played = play("user a | agent x? | idle 40m | user thanks, bye | agent bye")

    assert played.record.user_turns == 2
    assert played.record.outcome == "completed"
    assert played.count("conversations_started", "unknown") == 1
    assert played.count("conversations_reopened") == 1
    assert played.count("conversations_ended", "abandoned", "helper") == 1
    assert played.count("conversations_retracted", "abandoned", "helper") == 1
    assert played.count("conversations_ended", "completed", "helper") == 1
    assert played.count("conversations_retracted", "completed", "helper") == 0
    assert played.count("turn_abandoned", "1") == 1
    assert played.count("turn_abandoned_retracted", "1") == 1
    assert [played.count("turn_reached", str(turn)) for turn in (1, 2, 3)] == [1, 1, 0]


def test_coming_back_after_a_day_is_the_next_episode() -> None:
    """A message 25 hours later starts episode two: a new record and a new start, nothing taken back."""
    played = play("user a | agent x? | idle 25h | user b | agent y")

    assert [(record.episode, record.outcome) for record in played.records] == [(1, "abandoned"), (2, "silent")]
    assert played.count("conversations_started", "unknown") == 2
    assert played.count("conversations_reopened") == 0
    assert played.count("turn_reached", "1") == 2


def test_episode_is_over_after_a_week() -> None:
    """Who talks every 20 minutes for eight days has two episodes: the first is cut at seven days."""
    talk = " | ".join(["user a | agent x | idle 20m"] * 600)
    played = play(talk)

    assert [record.end_reason for record in played.records] == ["max_age", "idle"]
    assert sum(record.user_turns for record in played.records) == 600


def test_explicit_end_at_its_time() -> None:
    """An explicit end is the end's time; a message after it reopens."""
    played = play("user a | agent x | end completed | idle 1m | user b | agent y?")

    assert played.record.outcome == "abandoned"
    assert played.count("conversations_reopened") == 1
    assert play("user a | agent x | idle 3m | end completed").record.duration_seconds == 1 + 1 + 180 + 1


def test_answer_after_the_explicit_end_is_counted() -> None:
    """A run that ends the conversation itself and then answers is one conversation with one answer."""
    sources = write("user a | tool lookup | agent x")
    inside = write("open | end completed", begin_ns=BEGIN_NS + 9 * SECOND_NS, ids="own")[1:]
    played = live([*sources, *inside])

    assert (played.record.outcome, played.record.agent_messages, played.count("conversations_reopened")) == (
        "completed", 1, 0,
    )  # fmt: skip


def test_late_rating_is_added_to_the_ended_episode() -> None:
    """A rating two hours after the end reopens nothing and is counted once."""
    played = play("user a | agent x | idle 2h | rate positive | idle 1h | rate negative")

    assert played.record.ratings == (("user", "negative", None),)
    assert played.count("conversations_reopened") == 0
    assert played.count("conversations_ended", "silent", "helper") == 1
    assert played.count("feedback", "positive") - played.count("feedback_retracted", "positive") == 0
    assert played.count("feedback", "negative") - played.count("feedback_retracted", "negative") == 1


def test_raters_are_kept_apart() -> None:
    """Each rater has one rating: the last."""
    played = play("user a | agent x | rate positive ann | rate negative bob | rate negative ann")

    assert played.record.ratings == (("ann", "negative", None), ("bob", "negative", None))


def test_rating_of_an_unknown_conversation_starts_none() -> None:
    """A rating alone is no conversation and no visit."""
    played = play("rate positive")

    assert played.records == []
    assert played.count("visits") == 0


def test_rating_before_the_conversation_joins_it() -> None:
    """A rating that comes first is counted with the conversation, and does not make it longer."""
    played = play("rate positive | idle 10m | user a | agent x")

    assert (played.record.duration_seconds, played.count("feedback", "positive")) == (1, 1)


def test_visit_that_becomes_a_conversation() -> None:
    """Who opens the page and speaks an hour later is a conversation; the visit is taken back."""
    played = play("open | idle 1h | user a | agent x")

    assert (played.count("visits"), played.count("visits_retracted")) == (1, 1)
    assert played.count("conversations_reopened") == 0
    assert played.count("conversations_started", "unknown") == 1


def test_span_of_a_forgotten_episode_moves_nothing() -> None:
    """A span for an episode that is no longer held is counted as late and changes nothing else."""
    played = play("user a | agent x")
    before = played.series()
    played.tracker.take(write("user late | agent y")[0])

    after = played.series()
    assert after.pop(("agent_analytics_spans_late_total", ())) == 1
    assert after.pop(("agent_analytics_spans_received_total", ())) == 2
    assert {key: value for key, value in before.items() if key in after} == after


def test_too_many_events_are_counted_and_left_out() -> None:
    """An episode keeps as many events as the rules allow; the rest is counted as dropped."""
    played = play("user a | agent x | user b | agent y | user c | agent z", Rules(max_events=4))

    assert played.record.user_turns == 2
    assert played.count("spans_dropped", "conversation_full") == 1


def test_rating_is_not_lost_on_a_full_episode_of_another() -> None:
    """The bound is per conversation: another one goes on."""
    sources = [*write("user a | agent x | user b | agent y"), *write("user a | agent x | rate positive", "other")]
    played = feed(sources, Rules(max_events=4))

    assert played.count("feedback", "positive") == 1


def test_feedback_event_is_of_its_own_kind() -> None:
    """A rating keeps its score where it has one."""
    event = FeedbackReceived("e", 1, 1, SERVICE, "", None, "positive", 5.0, "user")
    state = advance(new("c"), event, DEFAULT_RULES)

    assert state.cut.phase is Phase.EMPTY
