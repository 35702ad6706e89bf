"""Meetings from iCalendar files: times and zones, series and their exceptions, who takes part, hostile files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event
from meeting_province import DISTRICTS, INVENTORY, NOW, PROVINCE_TIME

from phusong.agent.input.meeting_calendar import MAX_TIMES, examine_meeting_calendar, make_meeting_id
from phusong.agent.input.meeting_files import read_meetings
from phusong.agent.input.meeting_participants import Participants
from phusong.agent.input.meeting_table import MAX_MEETINGS
from phusong.agent.input.problems import InputProblems
from phusong.agent.input.text_files import MAX_FILE_BYTES
from phusong.agent.meetings import Meeting

ALL = ("hub-1", "vd-hop", "vd-2", "hl-xa", "coto")
PARTICIPANTS = Participants(INVENTORY, DISTRICTS)
ROOM = "ATTENDEE;CN=Phòng họp Vân Đồn:mailto:vandon@hop.example"
AT_8 = ("DTSTART:20261128T080000", "DTEND:20261128T100000")
OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:{}
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
END:STANDARD
END:VTIMEZONE"""
SUMMER_TIME = """BEGIN:VTIMEZONE
TZID:Nha khach
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def event(*lines: str, uid: str = "m1", title: str = "Giao ban") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT"])


def calendar(*parts: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", *"\n".join(parts).split("\n"), "END:VCALENDAR", ""])


def examine(
    text: str, now: datetime = NOW, ahead: timedelta = timedelta(31)
) -> tuple[tuple[Meeting, ...], list[str]]:
    """Return the meetings, and what is told of the events that are left out."""
    meetings, problems = examine_meeting_calendar(
        "m.ics", text, PARTICIPANTS, zone=PROVINCE_TIME, now=now, ahead=ahead
    )
    return meetings, [str(problem) for problem in problems]


def read(text: str, now: datetime = NOW, ahead: timedelta = timedelta(31)) -> tuple[Meeting, ...]:
    """Return the meetings of a calendar in which nothing is wrong."""
    meetings, problems = examine(text, now, ahead)
    assert problems == []
    return meetings


def told(text: str) -> list[str]:
    """Return what is told of a calendar that is refused."""
    with pytest.raises(InputProblems) as caught:
        examine(text)
    return [str(problem) for problem in caught.value.problems]


def begins(text: str, now: datetime = NOW) -> list[str]:
    return [f"{each.begin.astimezone(PROVINCE_TIME):%m-%d %H:%M}" for each in read(text, now)]


def test_an_event_as_outlook_writes_it() -> None:
    """Folded lines, the Windows name of the zone, escapes, people among the attendees, an alarm with its own."""
    text = calendar(
        "METHOD:REQUEST",
        OUTLOOK_ZONE.format("SE Asia Standard Time"),
        event(
            "DTSTART;TZID=SE Asia Standard Time:20261128T080000",
            "DTEND;TZID=SE Asia Standard Time:20261128T103000",
            "ORGANIZER;CN=Văn phòng UBND:mailto:vp@example.vn",
            'ATTENDEE;ROLE=REQ-PARTICIPANT;CN="Nguyễn Văn A":mailto:a@example.vn',
            "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;CN=Phòng họp Vân",
            "  Đồn:mailto:phong1@example.vn",
            "DESCRIPTION:Nội dung\\nxem kèm theo",
            "BEGIN:VALARM",
            "ACTION:EMAIL",
            "ATTENDEE;CN=coto:mailto:coto@example.vn",
            "DTSTART:19700101T000000",
            "END:VALARM",
            title="Họp trực tuyến\\, tháng 11",
        ),
    )
    assert read(text) == (
        Meeting(
            "m1",
            "Họp trực tuyến, tháng 11",
            datetime(2026, 11, 28, 1, tzinfo=UTC),
            datetime(2026, 11, 28, 3, 30, tzinfo=UTC),
            ("vd-hop",),
            ("Nguyễn Văn A",),
        ),
    )


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20261128T010000Z", "DTEND:20261128T030000Z"),
        ("DTSTART:20261128T080000", "DTEND:20261128T100000"),
        ("DTSTART;TZID=Asia/Ho_Chi_Minh:20261128T080000", "DURATION:PT2H"),
        ("DTSTART;TZID=Asia/Saigon:20261128T080000", "DTEND:20261128T030000Z"),
        ("DTSTART;TZID=/freeassociation.sourceforge.net/Asia/Ho_Chi_Minh:20261128T080000", "DURATION:PT120M"),
        ('DTSTART;TZID="(UTC+07:00) Bangkok, Hanoi, Jakarta":20261128T080000', "DURATION:P0DT2H0M0S"),
        ("DTSTART;TZID=Nha khach:20261128T020000", "DURATION:PT2H"),
        ("DTSTART;TZID=Tokyo Standard Time:20261128T100000", "DTEND;TZID=Europe/Berlin:20261128T040000"),
        ("dtstart;value=DATE-TIME:20261128T080000", "dtend:20261128T100000"),
    ],
)
def test_times(lines: Sequence[str]) -> None:
    """UTC, time of the province, zones by their name and by their definition: the same two hours."""
    zones = (OUTLOOK_ZONE.format("(UTC+07:00) Bangkok, Hanoi, Jakarta"), SUMMER_TIME)
    (meeting,) = read(calendar(*zones, event(*lines, ROOM)))
    assert meeting.begin == datetime(2026, 11, 28, 1, tzinfo=UTC)
    assert meeting.end == datetime(2026, 11, 28, 3, tzinfo=UTC)


def test_a_zone_with_summer_time_that_has_no_known_name() -> None:
    """The definition in the file holds: two hours east of Greenwich in July, one in November."""
    series = event("DTSTART;TZID=Nha khach:20260728T020000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;COUNT=6", ROOM)
    found = read(calendar(SUMMER_TIME, series), now=datetime(2026, 7, 1, tzinfo=UTC), ahead=timedelta(200))
    assert [f"{each.begin.astimezone(UTC):%m-%d %H}" for each in found] == [
        "07-28 00",
        "08-28 00",
        "09-28 00",
        "10-28 01",
        "11-28 01",
        "12-28 01",
    ]


@pytest.mark.parametrize(
    ("lines", "days"),
    [(("DTSTART;VALUE=DATE:20261128",), 1), (("DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261130"), 2)],
)
def test_whole_days(lines: Sequence[str], days: int) -> None:
    """From midnight to midnight in the province."""
    (meeting,) = read(calendar(event(*lines, ROOM)))
    assert meeting.begin == datetime(2026, 11, 28, tzinfo=PROVINCE_TIME)
    assert meeting.end - meeting.begin == timedelta(days)


@pytest.mark.parametrize(
    ("lines", "endpoint_ids", "unmatched"),
    [
        (("ATTENDEE:mailto:VanDon@Hop.Example",), ("vd-hop",), ()),
        (("ATTENDEE:sip:vandon@hop.example:5061;transport=tls",), ("vd-hop",), ()),
        (("ATTENDEE;CN=x:sips:0203@10.0.0.9",), ("vd-2",), ()),
        (("ATTENDEE;EMAIL=hub@hop.example;CN=Hội trường:urn:uuid:1",), ("hub-1",), ()),
        (("ATTENDEE;CN=VD-HOP:mailto:p@example.vn",), ("vd-hop",), ()),
        (("ATTENDEE;CN=HOI TRUONG TINH:mailto:p@example.vn",), ("hub-1",), ()),
        (("ATTENDEE;CN=Ho\u0302\u0323i tru\u031bo\u031b\u0300ng ti\u0309nh:mailto:p@example.vn",), ("hub-1",), ()),
        (("RESOURCES:coto,Phòng họp xã",), ("hl-xa", "coto"), ()),
        (("RESOURCES:Máy chiếu\\, màn chiếu,coto",), ("coto",), ("Máy chiếu", "màn chiếu")),
        (("RESOURCES:all",), ALL, ()),
        (("RESOURCES:Hands free for all",), (), None),
        (("LOCATION:Phòng họp Vân Đồn",), ("vd-hop",), ()),
        (("LOCATION:Phòng họp Vân Đồn\\; Hội trường tỉnh\\; Phòng 305",), ("hub-1", "vd-hop"), ("Phòng 305",)),
        (("LOCATION:all",), (), None),
        (("X-PHUSONG-ENDPOINTS:district:Vân Đồn, coto",), ("vd-hop", "vd-2", "hl-xa", "coto"), ()),
        (("X-PHUSONG-ENDPOINTS:hub-1 coto",), ("hub-1", "coto"), ()),
        (("X-PHUSONG-ENDPOINTS:hub-1, hub-9",), ("hub-1",), ("hub-9",)),
        (("ATTENDEE;CN=Phòng họp số 2:mailto:p@example.vn", "RESOURCES:coto"), ("coto",), ("Phòng họp số 2",)),
        (("ATTENDEE;PARTSTAT=DECLINED;CN=coto:mailto:c@example.vn", "RESOURCES:hub-1"), ("hub-1",), ()),
        (
            ("ATTENDEE:mailto:a@example.vn", "LOCATION:Tầng 2\\, số 1 Trần Phú", "RESOURCES:coto"),
            ("coto",),
            ("a@example.vn", "Tầng 2, số 1 Trần Phú"),
        ),
    ],
)
def test_who_takes_part(
    lines: Sequence[str], endpoint_ids: tuple[str, ...], unmatched: tuple[str, ...] | None
) -> None:
    """An endpoint is found by id, SIP address or name, however it is spelled; who is none is told as unmatched."""
    text = calendar(event(*AT_8, *lines), event(*AT_8, "RESOURCES:coto", uid="other"))
    found = {meeting.meeting_id: meeting for meeting in read(text)}
    assert "other" in found
    if unmatched is None:
        assert "m1" not in found
    else:
        assert (found["m1"].endpoint_ids, found["m1"].unmatched) == (endpoint_ids, unmatched)


def test_an_event_without_an_endpoint_is_no_meeting() -> None:
    """An office's calendar has others, and nothing is said of what is wrong in them."""
    lunch = event("DTSTART:morgen", "RRULE:FREQ=SECONDLY", "ATTENDEE:mailto:a@example.vn", uid="lunch")
    assert [each.meeting_id for each in read(calendar(lunch, event(*AT_8, ROOM)))] == ["m1"]


