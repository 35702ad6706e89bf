"""Whom to trust, the TLS settings that follow from it, and what a server's certificate says.

Nothing here opens a connection: ``connection`` does, and asks this module.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography import x509

from phusong.collectors.call_readings import CertificateReading
from phusong.collectors.device_text import clean_text

DAY_S: Final = 86_400.0
LONGEST_SUBJECT: Final = 4096
"""So much of a subject is looked at; clean_text cuts it further."""
LEGACY_SERVER_CONNECT: Final = 0x4
"""SSL_OP_LEGACY_SERVER_CONNECT: also servers that know no RFC 5746. Python names it from 3.12 on."""
NOT_THE_PINNED_ONE: Final = "not the pinned one"

_EXPIRED: Final = 10
_OTHER_NAME: Final = 62
"""X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_HOSTNAME_MISMATCH; of these numbers Python names none."""
_REASONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        9: "an issuer's certificate is not valid yet",
        _EXPIRED: "an issuer's certificate has expired",
        18: "unknown issuer: it is signed by itself",
        19: "unknown issuer",
        20: "unknown issuer",
        21: "unknown issuer",
        _OTHER_NAME: "for another name",
        64: "for another address",
        66: "its key is too weak",
        67: "an issuer's key is too weak",
        68: "signed with a hash that is too weak",
    }
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificate of a server is trusted; without anything: of any issuer that this machine trusts.

    Raises
    ------
    ValueError
        The CA certificates cannot be read, or the fingerprint is not one of SHA-256.
    """

    ca_pem: str = field(default="", repr=False)
    """Certificates of the issuers, PEM; when it is given the system's do not count."""
    certificate_sha256: str = ""
    """Fingerprint of the one certificate that is trusted, whatever it says; colons and capitals are allowed."""

    def __post_init__(self) -> None:
        pin = self.certificate_sha256.replace(":", "").strip().lower()
        if pin and not re.fullmatch(r"[0-9a-f]{64}", pin):
            raise ValueError("the fingerprint of a certificate is 64 hexadecimal digits (SHA-256 of its DER form)")
        object.__setattr__(self, "certificate_sha256", pin)
        if self.ca_pem:
            verifying_tls(self.ca_pem)


@lru_cache(maxsize=64)  # to load the system's certificates takes 20 to 50 ms
def verifying_tls(ca_pem: str) -> ssl.SSLContext:
    """Return the settings that accept only servers with a certificate by these issuers, or by the system's.

    Raises
    ------
    ValueError
        The text holds no certificate.
    """
    try:
        return ssl.create_default_context(cadata=ca_pem or None)
    except (ssl.SSLError, TypeError, ValueError):  # TypeError: it is not of ASCII letters
        raise ValueError("the CA certificates cannot be read: PEM text is wanted") from None


@lru_cache(maxsize=2)
def unverified_tls(*, legacy: bool) -> ssl.SSLContext:
    """Return settings that accept any server: for those that are known by a pin, and those that need no trust.

    With ``legacy`` also servers with TLS 1.0, small keys and SHA-1, as endpoints of 2010 have them. That is for
    connections on which no secret is sent; all others keep Python's defaults.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if legacy:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.options |= LEGACY_SERVER_CONNECT
    return context


def read_certificate(der: bytes, problem: str = "") -> CertificateReading | None:
    """Read a certificate that is trusted or has this problem; ``None`` where it cannot be read."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return CertificateReading(
            not_before=certificate.not_valid_before_utc.timestamp(),
            not_after=certificate.not_valid_after_utc.timestamp(),
            sha256=fingerprint(der),
            trusted=not problem,
            problem=problem,
            subject=clean_text(certificate.subject.rfc4514_string()[:LONGEST_SUBJECT]),
        )
    except (ValueError, x509.InvalidVersion):
        return None


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate's DER form, in small hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def why_untrusted(refusal: OSError, der: bytes, now: float) -> str:
    """Say for people why a certificate was not accepted, in words that its owner cannot choose.

    Parameters
    ----------
    refusal
        What the handshake with ``verifying_tls`` failed with.
    der
        The certificate, empty when it could not be had.
    now
        Unix seconds.
    """
    if not isinstance(refusal, ssl.SSLCertVerificationError):
        return f"its TLS is too old to be verified: {tls_failure(refusal)}"
    certificate = read_certificate(der) if der else None
    if certificate and refusal.verify_code != _OTHER_NAME and now > certificate.not_after:
        return f"expired {_days(now - certificate.not_after)} ago"
    if certificate and now < certificate.not_before:
        return f"valid only in {_days(certificate.not_before - now)}"
    return _REASONS.get(refusal.verify_code) or clean_text(refusal.verify_message) or "not verified"


def tls_failure(error: OSError) -> str:
    """Return OpenSSL's reason in small letters: ``wrong version number``."""
    return (getattr(error, "reason", "") or "handshake failed").replace("_", " ").lower()


def _days(seconds: float) -> str:
    days = int(seconds // DAY_S)
    if not days:
        return "less than a day"
    return "1 day" if days == 1 else f"{days} days"
