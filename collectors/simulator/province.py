"""The simulated province: 342 offices, 345 lines, 239 endpoints, and what is true of them at any moment.

Everything is a function of the communes, the seed, the scale and the elapsed seconds. ``Province.expected`` is the
oracle of the end-to-end tests. No socket and no SNMP here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .equipment import H323, SIP_UDP, Device, DeviceKind, Endpoint, Room
from .fleet import build_fleet
from .incidents import POOR_JITTER_S, POOR_LOSS, Trouble
from .lines import Line, WiredLine
from .offices import CommunePlace, Office
from .traffic import draw

__all__ = ["CommunePlace", "Expected", "Province", "build_province"]

LARGEST_SCALE: Final = 100
SHOW_CALLS: Final = ("poly", "hdx", "cts")
"""Models that say by SNMP that they are in a call, and how it goes."""
BUSY_IN_CALLS: Final = ("cts",)
"""Models that answer 486 while they are in a call."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Verdicts that a right agent reaches at once; those that need minutes of watching are not among them.

    They are the states under any maintenance; ``in_maintenance`` names the links that a window covers.
    """

    links: Mapping[str, str]
    endpoints: Mapping[str, str]
    in_maintenance: frozenset[str]


@dataclass(frozen=True, slots=True)
class Province:
    """All that is simulated, each in the order of the inventory's files."""

    seed: int
    offices: tuple[Office, ...]
    devices: tuple[Device, ...]
    """Hubs, office routers and carriers' boxes; the endpoints' devices are with them."""
    lines: tuple[WiredLine, ...]
    endpoints: tuple[Endpoint, ...]
    device_at: Mapping[str, Device] = field(repr=False)
    """Every device by its address, endpoints too."""
    line_by_id: Mapping[str, Line] = field(repr=False)
    lines_of: Mapping[str, tuple[Line, ...]] = field(repr=False)
    """The lines to each site, the uplink apart."""

    @classmethod
    def of(
        cls,
        seed: int,
        offices: tuple[Office, ...],
        devices: tuple[Device, ...],
        lines: tuple[WiredLine, ...],
        endpoints: tuple[Endpoint, ...],
    ) -> Province:
        """Return the province of these parts."""
        lines_of: dict[str, tuple[Line, ...]] = {}
        for wired in lines:
            if wired.line.role != "uplink":
                site_id = wired.line.office.site_id
                lines_of[site_id] = (*lines_of.get(site_id, ()), wired.line)
        return cls(
            seed,
            offices,
            devices,
            lines,
            endpoints,
            {device.address: device for device in (*devices, *(endpoint.device for endpoint in endpoints))},
            {wired.line.link_id: wired.line for wired in lines},
            lines_of,
        )

    def way_to(self, device: Device, elapsed: float) -> Line | None:
        """Return the line that carries traffic to an office's device now, ``None`` when all are out."""
        for line in self.lines_of[device.site_id]:
            if line.incident.carries(elapsed):
                return line
        return None

    def answers_snmp(self, device: Device, elapsed: float) -> bool:
        """Say whether an SNMP request reaches the device's agent and is answered."""
        if not device.answers_snmp:
            return False
        return device.kind is DeviceKind.HUB or self.way_to(device, elapsed) is not None

    def echo_delay(self, device: Device, count: int, elapsed: float) -> float | None:
        """Return after how many seconds the ``count``-th echo request is answered; ``None`` when it is lost."""
        if not device.answers_echo:
            return None
        if device.kind is DeviceKind.HUB:
            return 0.0
        line = self.way_to(device, elapsed)
        if line is None:
            return None
        if line.incident.trouble is not Trouble.POOR:
            return line.rtt_s
        luck, jitter, _, _ = draw(self.seed, device.device_id, "echo", count)
        return None if luck < POOR_LOSS else line.rtt_s + jitter * POOR_JITTER_S

    def sip_status(self, device: Device, elapsed: float) -> int | None:
        """Return what a room answers to OPTIONS by SIP: 200, 486 (busy), 503; ``None`` for silence."""
        room = device.room
        if room is None or SIP_UDP not in room.services or not self._takes_calls(device, room, elapsed):
            return None
        busy = device.habit.model in BUSY_IN_CALLS and room.call_at(elapsed) is not None
        return 486 if busy and room.sip_status == 200 else room.sip_status

    def takes_h323(self, device: Device, elapsed: float) -> bool:
        """Say whether a room's port of H.323 call signalling is open and reached."""
        room = device.room
        return room is not None and H323 in room.services and self._takes_calls(device, room, elapsed)

    def _takes_calls(self, device: Device, room: Room, elapsed: float) -> bool:
        return room.takes_calls and device.answers_echo and self.way_to(device, elapsed) is not None

    def expected(self, elapsed: float) -> Expected:
        """Return the verdicts that are right at ``elapsed`` seconds."""
        links = {wired.line.link_id: self._link_verdict(wired, elapsed) for wired in self.lines}
        return Expected(
            links,
            {
                endpoint.endpoint_id: self._endpoint_verdict(endpoint, elapsed, links)
                for endpoint in self.endpoints
            },
            frozenset(wired.line.link_id for wired in self.lines if wired.line.in_maintenance),
        )

    def _link_verdict(self, wired: WiredLine, elapsed: float) -> str:
        incident = wired.line.incident
        far = self.device_at.get(wired.far_address)
        if wired.near_device and incident.trouble is Trouble.ADMIN_DOWN:
            return "admin_down"
        far_answers = bool(wired.far_device) and far is not None and self.answers_snmp(far, elapsed)
        if wired.near_device or far_answers:
            return "up" if incident.carries(elapsed) else "down"
        return "unreachable" if far is None else self._device_verdict(far, elapsed)

    def _endpoint_verdict(self, endpoint: Endpoint, elapsed: float, links: Mapping[str, str]) -> str:
        device, room = endpoint.device, endpoint.device.room or Room()
        verdict = self._device_verdict(device, elapsed)
        if verdict == "unreachable":
            return verdict if links.get(endpoint.parent_link) in ("up", "snmp_dead") else "parent_down"
        if room.services and not self._service_answers(device, elapsed):
            return "no_service"
        if verdict == "snmp_dead":
            return "ready" if room.services else verdict
        if not room.registered:
            return "not_registered"
        call = room.call_at(elapsed) if device.habit.model in SHOW_CALLS else None
        if call is None:
            return "ready"
        return "poor_call" if call.poor else "in_call"

    def _service_answers(self, device: Device, elapsed: float) -> bool:
        """Say whether one of the services by which calls come in answers as one that can take them."""
        return self.takes_h323(device, elapsed) or self.sip_status(device, elapsed) not in (None, 503)

    def _device_verdict(self, device: Device, elapsed: float) -> str:
        if self.answers_snmp(device, elapsed):
            return "up"
        return "snmp_dead" if device.answers_echo and self.way_to(device, elapsed) else "unreachable"


def build_province(communes: Sequence[CommunePlace], *, seed: int = 22, scale: int = 1) -> Province:
    """Build the province; the same arguments give the same province in every process.

    Parameters
    ----------
    communes
        The 177 communes of edition 2020-01, in a fixed order.
    seed
        Another seed gives other positions, vendors, carriers, traffic and victims of the incidents.
    scale
        How many times the whole fleet is built: 345 x scale lines; ids and addresses stay unique.

    Raises
    ------
    ValueError
        ``scale`` is not between 1 and 100, or the communes do not make a province (see ``place_offices``).
    """
    if not 1 <= scale <= LARGEST_SCALE:
        raise ValueError(f"scale {scale}: must be 1 to {LARGEST_SCALE}")
    fleets = [build_fleet(communes, seed, copy) for copy in range(1, scale + 1)]
    return Province.of(
        seed,
        tuple(office for fleet in fleets for office in fleet.offices),
        tuple(device for fleet in fleets for device in fleet.devices),
        tuple(wired for fleet in fleets for wired in fleet.lines),
        tuple(endpoint for fleet in fleets for endpoint in fleet.endpoints),
    )
