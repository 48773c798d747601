from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from collector_config.without import main
from tests.servers.members import MISSING, ROOT, SHIPPED
from tests.servers.programs import run

# load_balancing and gen_ai_normalizer could not be had for the Collector of the tests.
COPIES = {"collector.yaml": sorted(MISSING), "collector.scaled.yaml": ["load_balancing"]}


@pytest.mark.parametrize("file", COPIES)
def test_collector_accepts_the_copy(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real Collector builds every pipeline of the shipped file, but for the components that it does not have."""
    assert main([str(SHIPPED / file), *COPIES[file]]) == 0
    copy = tmp_path / file
    copy.write_text(capsys.readouterr().out)
    said = run("otelcol", "validate", f"--config={copy}")
    assert (said.returncode, said.stderr) == (0, ""), said.stderr


def test_collector_refuses_a_wrong_file(tmp_path: Path) -> None:
    """The check is one: a statement that is no OTTL is refused."""
    copy = tmp_path / "collector.yaml"
    said = (SHIPPED / "collector.yaml").read_text().replace('set(log.body, "")', "set(log.body", 1)
    copy.write_text(said)
    assert main([str(copy), *MISSING]) == 0
    checked = run("otelcol", "validate", f"--config={copy}")
    assert checked.returncode != 0


def test_prometheus_accepts_its_file(tmp_path: Path) -> None:
    """With the targets and all rules beside it, as they are mounted."""
    shutil.copy(SHIPPED / "prometheus.yaml", tmp_path)
    shutil.copytree(SHIPPED / "targets", tmp_path / "targets")
    shutil.copytree(ROOT / "grafana" / "rules", tmp_path / "rules")
    said = run("promtool", "check", "config", tmp_path / "prometheus.yaml")
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("rules found") == len(list((tmp_path / "rules").glob("*.yaml"))) > 0


def test_loki_accepts_its_file() -> None:
    """As it stands, with the defaults of its variables."""
    said = run("loki", "-verify-config", f"-config.file={SHIPPED / 'loki.yaml'}", "-config.expand-env=true")
    assert said.returncode == 0, said.stderr
