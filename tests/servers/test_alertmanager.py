"""Alertmanager's shipped file: it starts with nothing configured, and tells the right people once it is switched on."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_string
from email.policy import default
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
import yaml

from tests.servers.alertmanager import alertmanager
from tests.servers.hurried import ALERTMANAGER, LOKI_RULES, RULES, alerts_of
from tests.servers.mailbox import Mailbox
from tests.servers.programs import fetch, run, until
from tests.servers.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.alertmanager import Alertmanager

SWITCHED_OFF: Final = "#: "
"""What stands before each line that is to be switched on."""
SECRETS: Final = "/etc/alertmanager/secrets"
TEMPLATES: Final = ALERTMANAGER.with_suffix("") / "*.tmpl"
SERVICE: Final = 'north "wind" & co'
ALERT: Final = {
    "labels": {"alertname": "AgentResolutionRateLow", "severity": "critical", "service_name": SERVICE},
    "annotations": {
        "summary": "Too few conversations are resolved.",
        "description": "48 % were.",
        "dashboard_url": "http://grafana.example:3000/d/agent-quality?var-service=north",
        "runbook_url": "http://runbook.example/#agentresolutionratelow",
    },
}


def switched_on(folder: Path) -> Path:
    """Write the shipped file with all that is switched off in it; return its path."""
    path = folder / "switched-on.yaml"
    path.write_text(ALERTMANAGER.read_text().replace(SWITCHED_OFF, ""))
    return path


def test_the_shipped_file_is_accepted() -> None:
    """Amtool finds nothing wrong with the shipped file, and finds its templates."""
    said = run("amtool", "check-config", ALERTMANAGER)
    assert said.returncode == 0, said.stderr
    assert " - 1 templates" in said.stdout


def test_all_that_is_switched_off_is_accepted(tmp_path: Path) -> None:
    """With every receiver switched on amtool finds nothing wrong either, and each has a secret from a file or none."""
    path = switched_on(tmp_path)
    said = run("amtool", "check-config", path)
    assert said.returncode == 0, said.stderr
    receivers = {one.pop("name"): one for one in yaml.safe_load(path.read_text())["receivers"]}
    assert {name for name, of in receivers.items() if not of} == {"nobody"}
    secret = re.compile(r"^(routing_key|service_key|api_url|url|auth_password|password|token)$")
    assert [] == [key for of in receivers.values() for [one] in of.values() for key in one if secret.search(key)]
    assert path.read_text().count(SECRETS) == 5


ROUTES: Final = {
    "alertname=Watchdog severity=info": "dead-man",
    "alertname=AgentResolutionRateLow severity=critical service_name=a": "pager,chat",
    "alertname=AgentCollectorDown severity=critical": "pager,chat",
    "alertname=AgentAbandonmentRateRose severity=warning service_name=a": "ticket,chat",
    "alertname=AgentCostSpike severity=warning service_name=a": "cost",
    "alertname=AgentCallsUnpriced severity=warning service_name=a": "cost",
    "alertname=AgentCostSpike severity=critical service_name=a": "pager,cost",
    "alertname=AgentLabelsFolded severity=info service_name=a": "nobody",
    "alertname=HostOutOfMemory severity=page": "chat",
    "alertname=WithoutSeverity": "chat",
}


@pytest.mark.parametrize("labels", ROUTES)
def test_who_is_told(labels: str) -> None:
    """Each kind of alert goes to the receivers whom it concerns, in this order."""
    said = run("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels.split())
    assert (said.returncode, said.stdout.strip()) == (0, ROUTES[labels])


def test_routes_name_alerts_that_there_are() -> None:
    """Every alert that a route or an inhibition names is one of the shipped rules."""
    text = ALERTMANAGER.read_text()
    patterns = re.findall(r"alertname (?:=|=~|!~) \"([^\"]+)\"", text)
    names = [*alerts_of((*RULES, *LOKI_RULES))]
    assert patterns
    for pattern in (part for found in patterns for part in re.split(r"\|(?![^(]*\))", found)):
        assert any(re.fullmatch(pattern, name) for name in names), pattern


def rendered(
    name: str, folder: Path, *, status: str = "firing", count: int = 1, kind: str = "text", alert: Any = ALERT
) -> str:
    """Return what a template makes of some alerts."""
    times = {"startsAt": "2026-11-20T10:00:00Z", "endsAt": "2026-11-20T11:30:00Z"}
    told = {
        "status": status,
        "externalURL": "http://alertmanager.example:9093",
        "groupLabels": {label: alert["labels"].get(label, "") for label in ("alertname", "service_name")},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "alerts": [{**alert, **times, "status": status}] * count,
    }
    data = folder / "data.json"
    data.write_text(json.dumps(told))
    template = [f"--template.glob={TEMPLATES}", f"--template.data={data}", f"--template.type={kind}"]
    text = f'{{{{ template "agent_analytics.{name}" . }}}}'
    said = run("amtool", "template", "render", *template, f"--template.text={text}")
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_a_title_says_what_and_where(tmp_path: Path) -> None:
    """The title has severity, number, alert and service; once it is over, that."""
    assert rendered("title", tmp_path) == f"[CRITICAL] AgentResolutionRateLow · {SERVICE}"
    assert rendered("title", tmp_path, count=3) == f"[CRITICAL ×3] AgentResolutionRateLow · {SERVICE}"
    assert rendered("title", tmp_path, status="resolved") == f"[RESOLVED] AgentResolutionRateLow · {SERVICE}"


def test_an_alert_of_other_rules_is_told_too(tmp_path: Path) -> None:
    """An alert without severity, service and links has a title, and links to Alertmanager."""
    alert = {"labels": {"alertname": "HostDown"}, "annotations": {}}
    assert rendered("title", tmp_path, alert=alert) == "[FIRING] HostDown"
    for name in ("dashboard", "runbook", "traces"):
        assert rendered(name, tmp_path, alert=alert) == "http://alertmanager.example:9093"


def test_the_color_says_how_bad(tmp_path: Path) -> None:
    """A page is red, and green once it is over."""
    assert rendered("color", tmp_path) == "danger"
    assert rendered("color", tmp_path, status="resolved") == "good"


def test_the_text_says_why_since_when_and_what_next(tmp_path: Path) -> None:
    """The text has summary, description, begin and links; once it is over, since when."""
    text = rendered("text", tmp_path).splitlines()
    assert text[:3] == ["Too few conversations are resolved.", "48 % were.", "Since 2026-11-20 10:00 UTC."]
    assert [line.partition(":")[0] for line in text if "http" in line] == ["Dashboard", "Runbook", "Traces", "Silence"]
    over = rendered("text", tmp_path, status="resolved")
    assert over.startswith("Over since 11:30 UTC: Too few conversations are resolved.")


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_explorer_is_asked_for_the_service(tmp_path: Path, kind: str) -> None:
    """The link to traces is Grafana's explorer with a TraceQL query of this service's conversations."""
    link = urlsplit(rendered("traces", tmp_path, kind=kind).replace("&#43;", "+").replace("&amp;", "&"))
    assert (link.netloc, link.path) == ("grafana.example:3000", "/explore")
    [panes] = json.loads(parse_qs(link.query)["panes"][0]).values()
    [query] = panes["queries"]
    assert panes["datasource"] == "tempo"
    assert query["queryType"] == "traceql"
    said = r'{ resource.service.name = "north \"wind\" & co" && span.gen_ai.conversation.id != nil }'
    assert query["query"] == said


def test_a_silence_is_of_just_these_labels(tmp_path: Path) -> None:
    """The link to a silence has a matcher for every label that the alerts have in common."""
    link = unquote_plus(rendered("silence", tmp_path))
    assert link.startswith("http://alertmanager.example:9093/#/silences/new?filter={")
    for label, value in ALERT["labels"].items():
        assert f"{label}={json.dumps(value)}" in link


@contextmanager
def started(folder: Path, config: Path) -> Iterator[Alertmanager]:
    """Run an Alertmanager while the block lasts."""
    manager = alertmanager(folder / "alertmanager", config)
    with manager.server:
        yield manager


def fire(manager: Alertmanager, **labels: str) -> None:
    """Let an alert fire."""
    now = datetime.now(UTC).isoformat()
    body = [{**ALERT, "labels": {**ALERT["labels"], **labels}, "startsAt": now}]
    fetch(f"http://{manager.target}/api/v2/alerts", json.dumps(body).encode(), Content_Type="application/json")


def failed(manager: Alertmanager, integration: str) -> int:
    """Return how many notifications failed."""
    text = fetch(f"http://{manager.target}/metrics").decode()
    lines = re.findall(r"alertmanager_notifications_failed_total\{(.*)\} (\d+)", text)
    return sum(int(count) for labels, count in lines if f'integration="{integration}"' in labels)


def test_it_starts_with_nothing_configured(tmp_path: Path) -> None:
    """The very file that is shipped starts, takes an alert for pager and chat, and nothing fails since none is told."""
    with started(tmp_path, ALERTMANAGER) as manager:
        fire(manager)
        until(manager.alerts)
        [alert] = manager.alerts()
        assert [receiver["name"] for receiver in alert["receivers"]] == ["pager", "chat"]
        assert 0 == sum(failed(manager, integration) for integration in ("pagerduty", "slack", "webhook", "email"))
        assert "level=ERROR" not in manager.server.log


def quick_and_here(folder: Path, address: str, mail: str = "127.0.0.1:1") -> Path:
    """Write what is switched on with short waits, secrets in the folder, and addresses of our own."""
    content = yaml.safe_load(switched_on(folder).read_text().replace(SECRETS, str(folder)))
    content["templates"] = [str(TEMPLATES)]
    for route in (content["route"], *content["route"]["routes"]):
        route |= {"group_wait": "0s", "group_interval": "1s"}
        route.pop("active_time_intervals", None)
    receivers = {one["name"]: one for one in content["receivers"]}
    receivers["pager"]["pagerduty_configs"][0]["url"] = f"{address}/pagerduty"
    receivers["cost"]["email_configs"][0] |= {"smarthost": mail, "require_tls": False}
    path = folder / "quick.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_a_missing_secret_is_said_and_a_present_one_is_used(tmp_path: Path) -> None:
    """It starts without the secrets and counts what it cannot tell; put in place they are used without a restart."""
    with Webhook() as webhook, started(tmp_path, quick_and_here(tmp_path, webhook.address)) as manager:
        fire(manager)
        until(lambda: failed(manager, "pagerduty") and failed(manager, "slack"), what="no notification failed")
        assert f"open {tmp_path}/pagerduty-routing-key: no such file" in manager.server.log
        assert webhook.told() == []
        (tmp_path / "pagerduty-routing-key").write_text("key of the pager\n")
        (tmp_path / "slack-webhook-url").write_text(f"{webhook.address}/slack")
        [page, *_] = until(lambda: webhook.told("/pagerduty"), what="PagerDuty is not told")
        [chat, *_] = until(lambda: webhook.told("/slack"), what="Slack is not told")
    title = f"[CRITICAL] AgentResolutionRateLow · {SERVICE}"
    assert page["routing_key"] == "key of the pager"
    assert page["payload"]["summary"] == title
    assert page["payload"]["severity"] == "critical"
    assert page["client_url"] == ALERT["annotations"]["dashboard_url"]
    assert [link["text"] for link in page["links"]] == ["Runbook", "Dashboard", "Traces", "Silence"]
    [said] = chat["attachments"]
    assert said["title"] == title
    assert said["text"].startswith(ALERT["annotations"]["summary"])
    assert [button["text"] for button in said["actions"]] == ["Runbook", "Dashboard", "Traces", "Silence"]


def test_tickets_and_the_dead_man_are_told_by_webhook(tmp_path: Path) -> None:
    """A warning makes a ticket, and the dead man's switch hears the watchdog."""
    with Webhook() as webhook, started(tmp_path, quick_and_here(tmp_path, webhook.address)) as manager:
        for name in ("ticket", "dead-man"):
            (tmp_path / f"{name}-url").write_text(f"{webhook.address}/{name}")
        fire(manager, alertname="AgentLooping", severity="warning")
        fire(manager, alertname="Watchdog", severity="info")
        [ticket, *_] = until(lambda: webhook.alerts("/ticket"), what="no ticket")
        [alive, *_] = until(lambda: webhook.alerts("/dead-man"), what="the dead man hears nothing")
    assert ticket["labels"]["alertname"] == "AgentLooping"
    assert alive["labels"]["alertname"] == "Watchdog"


