"""The direction of imports: the contracts of pyproject.toml hold, and they would notice a breach.

``make lint`` runs the same contracts. They follow imports inside functions too; what a started process really
loads is looked at in a fresh interpreter.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "collectors", "coverage", "exporters", "maps")
HEAVY = (
    "exactextract",
    "folium",
    "geopandas",
    "grafana_foundation_sdk",
    "matplotlib",
    "netmiko",
    "numpy",
    "pandas",
    "pyarrow",
    "pyogrio",
    "rasterio",
    "shapely",
)

BREACHES = {
    "collectors/breach.py": "import phusong.coverage.summary",
    "coverage/breach.py": "import phusong.exporters.snapshot",
    "exporters/breach.py": "import phusong.collectors.snmp.client",
    "maps/breach.py": "def late():\n    import phusong.exporters.breach",
    "maps/upwards.py": "from phusong.agent import inventory",
    "agent/daemon.py": "import phusong.maps.draws",
    "maps/draws.py": "import folium",
}


def _contracts(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the tree at ``root``; its ``typings`` link comes before an editable install of another tree."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", "--config", "pyproject.toml"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "typings"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _verdicts(report: str) -> dict[str, str]:
    lines = (line.rsplit(" ", 1) for line in report.splitlines())
    return {words[0]: words[1] for words in lines if len(words) == 2 and words[1] in {"KEPT", "BROKEN"}}


def test_contracts_are_kept() -> None:
    """Only agent knows all; exporters and maps know plain data; collectors and coverage know nobody."""
    done = _contracts(ROOT)
    assert done.returncode == 0, done.stdout
    assert set(_verdicts(done.stdout).values()) == {"KEPT"}


def test_contracts_notice_a_breach(tmp_path: Path) -> None:
    """Each contract, shown a tree that breaks it, says so: the mapped names are really seen."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("data", "assets", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "typings").mkdir()
    (tmp_path / "typings/phusong").symlink_to("..")
    for name, text in BREACHES.items():
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    report = _contracts(tmp_path).stdout
    assert set(_verdicts(report).values()) == {"BROKEN"}, report


@pytest.mark.parametrize("module", ["phusong.agent.daemon", "phusong.agent.cli"])
def test_what_run_loads(module: str) -> None:
    """``phusong run`` starts fast and small, and keeps GDAL away from the SNMP credentials."""
    program = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY})))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
