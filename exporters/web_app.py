"""The pages that the daemon serves, as one ASGI application: routes, headers and who may see them.

Sockets, TLS and timeouts are the work of ``http_server``; what a page says comes from ``prometheus``, ``feed`` and
``status_page``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phusong.exporters.exposition import negotiate
from phusong.exporters.feed import snapshot_to_json
from phusong.exporters.packed_page import PackedPage, accepts_gzip, headers_of, is_known, pack
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import Snapshot
from phusong.exporters.states import states_to_json
from phusong.exporters.status_page import CONTENT_POLICY, no_map_html, status_html
from phusong.exporters.status_words import choose_words
from phusong.exporters.web_config import check_password

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_PIECE_BYTES = 256 * 1024
_MAP_POLICY = "frame-ancestors 'none'"
"""The map page brings its own policy, with the hashes of its scripts, in a meta element; two would both hold."""


@dataclass(frozen=True, slots=True)
class PageSources:
    """Where the pages take what they show.

    ``current`` returns the latest snapshot (the same object as long as nothing changed), or ``None`` before the
    first; ``ready`` is true once every target was polled, ``alive`` while the schedule still starts what is due.
    ``map_file`` need not exist.
    """

    current: Callable[[], Snapshot | None]
    ready: Callable[[], bool]
    alive: Callable[[], bool]
    metrics: MetricsPage
    map_file: Path | None
    version: str


def create_app(sources: PageSources, users: Mapping[str, str] | None = None) -> ASGIApp:
    """Return the application; with ``users`` (name to bcrypt hash) every page asks for a name and password."""
    pages = _Pages(sources)
    routes = {
        "/": pages.status,
        "/map": pages.map,
        "/metrics": pages.metrics,
        "/api/v1/snapshot": pages.snapshot,
        "/api/v1/states": pages.states,
        "/-/healthy": pages.healthy,
        "/-/ready": pages.ready,
    }
    starlette = Starlette(routes=[Route(path, page, methods=["GET"]) for path, page in routes.items()])
    # A redirect would repeat the Host header of the request, whatever it says.
    starlette.router.redirect_slashes = False
    app: ASGIApp = BasicAuth(starlette, users) if users else starlette
    return SafeHeaders(app)


class _Pages:
    """One method per route.

    What takes long for a large fleet is made in a thread, one at a time, and many requests at once take turns:
    so polls stay on time.
    """

    def __init__(self, sources: PageSources) -> None:
        self._sources = sources
        self._feed: tuple[Snapshot | None, bytes] = (None, b"")
        self._states: tuple[Snapshot | None, PackedPage] = (None, pack(b""))
        self._map: tuple[tuple[int, int, int], PackedPage] = ((0, 0, 0), pack(b""))
        self._turn = asyncio.Lock()

    async def metrics(self, request: Request) -> Response:
        output_format = negotiate(", ".join(request.headers.getlist("accept")))
        page = self._sources.metrics
        async with self._turn:
            snapshot = self._sources.current()
            if not page.knows(snapshot, output_format):
                await asyncio.to_thread(page.fleet_part, snapshot, output_format)
            parts = page.fleet_part(snapshot, output_format), page.agent_part(output_format)
            # Held over one turn of the event loop: of many scrapes at once one is answered, then polls have their
            # say, then the next.
            await asyncio.sleep(0)
        return _InPieces(*parts, headers={"content-type": output_format.value})

    async def snapshot(self, request: Request) -> Response:  # noqa: ARG002 (every route has this signature)
        snapshot = self._sources.current()
        if snapshot is None:
            return _no_snapshot()
        async with self._turn:
            if self._feed[0] is not snapshot:
                self._feed = (snapshot, await asyncio.to_thread(snapshot_to_json, snapshot))
        return _InPieces(self._feed[1], headers={"content-type": "application/json"})

    async def states(self, request: Request) -> Response:
        snapshot = self._sources.current()
        if snapshot is None:
            return _no_snapshot()
        async with self._turn:
            if self._states[0] is not snapshot:
                self._states = (snapshot, await asyncio.to_thread(lambda: pack(states_to_json(snapshot))))
            page = self._states[1]
        return _packed(request, page, {"content-type": "application/json"})

    async def status(self, request: Request) -> Response:
        words = choose_words(request.headers.get("accept-language", ""))
        page = await asyncio.to_thread(status_html, self._sources.current(), words, self._sources.version)
        return _html(page, words.language)

    async def map(self, request: Request) -> Response:
        words = choose_words(request.headers.get("accept-language", ""))
        page = await self._map_page()
        if page is None:
            return _html(no_map_html(words), words.language, 404)
        headers = {"content-security-policy": _MAP_POLICY, "content-type": "text/html; charset=utf-8"}
        return _packed(request, page, headers)

    async def _map_page(self) -> PackedPage | None:
        """Return the map as its file is now, packed once for each version of it."""
        path = self._sources.map_file
        if path is None:
            return None
        async with self._turn:
            try:
                about = await asyncio.to_thread(path.stat)
                version = (about.st_mtime_ns, about.st_size, about.st_ino)
                if self._map[0] != version:
                    page = await asyncio.to_thread(lambda: pack(path.read_bytes(), about.st_mtime))
                    self._map = (version, page)
            except OSError:
                return None
            return self._map[1]

    async def healthy(self, request: Request) -> Response:  # noqa: ARG002
        if self._sources.alive():
            return PlainTextResponse("phusong is running.\n")
        return PlainTextResponse("phusong serves pages, but its schedule stands still.\n", 503)

    async def ready(self, request: Request) -> Response:  # noqa: ARG002
        if self._sources.ready():
            return PlainTextResponse("phusong is ready.\n")
        return PlainTextResponse("phusong has not polled every target yet.\n", 503)


class _InPieces(Response):
    """A large page, handed over piece by piece; parts that many pages have in common are not copied.

    In one piece, two hundred scrapers at once would have the server copy the whole page for each of them before a
    poll gets its turn: measured, 270 ms and half a gigabyte.
    """

    def __init__(self, *parts: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(headers={**headers, "content-length": str(sum(map(len, parts)))})
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for part in self._parts:
            whole = memoryview(part)
            for begin in range(0, len(whole), _PIECE_BYTES):
                piece = whole[begin : begin + _PIECE_BYTES]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _packed(request: Request, page: PackedPage, headers: Mapping[str, str]) -> Response:
    """Answer with a page, in gzip where that is accepted, or with 304 where it is known."""
    everywhere = {**headers, **headers_of(page)}
    if is_known(page, request.headers):
        return Response(status_code=304, headers=everywhere)
    if accepts_gzip(", ".join(request.headers.getlist("accept-encoding"))):
        return _InPieces(page.packed, headers={**everywhere, "content-encoding": "gzip"})
    return _InPieces(page.plain, headers=everywhere)


def _no_snapshot() -> Response:
    return Response(b'{"error":"no snapshot yet"}', 503, media_type="application/json")


def _html(page: str, language: str, status: int = 200) -> Response:
    headers = {
        "content-security-policy": CONTENT_POLICY,
        "content-language": language,
        "vary": "accept-language",
    }
    # Half a character in some name must not cost the whole page.
    return HTMLResponse(page.encode(errors="replace"), status, headers=headers)


class SafeHeaders:
    """Adds to every response the headers that it does not bring itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BasicAuth:
    """Lets in who names a user and the password (RFC 7617), on every path as exporter-toolkit does."""

    def __init__(self, app: ASGIApp, users: Mapping[str, str]) -> None:
        self._app = app
        self._users = users
        # bcrypt is slow on purpose: two at a time would take both cores from the polls.
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say 401 where name or password is missing or wrong."""
        if scope["type"] == "http" and not await self._allowed(Headers(scope=scope)):
            headers = {"www-authenticate": 'Basic realm="phusong", charset="UTF-8"'}
            await PlainTextResponse("Unauthorized\n", 401, headers=headers)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _allowed(self, headers: Headers) -> bool:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            name, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        if not colon:
            return False
        async with self._turn:
            return await asyncio.to_thread(check_password, self._users, name.decode(errors="replace"), password)
