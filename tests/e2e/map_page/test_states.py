"""States over time: the slider over the record, the view of whoever is on call, and what is opened from disk."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import map_province
from chromium import Watched, keep_picture
from playwright.sync_api import Page, expect
from whole_province import DAY_S, Province

from phusong.exporters.snapshot import Isolation, Verdict
from phusong.maps.province_map import build_province_map, write_page
from phusong.maps.state_history import StatePeriod


def state_at(periods: tuple[StatePeriod, ...], time: float) -> str:
    """Return the state at a moment, as the record says."""
    return next((p.state for p in periods if p.begin <= time and (p.end is None or time < p.end)), "unknown")


def shown_states(page: Page) -> Counter[str]:
    """Count the lines on the map by verdict."""
    classes = page.locator("path.link").evaluate_all("all => all.map((path) => path.getAttribute('class'))")
    return Counter(each for names in classes for each in names.split() if each.startswith("verdict-"))


def test_slider_shows_what_was(desktop: Watched, province: Province) -> None:
    """At any moment the map, the legend and the header show the record of that moment, and Now comes back."""
    page = desktop.page
    now = shown_states(page)
    slider = page.locator("#history-slider")
    end = province.snapshot.taken_at
    at_hub = {row.info.link_id for row in province.snapshot.links if row.info.site_id == "S0000"}
    for time in (end - 2 * DAY_S + 3_000.0, end - 2 * DAY_S + 30_000.0, end - DAY_S):
        slider.fill(str(int(time)))
        expected = Counter(
            f"verdict-{state_at(periods, int(time))}"
            for link, periods in province.history.links.items()
            if link not in at_hub
        )
        assert shown_states(page) == expected, time
        isolated = sum(state_at(periods, int(time)) == "isolated" for periods in province.history.sites.values())
        expect(page.locator("path.site.isolation-isolated")).to_have_count(isolated)
        expect(page.locator(".as-of")).to_contain_text("Xem lại lúc")
        if time < end - 2 * DAY_S + 20_000:
            keep_picture(page, "history")
    page.click(".history .now")
    assert shown_states(page) == now
    expect(page.locator(".as-of")).to_contain_text("Số liệu lúc 14:00 22/11/2026")
    desktop.assert_silent()


def test_nobody_was_watching(desktop: Watched, province: Province) -> None:
    """Where no agent was there, nothing is claimed: every state is unknown and the timeline is hatched."""
    page = desktop.page
    page.locator("#history-slider").fill(str(int(province.snapshot.taken_at - 4.5 * DAY_S)))
    assert set(shown_states(page)) == {"verdict-unknown"}
    expect(page.locator('.timeline rect[fill="url(#no-data)"]')).to_have_count(1)
    desktop.assert_silent()


def test_steps_and_play(desktop: Watched, province: Province) -> None:
    """From change to change by its buttons, and by itself until the present."""
    page = desktop.page
    page.get_by_role("button", name="Thay đổi trước").click()
    changes = {
        period.begin
        for rows in (province.history.links, province.history.sites)
        for periods in rows.values()
        for period in periods
    }
    assert float(page.input_value("#history-slider")) == max(changes)
    page.get_by_role("button", name="Thay đổi trước").click()
    assert float(page.input_value("#history-slider")) == sorted(changes)[-2]
    page.get_by_role("button", name="Thay đổi sau").click()
    assert float(page.input_value("#history-slider")) == max(changes)
    page.click(".history .play")
    before = page.input_value("#history-slider")
    page.wait_for_function("(before) => document.querySelector('#history-slider').value > before", arg=before)
    page.click(".history .play")
    stopped = page.input_value("#history-slider")
    page.wait_for_timeout(700)
    assert page.input_value("#history-slider") == stopped
    desktop.assert_silent()


def test_link_to_a_moment(desktop: Watched, opened: Callable[..., Watched], province: Province) -> None:
    """A link shows the moment that was looked at."""
    desktop.page.locator("#history-slider").fill(str(int(province.snapshot.taken_at - DAY_S)))
    again = opened(address="#" + desktop.page.url.split("#")[1])
    assert shown_states(again.page) == shown_states(desktop.page)
    expect(again.page.locator(".as-of")).to_contain_text("Xem lại lúc 14:00 21/11/2026")


def test_on_call(opened: Callable[..., Watched], province: Province) -> None:
    """On a phone: only what is wrong, offices that are cut off first; each leads to the map."""
    watched = opened(
        address="?view=oncall", viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
    )
    page = watched.page
    expect(page.locator(".oncall")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    count = {each: sum(row.isolation is each for row in province.snapshot.sites) for each in Isolation}
    out = {Verdict.DOWN, Verdict.UNREACHABLE, Verdict.PARENT_DOWN}
    sums = page.locator(".oncall .sum").all_inner_texts()
    assert sums == [
        f"{count[Isolation.ISOLATED]} cơ quan bị cô lập",
        f"{count[Isolation.ON_FALLBACK]} cơ quan chỉ còn 4G",
        f"{sum(row.verdict in out for row in province.snapshot.links)} kênh mất kết nối",
    ]
    groups = page.locator(".oncall .incidents > li > button")
    texts = groups.all_inner_texts()
    kinds = [0 if "Cô lập" in text or "cô lập" in text else 1 if "còn" in text else 2 for text in texts]
    assert kinds == sorted(kinds)
    assert all("hoạt động" not in text for text in texts)
    keep_picture(page, "oncall")
    groups.first.tap()
    expect(page.locator(".oncall")).to_be_hidden()
    expect(page.locator(".leaflet-popup .card")).to_be_visible()
    assert "view=oncall" not in page.url
    page.go_back()
    watched.assert_silent()


def test_on_call_speaks_of_the_present(opened: Callable[..., Watched], province: Province) -> None:
    """Whoever is on call never sees the past: neither by a link to a moment nor from the slider."""
    moment = int(province.snapshot.taken_at - 2 * DAY_S)
    by_link = opened(address=f"?view=oncall#h={moment}").page
    by_hand = opened().page
    by_hand.locator("#history-slider").fill(str(moment))
    by_hand.click(".oncall-tool")
    for page in (by_link, by_hand):
        expect(page.locator(".as-of")).to_contain_text("Số liệu lúc 14:00 22/11/2026")
        expect(page.locator(".oncall .sum").first).to_have_text("3 cơ quan bị cô lập")


def test_nothing_known_is_not_nothing_wrong(desktop: Watched, province: Province) -> None:
    """In a gap of the record the list does not say that all is well."""
    page = desktop.page
    page.locator("#history-slider").fill(str(int(province.snapshot.taken_at - 4.5 * DAY_S)))
    page.locator(".wrong summary").first.click()
    expect(page.locator(".panel .incidents")).to_have_text("Chưa rõ trạng thái: không có số liệu.")
    expect(page.locator(".wrong > summary")).to_have_text("Sự cố lúc đó")


def test_age_is_of_the_state_that_is_named(opened: Callable[..., Watched], tmp_path: Path) -> None:
    """An office cut off for five minutes is not cut off for the 90 days of its endpoint."""
    communes = map_province.box_communes(4)
    plain = map_province.snapshot_of(communes, sites=3, links=3, endpoints=3)
    now = plain.taken_at
    snapshot = dataclasses.replace(
        plain,
        links=tuple(
            dataclasses.replace(row, verdict=Verdict.DOWN if number == 1 else Verdict.UP, since=now - 300)
            for number, row in enumerate(plain.links)
        ),
        sites=tuple(
            dataclasses.replace(
                row, isolation=Isolation.ISOLATED if number == 1 else Isolation.CONNECTED, since=now - 300
            )
            for number, row in enumerate(plain.sites)
        ),
        endpoints=tuple(
            dataclasses.replace(
                row, verdict=Verdict.NOT_REGISTERED if number == 1 else Verdict.READY, since=now - 90 * DAY_S
            )
            for number, row in enumerate(plain.endpoints)
        ),
    )
    path = tmp_path / "ages.html"
    write_page(build_province_map(communes=communes, summary=None, snapshot=snapshot), path)
    groups = opened(path, address="?view=oncall").page.locator(".oncall .incidents > li > button")
    expect(groups).to_have_count(1)
    expect(groups).to_contain_text("đã 5 phút")


def test_open_card_follows_the_slider(desktop: Watched, province: Province) -> None:
    """A card says what was so at the moment that is shown, and nothing of today's measurements."""
    page = desktop.page
    broken = next(
        link
        for link, periods in province.history.links.items()
        if len(periods) > 1
        and link not in {row.info.link_id for row in province.snapshot.links if row.verdict != "up"}
    )
    page.fill("#search", broken)
    page.keyboard.press("Enter")
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text("hoạt động")
    expect(card).to_contain_text("Ping")
    page.locator("#history-slider").fill(str(int(province.history.links[broken][1].begin) + 60))
    expect(card).to_contain_text("mất kết nối")
    expect(card).not_to_contain_text("Ping")
    desktop.assert_silent()


def test_a_moment_that_is_gone(opened: Callable[..., Watched]) -> None:
    """A link to a moment no longer on record shows the present everywhere, and says so."""
    page = opened(address="#h=1600000000").page
    expect(page.locator(".notice")).to_contain_text("không còn được lưu")
    expect(page.locator(".history-time")).to_have_text("Hiện tại")
    expect(page.locator(".as-of")).to_contain_text("Số liệu lúc 14:00 22/11/2026")
