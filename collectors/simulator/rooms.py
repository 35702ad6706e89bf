"""Which office has a video-conference endpoint, of which make, and what is true of it: calls, faults, silence.

Decided once, from a seed. What happens over time is in ``calls`` and ``province``; devices are made in ``fleet``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from . import vendors
from .calls import Call
from .equipment import H323, SIP_UDP, Habit, Room
from .incidents import POOR_JITTER_S, POOR_LOSS, Trouble
from .lines import Ends, Line
from .offices import Office

ENDPOINTS: Final = 239
ENDPOINTS_AT_CENTRE: Final = 5
CTS_AT_CENTRE: Final = 3
SILENT: Final = 4
GOOD_CALLS: Final = 30
COMING_AND_GOING: Final = 2
"""So many of the good calls, of different makes, end after a while and begin again."""
H323_SHARE: Final = 0.4
"""Of the Poly and Cisco rooms; every HDX has H.323."""
COMES_AGAIN_S: Final = 1800.0
CALL_LASTS_S: Final = 900.0
CALL_BEGAN_S: Final = -300.0
"""A call that comes and goes is up for the first ten minutes."""
BRIDGE: Final = "8800"
"""Number of the bridge where most calls meet."""


@dataclass(frozen=True, slots=True)
class PlannedRoom:
    """An endpoint before it has a device."""

    office: Office
    line: Line
    """The office's primary one."""
    habit: Habit
    room: Room
    answers_snmp: bool = True
    answers_echo: bool = True


def plan_rooms(
    offices: Sequence[Office], primary: Mapping[str, Line], random: Random, prefix: str
) -> tuple[PlannedRoom, ...]:
    """Return five rooms at the centre, one per department, district and commune, then hospitals and others.

    ``primary`` are the primary lines by their sites. Whatever befalls a room, its line has no trouble of its own,
    but for the poor call over the poor line: every trouble is seen on its own.
    """
    plan = _Plan(offices, primary, random, prefix)
    plan.befall()
    plan.call()
    return tuple(plan.rooms)


class _Plan:
    """The rooms as far as they are decided, and which of them nothing has befallen yet."""

    def __init__(
        self, offices: Sequence[Office], primary: Mapping[str, Line], random: Random, prefix: str
    ) -> None:
        self.random = random
        self.prefix = prefix
        self.rooms = [
            self._ordinary(n, office, primary[office.site_id]) for n, office in enumerate(_places(offices))
        ]
        calm = [n for n, room in enumerate(self.rooms) if room.line.incident.trouble is Trouble.NONE]
        self.free = random.sample(calm[ENDPOINTS_AT_CENTRE:], len(calm) - ENDPOINTS_AT_CENTRE)

    def _ordinary(self, n: int, office: Office, line: Line) -> PlannedRoom:
        models = vendors.VIDEO_MODELS
        habit = self.random.choices([habit for habit, _ in models], [share for _, share in models])[0]
        if n < CTS_AT_CENTRE:
            habit = vendors.CTS
        elif line.incident.trouble is Trouble.POOR:
            habit = vendors.POLY
        luck = self.random.random()
        has_h323 = habit is vendors.HDX or (habit in (vendors.POLY, vendors.CODEC) and luck < H323_SHARE)
        return PlannedRoom(office, line, habit, Room(services=(SIP_UDP, H323) if has_h323 else (SIP_UDP,)))

    def take(self, fits: Callable[[PlannedRoom], bool] = lambda _: True) -> int:
        """Return the next room that fits and that nothing has befallen yet; it is free no more."""
        n = next(n for n in self.free if fits(self.rooms[n]))
        self.free.remove(n)
        return n

    def change(self, n: int, **fields: object) -> None:
        """Say what is special about one room."""
        room = self.rooms[n]
        self.rooms[n] = replace(room, room=replace(room.room, **fields))  # type: ignore[arg-type]

    def befall(self) -> None:
        """Silence some rooms, and break something in others."""
        for _ in range(SILENT):
            n = self.take()
            self.rooms[n] = replace(self.rooms[n], answers_snmp=False, answers_echo=False)
        for services in ((SIP_UDP,), ()):
            n = self.take()
            self.rooms[n] = replace(self.rooms[n], answers_snmp=False)
            self.change(n, services=services)
        self.change(self.take(_is_poly), registered=False)
        self.change(self.take(_is_poly), camera_works=False)
        self.change(self.take(_is_poly), sip_status=503, services=(SIP_UDP,))
        self.change(self.take(_is_poly), takes_calls=False, services=(SIP_UDP, H323))

    def call(self) -> None:
        """Set up the calls: one poor by the room's fault, one by the line's, one not HD, and the good ones."""
        n = self.take(lambda room: _is_poly(room) and _is_watched(room.line))
        self.change(n, bad_cable=True, call=self._call(n, loss_ratio=0.045, jitter_s=0.042))
        for n, room in enumerate(self.rooms):
            if room.line.incident.trouble is Trouble.POOR:
                call = self._call(n, loss_ratio=POOR_LOSS, jitter_s=POOR_JITTER_S * 0.7)
                self.change(n, call=call)
        n = self.take(_is_poly)
        self.change(n, call=self._call(n, lines=576, kbps=768))
        of_centre = list(range(CTS_AT_CENTRE - 1))
        others = [self.take(fits) for fits in (_is_poly, _is_hdx)]
        others += [self.take(_shows_calls) for _ in range(GOOD_CALLS - len(of_centre) - len(others))]
        for n in (*of_centre, *others):
            self.change(n, call=self._call(n))
        for n in others[:COMING_AND_GOING]:
            timed = replace(self._call(n), began_s=CALL_BEGAN_S, lasts_s=CALL_LASTS_S, every_s=COMES_AGAIN_S)
            self.change(n, call=timed)

    def _call(self, n: int, **figures: float) -> Call:
        """Return a good call of a room, but for the figures that are given."""
        lines = self.random.choice((720, 1080))
        loss, jitter, latency = (self.random.random() for _ in range(3))
        began_s = -round(self.random.uniform(300.0, 5400.0))
        outgoing = self.random.random() < 0.2
        values: dict[str, float] = {
            "lines": lines,
            "kbps": 1536 if lines == 720 else 2560,
            "loss_ratio": round(0.0002 + 0.0022 * loss, 5),
            "jitter_s": round(0.003 + 0.009 * jitter, 4),
            "latency_s": round(0.012 + 0.030 * latency, 4),
        }
        far_end = BRIDGE if not outgoing else f"88{10 + n % 90}"
        return Call(
            f"{self.prefix}-v{n + 1:03}",
            far_end,
            began_s=began_s,
            outgoing=outgoing,
            **(values | figures),  # type: ignore[arg-type]
        )


def _places(offices: Sequence[Office]) -> list[Office]:
    return list(_offices_with_rooms(offices))[:ENDPOINTS]


def _offices_with_rooms(offices: Sequence[Office]) -> Iterator[Office]:
    yield from [offices[0]] * ENDPOINTS_AT_CENTRE
    for kinds in (("department", "district", "commune"), ("hospital",), ("school", "other")):
        yield from (office for office in offices if office.kind in kinds)


def _is_poly(room: PlannedRoom) -> bool:
    return room.habit is vendors.POLY


def _is_hdx(room: PlannedRoom) -> bool:
    return room.habit is vendors.HDX


def _shows_calls(room: PlannedRoom) -> bool:
    return room.habit in (vendors.POLY, vendors.HDX)


def _is_watched(line: Line) -> bool:
    """Tell whether the office's router answers SNMP of today."""
    return line.ends is not Ends.NEAR and not line.far_is_silent and not line.far_is_v1
