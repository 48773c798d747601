"""A pytest plugin for several workers: the tests of a file that runs real servers go to one worker.

So they are started once. ``make test`` loads it with ``-p tests.same_worker``. All other tests are dealt out one by
one. (pytest-xdist's own groups, ``--dist loadgroup``, do nothing with pytest 9.2.)
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_TOGETHER = "tests/servers/"


class FileByFile(LoadScopeScheduling):  # type: ignore[misc]  # that package has no types
    """Deals out tests one by one, and those of a file with real servers together."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(_TOGETHER) else nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile:
    """Take the place of the usual scheduler."""
    return FileByFile(config, log)
