"""Conversation metrics count every run, whatever the sampler says: what it drops is recorded, and not exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class RecordDropped(Sampler):
    """The sampler of the provider, but that a span which it drops still reaches the span processors of this process."""

    def __init__(self, base: Sampler) -> None:
        self.base = base

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None,
        attributes: Any = None, links: Any = None, trace_state: Any = None,
    ) -> SamplingResult:  # fmt: skip
        """Return what the provider's sampler says, with RECORD_ONLY in place of DROP."""
        result = self.base.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is not Decision.DROP:
            return result
        return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)

    def get_description(self) -> str:
        """Return what the provider's sampler calls itself, and that it is wrapped."""
        return f"RecordDropped{{{self.base.get_description()}}}"


def would_sample(tracer: Tracer, trace_id: int, name: str) -> bool:
    """Return whether the provider's sampler exports the root of a trace, which may have begun elsewhere."""
    sampler = getattr(tracer, "sampler", None)
    if not isinstance(sampler, Sampler):
        return True
    return sampler.should_sample(Context(), trace_id, name).decision is Decision.RECORD_AND_SAMPLE


def follows_parent(sampler: Any) -> bool:
    """Return whether a sampler samples every span below a local one that is sampled, adding nothing: so by default.

    It need not be asked then. False for any sampler that is not known to.
    """
    sampler = sampler.base if type(sampler) is RecordDropped else sampler
    if type(sampler) is ParentBased:
        sampler = getattr(sampler, "_local_parent_sampled", None)
    return sampler is ALWAYS_ON


def samples_roots(sampler: Any) -> bool:
    """Return whether a sampler samples every root, adding nothing: so by default. False for any not known to."""
    sampler = sampler.base if type(sampler) is RecordDropped else sampler
    if type(sampler) is ParentBased:
        sampler = getattr(sampler, "_root", None)
    return sampler is ALWAYS_ON


def record_dropped(tracer: Tracer) -> None:
    """Wrap the sampler of our own tracer; those of other instrumentations stay as they are."""
    sampler = getattr(tracer, "sampler", None)
    if isinstance(sampler, Sampler) and not isinstance(sampler, RecordDropped):
        tracer.sampler = RecordDropped(sampler)  # type: ignore[attr-defined]  # an attribute of the SDK's tracer


def obey_sampler(tracer: Tracer) -> None:
    """Undo ``record_dropped``."""
    sampler = getattr(tracer, "sampler", None)
    if isinstance(sampler, RecordDropped):
        tracer.sampler = sampler.base  # type: ignore[attr-defined]  # as above
