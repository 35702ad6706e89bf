"""The pages over real HTTP: what each route answers, with which headers, and to whom."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import gzip
import http.client
import json
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import ModuleType

import bcrypt
import pytest

from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.exposition import Format
from phusong.exporters.feed import snapshot_from_json
from phusong.exporters.http_server import StatusServer
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.snapshot import Snapshot
from phusong.exporters.states import states_to_json
from phusong.exporters.web_app import PageSources, create_app

OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}


@dataclasses.dataclass
class Answer:
    """A response that was read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclasses.dataclass
class Site:
    """A running server and what it shows; change ``snapshot`` and ``is_ready`` between requests."""

    port: int
    map_file: Path
    snapshot: Snapshot | None
    is_ready: bool = True
    is_alive: bool = True

    async def get(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
        return await asyncio.to_thread(self._get, path, headers or {}, method)

    def _get(self, path: str, headers: dict[str, str], method: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


StartSite = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def start_site(reference: ModuleType, tmp_path: Path) -> StartSite:
    """Return a function that serves a small province, for users if some are given."""

    @asynccontextmanager
    async def start(
        users: dict[str, str] | None = None, metrics: MetricsPage | None = None
    ) -> AsyncIterator[Site]:
        site = Site(0, tmp_path / "map.html", reference.province(30, 20, 3))
        sources = PageSources(
            current=lambda: site.snapshot,
            ready=lambda: site.is_ready,
            alive=lambda: site.is_alive,
            metrics=metrics or MetricsPage(AgentMetrics("0.1.0")),
            map_file=site.map_file,
            version="0.1.0",
        )
        server = StatusServer(create_app(sources, users), "127.0.0.1", 0)
        await server.start()
        site.port = server.address[1]
        try:
            yield site
        finally:
            await server.close()

    return start


async def test_metrics_in_the_format_that_was_asked_for(start_site: StartSite) -> None:
    """A browser gets the text format, Prometheus OpenMetrics, each under its content type."""
    async with start_site() as site:
        text = await site.get("/metrics")
        openmetrics = await site.get("/metrics", OPENMETRICS)
    assert text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert text.body.count(b"\nwan_link_up{") == 30
    assert b"# TYPE ifHCInOctets counter\n" in text.body
    assert openmetrics.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert b"# TYPE ifHCInOctets unknown\n" in openmetrics.body
    assert openmetrics.body.endswith(b"\n# EOF\n")


async def test_metrics_follow_the_snapshot(start_site: StartSite, reference: ModuleType) -> None:
    """The next scrape after a new snapshot shows it."""
    async with start_site() as site:
        before = await site.get("/metrics")
        site.snapshot = reference.province(31, 0, 0, cycle=1)
        after = await site.get("/metrics")
    assert before.body.count(b"\nwan_link_up{") == 30
    assert after.body.count(b"\nwan_link_up{") == 31


class SlowPage(MetricsPage):
    """A page of a fleet so large that it is not made before the event loop has had its turn."""

    def __init__(self, had_its_turn: threading.Event) -> None:
        super().__init__(AgentMetrics("0.1.0"))
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._had_its_turn = had_its_turn

    def fleet_part(self, snapshot: Snapshot | None, output_format: Format) -> bytes:
        if not self.knows(snapshot, output_format):
            self._loop.call_soon_threadsafe(self.begun.set)
            assert self._had_its_turn.wait(10), "the event loop stood still"
        return super().fleet_part(snapshot, output_format)


async def test_a_page_that_takes_long_does_not_hold_up_the_loop(start_site: StartSite) -> None:
    """Polls go on in the event loop while the page of a large fleet is made."""
    had_its_turn = threading.Event()
    page = SlowPage(had_its_turn)
    async with start_site(metrics=page) as site:
        scrape = asyncio.create_task(site.get("/metrics"))
        await page.begun.wait()
        had_its_turn.set()
        answer = await scrape
    assert answer.body.count(b"\nwan_link_up{") == 30


async def test_feed_is_the_snapshot(start_site: StartSite) -> None:
    """What /api/v1/snapshot serves is what ``phusong map`` reads."""
    async with start_site() as site:
        answer = await site.get("/api/v1/snapshot")
    assert answer.headers["content-type"] == "application/json"
    assert site.snapshot is not None
    assert snapshot_from_json(answer.body) == dataclasses.replace(site.snapshot, coverage=None)


async def test_before_the_first_cycle(start_site: StartSite) -> None:
    """Before the first snapshot the process is healthy, not ready, and every page says so instead of failing."""
    async with start_site() as site:
        site.snapshot, site.is_ready = None, False
        paths = ("/-/healthy", "/-/ready", "/", "/metrics", "/api/v1/snapshot", "/api/v1/states")
        answers = {path: await site.get(path) for path in paths}
        site.is_ready = True
        ready = await site.get("/-/ready")
    assert {path: answer.status for path, answer in answers.items()} == {
        "/-/healthy": 200,
        "/-/ready": 503,
        "/": 200,
        "/metrics": 200,
        "/api/v1/snapshot": 503,
        "/api/v1/states": 503,
    }
    assert json.loads(answers["/api/v1/snapshot"].body) == {"error": "no snapshot yet"}
    assert b"phusong_build_info" in answers["/metrics"].body
    assert ready.status == 200


async def test_healthy_means_that_the_schedule_runs(start_site: StartSite) -> None:
    """A process that serves pages but starts no poll any more is not healthy."""
    async with start_site() as site:
        site.is_alive = False
        stalled = await site.get("/-/healthy")
        site.is_alive = True
        running = await site.get("/-/healthy")
    assert (stalled.status, running.status) == (503, 200)


async def test_status_page_speaks_the_browsers_language(start_site: StartSite) -> None:
    """Vietnamese unless English is preferred, and caches are told that it depends."""
    async with start_site() as site:
        vietnamese = await site.get("/")
        english = await site.get("/", {"Accept-Language": "en-GB,en;q=0.9,vi;q=0.1"})
    assert vietnamese.headers["content-language"] == "vi"
    assert "tình trạng mạng" in vietnamese.body.decode()
    assert english.headers["content-language"] == "en"
    assert english.headers["vary"] == "accept-language"


async def test_half_a_character_does_not_break_a_page(start_site: StartSite) -> None:
    """A lone surrogate in a text costs one character on every page, not the page."""
    async with start_site() as site:
        assert site.snapshot is not None
        row = site.snapshot.links[20]
        bad = dataclasses.replace(
            row, problem="\udc80 broken", info=dataclasses.replace(row.info, carrier="\udfff")
        )
        site.snapshot = dataclasses.replace(site.snapshot, links=(bad,))
        answers = [await site.get(path) for path in ("/", "/metrics", "/api/v1/snapshot", "/api/v1/states")]
    assert [answer.status for answer in answers] == [200, 200, 200, 200]
    assert b"? broken" in answers[0].body


async def test_map_is_served_once_it_is_there(start_site: StartSite) -> None:
    """Without a map /map says how to make one; with it, the file is served under its own policy for scripts."""
    async with start_site() as site:
        missing = await site.get("/map")
        site.map_file.write_text("<!doctype html><title>Bản đồ</title>", encoding="utf-8")
        there = await site.get("/map")
    assert missing.status == 404
    assert b"phusong map" in missing.body
    assert there.status == 200
    assert there.body.decode() == "<!doctype html><title>Bản đồ</title>"
    assert there.headers["content-type"] == "text/html; charset=utf-8"
    assert there.headers["content-security-policy"] == "frame-ancestors 'none'"


async def test_map_comes_packed_and_once(start_site: StartSite) -> None:
    """A telephone gets the map in gzip, and not again while it is the same; a new file is a new page."""
    async with start_site() as site:
        site.map_file.write_text("<p>Bản đồ</p>" * 1000, encoding="utf-8")
        plain = await site.get("/map?view=oncall")
        packed = await site.get("/map", {"Accept-Encoding": "br, gzip;q=0.8"})
        tag, date = packed.headers["etag"], packed.headers["last-modified"]
        known = [
            await site.get("/map", {"If-None-Match": tag}),
            await site.get("/map", {"If-None-Match": f'"other", {tag}'}),
            await site.get("/map", {"If-Modified-Since": date}),
        ]
        unknown = await site.get("/map", {"If-None-Match": '"other"', "If-Modified-Since": date})
        head = await site.get("/map", method="HEAD")
        site.map_file.write_text("<p>mới</p>", encoding="utf-8")
        changed = await site.get("/map", {"If-None-Match": tag})
    assert plain.headers["content-encoding"] is None
    assert plain.body.decode() == "<p>Bản đồ</p>" * 1000
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 5
    assert int(packed.headers["content-length"]) == len(packed.body)
    assert "Accept-Encoding" in packed.headers["vary"]
    assert [(answer.status, answer.body, answer.headers["etag"]) for answer in known] == [(304, b"", tag)] * 3
    assert known[0].headers["content-security-policy"] == "frame-ancestors 'none'"
    assert unknown.status == 200
    assert (head.status, head.body, int(head.headers["content-length"])) == (200, b"", len(plain.body))
    assert changed.status == 200
    assert changed.body.decode() == "<p>mới</p>"
    assert changed.headers["etag"] != tag


async def test_a_map_put_in_place_of_another_is_another(start_site: StartSite, tmp_path: Path) -> None:
    """A map of the same length, written in the same moment, is told from the one before; without one it is 404."""
    async with start_site() as site:
        site.map_file.write_text("<p>cũ</p>", encoding="utf-8")
        before = await site.get("/map")
        written = site.map_file.stat()
        scratch = tmp_path / "scratch.html"
        scratch.write_text("<p>lũ</p>", encoding="utf-8")
        os.utime(scratch, ns=(written.st_atime_ns, written.st_mtime_ns))
        assert scratch.stat().st_size == written.st_size
        scratch.replace(site.map_file)
        after = await site.get("/map", {"If-None-Match": before.headers["etag"]})
        site.map_file.unlink()
        gone = await site.get("/map", {"If-None-Match": after.headers["etag"]})
    assert (after.status, after.body.decode()) == (200, "<p>lũ</p>")
    assert after.headers["etag"] != before.headers["etag"]
    assert gone.status == 404


@pytest.mark.parametrize("path", ["/map", "/api/v1/states"])
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [(None, None), ("gzip;q=0", None), ("gzip;q=0, *", None), ("*", "gzip"), ("gzip", "gzip")],
)
async def test_packed_for_whom_it_may_be(
    start_site: StartSite, path: str, accepted: str | None, coding: str | None
) -> None:
    """Gzip goes to who accepts it, HEAD tells the same, and caches are told that it depends."""
    async with start_site() as site:
        site.map_file.write_text("<p>Bản đồ</p>" * 1000, encoding="utf-8")
        asked = {} if accepted is None else {"Accept-Encoding": accepted}
        answer = await site.get(path, asked)
        head = await site.get(path, asked, method="HEAD")
    assert answer.headers["content-encoding"] == coding
    assert answer.body.startswith(b"\x1f\x8b") is (coding is not None)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "content-encoding", "content-type", "etag", "vary"):
        assert head.headers[name] == answer.headers[name]
    assert int(answer.headers["content-length"]) == len(answer.body)


