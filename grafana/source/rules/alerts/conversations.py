"""Alerts on how conversations go: mood, resolution, completion, drop-off, ratings, time. Pure."""

from __future__ import annotations

from typing import Final

from grafana.source import promql
from grafana.source.rules import emerging, naming
from grafana.source.rules.alerts.alert import CRITICAL, INFO, WARNING, Alert, value_of
from grafana.source.rules.alerts.expressions import PERCENT, SERVICE, surely
from grafana.source.rules.naming import bound, change, count, limit, share
from grafana.source.rules.shares import CERTAIN, PROBABLE
from otel_agent_analytics.outputs.catalogue import RESPONSE_TIME

_QUALITY: Final = "agent-quality"

# Beyond the threshold without a doubt, in the last day or in the last week; or probably beyond it and, without a doubt,
# worse than in the week before. The last finds within a day what fell over night; the others find what has always been
# bad. How often either is wrong: benchmarks/alerts.py.
_BEYOND: Final = """\
{share} {sign} {limit}
and (
  {certain_day} {sign} {limit}
  or {certain_week} {sign} {limit}
  or (
    {probable} {sign} {limit}
    and {change} > 0
    and {counted} >= {minimum_compared}
  )
)
and {counted} >= {minimum}
"""

_CHANGED: Final = """\
{point} >= {limit}
and {least} > 0
and {now} >= {minimum}
and {before} >= {minimum}
"""

_SLOW: Final = """\
histogram_quantile(
  0.9,
  sum by (le, {service}) (max without ({scraped}) (increase({metric}_bucket[1h])))
) > {limit}
and sum by ({service}) (max without ({scraped}) (increase({metric}_count[1h]))) >= {minimum}
"""


# The difference of two counts is beyond 3.29 standard errors by chance in one look of 2,000, on one side.
_EMERGING: Final = """\
{now}
and {now} - {expected} > 3.29 * sqrt({now} + {expected})
and {now} > {expected} * on ({service}) group_left () {factor}
and {now} >= on ({service}) group_left () {minimum}
and on ({service}) {before} offset 1d >= {minimum}
"""


def _beyond(name: str, counted: str, sign: str, threshold: str, changed: str) -> str:
    side = "lower" if sign == ">" else "upper"
    return _BEYOND.format(
        share=share(name, "1d"),
        certain_day=bound(name, side, CERTAIN, "1d"),
        certain_week=bound(name, side, CERTAIN, "7d"),
        probable=bound(name, side, PROBABLE, "1d"),
        sign=sign,
        limit=limit(threshold),
        change=change(changed, "least1d"),
        counted=count(counted, "1d"),
        minimum=limit("minimum_conversations"),
        minimum_compared=limit("minimum_conversations_compared"),
    )


def _changed(name: str, span: str, before: str) -> str:
    """Return the expression for a change of at least so many points that is no chance."""
    return _CHANGED.format(
        point=change(name, f"point{span}"),
        least=change(name, f"least{span}"),
        limit=limit(name),
        now=count("conversations_ended", span),
        before=f"{count('conversations_ended', '7d')} offset {before}",
        minimum=limit("minimum_conversations"),
    )


