"""``otel-agent-analytics demo``: a synthetic day whose summary and whose metrics say the same."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from otel_agent_analytics.__main__ import main
from otel_agent_analytics.commands.demo_agent import of_demo
from otel_agent_analytics.commands.demo_day import SERVICE, WINDOW, transcripts_of_day
from otel_agent_analytics.commands.episodes import of_record
from otel_agent_analytics.commands.figures import summary
from otel_agent_analytics.commands.playing import played
from otel_agent_analytics.demo.traffic import planned_day, synthetic_day
from otel_agent_analytics.errors import fault_counts
from otel_agent_analytics.outputs.catalogue import CATALOGUE, GROUPS, INTERNAL_FAULTS
from otel_agent_analytics.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from otel_agent_analytics.conversations.record import ConversationRecord

PROGRAM = [sys.executable, "-m", "otel_agent_analytics", "demo"]
OUTCOMES = ("completed", "escalated", "failed", "abandoned", "silent")
DAY: list[dict[str, Any]] = list(synthetic_day(seed=1, start=datetime(2026, 1, 4, 18, tzinfo=UTC)))
"""The transcripts that the command plays."""
NEVER = {
    "agent_analytics_conversations_active": "the day is over, so every conversation has ended",
    "agent_analytics_conversations_without_signals_retracted_total": "nobody whose language is unknown comes back",
    "agent_analytics_spans_duplicate_total": "a replay sends everything once",
    "agent_analytics_attributes_cut_total": "no attribute is longer than may be, and no span has too many",
    "agent_analytics_spans_late_total": "a replay sends everything in time",
    "agent_analytics_spans_dropped_total": "a replay waits for the tracker",
    "agent_analytics_spans_without_conversation_total": "every transcript has an id",
    "agent_analytics_labels_folded_total": "the day has few names; more than the caps allow would be a fault of it",
    "agent_analytics_values_refused_total": "every count and flag of a replay is one",
    "agent_analytics_spans_derived_elsewhere_total": "whoever plays it here derives its conversations itself",
    "agent_analytics_feedback_unmatched_total": "every rating of a transcript is of its own conversation",
    **{
        name: "nobody judges the demo: that takes a model"
        for metric in GROUPS["Judge"]
        for name in (metric.name, metric.twin)
        if name
    },
}
"""Families that the demo leaves at 0, and why that is right."""


class Metrics(NamedTuple):
    """What a scrape reads: the labels and the value of each sample."""

    samples: dict[str, list[tuple[dict[str, str], float]]]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of a family's samples that have these labels."""
        there = self.samples.get(f"agent_analytics_{name}", [])
        return sum(value for said, value in there if labels.items() <= said.items())

    def by(self, name: str, label: str, twin: str = "", **said_too: str) -> dict[str, float]:
        """Return the sums of a counter by one label, less what its twin took back, zeros left out."""
        sums: Counter[str] = Counter()
        for family, sign in ((name, 1), (twin, -1)):
            for said, value in self.samples.get(f"agent_analytics_{family}", []):
                if said_too.items() <= said.items():
                    sums[said[label]] += sign * round(value)
        return {value: count for value, count in sums.items() if count}


class Day(NamedTuple):
    """What came of the demo's day."""

    records: list[ConversationRecord]
    metrics: Metrics

    @property
    def engaged(self) -> list[ConversationRecord]:
        """The conversations in which the user said something."""
        return [record for record in self.records if record.user_turns > 0]


def parsed(text: str) -> Metrics:
    """Return the samples of an exposition, read by prometheus_client."""
    samples: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return Metrics(samples)


@pytest.fixture(scope="module")
def day() -> Day:
    """Return the day that the command plays, played once for all tests, in this process."""
    faults = sum(fault_counts().values())
    traffic = transcripts_of_day(1, 360)
    with played(traffic, of_demo(Settings()), service=SERVICE) as result:
        assert result.problems == []
        assert sum(fault_counts().values()) == faults
        return Day(result.records, parsed(generate_latest(result.registry).decode()))


