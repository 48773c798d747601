"""Spans of OpenTelemetry's SDK made from a pattern, since their constructor costs more than all else in a span's life.

Two spans are made in the ordinary way and compared: what is one object in both of them is copied into each span, what
differs is made anew for each. A version of OpenTelemetry whose spans differ in more than is known here is refused.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import ReadableSpan

if TYPE_CHECKING:
    from collections.abc import Callable

_LISTS: Final = {"_events", "_links"}
_ITS_OWN: Final = {"_lock", "_attributes"}
_GIVEN: Final = {"_name", "_context", "_parent", "_kind", "_start_time", "_record_end_metrics"}
_ATTRIBUTES_OWN: Final = {"_lock", "_dict"}


class QuickSpans:
    """Makes spans of one tracer.

    Args:
        make: makes a span in the ordinary way, the same again each time.

    Raises:
        AttributeError, TypeError: the spans have other insides than those that are known.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        one, two = make(), make()
        self.span_class: Any = _lazy(type(one))
        self._pattern = _alike(one, two, _ITS_OWN | _LISTS)
        self._bounds = _alike(one._attributes, two._attributes, _ATTRIBUTES_OWN)  # noqa: SLF001
        readable = vars(one._readable_span())  # noqa: SLF001
        self.span_class.shown = tuple(sorted(readable.keys() - _LISTS))
        if type(one._attributes) is not BoundedAttributes or not readable.keys() <= vars(one).keys():  # noqa: SLF001
            raise AttributeError("spans keep their attributes elsewhere")
        if not vars(one).keys() >= _GIVEN | _ITS_OWN | _LISTS:
            raise AttributeError("spans keep what they are given elsewhere")

    def make(
        self, name: str, context: Any, parent: Any, kind: Any, start_ns: int, attributes: dict[str, Any], ended: Any
    ) -> Any:
        """Return a span that has begun, of which no span processor knows yet; the attributes become its own."""
        held = object.__new__(BoundedAttributes)
        held.__dict__ = {**self._bounds, "_lock": threading.Lock(), "_dict": attributes}
        span = object.__new__(self.span_class)
        span.__dict__ = {
            **self._pattern,
            "_name": name,
            "_context": context,
            "_parent": parent,
            "_kind": kind,
            "_start_time": start_ns,
            "_record_end_metrics": ended,
            "_lock": threading.Lock(),
            "_attributes": held,
        }
        return span


def _alike(one: Any, two: Any, own: set[str]) -> dict[str, Any]:
    """Return what two objects have in common; what they have not must be known, and is left out."""
    there, other = vars(one), vars(two)
    if there.keys() != other.keys() or {key for key in there if there[key] is not other[key]} - own:
        raise AttributeError("two that were made alike are not")
    return {key: value for key, value in there.items() if key not in own}


class _WhenNeeded:
    """A list of a span's, made when it is first asked for: hardly any span has events or links."""

    def __init__(self, name: str, make: Callable[[Any], Any]) -> None:
        self._name = name
        self._make = make

    def __get__(self, span: Any, _: Any = None) -> Any:
        return self if span is None else span.__dict__.setdefault(self._name, self._make(span))


def _lazy(kind: Any) -> Any:
    """Return a class of spans that are like those of this one, without lists until they are needed."""

    class QuickSpan(kind):  # type: ignore[misc]  # a class that is known at run time only
        _events = _WhenNeeded("_events", lambda span: span._new_events())  # noqa: SLF001
        _links = _WhenNeeded("_links", lambda span: span._new_links(()))  # noqa: SLF001
        shown: tuple[str, ...] = ()

        def _readable_span(self) -> ReadableSpan:
            held, readable = self.__dict__, object.__new__(ReadableSpan)
            readable.__dict__ = shown = {name: held[name] for name in self.shown}
            shown["_events"], shown["_links"] = held.get("_events", ()), held.get("_links", ())
            return readable

    return QuickSpan
