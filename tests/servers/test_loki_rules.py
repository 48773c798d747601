"""The rules of Loki's ruler on real records, in a real Loki with the shipped file, and the Alertmanager of metrics."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.servers import bad_day
from tests.servers.alertmanager import alertmanager
from tests.servers.history import SECOND_NS
from tests.servers.hurried import LOKI_RULES, ROOT, alerts_of, hurried_routes, hurried_rules
from tests.servers.mixes import DAY_NS, Mix, day
from tests.servers.pool import begin_ns
from tests.servers.programs import Server, ask, free_ports, program, until
from tests.servers.records import send_records
from tests.servers.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from otel_agent_analytics.demo.plan import Plan

SHIPPED: Final = ROOT / "collector_config" / "loki.yaml"
ALERTS: Final = alerts_of(LOKI_RULES)
RING_SECONDS: Final = 60.0
SILENT_SECONDS: Final = 10.0


class Loki(NamedTuple):
    """A Loki."""

    server: Server
    address: str


def failing(plan: Plan) -> float:
    """Return how often a conversation comes in the last hours: those alone that fail."""
    return float(plan.outcome == "failed" and not plan.comeback)


BURST: Final = Mix(bad_day.WEAKER.today.service, conversations=1200, weight=failing)
"""So many a day, of which the last hours are taken."""
BURST_NS: Final = DAY_NS // 12


def loki(folder: Path, alertmanager: str) -> Loki:
    """Return a Loki that is not started yet."""
    hurried_rules(folder / "rules" / "fake", LOKI_RULES)
    port, grpc = free_ports(2)
    environ = {
        "LOKI_HOST": "127.0.0.1",
        "LOKI_PORT": str(port),
        "LOKI_GRPC_PORT": str(grpc),
        "LOKI_DATA": str(folder / "data"),
        "LOKI_RULES": str(folder / "rules"),
        "LOKI_LOG_LEVEL": "warn",
        "ALERTMANAGER_URL": f"http://{alertmanager}",
    }
    address = f"http://127.0.0.1:{port}"
    arguments = [f"-config.file={SHIPPED}", "-config.expand-env=true"]
    return Loki(Server("loki", arguments, folder, f"{address}/ready", environ), address)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    """Return what hears the alerts of a service that breaks in its last hours, and of one that is well."""
    for name in ("loki", "alertmanager"):
        program(name)
    folder, now_ns = tmp_path_factory.mktemp("records"), int(time.time()) * SECOND_NS
    begin = now_ns - DAY_NS
    weaker, good = (day(past.today, begin, 0) for past in (bad_day.WEAKER, bad_day.GOOD))
    burst = [source for source in day(BURST, begin, 1) if begin_ns(source) > now_ns - BURST_NS]
    with ExitStack() as stack:
        webhook = stack.enter_context(Webhook())
        manager = alertmanager(folder / "alertmanager", hurried_routes(folder / "routes", webhook.address))
        stack.enter_context(manager.server)
        records = loki(folder, manager.target)
        stack.enter_context(records.server)
        for sources in ([*weaker, *burst], good):
            send_records(f"{records.address}/otlp/v1/logs", sources, now_ns)
        query = 'sum by (service_name) (count_over_time({service_name=~".+"} [1d]))'
        until(lambda: len(ask(f"{records.address}/loki/api/v1/query", query=query)["data"]["result"]) == 2)
        yield webhook


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_what_only_records_know_rings(told: Webhook, name: str) -> None:
    """Each shipped alert of Loki's ruler fires on the service that breaks, and reaches who has to know."""
    service = BURST.service.name

    def heard() -> dict[str, dict[str, str]] | None:
        alerts = (alert for alert in told.alerts("/chat") if alert["labels"]["alertname"] == name)
        return next((alert for alert in alerts if alert["labels"]["service_name"] == service), None)

    alert = until(heard, RING_SECONDS, f"chat is not told of {name}")
    assert alert["labels"]["severity"] == ALERTS[name]["labels"]["severity"]
    assert alert["annotations"]["runbook_url"].endswith(f"/grafana/runbook.md#{name.lower()}")
    assert f"?var-service={service}" in alert["annotations"]["dashboard_url"]
    assert "{{" not in alert["annotations"]["description"]


def test_the_good_service_is_silent(told: Webhook) -> None:
    """No alert of Loki's ruler fires for the service that is well, in the same Loki."""
    until(told.alerts, RING_SECONDS, "nothing rings")
    time.sleep(SILENT_SECONDS)
    assert {alert["labels"]["service_name"] for alert in told.alerts()} == {BURST.service.name}
