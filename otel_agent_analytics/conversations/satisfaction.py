"""The ten-feature model of a turn's satisfaction: how likely is it that the user was dissatisfied?

A ridge regression on the mean ratings of 3,500 annotated dialogues. Measured on dialogues that it had not seen: rank
correlation .36 to .46 with the mean rating of a turn, .28 to .36 with that of a conversation, which is as much as one
annotator agrees with the others. It judges many conversations, not one.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otel_agent_analytics.conversations.events import AgentResponse
    from otel_agent_analytics.conversations.turns import Turn

DISSATISFIED_ABOVE: Final = 0.35
"""A turn counts as dissatisfied above this probability; measured: precision .51 to .55, recall .37 to .60."""


class Features(NamedTuple):
    """What the model reads of one user turn. Flags are 0 or 1."""

    sentiment: float
    """Of this user message, -1 to 1."""
    sentiment_before: float
    """Mean of the earlier user messages, -1 to 1; 0 for the first."""
    thanks: float
    negation: float
    refusal: float
    """Whether the agent message before it refuses or apologises."""
    question: float
    """Whether it holds a question mark."""
    says_no: float
    refusal_share: float
    """Share of the agent messages so far that refuse or apologise."""
    overlap: float
    """Share of content words in common with the user message before (Jaccard)."""
    complaint: float


_SATISFACTION_AT_ZERO: Final = 3.068
_SATISFACTION: Final = Features(.165, .089, .210, -.174, -.089, -.061, -.151, -.133, -.144, -.110)  # fmt: skip
LOGIT_AT_ZERO: Final = -1.569
LOGIT: Final = Features(-.878, -.257, -.851, 1.268, .861, .255, .860, .835, .952, .735)  # fmt: skip


def satisfaction(features: Features) -> float:
    """Return the expected rating of a turn, 1 to 5; in practice 2.7 to 3.5."""
    return _SATISFACTION_AT_ZERO + _weighted(_SATISFACTION, features)


def dissatisfaction(features: Features) -> float:
    """Return the probability, 0 to 1, that the user was dissatisfied in this turn (logistic regression)."""
    return 1 / (1 + exp(-(LOGIT_AT_ZERO + _weighted(LOGIT, features))))


def dissatisfactions(turns: Sequence[Turn]) -> list[float | None]:
    """Return, for each turn from turn 1 on, the probability of dissatisfaction; None where a feature is unknown.

    ``turns`` begins with turn 0, what came before the user first spoke.
    """
    return [None if found is None else dissatisfaction(found) for found in _features(turns)]


def _features(turns: Sequence[Turn]) -> list[Features | None]:
    found: list[Features | None] = []
    sentiments: list[float | None] = []
    answers: list[AgentResponse] = []
    for turn in turns:
        if turn.message is not None:
            found.append(_turn(turn, sentiments, answers))
            sentiments.append(turn.message.signs.sentiment)
        answers += turn.answers
    return found


def _turn(turn: Turn, before: list[float | None], answers: list[AgentResponse]) -> Features | None:
    signs = turn.message.signs if turn.message is not None else None
    if signs is None or signs.sentiment is None or signs.overlap is None:
        return None
    earlier = [sentiment for sentiment in before if sentiment is not None]
    refusals = [answer.refusal for answer in answers]
    if None in refusals[-1:]:
        return None
    known = [refusal for refusal in refusals if refusal is not None]
    return Features(
        sentiment=signs.sentiment,
        sentiment_before=sum(earlier) / len(earlier) if earlier else 0.0,
        thanks=float(bool(signs.thanks)),
        negation=float(bool(signs.negation)),
        refusal=float(bool(known and refusals[-1])),
        question=float(bool(signs.question)),
        says_no=float(bool(signs.says_no)),
        refusal_share=sum(known) / len(known) if known else 0.0,
        overlap=signs.overlap,
        complaint=float(bool(signs.complaint)),
    )


def _weighted(weights: Features, features: Features) -> float:
    return sum(weight * feature for weight, feature in zip(weights, features, strict=True))
