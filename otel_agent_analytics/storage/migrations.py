"""The numbered steps by which a database gets its tables; one folder of SQL files for each dialect."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics.storage.errors import StorageError

if TYPE_CHECKING:
    from otel_agent_analytics.storage.statements import Execute


class Migration(NamedTuple):
    """One step."""

    number: int
    name: str
    statements: tuple[str, ...]


def migrations(dialect: str) -> list[Migration]:
    """Return the steps of a dialect in their order: files ``NNNN_name.sql``, statements divided by empty lines."""
    folder = resources.files(__package__) / "migrations" / dialect
    return [_read(file.name, file.read_text()) for file in sorted(folder.iterdir(), key=lambda file: file.name)]


def migrate(dialect: str, where: str, execute: Execute) -> None:
    """Run the steps that a database still needs, within a transaction of the caller.

    Args:
        dialect: of the database.
        where: the database, for the message.
        execute: runs a statement.

    Raises:
        StorageError: the database has a step that this version does not know.
    """
    execute("CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT NOT NULL, name VARCHAR NOT NULL)")
    done = execute("SELECT coalesce(max(number), 0) FROM schema_migrations")[0][0]
    known = migrations(dialect)
    if done > known[-1].number:
        message = (
            f"{where} was written by a newer version (schema {done}; this version knows {known[-1].number}): "
            "use that version, or another file or database"
        )
        raise StorageError(message)
    for step in known:
        if step.number > done:
            for statement in step.statements:
                execute(statement)
            execute("INSERT INTO schema_migrations VALUES (?, ?)", [step.number, step.name])


def require_current(dialect: str, where: str, execute: Execute) -> None:
    """Refuse a database that has not exactly the tables of this version; nothing is changed in it.

    Raises:
        StorageError: it was written by another version, or by another program.
    """
    known = migrations(dialect)[-1].number
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'schema_migrations'"
    done = execute("SELECT coalesce(max(number), 0) FROM schema_migrations")[0][0] if execute(tables)[0][0] else 0
    if done != known:
        raise StorageError(
            f"{where} has schema {done}, and this version reads {known}: a newer version is needed"
            if done > known
            else f"{where} has schema {done}, and this version reads {known}: serve has to be started on it once"
        )


def _read(name: str, text: str) -> Migration:
    number, _, rest = name.removesuffix(".sql").partition("_")
    return Migration(int(number), rest, tuple(part.strip() for part in text.split("\n\n") if part.strip()))
