"""Which of the new groups is which of the old topics?"""

from __future__ import annotations

from otel_agent_analytics.insights.matching import matched


def test_the_same_messages_are_the_same_topic() -> None:
    """Whatever the numbers of the groups are."""
    assert matched(["a", "a", "b", None, "b"], [1, 1, 0, 0, 0]) == ({1: "a", 0: "b"}, {})


def test_a_topic_that_splits_goes_on_as_the_larger_part() -> None:
    """The other part is new."""
    assert matched(["a"] * 5, [0, 0, 0, 1, 1]).same == {0: "a"}


def test_topics_that_join_go_on_as_the_larger_one() -> None:
    """The other has gone into it."""
    assert matched(["a", "a", "a", "b", "b"], [0] * 5) == ({0: "a"}, {"b": 0})


def test_a_topic_that_falls_apart_is_no_more() -> None:
    """Where no group has half of it, nothing goes on with it; and what it was in is new where it shares too little."""
    before = ["a"] * 6 + [None] * 12

    assert matched(before, [0, 0, 1, 1, 2, 2, *[0, 1, 2] * 4]) == ({}, {})


def test_a_small_part_of_something_large_is_not_the_same() -> None:
    """A third of the messages of either must be of both: here 2 of 8."""
    assert matched(["a", "a", *[None] * 6], [0] * 8) == ({}, {"a": 0})


def test_what_is_in_no_group_says_nothing() -> None:
    """Messages without a group, and groups without messages of a topic, match nothing."""
    assert matched(["a", None], [-1, 0]) == ({}, {})
