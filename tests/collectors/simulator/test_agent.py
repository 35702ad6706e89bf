"""One agent's answers: the rules of SNMPv1 and v2c, and silence for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.simulator.agent import Agent, names_in, parse_request
from phusong.collectors.simulator.equipment import Habit
from phusong.collectors.snmp.ber import Missing, encode_oid, parse_oid
from phusong.collectors.snmp.community import open_reply, wrap
from phusong.collectors.snmp.credentials import V1, V2C, Community
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.pdu import decode_bindings, get_bulk_request, get_next_request, get_request

COMMUNITY = b"test-community"
REQUEST_ID = b"\x12\x34\x56\x78"
SYS_NAME = parse_oid("1.3.6.1.2.1.1.5.0")
SYS_UPTIME = parse_oid("1.3.6.1.2.1.1.3.0")
IF_ENTRY = parse_oid("1.3.6.1.2.1.2.2.1")
IF_X_ENTRY = parse_oid("1.3.6.1.2.1.31.1.1.1")
NOTHING = parse_oid("1.3.6.1.4.1.99999.1")
END = parse_oid("1.3.6.1.4.1.9.9.817.1.1.1.1.1.3.14")
"""The last object of the model ``ios``."""
TOO_BIG, NO_SUCH_NAME = 1, 2


def message(request, version=V2C, community=COMMUNITY):
    envelope = wrap(Community(version, community), request)
    return envelope.head + REQUEST_ID + envelope.tail


def ask(agent, request, version=V2C, elapsed=1.0):
    """Return error-status, error-index and bindings of the reply, after checking what every reply must have."""
    octets = agent.answer(message(request, version), elapsed)
    reply = open_reply(octets)
    assert (reply.version, reply.community) == (version, COMMUNITY)
    assert reply.header.kind == 0xA2
    assert reply.header.request_id == int.from_bytes(REQUEST_ID, "big")
    bindings = decode_bindings(octets, reply.header.start, reply.header.stop)
    return reply.header.error_status, reply.header.error_index, bindings


@pytest.fixture
def ios(fleet):
    return fleet.agent(fleet.model("ios"))


@pytest.fixture
def hub(fleet):
    return fleet.agent(fleet.model("ios_xe"))


def test_get_answers_in_the_order_asked(fleet, ios):
    """Version 2c: values, and an exception in the place of each object that is not there."""
    status, index, bindings = ask(
        ios, get_request([SYS_NAME, NOTHING, (*IF_ENTRY, 8, 1), (*IF_ENTRY, 8, 99), SYS_NAME])
    )
    name = fleet.model("ios").device_id.encode()
    assert (status, index) == (0, 0)
    assert bindings == [
        (SYS_NAME, name),
        (NOTHING, Missing.NO_SUCH_OBJECT),
        ((*IF_ENTRY, 8, 1), 1),
        ((*IF_ENTRY, 8, 99), Missing.NO_SUCH_INSTANCE),
        (SYS_NAME, name),
    ]


def test_the_same_request_gives_new_values_later(fleet, ios):
    """What was prepared for a request is only what cannot change."""
    device = fleet.model("ios")
    wan = next(row.index for row in device.rows if row.line_id)
    request = get_request([SYS_UPTIME, (*IF_X_ENTRY, 6, wan)])
    (_, early), (_, octets_early) = ask(ios, request, elapsed=1.0)[2]
    (_, late), (_, octets_late) = ask(ios, request, elapsed=31.0)[2]
    assert late - early == 3000
    assert octets_late > octets_early


def test_version_1_names_the_first_object_that_is_missing(ios):
    """NoSuchName with the index, and the request's own bindings (RFC 1157, section 4.1.2)."""
    status, index, bindings = ask(ios, get_request([SYS_NAME, NOTHING, SYS_UPTIME]), V1)
    assert (status, index) == (NO_SUCH_NAME, 2)
    assert bindings == [(SYS_NAME, None), (NOTHING, None), (SYS_UPTIME, None)]


