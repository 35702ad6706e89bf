"""The Vietnamese words of the coverage workbook and report: headings, names of places, notices, claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from phusong.coverage.measuring.claims import BROADBAND, CENTRES_4G, MOBILE_2020, MOBILE_2024
from phusong.coverage.summary import ANY_OPERATOR, MAX_OPERATOR, CoverageSummary

TITLE: Final = "Vùng phủ sóng di động tỉnh Quảng Ninh"

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
}
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
ROLES: Final[Mapping[str, str]] = {
    "boundaries": "Địa giới",
    "coverage": "Vùng phủ",
    "population": "Dân số",
    "site": "Trụ sở",
    "school": "Trường học",
    "hospital": "Cơ sở y tế",
    "classes": "Nhóm xã",
    "broadband": "Băng rộng",
}
NOTES: Final[Mapping[str, str]] = {"schematic": "sơ đồ", "estimate": "ước tính"}
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
        lines.append("Địa giới là SƠ ĐỒ vẽ từ tâm và diện tích các xã, không phải số liệu đo đạc.")
    if summary.synthetic:
        lines.append("Vùng phủ là DỮ LIỆU MÔ PHỎNG, không phải của nhà mạng nào.")
    if any(layer.estimate for layer in summary.layers):
        lines.append("Có lớp vùng phủ ƯỚC TÍNH từ các trạm do cộng đồng ghi nhận, không do nhà mạng cung cấp.")
    if summary.population_method == "area":
        lines.append("Dân số có sóng là ƯỚC TÍNH theo diện tích: chưa có lưới dân số.")
    return lines


def basis(summary: CoverageSummary) -> str:
    """Return on what all percentages stand: edition, dates and thresholds."""
    dates = sorted({layer.date for layer in summary.layers if layer.date})
    span = "không ghi ngày" if not dates else dates[0] if len(dates) == 1 else f"{dates[0]} đến {dates[-1]}"
    levels = sorted({layer.min_dbm for layer in summary.layers if layer.min_dbm is not None}, reverse=True)
    shown = ", ".join(f"{level:g} dBm" for level in levels) or "không nêu mức"
    method = METHODS.get(summary.population_method, "không tính")
    return (
        f"Ấn bản địa giới {summary.edition} ({len(summary.communes)} xã); dữ liệu vùng phủ {span}; "
        f"ngưỡng {shown}; dân số: {method}; {summary.repairs} chỗ đã sửa trong dữ liệu vào."
    )
