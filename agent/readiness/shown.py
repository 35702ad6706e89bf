"""How a readiness report's values are written for people, in two languages, for every form. Decides no value.

All text of inventory, devices and calendars is made fit to be seen here: see ``maps.text.clean_text``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from importlib.metadata import version
from typing import Final

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.report.shown import shown_moment, with_comma
from phusong.collectors.call_readings import ServiceReading, ServiceState
from phusong.exporters.snapshot import Verdict
from phusong.maps.text import clean_text

from .details import detail_text
from .next_steps import next_step
from .readiness import Finding, ReadinessReport, ReadinessRow
from .sums import State, count, state_of
from .wording import SERVICES, VERDICTS, WORDS, code_text

SIGNS: Final = {State.NOT_READY: "✗", State.NOT_KNOWN: "?", State.READY_WITH_WARNINGS: "!", State.READY: "✓"}
"""What tells the states apart where there is no colour."""
LATEST_S: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=LOCAL_TIME).timestamp()
"""The last second that can be written: certificates that never end name it in UTC (RFC 5280, 4.1.2.5)."""
_HUNDREDTH: Final = Decimal("0.01")
_NAMED_ATTENDEES: Final = 10
_LONGEST_LIST: Final = 1000


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding in words: what is so, and what to do about it."""

    state: State
    """In which it alone would leave the endpoint."""
    sentence: str
    """Without a full stop: ``Its line is out: link hl-07``."""
    next_step: str

    @property
    def keeps_out(self) -> bool:
        """Whether it alone keeps the endpoint from being ready."""
        return self.state is not State.READY_WITH_WARNINGS


def local(moment: datetime) -> datetime:
    """Return a moment in the time of the province, in whole seconds."""
    return moment.astimezone(LOCAL_TIME).replace(microsecond=0)


def moment_of(unix_s: float) -> datetime:
    """Return the moment of a Unix time of a certificate, whatever stands in it."""
    return datetime.fromtimestamp(min(max(unix_s, 0.0), LATEST_S), LOCAL_TIME)


def state_word(row: ReadinessRow, lang: str) -> str:
    """Return whether the endpoint is ready, in words."""
    return WORDS[lang][f"state.{state_of(row)}"]


def verdict_word(verdict: Verdict | None, lang: str) -> str:
    """Return a verdict in the words of the status page; nothing without one."""
    return "" if verdict is None else VERDICTS[lang][verdict]


def shown_findings(row: ReadinessRow, lang: str) -> list[ShownFinding]:
    """Return every finding of a row in words, in its order."""
    return [
        ShownFinding(
            state_of(replace(row, findings=(finding,))),
            finding_sentence(finding, lang),
            next_step(finding, row, lang),
        )
        for finding in row.findings
    ]


def finding_sentence(finding: Finding, lang: str) -> str:
    """Return the reason with its detail, without a full stop."""
    sentence = WORDS[lang][f"reason.{finding.reason}"]
    detail = detail_text(finding, lang)
    return f"{sentence}: {detail}" if detail else sentence


def place(row: ReadinessRow) -> str:
    """Return office, commune and district as far as they are known, each name once."""
    parts = (clean_text(part) for part in (row.site_name or row.site_id, row.commune, row.district))
    return " · ".join(dict.fromkeys(part for part in parts if part))


def district_name(district: str, lang: str) -> str:
    """Return the name of a district; words where there is none."""
    return clean_text(district) or WORDS[lang]["not_in_district"]


def line(row: ReadinessRow, lang: str) -> str:
    """Return the line, its carrier and its verdict; a dash without a line."""
    link_id, carrier = clean_text(row.link_id), clean_text(row.carrier)
    name = f"{link_id} ({carrier})" if link_id and carrier else link_id or carrier
    verdict = verdict_word(row.link_verdict, lang)
    return ": ".join(part for part in (name, verdict) if part) or WORDS[lang]["none"]


def mbps(rate: float | None, lang: str) -> str:
    """Return megabits per second as :func:`rate_left` gives them; a dash when they are not known."""
    left = rate_left(rate)
    return WORDS[lang]["none"] if left is None else with_comma(f"{left:f}".rstrip("0").rstrip("."), lang)


def rate_left(rate: float | None) -> Decimal | None:
    """Return a rate in hundredths, rounded down, so that what is too little never looks like enough.

    Of a line that carries more than was agreed nothing is left, and not less than nothing.
    """
    if rate is None or not math.isfinite(rate):
        return None
    return max(Decimal(repr(rate)).quantize(_HUNDREDTH, ROUND_FLOOR), Decimal("0.00"))


