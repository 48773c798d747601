"""Which label values a service may show: the first that were seen, as many as the catalogue allows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otel_agent_analytics.conversations.events import Service

_LONGEST: Final = 128
"""Characters of a label value; what is longer is cut."""


class Shown(NamedTuple):
    """Label values as they may be shown."""

    values: tuple[str, ...]
    first_seen: list[dict[str, str]]
    """Open labels that are shown with this value for the first time, one each; empty for the service itself."""
    folded: list[str]
    """Labels whose value became ``other`` because there were too many."""


class LabelCaps:
    """Remembers what each service shows. Bounded by the caps of the catalogue."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Service, str], set[tuple[str, ...]]] = {}
        self._admitted = False

    def admitted(self) -> bool:
        """Return, once, whether a value was let in since this was asked."""
        admitted, self._admitted = self._admitted, False
        return admitted

    def show(self, service: Service, metric: c.Metric, labels: tuple[str, ...]) -> Shown:
        """Return the values of a metric's labels as they may be shown, and what of them is new."""
        first_seen: list[dict[str, str]] = [] if (service, "") in self._seen else [{}]
        self._seen.setdefault((service, ""), set())
        folded: list[str] = []
        values: list[str] = []
        for label, given in zip(metric.labels, labels, strict=True):
            value = given[:_LONGEST]
            if label in c.OPEN_LABELS:
                if not self._has_room(service, label, (value,), c.OPEN_LABELS[label]):
                    folded.append(label)
                    value = v.OTHER_LABEL
                if self._is_new(service, f"{label} shown", (value,)):
                    first_seen.append({label: value})
            values.append(value)
        if metric.pairs and not self._has_room(service, metric.name, tuple(values), metric.pairs):
            folded += [label for label in metric.labels if label in c.OPEN_LABELS and label not in folded]
            values = [
                v.OTHER_LABEL if label in c.OPEN_LABELS else value
                for label, value in zip(metric.labels, values, strict=True)
            ]
        return Shown(tuple(values), first_seen, folded)

    def know(self, service: Service, metric: c.Metric, labels: tuple[str, ...]) -> bool:
        """Remember values that are shown already, as after a restart; return whether one of them is new."""
        self._seen.setdefault((service, ""), set())
        new = False
        for label, value in zip(metric.labels, labels, strict=True):
            if label in c.OPEN_LABELS:
                self._is_new(service, f"{label} shown", (value,))
                if value != v.OTHER_LABEL:
                    new |= self._is_new(service, label, (value,))
        if metric.pairs and v.OTHER_LABEL not in labels:
            new |= self._is_new(service, metric.name, labels)
        return new

    def _has_room(self, service: Service, name: str, value: tuple[str, ...], most: int) -> bool:
        seen = self._seen.setdefault((service, name), set())
        if value in seen:
            return True
        if len(seen) < most:
            seen.add(value)
            self._admitted = True
            return True
        return False

    def _is_new(self, service: Service, name: str, value: tuple[str, ...]) -> bool:
        seen = self._seen.setdefault((service, name), set())
        before = len(seen)
        seen.add(value)
        return len(seen) > before


def siblings(known: dict[str, str]) -> Iterator[tuple[c.Metric, tuple[str, ...]]]:
    """Yield every counter series whose open labels are just those in ``known``, with all its closed labels."""
    for metric in c.CATALOGUE:
        shown = metric.kind == c.COUNTER and metric not in _NOT_FROM_THE_START
        if shown and metric.open_labels == known.keys():
            choices = ((known[label],) if label in known else _from_the_start(label) for label in metric.labels)
            for labels in itertools.product(*choices):
                yield metric, labels


def alike(metric: c.Metric) -> tuple[c.Metric, ...]:
    """Return the counters that begin to show a value of a metric's only label together with it."""
    return _ALIKE.get(metric.labels[0], ()) if len(metric.labels) == 1 else ()


def of_judge() -> Iterator[tuple[c.Metric, tuple[str, ...]]]:
    """Yield every counter series of a judge."""
    for metric in c.OF_JUDGE:
        for labels in itertools.product(*(c.CLOSED_LABELS[label] for label in metric.labels)):
            yield metric, labels


def _from_the_start(label: str) -> tuple[str, ...]:
    return c.SHOWN_FROM_THE_START.get(label, c.CLOSED_LABELS[label])


_NOT_FROM_THE_START: Final = frozenset({*c.PER_PROCESS, *c.OF_JUDGE})
_ALIKE: Final = {
    label: tuple(metric for metric in c.CATALOGUE if metric.labels == (label,) and metric.kind == c.COUNTER)
    for label in c.SHOWN_FROM_THE_START
}
