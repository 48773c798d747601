"""Recorded conversations that nobody here wrote: the figures of a replay are those that were counted beforehand."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from otel_agent_analytics.__main__ import main

DATA = Path(__file__).parents[2] / "shared" / "data"
TIMED = DATA / "tau" / "tau2_airline_whissle_timed.jsonl"
TAU = [DATA / "tau" / "airline_gpt4o.jsonl", DATA / "tau" / "retail_gpt4o.jsonl", TIMED]
SGD = [DATA / "sgd" / "dialogues.jsonl"]

Row = dict[str, Any]


def recorded(files: list[Path]) -> list[Row]:
    """Return the lines of the files; skip the test where they are absent."""
    if not all(file.is_file() for file in files):
        pytest.skip(f"shared data: {', '.join(file.name for file in files)} is not here")
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def replayed(files: list[Path]) -> Row:
    """Return what ``replay --json --each`` prints; status 0 says that everything was read and played."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        status = main(["replay", *map(str, files), "--json", "--each"])
    assert status == 0
    figures: Row = json.loads(printed.getvalue())
    return figures


# One test, since each worker of pytest-xdist would replay the files anew for each of several.
def test_figures_of_tau_are_those_that_were_counted() -> None:
    """User turns, tool calls, tool errors, escalations and durations of 365 conversations: none missing, none twice."""
    lines, figures = recorded(TAU), replayed(TAU)
    facts = ("id", "n_user", "n_tool_calls", "n_tool_errors", "transfer_to_human")
    counted = [tuple(one[fact] for fact in facts) for one in lines]
    said = ("id", "user_turns", "tool_calls", "tool_errors", "escalated")
    assert len(counted) == 365
    assert sorted(tuple(one[name] for name in said) for one in figures["each"]) == sorted(counted)

    assert figures["conversations"] == sum(figures["outcomes"].values()) == 365
    assert figures["skipped_lines"] == figures["visits"] == 0
    assert figures["user_messages"] == sum(one["n_user"] for one in lines)
    assert figures["tool_calls"] == sum(one["n_tool_calls"] for one in lines)
    assert figures["tool_errors"] == sum(one["n_tool_errors"] for one in lines)
    assert figures["escalated"] == sum(one["transfer_to_human"] for one in lines)

    # Every transfer to a human is found, and nothing else is taken for one; it decides outcome and status.
    transferred = {one["id"] for one in lines if one["transfer_to_human"]}
    assert len(transferred) > 50
    for field, expected in ("escalated", True), ("outcome", "escalated"), ("resolution_status", "escalated"):
        assert {one["id"] for one in figures["each"] if one[field] == expected} == transferred
    assert not transferred & {one["id"] for one in figures["each"] if "contained" in one["resolutions"]}

    durations = {one["id"]: one["duration_seconds"] for one in figures["each"]}
    timed = recorded([TIMED])
    assert len(timed) == 50
    for one in timed:
        moments = [datetime.fromisoformat(message["timestamp"]) for message in one["messages"]]
        assert durations[one["id"]] == pytest.approx((moments[-1] - moments[0]).total_seconds(), abs=1)


def test_results_and_estimates_of_dialogues_with_calls_beside_their_text() -> None:
    """569 dialogues whose calls have no results: each message and call counted, failures found and felt."""
    lines, figures = recorded(SGD), replayed(SGD)
    counted = []
    for one in lines:
        users = sum(message["role"] == "user" for message in one["messages"])
        calls = sum(len(message.get("tool_calls") or ()) for message in one["messages"])
        counted.append((one["id"], users, calls, 0, False))
    said = ("id", "user_turns", "tool_calls", "tool_errors", "escalated")
    assert len(counted) == 569
    assert sum(calls for _, _, calls, _, _ in counted) > 0
    assert sorted(tuple(one[name] for name in said) for one in figures["each"]) == sorted(counted)
    assert figures["escalated"] == figures["resolution_statuses"]["escalated"] == figures["outcomes"]["escalated"] == 0

    # What the agent last said of the result, against what the recording knows; both only where something was ordered.
    statements = {one["id"]: one["outcome_statement"] for one in figures["each"]}
    ordered = [one for one in lines if one["notify"]]
    failed = {one["id"] for one in ordered if one["final_notify"] == "NOTIFY_FAILURE"}
    said_failed = {one["id"] for one in ordered if statements[one["id"]] == "failure"}
    assert len(ordered) == 436
    assert 2 * len(failed & said_failed) / (len(failed) + len(said_failed)) >= 0.80

    # The status, which heeds how the conversation ended too.
    statuses = {one["id"]: one["resolution_status"] for one in figures["each"]}
    judged_failed = {one["id"] for one in ordered if statuses[one["id"]] in ("unresolved", "partially_resolved")}
    assert 2 * len(failed & judged_failed) / (len(failed) + len(judged_failed)) >= 0.75

    # The estimate of satisfaction, against the same: no recording has ratings, and what came of it is nearest to them.
    # By the last sentiment alone the area under the curve is .65, by the number of turns .50; here it was .86.
    estimates = {one["id"]: one["satisfaction"] for one in figures["each"]}
    succeeded = [one["id"] for one in ordered if one["id"] not in failed]
    pairs = [(estimates[good], estimates[bad]) for good in succeeded for bad in failed]
    assert sum((good > bad) + (good == bad) / 2 for good, bad in pairs) / len(pairs) >= 0.75
