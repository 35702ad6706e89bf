"""Asks a Cisco TC, CE or RoomOS codec by HTTPS for its status; what the answers mean is in ``roomos_status``.

One GET of ``/getxml`` per location, few per poll: most locations change seldom, and are asked in turn. Nothing
else is ever sent, so that no setting can be changed. An account with the role "user" suffices, and none with more
should be given. The password goes only to a codec that is verified or pinned.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from phusong.collectors.call_readings import CallReading
from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.connection import ServiceError, Silent
from phusong.collectors.services.http_request import HttpUrl, http_get

from .roomos_calls import EarlierCounters, counters_of, in_call, read_calls, with_loss
from .roomos_errors import AccountRefused, BadStatusXml, LocationRefused, RoomosError
from .roomos_status import Documents, Location, faults, identity, registered, standby
from .roomos_xml import MOST_BYTES, Element, parse_status

MOST_REQUESTS: Final = 5
"""In one poll: each is a connection of its own, with a handshake that is work for an old codec."""
KEPT_S: Final = 300.0
"""So long an answer counts whose location was not asked again."""
IDENTITY_S: Final = 3600.0
"""Model and serial number are asked again after this time, and kept until they are answered."""
SLOW: Final = (Location.SIP, Location.H323, Location.DIAGNOSTICS, Location.SYSTEM_UNIT, Location.STANDBY)
"""What is asked in turn, in the order of the first poll."""
REFUSALS: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the codec.

    Raises
    ------
    ValueError
        The name cannot be sent by Basic authentication (RFC 7617).
    """

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user or not (self.user + self.password).isprintable():
            raise ValueError(
                "a user name is not empty and without colon, neither it nor its password has controls"
            )

    @property
    def authorization(self) -> str:
        """The value of the header ``Authorization``: a secret."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class RoomosStatus:
    """What one poll of a codec yields; ``None`` and empty texts: it does not say, or was not asked this time.

    Why the last call ended is not in the status tree, but only in the answer to a command, and none is sent.
    """

    registered: bool | None = None
    """By SIP or H.323; ``None`` also when neither is set up."""
    in_call: bool | None = None
    calls: tuple[CallReading, ...] = ()
    faults: tuple[str, ...] = ()
    standby: bool | None = None
    model: str = ""
    serial: str = ""
    software: str = ""
    problems: tuple[str, ...] = ()
    """What could not be read, for people."""


class RoomosReader:
    """Reads the status of one codec, one poll at a time.

    Parameters
    ----------
    address, port
        Numeric address and port of its web server.
    server_name
        The name in its certificate; empty for the address.
    trust
        Whom to accept; codecs that came with a certificate signed by themselves need a fingerprint.
    show_far_end
        Whether calls say who the other side is.
    timeout_s
        For all requests of one poll together.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        address: str,
        port: int,
        server_name: str,
        account: Account,
        trust: Trust,
        *,
        show_far_end: bool = False,
        timeout_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls = {
            location: HttpUrl(True, address, port, f"/getxml?location={location}", server_name)
            for location in Location
        }
        self._account = account
        self._trust = trust
        self._show_far_end = show_far_end
        self._timeout_s = timeout_s
        self._clock = clock
        self._refusal = ""
        """How the account was refused."""
        self._asked_at: dict[Location, float] = {}
        self._kept: dict[Location, tuple[float, Element]] = {}
        """Answers of ``SLOW`` and when they came."""
        self._earlier: EarlierCounters | None = None

    async def read(self) -> RoomosStatus:
        """Poll the codec.

        Raises
        ------
        AccountRefused
            It does not accept the account, now or in an earlier poll: then nothing is sent any more. For a new
            password make a new reader.
        ServiceError
            It cannot be reached, is not trusted, or speaks no HTTP; see ``services.connection``.
        RoomosError
            None of its answers can be read. A single one is among the problems of the result.
        """
        if self._refusal:
            raise AccountRefused(f"{self._refusal}; the account is not tried again")
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        fresh: dict[Location, Element] = {}
        failed: dict[Location, RoomosError | ServiceError] = {}
        while location := next_location(fresh, failed, self._known(fresh), self._ages()):
            self._asked_at[location] = self._clock()
            try:
                fresh[location] = await self._get(location, deadline)
            except AccountRefused as error:
                self._refusal = str(error)
                raise
            except ServiceError as error:
                if not (fresh or failed):
                    raise  # nobody is there whom the rest could be asked
                failed[location] = error
            except RoomosError as error:
                failed[location] = error
        if not fresh:
            raise next(iter(failed.values()))
        self._keep(fresh)
        return self._status(fresh, failed)

    async def _get(self, location: Location, deadline: float) -> Element:
        left_s = deadline - asyncio.get_running_loop().time()
        if left_s <= 0.0:
            raise Silent("no time left to ask for it")
        answer = await http_get(
            self._urls[location],
            headers={"Authorization": self._account.authorization, "Accept": "text/xml"},
            trust=self._trust,
            timeout_s=left_s,
            most_bytes=MOST_BYTES,
        )
        if answer.status in REFUSALS:
            raise AccountRefused(f"HTTP status {answer.status}: it does not accept the account")
        if 300 <= answer.status < 400:
            raise AccountRefused(f"HTTP status {answer.status}: it wants a log-in by its page")
        if answer.status != 200:
            raise LocationRefused(f"HTTP status {answer.status}")
        if not answer.whole:
            raise BadStatusXml(f"more than {MOST_BYTES} octets")
        return parse_status(answer.body)

    def _ages(self) -> dict[Location, float]:
        """Return how long ago each location was asked, in seconds."""
        now = self._clock()
        return {location: now - asked for location, asked in self._asked_at.items()}

    def _known(self, fresh: Documents) -> dict[Location, Element]:
        """Return what was read now, and what of earlier polls still counts."""
        now = self._clock()
        kept = {
            location: document
            for location, (read_at, document) in self._kept.items()
            if location is Location.SYSTEM_UNIT or now - read_at <= KEPT_S
        }
        return {**kept, **fresh}

    def _keep(self, fresh: Documents) -> None:
        now = self._clock()
        self._kept.update({location: (now, fresh[location]) for location in SLOW if location in fresh})

    def _status(self, fresh: Documents, failed: Mapping[Location, Exception]) -> RoomosStatus:
        known = self._known(fresh)
        up = in_call(fresh)
        calls = read_calls(known, show_far_end=self._show_far_end) if up else ()
        readings = tuple(with_loss(call, self._earlier) for call in calls)
        if up is False or any(call.channels for call in calls):
            self._earlier = counters_of(calls)
        what = identity(known)
        return RoomosStatus(
            registered=registered(known),
            in_call=up,
            calls=readings,
            faults=faults(known),
            standby=False if up else standby(known),
            model=what.model,
            serial=what.serial,
            software=what.software,
            problems=tuple(f"{location}: {error}" for location, error in failed.items()),
        )


