"""Periods out of snapshots: begins and ends, gaps, steps of the clock, and what is in the file after kill -9."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inventories import CONFIG, make_inventory, make_link
from recording_agent import RecordingAgent, T

from phusong.agent.daemon import state_settings
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.polling.observations import Observations
from phusong.agent.state.history_tables import (
    KEPT_DAYS,
    prune,
    read_hours,
    read_periods,
    read_remembered,
    read_stretches,
    write_batch,
    write_hours,
)
from phusong.agent.state.hourly import HourlyUse, LinkHour
from phusong.agent.state.outages import Batch, Period, Stretch, gaps
from phusong.agent.state.state_file import connect
from phusong.collectors.rates import Interval
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import LinkRow, Snapshot, Verdict

DAY = 86_400.0


def snapshot(verdicts: Mapping[str, str], since: float | None = None) -> Snapshot:
    """Return a snapshot of lines only, with these verdicts."""
    if not verdicts:
        return Snapshot(T, "2020-01", "4G", (), (), (), (), None)
    inventory = make_inventory(*(make_link(key, near=None, far=("cpe", key)) for key in verdicts))
    empty = FleetState(inventory, Observations(lambda: 0.0, lambda: T), state_settings(CONFIG)).snapshot()
    links = tuple(
        replace(row, verdict=Verdict(verdicts[row.info.link_id]), since=since, rule="a_rule")
        for row in empty.links
        if isinstance(row, LinkRow)
    )
    return replace(empty, links=links, endpoints=(), sites=(), devices=())


class Bench(RecordingAgent):
    """A state file, two clocks and the lives of an agent on them."""

    def die(self) -> None:
        """Without a word of farewell: nothing more is written."""
        self.store.close()

    def see(self, seconds: float, /, since: float | None = None, complete: bool = True, **verdicts: str) -> None:
        """Let time pass second by second while the lines are so; the last second is written."""
        shown = snapshot(verdicts, since)
        for _ in range(round(seconds)):
            self.unix += 1
            self.monotonic += 1
            self.history.observe(shown, complete=complete)
        asyncio.run(self.history.keep())

    def periods(self, link: str = "a") -> list[tuple[float, float | None, str]]:
        """Return the periods of a line: begin and end as seconds of the test."""
        found = self.store.read(lambda c: list(read_periods(c, "link", 0, 1e11)), [])
        return [(p.begin - T, None if p.end is None else p.end - T, p.verdict) for p in found if p.item_id == link]

    def stretches(self) -> list[tuple[float, float]]:
        found = self.store.read(lambda c: read_stretches(c, 0, 1e11), [])
        return [(stretch.begin - T, stretch.end - T) for stretch in found]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_every_change_has_begin_and_end(bench: Bench) -> None:
    """One period ends where the next begins; the last one lasts."""
    bench.see(100, a="up", b="up")
    bench.see(30, a="down", b="up")
    bench.see(10, a="up", b="up")
    assert bench.periods("a") == [(1, 101, "up"), (101, 131, "down"), (131, None, "up")]
    assert bench.periods("b") == [(1, None, "up")]
    assert bench.stretches() == [(1, 140)]


def test_an_outage_goes_on_over_a_restart(bench: Bench) -> None:
    """The same verdict after the gap is the same period; the gap lies beside it."""
    bench.see(60, a="down")
    bench.die()
    bench.unix += 600
    bench.monotonic = 5.0
    bench.start()
    bench.see(5, a="unknown", complete=False)
    bench.see(60, a="down")
    assert bench.periods() == [(1, None, "down")]
    assert bench.stretches() == [(1, 60), (661, 725)]
    stretches = [Stretch(begin, end) for begin, end in bench.stretches()]
    assert gaps(stretches, 0, 800) == [(0, 1), (60, 661), (725, 800)]


def test_the_next_agent_hears_what_stood_and_how_it_changed_lately(bench: Bench) -> None:
    """Verdict, begin and rule of what lasts; of the changes only those between carrying traffic and not."""
    for seconds, verdict in enumerate(("up", "down", "up", "congested", "maintenance", "up", "unreachable"), 10):
        bench.see(seconds, a=verdict, b="unknown")
    bench.die()
    bench.start()
    (left,) = bench.history.left_behind(0.0)
    assert (left.key, left.verdict, left.begin - T, left.rule) == (("link", "a"), "unreachable", 76, "a_rule")
    assert [at - T for at in left.changes] == [11, 22, 76]
    (left,) = bench.history.left_behind(T + 15)
    assert [at - T for at in left.changes] == [22, 76]


def test_another_verdict_after_the_gap_ends_the_period_where_the_gap_began(bench: Bench) -> None:
    """What was last seen is believed until the agent was gone, and not a second longer."""
    bench.see(60, a="down", b="down", c="up")
    bench.die()
    bench.unix += 600
    bench.start()
    bench.see(5, a="unknown", b="unknown", c="unknown", complete=False)
    bench.see(1, a="up", b="unknown", c="down", since=T + 300)
    assert bench.periods("a") == [(1, 60, "down"), (300, None, "up")]
    assert bench.periods("b") == [(1, 60, "down"), (300, None, "unknown")]
    assert bench.periods("c") == [(1, 60, "up"), (300, None, "down")]


def test_a_line_that_left_the_inventory_is_closed(bench: Bench) -> None:
    """Also one that left while the agent was not there."""
    bench.see(10, a="down", b="up", c="up")
    bench.see(10, b="up", c="up")
    assert bench.periods("a") == [(1, 11, "down")]
    bench.die()
    bench.start()
    bench.see(10, c="up")
    ((begin, end, verdict),) = bench.periods("b")
    assert (begin, verdict) == (1, "up")
    assert end is not None


def test_a_step_back_leaves_nothing_negative_and_nothing_twice(bench: Bench) -> None:
    """What was recorded after the time that it is now was recorded by a wrong clock."""
    bench.see(100, a="up")
    bench.see(50, a="down")
    bench.unix -= 80
    bench.see(30, a="down")
    assert bench.periods() == [(1, 71, "up"), (71, None, "down")]
    assert bench.stretches() == [(1, 71), (71, 100)]


def test_sleep_is_a_gap(bench: Bench) -> None:
    """The machine slept, or the clock was set forward: nobody saw what happened."""
    bench.see(10, a="up")
    bench.unix += 3600
    bench.see(10, a="up")
    assert bench.periods() == [(1, None, "up")]
    assert bench.stretches() == [(1, 10), (3611, 3620)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "unknown"]),
            st.integers(1, 20),
            st.sampled_from([0, 0, 0, 30, -5, -40, 5000]),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_periods_never_overlap(
    tmp_path_factory: pytest.TempPathFactory, life: list[tuple[str, int, int, bool]]
) -> None:
    """Whatever verdicts, restarts and steps of the clock come: in order, none negative, one that lasts at most."""
    bench = Bench(tmp_path_factory.mktemp("state"))
    for verdict, seconds, step, restart in life:
        if restart:
            bench.die()
            bench.start()
        bench.unix += step
        bench.see(seconds, a=verdict, b="up")
    found = [(begin, end if end is not None else 1e11) for begin, end, _ in bench.periods()]
    bench.die()
    for begin, end in found:
        assert begin <= end
    for (_, end), (begin, _) in pairwise(found):
        assert end <= begin


def test_a_disk_that_takes_nothing_costs_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is written when the disk has room again, with its true times."""
    bench.see(10, a="up")
    with monkeypatch.context() as full:
        full.setattr(bench.store, "write", lambda work: False)
        bench.see(10, a="down")
        bench.see(10, a="up")
        assert bench.periods() == [(1, None, "up")]
    bench.see(1, a="up")
    assert bench.periods() == [(1, 11, "up"), (11, 21, "down"), (21, None, "up")]


