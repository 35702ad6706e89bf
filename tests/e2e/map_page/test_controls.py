"""Search, keyboard, links, measure, theme and language, used as a person would."""

from __future__ import annotations

import re
from collections.abc import Callable

import map_province
import pytest
from chromium import Watched, keep_picture, zoom_in
from playwright.sync_api import Page, expect
from whole_province import Province


@pytest.mark.parametrize(
    ("typed", "found", "shown"),
    [
        ("van don", "Vân Đồn", ""),
        ("VÂN ĐỒN", "Vân Đồn", ""),
        ("L0007", "L0007", "L0007"),
        ("e0011", "Điểm cầu", "E0011"),
        ("s0100", "Ủy ban nhân dân", "S0100"),
    ],
)
def test_search(desktop: Watched, typed: str, found: str, shown: str) -> None:
    """Districts, communes, lines, endpoints and offices are found as people type, and Enter leads there."""
    page = desktop.page
    page.locator("#search").press_sequentially(typed)
    first = page.locator("#search-list li").first
    expect(first).to_contain_text(found)
    expect(page.locator("#search")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#search")).to_have_attribute("aria-activedescendant", "search-0")
    before = page.url
    page.keyboard.press("Enter")
    expect(page.locator("#search-list")).to_be_hidden()
    if shown:
        expect(page.locator(".leaflet-popup .card")).to_contain_text(shown)
    assert page.url != before
    desktop.assert_silent()


def test_search_by_keyboard_and_what_is_not_there(desktop: Watched) -> None:
    """Arrows choose, Escape closes, and a text that nothing has says so to whoever cannot see the list."""
    page = desktop.page
    page.locator("#search").press_sequentially("xa")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#search-2")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search-1")).to_have_attribute("aria-selected", "true")
    keep_picture(page, "search")
    page.keyboard.press("Escape")
    expect(page.locator("#search-list")).to_be_hidden()
    page.fill("#search", "không có đâu")
    expect(page.locator("#search-list")).to_be_hidden()
    expect(page.locator(".search [role=status]")).to_have_text("0 kết quả")
    desktop.assert_silent()


def test_incidents_by_keyboard(desktop: Watched, province: Province) -> None:
    """What is wrong stands in a list, the biggest first; Enter on an entry opens its card on the map."""
    page = desktop.page
    page.locator(".wrong summary").first.focus()
    page.keyboard.press("Enter")
    first = page.locator(".panel .incidents button").first
    expect(first).to_contain_text("Cô lập: mất kênh, không có sóng 4G")
    for _ in range(2):  # a scrolling list may take the focus itself
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    card = page.locator(".leaflet-popup .card")
    isolated = {row.info.site_id for row in province.snapshot.sites if row.isolation == "isolated"}
    assert card.locator("dd").first.inner_text() in isolated
    keep_picture(page, "incident")
    desktop.assert_silent()


def test_every_control_is_reached_by_tab(desktop: Watched) -> None:
    """Tabbing goes through every control that is visible, and the focus can be seen on each."""
    page = desktop.page
    page.evaluate("document.body.focus()")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if name == "BODY":
            break
        reached.append(name)
        assert outline != "none", name
    for wanted in (
        "search", "tool oncall-tool", "tool table-tool", "tool measure-tool", "tool link-tool", "tool print-tool",
        "switch-technology", "switch-operator", "switch-measure", "switch-compare", "layer-links",
        "history-slider",
    ):  # fmt: skip
        assert wanted in reached, (wanted, reached)
    desktop.assert_silent()


def test_map_moves_by_keyboard(desktop: Watched) -> None:
    """Arrows move the map and plus and minus zoom it, when it has the focus."""
    page = desktop.page
    frame = page.locator(".folium-map")
    frame.focus()
    page.keyboard.press("+")
    page.wait_for_function("() => location.hash.includes('z=')")
    closer = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(before) => location.href !== before", arg=closer)
    assert "application" not in (frame.get_attribute("role") or "")
    desktop.assert_silent()


def _look(page: Page) -> dict[str, object]:
    """Describe what the page shows, for comparing two of them."""
    return {
        "technology": page.input_value("#switch-technology"),
        "operator": page.input_value("#switch-operator"),
        "measure": page.input_value("#switch-measure"),
        "links": page.locator("path.link").count(),
        "table": page.locator("#table").is_visible(),
        "theme": page.evaluate("document.documentElement.dataset.theme"),
        "legend": page.locator(".section.coverage .legend-title").inner_text(),
        "place": page.locator("path.commune").first.get_attribute("d"),
        "card": page.locator(".leaflet-popup .card h3").all_inner_texts(),
    }


def test_link_shows_the_same(desktop: Watched, opened: Callable[..., Watched]) -> None:
    """The address after the sign # brings somebody else to the same technology, layers, place, table and card."""
    page = desktop.page
    page.select_option("#switch-technology", "3G")
    page.select_option("#switch-operator", "Viettel")
    page.select_option("#switch-measure", "population")
    page.uncheck("#layer-links")
    page.click(".table-tool")
    page.locator(".display summary").click()
    page.select_option("#switch-theme", "dark")
    page.locator("#search").press_sequentially("s0100")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    again = opened(address=page.url.split("#")[1].join(["#", ""]))
    assert _look(again.page) == _look(page)
    desktop.assert_silent()
    again.assert_silent()


def test_link_is_copied_and_said(opened: Callable[..., Watched]) -> None:
    """The link goes to the clipboard, or onto the page where a browser does not allow that."""
    allowed = opened(permissions=["clipboard-read", "clipboard-write"])
    allowed.page.select_option("#switch-technology", "2G")
    allowed.page.click(".link-tool")
    expect(allowed.page.locator(".notice")).to_contain_text("Đã sao chép")
    assert allowed.page.evaluate("navigator.clipboard.readText()") == allowed.page.url
    allowed.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    allowed.page.click(".link-tool")
    expect(allowed.page.locator(".notice")).to_have_text("Liên kết: " + allowed.page.url)
    allowed.assert_silent()


@pytest.mark.parametrize(
    "address",
    [
        "#t=<script>&o=../../&m=x&l=nothing&z=999,999,99&x=links:%00&h=-1&d=red&v=zz&b=users&c=all",
        "#t=4G&o=__proto__&x=constructor:toString&q=%E2%80%AE&g=hasOwnProperty",
        "#z=91,107,9&x=" + "a" * 5000,
        "#%%%%&=&&==&t",
    ],
)
def test_hostile_address(opened: Callable[..., Watched], address: str) -> None:
    """An address that somebody made up changes nothing that it should not, and breaks nothing."""
    watched = opened(address=address)
    page = watched.page
    expect(page.locator("path.commune")).to_have_count(177)
    expect(page.locator("#switch-technology")).to_have_value("4G")
    expect(page.locator("#switch-operator")).to_have_value("any")
    watched.assert_silent()


def test_measure(desktop: Watched) -> None:
    """Two points give their distance, three an area: as Leaflet's scale says, to a few percent."""
    page = desktop.page
    page.click(".measure-tool")
    frame = page.locator(".folium-map").bounding_box()
    assert frame
    x, y = frame["x"] + 300, frame["y"] + 200
    for dx, dy in ((0, 0), (200, 0)):
        page.mouse.click(x + dx, y + dy)
    scale = page.locator(".leaflet-control-scale-line")
    box = scale.bounding_box()
    assert box
    km_per_pixel = int(re.findall(r"\d+", scale.inner_text())[0]) / box["width"]
    result = page.locator(".measure-result span")
    way = float(re.findall(r"[\d,]+", result.inner_text())[0].replace(",", "."))
    assert way == pytest.approx(200 * km_per_pixel, rel=0.06)
    page.mouse.click(x + 200, y + 150)
    _, area = (
        float(each.replace(".", "").replace(",", ".")) for each in re.findall(r"[\d.,]+", result.inner_text())
    )
    assert area == pytest.approx(200 * 150 / 2 * km_per_pixel**2, rel=0.12)
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    keep_picture(page, "measure")
    page.locator(".measure-result button").first.click()
    expect(result).not_to_contain_text("km²")
    page.locator(".folium-map").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".measure-result")).to_be_hidden()
    expect(page.locator("path.measure")).to_have_count(0)
    desktop.assert_silent()


