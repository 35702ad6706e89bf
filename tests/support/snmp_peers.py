"""Agents to speak with in tests: built from our BER, scripted, hostile or table-driven; and a real snmpd.

``FakeTransport`` takes the place of the sockets; ``virtual`` runs a test on a clock that jumps to the next timer,
so that deadlines are exact and cost nothing.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, Target
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.transport import Address, Receiver

T = TypeVar("T")
Typed = tuple[int, Any]
"""A value with its BER tag, as ``(ber.COUNTER64, 5)``."""

AGENT: Address = ("192.0.2.1", 161)
PUBLIC = b"public"
TOO_BIG, NO_SUCH_NAME, GEN_ERR = 1, 2, 5


def target(**changes: Any) -> Target:
    """Make a target at ``AGENT`` by v2c, or what ``changes`` say."""
    version = changes.pop("version", V2C)
    name = changes.pop("community", PUBLIC)
    return Target(**{"address": AGENT, "auth": Community(version, name), **changes})


# --- messages ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request as an agent reads it; ``second`` and ``third`` are the two numbers after the request-id."""

    version: int
    community: bytes
    kind: int
    request_id: int
    second: int
    third: int
    oids: tuple[ber.Oid, ...]
    id_octets: int


def read_request(datagram: bytes) -> Asked:
    """Take a request apart."""
    _, start, stop = ber.read_tlv(datagram, 0, len(datagram))
    version, start = ber.read_integer(datagram, start, stop)
    _, community_start, start = ber.read_tlv(datagram, start, stop)
    kind, pdu, _ = ber.read_tlv(datagram, start, stop)
    community = datagram[community_start:start]
    _, id_start, id_stop = ber.read_tlv(datagram, pdu, stop)
    request_id, pdu = ber.read_integer(datagram, pdu, stop)
    second, pdu = ber.read_integer(datagram, pdu, stop)
    third, pdu = ber.read_integer(datagram, pdu, stop)
    _, start, stop = ber.read_tlv(datagram, pdu, stop)
    oids = []
    while start < stop:
        _, start, after = ber.read_tlv(datagram, start, stop)
        _, name_start, name_stop = ber.read_tlv(datagram, start, after)
        oids.append(ber.decode_oid(datagram[name_start:name_stop]))
        start = after
    return Asked(version, community, kind, request_id, second, third, tuple(oids), id_stop - id_start)


def encode_typed(typed: Typed) -> bytes:
    """Encode one value as an element."""
    tag, value = typed
    if isinstance(value, bytes):
        return ber.tlv(tag, value)
    if isinstance(value, tuple):
        return ber.tlv(tag, ber.encode_oid(value))
    return ber.tlv(tag, b"" if value is None else ber.encode_integer(value))


def varbind(oid: ber.Oid, typed: Typed) -> bytes:
    """Encode one variable binding."""
    return ber.tlv(ber.SEQUENCE, ber.tlv(ber.OBJECT_ID, ber.encode_oid(oid)) + encode_typed(typed))


def pdu(request_id: int, varbinds: bytes, *, kind: int = ber.RESPONSE, status: int = 0, index: int = 0) -> bytes:
    """Encode a PDU around encoded variable bindings."""
    numbers = b"".join(ber.tlv(ber.INTEGER, ber.encode_integer(n)) for n in (request_id, status, index))
    return ber.tlv(kind, numbers + ber.tlv(ber.SEQUENCE, varbinds))


def message(pdu_octets: bytes, *, version: int = V2C, community: bytes = PUBLIC) -> bytes:
    """Encode a community message around an encoded PDU."""
    prefix = ber.tlv(ber.INTEGER, ber.encode_integer(version)) + ber.tlv(ber.OCTET_STRING, community)
    return ber.tlv(ber.SEQUENCE, prefix + pdu_octets)


def response(
    asked: Asked, values: Mapping[ber.Oid, Typed] | Iterable[tuple[ber.Oid, Typed]], **pdu_fields: int
) -> bytes:
    """Encode the response to a request, with its version, community and id."""
    pairs = values.items() if isinstance(values, Mapping) else values
    varbinds = b"".join(varbind(oid, typed) for oid, typed in pairs)
    fields = {"request_id": asked.request_id, **pdu_fields}
    return message(pdu(varbinds=varbinds, **fields), version=asked.version, community=asked.community)


# --- transports and loops ------------------------------------------------------------------------------------


Script = Callable[[bytes, Address], Iterable[bytes]]


