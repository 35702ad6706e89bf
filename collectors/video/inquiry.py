"""The questions of one poll: what one of them costs the others, namely nothing, and what is told when one fails.

What is asked is for the profiles to say, how it gets into requests is in ``snmp.batch`` and ``snmp.walk``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.ber import Missing, Oid, Value
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.errors import RequestTimeout, SnmpError
from phusong.collectors.snmp.walk import WalkLimits, WalkResult, walk_columns

from .measures import Problems

SILENCES_BORNE: Final = 2
"""After so many questions in a row without an answer the rest is left out: each costs a whole deadline."""
POLL_MOST_S: Final = 20.0
"""After so long no other question is begun in a poll: who is slow, or makes up rows, is not waited for."""


class Inquiry:
    """Asks one endpoint during one poll, and gathers what is wrong."""

    def __init__(
        self,
        client: SnmpClient,
        reader: BatchReader,
        problems: Problems,
        known: Mapping[Oid, Value] | None = None,
    ) -> None:
        self.problems = problems
        self.known = known or {}
        """What was read already in this poll."""
        self.lost: set[str] = set()
        """The titles of what was asked for by GET and could not be read."""
        self._client = client
        self._reader = reader
        self._silences = 0
        self._deadline = asyncio.get_running_loop().time() + POLL_MOST_S

    async def get(self, groups: Mapping[str, Sequence[Oid]]) -> dict[str, list[Value]]:
        """Read groups of objects, all in one; when that fails, each by itself.

        Returns the values of each group in the order of its objects, ``Missing`` where they could not be read.
        """
        values: dict[str, list[Value]] = {title: [] for title in groups}
        asked = {title: oids for title, oids in groups.items() if oids}
        if self.known.keys() >= {oid for oids in asked.values() for oid in oids}:
            return values | {title: [self.known[oid] for oid in oids] for title, oids in asked.items()}
        if len(asked) > 1:
            try:
                read = iter(await self._reader.read([oid for oids in asked.values() for oid in oids]))
            except SnmpError:
                pass
            else:
                self._silences = 0
                return values | {title: [next(read) for _ in oids] for title, oids in asked.items()}
        return values | {title: await self._get_apart(title, oids) for title, oids in asked.items()}

    async def _get_apart(self, title: str, oids: Sequence[Oid]) -> list[Value]:
        if self._may_ask(title):
            try:
                values = await self._reader.read(oids)
            except SnmpError as error:
                self._failed(title, error)
            else:
                self._silences = 0
                return values
        self.lost.add(title)
        return [Missing.NO_SUCH_INSTANCE] * len(oids)

    async def walk(self, title: str, columns: Sequence[Oid], limits: WalkLimits) -> list[WalkResult]:
        """Read columns of a table side by side; a column that fails, or all, are empty and said to be partial."""
        if not self._may_ask(title):
            return [WalkResult((), "not asked") for _ in columns]
        try:
            found = await walk_columns(self._client, self._reader.target, columns, limits, self._reader.sizes)
        except SnmpError as error:
            self._failed(title, error)
            return [WalkResult((), error.reason) for _ in columns]
        lost = all(result.partial and not result.rows for result in found)
        self._silences = self._silences + 1 if lost else 0
        for reason in dict.fromkeys(result.partial for result in found if result.partial):
            self.problems.tell(f"{title}: read in part only: {reason}")
        return found

    def ask_anew(self) -> None:
        """Ask again for what was not there, or was refused, by its name: other rows may stand there now."""
        self._reader.forget_absent()

    def _may_ask(self, title: str) -> bool:
        if self._silences >= SILENCES_BORNE:
            self.problems.tell(f"{title}: not asked, the device does not answer")
        elif asyncio.get_running_loop().time() > self._deadline:
            self.problems.tell(f"{title}: not asked, the device takes too long")
        else:
            return True
        return False

    def _failed(self, title: str, error: SnmpError) -> None:
        self._silences += isinstance(error, RequestTimeout)
        self.problems.tell(f"{title}: {error or error.reason}")
