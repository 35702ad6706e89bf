"""Host names: numeric addresses at once, names beside the polls, and a dead name server that harms nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from phusong.collectors import host_address
from phusong.collectors.host_address import LOOK_UP_AGAIN_S, HostAddresses, as_kernel_writes


class NameServer:
    """A resolver that answers from a table, or hangs until it is let go."""

    def __init__(self, **names: str) -> None:
        self.names = names
        self.asked: list[str] = []
        self.go = threading.Event()
        self.go.set()
        self.answered = threading.Semaphore(0)

    def __call__(self, host: str) -> str:
        self.asked.append(host)
        self.go.wait(10)
        try:
            if host not in self.names:
                raise OSError(f"{host}: Name or service not known")
            return self.names[host]
        finally:
            self.answered.release()


class Clock:
    """A clock that stands still until it is moved."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:0DB8::00AB", "2001:db8::ab"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
async def test_numeric_addresses_are_written_as_the_kernel_writes_them(written: str, address: str) -> None:
    """Replies are compared with this text, so every spelling becomes the one; no resolver is asked."""
    server = NameServer()
    assert as_kernel_writes(written) == address
    assert await HostAddresses(Clock(), server).numeric(written) == address
    assert server.asked == []


async def test_localhost_is_found() -> None:
    """The system's own resolver is what is asked by default."""
    assert await HostAddresses(Clock()).numeric("localhost") in ("127.0.0.1", "::1")


async def test_a_name_is_looked_up_once_and_again_after_a_while() -> None:
    """An address is kept for five minutes; then a look-up beside the polls brings the new one."""
    server, clock = NameServer(hub="192.0.2.1"), Clock()
    addresses = HostAddresses(clock, server)
    assert [await addresses.numeric("hub") for _ in range(3)] == ["192.0.2.1"] * 3
    assert server.asked == ["hub"]
    server.names["hub"] = "192.0.2.2"
    clock.now_s = LOOK_UP_AGAIN_S
    assert await addresses.numeric("hub") == "192.0.2.1"  # at once, with what is known
    await until(lambda: addresses._known["hub"] == "192.0.2.2")
    assert await addresses.numeric("hub") == "192.0.2.2"
    assert server.asked == ["hub", "hub"]


async def test_an_address_outlives_its_name_server() -> None:
    """While the name server is away or hangs, the known address goes on, without waiting."""
    server, clock = NameServer(hub="192.0.2.1"), Clock()
    addresses = HostAddresses(clock, server)
    await addresses.numeric("hub")
    del server.names["hub"]
    server.go.clear()
    for _ in range(5):
        clock.now_s += LOOK_UP_AGAIN_S
        assert await asyncio.wait_for(addresses.numeric("hub"), 1) == "192.0.2.1"
    assert server.asked == ["hub", "hub"]  # one thread hangs, not five
    server.go.set()
    await until(lambda: not addresses._running)
    assert await addresses.numeric("hub") == "192.0.2.1"


async def test_an_unknown_name_is_an_error_and_asked_for_again() -> None:
    """A name that was never found is an OSError naming it; the next poll asks again and may find it."""
    server = NameServer()
    addresses = HostAddresses(Clock(), server)
    for _ in range(2):
        with pytest.raises(OSError, match="host name hub cannot be resolved"):
            await addresses.numeric("hub")
    server.names["hub"] = "192.0.2.1"
    assert await addresses.numeric("hub") == "192.0.2.1"
    assert server.asked == ["hub"] * 3


async def test_several_polls_of_one_name_share_the_look_up() -> None:
    """Polls that start together all get the address, from one look-up."""
    server = NameServer(hub="192.0.2.1")
    server.go.clear()
    addresses = HostAddresses(Clock(), server)
    waiting = asyncio.gather(*(addresses.numeric("hub") for _ in range(5)))
    await until(lambda: server.asked == ["hub"])
    server.go.set()
    assert await waiting == ["192.0.2.1"] * 5
    assert server.asked == ["hub"]


async def test_a_hanging_resolver_ends_with_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name not known yet is waited for no longer than the limit, also by a second poll."""
    monkeypatch.setattr(host_address, "TIME_LIMIT_S", 0.05)
    server = NameServer(hub="192.0.2.1")
    server.go.clear()
    addresses = HostAddresses(Clock(), server)
    for _ in range(2):
        with pytest.raises(OSError, match="cannot be resolved"):
            await asyncio.wait_for(addresses.numeric("hub"), 5)
    assert server.asked == ["hub"]
    server.go.set()
    await until(lambda: not addresses._running)
    assert await addresses.numeric("hub") == "192.0.2.1"


async def test_a_cancelled_poll_takes_no_other_with_it() -> None:
    """Two polls wait for one look-up; one is cancelled, the other gets its address."""
    server = NameServer(hub="192.0.2.1")
    server.go.clear()
    addresses = HostAddresses(Clock(), server)
    first, second = (asyncio.create_task(addresses.numeric("hub")) for _ in range(2))
    await until(lambda: server.asked == ["hub"])
    first.cancel()
    server.go.set()
    assert await second == "192.0.2.1"
    assert first.cancelled()


def test_the_program_ends_while_a_resolver_hangs() -> None:
    """A loop that closes under a hanging look-up closes at once, and the late answer finds nobody."""
    server = NameServer(hub="192.0.2.1")
    server.go.clear()

    async def stop_early() -> None:
        waiting = asyncio.create_task(HostAddresses(Clock(), server).numeric("hub"))
        await until(lambda: server.asked == ["hub"])
        waiting.cancel()

    asyncio.run(asyncio.wait_for(stop_early(), 5))
    server.go.set()
    assert server.answered.acquire(timeout=5)


async def until(true: Callable[[], bool]) -> None:
    """Let the loop and the threads run until something is true."""
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what changes is changed by a thread
            await asyncio.sleep(0.001)
