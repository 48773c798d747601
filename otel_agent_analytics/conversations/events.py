"""What can happen in a conversation, as frozen records; and the plain forms in which spans and log records come.

Every event starts with the same six fields, so that the fold can treat them alike:

    id          unique within the conversation; the same span or record always gives the same id
    time_ns     when it began, UTC nanoseconds since 1970
    until_ns    when it was over; equal to ``time_ns`` for a moment
    service     the service that said so
    trace_id    the trace that holds it, 32 hex digits; empty without one
    agent       the agent concerned; None when unknown
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias


class Service(NamedTuple):
    """Who runs the agent: the three resource attributes that become metric labels."""

    name: str
    namespace: str = ""
    environment: str = ""


class SpanRecord(NamedTuple):
    """A finished span as plain data."""

    trace_id: str
    """32 hex digits."""
    span_id: str
    """16 hex digits."""
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any]
    failed: bool
    """Whether the span's status is ERROR."""
    service: Service
    parent_id: str = ""
    """Span id of the parent, 16 hex digits; empty for a root."""
    version: str = ""
    """Version of the service; empty when it does not say."""


class LogRecord(NamedTuple):
    """A log record as plain data: an event that no span carries."""

    event_name: str
    time_ns: int
    attributes: Mapping[str, Any]
    service: Service
    trace_id: str = ""
    version: str = ""


Metadata: TypeAlias = tuple[tuple[str, str], ...]
"""Keys and values of an application's own, each key once."""


class Context(NamedTuple):
    """What the application said of the conversation; None where it did not."""

    channel: str | None = None
    device: str | None = None
    language: str | None = None
    country: str | None = None
    user: str | None = None
    """Keyed hash of the user id."""
    session_id: str | None = None
    version: str | None = None
    """Of the service."""
    metadata: Metadata | None = None
    """Further facts, at most 16, keys without their prefix; never empty."""


NO_CONTEXT = Context()


class Signs(NamedTuple):
    """What the text of a user's message says; None where that is unknown: no text, or another language."""

    language: str | None = None
    sentiment: float | None = None
    """-1 to 1."""
    closing: bool | None = None
    """Whether it takes leave."""
    thanks: bool | None = None
    negation: bool | None = None
    question: bool | None = None
    """Whether there is a question in it."""
    says_no: bool | None = None
    """Whether it begins with a no."""
    complaint: bool | None = None
    human_request: bool | None = None
    overlap: float | None = None
    """Share of content words in common with the user message before, 0 to 1."""
    rephrase: bool | None = None
    repeat: bool | None = None
    intent: str | None = None
    """Name of the intent that it shows; ``other`` for none of those that are known."""
    intent_confidence: float | None = None
    """0 to 1."""
    content_words: int | None = None
    """How many words say what it is about; only where somebody looked for an intent or a topic."""
    topic: str | None = None
    """Name of the topic that it shows; ``other`` for none that may be shown."""


NO_SIGNS = Signs()


class Started(NamedTuple):
    """The application opened the conversation: a visit until the user speaks."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    context: Context


class UserMessage(NamedTuple):
    """The user spoke. ``until_ns`` is the end of the run that serves the message: until then nobody is idle."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    length: int | None
    """Characters; None when the text was not to be had."""
    signs: Signs
    context: Context


class AgentResponse(NamedTuple):
    """The agent spoke to the user."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    answers: str | None
    """Id of the user message that it answers, where the same span says so; else it answers the last one before it."""
    length: int | None
    """Characters; None when the text was not to be had."""
    question: bool | None
    """Whether it ends with a question; None when unknown."""
    response_ns: int | None
    """Nanoseconds from the user's message to the end of the run; None where no run says so."""
    refusal: bool | None
    """Whether it refuses or apologises; None when unknown."""
    statement: str | None
    """What it says of the result: success, failure or none; None when unknown."""


class RunFailed(NamedTuple):
    """The run that served a user message ended in an error or was cut off."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    answers: str | None
    """Id of the user message that it should have answered."""
    error_type: str
    """Low-cardinality class of the error."""


class ToolCalled(NamedTuple):
    """The agent called a tool."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    tool: str
    error_type: str | None
    """Why it failed; None when it did not."""


class HandoffRequested(NamedTuple):
    """An agent passed the conversation on to another."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    """The agent that passed it on."""
    to_agent: str
    failed: bool


class ModelCalled(NamedTuple):
    """The agent called a model. Token counts are None where the provider gave none."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    model: str
    input: int | None
    """Input tokens, cached ones included."""
    output: int | None
    """Output tokens, reasoning ones included."""
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None
    error_type: str | None
    provider: str | None
    answered_by: str | None
    """The model that the answer names; None when it names none."""
    tier: str | None
    """Service tier that the answer names."""
    first_token_ns: int | None
    """Nanoseconds to the first token of a streamed answer."""
    cost: Decimal | None
    """USD; None where the call has no price."""

    @property
    def unpriced(self) -> bool:
        """Whether it cost something and nobody knows what: a call that failed without any usage cost nothing."""
        return self.cost is None and (self.error_type is None or self.input is not None)


class LoopFound(NamedTuple):
    """In one turn the same tool was called with the same arguments three times or more."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    loops: int
    """How many calls were so repeated."""


class ApprovalRequested(NamedTuple):
    """A run waits for a human's approval: until it goes on, nobody is idle."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None


class GuardrailChecked(NamedTuple):
    """A guardrail was run."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    guardrail: str
    triggered: bool


class FeedbackReceived(NamedTuple):
    """Somebody rated the conversation."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    rating: str
    """positive, neutral or negative."""
    score: float | None
    """1 to 5; None for thumbs."""
    rater: str


class ResolutionJudged(NamedTuple):
    """Somebody who can know said whether the conversation was resolved."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    resolved: bool


class MessageHeard(NamedTuple):
    """What the user wants, by the text that a model was given: told of the message before it, where that says nothing.

    The process of the agent measured that message, and looked neither for intents nor for topics.
    """

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    intent: str | None
    intent_confidence: float | None
    content_words: int | None
    topic: str | None


class EndRequested(NamedTuple):
    """The application said that the conversation is over."""

    id: str
    time_ns: int
    until_ns: int
    service: Service
    trace_id: str
    agent: str | None
    outcome: str | None
    """One of the five outcomes; None when the application leaves it to the rules."""


Event: TypeAlias = (
    Started
    | UserMessage
    | AgentResponse
    | RunFailed
    | ToolCalled
    | HandoffRequested
    | ModelCalled
    | GuardrailChecked
    | FeedbackReceived
    | ResolutionJudged
    | LoopFound
    | ApprovalRequested
    | EndRequested
    | MessageHeard
)

FURTHER_EVENTS = frozenset({"error", "answer", "loops", "approval", "feedback", "heard"})
"""What the ids of the further events of a span end with, behind a colon."""

# Order of events at one instant: who speaks first, what follows from it, and what closes.
_RANK: dict[type, int] = {
    Started: 0,
    UserMessage: 1,
    AgentResponse: 3,
    RunFailed: 3,
    FeedbackReceived: 4,
    ResolutionJudged: 4,
    ApprovalRequested: 5,
    EndRequested: 6,
}


def order(event: Event) -> tuple[int, int, str]:
    """Return the key that puts events in the order in which they happened, whatever order they came in."""
    return event.time_ns, _RANK.get(type(event), 2), event.id
