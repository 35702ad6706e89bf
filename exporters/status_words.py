"""The words of the status page in Vietnamese and English, and which of the two a browser asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from phusong.collectors.call_readings import ServiceState
from phusong.exporters.snapshot import CallFault, Degradation, Isolation, LinkRow, ServiceVerdict, Verdict

OPER_UP, ADMIN_DOWN = 1, 2
"""Of ifOperStatus and ifAdminStatus (IF-MIB)."""


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the page says in one language; ``{...}`` stands where a value is filled in."""

    language: str
    title: str
    as_of: str
    waiting: str
    all_up: str
    and_more: str
    coverage: str
    schematic: str
    synthetic: str
    lines: str
    endpoints: str
    sites: str
    lines_not_up: str
    endpoints_not_up: str
    line: str
    endpoint: str
    site: str
    carrier: str
    state: str
    office: str
    since: str
    problem: str
    because: str
    at_fault: Mapping[str, str]
    """What each kind of thing that can be at fault is called."""
    use: str
    down: str
    up: str
    degradations: Mapping[Degradation, str]
    ends_differ: str
    end_says: Mapping[bool, str]
    metrics: str
    map: str
    data: str
    healthy: str
    ready: str
    days_hours: str
    hours_minutes: str
    minutes: str
    seconds: str
    no_map_title: str
    no_map: str
    no_coverage: str
    services: str
    services_not_up: str
    service: str
    service_verdicts: Mapping[ServiceVerdict, str]
    service_states: Mapping[ServiceState, str]
    """Why a service is down; ``{code}`` is the status that came, if any."""
    slow: str
    meeting: str
    """A meeting that runs or comes next."""
    call_faults: Mapping[CallFault, str]
    call_loss: str
    call_jitter: str
    call_latency: str
    verdicts: Mapping[Verdict, str]
    isolations: Mapping[Isolation, str]


