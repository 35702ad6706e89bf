"""Which location of a codec is whose turn: what a poll asks next, and who goes to the back of the queue. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from phusong.collectors.services.connection import BadAnswer, ServiceError, Silent

from .roomos_calls import in_call
from .roomos_errors import RoomosError
from .roomos_status import Documents, Location, registered
from .roomos_xml import Element

MOST_REQUESTS: Final = 5
"""In one poll: each is a connection of its own, with a handshake that is work for an old codec."""
LONGEST_SHARE: Final = 0.45
"""Of the time of a poll, for one request: where two hang there is still time for others."""
IDENTITY_S: Final = 3600.0
"""Model and serial number are asked again after this time, and kept until they are answered."""
SLOW: Final = (Location.SIP, Location.H323, Location.DIAGNOSTICS, Location.SYSTEM_UNIT)
"""What changes seldom, in the order of the first poll."""


def next_location(
    fresh: Documents,
    failed: Mapping[Location, object],
    known: Documents,
    ages: Mapping[Location, float],
    hanging: Collection[Location] = (),
) -> Location | None:
    """Return what to ask next in a poll, ``None`` when it is enough.

    A poll has room for calls and their media channels, and for what of the rest was asked longest ago. Calls are
    asked first, then who waits longest; who hangs is asked last. H.323 is not asked while SIP is registered.

    Parameters
    ----------
    fresh, failed
        What this poll has asked.
    known
        ``fresh``, and what of earlier polls still counts.
    ages
        Seconds since each location was asked; those never asked are not in it.
    hanging
        Locations that kept the whole of their time when they were asked last, without an answer.
    """
    first = [Location.CALL] if in_call(fresh) is False else [Location.CALL, Location.MEDIA_CHANNELS]
    needless = {
        Location.H323: registered({Location.SIP: known.get(Location.SIP, Element("Status"))}) is True,
        Location.SYSTEM_UNIT: Location.SYSTEM_UNIT in known
        and ages.get(Location.SYSTEM_UNIT, IDENTITY_S) < IDENTITY_S,
    }

    def waits(location: Location) -> float:
        return -ages.get(location, float("inf"))

    wanted = [*first, *(location for location in sorted(SLOW, key=waits) if not needless.get(location))]
    left = [location for location in wanted if location not in fresh and location not in failed]
    room = left[: max(0, MOST_REQUESTS - len(fresh) - len(failed))]
    return min(room, key=lambda one: (one in hanging, one is not Location.CALL, waits(one)), default=None)


def had_its_turn(outcome: Element | RoomosError | ServiceError, given_share: float) -> bool:
    """Tell whether a location was asked for good, so that others come before it now.

    It was not when the request could not be sent, or had only the short rest of a poll's time.

    Parameters
    ----------
    given_share
        Share of the poll's time that the request had.
    """
    if isinstance(outcome, Silent):
        return given_share >= LONGEST_SHARE
    return isinstance(outcome, (Element, RoomosError, BadAnswer))
