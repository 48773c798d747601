"""A pytest plugin for CI: a test that is skipped there has failed, so that a green run has run everything.

`.ci/run` loads it with ``PYTEST_ADDOPTS="-p tests.ci_no_skips"``, which reaches the workers of pytest-xdist too.
It does nothing unless ``CI=true``. One skip is excused: a reason that begins with "shared data", where the folder
``../shared/data`` is absent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

EXCUSED = "shared data"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason of a skip, as the test gave it."""
    place_line_reason = report.longrepr
    text = place_line_reason[2] if isinstance(place_line_reason, tuple) else str(place_line_reason)
    return text.removeprefix("Skipped: ")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    """Turn a skip into a failure. An expected failure (xfail) is no skip."""
    if os.environ.get("CI") != "true" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = _reason(report)
    absent = not (config.rootpath.parent / "shared" / "data").is_dir()
    if absent and reason.startswith(EXCUSED):
        return
    report.outcome = "failed"
    report.longrepr = f"skipped, which CI does not allow: {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at each phase of each test."""
    report = yield
    _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Look at each module: it can skip itself as a whole."""
    report = yield
    _fail_if_skipped(report, collector.config)
    return report
