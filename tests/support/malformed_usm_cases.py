"""SNMPv3 replies that break BER, the message format or the limits of RFC 3414: name, octets.

They answer a GET of ``malformed_cases.OIDS`` under its ``REQUEST_ID``. ``outside`` breaks what surrounds the
scoped PDU, mostly unsigned, as anybody can; ``inside`` breaks the scoped PDU and signs and encrypts it soundly, as
only the device itself can.
"""

from __future__ import annotations

from collections.abc import Iterator

import malformed_cases
from malformed_cases import REQUEST_ID, VARBINDS
from snmp_peers import pdu
from usm_peers import ENGINE_ID, UNKNOWN_ENGINES, level, report_pdu

from phusong.collectors.snmp import ber
from phusong.collectors.snmp.community import read_version
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.usm import sign_message, user_keys
from phusong.collectors.snmp.usm_message import SecurityParameters

LENGTHS = (0, 1, 4, 33, 64, 60_000)
HUGE = (b"\x04\x84\xff\xff\xff\xff", b"\x04\x84\x7f\xff\xff\xff", b"\x04\x80", b"\x04\x85\0\0\0\0\1x", b"\x04\xff")
GOOD_PDU = pdu(REQUEST_ID, VARBINDS)


def number(value: int) -> bytes:
    return ber.tlv(ber.INTEGER, ber.encode_integer(value))


def octets(content: bytes) -> bytes:
    return ber.tlv(ber.OCTET_STRING, content)


def sequence(*elements: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, b"".join(elements))


def scoped(pdu_octets: bytes = GOOD_PDU) -> bytes:
    """Write a scoped PDU of the engine, without a context."""
    return sequence(octets(ENGINE_ID), octets(b""), pdu_octets)


def head(
    message_id: bytes = number(REQUEST_ID), size: bytes = number(65507), flags: bytes = octets(b"\0")
) -> bytes:
    """Write msgGlobalData."""
    return sequence(message_id, size, flags, number(3))


GIVEN = {
    "engine_id": octets(ENGINE_ID),
    "boots": number(3),
    "time": number(1000),
    "user": octets(b"monitor"),
    "digest": octets(b""),
    "salt": octets(b""),
}


def parameters(**changes: bytes) -> bytes:
    """Write msgSecurityParameters; each field is a whole element."""
    return octets(sequence(*{**GIVEN, **changes}.values()))


def whole(head: bytes, parameters: bytes, data: bytes, version: bytes = number(3)) -> bytes:
    """Write a message of elements."""
    return sequence(version, head, parameters, data)


def outside(user: UsmUser) -> Iterator[tuple[str, bytes]]:
    """Break what surrounds the scoped PDU."""
    yield from _cut_and_trailing(user)
    yield from _global_data()
    yield from _security_parameters(user)
    for name, data in (("an INTEGER", number(1)), ("nothing", b""), ("a bare PDU", GOOD_PDU)):
        yield f"msgData is {name}", whole(head(), parameters(), data)
    for element in HUGE:
        yield f"msgData of length {element.hex()}", whole(head(), parameters(), b"\x30" + element[1:])
    for name, listed in (
        ("no list", b""),
        ("no object", sequence()),
        ("an object without a name", sequence(sequence(number(1)))),
        ("a name cut off", sequence(sequence(b"\x06\x01\x8f"))),
        ("a name of 60,000 octets", sequence(sequence(ber.tlv(ber.OBJECT_ID, bytes(60_000))))),
    ):
        report = ber.tlv(ber.REPORT, number(REQUEST_ID) + number(0) * 2 + listed)
        yield f"a report of {name}", whole(head(), parameters(), scoped(report))
    for length in LENGTHS:
        named = parameters(engine_id=octets(bytes(length)))
        yield f"unknownEngineIDs of {length} octets", whole(head(), named, scoped(report_pdu(UNKNOWN_ENGINES)))


def _cut_and_trailing(user: UsmUser) -> Iterator[tuple[str, bytes]]:
    good = signed(user, scoped())
    for stop in range(0, len(good), 5):
        yield f"cut off after {stop} octets", good[:stop]
    yield "one octet short", good[:-1]
    yield "an octet after the message", good + b"\0"
    yield "the message twice", good + good
    for octets_of_length in (5, 8, 9, 126):
        content = good[3:]
        length = bytes((0x80 | octets_of_length,)) + len(content).to_bytes(octets_of_length, "big")
        yield f"length of {octets_of_length} octets", b"\x30" + length + content


def _global_data() -> Iterator[tuple[str, bytes]]:
    for version in (-1, 2, 4, 255, 2**31 - 1):
        yield f"version {version}", whole(head(), parameters(), scoped(), number(version))
    for message_id in (
        number(-1),
        number(-REQUEST_ID),
        number(2**32 + REQUEST_ID),
        b"\x02\0",
        b"\x02\x09" + bytes(9),
    ):
        yield f"msgID {message_id.hex()}", whole(head(message_id), parameters(), scoped())
    yield "msgMaxSize of 9 octets", whole(head(size=b"\x02\x09" + bytes(9)), parameters(), scoped())
    yield "msgMaxSize is no INTEGER", whole(head(size=octets(b"")), parameters(), scoped())
    for flags in (b"", b"\0\0", bytes(60_000)):
        yield f"msgFlags of {len(flags)} octets", whole(head(flags=octets(flags)), parameters(), scoped())
    for flags in range(8):
        if flags & 3:
            untrue = head(flags=octets(bytes((flags,))))
            yield f"msgFlags {flags} and none of it true", whole(untrue, parameters(), scoped())
    yield "encrypted, and msgFlags do not say so", whole(head(flags=octets(b"\1")), parameters(), octets(scoped()))
    yield "encrypted and unsigned", whole(head(flags=octets(b"\2")), parameters(), octets(scoped()))
    for model in (0, 1, 2, 4, 2**31 - 1, -1):
        made = sequence(number(REQUEST_ID), number(65507), octets(b"\0"), number(model))
        yield f"security model {model}", whole(made, parameters(), scoped())
    longer = sequence(head()[2:], number(0))
    yield "msgGlobalData with one field more", whole(longer, parameters(), scoped())
    yield "msgGlobalData is a SET", whole(b"\x31" + head()[1:], parameters(), scoped())


