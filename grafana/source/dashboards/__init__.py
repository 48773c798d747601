"""Builds every dashboard: the path of each, and what is to stand there."""

from __future__ import annotations

from typing import Final

from grafana.source.dashboards import agents_tools, audience, conversations, cost, explorer, pipeline, quality
from grafana.source.dashboards.board import rendered

FOLDER: Final = "grafana/dashboards"
BOARDS: Final = (conversations, quality, agents_tools, cost, audience, explorer, pipeline)


def build() -> dict[str, str]:
    """Return the text of every dashboard, by its path in the repository."""
    boards = [module.board() for module in BOARDS]
    return {f"{FOLDER}/{board.uid.removeprefix('agent-')}.json": rendered(board) for board in boards}
