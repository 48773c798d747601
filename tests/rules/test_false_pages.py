"""How often somebody is woken for nothing, and how soon for something, by the arithmetic of the shipped alerts."""

from __future__ import annotations

import pytest

from benchmarks.alerts import GOOD, LIMIT, Shares, false_pages, found


@pytest.mark.parametrize("shares", [GOOD, LIMIT], ids=["good", "limit"])
def test_few_pages_are_false(shares: Shares) -> None:
    """In 1,000 days of 20 conversations there are at most 10 pages, of all alerts together, even at the thresholds."""
    each = false_pages(20, 1000, shares, seed=7)

    assert sum(each.values()) <= 1.0, each


def test_a_service_that_is_bad_is_paged_about() -> None:
    """The same count is not small because nothing ever rings: at 35 % resolved, 20 a day, it does within 100 days."""
    bad = GOOD._replace(resolved=0.35)

    assert false_pages(20, 100, bad, seed=7)["AgentResolutionRateLow"] >= 1


def test_a_fall_is_found_within_a_day() -> None:
    """At 100 a day, a fall of the resolution rate from 70 to 45 % is paged within a day in 85 % of the runs or more."""
    assert found(100, 300, GOOD._replace(resolved=0.45), seed=7) >= 0.85