def test_no_event_with_an_endpoint() -> None:
    """Told: the calendar is another one, or names the rooms otherwise. An empty calendar is sound."""
    assert read(calendar()) == ()
    (problem,) = told(calendar(event(*AT_8), event(*AT_8, "LOCATION:Phòng họp số 2", uid="b")))
    assert problem.startswith(
        "m.ics: none of the 2 events has an endpoint; name endpoints by id, SIP address or name"
    )


def test_what_is_over_or_cancelled() -> None:
    """Left out; an old mistake is not told either."""
    text = calendar(
        event("DTSTART:20261120T060000", "DTEND:20261120T080000", ROOM, uid="over"),
        event("DTSTART:20261120T060000", "DTEND:20261120T080001", ROOM, uid="runs"),
        event("DTSTART:20270820T060000", "DTEND:20270820T080000", ROOM, uid="far"),
        event(*AT_8, ROOM, "STATUS:CANCELLED", uid="cancelled"),
        event("DTSTART:20190820T060000", "DTEND:20190820T050000", ROOM, uid="old"),
        event("DTSTART:20190820T060000", "DTEND:20190820T070000", 'ATTENDEE;CN="x:mailto:a@b', ROOM, uid="odd"),
        event("DTSTART;TZID=Nirgends:20190820T060000", "DTEND:20190820T060000Z", uid="older"),
    )
    assert [each.meeting_id for each in read(text)] == ["runs", "far"]


