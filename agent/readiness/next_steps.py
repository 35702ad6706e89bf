"""What to do about a reason: whom to call, what to look at. One line each.

Where a finding or the line's verdict says whose fault it is, nobody is sent to the wrong door.
"""

from __future__ import annotations

from phusong.exporters.snapshot import Verdict
from phusong.maps.text import clean_text

from .details import detail_text
from .readiness import Finding, ReadinessRow, Reason
from .wording import WORDS

VARIANTS = {
    Reason.LINE_DOWN: ("device", "other_line", "switched_off"),
    Reason.POOR_CALL: ("line", "room"),
}
"""The reasons of which the step depends on what else is known."""


def general_step(reason: Reason, lang: str) -> str:
    """Return what to do about a reason, for no endpoint in particular."""
    words = WORDS[lang]
    names = {name: words[f"fill.{name}"] for name in ("carrier", "link", "site")}
    return _sentence(words[f"next.{reason}"].format(**names))


def next_step(finding: Finding, row: ReadinessRow, lang: str) -> str:
    """Return what to do about a finding, with the names of office, line and carrier."""
    words = WORDS[lang]
    variant = _variant(finding, row)
    key = f"next.{finding.reason}.{variant}" if variant else f"next.{finding.reason}"
    text = words[key].format(
        carrier=clean_text(row.carrier) or words["fill.carrier"],
        link=clean_text(row.link_id) or words["fill.link"],
        site=clean_text(row.site_name) or clean_text(row.site_id) or words["fill.site"],
        cause=detail_text(finding, lang),
    )
    return _sentence(text)


def _variant(finding: Finding, row: ReadinessRow) -> str:
    kind, _, name = clean_text(finding.detail).partition(" ")
    if finding.reason is Reason.LINE_DOWN:
        if kind == "device" and name:
            return "device"
        if kind == "link" and name not in ("", clean_text(row.link_id)):
            return "other_line"
        return "switched_off" if row.link_verdict is Verdict.ADMIN_DOWN else ""
    if finding.reason is Reason.POOR_CALL:
        return {"line": "line", "link": "line", "room": "room"}.get(kind, "")
    return ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
