"""``otel-agent-analytics replay``: figures, reports and exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import exp
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "otel_agent_analytics"]

ORDER = {
    "id": "order",
    "messages": [
        {"role": "user", "content": "where is my kite?", "timestamp": "2026-01-05T10:00:00Z"},
        {
            "role": "assistant",
            "content": "let me see",
            "timestamp": "2026-01-05T10:00:04Z",
            "tool_calls": [{"id": "a", "name": "find_order"}, {"id": "b", "name": "find_parcel"}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "order 7", "timestamp": "2026-01-05T10:00:05Z"},
        {"role": "tool", "tool_call_id": "b", "content": "Error: lost", "timestamp": "2026-01-05T10:00:06Z"},
        {"role": "assistant", "content": "It got lost.", "timestamp": "2026-01-05T10:00:09Z"},
        {"role": "user", "content": "then give me a person", "timestamp": "2026-01-05T10:01:00Z"},
        {
            "role": "assistant",
            "content": "",
            "timestamp": "2026-01-05T10:01:02Z",
            "tool_calls": [{"name": "transfer_to_human"}],
        },
        {"role": "tool", "content": "transferred", "timestamp": "2026-01-05T10:01:03Z"},
    ],
}
THANKS = {
    "id": "thänks",
    "messages": [
        {"role": "assistant", "content": "Welcome!", "timestamp": "2026-01-05T11:00:00Z"},
        {"role": "user", "content": "that is all, thanks", "timestamp": "2026-01-05T11:00:20Z"},
    ],
}
VISIT = {"id": "visit", "messages": [], "timestamp": "2026-01-05T09:00:00Z"}

OUTCOMES = {"completed": 1, "escalated": 1, "failed": 0, "abandoned": 0, "silent": 0}
FIGURES = {
    "conversations": 2,
    "visits": 1,
    "outcomes": OUTCOMES,
    "user_messages": 3,
    "agent_messages": 2,
    "tool_calls": 3,
    "tool_errors": 1,
    "escalated": 1,
    "skipped_lines": 0,
}
NOTHING: dict[str, Any] = {
    "satisfaction": None,
    "dissatisfied_turns": None,
    "rephrases": None,
    "repeats": None,
    "sentiment": None,
    "trajectory": None,
    "effort": None,
    "outcome_statement": None,
    "resolution_status": None,
    "resolutions": [],
    "rating": None,
    "cost_usd": None,
    "unpriced_calls": 0,
}
CALM = {**NOTHING, "dissatisfied_turns": 0, "rephrases": 0, "repeats": 0, "trajectory": "stable", "effort": 1}
BAD_LINE = '{"id": "x", "messages": [{"role": "robot"}]}'
REPORT = "message 1: role: 'robot' is not allowed; allowed is one of user, assistant, tool, system, developer"


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a file with three conversations."""
    return write(tmp_path / "chats.jsonl", json.dumps(ORDER), json.dumps(THANKS), json.dumps(VISIT))


def write(path: Path, *lines: str) -> str:
    """Write lines to a file and return its name."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def status_of(*arguments: str) -> int:
    """Return the exit status of a command that runs in this process."""
    try:
        return main(arguments)
    except SystemExit as end:  # what argparse does
        return end.code if isinstance(end.code, int) else 1


def program(*arguments: str, given: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run the real program."""
    return subprocess.run(
        [*PROGRAM, *arguments], input=given, env={**os.environ, **environ}, capture_output=True, timeout=60, check=False
    )


