"""What pysnmp makes of messages that the gate lets pass, and that it keeps nothing of them."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

import pytest
from notification_messages import ENTERPRISE, in_v3, inform, notification_pdu, trap, trap_v1

from phusong.collectors.notifications.envelope import INFORM
from phusong.collectors.notifications.notification import SNMP_TRAPS, Dropped, NotificationKind, kind_of
from phusong.collectors.notifications.own_engine import OwnEngine
from phusong.collectors.notifications.pysnmp_engine import REPORTED, PysnmpEngine
from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.credentials import V1, V2C, Community, UsmUser
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

OWN = OwnEngine(bytes.fromhex("80004fb805010203040506"), 7)
PEER: Address = ("192.0.2.1", 162)
AUTHS = (
    Community(V1, b"public"),
    Community(V2C, b"public"),
    UsmUser(b"plain"),
    UsmUser(b"monitor", AuthProtocol.SHA256, b"auth-pass-1", PrivProtocol.AES256C, b"priv-pass-1"),
)


class Made:
    """An engine and what it has sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Address]] = []
        self.engine = PysnmpEngine(AUTHS, OWN, lambda data, address: self.sent.append((data, address)))


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


@pytest.mark.parametrize(
    ("generic", "specific", "trap_oid", "kind"),
    [
        (0, 0, (*SNMP_TRAPS, 1), NotificationKind.COLD_START),
        (1, 0, (*SNMP_TRAPS, 2), NotificationKind.WARM_START),
        (2, 0, (*SNMP_TRAPS, 3), NotificationKind.LINK_DOWN),
        (3, 0, (*SNMP_TRAPS, 4), NotificationKind.LINK_UP),
        (4, 0, (*SNMP_TRAPS, 5), NotificationKind.AUTHENTICATION_FAILURE),
        (5, 0, (*SNMP_TRAPS, 6), NotificationKind.EGP_NEIGHBOR_LOSS),
        (6, 42, (*ENTERPRISE, 0, 42), NotificationKind.OTHER),
        (6, 0, (*ENTERPRISE, 0, 0), NotificationKind.OTHER),
    ],
)
def test_traps_of_v1_get_the_name_of_v2(
    made: Made, generic: int, specific: int, trap_oid: Oid, kind: NotificationKind
) -> None:
    """RFC 3584, section 3.1: six generic traps have a name of their own, others enterprise, 0, specific-trap."""
    outcome = made.engine.take(trap_v1(generic, specific), PEER)
    assert outcome == trap_oid
    assert isinstance(outcome, tuple)
    assert kind_of(outcome) is kind


def test_an_inform_is_acknowledged_to_its_sender(made: Made) -> None:
    """The answer is a response with the inform's own request-id, to the address it came from."""
    made.sent.clear()
    assert made.engine.take(inform(), PEER) == (*SNMP_TRAPS, 3)
    ((data, address),) = made.sent
    assert address == PEER
    assert data == inform().replace(b"\xa6", b"\xa2", 1)


def test_a_trap_is_not_answered(made: Made) -> None:
    """Nothing leaves for a trap: not even an error."""
    made.sent.clear()
    made.engine.take(trap(), PEER)
    made.engine.take(trap_v1(2), PEER)
    assert made.sent == []


def test_a_probe_is_answered_with_our_engine_id_and_boots(made: Made) -> None:
    """Who asks for our engine gets the stored identity: that is where informs find their keys."""
    made.sent.clear()
    probe = in_v3(notification_pdu(kind=INFORM), engine_id=b"", user=b"", flags=4)
    assert made.engine.take(probe, PEER) is REPORTED
    assert OWN.engine_id in made.sent[0][0]
    assert b"\x02\x01\x07" in made.sent[0][0]


def test_a_wrong_digest_is_no_notification(made: Made) -> None:
    """A digest of zeros is refused, from another engine as for our own."""
    forged = in_v3(b"", engine_id=b"other-engine", flags=3, encrypted=bytes(40))
    assert made.engine.take(forged, PEER, b"monitor", b"other-engine") is Dropped.WRONG_CREDENTIALS
    forged = in_v3(b"", engine_id=OWN.engine_id, flags=3, encrypted=bytes(40), boots=7)
    assert made.engine.take(forged, PEER) is Dropped.WRONG_CREDENTIALS


@pytest.mark.parametrize("data", [b"", b"\x30\x84", trap()[:-1], b"\x30\x03\x02\x01\x01", trap(community=b"?")])
def test_nonsense_is_counted_and_not_raised(made: Made, data: bytes) -> None:
    """Should anything unexpected come past the gate, it ends here."""
    assert made.engine.take(data, PEER) in (Dropped.MALFORMED, Dropped.WRONG_CREDENTIALS)


def test_pysnmp_keeps_nothing_of_a_message() -> None:
    """After thousands of messages of every outcome there are as many objects as before."""
    made = Made()
    forged = in_v3(b"", engine_id=OWN.engine_id, flags=3, encrypted=bytes(40), boots=7)
    probe = in_v3(notification_pdu(kind=INFORM), engine_id=b"", user=b"", flags=4)

    def a_few(count: int) -> None:
        for number in range(count):
            engine_id = b"engine-%d" % number
            plain = in_v3(notification_pdu(), engine_id=engine_id, user=b"plain")
            assert isinstance(made.engine.take(plain, PEER, b"plain", engine_id), tuple)
            for data in (trap(), inform(), trap_v1(2), forged, probe, trap()[:-1]):
                made.engine.take(data, PEER)
        made.sent.clear()
        gc.collect()

    a_few(300)  # so that pysnmp's own memory of the last messages is full
    before = len(gc.get_objects())
    a_few(150)
    assert len(gc.get_objects()) - before < 75


def test_pysnmp_leaves_no_files() -> None:
    """Its own count of boots would lie where everybody may write; ours is in the state folder."""
    folder = Path(tempfile.gettempdir(), "__pysnmp", f"0x{OWN.engine_id.hex()}")
    Made()
    assert not folder.exists()
