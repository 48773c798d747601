"""The recording rules and alerts that are shipped, from the catalogue."""

from __future__ import annotations

from grafana.source.rules import changes, counters, counts, emerging, limits, shares
from grafana.source.rules.alerts import FAMILIES, loki
from grafana.source.rules.writing import HEADER_LOKI, file_text


def build() -> dict[str, str]:
    """Return the text of every file of rules, by its path in the repository."""
    recorded = {"counters": counters, "counts": counts, "limits": limits, "shares": shares, "changes": changes}
    files = {f"grafana/rules/{name}.yaml": file_text(module.groups()) for name, module in recorded.items()}
    files["grafana/rules/changes.yaml"] = file_text((*changes.groups(), *emerging.groups()))
    files |= {f"grafana/rules/{name}_alerts.yaml": file_text(groups) for name, groups in FAMILIES.items()}
    return files | {"grafana/rules/loki/records.yaml": file_text(loki.groups(), HEADER_LOKI)}
