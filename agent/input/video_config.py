"""``video`` and ``services`` of ``phusong.yaml`` as values, with the passwords and certificates they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phusong.agent.inventory import EndpointService
from phusong.agent.judging.call_limits import CallLimits

from .certificate_files import read_certificates
from .secret import Secret, SecretFileError, read_secret
from .service_cells import DEFAULT_PORTS
from .video_shape import DEFAULT_SERVICES, AccountShape, ServicesShape, VideoShape
from .yaml_text import KeyPath, YamlDocument


@dataclass(frozen=True, slots=True)
class Account:
    """A user of endpoints' HTTPS status pages, who may only read."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class VideoConfig:
    """How endpoints are asked beside SNMP; ``ca_pem`` verifies them, the system's certificates do if empty."""

    services: tuple[EndpointService, ...] = tuple(
        EndpointService(kind, port) for kind, port in DEFAULT_PORTS.items() if kind.value in DEFAULT_SERVICES
    )
    interval_s: float = 60.0
    timeout_s: float = 3.0
    ca_pem: str = ""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    show_far_end: bool = False
    call_limits: CallLimits = field(default_factory=CallLimits)
    meetings: Path | None = None
    ready_before_s: float = 3600.0
    hd_mbps: float = 2.0
    """What a meeting in HD needs each way."""


@dataclass(frozen=True, slots=True)
class ServicesConfig:
    """How the services of services.csv are asked."""

    interval_s: float = 60.0
    timeout_s: float = 10.0
    ca_pem: str = ""


def read_video(document: YamlDocument, shape: VideoShape, secrets: Path, folder: Path) -> VideoConfig:
    """Check ``video``; password files are in one folder, all others relative to the other."""
    accounts = {}
    for name, account in shape.accounts.items():
        found = _read_account(document, ("video", "accounts", name), account, secrets)
        if found is not None:
            accounts[name] = found
    _check_timeout(document, "video", shape)
    limits = shape.call_limits
    return VideoConfig(
        services=tuple(dict.fromkeys(shape.services)),
        interval_s=shape.interval,
        timeout_s=shape.timeout,
        ca_pem=read_certificates(document, ("video", "ca_file"), shape.ca_file, folder),
        accounts=accounts,
        show_far_end=shape.show_far_end,
        call_limits=CallLimits(limits.loss, limits.jitter, limits.latency),
        meetings=folder / shape.meetings if shape.meetings else None,
        ready_before_s=shape.ready_before,
        hd_mbps=shape.hd_mbps,
    )


def read_services(document: YamlDocument, shape: ServicesShape, folder: Path) -> ServicesConfig:
    """Check ``services``."""
    _check_timeout(document, "services", shape)
    ca_pem = read_certificates(document, ("services", "ca_file"), shape.ca_file, folder)
    return ServicesConfig(shape.interval, shape.timeout, ca_pem)


def _check_timeout(document: YamlDocument, block: str, shape: VideoShape | ServicesShape) -> None:
    """Report a timeout that is no shorter than the interval: in between nothing fresh would be known."""
    if shape.timeout >= shape.interval:
        key = "timeout" if "timeout" in shape.model_fields_set else "interval"
        what = f"{block}.timeout must be shorter than {block}.interval"
        remedy = f"shorten it ({shape.timeout:g}s), or lengthen {block}.interval"
        document.report(document.value_mark((block, key)), what, remedy)


def _read_account(document: YamlDocument, path: KeyPath, shape: AccountShape, secrets: Path) -> Account | None:
    mark = document.value_mark((*path, "password_file"))
    try:
        password = read_secret(secrets / shape.password_file)
    except SecretFileError as error:
        document.report(mark, error.what, error.remedy)
        return None
    if not password.reveal().decode("utf-8", "surrogateescape").isprintable():
        what = f"the password in {secrets / shape.password_file} has characters that cannot be sent"
        document.report(mark, what, "save it as UTF-8, without control characters")
        return None
    return Account(shape.user, password)
