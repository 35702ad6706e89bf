"""Debian's Chromium with the network cut, and everything that a page does there which it should not do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) =>
    (window.__reports ??= []).push(event.violatedDirective + " " + event.blockedURI));
"""


@dataclass
class Watched:
    """A page and everything it did that it should not do."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def reports(self) -> list[str]:
        """Return the violations of the page's policy so far."""
        found: list[str] = self.page.evaluate("window.__reports ?? []")
        return found

    def assert_silent(self) -> None:
        """Fail when the page asked for anything, or the console or the policy had something to say."""
        assert self.requests == []
        assert self.complaints == []
        assert self.reports() == []


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=QUIET)
        yield browser
        browser.close()


def open_offline(context: BrowserContext, path: Path, drawn: bool = True, address: str = "") -> Watched:
    """Open a file with the network cut; requests for anything but that file are noted and refused.

    ``address`` is what stands behind the file's name: ``?view=...`` or ``#...``.
    """
    context.set_offline(True)
    context.add_init_script(WATCH_POLICY)
    watched = Watched(context.new_page())

    def refuse(route: Route) -> None:
        if route.request.url.partition("#")[0].partition("?")[0] == path.as_uri():
            route.continue_()
        else:
            watched.requests.append(route.request.url)
            route.abort()

    context.route("**/*", refuse)
    watched.page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    watched.page.on("dialog", lambda dialog: watched.complaints.append(f"dialog: {dialog.message}"))
    watched.page.goto(path.as_uri() + address)
    if drawn:
        watched.page.wait_for_selector("html[data-drawn]", state="attached")
    return watched


def keep_picture(page: Page, name: str) -> None:
    """Leave a picture of a map page in ``out/screenshots`` for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"map-{name}.png")


def zoom_in(page: Page) -> None:
    """Zoom the first map of a page one step closer, and wait until it has come to rest."""
    before = page.url
    page.locator(".leaflet-control-zoom-in").first.click()
    page.wait_for_function("(before) => location.href !== before", arg=before)
    page.wait_for_function("() => document.getAnimations().length === 0")  # labels slide to their places
