"""All endpoints of the simulated province: what is read of each is what the simulator knows to be true of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from snmp_peers import PUBLIC, client_for, target, virtual

from phusong.collectors.call_readings import CallReading, EndpointReading
from phusong.collectors.simulator.agent import Agent
from phusong.collectors.simulator.agent_view import AgentView
from phusong.collectors.simulator.calls import Call
from phusong.collectors.simulator.equipment import Device, Room
from phusong.collectors.simulator.province import CommunePlace, Province, build_province
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.video.endpoint_poller import EndpointPoller

COMMUNES = Path(__file__).parents[3] / "coverage" / "data" / "communes_2020-01.csv"
ELAPSED_S = 30.0
PROFILES = {"poly": "poly", "hdx": "hdx", "cts": "cisco-cts", "codec": "roomos", "generic_video": "generic"}
SHOW_CALLS = {"poly", "hdx", "cts"}


def province() -> Province:
    with COMMUNES.open(encoding="utf-8", newline="") as file:
        rows: Iterable[dict[str, Any]] = csv.DictReader(file)
        communes = [
            CommunePlace(r["code"], r["name"], r["type"], r["district_name"], float(r["lat"]), float(r["lon"]))
            for r in rows
        ]
    return build_province(communes)


async def poll(made: Province, device: Device) -> EndpointReading:
    agent = Agent(AgentView(device, made.line_by_id.get, made.seed), device.habit, PUBLIC)

    def script(data: bytes, address: object) -> list[bytes]:
        reply = agent.answer(data, ELAPSED_S) if made.answers_snmp(device, ELAPSED_S) else None
        return [reply] if reply else []

    client, _ = client_for(script)
    return await EndpointPoller(client, BatchReader(client, target()), "auto", lambda: 0.0).poll()


def check_call(reading: CallReading, call: Call) -> None:
    """Whole percents and ms are as exact as some endpoints tell it."""
    assert reading.loss_ratio == pytest.approx(call.loss(ELAPSED_S), abs=0.0051)
    assert reading.jitter_s == pytest.approx(call.jitter(ELAPSED_S), abs=0.00051)
    assert reading.latency_s == pytest.approx(call.latency(ELAPSED_S), abs=0.00051)
    assert reading.received_lines in (None, call.lines)


def test_every_endpoint_is_read_as_it_is() -> None:
    """Profile, call with its figures, registration and faults of each of 239; only silent ones give nothing."""

    async def run() -> None:
        made = province()
        silent = 0
        for endpoint in made.endpoints:
            device, room = endpoint.device, endpoint.device.room or Room()
            if not made.answers_snmp(device, ELAPSED_S):
                silent += 1
                with pytest.raises(RequestTimeout):
                    await poll(made, device)
                continue
            reading = await poll(made, device)
            assert (reading.profile, reading.problems) == (PROFILES[device.habit.model], ())
            call = room.call_at(ELAPSED_S) if device.habit.model in SHOW_CALLS else None
            assert bool(reading.in_call) is (call is not None)
            assert len(reading.calls) == (call is not None)
            if call:
                check_call(reading.calls[0], call)
            assert (reading.registered is False) is not room.registered
            assert ("camera" in reading.faults) is not room.camera_works
        assert 0 < silent < len(made.endpoints) / 5

    virtual(run())
