"""Requests and replies: which reply counts, when an operation ends, and that no secret shows."""

from __future__ import annotations

import asyncio
import errno
import itertools
import socket
import traceback
from collections.abc import Callable

import pytest
from snmp_peers import (
    AGENT,
    Asked,
    FakeTransport,
    TableAgent,
    Typed,
    UdpAgent,
    client_for,
    message,
    pdu,
    read_request,
    response,
    target,
    udp_agent,
    varbind,
    virtual,
)

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import Prepared, SnmpClient, prepare
from phusong.collectors.snmp.credentials import V1, V2C
from phusong.collectors.snmp.errors import (
    STATUS_NAMES,
    AccessDenied,
    ErrorStatus,
    GenErr,
    NoSuchName,
    RequestTimeout,
    SendFailed,
    SnmpError,
    TooBig,
)
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.transport import Address

OIDS = (mib.SYS_UP_TIME, (*mib.IF_NAME, 3))
OBJECTS: dict[ber.Oid, Typed] = {OIDS[0]: (ber.TIME_TICKS, 4711), OIDS[1]: (ber.OCTET_STRING, b"Gi0/3")}
VALUES = [4711, b"Gi0/3"]
FORGED = {OIDS[0]: (ber.TIME_TICKS, 6666), OIDS[1]: (ber.OCTET_STRING, b"forged")}
FORGED_VARBINDS = b"".join(varbind(oid, typed) for oid, typed in FORGED.items())
CANARY = b"canary-community"


def get(**changes: object) -> Prepared:
    return prepare(target(**changes), get_request(OIDS))


def forged(asked: Asked, **changes: int) -> bytes:
    return response(asked, FORGED, **changes)


def forged_as(asked: Asked, *, version: int = V2C, community: bytes = b"public") -> bytes:
    return message(pdu(asked.request_id, FORGED_VARBINDS), version=version, community=community)


STRAYS: dict[str, tuple[str, Callable[[Asked], bytes], Address]] = {
    "another id": ("unknown_id", lambda asked: forged(asked, request_id=asked.request_id ^ 1), AGENT),
    "negative id": ("unknown_id", lambda asked: forged(asked, request_id=-asked.request_id), AGENT),
    "another community": ("wrong_community", lambda asked: forged_as(asked, community=b"private"), AGENT),
    "longer community": ("wrong_community", lambda asked: forged_as(asked, community=b"public1"), AGENT),
    "empty community": ("wrong_community", lambda asked: forged_as(asked, community=b""), AGENT),
    "another version": ("wrong_community", lambda asked: forged_as(asked, version=V1), AGENT),
    "another address": ("wrong_source", forged, ("192.0.2.2", AGENT[1])),
    "another port": ("wrong_source", forged, (AGENT[0], 1161)),
    "another family": ("wrong_source", forged, ("::ffff:192.0.2.1", AGENT[1])),
    "a GET": ("wrong_pdu", lambda asked: forged(asked, kind=ber.GET), AGENT),
    "a report": ("wrong_pdu", lambda asked: forged(asked, kind=0xA8), AGENT),
    "a trap": ("wrong_pdu", lambda asked: forged(asked, kind=0xA7), AGENT),
    "no objects": ("wrong_objects", lambda asked: response(asked, {}), AGENT),
    "one object less": ("wrong_objects", lambda asked: response(asked, list(FORGED.items())[:1]), AGENT),
    "one object more": ("malformed", lambda asked: response(asked, [*FORGED.items(), (OIDS[0], (2, 1))]), AGENT),
    "another order": ("wrong_objects", lambda asked: response(asked, list(FORGED.items())[::-1]), AGENT),
    "another row": (
        "wrong_objects",
        lambda asked: response(asked, {OIDS[0]: FORGED[OIDS[0]], (*mib.IF_NAME, 4): FORGED[OIDS[1]]}),
        AGENT,
    ),
    "octets at the end": ("malformed", lambda asked: forged(asked) + b"\0", AGENT),
    "cut off": ("malformed", lambda asked: forged(asked)[:-1], AGENT),
    "an error from elsewhere": ("wrong_source", lambda asked: response(asked, {}, status=5), ("192.0.2.9", 161)),
    "an error in another community": (
        "wrong_community",
        lambda asked: message(pdu(asked.request_id, b"", status=5), community=b"x"),
        AGENT,
    ),
}


