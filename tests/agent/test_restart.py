"""What the agent knew is used after a restart or a reload, and only for the device of which it was known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inventories import CONFIG, make_inventory, make_link
from snmp_peers import TableAgent, client_for, device, interface_row, virtual

from phusong.agent.inventory import Inventory
from phusong.agent.polling.observations import Observations
from phusong.agent.polling.poll_plan import DeviceJob, make_plan
from phusong.agent.polling.pollers import Pollers, Tools
from phusong.agent.polling.snmp_security import EngineWatch
from phusong.agent.state.device_memory import AskedKey, DeviceMemory, Memory
from phusong.agent.state.state_store import StateStore
from phusong.collectors import mib
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.rates import Interval, NoRate
from phusong.collectors.reachability import UdpEchoPinger
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient
from phusong.exporters.agent_metrics import AgentMetrics

POLL_S = 30.0


def two_lines(address: str = "192.0.2.1") -> Inventory:
    inventory = make_inventory(
        make_link("l1", near=("hub", "Gi0/1"), far=None), make_link("l2", near=("hub", "Gi0/2"), far=None)
    )
    return replace(inventory, devices={"hub": replace(inventory.devices["hub"], address=address)})


@dataclass
class Bench:
    """A device, the clocks, and the pollers of one life of the agent after the other."""

    agent: TableAgent
    client: SnmpClient
    now_s: float = 5000.0
    unix_s: float = 1_790_000_000.0

    def begin(self, inventory: Inventory, memories: Mapping[AskedKey, DeviceMemory] | None = None) -> Life:
        observations = Observations(lambda: self.now_s, lambda: self.unix_s)
        engines = EngineWatch(self.client.engines, lambda *_: None)
        tools = Tools(self.client, UdpEchoPinger(9), HostAddresses(lambda: self.now_s), engines)
        pollers = Pollers(CONFIG, inventory, tools, observations, lambda _: None, memories)
        return Life(self, pollers, observations, make_plan(inventory).devices)

    def wait(self, seconds: float) -> None:
        """Let time pass, for the device too."""
        self.now_s += seconds
        self.unix_s += seconds
        tag, ticks = self.agent.objects[mib.SYS_UP_TIME]
        self.agent.objects[mib.SYS_UP_TIME] = (tag, (ticks + round(seconds * 100)) % 2**32)

    @property
    def walks(self) -> int:
        return sum(asked.kind == ber.GET_BULK for asked in self.agent.asked)


@dataclass
class Life:
    """The pollers between a start or reload and the next."""

    bench: Bench
    pollers: Pollers
    observations: Observations
    jobs: tuple[DeviceJob, ...]

    async def poll(self) -> InterfacesPoll:
        """Poll after an interval."""
        self.bench.wait(POLL_S)
        self.bench.agent.asked.clear()
        await self.pollers.run(self.jobs[0])
        outcome = self.observations.devices["hub"]
        assert outcome.problem == ""
        assert outcome.value is not None
        return outcome.value


def on_a_hub(test: Callable[[Bench], Awaitable[None]], **options: int) -> None:
    async def run() -> None:
        agent = TableAgent(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2")), **options)
        client, _ = client_for(agent)
        with client:
            await test(Bench(agent, client))

    virtual(run())


def kept(memories: Mapping[AskedKey, DeviceMemory], bench: Bench, folder: Path, downtime_s: float) -> Memory:
    """Save, let the agent be down, and load by the clock of another boot."""
    store = StateStore(folder, AgentMetrics("test"), lambda: bench.unix_s)
    assert store.save(Memory(memories), bench.now_s)
    bench.wait(downtime_s)
    bench.now_s = 77.0
    memory = store.load(bench.now_s)
    store.close()
    return memory


def gained(poll: InterfacesPoll) -> list[Interval | NoRate]:
    return [poll.traffic[selector] for selector in sorted(poll.traffic, key=str)]


def count_up(agent: TableAgent, index: int, octets: int) -> None:
    for column in (mib.IF_HC_IN_OCTETS, mib.IF_HC_OUT_OCTETS):
        tag, value = agent.objects[(*column, index)]
        agent.objects[(*column, index)] = (tag, value + octets)


def test_a_restart_asks_for_no_names_and_loses_no_bytes(tmp_path: Path) -> None:
    """An unchanged device is asked for its rows at once, and what passed in the downtime is counted."""

    async def test(bench: Bench) -> None:
        life = bench.begin(two_lines())
        await life.poll()
        assert bench.walks == 1
        count_up(bench.agent, 1, 5000)
        memory = kept(life.pollers.memories(), bench, tmp_path, downtime_s=600)
        poll = await bench.begin(two_lines(), memory.devices).poll()
        assert bench.walks == 0
        assert len(bench.agent.asked) == 3  # a few objects first, as it may be dead; the rest; the names again
        first, second = gained(poll)
        assert isinstance(first, Interval)
        assert isinstance(second, Interval)
        assert (first.received_bytes, first.seconds) == (5000, 630)
        assert second.received_bytes == 0

    on_a_hub(test)


def test_a_device_that_restarted_meanwhile_is_looked_at_anew(tmp_path: Path) -> None:
    """While the agent was down the device restarted and renumbered: rows are found again, no bytes are made up."""

    async def test(bench: Bench) -> None:
        life = bench.begin(two_lines())
        await life.poll()
        memory = kept(life.pollers.memories(), bench, tmp_path, downtime_s=600)
        bench.agent.replace(device(interface_row(1, b"Gi0/2"), interface_row(2, b"Gi0/1"), uptime=100))
        count_up(bench.agent, 1, 10**12)
        poll = await bench.begin(two_lines(), memory.devices).poll()
        assert bench.walks == 1
        assert {str(selector): reading.if_index for selector, reading in poll.readings.items()} == {
            "Gi0/1": 2,
            "Gi0/2": 1,
        }
        assert gained(poll) == [NoRate.OTHER_ROW, NoRate.OTHER_ROW]
        assert (poll.agent_restarts, poll.moved_rows) == (1, 2)

    on_a_hub(test)


def test_a_device_that_counts_anew_is_saved_soon_and_alone() -> None:
    """First readings and usual intervals can wait; counters that fell cannot: only that device is urgent."""

    async def test(bench: Bench) -> None:
        life = bench.begin(two_lines())
        await life.poll()
        await life.poll()
        assert not life.pollers.urgent
        bench.agent.replace(device(interface_row(1, b"Gi0/1"), interface_row(2, b"Gi0/2"), uptime=100))
        await life.poll()
        assert life.pollers.urgent == {("device", "hub")}
        kept = life.pollers.memories_of([("device", "hub"), ("device", "never asked")])
        assert kept == life.pollers.memories()

    on_a_hub(test)


def test_a_reload_asks_for_no_names() -> None:
    """The pollers of the new inventory go on where those of the old one were, also with one line more."""

    async def test(bench: Bench) -> None:
        before = bench.begin(two_lines())
        await before.poll()
        count_up(bench.agent, 2, 700)
        after = bench.begin(two_lines(), before.pollers.memories())
        first, second = gained(await after.poll())
        assert bench.walks == 0
        assert isinstance(first, Interval)
        assert isinstance(second, Interval)
        assert (first.received_bytes, second.received_bytes) == (0, 700)
        more = two_lines()
        third = make_link("l3", near=("hub", "Gi0/3"), far=None)
        bench.agent.objects.update(interface_row(3, b"Gi0/3"))
        grown = bench.begin(replace(more, links={**more.links, "l3": third}), after.pollers.memories())
        outcomes = gained(await grown.poll())
        assert bench.walks == 1
        assert [type(outcome) for outcome in outcomes] == [Interval, Interval, NoRate]

    on_a_hub(test)


def test_a_device_with_another_address_is_another_device() -> None:
    """When the inventory names another address, nothing of the old device is used for the new one."""

    async def test(bench: Bench) -> None:
        before = bench.begin(two_lines())
        await before.poll()
        count_up(bench.agent, 1, 700)
        after = bench.begin(two_lines("192.0.2.99"), before.pollers.memories())
        assert gained(await after.poll()) == [NoRate.FIRST_READING] * 2
        assert bench.walks == 1

    on_a_hub(test)


def test_what_a_device_refuses_is_not_tried_again(tmp_path: Path) -> None:
    """How much a device answers at once is learned once, not after every restart."""

    async def test(bench: Bench) -> None:
        life = bench.begin(two_lines())
        await life.poll()
        await life.poll()
        learned = life.pollers.memories()["device", "hub"].objects_per_request
        assert learned is not None
        assert learned <= 12
        memory = kept(life.pollers.memories(), bench, tmp_path, downtime_s=5)
        again = bench.begin(two_lines(), memory.devices)
        await again.poll()
        assert max(len(asked.oids) for asked in bench.agent.asked) <= 12

    on_a_hub(test, largest_answer=12)


def test_a_device_that_was_not_asked_yet_is_not_forgotten(tmp_path: Path) -> None:
    """A device that is dead when the agent starts keeps its memory until it answers again."""

    async def test(bench: Bench) -> None:
        life = bench.begin(two_lines())
        await life.poll()
        memory = kept(life.pollers.memories(), bench, tmp_path, downtime_s=5)
        idle = bench.begin(two_lines(), memory.devices)
        assert idle.pollers.memories() == memory.devices
        bench.agent.lose = lambda asked: True
        await idle.pollers.run(idle.jobs[0])
        assert idle.pollers.memories()["device", "hub"].interfaces == memory.devices["device", "hub"].interfaces

    on_a_hub(test)
