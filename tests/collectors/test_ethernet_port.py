"""How a port runs: half duplex is told where the agent knows it, and nothing is made up."""

from __future__ import annotations

import pytest
from snmp_peers import TableAgent, Typed, client_for, target, virtual

from phusong.collectors import mib
from phusong.collectors.ethernet_port import read_half_duplex
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V1, V2C


def read(objects: dict[ber.Oid, Typed], *indexes: int, version: int = V2C) -> dict[int, bool]:
    async def test() -> dict[int, bool]:
        client, _ = client_for(TableAgent(dict(objects)))
        with client:
            return await read_half_duplex(BatchReader(client, target(version=version)), indexes)

    return virtual(test())


def status(index: int, value: int) -> dict[ber.Oid, Typed]:
    return {(*mib.DOT3_STATS_DUPLEX_STATUS, index): (ber.INTEGER, value)}


@pytest.mark.parametrize("version", [V1, V2C])
def test_what_the_agent_says(version: int) -> None:
    """Half is half, full is full; unknown, numbers outside of the MIB and absent rows say nothing."""
    objects = {**status(1, 2), **status(2, 3), **status(3, 1), **status(4, 7)}
    assert read(objects, 1, 2, 3, 4, 5, version=version) == {1: True, 2: False}


def test_an_agent_that_knows_nothing_of_it() -> None:
    """Silence and refusal are no failure of the port."""
    assert read({}, 1) == {}
    assert read(status(1, 2)) == {}
