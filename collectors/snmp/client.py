"""Requests and their replies: ids, one deadline per operation, retries, and which reply counts.

A reply counts only when it comes from the asked address (or one of ``reply_from``), carries the id of a request
that still waits, the same version and community, or what ``usm`` asks of SNMPv3, and names the objects asked for.
Anything else is counted by reason and dropped, and the wait for the true reply goes on until the deadline.

What is asked of a table row by row is in ``walk``; how many objects go into one request is in ``batch``.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Generic, TypeAlias, TypeVar

from .ber import RESPONSE, Oid, Value
from .budget import RequestBudget
from .community import Envelope, Reply, read_reply, read_version, wrap
from .credentials import V3, Community, Credentials, UsmUser
from .errors import (
    Malformed,
    RequestTimeout,
    SecurityReport,
    SendFailed,
    SnmpError,
    error_for_status,
)
from .pdu import (
    ID_HIGHEST,
    ID_LOWEST,
    ID_OCTETS,
    Request,
    ResponseHeader,
    decode_bindings,
    decode_by_position,
    get_bulk_request,
    get_next_request,
    iterate_bindings,
)
from .transport import Address, Transport, UdpTransport
from .usm import Opened, Refused, Rejected, SendAgain, UsmExchange
from .usm_engine import Engines
from .usm_message import UsmMessage, read_message

Binding: TypeAlias = tuple[Oid, Value]
T = TypeVar("T")
Decoder: TypeAlias = Callable[[Request, bytes, ResponseHeader], T]

IDS_AT_ONCE = 256
RESENDS = 4
"""An SNMPv3 request is repeated at once, beside its retries, when it made us learn an engine's id or clock: twice
at the first contact, and twice again when another engine turns out to be there. A clock is taken over once."""


@dataclass(frozen=True, slots=True)
class Target:
    """An agent and how to speak with it.

    ``timeout_s`` is the deadline of a whole operation; ``retries`` more transmissions are spread evenly over it.
    ``reply_from`` are further addresses from which its replies may come.
    """

    address: Address
    auth: Credentials
    timeout_s: float = 2.0
    retries: int = 3
    reply_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request encoded for one target, to be sent any number of times.

    Without ``envelope`` it is one of SNMPv3, whose messages are each written for the moment.
    """

    target: Target
    request: Request
    envelope: Envelope | None = field(repr=False)


def prepare(target: Target, request: Request) -> Prepared:
    """Encode a request for a target."""
    envelope = wrap(target.auth, request) if isinstance(target.auth, Community) else None
    return Prepared(target, request, envelope)


@dataclass(slots=True)
class ClientCounters:
    """What a client has done since it began; ``rejected`` counts dropped datagrams by reason.

    ``delayed`` are the operations that had to wait for their device's budget.
    """

    requests: int = 0
    retries: int = 0
    replies: int = 0
    delayed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


class SnmpClient:
    """Asks any number of agents at once; belongs to one event loop. Use as a context manager or ``close`` it."""

    def __init__(self, transport: Transport | None = None) -> None:
        self._traffic = _Traffic(transport or UdpTransport())
        self._traffic.transport.open(self._receive)
        self._budget: RequestBudget | None = None
        self.reply_octets = 0
        """How long the reply to the operation was that was awaited last; to be read before the next ``await``."""

    def __enter__(self) -> SnmpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def engines(self) -> Engines:
        """What is known of the SNMPv3 engines asked."""
        return self._traffic.engines

    @property
    def counters(self) -> ClientCounters:
        """What this client has done so far."""
        return self._traffic.counters

    def limit_requests(self, per_s: float) -> None:
        """Begin no more than so many operations a second with one address from now on; the others wait their turn.

        The wait is no part of an operation's deadline. Retries are not counted: they have their own limit.
        """
        if self._budget is None or self._budget.per_s != per_s:
            self._budget = RequestBudget(per_s)

    def close(self) -> None:
        """Release the sockets; operations that still wait end with their deadline or next transmission."""
        self._traffic.transport.close()

    async def get(self, prepared: Prepared) -> list[Value]:
        """Send a prepared GET and return the values in the order of its objects.

        Raises
        ------
        RequestTimeout, SendFailed, ErrorStatus
            No acceptable answer, nothing could be sent, or the agent refused.
        """
        return await self._perform(prepared, decode_exact)

    async def get_next(self, target: Target, oids: Sequence[Oid]) -> list[Binding]:
        """Ask for the objects that follow ``oids``; errors as for ``get``."""
        return await self._perform(prepare(target, get_next_request(oids)), decode_following)

    async def get_bulk(self, target: Target, oids: Sequence[Oid], *, repetitions: int) -> list[Binding]:
        """Ask for up to ``repetitions`` rows that follow ``oids`` (not in SNMPv1); errors as for ``get``."""
        prepared = prepare(target, get_bulk_request(oids, repetitions=repetitions))
        return await self._perform(prepared, decode_following)

    async def _perform(self, prepared: Prepared, decode: Decoder[T]) -> T:
        if self._budget:
            wait_s = self._budget.charge(prepared.target.address, asyncio.get_running_loop().time())
            if wait_s:
                self.counters.delayed += 1
                await asyncio.sleep(wait_s)
        operation = _Operation(self._traffic, prepared, decode)
        try:
            operation.transmit()
            outcome = await operation.outcome
            self.reply_octets = operation.reply_octets
            return outcome
        finally:
            operation.finish()

    def _receive(self, data: bytes, source: Address) -> None:
        waiting = self._traffic.waiting
        try:
            version, start, stop = read_version(data)
            if version == V3:
                message = read_message(data, start, stop)
                operation = waiting.get(message.message_id)
                reason = operation.accept_secured(data, message, source) if operation else "unknown_id"
            else:
                reply = read_reply(data, version, start, stop)
                operation = waiting.get(reply.header.request_id)
                reason = operation.accept(data, reply, source) if operation else "unknown_id"
        except Malformed:
            reason = "malformed"
        if reason:
            self.counters.rejected[reason] += 1
        else:
            self.counters.replies += 1


