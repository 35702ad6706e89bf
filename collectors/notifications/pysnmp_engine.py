"""The border to pysnmp: one message in, what it was out. The only module that imports pysnmp.

pysnmp gets no socket and no event loop: the listener hands it messages that the gate has let pass, and sends what
it wants to answer. It verifies digests, decrypts, translates traps of SNMPv1 (RFC 3584, section 3), acknowledges
informs and lets their senders discover our engine. It never looks a name up in a MIB.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from pysnmp.carrier.asyncio.dgram import udp, udp6
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.ntfrcv import NotificationReceiver

from phusong.collectors.snmp.ber import Oid
from phusong.collectors.snmp.credentials import Community, Credentials, UsmUser
from phusong.collectors.snmp.transport import Address
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol, extend_key, localize, master_key

from .notification import SNMP_TRAP_OID, Dropped
from .own_engine import OwnEngine

Send: TypeAlias = Callable[[bytes, Address], None]

_AUTH: Mapping[AuthProtocol | None, tuple[int, ...]] = {
    None: config.USM_AUTH_NONE,
    AuthProtocol.MD5: config.USM_AUTH_HMAC96_MD5,
    AuthProtocol.SHA: config.USM_AUTH_HMAC96_SHA,
    AuthProtocol.SHA224: config.USM_AUTH_HMAC128_SHA224,
    AuthProtocol.SHA256: config.USM_AUTH_HMAC192_SHA256,
    AuthProtocol.SHA384: config.USM_AUTH_HMAC256_SHA384,
    AuthProtocol.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
_PRIV: Mapping[PrivProtocol | None, tuple[int, ...]] = {
    None: config.USM_PRIV_NONE,
    PrivProtocol.DES: config.USM_PRIV_CBC56_DES,
    PrivProtocol.AES128: config.USM_PRIV_CFB128_AES,
    PrivProtocol.AES192: config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    PrivProtocol.AES192C: config.USM_PRIV_CFB192_AES,
    PrivProtocol.AES256: config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    PrivProtocol.AES256C: config.USM_PRIV_CFB256_AES,
}
KEYS_KEPT: Final = 4096
_ANY_ENGINE: Final = bytes(5)
"""pysnmp takes the user of this engine ID for every engine that it has no user of."""
_HANDSHAKES: Final = ("usmStatsUnknownEngineIDs", "usmStatsNotInTimeWindows")
_REFUSALS: Final = (
    "usmStatsUnknownUserNames", "usmStatsWrongDigests", "usmStatsUnsupportedSecLevels", "usmStatsDecryptionErrors",
)  # fmt: skip


class Reported:
    """pysnmp answered with a Report: a step on the way to an inform, not a notification itself."""


REPORTED: Final = Reported()
Outcome: TypeAlias = Oid | Reported | Dropped
"""The snmpTrapOID of an accepted notification, or why there is none."""


class _Border(AbstractTransportDispatcher):  # type: ignore[misc]  # pysnmp has no types
    """Stands where pysnmp has its sockets: takes its answers, and its callbacks for messages and time."""

    receive: Callable[..., None]
    tick: Callable[[float], None]

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def register_recv_callback(self, recvCb: Callable[..., None], recvId: Any = None) -> None:  # noqa: ARG002, N803
        self.receive = recvCb

    def register_timer_callback(self, timerCbFun: Callable[[float], None], tickInterval: Any = None) -> None:  # noqa: ARG002, N803
        self.tick = timerCbFun

    def get_timer_resolution(self) -> float:
        return 1.0

    def send_message(self, outgoingMessage: Any, transportDomain: Any, transportAddress: Any) -> None:  # noqa: ARG002, N803
        self._send(bytes(outgoingMessage), (transportAddress[0], transportAddress[1]))


class PysnmpEngine:
    """A pysnmp engine that knows these credentials; answers leave through ``send``. Not thread-safe."""

    def __init__(self, auths: Collection[Credentials], own: OwnEngine, send: Send) -> None:
        self._engine = SnmpEngine()
        self._use_identity(own)
        self._border = _Border(send)
        self._engine.register_transport_dispatcher(self._border)
        self._users: dict[bytes, _TrapUser] = {}
        communities = {auth.name for auth in auths if isinstance(auth, Community)}
        for number, name in enumerate(sorted(communities)):
            config.add_v1_system(self._engine, f"community-{number}", name)
        for auth in auths:
            if isinstance(auth, UsmUser):
                _add_user(self._engine, auth, own.engine_id)
                self._users[auth.name] = _TrapUser(self._engine, auth)
        self._counters = {name: self._symbol("__SNMP-USER-BASED-SM-MIB", name) for name in _HANDSHAKES + _REFUSALS}
        self._bindings: Any = None
        NotificationReceiver(self._engine, self._take_bindings)

    def take(self, data: bytes, address: Address, user: bytes = b"", engine_id: bytes = b"") -> Outcome:
        """Process one message; with ``engine_id`` it is a trap of ``user`` there, signed for that engine."""
        if engine_id:
            sender = self._users.get(user)
            if sender is None:
                return Dropped.WRONG_CREDENTIALS
            sender.move_to(engine_id)
        counted = self._counted()
        self._bindings = None
        peer, domain = (
            (udp6.Udp6TransportAddress(address), udp6.SNMP_UDP6_DOMAIN)
            if ":" in address[0]
            else (udp.UdpTransportAddress(address), udp.SNMP_UDP_DOMAIN)
        )
        try:
            self._border.receive(self._border, domain, peer, data)
        except Exception:  # noqa: BLE001 - the border around a foreign decoder: whatever a message breaks is its own
            return Dropped.MALFORMED
        finally:
            self._border.tick(0.0)  # pysnmp forgets by ticks: so what it keeps is bounded by messages, not by time
        return self._outcome(counted)

    def _outcome(self, counted: dict[str, int]) -> Outcome:
        if self._bindings is not None:
            for name, value in self._bindings:
                if tuple(name) == SNMP_TRAP_OID:
                    return tuple(map(int, value))
            return Dropped.MALFORMED
        now = self._counted()
        if any(now[name] > counted[name] for name in _HANDSHAKES):
            return REPORTED
        refused = any(now[name] > counted[name] for name in _REFUSALS)
        return Dropped.WRONG_CREDENTIALS if refused else Dropped.MALFORMED

    def _take_bindings(self, *given: Any) -> None:
        self._bindings = given[4]

    def _counted(self) -> dict[str, int]:
        return {name: int(symbol.syntax) for name, symbol in self._counters.items()}

    def _symbol(self, module: str, name: str) -> Any:
        return _symbol(self._engine, module, name)

    def _use_identity(self, own: OwnEngine) -> None:
        """Set engine ID and boots; the constructor would keep its own count of boots in a shared folder."""
        engine_id = self._symbol("__SNMP-FRAMEWORK-MIB", "snmpEngineID")
        engine_id.syntax = engine_id.syntax.clone(own.engine_id)
        self._engine.snmpEngineID = engine_id.syntax
        boots = self._symbol("__SNMP-FRAMEWORK-MIB", "snmpEngineBoots")
        boots.syntax = boots.syntax.clone(own.boots)


class _TrapUser:
    """A user as the sender of traps, whose keys belong to the sender's engine.

    One row in pysnmp's tables serves all engines, its keys set before each message: a row for each device would
    cost 33 kB and 3 ms.
    """

    def __init__(self, engine: SnmpEngine, user: UsmUser) -> None:
        self._user = user
        _add_user(engine, user, _ANY_ENGINE)
        users = _symbol(engine, "SNMP-USER-BASED-SM-MIB", "usmUserEntry")
        index = users.getInstIdFromIndices(engine.snmpEngineID.clone(_ANY_ENGINE), user.name.decode())
        keys = _symbol(engine, "PYSNMP-USM-MIB", "pysnmpUsmKeyEntry")
        self._columns = [keys.getNode((*keys.name, column, *index)) for column in (1, 2)]

    def move_to(self, engine_id: bytes) -> None:
        for column, key in zip(self._columns, _keys(self._user, engine_id), strict=True):
            if key is not None:
                column.syntax = column.syntax.clone(key)


def _add_user(engine: SnmpEngine, user: UsmUser, engine_id: bytes) -> None:
    auth_key, priv_key = _keys(user, engine_id)
    config.add_v3_user(
        engine,
        user.name.decode(),
        _AUTH[user.auth],
        auth_key,
        _PRIV[user.priv],
        priv_key,
        securityEngineId=engine_id,
        authKeyType=config.USM_KEY_TYPE_LOCALIZED,
        privKeyType=config.USM_KEY_TYPE_LOCALIZED,
    )


@lru_cache(maxsize=KEYS_KEPT)  # the Reeder extension costs milliseconds
def _keys(user: UsmUser, engine_id: bytes) -> tuple[bytes | None, bytes | None]:
    """Return the user's localized keys for signing and encrypting."""
    if user.auth is None:
        return None, None
    auth_key = localize(user.auth, master_key(user.auth, user.auth_password), engine_id)
    if user.priv is None:
        return auth_key, None
    priv_key = localize(user.auth, master_key(user.auth, user.priv_password), engine_id)
    return auth_key, extend_key(user.auth, user.priv, priv_key, engine_id)


def _symbol(engine: SnmpEngine, module: str, name: str) -> Any:
    return engine.get_mib_builder().import_symbols(module, name)[0]