def test_a_series() -> None:
    """Each time has an id of its own, up to the limit; the one that runs now is the first."""
    weekly = event("DTSTART:20260101T073000", "DURATION:PT2H", "RRULE:FREQ=WEEKLY;BYDAY=MO,FR", ROOM, uid="gb")
    found = read(calendar(weekly))
    assert [each.meeting_id for each in found][:3] == [
        "gb@20261120T003000Z",
        "gb@20261123T003000Z",
        "gb@20261127T003000Z",
    ]
    assert len(found) == 10
    assert found[-1].begin == datetime(2026, 12, 21, 7, 30, tzinfo=PROVINCE_TIME)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("RRULE:FREQ=DAILY;COUNT=3",), ["11-28 08:00", "11-29 08:00", "11-30 08:00"]),
        (("RRULE:FREQ=DAILY;UNTIL=20261129",), ["11-28 08:00", "11-29 08:00"]),
        (("RRULE:FREQ=DAILY;UNTIL=20261129T005959Z",), ["11-28 08:00"]),
        (("RRULE:FREQ=DAILY;UNTIL=20261129T010000Z",), ["11-28 08:00", "11-29 08:00"]),
        (("RRULE:FREQ=DAILY;UNTIL=20261129T080000",), ["11-28 08:00", "11-29 08:00"]),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261129T080000"), ["11-28 08:00", "11-30 08:00"]),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261128T010000Z,20261129T010000Z"), ["11-30 08:00"]),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261129"), ["11-28 08:00", "11-30 08:00"]),
        (("RRULE:FREQ=DAILY;COUNT=2", "RDATE:20261205T090000"), ["11-28 08:00", "11-29 08:00", "12-05 09:00"]),
        (("RDATE:20261205T090000,20261206T090000",), ["11-28 08:00", "12-05 09:00", "12-06 09:00"]),
        (("RDATE;VALUE=PERIOD:20261205T020000Z/PT30M",), ["11-28 08:00", "12-05 09:00"]),
        (("RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=MONTHLY;COUNT=1"), ["11-28 08:00", "12-05 08:00"]),
    ],
)
def test_times_of_a_series(lines: Sequence[str], expected: list[str]) -> None:
    """COUNT, UNTIL in all its forms, EXDATE and RDATE."""
    assert begins(calendar(event(*AT_8, *lines, ROOM))) == expected