def test_conversations_are_what_the_metrics_say(day: Day) -> None:
    """Started, ended by outcome and by agent, and visits: net of what was taken back, they are the records."""
    ended, metrics = "conversations_ended_total", day.metrics
    assert metrics.total("conversations_started_total") == len(day.engaged)
    assert metrics.by(ended, "outcome", "conversations_retracted_total") == Counter(r.outcome for r in day.engaged)
    assert metrics.by(ended, "agent", "conversations_retracted_total") == Counter(r.agent for r in day.engaged)
    assert metrics.total("visits_total") - metrics.total("visits_retracted_total") == len(day.records) - len(
        day.engaged
    )
    assert metrics.total("conversations_active") == 0
    reopened = metrics.total("conversations_reopened_total")
    assert metrics.total(ended) == len(day.engaged) + reopened
    assert metrics.total("conversation_duration_seconds_count") == metrics.total(ended)


def test_what_happened_in_them_is_what_the_metrics_say(day: Day) -> None:
    """Messages, tools, model calls, tokens, handoffs and failures are the sums over the records."""
    records, metrics = day.records, day.metrics
    assert metrics.by("messages_total", "role") == {
        "user": sum(record.user_turns for record in records),
        "agent": sum(record.agent_messages for record in records),
    }
    assert metrics.total("tool_calls_total") == sum(record.tool_calls for record in records)
    assert metrics.total("tool_errors_total") == sum(record.tool_errors for record in records)
    assert metrics.total("model_calls_total") == sum(record.model_calls for record in records)
    assert metrics.total("handoffs_total") == sum(record.handoffs for record in records)
    assert metrics.total("loops_total") == sum(record.loops for record in records)
    trips = metrics.total("guardrail_trips_total", guardrail="card_numbers")
    assert 0 < trips == sum(record.guardrail_trips for record in records) < metrics.total("guardrail_checks_total")
    assert metrics.by("errors_total", "source") == {
        "run": sum(record.failed_turns for record in records),
        # Where a guardrail stepped in, no model was asked.
        "model": sum(record.failed_turns - record.guardrail_trips for record in records),
        "tool": sum(record.tool_errors for record in records),
    }
    for kind, counts in (
        ("input", [record.input_tokens for record in records]),
        ("output", [record.output_tokens for record in records]),
        ("cache_read", [record.cached_tokens for record in records]),
        ("reasoning", [record.reasoning_tokens for record in records]),
    ):
        assert metrics.total("tokens_total", token_type=kind) == sum(count for count in counts if count is not None)
    assert metrics.total("cost_usd_total") == pytest.approx(
        float(sum(record.cost or 0 for record in records)), rel=1e-9
    )
    assert metrics.total("unpriced_calls_total") == sum(record.unpriced_calls for record in records)
    assert 0 < metrics.total("time_to_first_token_seconds_count") < metrics.total("model_calls_total")


def test_how_they_went_is_what_the_metrics_say(day: Day) -> None:
    """Escalations, ratings and the turns in which people gave up, net of what was taken back."""
    metrics, escalated = day.metrics, [record.escalation_agent for record in day.engaged if record.escalated]
    assert metrics.by("conversations_escalated_total", "agent", "conversations_escalated_retracted_total") == Counter(
        escalated
    )
    ratings = Counter(rating for record in day.records for _, rating, _ in record.ratings)
    assert metrics.by("feedback_total", "rating", "feedback_retracted_total") == ratings
    given_up = Counter(str(record.user_turns) for record in day.engaged if record.outcome == "abandoned")
    assert metrics.by("turn_abandoned_total", "turn", "turn_abandoned_retracted_total") == given_up
    assert metrics.total("turn_reached_total", turn="1") == len(day.engaged)
    assert set(ratings) == {"positive", "neutral", "negative"}


