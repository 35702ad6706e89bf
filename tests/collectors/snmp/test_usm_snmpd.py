"""SNMPv3 against net-snmp's snmpd: every pair of protocols, its restart, another engine, and wrong credentials."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from net_snmp import net_snmp, same
from snmp_peers import Snmpd, free_udp_port, running_snmpd

from phusong.collectors import mib
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.client import SnmpClient, Target, prepare
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import (
    AccessDenied,
    DecryptionFailed,
    RequestTimeout,
    SnmpError,
    UnknownUser,
    UnsupportedSecurityLevel,
    WrongDigest,
)
from phusong.collectors.snmp.pdu import get_request
from phusong.collectors.snmp.usm_engine import PinnedEngine
from phusong.collectors.snmp.usm_keys import OTHER_KEY_EXTENSION, AuthProtocol, PrivProtocol
from phusong.collectors.snmp.walk import walk

AUTHS = {
    AuthProtocol.MD5: "MD5",
    AuthProtocol.SHA: "SHA",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
PRIVS = {
    PrivProtocol.DES: "DES",
    PrivProtocol.AES128: "AES",
    PrivProtocol.AES192: "AES-192",
    PrivProtocol.AES192C: "AES192C",
    PrivProtocol.AES256: "AES-256",
    PrivProtocol.AES256C: "AES256C",
}
AUTH_PASSWORD, PRIV_PASSWORD = b"auth-password", b"priv-password"
USERS = [
    UsmUser(b"nobody"),
    *(UsmUser(auth.encode(), auth, AUTH_PASSWORD) for auth in AUTHS),
    *(
        UsmUser(f"{auth}-{priv}".encode(), auth, AUTH_PASSWORD, priv, PRIV_PASSWORD)
        for auth in AUTHS
        for priv in PRIVS
    ),
]
EVERY_USER = pytest.mark.parametrize("user", USERS, ids=[user.name.decode() for user in USERS])
BOTH = next(user for user in USERS if user.name == b"sha256-aes256")
SYSTEM = (1, 3, 6, 1, 2, 1, 1)
STILL = [(*SYSTEM, column, 0) for column in (1, 2, 4, 5, 6)]
"""Objects of the system group that do not change, not over a restart either (as sysORLastChange does)."""


def created(user: UsmUser) -> str:
    """Write the lines of snmpd.conf that make a user."""
    name = user.name.decode()
    line, level = f"createUser {name}", "noauth"
    if user.auth:
        line, level = f'{line} {AUTHS[user.auth]} "{user.auth_password.decode()}"', "auth"
    if user.priv:
        line, level = f'{line} {PRIVS[user.priv]} "{user.priv_password.decode()}"', "priv"
    return f"{line}\nrouser {name} {level}\n"


def options(user: UsmUser, port: int) -> list[str]:
    """Make the options of net-snmp's commands for a user."""
    asked = ["-v3", "-u", user.name.decode(), "-l", "noAuthNoPriv"]
    if user.auth:
        asked[-1] = "authNoPriv"
        asked += ["-a", AUTHS[user.auth], "-A", user.auth_password.decode()]
    if user.priv:
        asked[asked.index("authNoPriv")] = "authPriv"
        asked += ["-x", PRIVS[user.priv], "-X", user.priv_password.decode()]
    return [*asked, *(["-n", user.context.decode()] if user.context else []), f"udp:127.0.0.1:{port}"]


def at(agent: Snmpd, user: UsmUser, **changes: float) -> Target:
    return Target(("127.0.0.1", agent.port), user, **{"timeout_s": 30.0, "retries": 2, **changes})


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    """Run one snmpd that knows all users, and a context that is itself."""
    port = free_udp_port()
    context = f"rouser {BOTH.name.decode()} priv .1 vrf\n"
    context += f"proxy -Cn vrf -v 2c -c public 127.0.0.1:{port} .1.3.6.1.2.1.1\n"
    with running_snmpd("".join(map(created, USERS)) + context, port=port) as running:
        yield running


@EVERY_USER
async def test_every_pair_of_protocols_reads_what_net_snmp_reads(agent: Snmpd, user: UsmUser) -> None:
    """GET, GETNEXT, GETBULK and a walk by each of 43 users bring snmpget's and snmpbulkwalk's values."""
    with SnmpClient() as client:
        values = await client.get(prepare(at(agent, user), get_request(STILL)))
        following = await client.get_next(at(agent, user), STILL[:3])
        rows = await client.get_bulk(at(agent, user), [STILL[0]], repetitions=3)
        walked = await walk(client, at(agent, user), SYSTEM)
        assert client.counters.rejected == {}
    theirs = net_snmp("snmpbulkwalk", options(user, agent.port), SYSTEM)
    got = net_snmp("snmpget", options(user, agent.port), *STILL)
    assert list(got) == STILL
    assert [pair for pair in zip(got.values(), values, strict=True) if not same(*pair)] == []
    assert [oid for oid, _ in walked.rows] == list(theirs)
    assert walked.partial == ""
    differing = [oid for oid, value in walked.rows if not same(theirs[oid], value)]
    assert set(differing) <= {mib.SYS_UP_TIME}
    names = [oid for oid, _ in walked.rows]
    assert [oid for oid, _ in following] == [names[names.index(oid) + 1] for oid in STILL[:3]]
    assert [oid for oid, _ in rows] == names[1:4]


