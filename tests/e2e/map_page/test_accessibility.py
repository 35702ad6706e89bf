"""The page under axe-core: WCAG 2.2 A, AA and good practice, in both themes and languages, on desk and phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe import BEST_PRACTICE, WCAG_2_2, violations
from chromium import Watched

RULES = (*WCAG_2_2, *BEST_PRACTICE)


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
    assert violations(watched.page, rules=RULES) == []
    open_all(watched)
    assert violations(watched.page, rules=RULES) == []
    if "oncall" not in address:
        watched.page.click(".table-tool")
        watched.page.select_option("#switch-compare", "difference")
        watched.page.fill("#search", "xa")
        assert violations(watched.page, rules=RULES) == []


def test_phone(opened: Callable[..., Watched]) -> None:
    """The same on a narrow phone, with the panel open and closed."""
    watched = opened(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert violations(watched.page, rules=RULES) == []
    open_all(watched)
    assert violations(watched.page, rules=RULES) == []
