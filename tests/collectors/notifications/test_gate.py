"""What may reach pysnmp, and that strangers leave no trace."""

from __future__ import annotations

import pytest
from notification_messages import in_v3, notification_pdu, trap, trap_v1

from phusong.collectors.notifications.gate import (
    IN_ALL_BURST,
    MOST_ENGINES,
    MOST_OCTETS,
    PER_SOURCE_BURST,
    TIME_WINDOW_S,
    Admitted,
    EngineClock,
    Gate,
)
from phusong.collectors.notifications.notification import Dropped
from phusong.collectors.snmp.credentials import V2C, Community, UsmUser
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

OWN = bytes.fromhex("80004fb805010203040506")
ENGINE = bytes.fromhex("8000000903001122334455")
DEVICE = "192.0.2.1"
AUTHS = (
    Community(V2C, b"public"),
    UsmUser(b"plain"),
    UsmUser(b"monitor", AuthProtocol.SHA256, b"auth-pass-1"),
    UsmUser(b"secret", AuthProtocol.SHA256, b"auth-pass-1", PrivProtocol.AES128, b"priv-pass-1"),
)
PDU = notification_pdu()


def made(*addresses: str) -> Gate:
    gate = Gate(AUTHS, OWN, lambda address: [ENGINE] if address == DEVICE else [])
    gate.use_sources(addresses or (DEVICE,))
    return gate


def verdict(data: bytes, address: str = DEVICE) -> Dropped | None:
    decided = made().admit(data, address, 0.0)
    return None if isinstance(decided, Admitted) else decided


def encrypted(user: bytes, engine_id: bytes = ENGINE) -> bytes:
    return in_v3(b"", engine_id=engine_id, user=user, flags=3, encrypted=bytes(40))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (trap(), None),
        (trap(community=b"publi"), Dropped.WRONG_CREDENTIALS),
        (trap(community=b""), Dropped.WRONG_CREDENTIALS),
        (trap_v1(2), Dropped.WRONG_CREDENTIALS),
        (trap(more=bytes(MOST_OCTETS)), Dropped.TOO_BIG),
        (b"\x30\x84", Dropped.MALFORMED),
        (in_v3(PDU, engine_id=ENGINE, user=b"plain"), None),
        (in_v3(PDU, engine_id=ENGINE, flags=1), None),
        (encrypted(b"secret"), None),
        (in_v3(PDU, engine_id=ENGINE), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=ENGINE, user=b"secret"), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=ENGINE, user=b"secret", flags=1), Dropped.WRONG_CREDENTIALS),
        (encrypted(b"monitor"), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=ENGINE, user=b"nobody", flags=1), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=ENGINE[:-1], flags=1), Dropped.UNKNOWN_ENGINE),
        (in_v3(PDU, engine_id=bytes(5), flags=1), Dropped.UNKNOWN_ENGINE),
        (in_v3(PDU, engine_id=OWN, flags=1), None),
        (in_v3(PDU, engine_id=OWN, user=b"nobody", flags=1), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=OWN, user=b"", flags=0), Dropped.WRONG_CREDENTIALS),
        (in_v3(PDU, engine_id=b"", user=b""), None),
        (encrypted(b"", engine_id=b""), Dropped.MALFORMED),
    ],
    ids=[
        "community", "cut community", "no community", "version not allowed", "too big", "two octets",
        "plain user", "signed", "encrypted", "unsigned", "neither signed nor encrypted", "not encrypted",
        "encrypted by a user who does not", "unknown user", "unknown engine", "pysnmp's wildcard engine",
        "to us", "to us, unknown user", "to us, no user", "probe", "encrypted probe",
    ],
)  # fmt: skip
def test_what_a_known_source_may_send(data: bytes, expected: Dropped | None) -> None:
    """Only what carries an allowed community, or an allowed user at that user's level from a known engine."""
    assert verdict(data) == expected


def test_a_stranger_is_dropped_whatever_it_sends() -> None:
    """An address that is not in the inventory is refused before anything is read, and nothing is kept of it."""
    gate = made()
    for number in range(1000):
        for data in (trap(), b"", bytes(60_000)):
            assert gate.admit(data, f"198.51.{number // 250}.{number % 250}", 0.0) is Dropped.UNKNOWN_SOURCE
    assert list(gate._sources) == [DEVICE]
    assert isinstance(gate.admit(trap(), DEVICE, 0.0), Admitted)


def test_one_loud_device_leaves_room_for_the_others() -> None:
    """A source is held to its own rate, and what is refused takes nothing from what all have together."""
    gate = made(DEVICE, "192.0.2.2")
    loud = [gate.admit(trap(), DEVICE, 1.0) for _ in range(10_000)]
    assert sum(isinstance(decided, Admitted) for decided in loud) == PER_SOURCE_BURST
    assert set(loud[int(PER_SOURCE_BURST) :]) == {Dropped.RATE_LIMITED}
    assert isinstance(gate.admit(trap(), "192.0.2.2", 1.0), Admitted)


