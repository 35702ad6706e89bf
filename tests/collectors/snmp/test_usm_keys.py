"""Keys, digests and ciphers of SNMPv3: the published vectors, and the same octets as pysnmp's."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.type.univ import OctetString
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.proto.secmod.rfc3414.service import SnmpUSMSecurityModel

from phusong.collectors.snmp import usm
from phusong.collectors.snmp.credentials import UsmUser
from phusong.collectors.snmp.errors import Malformed
from phusong.collectors.snmp.usm_keys import (
    OTHER_KEY_EXTENSION,
    AuthProtocol,
    PrivacyCipher,
    PrivProtocol,
    Signer,
    digest_octets,
    extend_key,
    localize,
    master_key,
    password_to_key,
)

ENGINE_ID = bytes.fromhex("000000000000000000000002")
"""Of the examples in RFC 3414, A.3, and in the draft for 3DES, appendix B."""
DES, AES128, AES192, AES256 = PrivProtocol.DES, PrivProtocol.AES128, PrivProtocol.AES192, PrivProtocol.AES256

THEIR_AUTH = {
    AuthProtocol.MD5: pysnmp.usmHMACMD5AuthProtocol,
    AuthProtocol.SHA: pysnmp.usmHMACSHAAuthProtocol,
    AuthProtocol.SHA224: pysnmp.usmHMAC128SHA224AuthProtocol,
    AuthProtocol.SHA256: pysnmp.usmHMAC192SHA256AuthProtocol,
    AuthProtocol.SHA384: pysnmp.usmHMAC256SHA384AuthProtocol,
    AuthProtocol.SHA512: pysnmp.usmHMAC384SHA512AuthProtocol,
}
THEIR_PRIV = {
    PrivProtocol.DES: pysnmp.usmDESPrivProtocol,
    PrivProtocol.AES128: pysnmp.usmAesCfb128Protocol,
    PrivProtocol.AES192: pysnmp.usmAesBlumenthalCfb192Protocol,
    PrivProtocol.AES192C: pysnmp.usmAesCfb192Protocol,
    PrivProtocol.AES256: pysnmp.usmAesBlumenthalCfb256Protocol,
    PrivProtocol.AES256C: pysnmp.usmAesCfb256Protocol,
}
KEY_OCTETS = {"des": 16, "aes128": 16, "aes192": 24, "aes192c": 24, "aes256": 32, "aes256c": 32}
EVERY_AUTH = pytest.mark.parametrize("auth", AuthProtocol)
EVERY_PRIV = pytest.mark.parametrize("priv", PrivProtocol)
passwords = st.binary(min_size=8, max_size=80)
engine_ids = st.binary(min_size=5, max_size=32)


@pytest.mark.parametrize(
    ("auth", "key", "localized"),
    [
        pytest.param(
            AuthProtocol.MD5, "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b", id="A.3.1"
        ),
        pytest.param(
            AuthProtocol.SHA,
            "9fb5cc0381497b3793528939ff788d5d79145211",
            "6695febc9288e36282235fc7151f128497b38f3f",
            id="A.3.2",
        ),
    ],
)
def test_the_examples_of_rfc_3414(auth: AuthProtocol, key: str, localized: str) -> None:
    """The password maplesyrup makes the keys that RFC 3414 prints."""
    assert password_to_key(auth, b"maplesyrup").hex() == key
    assert localize(auth, bytes.fromhex(key), ENGINE_ID).hex() == localized


@pytest.mark.parametrize(
    ("auth", "localized"),
    [
        pytest.param(AuthProtocol.MD5, "87021d7bd9d101ba05ea6e3bf9d9bd4a", id="A.5.1"),
        pytest.param(AuthProtocol.SHA, "78e2dcce79d59403b58c1bbaa5bff46391f1cd25", id="A.5.2"),
    ],
)
def test_the_changed_keys_of_rfc_3414(auth: AuthProtocol, localized: str) -> None:
    """The password newsyrup makes the new localized keys of the examples of key change."""
    assert localize(auth, password_to_key(auth, b"newsyrup"), ENGINE_ID).hex() == localized


@pytest.mark.parametrize(
    ("auth", "printed"),
    [
        pytest.param(
            AuthProtocol.MD5, "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12", id="B.1 MD5"
        ),
        pytest.param(
            AuthProtocol.SHA,
            "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9cd2d5065547743fb5",
            id="B.2 SHA",
        ),
    ],
)
def test_the_long_keys_of_reeders_draft(auth: AuthProtocol, printed: str) -> None:
    """The draft for 3DES prints the extended keys of maplesyrup, of which aes192c and aes256c take the head."""
    key = localize(auth, master_key(auth, b"maplesyrup"), ENGINE_ID)
    assert extend_key(auth, PrivProtocol.AES192C, key, ENGINE_ID).hex() == printed[:48]
    assert extend_key(auth, PrivProtocol.AES256C, key, ENGINE_ID).hex() == printed[:64]


@cache
def their_master(auth: AuthProtocol, password: bytes) -> OctetString:
    return SnmpUSMSecurityModel.AUTH_SERVICES[THEIR_AUTH[auth]].hash_passphrase(OctetString(password))


def their_key(auth: AuthProtocol, priv: PrivProtocol, password: bytes, engine_id: bytes) -> bytes:
    service = SnmpUSMSecurityModel.PRIV_SERVICES[THEIR_PRIV[priv]]
    localized = service.localize_key(THEIR_AUTH[auth], their_master(auth, password), OctetString(engine_id))
    return bytes(localized)


@EVERY_AUTH
@settings(max_examples=12)
@given(password=passwords, engine_id=engine_ids)
def test_passwords_make_the_keys_of_pysnmp(auth: AuthProtocol, password: bytes, engine_id: bytes) -> None:
    """Any password at any engine makes the same master key and localized key as in pysnmp."""
    service = SnmpUSMSecurityModel.AUTH_SERVICES[THEIR_AUTH[auth]]
    theirs = their_master(auth, password)
    ours = password_to_key(auth, password)
    assert ours == bytes(theirs)
    assert localize(auth, ours, engine_id) == bytes(service.localize_key(theirs, OctetString(engine_id)))


@EVERY_AUTH
@EVERY_PRIV
@settings(max_examples=12)
@given(engine_id=engine_ids)
def test_privacy_keys_are_those_of_pysnmp(auth: AuthProtocol, priv: PrivProtocol, engine_id: bytes) -> None:
    """Every pair of protocols, with either key extension, makes pysnmp's key, as long as the cipher needs it."""
    key = localize(auth, master_key(auth, b"privpassword"), engine_id)
    ours = extend_key(auth, priv, key, engine_id)
    assert len(ours) == KEY_OCTETS[priv]
    assert ours == their_key(auth, priv, b"privpassword", engine_id)


