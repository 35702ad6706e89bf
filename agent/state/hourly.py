"""How much each line carried in each hour and how it answered pings: sums, and the busiest twentieth.

Fed with every poll and every burst of pings; keeps the running hour and gives out rows. Nothing is read or written
here. Down is towards the office. Of a line with two ends the one that gave more figures in the hour counts, the
hub's where they are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from phusong.agent.inventory import Inventory
from phusong.agent.polling.poll_plan import ping_address
from phusong.collectors.interface_lookup import InterfaceSelector
from phusong.collectors.rates import Interval, NoRate
from phusong.collectors.readings import PingReading

HOUR_S = 3600
MOST_RATES = 1000
"""So many polls of an hour are kept for the 95th percentile; where there are more, every second one, and so on."""


@dataclass(frozen=True, slots=True)
class LinkHour:
    """One hour of one line. Rates are bytes per second, each the mean between two polls."""

    hour: int
    """Unix time / 3600."""
    link_id: str
    seconds: int = 0
    """For how much of the hour the traffic is known."""
    polls: int = 0
    down_bytes: int = 0
    up_bytes: int = 0
    down_p95: int = 0
    up_p95: int = 0
    down_max: int = 0
    up_max: int = 0
    pings_sent: int = 0
    pings_answered: int = 0
    rtt_avg_us: int | None = None
    rtt_max_us: int | None = None


def joined(one: LinkHour, other: LinkHour) -> LinkHour:
    """Return one hour of two parts (the agent was restarted between them); of percentiles the larger counts."""
    answered = one.pings_answered + other.pings_answered
    rtts = [(part.rtt_avg_us, part.pings_answered) for part in (one, other) if part.rtt_avg_us is not None]
    return LinkHour(
        one.hour,
        one.link_id,
        seconds=min(one.seconds + other.seconds, HOUR_S),
        polls=one.polls + other.polls,
        down_bytes=one.down_bytes + other.down_bytes,
        up_bytes=one.up_bytes + other.up_bytes,
        down_p95=max(one.down_p95, other.down_p95),
        up_p95=max(one.up_p95, other.up_p95),
        down_max=max(one.down_max, other.down_max),
        up_max=max(one.up_max, other.up_max),
        pings_sent=one.pings_sent + other.pings_sent,
        pings_answered=answered,
        rtt_avg_us=sum(rtt * count for rtt, count in rtts) // max(answered, 1) if rtts else None,
        rtt_max_us=max((part.rtt_max_us for part in (one, other) if part.rtt_max_us is not None), default=None),
    )


@dataclass(slots=True)
class _Traffic:
    """What one end of a line counted since the hour began."""

    seconds: float = 0.0
    polls: int = 0
    down_bytes: int = 0
    up_bytes: int = 0
    down_max: float = 0.0
    up_max: float = 0.0
    every: int = 1
    rates: list[tuple[float, float]] = field(default_factory=list)

    def add(self, seconds: float, down: int, up: int) -> None:
        self.seconds += seconds
        self.down_bytes += down
        self.up_bytes += up
        rates = down / seconds, up / seconds
        self.down_max, self.up_max = max(self.down_max, rates[0]), max(self.up_max, rates[1])
        if self.polls % self.every == 0:
            if len(self.rates) >= MOST_RATES:
                del self.rates[1::2]
                self.every *= 2
            self.rates.append(rates)
        self.polls += 1


@dataclass(slots=True)
class _Pings:
    """What an address answered since the hour began; times in seconds."""

    sent: int = 0
    answered: int = 0
    rtt_sum_s: float = 0.0
    rtt_max_s: float = 0.0


class HourlyUse:
    """The running hour of every line of an inventory."""

    def __init__(self) -> None:
        self._hour: int | None = None
        self._before: dict[str, LinkHour] = {}
        """What the file had of this hour when the agent started."""
        self._ends: dict[tuple[str, InterfaceSelector], list[tuple[str, str]]] = {}
        self._addresses: dict[str, str] = {}
        self._traffic: dict[tuple[str, str], _Traffic] = {}
        self._pings: dict[str, _Pings] = {}

    def use_inventory(self, inventory: Inventory) -> None:
        """Follow these lines from now on."""
        self._ends = {}
        for link in inventory.links.values():
            for name, end in (("near", link.near), ("far", link.far)):
                if end is not None:
                    self._ends.setdefault((end.device_id, end.interface), []).append((link.link_id, name))
        self._addresses = {key: ping_address(link, inventory) for key, link in inventory.links.items()}

    def begin(self, hour: int, before: Iterable[LinkHour] = ()) -> None:
        """Begin an hour, of which ``before`` is known already."""
        self._hour = hour
        self._before = {row.link_id: row for row in before}
        self._traffic, self._pings = {}, {}

    def polled(self, device_id: str, traffic: Mapping[InterfaceSelector, Interval | NoRate]) -> None:
        """Take note of what passed through a device's interfaces."""
        for selector, interval in traffic.items():
            if isinstance(interval, NoRate) or interval.received_bytes is None or interval.sent_bytes is None:
                continue
            received, sent = interval.received_bytes, interval.sent_bytes
            for key in self._ends.get((device_id, selector), ()):
                down, up = (sent, received) if key[1] == "near" else (received, sent)
                self._traffic.setdefault(key, _Traffic()).add(interval.seconds, down, up)

    def pinged(self, address: str, reading: PingReading) -> None:
        """Take note of a burst of echo requests."""
        pings = self._pings.setdefault(address, _Pings())
        pings.sent += reading.sent
        pings.answered += reading.received
        if reading.rtt_avg_s is not None:
            pings.rtt_sum_s += reading.rtt_avg_s * reading.received
            pings.rtt_max_s = max(pings.rtt_max_s, reading.rtt_max_s or reading.rtt_avg_s)

    @property
    def hour(self) -> int | None:
        """Which hour is running; ``None`` before any."""
        return self._hour

    def rows(self) -> list[LinkHour]:
        """Return the running hour as it is now, of all lines of which anything is known."""
        return list(self._rows())

    def _rows(self) -> Iterator[LinkHour]:
        if self._hour is None:
            return
        for link_id, address in self._addresses.items():
            near, far = (self._traffic.get((link_id, end)) for end in ("near", "far"))
            better = far if near is None or (far is not None and far.polls > near.polls) else near
            pings = self._pings.get(address)
            if better is None and pings is None:
                continue
            row = _with_pings(_link_hour(self._hour, link_id, better or _Traffic()), pings or _Pings())
            before = self._before.get(link_id)
            yield joined(before, row) if before else row


def _link_hour(hour: int, link_id: str, traffic: _Traffic) -> LinkHour:
    return LinkHour(
        hour,
        link_id,
        seconds=min(round(traffic.seconds), HOUR_S),
        polls=traffic.polls,
        down_bytes=traffic.down_bytes,
        up_bytes=traffic.up_bytes,
        down_p95=_busy([down for down, _ in traffic.rates]),
        up_p95=_busy([up for _, up in traffic.rates]),
        down_max=round(traffic.down_max),
        up_max=round(traffic.up_max),
    )


def _with_pings(row: LinkHour, pings: _Pings) -> LinkHour:
    answered = pings.answered
    return replace(
        row,
        pings_sent=pings.sent,
        pings_answered=answered,
        rtt_avg_us=round(pings.rtt_sum_s / answered * 1e6) if answered else None,
        rtt_max_us=round(pings.rtt_max_s * 1e6) if answered else None,
    )


def _busy(rates: list[float]) -> int:
    """Return the 95th percentile (nearest rank): the smallest rate that 95 % of the polls do not exceed."""
    if not rates:
        return 0
    rates.sort()
    return round(rates[-(-len(rates) * 95 // 100) - 1])
