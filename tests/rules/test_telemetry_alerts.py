"""The alerts on the telemetry itself, on real Prometheus' engine: what is scraped is told sample by sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.rules.stories import Day, Stage, input_series, unit_test
from tests.servers import programs

ANALYZER: Final = 'job="agent-analytics",instance="{}:4318"'
COLLECTOR: Final = 'job="otel-collector",instance="c:8888"'
RECEIVED: Final = 'agent_analytics_spans_received_total{{job="agent-analytics",instance="{}",service_name="{}"}}'


class Moment(NamedTuple):
    """What fires at a minute: its labels beside the name, for each alert that does."""

    minute: int
    firing: tuple[dict[str, str], ...] = ()


class Case(NamedTuple):
    """What is scraped every five minutes, and what is then said."""

    alert: str
    series: dict[str, str]
    """Samples in promtool's notation, by series."""
    moments: tuple[Moment, ...]


def _judge(what: str, service: str, labels: str = "") -> str:
    name = "agent_analytics_judgements_total" if what == "ments" else f"agent_analytics_judge_{what}_total"
    own = f'job="agent-analytics",instance="a",service_name="{service}"'
    return f"{name}{{{own}{',' if labels else ''}{labels}}}"


def _received(instance: str, service: str) -> str:
    return RECEIVED.format(instance, service)


SERVICE: Final = {"severity": "warning", "service_name": "bad"}
ONE: Final = {"severity": "critical", "job": "agent-analytics"}
OF_COLLECTOR: Final = {"severity": "warning", "job": "otel-collector", "instance": "c:8888"}
EXPORTER: Final = f'{{{COLLECTOR},exporter="otlp_http/loki"}}'

