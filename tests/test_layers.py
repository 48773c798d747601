"""Imports point one way: from what comes later on the way of the data to what comes earlier."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "otel_agent_analytics"
NAME = "otel_agent_analytics"

# For each room, the rooms and modules that it may import; what is not listed meets everything.
COMMON = {"vocabulary", "errors"}
ALLOWED = {
    "vocabulary": set(),
    "errors": set(),
    "addresses": {"errors"},
    "setting_fields": {"errors"},
    "service_settings": {"addresses", "errors", "setting_fields"},
    "analyzer_client": {"addresses", "errors", "service_settings"},
    "personal_data": set(),
    "settings": {"errors", "personal_data", "service_settings", "setting_fields"},
    "values": {"errors"},
    "context": {"errors", "people", "values", "vocabulary"},
    "signals": set(),
    "measuring": {"vocabulary", "signals"},
    "people": {"vocabulary"},
    "prices": {"errors"},
    "recent_messages": set(),
    "judging": {"conversations", "settings", "tracking"},
    "wanting": {"errors", "insights", "measuring", "settings"},
    "dialects": {*COMMON, "conversations", "measuring", "values"},
    "conversations": {"vocabulary"},
    "lifecycle": {"vocabulary"},
    "redaction": {"errors", "personal_data", "values"},
    "agents_sdk": {*COMMON, "context", "measuring", "recent_messages", "redaction", "settings", "signals", "values"},
    "tracking": {*COMMON, "conversations", "dialects", "prices"},
    "outputs": {*COMMON, "conversations", "people", "tracking", NAME},
    "storage": {*COMMON, "conversations", "dialects", "insights", "outputs", "people", "tracking"},
    "service": {
        "addresses",
        "analyzer_client",
        *COMMON,
        "context",
        "conversations",
        "definitions",
        "dialects",
        "insights",
        "judging",
        "lifecycle",
        "measuring",
        "outputs",
        "people",
        "redaction",
        "service_settings",
        "setting_fields",
        "settings",
        "storage",
        "tracking",
        "wanting",
        NAME,
    },
    "insights": {*COMMON, "conversations", "measuring", "signals"},
    "demo": set(),
    "definitions": {"vocabulary", "conversations", "outputs", "people", "settings", "signals", "tracking"},
}
MEETS_ALL = {"__init__", "__main__", "api", "deriving", "install", "instrumentor", "commands", "transcripts"}
ALLOWED["providers"] = {"errors", "settings"}


def imports_of(path: Path) -> set[str]:
    """Return the rooms and modules of ours that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == NAME:
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names if alias.name.split(".")[0] == NAME]
            found |= {parts[1] if len(parts) > 1 else NAME for parts in names}
    return found


def room_of(path: Path) -> str:
    """Return the room of a file: its folder in the package, or its own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    """A module imports only what comes before it on the way of the data."""
    room = room_of(path)

    assert room in ALLOWED or room in MEETS_ALL, f"{room}: say what it may import"
    if room in ALLOWED:
        assert imports_of(path) - {room} <= ALLOWED[room]


def test_core_is_pure() -> None:
    """The core imports nothing that has a clock, input or output, a lock, randomness or OpenTelemetry in it."""
    pure = {"__future__", "bisect", "collections", "decimal", "enum", "functools", "math", "re", "typing", NAME}
    core = list((PACKAGE / "conversations").rglob("*.py"))
    assert core
    for path in core:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        froms = {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        plain = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        assert froms | plain <= pure, path.name


def test_attribute_names_are_written_once() -> None:
    """Only the vocabulary spells the name of an attribute or event; only the catalogue that of a metric."""
    for path in PACKAGE.rglob("*.py"):
        if path.name in ("vocabulary.py", "catalogue.py") or path.parts[-2:] == ("dialects", "names.py"):
            continue  # the last one: what other frameworks call things
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        spelled = [text for text in texts if text.startswith(("gen_ai.", "agent_analytics.", "agent_analytics_"))]
        assert spelled == [], path
