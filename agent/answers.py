"""What the running agent answers to the commands that ask it over its control socket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from .control import Handler, Refused
from .daemon import Agent
from .input.problems import name_hint, shown
from .maintenance_watch import MaintenanceWatch


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one agent, which started at the Unix time ``started``."""

    agent: Agent
    maintenance: MaintenanceWatch
    started: float

    @property
    def all(self) -> Mapping[str, Handler]:
        """All questions that there are, by their names."""
        return {"status": self.status, "explain": self.explain}

    def status(self, _question: dict[str, Any]) -> dict[str, object]:
        """Answer ``phusong status``."""
        snapshot = self.agent.current()
        return {
            "pid": os.getpid(),
            "version": version("phusong"),
            "started": self.started,
            "ready": self.agent.ready,
            "links": len(snapshot.links),
            "endpoints": len(snapshot.endpoints),
            "windows": self.maintenance.counts(),
        }

    def explain(self, question: dict[str, Any]) -> dict[str, object]:
        """Answer ``phusong explain``.

        Raises
        ------
        Refused
            Nothing has that id.
        """
        item_id = str(question.get("id", ""))
        found = self.agent.explain(item_id)
        if item_id in self.agent.device_ids and not found:
            ask_it = "explain a line that hangs on it, or ask it: phusong poll --device"
            raise Refused(f"{item_id} is a device; {ask_it}")
        if not found:
            hint = name_hint(item_id, self.agent.known_ids, "ids stand in the files of the inventory")
            raise Refused(f"no line, endpoint, service or office has the id {shown(item_id)}; {hint}")
        return {"explanations": [explanation.as_json() for explanation in found]}
