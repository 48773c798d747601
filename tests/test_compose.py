"""docker-compose.yml and Dockerfile by their rules: what is published, pinned, limited, mounted and secret."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.helpers.processes import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()

NO_CHECK = {
    "collector": "the image holds one program, which has no command that asks",
    "traffic": "it serves nothing",
    "volumes": "it ends at once",
}
"""Services without a health check, and why."""
MAY_WRITE = {"grafana": "puts its plug-ins in order"}
"""Services whose file system is not read-only, and why."""


def test_there_are_these_services() -> None:
    """Their names are host names in the shipped configuration; two are there on demand only."""
    always = {name for name, one in SERVICES.items() if "profiles" not in one}
    names = {"collector", "analyzer", "prometheus", "alertmanager", "loki", "tempo", "grafana"}
    assert always - {"volumes"} == names
    assert {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one} == {
        "traffic": ["demo"],
        "postgres": ["postgres"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_keeps_the_rules(name: str) -> None:
    """Ports on loopback, a pinned image, limits, no privileges, bounded logs, and a health check or a reason."""
    one = SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))
    assert one.get("network_mode", "none") == "none"
    own = one["image"] == "otel-agent-analytics:local" and "build" in one
    assert own or re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?", one["image"])
    assert re.fullmatch(r"\d+[mg]", one["deploy"]["resources"]["limits"]["memory"])
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["cap_drop"] == ["ALL"]
    assert "privileged" not in one
    assert one["restart"] == ("no" if name == "volumes" else "unless-stopped")
    assert set(one["logging"]["options"]) == {"max-size", "max-file"}
    assert one.get("read_only", False) is (name not in MAY_WRITE)
    check = one.get("healthcheck", {})
    assert ("test" in check) is (name not in NO_CHECK)
    assert check.get("test", ["CMD"])[0] == "CMD"  # a shell is in few of the images


def test_what_is_waited_for_can_tell() -> None:
    """Who waits for a healthy service waits for one that has a check; for an end, one that ends."""
    for one in SERVICES.values():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no"


def mounts() -> Iterator[tuple[str, str, str]]:
    """Yield service, source and the rest of every mount."""
    for name, one in SERVICES.items():
        for mount in one.get("volumes", ()):
            source, _, rest = mount.partition(":")
            yield name, source, rest


def test_every_mounted_path_exists() -> None:
    """The very files of the repository, for reading only; every volume is declared, and every declared one is used."""
    volumes = set()
    for _, source, rest in mounts():
        if source.startswith("./"):
            assert (ROOT / source).exists(), source
            assert rest.endswith(":ro"), rest
        else:
            volumes.add(source)
    assert volumes == set(COMPOSE["volumes"])


def test_nobody_has_a_default_password() -> None:
    """Whatever is secret comes from .env, with no value where that has none; Grafana does not start without one."""
    secret = re.compile(r"PASSWORD|TOKEN|USER_KEY|SECRET")
    for name, one in SERVICES.items():
        for key, value in one.get("environment", {}).items():
            if secret.search(key):
                assert re.fullmatch(r"\$\{\w+(:-|:\?[^}]+)\}", value), (name, key)
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GRAFANA_ADMIN_PASSWORD:?")
    assert grafana["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert not re.search(r"://[^/\s:@]+:[^/\s@]+@", TEXT + EXAMPLE)
    assert all(
        not value for key, value in re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE) if secret.search(key)
    )


def test_the_example_has_every_variable() -> None:
    """And no other, but for the one that compose itself reads; it shows the defaults that hold."""
    used = dict(re.findall(r"\$\{(\w+)(?::-([^}]*))?", TEXT))
    shown = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert set(shown) - {"COMPOSE_PROFILES"} == set(used)
    # Shown are values for PostgreSQL; the default of the last is the analyzer's own.
    chosen = {"AGENT_ANALYTICS_STORE", "ANALYZER_PORTS", "AGENT_ANALYTICS_IDLE_SECONDS"}
    assert {name: shown[name] for name in used if name not in chosen} == {
        name: default for name, default in used.items() if name not in chosen
    }


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage of the Dockerfile, each as its name and the rest."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    found: list[list[tuple[str, str]]] = []
    for line in joined.splitlines():
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found and name:
            found[-1].append((name, rest.strip()))
    return found


def test_the_image_is_what_it_says() -> None:
    """Two stages on one pinned slim base; a numeric user that is not root; a check without a shell; no secret."""
    python = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert python is not None
    assert re.fullmatch(r"3\.\d+-slim-\w+", python[1])
    first, last = stages()
    assert [first[0][1], last[0][1]] == ["python:${PYTHON} AS build", "python:${PYTHON}"]
    final = dict(last)
    assert final["USER"] == "10001:10001"
    assert [json.loads(final[name]) for name in ("ENTRYPOINT", "CMD")] == [["otel-agent-analytics"], ["serve"]]
    assert final["VOLUME"] == "/data"
    assert "chown 10001:10001 /data" in next(rest for name, rest in last if name == "RUN")
    assert not {name for name, _ in first + last} & {"ADD", "MAINTAINER", "ONBUILD", "SHELL"}
    assert [rest for name, rest in last if name == "COPY"] == ["--from=build /opt/agent-analytics /opt/agent-analytics"]
    assert not re.search(r"PASSWORD|TOKEN|SECRET|USER_KEY", DOCKERFILE)


def test_the_build_gets_only_what_it_copies() -> None:
    """What the first stage copies is there, and .dockerignore lets it through and nothing else."""
    copied = {name for kind, rest in stages()[0] if kind == "COPY" for name in rest.split()[:-1]}
    names = {name.removeprefix("./") for name in copied}
    assert all((ROOT / name).exists() for name in names)
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert {rule[1:] for rule in rules if rule.startswith("!")} == names
    assert "*" in rules


def test_the_build_gets_all_that_the_wheel_takes() -> None:
    """What pyproject.toml puts into the wheel is in a folder, or is a file, that the first stage copies."""
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = {name for kind, rest in stages()[0] if kind == "COPY" for name in rest.split()[:-1]}

    assert {name.partition("/")[0] for name in (*built["packages"], *built["force-include"])} <= copied


@pytest.mark.parametrize("where", ["compose", "image"])
def test_the_check_of_the_analyzer_tells(where: str, tmp_path: Path) -> None:
    """Status 0 while it is ready, and another one when nobody is there."""
    command = SERVICES["analyzer"]["healthcheck"]["test"][1:]
    if where == "image":
        command = json.loads(dict(stages()[1])["HEALTHCHECK"].partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"]
    with Process(str(tmp_path / "x.duckdb"), tmp_path) as analyzer:
        program = [sys.executable, "-c", command[2].replace("4318", str(analyzer.port))]
        assert subprocess.run(program, check=False).returncode == 0
    assert subprocess.run(program, check=False, capture_output=True).returncode != 0


def test_volumes_are_given_to_their_users(tmp_path: Path) -> None:
    """The program that does it gives each folder that it is told to the user that the images run as."""
    entrypoint = SERVICES["volumes"]["entrypoint"]
    (tmp_path / "a").mkdir()
    told = "import os; os.chown = lambda *given: print(*given)\n"
    program = [sys.executable, "-c", told + entrypoint[2], str(tmp_path / "a")]
    printed = subprocess.run(program, check=True, capture_output=True, text=True).stdout
    assert printed == f"{tmp_path / 'a'} 10001 10001\n"
    given = {source for name, source, _ in mounts() if name == "volumes"}
    users = {name for name, one in SERVICES.items() if one.get("user") == "10001:10001"}
    assert given == {source for name, source, _ in mounts() if name in users and not source.startswith("./")}