def test_graticule_and_scale(desktop: Watched) -> None:
    """Meridians and parallels stand at round degrees with their names, at every zoom; the scale is in km."""
    page = desktop.page
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("km")
    for _ in range(3):
        degrees = page.locator(".degree-lon span").all_inner_texts()
        assert 1 <= len(degrees) <= 9
        assert all(re.fullmatch(r"10[678](,\d\d?)?°", each) for each in degrees), degrees
        zoom_in(page)
    desktop.assert_silent()


def test_dark_and_light(opened: Callable[..., Watched]) -> None:
    """The page follows the machine, a choice overrides it, and every colour of the map changes with it."""
    dark = opened(color_scheme="dark")
    page = dark.page
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    full = "getComputedStyle(document.querySelector('path.commune')).fill"
    at_night = page.evaluate(full)
    keep_picture(page, "dark")
    page.locator(".display summary").click()
    page.select_option("#switch-theme", "light")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate(full) != at_night
    dark.assert_silent()


def test_language(desktop: Watched) -> None:
    """English and back: every word of ours changes, names do not, and what was chosen stays."""
    page = desktop.page
    page.select_option("#switch-technology", "3G")
    page.locator(".display summary").click()
    page.select_option("#switch-lang", "en")
    expect(page.locator("h1")).to_have_text("Leased lines and mobile coverage")
    expect(page.locator("#switch-technology")).to_have_value("3G")
    assert page.evaluate("document.documentElement.lang") == "en"
    text = page.locator(".panel").inner_text()
    for word in ("Sự cố", "Nhà mạng", "Chỉ số", "không", "Cơ quan"):
        assert word not in text
    keep_picture(page, "english")
    page.locator(".display summary").click()
    page.select_option("#switch-lang", "vi")
    expect(page.locator("h1")).to_have_text("Bản đồ kênh truyền và phủ sóng di động")
    desktop.assert_silent()


