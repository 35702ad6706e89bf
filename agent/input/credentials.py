"""The credentials that ``snmp.auths`` of ``phusong.yaml`` names, each checked by its version, with its secret.

What a secret is, and reading one file, stands in ``secret``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from phusong.collectors.snmp.credentials import V1, V2C, Community, Credentials, UsmUser
from phusong.collectors.snmp.usm_keys import SHORTEST_PASSWORD, AuthProtocol, PrivProtocol

from .config_shape import CommunityShape, UsmShape
from .secret import Secret, SecretFileError, read_secret
from .shape import Shape
from .shape_problems import check_shape, dotted
from .yaml_text import KeyPath, Value, YamlDocument

AUTH_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AUTHS: KeyPath = ("snmp", "auths")
_AUTH_SHAPES: Mapping[str, type[Shape]] = {"1": CommunityShape, "2c": CommunityShape, "3": UsmShape}
_WIRE_VERSIONS = {"1": V1, "2c": V2C}
LONGEST_USER_OCTETS = 32
"""RFC 3414, section 2.4 (msgUserName)."""


@dataclass(frozen=True, slots=True)
class CommunityAuth:
    """Credentials of SNMPv1 or v2c; ``version`` is the number in the packet: 0 for v1, 1 for v2c."""

    version: int
    community: Secret


@dataclass(frozen=True, slots=True)
class UserAuth:
    """Credentials of SNMPv3. ``auth`` and ``priv`` name protocols; a secret is there when its protocol is."""

    user: str
    auth: AuthProtocol | None = None
    auth_secret: Secret | None = None
    priv: PrivProtocol | None = None
    priv_secret: Secret | None = None
    context: str = ""


Auth: TypeAlias = CommunityAuth | UserAuth


def credentials_of(auth: Auth) -> Credentials:
    """Reveal the secrets to the SNMP client: the one place where they leave their wrapping."""
    if isinstance(auth, CommunityAuth):
        return Community(auth.version, auth.community.reveal())
    return UsmUser(
        name=auth.user.encode(),
        auth=auth.auth,
        auth_password=auth.auth_secret.reveal() if auth.auth_secret else b"",
        priv=auth.priv,
        priv_password=auth.priv_secret.reveal() if auth.priv_secret else b"",
        context=auth.context.encode(),
    )


def read_auths(document: YamlDocument, folder: Path) -> dict[str, Auth]:
    """Check every entry of ``snmp.auths`` by its version, and read its secrets."""
    entries = document.at(AUTHS)
    auths: dict[str, Auth] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        auth = _read_auth(document, name, entry, folder)
        if auth is not None:
            auths[name] = auth
    return auths


def _read_auth(document: YamlDocument, name: str, entry: Value, folder: Path) -> Auth | None:
    path: KeyPath = (*AUTHS, name)
    if not AUTH_NAME.fullmatch(name):
        what = f"a name in {dotted(AUTHS)} that cannot be used"
        document.report(
            document.key_mark(path), what, "use up to 64 letters, digits, dots, dashes and underscores"
        )
        return None
    if not isinstance(entry, dict):
        remedy = "write {version: 2c, community_file: FILE}"
        document.report(document.value_mark(path), f"{dotted(path)} must be a block of keys", remedy)
        return None
    version = str(entry.get("version"))
    model = _AUTH_SHAPES.get(version)
    if model is None:
        what = f"{dotted(path)} has no version that is known"
        document.report(document.value_mark((*path, "version")), what, "write version: 2c (or 1, or 3)")
        return None
    shape = check_shape(model, document, entry, path)
    if isinstance(shape, UsmShape):
        return _read_user(document, path, shape, folder)
    if not isinstance(shape, CommunityShape):
        return None
    community = _read_secret(document, (*path, "community_file"), folder / shape.community_file)
    return CommunityAuth(_WIRE_VERSIONS[version], community) if community else None


def _read_secret(document: YamlDocument, path: KeyPath, file: Path) -> Secret | None:
    try:
        return read_secret(file)
    except SecretFileError as error:
        document.report(document.value_mark(path), error.what, error.remedy)
        return None


def _read_user(document: YamlDocument, path: KeyPath, shape: UsmShape, folder: Path) -> UserAuth:
    """Read the passwords of a user; what is missing or wrong is reported, so that the result is never used."""
    secrets: dict[str, Secret | None] = {"auth": None, "priv": None}
    pairs = (("auth", shape.auth, shape.auth_file), ("priv", shape.priv, shape.priv_file))
    for key, algorithm, file in pairs:
        if bool(algorithm) != bool(file):
            what = f"{dotted(path)} has only one of {key} and {key}_file"
            document.report(document.key_mark(path), what, "write both or neither")
        elif file:
            file_path: KeyPath = (*path, f"{key}_file")
            secret = secrets[key] = _read_secret(document, file_path, folder / file)
            if secret and len(secret.reveal()) < SHORTEST_PASSWORD:
                what = f"the password in {dotted(file_path)} has fewer than {SHORTEST_PASSWORD} characters"
                remedy = "set a longer one on the device and here (RFC 3414, section 11.2)"
                document.report(document.value_mark(file_path), what, remedy)
    if len(shape.user.encode()) > LONGEST_USER_OCTETS:
        what = f"{dotted(path)}.user is longer than {LONGEST_USER_OCTETS} octets"
        document.report(document.value_mark((*path, "user")), what, "use the user name that the device knows")
    if shape.priv and not shape.auth:
        document.report(
            document.key_mark((*path, "priv")),
            f"{dotted(path)} has privacy without authentication",
            "add auth and auth_file (RFC 3414 knows no privacy alone)",
        )
    return UserAuth(
        user=shape.user,
        auth=AuthProtocol(shape.auth) if shape.auth else None,
        auth_secret=secrets["auth"],
        priv=PrivProtocol(shape.priv) if shape.priv else None,
        priv_secret=secrets["priv"],
        context=shape.context,
    )
