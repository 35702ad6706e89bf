"""``phusong coverage plan``: where the next masts or leased lines bring most, and where nobody covers.

The geodata libraries are loaded here, never by the agent. What is ranked is decided in ``coverage.planning_run``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from phusong.agent.coverage_report.document import write_document
from phusong.agent.coverage_report.documents import plan_document
from phusong.agent.input.settings import load_inventory
from phusong.agent.inventory import Inventory
from phusong.coverage.errors import CoverageError
from phusong.coverage.input.candidates import Candidate, Candidates
from phusong.coverage.input.file_hash import file_sha256
from phusong.coverage.measuring.gaps import DEFAULT_MIN_KM2, DEFAULT_SLIVER_M
from phusong.coverage.measuring.workers import Threads
from phusong.coverage.output.planning_tables import Plan
from phusong.coverage.planning_request import DEFAULT_NUMBER, DEFAULT_RADIUS_KM, PlanRequest, parse_weights
from phusong.coverage.planning_run import compute_plan
from phusong.coverage.summary import ANY_OPERATOR, Source
from phusong.exporters.feed import FeedError, snapshot_from_json
from phusong.exporters.snapshot import Isolation

from .coverage_command import layer_specs, progress_lines
from .coverage_plan_shown import gaps_as_table, plan_lines, ranking_as_table

_STEPS_BESIDE_LAYERS = 6
"""Boundaries, people, merging, gaps, ranking, writing: about so many lines of progress."""


def run_coverage_plan(
    *,
    out_dir: Path,
    console: Console,
    tell: Callable[[str], None],
    layers: Sequence[str] = (),
    layer_lists: Sequence[Path] = (),
    technology: str = "4G",
    operator: str = ANY_OPERATOR,
    min_dbm: float | None = None,
    edition: str = "2020-01",
    boundaries: Path | None = None,
    population: Path | None = None,
    sites: Path | None = None,
    schools: Path | None = None,
    hospitals: Path | None = None,
    settlements: Path | None = None,
    candidates: Path | None = None,
    by_commune: bool = False,
    step_m: float | None = None,
    served: Path | None = None,
    lines_of: Path | None = None,
    radius_km: float = DEFAULT_RADIUS_KM,
    number: int = DEFAULT_NUMBER,
    weights: str = "people=1",
    min_gap_km2: float = DEFAULT_MIN_KM2,
    sliver_m: float = DEFAULT_SLIVER_M,
    cache: Path | None = None,
    jobs: int | None = None,
    progress_console: Console | None = None,
) -> Plan:
    """Rank candidates, write everything into ``out_dir`` and show the ranking on ``console``.

    ``lines_of`` is a ``phusong.yaml``: the candidates are then the offices of its inventory that have no leased
    line or are isolated, and offices with a line serve what lies within the radius. The other arguments are those
    of ``PlanRequest``; ``weights`` is a text such as ``people=1,school=200``.

    Raises
    ------
    InputProblems
        The configuration or the inventory of ``lines_of`` is wrong.
    CoverageError
        Anything else that was given cannot be used.
    """
    offices: Candidates | Path | None = candidates
    with_line: Candidates | Path | None = served
    if lines_of is not None:
        if candidates is not None or served is not None or by_commune or step_m is not None:
            raise CoverageError("lines: the inventory says which offices are candidates; give no others beside it")
        offices, with_line = line_candidates(lines_of, radius_km, tell)
    request = PlanRequest(
        layers=layer_specs(layers, layer_lists),
        out_dir=out_dir,
        edition=edition,
        technology=technology.upper(),
        operator=operator,
        min_dbm=min_dbm,
        boundaries=boundaries,
        population=population,
        sites=sites,
        schools=schools,
        hospitals=hospitals,
        settlements=settlements,
        candidates=offices,
        by_commune=by_commune,
        step_m=step_m,
        served=with_line,
        radius_km=radius_km,
        number=number,
        weights=parse_weights(weights),
        min_gap_km2=min_gap_km2,
        sliver_m=sliver_m,
        cache=cache,
    )
    steps = len(request.layers) + _STEPS_BESIDE_LAYERS
    with progress_lines(progress_console or console, steps, tell) as step:
        plan = compute_plan(request, step, Threads(jobs))
        try:
            write_document(plan_document(plan), out_dir)
        except OSError as error:
            raise CoverageError(
                f"{out_dir}: cannot be written ({error.strerror}); choose another --out"
            ) from error
    if plan.ranking.choices:
        console.print(ranking_as_table(plan))
    if plan.gaps.pieces:
        console.print(gaps_as_table(plan))
    for line in plan_lines(plan):
        tell(line)
    tell(f"Written: {out_dir / 'ranking.csv'}, gaps.csv, plan.gpkg, plan.xlsx, plan.html and what belongs to them")
    return plan


def line_candidates(config: Path, radius_km: float, tell: Callable[[str], None]) -> tuple[Candidates, Candidates]:
    """Return the offices that need a line, and those that have one, of a configuration's inventory.

    An office needs one when it has none, or when the agent's snapshot says that it is isolated: its lines are out
    and no mobile coverage reaches it. Offices without a position are in neither.

    Raises
    ------
    InputProblems
        The configuration or the inventory is wrong.
    ValueError
        The snapshot cannot be read, or no office needs a line.
    """
    paths, inventory = load_inventory(config)
    isolated, snapshot = _isolated(paths.state / "snapshot.json", tell)
    needing, linked = split_offices(inventory, isolated, radius_km)
    if not needing:
        raise CoverageError(
            f"{config}: every office with a position has a line and none is isolated: nothing to rank"
        )
    files = [("candidates", "sites.csv", len(needing)), ("served", "links.csv", len(linked))]
    sites, links = (Source(role, name, file_sha256(paths.inventory / name), rows) for role, name, rows in files)
    return Candidates(needing, (sites, *snapshot)), Candidates(linked, (links,))


def split_offices(
    inventory: Inventory, isolated: frozenset[str], radius_km: float
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Return the offices without a line or isolated, and the others, those with a position."""
    linked = {link.site_id for link in inventory.links.values()} - isolated
    offices = [
        Candidate(site.site_id, site.name, site.lat, site.lon, radius_km * 1000)
        for site in inventory.sites.values()
        if site.lat is not None and site.lon is not None
    ]
    return (
        tuple(office for office in offices if office.candidate_id not in linked),
        tuple(office for office in offices if office.candidate_id in linked),
    )


def _isolated(path: Path, tell: Callable[[str], None]) -> tuple[frozenset[str], tuple[Source, ...]]:
    """Return the offices that the agent's snapshot calls isolated, and the snapshot when there is one."""
    try:
        sites = snapshot_from_json(path.read_bytes()).sites
    except FileNotFoundError:
        tell(f"{path} is not there: only offices without any line are candidates")
        return frozenset(), ()
    except FeedError as error:
        raise ValueError(f"{path}: {error}") from error
    isolated = frozenset(row.info.site_id for row in sites if row.isolation is Isolation.ISOLATED)
    return isolated, (Source("isolated", path.name, file_sha256(path), len(isolated)),)
