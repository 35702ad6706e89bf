"""Turns a folium page into one file that asks nobody for anything, or refuses.

Addresses of the vendored files (``assets/manifest.json``) and our own ``asset:`` names are replaced by the
content; whatever else the page would load is an error, and a content security policy made of the hashes of what
is left makes the browser refuse the rest. Two things may be let through it: the states of the agent that served
the page, and pictures of one tile server. What is drawn on the map is not decided here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import folium

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/"
"""Where folium 0.20 looks for Leaflet; the manifest must have these addresses."""
OWN_ASSET = "asset:"
"""Prefix of the addresses of our own files in ``assets/``."""

_SCRIPT_LINK = re.compile(r'<script src="([^"]*)"></script>')
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="([^"]*)"\s*/?>')
_CSS_URL = re.compile(r"""url\(\s*["']?([^"')]*)["']?\s*\)""")
_NO_ZOOM = re.compile(r",\s*maximum-scale=1\.0,\s*user-scalable=no")
"""folium forbids readers to enlarge the page (WCAG 2.1, 1.4.4)."""
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_LOADING_ATTRIBUTES = frozenset(
    {
        "src",
        "href",
        "srcset",
        "data",
        "poster",
        "action",
        "formaction",
        "background",
        "ping",
        "xlink:href",
        "srcdoc",
    }
)
_FORBIDDEN_TAGS = frozenset({"iframe", "frame", "object", "embed", "base", "form"})
_LAST_PORT = 65535
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?::([1-9][0-9]{{0,4}}))?")


class PageError(ValueError):
    """A page would not be self-contained or safe; the message names what and what to do."""


class LeafletMap(folium.Map):
    """A folium map that asks for Leaflet alone: no jQuery, Bootstrap, Font Awesome or markers of theirs.

    The lists are this map's own: folium's are shared by every map of the process and stay untouched.
    Do not use ``folium.Icon`` or ``folium.Popup`` with it, they need what is missing here.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_js = [("leaflet", LEAFLET + "leaflet.js")]
        self.default_css = [("leaflet_css", LEAFLET + "leaflet.css")]


@dataclass(frozen=True, slots=True)
class VendoredFile:
    """One third-party file in ``assets/`` as the manifest describes it."""

    url: str
    file: str
    sha256: str
    package: str
    version: str
    licence: str
    licence_file: str


def read_manifest(assets: Traversable | None = None) -> dict[str, VendoredFile]:
    """Read the manifest of third-party files, keyed by the address that folium writes."""
    folder = assets or _assets()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {}
    for entry in manifest["files"]:
        package = manifest["packages"][entry["package"]]
        files[entry["url"]] = VendoredFile(
            **entry,
            version=package["version"],
            licence=package["licence"],
            licence_file=package["licence_file"],
        )
    return files


def origin_of(url: str) -> str:
    """Return the origin of a tile server's URL as a policy names it: ``https://tiles.example:8443``.

    Raises
    ------
    PageError
        It has none that a policy can name: no http or https, no host, a user, an IPv6 address, a wildcard.
    """
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        origin = ""
    return _checked_origin(origin)


def self_contained(
    html: str,
    *,
    lang: str,
    assets: Traversable | None = None,
    tile_origin: str | None = None,
    live: bool = True,
) -> str:
    """Return a rendered folium page as one file: everything inlined, nothing asked for, a hash policy in the head.

    Parameters
    ----------
    html
        What ``folium.Map().get_root().render()`` gave.
    lang
        The language of the page, for ``<html lang>``.
    assets
        Another folder of assets than the package's own.
    tile_origin
        The one origin that pictures may come from, see :func:`origin_of`; nobody without it.
    live
        Whether a served page may ask its own server for states. A page opened from disk has none and asks nobody.

    Raises
    ------
    PageError
        The page loads something that is not vendored, a vendored file is not the one of the manifest, or the
        page has something that its own policy would block (inline handlers, style attributes, frames), or
        ``tile_origin`` is no origin.
    """
    folder = assets or _assets()
    manifest = read_manifest(folder)
    html = _SCRIPT_LINK.sub(lambda match: _script(match[1], manifest, folder), html)
    html = _STYLE_LINK.sub(lambda match: _style(match[1], manifest, folder), html)
    html = _NO_ZOOM.sub("", html)
    # A browser hashes what its parser made of the file, and that has no carriage returns.
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    audit = _Audit()
    audit.feed(html)
    audit.close()
    if audit.problems:
        raise PageError("the page would not be self-contained: " + "; ".join(audit.problems))
    policy = _policy(audit, None if tile_origin is None else _checked_origin(tile_origin), live=live)
    head = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    if html.count("<html>") != 1 or html.count("<head>") != 1:
        raise PageError("the page has not exactly one <html> and one <head>: is it a rendered folium page?")
    return html.replace("<html>", f'<html lang="{lang}">').replace("<head>", f"<head>\n{head}")


