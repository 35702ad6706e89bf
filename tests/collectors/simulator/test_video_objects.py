"""What simulated endpoints say of themselves and their calls, in the types and units of their makers' MIBs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from phusong.collectors.simulator.agent import Agent
from phusong.collectors.simulator.agent_view import AgentView
from phusong.collectors.simulator.calls import Call
from phusong.collectors.simulator.columns import Extent
from phusong.collectors.simulator.equipment import SIP_UDP, Room
from phusong.collectors.snmp.ber import (
    COUNTER64,
    GAUGE32,
    INTEGER,
    OCTET_STRING,
    Missing,
    decode_oid,
    encode_oid,
    parse_oid,
)
from phusong.collectors.snmp.community import open_reply, wrap
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.pdu import decode_bindings, get_bulk_request, get_next_request, get_request

T = 60.0
POLY, HDX = "1.3.6.1.4.1.13885.101.1", "1.3.6.1.4.1.2684.1.1"
CTS, PERIPHERALS = "1.3.6.1.4.1.9.9.644.1", "1.3.6.1.4.1.9.9.643.1.2.1.1"
CALL = Call("qn-v007", "8815", 720, 1536, 0.02, 0.010, 0.040, began_s=-100.0, outgoing=True, lasts_s=400.0)
"""Up until 300 s."""

POLY_OBJECTS = {
    "1.1.0": (OCTET_STRING, None),
    "1.4.0": (OCTET_STRING, None),
    "1.5.0": (OCTET_STRING, None),
    "1.6.0": (INTEGER, 2),
    "2.7.1.0": (INTEGER, 1),
    "2.7.2.0": (INTEGER, 1),
    "2.8.1.0": (INTEGER, 2),
    "2.8.2.1.2.1": (INTEGER, 2),
    "2.8.3.1.2.1": (INTEGER, 2),
    "3.1.0": (INTEGER, 2),
    "3.5.1.0": (INTEGER, 2),
    "3.6.1.0": (INTEGER, 2),
    "3.10.1.0": (INTEGER, 2),
    "3.10.2.1.4.1": (GAUGE32, 1000),
    "3.10.2.1.5.1": (OCTET_STRING, b"Full"),
    "5.1.0": (GAUGE32, 1),
    "6.11.1.0": (INTEGER, 1),
    "4.1.1.1.1": (GAUGE32, 1),
    "4.1.1.2.1": (OCTET_STRING, b"qn-v007--100"),
    "4.1.1.16.1": (GAUGE32, 2),
    "4.1.1.17.1": (GAUGE32, 0),
    "4.1.1.18.1": (GAUGE32, 40),
    "4.1.1.20.1": (GAUGE32, 10),
    "4.1.1.42.1": (OCTET_STRING, b"1280x720"),
    "4.1.1.43.1": (OCTET_STRING, b"1280x720"),
    "4.1.1.44.1": (OCTET_STRING, b"30"),
    "4.1.1.46.1": (GAUGE32, 10),
    "4.1.1.48.1": (GAUGE32, 40),
    "4.1.1.50.1": (GAUGE32, 2),
    "4.1.1.54.1": (GAUGE32, 1472),
    "4.1.1.58.1": (OCTET_STRING, b"8815"),
    "4.1.1.60.1": (OCTET_STRING, b"SIP"),
    "4.1.1.61.1": (OCTET_STRING, b"AES-128"),
}
"""Of POLYCOM-ENDPOINT-MIB; ``None`` for whatever text; loss and times are means, see ``steady``."""
HDX_OBJECTS = {
    "2.0": b"8815", "3.0": b"", "5.0": b"2", "10.0": b"", "12.0": b"127.0.0.1",
    "21.0": b"2.00", "22.0": b"10", "23.0": b"40",
}  # fmt: skip
CTS_OBJECTS = {
    "2.4.0": (INTEGER, 2),
    "2.6.1.4.1": (INTEGER, 5),
    "2.6.1.5.1": (GAUGE32, 200),
    "4.3.0": (GAUGE32, 3),
    "4.5.0": (GAUGE32, 10),
    "4.6.0": (INTEGER, 10),
    "4.8.1.2.3": (OCTET_STRING, b"8815"),
    "4.8.1.7.3": (GAUGE32, 160),
    "4.8.1.8.3": (INTEGER, 1),
    "4.8.1.10.3": (INTEGER, 2),
    "4.8.1.11.3": (INTEGER, 8),
    "4.8.1.12.3": (GAUGE32, 1536),
    "4.8.1.13.3": (GAUGE32, 1536),
    "4.8.1.17.3": (INTEGER, 12),
    "4.9.1.2.3.1": (GAUGE32, 40),
    "4.9.1.3.3.1": (GAUGE32, 40),
    "4.10.1.12.3.1.1": (COUNTER64, 30_720),
    "4.10.1.13.3.1.1": (COUNTER64, 614),
    "4.10.1.12.3.2.1": (COUNTER64, 8_000),
    "4.10.1.14.3.1.1": (GAUGE32, 2_000_000),
    "4.10.1.15.3.1.1": (GAUGE32, 2_000_000),
    "4.10.1.22.3.1.1": (COUNTER64, 10),
    "4.10.1.29.3.1.1": (INTEGER, 12),
    "4.10.1.29.3.2.1": (INTEGER, 4),
    "4.10.1.30.3.1.1": (GAUGE32, 30_000),
    "4.10.1.33.3.1.1": (GAUGE32, 1280),
    "4.10.1.34.3.1.1": (GAUGE32, 720),
    "4.10.1.34.3.2.1": (GAUGE32, 0),
    "4.10.1.37.3.2.1": (GAUGE32, 64),
}
"""Of CISCO-TELEPRESENCE-CALL-MIB: 2 % are 2,000,000 micropercent, 30 Hz are 30,000 millifps."""


@pytest.fixture(autouse=True)
def steady(monkeypatch):
    """Let every figure be its mean, so that units can be told from the value."""
    monkeypatch.setattr("phusong.collectors.simulator.calls.SWING", 0.0)


def endpoint(fleet, model, **special):
    """Return a device of a model whose room is ordinary but for what is given."""
    device = next(e.device for e in fleet.province.endpoints if e.device.habit.model == model)
    return replace(device, address="127.0.0.1", room=Room(**{"services": (SIP_UDP,), **special}))


def view_of(device):
    return AgentView(device, lambda _: None, 22)


def value(device, name, elapsed=T):
    """Return tag and value of an object, ``None`` when it is not there."""
    found = view_of(device).find(encode_oid(parse_oid(name)))
    octets = b"" if isinstance(found, int) else found.value(elapsed)
    if not octets:
        return None
    return octets[0], octets[2:] if octets[0] == OCTET_STRING else int.from_bytes(octets[2:], "big")


@pytest.mark.parametrize("name", POLY_OBJECTS)
def test_poly(fleet, name):
    """Types and units as POLYCOM-ENDPOINT-MIB has them or, where it gives none, as its readers take them."""
    tag, expected = POLY_OBJECTS[name]
    found = value(endpoint(fleet, "poly", call=CALL), f"{POLY}.{name}")
    assert found is not None
    assert found[0] == tag
    assert found[1] if expected is None else found[1] == expected


@pytest.mark.parametrize("name", HDX_OBJECTS)
def test_hdx(fleet, name):
    """Texts, empty outside a call; after one there is the reason why it ended."""
    device = endpoint(fleet, "hdx", call=CALL)
    assert value(device, f"{HDX}.{name}") == (OCTET_STRING, HDX_OBJECTS[name])
    assert value(endpoint(fleet, "hdx"), f"{HDX}.{name}") == (OCTET_STRING, b"")
    assert value(device, f"{HDX}.{name}", 350.0) == (OCTET_STRING, b"16" if name == "3.0" else b"")


@pytest.mark.parametrize("name", CTS_OBJECTS)
def test_cts(fleet, name):
    """Types and units as CISCO-TELEPRESENCE-CALL-MIB has them; the live call is row 3."""
    assert value(endpoint(fleet, "cts", call=CALL), f"{CTS}.{name}") == CTS_OBJECTS[name]


def test_a_polys_row_is_there_only_while_the_call_is(fleet):
    """Before and after there is no row and no conference: a walk of the table finds nothing."""
    calling, idle = endpoint(fleet, "poly", call=CALL), endpoint(fleet, "poly")
    for device, elapsed, rows in ((calling, 299.0, 25), (calling, 301.0, 0), (idle, T, 0)):
        assert len(walk(device, f"{POLY}.4", elapsed)) == rows
        assert value(device, f"{POLY}.5.1.0", elapsed) == (GAUGE32, 1 if rows else 0)


def test_a_cts_keeps_the_rows_of_calls_that_are_over(fleet):
    """The reason tells; what is of the last period is 0, what is of the whole call stays."""
    device = endpoint(fleet, "cts", call=CALL)
    for elapsed, live in ((T, 12), (350.0, 5)):
        reasons = [value(device, f"{CTS}.4.8.1.17.{row}", elapsed) for row in (1, 2, 3)]
        assert reasons == [(INTEGER, 5), (INTEGER, 4), (INTEGER, live)]
    for column, tag in (("9.1.2.3.1", GAUGE32), ("10.1.14.3.1.1", GAUGE32), ("10.1.22.3.1.1", COUNTER64)):
        assert value(device, f"{CTS}.4.{column}", 350.0) == (tag, 0)
    assert value(device, f"{CTS}.4.10.1.15.3.1.1", 350.0) == (GAUGE32, 2_000_000)
    assert value(device, f"{CTS}.4.8.1.7.3", 350.0) == (GAUGE32, 400)
    assert value(endpoint(fleet, "cts"), f"{CTS}.4.8.1.17.3") is None


@pytest.mark.parametrize(
    ("model", "special", "name", "expected"),
    [
        ("poly", {"registered": False}, f"{POLY}.2.8.3.1.2.1", (INTEGER, 3)),
        ("poly", {"registered": False}, f"{POLY}.2.8.1.0", (INTEGER, 2)),
        ("poly", {"takes_calls": False}, f"{POLY}.2.8.1.0", (INTEGER, 1)),
        ("poly", {"takes_calls": False}, f"{POLY}.2.8.3.1.2.1", (INTEGER, 1)),
        ("poly", {"services": ("sip-udp", "h323")}, f"{POLY}.2.7.1.0", (INTEGER, 2)),
        ("poly", {"camera_works": False}, f"{POLY}.3.6.1.0", (INTEGER, 3)),
        ("poly", {"camera_works": False}, f"{POLY}.3.6.2.1.3.1", (INTEGER, 3)),
        ("poly", {"camera_works": False}, f"{POLY}.3.5.1.0", (INTEGER, 2)),
        ("poly", {"bad_cable": True}, f"{POLY}.3.10.2.1.5.1", (OCTET_STRING, b"Half")),
        ("poly", {"bad_cable": True}, f"{POLY}.3.10.2.1.4.1", (GAUGE32, 100)),
        ("cts", {"registered": False}, f"{CTS}.2.6.1.4.1", (INTEGER, 6)),
        ("cts", {"registered": False}, f"{CTS}.2.6.1.5.1", (GAUGE32, 403)),
        ("cts", {"camera_works": False}, f"{PERIPHERALS}.3.1", (INTEGER, 6)),
        ("cts", {}, f"{PERIPHERALS}.3.1", (INTEGER, 0)),
        ("cts", {}, f"{PERIPHERALS}.4.1", (INTEGER, 4)),
    ],
)
def test_faults(fleet, model, special, name, expected):
    """The status disabled is 1, ok 2, failed 3; a CTS has words of its own."""
    assert value(endpoint(fleet, model, **special), name) == expected


@pytest.mark.parametrize(
    ("model", "object_id", "sys_descr"),
    [
        ("poly", "1.3.6.1.4.1.2684", b"Videoconferencing Device"),
        ("hdx", "1.3.6.1.4.1.2684.1.1", b"Videoconferencing Device"),
        ("codec", "1.3.6.1.4.1.5596.150.6.4.1", b"Cisco Codec"),
    ],
)
def test_system_groups(fleet, model, object_id, sys_descr):
    """As real ones say; a codec has nothing but the system group, a CTS is a Cisco product."""
    device = endpoint(fleet, model)
    assert device.habit.sys_object_id == parse_oid(object_id)
    assert device.habit.sys_descr.startswith(sys_descr)
    assert endpoint(fleet, "cts").habit.sys_object_id[:8] == parse_oid("1.3.6.1.4.1.9.1")
    assert not walk(endpoint(fleet, "codec"), "1.3.6.1.4", T)
    assert not walk(endpoint(fleet, "generic_video"), "1.3.6.1.4", T)


# --- messages ------------------------------------------------------------------------------------------------


def ask(device, request, version=V2C, elapsed=T):
    envelope = wrap(Community(version, b"c"), request)
    octets = Agent(view_of(device), device.habit, b"c").answer(
        envelope.head + b"\1\2\3\4" + envelope.tail, elapsed
    )
    reply = open_reply(octets)
    found = decode_bindings(octets, reply.header.start, reply.header.stop)
    return reply.header.error_status, reply.header.error_index, found


def walk(device, root, elapsed):
    """Return the bindings below a name, by GETBULK; ends or fails the test after 1000 of them."""
    prefix, found = parse_oid(root), []
    at = prefix
    while len(found) < 1000:
        _, _, bindings = ask(device, get_bulk_request([at], repetitions=10), elapsed=elapsed)
        for name, content in bindings:
            if content is Missing.END_OF_MIB_VIEW or name[: len(prefix)] != prefix:
                return found
            found.append((name, content))
        at = found[-1][0]
    pytest.fail("the walk does not end")


@pytest.mark.parametrize("call", [None, CALL], ids=["idle", "in a call"])
@pytest.mark.parametrize("model", ["poly", "hdx", "cts", "codec", "generic_video"])
def test_walks_end_and_find_what_is_there(fleet, model, call):
    """Names rise, nothing that is not there is among them, and GETNEXT finds the same."""
    device = endpoint(fleet, model, call=call)
    found = walk(device, "1.3.6.1", T)
    assert all(a < b for a, b in pairwise(name for name, _ in found))
    there = [decode_oid(i.octets) for i in view_of(device).after((1, 3, 6, 1)) if i.value(T)]
    assert [name for name, _ in found] == there
    for (name, _), (following, content) in pairwise(found[-30:]):
        assert ask(device, get_next_request([name]))[2] == [(following, content)]


def test_a_row_that_is_gone_is_no_such_instance(fleet):
    """The same request is answered with the call's figures and later without; under version 1 it is noSuchName."""
    device = endpoint(fleet, "poly", call=CALL)
    request = get_request([parse_oid(f"{POLY}.1.6.0"), parse_oid(f"{POLY}.4.1.1.42.1")])
    assert [content for _, content in ask(device, request)[2]] == [2, b"1280x720"]
    assert [content for _, content in ask(device, request, elapsed=301.0)[2]] == [2, Missing.NO_SUCH_INSTANCE]
    assert ask(device, request, V1)[:2] == (0, 0)
    assert ask(device, request, V1, 301.0)[:2] == (2, 2)


def test_version_1_sees_no_counter64_of_a_cts(fleet):
    """A GET of one is noSuchName, a walk jumps over it."""
    device = endpoint(fleet, "cts", call=CALL)
    lost = parse_oid(f"{CTS}.4.10.1.13.3.1.1")
    assert ask(device, get_request([lost]), V1)[:2] == (2, 1)
    ((name, _),) = ask(device, get_next_request([parse_oid(f"{CTS}.4.10.1.7.3.2.1")]), V1)[2]
    assert name[:14] == parse_oid(f"{CTS}.4.10.1.14")


def test_every_binding_is_short(fleet):
    """What changes is sent with a length of one octet: no value makes a binding longer than 127."""
    for found in fleet.province.endpoints:
        device = found.device
        if device.room.call:
            for instance in view_of(device).after((1, 3, 6, 1, 4)):
                assert instance.column.extent is Extent.SENSOR
                assert len(instance.octets) + len(instance.value(T)) < 120
