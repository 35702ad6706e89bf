"""What holds for all tests: no skip goes unnoticed where none is allowed, and hypothesis runs steadily.

With ``PHUSONG_NO_SKIP=1`` (set by ``.ci/run``) a skipped test or module is a failure that names the reason. One
thing is exempt: tests on the reference data in ``../shared`` (boundaries and SNMP walks under licences of their
own) where that whole folder is absent. They are counted in a line of their own.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

NO_SKIP = os.environ.get("PHUSONG_NO_SKIP") == "1"
REFERENCE_DATA = Path(__file__).parents[2] / "shared"

# A shared machine stalls for longer than the default deadline of 200 ms; in CI a run must be repeatable.
settings.register_profile("steady", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("steady")

_without_reference_data: list[str] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one; an expected failure stays what it is."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself while it is collected into an error."""
    report = yield
    if report.skipped:
        _fail_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests wanted the reference data."""
    if _without_reference_data:
        terminalreporter.write_line(
            f"{len(_without_reference_data)} skipped because {REFERENCE_DATA.name}/ is not beside the project"
        )


def _fail_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not REFERENCE_DATA.is_dir() and "shared" in reason:
        _without_reference_data.append(report.nodeid)
    elif NO_SKIP:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and PHUSONG_NO_SKIP=1 allows none: {reason}"
