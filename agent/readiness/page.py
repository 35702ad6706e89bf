"""A readiness report as one HTML file that asks nobody for anything: for the phones of organisers, and for A4.

No script; the policy in its head allows its one style sheet. Where a narrow screen shows rows as blocks their
roles say that they are a table still.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from phusong.maps.text import clean_text, escape_html

from . import shown
from .page_style import STYLE
from .readiness import ReadinessReport, ReadinessRow
from .sums import Counts, State, by_district, by_reason, count, in_order, state_of
from .wording import WORDS, definitions

_LONGEST: Final = 4000
"""Characters of one text of the page; names in it have a limit of their own."""
_NEEDS_SOMEBODY: Final = (State.NOT_READY, State.NOT_KNOWN)
_BAR_WIDTH: Final = 1000
_BETWEEN: Final = " · "


def as_page(report: ReadinessReport, lang: str) -> str:
    """Return the page."""
    words = WORDS[lang]
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    title = f"{shown.headline(report, lang)} · {words['title']}"
    parts = [
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="format-detection" content="telephone=no">',
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
        _header(report, lang),
        "<main>",
        _first(report, lang),
        _sums(report, lang),
        _everybody(report, lang),
        _explained(report, lang),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    return escape_html(text, _LONGEST)


def _section(name: str, title: str, contents: str) -> str:
    return (
        f'<section id="{name}" aria-labelledby="{name}-head">\n<h2 id="{name}-head">{_text(title)}</h2>\n'
        f"{contents}\n</section>"
    )


def _header(report: ReadinessReport, lang: str) -> str:
    words = WORDS[lang]
    meeting = "".join(f'<p class="meeting">{_text(line)}</p>\n' for line in shown.meeting_lines(report, lang))
    asking = "".join(f"<p>{_text(line)}</p>\n" for line in shown.asking_lines(report, lang))
    notice = f'<p class="notice">{_text(words["synthetic"])}</p>\n' if report.synthetic else ""
    sections = {"first": "not_ready_first", "sums": "sums", "all": "everybody", "explained": "explained"}
    links = "".join(f'<li><a href="#{name}">{_text(words[key])}</a></li>' for name, key in sections.items())
    return (
        f"<header>\n<h1>{_text(words['title'])}</h1>\n{meeting}{asking}{notice}{_figures(report, lang)}\n"
        f'<nav aria-label="{_text(words["contents"])}"><ul>{links}</ul></nav>\n</header>'
    )


def _figures(report: ReadinessReport, lang: str) -> str:
    """Return how many of how many are ready and in which states, and the same as a bar."""
    words = WORDS[lang]
    counts = count(report.rows)
    figures = [
        (State.READY, words["state.ready"], f"{counts.ready} / {counts.endpoints}"),
        (State.READY_WITH_WARNINGS, words["of_these_warned"], str(counts.by_state[State.READY_WITH_WARNINGS])),
        *((state, words[f"state.{state}"], str(counts.by_state[state])) for state in _NEEDS_SOMEBODY),
    ]
    cells = "".join(
        f'<div class="{name}"><dt>{_text(label)}</dt><dd>{_text(figure)}</dd></div>'
        for name, label, figure in figures
    )
    return f'<dl class="figures">{cells}</dl>\n{_bar(counts, shown.headline(report, lang))}'


def _bar(counts: Counts, label: str) -> str:
    """Return the shares of the states as a picture; nothing without endpoints."""
    if not counts.endpoints:
        return ""
    rectangles = []
    done = 0
    for state in reversed(State):
        begin, done = done, done + counts.by_state[state]
        left, right = (round(_BAR_WIDTH * part / counts.endpoints) for part in (begin, done))
        rectangles.append(f'<rect class="{state}" x="{left}" y="0" width="{right - left}" height="14"/>')
    return (
        f'<svg class="shares" viewBox="0 0 {_BAR_WIDTH} 14" preserveAspectRatio="none" role="img" '
        f'aria-label="{_text(label)}">{"".join(rectangles)}</svg>'
    )


def _first(report: ReadinessReport, lang: str) -> str:
    """Return a card for everybody who is not ready or not known, with whom to ask."""
    words = WORDS[lang]
    rows = [row for row in in_order(report) if state_of(row) in _NEEDS_SOMEBODY]
    cards = "\n".join(_card(row, report.needed_mbps, lang) for row in rows)
    contents = f'<ul class="cards">\n{cards}\n</ul>' if rows else f"<p>{_text(words['nobody_to_call'])}</p>"
    return _section("first", f"{words['not_ready_first']} ({len(rows)})", contents)


def _card(row: ReadinessRow, needed_mbps: float, lang: str) -> str:
    words = WORDS[lang]
    facts = [
        (words["column.line"], _text(shown.line(row, lang))),
        (words["column.headroom"], _headroom(row, needed_mbps, lang)),
        (words["column.services"], _services(row, lang)),
        (words["column.device"], _text(shown.device(row, lang))),
        (words["good_call.label"], _text(shown.last_good_call(row, lang))),
    ]
    cells = "".join(f"<div><dt>{_text(name)}</dt><dd>{html}</dd></div>" for name, html in facts)
    return (
        f'<li class="{state_of(row)}"><div class="card-head"><h3>{_text(_name(row))}</h3>{_badge(row, lang)}</div>'
        f'<p>{_text(_where(row))}</p>{_reasons(row, lang, steps=True)}<dl class="facts">{cells}</dl></li>'
    )


def _name(row: ReadinessRow) -> str:
    return clean_text(row.name) or clean_text(row.endpoint_id)


def _where(row: ReadinessRow) -> str:
    return _BETWEEN.join(part for part in (clean_text(row.endpoint_id), shown.place(row)) if part)


def _badge(row: ReadinessRow, lang: str) -> str:
    state = state_of(row)
    return f'<span class="badge {state}">{shown.SIGNS[state]} {_text(shown.state_word(row, lang))}</span>'


def _reasons(row: ReadinessRow, lang: str, *, steps: bool) -> str:
    items = []
    for finding in shown.shown_findings(row, lang):
        step = f'<span class="step">→ {_text(finding.next_step)}</span>' if steps else ""
        items.append(
            f'<li><span class="said {finding.state}"><span class="sign" aria-hidden="true">'
            f"{shown.SIGNS[finding.state]}</span>"
            f"{_text(finding.sentence)}.</span>{step}</li>"
        )
    return f'<ul class="reasons">{"".join(items)}</ul>' if items else ""


def _headroom(row: ReadinessRow, needed_mbps: float, lang: str) -> str:
    """Return what is left; no line ends between a figure and what belongs to it."""
    parts = shown.headroom(row, needed_mbps, lang).split(_BETWEEN)
    text = _text(_BETWEEN.join(part.replace(" ", "\u00a0") for part in parts))
    rates = (row.headroom_down_mbps, row.headroom_up_mbps)
    return (
        f'<span class="short">{text}</span>' if any(shown.is_short(rate, needed_mbps) for rate in rates) else text
    )


def _services(row: ReadinessRow, lang: str) -> str:
    return _text(_BETWEEN.join(shown.services(row, lang)) or WORDS[lang]["none"])


def _sums(report: ReadinessReport, lang: str) -> str:
    words = WORDS[lang]
    states = [words[f"state.{state}"] for state in State]
    districts = [(shown.district_name(item.district, lang), _numbers(item.counts)) for item in by_district(report)]
    reasons = [(words[f"reason.{item.reason}"], [item.keeps_out, item.warns]) for item in by_reason(report)]
    tables = [
        _sums_table(
            words["by_district"],
            [words["column.district"], words["column.endpoints"], *states],
            districts,
            (words["total"], _numbers(count(report.rows))),
        )
    ]
    if reasons:
        heads = [words["column.reason"], words["column.keeps_out"], words["column.warns"]]
        tables.append(_sums_table(words["by_reason"], heads, reasons))
    return _section("sums", words["sums"], f'<div class="sums">\n{chr(10).join(tables)}\n</div>')


def _numbers(counts: Counts) -> list[int]:
    return [counts.endpoints, *(counts.by_state[state] for state in State)]


def _sums_table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[tuple[str, Sequence[int]]],
    total: tuple[str, Sequence[int]] | None = None,
) -> str:
    first, *others = heads
    head = f'<th scope="col">{_text(first)}</th>' + "".join(
        f'<th scope="col" class="n">{_text(name)}</th>' for name in others
    )
    body = "\n".join(_sums_row(name, numbers) for name, numbers in rows)
    foot = f"<tfoot>{_sums_row(*total)}</tfoot>" if total else ""
    return (
        f"<table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
        f"{foot}</table>"
    )


def _sums_row(name: str, numbers: Sequence[int]) -> str:
    cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
    return f'<tr><th scope="row">{_text(name)}</th>{cells}</tr>'


def _everybody(report: ReadinessReport, lang: str) -> str:
    words = WORDS[lang]
    if not report.rows:
        return _section("all", words["everybody"], f"<p>{_text(words['no_rows'])}</p>")
    names = ("state", "endpoint", "findings", "line", "headroom", "services", "device", "last_good_call")
    heads = [words[f"column.{name}"] for name in names]
    head = "".join(
        f'<th scope="col" role="columnheader" class="{name}">{_text(title)}</th>'
        for name, title in zip(names, heads, strict=True)
    )
    body = "\n".join(_row(row, report.needed_mbps, heads, lang) for row in in_order(report))
    return _section(
        "all",
        f"{words['everybody']} ({len(report.rows)})",
        f'<p>{_text(words["order"])}</p>\n<table role="table" aria-labelledby="all-head">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody></table>',
    )


def _row(row: ReadinessRow, needed_mbps: float, heads: Sequence[str], lang: str) -> str:
    """Return a row of the table; steps stand where there is no card to show them."""
    reasons = _reasons(row, lang, steps=state_of(row) not in _NEEDS_SOMEBODY)
    cells = [
        reasons or _text(WORDS[lang]["no_findings"]),
        _text(shown.line(row, lang)),
        _headroom(row, needed_mbps, lang),
        _services(row, lang),
        _text(shown.device(row, lang)),
        _text(shown.last_good_call(row, lang)),
    ]
    labelled = "".join(
        f'<td role="cell" data-label="{_text(label)}">{html}</td>'
        for label, html in zip(heads[2:], cells, strict=True)
    )
    return (
        f'<tr role="row"><td role="cell" class="state">{_badge(row, lang)}</td>'
        f'<th scope="row" role="rowheader">{_text(_name(row))}<p>{_text(_where(row))}</p></th>{labelled}</tr>'
    )


def _explained(report: ReadinessReport, lang: str) -> str:
    items = "".join(f"<li>{_text(text)}</li>" for text in definitions(lang))
    words = WORDS[lang]
    moment = shown.local(report.checked_at).isoformat()
    made = f"<p>{_text(words['program'])}: {_text(shown.program())} · {_text(moment)}</p>"
    return _section("explained", words["explained"], f'<ul class="words">{items}</ul>\n{made}')
