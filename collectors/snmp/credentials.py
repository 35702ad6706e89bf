"""Who asks: the community of SNMPv1 and SNMPv2c, or the user of SNMPv3. Values only, no secret in their repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from .usm_keys import AuthProtocol, PrivProtocol

V1: Final = 0
V2C: Final = 1
V3: Final = 3


@dataclass(frozen=True, slots=True)
class Community:
    """The credentials of SNMPv1 (``version`` 0) and SNMPv2c (``version`` 1)."""

    version: int
    name: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UsmUser:
    """The credentials of SNMPv3: a user, how its messages are signed and encrypted, and in which context it asks.

    There is no ``priv`` without ``auth`` (RFC 3414, section 1.4.1). ``context`` is the contextName, usually empty.
    """

    name: bytes
    auth: AuthProtocol | None = None
    auth_password: bytes = field(default=b"", repr=False)
    priv: PrivProtocol | None = None
    priv_password: bytes = field(default=b"", repr=False)
    context: bytes = b""

    @property
    def version(self) -> int:
        """Return msgVersion: always 3."""
        return V3


Credentials: TypeAlias = Community | UsmUser
