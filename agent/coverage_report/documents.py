"""What stands in the documents of a plan, of a comparison and of figures in another edition. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from phusong.coverage.measuring.change_facts import COMMUNE, Changes
from phusong.coverage.measuring.crosswalk import BOUNDARIES, TABLE, Carried
from phusong.coverage.measuring.demand import PEOPLE
from phusong.coverage.output.change_caveats import caveats_of
from phusong.coverage.output.change_files import changes_table, crosswalk_table, sites_table
from phusong.coverage.output.planning_tables import Plan, gaps_table, provenance_table, ranking_table, sums_table
from phusong.coverage.output.tables import SOURCE_COLUMNS, Table, Value, sources_table
from phusong.coverage.summary import ANY_OPERATOR, CoverageSummary

from .document import Document, Part
from .wording import (
    CAVEATS,
    DEFINITIONS,
    METHODS,
    OPERATORS,
    SCHEMATIC,
    SHEETS,
    SYNTHETIC,
    layer_dates,
    notices,
)

_KIND_WORDS: Final[Mapping[str, str]] = {
    PEOPLE: "dân số", "site": "trụ sở", "school": "trường học", "hospital": "cơ sở y tế",
}  # fmt: skip
_METHOD_WORDS: Final[Mapping[str, str]] = {
    "points": "các điểm đã cho",
    "polygons": "các vùng đã cho",
    "communes": "mỗi xã một điểm",
    "grid": "lưới điểm",
}
_GAP_COLUMNS: Final = (
    "gap", "area_km2", "people", "centres", "sites", "schools", "hospitals", "lat", "lon", "commune_names",
    "first_share", "nearest", "nearest_m", "bearing_deg",
)  # fmt: skip
_CHANGE_COLUMNS: Final = (
    "level", "name", "technology", "min_dbm", "status", "old_km2", "new_km2", "gained_km2", "lost_km2",
    "old_ratio", "new_ratio", "change_pp", "people_net", "people_gained", "people_lost", "centres_gained",
    "centres_lost",
)  # fmt: skip
_CROSSWALK_COLUMNS: Final = (
    "commune_code", "commune_name", "technology", "min_dbm", "area_ratio", "area_ratio_low", "area_ratio_high",
    "population", "population_ratio", "population_ratio_low", "population_ratio_high", "split_sources",
)  # fmt: skip
_NAMED: Final = 4
_PLAN_NOTES: Final = (
    "Xếp hạng tham lam: mỗi hạng là vị trí thêm được nhiều điểm nhất khi các hạng trước đã xây.",
    "Điểm: tổng số người và số cơ sở mới có sóng, nhân trọng số; cộng dồn: cùng với các hạng trước.",
    "Tỷ lệ cộng dồn: trên tổng số chưa có sóng trong tỉnh.",
    "Vùng chưa có sóng: phần đất ngoài vùng phủ, từ diện tích tối thiểu; khoảng cách tới điểm dân cư gần nhất.",
    "Các con số lặp lại điều nhà mạng khai báo, không phải kết quả đo thực tế.",
    "Ô trống: không biết.",
)
_CHANGE_NOTES: Final = (
    "Trang này chỉ nêu dòng của ít nhất một nhà mạng và các xã có thay đổi; bảng tính có mọi dòng.",
    "Thêm và mất: diện tích đo trên hình học; dải mảnh là phần hẹp do vẽ lại đường biên, không tính là thay đổi.",
    "Thay đổi (điểm %): tỷ lệ diện tích mới trừ tỷ lệ cũ.",
    *DEFINITIONS,
)
_CROSSWALK_NOTES: Final = (
    "Trang này chỉ nêu dòng của ít nhất một nhà mạng; bảng tính có từng nhà mạng.",
    "Ít nhất, nhiều nhất: giới hạn mà con số thật nằm trong đó; xã không bị chia thì hai giới hạn bằng nhau.",
    "Trong đó bị chia: các xã cũ mà chỉ một phần thuộc về xã mới.",
    *DEFINITIONS,
)


def plan_document(plan: Plan) -> Document:
    """Return the ranking, the gaps and the sums of a plan, and its sources."""
    weights = ", ".join(f"{_KIND_WORDS[kind]} {weight:g}" for kind, weight in plan.weights.items())
    operator = OPERATORS.get(plan.operator, plan.operator)
    level = "mọi mức" if plan.min_dbm is None else f"từ {plan.min_dbm:g} dBm"
    covered = (
        f"vùng phủ {plan.technology}, {operator}, {level}, {layer_dates(plan.layers)}"
        if plan.layers
        else "chưa tính vùng phủ nào"
    )
    basis = (
        f"Ấn bản địa giới {plan.boundaries.edition.name}; {covered}; vị trí: {_METHOD_WORDS[plan.method]} "
        f"({plan.candidates}), bán kính {plan.radius_km:g} km; trọng số: {weights}; "
        f"dân số: {METHODS.get(plan.population_method, 'không tính')}; "
        f"vùng chưa có sóng từ {plan.min_gap_km2:g} km²."
    )
    warned = [
        text for text, holds in ((SCHEMATIC, plan.boundaries.schematic), (SYNTHETIC, plan.synthetic)) if holds
    ]
    ranking, gaps, sums = ranking_table(plan), gaps_table(plan), sums_table(plan)
    return Document(
        "plan",
        "Đề xuất vị trí trạm và đường truyền, tỉnh Quảng Ninh",
        basis,
        tuple(warned),
        (
            Part(SHEETS["ranking"], ranking),
            Part(SHEETS["gaps"], gaps, tuple(map(_few_names, gaps.dictionaries())), _GAP_COLUMNS),
            Part(SHEETS["sums"], sums),
            Part(SHEETS["sources"], provenance_table(plan)),
        ),
        _PLAN_NOTES,
        plan.layers,
    )


def changes_document(changes: Changes) -> Document:
    """Return what two runs gained and lost, and the sources of both."""
    old, new = changes.old.summary, changes.new.summary
    table = changes_table(changes)
    shown = [
        row
        for row in table.dictionaries()
        if row["operator"] == ANY_OPERATOR and (row["level"] != COMMUNE or _moved(row) > 0)
    ]
    shown.sort(key=lambda row: (row["level"] == COMMUNE, -_moved(row)))
    sources = [(name, *row) for name, run in (("old", old), ("new", new)) for row in sources_table(run).rows]
    basis = (
        f"Ấn bản địa giới {new.edition} ({len(new.communes)} xã); so sánh dữ liệu vùng phủ "
        f"{layer_dates(old.layers)} với {layer_dates(new.layers)}; dải hẹp dưới {changes.sliver_m:g} m để riêng."
    )
    return Document(
        "changes",
        "Thay đổi vùng phủ sóng, tỉnh Quảng Ninh",
        basis,
        tuple(dict.fromkeys(CAVEATS[caveat.code] for caveat in caveats_of(changes))),
        (
            Part(SHEETS["changes"], table, tuple(shown), _CHANGE_COLUMNS),
            Part(SHEETS["site_changes"], sites_table(changes)),
            Part(SHEETS["sources"], Table("sources", ("run", *SOURCE_COLUMNS), tuple(sources))),
        ),
        _CHANGE_NOTES,
        new.layers,
    )


def crosswalk_document(carried: Carried, summary: CoverageSummary) -> Document:
    """Return the figures of ``summary`` in the units of another edition, with their bounds."""
    table = crosswalk_table(carried)
    shown = tuple(row for row in table.dictionaries() if row["operator"] == ANY_OPERATOR)
    warned = notices(summary)
    if carried.area_by == TABLE:
        warned.append("Chuyển theo bảng: giới hạn chỉ đúng khi hai ấn bản vẽ cùng một phần đất.")
    if carried.people_by in (TABLE, BOUNDARIES):
        warned.append("Dân số của các xã bị chia là ƯỚC TÍNH theo diện tích.")
    basis = (
        f"Số liệu của ấn bản {carried.source_edition} ({len(summary.communes)} xã) chuyển sang ấn bản "
        f"{carried.target_edition} ({len(carried.communes)} xã); dữ liệu vùng phủ {layer_dates(summary.layers)}."
    )
    return Document(
        "crosswalk",
        "Vùng phủ sóng theo ấn bản địa giới khác, tỉnh Quảng Ninh",
        basis,
        tuple(warned),
        (
            Part(SHEETS["crosswalk"], table, shown, _CROSSWALK_COLUMNS),
            Part(SHEETS["sources"], sources_table(summary)),
        ),
        _CROSSWALK_NOTES,
        summary.layers,
    )


def _few_names(row: dict[str, Value]) -> dict[str, Value]:
    """Return a row of the gaps with the first names of many; the workbook has all."""
    names = str(row["commune_names"]).split("|")
    if len(names) <= _NAMED:
        return row
    return row | {"commune_names": "|".join(names[:_NAMED]) + f"| và {len(names) - _NAMED} xã khác"}


def _moved(row: Mapping[str, object]) -> float:
    """Return how much land changed, in km²."""
    return sum(part for part in (row["gained_km2"], row["lost_km2"]) if isinstance(part, float))
