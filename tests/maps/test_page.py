"""A page is one file that loads nothing, or it is not built."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import folium
import pytest

from phusong.maps import page
from phusong.maps.page import LeafletMap, PageError, origin_of, read_manifest, self_contained, write_page

ASSETS = Path(page.__file__).parent / "assets"


def _rendered(extra: str = "") -> str:
    html = LeafletMap(tiles=None, location=(21, 107)).get_root().render()
    return html.replace("</body>", extra + "</body>")


def _policy(html: str) -> dict[str, str]:
    """Return the rules of a page's content security policy, in its order."""
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def test_manifest_matches_folium_and_files() -> None:
    """The vendored files are those of the manifest, at the addresses (and so the version) that folium asks for."""
    manifest = read_manifest()
    assert dict(folium.Map.default_js)["leaflet"] in manifest
    assert dict(folium.Map.default_css)["leaflet_css"] in manifest
    vendored = {file.file for file in manifest.values()} | {file.licence_file for file in manifest.values()}
    for file in manifest.values():
        assert hashlib.sha256((ASSETS / file.file).read_bytes()).hexdigest() == file.sha256
        assert file.version in file.url
    others = {path.name for path in ASSETS.iterdir() if not path.name.startswith("province_")}
    assert others == vendored | {"manifest.json", ".gitattributes"}


def test_page_has_everything_inside() -> None:
    """Leaflet, its style, its pictures and its licence are in the page; no address to load is."""
    html = self_contained(_rendered(), lang="vi")
    assert html.startswith('<!DOCTYPE html>\n<html lang="vi">')
    assert "Leaflet 1.9.3" in html
    assert "Redistribution and use in source and binary forms" in html
    assert html.count("url(data:image/png;base64,") == 3
    assert not re.search(r"<script[^>]+src=|<link[^>]+stylesheet|sourceMappingURL|\r", html)


def test_policy_has_the_hash_of_every_script_and_style() -> None:
    """The policy names exactly the inline scripts and styles of the page, and allows nothing else."""
    html = self_contained(_rendered('<script type="application/json">{"a":1}</script>'), lang="en")
    rules = _policy(html)
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies]
        assert rules[rule].split() == [f"'sha256-{digest}'" for digest in digests]
    assert not [rule for rule in rules.values() if "unsafe" in rule]
    assert {name: rule for name, rule in rules.items() if name not in ("script-src", "style-src")} == {
        "default-src": "'none'",
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("tile_origin", [None, "https://tiles.example:8443", "http://192.0.2.7"])
def test_only_the_agent_and_the_tile_server_are_let_through(live: bool, tile_origin: str | None) -> None:
    """Pictures come from the page and one origin, states from the page's own server; nothing else opens."""
    plain = _policy(self_contained(_rendered(), lang="vi"))
    rules = _policy(self_contained(_rendered(), lang="vi", tile_origin=tile_origin, live=live))
    assert rules["img-src"].split() == ["data:", *([tile_origin] if tile_origin else [])]
    assert rules["connect-src"] == ("'self'" if live else "'none'")
    others = set(plain) - {"img-src", "connect-src", "script-src", "style-src"}
    assert set(rules) == set(plain)
    assert {name: rules[name] for name in others} == {name: plain[name] for name in others}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example"),
        ("HTTP://Tiles.Example:8099/a/{z}/{x}/{y}.png?key=1", "http://tiles.example:8099"),
        ("http://127.0.0.9:8099/{z}/{x}/{y}.png", "http://127.0.0.9:8099"),
        ("http://tiles/{z}/{x}/{y}", "http://tiles"),
    ],
)
def test_origin_of_a_tile_server(url: str, origin: str) -> None:
    """Scheme, host and port, as a policy names them."""
    assert origin_of(url) == origin
    assert f"img-src data: {origin};" in self_contained(_rendered(), lang="vi", tile_origin=origin)


NO_ORIGINS = (
    *("", "https://", "tiles.example", "//tiles.example", "ftp://tiles.example", "data:", "file:///", "*"),
    *("https://*.tiles.example", "https://*", "https://tiles.example:*", "https://tiles.example:70000"),
    *("https://me:pass@tiles.example", "https://[2001:db8::1]:8080", "https://[::1", "https://tiles..example"),
    *("https://tiles.example;script-src", "https://tiles.example 'unsafe-inline'", "https://tiles.example:0"),
    *('https://tiles.example"><script>', "https://tệp.example", "https://-a.example", "https://tiles.example:"),
    *(
        "https://tiles.example.",
        "https:tiles.example",
        "javascript:alert(1)",
        "https://tiles.example\\@other.example",
    ),
)


