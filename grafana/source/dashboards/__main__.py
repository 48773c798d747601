"""Writes the dashboards: ``python -m grafana.source.dashboards [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from grafana.source.dashboards import build

root = Path(__file__).parents[3]
differing = {
    path: text for path, text in build().items() if not (root / path).exists() or (root / path).read_text() != text
}
for path, text in differing.items():
    print(path)
    if "--check" not in sys.argv:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
sys.exit(bool(differing) and "--check" in sys.argv)
