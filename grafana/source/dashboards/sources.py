"""The data sources that dashboards ask, each through a variable, so that the same file works with any Grafana."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.common import DataSourceRef

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
LOKI: Final = DataSourceRef(type_val="loki", uid="${loki}")
TEMPO: Final = DataSourceRef(type_val="tempo", uid="${tempo}")
GRAFANA: Final = DataSourceRef(type_val="grafana", uid="-- Grafana --")
"""Of panels that ask nothing: texts and lists."""
