"""The readiness page as its text: what is in it, and that nothing in it acts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import pytest
from readiness_made import HOSTILE, finding, full_report, hostile_report, made_report, made_row

from phusong.agent.readiness import shown
from phusong.agent.readiness.page import as_page
from phusong.agent.readiness.readiness import ReadinessReport, Reason
from phusong.agent.readiness.sums import State, by_district, by_reason, count, in_order, state_of
from phusong.agent.readiness.wording import LANGUAGES, WORDS, definitions
from phusong.maps.text import clean_text

each_language = pytest.mark.parametrize("lang", LANGUAGES)
LOADING = {"src", "srcset", "data", "poster", "action", "xlink:href", "srcdoc", "background", "style"}
VOID = {"meta"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "dl", "div", "dt", "dd",
    "svg", "rect", "nav", "ul", "li", "a", "main", "section", "span", "table", "caption", "thead", "tbody",
    "tfoot", "tr", "th", "td",
}  # fmt: skip


@dataclass
class Node:
    """An element: its tag, attributes and children, texts among them."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def all(self, tag: str, **wanted: str) -> list[Node]:
        """Return the elements below with these attributes, in the order of the page."""
        found = []
        for child in self.children:
            if isinstance(child, Node):
                if child.tag == tag and wanted.items() <= child.attributes.items():
                    found.append(child)
                found += child.all(tag, **wanted)
        return found

    def one(self, tag: str, **wanted: str) -> Node:
        (found,) = self.all(tag, **wanted)
        return found

    @property
    def text(self) -> str:
        """Return the text below, with spaces as they are for the eye."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip()


class Tree(HTMLParser):
    """Reads a page into nodes; every element that is opened must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.root = Node("")
        self._open = [self.root]
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self._open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


@cache
def tree_of(name: str, lang: str) -> Tree:
    return Tree(as_page({"full": full_report, "hostile": hostile_report}[name](), lang))


def spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@each_language
def test_the_head(lang: str) -> None:
    """Language, policy, the meeting and its time, what was asked when, whether it is real, and the counts."""
    report = full_report()
    root = tree_of("full", lang).root
    assert root.one("html").attributes["lang"] == lang
    policy = root.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'; form-action 'none'", policy
    )
    assert root.one("title").text == f"{shown.headline(report, lang)} · {WORDS[lang]['title']}"
    head = root.one("header")
    lines = [paragraph.text for paragraph in head.all("p")]
    assert lines == [
        *shown.meeting_lines(report, lang),
        *shown.asking_lines(report, lang),
        WORDS[lang]["synthetic"],
    ]
    counts = count(report.rows)
    figures = [cell.text for cell in head.one("dl").all("dd")]
    states = [State.READY_WITH_WARNINGS, State.NOT_READY, State.NOT_KNOWN]
    assert figures == [f"{counts.ready} / {counts.endpoints}", *(str(counts.by_state[state]) for state in states)]
    widths = {rect.attributes["class"]: int(rect.attributes["width"]) for rect in head.all("rect")}
    assert sum(widths.values()) == 1000
    for state in State:
        assert widths[state] == pytest.approx(1000 * counts.by_state[state] / counts.endpoints, abs=1)
    real = Tree(as_page(made_report(made_row("a"), synthetic=False), lang)).root
    assert not real.all("p", **{"class": "notice"})


@each_language
def test_links_lead_to_sections(lang: str) -> None:
    """Every section has a heading of its own and a way to it."""
    root = tree_of("full", lang).root
    sections = [section.attributes["id"] for section in root.all("section")]
    assert sections == ["first", "sums", "all", "explained"]
    assert [link.attributes["href"] for link in root.all("a")] == [f"#{name}" for name in sections]
    for section in root.all("section"):
        assert section.one("h2").attributes["id"] == section.attributes["aria-labelledby"]


@each_language
def test_cards_of_those_who_need_somebody(lang: str) -> None:
    """Not ready, then not known: every reason with what to do, the line, headroom, services, device, last call."""
    report = full_report()
    rows = [row for row in in_order(report) if state_of(row) in (State.NOT_READY, State.NOT_KNOWN)]
    cards = tree_of("full", lang).root.one("ul", **{"class": "cards"})
    items = [child for child in cards.children if isinstance(child, Node)]
    for card, row in zip(items, rows, strict=True):
        assert card.attributes["class"] == state_of(row)
        assert card.one("h3").text == row.name
        told = shown.shown_findings(row, lang)
        reasons = card.one("ul", **{"class": "reasons"}).all("li")
        for item, finding_ in zip(reasons, told, strict=True):
            sign = shown.SIGNS[finding_.state]
            assert item.text == f"{sign}{finding_.sentence}.→ {finding_.next_step}"
        assert shown.state_word(row, lang) in card.text
        facts = [cell.text for cell in card.one("dl").all("dd")]
        assert facts == [
            shown.line(row, lang),
            shown.headroom(row, report.needed_mbps, lang),
            " · ".join(shown.services(row, lang)) or "–",
            shown.device(row, lang),
            shown.last_good_call(row, lang),
        ]


