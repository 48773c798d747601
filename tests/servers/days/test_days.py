"""A good day and a bad one through the real Prometheus and Alertmanager, with the shipped rules and routes."""

from __future__ import annotations

import functools
import re
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.servers import bad_day
from tests.servers.history import BROKEN, GONE, PIPELINES, WHOLE, History
from tests.servers.hurried import ALERTMANAGER, RULES, SHORT, SOON, alerts_of, hurried_routes, hurried_rules
from tests.servers.pool import CONVERSATIONS
from tests.servers.programs import until
from tests.servers.worlds import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.pool import Recorded

ALERTS: Final = alerts_of()
RING_SECONDS: Final = 60.0
SILENT_SECONDS: Final = 15.0
"""How long the good day is looked at: what the copied rules wait for is over several times then."""

HAPPENS_IN: Final = {"AgentAnalyzerDown": GONE, "AgentCollectorDown": GONE}
"""The world in which an alert rings; all others do in the one whose pipeline is broken."""
SERVICES: Final = {
    "AgentErrorBudgetBurnSlow": bad_day.WEAKER,
    "AgentCompletionRateFell": bad_day.WEAKER,
    "AgentConversationsStopped": bad_day.STOPPED,
    "AgentServiceAbsent": bad_day.SILENT,
    "AgentCountersReset": bad_day.TWICE,
    "AgentInstancesDisagree": bad_day.APART,
}
"""The service for which an alert rings; for others that have a service it is the one with the bad day. The first two
are muted there, since an alert that says more of the same rings too."""
RECEIVERS: Final = {"critical": {"pager", "chat"}, "warning": {"chat", "ticket"}, "info": {"nobody"}}
RECEIVERS_OF: Final = {"Watchdog": {"dead-man"}, "AgentCostSpike": {"cost"}, "AgentCallsUnpriced": {"cost"}}
"""Who is told, by severity and of some by name."""
ALWAYS: Final = {"Watchdog"}


# The fixtures take long; a test for each keeps them apart for the watch over tests that hang.
def test_the_day_is_recorded(recorded: list[Recorded]) -> None:
    """Every conversation of the demo's day that says something was recorded, with the plan by which it went."""
    assert len(recorded) > 0.95 * CONVERSATIONS
    assert {"completed", "abandoned", "escalated", "failed", "silent"} <= {one.plan.outcome for one in recorded}


def test_the_past_is_written(past: History) -> None:
    """There are blocks of each service and of each way in which the pipeline may be."""
    for name in (*PIPELINES, *(one.service for one in bad_day.PASTS)):
        assert list((past.folder / name).glob("*/meta.json"))


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_the_bad_day_rings(worlds: dict[str, World], name: str) -> None:
    """Each shipped alert fires on the bad day and reaches who has to know, with its labels and links."""
    rule, here = ALERTS[name], worlds[HAPPENS_IN.get(name, BROKEN)]
    service = SERVICES.get(name, bad_day.BAD).service if "$labels.service_name" in str(rule) else None

    def heard(receiver: str) -> dict[str, Any] | None:
        told = (alert for alert in here.webhook.alerts(f"/{receiver}") if alert["labels"]["alertname"] == name)
        return next((alert for alert in told if alert["labels"].get("service_name") == service), None)

    severity = rule["labels"]["severity"]
    for receiver in RECEIVERS_OF.get(name, RECEIVERS[severity]):
        alert = until(functools.partial(heard, receiver), RING_SECONDS, f"{receiver} is not told of {name}")
        assert alert["labels"]["severity"] == severity
        assert alert["annotations"]["runbook_url"].endswith(f"/grafana/runbook.md#{name.lower()}")
        assert "/d/agent-" in alert["annotations"]["dashboard_url"]
        assert service is None or f"?var-service={service}" in alert["annotations"]["dashboard_url"]
        assert "{{" not in alert["annotations"]["description"]


_READ: Final = re.compile(r"service\w*:[\w:]+")
NOTHING_TO_SHOW: Final = {"service:agent_analytics_labels_folded_total:max"}
"""What is there only once there is something to say of it."""


