"""``phusong demo --once``: the whole product once, as a new user sees it first."""

from __future__ import annotations

import csv
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromium import chromium, open_offline
from playwright.sync_api import expect
from processes import run_cli, samples

from phusong.collectors.simulator.files import COMMUNITY, COMMUNITY_FILE
from phusong.collectors.simulator.offices import CommunePlace
from phusong.collectors.simulator.province import build_province
from phusong.coverage.editions import load_edition

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"


@dataclass
class Demo:
    """What one pass left behind."""

    folder: Path
    output: str
    page: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return pass_once(tmp_path_factory.mktemp("demo") / "out")


def pass_once(folder: Path) -> Demo:
    """Run one pass of the demonstration into a folder."""
    done = run_cli("demo", "--once", "--out", folder, "--listen", "127.0.0.1:0")
    assert done.returncode == 0, done.stdout + done.stderr
    return Demo(folder, done.stdout, (folder / "metrics.prom").read_text(encoding="utf-8"))


def first_cycle_s(output: str) -> float:
    line = next(line for line in output.splitlines() if line.startswith("First full cycle"))
    return float(line.split(":")[1].split()[0])


def test_every_line_endpoint_and_commune_is_in_the_metrics(demo: Demo) -> None:
    """345 lines, 239 endpoints and 177 communes: the whole province, not a part of it."""
    assert len(samples(demo.page, "wan_link_up")) == 345
    assert len(samples(demo.page, "vc_endpoint_up")) == 239
    covered = samples(demo.page, "commune_area_covered_ratio")
    assert sum('technology="4G"' in labels and 'operator="any"' in labels for labels in covered) == 177


def test_the_verdicts_are_those_of_the_incidents(demo: Demo) -> None:
    """What the agent found is what the simulation did: line by line, endpoint by endpoint."""
    communes = load_edition("2020-01").communes.values()
    province = build_province([CommunePlace(c.code, c.name, c.kind, c.district, c.lat, c.lon) for c in communes])
    expected = province.expected(3.0)
    planned = dict.fromkeys(expected.in_maintenance, "maintenance")
    assert verdicts(demo.page, "wan_link_verdict", "link") == {**expected.links, **planned}
    assert verdicts(demo.page, "vc_endpoint_verdict", "endpoint") == dict(expected.endpoints)


def test_the_community_is_nowhere(demo: Demo) -> None:
    """No file but the secret one holds the community: neither page nor log, map or state."""
    files = [path for path in demo.folder.rglob("*") if path.is_file() and path.name != COMMUNITY_FILE]
    assert len(files) > 15
    assert [path.name for path in files if COMMUNITY.encode() in path.read_bytes()] == []


def verdicts(page: str, name: str, label: str) -> dict[str, str]:
    """Return the verdict whose series is 1, by id."""
    found = {}
    for labels, value in samples(page, name).items():
        if value == 1:
            pairs = dict(pair.split("=") for pair in labels.strip("{}").split(","))
            found[pairs[label].strip('"')] = pairs["verdict"].strip('"')
    return found


def test_the_first_cycle_is_quick(demo: Demo) -> None:
    """The output says how long the first full cycle took: at most 5 s; a moment when others are busy may pass."""
    for _ in range(3):
        if first_cycle_s(demo.output) < 5:
            return
        demo = pass_once(demo.folder.with_name("again"))
    pytest.fail(f"three times longer than 5 s, last {first_cycle_s(demo.output)} s")


def test_who_is_ready_for_the_next_meeting(demo: Demo) -> None:
    """A page and a workbook of all 239 are made while the agent watches."""
    page = (demo.folder / "readiness.html").read_text(encoding="utf-8")
    assert "Họp trực tuyến toàn tỉnh (mô phỏng)" in page
    assert re.search(r"\b2\d\d / 239\b", page)
    for endpoint_id in ("qn-v001", "qn-v239"):
        assert endpoint_id in page
    assert (demo.folder / "readiness.xlsx").read_bytes().startswith(b"PK")


def test_the_coverage_table_has_every_commune_and_operator(demo: Demo) -> None:
    """communes.csv has a row per commune, technology and operator, ``any`` and ``max`` included."""
    with (demo.folder / "communes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    four_g = [row for row in rows if row["technology"] == "4G" and row["operator"] == "any"]
    assert len({row["commune_code"] for row in four_g}) == 177
    assert all(0 <= float(row["area_ratio"]) <= 1 for row in rows)
    assert any(float(row["area_ratio"]) == 0 for row in four_g)
    assert any(float(row["area_ratio"]) > 0.99 for row in four_g)


def test_promtool_names_nothing_but_the_mibs_own_names(demo: Demo) -> None:
    """The metrics follow Prometheus's rules; ifHCInOctets and its like are the MIB's and stay."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=demo.page, capture_output=True, text=True, check=False
    )
    complaints = [line for line in (checked.stdout + checked.stderr).splitlines() if line.strip()]
    assert [line for line in complaints if not line.startswith(("if", "sys"))] == []


def test_the_map_opens_without_a_network(demo: Demo) -> None:
    """Chromium shows 177 communes from the file alone: no request, no error on the console."""
    with chromium() as browser:
        watched = open_offline(
            browser.new_context(viewport={"width": 1280, "height": 800}), demo.folder / "map.html"
        )
        expect(watched.page.locator("path.commune")).to_have_count(177)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        watched.page.screenshot(path=SCREENSHOTS / "demo-map.png")
        watched.assert_silent()


def test_a_second_pass_gives_the_same_coverage(demo: Demo, tmp_path: Path) -> None:
    """The demonstration is the same every time: byte for byte, as far as time is not in it."""
    done = run_cli("demo", "--once", "--out", tmp_path, "--listen", "127.0.0.1:0")
    assert done.returncode == 0, done.stderr
    for name in ("communes.csv", "coverage.json", "repairs.csv"):
        assert (tmp_path / name).read_bytes() == (demo.folder / name).read_bytes()
