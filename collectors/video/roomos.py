"""Asks a Cisco TC, CE or RoomOS codec by HTTPS for its status; what the answers mean is in ``roomos_status``.

One GET of ``/getxml`` per location, few per poll: whose turn it is says ``roomos_turns``. Nothing
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
from .roomos_errors import AccountRefused, BadStatusXml, LocationRefused, Redirected, RoomosError
from .roomos_status import Documents, Location, faults, identity, registered
from .roomos_turns import LONGEST_SHARE, SLOW, had_its_turn, next_location
from .roomos_xml import MOST_BYTES, Element, parse_status

KEPT_S: Final = 300.0
"""So long an answer counts whose location was not asked again."""


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
        self._accepted = False
        """Whether it answered 200 to this account: then a 403 is about one location, not about the account."""
        self._asked_at: dict[Location, float] = {}
        self._hanging: set[Location] = set()
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
        hung: set[Location] = set()
        while location := next_location(fresh, failed, self._known(fresh), self._ages(), self._hanging):
            share = min(LONGEST_SHARE, (deadline - asyncio.get_running_loop().time()) / self._timeout_s)
            if share <= 0.0:
                failed[location] = Silent("no time left to ask for it")
                continue
            outcome = await self._ask(location, share * self._timeout_s)
            if had_its_turn(outcome, share):
                self._asked_at[location] = self._clock()
                if isinstance(outcome, Silent):
                    hung.add(location)
                else:
                    self._hanging.discard(location)
            if isinstance(outcome, Element):
                fresh[location] = outcome
                continue
            if self._ends_poll(outcome) and not (fresh or failed):
                raise outcome
            failed[location] = outcome
        if not fresh:
            raise next(iter(failed.values()))
        self._hanging |= hung  # where nothing answered, no location is to blame
        self._keep(fresh)
        return self._status(fresh, failed)

    def _ends_poll(self, error: RoomosError | ServiceError) -> bool:
        """Tell whether an error of the first request says that the others would fare no better.

        A codec that hangs in one location may answer in another one. One that sends everybody to another page gets
        no password five times over.
        """
        if isinstance(error, Redirected):
            return not self._accepted
        return isinstance(error, ServiceError) and not isinstance(error, Silent)

    async def _ask(self, location: Location, timeout_s: float) -> Element | RoomosError | ServiceError:
        """Return the document of a location, or why there is none.

        Raises
        ------
        AccountRefused
            Nothing is sent any more.
        """
        try:
            return await self._get(location, timeout_s)
        except AccountRefused as error:
            self._refusal = str(error)
            raise
        except (RoomosError, ServiceError) as error:
            return error

    async def _get(self, location: Location, timeout_s: float) -> Element:
        answer = await http_get(
            self._urls[location],
            headers={"Authorization": self._account.authorization, "Accept": "text/xml"},
            trust=self._trust,
            timeout_s=timeout_s,
            most_bytes=MOST_BYTES,
        )
        if answer.status == 401 or (answer.status == 403 and not self._accepted):
            raise AccountRefused(f"HTTP status {answer.status}: it does not accept the account")
        if 300 <= answer.status < 400:
            raise Redirected(f"HTTP status {answer.status}: it points to another page")
        if answer.status != 200:
            raise LocationRefused(f"HTTP status {answer.status}")
        self._accepted = True
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
        calls = read_calls(fresh, show_far_end=self._show_far_end) if up else ()  # old figures are none of now
        readings = tuple(with_loss(call, self._earlier) for call in calls)
        if up is False or any(channel.counters for call in calls for channel in call.channels):
            self._earlier = counters_of(calls)
        what = identity(known)
        return RoomosStatus(
            registered=registered(known),
            in_call=up,
            calls=readings,
            faults=faults(known),
            model=what.model,
            serial=what.serial,
            software=what.software,
            problems=tuple(f"{location}: {error}" for location, error in failed.items()),
        )