def test_the_good_day_could_ring(worlds: dict[str, World]) -> None:
    """Of the good service all that the alerts read is there, so that their silence is no lack of data."""
    read = {name for rule in ALERTS.values() for name in _READ.findall(rule["expr"])} - NOTHING_TO_SHOW
    query = f'{{__name__=~"service.*:.+", service_name="{bad_day.GOOD.service}"}}'

    def all_there() -> bool:
        return not read - {one["metric"]["__name__"] for one in worlds[WHOLE].prometheus.series(query)}

    assert read
    until(all_there, RING_SECONDS, "not all is there")


def test_the_good_day_is_silent(worlds: dict[str, World]) -> None:
    """On a good day of the same size no alert fires, although each had the data to judge by."""
    good = worlds[WHOLE]
    until(lambda: good.webhook.alerts("/dead-man"), RING_SECONDS, "the watchdog is not heard")
    time.sleep(SILENT_SECONDS)
    told = {alert["labels"]["alertname"]: alert["annotations"]["description"] for alert in good.webhook.alerts()}
    assert told.keys() == ALWAYS, told
    assert [] == good.prometheus.series('ALERTS{alertstate="pending"}')


@pytest.mark.parametrize("name", ["AgentConversationsStopped", "AgentServiceAbsent", "AgentCountersReset"])
def test_only_the_service_concerned_rings(worlds: dict[str, World], name: str) -> None:
    """What is scripted for one service rings for that one alone, although the others are in the same Prometheus."""
    told = [alert["labels"] for alert in worlds[BROKEN].webhook.alerts() if alert["labels"]["alertname"] == name]
    assert {labels["service_name"] for labels in told} == {SERVICES[name].service}


@pytest.mark.parametrize("name", ["AgentErrorBudgetBurnSlow", "AgentCompletionRateFell"])
def test_what_follows_from_a_page_is_muted(worlds: dict[str, World], name: str) -> None:
    """Of the service that has the bad day the page rings, and not what follows from the same."""

    def muted() -> bool:
        held = [alert for alert in worlds[BROKEN].alertmanager.alerts() if alert["labels"]["alertname"] == name]
        of_bad = [alert for alert in held if alert["labels"]["service_name"] == bad_day.BAD.service]
        return any(alert["status"]["inhibitedBy"] for alert in of_bad)

    until(muted, RING_SECONDS, f"{name} is not muted")


def test_no_rule_fails(worlds: dict[str, World]) -> None:
    """Every rule is evaluated without an error in all three worlds."""
    for here in worlds.values():
        rules = [rule for group in here.prometheus.groups() for rule in group["rules"]]
        assert rules
        assert [] == [rule for rule in rules if rule["health"] != "ok"]


def test_only_times_differ_from_the_shipped_rules(tmp_path: Path) -> None:
    """The copy of the rules is the shipped one but for how long it waits."""
    copied = [yaml.safe_load(path.read_text()) for path in hurried_rules(tmp_path / "rules")]
    shipped = [yaml.safe_load(path.read_text()) for path in RULES]
    assert copied != shipped
    assert _without_times(copied) == _without_times(shipped)


def _without_times(content: Any) -> Any:
    """Return the content of a file with all its waits by name, and without their length."""
    if isinstance(content, dict):
        return {name: name if name in {**SHORT, **SOON} else _without_times(said) for name, said in content.items()}
    return [_without_times(said) for said in content] if isinstance(content, list) else content


def test_only_times_and_addresses_differ_from_the_shipped_routes(tmp_path: Path) -> None:
    """The copy of the routes is the shipped one but for how long it waits, and for where its receivers send to."""
    copied = yaml.safe_load(hurried_routes(tmp_path / "routes", "http://127.0.0.1:1").read_text())
    shipped = yaml.safe_load(ALERTMANAGER.read_text())
    for receiver in copied["receivers"]:
        del receiver["webhook_configs"]
    assert _without_times(copied) == _without_times(shipped)
