"""What is built for users is whole: every package and data file, and nothing outside ``phusong``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "collectors", "coverage", "exporters", "maps")
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", ".*")


def _files(package: str) -> set[str]:
    files = (path for path in (ROOT / package).rglob("*") if path.is_file())
    inside = {path.relative_to(ROOT) for path in files}
    return {path.as_posix() for path in inside if not any(p == "__pycache__" or p[0] == "." for p in path.parts)}


def test_every_folder_with_code_is_a_package() -> None:
    """A folder forgotten in pyproject.toml works from the tree and is missing for users."""
    folders = {
        Path(file).parent.as_posix() for package in PACKAGES for file in _files(package) if file.endswith(".py")
    }
    names = {"phusong." + folder.replace("/", "."): folder for folder in folders}
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert table["packages"] == sorted(names)
    assert table["package-dir"] == names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the tree: setuptools leaves its scratch folders beside the sources."""
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=NOT_SHIPPED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", target, tree],
        check=True,
        timeout=120,
    )
    (built,) = target.glob("*.whl")
    return built


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    """Also data: the tables of communes, the map's assets, the licences beside them."""
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == {f"phusong/{file}" for package in PACKAGES for file in _files(package)}


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    """Apache-2.0 asks for its text to come along."""
    assert any(name.endswith("licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())