@pytest.mark.parametrize(
    ("family", "label", "field"),
    [
        ("conversations_by_resolution_status", "status", "resolution_status"),
        ("conversations_by_sentiment", "sentiment", "sentiment"),
        ("conversations_by_trajectory", "trajectory", "trajectory"),
        ("conversations_by_effort", "effort", "effort"),
        ("rated_conversations", "rating", "rating"),
    ],
)
def test_classes_are_what_the_metrics_say(day: Day, family: str, label: str, field: str) -> None:
    """Net of what was taken back, each class counts the records in it; nobody rated is no class."""
    found = Counter(str(getattr(record, field) or "unknown") for record in day.engaged)
    if field == "rating":
        del found["unknown"]
    assert day.metrics.by(f"{family}_total", label, f"{family}_retracted_total") == found
    assert len(found) > 1


@pytest.mark.parametrize(
    ("family", "label", "field"),
    [("rated_resolution_pairs", "status", "resolution_status"), ("rated_sentiment_pairs", "sentiment", "sentiment")],
)
def test_ratings_stand_against_the_rules(day: Day, family: str, label: str, field: str) -> None:
    """Without any judge: of each rating, what the rules say of the conversations that have it."""
    for rating in ("positive", "negative"):
        found = Counter(str(getattr(one, field) or "unknown") for one in day.engaged if one.rating == rating)
        counted = day.metrics.by(f"{family}_total", label, f"{family}_retracted_total", rating=rating)
        assert counted == found
        assert found


def test_quality_is_what_the_metrics_say(day: Day) -> None:
    """Resolutions, rephrases, repeats and dissatisfied turns, net of what was taken back, are those of the records."""
    metrics, records = day.metrics, day.engaged
    kinds = Counter(kind for record in records for kind in record.resolutions)
    assert metrics.by("resolutions_total", "kind", "resolutions_retracted_total") == kinds
    assert set(kinds) == {"contained", "assumed", "confirmed", "verified"}
    for family in ("rephrases", "repeats", "dissatisfied_turns", "judged_turns"):
        counted = sum(getattr(record, family) or 0 for record in records)
        assert metrics.total(f"{family}_total") - metrics.total(f"{family}_retracted_total") == counted > 0
    without = metrics.total("conversations_without_signals_total")
    assert without == sum(record.without_signals for record in records) > 0


ABOUT = {
    "delivery": {"find a parcel", "change the delivery address", "ask for delivery time or cost"},
    "refund": {"wait for a refund", "return a lamp", "report a double payment"},
    "invoice": {"get an invoice", "correct an invoice", "dispute a reminder"},
    "lamp": {"stop a flicker", "pair a remote control", "choose a bulb"},
    "account": {"change the mail address", "sign in", "ask about personal data"},
    "long_fault": {"repair a lamp that goes dark"},
}
"""The demo's intents by the topics that its day is planned with."""


def test_what_users_want_is_what_was_planned(day: Day) -> None:
    """Nine of ten English conversations have an intent of their planned topic, and the metrics count just these."""
    planned = planned_day(seed=1, start=datetime(2026, 1, 4, 18, tzinfo=UTC))
    plans = {str(transcript["id"]): plan for plan, transcript in planned}
    told = [(plans[one.conversation_id], one.intent) for one in day.engaged]
    english = [intent in ABOUT[plan.topic] for plan, intent in told if plan.topic and plan.language == "en"]

    assert sum(english) >= 0.9 * len(english) > 200
    wanted = Counter(one.intent or "unknown" for one in day.engaged)
    assert (
        day.metrics.by("conversations_by_intent_total", "intent", "conversations_by_intent_retracted_total") == wanted
    )
    unresolved = Counter(one.intent or "unknown" for one in day.engaged if one.unresolved)
    family, twin = (f"unresolved_conversations_by_intent{end}_total" for end in ("", "_retracted"))
    assert day.metrics.by(family, "intent", twin) == unresolved
    assert set(ABOUT) == {plan.topic for plan, _ in told} - {""}


