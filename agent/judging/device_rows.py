"""The rows of all devices, and what those among them are on which lines hang: the hubs."""

from __future__ import annotations

from dataclasses import dataclass, field

from phusong.agent.inventory import Inventory
from phusong.agent.polling.observations import Observations, Outcome
from phusong.exporters.snapshot import DeviceRow

from .evidence import Evidence
from .parents import Parent
from .row_facts import RowFacts
from .verdict import Rule


@dataclass(slots=True)
class DeviceRows:
    """The rows of the devices of one inventory."""

    inventory: Inventory
    facts: RowFacts
    evidence: Evidence
    observations: Observations
    rows: dict[str, DeviceRow] = field(default_factory=dict)
    parents: dict[str, Parent] = field(default_factory=dict)
    """The hubs, as those see them that hang on them."""

    def __post_init__(self) -> None:
        self.parents = {hub: Parent(f"device {hub}", Rule.PARENT_DEVICE, None) for hub in self.facts.hubs}

    def adopt(self, before: DeviceRows) -> None:
        """Take over what an earlier state knew of the hubs that are still there."""
        self.parents |= {key: parent for key, parent in before.parents.items() if key in self.parents}

    def judge(self, device_id: str, now: float) -> bool:
        """Make the row of a device anew; tell whether what hangs on it is to be judged again."""
        outcome = self.observations.devices.get(device_id) or Outcome()
        poll = outcome.fresh(now, self.evidence.poll_fresh_s)
        sensors = self.evidence.sensors(device_id, now)
        sensors_outcome = self.observations.sensors.get(device_id)
        source = poll or (sensors.system if sensors else None)
        answers = [
            o.success_unix for o in (outcome, sensors_outcome) if o is not None and o.success_unix is not None
        ]
        state = self.evidence.device(device_id, now)
        self.rows[device_id] = DeviceRow(
            device_id=device_id,
            site_id=self.inventory.devices[device_id].site_id,
            sys_uptime_ticks=source.sys_uptime_ticks if source else None,
            last_success=max(answers, default=None),
            sensors=sensors,
            agent_restarts=outcome.value.agent_restarts if outcome.value else None,
            up=state.up,
            role="hub" if device_id in self.parents else "office",
        )
        before = self.parents.get(device_id)
        if before is None:
            return False
        out = None if state.up is None else not state.up
        recovered = out is False and before.out is not False
        recovered_at = state.heard_at if recovered else before.recovered_at
        self.parents[device_id] = Parent(before.name, before.rule, out, state.heard_at, recovered_at)
        return out is not before.out
