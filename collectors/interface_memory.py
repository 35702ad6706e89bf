"""What a poller of interfaces knows of a device, so that the next one goes on without asking for it again.

Plain, frozen values: another poller takes them over at a reload, and a file keeps them over a restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from .interface_lookup import InterfaceSelector
from .rates import Sample
from .readings import InterfaceReading


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """By what another device at the same address is known; empty where a device does not say."""

    sys_object_id: str = ""
    engine_id: bytes = b""
    """snmpEngineID (SNMP-FRAMEWORK-MIB)."""
    sys_name: str = ""

    def replaces(self, before: DeviceIdentity) -> bool:
        """Tell whether this is another device: a new sysName alone is only a new name."""
        return any(
            new and old and new != old
            for new, old in ((self.sys_object_id, before.sys_object_id), (self.engine_id, before.engine_id))
        )


@dataclass(frozen=True, slots=True)
class InterfaceMemory:
    """Where the wanted rows are, their last counters, and the clocks by which a change shows."""

    read_at_s: float
    """When sysUpTime was read, on a clock that never steps."""
    sys_uptime_ticks: int | None
    table_change_ticks: int | None
    identity: DeviceIdentity
    samples: Mapping[InterfaceSelector, Sample]
    agent_restarts: int = 0
    """How often sysUpTime began anew, as far as anybody was watching."""

    def shifted(self, seconds: float) -> InterfaceMemory:
        """Return the same on a clock that is ``seconds`` ahead."""
        return replace(
            self,
            read_at_s=self.read_at_s + seconds,
            samples={
                selector: replace(sample, at_s=sample.at_s + seconds) for selector, sample in self.samples.items()
            },
        )


def remembered_reading(
    device_id: str,
    *,
    if_index: int,
    if_name: str,
    sys_uptime_ticks: int | None,
    discontinuity_ticks: int | None,
    octets_bits: int | None,
    in_octets: int | None,
    out_octets: int | None,
) -> InterfaceReading:
    """Return a reading of which only the octets are known: enough to go on counting."""
    return InterfaceReading(
        device_id=device_id,
        if_index=if_index,
        if_name=if_name,
        if_alias="",
        sys_uptime_ticks=sys_uptime_ticks,
        admin_status=None,
        oper_status=None,
        speed_bps=None,
        last_change_ticks=None,
        discontinuity_ticks=discontinuity_ticks,
        in_octets=in_octets,
        out_octets=out_octets,
        octets_bits=octets_bits,
        in_ucast_packets=None,
        out_ucast_packets=None,
        packets_bits=None,
        in_errors=None,
        out_errors=None,
        in_discards=None,
        out_discards=None,
    )
