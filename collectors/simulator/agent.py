"""One device's SNMP agent: request octets in, reply octets out. No socket, no clock.

Versions 1 and 2c (RFC 1157, RFC 3416; RFC 3584 for Counter64 under version 1), GET, GETNEXT and GETBULK. What is
broken, carries another community or another operation is not answered, as real agents do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from phusong.collectors.snmp.ber import (
    COUNTER64,
    END_OF_MIB_VIEW,
    GET,
    GET_BULK,
    GET_NEXT,
    INTEGER,
    NO_SUCH_INSTANCE,
    OBJECT_ID,
    OCTET_STRING,
    RESPONSE,
    SEQUENCE,
    decode_oid,
    encode_integer,
    read_integer,
    read_tlv,
    tlv,
)
from phusong.collectors.snmp.errors import Malformed

from .agent_view import AgentView, Instance
from .equipment import Habit
from .row_state import RowState

V1: Final = 0
V2C: Final = 1
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
PLANS_KEPT: Final = 64
NO_ERROR: Final = bytes((INTEGER, 1, 0)) * 2
MESSAGE_ROOM: Final = 32
"""Octets of a reply beside community and variable bindings, at most."""
_HEADS: Final = tuple(bytes((SEQUENCE, length)) for length in range(0x80))
_NO_INSTANCE: Final = bytes((NO_SUCH_INSTANCE, 0))


class Request(NamedTuple):
    """A parsed request; ``id_element`` and ``bindings`` are slices of the message, sent back as they are."""

    version: int
    community: bytes
    operation: int
    id_element: bytes
    second: int
    third: int
    bindings: bytes


@dataclass(frozen=True, slots=True)
class ErrorAt:
    """A plan that ends in noSuchName at an object, counted from 1."""

    index: int


Changing: TypeAlias = tuple[bytes, Callable[[RowState, float], bytes], RowState]
Plan: TypeAlias = tuple[bytes | Changing, ...] | ErrorAt
"""A GET's answer prepared once: bindings that stay the same as octets, the others as name, column and row."""


def parse_request(data: bytes) -> Request:
    """Parse a message of SNMPv1 or v2c.

    Raises
    ------
    Malformed
        It is no such message, or octets follow it.
    """
    tag, start, end = read_tlv(data, 0, len(data))
    if tag != SEQUENCE or end != len(data):
        raise Malformed("not one message")
    version, at = read_integer(data, start, end)
    tag, start, at = read_tlv(data, at, end)
    if tag != OCTET_STRING:
        raise Malformed("no community")
    community = data[start:at]
    operation, id_start, stop = read_tlv(data, at, end)
    _, at = read_integer(data, id_start, stop)
    id_element = data[id_start:at]
    second, at = read_integer(data, at, stop)
    third, at = read_integer(data, at, stop)
    tag, start, at = read_tlv(data, at, stop)
    if tag != SEQUENCE or at != stop or stop != end:
        raise Malformed("no list of variable bindings at the end")
    return Request(version, community, operation, id_element, second, third, data[start:at])


def names_in(bindings: bytes) -> list[bytes]:
    """Return the encoded names (contents only) in a list of variable bindings."""
    names: list[bytes] = []
    at, end = 0, len(bindings)
    while at < end:
        tag, start, stop = read_tlv(bindings, at, end)
        inner, name_start, name_stop = read_tlv(bindings, start, stop)
        _, _, value_stop = read_tlv(bindings, name_stop, stop)
        if tag != SEQUENCE or inner != OBJECT_ID or value_stop != stop:
            raise Malformed("no variable binding")
        names.append(bindings[name_start:name_stop])
        at = stop
    return names


