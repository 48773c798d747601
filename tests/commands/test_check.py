"""``otel-agent-analytics check``: every setting, and what is wrong with this installation."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from otel_agent_analytics.__main__ import main
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

STANDARD = {"capture_message_content": "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"}
SETTINGS = sorted(
    STANDARD.get(item.name, f"AGENT_ANALYTICS_{item.name.upper()}")
    for section in (Settings, ServiceSettings)
    for item in fields(section)
)
SENTINEL = "a-very-secret-text"


@pytest.fixture(autouse=True)
def _tidy_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine sets, and set what a tidy service sets."""
    for name in list(os.environ):
        if name.startswith(("AGENT_ANALYTICS_", "OTEL_", "OPENAI_AGENTS_", "PROMETHEUS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("AGENT_ANALYTICS_USER_KEY", SENTINEL)
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "openai_agents")  # installed for other tests


def checked(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    """Return the exit status, what ``--json`` prints, and the same as text."""
    status = main(["check", "--json"])
    printed = capsys.readouterr()
    assert printed.err == ""
    return status, json.loads(printed.out), printed.out


def findings(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[tuple[bool, str]]]:
    """Return the exit status and what was found."""
    status, shown, _ = checked(capsys)
    return status, [(finding["wrong"], finding["text"]) for finding in shown["findings"]]


def test_another_instrumentation_is_a_hint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else makes spans of the same runs is named, and is no mistake; switched off it is nothing."""
    pytest.importorskip("opentelemetry.instrumentation.genai.openai_agents")
    monkeypatch.delenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS")
    status, ((wrong, text),) = findings(capsys)

    assert (status, wrong) == (0, False)
    assert text.startswith("opentelemetry-instrumentation-genai-openai-agents also makes spans")


def test_nothing_is_wrong_with_a_tidy_installation(capsys: pytest.CaptureFixture[str]) -> None:
    """Where all is well, there is nothing to say and the status is 0."""
    assert findings(capsys) == (0, [])
    assert main(["check"]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_every_setting_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with what is allowed and what it means, as JSON and as text."""
    _, shown, _ = checked(capsys)
    assert sorted(row["name"] for row in shown["settings"]) == SETTINGS
    assert all(row["allowed"] and row["meaning"] for row in shown["settings"])
    main(["check"])
    words = capsys.readouterr().out.split()
    assert [name for name in SETTINGS if name not in words and f"{name}=(set)" not in words] == []
    assert "A conversation ends after this long without an event. Allowed: a number of seconds" in " ".join(words)


def test_settings_are_readable_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 80 columns each name stands in one piece, with its value or, as one would write it, its default."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AGENT_ANALYTICS_REOPEN_SECONDS", "600")
    main(["check"])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert {
        "AGENT_ANALYTICS_IDLE_SECONDS  (default: 1800)",
        "AGENT_ANALYTICS_REOPEN_SECONDS=600",
        "AGENT_ANALYTICS_SIGNALS  (default: true)",
        "AGENT_ANALYTICS_METRICS_PORT  (not set)",
        "AGENT_ANALYTICS_USER_KEY=(set)",
    } <= set(lines)


def test_values_and_defaults_are_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set stands beside what holds when nothing is."""
    monkeypatch.setenv("AGENT_ANALYTICS_IDLE_SECONDS", "600")
    _, shown, _ = checked(capsys)
    rows = {row["name"]: (row["value"], row["default"]) for row in shown["settings"]}
    assert rows["AGENT_ANALYTICS_IDLE_SECONDS"] == ("600", 1800)
    assert rows["AGENT_ANALYTICS_REOPEN_SECONDS"] == (None, 86400)
    assert rows["AGENT_ANALYTICS_METRICS_PORT"] == (None, None)
    assert rows["AGENT_ANALYTICS_TOOL_ERROR_PATTERN"] == (None, "^Error")


def test_secrets_are_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That they are set is told, in the variable or in a file; what they are is not."""
    _, shown, text = checked(capsys)
    rows = {row["name"]: row["value"] for row in shown["settings"]}
    assert rows["AGENT_ANALYTICS_USER_KEY"] == "(set)"
    assert SENTINEL not in text
    secret = tmp_path / "key"
    secret.write_text(SENTINEL, encoding="utf-8")
    monkeypatch.delenv("AGENT_ANALYTICS_USER_KEY")
    monkeypatch.setenv("AGENT_ANALYTICS_USER_KEY_FILE", str(secret))
    status, shown, text = checked(capsys)
    rows = {row["name"]: row["value"] for row in shown["settings"]}
    assert (status, rows["AGENT_ANALYTICS_USER_KEY"], shown["findings"]) == (0, "(set)", [])
    assert SENTINEL not in text


def test_packages_are_told_with_their_versions(capsys: pytest.CaptureFixture[str]) -> None:
    """What a bug report must say: the SDKs that are really installed."""
    _, shown, _ = checked(capsys)
    for name in ("openai-agents", "opentelemetry-sdk", "prometheus-client", "genai-prices", "datasketches"):
        assert shown["packages"][name] == importlib.metadata.version(name)


@pytest.mark.parametrize(
    ("package", "wrong", "said"),
    [
        ("genai-prices", True, "genai-prices is not installed"),
        ("datasketches", False, "datasketches is not installed: unique users are not counted"),
        ("iptocc", False, "iptocc is not installed: no country is found for an IP address"),
    ],
)
def test_what_is_missing_is_told(
    package: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, wrong: bool
) -> None:
    """A package that is needed is wrong to miss; of one that an extra brings it is said what there is without it."""
    version = importlib.metadata.version

    def without(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(importlib.metadata, "version", without)
    assert findings(capsys) == (int(wrong), [(wrong, said)])


def test_file_of_prices_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be used is found before the service starts with it."""
    file = tmp_path / "prices.json"
    monkeypatch.setenv("AGENT_ANALYTICS_PRICES_FILE", str(file))
    price = {"model": "mine", "input_per_million_usd": 1, "output_per_million_usd": 2}
    file.write_text(json.dumps([price]), encoding="utf-8")
    assert findings(capsys) == (0, [])
    file.write_text(json.dumps([{**price, "input_per_million_usd": "cheap"}]), encoding="utf-8")
    status, ((wrong, text),) = findings(capsys)

    assert (status, wrong) == (1, True)
    assert text.startswith(str(file))
    assert "cheap" in text


def test_file_of_intents_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is a list of intents that cannot be used."""
    file = tmp_path / "intents.json"
    monkeypatch.setenv("AGENT_ANALYTICS_INTENTS_FILE", str(file))
    file.write_text('{"refund": ["I want my money back"]}', encoding="utf-8")
    assert findings(capsys) == (0, [])
    file.write_text('{"refund": []}', encoding="utf-8")

    assert findings(capsys) == (1, [(True, f"{file}, 'refund': must have a list of examples, not []")])


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        (
            "AGENT_ANALYTICS_IDLE_SECONDS",
            "soon",
            "AGENT_ANALYTICS_IDLE_SECONDS: 'soon' is not allowed; allowed is a number of seconds, 1 to 1000000000",
        ),
        (
            "AGENT_ANALYTICS_MODEL_TURN_SPANS",
            "perhaps",
            "AGENT_ANALYTICS_MODEL_TURN_SPANS: 'perhaps' is not allowed; allowed is true or false",
        ),
        ("AGENT_ANALYTICS_IDLE_SECOND", "600", "AGENT_ANALYTICS_IDLE_SECOND: no such setting"),
        ("AGENT_ANALYTICS_KEY_FILE", "/run/key", "AGENT_ANALYTICS_KEY_FILE: no such setting"),
        ("OPENAI_AGENTS_DISABLE_TRACING", "1", "OPENAI_AGENTS_DISABLE_TRACING is set"),
        ("OPENAI_AGENTS_DISABLE_TRACING", "TRUE", "OPENAI_AGENTS_DISABLE_TRACING is set"),
        ("OTEL_SDK_DISABLED", "true", "OTEL_SDK_DISABLED is true"),
        ("PROMETHEUS_MULTIPROC_DIR", "/run/prometheus", "PROMETHEUS_MULTIPROC_DIR is set"),
        ("AGENT_ANALYTICS_USER_KEY_FILE", "/nowhere/key", "AGENT_ANALYTICS_USER_KEY_FILE: cannot read '/nowhere/key'"),
    ],
)
def test_what_is_wrong_is_found(
    variable: str, value: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad value, a misspelled name, or tracing that is switched off: one finding says it, and the status is 1."""
    monkeypatch.setenv(variable, value)
    status, found = findings(capsys)
    assert status == 1
    assert [wrong for wrong, _ in found] == [True]
    assert found[0][1].startswith(text)
    assert main(["check"]) == 1
    assert "WRONG: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_AGENTS_DISABLE_TRACING", "0"),
        ("OPENAI_AGENTS_DISABLE_TRACING", ""),
        ("OTEL_SDK_DISABLED", "false"),
        ("AGENT_ANALYTICS_IDLE_SECONDS", ""),
        ("AGENT_ANALYTICS_HIDE_FAULTS", "1"),
    ],
)
def test_what_is_right_is_not_found(
    variable: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is set to nothing harmful is no finding."""
    monkeypatch.setenv(variable, value)
    assert findings(capsys) == (0, [])


@pytest.mark.parametrize("variable", ["OTEL_SERVICE_NAME", "AGENT_ANALYTICS_USER_KEY"])
def test_what_is_advisable_is_a_hint(
    variable: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service without a name, or users without a key, work: the hint changes no status."""
    monkeypatch.delenv(variable)
    status, found = findings(capsys)
    assert status == 0
    assert [wrong for wrong, _ in found] == [False]
    assert found[0][1].startswith(f"{variable} is not set")


def test_the_service_may_be_named_by_the_resource(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry has two variables for it."""
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=kites,service.name=shop")
    assert findings(capsys) == (0, [])


def test_a_bad_setting_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that explains settings works where others refuse."""
    monkeypatch.setenv("AGENT_ANALYTICS_QUEUE_SIZE", "many")
    status, shown, _ = checked(capsys)
    assert status == 1
    assert sorted(row["name"] for row in shown["settings"]) == SETTINGS


def test_the_program_ends_with_its_status() -> None:
    """The installed command says the same as the function."""
    command = [sys.executable, "-m", "otel_agent_analytics", "check"]
    good = subprocess.run(command, capture_output=True, timeout=60, check=False)
    environ = {**os.environ, "OTEL_SDK_DISABLED": "true"}
    bad = subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)
    assert (good.returncode, bad.returncode, good.stderr, bad.stderr) == (0, 1, b"", b"")
    assert b"OTEL_SDK_DISABLED is true" in bad.stdout