def test_money_is_told_by_mail(tmp_path: Path) -> None:
    """What concerns money comes by e-mail, with the password from the file, title and text."""
    (tmp_path / "smtp-password").write_text("password of the mail")
    with Mailbox() as mailbox:
        config = quick_and_here(tmp_path, "http://127.0.0.1:1", mailbox.target)
        with started(tmp_path, config) as manager:
            fire(manager, alertname="AgentCostSpike", severity="warning", service_name="shop")
            [message, *_] = until(lambda: mailbox.messages, what="no mail came")
    mail = message_from_string(message, policy=default)
    assert mailbox.passwords[0] == "password of the mail"
    assert str(mail["Subject"]) == "[WARNING] AgentCostSpike · shop"
    body = mail.get_body()
    assert body is not None
    assert body.get_content().startswith(ALERT["annotations"]["summary"])


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        ("AgentErrorBudgetBurnFast", "AgentErrorBudgetBurnSlow"),
        ("AgentResolutionRateLow", "AgentCompletionRateFell"),
        ("AgentConversationsStopped", "AgentCsatLow"),
        ("AgentServiceAbsent", "AgentLooping"),
        ("AgentAnalyzerDown", "AgentServiceAbsent"),
    ],
)
def test_what_follows_from_a_cause_is_muted(quiet: Alertmanager, cause: str, effect: str) -> None:
    """While the cause fires what follows from it is muted for the same service, and not for another."""
    fire(quiet, alertname=cause, service_name=cause)
    for service in (cause, "another"):
        fire(quiet, alertname=effect, service_name=service, severity="warning")

    def state(service: str) -> Any:
        held = (one for one in quiet.alerts() if one["labels"]["service_name"] == service)
        return next((one["status"] for one in held if one["labels"]["alertname"] == effect), None)

    until(lambda: (state(cause) or {}).get("inhibitedBy"), what=f"{effect} is not muted")
    if cause != "AgentAnalyzerDown":  # all services are of that one
        assert state("another")["inhibitedBy"] == []


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """Return an Alertmanager with the shipped file."""
    with started(tmp_path_factory.mktemp("quiet"), ALERTMANAGER) as manager:
        yield manager
