"""The sensor poller: finds rows once, asks them directly, and lets no bad part of a device hide the rest."""

from __future__ import annotations

from typing import Any

import pytest
from sensor_devices import as_table, device_of, poll_sensors, typed
from snmp_peers import Asked, TableAgent, client_for, target, virtual

from phusong.agent.input.profile_files import packaged_profiles
from phusong.collectors import mib
from phusong.collectors.profile import Match, MibObject, Profile, Sensor
from phusong.collectors.readings import Quantity, SensorsReading
from phusong.collectors.sensor_rows import ROWS_KEPT
from phusong.collectors.sensors import LOOK_AGAIN_S, LOOK_SOON_S, SENSORS_KEPT, SensorPoller
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import RequestTimeout

Q = Quantity
BOX = "1.3.6.1.4.1.99999.1"
TABLE = (1, 3, 6, 1, 4, 1, 99999, 2)
TEMPERATURE, NAME, LEVEL, OLD_LEVEL, RESULT = ((*TABLE, n) for n in (1, 2, 3, 4, 5))


def made(quantity: Quantity, oid: ber.Oid, unit: str, **more: Any) -> Sensor:
    low, high = (-60.0, 200.0) if unit == "celsius" else (0.0, 1.0)
    return Sensor(quantity, MibObject("made", oid), unit=unit, **{"low": low, "high": high, **more})


NAMED = made(Q.TEMPERATURE, TEMPERATURE, "celsius", name_from=MibObject("madeName", NAME))
LOAD = made(Q.CPU, LEVEL, "percent", alternatives=(made(Q.CPU, OLD_LEVEL, "percent"),))
PROFILE = Profile("made", "Maker", Match(((1, 3, 6, 1, 4, 1, 99999),)), (NAMED, LOAD))


def box(temperatures: dict[int, int], levels: dict[int, int], names: dict[int, str] | None = None) -> TableAgent:
    objects: dict[str, Any] = {}
    for column, values in ((TEMPERATURE, temperatures), (LEVEL, levels), (NAME, names or {})):
        objects |= {ber.format_oid((*column, row)): value for row, value in values.items()}
    return TableAgent(device_of(BOX, objects))


class Bench:
    """A poller of one device, whose clock the test moves."""

    def __init__(self, agent: TableAgent, *sensors: Sensor, version: int = V2C) -> None:
        self.agent = agent
        self.now = 0.0
        client, _ = client_for(agent)
        reader = BatchReader(client, target(version=version))
        profile = Profile("made", "Maker", PROFILE.match, sensors) if sensors else PROFILE
        self.poller = SensorPoller(client, reader, [profile], lambda: self.now)

    async def poll(self, after_s: float = 0.0) -> SensorsReading:
        self.now += after_s
        ticks = self.agent.objects[mib.SYS_UP_TIME][1]
        self.agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, ticks + int(after_s * 100))
        return await self.poller.poll()

    def set(self, column: ber.Oid, row: int, value: int | None) -> None:
        objects = dict(self.agent.objects)
        objects.pop((*column, row), None)
        if value is not None:
            objects[(*column, row)] = typed(value)
        self.agent.replace(objects)

    def asked(self) -> list[int]:
        """Return the kinds of the requests since the last call."""
        kinds = [asked.kind for asked in self.agent.asked]
        self.agent.asked.clear()
        return kinds


def test_rows_are_found_once_and_then_asked_directly() -> None:
    """After the first poll two requests read everything: the system group, and all rows of all sensors."""

    async def run() -> None:
        bench = Bench(box({1: 40, 2: 41}, {1: 20}, {1: "board", 2: "inlet"}))
        first = await bench.poll()
        assert as_table(first) == {(Q.TEMPERATURE, "board"): 40, (Q.TEMPERATURE, "inlet"): 41, (Q.CPU, "1"): 0.2}
        assert ber.GET_BULK in bench.asked()
        bench.set(TEMPERATURE, 2, 55)
        second = await bench.poll(60)
        assert as_table(second)[Q.TEMPERATURE, "inlet"] == 55
        assert bench.asked() == [ber.GET, ber.GET]

    virtual(run())


def test_a_row_that_comes_is_found_at_a_slow_pace() -> None:
    """A new row shows up after the time for looking again, not before."""

    async def run() -> None:
        bench = Bench(box({1: 40}, {}))
        await bench.poll()
        bench.set(TEMPERATURE, 2, 50)
        assert (Q.TEMPERATURE, "2") not in as_table(await bench.poll(LOOK_AGAIN_S - 1))
        assert as_table(await bench.poll(1))[Q.TEMPERATURE, "2"] == 50

    virtual(run())


