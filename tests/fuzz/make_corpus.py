"""Writes the seeds of the fuzzer's corpus: sound answers to every waiting request, and each class of broken ones.

Run it when the shape of an input changes: ``python tests/fuzz/make_corpus.py``. Files that the fuzzer found stay.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))
import malformed_cases
from reply_attack import OIDS, PARAMETERS, PDU, RAW, ROWS, SCOPED, USERS, VARBINDS, WAYS
from snmp_peers import pdu, varbind

from phusong.collectors.snmp import ber

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 400
ENGINE = ber.tlv(ber.OCTET_STRING, bytes.fromhex("80001f8804c0ffee00"))
STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)


def step(way: int, place: int, payload: bytes) -> bytes:
    """Encode one step of an input."""
    return bytes((way + WAYS * place,)) + len(payload).to_bytes(2, "big") + payload


def seeds() -> Iterator[bytes]:
    """Yield every seed."""
    values = ((ber.TIME_TICKS, 5), (ber.OCTET_STRING, b"Gi0/3"), (ber.COUNTER64, 2**63))
    answer = b"".join(map(varbind, OIDS, values))
    rows = b"".join(varbind((*ROWS[0], row), (ber.OCTET_STRING, b"Gi0/%d" % row)) for row in range(5))
    for place in range(len(USERS)):
        sound = rows if place in (2, 5) else answer
        yield step(VARBINDS, place, sound)
        yield step(VARBINDS, place, sound[:-3]) + step(VARBINDS, place, sound) + step(VARBINDS, place, sound)
        yield step(VARBINDS, place, b"")
        for status in (1, 2, 5, 6, 99):
            body = b"".join(ber.tlv(ber.INTEGER, bytes((number,))) for number in (status, 1))
            yield step(PDU, place, body + ber.tlv(ber.SEQUENCE, b""))
    for counter in range(8):
        report = pdu(7, varbind((*STATS, counter, 0), (ber.COUNTER32, 1)), kind=ber.REPORT)
        scoped = ber.tlv(ber.SEQUENCE, ENGINE + ber.tlv(ber.OCTET_STRING, b"") + report)
        for place in (3, 4, 5):
            yield step(SCOPED, place, scoped)
    zero, empty = ber.tlv(ber.INTEGER, b"\0"), ber.tlv(ber.OCTET_STRING, b"")
    parameters = ber.tlv(ber.SEQUENCE, ENGINE + zero + zero + ber.tlv(ber.OCTET_STRING, b"secret") + empty + empty)
    for flags in range(8):
        yield step(PARAMETERS, 4, bytes((flags,)) + parameters)
    for _, octets in malformed_cases.cases():
        if len(octets) <= LONGEST:
            yield step(RAW, 1, octets)


def main() -> None:
    """Write the seeds, each under the hash of its content."""
    CORPUS.mkdir(exist_ok=True)
    for seed in seeds():
        (CORPUS / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
