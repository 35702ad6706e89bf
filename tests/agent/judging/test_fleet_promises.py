"""What holds of every snapshot, whatever is heard, planned and reloaded in whatever order."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from endpoint_readings import room as answering_room
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from inventories import make_inventory, make_link
from readings_made import end

from phusong.agent.inventory import Column, InterfaceSelector, Inventory, MaintenanceWindow
from phusong.agent.judging.fleet_state import FleetState, LeftBehind, StateSettings
from phusong.agent.judging.verdict import Rule
from phusong.agent.polling.observations import Observations
from phusong.agent.state.history_tables import HISTORY_TABLES, read_periods, read_remembered, write_batch
from phusong.agent.state.outages import OutageRecord
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.readings import PingReading
from phusong.coverage.summary import CoverageSummary, SiteCoverage
from phusong.exporters.snapshot import EndpointRow, Isolation, LinkRow, Snapshot, Verdict

SETTINGS = StateSettings(
    edition="2020-01", poll_interval_s=30, ping_interval_s=10, sensors_interval_s=60, fallback_technology="4G"
)
VERDICT_OF = {
    Rule.WINDOW: Verdict.MAINTENANCE,
    Rule.ADMIN_STATUS: Verdict.ADMIN_DOWN,
    Rule.PARENT_LINK: Verdict.PARENT_DOWN,
    Rule.PARENT_DEVICE: Verdict.PARENT_DOWN,
    Rule.SITE_LINES: Verdict.PARENT_DOWN,
    Rule.OPER_STATUS: Verdict.DOWN,
    Rule.NO_ANSWER: Verdict.UNREACHABLE,
    Rule.FAR_SIDE_SILENT: Verdict.UNREACHABLE,
    Rule.ECHO_ONLY: Verdict.SNMP_DEAD,
    Rule.LOSS: Verdict.DEGRADED,
    Rule.FLAPPING: Verdict.DEGRADED,
    Rule.OPER_UP: Verdict.UP,
    Rule.ECHO_DESPITE_STATUS: Verdict.UP,
    Rule.ANSWERS: Verdict.READY,
    Rule.PARENT_UNHEARD: Verdict.UNKNOWN,
    Rule.UNCLEAR_STATUS: Verdict.UNKNOWN,
    Rule.NO_FRESH_DATA: Verdict.UNKNOWN,
}
"""Of the rules that can be met here."""
DEVICES = ("hub", "mid", "cpe1", "cpe2", "cpe3", "loop")
ROOMS = ("e1", "e2", "e3")
WINDOWS = ("trunk", "l1", "l2", "s2", "s3", "Carrier B", "e1", "e3")
COVERAGE = CoverageSummary(
    "2020-01", "", "", False, False, (), (), (SiteCoverage("s1", "4G", ("X",)), SiteCoverage("s2", "4G", ()))
)


def fleet(without: str = "") -> Inventory:
    """Return lines in a chain, two lines of one office, one line with both ends on one device."""
    links = {
        "trunk": make_link("trunk", near=("hub", "wan"), far=("mid", "wan"), site="s1"),
        "l1": make_link("l1", near=None, far=("cpe1", "wan"), site="s2"),
        "l2": make_link("l2", near=("hub", "wan2"), far=("cpe2", "wan"), site="s2", carrier="Carrier B"),
        "l3": make_link("l3", near=("hub", "wan3"), far=None, site="s3", ping_address="addr-cpe3"),
        "l4": make_link("l4", near=("loop", "wan"), far=("loop", "wan2"), site="s4"),
    }
    links.pop(without, None)
    if "trunk" in links and "l1" in links:
        links["l1"] = replace(links["l1"], parent_link="trunk")
    rooms = {room: f"addr-{room}" for room in ROOMS}
    inventory = make_inventory(*links.values(), endpoints=rooms, idle_devices=DEVICES)
    office = next(iter(inventory.sites.values()))
    sites = {site_id: replace(office, site_id=site_id) for site_id in ("s1", "s2", "s3", "s4", "s5")}
    places = {"e1": ("s1", "trunk" if "trunk" in links else ""), "e2": ("s2", ""), "e3": ("s5", "")}
    endpoints = {
        room: replace(inventory.endpoints[room], site_id=site_id, parent_link=parent)
        for room, (site_id, parent) in places.items()
    }
    return replace(inventory, sites=sites, endpoints=endpoints)


class Fleet(RuleBasedStateMachine):
    """Two agents hear the same; one of them knows of planned work, and keeps a record."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.ahead_s = 1000.0, 1e9
        self.inventory = fleet()
        self.windows: list[str] = []
        self.database = sqlite3.connect(":memory:")
        for table in HISTORY_TABLES:
            self.database.execute(table)
        self.twins_remember_alike = True
        self.start()

    def unix(self) -> float:
        return self.now + self.ahead_s

    def start(self) -> None:
        """Begin with nothing but the record."""
        self.record = OutageRecord(read_remembered(self.database))
        left = [LeftBehind(key, period.verdict, period.begin) for key, period in self.record.lasting.items()]
        self.observed = [Observations(lambda: self.now, self.unix) for _ in range(2)]
        self.states = [FleetState(self.inventory, each, SETTINGS) for each in self.observed]
        for state in self.states:
            state.use_coverage(COVERAGE)
            state.remember(item for item in left if item.verdict != Verdict.UNKNOWN)
        self.asked: set[str] = set()
        self.before: Snapshot | None = None
        self.plan()
        self.look(heard=True)

    def plan(self) -> None:
        begin = datetime.fromtimestamp(self.unix(), UTC) - timedelta(days=1)
        end_ = begin + timedelta(days=366)
        self.states[1].use_windows([MaintenanceWindow(what, begin, end_, "work") for what in self.windows])

    # What happens.

    @rule(
        device=st.sampled_from(DEVICES),
        said=st.sampled_from([1, 1, 1, 2, 4, 7, "silent", "silent", "refuses", "switched off"]),
        received=st.sampled_from([0, 0, 3, 5, None]),
    )
    def hears_of_a_device(self, device: str, said: int | str, received: int | None) -> None:
        for observations in self.observed:
            if isinstance(said, int) or said == "switched off":
                reading = end(said).reading if isinstance(said, int) else end(2, 2).reading
                assert reading is not None
                rows = {
                    InterfaceSelector(Column.NAME, name): replace(reading, device_id=device)
                    for name in ("wan", "wan2", "wan3")
                }
                observations.device_answered(device, InterfacesPoll(1, rows, {}))
            else:
                observations.device_failed(device, str(said), unanswered=said == "silent")
        self.hears_ping(f"addr-{device}", received)
        self.asked.add(device)
        self.look(heard=True)

    @rule(
        room=st.sampled_from(ROOMS),
        answers=st.booleans(),
        received=st.sampled_from([0, 0, 5, None]),
    )
    def hears_of_a_room(self, room: str, answers: bool, received: int | None) -> None:
        for observations in self.observed:
            if answers:
                observations.endpoint_answered(room, answering_room(room))
            else:
                observations.endpoint_failed(room, "silent", unanswered=True)
        self.hears_ping(f"addr-{room}", received)
        self.asked.add(room)
        self.look(heard=True)

    def hears_ping(self, address: str, received: int | None) -> None:
        if received is not None:
            rtt = 0.01 if received else None
            for observations in self.observed:
                observations.pinged(address, PingReading(5, received, rtt, rtt, rtt))

    @rule(seconds=st.sampled_from([0.5, 2.0, 4.5, 11.0, 35.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.look(heard=False)

    @rule(seconds=st.sampled_from([-3600.0, -5.0, 5.0, 3600.0]))
    def clock_is_set(self, seconds: float) -> None:
        self.ahead_s += seconds
        self.now += 1.0
        self.look(heard=False)

    @rule(what=st.sampled_from(WINDOWS))
    def work_is_begun_or_ended(self, what: str) -> None:
        self.windows = [name for name in self.windows if name != what] + [what] * (what not in self.windows)
        self.plan()
        self.look(heard=False)

    @rule(without=st.sampled_from(["", "trunk", "l2", "l3"]))
    def inventory_is_read_again(self, without: str) -> None:
        self.inventory = fleet(without)
        before, self.states = (
            self.states,
            [FleetState(self.inventory, each, SETTINGS) for each in self.observed],
        )
        for new, old in zip(self.states, before, strict=True):
            new.adopt(old)
        self.plan()
        self.look(heard=True)

    @rule(absent_s=st.sampled_from([1.0, 60.0, 4000.0]))
    def agent_is_started_again(self, absent_s: float) -> None:
        self.now += absent_s
        self.twins_remember_alike = False  # of planned work it is not recorded what it hid
        self.start()

    # What must hold.

    def look(self, *, heard: bool) -> None:
        plain, planned = (state.snapshot() for state in self.states)
        self.check_rules(plain, planned)
        self.check_maintenance(plain, planned)
        if self.before is not None:
            self.check_changes(self.before, planned, heard=heard)
        assert self.states[1].snapshot() == planned
        self.before = planned
        self.keep_record(planned)

    def check_rules(self, *snapshots: Snapshot) -> None:
        """Hold each rule to its verdict, and that no office is isolated while one of its lines is up."""
        for snapshot in snapshots:
            for row in (*snapshot.links, *snapshot.endpoints):
                assert VERDICT_OF[Rule(row.rule)] is row.verdict
                assert row.since is not None
            for site in snapshot.sites:
                lines = [row for row in snapshot.links if row.info.site_id == site.info.site_id]
                if site.isolation in (Isolation.ISOLATED, Isolation.ON_FALLBACK):
                    assert {row.up for row in lines} == {False}
                if any(row.up for row in lines):
                    assert site.isolation is not Isolation.ISOLATED

    def check_maintenance(self, plain: Snapshot, planned: Snapshot) -> None:
        """Planned work changes no state, pages nobody for what it covers, and nothing for what it does not."""
        for one, two in zip((*plain.links, *plain.endpoints), (*planned.links, *planned.endpoints), strict=True):
            assert one.up is two.up
            if self.covered(two):
                assert two.verdict is Verdict.MAINTENANCE
            elif self.twins_remember_alike:
                assert one.verdict is two.verdict
            if isinstance(one, LinkRow) and isinstance(two, LinkRow):
                assert one.state_changes == two.state_changes
        assert [row.isolation for row in plain.sites] == [row.isolation for row in planned.sites]

    def covered(self, row: LinkRow | EndpointRow) -> bool:
        item_id = row.info.link_id if isinstance(row, LinkRow) else row.info.endpoint_id
        carrier = row.info.carrier if isinstance(row, LinkRow) else ""
        return not {item_id, row.info.site_id, carrier}.isdisjoint(self.windows)

    def check_changes(self, before: Snapshot, after: Snapshot, *, heard: bool) -> None:
        """Nothing comes up unheard, no count of changes falls, no verdict begins before the one it follows."""
        known = {row.info: row for row in (*before.links, *before.endpoints)}
        for row in (*after.links, *after.endpoints):
            old = known.get(row.info)
            if old is None:
                continue
            assert heard or old.up or not row.up
            if isinstance(row, LinkRow) and isinstance(old, LinkRow):
                assert row.state_changes >= old.state_changes
            if row.verdict is not old.verdict and old.verdict is not Verdict.UNKNOWN:
                assert row.since is not None
                assert old.since is not None
                assert min(old.since, self.unix()) <= row.since <= self.unix()
            elif row.verdict is old.verdict:
                assert row.since == old.since

    def keep_record(self, snapshot: Snapshot) -> None:
        """Of one thing no two periods overlap, none ends before it begins, and one at most lasts."""
        complete = self.asked >= {*DEVICES, *ROOMS}
        self.record.observe(snapshot, monotonic=self.now, unix=self.unix(), complete=complete)
        batch = self.record.batch()
        write_batch(self.database, batch)
        self.record.written(batch)
        for what in ("link", "endpoint", "site"):
            periods = list(read_periods(self.database, what, 0.0, 1e12))
            for period in periods:
                assert period.begin <= self.unix()
                assert period.end is None or period.begin <= period.end <= self.unix()
            for one, two in pairwise(periods):
                if one.key == two.key:
                    assert one.end is not None
                    assert one.end <= two.begin


Fleet.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestFleet = Fleet.TestCase
