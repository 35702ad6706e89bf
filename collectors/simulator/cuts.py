"""What somebody cuts while the simulation runs: names in a text file, looked at again and again.

One name per line: a line, a router, a hub or an endpoint of the inventory, or a carrier for all its lines; what
follows ``#`` is a comment. What is named is cut from the moment at which it is seen, and mended when the name is
gone. The province as it is then is a new value; nothing in it changes under anybody's hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .equipment import Device
from .incidents import Incident, Trouble
from .province import Province

LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class CutsFile:
    """The file, and what it said at the last look."""

    path: Path
    began_s: dict[str, float] = field(default_factory=dict)
    ended: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What was cut before: from when to when."""
    _stamp: tuple[int, int] | None = None

    def look(self, elapsed: float) -> bool:
        """Read the file when it is another one; tell whether it names something else than before."""
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return False
            names = read_names(self.path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            stamp, names = None, frozenset()
        self._stamp = stamp
        if names == self.began_s.keys():
            return False
        for name in self.began_s.keys() - names:
            self.ended[name] = self.began_s.pop(name), elapsed
        for name in names - self.began_s.keys():
            self.began_s[name] = elapsed
        return True


def read_names(text: str) -> frozenset[str]:
    """Return the names in a file of cuts."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(filter(None, lines))


def with_cuts(
    province: Province, began_s: Mapping[str, float], ended: Mapping[str, tuple[float, float]]
) -> Province:
    """Return the province with what is cut (since when) and what was (from when to when).

    Unknown names cut nothing. A hub that is cut answers nothing and carries nothing: all lines at it are cut too.
    """
    incidents: dict[str, Incident] = {}
    for name, (begin, end) in ended.items():
        for link_id in _lines_of(province, name):
            if province.line_by_id[link_id].incident.trouble in (
                Trouble.NONE,
                Trouble.CUT,
            ):  # others go on as they were
                incidents[link_id] = Incident(Trouble.CUT, begin, end)
    for name, begin in began_s.items():
        incidents |= dict.fromkeys(_lines_of(province, name), Incident(Trouble.CUT, begin))
    lines = tuple(
        replace(wired, line=replace(wired.line, incident=incidents.get(wired.line.link_id, wired.line.incident)))
        for wired in province.lines
    )
    devices = tuple(_silenced(device) if device.device_id in began_s else device for device in province.devices)
    endpoints = tuple(
        replace(endpoint, device=_silenced(endpoint.device)) if endpoint.endpoint_id in began_s else endpoint
        for endpoint in province.endpoints
    )
    return Province.of(province.seed, province.offices, devices, lines, endpoints)


def _silenced(device: Device) -> Device:
    return replace(device, answers_snmp=False, answers_echo=False)


def _lines_of(province: Province, name: str) -> Iterable[str]:
    return [
        wired.line.link_id
        for wired in province.lines
        if name in (wired.line.link_id, wired.line.carrier, wired.near_device)
    ]