@dataclass(slots=True)
class _Traffic:
    """What all operations of a client share."""

    transport: Transport
    waiting: dict[int, _Operation[Any]] = field(default_factory=dict)
    """Operations by the id of each of their transmissions."""
    counters: ClientCounters = field(default_factory=ClientCounters)
    engines: Engines = field(default_factory=Engines)


class _Operation(Generic[T]):
    """One request on its way: its ids (one per transmission), its deadline and its outcome."""

    __slots__ = (
        "_answered_from",
        "_begun",
        "_decode",
        "_exchange",
        "_hint",
        "_ids",
        "_loop",
        "_prepared",
        "_rejected",
        "_resends",
        "_timer",
        "_traffic",
        "_transmissions",
        "outcome",
        "reply_octets",
    )

    def __init__(self, traffic: _Traffic, prepared: Prepared, decode: Decoder[T]) -> None:
        self._traffic = traffic
        self._prepared = prepared
        self._decode = decode
        self._ids: list[int] = []
        self._transmissions = 0
        self._resends = 0
        self._rejected = ""
        """Why the latest message with one of our ids did not count."""
        self._answered_from = ""
        self._hint: SecurityReport | None = None
        """What the agent, or somebody in its name, said to be wrong."""
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self.outcome: asyncio.Future[T] = self._loop.create_future()
        self.reply_octets = 0
        self._exchange: UsmExchange | None = None
        target = prepared.target
        if isinstance(target.auth, UsmUser):
            self._exchange = UsmExchange(traffic.engines, target.address, target.auth, prepared.request)

    def transmit(self) -> None:
        """Send once more, under an id of its own, or give up when all transmissions are used.

        Also after a hint that the agent refuses us: it may be forged, and the true answer lost.
        """
        target = self._prepared.target
        if self.outcome.done():
            return
        if self._transmissions > target.retries:
            silence = self._exchange.unanswered() if self._exchange else None
            timeout = RequestTimeout(no_answer(target.timeout_s, self._rejected), self._answered_from)
            self._fail(self._hint or silence or timeout)
            return
        self._transmissions += 1
        share = self._transmissions / (target.retries + 1)
        self._timer = self._loop.call_at(self._begun + target.timeout_s * share, self.transmit)
        self._traffic.counters.retries += self._transmissions > 1
        self._send()

    def _send(self) -> None:
        traffic, target, envelope = self._traffic, self._prepared.target, self._prepared.envelope
        request_id = _random_id(traffic.waiting)
        traffic.waiting[request_id] = self
        traffic.counters.requests += 1
        self._ids.append(request_id)
        if envelope:
            datagram = envelope.head + request_id.to_bytes(ID_OCTETS, "big") + envelope.tail
        elif self._exchange:
            datagram = self._exchange.datagram(request_id, self._loop.time())
        try:
            traffic.transport.send(datagram, target.address)
        except (BlockingIOError, InterruptedError):
            pass  # the socket is full: as good as lost on the way, the next transmission makes up for it
        except OSError as error:
            self._fail(SendFailed(error.errno, error.strerror))

    def accept(self, data: bytes, reply: Reply, source: Address) -> str:
        """Take a reply of SNMPv1 or v2c that carries one of our ids; return why not, or an empty string."""
        auth = self._prepared.target.auth
        if self._is_foreign(source):
            return self._reject_source(source)
        if not isinstance(auth, Community) or reply.version != auth.version or reply.community != auth.name:
            return self._reject("wrong_community")
        if reply.header.kind != RESPONSE:
            return self._reject("wrong_pdu")
        return self._take(data, reply.header, len(data))

    def accept_secured(self, data: bytes, message: UsmMessage, source: Address) -> str:
        """Take a message of SNMPv3 that carries one of our ids; return why not, or an empty string."""
        if self._is_foreign(source):
            return self._reject_source(source)
        if self._exchange is None:
            return self._reject("wrong_community")
        if self.outcome.done():
            return "unknown_id"
        try:
            opened = self._exchange.open(data, message, self._loop.time())
        except Malformed:
            return self._reject("malformed")
        except Rejected as rejection:
            return self._reject(rejection.reason)
        match opened:
            case Opened():
                return self._take(opened.data, opened.header, len(data))
            case SendAgain():
                return self._resend()
            case Refused():
                if opened.reason:
                    self._hint = opened.error
                    return self._reject(opened.reason)
                self._fail(opened.error)
                return ""

    def _is_foreign(self, source: Address) -> bool:
        target = self._prepared.target
        return source != target.address and (source[1] != target.address[1] or source[0] not in target.reply_from)

    def _take(self, data: bytes, header: ResponseHeader, message_octets: int) -> str:
        """Make a reply that is the agent's the outcome, if it fits the request."""
        if self.outcome.done():
            return "unknown_id"
        self.reply_octets = message_octets
        if header.error_status:
            self._fail(error_for_status(header.error_status, header.error_index))
            return ""
        try:
            self.outcome.set_result(self._decode(self._prepared.request, data, header))
        except Malformed:
            return self._reject("malformed")
        except WrongObjects:
            return self._reject("wrong_objects")
        return ""

    def _resend(self) -> str:
        """Ask again at once: what was learned makes an answer likely. Costs no retry, but has its limit."""
        if self._resends >= RESENDS:
            return self._reject("resend_limit")
        self._resends += 1
        self._send()
        return ""

    def _reject_source(self, source: Address) -> str:
        """Reject a message from another address, and remember where it came from."""
        if source[1] == self._prepared.target.address[1]:
            self._answered_from = source[0]
        return self._reject("wrong_source")

    def _reject(self, reason: str) -> str:
        self._rejected = reason
        return reason

    def finish(self) -> None:
        """Forget the ids and stop the clock; later replies are strangers."""
        if self._timer:
            self._timer.cancel()
        for request_id in self._ids:
            del self._traffic.waiting[request_id]

    def _fail(self, error: SnmpError) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