class Agent:
    """Answers for one device."""

    def __init__(self, view: AgentView, habit: Habit, community: bytes) -> None:
        self._view = view
        self._habit = habit
        self._community = community
        self._room = habit.max_reply - MESSAGE_ROOM - len(community)
        self._plans: dict[tuple[int, bytes], Plan] = {}

    def answer(self, data: bytes, elapsed: float) -> bytes | None:
        """Return the reply to a datagram at ``elapsed`` seconds, ``None`` for silence."""
        try:
            request = parse_request(data)
            if request.community != self._community or request.version not in (V1, V2C):
                return None
            if self._habit.only_v1 and request.version != V1:
                return None
            if request.operation == GET:
                return self._get(request, elapsed)
            if request.operation == GET_NEXT:
                return self._get_next(request, elapsed)
            if request.operation == GET_BULK and request.version == V2C:
                return self._get_bulk(request, elapsed)
        except Malformed:
            pass
        return None

    def _get(self, request: Request, elapsed: float) -> bytes:
        key = (request.version, request.bindings)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= PLANS_KEPT:
                self._plans.clear()
            plan = self._plans[key] = self._plan(request)
        if isinstance(plan, ErrorAt):
            return _error(request, NO_SUCH_NAME, plan.index)
        parts: list[bytes] = []
        for index, part in enumerate(plan, 1):
            if isinstance(part, bytes):
                parts.append(part)
                continue
            name, value, state = part
            octets = value(state, elapsed)
            if not _is_visible(octets, request.version):
                if request.version == V1:
                    return _error(request, NO_SUCH_NAME, index)
                octets = _NO_INSTANCE
            body = name + octets
            parts.append(_HEADS[len(body)] + body)
        return self._reply(request, b"".join(parts))

    def _plan(self, request: Request) -> Plan:
        plan: list[bytes | Changing] = []
        for index, octets in enumerate(names_in(request.bindings), 1):
            found = self._view.find(octets)
            name = tlv(OBJECT_ID, octets)
            if isinstance(found, int):
                if request.version == V1:
                    return ErrorAt(index)
                plan.append(tlv(SEQUENCE, name + bytes((found, 0))))
            elif request.version == V1 and found.is_wide:
                return ErrorAt(index)
            elif found.column.changes:
                plan.append((name, found.column.value, found.state))
            else:
                plan.append(_binding(found, 0.0))
        return tuple(plan)

    def _get_next(self, request: Request, elapsed: float) -> bytes:
        found: list[bytes] = []
        for index, octets in enumerate(names_in(request.bindings), 1):
            following = next(self._walk(octets, request.version, elapsed), None)
            if following is not None:
                found.append(following[1])
            elif request.version == V1:
                return _error(request, NO_SUCH_NAME, index)
            else:
                found.append(_end_of_view(octets))
        return self._reply(request, b"".join(found))

    def _get_bulk(self, request: Request, elapsed: float) -> bytes:
        found: list[bytes] = []
        room = self._room
        for binding in self._bulk_bindings(request, elapsed):
            room -= len(binding)
            if room < 0:
                if self._habit.refuses_big_bulk or not found:
                    return _error(request, TOO_BIG, 0)
                break
            found.append(binding)
        return self._reply(request, b"".join(found))

    def _bulk_bindings(self, request: Request, elapsed: float) -> Iterator[bytes]:
        """Yield the bindings of a GETBULK in order (RFC 3416, section 4.2.3), however many were asked for."""
        names = names_in(request.bindings)
        single = min(max(request.second, 0), len(names))
        walks = [self._walk(octets, request.version, elapsed) for octets in names]
        for octets, walk in zip(names[:single], walks[:single], strict=True):
            following = next(walk, None)
            yield following[1] if following else _end_of_view(octets)
        last, walks = names[single:], walks[single:]
        for _ in range(max(request.third, 0)):
            ended = 0
            for n, walk in enumerate(walks):
                following = next(walk, None)
                if following is None:
                    ended += 1
                    yield _end_of_view(last[n])
                else:
                    last[n], binding = following
                    yield binding
            if ended == len(walks):
                return

    def _walk(self, octets: bytes, version: int, elapsed: float) -> Iterator[tuple[bytes, bytes]]:
        """Yield name and binding of each object that is there now and follows a name."""
        for instance in self._view.after(decode_oid(octets), with_counter64=version == V2C):
            value = instance.value(elapsed)
            if _is_visible(value, version):
                yield instance.octets, tlv(SEQUENCE, tlv(OBJECT_ID, instance.octets) + value)

    def _reply(self, request: Request, bindings: bytes) -> bytes:
        reply = _message(request, NO_ERROR, bindings)
        return reply if len(reply) <= self._habit.max_reply else _error(request, TOO_BIG, 0)


def _is_visible(value: bytes, version: int) -> bool:
    """Tell whether an object has a value now, and one that the version knows."""
    return bool(value) and (version != V1 or value[0] != COUNTER64)


def _binding(instance: Instance, elapsed: float) -> bytes:
    return tlv(SEQUENCE, tlv(OBJECT_ID, instance.octets) + instance.value(elapsed))


def _end_of_view(octets: bytes) -> bytes:
    return tlv(SEQUENCE, tlv(OBJECT_ID, octets) + bytes((END_OF_MIB_VIEW, 0)))


def _error(request: Request, status: int, index: int) -> bytes:
    """Return an error reply: with the request's bindings, but tooBig of version 2c has none."""
    bindings = b"" if status == TOO_BIG and request.version == V2C else request.bindings
    return _message(request, tlv(INTEGER, bytes((status,))) + tlv(INTEGER, encode_integer(index)), bindings)


def _message(request: Request, error: bytes, bindings: bytes) -> bytes:
    pdu = tlv(RESPONSE, request.id_element + error + tlv(SEQUENCE, bindings))
    community = tlv(OCTET_STRING, request.community)
    return tlv(SEQUENCE, bytes((INTEGER, 1, request.version)) + community + pdu)
