"""The listener against net-snmp's snmptrap and snmpinform, and under a flood. Everything on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio
from notification_messages import LINK_DOWN, inform, trap

from phusong.collectors.notifications.gate import PER_SOURCE_BURST, PER_SOURCE_S, Gate
from phusong.collectors.notifications.listener import MOST_WAITING, NotificationListener
from phusong.collectors.notifications.notification import Dropped, Notification, NotificationKind
from phusong.collectors.notifications.own_engine import OwnEngine
from phusong.collectors.snmp.ber import Oid, format_oid
from phusong.collectors.snmp.credentials import V1, V2C, Community, UsmUser
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

if shutil.which("snmptrap") is None or shutil.which("snmpinform") is None:
    pytest.skip("snmptrap is missing: apt-get install snmp", allow_module_level=True)

OWN = OwnEngine(bytes.fromhex("80004fb805010203040506"), 7)
SENDER_ENGINE = bytes.fromhex("8000000903001122334455")
USERS = (
    UsmUser(b"plain"),
    UsmUser(b"signed", AuthProtocol.SHA256, b"auth-pass-1"),
    UsmUser(b"secret", AuthProtocol.SHA, b"auth-pass-1", PrivProtocol.AES128, b"priv-pass-1"),
)
AUTHS = (Community(V1, b"old"), Community(V2C, b"public"), *USERS)
KNOWN, STRANGER = "127.0.0.1", "127.0.0.2"
LINK_DOWN_TEXT = format_oid(LINK_DOWN)
PATIENCE_S = 30.0


class Arrived(NamedTuple):
    """A notification that came out, and from where."""

    address: str
    notification: Notification


class Setup(NamedTuple):
    """An open listener and what came out of it."""

    listener: NotificationListener
    gate: Gate
    engines: dict[str, list[bytes]]
    arrived: list[Arrived]

    async def settle(self, done: Callable[[], object]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():  # noqa: ASYNC110 - what is waited for is another program's doing
                await asyncio.sleep(0.005)

    async def dealt_with(self, count: int) -> None:
        await self.settle(lambda: self.listener.counters.total() >= count)


@pytest_asyncio.fixture
async def setup() -> AsyncIterator[Setup]:
    arrived: list[Arrived] = []
    engines = {KNOWN: [SENDER_ENGINE]}
    gate = Gate(AUTHS, OWN.engine_id, lambda address: engines.get(address, ()))
    gate.use_sources([KNOWN, "::1"])
    listener = NotificationListener(
        AUTHS, OWN, gate, lambda address, notification: arrived.append(Arrived(address, notification))
    )
    listener.open("127.0.0.1", 0)
    yield Setup(listener, gate, engines, arrived)
    listener.close()


async def net_snmp(setup: Setup, command: str, *arguments: str, source: str = KNOWN) -> int:
    """Send a notification with net-snmp's program: options, ``--``, what to send. Return its exit code."""
    split = arguments.index("--")
    options, what = arguments[:split], arguments[split + 1 :]
    host, port = setup.listener.address
    program = await asyncio.create_subprocess_exec(
        command,
        "-t2",
        "-r5",
        *options,
        f"--clientaddr={source}",
        f"udp:{host}:{port}",
        *what,
        env={**os.environ, "MIBS": "", "MIBDIRS": "/nonexistent", "SNMP_PERSISTENT_DIR": "/nonexistent"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(PATIENCE_S):
        return await program.wait()


V2_WHAT = ("--", "123", LINK_DOWN_TEXT, "1.3.6.1.2.1.2.2.1.1.7", "i", "7")
UNSIGNED = ("-v3", "-l", "noAuthNoPriv")
SIGNED = ("-v3", "-u", "signed", "-l", "authNoPriv", "-a", "SHA-256", "-A", "auth-pass-1")
SECRET = (
    "-v3",
    "-u",
    "secret",
    "-l",
    "authPriv",
    "-a",
    "SHA",
    "-A",
    "auth-pass-1",
    "-x",
    "AES",
    "-X",
    "priv-pass-1",
)
FROM_ENGINE = ("-e", f"0x{SENDER_ENGINE.hex()}")


@pytest.mark.parametrize(
    ("arguments", "version"),
    [
        (("-v2c", "-c", "public", *V2_WHAT), "2c"),
        (("-v1", "-c", "old", "--", "1.3.6.1.4.1.9.1.1", "192.0.2.9", "2", "0", "123"), "1"),
        (("-v3", "-u", "plain", "-l", "noAuthNoPriv", *FROM_ENGINE, *V2_WHAT), "3"),
        ((*SIGNED, *FROM_ENGINE, "-Z", "3,1000", *V2_WHAT), "3"),
        ((*SECRET, *FROM_ENGINE, "-Z", "3,1000", *V2_WHAT), "3"),
    ],
    ids=["v2c", "v1", "v3 noAuthNoPriv", "v3 authNoPriv", "v3 authPriv"],
)
async def test_a_trap_of_snmptrap_arrives(setup: Setup, arguments: tuple[str, ...], version: str) -> None:
    """A linkDown of a known device is received by every version, as a linkDown."""
    assert await net_snmp(setup, "snmptrap", *arguments) == 0
    await setup.dealt_with(1)
    assert setup.arrived == [Arrived(KNOWN, Notification(version, NotificationKind.LINK_DOWN))]
    assert not setup.listener.counters.dropped


@pytest.mark.parametrize(
    "arguments",
    [
        ("-v2c", "-c", "public", *V2_WHAT),
        ("-v3", "-u", "plain", "-l", "noAuthNoPriv", *V2_WHAT),
        (*SIGNED, *V2_WHAT),
        (*SECRET, *V2_WHAT),
    ],
    ids=["v2c", "v3 noAuthNoPriv", "v3 authNoPriv", "v3 authPriv"],
)
async def test_an_inform_of_snmpinform_is_acknowledged(setup: Setup, arguments: tuple[str, ...]) -> None:
    """The sender finds our engine, is in time, and gets its acknowledgement: snmpinform ends well."""
    assert await net_snmp(setup, "snmpinform", *arguments) == 0
    await setup.settle(lambda: setup.arrived)
    assert {arrived.notification.kind for arrived in setup.arrived} == {NotificationKind.LINK_DOWN}
    assert not setup.listener.counters.dropped


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("snmptrap", ("-v2c", "-c", "wrong"), Dropped.WRONG_CREDENTIALS),
        ("snmptrap", ("-v2c", "-c", "old"), Dropped.WRONG_CREDENTIALS),
        ("snmptrap", (*UNSIGNED, "-u", "nobody", *FROM_ENGINE), Dropped.WRONG_CREDENTIALS),
        ("snmptrap", (*UNSIGNED, "-u", "signed", *FROM_ENGINE), Dropped.WRONG_CREDENTIALS),
        ("snmptrap", (*SIGNED[:-1], "other-pass", *FROM_ENGINE), Dropped.WRONG_CREDENTIALS),
        ("snmptrap", (*SIGNED, "-e", "0x80000009030066778899aa"), Dropped.UNKNOWN_ENGINE),
        ("snmpinform", ("-t1", "-r0", "-v2c", "-c", "wrong"), Dropped.WRONG_CREDENTIALS),
        ("snmpinform", (*SIGNED[:-1], "other-pass"), Dropped.WRONG_CREDENTIALS),
        ("snmpinform", (*UNSIGNED, "-u", "signed"), Dropped.WRONG_CREDENTIALS),
    ],
    ids=[
        "wrong community", "community of another version", "unknown user", "unsigned trap of a signing user",
        "wrong password", "unknown engine", "inform: wrong community", "inform: wrong password",
        "inform: unsigned",
    ],
)  # fmt: skip
async def test_wrong_credentials_are_counted_and_dropped(
    setup: Setup, command: str, arguments: tuple[str, ...], reason: Dropped
) -> None:
    """Nothing that is not signed as agreed is taken for a notification, and no such inform is confirmed."""
    code = await net_snmp(setup, command, *arguments, *V2_WHAT)
    assert (code == 0) == (command == "snmptrap")
    await setup.settle(lambda: setup.listener.counters.dropped[reason])
    assert set(setup.listener.counters.dropped) == {reason}
    assert setup.arrived == []