def test_version_1_has_no_counter64(ios):
    """A GET of one is noSuchName, a GETNEXT jumps over them (RFC 3584, section 4.2.2)."""
    assert ask(ios, get_request([(*IF_X_ENTRY, 6, 1)]), V1)[:2] == (NO_SUCH_NAME, 1)
    assert not isinstance(ask(ios, get_request([(*IF_X_ENTRY, 6, 1)]))[2][0][1], Missing)
    last_row = (*IF_X_ENTRY, 5, 2**31 - 1)
    ((following, _),) = ask(ios, get_next_request([last_row]), V1)[2]
    assert following[: len(IF_X_ENTRY) + 1] == (*IF_X_ENTRY, 14)
    ((following, _),) = ask(ios, get_next_request([last_row]))[2]
    assert following[: len(IF_X_ENTRY) + 1] == (*IF_X_ENTRY, 6)


def test_the_end_of_the_view(ios):
    """Version 2c says endOfMibView with the name asked, version 1 noSuchName."""
    assert ask(ios, get_next_request([SYS_NAME, END]))[2][1] == (END, Missing.END_OF_MIB_VIEW)
    assert ask(ios, get_next_request([SYS_NAME, END]), V1)[:2] == (NO_SUCH_NAME, 2)


def test_bulk_interleaves_its_columns(ios):
    """Non-repeaters once, then row by row (RFC 3416, section 4.2.3)."""
    request = get_bulk_request([SYS_UPTIME[:-1], (*IF_ENTRY, 1), (*IF_ENTRY, 2)], repetitions=3, non_repeaters=1)
    status, _, bindings = ask(ios, request)
    assert status == 0
    names = [name for name, _ in bindings]
    assert names[0] == SYS_UPTIME
    assert [name[len(IF_ENTRY)] for name in names[1:]] == [1, 2, 1, 2, 1, 2]
    assert [name[-1] for name in names[1::2]] == [name[-1] for name in names[2::2]]


def test_bulk_ends_with_the_view(ios):
    """Past the last object every repetition says so, and nothing comes after all have ended."""
    _, _, bindings = ask(ios, get_bulk_request([END], repetitions=50))
    assert bindings == [(END, Missing.END_OF_MIB_VIEW)]


@pytest.mark.parametrize(("repetitions", "non_repeaters"), [(2**31 - 1, 0), (2**31 - 1, 2**31 - 1), (0, 0)])
def test_bulk_with_absurd_numbers_stays_within_one_datagram(hub, repetitions, non_repeaters):
    """However many repetitions are asked for, the reply fits and is cut between two bindings."""
    request = get_bulk_request([(1, 3), (*IF_ENTRY, 2)], repetitions=repetitions, non_repeaters=non_repeaters)
    octets = hub.answer(message(request), 1.0)
    assert len(octets) <= 1472
    status, _, bindings = ask(hub, request)
    assert status == 0
    assert bool(bindings) == bool(repetitions)


def test_bulk_fills_the_datagram(hub):
    """A cut reply is cut at the size, not long before."""
    octets = hub.answer(message(get_bulk_request([IF_ENTRY], repetitions=500)), 1.0)
    assert 1350 < len(octets) <= 1472


def test_routeros_refuses_a_bulk_that_does_not_fit(fleet):
    """It says tooBig with no bindings, and answers a smaller one (devmon#102)."""
    agent = fleet.agent(fleet.model("routeros_ccr"))
    assert ask(agent, get_bulk_request([IF_ENTRY], repetitions=500)) == (TOO_BIG, 0, [])
    status, _, bindings = ask(agent, get_bulk_request([IF_ENTRY], repetitions=10))
    assert (status, len(bindings)) == (0, 10)


def test_too_big(fleet):
    """A GET that does not fit: version 2c has empty bindings, version 1 those of the request."""
    device = fleet.model("ios")
    habit = Habit("small", b"", (1, 3), max_reply=100)
    agent = Agent(fleet.view(device), habit, COMMUNITY)
    names = [SYS_NAME] * 6
    assert ask(agent, get_request(names)) == (TOO_BIG, 0, [])
    assert ask(agent, get_request(names), V1) == (TOO_BIG, 0, [(SYS_NAME, None)] * 6)
    assert ask(agent, get_request(names[:1]))[0] == 0


