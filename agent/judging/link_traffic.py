"""How much each end of a line has carried: intervals that are beyond doubt, added up; and its use of the contract.

A total never falls and never takes in a byte of another interface: an interval without a trusted figure adds
nothing and is counted by its reason. What the intervals are is decided in ``collectors.rates``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from phusong.agent.inventory import InterfaceSelector, Inventory
from phusong.agent.state.device_memory import BytesCarried, LinkEndKey
from phusong.collectors.rates import NO_ANOMALY, Interval, NoRate
from phusong.exporters.snapshot import AnomalyCount, EndTraffic, LinkInfo

NEAR, FAR = "near", "far"
PORT = "port"
"""Of an endpoint, in place of a line: the port to which it is connected."""
NOTHING_YET = EndTraffic(0, 0, None, None, None, None, "", ())


@dataclass(frozen=True, slots=True)
class _End:
    key: LinkEndKey
    interface: InterfaceSelector


class TrafficTotals:
    """The totals of all ends of an inventory's lines, by link and end."""

    def __init__(self) -> None:
        self._ends: dict[str, list[_End]] = {}
        """By device: the ends that are interfaces of it."""
        self._totals: dict[LinkEndKey, EndTraffic] = {}
        self._saved: dict[LinkEndKey, BytesCarried] = {}
        """From an earlier life, of ends of which nothing is known in this one yet."""

    def restore(self, carried: Mapping[LinkEndKey, BytesCarried]) -> None:
        """Take over the totals of an earlier life."""
        self._saved = dict(carried)

    def follow(self, inventory: Inventory) -> None:
        """Count for these lines from now on; lines that are not among them any more are forgotten."""
        self._ends = {}
        known: set[LinkEndKey] = set()
        for link in inventory.links.values():
            for which, end in ((NEAR, link.near), (FAR, link.far)):
                if end is not None:
                    key = (link.link_id, which)
                    known.add(key)
                    self._ends.setdefault(end.device_id, []).append(_End(key, end.interface))
        for endpoint in inventory.endpoints.values():
            if endpoint.lan is not None:
                key = (endpoint.endpoint_id, PORT)
                known.add(key)
                self._ends.setdefault(endpoint.lan.device_id, []).append(_End(key, endpoint.lan.interface))
        self._totals = {key: total for key, total in self._totals.items() if key in known}
        self._saved = {key: carried for key, carried in self._saved.items() if key in known}

    def note(self, device_id: str, traffic: Mapping[InterfaceSelector, Interval | NoRate]) -> None:
        """Add what a poll of a device found."""
        for end in self._ends.get(device_id, ()):
            outcome = traffic.get(end.interface)
            if outcome is not None:
                self._note_end(end.key, outcome)

    def of(self, link_id: str, which: str) -> EndTraffic | None:
        """Return what is known of one end (``near``, ``far``); ``None`` before anything is."""
        return self._totals.get((link_id, which))

    def carried(self) -> dict[LinkEndKey, BytesCarried]:
        """Return all totals, to be saved."""
        return {**self._saved, **{key: _carried(total) for key, total in self._totals.items()}}

    def carried_at(self, device_ids: Iterable[str]) -> dict[LinkEndKey, BytesCarried]:
        """Return the totals of the ends at these devices, as far as they have any in this life."""
        keys = (end.key for device_id in device_ids for end in self._ends.get(device_id, ()))
        return {key: _carried(self._totals[key]) for key in keys if key in self._totals}

    def _note_end(self, key: LinkEndKey, outcome: Interval | NoRate) -> None:
        total = self._totals.get(key)
        if outcome is NoRate.TOO_SOON:
            return  # the figures stand as they are
        saved = self._saved.pop(key, None)
        if total is None:
            # Where the first interval does not join on to what was saved, bytes are missing between the two, and
            # the total may have been shown higher than it was saved. A total that falls to less than that is
            # taken for a counter that began anew by whoever reads it, so it does begin anew.
            total = NOTHING_YET
            if saved is not None and isinstance(outcome, Interval):
                total = replace(total, received_bytes=saved.received, sent_bytes=saved.sent)
        self._totals[key] = add_interval(total, outcome)


def _carried(total: EndTraffic) -> BytesCarried:
    return BytesCarried(total.received_bytes, total.sent_bytes)


def add_interval(total: EndTraffic, outcome: Interval | NoRate) -> EndTraffic:
    """Return the total after one more interval."""
    if isinstance(outcome, NoRate):
        anomalies = total.anomalies if outcome in NO_ANOMALY else _counted(total.anomalies, outcome)
        return EndTraffic(total.received_bytes, total.sent_bytes, None, None, None, None, outcome.value, anomalies)
    return EndTraffic(
        received_bytes=total.received_bytes + (outcome.received_bytes or 0),
        sent_bytes=total.sent_bytes + (outcome.sent_bytes or 0),
        receive_bytes_per_s=outcome.receive_bytes_per_s,
        transmit_bytes_per_s=outcome.transmit_bytes_per_s,
        error_ratio=outcome.error_ratio,
        discard_ratio=outcome.discard_ratio,
        no_rate="",
        anomalies=total.anomalies,
    )


def _counted(anomalies: tuple[AnomalyCount, ...], reason: NoRate) -> tuple[AnomalyCount, ...]:
    counts = {anomaly.reason: anomaly.count for anomaly in anomalies}
    counts[reason.value] = counts.get(reason.value, 0) + 1
    return tuple(AnomalyCount(name, count) for name, count in counts.items())


def use_of_contract(
    info: LinkInfo, near: EndTraffic | None, far: EndTraffic | None
) -> tuple[float | None, float | None]:
    """Return which share of the contracted rate is in use, towards the office and from it.

    The office's end is asked first: its interface is the line's alone, while the hub's may carry more.
    """
    down, up = (far.receive_bytes_per_s, far.transmit_bytes_per_s) if far else (None, None)
    if near:
        down = near.transmit_bytes_per_s if down is None else down
        up = near.receive_bytes_per_s if up is None else up
    return (
        None if down is None else down / info.contracted_down_bytes_per_s,
        None if up is None else up / info.contracted_up_bytes_per_s,
    )
