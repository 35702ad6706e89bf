"""Receivers of syslog on loopback: rsyslog, which writes as JSON what it has understood, and a bare TCP server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from processes import free_port, running, wait_for
from snmp_peers import free_udp_port

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")

_CONFIG = """\
global(workDirectory="{folder}" maxMessageSize="16k" net.enableDNS="off"
       parser.escapeControlCharactersOnReceive="off"
       defaultNetstreamDriverCAFile="{certificate}" defaultNetstreamDriverCertFile="{certificate}"
       defaultNetstreamDriverKeyFile="{key}")
module(load="mmpstrucdata")
{inputs}
template(name="read" type="list" option.jsonf="on") {{
  property(outname="priority" name="pri" format="jsonf")
  property(outname="version" name="protocol-version" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="process" name="procid" format="jsonf")
  property(outname="kind" name="msgid" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
  property(outname="data" name="$!rfc5424-sd" format="jsonf")
}}
ruleset(name="all") {{
  action(type="mmpstrucdata" sd_name.lowercase="off")
  action(type="omfile" file="{folder}/read.jsonl" template="read" asyncWriting="off")
}}
"""
_INPUTS = {
    "udp": 'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="{port}" ruleset="all")',
    "tcp": 'module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")',
    "tls": 'module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")\n'
    'input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")',
}


class Rsyslog:
    """A running rsyslogd with one input."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._file = folder / "read.jsonl"

    def messages(self) -> list[dict[str, Any]]:
        """Return what it has read so far, with the structured data as it has understood it."""
        text = self._file.read_text(encoding="utf-8") if self._file.exists() else ""
        messages = [json.loads(line) for line in text.split("\n")[:-1]]
        return [message | {"data": json.loads(message["data"])} for message in messages]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many messages are there."""
        wait_for(lambda: len(self.messages()) >= count, f"{count} messages in rsyslog")
        return self.messages()


@contextmanager
def running_rsyslog(folder: Path, transport: str, certificate: Path, port: int = 0) -> Iterator[Rsyslog]:
    """Run rsyslogd with an input for ``udp``, ``tcp`` or ``tls`` on loopback."""
    assert RSYSLOGD
    folder.mkdir(exist_ok=True)
    port = port or (free_udp_port() if transport == "udp" else free_port())
    text = _CONFIG.format(
        folder=folder,
        certificate=certificate,
        key=certificate.with_suffix(".key"),
        inputs=_INPUTS[transport].format(port=port),
    )
    (folder / "rsyslog.conf").write_text(text, encoding="utf-8")
    command = [RSYSLOGD, "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"]
    with running(command, folder / "rsyslog.log"):
        kind = f"/proc/net/{'udp' if transport == 'udp' else 'tcp'}"
        bound = f"0100007F:{port:04X}"
        wait_for(lambda: bound in Path(kind).read_text(encoding="ascii"), "rsyslogd")
        yield Rsyslog(folder, port)
