import json
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins

from grafana.source.dashboards.classic import sdk
from tests.grafana.dashboards import dashboards


def _lost(before: Any, after: Any, path: str) -> list[str]:
    """Return the paths of what is in the first and not, or otherwise, in the second."""
    if isinstance(before, dict) and isinstance(after, dict):
        inside = (_lost(value, after.get(key), f"{path}.{key}") for key, value in before.items())
        return [path for paths in inside for path in paths]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        inside = (_lost(*pair, f"{path}[{at}]") for at, pair in enumerate(zip(before, after, strict=True)))
        return [path for paths in inside for path in paths]
    return [] if before == after else [path]


def _read_back(dashboard: dict[str, Any]) -> Any:
    """Return what the SDK's model of classic dashboards makes of one; it drops what it does not know."""
    register_default_plugins()
    return json.loads(json.dumps(sdk.Dashboard.from_json(dashboard), cls=JSONEncoder))


@pytest.mark.parametrize("uid", dashboards())
def test_the_model_of_grafana_knows_every_key(uid: str) -> None:
    """Panels, options, queries and variables come back whole: no option is misspelt or of another type of panel."""
    dashboard = dashboards()[uid]
    assert _lost(dashboard, _read_back(dashboard), uid) == []


def test_the_model_drops_what_it_does_not_know() -> None:
    """So that the test above can fail: a misspelt option of a panel is not there afterwards."""
    dashboard = json.loads(json.dumps(dashboards()["agent-cost"]))
    (panel, *_) = [panel for panel in dashboard["panels"] if panel["type"] == "stat"]
    panel["options"]["colourMode"] = "value"
    assert [path.rpartition(".")[2] for path in _lost(dashboard, _read_back(dashboard), "")] == ["colourMode"]
