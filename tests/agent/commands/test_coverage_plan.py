"""The plan of ``phusong coverage plan`` as it is shown, with candidates from files and from the inventory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import pytest
import shapely
from rich.console import Console

from phusong.agent.commands.coverage_plan import line_candidates, run_coverage_plan
from phusong.agent.commands.coverage_plan_shown import gaps_as_table, plan_lines, ranking_as_table
from phusong.agent.input.problems import InputProblems
from phusong.coverage.editions import Edition, load_edition
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.boundaries import Boundaries
from phusong.coverage.input.schematic import draw_schematic
from phusong.coverage.measuring.gaps import Nearest
from phusong.coverage.output.planning_tables import Plan
from phusong.exporters.feed import snapshot_to_json
from phusong.exporters.snapshot import Isolation, SiteInfo, SiteRow, Snapshot

CONFIG = """\
province: {code: "22", edition: "2020-01"}
inventory: inventory
state: state
snmp: {auths: {wan: {version: 2c, community_file: not-there}}}
"""
INVENTORY = {
    "sites.csv": "site_id,name,kind,commune_code,lat,lon\n"
    "lined,UBND A,commune,06649,21.004,107.137\ncut,UBND B,commune,06820,20.998,106.783\n"
    "none,[red]UBND C,commune,06778,21.331,107.395\nnowhere,UBND D,commune,06778,,\n",
    "devices.csv": "device_id,site_id,address,auth\nr1,lined,127.0.0.1,wan\n",
    "links.csv": "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\n"
    "l1,lined,A,1,1,r1,a\nl2,cut,A,1,1,r1,b\n",
    "endpoints.csv": "endpoint_id,site_id,name,address,auth\n",
    "maintenance.csv": "what,from,to,reason\n",
}
PEOPLE = "lat,lon,people\n20.998,106.783,900\n21.004,107.137,500\n21.331,107.395,5000\n"
Run = Callable[..., tuple[Plan, str, list[str]]]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load_edition("2020-01")


@pytest.fixture(scope="module")
def boundaries(edition: Edition) -> Boundaries:
    return draw_schematic(edition)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Make an inventory: offices with a line, with one that will be out, with none, and without a position."""
    (tmp_path / "inventory").mkdir()
    (tmp_path / "state").mkdir()
    for name, text in INVENTORY.items():
        (tmp_path / "inventory" / name).write_text(text, encoding="utf-8")
    path = tmp_path / "phusong.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, boundaries: Boundaries, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command, with boundaries that are drawn once; return the plan, what is printed, and what is told."""
    monkeypatch.setattr("phusong.coverage.planning_run.draw_schematic", lambda _edition: boundaries)
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    east = tmp_path / "east.geojson"
    geopandas.GeoDataFrame(geometry=[shapely.box(107.3, 20.4, 108.5, 21.9)], crs="EPSG:4326").to_file(east)

    def command(**more: object) -> tuple[Plan, str, list[str]]:
        printed, told = io.StringIO(), list[str]()
        options: dict[str, object] = {
            "layers": [f"{east},operator=A,technology=4G,min_dbm=-105"],
            "population": tmp_path / "people.csv",
        } | more
        plan = run_coverage_plan(
            out_dir=tmp_path / "out",
            console=Console(file=printed, width=200, force_terminal=False),
            tell=told.append,
            **options,  # type: ignore[arg-type]
        )
        return plan, printed.getvalue(), told

    return command


def test_what_is_shown(run: Run, tmp_path: Path) -> None:
    """The ranking, the gaps and sentences below; texts of files are texts, whatever they look like."""
    candidates = tmp_path / "masts.csv"
    candidates.write_text("id,lat,lon,name\nm1,21.004,107.137,[blink]Núi[/blink]\n'=1+1,20.998,106.783,\n")
    _, printed, told = run(candidates=candidates, number=3)
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "Rank Candidate Name Commune + people Together Share" in lines
    assert any(line.startswith("1 '=1+1") and line.endswith(" 900 900 64.3 %") for line in lines)
    assert "2 m1 [blink]Núi[/blink] Phường Hà Khánh 500 1,400 100.0 %" in lines
    assert any(line.startswith("1 1,400 ") and " km " in line and " of " in line for line in lines)
    text = "\n".join(told)
    assert "Outside 4G of any operator at any level: 1,400 people, " in text
    assert "2 of 3 wanted: no further candidate brings anything more" in text
    assert "Made with schematic boundaries: not for decisions." in told
    assert told[-1].startswith(f"Written: {tmp_path / 'out' / 'ranking.csv'}")
    assert (tmp_path / "out" / "plan.json").is_file()


