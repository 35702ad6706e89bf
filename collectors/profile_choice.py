"""Which profile a device gets, and why: a decision over its system group, no network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .profile import GENERIC, Profile
from .snmp.ber import Oid, format_oid

AUTO = "auto"
"""In devices.csv: choose by sysObjectID and sysDescr."""
_NO_PROFILE = Profile(GENERIC, "")


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """A profile and the reason for it, in words for people."""

    profile: Profile
    why: str


def choose_profile(
    profiles: Iterable[Profile], sys_object_id: Oid | None, sys_descr: str, wanted: str = AUTO
) -> ProfileChoice:
    """Choose the profile of a device.

    The longest beginning of sysObjectID wins; among equal ones a profile whose text stands in sysDescr wins over
    one that asks for no text. A device that none is for gets ``generic``, which reads standard MIBs only.

    Parameters
    ----------
    profiles : iterable of Profile
        All that are known.
    sys_object_id : Oid or None
        sysObjectID, ``None`` when the device did not say.
    sys_descr : str
        sysDescr, cleaned.
    wanted : str
        The profile that the inventory names; ``auto`` leaves the choice to the device.
    """
    known = {profile.name: profile for profile in profiles}
    generic = known.get(GENERIC, _NO_PROFILE)
    if wanted != AUTO:
        named = known.get(wanted)
        if named is not None:
            return ProfileChoice(named, "the inventory names it")
        return ProfileChoice(generic, f"the inventory names {wanted}, which is not known")
    if not sys_object_id:
        return ProfileChoice(generic, "the device gives no sysObjectID")
    best, best_rank, why = generic, (0, False), ""
    for profile in known.values():
        text = _text_found(profile, sys_descr)
        if text is None:
            continue
        for prefix in profile.match.sys_object_ids:
            rank = (len(prefix), bool(text))
            if sys_object_id[: len(prefix)] == prefix and rank > best_rank:
                best, best_rank = profile, rank
                why = f"sysObjectID {format_oid(sys_object_id)} begins with {format_oid(prefix)}"
                why += f" and sysDescr has {text!r}" if text else ""
    return ProfileChoice(best, why or f"no profile is for sysObjectID {format_oid(sys_object_id)}")


def _text_found(profile: Profile, sys_descr: str) -> str | None:
    """Return the profile's text that sysDescr has; empty when it asks for none, ``None`` when it lacks them."""
    if not profile.match.sys_descr:
        return ""
    described = sys_descr.casefold()
    return next((text for text in profile.match.sys_descr if text.casefold() in described), None)
