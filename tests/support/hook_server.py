"""A real receiver of the webhook on loopback: verifies what comes, and misbehaves as a script says."""

from __future__ import annotations

import hashlib
import hmac
import json
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECRET = b"canary-hook-0123456789abcdef"
MAX_AGE_S = 300
MISBEHAVIOUR: dict[str, tuple[bytes, bytes, float | None]] = {
    "close": (b"", b"", None),
    "junk": (b"220 mail.example ESMTP\r\n" * 10, b"", None),
    "hang": (b"", b"", 0.02),
    "trickle": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.02),
    "endless head": (b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 1000 + b"\r\n", 0),
    "endless 100": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0),
    "200 endless": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 0),
    "200 hang": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", b"", 0.02),
    "200 reset": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"", None),
}
"""What is sent first, what again and again until the other side leaves, and every how many seconds if at all."""


@dataclass
class Hook:
    """What came, and what to answer to the next requests: a status, or a way to misbehave; then always 204."""

    secret: bytes = SECRET
    script: list[str] = field(default_factory=list)
    then: str = "204"
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Headers, body, time of arrival, and how it was answered, of every request whose signature is right."""
    forged: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events of the requests that were answered with success, in order."""
        good = [request for request in self.requests if request["answer"].startswith("2")]
        return [event for request in good for event in json.loads(request["body"])["events"]]

    def ids(self) -> list[str]:
        return [event["id"] for event in self.events]


def verify(secret: bytes, headers: Any, body: bytes, now: float) -> bool:
    """Verify a request as docs/events.md says."""
    timestamp = headers.get("X-Phusong-Timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > MAX_AGE_S:
        return False
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("X-Phusong-Signature", ""), f"v1={digest}")


def _handler(hook: Hook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not verify(hook.secret, self.headers, body, time.time()):
                hook.forged += 1
                self.send_error(401)
                return
            answer = hook.script.pop(0) if hook.script else hook.then
            record = {"headers": dict(self.headers), "body": body, "at": time.time(), "answer": answer}
            hook.requests.append({**record, "path": self.path})
            with suppress(OSError):
                self.answer(answer)

        def answer(self, answer: str) -> None:
            self.close_connection = True
            if answer.isdigit():
                self.send_response(int(answer))
                for name, value in hook.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif answer == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            else:
                begin, again, every_s = MISBEHAVIOUR[answer]
                self.wfile.write(begin)
                if every_s is not None:
                    self.until_left(again, every_s)

        def until_left(self, data: bytes, every_s: float) -> None:
            """Send this again and again until the other side has closed."""
            while not hook.ended.is_set():
                readable, _, _ = select.select([self.connection], [], [], every_s)
                if readable and not self.connection.recv(1):
                    return
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    return Handler


@contextmanager
def hook_server(hook: Hook, certificate: Path | None = None, port: int = 0) -> Iterator[Hook]:
    """Serve on a free port of loopback, by TLS with a certificate (and its key beside it)."""
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(hook)) as server:
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # broken connections are wanted here
        hook.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}/hook?token=canary-url"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hook
        finally:
            hook.ended.set()
            server.shutdown()
            thread.join()


def make_certificate(folder: Path, name: str, host: str = "IP:127.0.0.1") -> Path:
    """Make a certificate signed by itself, with its key beside it."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-addext", f"subjectAltName={host}"], cwd=folder, check=True, capture_output=True)
    return folder / f"{name}.crt"
