"""The status page at ``/``: counts by verdict, and every line and endpoint that is not up, worst first.

Plain HTML without scripts. Every text that is not ours passes ``html.escape``; the policy in ``CONTENT_POLICY``
allows nothing but the one style sheet.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from html import escape
from typing import TypeVar

from phusong.exporters import status_services
from phusong.exporters.snapshot import (
    GOOD_VERDICTS,
    EndpointRow,
    Isolation,
    LinkRow,
    ServiceVerdict,
    SiteRow,
    Snapshot,
    Verdict,
)
from phusong.exporters.status_words import Words, difference_of_ends

RELOAD_S = 30
ROW_LIMIT = 300
"""Rows per table: on the day everything is down the page must still open on a telephone."""

_PROVINCE_TIME = timezone(timedelta(hours=7))
_WORST_FIRST = (
    Verdict.DOWN,
    Verdict.UNREACHABLE,
    Verdict.PARENT_DOWN,
    Verdict.NO_SERVICE,
    Verdict.POOR_CALL,
    Verdict.NOT_REGISTERED,
    Verdict.CONGESTED,
    Verdict.DEGRADED,
    Verdict.SNMP_DEAD,
    Verdict.UNKNOWN,
    Verdict.ADMIN_DOWN,
    Verdict.MAINTENANCE,
    Verdict.IN_CALL,
    Verdict.READY,
    Verdict.UP,
)
_WORST_OFFICE_FIRST = (
    Isolation.ISOLATED,
    Isolation.ON_FALLBACK,
    Isolation.AT_RISK,
    Isolation.CONNECTED,
    Isolation.UNKNOWN,
)
_COLOUR: Mapping[str, str] = {
    Verdict.UP: "good",
    Verdict.READY: "good",
    Verdict.IN_CALL: "good",
    Verdict.NO_SERVICE: "bad",
    Verdict.POOR_CALL: "warn",
    Verdict.NOT_REGISTERED: "warn",
    Verdict.DOWN: "bad",
    Verdict.UNREACHABLE: "bad",
    Verdict.PARENT_DOWN: "bad",
    Verdict.CONGESTED: "warn",
    Verdict.DEGRADED: "warn",
    Verdict.SNMP_DEAD: "warn",
    Verdict.ADMIN_DOWN: "off",
    Verdict.MAINTENANCE: "off",
    Isolation.ISOLATED: "bad",
    Isolation.ON_FALLBACK: "warn",
    Isolation.AT_RISK: "warn",
    Isolation.CONNECTED: "good",
    ServiceVerdict.SLOW: "warn",
}
"""States that are called alike, such as up, have one colour."""

_STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--line:#d9dde3;--text:#1a2029;--soft:#5b6675;
--good:#1a7f4b;--warn:#9a6200;--bad:#c02626;--off:#4a5f8c;--link:#0b57b0}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b2129;--line:#323b47;--text:#e6eaf0;--soft:#9aa6b5;
--good:#4cc38a;--warn:#e5a13c;--bad:#ff7b72;--off:#9db2e0;--link:#7ab7ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:76rem;background:var(--page);color:var(--text);
font:16px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.5rem;margin:0;line-height:1.3}h2{font-size:1.1rem;margin:1.75rem 0 .5rem}
p{margin:.3rem 0}.soft{color:var(--soft)}a{color:var(--link)}
nav{display:flex;flex-wrap:wrap;gap:.4rem .6rem;margin:.9rem 0}
nav a{padding:.3rem .75rem;border:1px solid var(--line);border-radius:1rem;background:var(--card);
text-decoration:none}
nav a:hover,nav a:focus-visible{border-color:var(--link)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:.8rem;margin:1rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem}
.card h2{margin:0;font-size:1rem}.big{font-size:1.9rem;font-weight:600;line-height:1.3}
.big small{font-size:1rem;font-weight:400;color:var(--soft)}
.bar{display:block;width:100%;height:.5rem;margin:.35rem 0 .6rem;border-radius:.25rem;overflow:hidden}
ul{list-style:none;margin:0;padding:0}li{display:flex;justify-content:space-between;gap:1rem}
b{font-weight:600}.good{color:var(--good);fill:var(--good)}.warn{color:var(--warn);fill:var(--warn)}
.bad{color:var(--bad);fill:var(--bad)}.off{color:var(--off);fill:var(--off)}
.none{color:var(--soft);fill:var(--soft)}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .7rem;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
th{font-size:.85rem;color:var(--soft);font-weight:600;white-space:nowrap}
td:last-child{overflow-wrap:anywhere}td:nth-child(2){min-width:10rem}tr:last-child td{border-bottom:0}
td b{white-space:nowrap}.when{white-space:nowrap}
td small{display:block;color:var(--soft)}
code{display:block;padding:.6rem .8rem;background:var(--card);border:1px solid var(--line);border-radius:.4rem;
overflow-wrap:anywhere}
@media(max-width:46rem){thead{display:none}table,tbody,tr,td{display:block}
tr{padding:.5rem .8rem;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0}
td{border:0;padding:.12rem 0;display:grid;grid-template-columns:7.5rem 1fr;gap:.6rem;overflow-wrap:anywhere}
td::before{content:attr(data-label);color:var(--soft);font-size:.85rem}td:empty{display:none}
td:first-child{font-weight:600}}
@media print{nav{display:none}body{max-width:none;padding:0}}
"""

