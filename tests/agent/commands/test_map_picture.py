"""``phusong map --png`` and ``--svg``: files on disk, options, and what is said when something is wrong."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import map_province
import picture_svg
import pytest
import shapely
import whole_province
from other_user import NOBODY, begin_as_nobody, open_folder
from PIL import Image
from typer.testing import CliRunner, Result

from phusong.agent import cli
from phusong.coverage.summary import write_summary
from phusong.exporters.feed import snapshot_to_json
from phusong.maps.wording import WORDS

Invoke = Callable[..., Result]
SETTINGS = """\
province: {code: "22", edition: "2020-01"}
inventory: inventory
snmp: {auths: {wan: {version: 1, community_file: wan-community}}}
coverage: {summary: coverage/coverage.json}
"""


def write_input(folder: Path) -> None:
    """Write configuration, coverage and the agent's snapshot; secrets and inventory are not there."""
    boxes = map_province.box_communes()
    snapshot = map_province.snapshot_of(boxes, sites=30, links=32, endpoints=20)
    (folder / "coverage").mkdir()
    (folder / "state").mkdir()
    (folder / "phusong.yaml").write_text(SETTINGS, encoding="utf-8")
    boxes.to_file(folder / "coverage" / "coverage.gpkg", layer="communes")
    whole_province.coverage_of(boxes).to_file(folder / "coverage" / "coverage.gpkg", layer="coverage")
    write_summary(
        whole_province.with_people(map_province.summary_of(boxes)), folder / "coverage" / "coverage.json"
    )
    (folder / "state" / "snapshot.json").write_bytes(snapshot_to_json(snapshot))


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    """Give the command on a folder of input."""
    write_input(tmp_path)
    return lambda *words: CliRunner().invoke(
        cli.app, ["map", "--config", str(tmp_path / "phusong.yaml"), *map(str, words)]
    )


def files_of(folder: Path) -> set[str]:
    """Return what lies in a folder and below that is no input."""
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return there - {"phusong.yaml", "coverage/coverage.gpkg", "coverage/coverage.json", "state/snapshot.json"}