WRONG = {
    "another name": (replace(BOTH, name=b"stranger"), UnknownUser),
    "another authentication password": (replace(BOTH, auth_password=b"wrong-password"), WrongDigest),
    "another authentication protocol": (replace(BOTH, auth=AuthProtocol.SHA512), WrongDigest),
    "another privacy password": (replace(BOTH, priv_password=b"wrong-password"), DecryptionFailed),
    "another privacy protocol": (replace(BOTH, priv=PrivProtocol.AES128), DecryptionFailed),
    "less than the user needs": (replace(BOTH, priv=None), AccessDenied),
    "more than the user has": (
        UsmUser(b"sha256", AuthProtocol.SHA256, AUTH_PASSWORD, PrivProtocol.AES128, PRIV_PASSWORD),
        UnsupportedSecurityLevel,
    ),
}


async def failure(agent: Snmpd, user: UsmUser) -> SnmpError:
    """Ask as a user who gets no answer, and return the error."""
    with SnmpClient() as client, pytest.raises(SnmpError) as caught:
        await client.get(prepare(at(agent, user, timeout_s=4.0, retries=7), get_request(STILL)))
    return caught.value


async def test_wrong_credentials_are_named(agent: Snmpd) -> None:
    """The real agent's refusal or silence becomes the error that says what to mend, and shows no password."""
    errors = await asyncio.gather(*(failure(agent, user) for user, _ in WRONG.values()))
    assert dict(zip(WRONG, map(type, errors), strict=True)) == {name: error for name, (_, error) in WRONG.items()}
    shown = repr(errors) + "".join(map(str, errors))
    assert not any(password in shown for password in ("auth-password", "priv-password", "wrong-password"))


async def test_the_other_key_extension_is_named(agent: Snmpd) -> None:
    """The cipher of the same name with keys made the other way cannot be decrypted, and the error says so."""
    short = [user for user in USERS if user.auth in {AuthProtocol.MD5, AuthProtocol.SHA}]
    others = [
        replace(user, priv=OTHER_KEY_EXTENSION[user.priv]) for user in short if user.priv in OTHER_KEY_EXTENSION
    ]
    errors = await asyncio.gather(*(failure(agent, user) for user in others))
    assert [type(error) for error in errors] == [DecryptionFailed] * 8
    assert all("key extension" in str(error) for error in errors)


async def test_a_context_is_asked(agent: Snmpd) -> None:
    """The objects of a context that snmpd serves come by contextName; one that it does not have brings nothing."""
    with SnmpClient() as client:
        inside = replace(BOTH, context=b"vrf")
        assert await client.get(prepare(at(agent, inside), get_request(STILL))) == await client.get(
            prepare(at(agent, BOTH), get_request(STILL))
        )
        missing = at(agent, replace(BOTH, context=b"none"), timeout_s=0.5)
        with pytest.raises((RequestTimeout, DecryptionFailed)):
            await client.get(prepare(missing, get_request(STILL)))


@contextlib.asynccontextmanager
async def started(config: str, folder: Path, port: int) -> contextlib.AsyncIterator[Snmpd]:
    """Start and stop snmpd while the event loop goes on."""
    running = running_snmpd(config, folder=folder, port=port)
    agent = await asyncio.to_thread(running.__enter__)
    try:
        yield agent
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


@pytest.mark.parametrize("user", [USERS[1], BOTH], ids=["authNoPriv", "authPriv"])
async def test_a_restart_while_polling_loses_no_poll(user: UsmUser, tmp_path: Path) -> None:
    """The polls before, over and after a restart are all answered; boots counts, the engine stays."""
    port = free_udp_port()
    told: list[PinnedEngine] = []
    with SnmpClient() as client:
        client.engines.on_pinned = told.append
        target = Target(("127.0.0.1", port), user, timeout_s=30.0, retries=2)
        patient = replace(target, timeout_s=60.0, retries=599)

        async def poll(target: Target = target) -> list[ber.Value]:
            return await client.get(prepare(target, get_request(STILL)))

        async with started(created(user), tmp_path, port):
            before = await poll()
            boots = client.engines.at(target.address).boots
        over = asyncio.create_task(poll(patient))
        async with started(created(user), tmp_path, port):
            assert await over == before
            retries, requests = client.counters.retries, client.counters.requests
            assert await poll() == before
            assert (client.counters.retries, client.counters.requests) == (retries, requests + 1)
        async with started(created(user), tmp_path, port):
            requests = client.counters.requests
            assert await poll() == before
            assert (client.counters.retries, client.counters.requests) == (retries, requests + 2)
        assert client.engines.at(target.address).boots == boots + 2
        assert [pinned.before for pinned in told] == [b""]
        assert set(client.counters.rejected) <= {"not_in_time_window"}


@pytest.mark.parametrize("user", [USERS[1], BOTH], ids=["authNoPriv", "authPriv"])
async def test_another_engine_id_is_followed_and_told(user: UsmUser, tmp_path: Path) -> None:
    """Another engine ID at the same address: the next poll is answered, and the change is told once."""
    port = free_udp_port()
    told: list[PinnedEngine] = []
    with SnmpClient() as client:
        client.engines.on_pinned = told.append
        target = Target(("127.0.0.1", port), user, timeout_s=30.0, retries=2)
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            engine = f"exactEngineID 0x80001f8804{name.encode().hex()}\n"
            async with started(engine + created(user), tmp_path / name, port):
                assert len(await client.get(prepare(target, get_request(STILL)))) == len(STILL)
                assert len(await client.get(prepare(target, get_request(STILL)))) == len(STILL)
        assert [(pinned.engine_id[5:], pinned.before[5:]) for pinned in told] == [
            (b"first", b""),
            (b"second", b"first"),
        ]
        assert client.counters.retries == 0