def test_an_agent_of_version_1_knows_nothing_else(fleet):
    """It is silent to 2c and to GETBULK, and answers GET and GETNEXT."""
    agent = fleet.agent(fleet.model("legacy_v1"))
    assert agent.answer(message(get_request([SYS_NAME])), 1.0) is None
    assert agent.answer(message(get_bulk_request([SYS_NAME], repetitions=2), V1), 1.0) is None
    assert ask(agent, get_request([SYS_NAME]), V1)[0] == 0
    assert ask(agent, get_next_request([SYS_NAME]), V1)[0] == 0


@pytest.mark.parametrize("version", [V1, V2C])
def test_another_community_is_met_with_silence(ios, version):
    """Neither a prefix nor a longer one nor none is accepted."""
    for community in (b"", b"public", COMMUNITY[:-1], COMMUNITY + b"x", COMMUNITY.upper()):
        assert ios.answer(message(get_request([SYS_NAME]), version, community), 1.0) is None


@pytest.mark.parametrize("operation", [0xA2, 0xA3, 0xA4, 0xA6, 0xA7, 0xA8, 0x30, 0x02])
def test_other_operations_are_met_with_silence(ios, operation):
    """A response is never answered: two agents would talk for ever. SET, traps and reports are not ours."""
    octets = message(get_request([SYS_NAME]))
    at = octets.index(b"\xa0")
    assert ios.answer(octets[:at] + bytes((operation,)) + octets[at + 1 :], 1.0) is None


def test_version_3_is_met_with_silence(ios):
    """So is any other version number."""
    octets = message(get_request([SYS_NAME]))
    assert octets[2:5] == b"\x02\x01\x01"
    for version in (2, 3, 127, 255):
        assert ios.answer(octets[:4] + bytes((version,)) + octets[5:], 1.0) is None


def test_every_cut_message_is_met_with_silence(ios):
    """A datagram cut at any place is no message."""
    octets = message(get_bulk_request([SYS_NAME, IF_ENTRY], repetitions=3))
    for length in range(len(octets)):
        assert ios.answer(octets[:length], 1.0) is None
    assert ios.answer(octets + b"\0", 1.0) is None


@given(data=st.data())
def test_no_damage_breaks_an_agent(fleet, data):
    """Whatever octets are changed, an agent answers something or nothing, and never fails."""
    agent = fleet.agent(fleet.model("ios"))
    bulk = get_bulk_request([IF_ENTRY], repetitions=9)
    request = data.draw(st.sampled_from([get_request([SYS_NAME, NOTHING]), get_next_request([END]), bulk]))
    octets = bytearray(message(request, data.draw(st.sampled_from([V1, V2C]))))
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=4)):
        octets[at] = data.draw(st.integers(0, 255))
    reply = agent.answer(bytes(octets), 1.0)
    assert reply is None or len(reply) <= 1472


@given(st.binary(max_size=200))
def test_no_noise_breaks_an_agent(fleet, octets):
    """Random octets are no message."""
    assert fleet.agent(fleet.model("ios")).answer(octets, 1.0) is None


def test_a_request_is_taken_apart():
    """Version, community, operation, the encoded id, both numbers and the names."""
    request = parse_request(message(get_bulk_request([SYS_NAME, NOTHING], repetitions=7, non_repeaters=1)))
    assert (request.version, request.community, request.operation) == (V2C, COMMUNITY, 0xA5)
    assert request.id_element == b"\x02\x04" + REQUEST_ID
    assert (request.second, request.third) == (1, 7)
    assert names_in(request.bindings) == [encode_oid(SYS_NAME), encode_oid(NOTHING)]


@pytest.mark.parametrize("bindings", [b"\x30\x00", b"\x04\x02ab", b"\x30\x05\x04\x01\x00\x05\x00", b"\x30"])
def test_bindings_without_names_are_refused(bindings):
    """A binding is a sequence of a name and a value."""
    with pytest.raises(Malformed):
        names_in(bindings)