def test_a_row_that_goes_is_looked_for_soon() -> None:
    """It has no value at once; when its table has other rows now, they are soon found."""

    async def run() -> None:
        bench = Bench(box({1: 40, 2: 50}, {}))
        await bench.poll()
        bench.set(TEMPERATURE, 2, None)
        bench.set(TEMPERATURE, 7, 60)
        assert as_table(await bench.poll(60)) == {(Q.TEMPERATURE, "1"): 40}
        bench.asked()
        assert as_table(await bench.poll(60)) == {(Q.TEMPERATURE, "1"): 40}
        assert ber.GET_BULK not in bench.asked()
        found = as_table(await bench.poll(LOOK_SOON_S - 120))
        assert found == {(Q.TEMPERATURE, "1"): 40, (Q.TEMPERATURE, "7"): 60}

    virtual(run())


def test_a_restart_makes_it_look_again() -> None:
    """After a restart rows may have other numbers: the same number is not taken for the same sensor."""

    async def run() -> None:
        bench = Bench(box({1: 40, 2: 50}, {}, {1: "board", 2: "inlet"}))
        await bench.poll()
        restarted = box({1: 50, 2: 40}, {}, {1: "inlet", 2: "board"})
        bench.agent.replace({**restarted.objects, mib.SYS_UP_TIME: (ber.TIME_TICKS, 500)})
        found = as_table(await bench.poll(60))
        assert found == {(Q.TEMPERATURE, "board"): 40, (Q.TEMPERATURE, "inlet"): 50}

    virtual(run())


def test_the_alternative_that_answers_is_remembered() -> None:
    """The old object is read when the new one has no rows, and only looked at again when all are."""

    async def run() -> None:
        bench = Bench(box({}, {}), LOAD)
        bench.set(OLD_LEVEL, 3, 30)
        assert as_table(await bench.poll()) == {(Q.CPU, "3"): 0.3}
        bench.asked()
        bench.set(LEVEL, 3, 80)
        assert as_table(await bench.poll(60)) == {(Q.CPU, "3"): 0.3}
        assert bench.asked() == [ber.GET, ber.GET]
        assert as_table(await bench.poll(LOOK_AGAIN_S)) == {(Q.CPU, "3"): 0.8}

    virtual(run())


def test_a_sensor_that_never_answers_does_not_hide_the_others() -> None:
    """Requests into one table get lost: its sensor is a problem, the other has its value, now and later."""

    async def run() -> None:
        agent = box({1: 40}, {1: 20})
        bench = Bench(agent)
        agent.lose = lambda asked: any(oid[: len(LEVEL)] == LEVEL for oid in asked.oids)
        first = await bench.poll()
        assert as_table(first) == {(Q.TEMPERATURE, "1"): 40}
        assert first.problems == ("cpu made: no answer within 2 s",)
        assert as_table(await bench.poll(60)) == {(Q.TEMPERATURE, "1"): 40}
        agent.lose = lambda asked: False
        healed = await bench.poll(LOOK_SOON_S)
        assert as_table(healed)[Q.CPU, "1"] == 0.2
        assert healed.problems == ()

    virtual(run())


def test_a_sensor_that_stops_to_answer_does_not_hide_the_others() -> None:
    """Both were found before; then requests with one of them get lost."""

    async def run() -> None:
        agent = box({1: 40}, {1: 20})
        bench = Bench(agent)
        await bench.poll()
        agent.lose = lambda asked: any(oid[: len(LEVEL)] == LEVEL for oid in asked.oids)
        reading = await bench.poll(60)
        assert as_table(reading) == {(Q.TEMPERATURE, "1"): 40}
        assert reading.problems == ("cpu made: no answer within 2 s",)
        agent.lose = lambda asked: False
        assert (await bench.poll(60)).problems == ()

    virtual(run())


def test_a_silent_device_is_an_error_of_the_whole_poll() -> None:
    """It costs one deadline, whatever it had before."""

    async def run() -> None:
        agent = box({1: 40}, {1: 20})
        bench = Bench(agent)
        await bench.poll()
        agent.lose = lambda asked: True
        bench.asked()
        with pytest.raises(RequestTimeout):
            await bench.poll(60)
        assert len(bench.asked()) == 4  # one request and its retries

    virtual(run())


def test_a_walk_that_breaks_off_keeps_the_rows_of_before() -> None:
    """A partial walk adds rows and takes none away, and is soon tried again."""

    async def run() -> None:
        rows = {n: 20 + n for n in range(1, 31)}
        agent = box(rows, {})
        agent.largest_answer = 12  # so that every walk takes several requests
        bench = Bench(agent, NAMED)
        assert len((await bench.poll()).sensors) == 30
        bench.set(TEMPERATURE, 40, 60)
        bulks = 0

        def lose_later_walks(asked: Asked) -> bool:
            nonlocal bulks
            walks = asked.kind != ber.GET and asked.oids[0][: len(TEMPERATURE)] == TEMPERATURE
            bulks += walks and len(asked.oids[0]) > len(TEMPERATURE)
            return walks and bulks > 1

        agent.lose = lose_later_walks
        partial = await bench.poll(LOOK_AGAIN_S)
        assert len(partial.sensors) == 30
        assert partial.problems == ("temperature made: rows read in part only: timeout",)
        agent.lose = lambda asked: False
        assert len((await bench.poll(LOOK_SOON_S)).sensors) == 31

    virtual(run())


