"""What every series adds up to. ``/metrics`` is a rendering of this and of nothing else."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.labels import LabelCaps, alike, of_judge, siblings
from otel_agent_analytics.outputs.measures import Amount, distributions_of_record, of_event, of_progress, of_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agent_analytics.conversations.events import Event, Service
    from otel_agent_analytics.conversations.record import ConversationRecord
    from otel_agent_analytics.conversations.state import State

Series: TypeAlias = "tuple[Service, tuple[str, ...]]"


class Example(NamedTuple):
    """A value, in the metric's unit, and the trace in which it was seen."""

    value: int | Decimal
    trace_id: str


Key: TypeAlias = "tuple[c.Metric, Service, tuple[str, ...]]"
"""A series: its metric, the service, and the values of its labels."""


@dataclass(slots=True)
class Total:
    """One counter series: what it adds up to, what of it was taken back, and a recent example."""

    value: int | Decimal = 0
    retracted: int | Decimal = 0
    example: Example | None = None
    key: Key | None = field(default=None, compare=False, repr=False)


@dataclass(slots=True)
class Distribution:
    """One histogram series: a count per bucket (not added up), the sum, and a recent example per bucket."""

    counts: list[int]
    total: int | Decimal = 0
    examples: dict[int, Example] = field(default_factory=dict)
    key: Key | None = field(default=None, compare=False, repr=False)

    def observe(self, bounds: tuple[Decimal, ...], value: int | Decimal, example: Example | None) -> None:
        """Count a value in the bucket that it falls into: the first whose bound it does not exceed."""
        bucket = bisect_left(bounds, value)
        self.counts[bucket] += 1
        self.total += value
        if example is not None:
            self.examples[bucket] = example


