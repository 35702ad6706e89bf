"""Walks: complete where the agent is sound, partial and finite where it is not."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_peers import Asked, TableAgent, Typed, client_for, read_request, response, target, virtual

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.credentials import V1
from phusong.collectors.snmp.errors import GenErr, RequestTimeout, TooBig
from phusong.collectors.snmp.learned import LearnedSizes
from phusong.collectors.snmp.walk import (
    WalkLimits,
    WalkResult,
    fewer_repetitions,
    rows_until_end,
    walk,
    walk_columns,
)

ROOT = mib.IF_NAME
TABLE: dict[ber.Oid, Typed] = {(*ROOT, n): (ber.OCTET_STRING, b"Gi0/%d" % n) for n in range(1, 38)}
AROUND: dict[ber.Oid, Typed] = {(1, 3, 6, 1, 2, 1, 1, 3, 0): (ber.TIME_TICKS, 1), (*mib.IF_ALIAS, 1): (4, b"next")}
ROWS = tuple((oid, typed[1]) for oid, typed in TABLE.items())

names = st.lists(st.integers(0, 3), max_size=4).map(lambda rest: (1, 3, *rest))


def walk_with(
    script: Callable[..., Iterable[bytes]], limits: WalkLimits | None = None, version: int = 1
) -> WalkResult:
    async def test() -> WalkResult:
        client, _ = client_for(script)
        with client:
            return await walk(client, target(version=version), ROOT, limits or WalkLimits())

    return virtual(test())


def asked_sizes(agent: TableAgent) -> list[tuple[int, int]]:
    """Tell what was asked: the kind, and for how many rows."""
    return [(asked.kind, asked.third if asked.kind == ber.GET_BULK else len(asked.oids)) for asked in agent.asked]


def scripted(make: Callable[[Asked, int], list[tuple[ber.Oid, Typed]]]) -> Callable[..., list[bytes]]:
    """Make an agent whose n-th answer is ``make(asked, n)``, whatever was asked."""
    numbers = itertools.count()

    def script(data: bytes, source: object) -> list[bytes]:
        asked = read_request(data)
        return [response(asked, make(asked, next(numbers)))]

    return script


@pytest.mark.parametrize("version", [V1, 1])
@pytest.mark.parametrize("after", [AROUND, {}], ids=["another column follows", "the view ends"])
def test_a_sound_table_is_read_whole(version: int, after: dict[ber.Oid, Typed]) -> None:
    """Every row below the root comes out in order, and nothing else, by GETBULK in v2c and GETNEXT in v1."""
    agent = TableAgent({**TABLE, **after})
    result = walk_with(agent, version=version)
    assert result == WalkResult(ROWS)
    if version == V1:
        assert [(asked.kind, len(asked.oids)) for asked in agent.asked] == [(ber.GET_NEXT, 1)] * 38
    else:
        assert asked_sizes(agent) == [(ber.GET_BULK, 10), (ber.GET_NEXT, 10), (ber.GET_BULK, 20),
                                      (ber.GET_NEXT, 20), (ber.GET_BULK, 25)]  # fmt: skip


def test_an_empty_table_is_empty_and_complete() -> None:
    """No row below the root is a complete answer."""
    assert walk_with(TableAgent(dict(AROUND))) == WalkResult(())
    assert walk_with(TableAgent({})) == WalkResult(())
    assert walk_with(TableAgent({}), version=V1) == WalkResult(())


def test_toobig_halves_the_repetitions() -> None:
    """An agent that says tooBig is asked for half as many rows, and the table is complete."""
    agent = TableAgent(dict(TABLE))

    def script(data: bytes, source: object) -> list[bytes]:
        asked = read_request(data)
        if asked.third > 3:
            agent.asked.append(asked)
            return [response(asked, {}, status=1)]
        return agent(data, ("", 0))

    assert walk_with(script) == WalkResult(ROWS)
    assert asked_sizes(agent)[:5] == [
        (ber.GET_BULK, 10),
        (ber.GET_BULK, 5),
        (ber.GET_BULK, 2),
        (ber.GET_NEXT, 2),  # the check that no row is left out
        (ber.GET_BULK, 2),
    ]


def test_answers_that_get_lost_are_made_smaller() -> None:
    """Where answers of many rows never arrive, fewer are asked for; the table is complete and the time bounded."""
    agent = TableAgent(dict(TABLE), lose=lambda asked: asked.kind == ber.GET_BULK and asked.third > 2)
    assert walk_with(agent) == WalkResult(ROWS)
    agent = TableAgent(dict(TABLE), lose=lambda asked: asked.kind == ber.GET_BULK)
    assert walk_with(agent) == WalkResult(ROWS)


def test_an_agent_without_getbulk_is_asked_row_by_row() -> None:
    """A refusal of GETBULK (genErr) falls back to GETNEXT."""
    agent = TableAgent(dict(TABLE), refuse_bulk=True)
    assert walk_with(agent) == WalkResult(ROWS)
    assert [asked.kind for asked in agent.asked[:2]] == [ber.GET_BULK, ber.GET_NEXT]


@pytest.mark.parametrize(
    ("repetitions", "error", "fewer"),
    [
        (10, TooBig(1, 0), 5),
        (5, TooBig(1, 0), 2),
        (1, TooBig(1, 0), 0),
        (10, RequestTimeout(), 2),
        (2, RequestTimeout(), 0),
        (10, GenErr(5, 0), 0),
    ],
)
def test_fewer_repetitions_after_each_kind_of_failure(
    repetitions: int, error: TooBig | RequestTimeout | GenErr, fewer: int
) -> None:
    """TooBig halves, a lost answer quarters, a refusal ends GETBULK; it always comes down to GETNEXT."""
    assert fewer_repetitions(repetitions, error) == fewer


def test_a_silent_agent_is_a_timeout() -> None:
    """When not a single row can be read, the error is raised, after three deadlines at most."""

    async def test() -> float:
        client, _ = client_for(lambda data, source: [])
        begun = asyncio.get_running_loop().time()
        with client, pytest.raises(RequestTimeout):
            await walk(client, target(timeout_s=2.0), ROOT)
        return asyncio.get_running_loop().time() - begun

    assert virtual(test()) == pytest.approx(6.0)


def test_what_was_read_stays_when_the_agent_falls_silent() -> None:
    """Rows before the silence are kept, and the result says that they are not all."""
    agent = TableAgent(dict(TABLE))
    agent.lose = lambda asked: len(agent.asked) > 3
    result = walk_with(agent)
    assert result == WalkResult(ROWS[:30], "timeout")


STUCK = [((*ROOT, 5), (ber.OCTET_STRING, b"again"))]


@pytest.mark.parametrize(
    ("make", "rows", "partial"),
    [
        pytest.param(lambda asked, n: STUCK, 1, "names do not increase", id="one name for ever"),
        pytest.param(
            lambda asked, n: [(asked.oids[0], (4, b""))], 0, "names do not increase", id="the name asked"
        ),
        pytest.param(
            lambda asked, n: [((*ROOT, 3 - n % 3), (4, b""))], 1, "names do not increase", id="backwards"
        ),
        pytest.param(
            lambda asked, n: [((*ROOT, 578, 1 + n % 3), (4, b""))],
            3,
            "names do not increase",
            id="a loop of three",
        ),
        pytest.param(lambda asked, n: [], 0, "empty answer", id="an empty list"),
        pytest.param(
            lambda asked, n: [((*ROOT, n + 1), (4, b""))] if n < 2 else [],
            2,
            "empty answer",
            id="an empty list later",
        ),
        pytest.param(lambda asked, n: [((*ROOT, n + 1), (4, b""))], 50, "row limit", id="rows without an end"),
        pytest.param(
            lambda asked, n: [((*ROOT, *[1] * n, 2), (4, b""))],
            1,
            "names do not increase",
            id="ever longer, smaller",
        ),
        pytest.param(
            lambda asked, n: [((*ROOT, 1), (4, b"")), ((*ROOT, 1), (4, b""))],
            1,
            "names do not increase",
            id="twice",
        ),
        pytest.param(
            lambda asked, n: [((1, 3, 6, 1, 2, 1, 1, 1, 0), (4, b""))],
            0,
            "names do not increase",
            id="before the root",
        ),
        pytest.param(lambda asked, n: [((1, 3, 9), (4, b""))], 0, "", id="after the root"),
        pytest.param(lambda asked, n: [((0, 0), (ber.END_OF_MIB_VIEW, None))], 0, "", id="the end of the view"),
    ],
)
def test_a_misbehaving_agent_ends_the_walk(
    make: Callable[[Asked, int], list[tuple[ber.Oid, Typed]]], rows: int, partial: str
) -> None:
    """Agents that repeat, go back, loop or never end: the walk stops, keeps what is sound and says why."""
    result = walk_with(scripted(make), WalkLimits(rows=50))
    assert (len(result.rows), result.partial) == (rows, partial)
    assert list(result.rows) == sorted(result.rows)


def test_the_limits_hold() -> None:
    """Rows, requests and time are capped, each under its own name; a table of just the limit may be complete."""
    assert walk_with(TableAgent(dict(TABLE)), WalkLimits(rows=15)) == WalkResult(ROWS[:15], "row limit")
    assert walk_with(TableAgent({**TABLE, **AROUND}), WalkLimits(rows=37)) == WalkResult(ROWS)
    assert walk_with(TableAgent(dict(TABLE)), WalkLimits(requests=3)) == WalkResult(ROWS[:30], "request limit")
    last_rows = walk_with(TableAgent(dict(TABLE)), WalkLimits(rows=36))
    assert last_rows == WalkResult(ROWS[:36], "row limit")

    async def slow() -> WalkResult:
        agent = TableAgent(dict(TABLE))
        client, transport = client_for(lambda data, source: [])
        transport.send = lambda data, address: asyncio.get_running_loop().call_later(  # type: ignore[method-assign]
            1.0, lambda: [transport.receiver(reply, address) for reply in agent(data, address)]
        )
        with client:
            return await walk(client, target(timeout_s=2.0, retries=0), ROOT, WalkLimits(time_s=2.5))

    assert virtual(slow()) == WalkResult(ROWS[:30], "time limit")  # the check of the first rows takes a second too


@given(st.lists(st.tuples(names, st.one_of(st.none(), st.sampled_from(ber.Missing), st.integers()))), names, names)
def test_what_is_kept_of_an_answer_is_sound(
    bindings: list[tuple[ber.Oid, ber.Value]], root: ber.Oid, last: ber.Oid
) -> None:
    """Of any answer only a beginning is kept, below the root, increasing from the last name on.

    And the walk goes on only when that brought it further, so that it must end.
    """
    rows, stop = rows_until_end(bindings, root, last)
    assert rows == bindings[: len(rows)]
    in_order = [last, *(oid for oid, _ in rows)]
    assert all(before < after for before, after in itertools.pairwise(in_order))
    assert all(oid[: len(root)] == root for oid, _ in rows)
    if stop is None:
        assert rows == bindings
        assert rows
    elif bindings and stop == "":
        cause, value = bindings[len(rows)]
        assert value is ber.Missing.END_OF_MIB_VIEW or (cause > in_order[-1] and cause[: len(root)] != root)


@given(st.lists(st.lists(st.tuples(names, st.just((ber.INTEGER, 1))), max_size=4), max_size=12))
def test_every_walk_ends(answers: list[list[tuple[ber.Oid, Typed]]]) -> None:
    """Whatever an agent answers, over and over, the walk ends with increasing names."""

    async def test() -> WalkResult:
        script = scripted(lambda asked, n: answers[n % len(answers)] if answers else [])
        client, _ = client_for(script)
        with client:
            return await walk(client, target(timeout_s=0.1, retries=0), (1, 3), WalkLimits(rows=20, requests=30))

    try:
        result = virtual(test())
    except RequestTimeout:
        return
    assert list(result.rows) == sorted(set(result.rows))
    assert len(result.rows) <= 20


# --- what a device teaches -----------------------------------------------------------------------------------


def columns_with(
    agent: Callable[..., Iterable[bytes]],
    roots: list[ber.Oid],
    sizes: LearnedSizes | None = None,
    version: int = 1,
) -> list[WalkResult]:
    async def test() -> list[WalkResult]:
        client, _ = client_for(agent)
        with client:
            return await walk_columns(client, target(version=version), roots, sizes=sizes)

    return virtual(test())


NAMES_AND_ALIASES = [mib.IF_NAME, mib.IF_ALIAS]
HOLES: dict[ber.Oid, Typed] = {
    **TABLE,
    **{(*mib.IF_ALIAS, n): (ber.OCTET_STRING, b"to %d" % n) for n in range(1, 60, 3)},
}
ALIASES = tuple((oid, typed[1]) for oid, typed in HOLES.items() if oid[:-1] == mib.IF_ALIAS)


@pytest.mark.parametrize("version", [V1, 1])
@pytest.mark.parametrize("refuse_bulk", [False, True])
def test_columns_are_walked_side_by_side(version: int, refuse_bulk: bool) -> None:
    """Columns of different length come out whole, joined in one request each time, by GETBULK and by GETNEXT."""
    agent = TableAgent(dict(HOLES), refuse_bulk=refuse_bulk)
    assert columns_with(agent, NAMES_AND_ALIASES, version=version) == [WalkResult(ROWS), WalkResult(ALIASES)]
    assert len(agent.asked) < (len(ROWS) + 6 if version == V1 or refuse_bulk else 8)


def test_columns_that_do_not_fit_together_are_walked_one_by_one() -> None:
    """An agent that has room for one object in an answer is asked for one column at a time."""
    agent = TableAgent(dict(HOLES), refuse_bulk=True, largest_answer=1)
    assert columns_with(agent, NAMES_AND_ALIASES) == [WalkResult(ROWS), WalkResult(ALIASES)]


def test_a_refused_column_does_not_cost_the_others() -> None:
    """Where the agent refuses one column, the other is read and the refused one says so."""
    agent = TableAgent(dict(HOLES))

    def script(data: bytes, source: object) -> list[bytes]:
        asked = read_request(data)
        if any(oid[: len(mib.IF_ALIAS)] == mib.IF_ALIAS for oid in asked.oids):
            return [response(asked, {}, status=5, index=2)]
        return agent(data, ("", 0))

    assert columns_with(script, NAMES_AND_ALIASES) == [WalkResult(ROWS), WalkResult((), "gen_err")]


def test_what_a_walk_teaches_serves_the_next_one() -> None:
    """Sizes and the lack of GETBULK are learnt once per device, not once per walk."""
    sizes = LearnedSizes()
    agent = TableAgent(dict(TABLE))
    columns_with(agent, [ROOT], sizes)
    agent.asked.clear()
    columns_with(agent, [ROOT], sizes)
    assert asked_sizes(agent) == [(ber.GET_BULK, 25), (ber.GET_NEXT, 25), (ber.GET_BULK, 25)]
    agent = TableAgent(dict(list(TABLE.items())[:9]), refuse_bulk=True)
    sizes = LearnedSizes()
    columns_with(agent, [ROOT], sizes)
    agent.asked.clear()
    columns_with(agent, [ROOT], sizes)
    assert {kind for kind, _ in asked_sizes(agent)} == {ber.GET_NEXT}


def test_getbulk_is_tried_again_after_long_success() -> None:
    """A device that lost large answers for a while does not stay with GETNEXT for ever; one that refuses does."""
    sizes = LearnedSizes()
    agent = TableAgent(dict(TABLE), lose=lambda asked: asked.kind == ber.GET_BULK)
    columns_with(agent, [ROOT], sizes)
    tries = [place for place, (kind, _) in enumerate(asked_sizes(agent)) if kind == ber.GET_BULK]
    agent.lose = lambda asked: False
    for _ in range(40):
        columns_with(agent, [ROOT], sizes)
    assert sizes.repetitions.value == 25
    assert len(tries) == 3 * 4  # 10 and 2 at first, 1 after 20 good answers; each is sent four times


def test_answers_too_long_for_a_frame_are_made_shorter() -> None:
    """An answer of more than 1,400 octets is good, and the next ones are asked to be shorter."""
    table: dict[ber.Oid, Typed] = {(*ROOT, n): (ber.OCTET_STRING, b"x" * 200) for n in range(1, 61)}
    sizes = LearnedSizes()
    agent = TableAgent(table)
    assert len(columns_with(agent, [ROOT], sizes)[0].rows) == 60
    assert {rows for kind, rows in asked_sizes(agent)[3:] if kind == ber.GET_BULK} == {6}


LONG_TABLE: dict[ber.Oid, Typed] = {(*ROOT, n): (ber.INTEGER, n) for n in range(1, 301)}


def skipping(above: int, *, disorder: bool = False) -> TableAgent:
    """Make an agent that spoils answers of more rows than ``above``: leaves some out, or mixes their order."""

    class Skipping(TableAgent):
        def _bulk(self, asked: Asked) -> list[tuple[ber.Oid, Typed]]:
            rows = super()._bulk(asked)
            if len(rows) <= above:
                return rows
            return [*rows[:above], *(reversed(rows[above:]) if disorder else rows[above + 1 :])]

    return Skipping(dict(LONG_TABLE))


@pytest.mark.parametrize("disorder", [False, True])
@pytest.mark.parametrize("above", [1, 3, 7, 12, 21])
def test_rows_that_getbulk_skips_or_mixes_are_read(above: int, disorder: bool) -> None:
    """An agent that spoils big answers is asked for smaller ones from the last good row on; none is missing."""
    sizes = LearnedSizes()
    agent = skipping(above, disorder=disorder)
    assert columns_with(agent, [ROOT], sizes) == [WalkResult(tuple((oid, oid[-1]) for oid in LONG_TABLE))]
    assert sizes.repetitions.proven <= above + 1  # a single row left over shows nothing and spoils nothing


def test_an_agent_that_cannot_answer_the_check_is_believed() -> None:
    """Where a GETNEXT of many names is refused, order is all that can be asked for, and the walk goes on."""
    agent = TableAgent(dict(TABLE))

    def script(data: bytes, source: object) -> list[bytes]:
        asked = read_request(data)
        if asked.kind == ber.GET_NEXT:
            return [response(asked, {}, status=1)]
        return agent(data, ("", 0))

    assert columns_with(script, [ROOT]) == [WalkResult(ROWS)]


def test_a_device_that_dies_in_a_walk_teaches_nothing() -> None:
    """Silence that smaller requests do not end is no matter of size."""
    sizes = LearnedSizes()
    agent = TableAgent(dict(TABLE))
    agent.lose = lambda asked: len(agent.asked) > 3
    assert columns_with(agent, [ROOT], sizes)[0].partial == "timeout"
    assert sizes.repetitions.value == 25


def test_a_table_of_1800_rows_takes_few_requests() -> None:
    """Less than half of the requests that ten repetitions take, though it is checked for rows left out."""
    sizes = LearnedSizes()
    table: dict[ber.Oid, Typed] = {
        (*ROOT, n): (ber.OCTET_STRING, b"GigabitEthernet1/0/%d" % n) for n in range(1800)
    }
    agent = TableAgent({**table, **AROUND})
    for most in (78, 74):
        agent.asked.clear()
        (result,) = columns_with(agent, [ROOT], sizes)
        assert (len(result.rows), result.partial) == (1800, "")
        assert len(agent.asked) <= most
