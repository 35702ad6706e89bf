"""``events`` of ``phusong.yaml`` as plain values: the receivers, with the secret and the certificates they need.

The keys and their types stand in ``config_shape``; what is sent and how is the work of ``exporters``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from phusong.exporters.syslog import SyslogAddress
from phusong.exporters.webhook import WebhookUrl

from .certificate_files import read_certificates
from .config_shape import EventsShape, SyslogShape, WebhookShape
from .secret import Secret, SecretFileError, read_secret
from .yaml_text import KeyPath, YamlDocument

SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """A receiver by HTTP; ``ca_pem`` holds the certificates that it is verified by, the system's if empty."""

    url: WebhookUrl
    secret: Secret
    ca_pem: str
    timeout_s: float
    queue: int
    retry_for_s: float


@dataclass(frozen=True, slots=True)
class SyslogConfig:
    """A receiver by syslog; ``ca_pem`` as for the webhook."""

    address: SyslogAddress
    facility: str
    ca_pem: str
    queue: int


@dataclass(frozen=True, slots=True)
class EventsConfig:
    """Who is told of events; ``None``: nobody by this way."""

    webhook: WebhookConfig | None = None
    syslog: SyslogConfig | None = None


def read_receivers(document: YamlDocument, shape: EventsShape | None, secrets: Path, folder: Path) -> EventsConfig:
    """Check ``events``; secret files are in one folder, all others relative to the other."""
    if shape is None:
        return EventsConfig()
    if shape.webhook is None and shape.syslog is None:
        mark = document.key_mark(("events",))
        document.report(mark, "events names no receiver", "add webhook or syslog, or remove it")
    return EventsConfig(
        webhook=_read_webhook(document, shape.webhook, secrets, folder) if shape.webhook else None,
        syslog=_read_syslog(document, shape.syslog, folder) if shape.syslog else None,
    )


def unencrypted(events: EventsConfig) -> bool:
    """Tell whether what the webhook is sent can be read by anybody on the way."""
    return events.webhook is not None and not events.webhook.url.tls


def _read_webhook(
    document: YamlDocument, shape: WebhookShape, secrets: Path, folder: Path
) -> WebhookConfig | None:
    path: KeyPath = ("events", "webhook")
    url = WebhookUrl(*shape.url)
    secret = _read_key(document, (*path, "secret_file"), secrets / shape.secret_file)
    ca_pem = read_certificates(document, (*path, "ca_file"), shape.ca_file, folder, wanted=url.tls)
    if secret is None:
        return None
    return WebhookConfig(url, secret, ca_pem, shape.timeout, shape.queue, shape.retry_for)


def _read_syslog(document: YamlDocument, shape: SyslogShape, folder: Path) -> SyslogConfig:
    address = SyslogAddress(*shape.address)
    path: KeyPath = ("events", "syslog", "ca_file")
    ca_pem = read_certificates(document, path, shape.ca_file, folder, wanted=address.transport == "tls")
    return SyslogConfig(address, shape.facility, ca_pem, shape.queue)


def _read_key(document: YamlDocument, path: KeyPath, file: Path) -> Secret | None:
    try:
        secret = read_secret(file)
    except SecretFileError as error:
        document.report(document.value_mark(path), error.what, error.remedy)
        return None
    if len(secret.reveal()) < SHORTEST_KEY:
        what = f"the secret in events.webhook.secret_file has fewer than {SHORTEST_KEY} characters"
        document.report(document.value_mark(path), what, "make one with: openssl rand -hex 32")
        return None
    return secret
