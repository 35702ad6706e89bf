"""From what devices said to what is shown and written: ids, vendor, model, profile, lines. Decisions only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from phusong.agent.input.asked_devices import AskedDevice, KnownRows
from phusong.collectors.device_model import find_model
from phusong.collectors.enterprises import VIDEO_MAKERS, enterprise_of, maker_of
from phusong.collectors.first_contact import Contact
from phusong.collectors.profile import GENERIC, Profile
from phusong.collectors.profile_choice import choose_profile

from .discovered_lines import End, FoundLine, find_lines
from .discovered_rows import FoundDevice, is_same_device, make_id
from .survey import Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome, and the device in it where one answered."""

    outcome: Outcome
    device: FoundDevice | None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found, in the order in which it was asked for."""

    all: tuple[Finding, ...]
    lines: tuple[FoundLine, ...]

    @property
    def devices(self) -> list[FoundDevice]:
        """The devices that answered."""
        return [finding.device for finding in self.all if finding.device]

    @property
    def line_reasons(self) -> dict[End, str]:
        """Why an interface is taken for a line's end, by device id and ifIndex."""
        return {end: line.why for line in self.lines for end in (line.near, line.far) if end}


def make_findings(outcomes: Sequence[Outcome], profiles: Sequence[Profile], known: KnownRows) -> Findings:
    """Decide what the outcomes mean; ``known`` are the rows that the inventory has already."""
    taken = set(known.ids) | {outcome.asked.device_id for outcome in outcomes}
    findings: list[Finding] = []
    for outcome in outcomes:
        device = _device(outcome, profiles, known, taken)
        if device:
            taken.add(device.device_id)
            earlier = (finding.device for finding in findings if finding.device)
            same = next((other for other in earlier if is_same_device(other, device)), None)
            device = replace(device, same_as=same.device_id) if same else device
        findings.append(Finding(outcome, device))
    found = (finding.device for finding in findings if finding.device)
    devices = [device for device in found if not device.is_endpoint and not device.same_as]
    lines = find_lines(
        {device.device_id: device.discovery.interfaces for device in devices},
        {device.device_id: device.discovery.system.sys_name for device in devices},
    )
    return Findings(tuple(findings), lines)


def _device(
    outcome: Outcome, profiles: Iterable[Profile], known: KnownRows, taken: set[str]
) -> FoundDevice | None:
    discovery, contact, asked = outcome.discovery, outcome.contact, outcome.asked
    if discovery is None or not isinstance(contact, Contact):
        return None
    system = discovery.system
    choice = choose_profile(profiles, discovery.object_id or None, system.sys_descr)
    known_id = known.devices.get((asked.address, asked.port), "")
    vendor = choice.profile.vendor if choice.profile.name != GENERIC else ""
    return FoundDevice(
        device_id=known_id or asked.device_id or make_id(system.sys_name, taken, _address_as_id(asked)),
        site_id=asked.site_id,
        address=asked.address,
        port=asked.port,
        auth=contact.auth,
        reply_from=" ".join(sorted(contact.target.reply_from)),
        discovery=discovery,
        vendor=vendor or maker_of(discovery.object_id) or discovery.chassis.maker,
        model=find_model(discovery.own_model, system.sys_descr, discovery.chassis),
        profile=choice.profile.name,
        why_profile=choice.why,
        is_endpoint=enterprise_of(discovery.object_id) in VIDEO_MAKERS,
        is_known=bool(known_id),
    )


def _address_as_id(asked: AskedDevice) -> str:
    """Return the address in a form that can begin an id."""
    try:
        address = ip_address(asked.address)
    except ValueError:
        return asked.address
    return str(address) if address.version == 4 else f"ip6-{address}"