async def test_states_are_the_snapshots(start_site: StartSite) -> None:
    """What the map refreshes itself with has every line, office and endpoint, and follows the snapshot."""
    async with start_site() as site:
        assert site.snapshot is not None
        first = site.snapshot
        answer = await site.get("/api/v1/states")
        packed = await site.get("/api/v1/states", {"Accept-Encoding": "gzip"})
        known = await site.get("/api/v1/states", {"If-None-Match": answer.headers["etag"]})
        site.snapshot = dataclasses.replace(first, taken_at=first.taken_at + 1, links=first.links[:2])
        later = await site.get("/api/v1/states", {"If-None-Match": answer.headers["etag"]})
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == states_to_json(first)
    assert gzip.decompress(packed.body) == answer.body
    assert (known.status, known.body) == (304, b"")
    assert later.status == 200
    assert json.loads(later.body)["links"]["id"] == [row.info.link_id for row in first.links[:2]]


@pytest.mark.parametrize(
    "path", ["/", "/map", "/metrics", "/api/v1/snapshot", "/api/v1/states", "/-/healthy", "/-/ready", "/nowhere"]
)
async def test_every_answer_has_the_safe_headers(start_site: StartSite, path: str) -> None:
    """No page may be framed or sniffed, none is shown from a cache unasked; none names the server software."""
    async with start_site() as site:
        answer = await site.get(path)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == ("no-cache" if path == "/api/v1/states" else "no-store")
    assert answer.headers["server"] is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_only_get_and_head(start_site: StartSite, method: str) -> None:
    """Every other method is refused with the ones that are allowed."""
    async with start_site() as site:
        answer = await site.get("/metrics", method=method)
    assert answer.status == 405
    assert {word.strip() for word in answer.headers["allow"].split(",")} == {"GET", "HEAD"}