def _security_parameters(user: UsmUser) -> Iterator[tuple[str, bytes]]:
    signer = user_keys(user, ENGINE_ID).signer
    right = signer.octets if signer else 0
    flags = octets(bytes((level(user) & 1,)))
    for length in LENGTHS:
        made = octets(bytes(length))
        if length != 0:
            yield f"engine ID of {length} octets", whole(head(), parameters(engine_id=made), scoped())
        if length not in (0, 1, 4):
            yield f"user of {length} octets", whole(head(), parameters(user=made), scoped())
    for length in sorted({*LENGTHS, 11, 12, 13, max(right - 1, 0), right, right + 1}):
        made = octets(bytes(length))
        yield f"digest of {length} zeros", whole(head(flags=flags), parameters(digest=made), scoped())
        both = head(flags=octets(b"\3"))
        yield f"salt of {length} octets", whole(both, parameters(salt=made), octets(scoped()))
    for name in ("boots", "time"):
        for value in (-1, -(2**31), 2**31, 2**32, 2**39 - 1):
            yield f"{name} {value}", whole(head(), parameters(**{name: number(value)}), scoped())
        yield f"{name} of no octets", whole(head(), parameters(**{name: b"\2\0"}), scoped())
        yield f"{name} of 60,000 octets", whole(head(), parameters(**{name: ber.tlv(2, bytes(60_000))}), scoped())
    yield "boots 2147483647", whole(head(), parameters(boots=number(2**31 - 1)), scoped())
    for name in GIVEN:
        yield f"{name} is missing", whole(head(), parameters(**{name: b""}), scoped())
        yield f"{name} is NULL", whole(head(), parameters(**{name: b"\5\0"}), scoped())
        for element in HUGE:
            made = parameters(**{name: GIVEN[name][:1] + element[1:]})
            yield f"{name} of length {element[1:].hex()}", whole(head(), made, scoped())
    yield "an octet after the parameters", whole(head(), octets(sequence(*GIVEN.values()) + b"\0"), scoped())
    yield "a parameter more", whole(head(), octets(sequence(*GIVEN.values(), b"\4\0")), scoped())
    yield "parameters are no OCTET STRING", whole(head(), sequence(*GIVEN.values()), scoped())
    yield "parameters are empty", whole(head(), octets(b""), scoped())
    nested = b""
    for _ in range(3000):
        nested = sequence(nested)
    yield "parameters nested 3,000 times", whole(head(), octets(nested), scoped())
    yield "scoped PDU nested 3,000 times", whole(head(), parameters(), nested)


def signed(user: UsmUser, data: bytes) -> bytes:
    """Sign and encrypt any octets in place of the scoped PDU, by the clock 3, 1000."""
    security = SecurityParameters(ENGINE_ID, 3, 1000, user.name, b"", b"")
    return sign_message(user_keys(user, ENGINE_ID), security, REQUEST_ID, data)


def inside(user: UsmUser) -> Iterator[tuple[str, bytes]]:
    """Break the scoped PDU."""
    good = scoped()
    for stop in range(0, len(good), 5):
        yield (
            f"scoped PDU cut off after {stop} octets",
            signed(user, good[:stop] if user.priv else cut(good, stop)),
        )
    for name, data in (
        ("no contextEngineID", sequence(octets(b""), GOOD_PDU)),
        ("no contextName", sequence(GOOD_PDU)),
        ("contextName is an INTEGER", sequence(octets(ENGINE_ID), number(1), GOOD_PDU)),
        ("contextEngineID of 60,000 octets", sequence(octets(bytes(60_000)), octets(b""), GOOD_PDU)),
        ("contextName of 60,000 octets", sequence(octets(ENGINE_ID), octets(bytes(60_000)), GOOD_PDU)),
        ("no PDU", sequence(octets(ENGINE_ID), octets(b""))),
        ("two PDUs", scoped(GOOD_PDU * 2)),
        ("an octet after the PDU", scoped(GOOD_PDU + b"\0")),
        ("a scoped PDU in the scoped PDU", scoped(scoped())),
        ("an OCTET STRING in place of the PDU", scoped(octets(GOOD_PDU))),
    ):
        yield name, signed(user, data)
    for element in HUGE:
        yield f"contextName of length {element.hex()}", signed(user, sequence(octets(ENGINE_ID), element))
    for name, octets_ in malformed_cases.cases():
        broken = pdu_of_case(octets_)
        if broken and broken[0] != ber.REPORT:  # a report that is signed is sound, and ends the wait
            yield f"PDU: {name}", signed(user, scoped(broken))


def cut(data: bytes, stop: int) -> bytes:
    """Cut the content off, with the length as it is then: what is around it stays whole."""
    return sequence(data[2:stop])


def pdu_of_case(data: bytes) -> bytes:
    """Return the PDU of a malformed community message, or nothing when it is the message that is malformed."""
    try:
        _, start, stop = read_version(data)
        _, _, start = ber.read_tlv(data, start, stop)
    except Malformed:
        return b""
    return data[start:stop] if data[start:stop] != GOOD_PDU else b""
