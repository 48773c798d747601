"""Builds the real servers that tests run against: ``python tests/servers/build.py [NAME...]``, by default all of them.

A name is a folder in ``pins/`` that holds a ``go.mod`` and ``go.sum``: which version of what is built stands there. The
programs of a server go to ``$SERVERS_DIR/NAME-KEY/``, where KEY is a hash of its pins, the flags below and the version
of Go; SERVERS_DIR is by default ``otel-agent-analytics/servers`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. What is there
is not built again. Prints the path of each program; exits 1 when a build fails and 2 on a wrong name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

PINS: Final = Path(__file__).parent / "pins"
_COMMON: Final = ["-mod=readonly", "-trimpath", "-buildvcs=false"]
_PROMETHEUS_VERSION: Final = "-X github.com/prometheus/common/version.Version="
_FLAGS: Final = {
    "alertmanager": ["-ldflags", f"-s -w {_PROMETHEUS_VERSION}0.31.1"],
    "compose": ["-ldflags", "-s -w"],
    "dockerfile": ["-ldflags", "-s -w"],
    "jaeger": ["-ldflags", "-s -w"],
    "loki": ["-ldflags", "-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8"],
    "otelcol": ["-ldflags", "-s -w"],
    "prometheus": ["-tags", "remove_all_sd", "-ldflags", f"-s -w {_PROMETHEUS_VERSION}3.15.0"],
}
"""What the build of each server needs beside what all do; a version here is what the program says of itself."""


def root() -> Path:
    """Return the folder that holds what was built; outside the repository, so that a fresh clone finds it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return Path(os.environ.get("SERVERS_DIR") or cache / "otel-agent-analytics" / "servers")


def folder_of(name: str) -> Path:
    """Return where the programs of these very pins belong, whether or not they are there.

    Raises:
        OSError: there is no Go.
    """
    key = hashlib.sha256(repr(_COMMON + _FLAGS[name]).encode())
    key.update(_go("version", capture_output=True).stdout)
    for pin in sorted((PINS / name).iterdir()):
        key.update(pin.read_bytes())
    return root() / f"{name}-{key.hexdigest()[:16]}"


def build(name: str) -> list[Path]:
    """Build a server unless it is built; return its programs.

    Raises:
        OSError: there is no Go, or nothing can be written.
        subprocess.CalledProcessError: it cannot be built; what Go says is on standard error.
    """
    root().mkdir(parents=True, exist_ok=True)
    with (root() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs at once, one builds
        done = folder_of(name)
        if not done.exists():
            _tell(f"{name} ...")
            began = time.monotonic()
            with tempfile.TemporaryDirectory(dir=root(), prefix=f".{name}-") as scratch:
                _compile(name, Path(scratch, name), Path(scratch, "out")).rename(done)
            _tell(f"{name} took {time.monotonic() - began:.0f} s")
        return sorted(done.iterdir())


def _compile(name: str, sources: Path, out: Path) -> Path:
    """Build the tools that ``go.mod`` names, or a program of ours; a Collector's manifest is turned into one first."""
    shutil.copytree(PINS / name, sources)
    target = "tool"
    if (sources / "builder.yaml").exists():
        options = ["--config=builder.yaml", "--skip-get-modules", "--skip-compilation"]
        _go("tool", "builder", *options, cwd=sources)
    if (sources / "main.go").exists() or (sources / "builder.yaml").exists():
        target = "."
    _go("build", *_COMMON, *_FLAGS[name], "-o", f"{out}/", target, cwd=sources)
    return out


def _go(*arguments: str, cwd: Path | None = None, capture_output: bool = False) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    out = subprocess.PIPE if capture_output else sys.stderr
    return subprocess.run(["go", *arguments], check=True, env=environment, cwd=cwd, stdout=out)


def _tell(text: str) -> None:
    print(f"build: {text}", file=sys.stderr, flush=True)


def main(names: list[str]) -> int:
    """Build, and print what there is then; return the exit status."""
    if unknown := sorted(set(names) - set(_FLAGS)):
        _tell(f"there is no server {', '.join(unknown)}; there are {', '.join(_FLAGS)}")
        return 2
    failed = False
    for name in names or _FLAGS:
        try:
            print(*build(name), sep="\n", flush=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            _tell(f"FAILED: {name}: {problem}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