def write_page(html: str, path: Path) -> None:
    """Write a page atomically: who opens ``path`` sees the old page or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(html, encoding="utf-8", newline="\n")
    scratch.replace(path)


def _assets() -> Traversable:
    return resources.files("phusong.maps") / "assets"


def _read(url: str, manifest: Mapping[str, VendoredFile], folder: Traversable) -> bytes:
    """Return the content for an address of the page; a vendored file must have the sha256 of the manifest."""
    if url.startswith(OWN_ASSET):
        name = url.removeprefix(OWN_ASSET)
        if not re.fullmatch(r"[a-z_]+\.(js|css)", name):
            raise PageError(f"{url}: not a name of a file in assets/")
        return (folder / name).read_bytes()
    vendored = manifest.get(url)
    if vendored is None:
        raise PageError(
            f"{url}: not vendored, and a map page may load nothing; draw without it (LeafletMap needs Leaflet "
            "alone) or add the file with its licence and sha256 to maps/assets/manifest.json"
        )
    content = (folder / vendored.file).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != vendored.sha256:
        raise PageError(
            f"assets/{vendored.file}: sha256 {found}, the manifest says {vendored.sha256}; "
            f"take the file from the npm package {vendored.package} {vendored.version} again"
        )
    return content


def _script(url: str, manifest: Mapping[str, VendoredFile], folder: Traversable) -> str:
    code = _SOURCE_MAP.sub("", _read(url, manifest, folder).decode("utf-8")).strip()
    return f"<script>{_licence(url, manifest, folder)}{_closed(url, code, 'script')}\n</script>"


def _style(url: str, manifest: Mapping[str, VendoredFile], folder: Traversable) -> str:
    code = _read(url, manifest, folder).decode("utf-8").strip()

    def inline(match: re.Match[str]) -> str:
        address = match[1]
        if address.startswith(("data:", "#")):
            return match[0]
        content = _read(url.rsplit("/", 1)[0] + "/" + address, manifest, folder)
        return f"url(data:image/png;base64,{base64.b64encode(content).decode('ascii')})"

    code = _CSS_URL.sub(inline, code)
    return f"<style>{_licence(url, manifest, folder)}{_closed(url, code, 'style')}\n</style>"


def _licence(url: str, manifest: Mapping[str, VendoredFile], folder: Traversable) -> str:
    """Return the licence as a comment: the page is a copy of the software and travels alone."""
    if url not in manifest:
        return "\n"
    vendored = manifest[url]
    text = (folder / vendored.licence_file).read_text(encoding="utf-8").strip()
    return f"\n/* {vendored.package} {vendored.version}, {vendored.licence}\n\n{text}\n*/\n"


def _closed(url: str, code: str, tag: str) -> str:
    """Refuse code that would end its own element or begin a comment that hides the end."""
    if re.search(rf"</{tag}|<!--", code, re.IGNORECASE):
        raise PageError(f"{url}: contains </{tag} or <!--, so it cannot be inlined as it is")
    return code


def _checked_origin(origin: str) -> str:
    """Return an origin that may stand in a policy, where a blank or semicolon would begin something else."""
    match = _ORIGIN.fullmatch(origin)
    if match is None or int(match[1] or 0) > _LAST_PORT:
        raise PageError(
            "the tile server has no origin that a page's policy can name: write http or https, a host name or an "
            "IPv4 address, perhaps a port, like https://tiles.example:8443; for IPv6 give the server a name"
        )
    return origin


def _policy(audit: _Audit, tile_origin: str | None, *, live: bool) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src " + " ".join(_hashes(audit.scripts)),
            "style-src " + " ".join(_hashes(audit.styles)),
            f"img-src data: {tile_origin}" if tile_origin else "img-src data:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hashes(codes: Iterable[str]) -> list[str]:
    digests = (hashlib.sha256(code.encode("utf-8")).digest() for code in codes)
    return [f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests] or ["'none'"]


class _Audit(HTMLParser):
    """Collects the inline scripts and styles of a page, and everything that makes it not self-contained."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.problems: list[str] = []
        self._collecting: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _FORBIDDEN_TAGS:
            self.problems.append(f"<{tag}> is not allowed")
        for name, value in attrs:
            self._check_attribute(tag, name, (value or "").strip())
        is_data = ("type", "application/json") in attrs
        if tag == "script" and not is_data:
            self._collecting = self.scripts
        elif tag == "style":
            self._collecting = self.styles
        if self._collecting is not None:
            self._collecting.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._collecting is not None:
            self._collecting[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "style" and self._collecting is self.styles:
            self._check_style(self.styles[-1])
        if tag in ("script", "style"):
            self._collecting = None

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        if name in _LOADING_ATTRIBUTES and not value.lower().startswith(("data:", "#")):
            self.problems.append(f"<{tag} {name}> would load {value!r}")
        elif name.startswith("on") or name == "style":
            self.problems.append(f"<{tag}> has an inline {name}, which the page's own policy blocks")
        elif name == "http-equiv" and value.lower() == "refresh":
            self.problems.append("<meta http-equiv=refresh> would load another page")

    def _check_style(self, code: str) -> None:
        addresses = [address for address in _CSS_URL.findall(code) if not address.startswith(("data:", "#"))]
        self.problems.extend(f"a style would load {address!r}" for address in addresses)
        if "@import" in code:
            self.problems.append("a style has @import")
