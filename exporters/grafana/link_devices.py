"""The part of a line's dashboard about its two devices: interface counters as they stand, and sensors."""

from __future__ import annotations

from typing import Final

from phusong.exporters.grafana.board import Board
from phusong.exporters.grafana.panels import graph, timeline
from phusong.exporters.grafana.queries import over_time, rows
from phusong.exporters.grafana.tables import Column, grid
from phusong.exporters.grafana.words import Words

DEVICES: Final = "device=~`${near_device:regex}|${far_device:regex}`"
"""The devices at both ends; a line with one end in the inventory has an empty name for the other."""


def add_counters(board: Board, words: Words, link: str) -> None:
    """Add the interfaces of both ends under the names of IF-MIB."""
    say = words.say
    board.row("Interfaces")
    legend = "{{device}} {{ifName}}"
    board.add(
        grid(
            say("State of the interfaces"),
            [
                rows(f"max by (device, ifName) (ifAdminStatus{{{link}}})"),
                rows(f"max by (device, ifName) (ifOperStatus{{{link}}})"),
                rows(f"1e6 * max by (device, ifName) (ifHighSpeed{{{link}}})"),
                rows(
                    f"(max by (device, ifName) (sysUpTime{{{DEVICES}}} * on (device) group_right () "
                    f"(ifLastChange{{{link}}} * 0 + 1)) - max by (device, ifName) (ifLastChange{{{link}}})) / 100"
                ),
            ],
            [
                Column("device", say("Device")),
                Column("ifName", say("Interface")),
                Column("Value #A", say("Wanted (ifAdminStatus)")),
                Column("Value #B", say("State (ifOperStatus)")),
                Column("Value #C", say("Speed"), unit="bps"),
                Column("Value #D", say("In this state for"), unit="s"),
            ],
            about=say("1 is up, 2 is down; other states are lowerLayerDown (7), notPresent (6) and dormant (5)."),
            height=6,
        ),
        graph(
            say("Octets as the devices count them"),
            [
                over_time(_either("ifHCInOctets", "ifInOctets", link, "8 * "), f"{legend} in"),
                over_time(_either("ifHCOutOctets", "ifOutOctets", link, "8 * "), f"{legend} out"),
            ],
            about=say("May show what never passed where a device was replaced; the traffic above does not."),
            unit="bps",
            width=8,
        ),
        graph(
            say("Packets"),
            [
                over_time(_either("ifHCInUcastPkts", "ifInUcastPkts", link), f"{legend} in"),
                over_time(
                    _either("ifHCOutUcastPkts", "ifOutUcastPkts", link),
                    f"{legend} out",
                ),
            ],
            unit="pps",
            width=8,
        ),
        graph(
            say("Packets with errors, and dropped ones"),
            [
                over_time(f"rate({name}{{{link}}}[$__rate_interval])", f"{legend} {name}")
                for name in ("ifInErrors", "ifOutErrors", "ifInDiscards", "ifOutDiscards")
            ],
            unit="pps",
            width=8,
        ),
    )


def _either(wide: str, narrow: str, link: str, factor: str = "") -> str:
    """Return the rate of the 64-bit counter where the device has it, else that of the 32-bit one."""
    rates = (f"{factor}rate({name}{{{link}}}[$__rate_interval])" for name in (wide, narrow))
    return " or ".join(rates)


def add_sensors(board: Board, words: Words) -> None:
    """Add what the devices at both ends say of themselves."""
    say = words.say
    board.row("Devices at both ends")
    board.add(
        graph(
            say("Mobile modem: signal"),
            [
                over_time(f"wan_modem_rsrp_dbm{{{DEVICES}}}", "{{device}} {{modem}} RSRP (dBm)"),
                over_time(f"wan_modem_rsrq_db{{{DEVICES}}}", "{{device}} {{modem}} RSRQ (dB)"),
                over_time(f"wan_modem_sinr_db{{{DEVICES}}}", "{{device}} {{modem}} SINR (dB)"),
            ],
            about=say("Below -110 dBm RSRP a mobile fallback is doubtful."),
            unit="dB",
        ),
        timeline(
            say("Mobile modem: registered, in use"),
            [
                over_time(f"wan_modem_registered{{{DEVICES}}}", f"{{{{device}}}} {say('registered')}"),
                over_time(f"wan_modem_in_use{{{DEVICES}}}", f"{{{{device}}}} {say('in use')}"),
            ],
            steps=((None, "#6e6e6e"), (1, "semi-dark-blue")),
            width=12,
            height=8,
        ),
        graph(
            say("Processor and memory"),
            [
                over_time(
                    f"wan_device_cpu_ratio{{{DEVICES}}}", f"{{{{device}}}} {say('processor')} {{{{component}}}}"
                ),
                over_time(
                    f"wan_device_memory_used_ratio{{{DEVICES}}}",
                    f"{{{{device}}}} {say('memory')} {{{{component}}}}",
                ),
            ],
            unit="percentunit",
            width=8,
            top=1,
        ),
        graph(
            say("Temperature"),
            [over_time(f"wan_device_temperature_celsius{{{DEVICES}}}", "{{device}} {{sensor}}")],
            unit="celsius",
            width=8,
        ),
        graph(
            say("Optical power"),
            [
                over_time(
                    f"wan_optical_receive_power_dbm{{{DEVICES}}}",
                    f"{{{{device}}}} {{{{interface}}}} {say('received')}",
                ),
                over_time(
                    f"wan_optical_transmit_power_dbm{{{DEVICES}}}",
                    f"{{{{device}}}} {{{{interface}}}} {say('sent')}",
                ),
            ],
            unit="dBm",
            width=8,
        ),
        graph(
            say("Round-trip time and jitter measured by the devices"),
            [
                over_time(
                    f"wan_sla_rtt_seconds{{{DEVICES}}}", f"{{{{device}}}} {{{{operation}}}} {say('round trip')}"
                ),
                over_time(
                    f"wan_sla_jitter_seconds{{{DEVICES}}}", f"{{{{device}}}} {{{{operation}}}} {say('jitter')}"
                ),
            ],
            about=say("IP SLA, NQA, RPM or link monitor."),
            unit="s",
            width=8,
        ),
        timeline(
            say("Power, fans, routing peers, measurements"),
            [
                over_time(f"wan_device_up{{{DEVICES}}}", f"{{{{device}}}} {say('answers')}"),
                over_time(f"wan_sla_up{{{DEVICES}}}", "{{device}} SLA {{operation}}"),
                over_time(f"wan_device_power_ok{{{DEVICES}}}", f"{{{{device}}}} {say('power')} {{{{supply}}}}"),
                over_time(f"wan_device_fan_ok{{{DEVICES}}}", f"{{{{device}}}} {say('fan')} {{{{fan}}}}"),
                over_time(f"wan_bgp_peer_established{{{DEVICES}}}", "{{device}} BGP {{peer}}"),
                over_time(f"wan_ospf_neighbor_up{{{DEVICES}}}", "{{device}} OSPF {{neighbor}}"),
            ],
            steps=((None, "semi-dark-red"), (1, "semi-dark-green")),
            width=8,
            height=8,
        ),
        graph(
            say("Restarts of the devices' agents"),
            [over_time(f"increase(wan_device_agent_restarts_total{{{DEVICES}}}[$__rate_interval])", "{{device}}")],
            width=8,
        ),
    )
