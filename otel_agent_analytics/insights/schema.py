"""What is said of a conversation after its end: one form for every extractor, local or an LLM.

``Findings`` is what an extractor finds; ``Insights`` is the same with the extractor's name and version, which no model
is asked for. Strict: a value of another type, a field too many or too few is refused. The JSON schema of ``Findings``
has what structured outputs demand (every field required, none beyond them), so that it serves as an ``output_type`` of
the OpenAI Agents SDK as it is.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SCHEMA_VERSION: Final = 1
MOST: Final = 10
"""Secondary intents, and topics, of one conversation."""
MOST_EVIDENCE: Final = 20
"""Turns that are named for one judgement."""
_MOST_TURNS: Final = 10_000


def _ascending(turns: list[int]) -> list[int]:
    return sorted(set(turns))


Confidence: TypeAlias = Annotated[
    float, Field(ge=0, le=1, description="how likely the value is right, from 0 to 1; 0 where it is null")
]
Evidence: TypeAlias = Annotated[
    list[Annotated[int, Field(ge=1, le=_MOST_TURNS)]],
    Field(max_length=MOST_EVIDENCE, description="numbers of the user's messages that show it, counted from 1"),
    AfterValidator(_ascending),
]
Name: TypeAlias = Annotated[str, Field(pattern=r"^\S(.{0,78}\S)?$")]
"""1 to 80 characters, without a space at either end."""


class _Judgement(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    confidence: Confidence
    evidence: Evidence


class Named(_Judgement):
    """An intent or a topic."""

    value: Name = Field(description="a few words, the same for all conversations that mean the same")


class Intent(_Judgement):
    """What the user came for."""

    value: Name | None = Field(description="a few words, the same for all conversations that mean the same")


class Sentiment(_Judgement):
    """How the user felt; frustrated is negative with a complaint, a repeat or a request for a human."""

    value: Literal["positive", "neutral", "negative", "frustrated"] | None


class Trajectory(_Judgement):
    """How the user felt at the end against the beginning."""

    value: Literal["improved", "stable", "declined"] | None


class Resolution(_Judgement):
    """Whether the user got it, as far as the conversation shows."""

    value: Literal["resolved", "partially_resolved", "unresolved", "escalated"] | None


class Effort(_Judgement):
    """How hard it was for the user: 1 easy, 5 very hard."""

    value: Annotated[int, Field(ge=1, le=5)] | None


class Findings(BaseModel):
    """What an extractor finds in one conversation; null where nothing tells."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    primary_intent: Intent
    secondary_intents: list[Named] = Field(max_length=MOST, description="what else the user asked for, in order")
    sentiment: Sentiment
    sentiment_trajectory: Trajectory
    topics: list[Named] = Field(max_length=MOST, description="what the conversation is about")
    resolution_status: Resolution
    effort_score: Effort


class Insights(Findings):
    """Findings, and who found them."""

    extractor: Name
    extractor_version: Name

    @classmethod
    def by(cls, extractor: str, version: str, findings: Findings) -> Self:
        """Return what an extractor found, with its name and version.

        Raises:
            pydantic.ValidationError: the name or the version is none.
        """
        found = {name: getattr(findings, name) for name in Findings.model_fields}
        return cls(**found, extractor=extractor, extractor_version=version)
