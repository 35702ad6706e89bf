"""The UDP sockets of the server: one port for all devices, whose loopback addresses tell them apart.

Who is asked is read from the datagram's packet information, and the answer leaves from that address (ip(7)).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Container
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeAlias

Peer: TypeAlias = tuple[str, int]

IP_PKTINFO: Final = 8
"""Linux, <linux/in.h>; Python names it from 3.14 on."""
PKTINFO_OCTETS: Final = 12
ANCILLARY_ROOM: Final = socket.CMSG_SPACE(PKTINFO_OCTETS)
SO_RCVBUFFORCE: Final = 33
"""Linux, <asm-generic/socket.h>: beyond net.core.rmem_max, for who may."""
RECEIVE_BUFFER: Final = 32 * 1024 * 1024
"""A whole fleet's burst of echo requests: the kernel counts some 800 octets for each."""
LARGEST_DATAGRAM: Final = 65_535
LOOPBACK: Final = 127


class Datagram(NamedTuple):
    """What came, for whom (packed IPv4 address), from whom; ``ancillary`` makes an answer leave from there."""

    data: bytes
    ancillary: list[Any]
    destination: bytes
    peer: Peer


def open_port(port: int) -> socket.socket:
    """Open a UDP port of all addresses, 0 for a free one.

    Raises
    ------
    OSError
        It is in use or not permitted.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Binding to the loopback device needs rights on older kernels; the check of the destination holds without.
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i", 1))
        sock.bind(("0.0.0.0", port))  # noqa: S104  # every device has its own loopback address; others are dropped
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def receive(sock: socket.socket, own_ports: Container[int]) -> Datagram | None:
    """Return the next acceptable datagram, ``None`` when there is none left."""
    while True:
        try:
            data, ancillary, _, peer = sock.recvmsg(LARGEST_DATAGRAM, ANCILLARY_ROOM)
        except BlockingIOError:
            return None
        destination = accepted_destination(ancillary, peer, own_ports)
        if destination is not None:
            return Datagram(data, ancillary, destination, peer)


def accepted_destination(ancillary: list[Any], peer: Peer, own_ports: Container[int]) -> bytes | None:
    """Return the packed IPv4 address that a datagram was sent to, ``None`` when it must be dropped.

    Only 127.0.0.0/8 is ours, whatever interface the datagram came by. Nothing that comes from our own ports
    counts: two echo services would answer each other for ever.
    """
    if len(ancillary) != 1 or len(ancillary[0][2]) != PKTINFO_OCTETS or peer[1] in own_ports:
        return None
    destination: bytes = ancillary[0][2][8:]
    return destination if destination[0] == LOOPBACK else None


def leaving_from(source: bytes) -> list[Any]:
    """Return the packet information with which a datagram leaves from a packed IPv4 address."""
    return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i4s4s", 0, source, bytes(4)))]


def send(sock: socket.socket, data: bytes, ancillary: list[Any], peer: Peer) -> None:
    """Send from the address that was asked: the packet information received names it as the local one.

    A peer that is gone or a full buffer loses the reply, as on a real network.
    """
    with suppress(OSError):
        sock.sendmsg((data,), ancillary, 0, peer)
