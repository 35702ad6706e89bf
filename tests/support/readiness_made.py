"""Readiness reports for tests: one with all that can be in it, one with hostile texts, one of a province."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta

from phusong.agent.input.settings import LOCAL_TIME
from phusong.agent.meetings import Meeting
from phusong.agent.readiness.readiness import Finding, ReadinessReport, ReadinessRow, Reason
from phusong.collectors.call_readings import CertificateReading, ServiceKind, ServiceReading, ServiceState
from phusong.exporters.snapshot import LINK_VERDICTS, Verdict

CHECKED_AT = datetime(2026, 11, 12, 7, 30, 5, tzinfo=LOCAL_TIME)
NEEDED_MBPS = 2.0
HOSTILE = (
    '=HYPERLINK("http://127.0.0.1/x")',
    "<script>alert(1)</script>",
    "[red]markup[/red]",
    "\u202egnp.exe\u202c",
    "ă" * 300,
    "one\ntwo\r\n\x1b[31mthree\x00\u2028four",
    "${x}{{ 7*7 }}{% x %}`y`\"'><img src=x onerror=alert(1)>",
    "@SUM(1)\t+2",
)
WARNINGS = (
    Reason.IN_CALL, Reason.SNMP_SILENT, Reason.HEADROOM_NOT_KNOWN, Reason.NOT_HD, Reason.CERTIFICATE,
    Reason.NO_GOOD_CALL,
)  # fmt: skip
DETAILS = {
    Reason.MAINTENANCE: "2026-11-13T08:00+07:00/2026-11-13T12:00+07:00",
    Reason.LINE_DOWN: "link hl-07",
    Reason.FAULT: "camera, microphone",
    Reason.POOR_CALL: "room",
    Reason.HEADROOM_DOWN: "0.4 / 2 Mbit/s",
    Reason.HEADROOM_UP: "1.62 / 2 Mbit/s",
    Reason.PING_LOSS: "3/5",
    Reason.CERTIFICATE: "https 18 d",
}
CERTIFICATE = CertificateReading(
    not_before=1_760_000_000.0,
    not_after=1_796_000_000.0,
    sha256="ab" * 32,
    trusted=False,
    problem="out of date",
    subject="CN=room",
)
NEVER_ENDING = replace(CERTIFICATE, not_after=253_402_300_799.0)


def finding(reason: Reason) -> Finding:
    return Finding(reason, reason not in WARNINGS, DETAILS.get(reason, ""))


def made_row(endpoint_id: str, *findings: Finding, **changes: object) -> ReadinessRow:
    row = ReadinessRow(
        endpoint_id=endpoint_id,
        name=f"Phòng họp {endpoint_id}",
        site_id=f"s-{endpoint_id}",
        site_name=f"UBND {endpoint_id}",
        commune="Hà Lầm",
        district="Hạ Long",
        verdict=Verdict.READY,
        findings=findings,
        link_id=f"l-{endpoint_id}",
        carrier="VNPT",
        link_verdict=Verdict.UP,
        headroom_down_mbps=12.25,
        headroom_up_mbps=9.5,
        services=(
            ServiceReading(ServiceKind.SIP_UDP, 5060, ServiceState.READY, 200, 0.012),
            ServiceReading(ServiceKind.H323, 1720, ServiceState.READY, None, 0.01),
        ),
        model="Poly Studio X50",
        software="4.1.0-380",
        last_good_call=datetime(2026, 11, 11, 10, 5, 40, tzinfo=LOCAL_TIME),
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def every_service() -> tuple[ServiceReading, ...]:
    """Give one reading of every kind and state, with codes where protocols have them, and odd ports."""
    readings = [
        ServiceReading(kind, 1000 + number, state, 486 if state is ServiceState.ALIVE else None)
        for number, (kind, state) in enumerate((kind, state) for kind in ServiceKind for state in ServiceState)
    ]
    return (
        *readings,
        ServiceReading(
            ServiceKind.HTTPS, 443, ServiceState.BAD_CERTIFICATE, None, 0.1, CERTIFICATE, "out of date"
        ),
        ServiceReading(ServiceKind.SIP_TLS, 5061, ServiceState.READY, 200, 0.1, NEVER_ENDING),
        ServiceReading(ServiceKind.SIP_UDP, 5060, ServiceState.UNAVAILABLE, 503),
        ServiceReading(ServiceKind.SIP_TCP, 5060, ServiceState.ALIVE, 499),
        ServiceReading(ServiceKind.HTTP, 80, ServiceState.ALIVE, 404),
    )


def made_meeting(*endpoint_ids: str, **changes: object) -> Meeting:
    meeting = Meeting(
        meeting_id="giao-ban-46",
        title="Giao ban toàn tỉnh tuần 46",
        begin=datetime(2026, 11, 13, 8, 0, tzinfo=LOCAL_TIME),
        end=datetime(2026, 11, 13, 11, 30, tzinfo=LOCAL_TIME),
        endpoint_ids=endpoint_ids or ("a",),
        unmatched=("Nguyễn Văn A",),
    )
    return replace(meeting, **changes)  # type: ignore[arg-type]


def made_report(*rows: ReadinessRow, **changes: object) -> ReadinessReport:
    report = ReadinessReport(
        CHECKED_AT, 7.42, NEEDED_MBPS, rows, made_meeting(*(row.endpoint_id for row in rows)), synthetic=True
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def full_report() -> ReadinessReport:
    """Give a report with every reason alone and together, every state, verdict and service, and gaps."""
    alone = [made_row(f"only-{reason}", finding(reason)) for reason in Reason]
    verdicts = [
        made_row(f"line-{verdict}", link_verdict=verdict, district="Cô Tô", commune="")
        for verdict in LINK_VERDICTS
    ]
    others = [made_row(f"is-{verdict}", verdict=verdict, district="Vân Đồn") for verdict in Verdict]
    keeping = [finding(reason) for reason in Reason if reason not in WARNINGS]
    everything = made_row(
        "everything",
        *keeping,
        *map(finding, WARNINGS),
        verdict=Verdict.UNKNOWN,
        headroom_down_mbps=0.4,
        headroom_up_mbps=1.996,
        services=every_service(),
    )
    bare = ReadinessRow("bare", "", "", "", "", "", Verdict.UNKNOWN, ())
    odd = made_row("odd", headroom_down_mbps=float("nan"), headroom_up_mbps=-0.25)
    return made_report(*alone, *verdicts, *others, everything, bare, odd)


TEXT_FIELDS = tuple(item.name for item in fields(ReadinessRow) if item.type == "str")
"""Every field of a row that holds outside text."""


def hostile_report() -> ReadinessReport:
    """Give a report in which every text field holds each hostile text once."""
    rows = [
        made_row(
            text,
            Finding(Reason.FAULT, True, text),
            Finding(Reason.CERTIFICATE, False, text),
            services=(
                ServiceReading(
                    ServiceKind.HTTPS, 443, ServiceState.BAD_CERTIFICATE, None, 0.1,
                    replace(CERTIFICATE, sha256=text, problem=text, subject=text), text,
                ),
            ),
            **{name: text for name in TEXT_FIELDS if name != "endpoint_id"},
        )
        for text in HOSTILE
    ]  # fmt: skip
    everywhere = " ".join(HOSTILE)
    meeting = made_meeting(meeting_id=HOSTILE[0], title=everywhere, unmatched=(*HOSTILE, *HOSTILE))
    return made_report(*rows, meeting=meeting, district=everywhere)


def province_report(count: int = 239) -> ReadinessReport:
    """Give what a province looks like: most are ready, some not, as a cycle of mishaps goes over the rooms."""
    districts = (
        "Hạ Long", "Cẩm Phả", "Uông Bí", "Móng Cái", "Đông Triều", "Quảng Yên", "Bình Liêu", "Tiên Yên", "Đầm Hà",
        "Hải Hà", "Ba Chẽ", "Vân Đồn", "Cô Tô",
    )  # fmt: skip
    rows = []
    for number in range(count):
        district = districts[number % len(districts)]
        row = made_row(
            f"vc-{number + 1:03}",
            name=f"Phòng họp trực tuyến UBND xã số {number + 1}",
            site_id=f"site-{number + 1:03}",
            site_name=f"UBND xã số {number + 1}",
            commune=f"Xã số {number + 1}",
            district=district,
            link_id=f"{district.casefold().replace(' ', '')[:2]}-{number + 1:03}",
            carrier=("VNPT", "Viettel", "FPT")[number % 3],
            model=("Poly Studio X50", "Cisco Room Kit", "HDX 7000", "Yealink MeetingEye 400")[number % 4],
            last_good_call=CHECKED_AT - timedelta(days=number % 9, minutes=number),
        )
        rows.append(_mishap(row, number))
    return made_report(*rows)


def _mishap(row: ReadinessRow, number: int) -> ReadinessRow:
    silent = (
        ServiceReading(ServiceKind.SIP_UDP, 5060, ServiceState.SILENT, problem="no answer within 2 s"),
        ServiceReading(ServiceKind.H323, 1720, ServiceState.REFUSED, problem="connection refused"),
    )
    reasons: tuple[Reason, ...] = ()
    changes: dict[str, object] = {}
    if number % 40 == 7:
        reasons = (Reason.LINE_DOWN, Reason.HEADROOM_NOT_KNOWN)
        changes = {
            "verdict": Verdict.PARENT_DOWN, "link_verdict": Verdict.DOWN, "services": silent,
            "headroom_down_mbps": None, "headroom_up_mbps": None,
        }  # fmt: skip
    elif number % 40 == 12:
        reasons, changes = (
            (Reason.NO_SERVICE, Reason.SNMP_SILENT),
            {"verdict": Verdict.NO_SERVICE, "services": silent},
        )
    elif number % 40 == 21:
        reasons = (Reason.FAULT, Reason.HEADROOM_UP)
        changes = {"headroom_up_mbps": 1.62, "link_verdict": Verdict.CONGESTED}
    elif number % 60 == 33:
        reasons = (Reason.NOT_KNOWN,)
        changes = {"verdict": Verdict.UNKNOWN, "services": (), "model": "", "software": "", "last_good_call": None}
    elif number % 17 == 3:
        reasons = (Reason.CERTIFICATE,)
    elif number % 23 == 5:
        reasons, changes = (Reason.IN_CALL, Reason.NOT_HD), {"verdict": Verdict.IN_CALL}
    return replace(row, findings=tuple(map(finding, reasons)), **changes)  # type: ignore[arg-type]
