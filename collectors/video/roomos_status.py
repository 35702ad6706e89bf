"""What a Cisco TC, CE or RoomOS codec says of itself in its status documents, as plain values. Pure.

The names are those of Cisco's API reference guides (xStatus). Calls and media channels are in ``roomos_calls``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .roomos_xml import Element


class Location(StrEnum):
    """A part of the status tree that can be asked for."""

    CALL = "/Status/Call"
    MEDIA_CHANNELS = "/Status/MediaChannels"
    SIP = "/Status/SIP/Registration"
    H323 = "/Status/H323/Gatekeeper"
    DIAGNOSTICS = "/Status/Diagnostics"
    SYSTEM_UNIT = "/Status/SystemUnit"


Documents = Mapping[Location, Element]
"""What was read, by location; a location that could not be read is not among them."""

_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?")

PARTS: Final = {
    "camera": ("CameraDetected", "CamerasDetected", "CameraStatus", "IpCameraStatus", "VideoFromInternalCamera"),
    "microphone": ("MicrophonesConnected", "SpeakerTrackMicrophoneConnection"),
    "network": ("NetLinkStatus", "EthernetDuplexMatches", "IPv4Assignment", "IPv6Assignment"),
    "display": ("MissingDisplay",),
    "touch_panel": ("TouchPanelConnection",),
    "fan": ("FanStatus",),
    "temperature": ("TemperatureCheck",),
}
"""Types of diagnostic messages that say that a part failed.

Registration has a status of its own, and a setting that the codec does not like keeps no meeting from being held.
"""
_PART_OF: Final = {kind.lower(): part for part, kinds in PARTS.items() for kind in kinds}
WHOLE: Final = "system"
"""The part that a critical message names which is not of one of these types: the codec cannot be used."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the codec is."""

    model: str = ""
    serial: str = ""
    software: str = ""


def registered(documents: Documents) -> bool | None:
    """Tell whether it is registered by SIP or H.323; ``None`` when neither is set up, or none was read."""
    places = ((Location.SIP, ("SIP", "Registration")), (Location.H323, ("H323", "Gatekeeper")))
    states = [
        row.value("Status").lower()
        for location, path in places
        for row in documents.get(location, Element("Status")).rows(*path)
    ]
    wanted = [state for state in states if state not in ("", "inactive")]
    return "registered" in wanted if wanted else None


def faults(documents: Documents) -> tuple[str, ...]:
    """Return the parts that its diagnostics call failed: messages of level ``Error`` and ``Critical``."""
    failed = set()
    for message in documents.get(Location.DIAGNOSTICS, Element("Status")).rows("Diagnostics", "Message"):
        level, kind = message.value("Level").lower(), message.value("Type").lower()
        if level in ("error", "critical"):
            failed.add(_PART_OF.get(kind, WHOLE if level == "critical" else ""))
    return tuple(sorted(failed - {""}))


def identity(documents: Documents) -> Identity:
    """Return model, serial number and software; every document names the last one."""
    unit = documents.get(Location.SYSTEM_UNIT, Element("Status"))
    hardware = ("SystemUnit", "Hardware")
    any_version = (document.attribute("version") for document in documents.values())
    return Identity(
        model=unit.value("SystemUnit", "ProductId") or unit.value("SystemUnit", "ProductPlatform"),
        serial=unit.value(*hardware, "Module", "SerialNumber")
        or unit.value(*hardware, "MainBoard", "SerialNumber"),
        software=unit.value("SystemUnit", "Software", "Version") or next(filter(None, any_version), ""),
    )


def read_number(text: str) -> float | None:
    """Return a figure of a document; ``None`` for all that is not a plain number of zero or more."""
    return float(text) if _NUMBER.fullmatch(text) else None