def test_a_period_has_its_own_length() -> None:
    """Of an RDATE that is a period, the length is the period's."""
    found = read(calendar(event(*AT_8, "RDATE;VALUE=PERIOD:20261205T020000Z/20261205T023000Z", ROOM)))
    assert [each.end - each.begin for each in found] == [timedelta(hours=2), timedelta(minutes=30)]


def test_times_of_a_series_that_were_changed() -> None:
    """Moved, cancelled, with another room, without one; the id stays that of the time that was planned."""
    series = event(*AT_8, "RRULE:FREQ=DAILY;COUNT=5", ROOM, uid="gb")
    moved = event(
        "RECURRENCE-ID:20261128T080000", "DTSTART:20261128T140000", "DTEND:20261128T150000", ROOM, uid="gb"
    )
    cancelled = event("RECURRENCE-ID:20261129T010000Z", *AT_8, "STATUS:CANCELLED", ROOM, uid="gb")
    elsewhere = event(
        "RECURRENCE-ID:20261130T080000",
        "DTSTART:20261130T080000",
        "DTEND:20261130T100000",
        "RESOURCES:coto",
        uid="gb",
    )
    nowhere = event(
        "RECURRENCE-ID;VALUE=DATE:20261201", "DTSTART:20261201T080000", "DTEND:20261201T100000", uid="gb"
    )
    found = sorted(read(calendar(moved, series, cancelled, elsewhere, nowhere)), key=lambda each: each.begin)
    assert [(each.meeting_id, f"{each.begin:%H:%M}", each.endpoint_ids) for each in found] == [
        ("gb@20261128T010000Z", "14:00", ("vd-hop",)),
        ("gb@20261130T010000Z", "08:00", ("coto",)),
        ("gb@20261202T010000Z", "08:00", ("vd-hop",)),
    ]


def test_ids_are_unique() -> None:
    """One time replaced twice, in two zones; an event whose UID looks like a time of a series."""
    series = event(*AT_8, "RRULE:FREQ=DAILY;COUNT=2", ROOM, uid="gb")
    first = event("RECURRENCE-ID:20261128T080000", "DTSTART:20261128T090000", "DURATION:PT1H", ROOM, uid="gb")
    second = event(
        "RECURRENCE-ID:20261128T010000Z", "SEQUENCE:1", "DTSTART:20261128T110000", "DURATION:PT1H", ROOM, uid="gb"
    )
    look_alike = event(*AT_8, "RESOURCES:coto", uid="gb@20261129T010000Z")
    found = read(calendar(second, first, series, look_alike))
    assert sorted((each.meeting_id, f"{each.begin:%d %H}") for each in found) == [
        ("gb@20261128T010000Z", "28 11"),
        ("gb@20261129T010000Z", "29 08"),
    ]


def test_one_time_of_a_series_alone() -> None:
    """Who is invited to one time only has no series in the calendar."""
    alone = event("RECURRENCE-ID:20261128T080000", *AT_8, ROOM, uid="gb")
    assert [each.meeting_id for each in read(calendar(alone))] == ["gb@20261128T010000Z"]
    of_people = event(*AT_8, "RRULE:FREQ=DAILY", uid="gb")
    assert [each.meeting_id for each in read(calendar(of_people, alone))] == ["gb@20261128T010000Z"]