def test_money_is_what_the_metrics_say(day: Day) -> None:
    """Cost by outcome and what savings are reckoned from, net of what was taken back, are those of the records."""
    metrics = day.metrics

    def net(family: str, **labels: str) -> float:
        return metrics.total(f"{family}_total", **labels) - metrics.total(f"{family}_retracted_total", **labels)

    for outcome in OUTCOMES:
        costs = [record.cost for record in day.engaged if record.outcome == outcome and record.cost is not None]
        assert net("ended_cost_usd", outcome=outcome) == pytest.approx(float(sum(costs)), rel=1e-9)
    sides = {
        "verified": [record for record in day.engaged if "verified" in record.resolutions],
        "escalated": [record for record in day.engaged if record.escalated],
    }
    for side, those in sides.items():
        priced = [record for record in those if record.unpriced_calls == 0]
        assert net("savings_conversations", side=side) == len(priced)
        assert net("savings_unpriced_conversations", side=side) == len(those) - len(priced) > 0
        assert net("savings_cost_usd", side=side) == pytest.approx(
            float(sum(record.cost or 0 for record in priced)), rel=1e-9
        )
    assert metrics.total("human_cost_usd") == 5


def test_users_are_what_the_metrics_say(day: Day) -> None:
    """Unique users are those who spoke; on Monday some of them return from the day before."""
    everybody = {one["user_id"] for one in DAY if "user_id" in one and spoke(one)}
    today = {one["user_id"] for one in DAY if "user_id" in one and spoke(one, "2026-01-05")}
    before = {one["user_id"] for one in DAY if "user_id" in one and spoke(one, "2026-01-04")}

    assert day.metrics.by("unique_users", "window") == {
        "1d": len(today), "7d": len(everybody), "30d": len(everybody),
    }  # fmt: skip
    assert day.metrics.total("returning_users", window="1d") == len(today & before) > 0
    assert day.metrics.total("new_users", window="1d") == len(today - before)


def spoke(one: dict[str, Any], day: str = "") -> bool:
    """Return whether the user of a transcript said something, on a day or at all."""
    return any(message["role"] == "user" and message["timestamp"].startswith(day) for message in one["messages"])


def test_every_outcome_occurs_and_somebody_comes_back(day: Day) -> None:
    """A newcomer sees all there is: each outcome, reopened and retracted episodes, several agents and models."""
    counted = day.metrics.by("conversations_ended_total", "outcome")
    assert set(counted) == set(OUTCOMES)
    assert min(counted.values()) >= 10
    assert day.metrics.total("conversations_reopened_total") > 0
    assert len({record.agent for record in day.engaged}) >= 3
    assert len({model for record in day.engaged for model in record.models}) >= 2


def test_every_family_of_the_catalogue_occurs(day: Day) -> None:
    """Each metric has a sample that is not 0, but for those of which the list says why not, and these are 0."""
    # Faults are of the process, in which other tests plant some; the fixture sees to it that the day added none.
    metrics = [metric for metric in CATALOGUE if metric is not INTERNAL_FAULTS]
    families = {name for metric in metrics for name in (metric.name, metric.twin) if name}
    samples = {name.removesuffix("_count"): values for name, values in day.metrics.samples.items()}
    empty = {name for name in families if not any(value for _, value in samples.get(name, []))}
    assert empty == set(NEVER)


