"""The rows of the services of services.csv: does each answer as it should, and in time."""

from __future__ import annotations

from dataclasses import dataclass, field

from phusong.agent.inventory import Inventory, Service
from phusong.collectors.call_readings import ServiceReading, ServiceState
from phusong.exporters.snapshot import ServiceRow, ServiceVerdict

from .evidence import Evidence
from .row_facts import RowFacts
from .verdict_changes import Moment


def judge_service(service: Service, reading: ServiceReading | None) -> ServiceVerdict:
    """Judge a service by its last answer; ``None``: not asked yet, or too long ago."""
    if reading is None:
        return ServiceVerdict.UNKNOWN
    if reading.state is not ServiceState.READY:
        return ServiceVerdict.DOWN
    if reading.latency_s is not None and reading.latency_s > service.slow_s:
        return ServiceVerdict.SLOW
    return ServiceVerdict.UP


@dataclass(slots=True)
class ServiceRows:
    """The rows of the services of one inventory."""

    inventory: Inventory
    facts: RowFacts
    evidence: Evidence
    rows: dict[str, ServiceRow] = field(default_factory=dict)

    def adopt(self, before: ServiceRows) -> None:
        """Take over what an earlier state knew of the services that are still there."""
        self.rows = {key: row for key, row in before.rows.items() if key in self.facts.services}

    def judge(self, service_id: str, moment: Moment, *, excused: bool) -> None:
        """Make the row of a service anew; ``excused``: a maintenance window covers it."""
        outcome = self.evidence.service(service_id)
        reading = outcome.fresh(moment.now, self.evidence.services_fresh_s)
        verdict = judge_service(self.inventory.services[service_id], reading)
        if excused:
            verdict = ServiceVerdict.MAINTENANCE
        before = self.rows.get(service_id)
        since = before.since if before and before.verdict is verdict else moment.unix
        self.rows[service_id] = ServiceRow(
            self.facts.services[service_id], verdict, since, reading, outcome.success_unix
        )
