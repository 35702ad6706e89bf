"""Real Prometheus and Alertmanager with the shipped rules and routes, a page to scrape and somebody who receives.

Waiting times are the only thing that is changed: all of them are divided by the same number, so that what fires
before what stays as it is. Everything listens on 127.0.0.1.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from processes import fetch, free_port, running, wait_for
from ruamel.yaml import YAML

EXPORTERS = Path(__file__).parents[2] / "exporters"
_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WAITS = "for|(?:scrape_|evaluation_)?interval|keep_firing_for|group_wait|group_interval|repeat_interval"
_SHOWN = ("alertname", "carrier", "district", "commune", "site", "link", "device")
DEAD_MAN = "PhusongWatchdog"


def quicker(text: str, divisor: int) -> str:
    """Return rules or routes with all their waiting times divided; ranges in expressions stay."""

    def divided(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) * _UNITS_MS[match[3]] // divisor}ms"

    return re.sub(rf"^( *(?:- )?(?:{_WAITS}): )(\d+)([smhd])(?= #|$)", divided, text, flags=re.MULTILINE)


def much_quicker(text: str, divisor: int) -> str:
    """Do as ``quicker`` does, and divide the ranges over which VcNotReady looks back, too."""
    head, *rest = quicker(text, divisor).split("      - alert: VcNotReady\n")
    if not rest:
        return head
    alert, following, tail = rest[0].partition("      - alert: ")
    shorter = re.sub(r"(\[|offset )5m", rf"\g<1>{5 * 60 // divisor}s", alert)
    assert shorter.count(f"{5 * 60 // divisor}s") == alert.count("5m]") + alert.count("offset 5m") == 2
    return f"{head}      - alert: VcNotReady\n{shorter}{following}{tail}"


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """What one receiver was sent at one moment (``time.monotonic``)."""

    receiver: str
    at: float
    body: Mapping[str, Any]

    @property
    def alerts(self) -> list[Mapping[str, Any]]:
        """The alerts of the message that are firing."""
        return [alert for alert in self.body.get("alerts", ()) if alert["status"] == "firing"]

    def __repr__(self) -> str:
        """Show who was told of what, for the output of a test that fails."""
        alerts = (alert["labels"] for alert in self.alerts)
        shown = [" ".join(labels.get(key, "") for key in _SHOWN).strip() for labels in alerts]
        return f"{self.receiver}@{self.at:.1f}[{', '.join(shown)}]"

    def names(self) -> set[str]:
        """Return the names of its firing alerts."""
        return {alert["labels"]["alertname"] for alert in self.alerts}


@dataclass(slots=True)
class Mailbox:
    """Everything that was received, in order, without what the dead-man switch gets."""

    url: str
    messages: list[Message] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    """When the dead-man switch was told."""

    def about(self, **labels: str) -> list[Message]:
        """Return the messages with a firing alert that has these labels."""
        return [
            message
            for message in self.messages
            if any(labels.items() <= alert["labels"].items() for alert in message.alerts)
        ]


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def metrics_page(render: Callable[[], bytes]) -> Iterator[str]:
    """Serve what ``render`` returns; give the address for Prometheus. It is called in another thread."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = render()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with _serving(Page) as address:
        yield address


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Receive webhooks, by the path under which they arrive, and Telegram's messages (receiver ``telegram``)."""
    box = Mailbox("")

    class Post(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver = "telegram" if "/bot" in self.path else self.path.strip("/")
            message = Message(receiver, time.monotonic(), body)
            if DEAD_MAN in message.names():
                box.beats.append(message.at)
            else:
                box.messages.append(message)
            answer = b'{"ok":true,"result":{"message_id":1,"date":0,"chat":{"id":1,"type":"private"}}}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with _serving(Post) as address:
        box.url = f"http://{address}"
        yield box


@dataclass(frozen=True, slots=True)
class Alerting:
    """The running pair."""

    prometheus: str
    alertmanager: str

    def held_back(self, **labels: str) -> list[Mapping[str, Any]]:
        """Return the alerts that Alertmanager has and does not send, as another explains them."""
        found = json.loads(fetch(f"{self.alertmanager}/api/v2/alerts"))
        return [
            alert
            for alert in found
            if alert["status"]["inhibitedBy"] and labels.items() <= alert["labels"].items()
        ]

    def firing(self, **labels: str) -> list[Mapping[str, Any]]:
        """Return the alerts that fire in Prometheus."""
        found = json.loads(fetch(f"{self.prometheus}/api/v1/alerts"))["data"]["alerts"]
        return [
            alert for alert in found if alert["state"] == "firing" and labels.items() <= alert["labels"].items()
        ]

    def ask(self, expression: str) -> list[Mapping[str, str]]:
        """Return the labels of what an expression gives now in Prometheus."""
        found = json.loads(fetch(f"{self.prometheus}/api/v1/query?query={urllib.parse.quote(expression)}"))
        return [series["metric"] for series in found["data"]["result"]]


@contextmanager
def alerting(
    folder: Path, agent: str, box: Mailbox, *, divisor: int, shorten: Callable[[str, int], str] = quicker
) -> Iterator[Alerting]:
    """Run both over the page at ``agent``; every receiver of the shipped routes is a webhook of ``box``."""
    prometheus, alertmanager = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    _write_prometheus(folder, agent, alertmanager, lambda text: shorten(text, divisor))
    _write_alertmanager(folder, box, divisor)
    commands = {
        "alertmanager": [
            shutil.which("prometheus-alertmanager") or shutil.which("alertmanager") or "alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager-data'}",
            f"--web.listen-address={alertmanager}",
            "--cluster.listen-address=",
        ],
        "prometheus": [
            shutil.which("prometheus") or "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus-data'}",
            f"--web.listen-address={prometheus}",
            f"--rules.alert.resend-delay={60_000 // divisor}ms",
        ],
    }
    with (
        running(commands["alertmanager"], folder / "alertmanager.log"),
        running(commands["prometheus"], folder / "prometheus.log"),
    ):
        for name, address in (("alertmanager", alertmanager), ("prometheus", prometheus)):
            wait_for(lambda address=address: fetch(f"http://{address}/-/ready"), name)  # type: ignore[misc]
        yield Alerting(f"http://{prometheus}", f"http://{alertmanager}")


@contextmanager
def alerting_on_page(
    render: Callable[[], bytes], folder: Path, *, divisor: int, shorten: Callable[[str, int], str] = quicker
) -> Iterator[tuple[Mailbox, Alerting]]:
    """Run all of it over the page that ``render`` returns, from when the dead-man switch has been told."""
    with (
        metrics_page(render) as page,
        mailbox() as box,
        alerting(folder, page, box, divisor=divisor, shorten=shorten) as pair,
    ):
        wait_for(lambda: box.beats, "the dead-man switch")
        yield box, pair


def _yaml() -> YAML:
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    return yaml


def _write_prometheus(folder: Path, agent: str, alertmanager: str, shorten: Callable[[str], str]) -> None:
    (folder / "rules").mkdir()
    for rules in (EXPORTERS / "rules").glob("*.yml"):
        text = shorten(rules.read_text(encoding="utf-8"))
        (folder / "rules" / rules.name).write_text(text, encoding="utf-8")
    config = _yaml().load(shorten((EXPORTERS / "prometheus.yml").read_text(encoding="utf-8")))
    config["global"]["scrape_timeout"] = config["global"]["scrape_interval"]
    config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [alertmanager]}]
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] == "phusong"]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [agent]}]
    with (folder / "prometheus.yml").open("w", encoding="utf-8") as file:
        _yaml().dump(config, file)


def _write_alertmanager(folder: Path, box: Mailbox, divisor: int) -> None:
    shutil.copy(EXPORTERS / "alertmanager/phusong.tmpl", folder)
    text = (EXPORTERS / "alertmanager/alertmanager.yml").read_text(encoding="utf-8")
    config = _yaml().load(quicker(text, divisor))
    for receiver in config["receivers"]:
        receiver.pop("email_configs", None)
        receiver["webhook_configs"] = [{"url": f"{box.url}/{receiver['name']}"}]
        for telegram in receiver.get("telegram_configs", ()):
            telegram["api_url"] = box.url
    with (folder / "alertmanager.yml").open("w", encoding="utf-8") as file:
        _yaml().dump(config, file)