def test_weights_are_shown(run: Run, tmp_path: Path) -> None:
    """With several kinds that count, the weighted gain stands beside them, and shares are its."""
    schools = tmp_path / "schools.csv"
    schools.write_text("id,lat,lon\ns,21.004,107.137\n")
    _, printed, told = run(step_m=2000.0, schools=schools, weights="people=1,school=1000", number=1)
    assert "+ people + schools + weighted Together Share" in " ".join(printed.split())
    assert "62.5 %" in printed
    assert "1,400 people, 1 schools" in "\n".join(told)


def test_in_nobodys_reach(run: Run, tmp_path: Path) -> None:
    """What no candidate could ever reach is told."""
    candidates = tmp_path / "masts.csv"
    candidates.write_text("id,lat,lon\nm1,21.004,107.137\n")
    _, _, told = run(candidates=candidates, min_dbm=-105.0, technology="4g", operator="A")
    assert "In reach of none of the 1 candidates: 900 people." in told
    assert any(line.startswith("Outside 4G of A at -105 dBm or better: 1,400 people") for line in told)


@pytest.mark.parametrize(
    ("bearing_deg", "wind"),
    [
        (0, "north"),
        (22, "north"),
        (23, "north-east"),
        (90, "east"),
        (200, "south"),
        (315, "north-west"),
        (359, "north"),
    ],
)
def test_where_a_gap_is(bearing_deg: float, wind: str, run: Run) -> None:
    """By the nearest of eight directions from the settlement; its name stays a text."""
    plan, _, _ = run()
    gap = replace(plan.gaps.pieces[0], nearest=Nearest("[b]Thôn\x1b 1", 4249.0, bearing_deg))
    shown = gaps_as_table(replace(plan, gaps=replace(plan.gaps, pieces=(gap,))))
    (cell,) = shown.columns[-1].cells
    assert str(cell) == f"4.2 km {wind} of [b]Thôn 1"


def test_offices_that_need_a_line(run: Run, config: Path) -> None:
    """Those without a line are ranked; who has one serves the people around it."""
    plan, printed, told = run(lines_of=config, layers=())
    assert [c.candidate_id for c in plan.chosen] == ["none"]
    assert "[red]UBND C" in printed
    assert any("snapshot.json is not there: only offices without any line are candidates" in line for line in told)
    assert any(line.startswith("Outside what is served: 5,000 people") for line in told)
    assert [(source.role, source.file) for source in plan.sources][:2] == [
        ("candidates", "sites.csv"), ("served", "links.csv"),
    ]  # fmt: skip


def test_isolated_offices_need_one(run: Run, config: Path) -> None:
    """An office that the agent calls isolated is a candidate although it has a line on paper."""
    states = {"lined": Isolation.CONNECTED, "cut": Isolation.ISOLATED, "none": Isolation.UNKNOWN}
    sites = tuple(
        SiteRow(SiteInfo(name, name, "commune", "06649", 21.0, 107.0), state, None)
        for name, state in states.items()
    )
    snapshot = Snapshot(1.0, "2020-01", "4G", (), (), sites, (), None)
    (config.parent / "state" / "snapshot.json").write_bytes(snapshot_to_json(snapshot))
    plan, _, _ = run(lines_of=config, layers=())
    assert [c.candidate_id for c in plan.chosen] == ["none", "cut"]
    assert "snapshot.json" in json.loads((config.parent / "out" / "plan.json").read_text())["sources"][2]["file"]
    with_layers, _, _ = run(lines_of=config)
    assert [c.candidate_id for c in with_layers.chosen] == ["cut"]


def test_what_is_refused(run: Run, config: Path) -> None:
    """Contradictions, an inventory where nothing is missing, and files that cannot be read."""
    with pytest.raises(CoverageError, match="the inventory says which offices are candidates"):
        run(lines_of=config, by_commune=True)
    with pytest.raises(CoverageError, match="'church' is not known"):
        run(weights="church=3")
    (config.parent / "state" / "snapshot.json").write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"snapshot\.json: "):
        line_candidates(config, 3.0, lambda _line: None)
    (config.parent / "state" / "snapshot.json").unlink()
    sites = config.parent / "inventory" / "sites.csv"
    sites.write_text(sites.read_text(encoding="utf-8").replace("21.331,107.395", ","), encoding="utf-8")
    with pytest.raises(CoverageError, match="every office with a position has a line and none is isolated"):
        line_candidates(config, 3.0, lambda _line: None)
    config.write_text("nothing: {}\n")
    with pytest.raises(InputProblems):
        line_candidates(config, 3.0, lambda _line: None)


def test_estimates_and_no_gaps(run: Run) -> None:
    """Without a file of people the estimate is called one; without a gap so large there is no table of them."""
    plan, printed, told = run(population=None, number=2, min_gap_km2=1e6)
    assert "Gap" not in printed
    assert len(plan.ranking.choices) == 2
    assert any("0 gaps of 1e+06 km2 or more" in line for line in told)
    assert "(people are an estimate by area)" in "\n".join(plan_lines(plan))
    assert ranking_as_table(plan).row_count == 2
    assert gaps_as_table(plan).row_count == 0
