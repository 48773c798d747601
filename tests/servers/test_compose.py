"""docker-compose.yml and Dockerfile as docker reads them (compose-go, BuildKit), and the checks of health at work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers.programs import Server, free_ports, program

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"


def read(file: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Return what compose makes of a file, with no variable of this process but those given."""
    own = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environ}
    command = [program("compose"), file]
    return subprocess.run(command, env=own, cwd=file.parent, capture_output=True, text=True, timeout=60, check=False)


def project(**environ: str) -> dict[str, Any]:
    """Return the services of the file, with a password for Grafana."""
    result = read(FILE, GRAFANA_ADMIN_PASSWORD="chosen", **environ)
    assert (result.returncode, result.stderr) == (0, "")
    services: dict[str, Any] = json.loads(result.stdout)["services"]
    return services


def test_compose_takes_the_file() -> None:
    """With every profile, no warning, and each service that the file names; variables come where they belong."""
    services = project(DEMO_DAY="bad", AGENT_ANALYTICS_STORE="postgresql://a@postgres/a")
    assert set(services) == set(yaml.safe_load(FILE.read_text())["services"])
    assert {port["host_ip"] for one in services.values() for port in one.get("ports", ())} == {"127.0.0.1"}
    assert services["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"] == "chosen"
    assert services["analyzer"]["environment"]["AGENT_ANALYTICS_STORE"] == "postgresql://a@postgres/a"
    assert services["analyzer"]["depends_on"] == {"postgres": {"condition": "service_healthy", "required": False}}
    assert "--day=bad" in services["traffic"]["command"]
    assert services["alertmanager"]["deploy"]["resources"]["limits"]["memory"] == str(256 * 1024 * 1024)


def test_several_analyzers_have_ports_of_their_own() -> None:
    """A range is one port of the host for each of them."""
    ports = project(ANALYZER_PORTS="4319-4321")["analyzer"]["ports"]
    assert [(port["published"], port["target"]) for port in ports] == [("4319-4321", 4318)]


def test_without_a_password_nothing_starts(tmp_path: Path) -> None:
    """The example as it is, too: compose says which variable is missing."""
    shutil.copy(FILE, tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    result = read(tmp_path / FILE.name)
    assert result.returncode == 1
    assert "GRAFANA_ADMIN_PASSWORD is missing a value" in result.stderr


@pytest.mark.parametrize("fault", ["    imagee: x\n", "    depends_on: [nobody]\n", "    ports: [x:y]\n"])
def test_compose_would_refuse_a_fault(fault: str, tmp_path: Path) -> None:
    """A wrong name, a service that is not there, a port that is none: so the tests above can fail."""
    file = tmp_path / "docker-compose.yml"
    file.write_text(f"services:\n  one:\n    image: x\n{fault}")
    assert read(file).returncode == 1


def test_docker_build_takes_the_dockerfile() -> None:
    """Every instruction is one, and BuildKit's parser warns of nothing."""
    result = subprocess.run(
        [program("dockerfile"), ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == 'CMD ["serve"]'


@pytest.mark.parametrize("text", ["FROM x\nRAN y\n", "FROM x\nMAINTAINER me\n", "FROM x\nCOPY only\n"])
def test_docker_build_would_refuse_a_fault(text: str, tmp_path: Path) -> None:
    """No instruction, one of long ago, a missing place: so the test above can fail."""
    (tmp_path / "Dockerfile").write_text(text)
    command = [program("dockerfile"), tmp_path / "Dockerfile"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 1


def check_of(service: str, port: str, free: int) -> list[str]:
    """Return the check of a service's health as a command, for another port."""
    test: list[str] = yaml.safe_load(FILE.read_text())["services"][service]["healthcheck"]["test"]
    name, *arguments = test[1:]
    return [str(program(Path(name).name)), *(one.replace(port, str(free)) for one in arguments)]


def test_the_check_of_prometheus_tells(tmp_path: Path) -> None:
    """Promtool, which its image has, tells whether it is ready."""
    (port,) = free_ports(1)
    (tmp_path / "empty.yaml").write_text("{}")
    command = check_of("prometheus", "9090", port)
    where = ["--config.file=empty.yaml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{port}"]
    with Server("prometheus", where, tmp_path, f"http://127.0.0.1:{port}/-/ready"):
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_the_check_of_alertmanager_tells(tmp_path: Path) -> None:
    """Amtool, which its image has, tells whether it answers, without a cluster too."""
    (port,) = free_ports(1)
    (tmp_path / "x.yaml").write_text("{route: {receiver: x}, receivers: [{name: x}]}")
    command = check_of("alertmanager", "9093", port)
    where = ["--config.file=x.yaml", "--storage.path=data", f"--web.listen-address=127.0.0.1:{port}"]
    with Server("alertmanager", [*where, "--cluster.listen-address="], tmp_path, f"http://127.0.0.1:{port}/-/ready"):
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_loki_knows_its_check() -> None:
    """Its own -health asks for its readiness, and says so where nobody answers."""
    (port,) = free_ports(1)
    command = [*check_of("loki", "3100", port), f"-health.url=http://127.0.0.1:{port}/ready"]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Health check failed" in result.stderr + result.stdout