def test_all_sources_together_have_a_rate() -> None:
    """A whole fleet that calls at once is decoded up to the common burst, and heard again as time goes on."""
    addresses = [f"192.0.2.{number}" for number in range(1, 201)]
    gate = made(*addresses)
    at_once = [gate.admit(trap(), address, 1.0) for address in addresses]
    assert sum(isinstance(decided, Admitted) for decided in at_once) == IN_ALL_BURST
    assert isinstance(gate.admit(trap(), addresses[-1], 2.0), Admitted)


def test_wrong_credentials_do_not_use_the_rate_up() -> None:
    """Who forges a device's address without its community cannot silence the device."""
    gate = made()
    for _ in range(1000):
        gate.admit(trap(community=b"guess"), DEVICE, 1.0)
    assert isinstance(gate.admit(trap(), DEVICE, 1.0), Admitted)


def signed(boots: int, time_s: int) -> bytes:
    return in_v3(PDU, engine_id=ENGINE, flags=1, boots=boots, time_s=time_s)


def test_only_a_verified_message_moves_the_clock() -> None:
    """A forged message with a clock from the future does not shut the device out."""
    gate = made()
    assert isinstance(
        gate.admit(signed(2**31 - 2, 0), DEVICE, 0.0), Admitted
    )  # not confirmed: its digest was wrong
    real = gate.admit(signed(3, 1000), DEVICE, 0.0)
    assert isinstance(real, Admitted)
    real.confirm(0.0)
    assert gate.admit(signed(3, 1000 - TIME_WINDOW_S - 1), DEVICE, 0.0) is Dropped.NOT_IN_TIME_WINDOW
    assert gate.admit(signed(3, 1000), DEVICE, TIME_WINDOW_S + 1.0) is Dropped.NOT_IN_TIME_WINDOW
    assert isinstance(gate.admit(signed(3, 1000), DEVICE, TIME_WINDOW_S - 1.0), Admitted)
    assert isinstance(gate.admit(signed(4, 0), DEVICE, 0.0), Admitted)


def test_clocks_and_rates_outlive_a_reload() -> None:
    """A new list of sources forgets neither who was too loud nor which messages are old."""
    gate = made()
    real = gate.admit(signed(3, 1000), DEVICE, 0.0)
    assert isinstance(real, Admitted)
    real.confirm(0.0)
    for _ in range(30):
        gate.admit(trap(), DEVICE, 0.0)
    gate.use_sources([DEVICE, "192.0.2.2"])
    assert gate.admit(trap(), DEVICE, 0.0) is Dropped.RATE_LIMITED
    assert gate.admit(signed(2, 0), DEVICE, 0.0) is Dropped.NOT_IN_TIME_WINDOW
    gate.use_sources(["192.0.2.2"])
    assert gate.admit(trap(), DEVICE, 0.0) is Dropped.UNKNOWN_SOURCE


def test_engines_at_a_device_that_is_not_polled_by_v3() -> None:
    """There any engine may send, is judged by its own clock once it has signed, and few are remembered."""
    other = "192.0.2.2"
    gate = made(other)
    for number in range(100):
        message = in_v3(PDU, engine_id=b"engine-%d" % number, flags=1, boots=3)
        forged = gate.admit(message, other, number * 10.0)
        assert isinstance(forged, Admitted)
        assert len(gate._sources[other].clocks) <= MOST_ENGINES
        forged.confirm(number * 10.0)
    assert len(gate._sources[other].clocks) == MOST_ENGINES
    old = in_v3(PDU, engine_id=b"engine-99", flags=1, boots=2)
    assert gate.admit(old, other, 1000.0) is Dropped.NOT_IN_TIME_WINDOW


@pytest.mark.parametrize(
    ("boots", "time_s", "now", "accepted"),
    [
        (5, 1000, 100.0, True),
        (5, 850, 100.0, True),
        (5, 849, 100.0, False),
        (5, 5000, 100.0, True),
        (6, 0, 100.0, True),
        (4, 9999, 100.0, False),
        (5, 1000, 250.0, True),
        (5, 1000, 251.0, False),
        (2**31 - 1, 0, 100.0, False),
    ],
)
def test_the_time_window(boots: int, time_s: int, now: float, accepted: bool) -> None:
    """RFC 3414, section 3.2, step 7b, for an engine last heard with boots 5 and time 1000 at our 100."""
    assert EngineClock(5, 1000, 100.0).accepts(boots, time_s, now) is accepted
