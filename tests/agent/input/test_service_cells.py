"""The cells that name services: what they may say, and that no message repeats what may be a secret."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.input.inventory_cells import CellError, parse_sip_uri
from phusong.agent.input.service_cells import (
    DEFAULT_PORTS,
    LONGEST_URL,
    MOST_SERVICES,
    OF_ENDPOINTS,
    ServiceUrl,
    parse_fingerprint,
    parse_service,
    parse_service_url,
    parse_services,
    parse_slow,
    parse_statuses,
)
from phusong.agent.inventory import EndpointService
from phusong.collectors.call_readings import ServiceKind
from phusong.collectors.services.service_probe import ServiceToProbe

SECRET = "canary-5ecret"
FINGERPRINT = "0123456789abcdef" * 4
SIP, H323 = EndpointService(ServiceKind.SIP_UDP, 5060), EndpointService(ServiceKind.H323, 1720)


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("none", ()),
        ("sip-udp", (SIP,)),
        ("sip-udp h323", (SIP, H323)),
        ("h323,sip-udp", (H323, SIP)),
        (" sip-udp ;\t h323 ,", (SIP, H323)),
        ("sip-udp sip-udp:5060", (SIP,)),
        ("sip-udp sip-udp:5070", (SIP, EndpointService(ServiceKind.SIP_UDP, 5070))),
        ("sip-tls:5071", (EndpointService(ServiceKind.SIP_TLS, 5071),)),
        ("https:1 h323:65535", (EndpointService(ServiceKind.HTTPS, 1), EndpointService(ServiceKind.H323, 65535))),
    ],
)
def test_services_of_an_endpoint(text: str, services: tuple[EndpointService, ...]) -> None:
    """Services stand in the order in which they are written, each once, with their well-known ports."""
    assert parse_services(text) == services


def test_every_service_of_an_endpoint_has_a_port() -> None:
    """The words that are accepted are kinds of service with a port of their own."""
    assert [service.port for service in map(parse_service, OF_ENDPOINTS)] == [5060, 5060, 5061, 1720, 443]
    assert set(DEFAULT_PORTS) == set(ServiceKind) - {ServiceKind.TCP}


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("sip-upd", "'sip-upd' is no service", "did you mean 'sip-udp'?"),
        ("SIP-UDP", "'SIP-UDP' is no service", "did you mean 'sip-udp'?"),
        ("http", "'http' is no service", "did you mean 'https'?"),
        ("tcp", "'tcp' is no service", "or none"),
        ("none h323", "'none' is no service", "or none"),
        ("sip-udp:", "'sip-udp:' has no port", "like sip-udp:5070"),
        ("sip-udp:0", "'sip-udp:0' has no port", "like sip-udp:5070"),
        ("sip-udp:65536", "has no port", "like sip-udp:5070"),
        ("sip-udp:٥٠٦٠", "has no port", "like sip-udp:5070"),
        ("sip-udp:5060:1", "has no port", "like sip-udp:5070"),
        (" ; , ", "no service is named", "or none"),
        (" ".join(f"h323:{port}" for port in range(1, MOST_SERVICES + 2)), "more than 8 services", "meetings use"),
    ],
)
def test_services_that_are_none(text: str, what: str, remedy: str) -> None:
    """A cell that names no service, or an unknown one, says what to write."""
    with pytest.raises(CellError) as caught:
        parse_services(text)
    assert what in caught.value.what
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        FINGERPRINT,
        FINGERPRINT.upper(),
        ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper(),
        "sha256 Fingerprint=" + ":".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)).upper(),
        "SHA256 Fingerprint=" + FINGERPRINT,
        " ".join(FINGERPRINT[at : at + 2] for at in range(0, 64, 2)),
    ],
)
def test_fingerprints(text: str) -> None:
    """A fingerprint is taken as openssl and browsers write it, and kept in one form."""
    assert parse_fingerprint(text) == FINGERPRINT


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        FINGERPRINT[:-1],
        FINGERPRINT + "0",
        FINGERPRINT[:40],
        FINGERPRINT[:-1] + "g",
        f"{FINGERPRINT}{SECRET}",
    ],
)
def test_a_wrong_fingerprint_is_not_repeated(text: str) -> None:
    """What stands there may be anything, so it never stands in a message."""
    with pytest.raises(CellError) as caught:
        parse_fingerprint(text)
    assert text not in str(caught.value)
    assert text[:12] not in repr(caught.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://p.example/", ServiceUrl(ServiceKind.HTTPS, "p.example", 443, "/")),
        ("https://p.example", ServiceUrl(ServiceKind.HTTPS, "p.example", 443, "/")),
        ("HTTP://P.Example:8080/A?b=C", ServiceUrl(ServiceKind.HTTP, "p.example", 8080, "/A?b=C")),
        ("http://p.example?token=x", ServiceUrl(ServiceKind.HTTP, "p.example", 80, "/?token=x")),
        ("https://192.0.2.7/x;y/z", ServiceUrl(ServiceKind.HTTPS, "192.0.2.7", 443, "/x;y/z")),
        ("https://[2001:DB8::1]:8443/", ServiceUrl(ServiceKind.HTTPS, "2001:db8::1", 8443, "/")),
        ("https://[::ffff:192.0.2.7]/", ServiceUrl(ServiceKind.HTTPS, "192.0.2.7", 443, "/")),
        ("tcp://192.0.2.7:1433", ServiceUrl(ServiceKind.TCP, "192.0.2.7", 1433, "/")),
        ("tcp://192.0.2.7:1433/", ServiceUrl(ServiceKind.TCP, "192.0.2.7", 1433, "/")),
        ("tls://mail.example", ServiceUrl(ServiceKind.TLS, "mail.example", 443, "/")),
        ("https://p.example/c%E1%BB%95ng", ServiceUrl(ServiceKind.HTTPS, "p.example", 443, "/c%E1%BB%95ng")),
    ],
)
def test_addresses_of_services(text: str, url: ServiceUrl) -> None:
    """An address is taken apart; its path keeps its query and its capital letters."""
    assert parse_service_url(text) == url


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"ftp://p.example/{SECRET}", "begins with none of http, https, tcp, tls"),
        (f"p.example/{SECRET}", "begins with none of"),
        (SECRET, "begins with none of"),
        (f"https:p.example/{SECRET}", "has no host"),
        (f"https:///{SECRET}", "has no host"),
        (f"https://p.example:0/{SECRET}", "has no host, or port 0"),
        (f"https://p.example:{SECRET}/", "this is no address"),
        (f"https://p.example:70000/{SECRET}", "this is no address"),
        (f"https://[::1/{SECRET}", "this is no address"),
        (f"https://{SECRET}@p.example/", "has a user"),
        (f"https://:{SECRET}@p.example/", "has a user"),
        (f"https://p.example/#{SECRET}", "a fragment"),
        (f"https://p.example/a b{SECRET}", "characters that it cannot have"),
        (f"https://p.example/\u1ed5{SECRET}", "characters that it cannot have"),
        (f"https://p.ex\tample/{SECRET}", "characters that it cannot have"),
        (f"https://{SECRET}_/", "names no host"),
        (f"https://p.example;token={SECRET}/", "names no host"),
        (f"https://p.example\\{SECRET}/", "names no host"),
        (f"https://0.0.0.0/{SECRET}", "names no host"),
        (f"https://[fe80::1]/{SECRET}", "names no host"),
        (f"tcp://192.0.2.7/{SECRET}", "tcp has no path"),
        ("tcp://192.0.2.7", "no port of its own"),
        (f"tls://mail.example?{SECRET}", "tls has no path"),
        (f"https://p.example/{SECRET}" + "x" * LONGEST_URL, "longer than 2000"),
    ],
)
def test_a_wrong_address_is_not_repeated(text: str, what: str) -> None:
    """An address may hold a token anywhere, so no part of it stands in a message."""
    with pytest.raises(CellError) as caught:
        parse_service_url(text)
    assert what in caught.value.what
    assert SECRET not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__!r}"


def test_a_path_is_not_shown() -> None:
    """Neither is that of a sound address: it may stand in a log with its service."""
    assert SECRET not in repr(parse_service_url(f"https://p.example/?token={SECRET}"))


@given(
    st.text(alphabet=st.sampled_from(list("/:@?#[]%&=.-_;,\\ \tae1٣ổ")), max_size=30),
    st.sampled_from(["https://", "http://", "tcp://", "tls://", ""]),
)
def test_an_address_that_is_accepted_can_be_asked(rest: str, begin: str) -> None:
    """Whatever passes for an address makes a service that the prober takes; all else is a cell error."""
    with contextlib.suppress(CellError):
        url = parse_service_url(begin + rest)
        name = "" if ":" in url.host or url.host.rpartition(".")[2].isdigit() else url.host.removesuffix(".")
        ServiceToProbe(url.kind, "192.0.2.7", url.port, name, path=url.path)


@pytest.mark.parametrize(
    ("text", "codes"), [("200", (200,)), ("200 302", (200, 302)), ("302,200; 200", (302, 200)), ("599", (599,))]
)
def test_statuses(text: str, codes: tuple[int, ...]) -> None:
    """Status codes stand in their order, each once."""
    assert parse_statuses(text) == codes


@pytest.mark.parametrize("text", ["2xx", "20", "2000", "600", "100", "099", "200-299", ";", "200 OK", "２００"])
def test_statuses_that_are_none(text: str) -> None:
    """What no final answer can have is refused."""
    with pytest.raises(CellError, match="no HTTP status codes"):
        parse_statuses(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("2s", 2.0), ("1.5s", 1.5), ("1ms", 0.001), ("60s", 60), ("60000ms", 60)],
)
def test_slow(text: str, seconds: float) -> None:
    """A duration comes in seconds."""
    assert parse_slow(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["2", "0s", "0.5ms", "60.001s", "1m", "-1s", "1e3ms", "2 s", "s", "1.s", "٢s"])
def test_slow_that_is_none(text: str) -> None:
    """What is no duration of 1 ms to 60 s is refused."""
    with pytest.raises(CellError, match="no duration"):
        parse_slow(text)


@pytest.mark.parametrize("text", [f"sip:room:{SECRET}@hop.example", f"sips:room:{SECRET}:5060@hop.example"])
def test_a_password_in_a_sip_address_is_not_repeated(text: str) -> None:
    """RFC 3261 knows passwords in addresses; they are refused, and not shown."""
    with pytest.raises(CellError) as caught:
        parse_sip_uri(text)
    assert SECRET not in str(caught.value)
    assert "password" in caught.value.what
