"""What the observations prove at one moment: fresh values only, silence, and when each was heard.

Between ``observations``, which remembers outcomes of any age, and the judging of rows, which wants to know what
holds now. Decides nothing about links or endpoints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from phusong.agent.inventory import Inventory, LinkEnd
from phusong.agent.polling.observations import Observations, Outcome
from phusong.collectors.call_readings import EndpointReading, ServiceReading
from phusong.collectors.readings import InterfaceReading, PingReading, SensorsReading

from .verdict import EndEvidence, judge_device

FRESH_INTERVALS = 3
"""No value is shown when it is older than so many intervals."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Whether a device is there (``None``: not known), and when that was heard."""

    up: bool | None
    heard_at: float


class Evidence:
    """Looks into the observations of one inventory; the intervals are those of the configuration."""

    def __init__(
        self,
        inventory: Inventory,
        observations: Observations,
        poll_s: float,
        ping_s: float,
        sensors_s: float,
        probes_s: float = 60.0,
        services_s: float = 60.0,
    ) -> None:
        self._inventory = inventory
        self._observations = observations
        self.poll_fresh_s = FRESH_INTERVALS * poll_s
        self.ping_fresh_s = FRESH_INTERVALS * ping_s
        self.sensors_fresh_s = FRESH_INTERVALS * sensors_s
        self.probes_fresh_s = FRESH_INTERVALS * probes_s
        self.services_fresh_s = FRESH_INTERVALS * services_s

    def end(self, end: LinkEnd | None, now: float) -> EndEvidence | None:
        """Return what is known of one end of a link; ``None`` for an end that is not named."""
        if end is None:
            return None
        outcome = self._observations.devices.get(end.device_id)
        if outcome is None:
            return EndEvidence(None, silent=False)
        poll = outcome.fresh(now, self.poll_fresh_s)
        reading: InterfaceReading | None = poll.readings.get(end.interface) if poll else None
        return EndEvidence(reading, outcome.silent(now, self.poll_fresh_s), outcome.heard_at)

    def half_duplex(self, end: LinkEnd | None) -> bool | None:
        """Tell whether the port of an endpoint ran at half duplex when it was last asked; ``None``: not known."""
        return None if end is None else self._observations.half_duplex.get(end.device_id, {}).get(end.interface)

    def end_problem(self, end: LinkEnd) -> str:
        """Return why an end gave no reading at the last poll, for people; empty when it gave one."""
        outcome = self._observations.devices.get(end.device_id)
        if outcome is None:
            return ""
        problem = outcome.problem or (outcome.value.problems.get(end.interface, "") if outcome.value else "")
        return f"{end.device_id}: {problem}" if problem else ""

    def last_success(self, ends: Iterable[LinkEnd]) -> float | None:
        """Return when the device of one of the ends last answered, as Unix time."""
        outcomes = [self._observations.devices.get(end.device_id) for end in ends]
        return max((o.success_unix for o in outcomes if o and o.success_unix is not None), default=None)

    def ping(self, address: str, now: float) -> PingReading | None:
        """Return the last burst of echo requests to an address."""
        outcome = self._observations.pings.get(address)
        return outcome.fresh(now, self.ping_fresh_s) if outcome else None

    def pinged_at(self, address: str) -> float:
        """Return when an address was last pinged."""
        outcome = self._observations.pings.get(address)
        return outcome.value_at if outcome else -inf

    def lost_bursts(self, address: str) -> int:
        """Return how many bursts in a row were not answered at all."""
        return self._observations.lost_bursts.get(address, 0)

    def lost_since(self, address: str) -> float:
        """Return since when bursts are not answered at all; minus infinity while they are."""
        return self._observations.lost_since.get(address, -inf)

    def endpoint(self, endpoint_id: str) -> Outcome[EndpointReading]:
        """Return the outcome of asking an endpoint, an empty one before that."""
        return self._observations.endpoints.get(endpoint_id) or Outcome()

    def probes(self, endpoint_id: str) -> Outcome[tuple[ServiceReading, ...]]:
        """Return how the services of an endpoint answered."""
        return self._observations.probes.get(endpoint_id) or Outcome()

    def service(self, service_id: str) -> Outcome[ServiceReading]:
        """Return how a service answered."""
        return self._observations.services.get(service_id) or Outcome()

    def sensors(self, device_id: str, now: float) -> SensorsReading | None:
        """Return what a device's sensors say."""
        outcome = self._observations.sensors.get(device_id)
        return outcome.fresh(now, self.sensors_fresh_s) if outcome else None

    def device(self, device_id: str, now: float) -> DeviceState:
        """Tell whether a device is there: one sign of life is enough; only without any it is gone."""
        observations = self._observations
        address = self._inventory.devices[device_id].address
        ping = self.ping(address, now)
        asked = [
            (outcome, fresh_s)
            for outcome, fresh_s in (
                (observations.devices.get(device_id), self.poll_fresh_s),
                (observations.sensors.get(device_id), self.sensors_fresh_s),
            )
            if outcome is not None
        ]
        answers = [outcome.value_at for outcome, fresh_s in asked if outcome.fresh(now, fresh_s) is not None]
        silences = [outcome.failed_at or -inf for outcome, fresh_s in asked if outcome.silent(now, fresh_s)]
        up = judge_device(answers=bool(answers), silent=bool(silences), ping=ping)
        if up:
            signs = [*answers, *([self.pinged_at(address)] if ping is not None and ping.received else [])]
            return DeviceState(True, max(signs))
        if up is False:
            return DeviceState(False, min(max(silences), self.pinged_at(address)))
        return DeviceState(None, -inf)