def no_answer(timeout_s: float, rejected: str) -> str:
    """Say that no answer counted, and what was wrong with the last one that came."""
    text = f"no answer within {timeout_s:g} s"
    return f"{text} that could be accepted; the last one was rejected: {rejected}" if rejected else text


class WrongObjects(Exception):  # never leaves this module
    """A reply names other objects than were asked for."""


def decode_exact(request: Request, data: bytes, header: ResponseHeader) -> list[Value]:
    """Decode the reply to a GET: the same objects in the same order."""
    values = decode_by_position(data, header.start, header.stop, request.names)
    if values is None:
        values = []
        bindings = iterate_bindings(data, header.start, header.stop, request.most)
        for asked, (name, value) in zip_longest(request.oids, bindings, fillvalue=((), None)):
            if name != asked:
                raise WrongObjects
            values.append(value)
    return values


def decode_following(request: Request, data: bytes, header: ResponseHeader) -> list[Binding]:
    """Decode the reply to a GETNEXT or GETBULK; whether the names advance is for the walk to judge."""
    return decode_bindings(data, header.start, header.stop, request.most)


def _random_id(taken: Container[int]) -> int:
    return next(request_id for request_id in _random_ids if request_id not in taken)


def _make_random_ids() -> Iterator[int]:
    """Yield request-ids that nobody can guess; the system is asked for many at once."""
    while True:
        octets = os.urandom(ID_OCTETS * IDS_AT_ONCE)
        for number in struct.unpack(f">{IDS_AT_ONCE}I", octets):
            yield ID_LOWEST + number % (ID_HIGHEST - ID_LOWEST + 1)


_random_ids = _make_random_ids()
