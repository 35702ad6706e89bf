"""What the agent keeps over its own restarts: what each device taught it, and how much each line has carried.

Plain values; ``state_store`` writes and reads them, ``pollers`` make and use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from phusong.collectors.interface_memory import InterfaceMemory

AskedKey: TypeAlias = tuple[str, str]
"""``device`` or ``endpoint``, and its id."""
LinkEndKey: TypeAlias = tuple[str, str]
"""A link's id, and ``near`` or ``far``; an endpoint's id, and ``port``."""


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """What was learned of a device or an endpoint; ``None`` where nothing was."""

    address: str
    """``address:port`` of the inventory: what was learned of another address is worth nothing."""
    interfaces: InterfaceMemory | None = None
    engine_id: bytes = b""
    """The SNMPv3 engine that was pinned there; its clock is asked for anew."""
    objects_per_request: int | None = None
    bulk_repetitions: int | None = None
    """How many rows per GETBULK; 0 where the agent knows only GETNEXT."""


@dataclass(frozen=True, slots=True)
class BytesCarried:
    """What a line's end has received and sent as far as it is beyond doubt, in bytes."""

    received: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it at one moment."""

    devices: Mapping[AskedKey, DeviceMemory] = field(default_factory=dict)
    carried: Mapping[LinkEndKey, BytesCarried] = field(default_factory=dict)
