"""Polls one video endpoint over SNMP: chooses its profile, remembers it, and lets the profile read the rest.

Only GET, GETNEXT and GETBULK: a SET on some of these tables places a call or resets the endpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Final, Protocol

from phusong.collectors.call_readings import EndpointReading
from phusong.collectors.device_model import Chassis, find_model
from phusong.collectors.interface_lookup import agent_restarted
from phusong.collectors.readings import SystemReading
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.errors import RequestTimeout, SnmpError
from phusong.collectors.system_group import SYSTEM_OBJECTS, read_system, system_of

from .codec_descr import read_codec_descr
from .cts import CtsEndpoint
from .hdx import HdxEndpoint
from .inquiry import Inquiry
from .measures import Problems, is_there
from .poly import PolyEndpoint
from .profiles import CTS, GENERIC, HDX, POLY, ROOMOS, ProfileChoice, choose, probes, vendor_of

PROBE_AGAIN_S: Final = 300.0
"""An endpoint that answered no object of the candidates is probed again after so long: it may start up."""


class EndpointProfile(Protocol):
    """Reads what one kind of endpoint says beside the system group; lives as long as the endpoint is the same."""

    @property
    def objects(self) -> tuple[Oid, ...]:
        """What it asks for by GET in the next poll, as far as that is known before: it may be read beforehand."""

    async def read(self, reading: EndpointReading, inquiry: Inquiry, now: float) -> EndpointReading:
        """Return the reading with what was found; never fails, and tells the inquiry's problems instead."""


class EndpointPoller:
    """Polls one endpoint.

    Parameters
    ----------
    client, reader : SnmpClient, BatchReader
        Both for the same endpoint.
    wanted : str
        A profile by name, or ``auto``.
    clock : callable
        Seconds that never go back.
    legacy_charset : str, optional
        For texts that are not UTF-8.
    show_far_end : bool
        Whether it may be told, and asked at all, who the other side of a call is.
    """

    def __init__(
        self,
        client: SnmpClient,
        reader: BatchReader,
        wanted: str,
        clock: Callable[[], float],
        legacy_charset: str | None = None,
        show_far_end: bool = False,
    ) -> None:
        self.target = reader.target
        self._client = client
        self._reader = reader
        self._wanted = wanted
        self._clock = clock
        self._legacy_charset = legacy_charset
        self._show_far_end = show_far_end
        self._identity: tuple[str, str] | None = None
        """sysObjectID and sysDescr."""
        self._choice = ProfileChoice(GENERIC, "")
        self._probe_at = inf
        self._profile: EndpointProfile | None = None
        self._uptime: tuple[int, float] | None = None
        self._apart = False
        """Whether the system group is to be read alone, as reading all together failed."""

    async def poll(self) -> EndpointReading:
        """Read the endpoint once.

        Raises
        ------
        SnmpError
            The endpoint did not answer to its system group, or refused it. Whatever else cannot be read is among
            the problems of the result.
        """
        system, known = await self._read_together()
        now = self._clock()
        problems = Problems()
        inquiry = Inquiry(self._client, self._reader, problems, known)
        if self._is_new(system, now) or now >= self._probe_at:
            await self._choose(system, inquiry, now)
        reading = EndpointReading(
            profile=self._choice.name,
            vendor=vendor_of(self._choice.name, system),
            why=self._choice.why,
            system=system,
            model=find_model("", system.sys_descr, Chassis()),
        )
        if self._choice.name == ROOMOS:
            told = read_codec_descr(system.sys_descr)
            reading = replace(reading, model=told.model, serial=told.serial, software=told.software)
        elif self._profile:
            reading = await self._profile.read(reading, inquiry, now)
        self._apart = bool(inquiry.lost)
        return replace(reading, problems=problems.texts)

    async def _read_together(self) -> tuple[SystemReading, dict[Oid, Value]]:
        """Read the system group, and with it what the profile will ask for.

        Where that fails, or lately did, the system group is read alone: a part that the endpoint cannot give must
        not make it seem gone.
        """
        beforehand = self._profile.objects if self._profile and not self._apart else ()
        if beforehand:
            try:
                values = await self._reader.read((*SYSTEM_OBJECTS, *beforehand))
            except RequestTimeout:
                self._apart = True
                raise
            except SnmpError:
                self._apart = True
            else:
                system = system_of(values[: len(SYSTEM_OBJECTS)], self._legacy_charset)
                return system, dict(zip(beforehand, values[len(SYSTEM_OBJECTS) :], strict=True))
        return await read_system(self._reader, self._legacy_charset), {}

    def _is_new(self, system: SystemReading, now: float) -> bool:
        """Tell whether another endpoint answers than in the last poll, or the same after a restart."""
        identity, identity_before = (system.sys_object_id, system.sys_descr), self._identity
        ticks, before = system.sys_uptime_ticks, self._uptime
        self._identity, self._uptime = identity, None if ticks is None else (ticks, now)
        if identity != identity_before:
            return True
        return ticks is not None and before is not None and agent_restarted(before[0], ticks, now - before[1])

    async def _choose(self, system: SystemReading, inquiry: Inquiry, now: float) -> None:
        """Choose the profile, and forget what was known of the endpoint."""
        self._reader.forget_absent()
        asked = probes(system, self._wanted)
        values = (await inquiry.get({"what it has": asked}))["what it has"] if asked else []
        present = {oid for oid, value in zip(asked, values, strict=True) if is_there(value)}
        self._choice = choose(system, self._wanted, present)
        self._profile = self._new_profile()
        if not asked or present:
            self._probe_at = inf
        else:
            self._probe_at = now if inquiry.problems.texts else now + PROBE_AGAIN_S

    def _new_profile(self) -> EndpointProfile | None:
        kinds: dict[str, Callable[..., EndpointProfile]] = {POLY: PolyEndpoint, HDX: HdxEndpoint, CTS: CtsEndpoint}
        kind = kinds.get(self._choice.name)
        return kind(legacy_charset=self._legacy_charset, show_far_end=self._show_far_end) if kind else None
