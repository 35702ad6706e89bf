"""The status page: what it shows and in which order, in both languages, with no text taken at its word."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from phusong.collectors.call_readings import ServiceState
from phusong.exporters.snapshot import (
    GOOD_VERDICTS,
    CallFault,
    Degradation,
    Isolation,
    LinkRow,
    ServiceVerdict,
    Snapshot,
    Verdict,
)
from phusong.exporters.status_page import CONTENT_POLICY, ROW_LIMIT, no_map_html, status_html
from phusong.exporters.status_words import ENGLISH, VIETNAMESE, Words, choose_words

HOSTILE = ("<script>alert(1)</script>", '"><img onerror=x>', "</td></table>", "&lt;")
VOID = {"meta", "rect"}


class Page(HTMLParser):
    """Reads a page: its tags, the text outside the style sheet, and whether every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data + "\n"


def province(reference: ModuleType, *rows: LinkRow) -> Snapshot:
    """Return a province with these links only, its coverage, endpoints, services and meetings left out."""
    snapshot: Snapshot = dataclasses.replace(reference.province(30, 0, 0), links=rows, services=(), meetings=())
    return snapshot


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_every_state_has_a_word(words: Words) -> None:
    """A new verdict needs its word in both languages before it can be shown."""
    assert set(words.verdicts) == set(Verdict)
    assert set(words.isolations) == set(Isolation)
    assert set(words.service_verdicts) == set(ServiceVerdict)
    assert set(words.service_states) == set(ServiceState)
    assert set(words.call_faults) == set(CallFault)


def test_page_counts_and_lists(reference: ModuleType) -> None:
    """Counts by verdict stand at the top; what is not up is listed with office, carrier, state and problem."""
    snapshot = reference.province(48, 20, 3)
    page = Page(status_html(snapshot, ENGLISH, "0.1.0"))
    assert re.search(r"Lines\n40\s+/ 48\n", page.text)
    assert "Lines that are not up (8)" in page.text
    assert "Endpoints that are not up (3)" in page.text
    assert "As of 2026-10-26 14:33:20 +0700 · phusong 0.1.0" in page.text
    assert "3 communes, boundaries of edition 2020-01, schematic boundaries (not official), synthetic" in page.text
    for text in ("link-0020", "UBND xã số 20", "VNPT", "no answer in 2 s", "20 min"):
        assert text in page.text
    assert "link-0000" not in page.text


def test_services_meetings_and_poor_calls(reference: ModuleType) -> None:
    """What is wrong with a service or a call is said, and which meeting comes next; what is well is not listed."""
    page = Page(status_html(reference.province(30, 20, 3), ENGLISH, "0.1.0"))
    assert re.search(r"Services on the network\n1\s+/ 6\n", page.text)
    assert "Services that are not well (5)" in page.text
    assert "Meeting Họp giao ban: 14:43 26/10/2026, 239 endpoints, 12 not ready." in page.text
    assert "The line is at fault. Loss 0.1 %, jitter 12 ms, latency 50 ms" in page.text
    rows = page.text[page.text.index("Services that are not well") :]
    assert "Slow" in rows
    assert "svc-3" not in rows, "it is up"


def test_worst_first(reference: ModuleType) -> None:
    """Cut-off offices come first, then the worse verdict, then the longer outage."""
    snapshot = reference.province(30, 0, 0)
    rows = [
        dataclasses.replace(snapshot.links[n], verdict=verdict, since=since)
        for n, verdict, since in (
            (0, Verdict.MAINTENANCE, 1.0),
            (1, Verdict.DOWN, 50.0),
            (2, Verdict.DOWN, 40.0),
            (3, Verdict.SNMP_DEAD, None),
            (4, Verdict.UNREACHABLE, 60.0),
        )
    ]
    sites = tuple(
        dataclasses.replace(site, isolation=Isolation.ISOLATED if n == 4 else Isolation.ON_FALLBACK)
        for n, site in enumerate(snapshot.sites)
    )
    page = status_html(dataclasses.replace(snapshot, links=tuple(rows), sites=sites), ENGLISH, "1")
    assert re.findall(r"link-\d+", page) == ["link-0004", "link-0002", "link-0001", "link-0003", "link-0000"]


def test_all_up_says_so(reference: ModuleType) -> None:
    """With nothing to list the page says so instead of showing an empty table."""
    page = status_html(province(reference, reference.province(1, 0, 0).links[0]), VIETNAMESE, "1")
    assert page.count("tất cả đang hoạt động") == 1
    assert "Điểm cầu không hoạt động" not in page, "without endpoints there is nothing to say of them"
    assert "<table>" not in page


def test_long_lists_are_cut(reference: ModuleType) -> None:
    """On the day everything is down the page stays short and says how many rows are missing."""
    row = reference.province(1, 0, 0).links[0]
    rows = (dataclasses.replace(row, verdict=Verdict.DOWN),) * (ROW_LIMIT + 7)
    page = status_html(province(reference, *rows), ENGLISH, "1")
    assert page.count('<b class="bad">Down</b>') == ROW_LIMIT
    assert "and 7 more in the" in page


