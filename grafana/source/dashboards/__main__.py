"""Writes the dashboards: ``python -m grafana.source.dashboards [--check]``."""

from __future__ import annotations

import sys

from grafana.source.dashboards import build

status = 0
for path, text in build().items():
    if path.exists() and path.read_text(encoding="utf-8") == text:
        continue
    print(path.name)
    status = 1
    if "--check" not in sys.argv:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
sys.exit(status if "--check" in sys.argv else 0)
