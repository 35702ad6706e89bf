"""What becomes an event, what it says, and where it goes before and after a reload."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from events_made import make_event
from hook_server import SECRET, Hook, hook_server
from inventories import CONFIG, make_inventory, make_link
from structlog.testing import capture_logs

from phusong.agent.daemon import Agent
from phusong.agent.event_feed import EventFeed
from phusong.agent.input.config import Config
from phusong.agent.input.config_shape import parse_hook_url
from phusong.agent.input.event_receivers import EventsConfig, SyslogConfig, WebhookConfig
from phusong.agent.input.secret import Secret
from phusong.agent.inventory import Inventory
from phusong.agent.judging.verdict_changes import VerdictChange
from phusong.agent.onsets import QUIET_S
from phusong.agent.security_events import SecurityEvents
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.events import Event, EventKind, EventObject, Severity
from phusong.exporters.snapshot import Isolation, Verdict
from phusong.exporters.syslog import SyslogAddress
from phusong.exporters.webhook import WebhookUrl

PATIENCE_S = 20.0


def inventory() -> Inventory:
    made = make_inventory(make_link("l1", near=None, far=("a", "wan")), endpoints={"e1": "192.0.2.7"})
    sites = {key: replace(site, name="UBND\n\x1b[2JHà Khánh") for key, site in made.sites.items()}
    return replace(made, sites=sites)


def change(what: str, item_id: str, after: Verdict | Isolation, **more: Any) -> VerdictChange:
    values = {"before": Verdict.UP, "first": False, "at": 1000.0, "since": 990.0, "up": False} | more
    return VerdictChange(what=what, item_id=item_id, after=after, rule="oper_status", cause="device a", **values)


class Recorder(EventFeed):
    """A feed with somebody who writes down what would be delivered."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        ids = iter(range(1000))
        super().__init__(CONFIG, inventory(), AgentMetrics("test"), lambda: 2000.0, lambda: next(ids))
        self._deliveries["recorder"] = self  # type: ignore[assignment]  # has the one method that is called

    def put(self, event: Event) -> None:
        self.events.append(event)


async def test_a_verdict_says_where_and_why() -> None:
    """All that the inventory knows of a line stands in its event, cleaned of what could harm a reader."""
    feed = Recorder()
    feed.verdict_changed(change("link", "l1", Verdict.DOWN))
    (event,) = feed.events
    place = {"site": "s1", "site_name": "UBND [2JHà Khánh", "commune": "06649", "commune_name": "Phường Hà Khánh"}
    assert event == make_event(
        "0",
        object=EventObject("link", "l1", carrier="Carrier A", **place),
        time=1000.0,
        since=990.0,
        cause="device a",
    )
    feed.verdict_changed(change("endpoint", "e1", Verdict.UNREACHABLE))
    feed.verdict_changed(change("site", "s1", Isolation.ISOLATED))
    feed.verdict_changed(change("link", "gone", Verdict.DOWN))
    assert [event.object for event in feed.events[1:]] == [
        EventObject("endpoint", "e1", name="Room e1", **place),
        EventObject("site", "s1", name="UBND [2JHà Khánh", **place),
        EventObject("link", "gone"),
    ]


@pytest.mark.parametrize(
    ("after", "severity"),
    [
        (Isolation.ISOLATED, Severity.CRITICAL),
        *[(verdict, Severity.ERROR) for verdict in (Verdict.DOWN, Verdict.UNREACHABLE, Verdict.PARENT_DOWN)],
        *[(verdict, Severity.WARNING) for verdict in (Verdict.SNMP_DEAD, Verdict.DEGRADED, Verdict.CONGESTED)],
        *[(verdict, Severity.WARNING) for verdict in (Verdict.UNKNOWN, Isolation.ON_FALLBACK, Isolation.UNKNOWN)],
        *[(verdict, Severity.NOTICE) for verdict in (Verdict.UP, Verdict.MAINTENANCE, Verdict.ADMIN_DOWN)],
        *[(verdict, Severity.NOTICE) for verdict in (Isolation.CONNECTED, Isolation.AT_RISK)],
    ],
)
async def test_severities(after: Verdict | Isolation, severity: Severity) -> None:
    """A cut-off office is critical, an outage an error, less a warning; what is planned or good is a notice."""
    feed = Recorder()
    feed.verdict_changed(change("link", "l1", after))
    assert [event.severity for event in feed.events] == [severity]


async def test_first_verdicts() -> None:
    """At a start only what is wrong is told, not that hundreds of lines are up."""
    feed = Recorder()
    agent = Agent(CONFIG, inventory(), feed._metrics, feed=feed)
    changes = agent._assignment.state
    first = [
        change("link", "l1", Verdict.UP, before=Verdict.UNKNOWN, first=True),
        change("site", "s1", Isolation.AT_RISK, before=Isolation.UNKNOWN, first=True),
        change("endpoint", "e1", Verdict.UNREACHABLE, before=Verdict.UNKNOWN, first=True),
        change("link", "l1", Verdict.UP, before=Verdict.DOWN),
    ]
    changes.take_changes = lambda: first  # type: ignore[method-assign]  # what it would have found
    agent._log_changes()
    await agent.drain()
    assert [(event.object.id, event.after) for event in feed.events] == [("e1", "unreachable"), ("l1", "up")]


