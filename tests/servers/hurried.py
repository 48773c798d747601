"""The shipped rules and routes with nothing changed but how long they wait, and where receivers send to."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
RULES: Final = tuple(sorted((ROOT / "grafana" / "rules").glob("*.yaml")))
LOKI_RULES: Final = tuple(sorted((ROOT / "grafana" / "rules" / "loki").glob("*.yaml")))
ALERTMANAGER: Final = ROOT / "collector_config" / "alertmanager.yaml"

SHORT: Final = {"interval": "1s", "for": "3s", "keep_firing_for": "1s"}
"""What is shorter in the rules."""
SOON: Final = {"group_wait": "0s", "group_interval": "1s"}
"""What is shorter in the routes."""


def alerts_of(files: tuple[Path, ...] = RULES) -> dict[str, dict[str, Any]]:
    """Return the alerts of rule files by their names."""
    groups = (group for file in files for group in yaml.safe_load(file.read_text())["groups"])
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def hurried_rules(folder: Path, files: tuple[Path, ...] = RULES) -> list[Path]:
    """Write a copy of rule files that waits for nothing; return the paths."""
    folder.mkdir(parents=True)
    for file in files:
        content = yaml.safe_load(file.read_text())
        for group in content["groups"]:
            for timed in (group, *group["rules"]):
                timed |= {name: short for name, short in SHORT.items() if name in timed}
        (folder / file.name).write_text(yaml.safe_dump(content, sort_keys=False))
    return [folder / file.name for file in files]


def hurried_routes(folder: Path, address: str) -> Path:
    """Write a copy of the routes that waits for nothing and tells it all to a webhook; return its path.

    Args:
        folder: where to; the templates are put beside it.
        address: of the webhook, to which the name of the receiver is added as a path.
    """
    folder.mkdir(parents=True)
    shutil.copytree(ALERTMANAGER.with_suffix(""), folder / "alertmanager")
    content = yaml.safe_load(ALERTMANAGER.read_text())
    for route in (content["route"], *content["route"]["routes"]):
        route |= {name: soon for name, soon in SOON.items() if name in route}
    for receiver in content["receivers"]:
        secret = folder / f"{receiver['name']}-url"
        secret.write_text(f"{address}/{receiver['name']}")
        receiver["webhook_configs"] = [{"url_file": str(secret), "send_resolved": True}]
    path = folder / "alertmanager.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path