async def test_head_has_no_body(start_site: StartSite) -> None:
    """HEAD answers as GET does, without the page."""
    async with start_site() as site:
        answer = await site.get("/", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 1000


async def test_no_redirect_repeats_the_host(start_site: StartSite) -> None:
    """A path with a slash too many is not found: a redirect would lead to whatever host the request named."""
    async with start_site() as site:
        answer = await site.get("/metrics/", {"Host": "evil.example"})
    assert answer.status == 404
    assert answer.headers["location"] is None


def _login(credentials: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials).decode()}


async def test_users_need_their_password(start_site: StartSite) -> None:
    """With users, every path, /-/healthy too, is closed to all but name and password."""
    hashed = bcrypt.hashpw("mật khẩu".encode(), bcrypt.gensalt(4)).decode()
    good = _login("grafana:mật khẩu".encode())
    bad: list[dict[str, str]] = [
        {},
        _login(b"grafana:wrong"),
        _login("nobody:mật khẩu".encode()),
        _login(b"grafana"),
        _login(b"\xff:\xff"),
        {"Authorization": "Basic %%%"},
        {"Authorization": "Bearer grafana"},
    ]
    async with start_site({"grafana": hashed}) as site:
        refused = [await site.get("/metrics", headers) for headers in bad]
        healthy = await site.get("/-/healthy")
        allowed = await site.get("/metrics", good)
    assert [answer.status for answer in refused] == [401] * len(bad)
    assert not any(b"wan_link_up" in answer.body for answer in refused)
    assert refused[0].headers["www-authenticate"] == 'Basic realm="phusong", charset="UTF-8"'
    assert healthy.status == 401
    assert allowed.status == 200


async def test_packed_pages_need_the_password_too(start_site: StartSite) -> None:
    """Map and states are shown to nobody without it, in no coding, and a tag is no ticket."""
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    good = _login(b"ops:secret")
    async with start_site({"ops": hashed}) as site:
        site.map_file.write_text("<p>map</p>", encoding="utf-8")
        for path in ("/map?view=oncall", "/api/v1/states"):
            allowed = await site.get(path, good)
            tag = allowed.headers["etag"]
            tries: list[dict[str, str]] = [
                {},
                {"Accept-Encoding": "gzip"},
                {"If-None-Match": tag},
                {"If-None-Match": "*", **_login(b"ops:wrong")},
            ]
            refused = [await site.get(path, headers) for headers in tries]
            known = await site.get(path, {**good, "If-None-Match": tag})
            assert (allowed.status, known.status) == (200, 304)
            for answer in refused:
                assert (answer.status, answer.body, answer.headers["etag"]) == (401, b"Unauthorized\n", None)
                assert answer.headers["www-authenticate"] == 'Basic realm="phusong", charset="UTF-8"'
