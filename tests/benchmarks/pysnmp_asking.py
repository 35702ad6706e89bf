"""pysnmp as the peer: gets and walks what our agent does, with the objects' names left as numbers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from asked_objects import AT_ONCE, TIMEOUT_S, Asked
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.proto.rfc1902 import Null, ObjectName

from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.credentials import V1, Community
from phusong.collectors.snmp.learned import OBJECTS_PER_REQUEST

MP_MODELS = {V1: 0}
V2C_MP_MODEL = 1


class PysnmpAsker:
    """One engine, and what it has been told of the agents; belongs to one event loop."""

    def __init__(self) -> None:
        self._engine, self._context = pysnmp.SnmpEngine(), pysnmp.ContextData()

    async def ask(self, asked: Sequence[Asked]) -> tuple[float, int]:
        """Ask all of them once; return the CPU seconds that it took, and how many answered to the end."""
        agents = [(one, await self._transport(one), _community(one)) for one in asked]
        room = asyncio.Semaphore(AT_ONCE)

        async def run(one: Asked, transport: Any, auth: Any) -> bool:
            async with room:
                return await self._ask(one, transport, auth)

        began = time.process_time()
        answered = await asyncio.gather(*(run(*agent) for agent in agents))
        return time.process_time() - began, sum(answered)

    def close(self) -> None:
        """End its sockets and timers."""
        self._engine.close_dispatcher()

    async def _transport(self, one: Asked) -> Any:
        return await pysnmp.UdpTransportTarget.create(one.address, timeout=TIMEOUT_S / 2, retries=1)

    async def _ask(self, one: Asked, transport: Any, auth: Any) -> bool:
        oids = list(one.values)
        for begin in range(0, len(oids), OBJECTS_PER_REQUEST):
            names = [_nothing(oid) for oid in oids[begin : begin + OBJECTS_PER_REQUEST]]
            error, *_ = await pysnmp.get_cmd(self._engine, auth, transport, self._context, *names, lookupMib=False)
            if error:
                return False
        for root, rows in one.walks.items():
            if not await self._walk(root, len(rows), transport, auth):
                return False
        return True

    async def _walk(self, root: Oid, rows: int, transport: Any, auth: Any) -> bool:
        """Walk a column of so many rows: by the first answer that goes beyond it."""
        last, seen = root, 0
        while seen <= rows:
            error, _, _, found = await pysnmp.bulk_cmd(
                self._engine, auth, transport, self._context, 0, rows + 1, _nothing(last), lookupMib=False
            )
            if error:
                return False
            inside = [tuple(name) for name, _ in found if tuple(name)[: len(root)] == root]
            if len(inside) < len(found) or not inside:
                return True
            last, seen = inside[-1], seen + len(inside)
        return True


def _nothing(oid: Oid) -> tuple[Any, Any]:
    return ObjectName(oid), Null("")


def _community(one: Asked) -> Any:
    assert isinstance(one.auth, Community)
    return pysnmp.CommunityData(one.auth.name.decode(), mpModel=MP_MODELS.get(one.auth.version, V2C_MP_MODEL))