@EVERY_AUTH
def test_the_two_extensions_differ_where_a_key_is_too_short(auth: AuthProtocol) -> None:
    """A cipher and its namesake make different keys unless the hash alone is long enough; they name each other."""
    key = localize(auth, master_key(auth, b"privpassword"), ENGINE_ID)
    for priv, other in OTHER_KEY_EXTENSION.items():
        assert OTHER_KEY_EXTENSION[other] is priv
        keys = {extend_key(auth, one, key, ENGINE_ID) for one in (priv, other)}
        assert len(keys) == (1 if len(key) >= KEY_OCTETS[priv] else 2)


@pytest.mark.parametrize(
    ("auth", "octets"), list(zip(AuthProtocol, (12, 12, 16, 24, 32, 48), strict=True)), ids=list(AuthProtocol)
)
@given(key=st.binary(min_size=16, max_size=64), parts=st.lists(st.binary(max_size=200), max_size=5))
def test_digests_are_hmacs_cut_to_their_length(
    auth: AuthProtocol, octets: int, key: bytes, parts: list[bytes]
) -> None:
    """RFC 3414 and RFC 7860 say how many octets of which HMAC; in how many parts a message comes is no matter."""
    signer = Signer(auth, key)
    name = {"sha": "sha1"}.get(auth, str(auth))
    assert signer.sign(*parts) == hmac.digest(key, b"".join(parts), name)[:octets]
    assert signer.sign(*parts) == signer.sign(b"".join(parts))
    assert signer.octets == digest_octets(auth) == octets


PLAIN = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
ON_AES = {"salt": bytes(range(8, 16)), "boots": 0x00010203, "time_s": 0x04050607}


@pytest.mark.parametrize(
    ("priv", "key", "secret"),
    [
        pytest.param(
            AES128,
            "2b7e151628aed2a6abf7158809cf4f3c",
            "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b",
            id="F.3.13 AES-128",
        ),
        pytest.param(
            AES192,
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            "cdc80d6fddf18cab34c25909c99a417467ce7f7f81173621961a2b70171d3d7a",
            id="F.3.15 AES-192",
        ),
        pytest.param(
            AES256,
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407b",
            id="F.3.17 AES-256",
        ),
    ],
)
def test_the_cfb_examples_of_nist_800_38a(priv: PrivProtocol, key: str, secret: str) -> None:
    """Boots, time and salt in a row are the initialization vector 00 to 0f of the examples (RFC 3826, 3.1.2.1)."""
    cipher = PrivacyCipher(priv, bytes.fromhex(key))
    assert cipher.encrypt(bytes.fromhex(PLAIN), **ON_AES).hex() == secret
    assert cipher.decrypt(bytes.fromhex(secret), **ON_AES).hex() == PLAIN


