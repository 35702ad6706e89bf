"""How the time of a line is divided, against a count second by second that shares no code with it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest
from histories import period
from hypothesis import given, settings
from hypothesis import strategies as st
from inventories import CONFIG, make_inventory, make_link

from phusong.agent.daemon import state_settings
from phusong.agent.judging.fleet_state import FleetState
from phusong.agent.polling.observations import Observations
from phusong.agent.report.figures import measure
from phusong.agent.report.time_classes import (
    CLASS_OF,
    Outage,
    Piece,
    Span,
    TimeClass,
    divide,
    find_outages,
    presence,
)
from phusong.agent.state.history_tables import HISTORY_TABLES, read_periods, read_stretches, write_batch
from phusong.agent.state.outages import OutageRecord, Period, Remembered, Stretch
from phusong.exporters.snapshot import LINK_VERDICTS, Snapshot, Verdict

VERDICTS = [*Verdict, "a verdict of a later version"]
UP = {"up", "congested", "degraded", "snmp_dead"}
FAULT = {"down", "unreachable"}


def seconds_by_hand(
    periods: list[tuple[int, int | None, str]], stretches: list[tuple[int, int]], begin: int, end: int
) -> list[tuple[str, str]]:
    """Return class and verdict of every second, looked up one by one, in the words of the definition."""
    found = []
    for second in range(begin, end):
        covering = [verdict for b, e, verdict in periods if b <= second and (e is None or second < e)]
        if not any(b <= second < e for b, e in stretches):
            found.append(("gap", ""))
        elif not covering:
            found.append(("not_recorded", ""))
        else:
            found.append((class_by_hand(covering[-1]), covering[-1]))
    return found


def class_by_hand(verdict: str) -> str:
    if verdict == "maintenance":
        return "maintenance"
    if verdict in UP:
        return "up"
    if verdict in FAULT:
        return "fault"
    return {"parent_down": "parent", "admin_down": "admin"}.get(verdict, "unknown")


def outages_by_hand(classes: list[str]) -> list[int]:
    """Return the fault seconds of each outage: only a second that is up ends one."""
    found = [0]
    for name in classes:
        if name == "fault":
            found[-1] += 1
        elif name == "up":
            found.append(0)
    return [seconds for seconds in found if seconds]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[int, int | None, str]], list[tuple[int, int]], int, int]:
    """Make periods with holes between them, stretches that may touch or overlap, and a range across them."""
    periods: list[tuple[int, int | None, str]] = []
    at = draw(st.integers(0, 40))
    for hole, length, verdict in draw(
        st.lists(
            st.tuples(st.sampled_from([0, 0, 0, 3, 20]), st.integers(0, 50), st.sampled_from(VERDICTS)),
            max_size=12,
        )
    ):
        at += hole
        periods.append((at, at + length, str(verdict)))
        at += max(length, 1)
    if periods and draw(st.booleans()):
        begin, _, verdict = periods[-1]
        periods[-1] = (begin, None, verdict)
    stretches = draw(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 250)), max_size=4))
    begin = draw(st.integers(0, 150))
    return periods, [(b, b + length) for b, length in stretches], begin, begin + draw(st.integers(1, 250))


@settings(max_examples=400)
@given(histories())
def test_against_a_count_second_by_second(
    history: tuple[list[tuple[int, int | None, str]], list[tuple[int, int]], int, int],
) -> None:
    """Every second has the class of the definition; sums, outages and the order of the pieces follow."""
    periods, stretches, begin, end = history
    present = presence([Stretch(*stretch) for stretch in stretches], begin * 1000, end * 1000)
    pieces = list(divide([period("a", *p) for p in reversed(periods)], present, begin * 1000, end * 1000))
    expected = seconds_by_hand(periods, stretches, begin, end)
    told = [(str(p.time_class), p.verdict) for p in pieces for _ in range(p.begin_ms, p.end_ms, 1000)]
    assert told == expected
    assert [p.begin_ms for p in pieces] == [begin * 1000, *(p.end_ms for p in pieces[:-1])]
    measured = measure(pieces)
    counted = Counter(name for name, _ in expected)
    for time_class in TimeClass:
        assert getattr(measured.times, f"{time_class}_ms") == counted[time_class] * 1000
    assert measured.times.congested_ms == sum(verdict == "congested" for _, verdict in expected) * 1000
    assert measured.times.degraded_ms == sum(verdict == "degraded" for _, verdict in expected) * 1000
    assert measured.times.total_ms == (end - begin) * 1000
    by_hand = outages_by_hand([name for name, _ in expected])
    assert [outage.fault_ms for outage in measured.outages] == [seconds * 1000 for seconds in by_hand]


def test_every_verdict_has_a_class() -> None:
    """None of ours falls through to unknown unnoticed, and none is in another class than was agreed."""
    assert {verdict: class_by_hand(verdict) for verdict in LINK_VERDICTS} == CLASS_OF


@pytest.mark.parametrize(
    ("lives", "outages"),
    [
        ("ffuuffu", [(0, 2), (4, 6)]),
        ("ff..ffu", [(0, 6)]),
        ("ff??ffu", [(0, 6)]),
        ("ffmmffu", [(0, 6)]),
        ("ffmm", [(0, 2)]),
        ("uuuu", []),
        ("....", []),
    ],
    ids=["two", "over a gap", "over unknown", "over maintenance", "not ended", "none", "nobody knows"],
)
def test_what_ends_an_outage(lives: str, outages: list[tuple[int, int]]) -> None:
    """Being up, and nothing else; only the faults in it are its length."""
    classes = {"f": TimeClass.FAULT, "u": TimeClass.UP, ".": TimeClass.GAP, "?": TimeClass.UNKNOWN}
    pieces = [Piece(i, i + 1, classes.get(life, TimeClass.MAINTENANCE)) for i, life in enumerate(lives)]
    faults = [lives[begin:end].count("f") for begin, end in outages]
    assert list(find_outages(pieces)) == [
        Outage(begin, end, fault) for (begin, end), fault in zip(outages, faults, strict=True)
    ]


def test_a_period_that_overlaps_ends_where_the_next_begins() -> None:
    """No time counts twice, whatever stands in the file."""
    periods = [period("a", 0, None, "up"), period("a", 5, 9, "down"), period("a", 7, 20, "up")]
    pieces = list(divide(periods, [Span(0, 20_000)], 0, 20_000))
    assert [(p.begin_ms // 1000, p.end_ms // 1000, p.verdict) for p in pieces] == [
        (0, 5, "up"), (5, 7, "down"), (7, 20, "up"),
    ]  # fmt: skip


@dataclass
class Life:
    """An agent with two clocks, and a diary of what it saw of line a and line b, second by second."""

    unix: int = 10_000
    monotonic: int = 500
    connection: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))
    diary: dict[int, dict[str, str]] = field(default_factory=dict)
    last: tuple[int, dict[str, str]] | None = None

    def __post_init__(self) -> None:
        for statement in HISTORY_TABLES:
            self.connection.execute(statement)
        self.record = OutageRecord()

    def restart(self) -> None:
        """Write what there is, and begin anew from the file."""
        self.write()
        lasting = {p.key: p for p in self.everything() if p.end is None}
        (until,) = self.connection.execute("SELECT max(end) FROM stretch").fetchone()
        self.record = OutageRecord(Remembered(lasting, until))
        self.last = None

    def see(self, verdicts: dict[str, str], step: int) -> None:
        """Let a second pass, the wall clock be stepped, and look."""
        self.monotonic += 1
        self.unix += 1 + step
        if step:
            self.last = None
        self.record.observe(shown(verdicts), monotonic=self.monotonic, unix=self.unix, complete=True)
        for second in [second for second in self.diary if second >= self.unix]:
            del self.diary[second]
        if self.last is not None:
            at, seen = self.last
            self.diary[at] = seen
        self.last = (self.unix, verdicts)

    def write(self) -> None:
        batch = self.record.batch()
        write_batch(self.connection, batch)
        self.record.written(batch)

    def everything(self) -> list[Period]:
        return list(read_periods(self.connection, "link", 0, 1e11))


SNAPSHOTS: dict[tuple[tuple[str, str], ...], Snapshot] = {}


def shown(verdicts: dict[str, str]) -> Snapshot:
    """Return a snapshot of lines only; always the same one for the same verdicts, as the agent does."""
    key = tuple(verdicts.items())
    if key not in SNAPSHOTS:
        inventory = make_inventory(*(make_link(name, near=None, far=("cpe", name)) for name in verdicts))
        empty = FleetState(inventory, Observations(lambda: 0.0, lambda: 0.0), state_settings(CONFIG)).snapshot()
        rows = (replace(row, verdict=Verdict(verdicts[row.info.link_id]), since=None) for row in empty.links)
        SNAPSHOTS[key] = replace(empty, links=tuple(rows), endpoints=(), sites=(), devices=())
    return SNAPSHOTS[key]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "maintenance", "unknown", "degraded"]),
            st.booleans(),
            st.integers(1, 12),
            st.sampled_from([0, 0, 0, 30, -5, -40, 500]),
            st.sampled_from([False, False, True]),
        ),
        max_size=14,
    ),
    st.integers(-60, 60),
    st.integers(1, 400),
)
def test_against_the_diary_of_an_agent_with_bad_clocks(
    life: list[tuple[str, bool, int, int, bool]], shift: int, length: int
) -> None:
    """Restarts, sleep, clocks set forward and back, a line that comes and goes: what was seen counts."""
    agent = Life()
    begin = agent.unix + shift
    with closing(agent.connection):
        for verdict, has_b, seconds, step, restarts in life:
            if restarts:
                agent.restart()
            for second in range(seconds):
                agent.see({"a": verdict, **({"b": "down"} if has_b else {})}, step if second == 0 else 0)
        agent.write()
        stretches = read_stretches(agent.connection, 0, 1e11)
        periods = agent.everything()
    begin_ms, end_ms = begin * 1000, (begin + length) * 1000
    present = presence(stretches, begin_ms, end_ms)
    for link in ("a", "b"):
        pieces = divide([p for p in periods if p.item_id == link], present, begin_ms, end_ms)
        told = [str(p.time_class) for p in pieces for _ in range(p.begin_ms, p.end_ms, 1000)]
        expected = [
            "gap" if seen is None else class_by_hand(seen[link]) if link in seen else "not_recorded"
            for seen in (agent.diary.get(second) for second in range(begin, begin + length))
        ]
        assert told == expected
