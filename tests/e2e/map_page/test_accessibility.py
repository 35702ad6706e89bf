"""The page under axe-core: WCAG 2.1 A and AA in both themes, both languages, on a desk and a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe import violations
from chromium import Watched


def open_all(watched: Watched) -> None:
    """Open every section, and the table."""
    page = watched.page
    if page.locator(".panel-toggle").is_visible():
        page.locator(".panel-toggle").click()
    closed = page.locator("details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()


@pytest.mark.parametrize(
    "address", ["#d=light", "#d=dark", "#d=light&v=en", "?view=oncall#d=light", "?view=oncall#d=dark"]
)
def test_desk(opened: Callable[..., Watched], address: str) -> None:
    """Names, roles, contrast and order are as WCAG asks, whatever is open."""
    watched = opened(address=address)
    assert violations(watched.page) == []
    open_all(watched)
    assert violations(watched.page) == []
    if "oncall" not in address:
        watched.page.click(".table-tool")
        watched.page.select_option("#switch-compare", "difference")
        watched.page.fill("#search", "xa")
        assert violations(watched.page) == []


def test_phone(opened: Callable[..., Watched]) -> None:
    """The same on a narrow phone, with the panel open and closed."""
    watched = opened(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert violations(watched.page) == []
    open_all(watched)
    assert violations(watched.page) == []
