"""The two locks: complete, consistent, with hashes, and without a word about where a package comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _read(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", _read(lock), re.MULTILINE))


def _wanted(lock: str) -> list[Requirement]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = table["project"]
    extras = ["cluster", "coverage", "dev"] if "dev" in lock else ["coverage"]
    groups = [project["dependencies"], table["build-system"]["requires"]]
    groups += [project["optional-dependencies"][extra] for extra in extras]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_wanted_is_pinned(lock: str) -> None:
    """A dependency added to pyproject.toml asks for ``make lock``."""
    pins = _pins(lock)
    missing = [
        str(requirement)
        for requirement in _wanted(lock)
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert missing == [], "run make lock"


def test_one_environment_serves_demo_and_test() -> None:
    """Both locks go into one .venv, so the larger one has every pin of the smaller one."""
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock: str) -> None:
    """``pip install --require-hashes`` refuses the whole file otherwise."""
    blocks = re.split(r"^(?=[a-z0-9-]+==)", _read(lock), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(_pins(lock))
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_and_no_folder(lock: str) -> None:
    """Pins say what, never from where: no index, no find-links, no path of the machine that wrote them."""
    assert re.findall(r"^.*(?:://|--index|--find-links|--extra-index|\s/|@).*$", _read(lock), re.MULTILINE) == []
