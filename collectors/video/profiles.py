"""Which profile a video endpoint gets, and why: a decision over its system group and a probe, no network.

A Poly Studio X answers the same sysObjectID as an HDX, and a CTS looks like any Cisco device: those are told apart
by which objects they have.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from phusong.collectors.enterprises import enterprise_of, maker_of
from phusong.collectors.profile_choice import AUTO
from phusong.collectors.readings import SystemReading
from phusong.collectors.snmp.ber import Oid, format_oid, parse_oid

from . import cts, hdx, poly

POLY, HDX, CTS, ROOMOS, GENERIC = "poly", "hdx", "cisco-cts", "roomos", "generic"
NAMES: Final = (POLY, HDX, CTS, ROOMOS, GENERIC)
CISCO, POLYCOM, TANDBERG, POLY_INC = 9, 2684, 5596, 13885

_PROBES: Final = {POLY: poly.IDENTITY_STATUS, HDX: hdx.PERCENT_PACKET_LOSS, CTS: cts.STAT_TOTAL_CALLS}
"""By profile, an object that every endpoint with its MIB has."""
_MIBS: Final = {POLY: "POLYCOM-ENDPOINT-MIB", HDX: "POLYCOM-VIDEO-MIB", CTS: "CISCO-TELEPRESENCE-CALL-MIB"}
_CANDIDATES: Final = {POLYCOM: (POLY, HDX), POLY_INC: (POLY, HDX), CISCO: (CTS,)}
"""By enterprise number, the profiles that a probe decides between; the first that it finds is taken."""
_CODEC: Final = re.compile(r"\bCisco Codec\b|\bRoomOS\b")
_VENDORS: Final = {POLY: "Poly", HDX: "Polycom", CTS: "Cisco", ROOMOS: "Cisco"}


class ProfileChoice(NamedTuple):
    """The name of a profile, and the reason for it in words for people."""

    name: str
    why: str


def probes(system: SystemReading, wanted: str = AUTO) -> tuple[Oid, ...]:
    """Return the objects that must be asked for before the choice; none where it is clear without."""
    if wanted != AUTO or _CODEC.search(system.sys_descr):
        return ()
    return tuple(_PROBES[name] for name in _CANDIDATES.get(enterprise_of(object_id_of(system)), ()))


def choose(system: SystemReading, wanted: str = AUTO, present: Collection[Oid] = ()) -> ProfileChoice:
    """Choose the profile of an endpoint.

    Parameters
    ----------
    system : SystemReading
        What the endpoint says of itself.
    wanted : str
        The profile that the inventory names; ``auto`` leaves the choice to the endpoint.
    present : collection of Oid
        Which of the objects of ``probes`` the endpoint has.

    Returns
    -------
    ProfileChoice
        ``generic`` for whatever nothing else fits: it reads the system group only.
    """
    if wanted in NAMES:
        return ProfileChoice(wanted, "the inventory names it")
    if wanted != AUTO:
        return ProfileChoice(GENERIC, f"the inventory names {wanted}, which is not known")
    object_id = object_id_of(system)
    if found := _CODEC.search(system.sys_descr):
        return ProfileChoice(ROOMOS, f"sysDescr has {found[0]!r}")
    if not object_id:
        return ProfileChoice(GENERIC, "the endpoint gives no sysObjectID")
    dotted, maker = format_oid(object_id), enterprise_of(object_id)
    if maker == TANDBERG:
        return ProfileChoice(ROOMOS, f"sysObjectID {dotted} is one of Cisco TelePresence codecs")
    candidates = _CANDIDATES.get(maker, ())
    for name in candidates:
        if _PROBES[name] in present:
            return ProfileChoice(name, f"sysObjectID {dotted}, and it has {_MIBS[name]}")
    if candidates:
        lacks = " nor ".join(_MIBS[name] for name in candidates)
        return ProfileChoice(GENERIC, f"sysObjectID {dotted}, but it has no {lacks}")
    return ProfileChoice(GENERIC, f"no profile is for sysObjectID {dotted}")


def vendor_of(profile: str, system: SystemReading) -> str:
    """Return who made the endpoint, as the profile or else sysObjectID says; empty when neither does."""
    return _VENDORS.get(profile) or maker_of(object_id_of(system))


def object_id_of(system: SystemReading) -> Oid:
    """Return sysObjectID, empty when the endpoint gives none."""
    return parse_oid(system.sys_object_id) if system.sys_object_id else ()
