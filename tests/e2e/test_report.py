"""The availability report of a real agent's record, and its page in Debian's Chromium with the network cut.

Screenshots in both languages are left in ``out/screenshots/``.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from chromium import EXECUTABLE, chromium, open_offline
from histories import HOSTILE_LINK, SCRIPT_CARRIER, report_of, write_province
from playwright.sync_api import Browser, expect
from processes import CLI, free_port, run_cli, running, simulated_province, stop_and_wait, wait_for

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.report.availability import Level, Report
from phusong.agent.report.page import as_page
from phusong.agent.report.plots import draw_plots
from phusong.agent.report.tables import rows_of

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"
UP = ("up", "congested", "degraded", "snmp_dead")
LINKS = "SELECT DISTINCT id FROM period WHERE what = 'link'"
LINKS_OUT = f"{LINKS} AND verdict IN ('down', 'unreachable')"


def ask(file: Path, question: str) -> list[tuple[Any, ...]]:
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(question).fetchall()
    except sqlite3.OperationalError as error:
        raise ValueError(str(error)) from error


def report(config: Path, *words: object) -> dict[str, Any]:
    done = run_cli("report", "availability", "--config", config, "--json", *words)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_real_agent(tmp_path: Path) -> None:
    """While it runs, and after two lives with a gap between them: every line's time adds up."""
    folder = tmp_path / "province"
    file = folder / "state/phusong.db"
    began = datetime.fromtimestamp(int(time.time()) - 60, LOCAL_TIME).isoformat()
    with simulated_province(folder, listen=f"127.0.0.1:{free_port()}"):
        config = folder / "phusong.yaml"
        command = [*CLI, "run", "--config", config]
        for life in (1, 2):
            with running(command, tmp_path / f"{life}.log") as agent:
                wait_for(lambda life=life: len(ask(file, "SELECT * FROM stretch")) == life, "the agent")
                wait_for(lambda: len(ask(file, LINKS)) == 345, "a verdict on every link", patience_s=120)
                wait_for(lambda: len(ask(file, LINKS_OUT)) > 10, "outages", patience_s=120)
                beside = report(config, "--from", began)
                assert beside["is_cut"]
                assert stop_and_wait(agent)[0] == 0
        told = report(config, "--from", began)
    assert (told["total"]["links"], told["total"]["links_with_contract"]) == (345, 345)
    assert sum(row["fault_seconds"] > 0 for row in told["rows"]) > 10
    length = (datetime.fromisoformat(told["end"]) - datetime.fromisoformat(told["begin"])).total_seconds()
    verdicts = dict(ask(file, "SELECT id, group_concat(verdict) FROM period WHERE what = 'link' GROUP BY id"))
    for row in told["rows"]:
        classes = ("up", "fault", "parent", "admin", "maintenance", "unknown", "not_recorded", "gap")
        assert sum(row[f"{name}_seconds"] for name in classes) == pytest.approx(length, abs=1)
        assert row["gap_seconds"] > 60
        seen = set(verdicts[row["link_id"]].split(","))
        assert (row["fault_seconds"] > 0) <= bool(seen & {"down", "unreachable"})
        assert (row["up_seconds"] > 0) <= bool(seen & set(UP))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(EXECUTABLE).exists():
        pytest.skip("Debian's chromium is not installed")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(write_province(tmp_path_factory.mktemp("small")))


@pytest.mark.parametrize(("lang", "words"), [("vi", "không đạt"), ("en", "missed")])
def test_the_page(browser: Browser, small: Report, tmp_path: Path, lang: str, words: str) -> None:
    """One silent page: tables with every line, plots that are drawn, hostile names that do nothing."""
    path = tmp_path / "report.html"
    path.write_text(as_page(small, draw_plots(small, lang), "phusong.db", lang), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = open_offline(context, path, drawn=False)
    page = watched.page
    assert page.evaluate("document.documentElement.lang") == lang
    for level in Level:
        expect(page.locator(f"#{level} tbody tr")).to_have_count(len(rows_of(small, level)))
    worst = page.locator("#link tbody tr").nth(1)
    expect(worst).to_contain_text("94,782 %" if lang == "vi" else "94.782 %")
    expect(worst).to_contain_text(words)
    expect(page.locator("#carrier")).to_contain_text(SCRIPT_CARRIER)
    expect(page.locator("#link")).to_contain_text(HOSTILE_LINK)
    sizes = page.locator("figure img").evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert len(sizes) == 4
    assert min(sizes) > 300
    assert page.evaluate("getComputedStyle(document.querySelector('th')).fontWeight") == "600"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"report-{lang}.png", full_page=True)
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 703})  # A4, landscape, without margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 1032
    watched.assert_silent()
    context.close()
