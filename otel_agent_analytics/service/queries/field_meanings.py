"""The sentences below the fields of records, as the source has them, for the schemas of the document."""

from __future__ import annotations

import ast
import inspect
import itertools
from typing import TYPE_CHECKING, Any

from otel_agent_analytics.service import posted
from otel_agent_analytics.service.queries import (
    agreement,
    answers,
    calibration,
    calls,
    confidence,
    conversations,
    course,
    figures,
    fixed,
    groups,
    inferred,
    meanings,
    overview,
    people,
    services,
    wants,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_MODULES = (
    agreement,
    answers,
    calibration,
    calls,
    confidence,
    conversations,
    course,
    figures,
    fixed,
    groups,
    inferred,
    meanings,
    overview,
    people,
    posted,
    services,
    wants,
)


def described(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return schemas whose fields say what they hold; where there is no source they stay as they are."""
    known = {name: fields for module in _MODULES for name, fields in _classes(module)}
    return {name: _with(schema, known.get(name.partition("_")[0], {})) for name, schema in schemas.items()}


def _with(schema: dict[str, Any], said: dict[str, str]) -> dict[str, Any]:
    fields = schema["properties"].items()
    found = {name: {**field, "description": said[name]} if name in said else field for name, field in fields}
    return {**_in_json(schema), "properties": {name: _in_json(field) for name, field in found.items()}}


def _in_json(said: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose description calls nothing null, as JSON does, and quotes as Markdown does."""
    if "description" not in said:
        return said
    text = said["description"].replace("None", "null").replace("NULL", "null").replace("``", "`")
    return {**said, "description": text}


def _classes(module: ModuleType) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name of each class, and by the name of a field the sentence below it."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except OSError:
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name, dict(_fields(node.body))


def _fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            yield field.target.id, " ".join(ast.literal_eval(below.value).split())
