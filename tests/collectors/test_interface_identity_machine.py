"""A device to which everything happens, and the promise that no line ever carries another line's bytes.

The model knows for every link which interface it means and how many bytes passed there. The machine renumbers,
restarts, replaces, renames, wraps, clears and freezes, loses, doubles and delays packets, and ends our own agent
with and without a save. After each poll the readings, the rates and the totals are held against the model; the
totals also as somebody sees them who only scrapes them and takes a fall for a counter that began anew.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from inventories import make_inventory, make_link
from snmp_peers import FakeTransport, TableAgent, VirtualTimeLoop, device, interface_row, target

from phusong.agent.judging.link_traffic import FAR, TrafficTotals
from phusong.agent.polling.pollers import SAFE_TO_FORGET
from phusong.agent.state.device_memory import DeviceMemory, LinkEndKey, Memory
from phusong.agent.state.state_tables import MIGRATIONS, read_memory, update_memory, write_memory
from phusong.collectors import mib
from phusong.collectors.interface_lookup import TICKS, Column, InterfaceSelector
from phusong.collectors.interfaces import InterfacePoller, InterfacesPoll
from phusong.collectors.rates import LINE_RATE_MARGIN, WRAP, Interval, NoRate
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.snmp.learned import LearnedSizes

CONTRACTED_BPS = 100e6
BYTES_PER_S = CONTRACTED_BPS / 8
PACKET = 500
"""Octets per packet: where the one counter falls, so does the other."""
WRAPS_64 = 2**64
EDGES = (0, 10**6, WRAP - 10**7, 10**12, WRAPS_64 - 10**7)
"""Where counters begin: far from and just before the ends of both widths."""
SPEEDS = (0, 10_000_000, 100_000_000, 2**32 - 1)
"""Nothing, a placeholder, the truth, and the end of the column: none costs or makes a rate."""
SELECTORS = {
    "by-name": InterfaceSelector(Column.NAME, "Gi0/1"),
    "by-name-too": InterfaceSelector(Column.NAME, "Gi0/2"),
    "by-alias": InterfaceSelector(Column.ALIAS, "to Cô Tô"),
    "by-number": InterfaceSelector(Column.INDEX, "1"),
}
INVENTORY = make_inventory(
    *(make_link(link_id, near=None, far=("hub", str(selector))) for link_id, selector in SELECTORS.items())
)
ENDS: dict[str, LinkEndKey] = {link_id: (link_id, FAR) for link_id in SELECTORS}


@dataclass
class Port:
    """An interface of the device; ``uid`` stands in its error counters, by which a mixed-up row shows."""

    uid: int
    name: str
    alias: str
    index: int
    received: int
    sent: int
    width: str = "both"
    """``both``, ``old`` (no 64-bit columns) or ``dead`` (64-bit columns that stand still)."""
    stuck: tuple[int, int] = (0, 0)
    shown: tuple[int, int] | None = None
    """What a device that caches goes on answering."""
    hidden: int = 0
    """Bytes that passed since, or since its columns died, of which it may say nothing yet."""
    discontinuity: int = 0
    speed_bps: int = 100_000_000

    def show(self, shown: tuple[int, int] | None = None) -> None:
        """Answer these octets from now on, or what was counted."""
        self.shown, self.hidden = shown, 0

    def row(self) -> dict[ber.Oid, Any]:
        received, sent = self.shown or (self.received, self.sent)
        high = self.stuck if self.width == "dead" else (received % WRAPS_64, sent % WRAPS_64)
        counters: dict[str, Any] = {
            "IF_IN_OCTETS": (ber.COUNTER32, received % WRAP),
            "IF_OUT_OCTETS": (ber.COUNTER32, sent % WRAP),
            "IF_IN_UCAST_PKTS": (ber.COUNTER32, received // PACKET % WRAP),
            "IF_OUT_UCAST_PKTS": (ber.COUNTER32, sent // PACKET % WRAP),
            "IF_HC_IN_OCTETS": (ber.COUNTER64, high[0]),
            "IF_HC_OUT_OCTETS": (ber.COUNTER64, high[1]),
            "IF_HC_IN_UCAST_PKTS": None,
            "IF_HC_OUT_UCAST_PKTS": None,
        }
        if self.width == "old":
            counters |= {"IF_HC_IN_OCTETS": None, "IF_HC_OUT_OCTETS": None}
        return interface_row(
            self.index,
            self.name.encode(),
            IF_ALIAS=self.alias.encode(),
            IF_COUNTER_DISCONTINUITY_TIME=(ber.TIME_TICKS, self.discontinuity),
            IF_SPEED=(ber.GAUGE32, self.speed_bps),
            IF_HIGH_SPEED=(ber.GAUGE32, 0),
            **dict.fromkeys(
                ("IF_IN_ERRORS", "IF_OUT_ERRORS", "IF_IN_DISCARDS", "IF_OUT_DISCARDS"), (ber.COUNTER32, self.uid)
            ),
            **counters,
        )


@dataclass
class Known:
    """What the agent should know of a link since it was last read, by the model."""

    passed: int
    """Bytes that had passed on the link by then, both directions, less what the device had not said yet."""
    doubts: int
    """How many things had happened by then after which nothing can be said for certain."""
    at_s: float
    total: int | None
    """What the total should be, ``None`` before there is one."""


@dataclass
class Saved:
    """What is in the state file, and what the model knew at that moment."""

    file: sqlite3.Connection
    known: dict[str, Known] = field(default_factory=dict)


class Identity(RuleBasedStateMachine):
    """The machine; one device, four links, one agent after another."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0
        self.booted_s = 0.0
        self.table_change = 1
        self.object_id = 1
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.agent = TableAgent()
        self.lose = self.hold = 0
        self.held: list[bytes] = []
        self.between_requests: list[Callable[[], None]] = []
        self.passed: Counter[str] = Counter()
        self.doubts: Counter[str] = Counter()
        self.moved = False
        """Whether a link's interface changed since the last good poll: one that came back unseen shows nothing."""
        self.replaced = self.switched = False
        """Whether another device ever took the place, and a row may have come to count in other columns."""
        self.known: dict[str, Known] = {}
        self.seen: dict[str, int] = {}
        self.increase: Counter[str] = Counter()
        """What a scraper of the totals has added up."""
        file = sqlite3.connect(":memory:", isolation_level=None)
        for statements in MIGRATIONS:
            for statement in statements:
                file.execute(statement)
        self.saved = Saved(file)

    # --- the device --------------------------------------------------------------------------------------------

    @initialize(
        starts=st.lists(st.sampled_from(EDGES), min_size=3, max_size=3),
        widths=st.lists(st.sampled_from(("both", "old", "dead")), min_size=3, max_size=3),
        uptime_s=st.sampled_from((0.0, 40.0, 86400.0, TICKS / 100 - 200)),
        objects=st.sampled_from((44, 23, 7)),
    )
    def begin(self, starts: list[int], widths: list[str], uptime_s: float, objects: int) -> None:
        """Make a device of three interfaces, some of which count in 32 bits only."""
        self.objects = objects
        self.booted_s = self.now_s - uptime_s
        self.ports = [
            Port(
                n,
                f"Gi0/{n}",
                "to Cô Tô" if n == 3 else f"spare {n}",
                n,
                start,
                start // 2,
                width,
                stuck=(0, start // 3),
            )
            for n, (start, width) in enumerate(zip(starts, widths, strict=True), start=1)
        ]
        self.switched = "dead" in widths
        self.uids = 3
        self.start_agent(Memory(), TrafficTotals())

    def uptime(self) -> int:
        return round((self.now_s - self.booted_s) * 100) % TICKS

    def meant(self, link_id: str) -> list[Port]:
        """Return the interfaces that a link's name means now: one, unless the name is borne by none or several."""
        selector = SELECTORS[link_id]
        text = {Column.NAME: "name", Column.ALIAS: "alias", Column.INDEX: "index"}[selector.column]
        return [port for port in self.ports if str(getattr(port, text)) == selector.text]

    def links_of(self, port: Port) -> list[str]:
        return [link_id for link_id in SELECTORS if port in self.meant(link_id)]

    def doubt(self, *ports: Port) -> None:
        """Note that what passes on these interfaces before the next reading may not be counted."""
        self.doubts.update(link_id for port in ports or self.ports for link_id in self.links_of(port))

    def change_table(self) -> None:
        self.moved = True
        self.doubt()
        self.table_change = self.uptime()

    def datagram(self, data: bytes, address: Any) -> list[bytes]:
        if self.between_requests:
            self.between_requests.pop()()
        objects = device(
            *(port.row() for port in self.ports), uptime=self.uptime(), table_change=self.table_change
        )
        objects[mib.SYS_OBJECT_ID] = (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 9, self.object_id))
        self.agent.replace(objects)
        answers = self.agent(data, address)
        if self.lose:
            self.lose -= 1
            return []
        if self.hold:
            self.hold -= 1
            self.held += answers * 2
            return []
        late, self.held = self.held, []
        return [*late, *answers]

    # --- our agent ---------------------------------------------------------------------------------------------

    def start_agent(self, memory: Memory, totals: TrafficTotals) -> None:
        if hasattr(self, "client"):
            self.client.close()
        hub = memory.devices.get(("device", "hub"))

        async def make() -> InterfacePoller:
            self.client = SnmpClient(FakeTransport(self.datagram))
            sizes = LearnedSizes()
            sizes.recall(self.objects, None)
            reader = BatchReader(self.client, target(timeout_s=2.0, retries=2), sizes)
            return InterfacePoller(
                "hub",
                self.client,
                reader,
                SELECTORS.values(),
                lambda: self.now_s,
                contracted_bps=dict.fromkeys(SELECTORS.values(), CONTRACTED_BPS),
                memory=hub.interfaces if hub else None,
            )

        self.poller = self.runner.run(make())
        totals.follow(INVENTORY)
        self.totals = totals

    def save(self) -> None:
        """Write the state as the service does, through the tables of the file."""
        memory = Memory({("device", "hub"): DeviceMemory("a", self.poller.memory)}, self.totals.carried())
        write_memory(self.saved.file, memory, 0.0)
        self.note_saved()

    def note_saved(self) -> None:
        self.saved.known = {link_id: Known(**vars(known)) for link_id, known in self.known.items()}

    @rule()
    def end_our_agent(self) -> None:
        """SIGTERM: it saves, and the next one goes on."""
        self.save()
        self.kill_our_agent()

    @rule()
    def kill_our_agent(self) -> None:
        """SIGKILL: the next one goes on from the last save."""
        memory = read_memory(self.saved.file, 0.0)
        totals = TrafficTotals()
        totals.restore(memory.carried)
        self.known = {link_id: Known(**vars(known)) for link_id, known in self.saved.known.items()}
        self.start_agent(memory, totals)

    @rule()
    def minute_passes(self) -> None:
        """Save the state, as is done every minute."""
        self.save()

    @rule()
    def device_is_saved_soon(self) -> None:
        """Save this device alone, as is done seconds after counting began anew."""
        memory = Memory(
            {("device", "hub"): DeviceMemory("a", self.poller.memory)}, self.totals.carried_at(["hub"])
        )
        update_memory(self.saved.file, memory, 0.0)
        self.note_saved()

    # --- what happens to the device ----------------------------------------------------------------------------

    @rule(
        seconds=st.sampled_from((0.3, 5.0, 30.0, 33.0, 120.0)),
        shares=st.lists(st.floats(0, 1), min_size=6, max_size=6),
        polls=st.sampled_from((1, 1, 2, 0)),
    )
    def traffic(self, seconds: float, shares: list[float], polls: int) -> None:
        """Time passes, and bytes, up to what the lines carry."""
        self.now_s += seconds
        for n, port in enumerate(self.ports):
            received, sent = (int(share * seconds * BYTES_PER_S) for share in shares[2 * n : 2 * n + 2])
            before = port.received, port.sent
            port.received, port.sent = port.received + received, port.sent + sent
            if port.shown or port.width == "dead":
                port.hidden += received + sent
            if port.received // WRAPS_64 > before[0] // WRAPS_64 or port.sent // WRAPS_64 > before[1] // WRAPS_64:
                self.doubt(port)
            if port.width != "both" and port.received // WRAP > before[0] // WRAP:
                self.doubt(port)  # exact where only one direction wraps, which test_rates holds it to
            if port.width != "both" and port.sent // WRAP > before[1] // WRAP:
                self.doubt(port)
            for link_id in self.links_of(port):
                self.passed[link_id] += received + sent
        for _ in range(polls):
            self.poll()

    @precondition(lambda self: not self.moved)
    @rule(order=st.permutations([1, 2, 3]), far=st.booleans(), say=st.booleans(), during=st.integers(0, 6))
    def renumber(self, order: list[int], far: bool, say: bool, during: int) -> None:
        """Rows change their numbers, with or without a word, between polls or in the middle of one."""

        def change() -> None:
            said = self.table_change
            self.change_table()
            if not say:
                self.table_change = said
            for port, number in zip(self.ports, order, strict=True):
                port.index = number + 1000 * far * (number == 1)
            self.doubt()

        self.doubt()
        self.moved = True
        if during:
            self.between_requests = [change, *[lambda: None] * during]
        else:
            change()

    @rule(counters=st.booleans(), order=st.permutations([1, 2, 3]))
    @precondition(lambda self: not self.moved)
    def restart(self, counters: bool, order: list[int]) -> None:
        """Restart the device: sysUpTime and perhaps its counters begin anew, perhaps with other numbers."""
        self.change_table()
        self.booted_s = self.now_s
        self.table_change = 0
        for port, number in zip(self.ports, order, strict=True):
            port.index, port.discontinuity = number, 0
            port.show()
            if counters:
                port.received = port.sent = 0
        self.doubt()

    @rule(
        starts=st.lists(st.sampled_from(EDGES), min_size=3, max_size=3),
        later=st.booleans(),
        model=st.integers(1, 2),
    )
    @precondition(lambda self: not self.moved)
    def replace_device(self, starts: list[int], later: bool, model: int) -> None:
        """Another device takes over the address and the names; its clock and counters stand anywhere."""
        self.change_table()
        self.object_id, self.replaced = model, True
        ticks = (self.uptime() + (10**8 if later else TICKS - 10**8)) % TICKS
        self.booted_s = self.now_s - ticks / 100
        self.table_change = 1
        for port, start in zip(self.ports, starts, strict=True):
            self.uids += 1
            port.uid, port.received, port.sent, port.discontinuity = self.uids, start, start, 0
            port.show()
        self.doubt()

    @rule(one=st.integers(0, 2), other=st.integers(0, 2))
    @precondition(lambda self: not self.moved)
    def swap_names(self, one: int, other: int) -> None:
        """Two interfaces change their names: the links by name go with the names."""
        if one != other:
            self.change_table()
            first, second = self.ports[one], self.ports[other]
            first.name, second.name = second.name, first.name
            self.doubt()

    @rule(to=st.integers(0, 2), both=st.booleans())
    @precondition(lambda self: not self.moved)
    def move_alias(self, to: int, both: bool) -> None:
        """Move an alias to another interface, or let two bear it; links by name take no notice of aliases."""
        bearers = self.meant("by-alias")
        if bearers == [self.ports[to]]:
            return
        self.moved = True
        self.doubts["by-alias"] += 1
        for port in bearers if not both else ():
            port.alias = "spare"
        self.ports[to].alias = "to Cô Tô"

    @rule(of=st.integers(0, 2))
    def remark(self, of: int) -> None:
        """Somebody changes an alias that no link uses: that is no change of identity."""
        if self.ports[of].alias != "to Cô Tô":
            self.ports[of].alias = f"note {self.now_s}"

    @rule()
    def claim_a_change(self) -> None:
        """IfTableLastChange moves, and nothing else."""
        self.table_change += 1

    @rule(of=st.integers(0, 2), to=st.sampled_from(EDGES), say=st.booleans())
    def clear_counters(self, of: int, to: int, say: bool) -> None:
        """Counters jump back to nothing; or anywhere, where the device says so (ifCounterDiscontinuityTime)."""
        port = self.ports[of]
        self.doubt(port)
        port.received = port.sent = to if say else 0
        port.show()
        if say:
            port.discontinuity = max(port.discontinuity + 1, self.uptime())

    @rule(of=st.integers(0, 2))
    def garbage(self, of: int) -> None:
        """Let a counter leap by more than any line carries (a line card restarts)."""
        port = self.ports[of]
        if port.width == "both":
            self.doubt(port)
            port.received += 2**45

    @rule(of=st.integers(0, 2), width=st.sampled_from(("both", "old", "dead")))
    def change_width(self, of: int, width: str) -> None:
        """Let the 64-bit columns of a row come, go, or stop counting."""
        port = self.ports[of]
        if port.width != width:
            self.doubt(port)
            self.switched = True
            if not port.shown:
                port.hidden = 0
            port.width, port.stuck = width, (port.received % WRAPS_64, port.sent % WRAPS_64)

    @rule(of=st.integers(0, 2), speed=st.sampled_from(SPEEDS))
    def say_another_speed(self, of: int, speed: int) -> None:
        """State an interface's speed falsely, as tunnels do: that costs no rate."""
        self.ports[of].speed_bps = speed

    @rule(of=st.integers(0, 2), caches=st.booleans())
    def cache(self, of: int, caches: bool) -> None:
        """Let the device go on answering old counters, until it does not any more."""
        port = self.ports[of]
        self.doubt(port)
        port.show((port.received, port.sent) if caches else None)

    @rule(packets=st.integers(1, 12))
    def lose_packets(self, packets: int) -> None:
        """Lose the next answers, so that some polls fail in the middle."""
        self.lose = packets

    @rule(packets=st.integers(1, 3))
    def delay_packets(self, packets: int) -> None:
        """Delay the next answers: they come late, twice, and before the answer to a later question."""
        self.hold = packets

    # --- what must hold ----------------------------------------------------------------------------------------

    @rule()
    def poll(self) -> None:
        """Ask, and hold what comes out against the model."""
        doubts = self.doubts.copy()  # what happens in the middle of it may come after the row was read
        try:
            poll = self.runner.run(self.poller.poll())
        except SnmpError:
            return
        lost = any(selector in poll.problems and link_id in self.known for link_id, selector in SELECTORS.items())
        for link_id, selector in SELECTORS.items():
            if selector in poll.readings:
                self.check_identity(link_id, poll)
            else:
                self.known.pop(link_id, None)
        self.totals.note("hub", {InterfaceSelector(Column.NAME, str(s)): o for s, o in poll.traffic.items()})
        for link_id, selector in SELECTORS.items():
            if selector in poll.readings:
                self.check_total(link_id, poll.traffic[selector], doubts[link_id])
        if not self.between_requests:
            self.moved = False
        if lost or any(isinstance(o, NoRate) and o not in SAFE_TO_FORGET for o in poll.traffic.values()):
            self.save()

    def check_identity(self, link_id: str, poll: InterfacesPoll) -> None:
        """Hold the reading of a link to be of the interface it means, all of it."""
        reading = poll.readings[SELECTORS[link_id]]
        marks = {reading.in_errors, reading.out_errors, reading.in_discards, reading.out_discards}
        assert len(marks) == 1
        if link_id != "by-number":  # a number means whatever stands there at the moment
            assert marks <= {port.uid for port in self.meant(link_id)}

    def check_total(self, link_id: str, outcome: Interval | NoRate, doubts: int) -> None:
        """Hold rate and total against what passed; ``doubts`` is how many there were as the poll began."""
        before, bearers = self.known.get(link_id), self.meant(link_id)
        passed = self.passed[link_id] - sum(port.hidden for port in bearers)  # as far as the device says it
        if outcome is NoRate.TOO_SOON:
            return
        total = self.totals.of(*ENDS[link_id])
        assert total is not None
        carried = total.received_bytes + total.sent_bytes
        if isinstance(outcome, Interval):
            assert before is not None
            for rate in (outcome.receive_bytes_per_s, outcome.transmit_bytes_per_s):
                assert rate is not None
                assert 0 <= rate <= LINE_RATE_MARGIN * BYTES_PER_S
            gained = (outcome.received_bytes or 0) + (outcome.sent_bytes or 0)
            assert gained <= self.passed[link_id] - before.passed
        certain = before is not None and before.doubts == self.doubts[link_id]
        widths = {port.width for port in bearers}
        if outcome is NoRate.OTHER_DEVICE and self.replaced:
            certain = False  # a second replacement right after the first shows at the look-up that follows
        if outcome is NoRate.COUNTERS_SWITCHED and self.switched:
            certain = False  # that columns came alive is seen when they move
        if len(bearers) > 1:
            certain = False  # a second row of the name shows at the next look-up
        if "dead" in widths:
            certain = False  # that columns are dead is seen when the others move, which costs an interval
        if before is not None and "old" in widths and (self.now_s - before.at_s) * BYTES_PER_S >= WRAP:
            certain = False  # it may have wrapped twice
        if certain:
            assert before is not None
            assert isinstance(outcome, Interval), outcome
            assert before.total is None or carried == before.total + passed - before.passed
        seen = self.seen.get(link_id, 0)
        self.increase[link_id] += carried - seen if carried >= seen else carried
        self.seen[link_id] = carried
        self.known[link_id] = Known(passed, doubts, self.now_s, carried)

    @invariant()
    def nobody_sees_more_than_passed(self) -> None:
        """Who adds up the totals as they are scraped never has more bytes than passed on the line."""
        for link_id, increase in self.increase.items():
            assert increase <= self.passed[link_id]

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.client.close()
        self.runner.close()
        self.saved.file.close()


TestIdentity = Identity.TestCase
TestIdentity.settings = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