@pytest.mark.parametrize(("reason", "make", "source"), STRAYS.values(), ids=STRAYS.keys())
def test_a_stray_is_counted_and_the_true_reply_taken(
    reason: str, make: Callable[[Asked], bytes], source: Address
) -> None:
    """A reply that is not quite ours is dropped by its reason, never data, and the wait goes on."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            reading = asyncio.create_task(client.get(get()))
            await asyncio.sleep(0)
            asked = read_request(transport.sent[0])
            transport.receiver(make(asked), source)
            assert dict(client.counters.rejected) == {reason: 1}
            assert not reading.done()
            transport.receiver(response(asked, OBJECTS), AGENT)
            assert await reading == VALUES
            assert client.counters.replies == 1

    virtual(test())


def test_duplicates_and_late_replies_are_strangers() -> None:
    """The second copy of a reply, and a reply after the deadline, are counted and change nothing."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            reading = asyncio.create_task(client.get(get()))
            await asyncio.sleep(0)
            reply = response(read_request(transport.sent[0]), OBJECTS)
            transport.receiver(reply, AGENT)
            transport.receiver(reply, AGENT)  # before the reading task had its turn
            assert await reading == VALUES
            transport.receiver(reply, AGENT)  # and after
            with pytest.raises(RequestTimeout):
                await client.get(get())
            transport.receiver(response(read_request(transport.sent[-1]), OBJECTS), AGENT)
            assert dict(client.counters.rejected) == {"unknown_id": 3}
            assert client.counters.replies == 1

    virtual(test())


def test_the_answer_to_an_earlier_transmission_counts() -> None:
    """A slow agent answers the first transmission when the third is on its way: that is the reply."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            reading = asyncio.create_task(client.get(get(timeout_s=2.0, retries=3)))
            await asyncio.sleep(1.2)
            assert len(transport.sent) == 3
            transport.receiver(response(read_request(transport.sent[0]), OBJECTS), AGENT)
            assert await reading == VALUES
            assert client._traffic.waiting == {}

    virtual(test())


@pytest.mark.parametrize(("timeout_s", "retries"), [(2.0, 3), (1.0, 0), (3.0, 2), (0.5, 9)])
def test_transmissions_are_spread_over_one_deadline(timeout_s: float, retries: int) -> None:
    """Every transmission gets an equal share of the deadline, and the operation ends exactly with it."""

    async def test() -> None:
        transport = FakeTransport()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with SnmpClient(transport) as client, pytest.raises(RequestTimeout) as caught:
            await client.get(get(timeout_s=timeout_s, retries=retries))
        assert loop.time() - begun == pytest.approx(timeout_s)
        share = timeout_s / (retries + 1)
        assert [when - begun for when in transport.sent_at] == pytest.approx(
            [share * n for n in range(retries + 1)]
        )
        assert (client.counters.requests, client.counters.retries) == (retries + 1, retries)
        assert isinstance(caught.value, TimeoutError)
        assert f"{timeout_s:g} s" in str(caught.value)

    virtual(test())


def test_strays_that_keep_arriving_do_not_move_the_deadline() -> None:
    """Someone dribbles wrong replies, one every 10 ms: the operation still ends after its 2 s."""

    async def test() -> None:
        transport = FakeTransport()
        loop = asyncio.get_running_loop()
        with SnmpClient(transport) as client:
            begun = loop.time()
            reading = asyncio.create_task(client.get(get(timeout_s=2.0)))
            await asyncio.sleep(0)
            strays = list(STRAYS.values())
            while not reading.done():
                _, make, source = strays[len(transport.sent_at) % len(strays)]
                transport.receiver(make(read_request(transport.sent[-1])), source)
                await asyncio.sleep(0.01)
            with pytest.raises(RequestTimeout):
                await reading
            assert loop.time() - begun <= 2.0 + 0.02
            assert client.counters.rejected.total() >= 190

    virtual(test())


def test_every_transmission_has_a_random_id_of_four_octets() -> None:
    """Ids are new for each transmission, positive, exactly four octets wide, and spread over their range."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            tasks = [client.get(get(retries=3)) for _ in range(300)]
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(outcome, RequestTimeout) for outcome in outcomes)
        asked = [read_request(sent) for sent in transport.sent]
        ids = [one.request_id for one in asked]
        assert len(ids) == len(set(ids)) == 1200
        assert all(one.id_octets == 4 and 0x01000000 <= one.request_id <= 0x7FFFFFFF for one in asked)
        middle = 0x40000000  # half of them on either side, give or take eight standard deviations
        assert 450 < sum(request_id > middle for request_id in ids) < 750
        steps = {later - earlier for earlier, later in itertools.pairwise(ids)}
        assert len(steps) > 1190

    virtual(test())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (1, TooBig),
        (2, NoSuchName),
        (3, ErrorStatus),
        (5, GenErr),
        (6, AccessDenied),
        (16, AccessDenied),
        (18, ErrorStatus),
        (99, ErrorStatus),
        (-1, ErrorStatus),
    ],
)
def test_an_error_status_is_a_typed_error(status: int, kind: type[ErrorStatus]) -> None:
    """The agent's refusal is raised as what it is, with its number, its name and the object at fault."""

    async def test() -> None:
        client, _ = client_for(lambda data, source: [response(read_request(data), {}, status=status, index=2)])
        with client, pytest.raises(ErrorStatus) as caught:
            await client.get(get())
        assert type(caught.value) is kind
        assert (caught.value.status, caught.value.index) == (status, 2)
        assert STATUS_NAMES.get(status, "unknown") in str(caught.value)

    virtual(test())


