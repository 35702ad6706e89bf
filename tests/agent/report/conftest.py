"""The report on the small province of ``histories``, made once from files."""

from __future__ import annotations

import pytest
from histories import report_of, write_province

from phusong.agent.report.availability import Report


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Give the October of that province."""
    return report_of(write_province(tmp_path_factory.mktemp("province")))
