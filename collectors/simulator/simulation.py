"""Which device answers what, given the destination address: everything of the server but sockets and clock."""

from __future__ import annotations

import socket

from .agent import Agent
from .agent_view import AgentView
from .datagrams import Peer
from .equipment import H323, Device
from .province import Province
from .sip_answers import answer_sip


class Simulation:
    """The province as it is, with the agents that have been asked so far."""

    def __init__(self, province: Province, community: bytes) -> None:
        self._province = province
        self._community = community
        self._device_at = {socket.inet_aton(address): device for address, device in province.device_at.items()}
        self._agents: dict[bytes, Agent] = {}
        self._echoes: dict[bytes, int] = {}
        self._with_h323 = [d for d in province.device_at.values() if d.room and H323 in d.room.services]

    def answer_snmp(self, destination: bytes, data: bytes, elapsed: float) -> bytes | None:
        """Return the reply of the device at a packed IPv4 address, ``None`` for silence."""
        device = self._device_at.get(destination)
        if device is None or not self._province.answers_snmp(device, elapsed):
            return None
        agent = self._agents.get(destination)
        if agent is None:
            agent = self._agents[destination] = self._start_agent(device)
        return agent.answer(data, elapsed)

    def echo_delay(self, destination: bytes, elapsed: float) -> float | None:
        """Return after how many seconds an echo request is answered, ``None`` when it is lost."""
        device = self._device_at.get(destination)
        if device is None:
            return None
        count = self._echoes[destination] = self._echoes.get(destination, 0) + 1
        return self._province.echo_delay(device, count, elapsed)

    def answer_sip(self, destination: bytes, data: bytes, peer: Peer, elapsed: float) -> bytes | None:
        """Return the response of the room at a packed IPv4 address, ``None`` for silence."""
        device = self._device_at.get(destination)
        status = self._province.sip_status(device, elapsed) if device else None
        return None if status is None else answer_sip(data, status, peer)

    def take_h323(self, elapsed: float) -> list[str]:
        """Return the addresses whose port of H.323 call signalling is open."""
        return [device.address for device in self._with_h323 if self._province.takes_h323(device, elapsed)]

    def _start_agent(self, device: Device) -> Agent:
        view = AgentView(device, self._province.line_by_id.get, self._province.seed)
        return Agent(view, device.habit, self._community)
