"""Whether a port runs at half duplex (EtherLike-MIB, RFC 3635): the usual end of a failed negotiation.

A call through such a port loses what it sends while it receives, and the counters of the line show nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import mib
from .interface_row import as_int
from .snmp.batch import BatchReader
from .snmp.errors import SnmpError

HALF_DUPLEX, FULL_DUPLEX = 2, 3
"""Of dot3StatsDuplexStatus; unknown(1) says nothing."""


async def read_half_duplex(reader: BatchReader, if_indexes: Sequence[int]) -> dict[int, bool]:
    """Return, by ifIndex, whether the port runs at half duplex; ports that do not say are left out.

    Never fails: the port's row itself has been read, and many agents know nothing of this table.
    """
    try:
        values = await reader.read([(*mib.DOT3_STATS_DUPLEX_STATUS, index) for index in if_indexes])
    except SnmpError:
        return {}
    told = zip(if_indexes, map(as_int, values), strict=True)
    return {index: status == HALF_DUPLEX for index, status in told if status in (HALF_DUPLEX, FULL_DUPLEX)}