def next_location(
    fresh: Documents, failed: Mapping[Location, object], known: Documents, ages: Mapping[Location, float]
) -> Location | None:
    """Return what to ask next in a poll, ``None`` when it is enough.

    Calls come first, their media channels next, then what was asked longest ago. H.323 is not asked while SIP is
    registered, nor standby in a call.

    Parameters
    ----------
    fresh, failed
        What this poll has asked.
    known
        ``fresh``, and what of earlier polls still counts.
    ages
        Seconds since each location was asked; those never asked are not in it.
    """
    if len(fresh) + len(failed) >= MOST_REQUESTS:
        return None
    up = in_call(fresh)
    first = [Location.CALL] if up is False else [Location.CALL, Location.MEDIA_CHANNELS]
    needless = {
        Location.H323: registered({Location.SIP: known.get(Location.SIP, Element("Status"))}) is True,
        Location.SYSTEM_UNIT: Location.SYSTEM_UNIT in known
        and ages.get(Location.SYSTEM_UNIT, IDENTITY_S) < IDENTITY_S,
        Location.STANDBY: up is True,
    }
    slow = sorted(SLOW, key=lambda location: -ages.get(location, float("inf")))
    wanted = [*first, *(location for location in slow if not needless.get(location))]
    return next((location for location in wanted if location not in fresh and location not in failed), None)