async def test_what_the_agent_tells_of_itself() -> None:
    """Start, end, and reloads with their problems; each is counted under its kind and has an id of its own."""
    feed = Recorder()
    feed.agent_started()
    feed.reload_failed(["links.csv:3:role: no role; write one", "x" * 1000])
    feed.reloaded()
    feed.agent_stopped()
    assert [event.kind for event in feed.events] == [
        "agent_started",
        "config_reload_failed",
        "config_reloaded",
        "agent_stopped",
    ]
    assert {event.object.type for event in feed.events} == {"agent"}
    assert {event.time for event in feed.events} == {2000.0}
    assert len({event.id for event in feed.events}) == 4
    detail = feed.events[1].detail
    assert detail.startswith("2 problem(s), the old configuration stays: links.csv:3:role: no role; write one; xx")
    assert len(detail) == 255
    assert feed._metrics.registry.get_sample_value("phusong_events_total", {"kind": "agent_started"}) == 1


async def test_another_engine_of_a_device() -> None:
    """The event names device or endpoint and both engines."""
    feed = Recorder()
    feed.engine_changed("a", "80001f8801", "80001f8802")
    feed.engine_changed("e1", "80001f8801", "80001f8802")
    assert [(event.object.type, event.object.id, event.before, event.after) for event in feed.events] == [
        ("device", "a", "80001f8801", "80001f8802"),
        ("endpoint", "e1", "80001f8801", "80001f8802"),
    ]


async def test_security() -> None:
    """Refused polls, forged replies and devices that complain are told when they begin and when they end."""
    feed = Recorder()
    security = SecurityEvents(feed)
    rejected = Counter({"unknown_id": 9, "wrong_digest": 3})
    for second in range(100):
        security.poll_failed("timeout")
        security.poll_failed("unknown_user")
        security.authentication_failed("a")
        security.look(rejected, float(second))
    security.look(rejected, 99 + QUIET_S)
    assert [(event.kind, event.object.id == "a", event.rule, event.detail) for event in feed.events] == [
        ("snmp_access_refused_began", False, "unknown_user", ""),
        ("snmp_replies_rejected_began", False, "wrong_digest", ""),
        ("authentication_failures_began", True, "", ""),
        ("snmp_access_refused_ended", False, "unknown_user", "100 times"),
        ("snmp_replies_rejected_ended", False, "wrong_digest", "3 times"),
        ("authentication_failures_ended", True, "", "100 times"),
    ]


def hook_config(hook: Hook, secret: bytes = SECRET) -> WebhookConfig:
    url = WebhookUrl(*parse_hook_url(hook.url))
    return WebhookConfig(url, Secret(secret), "", timeout_s=2.0, queue=100, retry_for_s=60.0)


def telling(webhook: WebhookConfig | None = None, syslog: SyslogConfig | None = None) -> Config:
    return replace(CONFIG, events=EventsConfig(webhook, syslog))


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fact():  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.01)


async def test_a_reload_takes_what_waits_to_the_new_place() -> None:
    """A receiver that was away, with another key at another address: nothing is lost, and all is signed anew."""
    with hook_server(Hook(then="503")) as old, hook_server(Hook(secret=b"the-new-key-of-2026")) as new:
        feed = EventFeed(telling(hook_config(old)), inventory(), AgentMetrics("test"))
        feed.open()
        feed.agent_started()
        feed.verdict_changed(change("link", "l1", Verdict.DOWN))
        await until(lambda: old.requests)
        feed.use(telling(hook_config(new, b"the-new-key-of-2026")), inventory())
        await until(lambda: len(new.events) == 2)
        await feed.close()
    assert [event["kind"] for event in new.events] == ["agent_started", "verdict_changed"]
    assert (new.forged, old.events) == (0, [])


async def test_a_reload_that_changes_nothing_disturbs_nothing() -> None:
    """An unchanged receiver keeps its queue and its pause."""
    with hook_server(Hook(then="503")) as hook:
        feed = EventFeed(telling(hook_config(hook)), inventory(), AgentMetrics("test"))
        delivery = feed._deliveries["webhook"]
        sender = delivery._sender
        feed.use(telling(hook_config(hook)), inventory())
        assert feed._deliveries["webhook"]._sender is sender


async def test_receivers_come_and_go() -> None:
    """A reload can add a receiver and take one away; what waited for that one is counted as not delivered."""
    metrics = AgentMetrics("test")
    syslog = SyslogConfig(SyslogAddress("tcp", "127.0.0.1", 1), "local0", "", 10)
    with hook_server(Hook()) as hook:
        feed = EventFeed(telling(syslog=syslog), inventory(), metrics)
        feed.open()
        feed.agent_started()
        feed.use(telling(hook_config(hook)), inventory())
        feed.agent_stopped()
        await feed.close()
    assert [event["kind"] for event in hook.events] == ["agent_stopped"]
    value = metrics.registry.get_sample_value
    assert value("phusong_events_dropped_total", {"sink": "syslog", "reason": "stopped"}) == 1
    assert value("phusong_events_queued", {"sink": "syslog"}) == 0


async def test_plain_http_is_told_once() -> None:
    """That anybody on the way can read the events is one warning, not one for each reload, without the URL."""
    with capture_logs() as logs:
        hook = Hook(url="http://127.0.0.1:1/canary-url")
        feed = EventFeed(telling(hook_config(hook)), inventory(), AgentMetrics("test"))
        feed.use(telling(hook_config(hook, b"another-key-of-2026")), inventory())
    assert logs == [{"event": "events_unencrypted", "log_level": "warning", "sink": "webhook"}]


def test_kinds_of_security_have_both_ends() -> None:
    """What begins has a kind by which it ends."""
    began = {kind.removesuffix("_began") for kind in EventKind if kind.endswith("_began")}
    assert began == {kind.removesuffix("_ended") for kind in EventKind if kind.endswith("_ended")}
    assert len(began) == 4
