"""Whose fault it is: the table of blame, and a fleet whose hub, lines and offices fail in any order."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from endpoint_readings import room as answering_room
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from inventories import make_inventory, make_link
from readings_made import end

from phusong.agent.inventory import Column, InterfaceSelector, Inventory
from phusong.agent.judging.fleet_state import FleetState, StateSettings
from phusong.agent.judging.parents import ITS_OWN, NOT_YET, Blame, Parent, Suspicion, Word, find_blame
from phusong.agent.judging.verdict import Rule
from phusong.agent.polling.observations import Observations
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.readings import PingReading
from phusong.exporters.snapshot import EndpointRow, LinkRow, Verdict

HUB = Parent("device hub", Rule.PARENT_DEVICE, None)
LINE = Parent("link trunk", Rule.PARENT_LINK, None)
BY_HUB = Blame(Word.PARENT, "device hub", Rule.PARENT_DEVICE)
BY_LINE = Blame(Word.PARENT, "link trunk", Rule.PARENT_LINK)
NEW = Suspicion(since=100.0, failed_at=100.0)
BLAMED = Suspicion(since=100.0, failed_at=200.0, blamed="device hub")


def there(parent: Parent, heard_at: float, recovered_at: float = -inf) -> Parent:
    return replace(parent, out=False, heard_at=heard_at, recovered_at=recovered_at)


def out(parent: Parent, heard_at: float, cause: str = "") -> Parent:
    return replace(parent, out=True, heard_at=heard_at, cause=cause)


@pytest.mark.parametrize(
    ("suspicion", "parents", "blame"),
    [
        (NEW, [], ITS_OWN),
        (NEW, [HUB], NOT_YET),
        (NEW, [there(HUB, 99.0)], NOT_YET),
        (NEW, [there(HUB, 100.0)], ITS_OWN),
        (NEW, [out(HUB, 99.0)], NOT_YET),
        (NEW, [out(HUB, 101.0)], BY_HUB),
        (NEW, [there(HUB, 101.0), out(LINE, 101.0)], BY_LINE),
        (NEW, [there(HUB, 101.0), LINE], NOT_YET),
        (NEW, [out(HUB, 101.0), LINE], BY_HUB),
        (NEW, [out(LINE, 101.0, cause="device hub")], Blame(Word.PARENT, "device hub", Rule.PARENT_LINK)),
        (replace(NEW, decide=True), [HUB], ITS_OWN),
        (replace(NEW, decide=True), [there(HUB, 99.0)], ITS_OWN),
        (replace(NEW, decide=True), [out(HUB, 99.0)], BY_HUB),
        (replace(NEW, since=-inf), [out(HUB, 5.0)], BY_HUB),
        (replace(NEW, since=-inf), [there(HUB, 5.0)], ITS_OWN),
        (BLAMED, [out(HUB, 150.0)], BY_HUB),
        (replace(BLAMED, since=200.0), [there(HUB, 250.0, recovered_at=250.0)], NOT_YET),
        (replace(BLAMED, since=260.0, failed_at=260.0), [there(HUB, 250.0, recovered_at=250.0)], NOT_YET),
        (replace(BLAMED, since=260.0, failed_at=260.0), [there(HUB, 270.0, recovered_at=250.0)], ITS_OWN),
        (replace(BLAMED, failed_at=200.0, decide=True), [there(HUB, 250.0, recovered_at=250.0)], ITS_OWN),
    ],
)
def test_blame(suspicion: Suspicion, parents: list[Parent], blame: Blame) -> None:
    """Only what was heard after the suspicion arose counts; after a parent's return the child must fail anew."""
    assert find_blame(suspicion, parents) == blame


PARENTS = st.builds(
    Parent,
    name=st.sampled_from(["device a", "link b"]),
    rule=st.just(Rule.PARENT_DEVICE),
    out=st.sampled_from([True, False, None]),
    heard_at=st.floats(0, 300),
    recovered_at=st.floats(0, 300),
)


@given(st.lists(PARENTS, max_size=4), st.floats(0, 300), st.floats(0, 300), st.sampled_from(["", "device a"]))
def test_nothing_is_condemned_before_its_parents_were_asked(
    parents: list[Parent], since: float, failed_at: float, blamed: str
) -> None:
    """Its own fault: all parents are there, and that was heard since. When the wait is over there is an answer."""
    suspicion = Suspicion(since, failed_at, blamed)
    word = find_blame(suspicion, parents).word
    if word is Word.ITS_OWN:
        assert all(parent.out is False and parent.heard_at >= since for parent in parents)
    if word is Word.PARENT:
        assert any(parent.out for parent in parents)
    assert find_blame(replace(suspicion, decide=True), parents).word is not Word.NOT_YET


# --- a fleet --------------------------------------------------------------------------------------------------

