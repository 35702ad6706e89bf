"""Connections by TCP and TLS to real servers: who is trusted, what is told of who is not, what is never sent."""

from __future__ import annotations

import asyncio
import errno
import ssl
import subprocess
import time
import warnings
from pathlib import Path

import pytest
from processes import free_port, running
from service_peers import (
    HOST,
    HttpPeer,
    ServerCertificate,
    authority,
    http_peer,
    make_certificate,
    page,
    stream_server,
)

from phusong.collectors.call_readings import CertificateReading, ServiceKind, ServiceReading, ServiceState
from phusong.collectors.services.certificates import Trust, fingerprint
from phusong.collectors.services.connection import (
    BadAnswer,
    NoSockets,
    Refused,
    ServiceError,
    Silent,
    Unreachable,
    Untrusted,
    explained,
)
from phusong.collectors.services.http_request import HttpUrl, http_get
from phusong.collectors.services.service_probe import ServiceToProbe, probe

DAY_S = 86_400.0
NAME = "portal.example"
TIMEOUT_S = 10.0
"""For a machine that is busy; nothing here waits so long."""


def issued(names: tuple[str, ...] = (NAME,), days: tuple[float, float] = (-10, 30)) -> ServerCertificate:
    return make_certificate(names, days=days, issuer=authority())


OF_CA = Trust(ca_pem=authority().pem)
SERVERS: dict[str, tuple[ServerCertificate, Trust, str]] = {
    "good": (issued(), OF_CA, ""),
    "good for 5 days": (issued(days=(-10, 5.001)), OF_CA, ""),
    "expired": (issued(days=(-10, -3.5)), OF_CA, "expired 3 days ago"),
    "not yet valid": (issued(days=(2.5, 30)), OF_CA, "valid only in 2 days"),
    "for another name": (issued(("other.example",)), OF_CA, "for another name"),
    "self-signed": (make_certificate((NAME,)), OF_CA, "unknown issuer: it is signed by itself"),
    "unknown issuer": (issued(), Trust(), "unknown issuer"),
}


async def ask(
    made: ServerCertificate,
    trust: Trust,
    folder: Path,
    *,
    must_be_trusted: bool,
    kind: ServiceKind = ServiceKind.HTTPS,
    server_name: str = NAME,
) -> tuple[ServiceReading, HttpPeer]:
    """Ask a server that shows this certificate."""
    async with http_peer(HttpPeer(page("welcome")), made.server_tls(folder)) as peer:
        service = ServiceToProbe(
            kind, HOST, peer.port, server_name=server_name, trust=trust, must_be_trusted=must_be_trusted
        )
        return await probe(service, TIMEOUT_S), peer


def certificate_of(reading: ServiceReading) -> CertificateReading:
    assert reading.certificate
    return reading.certificate


@pytest.mark.parametrize("kind", [ServiceKind.HTTPS, ServiceKind.TLS, ServiceKind.SIP_TLS])
@pytest.mark.parametrize("server", SERVERS)
async def test_nothing_is_sent_to_a_server_that_is_not_trusted(
    server: str, kind: ServiceKind, tmp_path: Path
) -> None:
    """Where trust is wanted, a bad certificate is the state, its date and what is wrong with it are told."""
    made, trust, problem = SERVERS[server]
    reading, peer = await ask(made, trust, tmp_path, must_be_trusted=True, kind=kind)
    if problem:
        assert (reading.state, reading.problem) == (ServiceState.BAD_CERTIFICATE, f"certificate: {problem}")
        assert peer.requests == []
    elif kind is ServiceKind.SIP_TLS:  # it is asked, and answers HTTP
        assert reading.state is ServiceState.BAD_ANSWER
        assert len(peer.requests) == 1
    else:
        assert (reading.state, reading.problem) == (ServiceState.READY, "")
        assert len(peer.requests) == (kind is ServiceKind.HTTPS)
    if kind is not ServiceKind.SIP_TLS or problem:
        shown = certificate_of(reading)
        assert (shown.sha256, shown.not_after) == (made.sha256, made.not_after)
        assert (shown.trusted, shown.problem, shown.subject) == (not problem, problem, "CN=room")


