"""The page served by the agent's own server: states follow the agent without geometry being loaded again."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import WATCH_POLICY, keep_picture
from playwright.sync_api import Browser, Page, expect
from whole_province import Province

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.http_server import StatusServer
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import Isolation, Snapshot, Verdict
from phusong.exporters.web_app import PageSources, create_app

LATER_S = 60.0


class Served:
    """The agent's pages on a loopback port, with a snapshot that the test changes."""

    def __init__(self, map_file: Path, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._map_file = map_file
        self._loop = asyncio.new_event_loop()
        self._server: StatusServer | None = None
        self._port = 0
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.start()

    def start(self) -> None:
        """Listen, on the port of before when there was one."""

        async def work() -> StatusServer:
            sources = PageSources(
                current=lambda: self.snapshot,
                ready=lambda: True,
                alive=lambda: True,
                metrics=MetricsPage(AgentMetrics("1.0")),
                map_file=self._map_file,
                version="1.0",
            )
            server = StatusServer(create_app(sources), "127.0.0.1", self._port)
            await server.start()
            return server

        self._server = asyncio.run_coroutine_threadsafe(work(), self._loop).result()
        self._port = self._server.address[1]

    @property
    def url(self) -> str:
        """Where the map is."""
        return f"http://127.0.0.1:{self._port}/map"

    def stop(self) -> None:
        """Listen no more."""
        if self._server:
            asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()
            self._server = None

    def close(self) -> None:
        """End all."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def served(province: Province) -> Iterator[Served]:
    """Give the page as the agent serves it."""
    server = Served(province.path, province.snapshot)
    yield server
    server.close()


@pytest.fixture
def live(browser: Browser, served: Served) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Give the served page, what it asked for and what it complained of; its clock is the test's."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.clock.install()
    page.goto(served.url)
    page.wait_for_selector("html[data-drawn]", state="attached")
    yield page, asked, complaints
    context.close()


def _changed(snapshot: Snapshot) -> Snapshot:
    """Let the first office that is well lose its line and its fallback, a minute later."""
    link = next(row for row in snapshot.links if row.verdict is Verdict.UP and row.info.site_id != "S0000")
    time = snapshot.taken_at + LATER_S
    return dataclasses.replace(
        snapshot,
        taken_at=time,
        links=tuple(
            dataclasses.replace(row, verdict=Verdict.DOWN, since=time, problem="không trả lời <b>")
            if row is link
            else row
            for row in snapshot.links
        ),
        sites=tuple(
            dataclasses.replace(row, isolation=Isolation.ISOLATED, since=time)
            if row.info.site_id == link.info.site_id
            else row
            for row in snapshot.sites
        ),
    )


def test_states_follow_the_agent(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """A line that goes down shows within one refresh, on map, legend and list; the geometry stays as it is."""
    page, asked, complaints = live
    expect(page.locator(".as-of")).to_contain_text("Trực tiếp · 14:00 22/11/2026")
    down = sum(row.verdict is Verdict.DOWN for row in province.snapshot.links if row.info.site_id != "S0000")
    expect(page.locator("path.link.verdict-down")).to_have_count(down)
    isolated = sum(row.isolation is Isolation.ISOLATED for row in province.snapshot.sites)
    page.evaluate("document.querySelector('path.commune').dataset.same = 'yes'")
    served.snapshot = _changed(province.snapshot)
    page.clock.run_for(11_000)
    expect(page.locator("path.link.verdict-down")).to_have_count(down + 1)
    expect(page.locator("path.site.isolation-isolated")).to_have_count(isolated + 1)
    expect(page.locator("path.site").last).to_have_class(re.compile("isolation-isolated"))
    expect(page.locator(".as-of")).to_contain_text("14:01")
    assert page.evaluate("document.querySelector('path.commune').dataset.same") == "yes"
    assert set(asked) == {served.url, served.url.removesuffix("/map") + "/api/v1/states"}
    assert asked.count(served.url) == 1
    keep_picture(page, "live")
    assert complaints == []
    assert page.evaluate("window.__reports ?? []") == []


def test_card_stays_open_over_a_refresh(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """Who reads a card is not interrupted by news of another line."""
    page, _, _ = live
    page.locator(".wrong summary").first.click()
    page.locator(".panel .incidents button").first.click()
    expect(page.locator(".leaflet-popup .card")).to_be_visible()
    served.snapshot = _changed(province.snapshot)
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("14:01")
    expect(page.locator(".leaflet-popup .card")).to_be_visible()


def test_agent_that_does_not_answer(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """A lost agent is said plainly, with the time of the last state; when it is back, the page goes on."""
    page, _, _ = live
    expect(page.locator(".as-of")).to_contain_text("Trực tiếp")
    served.stop()
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("Mất liên lạc với máy chủ")
    expect(page.locator(".as-of")).to_contain_text("14:00")
    served.snapshot = _changed(province.snapshot)
    served.start()
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("Trực tiếp · 14:01")


def test_looking_back_is_not_disturbed(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """While the past is shown, news wait; Now shows them."""
    page, _, _ = live
    page.locator("#history-slider").fill(str(int(province.snapshot.taken_at - 86_400)))
    served.snapshot = _changed(province.snapshot)
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("Xem lại lúc 14:00 21/11/2026")
    page.click(".history .now")
    expect(page.locator(".as-of")).to_contain_text("Trực tiếp · 14:01")


def test_inventory_that_changed(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """When the agent has other lines than the page, the page says so and offers to be loaded again."""
    page, _, _ = live
    served.snapshot = dataclasses.replace(province.snapshot, links=province.snapshot.links[1:])
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("Danh mục kênh truyền đã thay đổi")
    expect(page.locator(".as-of button")).to_have_text("Tải lại trang")


def test_focus_stays_over_a_refresh(
    live: tuple[Page, list[str], list[str]], served: Served, province: Province
) -> None:
    """Who works by keyboard in table or list is not thrown back to the beginning every ten seconds."""
    page, _, _ = live
    page.click(".table-tool")
    page.click("#tab-links")
    button = page.locator(".table tbody button").nth(3)
    text = button.inner_text()
    button.focus()
    served.snapshot = _changed(province.snapshot)
    page.clock.run_for(11_000)
    expect(page.locator(".as-of")).to_contain_text("14:01")
    assert page.evaluate("document.activeElement.textContent") == text