WAN = InterfaceSelector(Column.NAME, "wan")
SETTINGS = StateSettings(
    edition="2020-01", poll_interval_s=1e6, ping_interval_s=1e6, sensors_interval_s=1e6, fallback_technology="4G"
)
"""Nothing grows old here: what was not heard again is still so."""
ANSWER_S = 2.0
LINES = ("trunk", "l1", "l2")
OFFICE = {"trunk": "mid", "l1": "cpe1", "l2": "cpe2"}


def fleet() -> Inventory:
    """Return a hub, a line from it to mid, a line through that to cpe1, one from the hub to cpe2; two rooms."""
    inventory = make_inventory(
        make_link("trunk", near=("hub", "wan"), far=("mid", "wan"), site="s1"),
        replace(make_link("l1", near=None, far=("cpe1", "wan"), site="s2"), parent_link="trunk"),
        make_link("l2", near=("hub", "wan2"), far=("cpe2", "wan"), site="s3"),
        endpoints={"e1": "addr-e1", "e2": "addr-e2"},
    )
    endpoints = {
        "e1": replace(inventory.endpoints["e1"], site_id="s2", parent_link="l1"),
        "e2": replace(inventory.endpoints["e2"], site_id="s3"),
    }
    return replace(inventory, endpoints=endpoints)


