"""A real Chromium without a window, by Playwright; and what a page does wrong while one looks at it.

The browser is the machine's own (Debian: ``apt-get install chromium``); Playwright's Python package brings none.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = f"no browser: none of {', '.join(NAMES)} on this machine (Debian: apt-get install chromium)"
NO_PLAYWRIGHT = "no Playwright: pip install playwright"
NO_AXE = "no axe-core: pip install axe-playwright-python"
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""


class Seen(NamedTuple):
    """A page with all that it complained of, and every address that it asked for."""

    page: Any
    complaints: list[str]
    requests: list[str]

    def violations(self) -> list[str]:
        """Return what the content security policy forbade."""
        found: list[str] = self.page.evaluate("window.violations")
        return found


@contextmanager
def browser() -> Iterator[Any]:
    """Run a browser while the block lasts; skip where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT)
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(NO_BROWSER)
    with sync_api.sync_playwright() as playwright:
        # Within a container, and as root, its own sandbox cannot be set up; it opens nothing but the tests' pages.
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def looking(running: Any, origin: str, **context: Any) -> Iterator[Seen]:
    """Open a page that may go nowhere but to one origin."""
    settings = {"viewport": {"width": 1280, "height": 900}, "timezone_id": "UTC", **context}
    opened = running.new_context(**settings)
    opened.add_init_script(_WATCH)
    page = opened.new_page()
    page.set_default_timeout(20_000)
    seen = Seen(page, [], [])

    def hear(said: Any) -> None:
        if said.type in ("error", "warning"):
            seen.complaints.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda problem: seen.complaints.append(str(problem)))

    def pass_on(route: Any) -> None:
        seen.requests.append(route.request.url)
        if route.request.url.startswith(f"{origin}/"):
            route.continue_()
        else:
            route.abort()

    opened.route("**/*", pass_on)
    yield seen
    opened.close()


def axe_source() -> str:
    """Return the source of axe-core; skip where it is not installed."""
    pytest.importorskip("axe_playwright_python", reason=NO_AXE)
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