@pytest.mark.parametrize("server", SERVERS)
async def test_an_endpoint_is_ready_with_any_certificate(server: str, tmp_path: Path) -> None:
    """Where trust is not wanted it is asked all the same, and what is wrong stands beside."""
    made, trust, problem = SERVERS[server]
    reading, peer = await ask(made, trust, tmp_path, must_be_trusted=False)
    assert (reading.state, reading.code, reading.problem) == (ServiceState.READY, 200, "")
    assert (certificate_of(reading).trusted, certificate_of(reading).problem) == (not problem, problem)
    assert len(peer.requests) == 1


async def test_the_days_that_are_left_are_known(tmp_path: Path) -> None:
    """A certificate that expires in 5 days is good and says so: an alert can count on its date."""
    reading, _ = await ask(*SERVERS["good for 5 days"][:2], tmp_path, must_be_trusted=True)
    assert (certificate_of(reading).not_after - time.time()) / DAY_S == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize("must_be_trusted", [True, False])
@pytest.mark.parametrize("server", ["self-signed", "expired", "for another name"])
async def test_a_pin_is_enough(server: str, must_be_trusted: bool, tmp_path: Path) -> None:
    """The pinned certificate is trusted whatever else it says, and wins over the issuers."""
    made = SERVERS[server][0]
    trust = Trust(ca_pem=authority().pem, certificate_sha256=made.sha256)
    reading, peer = await ask(made, trust, tmp_path, must_be_trusted=must_be_trusted)
    assert (reading.state, certificate_of(reading).trusted) == (ServiceState.READY, True)
    assert len(peer.requests) == 1


async def test_a_pin_excludes_all_others(tmp_path: Path) -> None:
    """A good certificate of a known issuer that is not the pinned one gets nothing."""
    trust = Trust(ca_pem=authority().pem, certificate_sha256="00" * 32)
    reading, peer = await ask(SERVERS["good"][0], trust, tmp_path, must_be_trusted=True)
    assert (reading.state, reading.problem) == (ServiceState.BAD_CERTIFICATE, "certificate: not the pinned one")
    assert peer.requests == []
    assert certificate_of(reading).sha256 == SERVERS["good"][0].sha256
    reading, peer = await ask(SERVERS["good"][0], trust, tmp_path, must_be_trusted=False)
    assert (reading.state, certificate_of(reading).problem) == (ServiceState.READY, "not the pinned one")


@pytest.mark.parametrize(("names", "trusted"), [((HOST,), True), (("127.0.0.9",), False), ((NAME,), False)])
async def test_without_a_name_the_address_is_what_counts(
    names: tuple[str, ...], trusted: bool, tmp_path: Path
) -> None:
    """A certificate for the address is as good as one for the name."""
    reading, _ = await ask(issued(names), OF_CA, tmp_path, must_be_trusted=False, server_name="")
    assert certificate_of(reading).trusted is trusted
    assert certificate_of(reading).problem == ("" if trusted else "for another address")


# --- real openssl --------------------------------------------------------------------------------------------


async def ask_openssl(folder: Path, service: ServiceToProbe, certificate: Path, *options: str) -> ServiceReading:
    """Ask ``openssl s_server``, which answers HTTP too."""
    command = ["openssl", "s_server", "-accept", f"{HOST}:{service.port}", "-cert", certificate, "-www", *options]
    with running(command, folder / "openssl.log"):
        for _ in range(100):  # until it listens
            reading = await probe(service, TIMEOUT_S)
            if reading.state is not ServiceState.REFUSED:
                break
            await asyncio.sleep(0.05)
    return reading


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_real_server_is_asked(version: str, tmp_path: Path) -> None:
    """OpenSSL's own server shows its certificate and answers a page."""
    made = issued()
    service = ServiceToProbe(
        ServiceKind.HTTPS, HOST, free_port(), NAME, trust=OF_CA, must_be_trusted=True, expect_text="Ciphers"
    )
    reading = await ask_openssl(tmp_path, service, made.save(tmp_path), version)
    assert (reading.state, reading.code) == (ServiceState.READY, 200)
    assert certificate_of(reading).sha256 == made.sha256