CASES: Final = (
    # Gone after an hour: told a quarter of an hour later, with the labels of what was there the day before.
    Case(
        "AgentServiceAbsent",
        {_received("a", "bad"): "0+1x300 _x100 300+1x50", _received("a", "good"): "0+1x460"},
        (Moment(1495), Moment(1505), Moment(1530, (SERVICE,)), Moment(2100)),
    ),
    Case(
        "AgentAnalyzerDown",
        {f"up{{{ANALYZER.format('a')}}}": "1x12 0x12 1x12", f"up{{{ANALYZER.format('b')}}}": "1x36"},
        (Moment(60), Moment(75, ({**ONE, "instance": "a:4318"},)), Moment(150)),
    ),
    # None is scraped at all.
    Case(
        "AgentAnalyzerDown",
        {f"up{{{ANALYZER.format('a')}}}": "1x12 _x12 1x12"},
        (Moment(60), Moment(80, (ONE,)), Moment(150)),
    ),
    # None is scraped, since it pushes its metrics, which do not come for an hour.
    Case(
        "AgentAnalyzerDown",
        {'agent_analytics_build_info{job="otel-agent-analytics",instance="a:4318"}': "1x12 _x12 1x12"},
        (Moment(0), Moment(60), Moment(80, (ONE,)), Moment(150)),
    ),
    # Three processes behind one address: each scrape asks another. A restart is one reset.
    Case(
        "AgentCountersReset",
        {
            _received("a", "good"): "0+9x20 0+9x40",
            _received("a", "bad"): "1000 500 100 1100 600 200 1200 700 300 1300 800 400 1400 900 500 1500 " * 2
            + "1501+1x40",
        },
        (Moment(0), Moment(75, (SERVICE,)), Moment(340)),
    ),
    # Two processes that each count for themselves, until one is scraped no more. Two analyzers of one database, of
    # which one is always scraped a little later, agree.
    Case(
        "AgentInstancesDisagree",
        {
            _received("a", "bad"): "0+10x60",
            _received("b", "bad"): "0+5x20 _x40",
            _received("a", "good"): "0+100x60",
            _received("b", "good"): "50+100x60",
        },
        (Moment(20), Moment(100, (SERVICE,)), Moment(300)),
    ),
    Case(
        "AgentInternalFaults",
        {
            f'agent_analytics_internal_faults_total{{{ANALYZER.format("a")},place="fold"}}': "0x12 3x40",
            # Larger, but nothing new: a maximum over both would hide the other.
            f'agent_analytics_internal_faults_total{{{ANALYZER.format("b")},place="fold"}}': "9x60",
        },
        (
            Moment(60),
            Moment(80, ({"severity": "warning", "job": "agent-analytics", "instance": "a:4318", "place": "fold"},)),
            Moment(240),
        ),
    ),
    # Told as long as something is put off; the other service has a judge and is within its budget.
    Case(
        "AgentJudgeBudgetSpent",
        {_judge("postponed", "bad"): "0x12 0+3x12 36x40", _judge("postponed", "good"): "0x64"},
        (Moment(60), Moment(80, ({"severity": "info", "service_name": "bad"},)), Moment(300)),
    ),
    # Ten calls in five minutes fail and one is answered; in the other service it is the other way round; in the third
    # every call fails, and there are four in an hour.
    Case(
        "AgentJudgeFailing",
        {
            _judge("failures", "bad", 'failure="timeout"'): "0x12 0+10x12 120x40",
            _judge("ments", "bad", 'result="judged"'): "0+1x64",
            _judge("ments", "bad", 'result="given_up"'): "0+90x64",
            _judge("failures", "good", 'failure="timeout"'): "0+1x64",
            _judge("ments", "good", 'result="judged"'): "0+10x64",
            _judge("failures", "few", 'failure="timeout"'): "0 0 1 1 1 2 2 2 3 3 3 4 4 4 5 5 5 6 6 6 7 7 7 8 8 8 9 9",
            _judge("ments", "few", 'result="judged"'): "0x64",
            **{_received("a", service): "0+1x64" for service in ("bad", "good", "few")},
        },
        (Moment(60), Moment(95, (SERVICE,)), Moment(300)),
    ),
    Case(
        "AgentCollectorDown",
        {f"up{{{COLLECTOR}}}": "1x12 0x12 1x12"},
        (Moment(60), Moment(75, ({**OF_COLLECTOR, "severity": "critical"},)), Moment(150)),
    ),
    # It is scraped no more.
    Case(
        "AgentCollectorDown",
        {f"up{{{COLLECTOR}}}": "1x12 _x60"},
        (Moment(60), Moment(80, ({**OF_COLLECTOR, "severity": "critical"},)), Moment(200)),
    ),
    # The ending _total is that of Collectors whose telemetry is set up with it.
    Case(
        "AgentCollectorRefusing",
        {
            f'otelcol_receiver_refused_spans{{{COLLECTOR},receiver="otlp"}}': "0x12 0+50x12 600x40",
            f'otelcol_receiver_refused_log_records_total{{{COLLECTOR},receiver="other"}}': "0x60",
        },
        (Moment(60), Moment(90, ({**OF_COLLECTOR, "receiver": "otlp"},)), Moment(250)),
    ),
    Case(
        "AgentCollectorLosing",
        {f"otelcol_exporter_send_failed_log_records_total{EXPORTER}": "0x12 0+50x12 600x40"},
        (Moment(60), Moment(90, ({**OF_COLLECTOR, "exporter": "otlp_http/loki"},)), Moment(250)),
    ),
    Case(
        "AgentCollectorLosing",
        {f"otelcol_exporter_enqueue_failed_spans{EXPORTER}": "0x12 0+50x12 600x40"},
        (Moment(60), Moment(90, ({**OF_COLLECTOR, "exporter": "otlp_http/loki"},)), Moment(250)),
    ),
    Case(
        "AgentCollectorQueueNearFull",
        {
            f"otelcol_exporter_queue_size{EXPORTER}": "100x12 900x12 100x20",
            f"otelcol_exporter_queue_capacity{EXPORTER}": "1000x60",
        },
        (Moment(60), Moment(90, ({**OF_COLLECTOR, "exporter": "otlp_http/loki"},)), Moment(200)),
    ),
    # It fires where nothing is scraped, too.
    Case("Watchdog", {}, (Moment(0, ({"severity": "info"},)), Moment(60, ({"severity": "info"},)))),
)


