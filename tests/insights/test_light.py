"""What is loaded only where it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = ("words", "lexical", "intents", "matching", "schema", "local", "wanted", "evidence", "limits")


@pytest.mark.parametrize("module", LIGHT)
def test_numpy_is_only_for_topics_and_embedders(module: str) -> None:
    """Intents of one's own and the local extractor work where NumPy is not installed."""
    program = f"import sys; sys.modules['numpy'] = None; import otel_agent_analytics.insights.{module}"

    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_library_loads_nothing_of_it() -> None:
    """``instrument`` is imported without insights and pydantic's models of them."""
    program = (
        "import sys; from otel_agent_analytics import instrument; "
        "sys.exit(any('otel_agent_analytics.insights' in name for name in sys.modules))"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
