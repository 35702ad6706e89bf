"""The province's page in Debian's Chromium, opened from disk with the network cut, used as a person would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import EXECUTABLE, Watched, chromium, open_offline
from playwright.sync_api import Browser
from whole_province import Province, write_province


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give Chromium, one for a module: while it runs, so does playwright's loop, and others need theirs."""
    assert Path(EXECUTABLE).exists(), "Debian's chromium is not installed: apt-get install chromium"
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    """Give the whole province and its page."""
    return write_province(tmp_path_factory.mktemp("province") / "map.html")


@pytest.fixture
def opened(browser: Browser, province: Province) -> Iterator[Callable[..., Watched]]:
    """Give a function that opens the page, or another file, at an address and with options of a context."""
    contexts = []

    def open_page(path: Path = province.path, address: str = "", **options: object) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        return open_offline(context, path, address=address)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def desktop(opened: Callable[..., Watched]) -> Watched:
    """Give the page on a desk, in another time zone than the province's."""
    return opened(timezone_id="America/New_York")


@pytest.fixture
def phone(opened: Callable[..., Watched]) -> Watched:
    """Give the page on a narrow phone."""
    return opened(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