@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=["vi", "en"])
def test_before_the_first_snapshot(words: Words) -> None:
    """The page of the first seconds says that it is waiting, and leads to all other pages."""
    page = status_html(None, words, "1")
    assert words.waiting in page
    links = re.findall(r'href="([^"]+)"', page)
    assert links == ["/map", "/metrics", "/api/v1/snapshot", "/-/healthy", "/-/ready"]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
@given(data=st.data())
def test_outside_text_never_becomes_markup(snapshots: SearchStrategy[Any], data: st.DataObject) -> None:
    """Whatever ids, names and problems hold, the page has our elements and attributes only, all closed.

    Times far outside the calendar are left to the agent; here they are set to one that can be shown.
    """
    snapshot = data.draw(snapshots)
    hostile = data.draw(
        st.sampled_from(["<script>alert(1)</script>", '"><img onerror=x>', "</td></table>", "&lt;"])
    )
    links = tuple(
        dataclasses.replace(
            row, since=None, problem=hostile, info=dataclasses.replace(row.info, carrier=hostile, link_id=hostile)
        )
        for row in snapshot.links
    )
    endpoints = tuple(
        dataclasses.replace(row, since=None, info=dataclasses.replace(row.info, name=hostile))
        for row in snapshot.endpoints
    )
    services = tuple(
        dataclasses.replace(row, since=None, info=dataclasses.replace(row.info, name=hostile))
        for row in snapshot.services
    )
    meetings = tuple(dataclasses.replace(row, begin=1e9, title=hostile) for row in snapshot.meetings)
    snapshot = dataclasses.replace(
        snapshot, taken_at=1e9, links=links, endpoints=endpoints, services=services, meetings=meetings
    )
    page = Page(status_html(snapshot, VIETNAMESE, "1"))
    assert not page.tags & {"script", "img"}
    assert not any(name.startswith("on") for name in page.attributes)
    if any(row.verdict not in GOOD_VERDICTS for row in links):
        assert hostile in page.text


def test_policy_allows_the_style_sheet_only() -> None:
    """The hash in the policy is the hash of the style element that the page has."""
    page = no_map_html(ENGLISH)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in CONTENT_POLICY
    assert CONTENT_POLICY.startswith("default-src 'none';")
    assert " style=" not in page


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("*", "vi"),
        ("fr-FR,fr;q=0.9", "vi"),
        ("en", "en"),
        ("en-US,en;q=0.9,vi;q=0.8", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0.3, vi;q=0.7", "vi"),
        ("en;q=0", "vi"),
        ("en;q=x,;;=,", "vi"),
    ],
)
def test_language(header: str, language: str) -> None:
    """Vietnamese unless the browser prefers English."""
    assert choose_words(header).language == language


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (ENGLISH, "The two ends differ: hub-1 says up, cpe-0020 says down."),
        (VIETNAMESE, "Hai đầu khác nhau: hub-1 báo hoạt động, cpe-0020 báo mất kết nối."),
    ],
    ids=["en", "vi"],
)
def test_ends_that_differ_are_named(reference: ModuleType, words: Words, sentence: str) -> None:
    """Which end says what stands beside the line, in front of any other problem."""
    row = reference.province(30, 0, 0).links[20]
    far = dataclasses.replace(row.far, oper_status=2)
    row = dataclasses.replace(row, verdict=Verdict.DOWN, far=far, ends_differ=True, problem="and <more>")
    text = Page(status_html(province(reference, row), words, "1")).text
    assert f"{sentence} and <more>" in text
    agreed = dataclasses.replace(row, ends_differ=False)
    assert sentence not in Page(status_html(province(reference, agreed), words, "1")).text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(VIETNAMESE, "Do kênh hl-07. qn-r1: silent"), (ENGLISH, "Because of line hl-07. qn-r1: silent")],
)
def test_what_is_at_fault_is_called_by_its_name(reference: ModuleType, words: Words, sentence: str) -> None:
    """In the language of the page, not in the words of the metrics."""
    snapshot = reference.province(links=1, endpoints=0, communes=0)
    row = dataclasses.replace(
        snapshot.links[0],
        verdict=Verdict.PARENT_DOWN,
        cause="link hl-07",
        problem="qn-r1: silent",
        ends_differ=None,
        degradations=(),
    )
    assert sentence in status_html(dataclasses.replace(snapshot, links=(row,)), words, "1")


def test_whose_fault_it_is_and_what_exceeds_its_limit_is_said(reference: ModuleType) -> None:
    """The cause of a parent, the use of a congested line, every limit that is exceeded: beside the state."""
    snapshot = reference.province(links=3, endpoints=0, communes=0)
    rows = (
        dataclasses.replace(snapshot.links[0], verdict=Verdict.PARENT_DOWN, cause="device <hub>", degradations=()),
        dataclasses.replace(
            snapshot.links[1], verdict=Verdict.CONGESTED, use_down_ratio=0.97, use_up_ratio=None, degradations=()
        ),
        dataclasses.replace(
            snapshot.links[2], verdict=Verdict.DEGRADED, degradations=(Degradation.LOSS, Degradation.FLAPPING)
        ),
    )
    page = status_html(dataclasses.replace(snapshot, links=rows), ENGLISH, "1")
    for said in (
        "Because of device &lt;hub&gt;.",
        "97 % of the contract down.",
        "Loss above its limit. Flapping.",
    ):
        assert said in page
