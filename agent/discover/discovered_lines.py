"""Which interfaces of discovered devices look like ends of leased lines, and which two are ends of one: decisions.

Nothing is guessed: each interface taken for a line's end carries the reason, and two interfaces are one line only
when an address plan or the engineers' own labels say so for these two and no others.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from itertools import combinations
from typing import Final, TypeAlias

from phusong.collectors.device_text import clean_text
from phusong.collectors.discovery import FoundInterface
from phusong.collectors.if_types import ETHERNET_LIKE, SERIAL, if_type_name

HUB_LINES: Final = 5
"""An office has a line or two: a device with so many line ends is taken for a hub."""
SHORTEST_NAME: Final = 4
"""A device's name must be so long to count when it stands in another's ifAlias."""
POINT_TO_POINT: Final = frozenset({30, 31})
"""Prefix lengths that leave room for two ends only."""
_WAN_NAME: Final = re.compile(r"(?<![A-Za-z])wan(?![A-Za-z])", re.IGNORECASE)
_LINE_WORDS: Final = re.compile(
    r"(?<!\w)(wan|mpls|metro(?:net)?|leased|uplink|l[23]vpn|tslcd|kênh|kenh|truyền|truyen"
    r"|viettel|vnpt|fpt|mobifone|cmc)(?!\w)",
    re.IGNORECASE,
)
"""Words in labels: of leased lines in English and Vietnamese, and Vietnamese carriers."""
_SUB_INTERFACE: Final = re.compile(r".*[A-Za-z/\d]\.\d+|vlan\d+", re.IGNORECASE)
_NO_LINE: Final = re.compile(
    r"(l2tp|pptp|sstp|ovpn|ipsec|gre|tun|vti|vpn|ssl|aux|async|mgmt|inloopback|lo(opback)?[\d.]*$|nu(ll)?\d)",
    re.IGNORECASE,
)
"""Beginnings of names that no leased line has, whatever else is said of it."""

End: TypeAlias = tuple[str, int]
"""A device's id and an ifIndex."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line: one end or both, and why they are taken for that."""

    near: End | None
    far: End | None
    why: str


Interfaces: TypeAlias = Mapping[str, Sequence[FoundInterface]]
"""By device id."""


def line_reason(interface: FoundInterface) -> str:
    """Return why an interface looks like the end of a leased line, empty when it does not."""
    if _NO_LINE.match(interface.name or interface.descr):
        return ""
    if interface.if_type in SERIAL:
        return f"ifType {if_type_name(interface.if_type)}"
    if interface.if_type not in ETHERNET_LIKE:
        return ""
    for network in _point_to_points(interface):
        return f"in {network}"
    for text in (interface.name, interface.descr):
        if _WAN_NAME.search(text):
            return f"called {text}"
    found = _LINE_WORDS.search(interface.alias)
    return f"ifAlias says {found[1]}" if found else ""


def line_reasons(interfaces: Sequence[FoundInterface]) -> dict[int, str]:
    """Return by ifIndex why interfaces of one device look like ends of leased lines.

    A hub takes a carrier's lines in as VLANs of one port: several labelled sub-interfaces are such a handover.
    """
    reasons = {row.index: reason for row in interfaces if (reason := line_reason(row))}
    labelled = [row.index for row in interfaces if row.alias and _SUB_INTERFACE.fullmatch(row.name or row.descr)]
    if len(labelled) >= HUB_LINES:
        reasons = dict.fromkeys(labelled, "a labelled sub-interface, as of a handover") | reasons
    return reasons