@each_language
def test_the_table_of_everybody(lang: str) -> None:
    """Every endpoint in order, with everything; headings and roles say what each cell is."""
    report = full_report()
    words = WORDS[lang]
    table = tree_of("full", lang).root.one("section", id="all").one("table")
    heads = [head.text for head in table.one("thead").all("th", scope="col", role="columnheader")]
    rows = [row for row in table.one("tbody").all("tr", role="row") if isinstance(row, Node)]
    for tr, row in zip(rows, in_order(report), strict=True):
        cells = tr.all("td", role="cell")
        assert [cell.attributes.get("data-label") for cell in cells] == [None, *heads[2:]]
        name = tr.one("th", scope="row", role="rowheader")
        assert (row.name or row.endpoint_id) in name.text
        assert row.endpoint_id in name.text
        assert shown.place(row) in name.text
        assert cells[0].text == f"{shown.SIGNS[state_of(row)]} {shown.state_word(row, lang)}"
        for told in shown.shown_findings(row, lang):
            assert f"{told.sentence}." in cells[1].text
        if not row.findings:
            assert cells[1].text == words["no_findings"]
        assert [cell.text for cell in cells[2:]] == [
            shown.line(row, lang),
            shown.headroom(row, report.needed_mbps, lang),
            " · ".join(shown.services(row, lang)) or "–",
            shown.device(row, lang),
            shown.last_good_call(row, lang),
        ]
        short = any(
            shown.is_short(rate, report.needed_mbps) for rate in (row.headroom_down_mbps, row.headroom_up_mbps)
        )
        assert bool(cells[3].all("span", **{"class": "short"})) == short


@each_language
def test_who_is_warned_of_is_told_what_to_do(lang: str) -> None:
    """There is no card for those who are ready with warnings, so the step stands in the table."""
    row = made_row("a", finding(Reason.NO_GOOD_CALL))
    root = Tree(as_page(made_report(row), lang)).root
    assert WORDS[lang]["nobody_to_call"] in root.one("section", id="first").text
    (told,) = shown.shown_findings(row, lang)
    assert told.next_step in root.one("section", id="all").text


@each_language
def test_the_sums(lang: str) -> None:
    """By district with a total, and by reason, with headings for rows and columns."""
    report = full_report()
    districts, reasons = tree_of("full", lang).root.one("section", id="sums").all("table")
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in districts.all("tr")[1:]]
    wanted = [
        [shown.district_name(item.district, lang), item.counts.endpoints, *item.counts.by_state.values()]
        for item in by_district(report)
    ]
    counts = count(report.rows)
    wanted.append([WORDS[lang]["total"], counts.endpoints, *counts.by_state.values()])
    assert rows == [[str(value) for value in row] for row in wanted]
    rows = [[cell.text for cell in row.children if isinstance(cell, Node)] for row in reasons.all("tr")[1:]]
    assert rows == [
        [WORDS[lang][f"reason.{item.reason}"], str(item.keeps_out), str(item.warns)] for item in by_reason(report)
    ]
    for table in (districts, reasons):
        assert table.one("caption").text
        assert all("scope" in head.attributes for head in table.all("th"))


@each_language
def test_what_it_means(lang: str) -> None:
    """The definitions, the program, and the moment with its offset."""
    section = tree_of("full", lang).root.one("section", id="explained")
    assert [item.text for item in section.all("li")] == [spaced(text) for text in definitions(lang)]
    assert "2026-11-12T07:30:05+07:00" in section.text


@each_language
@pytest.mark.parametrize("name", ["full", "hostile"])
def test_nothing_acts(name: str, lang: str) -> None:
    """No script, no style outside the sheet, nothing to load, no element that a name brought along."""
    tree = tree_of(name, lang)
    assert tree.tags <= TAGS
    assert not [pair for pair in tree.attributes if pair[0] in LOADING or pair[0].startswith("on")]
    assert all(value.startswith("#") for key, value in tree.attributes if key == "href")
    assert len(tree.root.all("svg")) == 1


@each_language
def test_hostile_texts_are_only_text(lang: str) -> None:
    """Each stands in its row as it is, without what is not seen."""
    names = [head.text for head in tree_of("hostile", lang).root.all("th", role="rowheader")]
    for text, name in zip(HOSTILE, names, strict=True):
        assert name.startswith(spaced(clean_text(text)))
    page = as_page(hostile_report(), lang)
    assert not any(mark in page for mark in ("\u202e", "\u2028", "\x1b", "\x00", "${", "{{"))


@pytest.mark.parametrize(
    "report", [full_report(), hostile_report(), made_report()], ids=["full", "hostile", "empty"]
)
def test_the_same_report_gives_the_same_page(report: ReadinessReport) -> None:
    """Nothing of the moment of writing is in it."""
    assert as_page(report, "vi") == as_page(report, "vi")


@each_language
def test_no_endpoints(lang: str) -> None:
    """An empty report is a page that says so."""
    root = Tree(as_page(made_report(meeting=None), lang)).root
    assert WORDS[lang]["no_rows"] in root.one("section", id="all").text
    assert not root.all("svg")
    assert root.one("header").all("dd")[0].text == "0 / 0"
