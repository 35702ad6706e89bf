"""What the coverage of communes and the computation of it say on the metrics page (section COVERAGE)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator
from phusong.exporters.exposition import flag, info_line, line, series


def commune_lines(commune: CommuneCoverage, edition: str) -> list[str]:
    """Return the lines of a commune (section COVERAGE)."""
    about = {"commune": commune.code, "name": commune.name, "district": commune.district, "edition": edition}
    shown = _weakest_class(commune.indicators)
    labels = [
        {"commune": commune.code, "technology": indicator.technology, "operator": indicator.operator}
        for indicator in shown
    ]
    pairs = list(zip(labels, shown, strict=True))
    return [
        info_line("commune_info", about),
        line(series("commune_population", {"commune": commune.code}), commune.population),
        "".join(line(series("commune_area_covered_ratio", of), i.area_ratio) for of, i in pairs),
        "".join(line(series("commune_population_covered_ratio", of), i.population_ratio) for of, i in pairs),
        "".join(flag(series("commune_centre_covered", of), i.centre_covered) for of, i in pairs),
        "",
        "",
        "",
    ]


def _weakest_class(indicators: Iterable[Indicator]) -> list[Indicator]:
    """Return one indicator per technology and operator: two would be the same series twice."""
    chosen: dict[tuple[str, str], Indicator] = {}
    for indicator in indicators:
        key = (indicator.technology, indicator.operator)
        if key not in chosen or _class_order(indicator) < _class_order(chosen[key]):
            chosen[key] = indicator
    return list(chosen.values())


def _class_order(indicator: Indicator) -> float:
    return float("-inf") if indicator.min_dbm is None else indicator.min_dbm


def coverage_lines(summary: CoverageSummary) -> list[str]:
    """Return the lines on the whole computation (section COVERAGE)."""
    about = {
        "edition": summary.edition,
        "boundaries": summary.boundaries_file,
        "schematic": str(summary.schematic).lower(),
        "synthetic": str(summary.synthetic).lower(),
        "people": summary.population_method,
    }
    infos: dict[str, None] = {}
    dates: dict[str, str] = {}
    for layer in summary.layers:
        of = {
            "file": layer.file,
            "operator": layer.operator,
            "technology": layer.technology,
            "min_dbm": "" if layer.min_dbm is None else f"{layer.min_dbm:g}",
        }
        infos[info_line("phusong_coverage_layer_info", {**of, "date": layer.date})] = None
        start = series("phusong_coverage_layer_timestamp_seconds", of)
        dates.setdefault(start, line(start, _day_began(layer.date)))  # one series twice would cost the whole page
    return [
        *("",) * 5,
        info_line("phusong_coverage_info", about),
        "".join(infos),
        "".join(dates.values()),
    ]


def _day_began(iso_date: str) -> float | None:
    """Return the Unix time at which a day began, UTC; ``None`` for a text that is no date, as an empty one."""
    try:
        return datetime.combine(date.fromisoformat(iso_date), time(), UTC).timestamp()
    except ValueError:
        return None
