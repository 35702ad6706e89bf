"""What an operator should know of SNMPv3: weak credentials, and a device at which another engine answers.

The engine IDs themselves are kept by the SNMP client; here they get the names of devices and endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import structlog

from phusong.agent.input.credentials import Auth, UserAuth
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm_engine import Engines, PinnedEngine
from phusong.collectors.snmp.usm_keys import WEAK

log = structlog.get_logger()


class EngineWatch:
    """Knows whose address is whose, and tells when the engine ID at one of them changes."""

    def __init__(
        self,
        engines: Engines,
        count_change: Callable[[str, int], None],
        tell_change: Callable[[str, str, str], None] = lambda *_: None,
    ) -> None:
        self._engines = engines
        self._count_change = count_change
        self._tell_change = tell_change
        self._ids: dict[Address, str] = {}
        engines.on_pinned = self._pinned

    def expect(self, address: Address, asked_id: str) -> None:
        """Say which device or endpoint is at an address."""
        self._ids[address] = asked_id

    def forget(self, asked_ids: Collection[str]) -> None:
        """Drop the engines of devices and endpoints that are others now."""
        for address in [address for address, asked_id in self._ids.items() if asked_id in asked_ids]:
            del self._ids[address]
            self._engines.forget(address)

    def _pinned(self, pinned: PinnedEngine) -> None:
        asked_id = self._ids.get(pinned.address, pinned.address[0])
        self._count_change(asked_id, 1 if pinned.before else 0)
        if pinned.before:
            before, after = pinned.before.hex(), pinned.engine_id.hex()
            log.warning("snmp_engine_changed", id=asked_id, before=before, after=after)
            self._tell_change(asked_id, before, after)


def weak_choices(auths: Mapping[str, Auth]) -> list[tuple[str, str]]:
    """Return the names of credentials of SNMPv3 with what is weak in each."""
    found: list[tuple[str, str]] = []
    for name, auth in auths.items():
        if not isinstance(auth, UserAuth):
            continue
        weak = [str(choice) for choice in (auth.auth, auth.priv) if choice in WEAK]
        if weak:
            found.append((name, f"{' and '.join(weak)}: sha256 and aes128 or better, where the devices know them"))
        if auth.priv_secret and auth.priv_secret == auth.auth_secret:
            found.append((name, "one password for auth and priv: use two"))
    return found


class WeakChoiceLog:
    """Warns of each weak choice once, however often the configuration is read."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def warn(self, auths: Mapping[str, Auth]) -> None:
        """Log what has not been logged yet."""
        for name, weakness in weak_choices(auths):
            if (name, weakness) not in self._told:
                self._told.add((name, weakness))
                log.warning("snmp_credentials_weak", auth=name, weakness=weakness)
