"""The check of accessibility finds what it should, so that its silence means something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe import violations
from chromium import chromium
from playwright.sync_api import Page

GOOD = """<!doctype html><html lang="vi"><title>Tốt</title><main><h1>Tốt</h1><p>Chữ.</p>
<label for="a">Tên</label><input id="a"></main></html>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Give one page of Chromium."""
    with chromium() as browser:
        context = browser.new_context()
        yield context.new_page()
        context.close()


def test_a_good_page(page: Page) -> None:
    """Nothing is found where nothing is wrong."""
    page.set_content(GOOD)
    assert violations(page) == []


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        (' lang="vi"', "", "html-has-lang"),
        ('<label for="a">Tên</label>', "", "label"),
        ("<p>Chữ.</p>", '<p style="color:#ccc;background:#fff">Chữ.</p>', "color-contrast"),
        ("<title>Tốt</title>", "", "document-title"),
        ("<p>Chữ.</p>", '<p aria-hidden="so">Chữ.</p>', "aria-valid-attr-value"),
        ("<p>Chữ.</p>", "<button></button>", "button-name"),
    ],
)
def test_a_fault_is_found(page: Page, good: str, bad: str, rule: str) -> None:
    """Each kind of fault is found, by its name."""
    assert good in GOOD
    page.set_content(GOOD.replace(good, bad))
    assert [line.split(" ")[0] for line in violations(page)] == [rule]
