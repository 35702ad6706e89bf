"""Which row of a device's interface table a name means: decisions only, no network.

A link names its interface by ifName, ifAlias, ifDescr or ifIndex. Names repeat on real devices, so a name that
fits several rows is refused with the candidates, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from . import mib
from .device_text import clean_text
from .snmp.ber import Oid

TICKS = 2**32
RESTART_TOLERANCE_TICKS = 30_00
"""How far sysUpTime may lie from where it should be before it means a restart: 30 s of drift and delay."""
CANDIDATES_SHOWN = 5


class Column(StrEnum):
    """The IF-MIB column by which an interface is found."""

    NAME = "name"
    ALIAS = "alias"
    DESCR = "descr"
    INDEX = "index"


COLUMN_OIDS: Mapping[Column, Oid] = {
    Column.NAME: mib.IF_NAME,
    Column.ALIAS: mib.IF_ALIAS,
    Column.DESCR: mib.IF_DESCR,
}


@dataclass(frozen=True, slots=True)
class InterfaceSelector:
    """How a link's interface is named: ``Gi0/1`` (ifName), ``alias:...``, ``descr:...`` or ``index:12``."""

    column: Column
    text: str

    def means(self, name: str) -> bool:
        """Tell whether this is the decoded name of the row; the forms of Unicode make no difference."""
        return bool(name) and (name == self.text or name == clean_text(self.text))

    def __str__(self) -> str:
        return self.text if self.column is Column.NAME else f"{self.column}:{self.text}"


class InterfaceNotFound(LookupError):
    """No row, or no single row, has the name; the message says which rows come near."""


class InterfaceAmbiguous(InterfaceNotFound):
    """Several rows have the name; ``indexes`` are their numbers."""

    def __init__(self, selector: InterfaceSelector, indexes: Sequence[int], rows: Mapping[int, str]) -> None:
        """Make the message; ``rows`` says more of some of the rows, for who must choose one."""
        shown = [f"index:{index}{rows.get(index, '')}" for index in indexes[:CANDIDATES_SHOWN]]
        more = f" and {len(indexes) - len(shown)} more" if len(indexes) > len(shown) else ""
        super().__init__(
            f"{len(indexes)} interfaces are called '{selector}' ({', '.join(shown)}{more}): name one by index"
        )
        self.indexes = tuple(indexes)


def find_index(selector: InterfaceSelector, names: Mapping[int, str]) -> int:
    """Return the ifIndex of the one row whose name in the selector's column is the selector's text.

    ``names`` maps ifIndex to the decoded text of that column.

    Raises
    ------
    InterfaceNotFound
        No row fits, or several do (``InterfaceAmbiguous``).
    """
    found = [index for index, name in names.items() if selector.means(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InterfaceAmbiguous(selector, found, {})
    raise InterfaceNotFound(f"no interface '{selector}' among {len(names)} rows")


def agent_restarted(previous_ticks: int, now_ticks: int, elapsed_s: float) -> bool:
    """Tell whether sysUpTime shows a restart of the agent.

    It counts hundredths of a second and wraps after 497 days (2^32), so what tells is not a fall but whether the
    value is behind where the elapsed time would have brought it, by more than 30 s and 1 % of that time. One that
    is ahead is no restart (this machine may have slept), nor is a clock that stands still.
    """
    elapsed_ticks = round(elapsed_s * 100)
    if not clock_off_ticks(previous_ticks, now_ticks, elapsed_s):
        return False
    return now_ticks != previous_ticks and now_ticks - previous_ticks < elapsed_ticks


def clock_off_ticks(previous_ticks: int, now_ticks: int, elapsed_s: float) -> int:
    """Return by how many ticks sysUpTime is not where it should be; 0 within 30 s and 1 % of the elapsed time."""
    elapsed_ticks = round(elapsed_s * 100)
    behind = (previous_ticks + elapsed_ticks - now_ticks) % TICKS
    off = min(behind, TICKS - behind)
    return off if off > RESTART_TOLERANCE_TICKS + elapsed_ticks // 100 else 0
