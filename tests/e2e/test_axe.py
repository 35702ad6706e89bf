"""The check of accessibility finds what it should, so that its silence means something."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from axe import BEST_PRACTICE, WCAG_2_1, WCAG_2_2, violations
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


def test_more_rules(page: Page) -> None:
    """Small targets are found by WCAG 2.2, a page without a heading by good practice, and neither by 2.1."""
    page.set_content(
        GOOD.replace("<h1>Tốt</h1>", "").replace(
            "<p>Chữ.</p>",
            "<style>button {padding: 0; border: 0; width: 12px; height: 12px; display: block}</style>"
            '<button aria-label="a"></button><button aria-label="b"></button>',
        )
    )
    assert violations(page) == []
    assert {line.split(" ")[0] for line in violations(page, rules=WCAG_2_2)} == {"target-size"}
    both = violations(page, rules=(*WCAG_2_1, *BEST_PRACTICE))
    assert [line.split(" ")[0] for line in both] == ["page-has-heading-one"]


def test_what_is_left_out(page: Page) -> None:
    """A fault in what is left out is not told, the same fault beside it is."""
    page.set_content(GOOD.replace("<p>Chữ.</p>", '<button></button><div class="other"><button></button></div>'))
    assert len(violations(page)) == 2
    assert len(violations(page, exclude=[".other"])) == 1


def test_a_strict_policy(page: Page) -> None:
    """A page whose policy allows one script by its hash is checked all the same."""
    allowed = "window.allowed = true"
    digest = base64.b64encode(hashlib.sha256(allowed.encode()).digest()).decode()
    policy = f"<meta http-equiv='Content-Security-Policy' content=\"script-src 'sha256-{digest}'\">"
    scripts = f"<script>{allowed}</script><script>window.other = true</script>"
    page.set_content(
        GOOD.replace("<title>", policy + scripts + "<title>").replace('<label for="a">Tên</label>', "")
    )
    assert page.evaluate("[window.allowed, window.other]") == [True, None]
    assert [line.split(" ")[0] for line in violations(page)] == ["label"]
