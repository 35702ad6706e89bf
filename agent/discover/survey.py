"""Asks a list of devices who they are, several at once, and keeps what each said in the order of the list.

The border around one device is here: whatever goes wrong with it ends in its own outcome. An interrupt ends the
survey with what was found until then. Reading files and showing results is the work of ``discover_command``.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from phusong.agent.input.asked_devices import AskedDevice
from phusong.agent.input.config import PollConfig
from phusong.collectors.discovery import Discovery, discover_device
from phusong.collectors.first_contact import Candidate, Contact, NoContact, make_contact
from phusong.collectors.host_address import HostAddresses
from phusong.collectors.reachability import Pinger
from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.client import SnmpClient, Target
from phusong.collectors.snmp.credentials import Credentials
from phusong.collectors.snmp.errors import SnmpError
from phusong.collectors.snmp.walk import WalkResult, walk

log = structlog.get_logger()

AT_ONCE: Final = 32
"""So many devices are asked at the same time."""
STARTS_PER_S: Final = 50.0
"""So many devices are first spoken to in a second, at most: a range is no reason for a burst."""
DEVICE_LIMIT_S: Final = 180.0
"""A device that takes longer is given up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one device. ``problem`` says why not all of it is there, ``reason`` in a fixed word."""

    asked: AskedDevice
    contact: Contact | NoContact | None = None
    discovery: Discovery | None = None
    walked: WalkResult | None = None
    reason: str = ""
    problem: str = ""

    @property
    def answered(self) -> bool:
        """Whether the device was read."""
        return self.discovery is not None or self.walked is not None

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all came from there."""
        return isinstance(self.contact, NoContact) and self.contact.is_silent


@dataclass(frozen=True, slots=True)
class Tools:
    """What the survey works with; without a pinger nobody is pinged. ``walk_root`` is read instead of the rest."""

    client: SnmpClient
    pinger: Pinger | None
    addresses: HostAddresses
    credentials: Mapping[str, Credentials]
    poll: PollConfig
    walk_root: Oid = ()


async def survey(
    asked: Sequence[AskedDevice], tools: Tools, progress: Callable[[Outcome], None]
) -> tuple[list[Outcome], bool]:
    """Ask them all; return the outcomes in the order of ``asked``, and whether an interrupt cut them short.

    ``progress`` hears each outcome as it comes.
    """
    room = asyncio.Semaphore(AT_ONCE)
    pace = _Pace(1 / STARTS_PER_S)

    async def ask(device: AskedDevice) -> Outcome:
        async with room:
            await pace.wait()
            outcome = await _guarded(device, tools)
        progress(outcome)
        return outcome

    tasks = [asyncio.create_task(ask(device)) for device in asked]
    with _interrupt_cancels(tasks):
        await asyncio.wait(tasks)
    return [task.result() for task in tasks if not task.cancelled()], any(task.cancelled() for task in tasks)


class _Pace:
    """Lets one through every so many seconds."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + self._interval_s, now)
        await asyncio.sleep(self._next - now)


@contextlib.contextmanager
def _interrupt_cancels(tasks: Sequence[asyncio.Task[Outcome]]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, cancel)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _guarded(device: AskedDevice, tools: Tools) -> Outcome:
    """Ask one device; nothing is raised but its cancellation."""
    try:
        async with asyncio.timeout(DEVICE_LIMIT_S):
            return await _ask(device, tools)
    except SnmpError as error:
        return Outcome(device, reason=error.reason, problem=str(error) or error.reason)
    except TimeoutError:
        return Outcome(device, reason="too_slow", problem=f"not done after {DEVICE_LIMIT_S:g} s")
    except OSError as error:
        return Outcome(device, reason="address", problem=str(error))
    except Exception as error:
        log.exception("discovery_failed_unexpectedly")
        return Outcome(device, reason="bug", problem=f"internal error: {type(error).__name__}")


async def _ask(device: AskedDevice, tools: Tools) -> Outcome:
    address = await tools.addresses.numeric(device.address)
    candidates = [Candidate(name, tools.credentials[name]) for name in device.auths]
    target = Target((address, device.port), candidates[0].credentials, tools.poll.timeout_s, tools.poll.retries)
    contact = await make_contact(tools.client, tools.pinger, target, candidates)
    if isinstance(contact, NoContact):
        return Outcome(device, contact, reason=contact.reason, problem=contact.what)
    if tools.walk_root:
        walked = await walk(tools.client, contact.target, tools.walk_root)
        partial = f"read in part only: {walked.partial}" if walked.partial else ""
        return Outcome(device, contact, walked=walked, reason="partial" if partial else "", problem=partial)
    discovery = await discover_device(tools.client, contact.target)
    partial = f"read in part only: {'; '.join(discovery.partial)}" if discovery.partial else ""
    return Outcome(device, contact, discovery, reason="partial" if partial else "", problem=partial)
