"""The committed dashboards as tests read them: panels, queries, variables."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parents[2] / "grafana" / "dashboards"


@functools.cache
def dashboards() -> dict[str, dict[str, Any]]:
    """Return every committed dashboard, by uid."""
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    found = {dashboard["uid"]: dashboard for dashboard in read}
    assert found, f"{FOLDER} has no dashboard, so nothing that is said of all of them would be tried"
    return found


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every panel but the heads of rows, with the uid of its dashboard."""
    for uid, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            if panel["type"] != "row":
                yield uid, panel


def targets() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield every query of a panel, with the uid of its dashboard and the panel."""
    for uid, panel in panels():
        for target in panel["targets"]:
            yield uid, panel, target


def variables() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every variable, with the uid of its dashboard."""
    for uid, dashboard in dashboards().items():
        for variable in dashboard["templating"]["list"]:
            yield uid, variable


def marks() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield everything that is marked on the time axis by a query, with the uid of its dashboard."""
    for uid, dashboard in dashboards().items():
        for annotation in dashboard["annotations"]["list"]:
            if "expr" in annotation:
                yield uid, annotation
