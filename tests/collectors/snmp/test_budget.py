"""The budget of requests per device: no healthy device notices it, no runaway walk gets past it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import AGENT, TableAgent, client_for, device, target, virtual

from phusong.collectors import mib
from phusong.collectors.snmp.budget import ADDRESSES_KEPT, BURST_S, RequestBudget
from phusong.collectors.snmp.client import prepare
from phusong.collectors.snmp.errors import RequestTimeout
from phusong.collectors.snmp.pdu import get_request

OTHER = ("192.0.2.2", 161)


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    """Ten seconds' worth goes out at once, then one request per gap; after a pause the burst is there again."""
    budget = RequestBudget(50)
    assert [budget.charge(AGENT, 1000.0) for _ in range(500)] == [0.0] * 500
    assert [budget.charge(AGENT, 1000.0) for _ in range(3)] == pytest.approx([0.02, 0.04, 0.06])
    assert budget.charge(OTHER, 1000.0) == 0.0
    assert budget.charge(AGENT, 1001.0) == 0.0
    assert [budget.charge(AGENT, 2000.0) for _ in range(500)] == [0.0] * 500


@given(st.lists(st.floats(0, 3), min_size=1, max_size=400), st.floats(1, 1000))
def test_no_ten_seconds_have_more_than_twice_their_share(gaps: list[float], per_s: float) -> None:
    """Whenever requests come, no window of the burst's length lets more start than a burst and its refill."""
    budget = RequestBudget(per_s)
    now, starts = 0.0, []
    for gap in gaps:
        now += gap
        starts.append(now + budget.charge(AGENT, now))
    for place, begin in enumerate(starts):
        within = sum(1 for start in starts[place:] if start - begin < BURST_S)
        assert within <= 2 * BURST_S * per_s + 1


def test_addresses_long_out_of_use_are_forgotten() -> None:
    """A survey of whole networks does not stay in memory; who has spent something recently does."""
    budget = RequestBudget(50)
    for number in range(3 * ADDRESSES_KEPT):
        budget.charge((f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 161), number * 0.1)
    assert len(budget._free_from) <= 2 * ADDRESSES_KEPT
    assert budget.charge(AGENT, 10_000.0) == 0.0


def test_waiting_for_the_budget_is_no_part_of_the_deadline() -> None:
    """An operation that has to wait still has its whole time, is counted, and delays no other device."""

    async def test() -> None:
        client, transport = client_for(TableAgent(device()))
        began = asyncio.get_running_loop().time()
        with client:
            client.limit_requests(1)
            prepared = prepare(target(timeout_s=0.1), get_request([mib.SYS_UP_TIME]))
            await asyncio.gather(*(client.get(prepared) for _ in range(13)))
            assert [round(at - began) for at in transport.sent_at] == [0] * 10 + [1, 2, 3]
            assert (client.counters.requests, client.counters.delayed) == (13, 3)
            other = prepare(target(address=OTHER), get_request([mib.SYS_UP_TIME]))
            await client.get(other)
            assert transport.sent_at[-1] - began == pytest.approx(3.0)

    virtual(test())


def test_retries_wait_for_nothing() -> None:
    """The retries of one operation keep their times: they are few, and the deadline counts."""

    async def test() -> None:
        client, transport = client_for(lambda data, source: [])
        with client:
            client.limit_requests(1)
            with pytest.raises(RequestTimeout):
                await client.get(prepare(target(timeout_s=2.0, retries=3), get_request([mib.SYS_UP_TIME])))
            assert [round(at - transport.sent_at[0], 3) for at in transport.sent_at] == [0, 0.5, 1, 1.5]

    virtual(test())
