"""Meetings from a table or a calendar: what the files may say, and what is said about those that are wrong."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from meeting_province import DISTRICTS, INVENTORY, NOW, PROVINCE_TIME

from phusong.agent.input.csv_table import MAX_PROBLEMS
from phusong.agent.input.meeting_files import examine_meetings, read_meetings
from phusong.agent.input.meeting_table import meetings_spec
from phusong.agent.input.problems import InputProblems
from phusong.agent.input.text_files import MAX_FILE_BYTES
from phusong.agent.meetings import Meeting

WHAT_TO_WRITE = "write ids of endpoints.csv, all, district:NAME, site:SITE_ID or kind:KIND"
HEADER = "meeting_id,title,from,to,endpoints\n"
ALL = ("hub-1", "vd-hop", "vd-2", "hl-xa", "coto")


def read(path: Path, content: str | bytes, districts: dict[str, str] = DISTRICTS) -> tuple[Meeting, ...]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW, districts=districts)


def problems_of(path: Path, content: str | bytes, districts: dict[str, str] = DISTRICTS) -> list[str]:
    """Return the messages, without the folder of the file."""
    with pytest.raises(InputProblems) as caught:
        read(path, content, districts)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in caught.value.problems]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "meetings.csv"


def row(endpoints: str, meeting_id: str = "m1") -> str:
    return f'{meeting_id},Giao ban,2026-11-28T08:00,2026-11-28T10:00,"{endpoints}"\n'


def test_a_table(table: Path) -> None:
    """Every column arrives, times without an offset are the province's, and the meetings come in their order."""
    found = read(
        table,
        HEADER
        + "gb-12,Giao ban  tháng 12,2026-12-01T08:00,2026-12-01T10:30,coto vd-hop\n"
        + "gb-11,Giao ban tháng 11,2026-11-28T01:00Z,2026-11-28 10:00:00+07:00,hub-1\n",
    )
    assert found == (
        Meeting(
            "gb-11",
            "Giao ban tháng 11",
            datetime(2026, 11, 28, 1, tzinfo=UTC),
            datetime(2026, 11, 28, 3, tzinfo=UTC),
            ("hub-1",),
        ),
        Meeting(
            "gb-12",
            "Giao ban tháng 12",
            datetime(2026, 12, 1, 1, tzinfo=UTC),
            datetime(2026, 12, 1, 3, 30, tzinfo=UTC),
            ("vd-hop", "coto"),
        ),
    )


@pytest.mark.parametrize(
    ("cell", "endpoint_ids"),
    [
        ("vd-hop", ("vd-hop",)),
        ("coto hub-1  vd-hop coto", ("hub-1", "vd-hop", "coto")),
        ("coto, hub-1;vd-hop,", ("hub-1", "vd-hop", "coto")),
        ("coto\nhub-1", ("hub-1", "coto")),
        ("all", ALL),
        ("coto ALL", ALL),
        ("site:vd", ("vd-hop", "vd-2")),
        ("kind:district", ("vd-hop", "vd-2", "coto")),
        ("kind:commune kind:province", ("hub-1", "hl-xa")),
        ("district:Vân Đồn", ("vd-hop", "vd-2", "hl-xa")),
        ("District: van don", ("vd-hop", "vd-2", "hl-xa")),
        ("district:Vân Đồn hub-1", ("hub-1", "vd-hop", "vd-2", "hl-xa")),
        ("hub-1 district:Cô Tô site:vd", ("hub-1", "vd-hop", "vd-2", "coto")),
        ("district:Cô Tô, district:Ha Long", ("hub-1", "coto")),
    ],
)
def test_who_takes_part(table: Path, cell: str, endpoint_ids: tuple[str, ...]) -> None:
    """Ids and selections in any mixture give endpoints in the order of the inventory, each once."""
    (meeting,) = read(table, HEADER + row(cell))
    assert meeting.endpoint_ids == endpoint_ids


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("vd-hob", "unknown endpoint 'vd-hob'; did you mean 'vd-hop'?"),
        (
            "zzzz",
            f"unknown endpoint 'zzzz'; {WHAT_TO_WRITE} (known: coto, hl-xa, hub-1, vd-2, vd-hop)",
        ),
        ("district:Vân Dôm", "unknown district 'Vân Dôm'; did you mean 'Vân Đồn'?"),
        ("district:Ba Chẽ", "district:'Ba Chẽ' has no endpoint; remove it, or add its endpoint"),
        ("district:", "nothing follows district:; write the district right after the colon"),
        ("site:vdd", "unknown site 'vdd'; did you mean 'vd'?"),
        ("kind:comune", "unknown kind of site 'comune'; did you mean 'commune'?"),
        (",;", "no endpoint is named; name who takes part"),
    ],
)
def test_an_unknown_participant(table: Path, cell: str, told: str) -> None:
    """What is meant by nothing is told with its place and the near name."""
    assert problems_of(table, HEADER + row("all", "m0") + row(cell)) == [f"meetings.csv:3:endpoints: {told}"]