def test_what_cannot_be_sent_fails_at_once() -> None:
    """No route is SendFailed with the system's error, at once, and nothing is left waiting."""

    async def test() -> None:
        transport = FakeTransport()
        transport.fail_with = OSError(errno.ENETUNREACH, "Network is unreachable")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with SnmpClient(transport) as client:
            with pytest.raises(SendFailed) as caught:
                await client.get(get())
            assert client._traffic.waiting == {}
        assert loop.time() == begun
        assert caught.value.errno == errno.ENETUNREACH
        assert isinstance(caught.value, OSError)

    virtual(test())


def test_a_full_socket_is_as_good_as_a_lost_datagram() -> None:
    """When the first datagram finds the socket full, the next transmission makes up for it."""

    async def test() -> None:
        agent = TableAgent(dict(OBJECTS))
        client, transport = client_for(agent)
        transport.fail_with = BlockingIOError(errno.EAGAIN, "try again")
        with client:
            reading = asyncio.create_task(client.get(get()))
            await asyncio.sleep(0.1)
            transport.fail_with = None
            assert await reading == VALUES
        assert client.counters.retries == 1

    virtual(test())


def test_a_cancelled_operation_leaves_nothing_behind() -> None:
    """No id waits, no timer sends again, and a reply to it is a stranger."""

    async def test() -> None:
        transport = FakeTransport()
        with SnmpClient(transport) as client:
            reading = asyncio.create_task(client.get(get()))
            await asyncio.sleep(0.6)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert client._traffic.waiting == {}
            sent = len(transport.sent)
            transport.receiver(response(read_request(transport.sent[0]), OBJECTS), AGENT)
            await asyncio.sleep(5)
            assert len(transport.sent) == sent == 2
            assert dict(client.counters.rejected) == {"unknown_id": 1}

    virtual(test())


def test_a_failing_transport_leaves_nothing_behind() -> None:
    """Also when sending raises what no one expects, no id and no timer stay."""

    class Broken(FakeTransport):
        def send(self, data: bytes, address: Address) -> None:
            raise OverflowError("port must be 0-65535")

    async def test() -> None:
        with SnmpClient(Broken()) as client:
            with pytest.raises(OverflowError):
                await client.get(get())
            assert client._traffic.waiting == {}
            await asyncio.sleep(5)  # a timer left behind would raise here, into the loop's handler
            assert client.counters.requests == 1

    virtual(test())


def test_no_community_shows_anywhere() -> None:
    """Neither reprs nor messages nor tracebacks of any failure carry the community."""

    async def fail(script: Callable[[bytes, Address], list[bytes]], fail_with: OSError | None = None) -> str:
        client, transport = client_for(script)
        transport.fail_with = fail_with
        prepared = get(community=CANARY)
        with client:
            try:
                await client.get(prepared)
            except SnmpError as error:
                shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
                # capture_locals shows the raw datagrams of this test; what is ours must hide in its own reprs
                return "\n".join(line for line in shown.splitlines() if "datagram = " not in line) + repr(prepared)
        raise AssertionError

    async def test() -> None:
        shown = await fail(lambda data, source: [])
        shown += await fail(lambda data, source: [response(read_request(data), {}, status=5)])
        shown += await fail(lambda data, source: [], OSError(errno.EACCES, "Permission denied"))
        shown += repr(target(community=CANARY)) + str(get(community=CANARY))
        assert "canary" not in shown
        assert "community" in shown

    virtual(test())


