"""The interface tables and habits of several vendors' devices, after the shapes of real ones.

Each model is a lie that some real agent tells; in brackets, how many of LibreNMS's recordings do: empty ifDescr
(34), no 64-bit counters (228), 64-bit counters missing on some rows (73), ifHighSpeed 0 (399), ifIndex above 65535
(17), ifSpeed stuck at 2^32 - 1 (29), ifOperStatus 0 (8), text that is not UTF-8. Nothing is copied from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .equipment import Habit, Row

ETHERNET, PPP, LOOPBACK, OTHER, VLAN_IF, TUNNEL, L2VLAN, BRIDGE = 6, 23, 24, 1, 53, 131, 135, 209
UP, DOWN, NO_STATUS = 1, 2, 0
MEGA: Final = 1_000_000
STUCK: Final = 2**32 - 1
"""What ifSpeed says above 4.29 Gbit/s (RFC 2863, section 3.1.6)."""
ALIAS_OCTETS: Final = 64
ENTERPRISES: Final = (1, 3, 6, 1, 4, 1)

FORTIGATE: Final = Habit("fortigate", b"", (*ENTERPRISES, 12356, 101, 1, 644))
ROUTEROS: Final = Habit(
    "routeros", b"Simulated RouterOS-like router", (*ENTERPRISES, 14988, 1), refuses_big_bulk=True
)
DRAYTEK: Final = Habit(
    "draytek", b"Simulated Vigor-like router, 32-bit counters", (*ENTERPRISES, 7367), max_reply=1400
)
IOS: Final = Habit("ios", b"Simulated IOS-like branch router", (*ENTERPRISES, 9, 1, 2093))
OLD_IOS: Final = Habit(
    "old_ios", b"Simulated old IOS-like branch router", (*ENTERPRISES, 9, 1, 837), max_reply=1400
)
VRP: Final = Habit("vrp", b"Simulated VRP-like router\r\nVersion 5", (*ENTERPRISES, 2011, 2, 224, 62))
LEGACY_V1: Final = Habit(
    "legacy_v1", b"Simulated router of SNMPv1 times", (*ENTERPRISES, 8072, 3, 2, 255), only_v1=True, max_reply=484
)
CPE: Final = Habit("cpe", b"", ENTERPRISES)

IOS_XE_HUB: Final = Habit("ios_xe", b"Simulated IOS-XE-like hub router", (*ENTERPRISES, 9, 1, 1861))
JUNOS_HUB: Final = Habit("junos", b"Simulated Junos-like hub router", (*ENTERPRISES, 2636, 1, 1, 1, 2, 108))
VRP_HUB: Final = Habit("vrp_ne", b"Simulated VRP-like hub router\r\nVersion 8", (*ENTERPRISES, 2011, 2, 88, 2))
ROUTEROS_HUB: Final = Habit(
    "routeros_ccr", b"Simulated RouterOS-like hub router", (*ENTERPRISES, 14988, 1), refuses_big_bulk=True
)
COMWARE_HUB: Final = Habit(
    "comware", b"Simulated Comware-like hub router", (*ENTERPRISES, 25506, 1, 1189), down_status=7
)

POLY: Final = Habit("poly", b"Videoconferencing Device", (*ENTERPRISES, 2684))
"""As a real Studio X says, though its objects are under another number."""
HDX: Final = Habit("hdx", b"Videoconferencing Device", (*ENTERPRISES, 2684, 1, 1))
CTS: Final = Habit("cts", b"Simulated CTS-like telepresence room", (*ENTERPRISES, 9, 1, 1145))
CODEC: Final = Habit(
    "codec", b"Cisco Codec\nSoftW: ce9-simulated\nMCU: Simulated SX", (*ENTERPRISES, 5596, 150, 6, 4, 1)
)
GENERIC_VIDEO: Final = Habit("generic_video", b"Simulated SIP room system", (*ENTERPRISES, 37459, 1))

OFFICE_MODELS: Final = ((FORTIGATE, 26), (ROUTEROS, 24), (DRAYTEK, 16), (IOS, 14), (VRP, 10), (OLD_IOS, 10))
"""Office routers with their share in per cent; ``LEGACY_V1`` is given to one office by name."""
HUB_MODELS: Final = (IOS_XE_HUB, JUNOS_HUB, VRP_HUB, ROUTEROS_HUB, COMWARE_HUB)
VIDEO_MODELS: Final = ((POLY, 45), (HDX, 20), (CODEC, 20), (GENERIC_VIDEO, 15))
"""Endpoints with their share in per cent; ``CTS`` is given to a few rooms by name."""


def office_rows(habit: Habit, line_ids: Sequence[str], label: str) -> tuple[tuple[Row, ...], dict[str, str]]:
    """Return an office router's rows, and per line the text that names its interface in ``links.csv``.

    ``label`` is what an engineer would write into ifAlias. An office has at most two lines.
    """
    match habit.model:
        case "fortigate":
            wan = [_row(1 + n, f"wan{1 + n}", "", line_id=line) for n, line in enumerate(line_ids)]
            rest = [_row(5, "dmz", "", oper=DOWN), _row(6, "internal", ""), _row(9, "lan", "", kind=BRIDGE)]
            rest += [_row(15, "ssl.root", "", kind=TUNNEL, mbps=0), _row(18, "naf.root", "", kind=TUNNEL, mbps=0)]
        case "routeros":
            wan = [
                _row(1 + n, f"ether{1 + n}", high=0, alias=label, line_id=line) for n, line in enumerate(line_ids)
            ]
            rest = [_row(n, f"ether{n}", high=0, oper=UP if n < 4 else DOWN) for n in range(3, 6)]
            rest += [
                _row(10, "bridge-lan", kind=BRIDGE, mbps=0),
                _row(11, "l2tp-out1", kind=PPP, mbps=0, oper=DOWN),
            ]
        case "draytek":
            wan = [_row(4 + n, None, f"WAN{1 + n}", mbps=100, line_id=line) for n, line in enumerate(line_ids)]
            rest = [_row(1, None, "LAN", mbps=100), _row(6, None, "WAN3", mbps=100, oper=DOWN)]
            rest += [
                _row(7, None, "", kind=0, mbps=0, oper=NO_STATUS),
                _row(8, None, "", kind=0, mbps=0, oper=NO_STATUS),
            ]
        case "ios":
            wan = [
                _row(1 + n, f"Gi0/0/{n}", f"GigabitEthernet0/0/{n}", alias=label, line_id=line)
                for n, line in enumerate(line_ids)
            ]
            rest = [_row(3, "Gi0/0/2", "GigabitEthernet0/0/2"), _row(4, "Gi0", "GigabitEthernet0", oper=DOWN)]
            rest += [_row(6, "Nu0", "Null0", kind=OTHER, mbps=10_000), _row(7, "Lo0", "Loopback0", kind=LOOPBACK)]
            rest += [_row(8, "Tu0", "Tunnel0", kind=TUNNEL, mbps=0)]
        case "old_ios":
            wan = [
                _row(5 + n, f"Fa{4 + n}", f"FastEthernet{4 + n}", mbps=100, hc=False, alias=label, line_id=line)
                for n, line in enumerate(line_ids)
            ]
            rest = [
                _row(n, f"Fa{n - 1}", f"FastEthernet{n - 1}", mbps=100, oper=UP if n < 3 else DOWN)
                for n in range(1, 5)
            ]
            rest += [
                _row(7, "Nu0", "Null0", kind=OTHER, hc=False),
                _row(8, "Vl1", "Vlan1", kind=VLAN_IF, hc=False),
            ]
        case "vrp":
            wan = [
                _row(7 + n, f"GigabitEthernet0/0/{4 + n}", alias=f"{label} 广宁", charset="gbk", line_id=line)
                for n, line in enumerate(line_ids)
            ]
            rest = [_row(1, "InLoopBack0", kind=LOOPBACK, mbps=0), _row(2, "NULL0", kind=OTHER, mbps=0)]
            rest += [_row(n, f"GigabitEthernet0/0/{n - 3}", oper=UP if n < 5 else DOWN) for n in range(3, 7)]
            rest += [_row(9, "Cellular0/0/0", kind=160, mbps=21, oper=DOWN), _row(11, "Vlanif1", kind=VLAN_IF)]
        case "legacy_v1":
            wan = [_row(2 + n, None, "Serial", kind=22, mbps=2, line_id=line) for n, line in enumerate(line_ids)]
            rest = [_row(1, None, "Ethernet", mbps=10)]
        case _:
            raise ValueError(f"{habit.model} is no office router")
    selectors = {row.line_id: _selector(habit, row) for row in wan}
    return tuple(sorted(wan + rest, key=lambda row: row.index)), selectors


def hub_rows(habit: Habit, line_labels: Sequence[tuple[str, str]]) -> tuple[tuple[Row, ...], dict[str, str]]:
    """Return a hub's rows, one VLAN interface per line, and per line its selector text for ``links.csv``.

    ``line_labels`` are line ids with a label; a label may have Vietnamese letters.
    """
    port, first, step, charset = {
        "ios_xe": ("Te0/0/0", 1, 1, "utf-8"),
        "junos": ("xe-0/0/0", 501, 1, "utf-8"),
        "vrp_ne": ("GigabitEthernet0/3/0", 4, 1, "gbk"),
        "routeros_ccr": ("sfp-sfpplus1", 1, 1, "utf-8"),
        "comware": ("Ten-GigabitEthernet1/0/1", 16_777_217, 64, "utf-8"),
    }[habit.model]
    ten_gigabit = 0 if habit is ROUTEROS_HUB else 10_000
    spare = port[:-1] + "9"
    rows = [
        Row(first, port.encode(), port.encode(), speed=STUCK, high_speed=ten_gigabit, alias=b"carriers' handover"),
        Row(first + step, spare.encode(), spare.encode(), speed=STUCK, high_speed=ten_gigabit, oper_status=DOWN),
        _row(first + 2 * step, "mgmt0", high=0 if habit is ROUTEROS_HUB else None),
        _row(first + 3 * step, "lo0", kind=LOOPBACK, mbps=0),
        _row(first + 4 * step, "null0", kind=OTHER, mbps=0, hc=habit is not IOS_XE_HUB),
        _row(first + 5 * step, "aux0", kind=PPP, mbps=0, oper=NO_STATUS),
    ]
    selectors: dict[str, str] = {}
    for n, (line_id, label) in enumerate(line_labels):
        vlan = 1101 + n
        name = f"vlan{vlan}" if habit is ROUTEROS_HUB else f"{port}.{vlan}"
        text = f"{line_id} 广宁" if charset == "gbk" else f"{line_id} {label}"
        row = _row(
            first + (10 + n) * step, name, name.replace("Te0", "TenGigabitEthernet0"), kind=L2VLAN, alias=text,
            charset=charset, high=0 if habit is ROUTEROS_HUB else None, line_id=line_id,
        )  # fmt: skip
        rows.append(row)
        if habit is COMWARE_HUB:
            selectors[line_id] = f"alias:{row.alias.decode()}"
        else:
            selectors[line_id] = f"descr:{name}" if habit is JUNOS_HUB else name
    return tuple(rows), selectors


def endpoint_rows(habit: Habit) -> tuple[Row, ...]:
    """Return the rows of a video-conference endpoint: a loopback and its one port."""
    if habit is CODEC:
        return ()
    has_names = habit is GENERIC_VIDEO
    return (
        _row(1, "lo" if has_names else None, "lo", kind=LOOPBACK, mbps=10),
        _row(2, "eth0" if has_names else None, "eth0", mbps=100),
    )


def lan_row(rows: Sequence[Row]) -> Row | None:
    """Return the port of an office router behind which its rooms are; ``None`` where it has none that is up."""
    return next((r for r in rows if r.if_type == ETHERNET and r.oper_status == UP and not r.line_id), None)


def lan_selector(habit: Habit, rows: Sequence[Row]) -> str:
    """Return the text that names this port in ``endpoints.csv``; empty without one."""
    row = lan_row(rows)
    return _selector(habit, row) if row else ""


def clip(text: str, charset: str = "utf-8", octets: int = ALIAS_OCTETS) -> bytes:
    """Encode ``text`` in at most ``octets`` octets; cut no letter in two, leave no blank at the end."""
    encoded = text.encode(charset, errors="replace")
    while len(encoded) > octets:
        text = text[:-1].rstrip()
        encoded = text.encode(charset, errors="replace")
    return encoded


def _row(
    index: int, name: str | None, descr: str | None = None, *, kind: int = ETHERNET, mbps: int = 1000,
    high: int | None = None, alias: str = "", charset: str = "utf-8", hc: bool = True, oper: int = UP,
    line_id: str = "",
) -> Row:  # fmt: skip
    return Row(
        index,
        None if name is None else name.encode(),
        (name or "" if descr is None else descr).encode(),
        kind,
        min(mbps * MEGA, STUCK),
        mbps if high is None else high,
        clip(alias, charset),
        counters_64=hc and name is not None,
        oper_status=oper,
        line_id=line_id,
    )


def _selector(habit: Habit, row: Row) -> str:
    if habit is LEGACY_V1:
        return f"index:{row.index}"
    if row.name is None:
        return f"descr:{row.descr.decode()}"
    return row.name.decode()