CONTENT_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the pages made here."""


def status_html(snapshot: Snapshot | None, words: Words, version: str) -> str:
    """Return the status page; ``None`` is the time before the first snapshot."""
    body = [
        f"<header><h1>{escape(words.title)}</h1>",
        f'<p class="soft">{_as_of(snapshot, words)} phusong {escape(version)}</p></header>',
        _navigation(words),
    ]
    if snapshot is None:
        body.append(f"<main><p>{escape(words.waiting)}</p></main>")
    else:
        body.append(f"<main>{_overview(snapshot, words)}{_tables(snapshot, words)}</main>")
    return _page(words, words.title, "".join(body), reload_s=RELOAD_S)


def no_map_html(words: Words) -> str:
    """Return what stands at ``/map`` while nobody has made a map."""
    body = (
        f"<main><h1>{escape(words.no_map_title)}</h1><p>{escape(words.no_map)}</p>"
        "<code>phusong map --config phusong.yaml</code></main>"
    )
    return _page(words, words.no_map_title, body + _navigation(words), reload_s=None)


def _page(words: Words, title: str, body: str, *, reload_s: int | None) -> str:
    reload_tag = f'<meta http-equiv="refresh" content="{reload_s}">' if reload_s else ""
    return (
        f'<!doctype html><html lang="{words.language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{reload_tag}'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _navigation(words: Words) -> str:
    targets = (
        ("/map", words.map),
        ("/metrics", words.metrics),
        ("/api/v1/snapshot", words.data),
        ("/-/healthy", words.healthy),
        ("/-/ready", words.ready),
    )
    return "<nav>" + "".join(f'<a href="{path}">{escape(text)}</a>' for path, text in targets) + "</nav>"


def _as_of(snapshot: Snapshot | None, words: Words) -> str:
    if snapshot is None:
        return ""
    return escape(words.as_of.format(time=_time(snapshot.taken_at, "%Y-%m-%d %H:%M:%S %z"))) + " ·"


def _time(unix_s: float, form: str) -> str:
    return datetime.fromtimestamp(unix_s, _PROVINCE_TIME).strftime(form)


def _overview(snapshot: Snapshot, words: Words) -> str:
    links = Counter(row.verdict for row in snapshot.links)
    endpoints = Counter(row.verdict for row in snapshot.endpoints)
    sites = Counter(row.isolation for row in snapshot.sites)
    cards = (
        _card(words.lines, links, _WORST_FIRST, (Verdict.UP,), words.verdicts),
        _card(words.endpoints, endpoints, _WORST_FIRST, (Verdict.READY, Verdict.IN_CALL), words.verdicts),
        *(
            [
                _card(
                    words.services,
                    Counter(row.verdict for row in snapshot.services),
                    status_services.ORDER,
                    (ServiceVerdict.UP,),
                    words.service_verdicts,
                )
            ]
            if snapshot.services
            else ()
        ),
        _card(words.sites, sites, _WORST_OFFICE_FIRST, (Isolation.CONNECTED, Isolation.AT_RISK), words.isolations),
    )
    coming = status_services.meetings(snapshot, words, lambda unix_s: _time(unix_s, "%H:%M %d/%m/%Y"))
    return f'<div class="cards">{"".join(cards)}</div>{coming}{_coverage(snapshot, words)}'


State = TypeVar("State", bound=StrEnum)


def _card(
    title: str,
    counts: Mapping[State, int],
    order: Sequence[State],
    good: Sequence[State],
    names: Mapping[State, str],
) -> str:
    total = sum(counts.values())
    rows = "".join(
        f'<li><span class="{_colour(key)}">{escape(names.get(key, key))}</span><b>{counts[key]}</b></li>'
        for key in order
        if counts.get(key)
    )
    return (
        f'<section class="card"><h2>{escape(title)}</h2>'
        f'<p class="big">{sum(counts.get(key, 0) for key in good)} <small>/ {total}</small></p>'
        f"{_bar(counts, order, total)}<ul>{rows}</ul></section>"
    )


def _bar(counts: Mapping[State, int], order: Sequence[State], total: int) -> str:
    """Return the shares as a bar; the numbers stand below it, so it is hidden from screen readers."""
    parts, left = [], 0.0
    for key in order:
        width = 100 * counts.get(key, 0) / total if total else 0
        if width:
            parts.append(f'<rect class="{_colour(key)}" x="{left:.3f}%" width="{width:.3f}%" height="100%"/>')
            left += width
    return f'<svg class="bar" aria-hidden="true">{"".join(parts)}</svg>'


def _colour(key: str) -> str:
    return _COLOUR.get(key, "none")


def _coverage(snapshot: Snapshot, words: Words) -> str:
    summary = snapshot.coverage
    if summary is None:
        return f'<p class="soft">{escape(words.no_coverage)}</p>'
    notes = (words.schematic if summary.schematic else "") + (words.synthetic if summary.synthetic else "")
    text = words.coverage.format(count=len(summary.communes), edition=summary.edition, notes=notes)
    return f'<p class="soft">{escape(text)}</p>'


def _tables(snapshot: Snapshot, words: Words) -> str:
    sites = {row.info.site_id: row for row in snapshot.sites}
    links = sorted(
        (row for row in snapshot.links if row.verdict not in GOOD_VERDICTS), key=lambda row: _rank(row, sites)
    )
    endpoints = sorted(
        (row for row in snapshot.endpoints if row.verdict not in GOOD_VERDICTS), key=lambda row: _rank(row, sites)
    )
    link_rows = (
        (
            f'<span class="when">{escape(row.info.link_id)}</span>',
            _site(row.info.site_id, sites),
            f'<span class="when">{escape(row.info.carrier)}</span>',
            *_state(row, sites, snapshot.taken_at, words, _what_is_wrong(row, words)),
        )
        for row in links[:ROW_LIMIT]
    )
    endpoint_rows = (
        (
            f"<span>{escape(row.info.name)}<small>{escape(row.info.endpoint_id)}</small></span>",
            _site(row.info.site_id, sites),
            *_state(row, sites, snapshot.taken_at, words, status_services.call_problem(row, words)),
        )
        for row in endpoints[:ROW_LIMIT]
    )
    state_heads = (words.state, words.office, words.since, words.problem)
    parts = []
    if snapshot.links:
        parts.append(f"<h2>{escape(words.lines_not_up)} ({len(links)})</h2>")
        parts.append(_table((words.line, words.site, words.carrier, *state_heads), link_rows, len(links), words))
    if snapshot.endpoints:
        parts.append(f"<h2>{escape(words.endpoints_not_up)} ({len(endpoints)})</h2>")
        parts.append(_table((words.endpoint, words.site, *state_heads), endpoint_rows, len(endpoints), words))
    if snapshot.services:
        parts.append(_services(snapshot, words))
    return "".join(parts)


def _services(snapshot: Snapshot, words: Words) -> str:
    wrong = status_services.services_not_well(snapshot.services)
    rows = (
        (
            f"<span>{escape(row.info.name)}<small>{escape(row.info.service_id)}</small></span>",
            f'<b class="{_colour(row.verdict)}">{escape(words.service_verdicts[row.verdict])}</b>',
            _since(row.since, snapshot.taken_at, words),
            escape(status_services.problem_of(row, words)),
        )
        for row in wrong[:ROW_LIMIT]
    )
    heads = (words.service, words.state, words.since, words.problem)
    title = f"<h2>{escape(words.services_not_up)} ({len(wrong)})</h2>"
    return title + _table(heads, rows, len(wrong), words)


def _rank(row: LinkRow | EndpointRow, sites: Mapping[str, SiteRow]) -> tuple[bool, int, float]:
    """Order rows: offices that are cut off first, then the worse verdict, then the longer outage."""
    site = sites.get(row.info.site_id)
    isolated = site is not None and site.isolation is Isolation.ISOLATED
    worst = _WORST_FIRST.index(row.verdict) if row.verdict in _WORST_FIRST else 0
    return not isolated, worst, row.since if row.since is not None else float("inf")


def _site(site_id: str, sites: Mapping[str, SiteRow]) -> str:
    site = sites.get(site_id)
    name = site.info.name if site else ""
    return f"<span>{escape(name)}<small>{escape(site_id)}</small></span>"


def _state(
    row: LinkRow | EndpointRow, sites: Mapping[str, SiteRow], now: float, words: Words, more: str = ""
) -> tuple[str, str, str, str]:
    site = sites.get(row.info.site_id)
    isolation = site.isolation if site else Isolation.UNKNOWN
    return (
        f'<b class="{_colour(row.verdict)}">{escape(words.verdicts.get(row.verdict, row.verdict))}</b>',
        f'<b class="{_colour(isolation)}">{escape(words.isolations.get(isolation, isolation))}</b>',
        _since(row.since, now, words),
        escape(" ".join(filter(None, (_whose_fault(row.cause, words), more, row.problem)))),
    )


def _since(since: float | None, now: float, words: Words) -> str:
    if since is None:
        return ""
    length = _length(now - since, words)
    return f'<span class="when">{_time(since, "%Y-%m-%d %H:%M")}<small>{escape(length)}</small></span>'


def _whose_fault(cause: str, words: Words) -> str:
    """Return a sentence on what is at fault (``link hl-07``); none where that is the thing itself."""
    kind, _, name = cause.partition(" ")
    return words.because.format(cause=f"{words.at_fault.get(kind, kind)} {name}") if cause else ""


def _what_is_wrong(row: LinkRow, words: Words) -> str:
    """Say what is the matter with a line beside its verdict: use, what exceeds its limit, ends that differ."""
    use = [
        words.use.format(way=way, percent=f"{ratio * 100:.0f}")
        for way, ratio in ((words.down, row.use_down_ratio), (words.up, row.use_up_ratio))
        if row.verdict is Verdict.CONGESTED and ratio is not None
    ]
    return " ".join(
        filter(None, (*use, *(words.degradations[d] for d in row.degradations), difference_of_ends(row, words)))
    )


def _length(seconds: float, words: Words) -> str:
    minutes = int(max(seconds, 0.0)) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return words.days_hours.format(days=days, hours=hours % 24)
    if hours:
        return words.hours_minutes.format(hours=hours, minutes=minutes % 60)
    return words.minutes.format(minutes=minutes) if minutes else words.seconds


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], total: int, words: Words) -> str:
    """Return a table of cells that are HTML already; the heads stand at each cell too, for narrow screens."""
    if not total:
        return f'<p class="soft">{escape(words.all_up)}</p>'
    labels = [escape(head) for head in heads]
    head = "".join(f"<th>{label}</th>" for label in labels)
    body = "".join(
        "<tr>"
        + "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in zip(labels, row, strict=True))
        + "</tr>"
        for row in rows
    )
    more = ""
    if total > ROW_LIMIT:
        text = escape(words.and_more.format(count=total - ROW_LIMIT))
        more = f'<p class="soft">{text} <a href="/api/v1/snapshot">{escape(words.data)}</a></p>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
