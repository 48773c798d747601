"""``query NAME``: the questions of the API on the command line, and whole tables as files."""

from __future__ import annotations

import importlib.util
import json
import shlex
import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from otel_agent_analytics.errors import UsageError
from otel_agent_analytics.service_settings import ServiceSettings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from otel_agent_analytics.service.sources import Asking, Source
    from otel_agent_analytics.settings import Settings

HELP = "answer a question from the store of the analyzer, or write a table to a file"
DETAILS = (
    "NAME is one of the queries of the analyzer's API; --list shows them all. The store is opened for reading, and "
    "nothing in it is changed. A DuckDB file that an analyzer has open cannot be: then that analyzer is asked over "
    "HTTP, and standard error says so, with AGENT_ANALYTICS_API_TOKEN, else one of the tokens that the analyzer takes."
)
_PARAMETERS: Final = {
    "from": ("TIME", "begin of the window, part of it: 2026-03-29, 2026-03-29T14:00 or with an offset from UTC"),
    "to": ("TIME", "end of the window, no part of it; with --from; default now"),
    "hours": ("N", "length of the window back from now"),
    "days": ("N", "length of the window back from now, days of 24 hours"),
    "tz": ("ZONE", "IANA name of the time zone of days and hours (default UTC)"),
    "service": ("NAME", "one service; default all"),
    "service_namespace": ("NAME", "namespace of services"),
    "deployment_environment_name": ("NAME", "where services run"),
    "limit": ("N", "most items that are answered"),
    "outcome": ("NAME", "of conversations: those that ended so; visit: those in which nobody spoke"),
    "resolution_status": ("NAME", "of conversations: those with this result; unknown is one"),
    "sentiment": ("NAME", "of conversations: those whose user felt so; unknown is one"),
    "agent": ("NAME", "of conversations: those that count for this agent"),
    "intent": ("NAME", "of conversations: those that were begun for this"),
    "topic": ("NAME", "of conversations: those about this"),
    "channel": ("NAME", "of conversations: those from this channel"),
    "language": ("CODE", "of conversations: those in this language"),
    "id_prefix": ("TEXT", "of conversations: those whose id begins so"),
    "min_turns": ("N", "of conversations: those with so many messages of the user, or more"),
    "after": ("NEXT", "of conversations: the page behind the one that said this as next"),
}
"""Parameters of the queries, and how their options are shown."""
_OTHER_NAMES: Final = {"tz": ("--tz", "--zone")}
_FILES: Final = ("parquet", "csv")
_NEEDED: Final = ("duckdb", "msgspec", "psycopg", "starlette")
_TIMEOUT_SECONDS: Final = 120.0
_MOST_COLUMNS: Final = 10


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the query")
    parser.add_argument("id", nargs="?", metavar="ID", help="a conversation, after 'conversations'")
    parser.add_argument("--list", action="store_true", help="show the queries and the tables")
    parser.add_argument("--table", metavar="TABLE", help="write a whole table to a file, in place of a query")
    for name, (value, said) in _PARAMETERS.items():
        options = _OTHER_NAMES.get(name, (f"--{name.replace('_', '-')}",))
        parser.add_argument(*options, dest=f"asked_{name}", metavar=value, help=said)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--store", metavar="STORE", help="a DuckDB file or postgresql://… (default AGENT_ANALYTICS_STORE, as for serve)"
    )
    where.add_argument("--api", metavar="URL", help="ask the analyzer there, as http://127.0.0.1:4318")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print the answer as JSON instead of tables")
    for format_ in _FILES:
        shown.add_argument(f"--{format_}", metavar="FILE", help=f"write the answer to a file, as {format_.upper()}")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Answer; return 0, or 1 where nothing can be had or known."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"query needs {', '.join(missing)}: pip install 'otel-agent-analytics[serve]'")
    # Imported here, so that other commands do not load what they do not need.
    from otel_agent_analytics.analyzer_client import AskingError
    from otel_agent_analytics.storage.errors import StorageError

    try:
        if arguments.list:
            return _show_list()
        if arguments.table is not None:
            return _export(arguments, settings)
        return _answer(arguments, settings)
    except (AskingError, StorageError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _answer(arguments: argparse.Namespace, settings: Settings) -> int:
    asking = _asking(arguments)
    answer: dict[str, Any] | None = _from_source(arguments, settings, lambda source: source.answer(asking))
    if answer is None:
        print(f"nothing is known of conversation {arguments.id!r}", file=sys.stderr)
        return 1
    path, format_ = _file_of(arguments)
    if path is not None:
        _write(answer, path, format_)
    elif arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)
    return 0


