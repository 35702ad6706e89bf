"""How many requests a second one device is sent: enough that nobody healthy notices, too few to wear a device out.

Bookkeeping only, on a clock that is handed in; the waiting is in ``client``. A walk of a broken table, many links
on one small router, a survey beside the polls: all draw on the same budget of that address.
"""

from __future__ import annotations

from .transport import Address

REQUESTS_PER_S = 50.0
BURST_S = 10.0
"""So many seconds' worth may be sent at once: a hub with hundreds of lines is polled in one go."""
ADDRESSES_KEPT = 4096
"""With more, those whose budget is full again are forgotten."""


class RequestBudget:
    """One account per address, by the generic cell rate algorithm (ITU-T I.371, annex A)."""

    def __init__(self, per_s: float = REQUESTS_PER_S) -> None:
        self.per_s = per_s
        self._gap_s = 1 / per_s
        self._free_from: dict[Address, float] = {}
        """When the next request may go if all of the burst were used; in the past by what is left of it."""
        self._forget_at = ADDRESSES_KEPT

    def charge(self, address: Address, now: float) -> float:
        """Charge one request to an address; return how many seconds it must wait, mostly 0."""
        free_from = max(self._free_from.get(address, 0.0), now - BURST_S) + self._gap_s
        self._free_from[address] = free_from
        if len(self._free_from) > self._forget_at:
            self._forget_full(now)
        return free_from - now if free_from > now else 0.0

    def _forget_full(self, now: float) -> None:
        full_at = now - BURST_S
        self._free_from = {address: free for address, free in self._free_from.items() if free > full_at}
        self._forget_at = 2 * max(ADDRESSES_KEPT, len(self._free_from))