@pytest.mark.parametrize("version", [V1, V2C])
def test_versions(version: int) -> None:
    """A device of SNMPv1, which refuses requests for what it does not have, is read all the same."""

    async def run() -> None:
        bench = Bench(box({1: 40, 2: 41}, {1: 20}, {1: "board"}), version=version)
        expected = {(Q.TEMPERATURE, "board"): 40, (Q.TEMPERATURE, "2"): 41, (Q.CPU, "1"): 0.2}
        assert as_table(await bench.poll()) == expected
        assert as_table(await bench.poll(60)) == expected

    virtual(run())


def test_an_agent_with_small_answers() -> None:
    """One that says tooBig to more than three objects is asked for fewer."""

    async def run() -> None:
        agent = box(dict.fromkeys(range(1, 8), 30), {1: 20})
        agent.largest_answer = 3
        assert len((await Bench(agent).poll()).sensors) == 8

    virtual(run())


def test_equal_names() -> None:
    """Rows of one name are told apart by their index; of two sensors with one name the first is shown."""
    second = made(Q.TEMPERATURE, LEVEL, "celsius", label="board")

    async def run() -> None:
        bench = Bench(box({1: 40, 2: 41}, {9: 99}, {1: "board", 2: "board"}), NAMED, second)
        assert as_table(await bench.poll()) == {(Q.TEMPERATURE, "board"): 40, (Q.TEMPERATURE, "board (2)"): 41}

    virtual(run())


def test_hostile_names() -> None:
    """Names are cleaned and cut; one without anything to see is replaced by the index."""

    async def run() -> None:
        names = {1: 'a"\n\x00\u202eb', 2: "\x01\x02", 3: "n" * 255}
        found = as_table(await Bench(box(dict.fromkeys(names, 30), {}, names), NAMED).poll())
        assert [name for _, name in found] == ['a" b', "2", "n" * 96]

    virtual(run())


def test_rows_without_end() -> None:
    """Rows and sensors of one device are capped, and what is left out is counted."""
    sensors = [made(Q.TEMPERATURE, TEMPERATURE, "celsius", label=str(n), scale=1 + n / 10) for n in range(5)]

    async def run() -> None:
        rows = ROWS_KEPT + 30
        reading = await Bench(box(dict.fromkeys(range(1, rows + 1), 20), {}), NAMED).poll()
        assert (len(reading.sensors), reading.dropped) == (ROWS_KEPT, 30)
        reading = await Bench(box(dict.fromkeys(range(1, ROWS_KEPT + 1), 20), {}), *sensors).poll()
        assert (len(reading.sensors), reading.dropped) == (SENSORS_KEPT, 5 * ROWS_KEPT - SENSORS_KEPT)

    virtual(run())


def test_results_that_are_numbered_on() -> None:
    """Where each run makes a row of its own the newest is read, every time."""
    sensor = made(Q.SLA_LOSS, RESULT, "percent", index=("integer", "latest"))

    async def run() -> None:
        agent = TableAgent(device_of(BOX, {ber.format_oid((*RESULT, 5, n)): 10 * n for n in (1, 2)}))
        bench = Bench(agent, sensor)
        assert as_table(await bench.poll()) == {(Q.SLA_LOSS, "5"): 0.2}
        agent.replace({**agent.objects, (*RESULT, 5, 3): (ber.INTEGER, 77)})
        assert as_table(await bench.poll(60)) == {(Q.SLA_LOSS, "5"): 0.77}

    virtual(run())


def test_another_device_at_the_address() -> None:
    """When sysObjectID is another one, the profile is chosen anew."""

    async def run() -> None:
        agent = box({1: 40}, {1: 20})
        client, _ = client_for(agent)
        with client:
            profiles = [PROFILE, *packaged_profiles()]
            poller = SensorPoller(client, BatchReader(client, target()), profiles, lambda: 0.0)
            assert (await poller.poll()).profile == "made"
            agent.replace(device_of("1.3.6.1.4.1.14988.1", {"1.3.6.1.4.1.14988.1.1.3.10.0": 440}))
            reading = await poller.poll()
            assert (reading.profile, reading.vendor) == ("mikrotik", "MikroTik")
            assert as_table(reading) == {(Q.TEMPERATURE, "board"): 44.0}

    virtual(run())


def test_the_system_group_comes_along() -> None:
    """Also of a device that no profile is for, and that says nothing of itself."""
    reading = poll_sensors(TableAgent({mib.SYS_UP_TIME: (ber.TIME_TICKS, 500)}))
    assert (reading.profile, reading.why) == ("generic", "the device gives no sysObjectID")
    assert (reading.system.sys_uptime_ticks, reading.system.sys_name, reading.sensors) == (500, "", ())