def test_a_meeting_of_more_than_a_year(table: Path) -> None:
    """A slip of the pen in the year is told."""
    told = problems_of(table, HEADER + "m1,Giao ban,2026-11-28T08:00,2027-12-28T10:00,all\n")
    assert told == ["meetings.csv:2:to: the meeting lasts longer than 366 days; correct from or to"]


def test_an_edition_without_districts(table: Path) -> None:
    """The edition of 2025-07 has none: the message says so instead of naming no near name."""
    told = problems_of(table, HEADER + row("district:Vân Đồn"), districts={})
    what = "meetings.csv:2:endpoints: 'Vân Đồn' is no district: this edition has none"
    assert told == [f"{what}; use ids, site: or kind:, or another edition in phusong.yaml"]


def test_all_that_is_wrong_is_told_at_once(table: Path) -> None:
    """Cells, rows, ids and names; also in a meeting that is over."""
    told = problems_of(
        table,
        HEADER
        + row("vd-hob, site:x9, vd-hob")
        + row("all")
        + "m 3,Tên,2026-11-28T10:00,2026-11-28T08:00,all\n"
        + "m4,,28/11/2026,2026-11-28T08:00,all\n"
        + "m5,Cũ,2020-11-28T08:00,2020-11-28T08:00,all\n",
    )
    assert [line.partition(";")[0] for line in told] == [
        "meetings.csv:2:endpoints: unknown endpoint 'vd-hob'",
        "meetings.csv:2:endpoints: unknown site 'x9'",
        "meetings.csv:3:meeting_id: duplicate meeting_id 'm1', first on line 2",
        "meetings.csv:4:meeting_id: 'm 3' is no id",
        "meetings.csv:4:to: the meeting does not end after it begins",
        "meetings.csv:5:title: title is empty",
        "meetings.csv:5:from: '28/11/2026' is no time",
        "meetings.csv:6:to: the meeting does not end after it begins",
    ]


def test_what_is_over_is_left_out(table: Path) -> None:
    """A meeting that runs is kept, one that ends now is over."""
    found = read(
        table,
        HEADER
        + "over,A,2026-11-20T07:00,2026-11-20T08:00,all\n"
        + "runs,B,2026-11-20T07:00,2026-11-20T08:01,all\n"
        + "far,C,2027-11-20T07:00,2027-11-20T08:01,all\n",
    )
    assert [meeting.meeting_id for meeting in found] == ["runs", "far"]


def test_as_excel_saves_it(table: Path) -> None:
    """Byte-order mark, semicolons between the columns and CR LF."""
    header = "\ufeffmeeting_id;title;from;to;endpoints\r\n"
    (meeting,) = read(table, header + "m1;Họp, tổng kết;2026-11-28T08:00;2026-11-28T10:00;vd-hop, coto\r\n")
    assert (meeting.title, meeting.endpoint_ids) == ("Họp, tổng kết", ("vd-hop", "coto"))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("28/11/2026 8:00", "28/11/2026 10:00"),
        ("28/11/2026 08:00:00", "28/11/2026 10:00:00"),
        ("28/11/2026  8:00", "2026-11-28T03:00Z"),
    ],
)
def test_times_as_excel_saves_them(table: Path, begin: str, end: str) -> None:
    """With Vietnamese settings: the day first, local time."""
    (meeting,) = read(table, f"\ufeffmeeting_id;title;from;to;endpoints\r\nm1;Họp;{begin};{end};all\r\n")
    assert meeting.begin == datetime(2026, 11, 28, 1, tzinfo=UTC)
    assert meeting.end == datetime(2026, 11, 28, 3, tzinfo=UTC)


