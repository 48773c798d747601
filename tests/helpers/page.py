"""What tests of the page share: looking at a view, asking the API for the same, and reading what stands there."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.helpers.browser import Seen, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.helpers.served import Served

WINDOW = "from=2023-11-14&to=2023-11-17&tz=UTC"
"""The days of the traffic, as the address of the page has them."""
READY = "main[aria-busy=false]"


@contextmanager
def opened(running: Any, server: Served, query: str = WINDOW, **context: Any) -> Iterator[Seen]:
    """Look at one view of a server's page, once it is drawn."""
    with looking(running, origin(server), **context) as seen:
        seen.page.goto(f"{origin(server)}/?{query}")
        seen.page.wait_for_selector(READY)
        yield seen


def origin(server: Served) -> str:
    """Return where a server is."""
    return f"http://127.0.0.1:{server.port}"


def api(server: Served, name: str, query: str = WINDOW) -> Any:
    """Return what the API says."""
    return json.loads(server.get(f"/api/{name}?{query}").body)


def rows(page: Any, caption: str) -> list[list[str]]:
    """Return the cells of a table as texts, whether it is open to view or not."""
    table = page.locator(f"table:has(caption:text-is('{caption}')) tbody tr")
    cells = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    found: list[list[str]] = table.evaluate_all(cells)
    return found


def named(page: Any) -> dict[str, str]:
    """Return figures by their names."""
    names, values = (page.locator(one).all_inner_texts() for one in ("dt", "dd.value"))
    return dict(zip(names, values, strict=True))


def percent(value: float) -> str:
    """Return a share as people read it: below 10 % with a digit behind the point."""
    hundred = value * 100
    return f"{hundred:.1f} %" if 0 < hundred < 9.95 else f"{hundred:.0f} %"


def number(text: str) -> float:
    """Return the number that a text begins with."""
    found = re.search(r"\d[\d,]*(\.\d+)?", text)
    assert found is not None, text
    return float(found[0].replace(",", ""))
