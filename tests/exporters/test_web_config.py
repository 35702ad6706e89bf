"""The web configuration: what is accepted, what is refused, and who may come in."""

from __future__ import annotations

import ssl
import subprocess
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest

from phusong.exporters import web_config
from phusong.exporters.web_config import WebConfig, WebConfigError, check_password, load_web_config

CANARY = "canary-5ecret"
HASH = bcrypt.hashpw(CANARY.encode(), bcrypt.gensalt(4)).decode()
USERS = {"prometheus": HASH}


@pytest.fixture(autouse=True)
def _forget_logins() -> Iterator[None]:
    """Start each test with no remembered login."""
    web_config._good_logins.clear()
    yield
    web_config._good_logins.clear()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two self-signed certificates with their keys."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server", "other"):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def load(folder: Path, text: str | bytes) -> WebConfig:
    path = folder / "web.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_web_config(path)


def test_nothing_configured(tmp_path: Path) -> None:
    """An empty file is plain HTTP for everybody, as with exporter-toolkit."""
    assert load(tmp_path, "# nothing\n") == WebConfig(None, {})


def test_users(tmp_path: Path) -> None:
    """Users and hashes are read, and the hashes are not shown."""
    config = load(tmp_path, f"basic_auth_users:\n  prometheus: {HASH}\n  'lê': {HASH.replace('$2b$', '$2y$')}\n")
    assert config.users["prometheus"] == HASH
    assert set(config.users) == {"prometheus", "lê"}
    assert HASH not in repr(config)


def test_tls(certificates: Path) -> None:
    """Certificate and key are found beside the file; TLS 1.2 and no client certificates are the defaults."""
    tls = load(certificates, "tls_server_config: {cert_file: server.crt, key_file: server.key}\n").tls
    assert tls is not None
    assert (tls.cert_file, tls.key_file) == (certificates / "server.crt", certificates / "server.key")
    assert (tls.verify_mode, tls.client_ca_file) == (ssl.CERT_NONE, None)
    assert tls.min_version == ssl.TLSVersion.TLSv1_2


def test_client_certificates(certificates: Path) -> None:
    """Verification of clients takes its authority from ``client_ca_file``."""
    text = (
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: other.crt,\n"
        "  client_auth_type: RequireAndVerifyClientCert, min_version: TLS13}\n"
    )
    tls = load(certificates, text).tls
    assert tls is not None
    assert (tls.verify_mode, tls.client_ca_file) == (ssl.CERT_REQUIRED, certificates / "other.crt")
    assert tls.min_version == ssl.TLSVersion.TLSv1_3


SERVER = "cert_file: server.crt, key_file: server.key"
VERIFY = "client_auth_type: VerifyClientCertIfGiven"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("basic_auth_user: {}", "the file: unknown key 'basic_auth_user'; did you mean 'basic_auth_users'?"),
        (f"{CANARY}: 1", "the file: an unknown key; remove it; known here: tls_server_config, basic_auth_users"),
        ("http_server_config: {http2: true}", "the key http_server_config is not supported by this server"),
        (f"[{CANARY}]", "the file must be a block of keys"),
        ("false", "the file must be a block of keys"),
        (f"basic_auth_users: {CANARY}", "basic_auth_users must be a block of names and bcrypt hashes"),
        (f"basic_auth_users: {{a: {CANARY}}}", "user 1 of basic_auth_users has no bcrypt hash"),
        (f"basic_auth_users: {{'a:b': {HASH}}}", "user 1 of basic_auth_users has no usable name"),
        (f"basic_auth_users: {{1: {HASH}}}", "user 1 of basic_auth_users has no usable name"),
        (f"basic_auth_users: {{a: {HASH[:4]}31{HASH[6:]}}}", "has a cost outside of 4 to 14"),
        (f"basic_auth_users: {{a: {HASH}, a: {CANARY}}}", ":1: this is not valid YAML"),
        (f"basic_auth_users:\n\ta: {CANARY}", ":2: this is not valid YAML"),
        (f"a: b: {CANARY}", ":1: this is not valid YAML"),
        (b"a: 1\nb: \xff\n", ":2: not UTF-8: byte 8 of the file"),
        ("[" * 5000, "this is not valid YAML"),
        ('a: "\\UFFFFFFFF"', "this is not valid YAML"),
        ("a: &a [*a]", "an unknown key"),
        ("x" * 70_000, "larger than 65536 bytes"),
        ("tls_server_config: {cert_file: server.crt}", "tls_server_config has no key_file"),
        ("tls_server_config: {cert_file: server.crt, key_file: no.key}", "no.key, which is no file"),
        ("tls_server_config: {cert_file: 5, key_file: server.key}", "tls_server_config.cert_file must be a path"),
        ("tls_server_config: {cert_file: server.crt, key_file: other.key}", "cannot be used together"),
        (
            f"tls_server_config: {{{SERVER}, min_version: TLS10}}",
            "min_version is not supported; write one of TLS12",
        ),
        (
            f"tls_server_config: {{{SERVER}, client_auth_type: RequireAnyClientCert}}",
            "client_auth_type is not supp",
        ),
        (f"tls_server_config: {{{SERVER}, client_ca_file: server.crt}}", "write both or neither"),
        (f"tls_server_config: {{{SERVER}, {VERIFY}}}", "write both or neither"),
        (f"tls_server_config: {{{SERVER}, client_ca_file: server.key, {VERIFY}}}", "server.key holds no certif"),
        (f"tls_server_config: {{{SERVER}, key: '{CANARY}'}}", "tls_server_config: the key key is not supported"),
    ],
)
def test_refused(certificates: Path, text: str | bytes, expected: str) -> None:
    """What this server cannot keep is refused with the file, the place and a remedy, and never repeats a value."""
    with pytest.raises(WebConfigError) as caught:
        load(certificates, text)
    assert f"{certificates / 'web.yml'}:" in str(caught.value)
    assert expected in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.faults)
    assert CANARY not in shown
    assert HASH[7:] not in shown