class FailingFleet(RuleBasedStateMachine):
    """Breaks and mends the hub, the lines and the rooms, asks in any order, and looks at every verdict."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.observations = Observations(lambda: self.now, lambda: 1e9 + self.now)
        self.state = FleetState(fleet(), self.observations, SETTINGS)
        self.broken: set[str] = set()
        self.broken_at: dict[str, float] = {}
        self.mended_at = 0.0
        self.wanted: dict[tuple[str, str], float] = {}
        """Who is to be asked at once, and since when; the answer, or that there is none, comes in time."""
        self.links: dict[str, LinkRow] = {}
        self.endpoints: dict[str, EndpointRow] = {}

    @initialize()
    def begin(self) -> None:
        self.ask_all()
        assert {row.verdict for row in self.links.values()} == {Verdict.UP}

    # The truth.

    def reaches(self, line: str) -> bool:
        """Tell whether what is behind a line can be reached."""
        if "hub" in self.broken or line in self.broken:
            return False
        return line != "l1" or self.reaches("trunk")

    def room_reached(self, room: str) -> bool:
        return room not in self.broken and self.reaches("l1" if room == "e1" else "l2")

    # What the agent hears.

    def ask(self, kind: str, name: str) -> None:
        observations = self.observations
        if kind == "ping":
            target = name.removeprefix("addr-")
            alive = self.answers(target)
            rtt = 0.01 if alive else None
            observations.pinged(name, PingReading(5, 5 if alive else 0, rtt, rtt, rtt))
        elif kind == "device":
            if self.answers(name):
                observations.device_answered(name, self.interfaces(name))
            else:
                observations.device_failed(name, "no answer", unanswered=True)
        elif kind == "endpoint":
            if self.answers(name):
                observations.endpoint_answered(name, answering_room(name))
            else:
                observations.endpoint_failed(name, "no answer", unanswered=True)

    def answers(self, target: str) -> bool:
        if target == "hub":
            return "hub" not in self.broken
        if target in ("e1", "e2"):
            return self.room_reached(target)
        return self.reaches(next(line for line, office in OFFICE.items() if office == target))

    def interfaces(self, device: str) -> InterfacesPoll:
        reading = end(1).reading
        assert reading is not None
        wan2 = InterfaceSelector(Column.NAME, "wan2")
        return InterfacesPoll(1, {name: replace(reading, device_id=device) for name in (WAN, wan2)}, {})

    def look(self) -> None:
        snapshot = self.state.snapshot()
        self.links = {row.info.link_id: row for row in snapshot.links}
        self.endpoints = {row.info.endpoint_id: row for row in snapshot.endpoints}
        for wanted in sorted(self.state.take_wanted()):
            self.wanted.setdefault(wanted, self.now)

    def passes(self, seconds: float) -> None:
        """Let time pass; who was to be asked more than ``ANSWER_S`` ago has been asked by then."""
        until = self.now + seconds
        while self.wanted and min(self.wanted.values()) + ANSWER_S <= until:
            first = min(self.wanted.values())
            self.now = max(self.now, first + ANSWER_S)
            for key in [key for key, since in self.wanted.items() if since == first]:
                del self.wanted[key]
                self.ask(*key)
            self.look()
        self.now = until

    def ask_all(self) -> None:
        for device in ("hub", *OFFICE.values()):
            self.ask("device", device)
            self.ask("ping", f"addr-{device}")
        for room in ("e1", "e2"):
            self.ask("endpoint", room)
            self.ask("ping", f"addr-{room}")
        self.look()

    # What happens.

    @rule(what=st.sampled_from(["hub", "trunk", "l1", "l2", "e1", "e2"]))
    def breaks(self, what: str) -> None:
        if what not in self.broken:
            self.broken.add(what)
            self.broken_at[what] = self.now

    @rule(what=st.sampled_from(["hub", "trunk", "l1", "l2", "e1", "e2"]))
    def is_mended(self, what: str) -> None:
        if what in self.broken:
            self.broken.discard(what)
            self.mended_at = self.now

    @rule(
        whom=st.sampled_from(["hub", "mid", "cpe1", "cpe2", "e1", "e2"]),
        seconds=st.floats(0.1, 3.0),
    )
    def is_asked(self, whom: str, seconds: float) -> None:
        self.passes(seconds)
        self.ask("endpoint" if whom in ("e1", "e2") else "device", whom)
        self.now += 0.1
        self.ask("ping", f"addr-{whom}")
        self.look()

    @rule(seconds=st.floats(0.5, 2.0))
    def suspects_are_asked(self, seconds: float) -> None:
        self.look()
        wanted, self.wanted = list(self.wanted), {}
        self.now += seconds
        for key in wanted:
            self.ask(*key)
        self.look()

    @rule()
    def time_settles_everything(self) -> None:
        """After three rounds of everything the verdicts are the truth."""
        for _ in range(3):
            self.now += 10.0
            self.ask_all()
            self.suspects_are_asked(0.5)
        for line in LINES:
            row = self.links[line]
            verdict = (
                Verdict.UP if row.verdict is Verdict.DEGRADED else row.verdict
            )  # what comes and goes flaps, too
            assert (verdict, row.cause) == self.true_verdict(line), line
        for room, line in (("e1", "l1"), ("e2", "l2")):
            expected = Verdict.READY if self.room_reached(room) else Verdict.UNREACHABLE
            if not self.reaches(line):
                expected = Verdict.PARENT_DOWN
            assert self.endpoints[room].verdict is expected, room

    def true_verdict(self, line: str) -> tuple[Verdict, str]:
        if self.reaches(line):
            return Verdict.UP, ""
        if "hub" in self.broken and line != "l1":
            return Verdict.PARENT_DOWN, "device hub"
        if line == "l1" and not self.reaches("trunk"):
            return Verdict.PARENT_DOWN, "device hub" if "hub" in self.broken else "link trunk"
        return Verdict.UNREACHABLE, ""

    @invariant()
    def a_healthy_child_is_not_condemned_for_its_parent(self) -> None:
        """As long as nothing has been mended: what is whole is never said to be out itself."""
        for line in LINES:
            row = self.links.get(line)
            if row and row.verdict is Verdict.UNREACHABLE and not self.mended_at:
                assert line in self.broken, line
        for room, line in (("e1", "l1"), ("e2", "l2")):
            row = self.endpoints.get(room)
            if row and row.verdict is Verdict.UNREACHABLE and not self.mended_at:
                assert room in self.broken, (room, line)

    @invariant()
    def what_was_not_judged_again_had_not_to_be(self) -> None:
        """To judge everything once more, at the same moment, changes no row."""
        before = self.state.snapshot()
        for key in self.state._judged_at:
            self.state._judged_at[key] = -inf
        after = self.state.snapshot()
        assert (before.links, before.endpoints, before.sites) == (after.links, after.endpoints, after.sites)

    @invariant()
    def nobody_is_blamed_without_reason(self) -> None:
        """Who hangs on nothing that has ever been broken is not said to suffer from it."""
        for line in LINES:
            row = self.links.get(line)
            if row and row.verdict is Verdict.PARENT_DOWN:
                assert row.cause.split()[1] in self.broken_at

    @invariant()
    def unknown_never_comes_from_waiting(self) -> None:
        """While a verdict waits, the one before stands."""
        for row in self.links.values():
            assert row.verdict is not Verdict.UNKNOWN or row.up is None


def test_a_line_is_not_condemned_while_the_verdict_on_the_line_before_it_is_held() -> None:
    """The hub goes: the lower line is found out first, and has waited its time when the upper begins to."""
    fleet = FailingFleet()
    fleet.begin()
    fleet.breaks("hub")
    for seconds, kind, names in (
        (1.0, "device", ["cpe1"]),
        (0.1, "ping", ["addr-cpe1"]),
        (0.9, "ping", ["addr-cpe1", "addr-hub", "addr-mid"]),
        (1.0, "device", ["cpe1", "hub", "mid"]),
    ):
        fleet.now += seconds
        for name in names:
            fleet.ask(kind, name)
        if seconds < 0.5:
            fleet.look()
    fleet.now += 0.9
    fleet.look()
    fleet.now += 1.2
    fleet.look()
    assert fleet.links["l1"].verdict is Verdict.UP
    fleet.suspects_are_asked(0.8)
    assert {fleet.links[line].cause for line in ("trunk", "l1")} == {"device hub"}


FailingFleet.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestFailingFleet = FailingFleet.TestCase
