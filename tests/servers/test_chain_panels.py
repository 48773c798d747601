"""What dashboards ask of Loki, and of Prometheus about the servers themselves, has an answer after a replayed day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.grafana.expressions import Expression, every_expression, of_servers
from tests.servers.day import SERVICE
from tests.servers.programs import ask, until

if TYPE_CHECKING:
    from tests.servers.chain import Chain
    from tests.servers.day import Day

ALL: Final = every_expression(service=SERVICE, __range="2d")
LOGQL: Final = [one for one in ALL if one.datasource == "loki"]
PROMQL: Final = [one for one in ALL if one.datasource == "prometheus" and of_servers(one.text)]


def _name(expression: Expression) -> str:
    return f"{expression.dashboard}: {expression.place}"


@pytest.mark.parametrize("expression", LOGQL, ids=_name)
def test_every_panel_of_records_shows_something(chain: Chain, day: Day, expression: Expression) -> None:
    """Loki has records, or counts of them, for each question; of one conversation, one with a failed tool."""
    failed = next(name for name, said in day.each.items() if said["tool_errors"])
    asked = expression.substituted.replace("a-conversation", failed)

    def found() -> list[dict[str, Any]]:
        address = f"{chain.url('loki')}/loki/api/v1/"
        if expression.instant:
            answer: list[dict[str, Any]] = ask(f"{address}query", query=asked)["data"]["result"]
            return answer
        of_range: list[dict[str, Any]] = ask(f"{address}query_range", query=asked, since="48h")["data"]["result"]
        return of_range

    until(found, what=f"Loki has nothing for {asked}")


@pytest.mark.parametrize("expression", PROMQL, ids=_name)
def test_every_panel_of_servers_shows_something(chain: Chain, expression: Expression) -> None:
    """Prometheus scrapes itself and Alertmanager, and answers what is asked about them."""
    until(lambda: chain.promql(expression.substituted), what=f"nothing for {expression.substituted}")
