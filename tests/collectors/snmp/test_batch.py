"""Long lists of objects: read whole, in order, in as few requests as the device accepts, and learnt once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import GEN_ERR, TableAgent, Typed, client_for, read_request, response, target, virtual

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import OBJECTS_ALWAYS_FIT, BatchReader
from phusong.collectors.snmp.credentials import V1
from phusong.collectors.snmp.errors import GenErr, NoSuchName, RequestTimeout, TooBig
from phusong.collectors.snmp.learned import OBJECTS_PER_REQUEST, LearnedSize, LearnedSizes

OIDS = [(*mib.IF_IN_OCTETS, n) for n in range(1, 101)]
TABLE: dict[ber.Oid, Typed] = {oid: (ber.COUNTER32, oid[-1] * 3) for oid in OIDS}
VALUES = [oid[-1] * 3 for oid in OIDS]
ABSENT = ber.Missing.NO_SUCH_INSTANCE


def with_reader(
    agent: Callable[..., object], test: Callable[[BatchReader], Awaitable[None]], version: int = 1
) -> None:
    async def run() -> None:
        client, _ = client_for(agent)  # type: ignore[arg-type]
        with client:
            await test(BatchReader(client, target(version=version)))

    virtual(run())


def sizes(agent: TableAgent) -> list[int]:
    return [len(asked.oids) for asked in agent.asked]


def test_a_long_list_is_read_piece_by_piece() -> None:
    """A device not known yet gets a small request first, then full ones; later polls need no small one."""
    agent = TableAgent(dict(TABLE))

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == VALUES
        assert not reader.one_reply
        assert sizes(agent) == [OBJECTS_ALWAYS_FIT, 44, 44, 2]
        agent.asked.clear()
        assert await reader.read(OIDS[:44]) == VALUES[:44]
        assert reader.one_reply
        assert sizes(agent) == [44]
        assert await reader.read([]) == []

    with_reader(agent, test)


def test_devices_that_are_asked_the_same_keep_one_request_together() -> None:
    """Memory of a fleet: one encoded request for all, and each device still gets its own answer."""

    async def run() -> None:
        clients = [
            client_for(TableAgent({oid: (ber.COUNTER32, oid[-1] * factor) for oid in OIDS}))[0]
            for factor in (3, 5)
        ]
        readers = [BatchReader(client, target()) for client in clients]
        for factor, reader in zip((3, 5), readers, strict=True):
            asked = tuple(OIDS[:8])
            assert await reader.read(asked) == await reader.read(asked) == [oid[-1] * factor for oid in asked]
        one, other = ([prepared.request for prepared in reader._prepared.values()] for reader in readers)
        assert len(one) == len(other) == 1
        assert one[0] is other[0]
        for client in clients:
            client.close()

    virtual(run())


def test_toobig_halves_and_is_remembered() -> None:
    """An agent that says tooBig is asked for half as many, now and from now on."""
    agent = TableAgent(dict(TABLE), largest_answer=12)

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == VALUES
        assert sizes(agent)[:4] == [10, 44, 22, 11]
        assert reader.objects_per_request == 11
        agent.asked.clear()
        assert await reader.read(OIDS) == VALUES
        assert max(sizes(agent)) == 11

    with_reader(agent, test)


def test_toobig_for_one_object_is_an_error() -> None:
    """When a single object does not fit there is nothing left to halve."""
    agent = TableAgent(dict(TABLE), largest_answer=0)

    async def test(reader: BatchReader) -> None:
        with pytest.raises(TooBig):
            await reader.read(OIDS)
        assert sizes(agent) == [10, 5, 2, 1]

    with_reader(agent, test)


def test_large_answers_that_get_lost_are_halved() -> None:
    """Where large answers never arrive though small ones do, half as many are asked for, now and later."""
    agent = TableAgent(dict(TABLE), lose=lambda asked: len(asked.oids) > 25)

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == VALUES
        assert reader.objects_per_request == 22
        agent.asked.clear()
        assert await reader.read(OIDS) == VALUES
        assert max(sizes(agent)) == 22

    with_reader(agent, test)


def test_a_dead_device_costs_one_small_request_and_teaches_nothing() -> None:
    """Silence from the start is a timeout after one deadline; the size of requests stays for its return."""
    agent = TableAgent(dict(TABLE), lose=lambda asked: True)

    async def test(reader: BatchReader) -> None:
        for _ in range(3):
            with pytest.raises(RequestTimeout):
                await reader.read(OIDS)
        assert set(sizes(agent)) == {OBJECTS_ALWAYS_FIT}
        assert reader.objects_per_request == OBJECTS_PER_REQUEST
        agent.lose = lambda asked: False
        assert await reader.read(OIDS) == VALUES

    with_reader(agent, test)


def test_a_device_that_died_since_the_last_read_costs_one_deadline() -> None:
    """A line that goes down is known after one deadline: nothing smaller is tried with what may be gone."""
    agent = TableAgent(dict(TABLE))

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == VALUES
        agent.asked.clear()
        agent.lose = lambda asked: True
        with pytest.raises(RequestTimeout):
            await reader.read(OIDS)
        assert set(sizes(agent)) == {44}

    with_reader(agent, test)


def test_a_device_that_dies_between_requests_teaches_nothing() -> None:
    """When the half gets no answer either, the device is gone and the size stays."""
    agent = TableAgent(dict(TABLE))
    agent.lose = lambda asked: len(agent.asked) > 2

    async def test(reader: BatchReader) -> None:
        with pytest.raises(RequestTimeout):
            await reader.read(OIDS)
        assert reader.objects_per_request == OBJECTS_PER_REQUEST

    with_reader(agent, test)


def test_nosuchname_removes_the_object_and_is_remembered() -> None:
    """SNMPv1 agents refuse the whole request for one absent object: it is left out, now and from now on."""
    missing = {OIDS[3], OIDS[4], OIDS[60]}
    agent = TableAgent({oid: typed for oid, typed in TABLE.items() if oid not in missing})
    expected = [ABSENT if oid in missing else value for oid, value in zip(OIDS, VALUES, strict=True)]

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == expected
        agent.asked.clear()
        assert await reader.read(OIDS) == expected
        assert sizes(agent) == [44, 44, 9]
        agent.objects.update(TABLE)
        assert await reader.read(OIDS) == expected
        reader.forget_absent()
        assert await reader.read(OIDS) == VALUES

    with_reader(agent, test, version=V1)


def test_absent_objects_of_v2c_are_no_error() -> None:
    """In v2c an absent object has its own answer, in its place."""
    agent = TableAgent({OIDS[1]: TABLE[OIDS[1]]})

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS[:3]) == [ABSENT, VALUES[1], ABSENT]

    with_reader(agent, test)


def test_an_object_asked_twice_is_answered_twice() -> None:
    """A list may name an object twice; in v1 it is absent in both places."""
    agent = TableAgent({OIDS[1]: TABLE[OIDS[1]]})

    async def test(reader: BatchReader) -> None:
        assert await reader.read([OIDS[1], OIDS[0], OIDS[1], OIDS[0]]) == [VALUES[1], ABSENT, VALUES[1], ABSENT]

    with_reader(agent, test, version=V1)
    with_reader(agent, test)


@pytest.mark.parametrize("index", [0, 4, -1, 2**31 - 1])
def test_nosuchname_without_a_name_is_an_error(index: int) -> None:
    """When the agent names no object of the request, there is nothing to leave out."""

    async def test(reader: BatchReader) -> None:
        with pytest.raises(NoSuchName):
            await reader.read(OIDS[:3])

    with_reader(lambda data, source: [response(read_request(data), {}, status=2, index=index)], test, version=V1)


def test_other_refusals_are_raised() -> None:
    """A genErr is for the caller to judge, and the next read starts over."""

    async def test(reader: BatchReader) -> None:
        with pytest.raises(GenErr):
            await reader.read(OIDS[:3])

    with_reader(lambda data, source: [response(read_request(data), {}, status=GEN_ERR)], test)


def test_a_size_that_failed_is_tried_again_after_long_success() -> None:
    """After twenty good answers it doubles; where that fails it is taken back, and no read fails."""
    agent = TableAgent(dict(TABLE))
    agent.lose = lambda asked: len(asked.oids) > 30

    async def test(reader: BatchReader) -> None:
        for _ in range(20):
            assert await reader.read(OIDS) == VALUES
        large = [size for size in sizes(agent) if size > 30]
        assert len(large) == 2 * 4  # at first, and once more; each is sent four times
        assert reader.objects_per_request == 22
        agent.lose = lambda asked: False
        for _ in range(40):
            assert await reader.read(OIDS) == VALUES
        assert reader.objects_per_request == 44

    with_reader(agent, test)


def test_a_read_that_fails_for_its_new_size_only_is_repaired_at_once() -> None:
    """A step up that gets no answer is no silence of the device: what worked before is asked in the same read."""
    agent = TableAgent(dict(TABLE), lose=lambda asked: len(asked.oids) > 22)
    learned = LearnedSizes(LearnedSize(22, 44, patience=1))

    async def run() -> None:
        client, _ = client_for(agent)
        with client:
            reader = BatchReader(client, target(), learned)
            assert await reader.read(OIDS[:22]) == VALUES[:22]
            assert reader.objects_per_request == 44
            assert await reader.read(OIDS[:44]) == VALUES[:44]

    virtual(run())
    assert (learned.objects.value, learned.objects.patience) == (22, 8)


def test_a_list_asked_again_is_encoded_once() -> None:
    """The same tuple, an equal one and a list of the same objects share one encoded request; others do not."""
    agent = TableAgent(dict(TABLE))
    first, equal = tuple(OIDS[:5]), tuple(OIDS[:5])
    assert first is not equal

    async def test(reader: BatchReader) -> None:
        for oids in (first, equal, list(first), first):
            assert await reader.read(oids) == VALUES[:5]
        assert len(reader._prepared) == 1
        assert await reader.read(tuple(OIDS[5:9])) == VALUES[5:9]
        assert len(reader._prepared) == 2

    with_reader(agent, test)


def test_answers_are_kept_within_a_frame() -> None:
    """Long values make short requests, at once within a read, and from then on."""
    agent = TableAgent(dict.fromkeys(OIDS, (ber.OCTET_STRING, b"x" * 100)))

    async def test(reader: BatchReader) -> None:
        assert await reader.read(OIDS) == [b"x" * 100] * 100
        assert sizes(agent)[:3] == [10, 11, 11]
        assert await reader.read(OIDS) == [b"x" * 100] * 100
        assert await reader.read(OIDS) == [b"x" * 100] * 100
        assert max(sizes(agent)[-8:]) <= 12

    with_reader(agent, test)


@given(
    st.lists(st.sampled_from(OIDS), max_size=120),
    st.sets(st.sampled_from(OIDS)),
    st.integers(1, 50),
    st.sampled_from((V1, 1)),
)
def test_every_list_is_read_whole_and_in_order(
    asked: list[ber.Oid], there: set[ber.Oid], largest: int, version: int
) -> None:
    """Any list of objects, present or not, in any order, from any agent: each value lies where it was asked."""
    agent = TableAgent({oid: TABLE[oid] for oid in there}, largest_answer=largest)

    async def test(reader: BatchReader) -> None:
        expected = [oid[-1] * 3 if oid in there else ABSENT for oid in asked]
        assert await reader.read(asked) == expected
        assert await reader.read(asked) == expected

    with_reader(agent, test, version=version)
