"""What the README says is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def program() -> str:
    """Return the README's program."""
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_program_runs_and_shows_its_conversation(tmp_path: Path) -> None:
    """The README's program, run with the README's words, prints the answer, the metrics and the spans."""
    app = tmp_path / "app.py"
    app.write_text(program(), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_TRACES_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "none"}
    done = subprocess.run([sys.executable, app], env=environ, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "Your lamp comes on Monday." in done.stdout
    assert re.search(r'conversations_started_total\{channel="web",.*\} 1\.0', done.stdout)
    assert re.search(r'messages_total\{.*role="agent".*\} 1\.0', done.stdout)
    assert '"name": "handle_conversation_turn Helper"' in done.stdout
    assert "Traceback" not in done.stderr


def test_program_runs_without_the_extras(tmp_path: Path) -> None:
    """``pip install .`` is enough: without OpenTelemetry's distro an SDK is set up too, and the same is shown."""
    plain, there = tmp_path / "plain", Path(sysconfig.get_path("purelib"))
    plain.mkdir()
    for item in there.iterdir():
        if not item.name.startswith(("opentelemetry_distro", "__pycache__")) and item.suffix != ".pth":
            (plain / item.name).symlink_to(item)
    app = tmp_path / "app.py"
    app.write_text(program(), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_TRACES_EXPORTER": "console", "OTEL_LOGS_EXPORTER": "none", "PYTHONPATH": f"{ROOT}:{plain}"}
    # -S: without the folder of packages of this environment.
    done = subprocess.run(
        [sys.executable, "-S", app], env=environ, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert re.search(r'conversations_started_total\{channel="web",.*\} 1\.0', done.stdout)
    assert '"name": "handle_conversation_turn Helper"' in done.stdout


def test_program_is_short() -> None:
    """The program has at most fifteen statements."""
    lines = [line for line in program().splitlines() if line.strip() and not line.startswith(("import", "from"))]

    assert len(lines) <= 15


def test_metrics_that_it_names_exist() -> None:
    """Every metric in the README is in the catalogue, with the labels that it shows."""
    known = {name: metric.labels for metric in CATALOGUE for name in (metric.name, metric.twin) if name}
    named = re.findall(r"`(?:agent_analytics|…)_([a-z_]+)(?:\{([a-z_,]+)\})?`", README)

    assert len(named) > 10
    for name, labels in named:
        assert f"agent_analytics_{name}" in known, name
        assert not labels or tuple(labels.split(",")) == known[f"agent_analytics_{name}"]


def test_outcomes_that_it_lists_are_all() -> None:
    """The table of outcomes lists each of the five."""
    assert all(f"| `{outcome}` |" in README for outcome in v.OUTCOMES)


def test_targets_and_commands_exist() -> None:
    """Every make target and every command in the README is there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make ([a-z]+)", README))
    commands = set(re.findall(r"otel-agent-analytics ([a-z]+)", README))
    assert "demo" in targets
    assert "serve" in commands
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "otel_agent_analytics", command, "--help"], check=True, capture_output=True
        )


def test_files_that_it_links_exist() -> None:
    """Every file that the README links is there."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
