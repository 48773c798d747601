"""The table of queries → an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from otel_agent_analytics.service.posted import (
    ConversationContent,
    EventBatch,
    EventsTaken,
    ForgetAnswer,
    ForgetRequest,
    Posted,
)
from otel_agent_analytics.service.queries.answers import Problem, WrongParameter
from otel_agent_analytics.service.queries.asked import ID, LONGEST_TEXT, MOST_DAYS
from otel_agent_analytics.service.queries.catalogue import QUERIES
from otel_agent_analytics.service.queries.choices import CHOICES
from otel_agent_analytics.service.queries.field_meanings import described
from otel_agent_analytics.service.queries.meanings import Meanings
from otel_agent_analytics.storage.export import CSV, FORMATS, PARQUET, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.service.queries.catalogue import Query

OPENAPI: Final = "3.1.1"
API_VERSION: Final = "1.3.0"
"""Goes up with every change that a caller could notice: the first number where it breaks one."""
ROOT: Final = "/api/"
_CONVERSATION: Final = "conversation_id"
_SCHEME: Final = "bearer"
_JSON: Final = "application/json"


class _Parameter(NamedTuple):
    """What a parameter may be."""

    schema: dict[str, Any]
    description: str


_TIME: Final = (
    "ISO 8601 (2026-03-29, 2026-03-29T14:00, 2026-03-29T14:00:00.5+02:00; without an offset local in tz), or "
    "nanoseconds since 1970."
)
_PARAMETERS: Final = {
    "from": _Parameter({"type": "string"}, f"Begin of the window, part of it. {_TIME}"),
    "to": _Parameter({"type": "string"}, f"End of the window, no part of it; needs from; now if not given. {_TIME}"),
    "hours": _Parameter(
        {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_DAYS * 24},
        "Length of the window back from now; without from, to and days.",
    ),
    "days": _Parameter(
        {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_DAYS},
        "Length of the window back from now, days of 24 hours; without from, to and hours.",
    ),
    "tz": _Parameter({"type": "string", "default": "UTC"}, "IANA name of the time zone of days and hours."),
    "service": _Parameter(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}, "Name of one service; all if not given."
    ),
    "service_namespace": _Parameter(
        {"type": "string", "maxLength": LONGEST_TEXT},
        "Namespace of services; empty: those without one; all if not given.",
    ),
    "deployment_environment_name": _Parameter(
        {"type": "string", "maxLength": LONGEST_TEXT},
        "Where services run; empty: those that do not say; all if not given.",
    ),
    **{name: _Parameter({**choice.schema}, choice.description) for name, choice in CHOICES.items()},
}
MEDIA_TYPES: Final = {PARQUET: "application/vnd.apache.parquet", CSV: "text/csv"}
_ID: Final[dict[str, Any]] = {
    "name": _CONVERSATION,
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "Id of the conversation; any character, percent-encoded where it must be.",
}
_EXPORT: Final = [
    {"name": "table", "in": "path", "required": True, "schema": {"type": "string", "enum": [*TABLES]}},
    {"name": "format", "in": "query", "required": False, "schema": {"enum": [*FORMATS], "default": PARQUET}},
]


def path_of(query: Query) -> str:
    """Return the address of a query."""
    return f"{ROOT}{query.name}" + (f"/{{{_CONVERSATION}}}" if query.of_conversation else "")


def document() -> dict[str, Any]:
    """Return the description of every address, made from the table of queries and the types of their answers."""
    care = EventBatch[Posted], EventsTaken, ForgetRequest, ForgetAnswer, ConversationContent
    types = [*(query.response for query in QUERIES), Meanings, WrongParameter, Problem, *care]
    references, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_query = dict(zip(map(path_of, QUERIES), references, strict=False))
    meanings, wrong, problem, *of_care = references[len(QUERIES) :]
    failures = {"401": _response("A token is needed.", problem), "503": _response("Come again later.", problem)}
    paths = {path_of(query): _path(query, by_query[path_of(query)], wrong, problem, failures) for query in QUERIES}
    answers = {"200": _response("The definitions.", meanings), "400": _response("No parameter is taken.", wrong)}
    paths[f"{ROOT}definitions"] = {
        "get": {
            "operationId": "definitions",
            "summary": "What each figure means.",
            "responses": {**answers, "401": failures["401"]},
        }
    }
    paths |= _care_paths(of_care, problem)
    files = {type_: {"schema": {"type": "string", "format": "binary"}} for type_ in MEDIA_TYPES.values()}
    paths[f"{ROOT}export/{{table}}"] = {
        "get": {
            "operationId": "export",
            "summary": "A whole table as a file; needs an admin's token.",
            "parameters": _EXPORT,
            "responses": {
                "200": {"description": "The file.", "content": files},
                "400": _response("A parameter is wrong.", wrong),
                **failures,
            },
        }
    }
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "otel-agent-analytics",
            "version": API_VERSION,
            "description": "Figures of conversations with agents. Rates are from 0 to 1 with their Wilson 95 % "
            "interval and what they are a share of; what is not known is null.",
        },
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "schemas": described(_numbers(schemas)),
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": _SCHEME}},
        },
    }


def _care_paths(references: Sequence[dict[str, Any]], problem: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of the addresses that are no questions about figures."""
    batch, taken, request, forgotten, content = references
    failures = {
        status: _response(why, problem)
        for status, why in (
            ("400", "The body can never be taken."),
            ("401", "A token is needed."),
            ("413", "The body is too large."),
            ("415", "The body is in another form than JSON."),
            ("503", "Nothing was stored or deleted: come again later."),
        )
    }
    read = {status: failures[status] for status in ("401", "503")}
    return {
        f"{ROOT}events": _posting("events", "Take lifecycle events, without OpenTelemetry", batch, taken, failures),
        f"{ROOT}forget": _posting("forget", "Delete everything of a user; for admins", request, forgotten, failures),
        f"{ROOT}content/{{{_CONVERSATION}}}": {
            "get": {
                "operationId": "content",
                "summary": "What is kept of the texts of a conversation; for admins",
                "parameters": [_ID],
                "responses": {"200": _response("The texts; none where none are kept.", content), **read},
            }
        },
    }


