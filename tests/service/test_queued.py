"""Which jobs of a judge begin and end with a transaction, and which conversations are chosen: values in, values out."""

from __future__ import annotations

import pytest

from otel_agent_analytics.conversations.events import Service
from otel_agent_analytics.insights.schema import Findings
from otel_agent_analytics.service.queued import ToJudge, job_changes
from otel_agent_analytics.service.sampling import is_chosen
from tests.helpers.judge_endpoint import findings

SHOP, HELP = Service("shop"), Service("help")
OLD, NEW = ("c1", 1, "old words"), ("c1", 1, "new words")
FOUND = Findings.model_validate(findings())


def test_a_new_end_gets_a_job() -> None:
    """A row in the order of the columns, that may be taken at once; its service is shown to have a judge."""
    changes = job_changes([ToJudge(NEW, SHOP, 5), ToJudge(("c2", 3, "x"), HELP, 6)], [], [], {}, 9)

    first = (*NEW, *SHOP, 5, 9, 0, 0, 0, 0, 9)
    assert changes.new[0] == first
    assert [row[:3] for row in changes.new] == [NEW, ("c2", 3, "x")]
    assert changes.services == {SHOP, HELP}
    assert (changes.done, changes.said) == ([], {})


def test_other_words_take_the_place_of_a_job() -> None:
    """Of one episode the last words are judged: an older job goes, and one for the same words stays as it is."""
    assert job_changes([ToJudge(NEW, SHOP, 5)], [], [OLD], {}, 9).done == [OLD]
    same = job_changes([ToJudge(NEW, SHOP, 5)], [], [NEW], {}, 9)
    assert (same.new, same.done, same.services) == ([], [], set())


def test_what_goes_on_waits_for_nothing() -> None:
    """The jobs of an episode that goes on are done with; those of another one of the same conversation are not."""
    later = ("c1", 2, "later")
    assert job_changes([], [("c1", 1)], [OLD, later], {}, 9).done == [OLD]


def test_words_that_were_judged_before_hold_again() -> None:
    """No job, and what was found in them is said once more."""
    changes = job_changes([ToJudge(NEW, SHOP, 5)], [], [OLD], {NEW: FOUND}, 9)

    assert changes.said == {("c1", 1): FOUND}
    assert (changes.new, changes.done, changes.services) == ([], [OLD], set())


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_share_is_chosen(share: float) -> None:
    """Of 2,000 conversations about so many; with a larger share the same ones and others; of none none, of all all."""
    names = [f"c{number}" for number in range(2000)]
    chosen = {name for name in names if is_chosen(name, share)}

    assert abs(len(chosen) / 2000 - share) < 0.05
    assert chosen <= {name for name in names if is_chosen(name, share + 0.05)}
    assert not any(is_chosen(name, 0) for name in names)
    assert all(is_chosen(name, 1) for name in names)