def test_an_event_that_stands_there_twice() -> None:
    """Calendars of two rooms put together: the newest version counts, once."""
    old = event(*AT_8, "SEQUENCE:1", "DTSTAMP:20261119T000000Z", ROOM)
    new = event(
        "DTSTART:20261128T090000", "DURATION:PT1H", "SEQUENCE:2", "DTSTAMP:20261101T000000Z", "RESOURCES:coto"
    )
    for text in (calendar(old, new), calendar(new) + calendar(old)):
        (meeting,) = read(text)
        assert (meeting.begin.hour, meeting.endpoint_ids) == (9, ("coto",))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART:28/11/2026",), "5:DTSTART: '28/11/2026' is no time; write 20261128T080000"),
        (("DTSTART:20261131T080000",), "5:DTSTART: '20261131T080000' is no time"),
        (("DTSTART:99991231T080000",), "5:DTSTART: '99991231T080000' is no time"),
        (("DTSTART:PT1H",), "5:DTSTART: 'PT1H' is no time"),
        (("DTSTART;TZID=Hanoi Time:20261128T080000",), "5:DTSTART: unknown time zone 'Hanoi Time'"),
        (("DTSTART;TZID=../../etc/passwd:20261128T080000",), "5:DTSTART: unknown time zone '../../etc/passwd'"),
        (("DTSTART;TZID=Asia:20261128T080000",), "5:DTSTART: unknown time zone 'Asia'"),
        (("LOCATION:x",), "2:DTSTART: the event has no DTSTART"),
        ((AT_8[0], "DTEND:20261128T075959"), "6:DTEND: the meeting ends before it begins"),
        ((AT_8[0], "DURATION:-PT1H"), "6:DURATION: the meeting ends before it begins"),
        ((AT_8[0], "DURATION:P999999999W"), "6:DURATION: 'P999999999W' is no time"),
        ((AT_8[0], "DTEND:20281128T080000"), "6:DTEND: the meeting lasts longer than 366 days"),
        ((*AT_8, "RRULE:FREQ=SECONDLY"), "7:RRULE: 'FREQ=SECONDLY' repeats by none of DAILY"),
        ((*AT_8, "RRULE:FREQ=HOURLY"), "7:RRULE: 'FREQ=HOURLY' repeats by none of DAILY"),
        ((*AT_8, "RRULE:FREQ=DAILY;COUNT=x"), "7:RRULE: 'FREQ=DAILY;COUNT=x' cannot be read"),
        ((*AT_8, "RDATE;VALUE=PERIOD:20261205T020000Z/-PT1H"), "7:RDATE: the meeting ends before it begins"),
        ((*AT_8, "RDATE;VALUE=PERIOD:20261205T020000Z/P450000W"), "7:RDATE: the meeting lasts longer than 366"),
        ((*AT_8, "RRULE:FREQ=DAILY", "EXDATE:x,y"), "8:EXDATE: 'x' is no time"),
        ((*AT_8, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261128T080000"), "7:RECURRENCE-ID: a change of all later"),
        ((*AT_8, 'ATTENDEE;CN="x:mailto:a@b'), "7:ATTENDEE: 'ATTENDEE;CN=\"x:mailto:a@b' cannot be read"),
        ((*AT_8, "Đây là một dòng"), "7: 'Đây là một dòng' is no line of iCalendar; export"),
    ],
)
def test_what_is_wrong_in_an_event(lines: Sequence[str], expected: str) -> None:
    """Told with the line in the file, the property and what to do; the event is left out, and no other."""
    odd = event(*lines, "RESOURCES:coto")
    meetings, (problem,) = examine(calendar(odd, event(*AT_8, ROOM, uid="good")))
    assert problem.startswith(f"m.ics:{expected}")
    assert "; " in problem
    assert [each.meeting_id for each in meetings] == ["good"]
    assert told(calendar(odd)) == [problem]


@pytest.mark.parametrize(
    "lines",
    [
        (AT_8[0],),
        (AT_8[0], "DTEND:20261128T080000"),
        (AT_8[0], "DTEND:20261128T010000Z", "RRULE:FREQ=DAILY"),
        (AT_8[0], "DURATION:PT0S", "RDATE:20261205T090000"),
        ("DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261128"),
    ],
)
def test_an_event_of_no_length_is_no_meeting(lines: Sequence[str]) -> None:
    """A reminder that names a room is passed over, and nothing is wrong with it (RFC 5545 section 3.6.1)."""
    reminder = event(*lines, "LOCATION:Phòng họp Vân Đồn")
    assert read(calendar(reminder)) == ()
    assert [each.meeting_id for each in read(calendar(reminder, event(*AT_8, ROOM, uid="b")))] == ["b"]