VIETNAMESE = Words(
    language="vi",
    title="Phủ Sóng – tình trạng mạng",
    as_of="Tính đến {time}",
    waiting="Đang hỏi thiết bị lần đầu; chưa có số liệu. Trang tự tải lại.",
    all_up="Không có gì để báo: tất cả đang hoạt động.",
    and_more="… và {count} dòng nữa trong",
    coverage="Vùng phủ sóng: {count} xã, phường, thị trấn; địa giới bản {edition}{notes}.",
    schematic=", ranh giới giản lược (không chính thức)",
    synthetic=", lớp phủ sóng giả lập",
    lines="Kênh truyền",
    endpoints="Điểm cầu truyền hình",
    sites="Cơ quan",
    lines_not_up="Kênh truyền không hoạt động",
    endpoints_not_up="Điểm cầu không hoạt động",
    line="Kênh",
    endpoint="Điểm cầu",
    site="Cơ quan",
    carrier="Nhà mạng",
    state="Trạng thái",
    office="Tình trạng cơ quan",
    since="Từ lúc",
    problem="Vấn đề",
    because="Do {cause}.",
    at_fault={"link": "kênh", "device": "thiết bị", "site": "các kênh của cơ quan"},
    use="Tải {way} {percent} %.",
    down="xuống",
    up="lên",
    degradations={
        Degradation.LOSS: "Mất gói quá ngưỡng.",
        Degradation.RTT: "Độ trễ quá ngưỡng.",
        Degradation.ERRORS: "Lỗi gói quá ngưỡng.",
        Degradation.FLAPPING: "Chập chờn.",
    },
    ends_differ="Hai đầu khác nhau: {near} báo {near_says}, {far} báo {far_says}.",
    end_says={True: "hoạt động", False: "mất kết nối"},
    metrics="Số đo",
    map="Bản đồ",
    data="Dữ liệu JSON",
    healthy="Tiến trình",
    ready="Sẵn sàng",
    days_hours="{days} ngày {hours} giờ",
    hours_minutes="{hours} giờ {minutes} phút",
    minutes="{minutes} phút",
    seconds="dưới 1 phút",
    no_map_title="Chưa có bản đồ",
    no_map="Tạo bản đồ bằng lệnh này, rồi tải lại trang:",
    no_coverage="Chưa có số liệu phủ sóng (coverage.summary), nên chưa rõ cơ quan nào còn sóng dự phòng.",
    services="Dịch vụ trên mạng",
    services_not_up="Dịch vụ không bình thường",
    service="Dịch vụ",
    service_verdicts={
        ServiceVerdict.UP: "Hoạt động",
        ServiceVerdict.SLOW: "Chậm",
        ServiceVerdict.DOWN: "Không đáp ứng",
        ServiceVerdict.MAINTENANCE: "Bảo trì",
        ServiceVerdict.UNKNOWN: "Chưa rõ",
    },
    service_states={
        ServiceState.READY: "Trả lời đúng.",
        ServiceState.ALIVE: "Trả lời mã {code}.",
        ServiceState.UNAVAILABLE: "Báo tạm không phục vụ (503).",
        ServiceState.WRONG_TEXT: "Trang thiếu nội dung phải có.",
        ServiceState.BAD_CERTIFICATE: "Chứng thư số không hợp lệ.",
        ServiceState.BAD_ANSWER: "Trả lời sai giao thức.",
        ServiceState.REFUSED: "Từ chối kết nối.",
        ServiceState.SILENT: "Không trả lời.",
        ServiceState.UNREACHABLE: "Không có đường đến.",
    },
    slow="Trả lời sau {seconds} giây.",
    meeting="Cuộc họp {title}: {begin}, {count} điểm cầu, {not_ready} chưa sẵn sàng.",
    call_faults={
        CallFault.LINE: "Do kênh truyền.",
        CallFault.ROOM: "Do phòng họp, dây trong phòng hoặc đầu bên kia.",
        CallFault.UNKNOWN: "Chưa rõ do phòng hay do kênh.",
    },
    call_loss="Mất gói {percent} %",
    call_jitter="jitter {ms} ms",
    call_latency="trễ {ms} ms",
    verdicts={
        Verdict.UP: "Hoạt động",
        Verdict.READY: "Sẵn sàng",
        Verdict.IN_CALL: "Đang họp",
        Verdict.POOR_CALL: "Đang họp, chất lượng kém",
        Verdict.NOT_REGISTERED: "Chưa đăng ký tổng đài",
        Verdict.NO_SERVICE: "Không có dịch vụ gọi",
        Verdict.DOWN: "Mất kết nối",
        Verdict.UNREACHABLE: "Không liên lạc được",
        Verdict.SNMP_DEAD: "SNMP không trả lời",
        Verdict.ADMIN_DOWN: "Tắt bởi quản trị",
        Verdict.MAINTENANCE: "Bảo trì",
        Verdict.PARENT_DOWN: "Mất do tuyến hoặc thiết bị cấp trên",
        Verdict.CONGESTED: "Quá tải",
        Verdict.DEGRADED: "Chất lượng kém",
        Verdict.UNKNOWN: "Chưa rõ",
    },
    isolations={
        Isolation.ISOLATED: "Cô lập",
        Isolation.ON_FALLBACK: "Mất kênh, còn sóng dự phòng",
        Isolation.AT_RISK: "Không có sóng dự phòng",
        Isolation.CONNECTED: "Có sóng dự phòng",
        Isolation.UNKNOWN: "Chưa rõ",
    },
)

