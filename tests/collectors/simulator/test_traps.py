"""The simulated hub tells when the flapping line changes, in a message that the real receiver accepts."""

from __future__ import annotations

import socket

import pytest

from phusong.collectors.notifications.envelope import check_pdu, read_envelope
from phusong.collectors.simulator.datagrams import PKTINFO_OCTETS, leaving_from
from phusong.collectors.simulator.incidents import FLAP_PERIOD_S, FLAP_UP_S, HEALTHY, Incident, Trouble
from phusong.collectors.simulator.province import Province
from phusong.collectors.simulator.traps import IF_INDEX, LINK_DOWN, LINK_UP, LinkTraps
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.pdu import decode_bindings, read_header


def bindings_of(message: bytes) -> dict[Oid, Value]:
    envelope = read_envelope(message)
    check_pdu(message, envelope)
    assert envelope.community == b"demo"
    header = read_header(message, envelope.start, envelope.stop)
    return dict(decode_bindings(message, header.start, header.stop))


def test_the_hub_of_the_flapping_line_tells_every_change(province: Province) -> None:
    """Down after 150 s, up after 240 s, and so on: from the hub's address, for the row of that line, once each."""
    (wired,) = [wired for wired in province.lines if wired.line.incident.trouble is Trouble.FLAPPING]
    (hub,) = [device for device in province.devices if device.device_id == wired.near_device]
    (row,) = [row for row in hub.rows if row.line_id == wired.line.link_id]
    traps = LinkTraps(province, b"demo")
    told = []
    for second in range(0, 1000, 5):
        for source, message in traps.take(float(second)):
            assert socket.inet_ntoa(source) == hub.address
            bindings = bindings_of(message)
            assert bindings[(*IF_INDEX, row.index)] == row.index
            told.append((second, bindings[(1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)]))
            assert (LINK_UP in bindings.values()) == wired.line.incident.carries(float(second))
    assert told == [
        (150, LINK_DOWN), (240, LINK_UP), (390, LINK_DOWN), (480, LINK_UP), (630, LINK_DOWN), (720, LINK_UP),
        (870, LINK_DOWN), (960, LINK_UP),
    ]  # fmt: skip
    assert traps.next_s() == 1110.0


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble is not Trouble.FLAPPING])
def test_only_a_flapping_line_changes(trouble: Trouble) -> None:
    """The other incidents began before anybody watched."""
    assert Incident(trouble).next_change_s(100.0) is None
    assert HEALTHY.next_change_s(0.0) is None


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [(0.0, 150.0), (149.9, 150.0), (150.0, 240.0), (239.9, 240.0), (240.0, 390.0), (1000.0, 1110.0)],
)
def test_the_next_change_is_where_the_line_changes(elapsed: float, expected: float) -> None:
    """Just before it the line is as it is now, from it on it is the other way round."""
    flapping = Incident(Trouble.FLAPPING)
    assert (FLAP_UP_S, FLAP_PERIOD_S) == (150.0, 240.0)
    assert flapping.next_change_s(elapsed) == expected
    assert flapping.carries(expected - 0.001) == flapping.carries(elapsed)
    assert flapping.carries(expected) != flapping.carries(elapsed)


def test_a_datagram_leaves_from_the_address_of_its_device() -> None:
    """The kernel is told the source: the receiver knows a hub by it."""
    ancillary = leaving_from(socket.inet_aton("127.21.0.1"))
    assert len(ancillary[0][2]) == PKTINFO_OCTETS
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(30)
        sender.sendmsg((b"trap",), ancillary, 0, receiver.getsockname())
        assert receiver.recvfrom(100)[1][0] == "127.21.0.1"
