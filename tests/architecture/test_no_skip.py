"""``PHUSONG_NO_SKIP=1``, with which CI runs, lets nothing be skipped in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SKIPPING = """
import pytest

@pytest.mark.skip(reason="marked so")
def test_marked(): ...

def test_inside(): pytest.skip("decided inside")

def test_on_reference_data(): pytest.skip("../shared is absent")

def test_passes(): ...
"""


def _run(project: Path, no_skip: str) -> subprocess.CompletedProcess[str]:
    (project / "tests").mkdir(parents=True)
    shutil.copy(Path(__file__).parents[1] / "conftest.py", project / "tests")
    (project / "tests/test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    (project / "pytest.ini").touch()
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio"],
        cwd=project,
        env={**os.environ, "PHUSONG_NO_SKIP": no_skip, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_skip_is_a_failure(tmp_path: Path) -> None:
    """Each names its reason; only the reference data may be absent, and the report says how often."""
    done = _run(tmp_path / "project", "1")
    assert done.returncode == 1
    assert "marked so" in done.stdout
    assert "decided inside" in done.stdout
    assert "1 failed, 1 passed, 1 skipped, 1 error" in done.stdout
    assert "1 skipped because shared/ is not beside the project" in done.stdout


def test_no_excuse_where_the_reference_data_is(tmp_path: Path) -> None:
    """With ../shared in place its absence is no reason."""
    (tmp_path / "shared").mkdir()
    assert "2 failed, 1 passed, 1 error" in _run(tmp_path / "project", "1").stdout


def test_skips_elsewhere(tmp_path: Path) -> None:
    """On a developer's machine a missing tool is no failure."""
    done = _run(tmp_path / "project", "")
    assert done.returncode == 0
    assert "1 passed, 3 skipped" in done.stdout
