"""``dashboards FOLDER``: write out what Grafana, Prometheus, Loki and the Collector need of this package."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

HELP = "write out the dashboards, rules and configuration files that come along"
DETAILS = (
    "Writes into FOLDER/grafana the dashboards, the recording and alert rules with their runbook, and what provisions "
    "a Grafana; into FOLDER/collector_config a file each for the Collector, Prometheus, Alertmanager, Loki and Tempo. "
    "They are those of this version. A file that is there already with other content is left as it is, and the exit "
    "status is 1, unless --force is given."
)

_PACKAGE: Final = Path(__file__).parents[1]
_SHIPPED: Final = _PACKAGE / "stack_files"
"""Where the wheel has them. A source tree has them beside the package."""
_PARTS: Final = (
    "grafana/dashboards",
    "grafana/rules",
    "grafana/provisioning",
    "grafana/runbook.md",
    "collector_config",
)


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to write; made where it is not there")
    parser.add_argument("--force", action="store_true", help="write over files with other content")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Write the files; return 0, or 1 where one was left as it is, or could not be written."""
    source = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
    files = dict(_files(source))
    if not files:
        raise UsageError(f"{source}: the files are not there; install the package whole")
    try:
        kept = _write(files, arguments.folder, force=arguments.force)
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    _print(arguments.folder, len(files) - len(kept), kept, as_json=arguments.json)
    return 1 if kept else 0


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file: its path below the folder, with slashes, and its content."""
    for part in _PARTS:
        there = source / part
        for path in sorted(there.rglob("*") if there.is_dir() else [there]):
            if path.is_file() and path.parent.name != "__pycache__":
                yield path.relative_to(source).as_posix(), path.read_bytes()


def _write(files: dict[str, bytes], folder: Path, *, force: bool) -> list[str]:
    """Write files; return those that were left as they are."""
    kept = []
    for name, content in files.items():
        path = folder / name
        if path.exists() and not force and path.read_bytes() != content:
            kept.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return kept


def _print(folder: Path, written: int, kept: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"folder": str(folder), "written": written, "kept": kept}))
        return
    print(f"{written} files are in {folder}")
    for name in kept:
        print(f"left as it is, with other content: {folder / name}", file=sys.stderr)
    print("Grafana takes grafana/dashboards/*.json by import, Prometheus grafana/rules/*.yaml as rule_files,")
    print("Loki's ruler grafana/rules/loki/*.yaml.")
