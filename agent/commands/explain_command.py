"""``phusong explain``: asks the running agent why something has its verdict, and lays the answer out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from phusong.agent.input.config import load_paths
from phusong.agent.input.settings import LOCAL_TIME
from phusong.collectors.device_text import clean_text

from .ask_agent import ask_agent

KIND = {"link": "line", "endpoint": "endpoint", "site": "office"}


def ask_explanations(config: Path, item_id: str) -> list[dict[str, Any]]:
    """Return what the agent says of everything with this id: one explanation each.

    Raises
    ------
    InputProblems, AskError
        The configuration is wrong, no agent answers, or it knows nothing of that id.
    """
    answer = ask_agent(load_paths(config).state, {"ask": "explain", "id": item_id})
    return list(answer["explanations"])


def lay_out(explanation: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield an explanation as lines and a table. Texts of devices and files stay texts."""

    def line(head: str, text: str) -> Text:
        return Text.assemble((f"{head:<12}", "bold"), clean_text(text))

    kind = KIND.get(explanation["what"], explanation["what"])
    yield line(kind, f"{explanation['item_id']}: {explanation['name']}")
    since = explanation["since"]
    moment = f" since {datetime.fromtimestamp(since, LOCAL_TIME):%Y-%m-%d %H:%M:%S}" if since is not None else ""
    rule = f" (rule {explanation['rule']})" if explanation["rule"] else ""
    yield line("verdict", f"{explanation['verdict']}{moment}{rule}")
    if explanation["cause"]:
        yield line("cause", explanation["cause"])
    yield line("because", explanation["because"])
    for number, change in enumerate(explanation["would_change"]):
        yield line("changed by" if number == 0 else "", change)
    table = Table("fact", "what is known", "heard", box=SIMPLE, pad_edge=False)
    for fact in explanation["facts"]:
        table.add_row(Text(clean_text(fact["what"])), Text(clean_text(fact["says"])), _age(fact["age_s"]))
    yield table


def _age(age_s: float | None) -> str:
    if age_s is None:
        return ""
    if age_s < 120:
        return f"{age_s:.1f} s ago"
    return f"{age_s / 60:.0f} min ago" if age_s < 7200 else f"{age_s / 3600:.1f} h ago"
