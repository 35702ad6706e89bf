"""Puts one fleet together: offices, the lines to them, and a device at every end.

What is where and of which make is decided here, once, from a seed. What happens over time is in ``province``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from . import vendors
from .equipment import Device, DeviceKind, Endpoint, Habit, Row
from .lines import Ends, Line, WiredLine, lay_lines
from .offices import CommunePlace, Office, place_offices
from .rooms import PlannedRoom, plan_rooms
from .traffic import draw

SECOND_OCTET: Final = {DeviceKind.HUB: 21, DeviceKind.ROUTER: 22, DeviceKind.CPE: 90, DeviceKind.ENDPOINT: 120}
"""Of the addresses of each kind: 127.21.0.1 is the first hub."""
HOSTS_PER_BLOCK: Final = 250
DAY_S: Final = 86_400
UPTIME_NEAR_WRAP_S: Final = 2**32 / 100 - 120
"""One hub's sysUpTime wraps two minutes after the start: 497 days are no restart."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """One copy of the whole fleet; ``devices`` are hubs, routers and carriers' boxes."""

    offices: tuple[Office, ...]
    devices: tuple[Device, ...]
    lines: tuple[WiredLine, ...]
    endpoints: tuple[Endpoint, ...]


def build_fleet(communes: Sequence[CommunePlace], seed: int, copy: int) -> Fleet:
    """Build the ``copy``-th fleet (from 1); its ids and addresses are no other copy's."""
    prefix = "qn" if copy == 1 else f"qn{copy}"
    return _Builder(communes, seed, copy, prefix).fleet()


