"""The credentials that ``snmp.auths`` of ``phusong.yaml`` names, each checked by its version, with its secret.

What a secret is, and reading one file, stands in ``secret``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .config_shape import CommunityShape, Shape, UsmShape, check_shape, dotted
from .secret import Secret, SecretFileError, read_secret
from .yaml_text import KeyPath, Value, YamlDocument

AUTH_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
AUTHS: KeyPath = ("snmp", "auths")
_AUTH_SHAPES: Mapping[str, type[Shape]] = {"1": CommunityShape, "2c": CommunityShape, "3": UsmShape}
_WIRE_VERSIONS = {"1": 0, "2c": 1}


@dataclass(frozen=True, slots=True)
class Community:
    """Credentials of SNMPv1 or v2c; ``version`` is the number in the packet: 0 for v1, 1 for v2c."""

    version: int
    community: Secret


def read_auths(document: YamlDocument, folder: Path) -> dict[str, Community]:
    """Check every entry of ``snmp.auths`` by its version, and read its secret."""
    entries = document.at(AUTHS)
    auths: dict[str, Community] = {}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        community = _read_auth(document, name, entry, folder)
        if community is not None:
            auths[name] = community
    return auths


def _read_auth(document: YamlDocument, name: str, entry: Value, folder: Path) -> Community | None:
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
        document.report(document.value_mark((*path, "version")), what, "write version: 2c (or 1)")
        return None
    shape = check_shape(model, document, entry, path)
    if version == "3":
        if isinstance(shape, UsmShape):
            _check_usm(document, path, shape)
        what = f"{dotted(path)}: SNMP version 3 is not available yet"
        document.report(
            document.value_mark((*path, "version")), what, "use version 2c until it is, or remove the entry"
        )
        return None
    if not isinstance(shape, CommunityShape):
        return None
    try:
        return Community(_WIRE_VERSIONS[version], read_secret(folder / shape.community_file))
    except SecretFileError as error:
        document.report(document.value_mark((*path, "community_file")), error.what, error.remedy)
        return None


def _check_usm(document: YamlDocument, path: KeyPath, shape: UsmShape) -> None:
    pairs = (("auth", shape.auth, shape.auth_file), ("priv", shape.priv, shape.priv_file))
    for key, algorithm, file in pairs:
        if bool(algorithm) != bool(file):
            what = f"{dotted(path)} has only one of {key} and {key}_file"
            document.report(document.key_mark(path), what, "write both or neither")
    if shape.priv and not shape.auth:
        document.report(
            document.key_mark((*path, "priv")),
            f"{dotted(path)} has privacy without authentication",
            "add auth and auth_file (RFC 3414 knows no privacy alone)",
        )