async def test_a_stranger_is_counted_and_dropped(setup: Setup) -> None:
    """The right community from an address that is not in the inventory is not even decoded."""
    assert await net_snmp(setup, "snmptrap", "-v2c", "-c", "public", *V2_WHAT, source=STRANGER) == 0
    await setup.dealt_with(1)
    assert setup.listener.counters.dropped == {Dropped.UNKNOWN_SOURCE: 1}
    assert setup.listener.last_dropped == {Dropped.UNKNOWN_SOURCE: STRANGER}
    assert setup.arrived == []


async def test_a_trap_sent_again_later_is_no_news(setup: Setup) -> None:
    """What is older than the time window of RFC 3414 counts no more, though its digest is right."""
    for clock in ("3,1000", "3,840", "2,5000", "4,0"):
        assert await net_snmp(setup, "snmptrap", *SIGNED, *FROM_ENGINE, "-Z", clock, *V2_WHAT) == 0
    await setup.dealt_with(4)
    assert setup.listener.counters.dropped == {Dropped.NOT_IN_TIME_WINDOW: 2}
    assert len(setup.arrived) == 2


async def test_only_the_engine_that_polls_have_found_may_send(setup: Setup) -> None:
    """When polls find another engine at a device, its traps count from then on and the old one's no more."""
    engine = bytes.fromhex("80000009030066778899aa")
    send = ("-e", f"0x{engine.hex()}", *V2_WHAT)
    await net_snmp(setup, "snmptrap", *SIGNED, *send)
    await setup.dealt_with(1)
    setup.engines[KNOWN] = [engine]
    await net_snmp(setup, "snmptrap", *SIGNED, *send)
    await net_snmp(setup, "snmptrap", *SIGNED, *FROM_ENGINE, *V2_WHAT)
    await setup.dealt_with(3)
    assert len(setup.arrived) == 1
    assert setup.listener.counters.dropped == {Dropped.UNKNOWN_ENGINE: 2}


