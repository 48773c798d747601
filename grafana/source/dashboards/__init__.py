"""Builds every dashboard: the path of each, and what is to stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grafana.source.dashboards import agents_tools, audience, conversations, cost, explorer, pipeline, quality
from grafana.source.dashboards.board import rendered

FOLDER: Final = Path(__file__).parents[2] / "dashboards"
BOARDS: Final = (conversations, quality, agents_tools, cost, audience, explorer, pipeline)


def build() -> dict[Path, str]:
    """Return the path and the text of every dashboard."""
    boards = [module.board() for module in BOARDS]
    return {FOLDER / f"{board.uid.removeprefix('agent-')}.json": rendered(board) for board in boards}
