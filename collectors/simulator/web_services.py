"""The province's public services, as far as a browser sees them: three pages on a loopback address.

A thread of its own answers; one of the services is always out of order. What people watch for is in ``files``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

ADDRESS: Final = "127.0.0.1"
STOP_WITHIN_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class WebService:
    """A service that rides on the wide-area network."""

    service_id: str
    name: str
    path: str
    status: HTTPStatus = HTTPStatus.OK


WEB_SERVICES: Final = (
    WebService("dvc", "Cổng dịch vụ công", "/dich-vu-cong"),
    WebService("van-ban", "Trục liên thông văn bản", "/truc-lien-thong"),
    WebService("mot-cua", "Hệ thống một cửa điện tử", "/mot-cua", HTTPStatus.SERVICE_UNAVAILABLE),
)
_BY_PATH: Final = {service.path: service for service in WEB_SERVICES}


class _Pages(BaseHTTPRequestHandler):
    """Answers GET and HEAD; a client that says nothing for ten seconds is let go."""

    timeout = 10
    server_version = "Simulated"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: standard error is the simulator's log."""

    def _answer(self, *, with_body: bool) -> None:
        service = _BY_PATH.get(self.path.partition("?")[0])
        status = service.status if service else HTTPStatus.NOT_FOUND
        title = service.name if service and status is HTTPStatus.OK else status.phrase
        body = f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title>\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "120")
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@contextmanager
def serving_web(port: int) -> Iterator[int]:
    """Serve the pages while the block runs; yield the port, a free one for 0.

    Raises
    ------
    OSError
        The port is in use or not permitted.
    """
    with ThreadingHTTPServer((ADDRESS, port), _Pages) as server:
        thread = Thread(target=server.serve_forever, args=(STOP_WITHIN_S,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