ENGLISH = Words(
    language="en",
    title="Phủ Sóng – state of the network",
    as_of="As of {time}",
    waiting="The devices are being asked for the first time: no figures yet. The page reloads by itself.",
    all_up="Nothing to report: all of them are up.",
    and_more="… and {count} more in the",
    coverage="Mobile coverage: {count} communes, boundaries of edition {edition}{notes}.",
    schematic=", schematic boundaries (not official)",
    synthetic=", synthetic coverage layers",
    lines="Lines",
    endpoints="Video endpoints",
    sites="Offices",
    lines_not_up="Lines that are not up",
    endpoints_not_up="Endpoints that are not up",
    line="Line",
    endpoint="Endpoint",
    site="Office",
    carrier="Carrier",
    state="State",
    office="Office state",
    since="Since",
    problem="Problem",
    because="Because of {cause}.",
    at_fault={"link": "line", "device": "device", "site": "all lines of office"},
    use="{percent} % of the contract {way}.",
    down="down",
    up="up",
    degradations={
        Degradation.LOSS: "Loss above its limit.",
        Degradation.RTT: "Round-trip time above its limit.",
        Degradation.ERRORS: "Errors above their limit.",
        Degradation.FLAPPING: "Flapping.",
    },
    ends_differ="The two ends differ: {near} says {near_says}, {far} says {far_says}.",
    end_says={True: "up", False: "down"},
    metrics="Metrics",
    map="Map",
    data="JSON data",
    healthy="Process",
    ready="Ready",
    days_hours="{days} d {hours} h",
    hours_minutes="{hours} h {minutes} min",
    minutes="{minutes} min",
    seconds="below 1 min",
    no_map_title="There is no map yet",
    no_map="Make it with this command, then reload the page:",
    no_coverage="No coverage figures (coverage.summary): whether offices have a fallback is unknown.",
    services="Services on the network",
    services_not_up="Services that are not well",
    service="Service",
    service_verdicts={
        ServiceVerdict.UP: "Up",
        ServiceVerdict.SLOW: "Slow",
        ServiceVerdict.DOWN: "Not as it should answer",
        ServiceVerdict.MAINTENANCE: "Maintenance",
        ServiceVerdict.UNKNOWN: "Unknown",
    },
    service_states={
        ServiceState.READY: "The right answer.",
        ServiceState.ALIVE: "It answers with status {code}.",
        ServiceState.UNAVAILABLE: "It says that it cannot serve now (503).",
        ServiceState.WRONG_TEXT: "The page lacks the text that must be in it.",
        ServiceState.BAD_CERTIFICATE: "Bad certificate.",
        ServiceState.BAD_ANSWER: "It does not speak the protocol.",
        ServiceState.REFUSED: "It refuses the connection.",
        ServiceState.SILENT: "It does not answer.",
        ServiceState.UNREACHABLE: "There is no way there.",
    },
    slow="The answer took {seconds} s.",
    meeting="Meeting {title}: {begin}, {count} endpoints, {not_ready} not ready.",
    call_faults={
        CallFault.LINE: "The line is at fault.",
        CallFault.ROOM: "The room, its cabling or the far end is at fault.",
        CallFault.UNKNOWN: "Room or line is not known.",
    },
    call_loss="Loss {percent} %",
    call_jitter="jitter {ms} ms",
    call_latency="latency {ms} ms",
    verdicts={
        Verdict.UP: "Up",
        Verdict.READY: "Ready",
        Verdict.IN_CALL: "In a call",
        Verdict.POOR_CALL: "In a poor call",
        Verdict.NOT_REGISTERED: "Not registered",
        Verdict.NO_SERVICE: "No call service",
        Verdict.DOWN: "Down",
        Verdict.UNREACHABLE: "Unreachable",
        Verdict.SNMP_DEAD: "SNMP does not answer",
        Verdict.ADMIN_DOWN: "Administratively down",
        Verdict.MAINTENANCE: "Maintenance",
        Verdict.PARENT_DOWN: "Parent is down",
        Verdict.CONGESTED: "Congested",
        Verdict.DEGRADED: "Degraded",
        Verdict.UNKNOWN: "Unknown",
    },
    isolations={
        Isolation.ISOLATED: "Isolated",
        Isolation.ON_FALLBACK: "On mobile network",
        Isolation.AT_RISK: "No fallback",
        Isolation.CONNECTED: "Fallback ready",
        Isolation.UNKNOWN: "Unknown",
    },
)


def choose_words(accept_language: str) -> Words:
    """Return the words for an ``Accept-Language`` header (RFC 9110): Vietnamese unless English weighs more."""
    best, best_weight = VIETNAMESE, 0.0
    for entry in accept_language.lower().split(","):
        match = re.fullmatch(r"\s*(vi|en)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", entry)
        if match:
            weight = float(match[2] or "1")
            if weight > best_weight:
                best, best_weight = (ENGLISH if match[1] == "en" else VIETNAMESE), weight
    return best


def difference_of_ends(row: LinkRow, words: Words) -> str:
    """Return which end says what, where the two ends of a link contradict each other."""
    if not row.ends_differ or row.near is None or row.far is None:
        return ""
    near_up = row.near.oper_status == OPER_UP and row.near.admin_status != ADMIN_DOWN
    return words.ends_differ.format(
        near=row.near.device_id,
        near_says=words.end_says[near_up],
        far=row.far.device_id,
        far_says=words.end_says[not near_up],
    )