def test_a_time_of_a_series_whose_change_cannot_be_understood() -> None:
    """It does not take place as it was planned, so it is left out; made to a reminder, it is none either."""
    series = event(*AT_8, "RRULE:FREQ=DAILY;COUNT=4", ROOM, uid="gb")
    odd = event("RECURRENCE-ID:20261128T080000", "DTSTART:soon", ROOM, uid="gb")
    names_odd = event("RECURRENCE-ID:20261129T080000", *AT_8, 'ATTENDEE;CN="x:mailto:a@b', uid="gb")
    reminder = event("RECURRENCE-ID:20261130T080000", "DTSTART:20261130T080000", ROOM, uid="gb")
    meetings, problems = examine(calendar(series, odd, names_odd, reminder))
    assert [each.meeting_id for each in meetings] == ["gb@20261201T010000Z"]
    assert [problem.split(":")[1:3] for problem in problems] == [["14", "DTSTART"], ["23", "ATTENDEE"]]


@pytest.mark.parametrize("line", ["RRULE:FREQ=HOURLY", "RDATE:soon"])
def test_a_series_that_began_long_ago(line: str) -> None:
    """It may go on today: what cannot be understood of it is told."""
    odd = event("DTSTART:20200101T080000", "DURATION:PT1H", line, ROOM)
    meetings, (problem,) = examine(calendar(odd, event(*AT_8, ROOM, uid="good")))
    assert [each.meeting_id for each in meetings] == ["good"]
    assert problem.startswith(f"m.ics:7:{line[:5]}: ")


def test_a_change_of_a_series_that_cannot_be_understood() -> None:
    """The time that was changed by itself counts."""
    series = event(*AT_8, "RRULE:FREQ=HOURLY", ROOM, uid="gb")
    moved = event("RECURRENCE-ID:20261128T080000", *AT_8, ROOM, uid="gb")
    meetings, (problem,) = examine(calendar(series, moved))
    assert [each.meeting_id for each in meetings] == ["gb@20261128T010000Z"]
    assert problem.startswith("m.ics:7:RRULE: 'FREQ=HOURLY' repeats by none")


def test_a_calendar_whose_events_are_over_is_understood() -> None:
    """An odd event is left out of it as of any other, also in the week after the last meeting."""
    over = event("DTSTART:20261118T080000", "DURATION:PT1H", ROOM, uid="over")
    meetings, problems = examine(calendar(over, event(*AT_8, "RRULE:FREQ=HOURLY", ROOM)))
    assert (meetings, len(problems)) == ((), 1)


def test_lines_that_are_none() -> None:
    """They spoil the event or the zone in which they stand; those in what is of no interest, nothing."""
    good = event(*AT_8, "BEGIN:VALARM", "???", "END:VALARM", ROOM, uid="good")
    task = "BEGIN:VTODO\n" + "???\n" * 100 + "END:VTODO"
    odd = event(*AT_8, *["???"] * 100, ROOM, uid="odd")
    zone = OUTLOOK_ZONE.format("Kho").replace("BEGIN:STANDARD", "BEGIN:STANDARD\n???")
    there = event("DTSTART;TZID=Kho:20261128T080000", "DURATION:PT1H", ROOM, uid="there")
    meetings, problems = examine(calendar(good, task, event("???", uid="lunch"), odd, zone, there))
    assert [each.meeting_id for each in meetings] == ["good"]
    assert [problem.partition(":")[2].partition(";")[0] for problem in problems] == [
        "124: '???' is no line of iCalendar",
        "238:DTSTART: unknown time zone 'Kho'",
    ]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """In the order of the lines."""
    bad = event("DTSTART:x", "RRULE:FREQ=SECONDLY", "EXDATE:y", ROOM, uid="b")
    problems = told(calendar(event(AT_8[0], "DURATION:-PT1S", "RDATE:z", ROOM), bad))
    assert [problem.split(":")[1:3] for problem in problems] == [
        ["6", "DURATION"],
        ["7", "RDATE"],
        ["13", "DTSTART"],
        ["15", "EXDATE"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "m.ics:1: the file is empty"),
        ("\n\n", "m.ics:1: the file is empty"),
        ("<!DOCTYPE html>\n<html>", "m.ics:1: this is no iCalendar file: '<!DOCTYPE html>'"),
        ("BEGIN:VEVENT\nEND:VEVENT", "m.ics:1: BEGIN:VEVENT outside of a VCALENDAR"),
        (
            calendar(event(*AT_8, ROOM)).partition("END:VEVENT")[0],
            "m.ics: the file ends within the 'VEVENT' of line 2",
        ),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "m.ics:3: END:VCALENDAR within the 'VEVENT' of line 2"),
        (calendar("X:y") + "END:VCALENDAR", "m.ics:4: a line behind the end of the calendar: 'END:VCALENDAR'"),
        (calendar("Đây là một dòng"), "m.ics:2: 'Đây là một dòng' is no line of iCalendar; export"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 50_000, "m.ics:11: components nested deeper than 10"),
        (calendar("BEGIN:VEVENT\nEND:VEVENT\n" * 20_001), "m.ics:40002: more than 20000 events"),
    ],
)
def test_a_broken_file(text: str, expected: str) -> None:
    """What is no calendar, or only half of one, is told in one line."""
    (problem,) = told(text)
    assert problem.startswith(expected)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    """It is not even read."""
    path = tmp_path / "m.ics"
    path.write_text(calendar(event(*AT_8, ROOM)) + "\n" * MAX_FILE_BYTES, encoding="utf-8")
    with pytest.raises(InputProblems, match="larger than 5 MiB"):
        read_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW)
    path.write_text("\ufeff" + calendar(event(*AT_8, ROOM)), encoding="utf-8")
    assert read_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW)