def test_a_new_file_learns_what_lasts(bench: Bench) -> None:
    """The file is damaged while the agent runs: the new one has the outage with its begin."""
    bench.see(10, a="down")
    bench.store.write(lambda connection: connection.execute("DROP TABLE period"))
    bench.see(1, a="up")
    bench.see(20, a="up")
    assert bench.store.put_aside == 1
    assert bench.periods()[-1] == (11, None, "up")


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    """After 400 days; what lasts stays, and the time before counts as a gap."""
    connection = connect(tmp_path / "phusong.db")
    old, now = T - (KEPT_DAYS + 10) * DAY, T
    write_batch(
        connection,
        Batch(
            periods=(
                Period("link", "a", old, old + DAY, "down"),
                Period("link", "a", old + DAY, None, "up"),
                Period("link", "b", now - DAY, now - 5, "down"),
            ),
            stretches=(Stretch(old, old + DAY), Stretch(old + 2 * DAY, now)),
        ),
    )
    hour = int(T // 3600)
    write_hours(connection, [LinkHour(hour, "a"), LinkHour(hour - (KEPT_DAYS + 1) * 24, "a")])
    assert prune(connection, now) == 1
    assert [p.verdict for p in read_periods(connection, "link", 0, 1e11)] == ["up", "down"]
    assert read_stretches(connection, 0, 1e11) == [Stretch(now - KEPT_DAYS * DAY, now)]
    assert [row.hour for row in read_hours(connection, 0, 10**7)] == [hour]
    assert read_remembered(connection).lasting.keys() == {("link", "a")}
    connection.close()


def test_the_size_of_a_full_file_is_bounded(tmp_path: Path) -> None:
    """345 lines and 400 days of hours stay below 90 bytes a row, so below 300 MB; a period below 140."""
    path = tmp_path / "phusong.db"
    connection = connect(path)
    base = path.stat().st_size
    largest = LinkHour(0, "", 3600, 120, 45 * 10**9, 45 * 10**9, *[125 * 10**5] * 4, 1800, 1800, 99999, 999999)
    for first in range(480_000, 480_000 + 48):
        write_hours(connection, (replace(largest, hour=first, link_id=f"line-{n:04}") for n in range(345)))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hours = path.stat().st_size - base
    assert hours / (48 * 345) < 90
    assert hours / 48 * 24 * KEPT_DAYS < 300e6
    periods = tuple(
        Period("link", f"line-{n % 345:04}", T + n, T + n + 60, "unreachable", "no_answer") for n in range(20_000)
    )
    for first in range(0, len(periods), 500):
        write_batch(connection, Batch(periods=periods[first : first + 500]))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (path.stat().st_size - base - hours) / len(periods) < 140
    connection.close()


def test_hours_of_a_line() -> None:
    """Near and far count the same bytes; the hub's sent bytes go down; the 95th percentile leaves the top out."""
    hourly = HourlyUse()
    link = make_link("a", near=("hub", "1"), far=("cpe", "wan"))
    hourly.use_inventory(make_inventory(link))
    hourly.begin(480_000)
    assert link.near is not None
    for second in range(100):
        rate = 1000 if second < 96 else 50_000
        interval = Interval(30.0, 30 * 10, 30 * rate, None, None, None)
        hourly.polled("hub", {link.near.interface: interval})
    hourly.pinged("addr-cpe", PingReading(5, 4, 0.01, 0.02, 0.05))
    hourly.pinged("addr-cpe", PingReading(5, 0, None, None, None))
    (row,) = hourly.rows()
    assert (row.seconds, row.polls) == (3000, 100)
    assert (row.down_bytes, row.up_bytes) == (30 * (96 * 1000 + 4 * 50_000), 30_000)
    assert (row.down_p95, row.down_max, row.up_p95, row.up_max) == (1000, 50_000, 10, 10)
    assert (row.pings_sent, row.pings_answered, row.rtt_avg_us, row.rtt_max_us) == (10, 4, 20_000, 50_000)
    hourly.begin(480_000, before=[row])
    assert hourly.rows() == []
    hourly.pinged("addr-cpe", PingReading(5, 4, 0.03, 0.04, 0.06))
    (both,) = hourly.rows()
    assert (both.down_bytes, both.pings_sent, both.rtt_avg_us, both.rtt_max_us) == (
        row.down_bytes, 15, 30_000, 60_000,
    )  # fmt: skip


KILLED = """
import sys; from pathlib import Path
sys.path[:0] = sys.argv[2:]
from test_outages import Bench
bench = Bench(Path(sys.argv[1]), unix=float(sys.stdin.readline()))
turn = 0
while True:
    bench.see(1, a="down", b="up" if turn % 2 else "down")
    if turn == 3: print(bench.unix, flush=True)
    turn += 1
"""


def test_an_open_outage_survives_being_killed_again_and_again(tmp_path: Path) -> None:
    """Twelve times kill -9 while it writes: the file is whole, the outage is open and began when it began."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(here), str(here.parents[1] / "support")]
    unix = T
    for _ in range(12):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{unix}\n")
            process.stdin.flush()
            assert process.stdout.readline().strip()
            process.send_signal(signal.SIGKILL)
        connection = connect(tmp_path / "phusong.db")
        remembered = read_remembered(connection)
        connection.close()
        assert remembered.lasting["link", "a"] == Period("link", "a", T + 1, None, "down", "a_rule")
        assert remembered.until is not None
        assert remembered.until >= unix + 4
        unix = remembered.until + 600
    assert list(tmp_path.glob("*corrupt*")) == []
    connection = connect(tmp_path / "phusong.db")
    stretches = read_stretches(connection, 0, 1e11)
    connection.close()
    assert len(stretches) == 12
    assert all(later.begin - earlier.end >= 600 for earlier, later in pairwise(stretches))