def test_an_unknown_column(table: Path) -> None:
    """Column names are an interface: a misspelled one is not passed over."""
    told = problems_of(table, HEADER.replace("endpoints", "endpoint") + row("all"))
    assert told[0] == "meetings.csv:1:5: unknown column 'endpoint'; did you mean 'endpoints'?"
    assert told[1].startswith("meetings.csv:1:endpoints: the required column endpoints is missing")


def test_a_name_of_neither_kind(tmp_path: Path) -> None:
    """The ending of the name says how the file is read."""
    assert problems_of(tmp_path / "meetings.xlsx", "") == [
        "meetings.xlsx: neither .csv nor .ics; name a table (.csv) or an iCalendar file (.ics)"
    ]


@pytest.mark.parametrize("name", ["meetings.csv", "meetings.ics"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    """Absent, too large or of another encoding: told with the file's name."""
    path = tmp_path / name
    with pytest.raises(InputProblems, match="cannot be read: No such file"):
        read_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW)
    assert problems_of(path, b"x" * (MAX_FILE_BYTES + 1)) == [
        f"{name}: larger than 5 MiB; is this the right file?"
    ]
    assert problems_of(path, "Vân Đồn".encode("utf-16"))[0].startswith(f"{name}:1: the file is UTF-16")


@pytest.mark.parametrize(
    "rows",
    [
        row("all") * 5001,
        row("district:" + "Vân " * 30_000),
        row(" ".join(f"x{n}" for n in range(25_000))),
        row("hub-1" + " " * 130_000 + "x"),
        row("all " * 30_000) * 30,
    ],
    ids=["rows", "long name", "unknown words", "white space", "repeated"],
)
def test_a_table_that_is_too_much(table: Path, rows: str) -> None:
    """Told within a second or two; the number of messages has a limit."""
    begin = time.process_time()
    assert 1 <= len(problems_of(table, HEADER + rows)) <= MAX_PROBLEMS + 1
    assert time.process_time() - begin < 5


def test_a_calendar_in_part(tmp_path: Path) -> None:
    """Of a calendar what cannot be understood stands beside the meetings; a table is all or nothing."""
    good = "BEGIN:VEVENT\nUID:m1\nDTSTART:20261128T080000\nDURATION:PT1H\nRESOURCES:coto\nEND:VEVENT\n"
    odd = good.replace("20261128T080000", "soon").replace("m1", "m2")
    path = tmp_path / "meetings.ics"
    path.write_text(f"BEGIN:VCALENDAR\n{odd}{good}END:VCALENDAR\n", encoding="utf-8")
    meetings, (problem,) = examine_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW)
    assert [meeting.meeting_id for meeting in meetings] == ["m1"]
    assert str(problem).startswith(f"{path}:4:DTSTART: 'soon' is no time; write 2026")
    assert read_meetings(path, INVENTORY, zone=PROVINCE_TIME, now=NOW) == meetings
    table = tmp_path / "meetings.csv"
    table.write_text(HEADER + row("all") + row("x9", "m2"), encoding="utf-8")
    with pytest.raises(InputProblems, match="unknown endpoint 'x9'"):
        examine_meetings(table, INVENTORY, zone=PROVINCE_TIME, now=NOW)


def test_a_table_needs_no_calendar_library(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no calendar is configured the library is not even imported."""
    monkeypatch.setitem(sys.modules, "icalendar", None)
    monkeypatch.delitem(sys.modules, "phusong.agent.input.meeting_calendar", raising=False)
    assert read(table, HEADER + row("all"))


PAGE = (Path(__file__).parents[3] / "docs" / "meetings.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def test_the_examples_of_the_documentation(tmp_path: Path) -> None:
    """They can be copied; the columns are those of the table."""
    found = read(tmp_path / "m.csv", _block("csv"))
    assert [(each.meeting_id, each.endpoint_ids) for each in found] == [
        ("gb-11", ALL),
        ("vd-sk", ("hub-1", "vd-hop", "vd-2", "hl-xa")),
    ]
    found = read(tmp_path / "m.ics", _block("ics"))
    assert [each.meeting_id[-17:] for each in found] == ["@20261130T010000Z", "@20261214T010000Z"]
    assert {(each.endpoint_ids, each.unmatched) for each in found} == {(("hub-1", "vd-hop"), ("Nguyễn Văn A",))}
    assert found[0].meeting_id in PAGE
    columns = [column.name for column in meetings_spec("meetings.csv", PROVINCE_TIME).columns]
    assert re.findall(r"^\| `([^`]+)`", PAGE.partition("## A table")[2], re.MULTILINE)[: len(columns)] == columns
