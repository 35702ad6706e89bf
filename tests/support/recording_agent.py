"""An agent's record on a real ``phusong.db``: it lives, dies and is started again, on clocks of the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from phusong.agent.state.history import History
from phusong.agent.state.hourly import HourlyUse
from phusong.agent.state.state_store import StateStore
from phusong.exporters.agent_metrics import AgentMetrics

T = 1_790_000_000
"""When it begins, in Unix seconds."""


@dataclass
class RecordingAgent:
    """A state file, two clocks and the lives of an agent on them."""

    folder: Path
    unix: float = T
    monotonic: float = 1000.0
    metrics: AgentMetrics = field(default_factory=lambda: AgentMetrics("test"))

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin a life."""
        self.store = StateStore(self.folder, self.metrics, lambda: self.unix)
        self.history = History(self.store, self.metrics, HourlyUse(), lambda: self.monotonic, lambda: self.unix)
