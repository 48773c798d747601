"""A finished OpenTelemetry span → the plain record that the core reads."""

from __future__ import annotations

import functools
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.conversations.events import Service, SpanRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.resources import Resource

_PARTS: Final = itemgetter("_context", "_parent", "_start_time", "_end_time", "_status", "_resource")


def span_record(span: ReadableSpan) -> SpanRecord:
    """Return a finished span as plain data."""
    context, parent, start_ns, end_ns, status, resource = _parts(span)
    _, service, version = _services.get(id(resource)) or _read(resource)
    return SpanRecord(
        _trace_id(context.trace_id) if context is not None else "",
        format(context.span_id, "016x") if context is not None else "",
        start_ns or 0,
        end_ns or 0,
        {**attributes_of(span)},
        status.status_code is StatusCode.ERROR,
        service,
        format(parent.span_id, "016x") if parent is not None else "",
        version,
    )


def _parts(span: ReadableSpan) -> Any:
    """Return what a finished span shows, past its properties where it is of the SDK's own class."""
    if type(span) is ReadableSpan:
        try:
            return _PARTS(span.__dict__)
        except KeyError:  # this version of OpenTelemetry keeps them elsewhere
            pass
    return span.get_span_context(), span.parent, span.start_time, span.end_time, span.status, span.resource


@functools.lru_cache(maxsize=256)
def _trace_id(trace_id: int) -> str:
    """Return a trace id as text: the same object for the spans of a trace, which come close together."""
    return format(trace_id, "032x")


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
