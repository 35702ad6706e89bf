"""How a readiness report is written for people: in both languages every word is there, and the right one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from readiness_made import CERTIFICATE, NEVER_ENDING, finding, full_report, made_meeting, made_report, made_row

from phusong.agent.readiness import shown
from phusong.agent.readiness.next_steps import VARIANTS
from phusong.agent.readiness.readiness import Finding, ReadinessRow, Reason
from phusong.agent.readiness.sums import State
from phusong.agent.readiness.wording import LANGUAGES, SERVICES, VERDICTS, WORDS, definitions
from phusong.collectors.call_readings import ServiceKind, ServiceReading, ServiceState
from phusong.exporters import status_words
from phusong.exporters.snapshot import Verdict

each_language = pytest.mark.parametrize("lang", LANGUAGES)


def test_both_languages_say_the_same() -> None:
    """The same keys with the same blanks, no text twice the same, and none empty."""
    vietnamese, english = WORDS["vi"], WORDS["en"]
    assert list(vietnamese) == list(english)
    for key, text in vietnamese.items():
        assert text
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key
    same = {key for key in english if english[key] == vietnamese[key]}
    assert same == {"none", "service.code", "part.camera", "part.sip", "part.h323"}
    assert len(definitions("vi")) == len(definitions("en")) >= 5


@each_language
def test_everything_has_words(lang: str) -> None:
    """Every reason has a sentence and a step of its own, every state and service a word; none is left over."""
    for kind, members in (("reason", Reason), ("next", Reason), ("state", State)):
        keys = {key for key in WORDS[lang] if key.startswith(f"{kind}.")}
        extra = {f"{reason}.{name}" for reason, names in VARIANTS.items() for name in names}
        assert keys == {f"{kind}.{word}" for word in (*members, *(extra if kind == "next" else ()))}
        assert len({WORDS[lang][key] for key in keys}) == len(keys)
    states = {f"service.{state}" for state in ServiceState}
    others = {"service.code", "service.port", "service.until"}
    assert {key for key in WORDS[lang] if key.startswith("service.")} == states | others
    assert set(SERVICES) == set(ServiceKind)
    assert set(VERDICTS[lang]) == set(Verdict)


def test_verdicts_are_those_of_the_status_page() -> None:
    """There is no second table of them."""
    assert VERDICTS["vi"] is status_words.VIETNAMESE.verdicts
    assert VERDICTS["en"] is status_words.ENGLISH.verdicts


@each_language
@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_a_sentence_and_a_step(lang: str, reason: Reason) -> None:
    """The detail stands in the sentence, also an unknown one; the step names whom to call, and is short."""
    row = made_row("a", Finding(reason, True, "xyz"), link_id="hl-07", carrier="VNPT", site_name="UBND Hà Lầm")
    (told,) = shown.shown_findings(row, lang)
    assert told.sentence == f"{WORDS[lang][f'reason.{reason}']}: xyz"
    assert not told.sentence.removesuffix(": xyz").endswith((".", ":"))
    assert told.next_step.endswith(".")
    assert "{" not in told.next_step
    assert len(told.next_step) <= 110
    assert any(name in told.next_step for name in ("hl-07", "VNPT", "UBND Hà Lầm")) == (
        re.search(r"\{(link|carrier|site)\}", WORDS[lang][f"next.{reason}"]) is not None
    )


@pytest.mark.parametrize(
    ("given", "vietnamese", "english"),
    [
        (Finding(Reason.HEADROOM_UP, True, "0.4 Mbit/s"), ": 0,4 Mbit/s", ": 0.4 Mbit/s"),
        (Finding(Reason.POOR_CALL, True, "2.4 %, 35.5 ms"), ": 2,4 %, 35,5 ms", ": 2.4 %, 35.5 ms"),
        (Finding(Reason.PING_LOSS, True, "3/5"), ": 3/5", ": 3/5"),
        (Finding(Reason.CERTIFICATE, False, "2026-11-30"), ": 30/11/2026", ": 30/11/2026"),
        (Finding(Reason.HEADROOM_DOWN, True, "0.4 / 2.5 Mbit/s"), ": 0,4 / 2,5 Mbit/s", ": 0.4 / 2.5 Mbit/s"),
        (Finding(Reason.MAINTENANCE, True, "2026-11-13T08:00+07:00/2026-11-13T05:00+00:00"),
         ": 08:00–12:00 13/11/2026", ": 08:00–12:00 13/11/2026"),
        (Finding(Reason.MAINTENANCE, True, "2026-11-13T22:00+07:00/2026-11-14T05:00+07:00"),
         ": 22:00 13/11/2026 – 05:00 14/11/2026", ": 22:00 13/11/2026 – 05:00 14/11/2026"),
        (Finding(Reason.MAINTENANCE, True, "0001-01-01T00:00+14:00/2026-11-13"),
         ": 0001-01-01T00:00+14:00/2026-11-13", ": 0001-01-01T00:00+14:00/2026-11-13"),
        (Finding(Reason.MAINTENANCE, True, "10.0.2.5 s"), ": 10.0.2.5 s", ": 10.0.2.5 s"),
        (Finding(Reason.LINE_DOWN, True, "link hl-07"), ": kênh hl-07", ": line hl-07"),
        (Finding(Reason.LINE_DOWN, True, "device hub-1"), ": thiết bị hub-1", ": device hub-1"),
        (Finding(Reason.POOR_CALL, True, "room"), "hoặc đầu bên kia", "the far end is at fault"),
        (Finding(Reason.FAULT, True, "microphone, xyz"), ": micrô, xyz", ": microphone, xyz"),
        (Finding(Reason.LINE_DEGRADED, True, "loss, rtt"), ": mất gói quá ngưỡng, độ trễ quá ngưỡng",
         ": loss above its limit, round-trip time above its limit"),
        (Finding(Reason.NO_SERVICE, True, "sip-udp silent, sip-tls 503, h323 refused"),
         ": SIP không trả lời, SIP TLS: 503 Service Unavailable, H.323 từ chối kết nối",
         ": SIP does not answer, SIP TLS: 503 Service Unavailable, H.323 refuses the connection"),
        (Finding(Reason.NO_SERVICE, True, "sip-udp x, other 1, sip-udp ²²²"), ": SIP: x, other 1, SIP: ²²²",
         ": SIP: x, other 1, SIP: ²²²"),
        (Finding(Reason.CERTIFICATE, False, "https 12 d"), ": HTTPS, còn 12 ngày", ": HTTPS, 12 days left"),
        (Finding(Reason.CERTIFICATE, False, "sip-tls 0 d"), ": SIP TLS, còn 0 ngày", ": SIP TLS, 0 days left"),
        (Finding(Reason.CERTIFICATE, False, "door -3 d"), ": door, quá hạn 3 ngày", ": door, over for 3 days"),
        (Finding(Reason.NOT_KNOWN, True, "ping"), ": chỉ trả lời ping", ": it answers ping alone"),
        (Finding(Reason.NOT_HD, False, "480p"), ": 480p", ": 480p"),
        (Finding(Reason.NO_GOOD_CALL, False), "tốt nào", "on record"),
    ],
)  # fmt: skip
def test_details_are_written_as_people_write(given: Finding, vietnamese: str, english: str) -> None:
    """Words of ours are translated, figures have the sign of the language; names and the unknown stay."""
    assert shown.finding_sentence(given, "vi").endswith(vietnamese)
    assert shown.finding_sentence(given, "en").endswith(english)


@each_language
def test_a_step_without_names_is_a_sentence_too(lang: str) -> None:
    """Where line, carrier and office are not known a word stands for each."""
    row = replace(made_row("a", *map(finding, Reason)), link_id="", carrier="", site_id="", site_name="")
    for told in shown.shown_findings(row, lang):
        assert "  " not in told.next_step
        assert told.next_step[0].isupper()


@pytest.mark.parametrize(
    ("given", "changes", "step"),
    [
        (Finding(Reason.LINE_DOWN, True, "link l-a"), {}, "Call VNPT about line l-a; ask UBND a"),
        (Finding(Reason.LINE_DOWN, True), {"link_verdict": Verdict.DOWN}, "Call VNPT about line l-a; ask UBND a"),
        (
            Finding(Reason.LINE_DOWN, True, "device hub-1"),
            {},
            "Tell the technician: device hub-1 failed, UBND a is not",
        ),
        (
            Finding(Reason.LINE_DOWN, True, "link hl-07"),
            {},
            "Tell the technician: line hl-07 is out, and line l-a",
        ),
        (Finding(Reason.LINE_DOWN, True), {"link_verdict": Verdict.ADMIN_DOWN}, "Ask the technician why line l-a"),
        (Finding(Reason.POOR_CALL, True, "link l-a"), {}, "Call VNPT: line l-a spoils"),
        (Finding(Reason.POOR_CALL, True, "line"), {}, "Call VNPT: line l-a spoils"),
        (Finding(Reason.POOR_CALL, True, "room"), {}, "Call UBND a: look at cable"),
        (Finding(Reason.POOR_CALL, True, "unknown"), {}, "Technician: hold the call's figures against line l-a"),
        (Finding(Reason.FAULT, True, "device hub-1"), {}, "Call UBND a: look at the part"),
    ],
)
def test_nobody_is_sent_to_the_wrong_door(given: Finding, changes: dict[str, object], step: str) -> None:
    """Who is called depends on whose fault it is, as far as that is known."""
    (told,) = shown.shown_findings(made_row("a", given, **changes), "en")
    assert told.next_step.startswith(step)


SIP, TCP, H323 = ServiceKind.SIP_UDP, ServiceKind.SIP_TCP, ServiceKind.H323


@pytest.mark.parametrize(
    ("reading", "vietnamese", "english"),
    [
        (ServiceReading(SIP, 5060, ServiceState.READY, 200), "SIP: 200 OK", "SIP: 200 OK"),
        (ServiceReading(TCP, 5070, ServiceState.ALIVE, 486), "SIP TCP cổng 5070: 486 Busy Here",
         "SIP TCP port 5070: 486 Busy Here"),
        (ServiceReading(SIP, 5060, ServiceState.SILENT), "SIP không trả lời", "SIP does not answer"),
        (ServiceReading(SIP, 5060, ServiceState.ALIVE, 499), "SIP: 499", "SIP: 499"),
        (ServiceReading(SIP, 5060, ServiceState.UNAVAILABLE, 503),
         "SIP tạm không phục vụ (503 Service Unavailable)",
         "SIP cannot serve now (503 Service Unavailable)"),
        (ServiceReading(H323, 1720, ServiceState.REFUSED), "H.323 từ chối kết nối",
         "H.323 refuses the connection"),
        (ServiceReading(H323, 1720, ServiceState.READY), "H.323 sẵn sàng", "H.323 ready"),
        (ServiceReading(ServiceKind.HTTPS, 443, ServiceState.BAD_CERTIFICATE, None, None, CERTIFICATE),
         "HTTPS: chứng thư số không hợp lệ (chứng thư đến 30/11/2026)",
         "HTTPS: bad certificate (certificate until 30/11/2026)"),
        (ServiceReading(ServiceKind.HTTPS, 443, ServiceState.BAD_CERTIFICATE, None, None, NEVER_ENDING),
         "HTTPS: chứng thư số không hợp lệ (chứng thư đến 31/12/9999)",
         "HTTPS: bad certificate (certificate until 31/12/9999)"),
        (ServiceReading(ServiceKind.TLS, 8443, ServiceState.BAD_ANSWER), "TLS cổng 8443 trả lời sai giao thức",
         "TLS port 8443 answers in another protocol"),
        (ServiceReading(ServiceKind.HTTP, 80, ServiceState.ALIVE, 404), "HTTP: 404 Not Found",
         "HTTP: 404 Not Found"),
        (ServiceReading(ServiceKind.HTTP, 80, ServiceState.ALIVE, 999), "HTTP: 999", "HTTP: 999"),
    ],
)  # fmt: skip
def test_how_services_are_told(reading: ServiceReading, vietnamese: str, english: str) -> None:
    """Protocol, state in words, code with its standard phrase; the usual port is not named."""
    assert (shown.service(reading, "vi"), shown.service(reading, "en")) == (vietnamese, english)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (2.0, "2"), (1.999, "1.99"), (0.29, "0.29"), (0.0, "0"), (-0.25, "0"), (12.25, "12.25"),
        (100.0, "100"), (1e-9, "0"), (None, "–"), (float("nan"), "–"), (float("inf"), "–"),
    ],
)  # fmt: skip
def test_rates_are_rounded_down(rate: float | None, text: str) -> None:
    """What is less than needed is never shown as enough; what is not known is a dash."""
    assert shown.mbps(rate, "en") == text
    assert shown.mbps(rate, "vi") == text.replace(".", ",")


@pytest.mark.parametrize(
    ("down", "up", "text"),
    [
        (5.25, 2.0, "down 5.25 · up 2 · needs 2 Mbit/s"),
        (1.996, None, "down 1.99 ✗ · up – · needs 2 Mbit/s"),
        (float("nan"), -1.0, "down – · up 0 ✗ · needs 2 Mbit/s"),
    ],
)
def test_headroom_against_the_need(down: float | None, up: float | None, text: str) -> None:
    """Both ways and what is needed; what is too little has a sign, what is not known has none."""
    assert shown.headroom(made_row("a", headroom_down_mbps=down, headroom_up_mbps=up), 2.0, "en") == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "l-a (VNPT): Up"),
        ({"link_verdict": None}, "l-a (VNPT)"),
        ({"carrier": ""}, "l-a: Up"),
        ({"link_id": "", "carrier": "", "link_verdict": None}, "–"),
    ],
)
def test_the_line(changes: dict[str, object], text: str) -> None:
    """What is known of it, and a dash without any."""
    assert shown.line(made_row("a", **changes), "en") == text


def test_what_was_asked_for_whom() -> None:
    """Title and time of the meeting, how many endpoints, who has none, need and moment, all in local time."""
    report = made_report(
        made_row("a"), made_row("b"), checked_at=datetime(2026, 11, 12, 0, 30, 5, 900_000, tzinfo=UTC)
    )
    assert shown.meeting_lines(report, "en") == [
        "Meeting: Giao ban toàn tỉnh tuần 46",
        "From 08:00 13/11/2026 to 11:30; endpoints: 2",
    ]
    assert shown.asking_lines(report, "en") == [
        "Asked at 07:30:05 12/11/2026 (Viet Nam time, UTC+7), which took 7.4 s",
        "An HD meeting needs 2 Mbit/s each way",
        "Attendees that are no endpoints of the inventory: Nguyễn Văn A",
    ]
    long = made_meeting("a", unmatched=tuple(f"p{number}" for number in range(14)))
    long = replace(long, end=long.begin + timedelta(days=1))
    told = replace(report, meeting=long)
    assert shown.meeting_lines(told, "en")[1] == "From 08:00 13/11/2026 to 08:00 14/11/2026; endpoints: 1"
    assert shown.asking_lines(told, "en")[2].endswith(": p0, p1, p2, p3, p4, p5, p6, p7, p8, p9 and 4 more")
    nobody = replace(report, meeting=None, district="Vân Đồn")
    assert shown.meeting_lines(nobody, "en") == [
        "All endpoints, for no meeting in particular",
        "Only the district: Vân Đồn",
    ]


@each_language
def test_nothing_known_is_said_so(lang: str) -> None:
    """A row with nothing in it has dashes, and no empty sentence."""
    row = ReadinessRow("bare", "", "", "", "", "", Verdict.UNKNOWN, ())
    assert {shown.line(row, lang), shown.device(row, lang), shown.last_good_call(row, lang)} == {"–"}
    assert (shown.place(row), shown.services(row, lang), shown.shown_findings(row, lang)) == ("", [], [])
    assert shown.headline(made_report(), lang).startswith("0 ")
    assert all(shown.place(row) == shown.place(row).strip(" ·") for row in full_report().rows)
