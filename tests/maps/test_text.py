"""Outside text is made harmless in one place."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template

from phusong.maps.text import MAX_LENGTH, clean_text, escape_html, script_json

GOLDEN = [
    ("Xã Đồng Rui", "Xã Đồng Rui"),
    ("", ""),
    ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
    ("</script><script>alert(1)</script>", "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("${alert(1)}", "&#36;&#123;alert(1)}"),
    ("{{7*7}}{% set x %}", "&#123;&#123;7*7}}&#123;% set x %}"),
    ("a`b", "a&#96;b"),
    ("\" onmouseover='x'", "&quot; onmouseover=&#x27;x&#x27;"),
    ("Viettel & VNPT", "Viettel &amp; VNPT"),
    ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
    ("nul\x00 bel\x07 esc\x1b[31m del\x7f", "nul bel esc[31m del"),
    ("c1 \x80\x9b next\x85line", "c1  next line"),
    ("rlo \u202egnp.exe pdf\u202c iso\u2066x\u2069 lrm\u200e", "rlo gnp.exe pdf isox lrm"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("line\u2028sep\u2029 tab\tnl\r\n", "line sep  tab nl"),
    ("half \ud800 surrogate", "half  surrogate"),
    ("Hòa Hòa", "Hòa Hòa"),
]


@pytest.mark.parametrize(("text", "shown"), GOLDEN)
def test_escape_html(text: str, shown: str) -> None:
    """The golden table: what a page shows of a hostile or odd text."""
    assert escape_html(text) == shown


def test_long_text_is_cut() -> None:
    """A device may send 65,535 octets; the page keeps a line and says that it was cut."""
    cut = clean_text("x" * 65_535)
    assert len(cut) == MAX_LENGTH
    assert cut.endswith("…")
    assert clean_text("x" * MAX_LENGTH) == "x" * MAX_LENGTH
    assert escape_html("&" * 10, max_length=4) == "&amp;&amp;&amp;…"


class _Shown(HTMLParser):
    """Collects what a parser makes of escaped text: tags would be seen as tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1

    def handle_endtag(self, tag: str) -> None:
        self.tags += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(max_size=200))
def test_escaped_text_reads_back(text: str) -> None:
    """Whatever goes in: a parser finds no tag and reads the cleaned text back, and no template can start."""
    escaped = escape_html(text)
    parser = _Shown()
    parser.feed(escaped)
    parser.close()
    assert parser.tags == 0
    assert parser.text == clean_text(text)
    assert "`" not in escaped
    assert "{" not in escaped
    escaped.encode("utf-8")


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner), max_leaves=10))
def test_script_json(value: object) -> None:
    """The data block has nothing that can end a script element, and reads back as the cleaned value."""
    text = script_json([value])  # type: ignore[list-item]
    assert not set("<>&\u2028\u2029") & set(text)
    assert not re.search(r"\{[{%#]", text)

    def cleaned(item: object) -> object:
        if isinstance(item, str):
            return clean_text(item)
        return [cleaned(each) for each in item] if isinstance(item, list) else item

    assert json.loads(text) == [cleaned(value)]


@pytest.mark.parametrize("text", ["{{7*7}}", "{{{", "\\{{", "{%x%}", "{#", "{", "a{b}"])
def test_script_json_is_no_template(text: str) -> None:
    """Branca renders what it is given as a Jinja template: the data come out of one as they went in."""
    rendered = Template(script_json({"name": text})).render()
    assert json.loads(rendered) == {"name": text}


def test_script_json_numbers() -> None:
    """JSON has no word for "not a number" nor for infinity: they become null and never break the page."""
    assert script_json({"a": [float("nan"), float("inf"), 0.5, True]}) == '{"a":[null,null,0.5,true]}'