def old_certificate(folder: Path) -> Path:
    """Make one as endpoints of 2010 have it: RSA of 1024 bits, signed with SHA-1."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-days", "30"]
    command += ["-subj", "/CN=codec", "-keyout", "old.pem", "-out", "old.crt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    path = folder / "old.pem"
    path.write_text(path.read_text() + (folder / "old.crt").read_text())
    return path


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2"])
@pytest.mark.parametrize("must_be_trusted", [True, False])
async def test_old_tls_is_enough_only_where_nothing_is_trusted(
    version: str, must_be_trusted: bool, tmp_path: Path
) -> None:
    """TLS 1.0 with a small key tells that an endpoint is there; who must be trusted gets nothing by it."""
    service = ServiceToProbe(ServiceKind.HTTPS, HOST, free_port(), must_be_trusted=must_be_trusted)
    options = (version, "-cipher", "DEFAULT:@SECLEVEL=0")
    reading = await ask_openssl(tmp_path, service, old_certificate(tmp_path), *options)
    if must_be_trusted and version == "-tls1_2":  # it comes as far as the certificate, which can be read
        assert (reading.state, reading.code) == (ServiceState.BAD_CERTIFICATE, None)
        assert certificate_of(reading).subject == "CN=codec"
    elif must_be_trusted:
        assert (reading.state, reading.code) == (ServiceState.BAD_ANSWER, None)
        assert reading.problem.startswith("TLS failed: ")
    else:
        assert (reading.state, reading.code) == (ServiceState.READY, 200)
        assert not certificate_of(reading).trusted


@pytest.mark.parametrize("must_be_trusted", [True, False])
async def test_a_pinned_server_must_speak_todays_tls_to_be_trusted(must_be_trusted: bool, tmp_path: Path) -> None:
    """A pin says whom we talk to; that nobody listens in takes more, where it matters."""
    path = old_certificate(tmp_path)
    pin = Trust(certificate_sha256=fingerprint(ssl.PEM_cert_to_DER_cert((tmp_path / "old.crt").read_text())))
    service = ServiceToProbe(ServiceKind.HTTPS, HOST, free_port(), trust=pin, must_be_trusted=must_be_trusted)
    reading = await ask_openssl(tmp_path, service, path, "-tls1", "-cipher", "DEFAULT:@SECLEVEL=0")
    assert reading.state is (ServiceState.BAD_ANSWER if must_be_trusted else ServiceState.READY)
    assert must_be_trusted or certificate_of(reading).trusted


async def test_a_secret_never_goes_by_old_tls(tmp_path: Path) -> None:
    """Even without verification, headers that may hold a password are sent by today's TLS only."""
    url = HttpUrl(True, HOST, free_port())
    command = ["openssl", "s_server", "-accept", f"{HOST}:{url.port}", "-cert", old_certificate(tmp_path)]

    async def ask(headers: dict[str, str]) -> int | ServiceError:
        try:
            return (await http_get(url, headers=headers, verify=False, timeout_s=TIMEOUT_S)).status
        except ServiceError as error:
            return error

    with running([*command, "-www", "-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"], tmp_path / "openssl.log"):
        for _ in range(100):  # until it listens
            answer = await ask({})
            if not isinstance(answer, Refused):
                break
            await asyncio.sleep(0.05)
        assert answer == 200
        failure = await ask({"Authorization": "Basic x"})
        assert type(failure) is BadAnswer
        assert str(failure).startswith("TLS failed: ")


async def test_nobody_talks_us_down_between_two_handshakes(tmp_path: Path) -> None:
    """A self-signed server that asks for old TLS in the second handshake gets no secret either."""
    today = make_certificate().server_tls(tmp_path)
    old = make_certificate().server_tls(tmp_path)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that is why it is tried
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        old.maximum_version = ssl.TLSVersion.TLSv1
    offered = [today, old, today, old]
    came: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await writer.start_tls(offered.pop(0))
        came.append(await reader.read(1000))
        writer.write(page("x"))
        await writer.drain()

    async with stream_server(talk) as port:
        url = HttpUrl(True, HOST, port)
        assert (await http_get(url, verify=False, timeout_s=TIMEOUT_S)).status == 200
        with pytest.raises(BadAnswer):
            await http_get(url, headers={"Authorization": "Basic x"}, verify=False, timeout_s=TIMEOUT_S)
    assert not any(b"Authorization" in octets for octets in came)
    assert not offered


