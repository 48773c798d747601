"""How values look: unit, decimals, colours, and what is shown where there is nothing to count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grafana.source.dashboards.classic import sdk

if TYPE_CHECKING:
    from collections.abc import Mapping

GREEN: Final = "#56A64B"
YELLOW: Final = "#F2CC0C"
ORANGE: Final = "#FF9830"
RED: Final = "#E02F44"
BLUE: Final = "#5794F2"
PURPLE: Final = "#A352CC"
GREY: Final = "#8E8E8E"

COUNT: Final = "short"
SHARE: Final = "percentunit"
SECONDS: Final = "s"
USD: Final = "currencyUSD"

NOTHING: Final = "nothing to count"
"""Stands where a share has no whole, so that an empty window looks neither good nor bad."""


@dataclass(frozen=True)
class Look:
    """How the values of a panel look."""

    unit: str = COUNT
    """Grafana's name of the unit."""
    decimals: int | None = None
    """Digits after the point; None: as many as Grafana thinks fit."""
    least: float | None = None
    """Lower end of the axis or gauge."""
    most: float | None = None
    """Upper end."""
    steps: tuple[tuple[float, str], ...] = ()
    """From which value on which colour; below the first the colour says nothing."""
    below: str = "text"
    """The colour below the first step."""
    nothing: str = NOTHING
    """Text where there is no value."""
    colors: tuple[tuple[str, str], ...] = ()
    """Series by name, each with its colour."""
    custom: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the panel's type for its fields."""


@dataclass(frozen=True)
class Override:
    """What is different for one field or series."""

    name: str
    """Its name, or a pattern of names between slashes."""
    properties: Mapping[str, Any]
    """Grafana's name of each property, and its value."""


def fixed(color: str) -> dict[str, str]:
    """Return the property of a colour that does not change."""
    return {"mode": "fixed", "fixedColor": color}


def field_config(look: Look, overrides: tuple[Override, ...] = (), links: list[sdk.DashboardLink] | None = None) -> Any:
    """Return how Grafana is told all this."""
    colored = tuple(Override(name, {"color": fixed(color)}) for name, color in look.colors)
    first = sdk.Threshold(value=None, color=look.below)
    steps = [first, *(sdk.Threshold(value=value, color=color) for value, color in look.steps)]
    mode = sdk.FieldColorModeId.THRESHOLDS if look.steps else sdk.FieldColorModeId.PALETTE_CLASSIC
    defaults = sdk.FieldConfig(
        unit=look.unit,
        decimals=look.decimals,
        min_val=look.least,
        max_val=look.most,
        thresholds=sdk.ThresholdsConfig(mode=sdk.ThresholdsMode.ABSOLUTE, steps=steps),
        color=sdk.FieldColor(mode=mode),
        mappings=[],
        no_value=look.nothing,
        links=links,
        custom=dict(look.custom),
    )
    return sdk.FieldConfigSource(defaults=defaults, overrides=[overridden(one) for one in (*colored, *overrides)])


def overridden(override: Override) -> sdk.DashboardFieldConfigSourceOverrides:
    """Return how Grafana is told of one override."""
    kind = "byRegexp" if override.name.startswith("/") else "byName"
    return sdk.DashboardFieldConfigSourceOverrides(
        matcher=sdk.MatcherConfig(id_val=kind, options=override.name),
        properties=[sdk.DynamicConfigValue(id_val=name, value=value) for name, value in override.properties.items()],
    )