class FakeTransport:
    """A transport without sockets: keeps what is sent, and has a script answer each datagram in the next turn."""

    def __init__(self, script: Script | None = None) -> None:
        self.sent: list[bytes] = []
        self.sent_to: list[Address] = []
        self.sent_at: list[float] = []
        self.fail_with: OSError | None = None
        self.receiver: Receiver = lambda data, source: None
        self._script = script

    def open(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def send(self, data: bytes, address: Address) -> None:
        if self.fail_with:
            raise self.fail_with
        loop = asyncio.get_running_loop()
        self.sent.append(data)
        self.sent_to.append(address)
        self.sent_at.append(loop.time())
        for reply in self._script(data, address) if self._script else ():
            loop.call_soon(self.receiver, reply, address)

    def close(self) -> None:
        self.receiver = lambda data, source: None


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for the next timer, moves the loop's clock there."""

    loop: VirtualTimeLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("the test waits for something that can never happen")
        if not ready:
            self.loop.now += timeout or 0.0
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing is left to do."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def virtual(test: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(test)


# --- agents --------------------------------------------------------------------------------------------------


@dataclass
class TableAgent:
    """Answers GET, GETNEXT and GETBULK from a table of objects: a script for ``FakeTransport``."""

    objects: dict[ber.Oid, Typed] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    largest_answer: int = 1000
    """With more objects than this in an answer it says tooBig (GET) or stops (GETBULK)."""
    lose: Callable[[Asked], bool] = lambda asked: False
    refuse_bulk: bool = False
    before: Callable[[TableAgent, Asked], None] = lambda agent, asked: None
    """Called before each answer: the moment at which a table changes."""
    _order: list[ber.Oid] = field(default_factory=list)
    _ordered: int = 0

    def __call__(self, data: bytes, address: Address) -> list[bytes]:
        asked = read_request(data)
        self.before(self, asked)
        self.asked.append(asked)
        return [] if self.lose(asked) else [self.answer(asked)]

    def answer(self, asked: Asked) -> bytes:
        """Return the response to a request."""
        if asked.kind == ber.GET_BULK:
            if self.refuse_bulk:
                return response(asked, {}, status=GEN_ERR)
            return response(asked, self._bulk(asked)[: self.largest_answer])
        if len(asked.oids) > self.largest_answer:
            return response(asked, {}, status=TOO_BIG)
        answers = []
        for position, oid in enumerate(asked.oids, start=1):
            name, typed = (oid, self._value(oid)) if asked.kind == ber.GET else self._next(oid)
            if asked.version == V1 and typed[0] in (*(tag.value for tag in ber.Missing), ber.COUNTER64):
                nulls = [(oid, (ber.NULL, None)) for oid in asked.oids]
                return response(asked, nulls, status=NO_SUCH_NAME, index=position)
            answers.append((name, typed))
        return response(asked, answers)

    def _value(self, oid: ber.Oid) -> Typed:
        return self.objects.get(oid, (ber.NO_SUCH_INSTANCE, None))

    def _next(self, oid: ber.Oid) -> tuple[ber.Oid, Typed]:
        if self._ordered != len(self.objects) or any(name not in self.objects for name in self._order[:1]):
            self._order, self._ordered = sorted(self.objects), len(self.objects)
        place = bisect.bisect_right(self._order, oid)
        while place < len(self._order) and self._order[place] not in self.objects:
            place += 1
        if place == len(self._order):
            return oid, (ber.END_OF_MIB_VIEW, None)
        return self._order[place], self.objects[self._order[place]]

    def _bulk(self, asked: Asked) -> list[tuple[ber.Oid, Typed]]:
        rows = []
        last = list(asked.oids)
        for _ in range(asked.third):
            following = [self._next(oid) for oid in last]
            rows += following
            last = [oid for oid, _ in following]
            if all(typed[0] == ber.END_OF_MIB_VIEW for _, typed in following):
                break
        return rows

    def replace(self, objects: dict[ber.Oid, Typed]) -> None:
        """Take another table."""
        self.objects, self._ordered = objects, -1


def interface_row(index: int, name: bytes, **columns: Typed | int | bytes | None) -> dict[ber.Oid, Typed]:
    """One row of ifTable and ifXTable, every number derived from the index; ``None`` leaves a column out."""
    row: dict[str, Typed | int | bytes | None] = {
        "IF_DESCR": b"Interface " + name,
        "IF_ALIAS": b"to " + name,
        "IF_NAME": name,
        "IF_ADMIN_STATUS": (ber.INTEGER, 1),
        "IF_OPER_STATUS": (ber.INTEGER, 1),
        "IF_SPEED": (ber.GAUGE32, 100_000_000),
        "IF_HIGH_SPEED": (ber.GAUGE32, 100),
        "IF_LAST_CHANGE": (ber.TIME_TICKS, index * 10),
        "IF_COUNTER_DISCONTINUITY_TIME": (ber.TIME_TICKS, index),
        "IF_IN_OCTETS": (ber.COUNTER32, index * 1000 + 1),
        "IF_OUT_OCTETS": (ber.COUNTER32, index * 1000 + 2),
        "IF_IN_UCAST_PKTS": (ber.COUNTER32, index * 1000 + 3),
        "IF_OUT_UCAST_PKTS": (ber.COUNTER32, index * 1000 + 4),
        "IF_IN_ERRORS": (ber.COUNTER32, index * 1000 + 5),
        "IF_OUT_ERRORS": (ber.COUNTER32, index * 1000 + 6),
        "IF_IN_DISCARDS": (ber.COUNTER32, index * 1000 + 7),
        "IF_OUT_DISCARDS": (ber.COUNTER32, index * 1000 + 8),
        "IF_HC_IN_OCTETS": (ber.COUNTER64, (1 << 40) + index * 1000 + 1),
        "IF_HC_OUT_OCTETS": (ber.COUNTER64, (1 << 40) + index * 1000 + 2),
        "IF_HC_IN_UCAST_PKTS": (ber.COUNTER64, (1 << 40) + index * 1000 + 3),
        "IF_HC_OUT_UCAST_PKTS": (ber.COUNTER64, (1 << 40) + index * 1000 + 4),
        **columns,
    }
    made: dict[ber.Oid, Typed] = {}
    for column, value in row.items():
        if value is not None:
            typed = value if isinstance(value, tuple) else (ber.OCTET_STRING, value)
            made[(*getattr(mib, column), index)] = typed
    return made


def device(
    *rows: dict[ber.Oid, Typed], uptime: int = 500_000, table_change: int | None = 100
) -> dict[ber.Oid, Typed]:
    """Make the objects of a device: its clock and its interface rows."""
    objects: dict[ber.Oid, Typed] = {mib.SYS_UP_TIME: (ber.TIME_TICKS, uptime)}
    if table_change is not None:
        objects[mib.IF_TABLE_LAST_CHANGE] = (ber.TIME_TICKS, table_change)
    for row in rows:
        objects.update(row)
    return objects


class UdpAgent(asyncio.DatagramProtocol):
    """A scripted agent on a real socket in the test's event loop; ``send`` speaks from that socket."""

    def __init__(self, script: Callable[[UdpAgent, Asked, Address], None]) -> None:
        self._script = script
        self.asked: list[Asked] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
        self.address: Address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, source: Any) -> None:
        asked = read_request(data)
        self.asked.append(asked)
        self._script(self, asked, source)

    def send(self, data: bytes, to: Address) -> None:
        self._transport.sendto(data, to)


