"""What is known of the SNMPv3 engines that are asked: their ids and clocks (RFC 3414, sections 2.2, 2.3 and 3.2).

An engine belongs to an address. Its id is learned by discovery, which nobody signs, and is pinned by the first
authenticated answer; its boots and time come from authenticated messages only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from .transport import Address
from .usm_message import HIGHEST_NUMBER, LONGEST_ENGINE_ID, SHORTEST_ENGINE_ID

TIME_WINDOW_S: Final = 150
"""RFC 3414, section 2.2.3."""
LATCHED_BOOTS: Final = HIGHEST_NUMBER
"""An engine that counts so many boots must be given a new id; nothing it signs is timely any more."""


@dataclass(slots=True)
class Engine:
    """The engine at one address: its id (empty before discovery), and its clock as last authenticated."""

    engine_id: bytes = b""
    is_pinned: bool = False
    """Whether an authenticated answer carried this id."""
    boots: int = 0
    time_s: int = 0
    """The latest authenticated snmpEngineTime of these boots."""
    heard_at: float | None = None
    """When that was, on the clock of the event loop, in seconds; ``None`` before an authenticated message."""

    def time_now(self, now: float) -> int:
        """Return what the engine's clock shows by now; 0 before it was heard."""
        if self.heard_at is None:
            return 0
        return min(self.time_s + int(now - self.heard_at), HIGHEST_NUMBER)

    def forget_clock(self) -> None:
        """Have the engine tell its clock again before it is asked anything."""
        self.boots, self.time_s, self.heard_at = 0, 0, None

    def set_clock(self, boots: int, time_s: int, now: float) -> None:
        """Take over an authenticated clock."""
        self.boots, self.time_s, self.heard_at = boots, time_s, now

    def hear(self, boots: int, time_s: int, now: float) -> bool:
        """Take an authenticated message's clock; False when the message is outside the time window.

        RFC 3414, section 3.2, step 7 b: the clock only moves forward; what is more than 150 s behind it is old.
        """
        if boots == LATCHED_BOOTS:
            return False
        if boots > self.boots or self.heard_at is None or (boots == self.boots and time_s > self.time_s):
            self.set_clock(boots, time_s, now)
        return boots == self.boots and time_s >= self.time_now(now) - TIME_WINDOW_S


@dataclass(frozen=True, slots=True)
class PinnedEngine:
    """An engine id that was authenticated at an address, in place of ``before`` where there was another one."""

    address: Address
    engine_id: bytes
    before: bytes


@dataclass(slots=True)
class Engines:
    """All engines of a client, by address; ``on_pinned`` is told of each id when it is first authenticated."""

    on_pinned: Callable[[PinnedEngine], None] | None = None
    _engines: dict[Address, Engine] = field(default_factory=dict)

    def at(self, address: Address) -> Engine:
        """Return what is known of the engine at an address."""
        engine = self._engines.get(address)
        if engine is None:
            engine = self._engines[address] = Engine()
        return engine

    def pinned_at(self, address: Address) -> bytes:
        """Return the authenticated engine id at an address, empty when there is none."""
        engine = self._engines.get(address)
        return engine.engine_id if engine and engine.is_pinned else b""

    def restore(self, address: Address, engine_id: bytes) -> None:
        """Take over an id that was pinned in an earlier life; its clock is asked for anew."""
        if is_engine_id(engine_id) and address not in self._engines:
            self._engines[address] = Engine(engine_id, is_pinned=True)

    def pinned_id(self, address: Address) -> bytes:
        """Return the id that is pinned at an address, empty when none is."""
        engine = self._engines.get(address)
        return engine.engine_id if engine and engine.is_pinned else b""

    def forget(self, address: Address) -> None:
        """Drop what is known of an address: another device may be there."""
        self._engines.pop(address, None)

    def suggest(self, address: Address, engine_id: bytes) -> Engine:
        """Return the engine of an id that only an unsigned message named; a pinned one keeps its place."""
        known = self.at(address)
        if known.engine_id == engine_id:
            return known
        engine = Engine(engine_id)
        if not known.is_pinned:
            self._engines[address] = engine
        return engine

    def pin(self, address: Address, engine: Engine) -> None:
        """Make an engine whose message was authenticated the one at its address."""
        known = self.at(address)
        before = known.engine_id if known.is_pinned else b""
        if before == engine.engine_id:
            return
        engine.is_pinned = True
        self._engines[address] = engine
        if self.on_pinned:
            self.on_pinned(PinnedEngine(address, engine.engine_id, before))


def is_engine_id(engine_id: bytes) -> bool:
    """Tell whether this can be an SnmpEngineID: 5 to 32 octets (RFC 3411, section 5)."""
    return SHORTEST_ENGINE_ID <= len(engine_id) <= LONGEST_ENGINE_ID