def test_300_operations_share_one_socket() -> None:
    """300 operations at once over one real socket, answered in reverse order, each get their own values."""

    async def test() -> None:
        held: list[tuple[Asked, Address]] = []

        def script(agent: UdpAgent, asked: Asked, source: Address) -> None:
            held.append((asked, source))
            if len(held) == 300:
                for one, to in reversed(held):
                    index = one.oids[0][-1]
                    agent.send(response(one, {one.oids[0]: (ber.COUNTER32, index * 7)}), to)

        async with udp_agent(script) as agent:
            with SnmpClient() as client:
                asked = [
                    prepare(
                        target(address=agent.address, timeout_s=5, retries=0), get_request([(*mib.IF_NAME, n)])
                    )
                    for n in range(300)
                ]
                answers = await asyncio.gather(*(client.get(one) for one in asked))
                assert answers == [[n * 7] for n in range(300)]
                assert len({to for _, to in held}) == 1
                assert client.counters.rejected.total() == 0

    asyncio.run(test())


@pytest.mark.parametrize("elsewhere", ["another address", "another port"])
def test_on_the_wire_a_reply_counts_only_from_the_asked_socket(elsewhere: str) -> None:
    """A reply with the right id, community and objects from 127.0.0.2 or from another port is no reply."""

    async def test() -> None:
        def script(agent: UdpAgent, asked: Asked, source: Address) -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.2", agent.address[1]) if elsewhere == "another address" else ("127.0.0.1", 0))
                other.sendto(response(asked, FORGED), source)
            asyncio.get_running_loop().call_later(0.05, agent.send, response(asked, OBJECTS), source)

        async with udp_agent(script) as agent:
            with SnmpClient() as client:
                assert await client.get(get(address=agent.address, retries=0)) == VALUES
                assert dict(client.counters.rejected) == {"wrong_source": 1}

    asyncio.run(test())


def test_on_the_wire_a_reply_from_a_known_other_address_counts() -> None:
    """With ``reply_from`` an agent with several addresses may answer from another one, but from the same port."""

    async def test() -> None:
        def script(agent: UdpAgent, asked: Asked, source: Address) -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.2", 0))
                other.sendto(response(asked, FORGED), source)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.2", agent.address[1]))
                other.sendto(response(asked, OBJECTS), source)

        async with udp_agent(script) as agent:
            with SnmpClient() as client:
                asked = get(address=agent.address, retries=0, reply_from=frozenset({"127.0.0.2"}))
                assert await client.get(asked) == VALUES
                assert dict(client.counters.rejected) == {"wrong_source": 1}

    asyncio.run(test())


def test_a_closed_client_sends_no_more() -> None:
    """After ``close`` an operation that waits ends with SendFailed at its next transmission, on no new socket."""

    async def test() -> None:
        async with udp_agent(lambda agent, asked, source: None) as agent:
            client = SnmpClient()
            reading = asyncio.create_task(client.get(get(address=agent.address, timeout_s=0.1, retries=1)))
            await asyncio.sleep(0)
            client.close()
            client.close()
            with pytest.raises(SendFailed, match="closed"):
                await reading
            assert client._traffic.transport._sockets == {}

    asyncio.run(test())


def test_getnext_and_getbulk_return_names_and_values() -> None:
    """GETNEXT returns what follows each object, GETBULK up to so many rows of it."""

    async def test() -> None:
        agent = TableAgent({(*mib.IF_NAME, n): (ber.OCTET_STRING, b"Gi0/%d" % n) for n in range(1, 6)})
        client, _ = client_for(agent)
        with client:
            assert await client.get_next(target(), [mib.IF_NAME]) == [((*mib.IF_NAME, 1), b"Gi0/1")]
            rows = await client.get_bulk(target(), [(*mib.IF_NAME, 3)], repetitions=10)
            end = ber.Missing.END_OF_MIB_VIEW
            assert rows == [((*mib.IF_NAME, 4), b"Gi0/4"), ((*mib.IF_NAME, 5), b"Gi0/5"), ((*mib.IF_NAME, 5), end)]
        assert [asked.kind for asked in agent.asked] == [ber.GET_NEXT, ber.GET_BULK]
        assert (agent.asked[1].second, agent.asked[1].third) == (0, 10)

    virtual(test())
