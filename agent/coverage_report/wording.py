"""The Vietnamese words of the coverage workbooks and reports: sheets, values, notices, claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from phusong.coverage.measuring.claims import BROADBAND, CENTRES_4G, MOBILE_2020, MOBILE_2024
from phusong.coverage.output.tables import Value
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CoverageSummary, LayerSource
from phusong.maps.text import clean_text

TITLE: Final = "Vùng phủ sóng di động tỉnh Quảng Ninh"
SCHEMATIC: Final = "Địa giới là SƠ ĐỒ vẽ từ tâm và diện tích các xã, không phải số liệu đo đạc."
SYNTHETIC: Final = "Vùng phủ là DỮ LIỆU MÔ PHỎNG, không phải của nhà mạng nào."

SHEETS: Final[Mapping[str, str]] = {
    "province": "Tỉnh",
    "district": "Huyện",
    "class": "Nhóm xã",
    "communes": "Xã",
    "fallback": "Dự phòng tại trụ sở",
    "claims": "Kiểm tra công bố",
    "sdg_9c1": "SDG 9.c.1",
    "sources": "Nguồn dữ liệu",
    "repairs": "Sửa chữa dữ liệu",
    "notes": "Giải thích",
    "ranking": "Xếp hạng",
    "gaps": "Vùng chưa có sóng",
    "sums": "Tổng hợp",
    "changes": "Thay đổi",
    "site_changes": "Dự phòng tại trụ sở",
    "crosswalk": "Số liệu chuyển đổi",
}
CLAIM_WORDS: Final[Mapping[str, str]] = {
    CENTRES_4G: "Sóng 4G tại 100 % trung tâm xã",
    MOBILE_2020: "Sóng di động phủ 96 % dân số (2020)",
    MOBILE_2024: "Sóng di động phủ 100 % dân số (2024)",
    BROADBAND: "Băng rộng cố định tại 100 % số xã",
}
VERDICTS: Final[Mapping[bool | None, str]] = {True: "Đạt", False: "Chưa đạt", None: "Không tính được"}
OPERATORS: Final[Mapping[str, str]] = {ANY_OPERATOR: "Ít nhất một nhà mạng", MAX_OPERATOR: "Nhà mạng tốt nhất"}
METHODS: Final[Mapping[str, str]] = {
    "raster": "lưới dân số, theo phần ô",
    "points": "điểm dân cư",
    "area": "ước tính theo diện tích",
}
LEVEL_WORDS: Final[Mapping[str, str]] = {
    "commune": "Xã", "district": "Huyện", "class": "Nhóm xã", "province": "Tỉnh",
}  # fmt: skip
STATUSES: Final[Mapping[str, str]] = {
    "compared": "So sánh được",
    "common_operators": "Chỉ các nhà mạng chung",
    "other_operators": "Nhà mạng khác nhau, không so sánh",
    "only_old": "Chỉ có ở lần cũ",
    "only_new": "Chỉ có ở lần mới",
}
SITE_CHANGES: Final[Mapping[str, str]] = {
    "gained": "Có thêm sóng dự phòng",
    "lost": "Mất sóng dự phòng",
    "only_old": "Trụ sở chỉ có ở lần cũ",
    "only_new": "Trụ sở chỉ có ở lần mới",
}
SHARES: Final[Mapping[str, str]] = {
    "table": "theo bảng chuyển đổi",
    "boundaries": "theo địa giới của hai ấn bản",
}
SUMS: Final[Mapping[str, str]] = {
    "uncovered": "Chưa có sóng trong tỉnh",
    "within_reach_of_any_candidate": "Trong tầm của các vị trí đề xuất",
    "small": "Vùng nhỏ hơn mức tối thiểu",
    "slivers": "Dải hẹp dọc đường biên",
    "offshore": "Ngoài mọi đa giác xã",
}
RUNS: Final[Mapping[str, str]] = {"old": "Lần cũ", "new": "Lần mới"}
ROLES: Final[Mapping[str, str]] = {
    "boundaries": "Địa giới",
    "coverage": "Vùng phủ",
    "population": "Dân số",
    "site": "Trụ sở",
    "school": "Trường học",
    "hospital": "Cơ sở y tế",
    "classes": "Nhóm xã",
    "broadband": "Băng rộng",
    "candidates": "Vị trí đề xuất",
    "served": "Đã có đường truyền",
    "settlements": "Điểm dân cư",
    "isolated": "Trụ sở mất liên lạc",
}
NOTES: Final[Mapping[str, str]] = {"schematic": "sơ đồ", "estimate": "ước tính"}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "operator": OPERATORS,
    "claim": CLAIM_WORDS,
    "role": ROLES,
    "population_method": METHODS,
    "note": NOTES,
    "level": LEVEL_WORDS,
    "status": STATUSES,
    "change": SITE_CHANGES,
    "run": RUNS,
    "sum": SUMS,
    "shares": SHARES,
    "people_shares": {**METHODS, **SHARES},
}
CAVEATS: Final[Mapping[str, str]] = {
    "synthetic": "Cả hai lần đều là DỮ LIỆU MÔ PHỎNG, không phải của nhà mạng nào.",
    "boundaries": "Hai lần dùng địa giới khác nhau của cùng ấn bản; cả hai được đo trên một địa giới.",
    "schematic": "Có địa giới là SƠ ĐỒ vẽ từ tâm và diện tích các xã, không phải số liệu đo đạc.",
    "same_layers": "Hai lần dùng cùng các tệp vùng phủ.",
    "dates": "Dữ liệu của lần cũ mới hơn dữ liệu của lần mới.",
    "estimate": "Có lớp vùng phủ ƯỚC TÍNH, không do nhà mạng cung cấp.",
    "only_old": "Có vùng phủ chỉ có ở lần cũ: không so sánh.",
    "only_new": "Có vùng phủ chỉ có ở lần mới: không so sánh.",
    "common_operators": "Hai lần có nhà mạng khác nhau: chỉ so sánh các nhà mạng chung.",
    "other_operators": "Có công nghệ mà hai lần không có nhà mạng chung: không so sánh.",
    "people_method": "Dân số được tính theo cách khác nhau: không so sánh.",
    "people_source": "Dân số lấy từ các tệp khác nhau: thay đổi có thể là của dân số.",
    "people_estimate": "Dân số thêm và mất là ƯỚC TÍNH: chia đều trên đất của xã.",
    "people_net": "Dân số chỉ biết phần chênh lệch; thêm và mất cần có lưới dân số.",
    "places": "Danh sách trụ sở, trường học hoặc cơ sở y tế của hai lần khác nhau.",
    "fallback": "Sóng dự phòng của hai lần không tính như nhau: chỉ so sánh phần chung, hoặc không so sánh.",
    "classes": "Nhóm xã khác nhau: cả hai lần được cộng theo nhóm mới.",
}
_LISTS: Final = {
    "layer_dates",
    "layer_files",
    "classes",
    "operators",
    "commune_codes",
    "commune_names",
    "sources",
    "split_sources",
}
DEFINITIONS: Final = (
    "Các vùng phủ chồng nhau được gộp lại trước khi đo; mọi diện tích đo trong hệ EPSG:6933 (đẳng diện tích).",
    "Tỷ lệ diện tích: phần đất có sóng trên diện tích đất của chính đa giác xã (ITU i271Land).",
    "Tỷ lệ dân số: số người sống trong vùng phủ trên tổng số người của xã theo cùng một cách đếm (ITU i271pop).",
    "Ít nhất một nhà mạng: hợp của mọi nhà mạng.",
    "Nhà mạng tốt nhất: con số cao nhất của một nhà mạng đơn lẻ (chỉ tiêu SDG 9.c.1).",
    "Ngưỡng: có sóng từ mức này trở lên; ô trống nghĩa là nhà mạng không nêu mức.",
    "5G chỉ được tính cho 4G nếu nhà mạng cung cấp lớp 4G tương ứng.",
    "Các con số lặp lại điều nhà mạng khai báo, không phải kết quả đo thực tế.",
    "Ô trống: không biết.",
)


def notices(summary: CoverageSummary) -> list[str]:
    """Return what a reader must know before any figure."""
    lines = []
    if summary.schematic:
        lines.append(SCHEMATIC)
    if summary.synthetic:
        lines.append(SYNTHETIC)
    if any(layer.estimate for layer in summary.layers):
        lines.append("Có lớp vùng phủ ƯỚC TÍNH từ các trạm do cộng đồng ghi nhận, không do nhà mạng cung cấp.")
    if summary.population_method == "area":
        lines.append("Dân số có sóng là ƯỚC TÍNH theo diện tích: chưa có lưới dân số.")
    return lines


def shown(column: str, value: Value) -> Value:
    """Return a value in Vietnamese words where it is one of ours, else as it is."""
    if column == "holds":
        return VERDICTS[value if isinstance(value, bool) else None]
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, str):
        words = _WORDS.get(column, {})
        if column in _LISTS:
            value = value.replace("|", ", ")
        return words[value] if value in words else clean_text(value)
    return value


def layer_dates(layers: Iterable[LayerSource]) -> str:
    """Return the dates of the layers, first to last."""
    dates = sorted({layer.date for layer in layers if layer.date})
    return "không ghi ngày" if not dates else dates[0] if len(dates) == 1 else f"{dates[0]} đến {dates[-1]}"


def basis(summary: CoverageSummary) -> str:
    """Return on what all percentages stand: edition, dates and thresholds."""
    levels = sorted({layer.min_dbm for layer in summary.layers if layer.min_dbm is not None}, reverse=True)
    named = ", ".join(f"{level:g} dBm" for level in levels) or "không nêu mức"
    method = METHODS.get(summary.population_method, "không tính")
    return (
        f"Ấn bản địa giới {summary.edition} ({len(summary.communes)} xã); dữ liệu vùng phủ "
        f"{layer_dates(summary.layers)}; ngưỡng {named}; dân số: {method}; "
        f"{summary.repairs} chỗ đã sửa trong dữ liệu vào."
    )
