"""From a cut to the verdict, with a trap and without, and on to the message that the webhook receives.

``make bench`` calls ``run``; as a program it prints the results as JSON. Province, agent (at the default
intervals), Prometheus and Alertmanager are real processes; the peer is what is allowed. A verdict is there when
the agent logs it. Up to the message it would take minutes, most of them waits on purpose: they are measured
divided, and the note says what the shipped waits add up to by the files.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from live_province import build, free_port, running_agent, simulated, wait_for
from ruamel.yaml import YAML

from phusong.collectors.simulator.incidents import Trouble

sys.path.append(str(Path(__file__).parents[1] / "support"))
from alerting import EXPORTERS, Alerting, Mailbox, alerting, mailbox
from processes import run_cli

LINES = 12
INTERVAL_S = 30.0
ALLOWED_TRAP_S = 1.0
ALLOWED_POLL_S = INTERVAL_S + 2.0
ALLOWED_WORK_S = 2.0
"""Beside all waits: a scrape of the whole page, evaluations, delivery."""
DIVISOR = 20
DEAD_CARRIER = "Carrier C"
_UNITS_S = {"s": 1, "m": 60}


def run() -> list[dict[str, Any]]:
    """Return how long verdicts and messages take against what is allowed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _watched(folder / "polls") as agent:
            by_polls = agent.delays(_healthy_lines()[:LINES], at_once=True)
        with _watched(folder / "traps", trap_port=free_port(socket.SOCK_DGRAM)) as agent, mailbox() as box:
            by_traps = agent.delays(_healthy_lines()[-LINES:], at_once=False)
            with alerting(agent.folder, agent.listen, box, divisor=DIVISOR) as pair:
                office_s = _time_office(agent, pair, box)
                carrier_s = _time_carrier(agent, box)
    return [
        _verdict_result("from the cut to the verdict, with a trap (peer: allowed)", by_traps, ALLOWED_TRAP_S),
        _verdict_result(
            "from the cut to the verdict, by polls every 30 s (peer: allowed)", by_polls, ALLOWED_POLL_S
        ),
        _message_result("WanSiteIsolated", office_s, recorded=1),
        _message_result("WanCarrierOutage", carrier_s, recorded=2),
    ]


@dataclass(frozen=True, slots=True)
class Watched:
    """A province in which lines can be cut, and the log of the agent that watches it."""

    folder: Path
    listen: str

    def cut(self, *names: str) -> float:
        """Cut these, mend all others; return the Unix time at which that was written."""
        new = self.folder / "cuts.new"
        new.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        new.replace(self.folder / "province/cuts.txt")
        return time.time()

    def delays(self, links: list[str], *, at_once: bool) -> list[float]:
        """Cut lines, all at once or one more after the other; return how long each verdict took, in seconds."""
        if at_once:
            began = self.cut(*links)
            return [self._out_at(link) - began for link in links]
        return [-self.cut(*links[: number + 1]) + self._out_at(link) for number, link in enumerate(links)]

    def _out_at(self, link: str) -> float:
        return wait_for(lambda: self._find_out(link), f"the verdict on {link}", patience_s=2 * ALLOWED_POLL_S)

    def _find_out(self, link: str) -> float | None:
        for text in (self.folder / "run.log").read_text(encoding="utf-8").splitlines():
            event = json.loads(text)
            if event.get("id") == link and event["after"] in ("down", "unreachable"):
                return datetime.fromisoformat(event["timestamp"]).timestamp()
        return None


@contextmanager
def _watched(folder: Path, **settings: Any) -> Iterator[Watched]:
    with simulated(folder, coverage_summary="../coverage.json", **settings) as province:
        done = run_cli("demo-coverage", folder)
        if done.returncode:
            raise RuntimeError(f"no coverage: {done.stderr}")
        with running_agent(province.config, folder / "run.log") as agent:
            yield Watched(folder, agent.url.removeprefix("http://"))


