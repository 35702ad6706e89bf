"""Readings for tests, as devices would give them."""

from __future__ import annotations

from phusong.agent.judging.verdict import EndEvidence
from phusong.collectors.readings import InterfaceReading


def end(oper: int | None = 1, admin: int | None = 1) -> EndEvidence:
    """Return an end that answers with these states and with nothing else."""
    return EndEvidence(
        InterfaceReading(
            device_id="d",
            if_index=1,
            if_name="x",
            if_alias="",
            sys_uptime_ticks=None,
            admin_status=admin,
            oper_status=oper,
            speed_bps=None,
            last_change_ticks=None,
            discontinuity_ticks=None,
            in_octets=None,
            out_octets=None,
            octets_bits=None,
            in_ucast_packets=None,
            out_ucast_packets=None,
            packets_bits=None,
            in_errors=None,
            out_errors=None,
            in_discards=None,
            out_discards=None,
        ),
        silent=False,
    )
