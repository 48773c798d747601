"""A pytest plugin for several workers: tests that share real servers, or a browser, go to one worker.

So these are started once. They are the tests of a folder in ``tests/servers``, of files there whose names begin alike
(``test_chain.py``, ``test_chain_panels.py``), and those of the page. ``make test`` loads it with
``-p tests.same_worker``. All other tests are dealt out one by one. (pytest-xdist's own groups, ``--dist loadgroup``, do
nothing with pytest 9.2.)
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_TOGETHER = re.compile(r"tests/(servers/(\w+/|test_[a-z]+)|pages/)")


class Together(LoadScopeScheduling):  # type: ignore[misc]  # that package has no types
    """Deals out tests one by one, and those that share real servers together."""

    def _split_scope(self, nodeid: str) -> str:
        together = _TOGETHER.match(nodeid)
        return together[0] if together else nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Take the place of the usual scheduler."""
    return Together(config, log)
