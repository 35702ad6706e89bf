"""The web configuration file in the format of Prometheus' exporter-toolkit: TLS, and users with bcrypt hashes.

Only what this server can keep is accepted; every other key is refused instead of being left out in silence.
Serving is the work of ``http_server``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import ssl
import stat
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias

import bcrypt
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MAX_FILE_BYTES = 64 * 1024
MAX_COST = 14
"""bcrypt doubles its work with each step: 14 takes about a second, more would let anyone block the server."""

_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_FAKE_HASH = "$2b$%02d$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
"""A hash of no known password, so that an unknown user takes as long as a wrong password."""
_CACHE_SIZE = 100
_PARSER_ERRORS = (YAMLError, RecursionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What ruamel.yaml was seen to raise on mutated files."""
_VERIFY_MODES = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_TLS_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_TLS_KEYS = ("cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version")
_TOP_KEYS = ("tls_server_config", "basic_auth_users")
_TOOLKIT_KEYS = frozenset(
    {
        "http_server_config",
        "rate_limit",
        "max_version",
        "cipher_suites",
        "prefer_server_cipher_suites",
        "curve_preferences",
        "client_allowed_sans",
        "cert",
        "key",
        "client_ca",
    }
)
"""What exporter-toolkit has beside them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the file; ``line`` is 0 where it is not known."""

    line: int
    what: str
    remedy: str


class WebConfigError(ValueError):
    """The web configuration cannot be used; the message names the file and, for each fault, what to do."""

    def __init__(self, file: str, *faults: Fault) -> None:
        self.file = file
        self.faults = faults
        lines = (
            f"{file}{f':{fault.line}' if fault.line else ''}: {fault.what}; {fault.remedy}" for fault in faults
        )
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """TLS of the server; ``client_ca_file`` is there when clients' certificates are verified."""

    cert_file: Path
    key_file: Path
    verify_mode: ssl.VerifyMode
    client_ca_file: Path | None
    min_version: ssl.TLSVersion


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Plain HTTP for everybody where ``tls`` is ``None`` and ``users`` (name to bcrypt hash) is empty."""

    tls: TlsConfig | None = None
    users: Mapping[str, str] = field(default_factory=dict, repr=False)


_Report: TypeAlias = Callable[[str, str], None]


def load_web_config(path: Path) -> WebConfig:
    """Read a web configuration file; paths in it are relative to its folder.

    Raises
    ------
    WebConfigError
        The file cannot be read, is no YAML, has keys or values that are not accepted, or names certificates that
        cannot be loaded. No hash or other value of the file is repeated.
    """
    root, faults = _read(path)
    if faults:
        raise WebConfigError(str(path), *faults)

    def report(what: str, remedy: str) -> None:
        faults.append(Fault(0, what, remedy))

    content = _block(root, "the file", _TOP_KEYS, report)
    tls = _read_tls(content["tls_server_config"], path.parent, report) if "tls_server_config" in content else None
    users = _read_users(content["basic_auth_users"], report) if "basic_auth_users" in content else {}
    if faults:
        raise WebConfigError(str(path), *faults)
    return WebConfig(tls, users)


def _read(path: Path) -> tuple[Any, list[Fault]]:
    """Return the content of the YAML file, or what is wrong with it in words of our own: the parser's quote it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None, [Fault(0, "not a regular file", "name a YAML file in web.config")]
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        return None, [Fault(0, f"cannot be read: {reason}", "correct web.config or the permissions")]
    if len(content) > MAX_FILE_BYTES:
        return None, [Fault(0, f"larger than {MAX_FILE_BYTES} bytes", "is this the right file?")]
    try:
        root = YAML(typ="safe", pure=True).load(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Fault(line, f"not UTF-8: byte {error.start} of the file", "save it as UTF-8")]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        remedy = "check indentation, quotes and keys that stand there twice"
        return None, [Fault(mark.line + 1 if mark is not None else 0, "this is not valid YAML", remedy)]
    except _PARSER_ERRORS:
        return None, [Fault(0, "this is not valid YAML", "start from the example in the documentation")]
    return {} if root is None else root, []


def _block(value: object, name: str, known: tuple[str, ...], report: _Report) -> dict[str, Any]:
    """Return the known keys of a mapping and report the others, by name where that can be no secret."""
    if not isinstance(value, dict):
        report(f"{name} must be a block of keys", f"known here: {', '.join(known)}")
        return {}
    for key in value:
        near = get_close_matches(str(key)[:60], known, n=1, cutoff=0.65)
        if key in known:
            continue
        if key in _TOOLKIT_KEYS:
            report(f"{name}: the key {key} is not supported by this server", "remove it")
        elif near:
            report(f"{name}: unknown key {key!r}", f"did you mean {near[0]!r}?")
        else:
            report(f"{name}: an unknown key", f"remove it; known here: {', '.join(known)}")
    return {key: value[key] for key in known if key in value}


