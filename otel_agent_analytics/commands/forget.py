"""``forget USER``: delete everything of a user from the analyzer's store; totals stay."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_agent_analytics.analyzer_client import AnalyzerClient, address_of, token_of
from otel_agent_analytics.context import user_hash
from otel_agent_analytics.errors import AgentAnalyticsError, UsageError
from otel_agent_analytics.service_settings import ServiceSettings

if TYPE_CHECKING:
    import argparse

    from otel_agent_analytics.settings import Settings

HELP = "delete everything of a user from the analyzer's store"
DETAILS = (
    "Hashes USER with AGENT_ANALYTICS_USER_KEY and deletes every conversation in which this user is named, open ones "
    "too: facts, calls, messages, texts and records. Totals stay. What is sent again of these conversations later is "
    "late and does not bring them back. Opens the store; where a running analyzer has it open, asks that one at its "
    "HTTP address with AGENT_ANALYTICS_API_TOKEN, else one of AGENT_ANALYTICS_ADMIN_TOKENS, and says which it did."
)
_PATH: Final = "/api/forget"
_HASH: Final = re.compile("[0-9a-f]{64}")
_TIMEOUT_SECONDS: Final = 120


class _Whom(NamedTuple):
    """A user, as the request names her."""

    user: str | None
    hash: str | None
    """None where only the analyzer has the key."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("user", nargs="?", metavar="USER", help="the plain user id")
    whom.add_argument("--hash", metavar="HASH", help="its HMAC-SHA-256 in hexadecimal, instead of USER")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--store", metavar="STORE", help="where everything is kept (AGENT_ANALYTICS_STORE)")
    where.add_argument("--api", metavar="URL", help="ask the analyzer at this address, and open nothing")
    parser.add_argument("--dry-run", action="store_true", help="count only, and delete nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Forget a user; return 0, or 1 when it could not be done."""
    own = ServiceSettings.from_environment(store=arguments.store)
    hashed = arguments.hash
    if hashed is not None and not _HASH.fullmatch(hashed):
        raise UsageError(f"--hash: {hashed!r} is not allowed; allowed are 64 digits of 0 to 9 and a to f")
    if hashed is None and settings.user_key is not None:
        hashed = user_hash(arguments.user, settings.user_key)
    whom = _Whom(arguments.user, hashed)
    try:
        found = _done(arguments, own, whom)
    except (AgentAnalyticsError, OSError) as problem:
        if isinstance(problem, UsageError):
            raise
        print(problem, file=sys.stderr)
        return 1
    _print(found, as_json=arguments.json)
    return 0


def _done(arguments: argparse.Namespace, own: ServiceSettings, whom: _Whom) -> dict[str, Any]:
    if arguments.api is not None:
        return _ask(arguments.api, own, whom, dry_run=arguments.dry_run)
    from otel_agent_analytics.storage.errors import LockedError

    try:
        return _in_store(own, whom, dry_run=arguments.dry_run)
    except LockedError:
        return _ask(address_of(own), own, whom, dry_run=arguments.dry_run)


def _in_store(own: ServiceSettings, whom: _Whom, *, dry_run: bool) -> dict[str, Any]:
    from otel_agent_analytics.service.serving import opened
    from otel_agent_analytics.storage.content import Safe
    from otel_agent_analytics.storage.errors import StorageError
    from otel_agent_analytics.storage.forgetting import forget

    store, safe = own.store, Safe(own.content_key)
    if "://" not in store and not Path(store).exists():
        raise StorageError(f"{store}: there is no such store")
    with opened(store) as (database, _):
        if whom.hash is None:
            raise UsageError("AGENT_ANALYTICS_USER_KEY is not set, so USER cannot be hashed: set it, or give --hash")
        done = forget(database, whom.hash, time.time_ns(), rater=whom.user, dry_run=dry_run, safe=safe)
    where = store.rpartition("@")[2] if "://" in store else store
    return {
        "asked": f"the store {where}",
        "dry_run": dry_run,
        "conversations": len(done.conversation_ids),
        "rows": done.rows,
        "rated": len(done.rated),
    }


def _ask(url: str, own: ServiceSettings, whom: _Whom, *, dry_run: bool) -> dict[str, Any]:
    """Return what the analyzer at an address did."""
    named = {"user": whom.user} if whom.hash is None else {"hash": whom.hash, "rater": whom.user}
    client = AnalyzerClient(url, token_of(own), timeout_seconds=_TIMEOUT_SECONDS)
    with client.ask(_PATH, {**named, "dry_run": dry_run}) as answer:
        return {"asked": f"the analyzer at {url}", **json.load(answer)}


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    print(f"asked {found['asked']}")
    would = "would be deleted" if found["dry_run"] else "deleted"
    print(f"{found['conversations']} conversations {would}")
    for table, rows in found["rows"].items():
        print(f"  {table}: {rows} rows")
    if found["rated"]:
        print(f"{found['rated']} conversations of others were rated by this user; the ratings stay, without a name")