def test_the_command_prints_the_figures_of_the_day(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` says of two agent processes and an analyzer, to the last digit, what one process says of the day."""
    assert main(["demo", "--exit", "--json"]) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert figures == summary([of_record(record) for record in day.records], human_cost_usd=5.0)
    outcomes = Counter(record.outcome for record in day.engaged)
    assert figures["conversations"] == len(day.engaged) >= 300
    assert figures["visits"] == len(day.records) - len(day.engaged) > 0
    assert figures["outcomes"] == {outcome: outcomes[outcome] for outcome in OUTCOMES}
    assert figures["user_messages"] == day.metrics.total("messages_total", role="user")
    assert figures["agent_messages"] == day.metrics.total("messages_total", role="agent")
    assert figures["tool_calls"] == day.metrics.total("tool_calls_total")
    assert figures["tool_errors"] == day.metrics.total("tool_errors_total")
    net = day.metrics.by("conversations_escalated_total", "agent", "conversations_escalated_retracted_total")
    assert figures["escalated"] == sum(net.values())
    assert figures["skipped_lines"] == 0
    net = day.metrics.by("resolutions_total", "kind", "resolutions_retracted_total")
    assert figures["resolutions"] == net
    assert figures["unpriced_calls"] == day.metrics.total("unpriced_calls_total")
    assert figures["cost_usd"] == pytest.approx(day.metrics.total("cost_usd_total"))
    assert figures["users"] == day.metrics.total("unique_users", window="30d")
    assert 0 < figures["savings_usd"] < 5 * figures["resolutions"]["verified"]
    assert printed.err == ""


@pytest.mark.parametrize(
    "arguments", [["--port", "65536"], ["--port", "http"], ["--conversations", "0"], ["--conversations", "-5"]]
)
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The argument, its value and what is allowed are said before anything is played."""
    with pytest.raises(SystemExit) as end:
        main(["demo", *arguments])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {arguments[0]}: {arguments[1]!r} is not allowed; allowed is a whole number" in said


@contextmanager
def occupied_port() -> Iterator[int]:
    """Listen on a port, so that nobody else can."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def heed_interrupts() -> None:
    """Take Ctrl-C for what it is, and the end of a terminal: who runs tests in the background may have them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def running(log: Path, *arguments: str, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start the real program, as from a terminal; end it after a minute and a half at the latest."""
    environ = {**os.environ, "COLUMNS": "200", **({} if folder is None else {"TMPDIR": str(folder)})}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environ,
            text=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - it only sets a signal
        ) as program,
    ):
        clock = threading.Timer(90, program.kill)
        clock.start()
        try:
            yield program
        finally:
            clock.cancel()
            program.terminate()  # not killed: it ends what it has started


def test_a_busy_port_is_said_and_another_one_taken(tmp_path: Path) -> None:
    """The program names the port that is not free, serves elsewhere what its tables say, and ends well by Ctrl-C."""
    log = tmp_path / "stderr"
    with occupied_port() as port, running(log, "--port", str(port), "--conversations", "150") as program:
        assert program.stdout is not None
        printed, address = "", None
        for line in program.stdout:
            printed += line
            address = re.search(rf"Open (http://127\.0\.0\.1:(\d+)/)\?{re.escape(WINDOW)}&tz=UTC", line)
            if address is not None:
                break
        assert address is not None, printed
        assert f"port {port} is not free" in printed
        assert int(address[2]) != port
        with urllib.request.urlopen(address[1], timeout=30) as answer:
            assert "<title>Agent analytics</title>" in answer.read().decode()
        with urllib.request.urlopen(f"{address[1]}metrics", timeout=30) as answer:
            metrics = parsed(answer.read().decode())
        with urllib.request.urlopen(f"{address[1].removesuffix('metrics')}api/users?{WINDOW}", timeout=30) as answer:
            users = json.load(answer)
        program.send_signal(signal.SIGINT)
        rest, status = program.stdout.read(), program.wait(timeout=30)
    assert status == 0
    assert "ended" in rest
    assert log.read_text() == ""

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines()]
    counted = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdecimal()}
    assert counted["conversations"] == metrics.total("conversations_started_total")
    assert counted["visits"] == metrics.total("visits_total") - metrics.total("visits_retracted_total")
    assert counted["user messages"] == metrics.total("messages_total", role="user")
    assert counted["agent messages"] == metrics.total("messages_total", role="agent")
    assert counted["tool calls"] == metrics.total("tool_calls_total")
    assert counted["tool errors"] == metrics.total("tool_errors_total")
    assert counted["handoffs"] == metrics.total("handoffs_total")
    assert counted["model calls"] == metrics.total("model_calls_total")
    assert counted["unpriced calls"] == metrics.total("unpriced_calls_total")
    assert counted["rephrases"] == metrics.total("rephrases_total") - metrics.total("rephrases_retracted_total")
    assert counted["users"] == users["unique"]
    money = {row[0]: row[1] for row in rows if len(row) == 2}
    assert float(money["cost, USD"]) == pytest.approx(metrics.total("cost_usd_total"), abs=0.0001)
    assert counted["ratings"] == metrics.total("feedback_total") - metrics.total("feedback_retracted_total")
    net = metrics.by("conversations_ended_total", "outcome", "conversations_retracted_total")
    assert {row[0]: int(row[1]) for row in rows if len(row) > 2 and row[0] in OUTCOMES} == net
    by_agent = metrics.by("conversations_ended_total", "agent", "conversations_retracted_total")
    assert {row[0]: int(row[1]) for row in rows if len(row) > 2 and row[0] in by_agent} == by_agent
    assert len(by_agent) >= 3


def children(program: subprocess.Popen[str]) -> dict[int, str]:
    """Return what a program has started and still runs: the command lines by their process ids."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    found = (line.split(None, 2) for line in listed.splitlines())
    return {int(pid): command for pid, parent, command in found if int(parent) == program.pid}


def started_by(program: subprocess.Popen[str], what: str) -> dict[int, str]:
    """Wait until a program has started another one; return all that it has started."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        found = children(program)
        if any(what in command for command in found.values()):
            return found
        time.sleep(0.05)
    raise AssertionError(what)


def assert_gone(processes: Iterable[int]) -> None:
    """Check that no process of these is left, but for one that its parent has not asked about."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, 0)
            state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
            assert state.stdout.startswith("Z") or not state.stdout


@pytest.mark.parametrize("victim", ["serve", "demo_agent"])
def test_a_program_that_dies_is_told(victim: str, tmp_path: Path) -> None:
    """When the analyzer or an agent is killed, the demo says which, ends the others, and has status 1."""
    log = tmp_path / "stderr"
    with running(log, "--exit", "--json", "--conversations", "2000") as program:
        there = started_by(program, "--number 1")
        os.kill(next(pid for pid, command in there.items() if victim in command), signal.SIGKILL)
        assert program.wait(timeout=60) == 1
        assert program.stdout is not None
        assert program.stdout.read() == ""
    assert_gone(there)
    name = {"serve": "the analyzer", "demo_agent": "agent process"}[victim]
    assert log.read_text().startswith(name)
    assert "was ended by signal 9" in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_demo_that_is_stopped(number: signal.Signals, tmp_path: Path) -> None:
    """SIGTERM, or a terminal that goes away, ends agents and analyzer while they work, and takes their files away."""
    log, folder = tmp_path / "stderr", tmp_path / "folder"
    folder.mkdir()
    with running(log, "--conversations", "2000", "--port", "0", folder=folder) as program:
        there = started_by(program, "--number 1")
        assert list(folder.iterdir()) != []
        program.send_signal(number)
        assert program.wait(timeout=60) == 1
    assert len(there) == 3
    assert_gone(there)
    assert log.read_text() == "interrupted\n"
    assert list(folder.iterdir()) == []


def test_another_seed_is_another_day_and_a_store_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Seed and number are the caller's to say; with ``--store`` the file stays."""
    with played(transcripts_of_day(2, 25), Settings(user_key=b"demo"), service=SERVICE) as result:
        expected = summary([of_record(record) for record in result.records], human_cost_usd=5.0)
    store = tmp_path / "kept.duckdb"
    assert main(["demo", "--exit", "--json", "--seed", "2", "--conversations", "25", "--store", str(store)]) == 0
    assert json.loads(capsys.readouterr().out) == expected
    assert store.exists()
    assert expected["conversations"] + expected["visits"] == 25


def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the analyzer says of it is said, with status 1."""
    store = str(tmp_path / "nowhere" / "x.duckdb")
    assert main(["demo", "--exit", "--json", "--store", store]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("the analyzer ended with status 1\n")
    assert store in printed.err