def _asked(alert: str, moment: Moment) -> dict[str, Any]:
    state = {"alertname": alert, "alertstate": "firing"}
    told = (",".join(f'{name}="{value}"' for name, value in {**state, **own}.items()) for own in moment.firing)
    return {
        "expr": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
        "eval_time": f"{moment.minute}m",
        "exp_samples": [{"labels": f"ALERTS{{{labels}}}", "value": 1} for labels in told],
    }


def _passes(path: Path) -> None:
    said = programs.run("promtool", "test", "rules", path)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("case", CASES, ids=[f"{at}-{case.alert}" for at, case in enumerate(CASES)])
def test_it_fires_on_what_is_wrong_only(case: Case, tmp_path: Path) -> None:
    """Silent, then firing with the labels of what is wrong and of nothing else, then over."""
    series = [{"series": name, "values": values.strip()} for name, values in case.series.items()]
    tests = {"promql_expr_test": [_asked(case.alert, moment) for moment in case.moments]}

    _passes(unit_test(tmp_path, [case.alert], 5, series, tests))


def test_a_threshold_of_one_service_wins(tmp_path: Path) -> None:
    """A service with a threshold of its own is judged by that; the others by the common one."""
    day = Day(dropped=0.1)
    series = [one for name in ("own", "common") for one in input_series(name, [Stage(3, day)], 10)]
    own = {
        "record": "agent_analytics:threshold:span_loss_share",
        "expr": "vector(0.5)",
        "labels": {"service_name": "own"},
    }
    where = {"deployment_environment_name": "prod", "service_namespace": "chat"}
    fires = Moment(170, ({"severity": "warning", "service_name": "common", **where},))
    tests = {"promql_expr_test": [_asked("AgentSpansDropped", fires)]}

    _passes(unit_test(tmp_path, ["AgentSpansDropped"], 10, series, tests, more=[own]))


def test_what_was_taken_back_and_what_two_show_counts_once(tmp_path: Path) -> None:
    """Net counts: two analyzers that show the same totals count once, and retractions are taken off, to 0 at least."""
    labels = 'job="agent-analytics",instance="{}",pod="{}",service_name="shop",outcome="silent",agent="a"'
    ended, retracted = "agent_analytics_conversations_ended_total", "agent_analytics_conversations_retracted_total"
    series = [
        {"series": f"{name}{{{labels.format(instance, instance)}}}", "values": values}
        for name, values in ((ended, "0+5x12 60x12"), (retracted, "0+1x24"))
        for instance in ("one", "two")
    ]
    known = "round(service:agent_analytics_conversations_ended:net1h, 0.001)"
    asked = [
        # Between 12 samples of an hour lie 55 minutes; the rest is extrapolated: (55 - 11) * 12 / 11.
        {"expr": known, "eval_time": "60m", "exp_samples": [{"labels": '{service_name="shop"}', "value": 48}]},
        {"expr": known, "eval_time": "120m", "exp_samples": [{"labels": '{service_name="shop"}', "value": 0}]},
    ]

    _passes(unit_test(tmp_path, ["AgentErrorBudgetBurnFast"], 5, series, {"promql_expr_test": asked}))


def test_links_lead_to_where_they_are_told_to(tmp_path: Path) -> None:
    """External labels of Prometheus say where Grafana and the runbook are; a name is written as an address needs it."""
    day = Day(dropped=0.1)
    series = input_series("a b", [Stage(3, day)], 10)
    told = {
        "summary": "Spans are dropped, so that figures are too low.",
        "description": "Service a b: 10% of the spans of the last hour were dropped; the threshold is 1%.",
        "runbook_url": "https://docs.example/runbook#agentspansdropped",
        "dashboard_url": "https://grafana.example/d/agent-pipeline?var-service=a+b&var-environment=prod",
    }
    where = {"deployment_environment_name": "prod", "service_namespace": "chat"}
    alert = {"exp_labels": {"severity": "warning", "service_name": "a b", **where}, "exp_annotations": told}
    tests = {
        "external_labels": {"grafana_url": "https://grafana.example", "runbook_url": "https://docs.example/runbook"},
        "alert_rule_test": [{"alertname": "AgentSpansDropped", "eval_time": "170m", "exp_alerts": [alert]}],
    }

    _passes(unit_test(tmp_path, ["AgentSpansDropped"], 10, series, tests))