def test_only_pictures_are_written(tmp_path: Path, invoke: Invoke) -> None:
    """Both at once, into a folder that is made; no page; without them the page and no picture."""
    png, svg = tmp_path / "out" / "deep" / "map.png", tmp_path / "map.svg"
    done = invoke("--png", png, "--svg", svg, "--dpi", 60, "--width-mm", 160)
    assert done.exit_code == 0, done.output
    assert files_of(tmp_path) == {"out/deep/map.png", "map.svg"}
    assert f"Picture written: {png} (" in done.output
    assert f"Picture written: {svg} (" in done.output
    assert Image.open(io.BytesIO(png.read_bytes())).width == pytest.approx(160 / 25.4 * 60, abs=1)
    texts = picture_svg.Drawn(svg.read_bytes()).texts()
    assert WORDS["vi"]["title"] in texts
    assert "Đất liền xung quanh: Natural Earth 1:10m" in " ".join(texts)
    png.unlink()
    svg.unlink()
    done = invoke("--out", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    assert files_of(tmp_path) == {"page.html"}


def test_land_that_the_configuration_names(tmp_path: Path, invoke: Invoke) -> None:
    """A file of one's own is drawn instead, with its names; one that is not there is an error."""
    (tmp_path / "phusong.yaml").write_text(SETTINGS + "map: {neighbours: around.geojson}\n", encoding="utf-8")
    assert "around.geojson: is not there" in invoke("--svg", tmp_path / "map.svg").output
    land = gpd.GeoDataFrame({"name": ["Bắc Giang"]}, geometry=[shapely.box(106.5, 20.5, 107.02, 22)], crs=4326)
    land.to_file(tmp_path / "around.geojson")
    done = invoke("--svg", tmp_path / "map.svg", "--width-mm", 600)
    assert done.exit_code == 0, done.output
    texts = picture_svg.Drawn((tmp_path / "map.svg").read_bytes()).texts()
    assert "Đất liền xung quanh: around.geojson" in " ".join(texts)


def test_options_reach_the_picture(tmp_path: Path, invoke: Invoke) -> None:
    """Technology, operator, threshold, measure, hatches and language are those that were asked for."""
    svg = tmp_path / "map.svg"
    options = ("--technology", "5G", "--operator", "Viettel", "--min-dbm", "-105", "--measure", "population")
    done = invoke("--svg", svg, *options, "--hatches", "--lang", "en")
    assert done.exit_code == 0, done.output
    drawn = picture_svg.Drawn(svg.read_bytes())
    said = drawn.root.findtext(f"{picture_svg.SVG}desc", "")
    assert "(Share of the people with 5G, Viettel, ≥\u00a0−105\u00a0dBm, dated 2026-06-30)" in said
    assert "class-low-hatch" in drawn.groups("class-")
    assert float(drawn.root.get("width", "").removesuffix("pt")) == pytest.approx(250 / 25.4 * 72, abs=0.01)


def test_before_the_agent_has_run(tmp_path: Path, invoke: Invoke) -> None:
    """Without a snapshot there are communes only, and the command says so."""
    (tmp_path / "state" / "snapshot.json").unlink()
    done = invoke("--svg", tmp_path / "map.svg", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "snapshot.json is not there yet" in done.output
    drawn = picture_svg.Drawn((tmp_path / "map.svg").read_bytes())
    assert "No state of the lines" in " ".join(drawn.texts())
    assert drawn.groups("links-") == drawn.groups("sites-") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lang", "fr", "--png", "m.png"), "language 'fr': choose vi or en"),
        (("--technology", "4G"), "--technology: this is about a picture; name its file with --png or --svg"),
        (("--hatches", "--dpi", "90"), "--hatches, --dpi: this is about a picture"),
        (("--out", "m.html", "--png", "m.png"), "--out names a page, --png and --svg pictures"),
        (("--png", "m", "--svg", "m"), "m: one file cannot be both pictures; name two"),
        (
            ("--png", "m.png", "--min-dbm", "strong"),
            "--min-dbm 'strong': write a level in dBm such as -105, or none",
        ),
        (("--png", "m.png", "--min-dbm", "none"), "threshold none: there are no figures for it of 4G, any"),
        (("--png", "m.png", "--min-dbm", "nan"), "threshold nan: there are no figures"),
        (("--png", "m.png", "--technology", "6G"), "choose one of 2G, 3G, 4G, 5G"),
        (("--png", "m.png", "--operator", "Viet"), "choose one of any, max, Viettel, VinaPhone, MobiFone"),
        (("--png", "m.png", "--measure", "hospital"), "choose one of area, population, centre, site, school"),
        (("--png", "m.png", "--width-mm", "49"), "--width-mm"),
        (("--png", "m.png", "--width-mm", "1001"), "--width-mm"),
        (("--png", "m.png", "--width-mm", "nan"), "--width-mm"),
        (("--png", "m.png", "--dpi", "601"), "--dpi"),
        (("--png", "m.png", "--dpi", "600", "--width-mm", "1000"), "dots per inch, or an SVG"),
        (("--png", "state"), "state: Is a directory; choose another place, or make room"),
        (("--svg", "phusong.yaml/map.svg"), "choose another place, or make room"),
    ],
)
def test_what_cannot_be_drawn(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    """A sentence that says what to do, the exit code of wrong use, and nothing written."""
    monkeypatch.chdir(tmp_path)
    done = invoke(*words)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output
    assert files_of(tmp_path) == set()


def test_a_place_of_another_user(tmp_path: Path) -> None:
    """Who may not write there hears where; the picture that was there stays whole."""
    write_input(tmp_path)
    with open_folder(NOBODY) as own:
        for path in tmp_path.rglob("*"):
            target = own / path.relative_to(tmp_path)
            target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
        (own / "docs").mkdir(mode=0o755)
        (own / "docs" / "map.svg").write_bytes(b"old")

        def draw() -> str:
            words = ["map", "--config", str(own / "phusong.yaml"), "--svg", str(own / "docs" / "map.svg")]
            done = CliRunner().invoke(cli.app, words)
            return f"{done.exit_code} {done.output}"

        said = begin_as_nobody(draw)()
        assert said.startswith("2 ")
        assert "map.svg" in said
        assert "Permission denied; choose another place" in said
        assert (own / "docs" / "map.svg").read_bytes() == b"old"


def test_without_matplotlib(tmp_path: Path) -> None:
    """The page needs none; a picture says what to install."""
    write_input(tmp_path)
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from phusong.agent.cli import main; sys.argv[0] = 'phusong'; main()"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, "map", "--config", str(tmp_path / "phusong.yaml"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})

    done = run("--png", str(tmp_path / "map.png"))
    assert done.returncode == 2
    assert (
        "matplotlib is not installed: --png and --svg need it: pip install 'phusong[coverage,report]'"
        in done.stderr
    )
    done = run("--out", str(tmp_path / "map.html"))
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path) == {"map.html"}


def test_the_same_bytes_each_time(tmp_path: Path, invoke: Invoke) -> None:
    """A picture that did not change is the same file, and one that did replaces it."""
    png = tmp_path / "map.png"
    pictures = []
    for _ in range(2):
        assert invoke("--png", png, "--dpi", 50).exit_code == 0
        pictures.append(png.read_bytes())
    assert pictures[0] == pictures[1]
    assert invoke("--png", png, "--dpi", 50, "--technology", "2G").exit_code == 0
    assert png.read_bytes() != pictures[0]
    assert Image.open(io.BytesIO(png.read_bytes())).format == "PNG"
