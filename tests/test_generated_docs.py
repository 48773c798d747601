"""Pages that are made from the code are up to date, name only what is there, and say what the code does."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import DOCS, PAGES, page
from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.agents_sdk import measure
from otel_agent_analytics.conversations.escalation import means_human
from otel_agent_analytics.conversations.rates import rate
from otel_agent_analytics.conversations.record import ConversationRecord
from otel_agent_analytics.conversations.rules import DEFAULT_RULES
from otel_agent_analytics.definitions.all_definitions import DEFINITIONS_VERSION, definitions
from otel_agent_analytics.definitions.definition import duration
from otel_agent_analytics.definitions.outcomes import ESCALATIONS, NO_ESCALATIONS
from otel_agent_analytics.definitions.quality import LOOP
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs import wide_names as w
from otel_agent_analytics.outputs.event_kinds import KINDS, OF_EVERY_EVENT
from tests.helpers.script import play

BY_NAME = {definition.name: definition for definition in definitions()}
METRICS = (DOCS / "metrics.md").read_text(encoding="utf-8")
EVENTS = (DOCS / "events.md").read_text(encoding="utf-8")
FAMILIES = {name: metric for metric in c.CATALOGUE for name in (metric.name, metric.twin) if name}
SERVICE_LABELS = {"service_name", "service_namespace", "deployment_environment_name", "le"}
ATTRIBUTES = {
    *OF_EVERY_EVENT, *(column.name for column in w.WIDE), *w.RESOLUTION.values(), w.REVISION, w.COUNT, w.TURN,
    *(name for kind in KINDS.values() for name in kind.attributes),
}  # fmt: skip


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_up_to_date(name: str) -> None:
    """Made anew, a page is what it is; else run docs/generate.py."""
    assert page(DOCS / name) == (DOCS / name).read_text(encoding="utf-8")


def test_program_says_what_is_not_up_to_date(tmp_path: Path) -> None:
    """With --check the program fails over a page that is not as it would be made, and writes nothing."""
    program = (DOCS / "generate.py").read_text(encoding="utf-8")
    (tmp_path / "generate.py").write_text(program, encoding="utf-8")
    for name in PAGES:
        (tmp_path / name).write_text((DOCS / name).read_text(encoding="utf-8"), encoding="utf-8")
    torn = EVENTS.replace("| Id of the conversation. |", "| Something else. |")
    (tmp_path / "events.md").write_text(torn, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, tmp_path / "generate.py", *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    assert torn != EVENTS
    assert run("--check") == (1, "events.md is not up to date\n")
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == torn
    assert run() == (0, "events.md was written\n")
    assert run("--check") == (0, "")
    assert (tmp_path / "events.md").read_text(encoding="utf-8") == EVENTS


# --- Queries ----------------------------------------------------------------------------------------------------------


def test_promql_names_metrics_and_labels_that_exist() -> None:
    """Every metric in a query is in the catalogue, or recorded by a rule; every label is one of its own."""
    queries = [*blocks(METRICS, "promql"), *blocks(METRICS, "yaml")]
    text = "\n".join(queries)
    recorded = set(re.findall(r"record: (\S+)", text))
    named = set(re.findall(r"agent_analytics[a-z0-9_:]*", text)) - {"agent_analytics"}
    families = {name.removesuffix("_bucket") for name in named if ":" not in name}

    assert len(queries) > 10
    assert {name for name in named if ":" in name} <= recorded
    assert families <= set(FAMILIES)
    for family, matchers in re.findall(r"(agent_analytics_\w+)\{([^}]*)\}", text):
        labels = set(re.findall(r"(\w+)(?:=|!=|=~)", matchers))
        assert labels <= {*FAMILIES[family].labels}, family
    for by in re.findall(r"by \(([^)]*)\)", text):
        known = {label for metric in c.CATALOGUE for label in metric.labels} | SERVICE_LABELS
        assert {label.strip() for label in by.split(",")} <= known


def test_every_counter_in_a_query_stands_beside_its_twin() -> None:
    """A query over a counter that can be taken back subtracts the twin."""
    for query in [*blocks(METRICS, "promql"), *blocks(METRICS, "yaml")]:
        named = set(re.findall(r"agent_analytics_\w+", query)) & set(FAMILIES)
        twins = {FAMILIES[name].twin for name in named if FAMILIES[name].twin}
        assert twins <= named, query


@pytest.mark.parametrize(("part", "whole"), [(144, 180), (0, 10), (10, 10), (1, 3), (5000, 9000)])
def test_interval_of_the_rules_is_the_one_of_the_code(part: int, whole: int) -> None:
    """The recording rules' bounds are Wilson's, as the code computes them, to the third decimal."""
    (rules,) = blocks(METRICS, "yaml")
    expected = rate(part, whole)
    assert expected is not None
    for bound, value in (("low", expected.low), ("high", expected.high)):
        found = re.search(rf"record: agent_analytics:completion:{bound}1d\n\s+expr: \|\n((?:\s{{10}}.*\n)+)", rules)
        assert found is not None
        formula = found[1].replace("agent_analytics:conversations_completed:1d", str(part))
        formula = formula.replace("agent_analytics:conversations_ended:1d", str(whole)).replace("> 0", "")
        names = {"sqrt": math.sqrt, "clamp_min": max}
        computed = eval(" ".join(formula.split()), {"__builtins__": {}}, names)  # noqa: S307 - a formula of our own page
        assert computed == pytest.approx(value, abs=1.5e-3)


def test_logql_names_attributes_that_exist() -> None:
    """Every attribute in a query, with its dots as Loki writes them, is one that records carry."""
    queries = blocks(EVENTS, "logql")
    known = {name.replace(".", "_") for name in ATTRIBUTES} | {"service_name"}
    text = re.sub(r'"[^"]*"', '""', "\n".join(queries))
    named = set(re.findall(r"(?:agent_analytics|gen_ai|error|user|session)_[a-z_]+", text))

    assert len(queries) > 8
    assert named <= known
    events = {event for query in queries for event in re.findall(r'event_name="(\w+)"', query)}
    short = {name.removeprefix(v.EVENT_PREFIX) for name in vars(v).values() if isinstance(name, str)}
    assert events <= short


def test_attributes_and_events_on_the_page_exist() -> None:
    """Every attribute and event that the page on log records names is one of ours or of the conventions."""
    named = set(re.findall(r"`((?:gen_ai|agent_analytics)\.[a-z][.a-z_]+)`", EVENTS))
    known = {value for value in vars(v).values() if isinstance(value, str)}
    events = {value for name, value in vars(w).items() if name.startswith("EVENT_")}

    assert named - known - ATTRIBUTES - events == set()


# --- Definitions ------------------------------------------------------------------------------------------------------


def test_definitions_have_names_of_their_own() -> None:
    """Every definition has a name, in snake_case, that no other has, and a text."""
    names = [definition.name for definition in definitions()]

    assert len(names) == len(set(names)) > 25
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert all(definition.text.endswith((".", ":")) for definition in definitions())


def test_every_figure_that_an_end_moves_is_defined() -> None:
    """Every metric with a twin is named by a definition, and every name there is a metric."""
    named = {name for definition in definitions() for name in definition.metrics}

    assert named <= set(FAMILIES)
    assert {metric.name for metric in c.CATALOGUE if metric.twin} <= named


def test_version_goes_up_with_the_numbers() -> None:
    """A change of a number or a line needs a new version: raise DEFINITIONS_VERSION, and write its digest here."""
    facts = [(d.name, [(f.value, f.unit) for f in d.figures], [line.name for line in d.lines]) for d in definitions()]
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]

    assert (DEFINITIONS_VERSION, digest) == (3, "a65660b6683b")


def test_outcome_lines() -> None:
    """The lines of the outcome are those of the definitions, in their order."""
    assert [line.name for line in BY_NAME["outcome"].lines] == [
        "as said (explicit)", "escalated (escalation)", "failed (run_failed)", "completed (closing_words)",
        "completed (success_statement)", "abandoned (no_answer)", "abandoned (open_question)",
        "abandoned (dissatisfied)", "abandoned (rephrased)", "abandoned (tool_failed)", "silent (no_sign)",
    ]  # fmt: skip


@pytest.mark.parametrize(("story", "status"), [
    ("user hi | tool transfer_to_human | agent booked", "escalated"),
    ("user hi | tool a | agent booked | user so | tool b | agent failed", "partially_resolved"),
    ("user hi | tool a | agent failed | user thanks, bye | agent ok", "unresolved"),
    ("user hi | agent which one?", "unresolved"),
    ("user hi | tool a | agent failed | user so | tool a | agent booked", "resolved"),
    ("user thanks, bye | agent ok", "resolved"),
    ("user hi | agent ok", None),
])  # fmt: skip
def test_resolution_status_is_the_first_line_that_holds(story: str, status: str | None) -> None:
    """What the definition says of each status is what the record has."""
    lines = [line.name for line in BY_NAME["resolution_status"].lines]

    assert play(story).record.resolution_status == status
    assert lines == ["escalated", "partially_resolved", "unresolved", "resolved", "unknown"]


def test_resolutions_and_sentiments_are_all_there() -> None:
    """The four resolutions and the values of sentiment each have a line."""
    assert tuple(line.name for line in BY_NAME["resolution"].lines) == v.RESOLUTIONS
    assert {line.name for line in BY_NAME["sentiment"].lines} == set(v.SENTIMENTS)


def test_examples_of_escalation_hold() -> None:
    """The names that stand as examples do, and do not, mean a human."""
    assert [name for name in ESCALATIONS if not means_human(name, DEFAULT_RULES)] == []
    assert [name for name in NO_ESCALATIONS if means_human(name, DEFAULT_RULES)] == []


def test_loop_is_that_of_the_code() -> None:
    """A loop takes as many calls as where it is counted."""
    assert measure._LOOP == LOOP


def test_numbers_are_those_that_users_know() -> None:
    """The numbers that the definitions began with, until somebody changes them on purpose."""
    texts = {name: definition.text for name, definition in BY_NAME.items()}

    assert "30 minutes after its last event" in texts["ended"]
    assert "within 24 hours after the end reopens" in texts["episode"]
    assert "7 days after its start" in texts["ended"]
    assert "above 0.35" in texts["dissatisfied_turn"]
    assert "above 0.4," in texts["rephrase"]
    assert ".36 to .46 for single turns, .28 to .36 for conversations" in texts["satisfaction"].replace("\n", " ")


@pytest.mark.parametrize(("seconds", "words"), [
    (1800, "30 minutes"), (60, "1 minute"), (86_400, "24 hours"), (604_800, "7 days"), (3600, "1 hour"),
    (90, "90 seconds"), (0.5, "0.5 seconds"),
])  # fmt: skip
def test_duration_in_words(seconds: float, words: str) -> None:
    """A length of time is said in the largest unit that it is a whole number of; a day is 24 hours."""
    assert duration(seconds) == words


def test_definitions_load_nothing_heavy() -> None:
    """Definitions can be had without the Agents SDK, OpenTelemetry, prices or word lists."""
    program = (
        "import sys; from otel_agent_analytics.definitions.all_definitions import definitions; definitions();"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()

    assert not {"agents", "opentelemetry", "prometheus_client", "vaderSentiment", "genai_prices", "numpy"} & set(loaded)


def test_wide_table_names_what_records_have() -> None:
    """Every column reads a field or property of a conversation's record."""
    fields = {column.field.partition(".")[0] for column in w.WIDE}

    assert all(hasattr(ConversationRecord, field) for field in fields)
