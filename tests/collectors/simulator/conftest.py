"""The province of the default seed, built once, and one server of it in a process of its own."""

from __future__ import annotations

import csv
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phusong.collectors.simulator.agent import Agent
from phusong.collectors.simulator.agent_view import AgentView
from phusong.collectors.simulator.equipment import Device, DeviceKind
from phusong.collectors.simulator.province import CommunePlace, Province, build_province
from phusong.collectors.simulator.server import Ports, serve

COMMUNITY = "test-community"
COMMUNES = Path(__file__).parents[3] / "coverage" / "data" / "communes_2020-01.csv"


@pytest.fixture(scope="session")
def communes() -> list[CommunePlace]:
    with COMMUNES.open(encoding="utf-8", newline="") as file:
        return [
            CommunePlace(r["code"], r["name"], r["type"], r["district_name"], float(r["lat"]), float(r["lon"]))
            for r in csv.DictReader(file)
        ]


@pytest.fixture(scope="session")
def province(communes: list[CommunePlace]) -> Province:
    return build_province(communes)


@dataclass(frozen=True)
class Fleet:
    """Finds devices of the province by what they are, and makes their agents."""

    province: Province

    def model(self, model: str) -> Device:
        """Return the first device of a model that answers now, wherever it stands."""
        return next(
            device
            for device in self.province.device_at.values()
            if device.habit.model == model and self.province.answers_snmp(device, 0.0)
        )

    def hubs(self) -> list[Device]:
        return [device for device in self.province.devices if device.kind is DeviceKind.HUB]

    def view(self, device: Device) -> AgentView:
        return AgentView(device, self.province.line_by_id.get, self.province.seed)

    def agent(self, device: Device) -> Agent:
        return Agent(self.view(device), device.habit, COMMUNITY.encode())


@pytest.fixture(scope="session")
def fleet(province: Province) -> Fleet:
    return Fleet(province)


@dataclass(frozen=True)
class Served:
    """A running server."""

    ports: Ports
    process: multiprocessing.process.BaseProcess
    community: str = COMMUNITY


def start_server(province: Province, cuts: Path | None = None) -> Served:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = {"port": 0, "echo_port": 0, "community": COMMUNITY, "ready": theirs.send, "cuts": cuts}
    process = context.Process(target=serve, args=(province,), kwargs=arguments)
    process.start()
    theirs.close()
    ports = ours.recv()
    ours.close()
    return Served(ports, process)


@pytest.fixture(scope="session")
def served(province: Province) -> Iterator[Served]:
    server = start_server(province)
    yield server
    assert server.process.is_alive(), "the server died while it was tested"
    server.process.terminate()
    server.process.join(10)
    assert server.process.exitcode == 0


@pytest.fixture
def cuts(tmp_path: Path) -> Path:
    """Return the file in which ``own_server`` looks for what is cut; it is not there yet."""
    return tmp_path / "cuts.txt"


@pytest.fixture
def own_server(province: Province, cuts: Path) -> Iterator[Served]:
    """Yield a server that the test may stop."""
    server = start_server(province, cuts)
    yield server
    if server.process.is_alive():
        server.process.kill()
    server.process.join(10)
