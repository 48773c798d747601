"""A finished OpenTelemetry span → the plain record that the core reads."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.trace import StatusCode

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext


def span_record(span: ReadableSpan) -> SpanRecord:
    """Return a finished span as plain data."""
    context = span.get_span_context()
    return SpanRecord(
        trace_id=_trace_id(context.trace_id) if context is not None else "",
        span_id=format(context.span_id, "016x") if context is not None else "",
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        attributes=dict(attributes_of(span)),
        failed=span.status.status_code is StatusCode.ERROR,
        service=service_of(span.resource),
        parent_id=_parent_id(span.parent),
        version=version_of(span.resource),
    )


@functools.lru_cache(maxsize=256)
def _trace_id(trace_id: int) -> str:
    """Return a trace id as text: the same object for the spans of a trace, which come close together."""
    return format(trace_id, "032x")


def _parent_id(parent: SpanContext | None) -> str:
    return format(parent.span_id, "016x") if parent is not None else ""


def attributes_of(span: ReadableSpan) -> Mapping[str, Any]:
    """Return the attributes of a span, to be read at once and not kept.

    OpenTelemetry shows them through two layers of Python, each look at which costs a microsecond; so what lies below is
    taken where it is a dictionary.
    """
    held = getattr(getattr(span, "_attributes", None), "_dict", None)
    return held if type(held) is dict else span.attributes or {}


# Resources hash slowly, so they are told apart by identity; each is kept here, so that no id is used twice.
_services: dict[int, tuple[Resource, Service, str]] = {}
_MANY: Final = 64


def service_of(resource: Resource) -> Service:
    """Return who runs the agent; ``unknown_service`` where the resource does not say."""
    return (_services.get(id(resource)) or _read(resource))[1]


def version_of(resource: Resource) -> str:
    """Return the version of the service; empty where the resource does not say."""
    return (_services.get(id(resource)) or _read(resource))[2]


def _read(resource: Resource) -> tuple[Resource, Service, str]:
    said = resource.attributes
    names = (v.SERVICE_NAME, v.SERVICE_NAMESPACE, v.DEPLOYMENT_ENVIRONMENT_NAME)
    name, namespace, environment = (str(said.get(key) or "") for key in names)
    if len(_services) >= _MANY:
        _services.clear()
    service = Service(name or "unknown_service", namespace, environment)
    found = _services[id(resource)] = (resource, service, str(said.get(v.SERVICE_VERSION) or ""))
    return found