AUTH_OPTIONS = {
    AuthProtocol.MD5: "MD5", AuthProtocol.SHA: "SHA", AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256", AuthProtocol.SHA384: "SHA-384", AuthProtocol.SHA512: "SHA-512",
}  # fmt: skip
PRIV_OPTIONS = {
    PrivProtocol.DES: "DES", PrivProtocol.AES128: "AES", PrivProtocol.AES192: "AES-192",
    PrivProtocol.AES192C: "AES-192-C", PrivProtocol.AES256: "AES-256", PrivProtocol.AES256C: "AES-256-C",
}  # fmt: skip
PAIRS = [
    *((auth, PrivProtocol.AES128) for auth in AuthProtocol if auth is not AuthProtocol.MD5),
    *((AuthProtocol.MD5, priv) for priv in PrivProtocol),
    (AuthProtocol.SHA512, PrivProtocol.AES256C),
]


@pytest.mark.parametrize(("auth", "priv"), PAIRS)
async def test_every_protocol_of_v3(setup: Setup, auth: AuthProtocol, priv: PrivProtocol) -> None:
    """Traps and informs with each digest and each cipher, of either key extension, are understood."""
    setup.listener.use_auths([UsmUser(b"any", auth, b"auth-pass-1", priv, b"priv-pass-1")])
    keys = ("-a", AUTH_OPTIONS[auth], "-A", "auth-pass-1", "-x", PRIV_OPTIONS[priv], "-X", "priv-pass-1")
    user = ("-v3", "-u", "any", "-l", "authPriv", *keys)
    assert await net_snmp(setup, "snmptrap", *user, *FROM_ENGINE, *V2_WHAT) == 0
    await setup.settle(lambda: len(setup.arrived) == 1)
    assert await net_snmp(setup, "snmpinform", *user, *V2_WHAT) == 0
    await setup.settle(lambda: len(setup.arrived) == 2)
    assert not setup.listener.counters.dropped