@pytest.mark.parametrize("origin", [*NO_ORIGINS, "https://tiles.example\n", "https://tiles.example/a"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    """A word more in a policy would open the page: everything but one plain origin ends the build."""
    with pytest.raises(PageError, match=r"no origin .* like https://tiles\.example:8443"):
        self_contained(_rendered(), lang="vi", tile_origin=origin)


@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_url_without_an_origin_is_refused(origin: str) -> None:
    """The same holds for what stands before the path of a URL."""
    with pytest.raises(PageError, match="no origin"):
        origin_of(origin + "/{z}/{x}/{y}.png")


def test_plain_folium_map_is_refused() -> None:
    """Folium's own page asks for jQuery and more: the error names the address and what to do."""
    with pytest.raises(PageError, match=r"code\.jquery\.com.*not vendored.*manifest"):
        self_contained(folium.Map(tiles=None).get_root().render(), lang="vi")


def test_folium_lists_stay_untouched() -> None:
    """A daemon that also draws other maps keeps folium's own asset lists."""
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    LeafletMap(tiles=None).add_js_link("mine", "https://example.org/mine.js")
    assert (folium.Map.default_js, folium.Map.default_css) == before
    assert "mine" not in dict(LeafletMap(tiles=None).default_js)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ('<script src="https://example.org/x.js"></script>', "example.org/x.js: not vendored"),
        ("<script src='//example.org/x.js'></script>", "//example.org/x.js"),
        ('<script defer src="x.js"></script>', "would load 'x.js'"),
        ('<link rel="stylesheet" href="https://example.org/x.css">', "x.css: not vendored"),
        ('<link rel="preconnect" href="https://example.org">', "would load 'https://example.org'"),
        ('<img src="https://example.org/x.png">', "x.png"),
        ('<img srcset="x.png 2x" src="data:,">', "srcset"),
        ("<iframe src='data:,'></iframe>", "<iframe> is not allowed"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:"),
        ('<style>@import "x.css";</style>', "@import"),
        ("<style>a{background:url(https://example.org/x.png)}</style>", "example.org/x.png"),
        ('<p onclick="x()">x</p>', "inline onclick"),
        ('<p style="color:red">x</p>', "inline style"),
        ('<meta http-equiv="refresh" content="0;url=https://example.org">', "refresh"),
        ('<script src="asset:../../secret.js"></script>', "not a name of a file in assets"),
    ],
)
def test_whatever_would_load_or_be_blocked_is_an_error(extra: str, named: str) -> None:
    """Fail closed: an address nobody thought of ends the build with its name, it is not shipped."""
    with pytest.raises(PageError, match=re.escape(named)):
        self_contained(_rendered(extra), lang="vi")


def test_changed_asset_is_refused(tmp_path: Path) -> None:
    """A vendored file that is not the one of the manifest ends the build."""
    assets = tmp_path / "assets"
    shutil.copytree(ASSETS, assets)
    (assets / "leaflet.js").write_text("alert(1)", encoding="utf-8")
    with pytest.raises(PageError, match=r"leaflet\.js: sha256 .* npm package leaflet 1\.9\.3"):
        self_contained(_rendered(), lang="vi", assets=assets)


def test_asset_that_ends_its_own_element_is_refused(tmp_path: Path) -> None:
    """A script with a closing tag in a string would spill into the page."""
    assets = tmp_path / "assets"
    shutil.copytree(ASSETS, assets)
    manifest = json.loads((assets / "manifest.json").read_text(encoding="utf-8"))
    code = 'x = "</script>"'
    (assets / "leaflet.js").write_text(code, encoding="utf-8")
    manifest["files"][0]["sha256"] = hashlib.sha256(code.encode()).hexdigest()
    (assets / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(PageError, match="cannot be inlined"):
        self_contained(_rendered(), lang="vi", assets=assets)


def test_write_page_replaces(tmp_path: Path) -> None:
    """The folder is made, the old page is replaced in one step, nothing else is left behind."""
    path = tmp_path / "out" / "map.html"
    write_page("old", path)
    write_page("Đồng Rui", path)
    assert path.read_bytes() == "Đồng Rui".encode()
    assert [each.name for each in path.parent.iterdir()] == ["map.html"]