def _export(arguments: argparse.Namespace, settings: Settings) -> int:
    path, format_ = _file_of(arguments)
    if arguments.name is not None:
        raise UsageError(f"--table takes no query: {arguments.name!r}")
    if path is None:
        raise UsageError("--table needs --parquet FILE or --csv FILE")
    given = [name for name in _PARAMETERS if getattr(arguments, f"asked_{name}") is not None]
    if given:
        raise UsageError(f"--table writes the whole table: {given[0]} cannot be given")
    _from_source(arguments, settings, lambda source: source.export(arguments.table, path, format_))
    return 0


def _asking(arguments: argparse.Namespace) -> Asking:
    from otel_agent_analytics.service.queries.catalogue import QUERIES
    from otel_agent_analytics.service.sources import Asking

    if arguments.name is None:
        raise UsageError("which query? --list shows them")
    named = [query for query in QUERIES if query.name == arguments.name]
    fitting = [query for query in named if query.of_conversation == (arguments.id is not None)]
    if not named:
        names = ", ".join(dict.fromkeys(query.name for query in QUERIES))
        raise UsageError(f"there is no query {arguments.name!r}; allowed are {names}")
    if not fitting:
        raise UsageError(f"{arguments.name} takes no id: {arguments.id!r}")
    given = [(name, getattr(arguments, f"asked_{name}")) for name in _PARAMETERS]
    return Asking(fitting[0], [(name, text) for name, text in given if text is not None], arguments.id or "")


def _from_source(arguments: argparse.Namespace, settings: Settings, ask: Callable[[Source], Any]) -> Any:
    """Ask the analyzer, or the store; where an analyzer has the store open, ask that one, and say so."""
    from otel_agent_analytics.analyzer_client import AnalyzerClient, address_of, token_of
    from otel_agent_analytics.service.sources import POSTGRES, Api, Store
    from otel_agent_analytics.storage.errors import LockedError

    own = ServiceSettings.from_environment(store=arguments.store)
    token = token_of(own)
    if arguments.api is not None:
        return ask(Api(AnalyzerClient(arguments.api, token, timeout_seconds=_TIMEOUT_SECONDS)))
    try:
        found = ask(Store(own.store, time.time_ns(), Decimal(str(settings.human_cost_usd))))
    except LockedError:
        url = address_of(own)
        print(f"{own.store} is open in another process: asking {url}", file=sys.stderr)
        return ask(Api(AnalyzerClient(url, token, timeout_seconds=_TIMEOUT_SECONDS)))
    which = "the PostgreSQL database" if own.store.startswith(POSTGRES) else own.store
    print(f"read from {which}", file=sys.stderr)
    return found


def _file_of(arguments: argparse.Namespace) -> tuple[str | None, str]:
    format_ = next((name for name in _FILES if getattr(arguments, name) is not None), _FILES[0])
    return getattr(arguments, format_), format_


def _write(answer: dict[str, Any], path: str, format_: str) -> None:
    """Write an answer to a file.

    Raises:
        StorageError: it cannot be written.
    """
    from otel_agent_analytics.commands.answer_rows import file_rows
    from otel_agent_analytics.storage.answer_file import write_rows

    rows = file_rows(answer)
    if rows:
        write_rows(rows, path, format_)
    else:
        print(f"there are no rows, and {path} was not written", file=sys.stderr)


def _print(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from otel_agent_analytics.commands.answer_rows import tables

    console = Console()
    window = answer.get("window")
    if window is not None:
        console.print(f"{window['since'][:19]}Z – {window['until'][:19]}Z, {window['timezone']}", highlight=False)
    for title, rows in tables(answer):
        names = list(dict.fromkeys(name for row in rows for name in row))
        table = Table(*names[:_MOST_COLUMNS], title=title or None)
        for row in rows:
            table.add_row(*(row.get(name, "") for name in names[:_MOST_COLUMNS]))
        console.print(table if rows else f"{title or 'no rows'}: –")
        if len(names) > _MOST_COLUMNS:
            console.print(f"and {len(names) - _MOST_COLUMNS} more columns: --json, --csv or --parquet have them")
    if answer.get("more"):
        behind = answer.get("next")
        way = "--limit" if behind is None else f"--after {shlex.quote(behind)}"
        console.print(f"there are more: {way}", markup=False, highlight=False, soft_wrap=True)


def _show_list() -> int:
    from rich.console import Console
    from rich.table import Table

    from otel_agent_analytics.service.queries.catalogue import QUERIES
    from otel_agent_analytics.storage.export import TABLES

    console = Console()
    queries = Table("query", "answers")
    for query in QUERIES:
        queries.add_row(query.name + (" ID" if query.of_conversation else ""), query.summary)
    console.print(queries)
    stored = Table("table", "has")
    for table in TABLES.values():
        stored.add_row(table.name, table.meaning)
    console.print(stored)
    return 0