# --- what goes wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kind", "problem"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Refused, "it refuses the port"),
        (OSError(errno.ENETUNREACH, "x"), Unreachable, "Network is unreachable"),
        (OSError(errno.EHOSTUNREACH, "x"), Unreachable, "No route to host"),
        (OSError(errno.EMFILE, "x"), NoSockets, "Too many open files: raise the limit of open files"),
        (OSError("x"), Unreachable, "no way to it"),
        (TimeoutError(errno.ETIMEDOUT, "x"), Silent, "no answer"),
        (ConnectionResetError(errno.ECONNRESET, "x"), BadAnswer, "it closed the connection without an answer"),
        (BrokenPipeError(errno.EPIPE, "x"), BadAnswer, "it closed the connection without an answer"),
        (ssl.SSLError(1, "x"), BadAnswer, "TLS failed: handshake failed"),
        (Silent("as it was"), Silent, "as it was"),
    ],
)
def test_what_an_error_of_the_system_means(error: OSError, kind: type[ServiceError], problem: str) -> None:
    """Each becomes one of our errors, in words that the other side cannot choose."""
    found = explained(error)
    assert type(found) is kind
    assert str(found) == problem


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Refused, ServiceState.REFUSED),
        (Unreachable, ServiceState.UNREACHABLE),
        (Silent, ServiceState.SILENT),
        (BadAnswer, ServiceState.BAD_ANSWER),
        (Untrusted, ServiceState.BAD_CERTIFICATE),
    ],
)
def test_each_error_is_a_state(kind: type[ServiceError], state: ServiceState) -> None:
    """So that a probe that failed can be shown as it is."""
    assert kind("x").state is state


@pytest.mark.parametrize("must_be_trusted", [True, False])
async def test_a_port_that_speaks_no_tls_is_told(must_be_trusted: bool) -> None:
    """A handshake with something else is a bad answer, not silence."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()

    async with stream_server(greet) as port:
        service = ServiceToProbe(ServiceKind.TLS, HOST, port, must_be_trusted=must_be_trusted)
        reading = await probe(service, TIMEOUT_S)
    assert (reading.state, reading.problem) == (ServiceState.BAD_ANSWER, "TLS failed: wrong version number")


async def test_a_port_that_closes_in_the_handshake_is_told() -> None:
    """Who takes the connection and drops it answers, but not in the protocol."""

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with stream_server(leave) as port:
        reading = await probe(ServiceToProbe(ServiceKind.TLS, HOST, port), TIMEOUT_S)
    assert (reading.state, reading.problem) == (
        ServiceState.BAD_ANSWER,
        "it closed the connection without an answer",
    )


@pytest.mark.parametrize("kind", [ServiceKind.H323, ServiceKind.TLS, ServiceKind.HTTP])
async def test_an_unreachable_address_is_told(kind: ServiceKind) -> None:
    """What the system knows to have no way (by TCP, a multicast address) is told at once."""
    reading = await probe(ServiceToProbe(kind, "224.0.0.1", 1720), TIMEOUT_S)
    assert (reading.state, reading.problem) == (ServiceState.UNREACHABLE, "Network is unreachable")


async def test_an_old_server_may_hang_up_on_todays_tls(tmp_path: Path) -> None:
    """One that closes without an alert is asked once more, by the TLS of old endpoints."""
    hung_up: list[int] = []
    context = make_certificate().server_tls(tmp_path)

    async def pick(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not hung_up:
            hung_up.append(1)
            return
        await writer.start_tls(context)
        await reader.read()

    async with stream_server(pick) as port:
        reading = await probe(ServiceToProbe(ServiceKind.TLS, HOST, port), TIMEOUT_S)
    assert (reading.state, certificate_of(reading).trusted) == (ServiceState.READY, False)
    assert certificate_of(reading).problem == "its TLS is too old to be verified: handshake failed"
