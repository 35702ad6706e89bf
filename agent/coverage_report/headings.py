"""The Vietnamese headings of the columns of all tables, and how their numbers are shown in a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_COUNTED: Final = {
    "people": "Dân số",
    "centres": "Trung tâm xã",
    "sites": "Trụ sở",
    "schools": "Trường học",
    "hospitals": "Cơ sở y tế",
}
_RANKED: Final = ("people", "sites", "schools", "hospitals")
_GAINS: Final = {"gained": "thêm", "lost": "mất"}

HEADINGS: Final[Mapping[str, str]] = {
    "edition": "Ấn bản địa giới",
    "commune_code": "Mã xã",
    "commune_name": "Xã, phường, thị trấn, đặc khu",
    "level": "Cấp",
    "name": "Tên",
    "communes": "Số xã",
    "technology": "Công nghệ",
    "operator": "Nhà mạng",
    "min_dbm": "Ngưỡng (dBm)",
    "area_km2": "Diện tích (km²)",
    "covered_km2": "Diện tích có sóng (km²)",
    "area_ratio": "Tỷ lệ diện tích",
    "population": "Dân số",
    "population_covered": "Dân số có sóng",
    "population_ratio": "Tỷ lệ dân số",
    "population_method": "Cách tính dân số",
    "centre_covered": "Trung tâm xã có sóng",
    "centres_covered": "Số trung tâm xã có sóng",
    "district": "Huyện, thị xã, thành phố",
    "classes": "Nhóm xã",
    "sites": "Trụ sở",
    "sites_covered": "Trụ sở có sóng",
    "schools": "Trường học",
    "schools_covered": "Trường học có sóng",
    "hospitals": "Cơ sở y tế",
    "hospitals_covered": "Cơ sở y tế có sóng",
    "broadband_connected": "Đã có băng rộng",
    "broadband_units": "Tổng số (băng rộng)",
    "broadband_communes": "Số xã có băng rộng",
    "site_id": "Trụ sở",
    "covered": "Có sóng",
    "operators": "Các nhà mạng",
    "best_dbm": "Mức tốt nhất (dBm)",
    "distance_m": "Khoảng cách tới vùng phủ (m)",
    "claim": "Nội dung công bố",
    "year": "Năm",
    "claimed": "Công bố",
    "reached": "Tính được",
    "whole": "Trên tổng số",
    "share": "Tỷ lệ tính được",
    "holds": "Kết luận",
    "estimate": "Ước tính",
    "role": "Loại dữ liệu",
    "file": "Tệp",
    "sha256": "SHA-256",
    "crs": "Hệ tọa độ",
    "date": "Ngày dữ liệu",
    "note": "Ghi chú",
    "rows": "Số đối tượng",
    "layer": "Tệp",
    "feature": "Đối tượng",
    "what": "Đã sửa gì",
    "km2": "Diện tích thay đổi (km²)",
    "layer_dates": "Ngày của lớp vùng phủ",
    "layer_files": "Tệp của lớp vùng phủ",
    "run": "Lần tính",
    # a plan
    "rank": "Hạng",
    "candidate_id": "Mã vị trí",
    "lat": "Vĩ độ",
    "lon": "Kinh độ",
    "radius_km": "Bán kính (km)",
    "gain": "Điểm thêm",
    "gain_together": "Điểm cộng dồn",
    "gain_share": "Tỷ lệ điểm cộng dồn",
    **{f"{kind}_together": f"{_COUNTED[kind]}: cộng dồn" for kind in _RANKED},
    **{f"{kind}_share": f"{_COUNTED[kind]}: tỷ lệ cộng dồn" for kind in _RANKED},
    "gap": "Số thứ tự",
    "people": "Dân số",
    "centres": "Trung tâm xã",
    "commune_codes": "Mã các xã",
    "commune_names": "Các xã",
    "first_share": "Tỷ lệ ở xã đầu",
    "nearest": "Điểm dân cư gần nhất",
    "nearest_m": "Cách điểm dân cư (m)",
    "bearing_deg": "Hướng (độ)",
    "sum": "Nội dung",
    "parts": "Số mảnh",
    # a comparison
    "status": "So sánh",
    "old_km2": "Có sóng, cũ (km²)",
    "new_km2": "Có sóng, mới (km²)",
    "net_km2": "Chênh lệch (km²)",
    "gained_km2": "Thêm (km²)",
    "lost_km2": "Mất (km²)",
    "sliver_gained_km2": "Dải mảnh thêm (km²)",
    "sliver_lost_km2": "Dải mảnh mất (km²)",
    "old_ratio": "Tỷ lệ diện tích, cũ",
    "new_ratio": "Tỷ lệ diện tích, mới",
    "change_pp": "Thay đổi (điểm %)",
    "people_old": "Dân số có sóng, cũ",
    "people_new": "Dân số có sóng, mới",
    "people_net": "Dân số: chênh lệch",
    "people_slivers": "Dân số trong dải mảnh",
    **{f"{kind}_{what}": f"{word}: {verb}" for kind, word in _COUNTED.items() for what, verb in _GAINS.items()},
    "change": "Thay đổi",
    # figures in another edition
    "source_edition": "Ấn bản gốc",
    "covered_low_km2": "Ít nhất (km²)",
    "covered_high_km2": "Nhiều nhất (km²)",
    "area_ratio_low": "Tỷ lệ diện tích, ít nhất",
    "area_ratio_high": "Tỷ lệ diện tích, nhiều nhất",
    "population_covered_low": "Dân số có sóng, ít nhất",
    "population_covered_high": "Dân số có sóng, nhiều nhất",
    "population_ratio_low": "Tỷ lệ dân số, ít nhất",
    "population_ratio_high": "Tỷ lệ dân số, nhiều nhất",
    "sources": "Từ các xã",
    "split_sources": "Trong đó bị chia",
    "shares": "Chia diện tích",
    "people_shares": "Chia dân số",
}


def is_share(column: str) -> bool:
    """Return whether the values are parts of 1, shown as percentages."""
    return "ratio" in column or column == "claimed" or column == "share" or column.endswith("_share")


def is_whole(column: str) -> bool:
    """Return whether the values are counts or metres, shown without decimals."""
    counted = column.split("_")[0] in (*_COUNTED, "population")
    return (counted and not is_share(column)) or column in {"reached", "whole", "distance_m", "nearest_m"}


def number_format(column: str) -> str:
    """Return how a workbook shows the numbers of a column."""
    if column == "claimed":
        return "0%"
    if is_share(column):
        return "0.0%"
    if is_whole(column):
        return "#,##0"
    if column == "km2":
        return "#,##0.000000"
    return "#,##0.00" if column.endswith("km2") else "General"
