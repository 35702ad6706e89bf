"""``video`` and ``services`` of ``phusong.yaml``: every key, its default, and that passwords never show."""

from __future__ import annotations

import dataclasses
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from phusong.agent.input.config import load_config
from phusong.agent.input.problems import InputProblems
from phusong.agent.input.settings import load_all
from phusong.agent.input.video_config import ServicesConfig, VideoConfig
from phusong.agent.input.video_shape import DEFAULT_SERVICES
from phusong.agent.inventory import EndpointService
from phusong.agent.judging.call_limits import CallLimits
from phusong.collectors.call_readings import ServiceKind

GOOD = Path(__file__).parent / "good"
CANARY = "canary-Mật-khẩu-5ecret"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that adds text to the smallest good configuration, with a password file beside it."""
    shutil.copytree(GOOD / "smallest", tmp_path / "copy")
    folder = tmp_path / "copy"
    shutil.copy(GOOD / "everything" / "ca.pem", folder)
    (folder / "password").write_text(f"{CANARY}\n", encoding="utf-8")
    begin = (folder / "phusong.yaml").read_text(encoding="utf-8")

    def written(text: str) -> Path:
        (folder / "phusong.yaml").write_text(begin + text, encoding="utf-8")
        return folder / "phusong.yaml"

    return written


EVERYTHING = """
video:
  services: [sip-tls, "sip-udp:5070", h323, h323, https]
  interval: 2m
  timeout: 1500ms
  ca_file: ca.pem
  accounts: {codecs: {user: readonly, password_file: password}}
  show_far_end: true
  call_limits: {loss: 0.02, jitter: 50ms, latency: 300ms}
  meetings: meetings/plan.ICS
  ready_before: 2h
  hd_mbps: 4
services: {interval: 30s, timeout: 5s, ca_file: ca.pem}
"""


def test_everything(write: Write) -> None:
    """Every key arrives where it belongs: seconds, ratios, paths beside the file, each service once."""
    path = write(EVERYTHING)
    config = load_config(path)
    video = config.video
    assert video.services == (
        EndpointService(ServiceKind.SIP_TLS, 5061),
        EndpointService(ServiceKind.SIP_UDP, 5070),
        EndpointService(ServiceKind.H323, 1720),
        EndpointService(ServiceKind.HTTPS, 443),
    )
    assert (video.interval_s, video.timeout_s, video.show_far_end) == (120.0, 1.5, True)
    assert video.call_limits == CallLimits(0.02, 0.05, 0.3)
    assert (video.meetings, video.ready_before_s, video.hd_mbps) == (
        path.parent / "meetings/plan.ICS",
        7200.0,
        4.0,
    )
    assert video.ca_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert video.ca_pem.endswith("-----END CERTIFICATE-----")
    assert list(video.accounts) == ["codecs"]
    account = video.accounts["codecs"]
    assert (account.user, account.password.reveal().decode()) == ("readonly", CANARY)
    assert config.services == ServicesConfig(30.0, 5.0, video.ca_pem)


@pytest.mark.parametrize("text", ["", "video: {}\nservices: {}\n"])
def test_defaults(write: Write, text: str) -> None:
    """What is left out has the documented default, the same in the file as in the program."""
    config = load_config(write(text))
    assert (config.video, config.services) == (VideoConfig(), ServicesConfig())
    assert [service.kind.value for service in config.video.services] == list(DEFAULT_SERVICES)
    assert [service.port for service in config.video.services] == [5060, 5060, 5061, 1720, 443]
    assert (config.video.interval_s, config.video.timeout_s) == (60.0, 3.0)
    assert config.video.call_limits == CallLimits(0.01, 0.035, 0.150)
    assert (config.video.ready_before_s, config.video.hd_mbps) == (3600.0, 2.0)
    assert (config.video.meetings, config.video.accounts, config.video.ca_pem) == (None, {}, "")
    assert (config.services.interval_s, config.services.timeout_s) == (60.0, 10.0)


def test_no_services(write: Write) -> None:
    """An empty list asks no endpoint for services, unless its own row names some."""
    assert load_config(write("video: {services: []}\n")).video.services == ()


def test_passwords_never_show(write: Write) -> None:
    """Neither the configuration nor a copy of it as plain values prints a password."""
    config = load_config(write(EVERYTHING))
    account = config.video.accounts["codecs"]
    shown = [str(config), repr(config), repr(account), f"{account.password}", str(dataclasses.asdict(account))]
    assert all(CANARY not in text and "Mật" not in text for text in shown)
    assert CANARY in config.video.accounts["codecs"].password.reveal().decode()


def all_that_is_told(path: Path) -> str:
    """Return everything that any handler could print of the error of a configuration, local variables included."""
    with pytest.raises(InputProblems) as caught:
        load_all(path, environ={})
    trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "\n".join([str(caught.value), repr(caught.value.problems), *trace.format(chain=True)])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (f"{CANARY}\n{CANARY}\n".encode(), "more than one line"),
        (f"{CANARY}\x07".encode(), "cannot be sent"),
        (f"{CANARY}\u2028".encode(), "cannot be sent"),
        (CANARY.encode("utf-16"), "byte-order mark"),
        (b"canary-\xe9\xff", "cannot be sent"),
        (b"", "is empty"),
        (CANARY.encode() * 100, "longer than"),
    ],
)
def test_no_error_shows_a_password(write: Write, content: bytes, what: str) -> None:
    """A password that cannot be used is told by its file, without a letter of it, in any handler's words."""
    path = write(EVERYTHING)
    (path.parent / "password").write_bytes(content)
    told = all_that_is_told(path)
    assert what in told
    assert "canary" not in told