def test_operators_of_the_province(desktop: Watched) -> None:
    """The switch of operators offers each operator, any and the best one."""
    values = desktop.page.locator("#switch-operator option").evaluate_all("all => all.map((each) => each.value)")
    assert sorted(values) == sorted(["any", "max", *map_province.OPERATORS])


def test_link_has_the_card_that_is_open(desktop: Watched, province: Province) -> None:
    """A card opened by a click is in the link, a closed one is not, and the table marks the same row."""
    page = desktop.page
    page.click(".table-tool")
    page.click("#tab-sites")
    site = province.snapshot.sites[35].info.site_id
    page.fill("#table-filter", site)
    page.locator(".table tbody button").first.click()
    page.wait_for_function("(id) => location.hash.includes('x=sites:' + id)", arg=site)
    expect(page.locator(".table tr.selected")).to_have_count(1)
    page.locator(".leaflet-popup-close-button").click()
    page.wait_for_function("() => !location.hash.includes('x=')")
    expect(page.locator(".table tr.selected")).to_have_count(0)
    page.locator("path.site.isolation-isolated").last.dispatch_event("click")
    page.wait_for_function("() => location.hash.includes('x=sites:')")
    desktop.assert_silent()


def test_a_row_on_a_phone_leads_to_the_map(phone: Watched) -> None:
    """The table covers a phone's screen: a tap on a row gives way to the map with its card."""
    page = phone.page
    page.locator(".table-tool").tap()
    page.locator(".table tbody button").first.tap()
    expect(page.locator("#table")).to_be_hidden()
    card = page.locator(".leaflet-popup")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    phone.assert_silent()


def test_dragging_measures_nothing(desktop: Watched) -> None:
    """Moving the map while measuring is no point of the measure."""
    page = desktop.page
    page.click(".measure-tool")
    frame = page.locator(".folium-map").bounding_box()
    assert frame
    x, y = frame["x"] + 300, frame["y"] + 200
    page.mouse.click(x, y)
    page.mouse.move(x + 50, y + 50)
    page.mouse.down()
    page.mouse.move(x + 150, y + 90, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)
    expect(page.locator("path.measure")).to_have_count(2)  # the line of one point, and its dot
    expect(page.locator(".measure-result")).to_contain_text("Chạm")
    desktop.assert_silent()
