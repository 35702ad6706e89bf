"""A notification makes the agent ask its sender; what is dropped is counted, and told once."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from inventories import make_inventory, make_link
from notification_messages import trap
from structlog.testing import capture_logs

from phusong.agent.daemon import Agent
from phusong.agent.input.config import (
    Config,
    CoverageConfig,
    NotificationsConfig,
    PingConfig,
    PollConfig,
    WebConfig,
)
from phusong.agent.input.credentials import CommunityAuth
from phusong.agent.input.secret import Secret
from phusong.agent.inventory import Inventory
from phusong.agent.onsets import QUIET_S
from phusong.agent.polling.notification_watch import DropLog, NotificationWatch, bind_problem
from phusong.collectors.notifications.notification import Dropped
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format

PATIENCE_S = 30.0
HERE = NotificationsConfig("127.0.0.1", 0, ("wan",))


def config_in(state: Path) -> Config:
    return Config(
        province_code="22",
        edition="2020-01",
        inventory=Path("inventory"),
        state=state,
        auths={"wan": CommunityAuth(1, Secret(b"public")), "other": CommunityAuth(1, Secret(b"other"))},
        poll=PollConfig(interval_s=3600, timeout_s=0.05, retries=0),
        ping=PingConfig(interval_s=3600, packets=1, method="udp-echo", port=9),
        coverage=CoverageConfig(summary=None, fallback_technology="4G", fallback_min_dbm=-105),
        web=WebConfig(host="127.0.0.1", port=0, config=None, map=Path("map.html")),
        notifications=HERE,
    )


def two_devices() -> Inventory:
    """Make two devices on loopback where nobody answers."""
    inventory = make_inventory(
        make_link("l1", near=None, far=("a", "wan")), make_link("l2", near=None, far=("b", "wan"))
    )
    places = {"a": "127.0.0.1", "b": "127.0.0.2"}
    devices = {key: replace(row, address=places[key], port=9) for key, row in inventory.devices.items()}
    return replace(inventory, devices=devices)


class Running(NamedTuple):
    """An agent that has asked everything once and has nothing to do for an hour, with its watch."""

    agent: Agent
    watch: NotificationWatch
    metrics: AgentMetrics
    config: Config

    def value(self, sample: str) -> float:
        self.watch.look()
        for line in self.metrics.render(Format.TEXT).decode().splitlines():
            if line.startswith(sample + " "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def polls(self, kind: str) -> float:
        return self.value(f'phusong_poll_duration_seconds_count{{kind="{kind}"}}')

    async def settle(self, done: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not done():  # noqa: ASYNC110 - the kernel hands the datagram over when it likes
                await asyncio.sleep(0.005)

    def send(self, data: bytes, source: str = "127.0.0.1") -> None:
        host, _, port = self.watch.address.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((source, 0))
            sender.sendto(data, (host, int(port)))


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    config, metrics = config_in(tmp_path), AgentMetrics("test")
    agent = Agent(config, two_devices(), metrics)
    watch = NotificationWatch(config, agent, metrics)
    try:
        watch.open(HERE)
        agent.start()
        async with asyncio.timeout(PATIENCE_S):
            await agent.wait_ready()
        yield Running(agent, watch, metrics, config)
    finally:
        watch.close()
        await agent.drain()


async def test_a_trap_makes_its_sender_be_asked_at_once(running: Running) -> None:
    """One poll and one ping of that device, none of its neighbour, an hour before their time."""
    assert (running.polls("device"), running.polls("ping")) == (2, 2)
    running.send(trap(), "127.0.0.2")
    await running.settle(lambda: running.polls("device") == 3 and running.polls("ping") == 3)
    assert running.value('phusong_notifications_total{kind="linkDown",version="2c"}') == 1
    assert running.value('phusong_device_notifications_total{device="b",kind="linkDown"}') == 1
    assert running.value('phusong_device_notifications_total{device="a",kind="linkDown"}') == 0


async def test_a_storm_is_one_poll_a_second(running: Running) -> None:
    """Fifty traps at once: a first poll, and one more for what came during it; never two at a time."""
    for _ in range(50):
        running.send(trap(), "127.0.0.2")
    await running.settle(lambda: running.polls("device") >= 4)
    limited = 'phusong_notifications_dropped_total{reason="rate_limited"}'
    accepted = 'phusong_notifications_total{kind="linkDown",version="2c"}'
    assert running.value(limited) + running.value(accepted) == 50
    assert running.value(limited) >= 25


async def test_an_unknown_source_sets_nothing_off(running: Running) -> None:
    """It is counted; that the known one after it is answered shows that the first one has been dealt with."""
    running.send(trap(), "127.0.0.3")
    running.send(trap(), "127.0.0.2")
    await running.settle(lambda: running.polls("device") == 3)
    assert running.value('phusong_notifications_dropped_total{reason="unknown_source"}') == 1
    assert running.value('phusong_notifications_total{kind="linkDown",version="2c"}') == 1


async def test_a_reload_changes_senders_and_credentials(running: Running) -> None:
    """A device that moved is known at its new address only, and the old community is refused."""
    running.send(trap(), "127.0.0.2")
    await running.settle(lambda: running.polls("device") == 3)
    inventory = two_devices()
    devices = {"a": inventory.devices["a"], "b": replace(inventory.devices["b"], address="127.0.0.3")}
    config = replace(running.config, notifications=replace(HERE, auths=("other",)))
    running.agent.reload(config, replace(inventory, devices=devices))
    running.watch.reload(config)
    for community in (b"public", b"other"):
        for source in ("127.0.0.2", "127.0.0.3"):
            running.send(trap(community=community), source)
    await running.settle(lambda: running.value('phusong_notifications_total{kind="linkDown",version="2c"}') == 2)
    assert running.value('phusong_notifications_dropped_total{reason="unknown_source"}') == 2
    assert running.value('phusong_notifications_dropped_total{reason="wrong_credentials"}') == 1


async def test_the_series_of_a_removed_device_goes(running: Running) -> None:
    """Counters of devices that are no more in the inventory do not pile up."""
    for source in ("127.0.0.1", "127.0.0.2"):
        running.send(trap(), source)
    await running.settle(lambda: running.polls("device") == 4)
    only_a = make_inventory(make_link("l1", near=None, far=("a", "wan")))
    running.agent.reload(running.config, replace(only_a, devices={"a": two_devices().devices["a"]}))
    running.watch.reload(running.config)
    assert running.value('phusong_device_notifications_total{device="a",kind="linkDown"}') == 1
    assert b'device="b"' not in running.metrics.render(Format.TEXT)


async def test_what_polls_bring_after_a_trap_is_shown_soon(running: Running) -> None:
    """Nobody waits a second for the next look: the state is judged again when the asked-for poll has ended."""
    running.agent._snapshot_at = 1e12  # as if it had just been judged, for ever
    before = running.agent.current()
    running.send(trap(), "127.0.0.2")
    await running.settle(lambda: running.agent.current() is not before)


async def test_nothing_is_polled_after_the_end(running: Running) -> None:
    """A trap that arrives while the agent ends does not revive it."""
    await running.agent.drain()
    running.agent.poll_now(tuple(running.agent._runner.schedule.keys()))
    await asyncio.sleep(0)
    assert not running.agent._runner._running


def test_drops_are_told_when_they_begin_and_when_they_end() -> None:
    """However many there are: one line, and one more after ten quiet minutes."""
    drops, counted = DropLog(lambda *_, **__: None), Counter[Dropped]()
    sources = {Dropped.UNKNOWN_SOURCE: "192.0.2.1", Dropped.RATE_LIMITED: "192.0.2.2"}
    with capture_logs() as logs:
        for second in range(100):
            counted[Dropped.UNKNOWN_SOURCE] += 1000
            counted[Dropped.RATE_LIMITED] += second == 50
            drops.look(counted, sources, float(second))
        for second in range(100, 100 + int(QUIET_S)):
            drops.look(counted, sources, float(second))
        counted[Dropped.UNKNOWN_SOURCE] += 1
        drops.look(counted, sources, 5000.0)
    assert [(line["event"], line["reason"], line.get("count")) for line in logs] == [
        ("notification_drops_began", "unknown_source", None),
        ("notification_drops_began", "rate_limited", None),
        ("notification_drops_ended", "rate_limited", 1),
        ("notification_drops_ended", "unknown_source", 100_000),
        ("notification_drops_began", "unknown_source", None),
    ]
    assert logs[0]["source"] == "192.0.2.1"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "CAP_NET_BIND_SERVICE"),
        (errno.EADDRINUSE, "stop the other receiver"),
        (errno.EADDRNOTAVAIL, "an address of this machine"),
    ],
)
def test_why_the_address_cannot_be_bound(number: int, said: str) -> None:
    """The reason and what to do about it."""
    error = OSError(number, "the reason")
    if number == errno.EACCES:
        assert isinstance(error, PermissionError)
    problem = bind_problem(NotificationsConfig("::1", 162, ("wan",)), error)
    assert problem.startswith("cannot listen for notifications on [::1]:162 (the reason); ")
    assert said in problem