class Totals:
    """The sums of all series of this process; a sink of the tracker. Thread-safe.

    Bounded: every open label holds as many values per service as the catalogue allows, the first that were seen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    # --- as a sink --------------------------------------------------------------------------------------------------

    def noted(self, what: str, service: Service, amount: int) -> None:
        """Count something about the pipeline itself."""
        metric, labels = c.PIPELINE[what]
        with self._lock:
            self._add(service, [Amount(metric, labels, amount)])

    def moved(self, before: State, after: State, events: list[Event]) -> None:
        """Count new events, and what they decided."""
        service = events[0].service if events else after.events[0].service
        with self._lock:
            if after.reached != before.reached or after.started != before.started:
                self._add(service, of_progress(before, after))
            for event in events:
                self._add(event.service, of_event(event))

    def ended(self, record: ConversationRecord) -> None:
        """Count an ended episode."""
        with self._lock:
            self._add(record.service, of_record(record))
            self._add(record.service, distributions_of_record(record))

    def changed(self, record: ConversationRecord, earlier: ConversationRecord) -> None:
        """Count what an ended episode has more than before, and take back what it has less."""
        now, then = (Counter(a._replace(trace_id="") for a in of_record(r)) for r in (record, earlier))
        with self._lock:
            self._add(record.service, (now - then).elements())
            self._take_back(record.service, (then - now).elements())

    def reopened(self, record: ConversationRecord) -> None:
        """Take back what an ended episode added, since its user came back."""
        with self._lock:
            self._take_back(record.service, of_record(record))
            if record.engaged:  # a visit was no conversation yet, so none is reopened
                self._add(record.service, [Amount(c.REOPENED, ())])

    # --- of a judge -------------------------------------------------------------------------------------------------

    def count(self, service: Service, amounts: Iterable[Amount]) -> None:
        """Count what a judge did."""
        with self._lock:
            self._add(service, amounts)

    def recount(self, service: Service, now: Iterable[Amount], then: Iterable[Amount]) -> None:
        """Count what is said of an episode now, and take back what was said before."""
        now_counted, then_counted = Counter(now), Counter(then)
        with self._lock:
            self._add(service, (now_counted - then_counted).elements())
            self._take_back(service, (then_counted - now_counted).elements())

    def show_judge(self, service: Service) -> None:
        """Show every series of a judge, at 0 where it has none."""
        with self._lock:
            for metric, labels in of_judge():
                self._total(metric, service, labels)

    def reset(self) -> None:
        """Forget everything, and the lock that another thread may have held when the process forked."""
        self._lock = threading.Lock()
        self._clear()

    # --- for the reader ---------------------------------------------------------------------------------------------

    def counters(self) -> dict[c.Metric, dict[Series, Total]]:
        """Return a copy of every counter."""
        with self._lock:
            return {
                metric: {key: Total(total.value, total.retracted, total.example) for key, total in series.items()}
                for metric, series in self._counters.items()
            }

    def histograms(self) -> dict[c.Metric, dict[Series, Distribution]]:
        """Return a copy of every histogram."""
        with self._lock:
            return {
                metric: {key: Distribution(list(d.counts), d.total, dict(d.examples)) for key, d in series.items()}
                for metric, series in self._histograms.items()
            }

    def borrow_examples(self, other: Totals) -> None:
        """Take over the examples that other totals have of these series, but for buckets in which nothing is here."""
        counters, histograms = other.counters(), other.histograms()
        with self._lock:
            for metric, series in self._counters.items():
                for key, theirs in counters.get(metric, {}).items():
                    if key in series:
                        series[key].example = theirs.example
            for metric, distributions in self._histograms.items():
                for key, other_distribution in histograms.get(metric, {}).items():
                    if key in distributions:
                        ours = distributions[key]
                        examples = other_distribution.examples.items()
                        ours.examples = {bucket: example for bucket, example in examples if ours.counts[bucket]}

    # --- for a store ------------------------------------------------------------------------------------------------

    def put(self, metric: c.Metric, service: Service, labels: tuple[str, ...], cell: Total | Distribution) -> None:
        """Put a series in place as it was stored; of its labels nothing is folded."""
        with self._lock:
            self._caps.know(service, metric, labels)
            cell.key = metric, service, labels
            if isinstance(cell, Total):
                self._counters.setdefault(metric, {})[service, labels] = cell
            else:
                self._histograms.setdefault(metric, {})[service, labels] = cell

    def moved_cells(self) -> list[Total | Distribution]:
        """Return, once, the series that are new or have changed since this was asked, with their keys."""
        with self._lock:
            moved = list(self._moved.values())
            self._moved.clear()
            return moved

    def know(self, metric: c.Metric, service: Service, labels: tuple[str, ...]) -> bool:
        """Take note that somebody else shows a series, whose labels count as seen; return whether that is new."""
        with self._lock:
            return self._caps.know(service, metric, labels)

    def admitted(self) -> bool:
        """Return, once, whether a label was shown for the first time since this was asked."""
        with self._lock:
            return self._caps.admitted()

    # --- inside, under the lock -------------------------------------------------------------------------------------

    def _clear(self) -> None:
        self._counters: dict[c.Metric, dict[Series, Total]] = {}
        self._histograms: dict[c.Metric, dict[Series, Distribution]] = {}
        self._caps = LabelCaps()
        self._moved: dict[int, Total | Distribution] = {}
        # The way past caps and siblings for labels that are shown as they are: as many entries as there are series.
        self._known: dict[tuple[str, Service, tuple[str, ...]], Total | Distribution] = {}

    def _add(self, service: Service, amounts: Iterable[Amount]) -> None:
        for amount in amounts:
            cell = self._cell(service, amount)
            self._moved[id(cell)] = cell
            example = Example(amount.value, amount.trace_id) if amount.trace_id else None
            if isinstance(cell, Total):
                cell.value += amount.value
                cell.example = example or cell.example
            else:
                cell.observe(_BOUNDS[amount.metric.name], amount.value, example)

    def _take_back(self, service: Service, amounts: Iterable[Amount]) -> None:
        for amount in amounts:
            cell = self._cell(service, amount)
            self._moved[id(cell)] = cell
            if isinstance(cell, Total):
                cell.retracted += amount.value

    def _cell(self, service: Service, amount: Amount) -> Total | Distribution:
        """Return the series that an amount goes to, new ones with their siblings."""
        metric, labels = amount.metric, amount.labels
        known = self._known.get((metric.name, service, labels))
        if known is not None:
            return known
        shown = self._caps.show(service, metric, labels)
        for first_seen in shown.first_seen:
            for sibling, values in siblings(first_seen):
                self._total(sibling, service, values)
        for sibling in alike(metric):
            self._total(sibling, service, shown.values)
        for label in shown.folded:
            folds = self._total(c.LABELS_FOLDED, service, (label,))
            folds.value += 1
            self._moved[id(folds)] = folds
        make = self._distribution if metric.kind == c.HISTOGRAM else self._total
        cell = make(metric, service, shown.values)
        if shown.values == labels:
            self._known[metric.name, service, labels] = cell
        return cell

    def _total(self, metric: c.Metric, service: Service, labels: tuple[str, ...]) -> Total:
        series = self._counters.setdefault(metric, {})
        cell = series.get((service, labels))
        if cell is None:
            cell = series[service, labels] = Total(key=(metric, service, labels))
            self._moved[id(cell)] = cell
        return cell

    def _distribution(self, metric: c.Metric, service: Service, labels: tuple[str, ...]) -> Distribution:
        series = self._histograms.setdefault(metric, {})
        cell = series.get((service, labels))
        if cell is None:
            fresh = [0] * (len(metric.buckets) + 1)
            cell = series[service, labels] = Distribution(fresh, key=(metric, service, labels))
            self._moved[id(cell)] = cell
        return cell


# The bounds of histograms in their units, exactly as they are written.
_BOUNDS: dict[str, tuple[Decimal, ...]] = {
    metric.name: tuple(Decimal(str(bound)) * metric.unit for bound in metric.buckets) for metric in c.CATALOGUE
}
