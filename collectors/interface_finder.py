"""Finds the rows that links name, by walking the columns of names: the dear part of polling, done when it must be.

Which row a name means is decided in ``interface_lookup``; when to look is decided in ``interfaces``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import mib
from .interface_lookup import (
    CANDIDATES_SHOWN,
    COLUMN_OIDS,
    Column,
    InterfaceAmbiguous,
    InterfaceNotFound,
    InterfaceSelector,
    find_index,
)
from .interface_memory import DeviceIdentity
from .interface_row import Naming
from .snmp.batch import BatchReader
from .snmp.ber import Oid, Value
from .snmp.client import SnmpClient
from .snmp.walk import walk

LONGEST_ENGINE_ID = 32
ZTE = "1.3.6.1.4.1.3902."
"""The enterprise whose ZXR10 routers have no ifName, and the port's description behind its name in ifDescr."""
_IDENTITY: tuple[Oid, ...] = (mib.SYS_UP_TIME, mib.SYS_OBJECT_ID, mib.SYS_NAME, mib.SNMP_ENGINE_ID)


@dataclass(slots=True)
class Found:
    """Where the rows are, and why some are nowhere."""

    identity: DeviceIdentity
    naming: Naming
    indexes: dict[InterfaceSelector, int] = field(default_factory=dict)
    problems: dict[InterfaceSelector, str] = field(default_factory=dict)
    unseen: set[InterfaceSelector] = field(default_factory=set)
    """Those of ``problems`` whose row may well be there: a walk broke off before it could show."""


class InterfaceFinder:
    """Looks rows up on one device, walking only the columns that the selectors use."""

    def __init__(self, client: SnmpClient, reader: BatchReader, legacy_charset: str | None) -> None:
        self._client = client
        self._reader = reader
        self._legacy_charset = legacy_charset

    async def find(self, selectors: Sequence[InterfaceSelector]) -> Found:
        """Find the row of every selector.

        Raises
        ------
        SnmpError
            The device did not answer, or refused.
        """
        self._reader.forget_absent()
        identity = await self._identify()  # also finds a silent device before a walk tries less
        found = Found(identity, self.naming(identity))
        walks = _Walks(self._client, self._reader, found.naming)
        for selector in selectors:
            if selector.column is Column.INDEX:
                found.indexes[selector] = int(selector.text)
                continue
            try:
                found.indexes[selector] = await walks.find(selector)
            except InterfaceAmbiguous as error:
                rows = await self._describe(error.indexes[:CANDIDATES_SHOWN], found.naming)
                found.problems[selector] = f"{InterfaceAmbiguous(selector, error.indexes, rows)}{walks.partial}"
            except InterfaceNotFound as error:
                found.problems[selector] = f"{error}{walks.partial}"
                if walks.partial:
                    found.unseen.add(selector)
        return found

    def naming(self, identity: DeviceIdentity) -> Naming:
        """Return how the rows of such a device are named."""
        return Naming(self._legacy_charset, first_word=identity.sys_object_id.startswith(ZTE))

    async def _identify(self) -> DeviceIdentity:
        _, object_id, name, engine_id = await self._reader.read(_IDENTITY)
        return DeviceIdentity(
            sys_object_id=".".join(map(str, object_id)) if isinstance(object_id, tuple) else "",
            engine_id=engine_id[:LONGEST_ENGINE_ID] if isinstance(engine_id, bytes) else b"",
            sys_name=Naming(self._legacy_charset).text(name),
        )

    async def _describe(self, indexes: Sequence[int], naming: Naming) -> dict[int, str]:
        """Return what tells rows of one name apart: their ifAlias and ifDescr."""
        oids = [(*column, index) for index in indexes for column in (mib.IF_ALIAS, mib.IF_DESCR)]
        texts = [naming.text(value) for value in await self._reader.read(oids)]
        return {
            index: f" (alias '{alias}', descr '{descr}')"
            for index, alias, descr in zip(indexes, texts[::2], texts[1::2], strict=True)
        }


class _Walks:
    """The columns of names as far as they were walked during one look-up."""

    def __init__(self, client: SnmpClient, reader: BatchReader, naming: Naming) -> None:
        self._client = client
        self._reader = reader
        self._naming = naming
        self._values: dict[Column, dict[int, Value]] = {}
        self.partial = ""
        """What to add to a problem when a walk stopped early."""

    async def find(self, selector: InterfaceSelector) -> int:
        """Return the ifIndex of the row that is meant.

        Where a row has no ifName, a plain name means its ifDescr, and without that its ifAlias: the name under
        which it is shown.

        Raises
        ------
        InterfaceNotFound, SnmpError
        """
        try:
            return find_index(selector, await self._names(selector, selector.column))
        except InterfaceAmbiguous:
            raise
        except InterfaceNotFound:
            if selector.column is not Column.NAME or self.partial:
                raise  # a device that could not even say all of that is not asked for more
            names = await self._names(selector, Column.NAME)
            for column in (Column.DESCR, Column.ALIAS):
                others = await self._names(selector, column)
                unnamed = {index: text for index, text in others.items() if not names.get(index)}
                if any(map(selector.means, unnamed.values())):
                    return find_index(selector, unnamed)
                names = {**names, **unnamed}
            raise

    async def _names(self, selector: InterfaceSelector, column: Column) -> dict[int, str]:
        if column not in self._values:
            root = COLUMN_OIDS[column]
            result = await walk(self._client, self._reader.target, root, sizes=self._reader.sizes)
            self._values[column] = {oid[-1]: value for oid, value in result.rows if len(oid) == len(root) + 1}
            if result.partial:
                self.partial = f" (names read in part only: {result.partial})"
        values = self._values[column]
        if column is Column.DESCR:
            return {index: self._naming.descr(value, selector) for index, value in values.items()}
        return {index: self._naming.text(value) for index, value in values.items()}
