"""One endpoint by the two ways in which it can be asked: SNMP, and HTTPS where the inventory names an account.

What one of them does not say the other may; only when neither answers the endpoint has not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from phusong.agent.input.video_config import VideoConfig
from phusong.agent.inventory import Endpoint
from phusong.collectors.call_readings import EndpointReading, ServiceKind
from phusong.collectors.services.certificates import Trust
from phusong.collectors.services.connection import ServiceError
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.video.endpoint_poller import EndpointPoller
from phusong.collectors.video.roomos import Account, RoomosReader, RoomosStatus
from phusong.collectors.video.roomos_errors import RoomosError

from .poll_plan import services_of
from .services_asked import server_name

HTTPS_PORT = 443
ROOMOS = "roomos"


@dataclass(slots=True)
class RoomosReaders:
    """The readers of the endpoints with an account: each remembers what it counted, and a refused password."""

    video: VideoConfig
    clock: Callable[[], float]
    _readers: dict[str, tuple[str, RoomosReader]] = field(default_factory=dict)
    """By endpoint, with the numeric address at which it is asked."""

    def of(self, endpoint: Endpoint, address: str) -> RoomosReader | None:
        """Return the reader of an endpoint at its numeric address; ``None`` when it is not read over HTTPS."""
        account = self.video.accounts.get(endpoint.https)
        if account is None:
            return None
        known = self._readers.get(endpoint.endpoint_id)
        if known is not None and known[0] == address:
            return known[1]
        reader = RoomosReader(
            address,
            _https_port(endpoint, self.video),
            server_name(endpoint.address),
            Account(account.user, account.password.reveal().decode()),
            Trust(self.video.ca_pem, endpoint.certificate_sha256),
            show_far_end=self.video.show_far_end,
            timeout_s=self.video.timeout_s,
            clock=self.clock,
        )
        self._readers[endpoint.endpoint_id] = address, reader
        return reader


async def read_endpoint(snmp: EndpointPoller, https: RoomosReader | None) -> EndpointReading:
    """Ask an endpoint by both ways at once.

    Raises
    ------
    SnmpError
        It did not answer SNMP, nor HTTPS where that is asked; a note at the error says how that failed.
    """
    if https is None:
        return await snmp.poll()
    status_asked = asyncio.ensure_future(https.read())
    reading: EndpointReading | SnmpError
    try:
        try:
            reading = await snmp.poll()
        except SnmpError as error:
            reading = error
        try:
            status = await status_asked
        except (RoomosError, ServiceError) as error:
            why = f"HTTPS: {error}"
            if isinstance(reading, SnmpError):
                reading.add_note(why)
                raise reading from error
            return replace(reading, problems=(*reading.problems, why))
    finally:
        status_asked.cancel()
        await asyncio.wait([status_asked])  # nothing of it is left open, and its error is nobody's any more
        if not status_asked.cancelled():
            status_asked.exception()
    return joined(reading, status)


def joined(snmp: EndpointReading | SnmpError, status: RoomosStatus) -> EndpointReading:
    """Put together what both said; where both say something, the status page knows more.

    Of calls it says nothing when ``in_call`` is ``None``: what SNMP says of them stands then. Calls whose media
    channels were lost this time are up all the same, without figures: none of SNMP's take their place.
    """
    if isinstance(snmp, SnmpError):
        why = f"SNMP: {str(snmp) or snmp.reason}"
        snmp = EndpointReading(ROOMOS, "Cisco", "it answers /getxml", problems=(why,))
    return replace(
        snmp,
        profile=ROOMOS,
        vendor="Cisco",
        why="it answers /getxml",
        model=status.model or snmp.model,
        serial=status.serial or snmp.serial,
        software=status.software or snmp.software,
        registered=snmp.registered if status.registered is None else status.registered,
        in_call=snmp.in_call if status.in_call is None else status.in_call,
        calls=snmp.calls if status.in_call is None else status.calls,
        faults=tuple(dict.fromkeys((*snmp.faults, *status.faults))),
        problems=(*snmp.problems, *status.problems),
    )


def _https_port(endpoint: Endpoint, video: VideoConfig) -> int:
    for service in services_of(endpoint, video.services):
        if service.kind is ServiceKind.HTTPS:
            return service.port
    return HTTPS_PORT
