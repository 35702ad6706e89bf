"""Files of certificates that ``phusong.yaml`` names: by them the other side of a connection is verified."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

from phusong.exporters.receiver import client_tls

from .text_files import read_text
from .yaml_text import KeyPath, YamlDocument

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----", re.ASCII)


def read_certificates(
    document: YamlDocument, path: KeyPath, name: str | None, folder: Path, *, wanted: bool = True
) -> str:
    """Return the certificates of a file, without what people write between them; empty when none is named.

    ``wanted`` tells whether there is TLS at all. What is wrong is reported to the document.
    """
    if name is None:
        return ""
    mark = document.value_mark(path)
    if not wanted:
        what = f"{'.'.join(map(str, path))} has no meaning without TLS"
        document.report(document.key_mark(path), what, "remove it, or write https:// or tls://")
        return ""
    text, problem = read_text(folder / name)
    if problem:
        document.report(mark, f"the certificates in {folder / name}: {problem.what}", problem.remedy)
        return ""
    certificates = "\n".join(_CERTIFICATE.findall(text))
    if not certificates or not _can_be_read(certificates):
        remedy = "name a file with '-----BEGIN CERTIFICATE-----' of the authority that signed the other side's"
        document.report(mark, f"{folder / name} holds no certificate that can be read", remedy)
    return certificates


def _can_be_read(certificates: str) -> bool:
    try:
        client_tls(certificates)
    except (ssl.SSLError, ValueError):
        return False
    return True
