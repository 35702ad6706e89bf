"""``phusong status``: what the running agent says of itself, over its control socket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from phusong.agent.input.config import load_paths
from phusong.agent.input.settings import LOCAL_TIME
from phusong.collectors.device_text import clean_text

from .ask_agent import ask_agent


def ask_status(config: Path) -> dict[str, Any]:
    """Ask the agent of a configuration.

    Raises
    ------
    InputProblems, AskError
        The configuration is wrong, or there is no answer.
    """
    return ask_agent(load_paths(config).state, {"ask": "status"})


def status_lines(status: dict[str, Any]) -> list[str]:
    """Return the answer as lines for people."""
    started = datetime.fromtimestamp(status["started"], LOCAL_TIME)
    windows = status["windows"]
    who = f"phusong {clean_text(str(status['version']))} runs as process {status['pid']}"
    size = f"{status['links']} links, {status['endpoints']} endpoints"
    return [
        f"{who} since {started:%Y-%m-%d %H:%M:%S} {LOCAL_TIME}",
        "everything was asked at least once" if status["ready"] else "the first round is not over yet",
        f"{size}, maintenance windows: {windows['active']} active, {windows['planned']} planned",
    ]