_WITHOUT_END = event("DTSTART:19010101T080000", "DURATION:PT2H", "RRULE:FREQ=DAILY", ROOM)
_TO_COUNT = event("DTSTART:19010101T080000", "DURATION:PT2H", "RRULE:FREQ=DAILY;COUNT=999999", ROOM, uid="{}")
_NEVER = "DTSTART:19010101T080000\nDURATION:PT2H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (calendar(_WITHOUT_END), 31),
        (calendar(*(event(_NEVER, ROOM, uid=f"{n}") for n in range(2000))), 0),
        (calendar(event(*AT_8, f"RDATE:{','.join(['20261205T090000'] * 4000)}", ROOM)), 2),
        (
            calendar(event(*AT_8, f"RDATE:{','.join(['20261205T090000'] * 5000)}", ROOM)),
            "m.ics:7:RDATE: longer than",
        ),
        (calendar(event(*AT_8, *[f"ATTENDEE;CN=P{n}:mailto:p{n}@x.vn" for n in range(50_000)], ROOM)), 1),
        (calendar(event(*AT_8, "DESCRIPTION:" + "x" * 4_000_000, ROOM)), 1),
        (calendar(event(*AT_8, "SUMMARY:" + "\n ".join("x" * 1_000_000), ROOM)), 1),
        (calendar(event(*AT_8, *["Ồ"] * 100_000, ROOM)), "m.ics:7: 'Ồ' is no line of iCalendar"),
        (
            calendar(event(*["DTSTART;TZID=" + "x/" * 30_000 + ":20261128T080000"], ROOM)),
            "m.ics:5:DTSTART: unknown time",
        ),
        (
            calendar(*[event("DTSTART:x", ROOM, uid=f"{n}") for n in range(2000)]),
            "m.ics:5:DTSTART: 'x' is no time",
        ),
    ],
    ids=[
        "without end",
        "never",
        "repeated dates",
        "long line",
        "attendees",
        "description",
        "folded",
        "broken lines",
        "zone",
        "problems",
    ],
)
def test_a_hostile_calendar(text: str, expected: int | str) -> None:
    """Whatever it says: an answer within seconds, with a limit to what is kept and told."""
    begin = time.process_time()
    if isinstance(expected, int):
        assert len(read(text)) == expected
    else:
        problems = told(text)
        assert expected in problems[0]
        assert len(problems) <= 1001
        assert max(map(len, problems)) < 400
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (_TO_COUNT.format("x"), "RRULE: the series takes too long to lay out; begin the series anew"),
        (_TO_COUNT.format("x").replace("RRULE", "RRULE:FREQ=DAILY\nRRULE"), "RRULE: the series takes too long"),
        (
            event(
                *AT_8, *(f"RDATE:2026120{day}T{n:06}" for day in (5, 6) for n in range(400) if n % 100 < 60), ROOM
            ),
            f"RDATE: the event takes place more than {MAX_TIMES} times; export fewer of them",
        ),
    ],
    ids=["counted from 1901", "two rules", "dates"],
)
def test_an_event_that_is_too_much(odd: str, expected: str) -> None:
    """It leaves the room to the others, however many series come after it."""
    series = (event(*AT_8, "RRULE:FREQ=DAILY;COUNT=2", ROOM, uid=f"s{n}") for n in range(10))
    meetings, (problem,) = examine(calendar(odd, *series))
    assert problem.startswith("m.ics:2:" + expected)
    assert len(meetings) == 20


