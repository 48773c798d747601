"""An episode that was judged → what the counters have of it: rules against judge, and judge against rating. Pure.

Rules against rating is counted with the end of each rated episode, judged or not (``measures``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from otel_agent_analytics import vocabulary as v
from otel_agent_analytics.outputs import catalogue as c
from otel_agent_analytics.outputs.measures import Amount

if TYPE_CHECKING:
    from collections.abc import Iterator


class Opinions(NamedTuple):
    """What is said of one episode; None where nothing is known."""

    local_status: str | None
    """Resolution status by the rules."""
    local_sentiment: str | None
    rating: str | None
    """The side of the mean of all raters."""
    judge_status: str | None
    judge_sentiment: str | None


def of_opinions(said: Opinions | None) -> Iterator[Amount]:
    """Yield what a judged episode counts for; nothing for one that is not judged."""
    if said is None:
        return
    local_status, judge_status = said.local_status or v.UNKNOWN, said.judge_status or v.UNKNOWN
    local_sentiment, judge_sentiment = said.local_sentiment or v.UNKNOWN, said.judge_sentiment or v.UNKNOWN
    yield Amount(c.AGREED_RESOLUTION, (local_status, judge_status))
    yield Amount(c.AGREED_SENTIMENT, (local_sentiment, judge_sentiment))
    if said.rating is not None:
        yield Amount(c.JUDGE_RATED_RESOLUTION, (judge_status, said.rating))
        yield Amount(c.JUDGE_RATED_SENTIMENT, (judge_sentiment, said.rating))


def beside(local: Opinions, judge_status: str | None, judge_sentiment: str | None) -> Opinions:
    """Return what the rules and the raters say with what a judge says beside it."""
    return local._replace(judge_status=judge_status, judge_sentiment=judge_sentiment)
