"""The readiness page in Debian's Chromium with the network cut, on a desk, on a phone and on paper.

Screenshots in both languages are left in ``out/screenshots/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import BEST_PRACTICE, WCAG_2_2, violations
from chromium import EXECUTABLE, SCREENSHOTS, chromium, open_offline
from playwright.sync_api import Browser, expect
from readiness_made import HOSTILE, full_report, hostile_report, made_report, province_report

from phusong.agent.readiness.page import as_page
from phusong.agent.readiness.sums import State, state_of
from phusong.agent.readiness.wording import LANGUAGES
from phusong.maps.text import clean_text

REPORTS = {
    "province": province_report(),
    "full": full_report(),
    "hostile": hostile_report(),
    "empty": made_report(meeting=None),
}
DESK, PHONE = (1280, 900), (360, 740)
A4_ACROSS = (1032, 703)
"""Pixels of A4, landscape, without margins."""
WIDER_THAN_SEEN = """() => [...document.querySelectorAll("body *")].filter((element) => {
    const place = element.getBoundingClientRect();
    return place.width > 1 && (place.right > innerWidth + 1 || place.left < -1);
}).map((element) => element.outerHTML.slice(0, 100))"""
CUT_OFF = """() => [...document.querySelectorAll("td, th, dd, h3, li, .badge")].filter((element) =>
    element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1
    && !(element.closest("thead")?.clientWidth <= 1)
).map((element) => element.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(EXECUTABLE).exists():
        pytest.skip("Debian's chromium is not installed")
    with chromium() as started:
        yield started


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", REPORTS)
def test_screens(browser: Browser, tmp_path: Path, name: str, size: tuple[int, int], lang: str) -> None:
    """All is within the screen, WCAG has nothing to say, and the page neither asks nor complains."""
    path = tmp_path / "readiness.html"
    path.write_text(as_page(REPORTS[name], lang), encoding="utf-8")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    watched = open_offline(context, path, drawn=False)
    page = watched.page
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.evaluate("getComputedStyle(document.querySelector('h2')).fontSize") == "19px"
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate(WIDER_THAN_SEEN) == []
    assert page.evaluate(CUT_OFF) == []
    assert violations(page, rules=(*WCAG_2_2, *BEST_PRACTICE)) == []
    rows = REPORTS[name].rows
    expect(page.locator("#all tbody tr")).to_have_count(len(rows))
    needing = [row for row in rows if state_of(row) in (State.NOT_READY, State.NOT_KNOWN)]
    expect(page.locator("ul.cards > li")).to_have_count(len(needing))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(
        path=SCREENSHOTS / f"readiness-{name}-{lang}-{size[0]}.png",
        full_page=True,
        clip={"x": 0, "y": 0, "width": size[0], "height": min(3000, page.evaluate("document.body.scrollHeight"))},
    )
    watched.assert_silent()
    context.close()


def test_hostile_names_do_nothing(browser: Browser, tmp_path: Path) -> None:
    """They are seen as they are written: no element, no dialog, no request."""
    path = tmp_path / "readiness.html"
    path.write_text(as_page(REPORTS["hostile"], "vi"), encoding="utf-8")
    context = browser.new_context()
    watched = open_offline(context, path, drawn=False)
    names = watched.page.locator("ul.cards h3").all_inner_texts()
    assert [" ".join(name.split()) for name in names] == [" ".join(clean_text(text).split()) for text in HOSTILE]
    assert watched.page.locator("script, img, iframe, object, [onerror]").count() == 0
    watched.assert_silent()
    context.close()


def test_a_phone_still_reads_a_table(browser: Browser, tmp_path: Path) -> None:
    """Where rows are blocks a reader of the screen is told rows and headings, and the eye is told the columns."""
    path = tmp_path / "readiness.html"
    path.write_text(as_page(REPORTS["full"], "en"), encoding="utf-8")
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    watched = open_offline(context, path, drawn=False)
    count = len(REPORTS["full"].rows)
    table = watched.page.get_by_role("table", name=f"All endpoints ({count})")
    expect(table.get_by_role("row")).to_have_count(1 + count)
    expect(table.get_by_role("columnheader")).to_have_count(8)
    first = table.get_by_role("row").nth(1)
    expect(first.get_by_role("rowheader")).to_contain_text("only-maintenance")
    expect(first.get_by_role("cell")).to_have_count(7)
    label = first.get_by_role("cell").nth(2).evaluate("cell => getComputedStyle(cell, '::before').content")
    assert "Line" in label
    watched.page.get_by_role("link", name="All endpoints").click()
    top = watched.page.locator("#all").evaluate("section => section.getBoundingClientRect().top")
    assert abs(top) < PHONE[1] / 2
    watched.assert_silent()
    context.close()


@pytest.mark.parametrize("name", ["province", "hostile"])
def test_paper(browser: Browser, tmp_path: Path, name: str) -> None:
    """It prints on A4 across, with nothing cut off, the headings of the table on every page, and no links."""
    path = tmp_path / "readiness.html"
    path.write_text(as_page(REPORTS[name], "vi"), encoding="utf-8")
    context = browser.new_context(viewport={"width": A4_ACROSS[0], "height": A4_ACROSS[1]})
    watched = open_offline(context, path, drawn=False)
    page = watched.page
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_ACROSS[0]
    assert page.evaluate(WIDER_THAN_SEEN) == []
    assert page.evaluate(CUT_OFF) == []
    expect(page.locator("nav")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('#all thead')).display") == "table-header-group"
    watched.assert_silent()
    context.close()