def test_all_faults_at_once(tmp_path: Path) -> None:
    """One reading finds everything that is wrong."""
    with pytest.raises(WebConfigError) as caught:
        load(tmp_path, "tls_server_config: {cert_file: a, min_version: SSL3}\nbasic_auth_users: {a: b}\nc: 1\n")
    assert len(caught.value.faults) == 5


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, is named."""
    with pytest.raises(WebConfigError, match=r"web\.yml: cannot be read: No such file or directory"):
        load_web_config(tmp_path / "web.yml")
    with pytest.raises(WebConfigError, match="not a regular file"):
        load_web_config(tmp_path)


@pytest.mark.parametrize(
    ("name", "password", "good"),
    [
        ("prometheus", CANARY, True),
        ("prometheus", CANARY.encode(), True),
        ("prometheus", CANARY + "x", False),
        ("prometheus", "", False),
        ("prometheus", "a\0b", False),
        ("prometheus", CANARY + "x" * 100, False),
        ("Prometheus", CANARY, False),
        ("", CANARY, False),
        ("nobody", "fakepassword", False),
        ("\udcff", "\udcff", False),
    ],
)
def test_passwords(name: str, password: str | bytes, good: bool) -> None:
    """Only a known user with the right password comes in, the first time and the second."""
    assert [check_password(USERS, name, password) for _ in range(2)] == [good, good]


def test_a_long_password_is_not_cut() -> None:
    """Bcrypt knows 72 bytes; a longer password with the same beginning is another one."""
    users = {"a": bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()}
    assert check_password(users, "a", "x" * 72)
    assert not check_password(users, "a", "x" * 73)


@pytest.fixture(scope="module")
def slow_users() -> dict[str, str]:
    """Make a user whose hash costs enough to be measured."""
    return {"prometheus": bcrypt.hashpw(CANARY.encode(), bcrypt.gensalt(10)).decode()}


def cost_of(users: dict[str, str], name: str, password: str) -> float:
    """Return the least CPU time in seconds that three checks took."""
    times = []
    for _ in range(3):
        begin = time.thread_time()
        check_password(users, name, password)
        times.append(time.thread_time() - begin)
    return min(times)


def test_unknown_user_costs_as_much(slow_users: dict[str, str]) -> None:
    """The answer for an unknown user takes as long as for a wrong password: time does not tell who exists."""
    known, unknown = (cost_of(slow_users, name, "wrong") for name in ("prometheus", "nobody"))
    assert unknown == pytest.approx(known, rel=0.5)


def test_good_logins_are_remembered_until_the_hash_changes(slow_users: dict[str, str]) -> None:
    """The second scrape costs next to nothing; a new hash or no user at all ends that."""
    wrong = cost_of(slow_users, "prometheus", "wrong")
    assert check_password(slow_users, "prometheus", CANARY)
    assert cost_of(slow_users, "prometheus", CANARY) < wrong / 20
    changed = {"prometheus": bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()}
    assert not check_password(changed, "prometheus", CANARY)
    assert not check_password({}, "prometheus", CANARY)
    assert len(web_config._good_logins) == 1


def test_the_memory_is_bounded_and_safe_in_threads() -> None:
    """Many users in many threads leave at most 100 digests, none of which is a password."""
    users = {f"user{number}": HASH for number in range(130)}
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda name: check_password(users, name, CANARY), users))
    assert len(web_config._good_logins) == 100
    assert all(len(digest) == 32 and CANARY.encode() not in digest for digest in web_config._good_logins)