class _Builder:
    """Holds what the steps of building one fleet share: its random numbers, prefix and addresses."""

    def __init__(self, communes: Sequence[CommunePlace], seed: int, copy: int, prefix: str) -> None:
        self.seed = seed
        self.prefix = prefix
        self.random = Random(f"{seed}/{copy}")
        self.offices = place_offices(communes, self.random, prefix)
        self.addresses = {kind: _addresses(kind, copy) for kind in DeviceKind}

    def fleet(self) -> Fleet:
        """Lay the lines and set a device at every end."""
        laid = lay_lines(self.offices, self.random, self.prefix)
        hubs, near = self._hubs([line for line in laid if line.ends is not Ends.FAR])
        routers, far = self._routers(laid)
        wired = tuple(
            WiredLine(line, *near.get(line.link_id, ("", "")), *far.get(line.link_id, ("", "", "")))
            for line in laid
        )
        primary = {line.office.site_id: line for line in laid if line.role == "primary"}
        rooms = plan_rooms(self.offices, primary, self.random, self.prefix)
        routers = _with_bad_cables(routers, {room.office.site_id for room in rooms if room.room.bad_cable})
        return Fleet(self.offices, (*hubs, *routers), wired, tuple(self._endpoints(rooms, routers)))

    def _hubs(self, lines: Sequence[Line]) -> tuple[list[Device], dict[str, tuple[str, str]]]:
        """Spread the lines over the hubs; return these and each line's near device and interface."""
        hubs: list[Device] = []
        near: dict[str, tuple[str, str]] = {}
        for n, habit in enumerate(vendors.HUB_MODELS):
            labels = [(line.link_id, line.office.name) for line in lines[n :: len(vendors.HUB_MODELS)]]
            rows, selectors = vendors.hub_rows(habit, labels)
            hub = self._device(f"{self.prefix}-hub{n + 1}", self.offices[0], DeviceKind.HUB, habit, rows)
            hubs.append(hub)
            near.update({link_id: (hub.device_id, selector) for link_id, selector in selectors.items()})
        return hubs, near

    def _routers(self, lines: Sequence[Line]) -> tuple[list[Device], dict[str, tuple[str, str, str]]]:
        """Give every office one router for all its lines, or the carrier's box.

        Return these and each line's far device, interface and address.
        """
        of_site: dict[str, list[Line]] = {}
        for line in lines:
            if line.role != "uplink":
                of_site.setdefault(line.office.site_id, []).append(line)
        devices: list[Device] = []
        far: dict[str, tuple[str, str, str]] = {}
        for n, own in enumerate(of_site.values(), 1):
            office, device_id = own[0].office, f"{self.prefix}-r{n:03}"
            if own[0].ends is Ends.NEAR:
                box = self._device(device_id, office, DeviceKind.CPE, vendors.CPE, (), answers_snmp=False)
                devices.append(box)
                far[own[0].link_id] = ("", "", box.address)
                continue
            habit = self._router_model(own)
            rows, selectors = vendors.office_rows(habit, [line.link_id for line in own], f"WAN {office.site_id}")
            silent = any(line.far_is_silent for line in own)
            router = self._device(device_id, office, DeviceKind.ROUTER, habit, rows, answers_snmp=not silent)
            devices.append(router)
            far.update({line.link_id: (device_id, selectors[line.link_id], router.address) for line in own})
        return devices, far

    def _router_model(self, own: Sequence[Line]) -> Habit:
        drawn = self._draw_model(vendors.OFFICE_MODELS)
        if own[0].far_is_v1:
            return vendors.LEGACY_V1
        return vendors.IOS if len(own) > 1 or own[0].office.kind == "province" else drawn

    def _draw_model(self, models: Sequence[tuple[Habit, int]]) -> Habit:
        return self.random.choices([habit for habit, _ in models], [share for _, share in models])[0]

    def _endpoints(self, rooms: Sequence[PlannedRoom], routers: Sequence[Device]) -> Iterator[Endpoint]:
        """Set a device in every room, behind its office's router where that is ours."""
        router_of = {router.site_id: router for router in routers if router.kind is DeviceKind.ROUTER}
        for n, planned in enumerate(rooms, 1):
            office, habit, router = planned.office, planned.habit, router_of.get(planned.office.site_id)
            device = self._device(
                f"{self.prefix}-v{n:03}", office, DeviceKind.ENDPOINT, habit, vendors.endpoint_rows(habit)
            )
            device = replace(
                device, answers_snmp=planned.answers_snmp, answers_echo=planned.answers_echo, room=planned.room
            )
            name = f"Phòng họp {office.name}" + (f" số {n}" if office.kind == "province" else "")
            port = vendors.lan_selector(router.habit, router.rows) if router else ""
            yield Endpoint(
                device.device_id,
                name,
                device,
                planned.line.link_id,
                router.device_id if router and port else "",
                port,
            )

    def _device(
        self,
        device_id: str,
        office: Office,
        kind: DeviceKind,
        habit: Habit,
        rows: tuple[Row, ...],
        *,
        answers_snmp: bool = True,
        answers_echo: bool = True,
    ) -> Device:
        uptime_s = round(DAY_S + draw(self.seed, device_id, "uptime")[0] * 400 * DAY_S, 2)
        if habit is vendors.ROUTEROS_HUB:
            uptime_s = UPTIME_NEAR_WRAP_S
        return Device(
            device_id,
            office.site_id,
            kind,
            next(self.addresses[kind]),
            habit,
            office.name,
            rows,
            uptime_s,
            answers_snmp,
            answers_echo,
        )


def _with_bad_cables(routers: Sequence[Device], sites: Container[str]) -> list[Device]:
    """Return the routers, those of some sites with a bad cable at the port of their rooms."""
    found = []
    for router in routers:
        port = vendors.lan_row(router.rows) if router.site_id in sites else None
        rows = tuple(replace(row, bad_cable=row is port) for row in router.rows)
        found.append(replace(router, rows=rows) if port else router)
    return found


def _addresses(kind: DeviceKind, copy: int) -> Iterator[str]:
    """Yield the loopback addresses of one kind of device in one copy: two blocks of 250 per copy."""
    for block in (2 * (copy - 1), 2 * copy - 1):
        for host in range(1, HOSTS_PER_BLOCK + 1):
            yield f"127.{SECOND_OCTET[kind]}.{block}.{host}"
