"""What ``phusong.yaml`` says of the map: defaults, paths, and addresses of tile servers that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.agent.input.config import MapSettings, TilesConfig, load_paths
from phusong.agent.input.problems import InputProblems
from phusong.maps.page import origin_of

SMALLEST = """province: {code: "22", edition: "2020-01"}
inventory: inventory
snmp: {auths: {wan: {version: "2c", community_file: wan}}}
"""
TILES = "https://tiles.example:8443/osm/{z}/{x}/{y}.png"


def read(folder: Path, text: str) -> MapSettings:
    """Read the smallest file with more text below it."""
    path = folder / "phusong.yaml"
    path.write_text(SMALLEST + text, encoding="utf-8")
    return load_paths(path).map_settings


def problem(folder: Path, text: str) -> str:
    """Return the only problem of a file."""
    with pytest.raises(InputProblems) as caught:
        read(folder, text)
    (found,) = caught.value.problems
    return str(found)


def test_nothing_said(tmp_path: Path) -> None:
    """Without a word there is a week of history and nothing else."""
    assert read(tmp_path, "") == MapSettings(168 * 3600.0, None, None, None, None)


def test_everything_said(tmp_path: Path) -> None:
    """Paths are relative to the file; the address of tiles is taken as it is written."""
    settings = read(
        tmp_path,
        f"""map:
  history: 0s
  compare: ../last/coverage.json
  plan: plan
  neighbours: /srv/neighbours.gpkg
  tiles: {{url: "{TILES}", attribution: "Sở Thông tin © 2026", max_zoom: 12}}
""",
    )
    assert settings == MapSettings(
        0.0,
        tmp_path / "../last/coverage.json",
        tmp_path / "plan",
        Path("/srv/neighbours.gpkg"),
        TilesConfig(TILES, "Sở Thông tin © 2026", 12),
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("tiles.example/{z}/{x}/{y}.png", "must be the address of a tile server"),
        ("ftp://tiles.example/{z}/{x}/{y}.png", "must be the address of a tile server"),
        ("https:///{z}/{x}/{y}.png", "must be the address of a tile server"),
        ("https://{z}.example/{x}/{y}.png", "must be the address of a tile server"),
        ("https://tiles.example:0/{z}/{x}/{y}.png", "must be the address of a tile server"),
        ("https://tiles.example:99999/{z}/{x}/{y}.png", "must be the address of a tile server"),
        ("javascript:alert(1)//{z}/{x}/{y}", "must be the address of a tile server"),
        ("https://tiles.example/{z}/{x}.png", "must have {z}, {x} and {y} once each"),
        ("https://tiles.example/{z}/{x}/{y}/{y}.png", "must have {z}, {x} and {y} once each"),
        ("https://user:canary@tiles.example/{z}/{x}/{y}.png", "has a user"),
        ("https://tiles.example/{z}/{x}/{y}.png?key=canary", "has a user, a query"),
        ("https://tiles.example/{z}/{x}/{y}.png#part", "has a user, a query, a fragment"),
        ("https://tiles.example/{s}/{z}/{x}/{y}.png", "characters that it cannot have"),
        ("https://tiles.example/a;img-src */{z}/{x}/{y}.png", "characters that it cannot have"),
        ("https://tiles.example/bản-đồ/{z}/{x}/{y}.png", "characters that it cannot have"),
        (" https://tiles.example/{z}/{x}/{y}.png", "characters that it cannot have"),
        ("https://tiles.example/\\n{z}/{x}/{y}.png", "characters that it cannot have"),
        ("https://[2001:db8::1]/{z}/{x}/{y}.png", "an IPv6 address needs a name"),
        ("https://tiles..example/{z}/{x}/{y}.png", "that a page's security policy cannot name"),
        ("https://tiles-.example/{z}/{x}/{y}.png", "that a page's security policy cannot name"),
    ],
)
def test_no_tile_server(tmp_path: Path, url: str, said: str) -> None:
    """What is no address of tiles, or would say more than one to a page's policy, is refused and not repeated."""
    text = problem(tmp_path, f'map:\n  tiles: {{url: "{url}", attribution: nobody}}\n')
    assert said in text
    assert "phusong.yaml:5" in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("before_path", "origin"),
    [
        ("https://tiles.example", "https://tiles.example"),
        ("HTTP://Tiles.Example:8099", "http://tiles.example:8099"),
        ("http://192.0.2.7:80", "http://192.0.2.7:80"),
        ("http://tiles", "http://tiles"),
    ],
)
def test_tile_servers(tmp_path: Path, before_path: str, origin: str) -> None:
    """What is accepted here, the page can name: nobody learns of a mistake only when the map is drawn."""
    url = before_path + "/a%20b/{z}/{y}/{x}@2x.png"
    settings = read(tmp_path, f'map: {{tiles: {{url: "{url}", attribution: nobody}}}}\n')
    assert settings.tiles == TilesConfig(url, "nobody", 18)
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'map: {{tiles: {{url: "{TILES}"}}}}\n', "attribution"),
        (f'map: {{tiles: {{url: "{TILES}", attribution: a, max_zoom: 23}}}}\n', "max_zoom"),
        ("map: {history: 721h}\n", "must be 0s to 2592000s"),
        ("map: {history: 7}\n", "must be a duration"),
        ("map: {histroy: 7h}\n", "histroy"),
        ("map: {plan: ''}\n", "plan"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, said: str) -> None:
    """Every mistake has its line and a word of what to do."""
    found = problem(tmp_path, text)
    assert said in found
    assert "phusong.yaml:4" in found
