"""The SDK's classic model of dashboards: the one that Grafana takes from files, whatever its version."""

from __future__ import annotations

import warnings

# The SDK says at import that a newer model is to be preferred; many builds of Grafana refuse files of that one.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.models import dashboard as sdk

__all__ = ["sdk"]
