"""Simulated devices have sensors, each in its vendor's way, and the profiles read sane figures from them."""

from __future__ import annotations

import pytest
from sensor_devices import as_table
from snmp_peers import FakeTransport, target, virtual

from phusong.agent.input.profile_files import packaged_profiles
from phusong.collectors.readings import Quantity, SensorsReading
from phusong.collectors.sensors import SensorPoller
from phusong.collectors.simulator.equipment import Device
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.row_state import NO_ROW, RowState
from phusong.collectors.simulator.sensors import NOT_REGISTERED, SENSORS, in_use, registered
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient

Q = Quantity
MODEM = {Q.MODEM_REGISTERED, Q.MODEM_RSRP, Q.MODEM_RSRQ, Q.MODEM_SINR}
SLA = {Q.SLA_UP, Q.SLA_RTT}
LINK_MONITOR = {*SLA, Q.SLA_JITTER, Q.SLA_LOSS}
EXPECTED = {
    "fortigate": ("fortigate", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.MODEM_IN_USE} | LINK_MONITOR | MODEM),
    "routeros": ("mikrotik", {Q.CPU, Q.MEMORY, Q.TEMPERATURE} | MODEM),
    "routeros_ccr": ("mikrotik", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.OPTICAL_RECEIVE, Q.OPTICAL_TRANSMIT}),
    "draytek": ("draytek", {Q.MEMORY}),
    "old_ios": ("cisco-ios", {Q.CPU, Q.MEMORY}),
    "ios": ("cisco-ios", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.MODEM_IN_USE} | SLA | MODEM),
    "vrp": ("huawei-vrp", {Q.CPU, Q.MEMORY, Q.TEMPERATURE}),
    "vrp_ne": ("huawei-vrp", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.OPTICAL_RECEIVE, Q.OPTICAL_TRANSMIT}),
    "ios_xe": ("cisco-ios-xe", {Q.CPU, Q.MEMORY, Q.POWER, Q.FAN, Q.BGP_PEER}),
    "junos": ("juniper", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.OSPF_NEIGHBOR}),
    "comware": ("comware", {Q.CPU, Q.MEMORY, Q.TEMPERATURE, Q.OPTICAL_RECEIVE, Q.OPTICAL_TRANSMIT}),
    "legacy_v1": ("net-snmp", set()),
}  # fmt: skip


def poll(fleet, device: Device) -> SensorsReading:
    agent = fleet.agent(device)

    async def run() -> SensorsReading:
        transport = FakeTransport(lambda data, _: [reply] if (reply := agent.answer(data, 60.0)) else [])
        with SnmpClient(transport) as client:
            version = 0 if device.habit.only_v1 else 1
            reader = BatchReader(client, target(community=b"test-community", version=version))
            return await SensorPoller(client, reader, packaged_profiles(), lambda: 0.0).poll()

    return virtual(run())


def test_every_model_is_here() -> None:
    """A model that gets sensors is tested for them."""
    assert set(SENSORS) == set(EXPECTED) - {"legacy_v1"}


@pytest.mark.parametrize("model", EXPECTED)
def test_models(fleet, model: str) -> None:
    """The model gets its vendor's profile and shows just these quantities, without a problem."""
    devices = [d for d in fleet.province.devices if d.habit.model == model and d.answers_snmp]
    device = next((d for d in devices if registered(RowState(d, NO_ROW, None, 1))), devices[0])
    reading = poll(fleet, device)
    profile, quantities = EXPECTED[model]
    assert reading.profile == profile
    assert {sensor.quantity for sensor in reading.sensors} == quantities
    assert (reading.problems, reading.dropped) == ((), 0)


def test_a_modem_without_a_network(fleet) -> None:
    """It says that it is not registered and has no signal, in each vendor's way of saying so."""
    for model in ("fortigate", "routeros", "ios"):
        device = next(
            d
            for d in fleet.province.devices
            if d.habit.model == model and not registered(RowState(d, NO_ROW, None, 1))
        )
        shown = {q: value for (q, _), value in as_table(poll(fleet, device)).items() if q.startswith("modem")}
        shown.pop(Q.MODEM_IN_USE, None)
        assert shown == {Q.MODEM_REGISTERED: 0.0}


def test_a_poor_line_is_worked_around(fleet) -> None:
    """Where the line is poor, and only there, the office works over its modem when that has a network."""
    lines = fleet.province.line_by_id
    users, modems = set(), 0
    for device in fleet.province.devices:
        state = next((row for row in device.rows if row.line_id), None)
        if state is None or not device.answers_snmp:
            continue
        line = lines[state.line_id]
        row = RowState(device, state, line, 1)
        modems += registered(row)
        if in_use(row):
            users.add(line.incident.trouble)
    assert users <= {Trouble.POOR}
    assert modems / len(fleet.province.devices) > 1 - 4 * NOT_REGISTERED


def test_figures_move(fleet) -> None:
    """The same object has another value a while later."""
    view = fleet.view(fleet.model("routeros_ccr"))
    sensors = [instance for instance in view.after((1, 3, 6, 1, 4)) if instance.column.extent.name == "SENSOR"]
    assert any(instance.value(0.0) != instance.value(300.0) for instance in sensors)
