"""How far rules, judge and ratings agree: figures against counts by hand, and kappa against its known example."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from otel_agent_analytics.__main__ import main
from otel_agent_analytics.service.queries import calibration
from otel_agent_analytics.service.queries.agreement import kappa_of
from otel_agent_analytics.service.queries.answers import encoded
from otel_agent_analytics.service.queries.asked import Asked
from otel_agent_analytics.storage.duckdb import DuckDBDatabase
from tests.helpers.judge_endpoint import Asked as Request
from tests.helpers.judge_endpoint import Reply, endpoint, findings
from tests.helpers.judged import court, talk, without_judge

if TYPE_CHECKING:
    from pathlib import Path

    from otel_agent_analytics.storage.database import Database

FOREVER = Asked(0, 2**62)


def ask(database: Database, asked: Asked = FOREVER) -> Any:
    """Return an answer as JSON has it."""
    with database.snapshot() as read:
        return msgspec.json.decode(encoded(calibration.calibration(read, asked)))


def test_kappa_is_that_of_the_textbook() -> None:
    """Fifty proposals, two readers (20, 5, 10, 15): .4. Always the same: 1. By chance: 0. Nothing to tell: None."""
    assert kappa_of(Counter({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15})) == pytest.approx(0.4)
    assert kappa_of(Counter({("y", "y"): 3, ("n", "n"): 9})) == 1
    assert kappa_of(Counter({("y", "y"): 1, ("y", "n"): 1, ("n", "y"): 1, ("n", "n"): 1})) == 0
    assert kappa_of(Counter({("y", "y"): 3})) is None
    assert kappa_of(Counter()) is None


# What the user says last, how it is rated, what the judge finds and how sure it is. The rules find "completed" after
# thanks, so resolved, and of the others nothing.
CASES = [
    ("user thanks, bye | agent bye", "positive", "resolved", 0.95),
    ("user thanks, bye | agent bye", "negative", "unresolved", 0.91),
    ("user thanks, bye | agent bye", "negative", "resolved", 1.0),
    ("user fine | agent fine", "positive", "partially_resolved", 0.45),
    ("user fine | agent fine", "neutral", "resolved", 0.4),
    ("user fine | agent fine", "", "escalated", 0.2),
]


def test_what_is_counted(database: Database) -> None:
    """Six judged conversations: agreement, pairs and tenths of confidence are those that can be counted by hand."""
    sources = []
    for number, (more, rating, *_) in enumerate(CASES):
        moves = f"{more} | rate {rating}" if rating else more
        sources += talk(f"c{number}", (f"order {number}?", "on its way"), more=moves)

    def reply(asked: Request) -> Reply:
        number = int(asked.lines[0]["user"].split()[1].rstrip("?"))
        _, _, status, confidence = CASES[number]
        value = {"value": status, "confidence": confidence, "evidence": [1]}
        return Reply(said=findings(resolution_status=value))

    with endpoint() as served:
        served.reply = reply
        there = court(database, served.url)
        there.end(*sources)
        there.judge_all()
    found = ask(database)

    assert found["judged"] == 6
    by_two = {(one["question"], one["one"], one["other"]): one for one in found["agreement"]}
    # Rules and judge: three of which both say something: resolved three times, and resolved, unresolved, resolved.
    local = by_two["resolution", "local", "judge"]
    assert (local["same"]["part"], local["same"]["whole"]) == (2, 3)
    assert local["kappa"] == 0  # the rules always say the same
    # Judge and rating, as good and bad: + +, - -, + -, - +; the neutral one and the one without are left out.
    rated = by_two["resolution", "judge", "rating"]
    assert (rated["same"]["part"], rated["same"]["whole"]) == (2, 4)
    assert rated["kappa"] == 0
    pairs = {
        (one["one_value"], one["other_value"]): one["conversations"]
        for one in found["pairs"]
        if (one["question"], one["one"], one["other"]) == ("resolution", "local", "judge")
    }
    assert pairs == {
        ("resolved", "resolved"): 2, ("resolved", "unresolved"): 1, ("unknown", "partially_resolved"): 1,
        ("unknown", "resolved"): 1, ("unknown", "escalated"): 1,
    }  # fmt: skip
    tenths = {
        one["confidence_from"]: (one["right"]["part"], one["right"]["whole"], one["mean_confidence"])
        for one in found["confidence"]
        if (one["extractor"], one["question"]) == ("judge", "resolution")
    }
    assert tenths == {0.9: (2, 3, pytest.approx((0.95 + 0.91 + 1.0) / 3)), 0.4: (0, 1, pytest.approx(0.45))}


# The estimate, and the rating; the fifth and the sixth differ by less than a millionth.
ESTIMATES = [
    (0.95, "positive"), (0.91, "positive"), (1.0, "positive"), (0.62, "negative"), (0.85, "negative"),
    (0.850000000001, "positive"), (0.62, "neutral"), (None, "positive"), (0.3, ""),
]  # fmt: skip


def test_the_estimate_stands_beside_the_ratings(database: Database) -> None:
    """No judge is asked: by tenths of the estimate the share rated positive, and how often the better is ahead."""
    there = without_judge(database)
    for number, (_, rating) in enumerate(ESTIMATES):
        there.end(*talk(f"c{number}", ("hi", "hello"), more=f"rate {rating}" if rating else ""))
    with database.transaction() as transaction:
        for number, (estimate, _) in enumerate(ESTIMATES):
            update = "UPDATE conversations SET satisfaction = CAST(? AS DOUBLE PRECISION) WHERE conversation_id = ?"
            transaction.ask(update, [estimate, f"c{number}"])
    found = ask(database)

    assert (found["rated"], found["rated_without_estimate"]) == (8, 1)
    bins = {
        one["satisfaction_from"]: (one["positive"]["part"], one["conversations"], one["mean_satisfaction"])
        for one in found["satisfaction"]
    }
    assert bins == {
        0.6: (0, 2, pytest.approx(0.62)), 0.8: (1, 2, pytest.approx(0.85)), 0.9: (3, 3, pytest.approx(2.86 / 3)),
    }  # fmt: skip
    # Four positive ones against .62 and .85: both behind, three times; one behind and one level.
    told = found["separation"]
    assert (told["value"], told["positive"], told["negative"]) == (7.5 / 8, 4, 2)
    assert told["low"] < 7.5 / 8 < told["high"] < 1


def test_rules_stand_against_ratings_without_a_judge(database: Database) -> None:
    """Where nobody judges, the rules are compared with the ratings all the same: two say the same, one does not."""
    there = without_judge(database)
    thanked = "user thanks, bye | agent bye"
    for number, more in enumerate((f"{thanked} | rate 5", f"{thanked} | rate 1", "error ModelError | rate 2")):
        there.end(*talk(f"c{number}", ("hi", "hello"), more=more if number < 2 else f"user x | {more}"))
    found = ask(database)

    assert found["judged"] == 0
    by_two = {(one["question"], one["one"], one["other"]): one["same"] for one in found["agreement"]}
    assert by_two.keys() == {("resolution", "local", "rating"), ("sentiment", "local", "rating")}
    same = by_two["resolution", "local", "rating"]
    assert (same["part"], same["whole"]) == (2, 3)


def test_the_window_and_the_service_decide(database: Database) -> None:
    """Episodes that ended elsewhere or at another time are left out; without any there is nothing, and no failure."""
    with endpoint() as served:
        there = court(database, served.url)
        there.end(*talk("c1", ("hi", "hello")))
        there.judge_all()

    assert ask(database)["judged"] == 1
    assert ask(database, Asked(0, 1))["judged"] == 0
    empty = ask(database, FOREVER._replace(service="elsewhere"))
    assert (empty["judged"], empty["agreement"], empty["pairs"], empty["confidence"]) == (0, [], [], [])
    assert (empty["rated"], empty["separation"], empty["satisfaction"]) == (0, None, [])
    assert json.dumps(empty)


def test_the_last_judgement_counts(database: Database) -> None:
    """A conversation that was judged, went on and was judged again counts once, by what was found last."""
    with endpoint() as served:
        there = court(database, served.url)
        served.reply = lambda _: Reply(said=findings(resolution_status="unresolved"))
        there.end(*talk("c1", ("hi", "hello")))
        there.judge_all()
        there.end(*talk("c1", ("and?", "yes"), begin_ns=there.clock.now_ns))
        assert ask(database)["judged"] == 0  # what was found is not of this end
        served.reply = lambda _: Reply()
        again = court(database, served.url, clock=there.clock)
        again.judge_all()
    found = ask(database)

    assert found["judged"] == 1
    assert {(one["one_value"], one["other_value"]) for one in found["pairs"] if one["question"] == "resolution"} == {
        ("unknown", "resolved")
    }


def test_the_command_prints_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``query calibration`` has a line for each figure and a table for each list, whatever there is of either."""
    store = str(tmp_path / "x.duckdb")
    opened = DuckDBDatabase(store)
    there = without_judge(opened)
    for number, rating in enumerate(("positive", "negative")):
        there.end(*talk(f"c{number}", ("hi", "hello"), more=f"user thanks, bye | agent bye | rate {rating}"))
    opened.close()
    assert main(["query", "calibration", "--store", store, "--from", "2020-01-01"]) == 0
    printed = capsys.readouterr().out

    # Both have the same estimate: the pair is level.
    assert re.search(r"separation.value\s*│\s*0.5", printed)
    assert re.search(r"rated\s*│\s*2", printed)
    for title in ("satisfaction", "agreement", "pairs"):
        assert title in printed
    assert re.search(r"0.[0-9]\s*│\s*2\s*│\s*0.[0-9]+\s*│\s*50.0%", printed)