def test_passwords_come_from_the_credentials_directory(write: Write, tmp_path: Path) -> None:
    """Where systemd hands out credentials, passwords are read there, and certificates beside the file."""
    path = write(EVERYTHING)
    secrets = tmp_path / "credentials"
    secrets.mkdir()
    (secrets / "password").write_text("from systemd\n")
    shutil.copy(path.parent / "wan-community", secrets)
    (path.parent / "password").unlink()
    config = load_config(path, credentials_directory=secrets)
    assert config.video.accounts["codecs"].password.reveal() == b"from systemd"
    assert config.video.ca_pem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video: {interval: 3s}\n", "video.timeout must be shorter than video.interval"),
        ("video: {interval: 2s, timeout: 2s}\n", "video.timeout must be shorter than video.interval"),
        ("services: {interval: 10s}\n", "services.timeout must be shorter than services.interval"),
        ("services: {timeout: 60s}\n", "services.timeout must be shorter than services.interval"),
    ],
)
def test_a_timeout_is_shorter_than_its_interval(write: Write, text: str, message: str) -> None:
    """Else what is silent would have no fresh answer between two failures, and its verdict would flap."""
    with pytest.raises(InputProblems, match=message):
        load_config(write(text))


def test_certificates_with_text_between_them(write: Write) -> None:
    """What people write around certificates does not count, and several are kept."""
    path = write("video: {ca_file: two.pem}\n")
    one = (path.parent / "ca.pem").read_text()
    (path.parent / "two.pem").write_text(f"Cơ quan chứng thực 1\n{one}\nCơ quan 2\n{one}", encoding="utf-8")
    pem = load_config(path).video.ca_pem
    assert pem.count("BEGIN CERTIFICATE") == 2
    assert pem.isascii()


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ('{"canary 5ecret": {user: a, password_file: password}}', False),
        ('{"": {user: a, password_file: password}}', False),
        ('{".x": {user: a, password_file: password}}', False),
        ('{"a:b": {user: a, password_file: password}}', False),
        ("{a.b_c-9: {user: a, password_file: password}}", True),
        ("{5: {user: a, password_file: password}}", True),
        ("[a]", False),
    ],
)
def test_names_of_accounts(write: Write, text: str, allowed: bool) -> None:
    """A name of an account is one that a cell of endpoints.csv can have; others are refused unseen."""
    path = write(f"video: {{accounts: {text}}}\n")
    if allowed:
        assert len(load_config(path).video.accounts) == 1
    else:
        with pytest.raises(InputProblems, match=r"video\.accounts") as caught:
            load_config(path)
        assert "5ecret" not in str(caught.value)


def test_endpoints_may_use_accounts_that_are_wrong_otherwise(write: Write) -> None:
    """An account whose password file is missing is one problem, not one more per endpoint."""
    path = write("video: {accounts: {codecs: {user: a, password_file: no-such-file}}}\n")
    (path.parent / "inventory" / "endpoints.csv").write_text(
        "endpoint_id,site_id,name,address,auth,https\ne,nowhere,Phòng,192.0.2.9,nobody,codecs\n", encoding="utf-8"
    )
    with pytest.raises(InputProblems) as caught:
        load_all(path, environ={})
    told = [str(problem) for problem in caught.value.problems]
    assert any("no-such-file" in problem for problem in told)
    assert not any("name of an account" in problem for problem in told)