def is_short(rate: float | None, needed: float) -> bool:
    """Return whether a headroom is known and less than what HD needs."""
    return rate is not None and rate < needed


def headroom(row: ReadinessRow, needed: float, lang: str, *, arrows: bool = False) -> str:
    """Return what is left both ways, and what is needed; what is too little has a sign behind it.

    ``arrows`` stand for the words down and up where there is little room.
    """
    down, up = (
        mbps(rate, lang) + (" " + SIGNS[State.NOT_READY] if is_short(rate, needed) else "")
        for rate in (row.headroom_down_mbps, row.headroom_up_mbps)
    )
    return WORDS[lang]["headroom.arrows" if arrows else "headroom"].format(
        down=down, up=up, needed=mbps(needed, lang)
    )


def service(reading: ServiceReading, lang: str) -> str:
    """Return how a service answered: ``SIP: 200 OK``, ``H.323 refuses the connection``."""
    words = WORDS[lang]
    name, usual_port = SERVICES[reading.kind]
    if reading.port != usual_port:
        name = words["service.port"].format(service=name, port=reading.port)
    if reading.code is not None and reading.state in (ServiceState.READY, ServiceState.ALIVE):
        return words["service.code"].format(service=name, code=code_text(reading.kind, reading.code))
    text = words[f"service.{reading.state}"].format(service=name)
    if reading.code is not None:
        return f"{text} ({code_text(reading.kind, reading.code)})"
    if reading.state is ServiceState.BAD_CERTIFICATE and reading.certificate:
        date = moment_of(reading.certificate.not_after).strftime("%d/%m/%Y")
        return words["service.until"].format(text=text, date=date)
    return text


def services(row: ReadinessRow, lang: str) -> list[str]:
    """Return how every service answered."""
    return [service(reading, lang) for reading in row.services]


def device(row: ReadinessRow, lang: str) -> str:
    """Return model and software; a dash when neither is known."""
    parts = (clean_text(row.model), clean_text(row.software))
    return ", ".join(part for part in parts if part) or WORDS[lang]["none"]


def last_good_call(row: ReadinessRow, lang: str) -> str:
    """Return when its last good call ended; a dash when none is on record."""
    call = row.last_good_call
    return WORDS[lang]["none"] if call is None else shown_moment(local(call).replace(second=0))


def headline(report: ReadinessReport, lang: str) -> str:
    """Return how many of how many are ready: the whole report in a line."""
    counts = count(report.rows)
    return WORDS[lang]["headline"].format(ready=counts.ready, count=counts.endpoints)


def meeting_lines(report: ReadinessReport, lang: str) -> list[str]:
    """Return what the report was made for, a sentence a line."""
    words = WORDS[lang]
    lines = []
    if report.meeting is None:
        lines.append(words["no_meeting"])
    else:
        begin, end = local(report.meeting.begin), local(report.meeting.end)
        until = f"{end:%H:%M}" if begin.date() == end.date() else shown_moment(end)
        title = clean_text(report.meeting.title) or clean_text(report.meeting.meeting_id)
        lines.append(words["meeting"].format(title=title))
        lines.append(
            words["meeting.time"].format(
                begin=shown_moment(begin), end=until, count=len(report.meeting.endpoint_ids)
            )
        )
    if report.district:
        lines.append(words["of_district"].format(district=clean_text(report.district)))
    return lines


def asking_lines(report: ReadinessReport, lang: str) -> list[str]:
    """Return when it was asked, what was held against it, and whether it is real."""
    words = WORDS[lang]
    seconds = with_comma(f"{report.took_s:.1f}", lang)
    lines = [
        words["checked"].format(time=shown_moment(local(report.checked_at)), seconds=seconds),
        words["needed"].format(mbps=mbps(report.needed_mbps, lang)),
    ]
    unmatched = [clean_text(name) for name in report.meeting.unmatched] if report.meeting else []
    if unmatched:
        names = clean_text(", ".join(unmatched[:_NAMED_ATTENDEES]), _LONGEST_LIST)
        if len(unmatched) > _NAMED_ATTENDEES:
            names = words["meeting.more"].format(names=names, count=len(unmatched) - _NAMED_ATTENDEES)
        lines.append(words["meeting.unmatched"].format(names=names))
    return lines


def program() -> str:
    """Return which program made the report."""
    return f"phusong {version('phusong')}"
