"""Keys, digests and ciphers of the User-based Security Model; no messages and no state.

RFC 3414 (MD5, SHA-1, DES), RFC 3826 (AES-128) and RFC 7860 (SHA-2). For AES-192 and AES-256 no RFC says how a
localized key is made long enough; two drafts do, and devices follow one or the other: Blumenthal's (``aes192``,
``aes256``) hashes on, Reeder's (``aes192c``, ``aes256c``: Cisco, Huawei and others) runs the key through the
password-to-key algorithm again. Hashes come from ``hashlib`` and ``hmac``, ciphers from ``cryptography``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from .errors import Malformed

SHORTEST_PASSWORD: Final = 8
"""RFC 3414, section 11.2."""
SALT_OCTETS: Final = 8
"""The length of msgPrivacyParameters for every cipher."""
_PASSWORD_OCTETS = 1_048_576
_DES_BLOCK = 8
_KEYS_KEPT = 4096


class AuthProtocol(StrEnum):
    """How messages are signed, under the names of ``phusong.yaml``."""

    MD5 = "md5"
    SHA = "sha"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class PrivProtocol(StrEnum):
    """How messages are encrypted, under the names of ``phusong.yaml``; a final ``c`` is Reeder's key extension."""

    DES = "des"
    AES128 = "aes128"
    AES192 = "aes192"
    AES192C = "aes192c"
    AES256 = "aes256"
    AES256C = "aes256c"


WEAK: Final = frozenset({AuthProtocol.MD5, AuthProtocol.SHA, PrivProtocol.DES})
"""Broken or below what is recommended today; still the only choice of many old devices."""

OTHER_KEY_EXTENSION: Final[Mapping[PrivProtocol, PrivProtocol]] = {
    PrivProtocol.AES192: PrivProtocol.AES192C,
    PrivProtocol.AES192C: PrivProtocol.AES192,
    PrivProtocol.AES256: PrivProtocol.AES256C,
    PrivProtocol.AES256C: PrivProtocol.AES256,
}
"""The cipher with the same name in a device's manual whose keys are made the other way."""

_HASHES: Mapping[AuthProtocol, tuple[str, int]] = {
    AuthProtocol.MD5: ("md5", 12),
    AuthProtocol.SHA: ("sha1", 12),
    AuthProtocol.SHA224: ("sha224", 16),
    AuthProtocol.SHA256: ("sha256", 24),
    AuthProtocol.SHA384: ("sha384", 32),
    AuthProtocol.SHA512: ("sha512", 48),
}
"""The hash, and to how many octets its HMAC is cut (RFC 3414, sections 6 and 7; RFC 7860, section 4)."""
_PRIV_KEY_OCTETS: Mapping[PrivProtocol, int] = {
    PrivProtocol.DES: 16,
    PrivProtocol.AES128: 16,
    PrivProtocol.AES192: 24,
    PrivProtocol.AES192C: 24,
    PrivProtocol.AES256: 32,
    PrivProtocol.AES256C: 32,
}
_REEDER = frozenset({PrivProtocol.AES192C, PrivProtocol.AES256C})


def digest_octets(protocol: AuthProtocol) -> int:
    """Return the length of msgAuthenticationParameters: no other one is ever right."""
    return _HASHES[protocol][1]


def password_to_key(protocol: AuthProtocol, password: bytes) -> bytes:
    """Return Ku: the hash of the password repeated to 2^20 octets (RFC 3414, A.2)."""
    if not password:
        raise ValueError("an empty password makes no key")
    repeated = password * (_PASSWORD_OCTETS // len(password) + 1)
    return hashlib.new(_HASHES[protocol][0], repeated[:_PASSWORD_OCTETS], usedforsecurity=True).digest()


def localize(protocol: AuthProtocol, key: bytes, engine_id: bytes) -> bytes:
    """Return Kul: the key for one engine (RFC 3414, section 2.6)."""
    return hashlib.new(_HASHES[protocol][0], key + engine_id + key, usedforsecurity=True).digest()


def extend_key(auth: AuthProtocol, priv: PrivProtocol, key: bytes, engine_id: bytes) -> bytes:
    """Make a localized key as long as the cipher needs, by the extension that its name stands for."""
    octets = _PRIV_KEY_OCTETS[priv]
    while len(key) < octets:
        if priv in _REEDER:
            last = key[-hashlib.new(_HASHES[auth][0]).digest_size :]
            key += localize(auth, password_to_key(auth, last), engine_id)
        else:
            key += hashlib.new(_HASHES[auth][0], key, usedforsecurity=True).digest()
    return key[:octets]


@lru_cache(maxsize=_KEYS_KEPT)
def master_key(protocol: AuthProtocol, password: bytes) -> bytes:
    """Return ``password_to_key``, remembered: it costs milliseconds."""
    return password_to_key(protocol, password)


class Signer:
    """Signs and checks whole messages with one localized key."""

    __slots__ = ("_keyed", "octets")

    def __init__(self, protocol: AuthProtocol, key: bytes) -> None:
        name, self.octets = _HASHES[protocol]
        self._keyed = hmac.new(key, digestmod=name)

    def sign(self, *parts: bytes) -> bytes:
        """Return the digest of the parts in a row, cut to its length."""
        keyed = self._keyed.copy()
        for part in parts:
            keyed.update(part)
        return keyed.digest()[: self.octets]


class PrivacyCipher:
    """Encrypts and decrypts scoped PDUs with one localized key."""

    __slots__ = ("_algorithm", "_is_des", "_pre_iv")

    def __init__(self, protocol: PrivProtocol, key: bytes) -> None:
        self._is_des = protocol is PrivProtocol.DES
        self._algorithm: TripleDES | AES
        if self._is_des:
            self._algorithm, self._pre_iv = TripleDES(key[:8] * 3), key[8:16]
        else:
            self._algorithm, self._pre_iv = AES(key), b""

    def _mode(self, salt: bytes, boots: int, time_s: int) -> CBC | CFB:
        if self._is_des:
            return CBC(bytes(a ^ b for a, b in zip(self._pre_iv, salt, strict=True)))
        return CFB(boots.to_bytes(4, "big") + time_s.to_bytes(4, "big") + salt)

    def encrypt(self, plain: bytes, salt: bytes, boots: int, time_s: int) -> bytes:
        """Encrypt; DES pads to whole blocks (RFC 3414, 8.1.1.2), AES leaves the length (RFC 3826, 3.1.3)."""
        if self._is_des:
            plain += bytes(-len(plain) % _DES_BLOCK)
        encryptor = Cipher(self._algorithm, self._mode(salt, boots, time_s)).encryptor()
        return encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, secret: bytes, salt: bytes, boots: int, time_s: int) -> bytes:
        """Decrypt; what comes out is right only if it can be read.

        Raises
        ------
        Malformed
            The salt or the length is impossible.
        """
        if len(salt) != SALT_OCTETS or (self._is_des and len(secret) % _DES_BLOCK):
            raise Malformed("encrypted part has an impossible length")
        decryptor = Cipher(self._algorithm, self._mode(salt, boots, time_s)).decryptor()
        return decryptor.update(secret) + decryptor.finalize()
