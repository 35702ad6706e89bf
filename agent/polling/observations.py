"""The last result of every device, endpoint and address, with its age: the agent's memory between polls.

A failure does not wipe out the value before it: the value stays until it is too old to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

from phusong.agent.inventory import InterfaceSelector
from phusong.agent.judging.link_traffic import TrafficTotals
from phusong.agent.state.hourly import HourlyUse
from phusong.collectors.call_readings import EndpointReading, ServiceReading, ServiceState
from phusong.collectors.interfaces import InterfacesPoll
from phusong.collectors.readings import PingReading, SensorsReading

from .backoff import check_interval_s

T = TypeVar("T")


@dataclass(slots=True)
class Outcome(Generic[T]):
    """What came of asking one thing again and again; times are monotonic but for ``success_unix``."""

    value: T | None = None
    value_at: float = 0.0
    failed_at: float | None = None
    """When the last attempt failed; ``None`` after a success or before any attempt."""
    silent_since: float | None = None
    """Since when attempts have failed because nothing answered; ``None`` after an answer: a refusal is one."""
    next_check_s: float = 0.0
    """How long after an unanswered attempt the next one may come, by the ladder of ``backoff``."""
    success_unix: float | None = None
    problem: str = ""
    """Why the last attempt failed, for people."""

    @property
    def heard_at(self) -> float:
        """When the last attempt ended."""
        return self.value_at if self.failed_at is None else self.failed_at

    def fresh(self, now: float, longest_s: float) -> T | None:
        """Return the value unless it is older than ``longest_s`` or the last attempt failed."""
        return self.value if self.failed_at is None and now - self.value_at <= longest_s else None

    def silent(self, now: float, longest_s: float) -> bool:
        """Tell whether the last attempt got no answer, not longer than ``longest_s`` after the next was due."""
        if self.failed_at is None or self.silent_since is None:
            return False
        return now - self.failed_at <= self.next_check_s + longest_s


class Observations:
    """All outcomes, by device id (its interfaces, its sensors), endpoint id, service id and pinged address."""

    def __init__(self, monotonic: Callable[[], float], unix_time: Callable[[], float]) -> None:
        self.monotonic = monotonic
        self.unix_time = unix_time
        self.devices: dict[str, Outcome[InterfacesPoll]] = {}
        self.endpoints: dict[str, Outcome[EndpointReading]] = {}
        self.probes: dict[str, Outcome[tuple[ServiceReading, ...]]] = {}
        """By endpoint: how its services answered; one that did not is a result like any other."""
        self.services: dict[str, Outcome[ServiceReading]] = {}
        self.half_duplex: dict[str, dict[InterfaceSelector, bool]] = {}
        """By device: whether the ports of endpoints run at half duplex, of those that say."""
        self.pings: dict[str, Outcome[PingReading]] = {}
        self.lost_bursts: dict[str, int] = {}
        """By address: how many bursts in a row had no answer at all; no entry for none."""
        self.lost_since: dict[str, float] = {}
        """By address: when the first of these was noted; minus infinity where none has ever been answered."""
        self.sensors: dict[str, Outcome[SensorsReading]] = {}
        self.traffic = TrafficTotals()
        self.hourly = HourlyUse()
        self.touched: set[tuple[str, str]] = set()
        """``(kind, id)`` of the outcomes that changed since somebody last emptied the set."""

    def device_answered(self, device_id: str, poll: InterfacesPoll) -> None:
        """Note the result of polling a device."""
        self.traffic.note(device_id, poll.traffic)
        self.hourly.polled(device_id, poll.traffic)
        self._succeed(self.devices, "device", device_id, poll)

    def device_failed(self, device_id: str, problem: str, *, unanswered: bool) -> None:
        """Note that polling a device failed."""
        self._fail(self.devices, "device", device_id, problem, unanswered)

    def sensors_answered(self, device_id: str, reading: SensorsReading) -> None:
        """Note what a device's sensors say."""
        self._succeed(self.sensors, "sensors", device_id, reading)

    def sensors_failed(self, device_id: str, problem: str, *, unanswered: bool) -> None:
        """Note that a device's sensors could not be asked."""
        self._fail(self.sensors, "sensors", device_id, problem, unanswered)

    def endpoint_answered(self, endpoint_id: str, reading: EndpointReading) -> None:
        """Note what an endpoint said."""
        self._succeed(self.endpoints, "endpoint", endpoint_id, reading)

    def endpoint_failed(self, endpoint_id: str, problem: str, *, unanswered: bool) -> None:
        """Note that an endpoint could not be asked."""
        self._fail(self.endpoints, "endpoint", endpoint_id, problem, unanswered)

    def probed(self, endpoint_id: str, readings: tuple[ServiceReading, ...]) -> None:
        """Note how an endpoint's services answered."""
        self._succeed(self.probes, "probe", endpoint_id, readings)

    def service_probed(self, service_id: str, reading: ServiceReading) -> None:
        """Note how a service answered; ``success_unix`` is when it last did as it should."""
        before = self.services.get(service_id)
        self._succeed(self.services, "service", service_id, reading)
        if reading.state is not ServiceState.READY:
            self.services[service_id].success_unix = before.success_unix if before else None

    def pinged(self, address: str, reading: PingReading) -> None:
        """Note a burst of echo requests; one that got no answer is a result like any other."""
        self.hourly.pinged(address, reading)
        if reading.received:
            self.lost_bursts.pop(address, None)
            self.lost_since.pop(address, None)
        else:
            self.lost_since.setdefault(address, self.monotonic() if address in self.pings else -inf)
            self.lost_bursts[address] = self.lost_bursts.get(address, 0) + 1
        self._succeed(self.pings, "ping", address, reading)

    def forget(
        self,
        device_ids: Iterable[str],
        endpoint_ids: Iterable[str],
        probed_ids: Iterable[str] = (),
        service_ids: Iterable[str] = (),
    ) -> None:
        """Drop what is known of things that are others now, under the same ids.

        ``probed_ids`` are the endpoints whose services are others, also where nothing else is.
        """
        device_ids = tuple(device_ids)
        for device_id in device_ids:
            self.half_duplex.pop(device_id, None)
        for kind, outcomes, keys in (
            ("device", self.devices, device_ids),
            ("sensors", self.sensors, device_ids),
            ("endpoint", self.endpoints, endpoint_ids),
            ("probe", self.probes, probed_ids),
            ("service", self.services, service_ids),
        ):
            for key in keys:
                outcomes.pop(key, None)
                self.touched.add((kind, key))

    def _succeed(self, outcomes: dict[str, Outcome[T]], kind: str, key: str, value: T) -> None:
        outcomes[key] = Outcome(value, self.monotonic(), success_unix=self.unix_time())
        self.touched.add((kind, key))

    def _fail(self, outcomes: dict[str, Outcome[T]], kind: str, key: str, problem: str, unanswered: bool) -> None:
        outcome = outcomes.setdefault(key, Outcome())
        now = outcome.failed_at = self.monotonic()
        outcome.problem = problem
        if not unanswered:
            outcome.silent_since = None
        else:
            if outcome.silent_since is None:
                outcome.silent_since = now
            outcome.next_check_s = check_interval_s(now - outcome.silent_since)
        self.touched.add((kind, key))
