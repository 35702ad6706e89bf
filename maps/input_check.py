"""Whether what a page or picture is to be drawn from belongs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phusong.maps.wording import WORDS

if TYPE_CHECKING:
    import geopandas as gpd

    from phusong.coverage.summary import CoverageSummary
    from phusong.exporters.snapshot import Snapshot


class MapError(ValueError):
    """The inputs of a map do not belong together; the message says which and what to do."""


def check_inputs(
    communes: gpd.GeoDataFrame, summary: CoverageSummary | None, snapshot: Snapshot | None, lang: str
) -> None:
    """Refuse what cannot be drawn: a missing column, an unknown language, mixed editions, foreign codes.

    Raises
    ------
    MapError
        With what to do.
    """
    missing = {"code", "name", "district", "geometry"} - set(communes.columns)
    if missing:
        raise MapError(f"the boundaries lack {', '.join(sorted(missing))}: take layer 'communes' of coverage.gpkg")
    if lang not in WORDS:
        raise MapError(f"language {lang!r} is not known: use one of {', '.join(sorted(WORDS))}")
    if summary and snapshot and summary.edition != snapshot.edition:
        raise MapError(
            f"coverage is of edition {summary.edition!r}, the inventory of {snapshot.edition!r}: commune codes "
            "are reused with new meanings, so run 'phusong coverage' with the inventory's edition"
        )
    if summary and not {commune.code for commune in summary.communes} & set(communes["code"].astype(str)):
        raise MapError(
            f"no commune code of coverage (edition {summary.edition!r}) is in the boundaries: "
            "take coverage.gpkg and coverage.json of the same run"
        )
