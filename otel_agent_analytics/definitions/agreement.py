"""Definitions of how far rules, estimate, judge and ratings agree, as numbers."""

from __future__ import annotations

from typing import Final

from otel_agent_analytics.definitions.definition import Definition
from otel_agent_analytics.outputs import catalogue as c

_GROUP: Final = "Quality"

AGREEMENT: Final = (
    Definition(
        "judged",
        _GROUP,
        "Local and judged",
        "Metrics, rates, figures of the API and alerts go by what the rules say. A judge, where there is one, is "
        "asked after the end; what it says stands beside that, moves verified alone, and is counted in pairs: what "
        "the rules said and what the judge said of each judged episode, and what the judge said of the rated ones "
        "among them beside the rating. What the rules said of rated episodes is counted beside the rating with every "
        "end, judge or none. The rating is the side of the mean of all raters. An episode counts once, by the latest "
        "of each; what changes takes back the pair before.",
        metrics=(
            c.AGREED_RESOLUTION.name,
            c.AGREED_SENTIMENT.name,
            c.RATED_RESOLUTION.name,
            c.RATED_SENTIMENT.name,
            c.JUDGE_RATED_RESOLUTION.name,
            c.JUDGE_RATED_SENTIMENT.name,
        ),
    ),
    Definition(
        "agreement",
        _GROUP,
        "Agreement",
        "Of the episodes of which two say something, the share of which both say the same (`/api/calibration`), with "
        "its interval, and Cohen's kappa (1960): (p - e) / (1 - e), where p is that share and e the share on which "
        "they would agree by chance, the sum over all values of the product of the shares with which each of the two "
        "says it. With a rating a value is taken as good or bad: resolved and positive are good; partially_resolved, "
        "unresolved, escalated, negative and frustrated are bad; neutral and unknown are left out.",
        metrics=(c.RATED_RESOLUTION.name, c.RATED_SENTIMENT.name),
    ),
    Definition(
        "satisfaction_and_ratings",
        _GROUP,
        "Satisfaction and ratings compared",
        "CSAT and the estimate of satisfaction are never mixed; `/api/calibration` compares them over the rated "
        "episodes of a window that have an estimate. Bins: episodes by tenths of the estimate, with their number, "
        "their mean estimate and their CSAT (positive divided by rated) with its interval; where the estimate is "
        "worth something, CSAT rises with it. It is on no scale of CSAT, so the two numbers of a bin need not be "
        "alike. Separation: of all pairs of an episode rated positive and one rated negative, the share in which the "
        "first has the higher estimate, half of those included in which they are the same to the millionth: the area "
        "under the curve (Mann and Whitney 1947), 1 where every pair is in order and .5 where the estimate says "
        "nothing. Its 95 % interval is Newcombe's (2006, method 5): all areas A that lie no further from it than "
        "1.96 times sqrt(A (1 - A) (1 + (m - 1) ((1 - A) / (2 - A) + A / (1 + A))) / (p n)), p rated positive, n "
        "rated negative, m = (p + n) / 2. Those who rate are not all users, and a rating may come after more than "
        "the conversation.",
        metrics=(c.SATISFACTION.name, c.RATED.name),
    ),
)
