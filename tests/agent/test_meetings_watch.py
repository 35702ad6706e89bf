"""The running agent and the file of meetings: taken over by itself, and never lost to a bad file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from meeting_province import INVENTORY, NOW, PROVINCE_TIME
from structlog.testing import capture_logs

from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting
from phusong.agent.meetings_watch import MeetingsWatch

HEADER = "meeting_id,title,from,to,endpoints\n"
DAY = 86_400.0
DAILY = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:gb
DTSTART:20261001T080000
DURATION:PT1H
RRULE:FREQ=DAILY
RESOURCES:coto
END:VEVENT
END:VCALENDAR
"""


def row(meeting_id: str, endpoints: str = "all") -> str:
    return f"{meeting_id},Giao ban,2026-11-28T08:00,2026-11-28T10:00,{endpoints}\n"


class Bench:
    """A watch, its file, its clock, and what it gave away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOW.timestamp()
        self.given: list[list[str]] = []
        self.inventory: Inventory = INVENTORY
        self.watch = MeetingsWatch(path, PROVINCE_TIME, lambda: self.now, self._take)

    def _take(self, meetings: tuple[Meeting, ...]) -> None:
        self.given.append([meeting.meeting_id for meeting in meetings])

    async def look(self) -> list[str]:
        """Look once; return the events that were logged."""
        with capture_logs() as logs:
            await self.watch.look(self.inventory)
        return [entry["event"] for entry in logs]

    @property
    def known(self) -> list[str]:
        return [meeting.meeting_id for meeting in self.watch.meetings]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "meetings.csv")


async def test_a_new_file_is_taken_over_once(bench: Bench) -> None:
    """At the next look; nothing is read or given away where nothing changed."""
    bench.path.write_text(HEADER + row("m1"), encoding="utf-8")
    assert await bench.look() == ["meetings_changed"]
    assert await bench.look() == []
    bench.path.write_text(HEADER + row("m1") + row("m2"), encoding="utf-8")
    await bench.look()
    bench.path.write_text(HEADER + row("m1") + row("m2") + "\n", encoding="utf-8")
    assert await bench.look() == []
    assert bench.given == [["m1"], ["m1", "m2"]]
    assert not bench.watch.failed


async def test_a_file_of_the_same_time_and_size(bench: Bench) -> None:
    """One that was renamed into its place is another file."""
    bench.path.write_text(HEADER + row("m1"), encoding="utf-8")
    await bench.look()
    other = bench.path.with_name("new")
    other.write_text(HEADER + row("m2"), encoding="utf-8")
    status = bench.path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(bench.path)
    await bench.look()
    assert bench.known == ["m2"]


async def test_a_bad_file_changes_nothing(bench: Bench) -> None:
    """What was known holds; it is told once per version of the file, with everything that is wrong in it."""
    bench.path.write_text(HEADER + row("m1"), encoding="utf-8")
    await bench.look()
    bench.path.write_text(HEADER + row("m2", "hub-9") + row("m 3"), encoding="utf-8")
    with capture_logs() as logs:
        for _ in range(3):
            await bench.watch.look(bench.inventory)
        bench.now += DAY
        await bench.watch.look(bench.inventory)
    assert [entry["event"] for entry in logs] == ["meetings_not_read"]
    assert [problem.partition(";")[0].rpartition("/")[2] for problem in logs[0]["problems"]] == [
        "meetings.csv:2:endpoints: unknown endpoint 'hub-9'",
        "meetings.csv:3:meeting_id: 'm 3' is no id",
    ]
    assert (bench.known, bench.watch.failed) == (["m1"], True)
    bench.path.write_text(HEADER + row("m2", "hub-99"), encoding="utf-8")
    assert await bench.look() == ["meetings_not_read"]
    bench.path.write_text(HEADER + row("m4"), encoding="utf-8")
    await bench.look()
    assert (bench.known, bench.watch.failed) == (["m4"], False)
    assert bench.given == [["m1"], ["m4"]]


async def test_a_file_that_is_absent(bench: Bench) -> None:
    """Told once; the meetings come with the file, and stay when it goes."""
    assert await bench.look() == ["meetings_not_read"]
    assert await bench.look() == []
    assert bench.watch.failed
    bench.path.write_text(HEADER + row("m1"), encoding="utf-8")
    await bench.look()
    bench.path.unlink()
    assert await bench.look() == ["meetings_not_read"]
    assert (bench.known, bench.watch.failed) == (["m1"], True)


GOOD_EVENT = "BEGIN:VEVENT\nUID:good\nDTSTART:20261128T080000\nDURATION:PT1H\nRESOURCES:coto\nEND:VEVENT\n"


async def test_an_event_that_cannot_be_understood(tmp_path: Path) -> None:
    """The others count, the file is no failure, and what is left out is told once per version of the file."""
    bench = Bench(tmp_path / "meetings.ics")
    odd = GOOD_EVENT.replace("good", "odd").replace("DURATION", "RRULE:FREQ=HOURLY\nDURATION")
    reminder = GOOD_EVENT.replace("good", "reminder").replace("DURATION:PT1H\n", "")
    for version in ("", "X-WR-CALNAME:lich\n"):
        text = f"BEGIN:VCALENDAR\n{version}{odd}{reminder}{GOOD_EVENT}END:VCALENDAR\n"
        bench.path.write_text(text, encoding="utf-8")
        with capture_logs() as logs:
            for _ in range(3):
                await bench.watch.look(bench.inventory)
                bench.now += DAY
        (left_out,) = [entry for entry in logs if entry["event"] != "meetings_changed"]
        assert (left_out["event"], left_out["log_level"], left_out["count"]) == ("meetings_left_out", "warning", 1)
        assert f":{5 + bool(version)}:RRULE: 'FREQ=HOURLY' repeats by none" in left_out["problems"][0]
        assert (bench.known, bench.watch.failed) == (["good"], False)
    assert bench.given == [["good"]]
    bench.path.write_text(f"BEGIN:VCALENDAR\n{odd}END:VCALENDAR\n", encoding="utf-8")
    assert await bench.look() == ["meetings_not_read"]
    assert (bench.known, bench.watch.failed) == (["good"], True)


async def test_many_problems_are_told_in_part(bench: Bench) -> None:
    """A log line has its limits."""
    bench.path.write_text(HEADER + "".join(row(f"m {n}") for n in range(50)), encoding="utf-8")
    with capture_logs() as logs:
        await bench.watch.look(bench.inventory)
    assert (len(logs[0]["problems"]), logs[0]["count"]) == (20, 50)


async def test_the_next_day(tmp_path: Path) -> None:
    """A series is laid out anew when the day of the province changes, and at no other time."""
    bench = Bench(tmp_path / "meetings.ics")
    bench.path.write_text(DAILY, encoding="utf-8")
    await bench.look()
    assert bench.known[-1] == "gb@20261220T010000Z"
    bench.now += DAY * 2 / 3 - 1
    assert await bench.look() == []
    bench.now += 1
    assert await bench.look() == ["meetings_changed"]
    assert bench.known[-1] == "gb@20261221T010000Z"
    assert len(bench.given) == 2


async def test_another_inventory(bench: Bench) -> None:
    """The file is read against it; where that fails, what is known loses the endpoints that are gone."""
    bench.path.write_text(HEADER + row("m1", "coto hub-1") + row("m2", "coto"), encoding="utf-8")
    await bench.look()
    left = {key: endpoint for key, endpoint in INVENTORY.endpoints.items() if key != "coto"}
    bench.inventory = replace(INVENTORY, endpoints=left)
    await bench.look()
    assert bench.watch.failed
    assert [(each.meeting_id, each.endpoint_ids) for each in bench.watch.meetings] == [("m1", ("hub-1",))]
    bench.inventory = INVENTORY
    await bench.look()
    assert (bench.known, bench.watch.failed) == (["m1", "m2"], False)


async def test_no_file_is_configured() -> None:
    """Nothing to look for, nothing wrong."""
    given: list[tuple[Meeting, ...]] = []
    watch = MeetingsWatch(None, PROVINCE_TIME, NOW.timestamp, given.append)
    await watch.look(INVENTORY)
    assert (watch.meetings, watch.failed, given) == ((), False, [])