ALERTS: Final = (
    Alert(
        "AgentNegativeSentimentHigh",
        CRITICAL,
        _beyond("negative", "conversations_of_known_sentiment", ">", "negative_rate", "negative_rise"),
        "Too many conversations are negative or frustrated.",
        f"{SERVICE}{PERCENT} of the conversations of the last day were negative or frustrated; the threshold is "
        f"{value_of(limit('negative_rate'))}. {value_of(count('conversations_of_known_sentiment', '1d'), 'humanize')} "
        "conversations were judged.",
        _QUALITY,
    ),
    Alert(
        "AgentResolutionRateLow",
        CRITICAL,
        _beyond("resolution", "conversations_of_known_status", "<", "resolution_rate", "resolution_fall")
        + f"and {share('resolution_coverage', '1d')} >= {limit('resolution_coverage')}\n",
        "Too few conversations are resolved.",
        f"{SERVICE}{PERCENT} of the conversations of the last day were resolved; the threshold is "
        f"{value_of(limit('resolution_rate'))}. The result is known of "
        f"{value_of(count('conversations_of_known_status', '1d'), 'humanize')} of them.",
        _QUALITY,
    ),
    Alert(
        "AgentCompletionRateFell",
        WARNING,
        f"{_changed('completion_fall', '1d', '1d').rstrip()}\nor\n{_changed('completion_fall', '7d', '7d')}",
        "Fewer conversations are completed than last week.",
        f"{SERVICE}the completion rate is {PERCENT} below that of the week before, more than by chance; the last day "
        f"had {value_of(share('completion', '1d'))}, the last seven {value_of(share('completion', '7d'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentAbandonmentRateRose",
        WARNING,
        _changed("abandonment_rise", "1d", "1d"),
        "More users give up than last week.",
        f"{SERVICE}the abandonment rate of the last day is {PERCENT} above that of the week before, more than by "
        f"chance; it is {value_of(share('abandonment', '1d'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentEscalationRateRose",
        WARNING,
        _changed("escalation_rise", "1d", "1d"),
        "More conversations go to a human than last week.",
        f"{SERVICE}the escalation rate of the last day is {PERCENT} above that of the week before, more than by "
        f"chance; it is {value_of(share('escalation', '1d'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentRephraseRateHigh",
        WARNING,
        surely("rephrase", "1d", (">", "rephrase_rate"), ("judged_turns", "minimum_messages")),
        "Users have to say things twice.",
        f"{SERVICE}{PERCENT} of the user messages of the last day say the one before in other words; the threshold is "
        f"{value_of(limit('rephrase_rate'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentCsatLow",
        WARNING,
        surely("csat", "7d", ("<", "csat"), ("conversations_rated", "minimum_ratings")),
        "Too few ratings are positive.",
        f"{SERVICE}{PERCENT} of the rated conversations of the last seven days were rated positive; the threshold is "
        f"{value_of(limit('csat'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentTopicEmerging",
        INFO,
        _EMERGING.format(
            now=count(emerging.COUNT, "1d", emerging.LEVEL),
            expected=emerging.EXPECTED,
            service=naming.SERVICE,
            factor=limit("emerging_factor"),
            minimum=limit("minimum_conversations"),
            before=count("conversations_ended", "7d"),
        ),
        "Users come with something that they did not come with before.",
        f"{SERVICE}{{{{ $value | humanize }}}} conversations of the last day are about {{{{ $labels.topic }}}}, more "
        f"than {value_of(limit('emerging_factor'), 'humanize')} times what the week before lets expect.",
        _QUALITY,
    ),
    Alert(
        "AgentTopicUnresolved",
        WARNING,
        surely(
            "unresolved",
            "1d",
            (">", "topic_unresolved_rate"),
            ("conversations_about", "minimum_conversations"),
            emerging.LEVEL,
        ),
        "Users do not get what they come for with one topic.",
        f"{SERVICE}{PERCENT} of the conversations of the last day about {{{{ $labels.topic }}}} are known to be "
        f"unresolved; the threshold is {value_of(limit('topic_unresolved_rate'))}.",
        _QUALITY,
    ),
    Alert(
        "AgentResponseTimeHigh",
        WARNING,
        _SLOW.format(
            service=naming.SERVICE,
            scraped=promql.WHERE_SCRAPED,
            metric=RESPONSE_TIME.name,
            limit=limit("response_seconds"),
            minimum=limit("minimum_calls"),
        ),
        "Users wait long for answers.",
        f"{SERVICE}a tenth of the answers of the last hour took longer than {{{{ $value | humanizeDuration }}}}; the "
        f"threshold is {value_of(limit('response_seconds'), 'humanizeDuration')}.",
        "agent-agents-tools",
        hold="15m",
    ),
)
