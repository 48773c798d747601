"""``otel-agent-analytics dashboards``: what other servers need of this package, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agent_analytics.__main__ import main

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]


def files_of(folder: Path) -> set[str]:
    """Return the paths of all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_everything_that_is_loaded_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The folder is made, with every dashboard, rule and configuration file as it is in this tree."""
    assert main(["dashboards", str(tmp_path / "a" / "b"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    written = files_of(tmp_path / "a" / "b")

    for pattern in ("grafana/dashboards/*.json", "grafana/rules/**/*.yaml", "collector_config/**/*.yaml"):
        assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern)} <= written
    assert "grafana/runbook.md" in written
    assert not [name for name in written if name.startswith("grafana/source") or "__pycache__" in name]
    assert all((tmp_path / "a" / "b" / name).read_bytes() == (ROOT / name).read_bytes() for name in written)
    assert said == {"folder": str(tmp_path / "a" / "b"), "written": len(written), "kept": []}


def test_what_was_changed_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with other content is left as it is and named, the others are written; --force writes over it."""
    changed = tmp_path / "grafana" / "rules" / "thresholds.yaml"
    changed.parent.mkdir(parents=True)
    changed.write_text("mine")

    assert main(["dashboards", str(tmp_path)]) == 1
    assert f"left as it is, with other content: {changed}" in capsys.readouterr().err
    assert changed.read_text() == "mine"
    assert (tmp_path / "grafana" / "runbook.md").is_file()
    assert main(["dashboards", str(tmp_path), "--force"]) == 0
    assert changed.read_bytes() == (ROOT / "grafana" / "rules" / "thresholds.yaml").read_bytes()
    assert main(["dashboards", str(tmp_path)]) == 0


def test_folder_that_cannot_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file stands in the way of a folder it says so, and exits with 1."""
    (tmp_path / "grafana").write_text("")

    assert main(["dashboards", str(tmp_path)]) == 1
    assert str(tmp_path / "grafana") in capsys.readouterr().err
