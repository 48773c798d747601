"""A past, and the real Prometheus and Alertmanager that live on from there, with the shipped rules and routes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.servers.alertmanager import Alertmanager, alertmanager
from tests.servers.hurried import RULES, hurried_routes, hurried_rules
from tests.servers.prometheus import Prometheus, prometheus
from tests.servers.record_past import asked_back, record_past, recording_rules
from tests.servers.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.servers.history import History

_WRITTEN: str = "_total:max"
"""How the recorded series end that a history has already."""
_AROUND_SECONDS = (300, 900)
"""What is recorded before and after a moment that the rules look back at: time enough for a test."""


class World(NamedTuple):
    """Servers of which everyone knows the other."""

    prometheus: Prometheus
    alertmanager: Alertmanager
    webhook: Webhook


def prepare(folder: Path, past: History, services: Sequence[str], pipeline: str) -> Path:
    """Return a data folder with the past of some services, and with what the rules look back at."""
    data = past.fill(folder / "data", services, pipeline)
    if not services:
        return data
    rules = {name: of for name, of in recording_rules(RULES).items() if not name.endswith(_WRITTEN)}
    back = asked_back(RULES)
    before, after = _AROUND_SECONDS
    moments = [past.until - seconds for seconds in sorted(set().union(*back.values()))]
    record_past(folder / "recorded", data, rules, back, [(moment - before, moment + after) for moment in moments])
    return data


@contextmanager
def world(folder: Path, data: Path) -> Iterator[World]:
    """Run the servers while the block lasts."""
    with Webhook() as webhook:
        manager = alertmanager(folder / "alertmanager", hurried_routes(folder / "routes", webhook.address))
        rules = hurried_rules(folder / "rules")
        asked = prometheus(folder / "prometheus", data, rules=rules, alertmanager=manager.target)
        with manager.server, asked.server:
            yield World(asked, manager, webhook)