def _time_office(agent: Watched, pair: Alerting, box: Mailbox) -> float:
    """Cut the only line of an office without 4G; return after how many seconds the webhook hears of it."""
    at_risk = 'wan_link_info and on (site) (site_state{state="at_risk"} == 1)'
    apart = f'on (link) wan_link_info{{carrier!="{DEAD_CARRIER}"}}'
    shared = "on (commune) (count by (commune) (site_info) > 1)"
    office = wait_for(lambda: pair.ask(f"{at_risk} and {apart} and {shared}"), "an office without 4G")[0]
    return _told_after(agent, box, office["link"], alertname="WanSiteIsolated", site=office["site"])


def _time_carrier(agent: Watched, box: Mailbox) -> float:
    return _told_after(agent, box, DEAD_CARRIER, alertname="WanCarrierOutage", carrier=DEAD_CARRIER)


def _told_after(agent: Watched, box: Mailbox, what: str, **labels: str) -> float:
    began = time.monotonic()
    agent.cut(what)
    (message, *_) = wait_for(lambda: box.about(**labels), f"a message about {what}", patience_s=120)
    return message.at - began


def _healthy_lines() -> list[str]:
    """Return lines with which nothing is wrong, of whose end the hub can tell; each hub and carrier has some."""
    return [
        wired.line.link_id
        for wired in build().lines
        if wired.near_device and wired.line.role == "primary" and wired.line.incident.trouble is Trouble.NONE
    ]


def _verdict_result(name: str, delays_s: list[float], allowed_s: float) -> dict[str, Any]:
    return {
        "name": name,
        "ours_s": max(delays_s),
        "peer_s": allowed_s,
        "ratio": max(delays_s) / allowed_s,
        "target": 1,
        "note": f"the slowest of {len(delays_s)} lines; median {median(delays_s):.2f} s; the simulated province "
        "looks every 0.2 s at what is to be cut",
    }


def _message_result(alert: str, measured_s: float, *, recorded: int) -> dict[str, Any]:
    """Compare with the longest that the files allow; ``recorded`` rules, one after the other, feed the alert."""
    waits_s, most_s = _shipped_waits(alert, recorded)
    allowed_s = ALLOWED_TRAP_S + most_s / DIVISOR + ALLOWED_WORK_S
    return {
        "name": f"from the cut to the message, {alert}, waits divided by {DIVISOR} (peer: allowed)",
        "ours_s": measured_s,
        "peer_s": allowed_s,
        "ratio": measured_s / allowed_s,
        "target": 1,
        "note": f"with the shipped waits, added up from the files and not measured: {waits_s:.0f} s of waits on "
        f"purpose, at most {most_s:.0f} s with scrape and evaluations, and the verdict before it",
    }


def _shipped_waits(alert: str, recorded: int) -> tuple[float, float]:
    """Return ``for`` and ``group_wait`` of an alert, and both with the intervals that may pass beside, in s."""
    alerts, recording = (_read(f"rules/phusong-{name}.yml")["groups"] for name in ("alerts", "recording"))
    (group,) = (group for group in alerts if any(rule["alert"] == alert for rule in group["rules"]))
    (rule,) = (rule for rule in group["rules"] if rule["alert"] == alert)
    waits_s = _seconds(rule["for"]) + _seconds(_read("alertmanager/alertmanager.yml")["route"]["group_wait"])
    intervals = (_read("prometheus.yml")["global"]["scrape_interval"], group["interval"])
    between_s = sum(map(_seconds, intervals)) + sum(_seconds(one["interval"]) for one in recording[:recorded])
    return waits_s, waits_s + between_s


def _read(file: str) -> Any:
    return YAML(typ="safe").load((EXPORTERS / file).read_text(encoding="utf-8"))


def _seconds(duration: str) -> float:
    found = re.fullmatch(r"(\d+)([sm])", duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration in whole seconds or minutes")
    return float(int(found[1]) * _UNITS_S[found[2]])


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