def test_a_published_block_of_des() -> None:
    """The textbook key 133457799BBCDFF1; a salt equal to the pre-IV makes the vector zero (RFC 3414, 8.1.1.1)."""
    salt = b"12345678"
    cipher = PrivacyCipher(DES, bytes.fromhex("133457799bbcdff1") + salt)
    assert cipher.encrypt(bytes.fromhex("0123456789abcdef"), salt, 7, 9).hex() == "85e813540f0ab405"
    assert cipher.decrypt(bytes.fromhex("85e813540f0ab405"), salt, 1, 2).hex() == "0123456789abcdef"


@EVERY_PRIV
@given(
    key=st.binary(min_size=32, max_size=32),
    plain=st.binary(min_size=1, max_size=300),
    salt=st.binary(min_size=8, max_size=8),
    boots=st.integers(0, 2**31 - 1),
    time_s=st.integers(0, 2**31 - 1),
)
def test_ciphers_and_pysnmp_read_each_other(
    priv: PrivProtocol, key: bytes, plain: bytes, salt: bytes, boots: int, time_s: int
) -> None:
    """What one encrypts the other decrypts; DES leaves its padding behind."""
    key = key[: KEY_OCTETS[priv]]
    service = SnmpUSMSecurityModel.PRIV_SERVICES[THEIR_PRIV[priv]]
    cipher = PrivacyCipher(priv, key)
    padded = plain + bytes(-len(plain) % 8) if priv is DES else plain
    secret = cipher.encrypt(plain, salt, boots, time_s)
    theirs = service.decrypt_data(OctetString(key), (boots, time_s, OctetString(salt)), OctetString(secret))
    assert bytes(theirs) == padded
    secret, salted = service.encrypt_data(OctetString(key), (boots, time_s, None), plain)
    assert cipher.decrypt(bytes(secret), bytes(salted), boots, time_s)[: len(plain)] == plain


@EVERY_PRIV
@pytest.mark.parametrize("octets", [0, 1, 7, 9, 16, 65_000])
def test_a_salt_of_another_length_is_malformed(priv: PrivProtocol, octets: int) -> None:
    """The privacy parameters are eight octets, for every cipher."""
    cipher = PrivacyCipher(priv, bytes(range(KEY_OCTETS[priv])))
    with pytest.raises(Malformed):
        cipher.decrypt(bytes(16), bytes(octets), 1, 1)


@pytest.mark.parametrize("octets", [1, 7, 9, 15, 65_001])
def test_des_decrypts_whole_blocks_only(octets: int) -> None:
    """Anything but a multiple of eight octets is malformed."""
    with pytest.raises(Malformed):
        PrivacyCipher(DES, bytes(range(16))).decrypt(bytes(octets), bytes(8), 1, 1)


def test_an_empty_password_makes_no_key() -> None:
    """It would be repeated for ever."""
    with pytest.raises(ValueError, match="empty"):
        password_to_key(AuthProtocol.SHA, b"")


def test_the_password_is_repeated_to_a_megabyte_exactly() -> None:
    """Also where its length is no divisor of 2^20, and where it is longer than that."""
    for password in (b"1234567", b"x" * 1_048_575, b"y" * 1_048_577):
        repeated = (password * 1_048_576)[:1_048_576] if len(password) < 10 else (password * 2)[:1_048_576]
        assert password_to_key(AuthProtocol.SHA256, password) == hashlib.sha256(repeated).digest()


def test_keys_are_made_once_and_not_kept_without_end() -> None:
    """A user's keys at an engine are remembered; however many engines are named, the memory of them is bounded."""
    user = UsmUser(b"u", AuthProtocol.SHA, b"authpassword", AES128, b"privpassword")
    keys = usm.user_keys(user, ENGINE_ID)
    assert (
        usm.user_keys(UsmUser(b"u", AuthProtocol.SHA, b"authpassword", AES128, b"privpassword"), ENGINE_ID) is keys
    )
    assert usm.user_keys(user, bytes(12)) is not keys
    assert usm.user_keys.cache_info().maxsize == usm.KEYS_KEPT
    for number in range(usm.KEYS_KEPT + 10):
        usm.user_keys(user, number.to_bytes(5, "big"))
    assert usm.user_keys.cache_info().currsize == usm.KEYS_KEPT
    usm.user_keys.cache_clear()
    made = master_key.cache_info().misses
    usm.user_keys(user, ENGINE_ID)
    assert master_key.cache_info().misses == made
    assert "password" not in f"{keys!r}{keys.signer!r}{keys.cipher!r}"
