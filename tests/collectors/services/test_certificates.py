"""Whom to trust and what is said of a certificate: values only, connections are in ``test_connection``."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_peers import authority, make_certificate

from phusong.collectors.services.certificates import (
    Trust,
    fingerprint,
    read_certificate,
    unverified_tls,
    verifying_tls,
    why_untrusted,
)

DAY_S = 86_400.0
SHA256 = "ab" * 32


def refusal(code: int, message: str = "") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize("written", [SHA256, SHA256.upper(), ":".join(["AB"] * 32), f" {SHA256}\n"])
def test_a_fingerprint_may_be_written_as_tools_print_it(written: str) -> None:
    """Capitals and the colons of openssl are the same pin."""
    assert Trust(certificate_sha256=written) == Trust(certificate_sha256=SHA256)


@pytest.mark.parametrize("written", ["ab" * 20, "xy" * 32, SHA256 + "00"])
def test_what_is_no_fingerprint_is_refused(written: str) -> None:
    """SHA-1 and mistakes are told when they are read, not at the first connection."""
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        Trust(certificate_sha256=written)


@pytest.mark.parametrize(
    "text", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ký"]
)
def test_what_is_no_ca_is_refused(text: str) -> None:
    """A file that is not PEM is told when it is read, without its content."""
    with pytest.raises(ValueError, match="PEM text is wanted"):
        Trust(ca_pem=text)


def test_settings_are_made_once() -> None:
    """All services with the same issuers share one set of TLS settings: the system's take 20 ms to load."""
    pem = authority().pem
    assert verifying_tls(Trust(ca_pem=pem).ca_pem) is verifying_tls(Trust(ca_pem=pem).ca_pem)
    assert unverified_tls(legacy=True) is unverified_tls(legacy=True)


def test_old_tls_is_for_connections_without_secrets_only() -> None:
    """Only the settings called legacy go below what Python allows."""
    standard = ssl.create_default_context()
    for context in (verifying_tls(""), unverified_tls(legacy=False)):
        assert context.minimum_version == standard.minimum_version
        assert context.get_ciphers() == standard.get_ciphers()
        assert context.options == standard.options
    assert verifying_tls("").verify_mode is ssl.CERT_REQUIRED
    assert verifying_tls("").check_hostname
    assert unverified_tls(legacy=True).minimum_version is ssl.TLSVersion.MINIMUM_SUPPORTED


def test_a_certificate_is_read() -> None:
    """Dates in Unix seconds, fingerprint and subject are its own; without a problem it is trusted."""
    made = make_certificate(common_name="Phòng họp\u202e", days=(-1, 5))
    der = ssl.PEM_cert_to_DER_cert(made.pem)
    found = read_certificate(der)
    assert found
    assert (found.not_after, found.sha256, found.trusted) == (made.not_after, made.sha256, True)
    assert found.not_after - found.not_before == pytest.approx(6 * DAY_S, abs=2)
    assert found.subject == "CN=Phòng họp"
    assert fingerprint(der) == made.sha256
    untrusted = read_certificate(der, "not the pinned one")
    assert untrusted
    assert (untrusted.trusted, untrusted.problem) == (False, "not the pinned one")


@given(cut=st.integers(0, 300), noise=st.binary(max_size=60))
def test_no_octets_break_the_reader(cut: int, noise: bytes) -> None:
    """A certificate that cannot be read is none."""
    der = ssl.PEM_cert_to_DER_cert(authority().pem)
    read_certificate(der[:cut] + noise + der[cut + len(noise) :])
    assert read_certificate(der[:cut]) is None


@pytest.mark.parametrize(
    ("error", "days", "problem"),
    [
        (refusal(10), (-30.0, -3.5), "expired 3 days ago"),
        (refusal(10), (-30.0, -1.5), "expired 1 day ago"),
        (refusal(10), (-30.0, -0.5), "expired less than a day ago"),
        (refusal(10), (-30.0, 30.0), "an issuer's certificate has expired"),
        (refusal(20), (-30.0, -3.5), "expired 3 days ago"),
        (refusal(9), (2.5, 30.0), "valid only in 2 days"),
        (refusal(9), (-30.0, 30.0), "an issuer's certificate is not valid yet"),
        (refusal(62), (-30.0, 30.0), "for another name"),
        (refusal(64), (-30.0, 30.0), "for another address"),
        (refusal(18), (-30.0, 30.0), "unknown issuer: it is signed by itself"),
        (refusal(20), (-30.0, 30.0), "unknown issuer"),
        (refusal(66), (-30.0, 30.0), "its key is too weak"),
        (refusal(26, "unsuitable certificate purpose"), (-30.0, 30.0), "unsuitable certificate purpose"),
        (refusal(26), (-30.0, 30.0), "not verified"),
        (ssl.SSLError(1, "x"), (-30.0, 30.0), "its TLS is too old to be verified: handshake failed"),
    ],
)
def test_why_a_certificate_is_not_trusted(error: ssl.SSLError, days: tuple[float, float], problem: str) -> None:
    """People are told the reason that they can do something about: the date first."""
    now = 1_800_000_000.0
    made = make_certificate(days=days)
    lag = made.not_after - days[1] * DAY_S - now
    assert why_untrusted(error, ssl.PEM_cert_to_DER_cert(made.pem), now + lag) == problem


def test_the_reason_is_told_without_the_certificate() -> None:
    """When the second handshake brings none, the first one's reason stands."""
    assert why_untrusted(refusal(10), b"", 0.0) == "an issuer's certificate has expired"
    assert why_untrusted(refusal(20), b"junk", 0.0) == "unknown issuer"