@contextlib.asynccontextmanager
async def udp_agent(script: Callable[[UdpAgent, Asked, Address], None], host: str = "127.0.0.1") -> Any:
    """Run a scripted agent on a free port."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: UdpAgent(script), local_addr=(host, 0))
    try:
        yield agent
    finally:
        transport.close()


def client_for(agent: Script) -> tuple[SnmpClient, FakeTransport]:
    """Make a client whose datagrams a script answers."""
    transport = FakeTransport(agent)
    return SnmpClient(transport), transport


# --- the real one --------------------------------------------------------------------------------------------

SNMPD = shutil.which("snmpd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def free_udp_port() -> int:
    """Return a UDP port of loopback that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Snmpd:
    """A running net-snmp snmpd on loopback; ``port`` serves IPv6 too where ``has_ipv6``."""

    port: int
    has_ipv6: bool
    pid: int


def has_ipv6_loopback() -> bool:
    """Tell whether ``::1`` can be bound."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def running_snmpd(
    config: str = "", *, folder: Path | None = None, port: int = 0, more_addresses: Sequence[str] = ()
) -> Iterator[Snmpd]:
    """Start snmpd with the community ``public`` for v1 and v2c and more lines of ``config``; stop it at the end.

    It answers at ``more_addresses`` beside 127.0.0.1, on the same port. With the ``folder`` of an earlier
    one it is that agent started again: its engine ID and boots are kept there.
    """
    assert SNMPD is not None, "snmpd is not installed"
    has_ipv6 = has_ipv6_loopback()
    port = port or free_udp_port()
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="snmpd-")))
        config_file = folder / "snmpd.conf"
        base = "rocommunity public\nrocommunity6 public\nsysLocation Hạ Long\n"
        config_file.write_text(base + config, encoding="utf-8")
        listen = [f"udp:{address}:{port}" for address in ("127.0.0.1", *more_addresses)]
        listen += [f"udp6:[::1]:{port}"] if has_ipv6 else []
        command = [
            SNMPD,
            "-f",
            "-C",
            "-c",
            f"{config_file},{folder}/persistent/snmpd.conf",
            "-Lf",
            f"{folder}/log",
            "-r",
            "-p",
            f"{folder}/pid",
            *listen,
        ]
        environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder / "persistent")}
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_it_answers(process, port)
            yield Snmpd(port, has_ipv6, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    asked = message(pdu(1, varbind(mib.SYS_UP_TIME, (ber.NULL, None)), kind=ber.GET))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.1)
        for _ in range(300):
            if process.poll() is not None:
                raise RuntimeError(f"snmpd ended with {process.returncode}")
            with contextlib.suppress(OSError):
                probe.sendto(asked, ("127.0.0.1", port))
                probe.recv(2000)
                return
    raise RuntimeError("snmpd does not answer")
