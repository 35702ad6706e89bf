"""The product's own reader over every simulated endpoint: it finds what the simulator says is true."""

from __future__ import annotations

import pytest
from snmp_peers import FakeTransport, target, virtual

from phusong.collectors.call_readings import EndpointReading
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.video.endpoint_poller import EndpointPoller

T = 60.0
PROFILES = {
    "poly": "poly",
    "hdx": "hdx",
    "cts": "cisco-cts",
    "codec": "roomos",
    "generic_video": "generic",
}


def poll(fleet, device) -> EndpointReading:
    agent = fleet.agent(device)

    async def run() -> EndpointReading:
        with SnmpClient(FakeTransport(lambda data, _: [r] if (r := agent.answer(data, T)) else [])) as client:
            reader = BatchReader(client, target(community=b"test-community"))
            return await EndpointPoller(client, reader, "auto", lambda: 0.0).poll()

    return virtual(run())


@pytest.mark.parametrize("model", PROFILES)
def test_every_endpoint_is_read_without_a_problem(fleet, model):
    """Profile, call, registration and faults are those of the room; poor is poor in the reader's units too."""
    shows_calls = model in ("poly", "hdx", "cts")
    devices = [e.device for e in fleet.province.endpoints if e.device.habit.model == model]
    for device in devices:
        if not fleet.province.answers_snmp(device, T):
            continue
        reading, room = poll(fleet, device), device.room
        call = room.call_at(T)
        assert (reading.profile, reading.problems) == (PROFILES[model], ())
        assert reading.in_call is (call is not None if shows_calls else None)
        assert (reading.registered is False) == (not room.registered)
        assert ("camera" in reading.faults) == (not room.camera_works)
        assert len(reading.calls) == (call is not None)
        for read in reading.calls:
            assert read.loss_ratio == pytest.approx(call.loss(T), abs=0.0051 if model == "poly" else 0.0001)
            assert read.jitter_s == pytest.approx(call.jitter(T), abs=0.0011)
            assert read.latency_s == pytest.approx(call.latency(T), abs=0.0011)
            assert read.received_lines == (None if model == "hdx" else call.lines)
