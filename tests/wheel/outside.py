"""The wheel as users get it: what is in it, and what it does in an environment of its own, outside this folder.

``make wheel`` builds it and runs this. Its name keeps it out of ``make test``, since it installs from the package
index: first the wheel alone, then what the extra ``serve`` brings. The tests are in that order.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata

import otel_agent_analytics
from tests.helpers.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "otel_agent_analytics"
STACK_FILES = "otel_agent_analytics/stack_files/"
SHIPPED = ("grafana/dashboards", "grafana/provisioning", "grafana/rules", "grafana/runbook.md", "collector_config")


class Environment:
    """An environment with nothing but the wheel and what it needs, and an empty folder to work in."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.bin = folder / "venv" / "bin"
        self._wheel = wheel
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)

    def install(self, extras: str = "") -> None:
        """Install the wheel, with extras, in the versions that are tested."""
        self.pip("install", "--quiet", "--constraint", ROOT / "constraints.txt", f"{self._wheel}{extras}")

    def pip(self, *arguments: str | Path) -> None:
        """Run this environment's pip for the other one."""
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--python",
            self.bin / "python",
        ]
        subprocess.run([*pip, *arguments], check=True, timeout=300, cwd=self.folder)

    @property
    def environ(self) -> dict[str, str]:
        """Variables of a machine where nothing is set."""
        dropped = ("OTEL_", "OPENAI_", "AGENT_ANALYTICS_", "PYTHON", "VIRTUAL_ENV", "PYTEST_")
        return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}

    def run(self, program: str, *arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment to its end."""
        return subprocess.run(
            [self.bin / program, *arguments], cwd=self.folder, env={**self.environ, **environ}, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel() -> Path:
    """Return the wheel that ``make wheel`` has built."""
    (found,) = (ROOT / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment in which the wheel is installed without extras."""
    environment = Environment(tmp_path_factory.mktemp("outside"), wheel)
    environment.install()
    return environment


@pytest.fixture(scope="module")
def served(alone: Environment) -> Environment:
    """Return the same after the extra ``serve`` was installed too."""
    alone.install("[serve]")
    return alone


def content(wheel: Path) -> dict[str, bytes]:
    """Return the files of the wheel by their names."""
    with zipfile.ZipFile(wheel) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def files_below(*places: Path) -> dict[str, bytes]:
    """Return the files in folders, by their paths from the root of this tree; what Python compiled is left out."""
    paths = [path for place in places for path in (place.rglob("*") if place.is_dir() else [place])]
    files = [path for path in paths if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}


# --- what is in it ----------------------------------------------------------------------------------------------------


def test_package_is_whole_and_nothing_else_is_there(wheel: Path) -> None:
    """Every file of the package is in it as it is, with the files of the stack, and nothing of tests or examples."""
    own = {name: body for name, body in content(wheel).items() if ".dist-info/" not in name}
    stack = files_below(*(ROOT / part for part in SHIPPED))

    assert own == {**files_below(PACKAGE), **{STACK_FILES + name: body for name, body in stack.items()}}
    for part in ("py.typed", "judge_prompt.md", "assets/index.html", "postgres/0001_tables.sql", "scenes_en.json"):
        assert [name for name in own if name.endswith(part)], part
    assert not [name for name in own if re.search(r"(^|/)(tests?|examples?|benchmarks)(/|_)", name)]


def test_metadata_is_valid(wheel: Path) -> None:
    """An index would take it: its metadata is valid, and says version, licence, Python, extras and the README."""
    files = content(wheel)
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    metadata = Metadata.from_email(files[name], validate=True)

    assert metadata.name == "otel-agent-analytics"
    assert str(metadata.version) == otel_agent_analytics.__version__
    assert metadata.license_expression == "Apache-2.0"
    assert str(metadata.requires_python) == ">=3.11"
    assert metadata.description_content_type == "text/markdown"
    assert metadata.description == (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"distro", "serve", "users", "country", "language", "insights", "embedder"} <= set(
        metadata.provides_extra or ()
    )
    assert name.replace("METADATA", "licenses/LICENSE") in files


# --- the wheel alone --------------------------------------------------------------------------------------------------


def test_it_is_what_was_installed(alone: Environment) -> None:
    """The command says the version, the package comes from the new environment, and pip finds nothing missing."""
    where = alone.run("python", "-c", "import otel_agent_analytics; print(otel_agent_analytics.__file__)")

    assert alone.run("otel-agent-analytics", "--version").stdout.strip() == otel_agent_analytics.__version__
    assert where.stdout.startswith(str(alone.bin.parent))
    alone.pip("check")


def test_import_is_light(alone: Environment) -> None:
    """The import alone loads neither the Agents SDK nor OpenTelemetry nor anything else that was installed with it."""
    program = (
        "import sys; before = set(sys.modules); import otel_agent_analytics; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )

    assert alone.run("python", "-c", program).stdout.split() == ["otel_agent_analytics"]


def test_check_finds_nothing_wrong(alone: Environment) -> None:
    """What is needed is there; what an extra would bring is a hint."""
    done = alone.run("otel-agent-analytics", "check", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    hints = [finding["text"] for finding in json.loads(done.stdout)["findings"]]
    assert [text for text in hints if text.startswith("datasketches is not installed")]


def test_readme_program_runs(alone: Environment) -> None:
    """The README's program runs, and shows its conversation."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    (alone.folder / "app.py").write_text(found[1], encoding="utf-8")
    done = alone.run("python", "app.py", OTEL_TRACES_EXPORTER="none", OTEL_LOGS_EXPORTER="none")

    assert done.returncode == 0, done.stderr
    assert re.search(r'conversations_started_total\{channel="web",.*\} 1\.0', done.stdout)


def test_what_an_extra_brings_is_said(alone: Environment) -> None:
    """A command that needs the extra says which, and exits with 2."""
    done = alone.run("otel-agent-analytics", "demo", "--exit")

    assert done.returncode == 2
    assert "pip install 'otel-agent-analytics[serve]'" in done.stderr


def test_dashboards_are_written(alone: Environment) -> None:
    """Who has nothing but the wheel gets the dashboards, rules and configuration files as they are in this tree."""
    done = alone.run("otel-agent-analytics", "dashboards", "stack")
    folder = alone.folder / "stack"
    written = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert done.returncode == 0, done.stderr
    assert written == files_below(*(ROOT / part for part in SHIPPED))


# --- with the extra `serve` -------------------------------------------------------------------------------------------


def test_demo_runs(served: Environment) -> None:
    """A small made-up day is played, stored and summed up."""
    done = served.run("otel-agent-analytics", "demo", "--exit", "--json", "--conversations", "20", "--port", "0")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert 15 <= summary["conversations"] <= 20  # the others are visits
    assert sum(summary["outcomes"].values()) == summary["conversations"]


@pytest.fixture
def address(served: Environment) -> Iterator[str]:
    """Serve an analyzer of that environment; return its address."""
    port = free_port()
    options = ["--http", f"127.0.0.1:{port}", "--grpc", "off", "--store", "store.duckdb"]
    with subprocess.Popen(
        [served.bin / "otel-agent-analytics", "serve", *options],
        cwd=served.folder, env=served.environ, stderr=subprocess.DEVNULL,
    ) as analyzer:  # fmt: skip
        try:
            give_up = time.monotonic() + 60
            while time.monotonic() < give_up and analyzer.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    time.sleep(0.05)
                else:
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            analyzer.terminate()


def fetched(address: str) -> str:
    """Return what is at an address, which answers 200."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def test_page_and_store_are_there(address: str) -> None:
    """``serve`` makes a store from the migrations, and has the page with its scripts and styles, and the API."""
    page = fetched(f"{address}/")
    parts = re.findall(r'(?:src|href)="(page/[^"]+)"', page)

    assert fetched(f"{address}/readyz").strip() == "ready"
    assert len(parts) > 5
    assert all(fetched(f"{address}/{part}") for part in parts)
    assert json.loads(fetched(f"{address}/api/overview?days=1"))["figures"]["conversations"] == 0