def _read_tls(value: object, folder: Path, report: _Report) -> TlsConfig | None:
    block = _block(value, "tls_server_config", _TLS_KEYS, report)
    files = {
        key: _existing_file(block, key, folder, report) for key in ("cert_file", "key_file", "client_ca_file")
    }
    for key in ("cert_file", "key_file"):
        if key not in block:
            report(f"tls_server_config has no {key}", "name the file, or remove tls_server_config for plain HTTP")
    verify_mode = _word(block, "client_auth_type", "NoClientCert", _VERIFY_MODES, report)
    min_version = _word(block, "min_version", "TLS12", _TLS_VERSIONS, report)
    if verify_mode is not None and (verify_mode != ssl.CERT_NONE) != ("client_ca_file" in block):
        report("client_ca_file and a client_auth_type that verifies belong together", "write both or neither")
    cert_file, key_file = files["cert_file"], files["key_file"]
    if cert_file is None or key_file is None or verify_mode is None or min_version is None:
        return None
    _try_certificates(cert_file, key_file, files["client_ca_file"], report)
    return TlsConfig(cert_file, key_file, verify_mode, files["client_ca_file"], min_version)


def _existing_file(block: Mapping[str, Any], key: str, folder: Path, report: _Report) -> Path | None:
    if key not in block:
        return None
    value = block[key]
    if not isinstance(value, str) or not value or "\0" in value:
        report(f"tls_server_config.{key} must be a path", "write the path of a PEM file")
        return None
    path = folder / value
    if not path.is_file():
        report(f"tls_server_config.{key} names {path}, which is no file", "create it or correct the path")
        return None
    return path


def _word(
    block: Mapping[str, Any], key: str, default: str, choices: Mapping[str, Any], report: _Report
) -> Any:  # the type of the values of choices
    value = block.get(key, default)
    if not isinstance(value, str) or value not in choices:
        report(f"tls_server_config.{key} is not supported", f"write one of {', '.join(choices)}")
        return None
    return choices[value]


def _try_certificates(cert_file: Path, key_file: Path, ca_file: Path | None, report: _Report) -> None:
    """Load the files once, so that a wrong one is found before the server starts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert_file, key_file, password=lambda: b"")
    except (OSError, ValueError):
        what = f"{cert_file} and {key_file} cannot be used together"
        report(what, "give a PEM certificate and its key without a passphrase, readable for this user")
    if ca_file is None:
        return
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ValueError):
        report(f"{ca_file} holds no certificates", "give the PEM certificates of the authority")


def _read_users(value: object, report: _Report) -> dict[str, str]:
    if not isinstance(value, dict):
        report(
            "basic_auth_users must be a block of names and bcrypt hashes", "write name: HASH, indented, below it"
        )
        return {}
    for number, (name, hashed) in enumerate(value.items(), 1):
        if not isinstance(name, str) or not name or ":" in name or not name.isprintable():
            report(
                f"user {number} of basic_auth_users has no usable name",
                "use text without ':' and put it in quotes",
            )
        match = _HASH.fullmatch(hashed) if isinstance(hashed, str) else None
        if match is None:
            report(f"user {number} of basic_auth_users has no bcrypt hash", "make one with: htpasswd -nBC 10 NAME")
        elif not 4 <= int(match[1]) <= MAX_COST:
            report(
                f"the hash of user {number} of basic_auth_users has a cost outside of 4 to {MAX_COST}", "use 10"
            )
    return value


_cache_key = secrets.token_bytes(32)
_cache_lock = threading.Lock()
_good_logins: dict[bytes, None] = {}


def check_password(users: Mapping[str, str], name: str, password: str | bytes) -> bool:
    """Return whether a user may come in.

    bcrypt takes 50 ms and more, for unknown users too: call this in a thread. Good logins are remembered by a
    keyed digest of name, hash and password, so that scrapes after the first are cheap; a new hash forgets them.
    """
    secret = password.encode("utf-8", "surrogatepass") if isinstance(password, str) else password
    cost = max((int(hashed[4:6]) for hashed in users.values()), default=10)
    hashed = users.get(name, _FAKE_HASH % cost)
    parts = (name.encode("utf-8", "surrogatepass"), hashed.encode(), secret)
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hmac.new(_cache_key, message, hashlib.sha256).digest()
    if digest in _good_logins:
        return True
    try:
        good = bcrypt.checkpw(secret[:72], hashed.encode()) and len(secret) <= 72 and name in users
    except ValueError:
        return False
    if good:
        with _cache_lock:
            while len(_good_logins) >= _CACHE_SIZE:
                del _good_logins[next(iter(_good_logins))]
            _good_logins[digest] = None
    return good
