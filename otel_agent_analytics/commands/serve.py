"""``serve``: the analyzer. Takes OTLP from any number of processes, keeps it, and shows the metrics of all of them."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Final

from otel_agent_analytics.commands.log_lines import log_to_standard_error
from otel_agent_analytics.errors import UsageError
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import shown_default, variable_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import MutableMapping

    from otel_agent_analytics.settings import Settings

HELP = "take OTLP from other processes, keep it, and show conversation metrics of all of them"
DETAILS = (
    "Takes OTLP over HTTP (/v1/traces, /v1/logs) and gRPC, and answers when it is stored: in a DuckDB file, or in a "
    "PostgreSQL database that several analyzers may share. Shows a page at /, the JSON API at /api/, /metrics, "
    "/healthz and /readyz on the HTTP port. Ends on SIGTERM or Ctrl-C. Every option can also be set by an environment "
    "variable, which its help names."
)
_OPTIONS: Final = {
    "serve_http": ("--http", "HOST:PORT"),
    "serve_grpc": ("--grpc", "HOST:PORT"),
    "store": ("--store", "STORE"),
    "duckdb_threads": ("--duckdb-threads", "N"),
    "tls_certificate": ("--tls-certificate", "FILE"),
    "tls_key": ("--tls-key", "FILE"),
    "max_body_bytes": ("--max-body-bytes", "N"),
    "max_unpacked_bytes": ("--max-unpacked-bytes", "N"),
    "max_request_spans": ("--max-request-spans", "N"),
    "max_attributes": ("--max-attributes", "N"),
    "max_attribute_length": ("--max-attribute-length", "N"),
    "max_requests": ("--max-requests", "N"),
    "max_body_seconds": ("--max-body-seconds", "SECONDS"),
    "max_waiting_spans": ("--max-waiting-spans", "N"),
    "events_endpoint": ("--events-endpoint", "URL"),
    "max_waiting_events": ("--max-waiting-events", "N"),
    "metrics_endpoint": ("--metrics-endpoint", "URL"),
    "metrics_interval_seconds": ("--metrics-interval", "SECONDS"),
    "keep_content": ("--keep-content", "true|false"),
    "retain_facts_days": ("--retain-facts-days", "N"),
    "retain_content_days": ("--retain-content-days", "N"),
    "retain_conversations_days": ("--retain-conversations-days", "N"),
    "trace_url": ("--trace-url", "URL"),
    "log_format": ("--log-format", "FORMAT"),
    "log_level": ("--log-level", "LEVEL"),
}
"""Fields of the settings, and their options; tokens have none, since others may see a command line."""
_NEEDED: Final = ("duckdb", "msgspec", "psycopg", "starlette", "uvicorn", "grpc")
_NUMPY_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GOTO_NUM_THREADS")
"""Environment variables by which OpenBLAS, which NumPy brings, knows how many threads to start; the first one wins."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    for name, (option, value) in _OPTIONS.items():
        item = ServiceSettings.__dataclass_fields__[name]
        said = f"{item.metadata['meaning']} {item.metadata['allowed']}".replace("%", "%%")
        default = "none" if item.default is None else shown_default(item.default)
        parser.add_argument(option, dest=name, metavar=value, help=f"{said} (default {default}; {variable_of(item)})")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until the process is told to stop; return 0, or 1 when it cannot begin."""
    refuse_without_extra("serve")
    own = ServiceSettings.from_environment(**{name: getattr(arguments, name) for name in _OPTIONS})
    log_to_standard_error(own.log_format, own.log_level)
    limit_numpy(os.environ)
    # Imported here, so that a wrong setting is told before anything large is loaded.
    from otel_agent_analytics.service.serving import serve
    from otel_agent_analytics.storage.errors import StorageError

    try:
        serve(own, settings)
    except (StorageError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def limit_numpy(environ: MutableMapping[str, str]) -> None:
    """Let NumPy work on one thread, unless the user says otherwise; to be called before it is imported.

    It starts one for each core when it is imported, each with 40 MB of address space, and nothing here is so large that
    they would help.
    """
    if not any(environ.get(name) for name in _NUMPY_THREADS):
        environ[_NUMPY_THREADS[0]] = "1"


def refuse_without_extra(command: str) -> None:
    """Refuse a command where a package is missing that the analyzer needs.

    Raises:
        UsageError: one is; the text says how to get it.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"{command} needs {', '.join(missing)}: pip install 'otel-agent-analytics[serve]'")
