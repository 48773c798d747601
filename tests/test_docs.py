"""The documents name what the code has."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from otel_agent_analytics import vocabulary
from otel_agent_analytics.agents_sdk.client_instruments import COUNTERS, HISTOGRAMS
from otel_agent_analytics.agents_sdk.spans import SPAN_TYPES
from otel_agent_analytics.service_settings import ServiceSettings
from otel_agent_analytics.setting_fields import variable_of
from otel_agent_analytics.settings import Settings

ROOT = Path(__file__).parent.parent
SPANS = (ROOT / "docs" / "spans.md").read_text(encoding="utf-8")
NAMES = {value for name, value in vars(vocabulary).items() if name.isupper() and isinstance(value, str)}
VARIABLES = {variable_of(item) for section in (Settings, ServiceSettings) for item in fields(section)}


@pytest.mark.parametrize("path", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")], ids=lambda path: path.name)
def test_settings_exist(path: Path) -> None:
    """Every variable of ours that a document names is a setting."""
    named = set(re.findall(r"AGENT_ANALYTICS_[A-Z_]+", path.read_text(encoding="utf-8")))

    assert named - {f"{name}{suffix}" for name in VARIABLES for suffix in ("", "_FILE")} == set()


def test_attributes_exist() -> None:
    """Every attribute and metric that the page on spans names is in the vocabulary."""
    named = re.findall(r"`((?:gen_ai|agent_analytics|mcp|openai)\.[a-z][.a-z_*]+)`", SPANS)

    assert [name for name in named if name.removesuffix("*") not in NAMES] == []


def test_every_span_type_and_metric_is_there() -> None:
    """The page on spans has every span type of the SDK and every standard metric."""
    assert [kind for kind in SPAN_TYPES if not re.search(rf"\b{kind}\b", SPANS)] == []
    assert [name for name in (*HISTOGRAMS, *COUNTERS) if f"`{name}`" not in SPANS] == []
