"""Each alert on Prometheus' own engine: silent on good data and on too little, firing on bad data, over after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.rules.stories import Day, Stage, input_series, unit_test
from tests.servers import programs

GOOD: Final = Day()
HOST: Final = "http://localhost:3000/d"


class Case(NamedTuple):
    """A service is good, then bad, then good again, beside one that is always good and one with too few to tell."""

    alert: str
    severity: str
    change: dict[str, float]
    """What is bad, of ``Day``."""
    few: float | None
    """Conversations a day, too few to tell, that fare as badly from the start; None where a single one is told of."""
    description: str
    dashboard: str
    hours: tuple[float, float, float]
    """Good, bad, good again."""
    fires: float
    """Hours after the bad begins at which it fires."""
    minutes: int = 60
    labels: dict[str, str] = {}  # noqa: RUF012
    """What it has beside the labels of a service."""
    size: float = GOOD.conversations
    """Conversations a day."""


DAY: Final = (48.0, 26.0, 30.0)
WEEK: Final = (216.0, 26.0, 30.0)
HOURS: Final = (8.0, 7.0, 9.0)
HOUR: Final = (3.0, 3.0, 4.0)
QUALITY: Final = "agent-quality"

CASES: Final = (
    Case(
        "AgentNegativeSentimentHigh", "critical", {"negative": 0.5}, 8,
        "Service bad: 50% of the conversations of the last day were negative or frustrated; the threshold is 25%. "
        "240 conversations were judged.",
        QUALITY, DAY, 25,
    ),
    Case(
        "AgentResolutionRateLow", "critical", {"resolved": 0.4}, 8,
        "Service bad: 40% of the conversations of the last day were resolved; the threshold is 60%. "
        "The result is known of 240 of them.",
        QUALITY, DAY, 25,
    ),
    # 100 conversations and 45 % are not beyond doubt below 60 %: the interval reaches to 61 %. The fall from 75 % is.
    Case(
        "AgentResolutionRateLow", "critical", {"resolved": 0.45}, 8,
        "Service bad: 45% of the conversations of the last day were resolved; the threshold is 60%. "
        "The result is known of 100 of them.",
        QUALITY, (216.0, 26.0, 24.0), 25, size=100,
    ),
    # 45 conversations a day are too few for either, at 45 %; those of a week are enough.
    Case(
        "AgentResolutionRateLow", "critical", {"resolved": 0.45}, 8,
        "Service bad: 45% of the conversations of the last day were resolved; the threshold is 60%. "
        "The result is known of 45 of them.",
        QUALITY, (24.0, 170.0, 24.0), 169, size=45,
    ),
    # Of a week, 167 hours lie between samples that are an hour apart: (143 * 70 + 24 * 45) / 167.
    Case(
        "AgentCompletionRateFell", "warning", {"completed": 0.45}, 8,
        "Service bad: the completion rate is 25% below that of the week before, more than by chance; the last day "
        "had 45%, the last seven 66.41%.",
        QUALITY, WEEK, 24,
    ),
    Case(
        "AgentTopicEmerging", "info", {"parcels": 0.5}, 8,
        "Service bad: 120 conversations of the last day are about parcels, more than 2 times what the week before lets "
        "expect.",
        QUALITY, DAY, 25, labels={"topic": "parcels"},
    ),
    # 24 conversations a day are about parcels; at 90 % the interval begins at 58 %.
    Case(
        "AgentTopicUnresolved", "warning", {"lost": 0.9}, 80,
        "Service bad: 90% of the conversations of the last day about parcels are known to be unresolved; the threshold "
        "is 50%.",
        QUALITY, DAY, 25, labels={"topic": "parcels"},
    ),
    Case(
        "AgentAbandonmentRateRose", "warning", {"completed": 0.4, "abandoned": 0.4}, 8,
        "Service bad: the abandonment rate of the last day is 30% above that of the week before, more than by chance; "
        "it is 40%.",
        QUALITY, WEEK, 24,
    ),
    Case(
        "AgentEscalationRateRose", "warning", {"escalated": 0.4}, 8,
        "Service bad: the escalation rate of the last day is 30% above that of the week before, more than by chance; "
        "it is 40%.",
        QUALITY, WEEK, 24,
    ),
    Case(
        "AgentRephraseRateHigh", "warning", {"rephrased": 0.4}, 10,
        "Service bad: 40% of the user messages of the last day say the one before in other words; the threshold is "
        "15%.",
        QUALITY, DAY, 25,
    ),
    Case(
        "AgentCsatLow", "warning", {"positive": 0.4}, 4,
        "Service bad: 40% of the rated conversations of the last seven days were rated positive; the threshold is 70%.",
        QUALITY, (24.0, 170.0, 170.0), 169,
    ),
    # 60 % of 40 take up to 30 s, the others up to 120 s: 30 + (36 - 24) / 16 * 90 = 97.5 s.
    Case(
        "AgentResponseTimeHigh", "warning", {"slow": 0.4}, 20,
        "Service bad: a tenth of the answers of the last hour took longer than 1m 37s; the threshold is 30s.",
        "agent-agents-tools", HOUR, 2.5, 10,
    ),
    Case(
        "AgentErrorBudgetBurnFast", "critical", {"completed": 0.2, "failed": 0.5}, 12,
        "Service bad: 50% of the conversations fail; the budget is 2%.",
        QUALITY, HOURS, 6.5, 10,
    ),
    Case(
        "AgentErrorBudgetBurnSlow", "warning", {"completed": 0.58, "failed": 0.12}, 1,
        "Service bad: 12% of the conversations fail; the budget is 2%.",
        QUALITY, (80.0, 26.0, 82.0), 25,
    ),
    Case(
        "AgentToolFailing", "warning", {"tool_failed": 0.6}, 6,
        "Service bad: 60% of the calls of the tool lookup in the last six hours failed; the threshold is 25%.",
        "agent-agents-tools", HOURS, 6.5, 10, {"tool": "lookup"},
    ),
    Case(
        "AgentLooping", "warning", {"loops": 0.3}, 10,
        "Service bad: there were loops of tool calls at 30% of the user messages of the last six hours; the threshold "
        "is 2%.",
        "agent-agents-tools", HOURS, 6.5, 10,
    ),
    # (160 * 1 + 7 * 10) USD lie between the samples of a week; that is 168 / 167 of it.
    Case(
        "AgentCostSpike", "warning", {"cost": 1.0}, 3,
        "Service bad: the model calls of the last six hours cost 60.00 USD, more than 3 times what is usual; those of "
        "the last seven days cost 231.38 USD.",
        "agent-cost", (200.0, 8.0, 10.0), 7,
    ),
    Case(
        "AgentCallsUnpriced", "warning", {"unpriced": 0.5}, 4,
        "Service bad: 50% of the model calls of the last day have no price; the threshold is 5%.",
        "agent-cost", DAY, 25,
    ),
    Case(
        "AgentConversationsStopped", "critical", {"conversations": 0}, None,
        "Service bad: none began, and 60 did in the same hours a week ago.",
        "agent-conversations", (192.0, 10.0, 4.0), 8,
    ),
    Case(
        "AgentSpansDropped", "warning", {"dropped": 0.1}, 2,
        "Service bad: 10% of the spans of the last hour were dropped; the threshold is 1%.",
        "agent-pipeline", HOUR, 2.5, 10,
    ),
    Case(
        "AgentSpansLate", "warning", {"late": 0.1}, 2,
        "Service bad: 10% of the spans of the last hour came too late to count; the threshold is 1%.",
        "agent-pipeline", HOUR, 2.5, 10,
    ),
    Case(
        "AgentSpansWithoutConversation", "warning", {"nameless": 0.5}, 2,
        "Service bad: 50% of the spans of the last hour name no conversation; the threshold is 20%.",
        "agent-pipeline", HOUR, 2.5, 10,
    ),
    Case(
        "AgentSpansDerivedElsewhere", "info", {"derived": 0.3}, None,
        "Service bad: 120 spans of the last hour were left out, since their process counts its conversations itself.",
        "agent-pipeline", HOUR, 2.5, 10,
    ),
    Case(
        "AgentLabelsFolded", "info", {"folded": 0.1}, None,
        "Service bad: 24 values of the label tool became 'other' in the last day.",
        "agent-pipeline", DAY, 25, labels={"label": "tool"},
    ),
)  # fmt: skip


def _time(hours: float) -> str:
    return f"{round(hours * 60)}m"


def _series(case: Case) -> list[dict[str, str]]:
    sized = GOOD._replace(conversations=case.size)
    before, during, after = case.hours
    bad = sized._replace(**case.change)
    services = {
        "good": [Stage(sum(case.hours), sized)],
        "bad": [Stage(before, sized), Stage(during, bad), Stage(after, sized)],
    }
    if case.few is not None:
        services["few"] = [Stage(sum(case.hours), bad._replace(conversations=case.few))]
    return [one for name, stages in services.items() for one in input_series(name, stages, case.minutes)]


def _tests(case: Case) -> dict[str, Any]:
    before, during, after = case.hours
    where = {"deployment_environment_name": "prod", "service_namespace": "chat"}
    labels = {"severity": case.severity, "service_name": "bad", **where, **case.labels}
    own = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    state = f'ALERTS{{alertname="{case.alert}"}}'
    firing = f'ALERTS{{alertname="{case.alert}",alertstate="firing"}}'
    told = {"labels": f'ALERTS{{alertname="{case.alert}",alertstate="firing",{own}}}', "value": 1}
    ever = f"group by (service_name) (last_over_time({state}[{_time(before + during + after)}]))"
    return {
        "promql_expr_test": [
            {"expr": state, "eval_time": _time(before), "exp_samples": []},
            {"expr": firing, "eval_time": _time(before + case.fires), "exp_samples": [told]},
            {"expr": state, "eval_time": _time(before + during + after), "exp_samples": []},
            {
                "expr": ever,
                "eval_time": _time(before + during + after),
                "exp_samples": [{"labels": '{service_name="bad"}', "value": 1}],
            },
        ],
        "alert_rule_test": [
            {
                "alertname": case.alert,
                "eval_time": _time(before + case.fires),
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": _annotations(case)}],
            }
        ],
    }


def _annotations(case: Case) -> dict[str, str]:
    repository = "https://github.com/otel-agent-analytics/otel-agent-analytics"
    return {
        "summary": SUMMARIES[case.alert],
        "description": case.description,
        "runbook_url": f"{repository}/blob/main/grafana/runbook.md#{case.alert.lower()}",
        "dashboard_url": f"{HOST}/{case.dashboard}?var-service=bad&var-environment=prod",
    }


SUMMARIES: Final = {
    "AgentNegativeSentimentHigh": "Too many conversations are negative or frustrated.",
    "AgentResolutionRateLow": "Too few conversations are resolved.",
    "AgentCompletionRateFell": "Fewer conversations are completed than last week.",
    "AgentAbandonmentRateRose": "More users give up than last week.",
    "AgentEscalationRateRose": "More conversations go to a human than last week.",
    "AgentRephraseRateHigh": "Users have to say things twice.",
    "AgentCsatLow": "Too few ratings are positive.",
    "AgentTopicEmerging": "Users come with something that they did not come with before.",
    "AgentTopicUnresolved": "Users do not get what they come for with one topic.",
    "AgentResponseTimeHigh": "Users wait long for answers.",
    "AgentErrorBudgetBurnFast": "Conversations fail: the error budget of a month is gone within days.",
    "AgentErrorBudgetBurnSlow": "Conversations fail: the error budget of a month will not last.",
    "AgentToolFailing": "A tool fails too often.",
    "AgentLooping": "An agent calls the same tool with the same arguments again and again.",
    "AgentCostSpike": "Model calls cost much more than usual.",
    "AgentCallsUnpriced": "Model calls have no price, so that all figures of money are too low.",
    "AgentConversationsStopped": "No conversation begins, where there were many a week ago.",
    "AgentSpansDropped": "Spans are dropped, so that figures are too low.",
    "AgentSpansLate": "Spans come after their conversation was let go.",
    "AgentSpansWithoutConversation": "Spans name no conversation, so that they count in none.",
    "AgentSpansDerivedElsewhere": "A process derives conversations itself and sends its spans to an analyzer too.",
    "AgentLabelsFolded": "A label has more values than are shown; the rest is 'other'.",
}


@pytest.mark.parametrize("case", CASES, ids=[f"{case.alert}-{case.size:.0f}" for case in CASES])
def test_it_fires_on_bad_data_only(case: Case, tmp_path: Path) -> None:
    """Nothing on good data and on too little; then it fires, says what it should, and is over when the bad is."""
    path = unit_test(tmp_path, [case.alert], case.minutes, _series(case), _tests(case))

    said = programs.run("promtool", "test", "rules", path)

    assert said.returncode == 0, said.stdout + said.stderr


def test_nothing_is_said_of_a_result_that_is_mostly_unknown(tmp_path: Path) -> None:
    """Where the result of 40 % of the conversations is known, a low resolution rate is no alarm; with 60 % it is."""
    services = {
        name: GOOD._replace(known=known, resolved=0.2) for name, known in (("known", 0.6), ("unknown", 0.4))
    }  # fmt: skip
    series = [one for name, day in services.items() for one in input_series(name, [Stage(30, day)], 60)]
    firing = 'group by (service_name) (ALERTS{alertname="AgentResolutionRateLow",alertstate="firing"})'
    told = [{"labels": '{service_name="known"}', "value": 1}]
    tests = {"promql_expr_test": [{"expr": firing, "eval_time": "30h", "exp_samples": told}]}

    said = programs.run("promtool", "test", "rules", unit_test(tmp_path, ["AgentResolutionRateLow"], 60, series, tests))

    assert said.returncode == 0, said.stdout + said.stderr