def test_figures_are_one_json_object(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` prints the figures that a reader of the file would count, and nothing else."""
    assert status_of("replay", file, "--json") == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)
    assert {name: figures[name] for name in FIGURES} == FIGURES
    assert "each" not in figures
    assert printed.err == ""


def test_each_conversation_is_a_row(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--each`` adds a row per episode by its start; what is not known is null and never 0."""
    assert status_of("replay", file, "--json", "--each") == 0
    figures = json.loads(capsys.readouterr().out)
    assert {name: figures[name] for name in FIGURES} == FIGURES
    expected: list[dict[str, Any]] = [
        {
            "id": "visit",
            "episode": 1,
            "outcome": None,
            "outcome_reason": None,
            "user_turns": 0,
            "agent_messages": 0,
            "tool_calls": 0,
            "tool_errors": 0,
            "escalated": False,
            "duration_seconds": 0,
            **NOTHING,
        },
        {
            "id": "order",
            "episode": 1,
            "outcome": "escalated",
            "outcome_reason": "escalation",
            "user_turns": 2,
            "agent_messages": 1,
            "tool_calls": 3,
            "tool_errors": 1,
            "escalated": True,
            "duration_seconds": 63,
            **CALM,
            # Nothing but the question mark speaks; the second message shares no content word with the first.
            "satisfaction": pytest.approx(1 - (odds(-1.569 + 0.255) + odds(-1.569)) / 2),
            "sentiment": "neutral",
            "effort": 3,  # a tool failed, and a human was asked for
            "resolution_status": "escalated",
            "unpriced_calls": 3,
        },
        {
            "id": "thänks",
            "episode": 1,
            "outcome": "completed",
            "outcome_reason": "closing_words",
            "user_turns": 1,
            "agent_messages": 1,
            "tool_calls": 0,
            "tool_errors": 0,
            "escalated": False,
            "duration_seconds": 20,
            **CALM,
            # thanks is worth 1.9 to VADER, and the phrase 0.10 more
            "satisfaction": pytest.approx(
                1 - odds(-1.569 - 0.878 * (1.9 / (1.9**2 + 15) ** 0.5 + 0.10) - 0.851), abs=1e-4
            ),
            "sentiment": "positive",
            "resolution_status": "resolved",
            "resolutions": ["contained", "assumed"],
        },
    ]
    for row, told in zip(expected, figures["each"], strict=True):
        assert row == {**told, "duration_seconds": pytest.approx(told["duration_seconds"], abs=0.001)}


def odds(logit: float) -> float:
    """Return the probability behind a logit."""
    return 1 / (1 + exp(-logit))


PRICED = {
    **THANKS,
    "id": "priced",
    "user_id": "mia",
    "model": "gpt-5-mini",
    "feedback": [{"rating": 5, "rater": "mia"}, {"rating": 2, "rater": "boss"}, {"rating": "positive", "rater": "ann"}],
    "messages": [
        {"role": "user", "content": "book it", "timestamp": "2026-01-05T12:00:00Z"},
        {
            "role": "assistant",
            "content": "It has been sent.",
            "usage": {"input_tokens": 1000, "output_tokens": 100},
            "timestamp": "2026-01-05T12:00:04Z",
        },
    ],
}


def test_money_ratings_and_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cost, savings, ratings and users are those that a reader reckons; without any they are null, or a dash."""
    # 1,000 tokens in at 0.25 USD and 100 out at 2 USD a million
    cost, name = 0.00045, write(tmp_path / "f.jsonl", json.dumps(PRICED))
    assert status_of("replay", name, "--json", "--each") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["cost_usd"] == figures["cost_per_conversation_usd"] == figures["cost_per_resolved_usd"] == cost
    assert figures["savings_usd"] == pytest.approx(5 - cost)
    assert figures["unpriced_calls"] == 0
    assert figures["users"] == 1
    assert (figures["ratings"], figures["average_rating"]) == (3, 3.5)
    # (5 + 2 + 5) / 3 is more than 3
    assert figures["rated_conversations"] == {"positive": 1, "neutral": 0, "negative": 0}
    assert figures["resolutions"] == {"contained": 1, "assumed": 1, "confirmed": 1, "verified": 1}
    assert figures["resolution_statuses"]["resolved"] == 1
    (row,) = figures["each"]
    assert (row["outcome_reason"], row["outcome_statement"]) == ("success_statement", "success")
    assert (row["cost_usd"], row["rating"]) == (cost, "positive")

    assert status_of("replay", write(tmp_path / "g.jsonl", json.dumps(VISIT)), "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    unknown = ("cost_usd", "cost_per_conversation_usd", "cost_per_resolved_usd", "savings_usd", "average_rating",
               "satisfaction", "dissatisfied_turns", "rephrases", "repeats", "users")  # fmt: skip
    assert {name: figures[name] for name in unknown} == dict.fromkeys(unknown)


def test_what_is_not_known_is_a_dash(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables show a dash and neither 0 nor nothing."""
    monkeypatch.setenv("COLUMNS", "250")
    assert status_of("replay", file, "--each") == 0
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    shown = {row[0]: row[1:] for row in cells if len(row) > 1}
    assert shown["cost, USD"] == shown["savings, a human at 5 USD a conversation, USD"] == ["–"]
    assert shown["average rating (1 to 5)"] == shown["users"] == ["–"]
    assert shown["rated positive, of the rated (CSAT)"] == ["–", "–", "–", "–"]
    assert shown["resolved, where the status is known"] == ["1", "2", "50.0%", "9.5% – 90.5%"]
    assert shown["rephrases"] == ["0"]
    (visit,) = (row for row in cells if row[:1] == ["visit"])
    assert "" not in visit
    assert visit.count("–") >= 3


def test_a_comeback_after_a_day_is_a_row_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two episodes of one id are told apart by their number."""
    said = [
        {"role": "user", "content": "hi", "timestamp": "2026-01-05T10:00:00Z"},
        {"role": "user", "content": "bye", "timestamp": "2026-01-07T10:00:00Z"},
    ]
    name = write(tmp_path / "f.jsonl", json.dumps({"id": "c", "messages": said}))
    assert status_of("replay", name, "--json", "--each") == 0
    figures = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["episode"], one["outcome"]) for one in figures["each"]] == [
        ("c", 1, "abandoned"),
        ("c", 2, "completed"),
    ]
    assert figures["conversations"] == 2


def test_tables_show_the_same_figures(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``--json`` the figures stand in tables; with ``--each`` the conversations too."""
    monkeypatch.setenv("COLUMNS", "200")
    assert status_of("replay", file, "--each") == 0
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    counted = {row[0]: row[1] for row in cells if len(row) == 2}
    assert {name.replace("_", " "): str(value) for name, value in FIGURES.items() if name != "outcomes"}.items() <= (
        counted.items()
    )
    assert {row[0]: row[1] for row in cells if len(row) > 2 and row[0] in OUTCOMES} == {
        name: str(count) for name, count in OUTCOMES.items()
    }
    assert {row[0] for row in cells if row} >= {"visit", "order", "thänks"}


def test_rows_fit_the_terminal(file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for all columns, whole ones are left out and named; no cell is broken over lines."""
    monkeypatch.setenv("COLUMNS", "70")
    assert status_of("replay", file, "--each") == 0
    lines = capsys.readouterr().out.splitlines()
    title = next(place for place, line in enumerate(lines) if "one by one" in line)
    end = next(place for place, line in enumerate(lines) if line.startswith("There is no room for: "))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines[title:end] if line.startswith("│")]
    assert max(map(len, lines[title:end])) <= 70
    assert [row[0] for row in rows] == ["visit", "order", "thänks"]
    assert {"completed", "escalated", "closing_words", "escalation", "–"} <= {cell for row in rows for cell in row}
    said = " ".join(lines[end : end + 3])
    assert all(column in said for column in ("tools", "sentiment", "satisfaction"))


def test_a_bad_line_is_said_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others count; the exit status tells, unless ``--keep-going`` says that this is all right."""
    name = write(tmp_path / "mixed.jsonl", json.dumps(ORDER), BAD_LINE, "", "no json", json.dumps(THANKS))
    for arguments, status in (["--json"], 1), (["--json", "--keep-going"], 0):
        assert status_of("replay", name, *arguments) == status
        printed = capsys.readouterr()
        figures = json.loads(printed.out)
        assert (figures["conversations"], figures["skipped_lines"]) == (2, 2)
        first, second = printed.err.splitlines()
        assert first == f"{name}:2: {REPORT}"
        assert second.startswith(f"{name}:4: no JSON")


def test_the_summary_counts_skipped_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who reads the table sees that something is missing."""
    assert status_of("replay", write(tmp_path / "f.jsonl", BAD_LINE)) == 1
    rows = [line.split("│") for line in capsys.readouterr().out.splitlines()]
    assert [row[2].strip() for row in rows if len(row) == 4 and row[1].strip() == "skipped lines"] == ["1"]


def test_what_cannot_be_played_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that the SDK cannot follow is named with its place, and the exit status tells."""
    said: list[dict[str, Any]] = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "agent": "A", "tool_calls": [{"name": "player_handoff_B"}]},
        {"role": "assistant", "agent": "B", "content": "hello"},
    ]
    name = write(tmp_path / "f.jsonl", json.dumps({"id": "odd", "messages": said}))
    assert status_of("replay", name, "--json") == 1
    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith(f"{name}:1: ")
    assert status_of("replay", name, "--json", "--keep-going") == 0


def test_several_files_are_one_replay(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures are those of all files; the same file twice counts once."""
    other = write(tmp_path / "other.jsonl", json.dumps({**THANKS, "id": "other"}))
    assert status_of("replay", file, other, file, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["conversations"], figures["visits"], figures["user_messages"]) == (3, 1, 4)


def test_an_empty_file_has_no_conversations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in, nothing out, and no fault; as tables too."""
    name = write(tmp_path / "empty.jsonl", "")
    assert status_of("replay", name, "--json", "--each") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["conversations"], figures["visits"], figures["each"]) == (0, 0, [])
    assert status_of("replay", name, "--each") == 0
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_said_in_one_line(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2 and no figures: what was read before is not shown as if it were all."""
    for name, why in (str(tmp_path / "nowhere.jsonl"), "No such file"), (str(tmp_path), "Is a directory"):
        assert status_of("replay", file, name, "--json") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith(f"cannot read {name}: {why}")
        assert len(printed.err.splitlines()) == 1


def test_the_recording_may_be_moved_to_now(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``--shift-to-now`` changes when everything happened, and no figure."""
    assert status_of("replay", file, "--shift-to-now", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert {name: figures[name] for name in FIGURES} == FIGURES


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("AGENT_ANALYTICS_IDLE_SECONDS", "soon", "a number of seconds, 1 to 1000000000"),
        ("AGENT_ANALYTICS_IDLE_SECONDS", "0", "a number of seconds, 1 to 1000000000"),
        ("AGENT_ANALYTICS_REOPEN_SECONDS", "inf", "a number of seconds, 0 to 1000000000"),
        ("AGENT_ANALYTICS_REOPEN_SECONDS", "nan", "a number of seconds, 0 to 1000000000"),
        ("AGENT_ANALYTICS_QUEUE_SIZE", "1.5", "a whole number, 1 to 100000000"),
        ("AGENT_ANALYTICS_TOOL_ERROR_PATTERN", "(", "a regular expression"),
        ("AGENT_ANALYTICS_MODEL_TURN_SPANS", "maybe", "true or false"),
        ("AGENT_ANALYTICS_METRICS_PORT", "70000", "a port, 1 to 65535"),
    ],
)
@pytest.mark.parametrize("command", [["replay", "nowhere.jsonl"], ["demo", "--exit"]], ids=["replay", "demo"])
def test_a_bad_setting_is_said_in_one_line(
    command: list[str],
    variable: str,
    value: str,
    allowed: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its name, its value and what is allowed; status 2, before anything is read or played."""
    monkeypatch.setenv(variable, value)
    assert status_of(*command) == 2
    printed = capsys.readouterr()
    assert printed.err == f"{variable}: {value!r} is not allowed; allowed is {allowed}\n"
    assert printed.out == ""


def test_where_opentelemetry_is_off_it_says_so(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay that can make no span ends with status 2 instead of showing zeros."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert status_of("replay", file, "--json") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("OTEL_SDK_DISABLED is true")
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["replay"], ["play", "x"], ["replay", "x", "--jason"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be understood is answered with the usage."""
    assert status_of(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("usage: otel-agent-analytics")
    assert printed.out == ""


def test_help_states_the_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    """Who replays a file without timestamps can read at which times it is played."""
    assert status_of("replay", "--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "within 20 hours from 2025-01-01T00:00:00Z" in shown
    assert "a user speaks 30 s after the last message, an agent after 5 s, a tool after 1 s" in shown


def test_the_program_reads_standard_input(file: str, tmp_path: Path) -> None:
    """``-`` stands for it, beside files and in reports; the output is JSON whatever the terminal can show."""
    given = f"{json.dumps({**THANKS, 'id': 'piped'})}\n{BAD_LINE}\n".encode()
    ended = program("replay", "-", file, "--json", "--each", given=given, PYTHONIOENCODING="ascii")
    assert ended.returncode == 1
    assert ended.stderr.decode() == f"-:2: {REPORT}\n"
    figures = json.loads(ended.stdout)
    assert [one["id"] for one in figures["each"]] == ["visit", "order", "piped", "thänks"]


def test_the_program_ends_with_its_status(file: str, tmp_path: Path) -> None:
    """0 for a good file, 2 for one that is not there; one line says so and no traceback."""
    good, gone = program("replay", file), program("replay", str(tmp_path / "nowhere"))
    assert (good.returncode, good.stderr) == (0, b"")
    assert (gone.returncode, gone.stdout) == (2, b"")
    assert gone.stderr.count(b"\n") == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["replay", "FILE", "--each"], ["replay", "FILE", "--json"], ["check", "--json"]])
def test_the_program_may_lose_its_reader(arguments: list[str], unbuffered: str, file: str) -> None:
    """Whoever closes the pipe early, as ``head`` does, gets no traceback."""
    command = [*PROGRAM, *(file if argument == "FILE" else argument for argument in arguments)]
    environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    read, write_end = os.pipe()
    os.close(read)
    with os.fdopen(write_end, "wb") as closed:
        ended = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, env=environ, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == b""
