"""A virtual environment for each peer, with the same Agents SDK and OpenTelemetry as the interpreter that is running.

Made once, by pip, which needs the network then. One that is there with the right versions is used as it is.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).resolve().parent.parent
# Beside the two SDKs, what has a large share in the time of a run.
_SHARED: Final = ("openai-agents", "opentelemetry-sdk", "openai", "pydantic")
_ASK: Final = """
import importlib.metadata, json, platform, sys
there = {one.name: one.version for one in importlib.metadata.distributions()}
print(json.dumps({"python": platform.python_version()} | {name: there.get(name) for name in sys.argv[1:]}))
"""


def outside(text: str) -> Path:
    """Return a folder, for argparse; the repository is no place for environments."""
    folder = Path(text).expanduser().resolve()
    if folder.is_relative_to(ROOT):
        raise argparse.ArgumentTypeError(f"{folder} is inside the repository; name a folder outside of it")
    return folder


def cache() -> Path:
    """Return the folder that environments are kept in unless another one is named."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "otel-agent-analytics" / "peers"


def own_versions() -> dict[str, str]:
    """Return the versions of the running interpreter and of what a peer's environment shares with it."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _SHARED}


def pythons(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Return the interpreter of each of these peers."""
    return {name: str(_ready(PEERS[name].requirement, folder / name)) for name in names}


def _ready(requirement: str, folder: Path) -> Path:
    peer, _, version = requirement.partition("==")
    wanted = own_versions() | {peer: version}
    python = folder / "bin" / "python"
    if _versions(python, wanted) != wanted:
        _make(folder, python, [requirement, *(f"{name}=={wanted[name]}" for name in _SHARED)])
    there = _versions(python, wanted)
    if there != wanted:
        sys.exit(f"{folder} has {there} and not {wanted}")
    return python


def _versions(python: Path, names: Iterable[str]) -> dict[str, str | None]:
    """Return the versions in an environment; none where there is no environment that works."""
    asked = [name for name in names if name != "python"]
    try:
        done = subprocess.run([python, "-c", _ASK, *asked], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    versions: dict[str, str | None] = json.loads(done.stdout)
    return versions


def _make(folder: Path, python: Path, requirements: list[str]) -> None:
    print(f"Making {folder} ...", file=sys.stderr)
    folder.parent.mkdir(parents=True, exist_ok=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], pip):
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            sys.exit(f"failed: {' '.join(command)}")