def test_too_many_series_that_are_too_much() -> None:
    """What they may cost together has a limit too; an event that does not repeat counts behind them."""
    text = calendar(*(_TO_COUNT.format(n) for n in range(100)), event(*AT_8, ROOM, uid="good"))
    begin = time.process_time()
    meetings, problems = examine(text)
    assert time.process_time() - begin < 10
    assert [each.meeting_id for each in meetings] == ["good"]
    assert len(problems) == 100


def test_more_meetings_than_are_kept() -> None:
    """The first 5000 are, and from where on they are left out is told."""
    meetings, (problem,) = examine(calendar(*(_WITHOUT_END.replace("m1", f"{n}") for n in range(200))))
    assert len(meetings) == MAX_MEETINGS
    assert problem.startswith(
        "m.ics:1290: more than 5000 meetings, those of the events from here on are left out; export fewer"
    )


_PIECES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VALARM",
        "END:VALARM",
        *OUTLOOK_ZONE.format("Z").split("\n"),
        *SUMMER_TIME.split("\n"),
        *AT_8,
        ROOM,
        "UID:m1",
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "RDATE;VALUE=PERIOD:20261205T020000Z/PT30M",
        "RDATE;VALUE=PERIOD:20261205T020000Z/-PT30M",
        "DURATION:PT0S",
        "EXDATE:20261128T080000",
        "RECURRENCE-ID:20261128T080000",
        "DTSTART;TZID=Nha khach:20261128T080000",
        "DTSTART;TZID=Z:20261128T080000",
        " ",
        "",
    ]
)


@st.composite
def spoilt_calendars(draw: st.DrawFn) -> str:
    """Return a sound calendar in which lines were lost, exchanged, inserted and altered."""
    series = event("DTSTART;TZID=Nha khach:20261128T080000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3", ROOM)
    lines = calendar(SUMMER_TIME, series, event(*AT_8, "RDATE:20261205T090000Z", ROOM, uid="b")).split("\r\n")
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 3)):
            case 0:
                del lines[place]
            case 1:
                lines.insert(place, draw(_PIECES))
            case 2:
                lines[place] = draw(_PIECES)
            case _:
                cut = draw(st.integers(0, len(lines[place])))
                lines[place] = lines[place][:cut] + draw(st.text(max_size=5)) + lines[place][cut + 1 :]
        lines = lines or [""]
    return draw(st.sampled_from(["\r\n", "\n"])).join(lines)


@settings(max_examples=300, deadline=None)
@given(spoilt_calendars())
def test_whatever_a_file_says(text: str) -> None:
    """Meetings, or problems with a place: no other error ever comes out."""
    try:
        found, _ = examine(text)
    except InputProblems:
        return
    assert len({meeting.meeting_id for meeting in found}) == len(found)
    assert all(meeting.end > NOW and meeting.begin < meeting.end and meeting.endpoint_ids for meeting in found)


def test_what_the_library_writes() -> None:
    """A calendar made by icalendar, with the zone's definition and its way of folding, comes back."""
    made = Calendar.new()
    made_event = Event.new(
        uid="gb",
        summary="Họp giao ban trực tuyến " + "toàn tỉnh " * 10,
        start=datetime(2026, 11, 28, 8, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")),
        end=datetime(2026, 11, 28, 10, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")),
        location="Phòng họp Vân Đồn; Phòng họp xã",
    )
    made_event.add("RRULE", {"FREQ": "WEEKLY", "COUNT": 3})
    made_event.add("EXDATE", datetime(2026, 12, 5, 8, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")))
    made.add_component(made_event)
    made.add_missing_timezones()
    text = made.to_ical().decode()
    assert begins(text) == ["11-28 08:00", "12-12 08:00"]
    assert {meeting.endpoint_ids for meeting in read(text)} == {("vd-hop", "hl-xa")}


def test_ids() -> None:
    """Fit to be typed, never too long, and of different UIDs different."""
    assert make_meeting_id("abc-1@example.vn", None) == "abc-1@example.vn"
    exchange = "040000008200E00074C5B7101A82E00800000000"
    ids = {
        make_meeting_id(uid, NOW) for uid in (f"{exchange * 2}1", f"{exchange * 2}2", "họp 1", "hop 1", "h-p-1")
    }
    assert len(ids) == 5
    assert all(len(found) <= 64 + 17 and found.isascii() and " " not in found for found in ids)