def find_lines(devices: Interfaces, names: Mapping[str, str]) -> tuple[FoundLine, ...]:
    """Find the lines of these devices: pairs first, then the interfaces that are left, in the order of devices.

    Parameters
    ----------
    devices : mapping
        The interfaces of each device.
    names : mapping
        sysName of each device, as far as it has one.
    """
    pairs = {**_pairs_by_label(devices, names), **_pairs_by_network(devices)}
    paired_ends: set[End] = set()
    chosen: dict[tuple[End, End], str] = {}
    for ends, why in sorted(pairs.items(), key=lambda pair: not pair[1].startswith("both")):
        if paired_ends.isdisjoint(ends):
            chosen[ends] = why
            paired_ends.update(ends)
    partners = Counter(device for ends in chosen for device, _ in ends)
    single = {
        (device, index): reason
        for device, interfaces in devices.items()
        for index, reason in line_reasons(interfaces).items()
        if (device, index) not in paired_ends
    }
    lines = partners + Counter(device for device, _ in single)
    order = {device: place for place, device in enumerate(devices)}
    found = [_directed(ends, why, partners, order) for ends, why in chosen.items()]
    found += [
        FoundLine(end, None, why) if lines[end[0]] >= HUB_LINES else FoundLine(None, end, why)
        for end, why in single.items()
    ]
    return tuple(sorted(found, key=lambda line: _place(line, order)))


def _place(line: FoundLine, order: Mapping[str, int]) -> tuple[int, int]:
    device, index = line.far or line.near or ("", 0)
    return order[device], index


def _directed(ends: tuple[End, End], why: str, partners: Mapping[str, int], order: Mapping[str, int]) -> FoundLine:
    """Say which end is the near one: that of the device with more partners, else of the one asked first."""
    near, far = sorted(ends, key=lambda end: (-partners[end[0]], order[end[0]]))
    return FoundLine(near, far, why)


def _pairs_by_network(devices: Interfaces) -> dict[tuple[End, End], str]:
    """Pair interfaces that are the only two in a point-to-point network."""
    members: dict[IPv4Network, dict[End, IPv4Interface]] = defaultdict(dict)
    for device, interfaces in devices.items():
        for interface in interfaces:
            for network in _point_to_points(interface):
                address = next(a for a in interface.addresses if a.network == network)
                members[network][device, interface.index] = address
    pairs = {}
    for network, ends in members.items():
        for one, other in combinations(ends, 2):
            if len(ends) == 2 and one[0] != other[0] and ends[one].ip != ends[other].ip:
                pairs[one, other] = f"both in {network}"
    return pairs


def _pairs_by_label(devices: Interfaces, names: Mapping[str, str]) -> dict[tuple[End, End], str]:
    """Pair an interface whose ifAlias names another device with that device's only line end.

    A name that several devices have, or that several interfaces mention, says nothing.
    """
    owners = {name.casefold(): device for device, name in names.items() if len(name) >= SHORTEST_NAME}
    shared = {name for name, count in Counter(n.casefold() for n in names.values()).items() if count > 1}
    candidates = {device: list(line_reasons(interfaces)) for device, interfaces in devices.items()}
    named: dict[str, list[End]] = defaultdict(list)
    for device, interfaces in devices.items():
        for interface in interfaces:
            for name in set(_names_in(interface.alias)) & owners.keys() - shared:
                if owners[name] != device and not _NO_LINE.match(interface.label):
                    named[owners[name]].append((device, interface.index))
    pairs = {}
    for device, ends in named.items():
        if len(ends) == 1 and len(candidates[device]) == 1:
            far = (device, candidates[device][0])
            pairs[ends[0], far] = f"its ifAlias names {names[device]}"
    return pairs


def _names_in(text: str) -> Iterator[str]:
    """Yield the words of a label, in which a device's name may stand."""
    for word in re.split(r"[\s,;()\[\]<>|]+", clean_text(text).casefold()):
        yield word.strip(".:*-_/\"'")


def _point_to_points(interface: FoundInterface) -> Iterable[IPv4Network]:
    return [
        address.network
        for address in interface.addresses
        if address.network.prefixlen in POINT_TO_POINT and not (address.is_loopback or address.is_link_local)
    ]