def _posting(
    name: str, summary: str, body: dict[str, Any], answer: dict[str, Any], failures: dict[str, Any]
) -> dict[str, Any]:
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "requestBody": {"required": True, "content": {_JSON: {"schema": body}}},
            "responses": {"200": _response("It is stored or deleted.", answer), **failures},
        }
    }


def _path(
    query: Query, answer: dict[str, Any], wrong: dict[str, Any], problem: dict[str, Any], failures: dict[str, Any]
) -> dict[str, Any]:
    responses = {"200": _response("The answer.", answer), "400": _response("A parameter is wrong.", wrong)}
    if query.of_conversation:
        responses["404"] = _response("Nothing is known of this conversation.", problem)
    return {
        "get": {
            "operationId": query.answer.__name__ if query.of_conversation else query.name.replace("/", "-"),
            "summary": query.summary,
            "parameters": _parameters(query),
            "responses": {**responses, **failures},
        }
    }


def _parameters(query: Query) -> Sequence[dict[str, Any]]:
    default, _, length = query.taken.window.partition("=")
    found = []
    if query.of_conversation:
        text = "Id of the conversation; any character, percent-encoded where it must be."
        found.append(
            {"name": _CONVERSATION, "in": "path", "required": True, "schema": {"type": "string"}, "description": text}
        )
    for name in query.taken.names:
        schema, description = _OWN[name](query) if name in _OWN else _PARAMETERS[name]
        if name == default:
            schema = {**schema, "default": int(length)}
        found.append({"name": name, "in": "query", "required": False, "schema": schema, "description": description})
    return found


def _limit(query: Query) -> _Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": query.taken.most, "default": query.taken.limit}
    return _Parameter(schema, "Most items that are answered.")


def _ids(query: Query) -> _Parameter:
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    schema = {"type": "array", "items": text, "maxItems": query.taken.ids, "default": []}
    return _Parameter(schema, "Id of a conversation; once for each of them.")


_OWN: Final = {"limit": _limit, ID: _ids}
"""Parameters of which each query has its own."""


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _numbers(schema: Any) -> Any:
    """Return a schema in which decimals are numbers, as they are answered."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            return {**{key: value for key, value in schema.items() if key != "format"}, "type": "number"}
        return {key: _numbers(value) for key, value in schema.items()}
    return [_numbers(item) for item in schema] if isinstance(schema, list) else schema