async def test_a_device_polled_by_v2c_may_send_v3(setup: Setup) -> None:
    """Where polls know no engine, the password alone decides."""
    setup.engines.clear()
    await net_snmp(setup, "snmptrap", *SIGNED, *FROM_ENGINE, *V2_WHAT)
    await net_snmp(setup, "snmptrap", *SECRET, *FROM_ENGINE, *V2_WHAT)
    await net_snmp(setup, "snmptrap", *SIGNED[:-1], "other-pass", *FROM_ENGINE, *V2_WHAT)
    await setup.dealt_with(3)
    assert len(setup.arrived) == 2
    assert setup.listener.counters.dropped == {Dropped.WRONG_CREDENTIALS: 1}


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_ipv6(setup: Setup, host: str) -> None:
    """A listener on IPv6 receives and acknowledges; on ``::`` it takes IPv4 as well."""
    setup.listener.close()
    try:
        setup.listener.open(host, 0)
    except OSError:
        pytest.skip("no IPv6 on loopback")
    port = setup.listener.address[1]
    families = [(socket.AF_INET6, "::1")] + ([(socket.AF_INET, "127.0.0.1")] if host == "::" else [])
    for family, address in families:
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.connect((address, port))
            sender.send(inform())
            async with asyncio.timeout(PATIENCE_S):
                answer = await asyncio.get_running_loop().sock_recv(sender, 4096)
        assert answer[:2] == inform()[:2]
        assert b"\xa2" in answer
    assert [arrived.address for arrived in setup.arrived] == [address for _, address in families]


async def test_other_credentials_count_from_a_reload_on(setup: Setup) -> None:
    """A reload takes communities and users away and gives new ones."""
    setup.listener.use_auths([Community(V2C, b"new")])
    assert await net_snmp(setup, "snmpinform", "-v2c", "-c", "new", *V2_WHAT) == 0
    assert await net_snmp(setup, "snmptrap", "-v2c", "-c", "public", *V2_WHAT) == 0
    await setup.dealt_with(2)
    assert len(setup.arrived) == 1
    assert setup.listener.counters.dropped == {Dropped.WRONG_CREDENTIALS: 1}


@pytest.mark.parametrize("trap_oid", [(*LINK_DOWN[:-1], 4), (1, 3, 6, 1, 4, 1, 9, 9, 0, 1)])
async def test_the_kind_is_told(setup: Setup, trap_oid: Oid) -> None:
    """A linkUp is a linkUp, and what only its vendor knows is other."""
    await net_snmp(setup, "snmptrap", "-v2c", "-c", "public", "--", "1", format_oid(trap_oid))
    await setup.dealt_with(1)
    expected = NotificationKind.LINK_UP if trap_oid[:-1] == LINK_DOWN[:-1] else NotificationKind.OTHER
    assert setup.arrived[0].notification.kind is expected


async def test_a_flood_is_accounted_for_and_leaves_the_loop_its_turns(setup: Setup) -> None:
    """20,000 datagrams: each one counted, a few hundred at most decoded, nothing piled up, other tasks go on."""
    turns = 0
    longest_queue = 0

    async def another_task() -> None:
        nonlocal turns, longest_queue
        while True:
            turns += 1
            longest_queue = max(longest_queue, len(setup.listener._waiting))
            await asyncio.sleep(0)

    other = asyncio.create_task(another_task())
    good, sent, began = trap(), 0, time.monotonic()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as known,
    ):
        stranger.bind((STRANGER, 0))
        for _ in range(200):  # as many as the kernel's buffer holds: so that every one arrives
            for _ in range(50):
                stranger.sendto(good, setup.listener.address)
                known.sendto(good, setup.listener.address)
            sent += 100
            before = turns
            await setup.dealt_with(sent)
            assert turns > before
    other.cancel()
    counters = setup.listener.counters
    assert counters.total() == sent == 20_000
    assert counters.dropped[Dropped.UNKNOWN_SOURCE] == sent / 2
    assert counters.accepted.total() == len(setup.arrived) == sent / 2 - counters.dropped[Dropped.RATE_LIMITED]
    assert len(setup.arrived) >= PER_SOURCE_BURST
    assert len(setup.arrived) <= PER_SOURCE_BURST + PER_SOURCE_S * (time.monotonic() - began)
    assert longest_queue <= MOST_WAITING
    assert list(setup.gate._sources) == [KNOWN, "::1"]
    assert setup.listener.last_dropped.keys() <= set(Dropped)
