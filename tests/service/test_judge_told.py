"""What the log says of a judge: each trouble once."""

from __future__ import annotations

import logging

import pytest

from otel_agent_analytics.service.judge_told import Told


def test_a_trouble_is_told_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    """Of each kind the first one; after an answer, which is told of once too, the next."""
    caplog.set_level(logging.INFO, "otel_agent_analytics")
    told = Told()
    for failure in ("timeout", "timeout", "connection", "timeout"):
        told.failed(failure, RuntimeError(failure))
    told.answered()
    told.answered()
    told.failed("timeout", RuntimeError("timeout"))

    assert [message.rpartition(": ")[2] for message in caplog.messages] == [
        "timeout", "connection", "the judge answers again", "timeout",
    ]  # fmt: skip


def test_a_spent_budget_is_told_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    """Each day that spends its budget says so, whatever was answered meanwhile."""
    told = Told()
    for day in (7, 7, 8):
        told.budget_spent(day)
        told.answered()

    assert len(caplog.messages) == 2
    assert all("budget" in message for message in caplog.messages)
