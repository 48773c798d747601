"""What is posted to the analyzer as JSON, and what it answers: the fields, their limits and their meanings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from otel_agent_analytics import vocabulary as v

LONGEST: Final = 1024
"""Characters of an id or a name."""
LONGEST_TEXT: Final = 65_536
"""Characters of a message that is measured here."""
_TOO_LONG_SECONDS: Final = 1e9

Event = TypeVar("Event")
_Id = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
_Name = Annotated[str, Meta(max_length=LONGEST)]
_Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
_Kind = Annotated[str, Meta(extra_json_schema={"enum": list(v.LIFECYCLE_EVENTS)})]
_Seconds = Annotated[float, Meta(ge=0, lt=_TOO_LONG_SECONDS)]
_Length = Annotated[int, Meta(ge=0, lt=10**12)]
_Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Posted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lifecycle event, with what ``record_event()`` and ``conversation()`` take."""

    event: _Kind
    """Which of the eight it is."""
    conversation_id: _Id
    """The application's own id of the conversation; space around it does not count."""
    event_id: _Id
    """The same id in the same conversation means the same event, however often it comes."""
    time: datetime | int | None = None
    """When it happened: ISO 8601 (without an offset UTC), or nanoseconds since 1970; when it arrives if not given."""
    text: _Text | None = None
    """The message, or the comment of a rating; measured and then dropped, unless content is kept."""
    length: _Length | None = None
    """Characters of the message, where its text is not sent."""
    agent: _Name | None = None
    """The agent concerned; for handoff_requested the one that hands over."""
    tool: _Name | None = None
    """The tool, for tool_called."""
    to_agent: _Name | None = None
    """The target, for handoff_requested."""
    error_type: _Name | None = None
    """Why it failed, for tool_called; a class of errors, no message."""
    duration_seconds: _Seconds | None = None
    """How long it took, for tool_called and agent_response."""
    rating: str | float | None = None
    """For feedback_received: positive, negative, or a number from 1 to 5."""
    rater: _Name | None = None
    """Who rates; any text that tells raters apart. The last rating of a rater counts."""
    user_id: _Name | None = None
    """Who talks; hashed with the user key at once, and left out where the analyzer has none."""
    user_hash: _Hash | None = None
    """The same, hashed by the sender: HMAC-SHA-256 in hexadecimal."""
    session_id: _Name | None = None
    """The client's session."""
    channel: _Name | None = None
    """Where the conversation takes place, such as web or phone."""
    device: _Name | None = None
    """desktop, tablet or mobile."""
    language: _Name | None = None
    """A language tag such as en."""
    country: _Name | None = None
    """An ISO 3166 code such as NL."""
    ip_address: _Name | None = None
    """Where no country is said, the one that the address is registered in, looked up offline; then dropped."""
    metadata: dict[str, Any] | None = None
    """Further facts, at most 64."""


class EventBatch(msgspec.Struct, Generic[Event], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events of one service."""

    events: list[Event]
    """In any order; two messages of a conversation that are compared with each other best come together or in order."""
    service_name: _Name = ""
    """The service; unknown_service if not given."""
    service_namespace: _Name = ""
    """Its namespace."""
    deployment_environment_name: _Name = ""
    """Where it runs."""
    service_version: _Name = ""
    """Its version."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An event that can never be taken."""

    index: int
    """Its place in the batch, from 0."""
    field: str | None
    """Which of its fields is wrong; None where it is no event at all."""
    value: str | None
    """What the field has, as JSON, cut after 200 characters; None where it has nothing."""
    why: str
    """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class EventsTaken:
    """What became of a batch; it is stored."""

    accepted: int
    """Events that were taken; what came before counts once all the same."""
    rejected: Sequence[Rejected]
    """Events that were not."""


class ForgetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to forget: ``user`` or ``hash``, one of them."""

    user: _Id | None = None
    """The plain user id; hashed with the user key."""
    hash: _Hash | None = None
    """HMAC-SHA-256 of the user id in hexadecimal."""
    rater: _Name | None = None
    """What this user is called as a rater; the plain user id if not given."""
    dry_run: bool = False
    """Whether to count only, and delete nothing."""


@dataclass(frozen=True, slots=True)
class ForgetAnswer:
    """What was deleted; with dry_run what would be."""

    dry_run: bool
    """Whether nothing was deleted."""
    conversations: int
    """Conversations of the user, open ones among them."""
    rows: Mapping[str, int]
    """Rows by table."""
    rated: int
    """Conversations of others that this user rated: the ratings stay, without a name."""


@dataclass(frozen=True, slots=True)
class KeptContent:
    """What one span or event said."""

    span_id: str
    """Of the span; of an event its id."""
    trace_id: str
    """Empty without one."""
    time: str
    """When it began, ISO 8601, UTC."""
    content: Mapping[str, Any] | None
    """By attribute name; None where it cannot be read with the keys that are set."""
    problem: str | None
    """Why it cannot be read."""


@dataclass(frozen=True, slots=True)
class ConversationContent:
    """What is kept of the texts of a conversation."""

    conversation_id: str
    """The conversation."""
    items: Sequence[KeptContent]
    """In the order in which they began."""
    more: bool
    """Whether there are more than 1,000."""
