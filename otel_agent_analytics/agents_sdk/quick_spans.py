"""Spans of OpenTelemetry's SDK made from a pattern, since their constructor costs more than all else in a span's life.

Two spans are made in the ordinary way and compared: what is one object in both of them is copied into each span, what
differs is made anew for each. A version of OpenTelemetry whose spans differ in more than is known here is refused.
"""

from __future__ import annotations

from threading import Lock as _Lock
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import ReadableSpan

if TYPE_CHECKING:
    from collections.abc import Callable

_new: Final = object.__new__
_LISTS: Final = ("_events", "_links")
_ITS_OWN: Final = {"_lock", "_attributes"}
_GIVEN: Final = {"_name", "_context", "_parent", "_kind", "_start_time", "_record_end_metrics"}
_ATTRIBUTES_OWN: Final = {"_lock", "_dict"}
_SHOWN: Final = {"_name", "_context", "_parent", "_kind", "_status", "_start_time", "_end_time", "_attributes"}
"""What a finished span shows of its own; the rest is the same for all spans of a tracer, but for the lists."""


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
        # With all keys, since a copy of a dictionary that need not grow is made in one piece.
        self._pattern = {**dict.fromkeys(vars(one).keys() - set(_LISTS)), **_alike(one, two, _ITS_OWN.union(_LISTS))}
        bounds = _alike(one._attributes, two._attributes, _ATTRIBUTES_OWN)  # noqa: SLF001
        self._bounds = {**dict.fromkeys(_ATTRIBUTES_OWN), **bounds}
        readable = vars(one._readable_span())  # noqa: SLF001
        if type(one._attributes) is not BoundedAttributes or not readable.keys() <= vars(one).keys():  # noqa: SLF001
            raise AttributeError("spans keep their attributes elsewhere")
        if not readable.keys() >= _SHOWN.union(_LISTS):
            raise AttributeError("finished spans show other things")
        alike = {name: self._pattern[name] for name in readable.keys() - set(_LISTS)}
        self.span_class.shown = {**alike, "_events": (), "_links": ()}
        if not vars(one).keys() >= (_GIVEN | _ITS_OWN).union(_LISTS):
            raise AttributeError("spans keep what they are given elsewhere")

    def make(
        self, name: str, context: Any, parent: Any, kind: Any, start_ns: int, attributes: dict[str, Any], ended: Any
    ) -> Any:
        """Return a span that has begun, of which no span processor knows yet; the attributes become its own."""
        held = _new(BoundedAttributes)
        held.__dict__ = its = self._bounds.copy()
        its["_lock"], its["_dict"] = _Lock(), attributes
        span = _new(self.span_class)
        span.__dict__ = its = self._pattern.copy()
        its["_name"], its["_context"], its["_parent"], its["_kind"] = name, context, parent, kind
        its["_start_time"], its["_record_end_metrics"], its["_lock"] = start_ns, ended, _Lock()
        its["_attributes"] = held
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
        shown: dict[str, Any] = {}  # noqa: RUF012 - the pattern of all, which nobody changes

        def _readable_span(self) -> ReadableSpan:
            held, readable = self.__dict__, _new(ReadableSpan)
            readable.__dict__ = its = self.shown.copy()
            its["_name"], its["_context"], its["_parent"] = held["_name"], held["_context"], held["_parent"]
            its["_kind"], its["_status"], its["_attributes"] = held["_kind"], held["_status"], held["_attributes"]
            its["_start_time"], its["_end_time"] = held["_start_time"], held["_end_time"]
            for name in _LISTS:
                if name in held:
                    its[name] = held[name]
            return readable

    return QuickSpan
