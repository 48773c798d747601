"""Installs the grammars that check queries: ``python -m tests.grafana.install_parsers``, with Node.js 18 or newer.

Which ones stands in ``parsers/package-lock.json``. They go to a folder of their own beside the servers that
``tests/servers/build.py`` builds, outside the repository. What is there is not installed again. Prints the folder;
exits with 1 where npm fails. Where there is none it says so and exits with 0: one test needs it, and nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.servers.build import root

SOURCES: Final = Path(__file__).parent / "parsers"


def folder() -> Path:
    """Return where the parsers of these very files belong, whether or not they are there."""
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()) if path.is_file()))
    return root() / f"parsers-{key.hexdigest()[:16]}"


def install() -> Path:
    """Install the parsers unless they are; return their folder.

    Raises:
        OSError: there is no npm, or nothing can be written.
        subprocess.CalledProcessError: npm failed; what it says is on standard error.
    """
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "parsers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs at once, one installs
        done = folder()
        if not done.exists():
            with tempfile.TemporaryDirectory(dir=root(), prefix=".parsers-") as scratch:
                made = Path(shutil.copytree(SOURCES, Path(scratch, "parsers")))
                command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
                subprocess.run(command, cwd=made, check=True, stdout=sys.stderr)
                made.rename(done)
        return done


def main() -> int:
    """Install, and print the folder; return the exit status."""
    if shutil.which("npm") is None:
        sys.stderr.write("parsers: left out: there is no npm; the test of the grammars of queries skips\n")
        return 0
    try:
        sys.stdout.write(f"{install()}\n")
    except (OSError, subprocess.CalledProcessError) as problem:
        sys.stderr.write(f"parsers: FAILED: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
