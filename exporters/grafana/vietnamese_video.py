"""The Vietnamese of the dashboards on video endpoints and services, by its English; see ``vietnamese``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_WORDS = {
    # video endpoints
    "Video endpoints": "Điểm cầu truyền hình",
    "Which endpoints would fail a meeting now, how good calls are, and whether line or room is at fault.": (
        "Điểm cầu nào không họp được lúc này, cuộc họp tốt xấu ra sao, do kênh hay do phòng."
    ),
    "Endpoints by verdict": "Điểm cầu theo kết luận",
    "Ready for a meeting": "Sẵn sàng họp",
    "Of the endpoints outside maintenance of which that is known, their lines included.": (
        "Trong các điểm cầu không bảo trì và đã rõ, tính cả kênh truyền."
    ),
    "Endpoints that are not ready": "Điểm cầu chưa sẵn sàng",
    "Lines up": "Kênh thông",
    "Lines with a known state": "Kênh biết trạng thái",
    "Beside each endpoint: how many lines of its office carry traffic now, and what is left without them.": (
        "Cạnh mỗi điểm cầu: cơ quan đó còn mấy kênh thông, và mất hết thì còn gì."
    ),
    "By district": "Theo cấp huyện",
    "Share that is ready for a meeting": "Tỷ lệ sẵn sàng họp",
    "Endpoints that are not ready, by verdict": "Điểm cầu chưa sẵn sàng, theo kết luận",
    "Pings": "Ping",
    "Loss: the ten worst": "Mất gói: mười điểm cầu kém nhất",
    "Above 1 % a call is poor.": "Trên 1 % thì cuộc họp kém.",
    "Round-trip time: the ten slowest": "Thời gian khứ hồi: mười điểm cầu chậm nhất",
    "Above 300 ms a call is poor.": "Trên 300 ms thì cuộc họp kém.",
    # meetings
    "Meetings": "Cuộc họp",
    "Meeting": "Cuộc họp",
    "Next meeting": "Cuộc họp kế tiếp",
    "When it begins, or when the one that runs began.": "Bao giờ bắt đầu, hoặc cuộc đang họp bắt đầu từ lúc nào.",
    "Endpoints with a meeting soon": "Điểm cầu sắp hoặc đang họp",
    "Now, or within the time before a meeting in which who is not ready is told (an hour).": (
        "Đang họp, hoặc trong khoảng trước giờ họp mà điểm cầu chưa sẵn sàng bị báo (một giờ)."
    ),
    "Of these not ready": "Trong đó chưa sẵn sàng",
    "Meetings read": "Đã đọc lịch họp",
    "1 when the file of meetings could be read; 0 when it has mistakes: see the log.": (
        "1 khi đọc được tệp lịch họp; 0 khi tệp có lỗi: xem nhật ký."
    ),
    "Next meetings": "Các cuộc họp sắp tới",
    "Begins": "Bắt đầu",
    "Ends": "Kết thúc",
    "Not ready now": "Chưa sẵn sàng lúc này",
    "The next ten; those that run stand first.": "Mười cuộc kế tiếp; cuộc đang họp đứng đầu.",
    "Not ready for their next meeting": "Chưa sẵn sàng cho cuộc họp kế tiếp",
    "Why": "Vì sao",
    "Meeting begins": "Giờ họp",
    "The heaviest reason of each. Of several lines of an office the best one counts.": (
        "Lý do nặng nhất của mỗi điểm cầu. Cơ quan có nhiều kênh thì lấy kênh tốt nhất."
    ),
    "In maintenance": "Đang bảo trì",
    "Its line is out": "Kênh truyền không thông",
    "It answers nothing, its line is up": "Kênh thông nhưng thiết bị không trả lời gì",
    "Nothing fresh is known of it": "Chưa có số liệu mới",
    "Neither SIP nor H.323 answers": "Cả SIP lẫn H.323 không trả lời",
    "Not registered": "Chưa đăng ký tổng đài",
    "A part of it failed": "Có bộ phận hỏng",
    "In a poor call": "Đang họp, chất lượng kém",
    "Its line is congested": "Kênh truyền quá tải",
    "Its line is degraded": "Kênh truyền chất lượng kém",
    "Its line has too little left, to the office": "Chiều về cơ quan còn trống quá ít",
    "Its line has too little left, from the office": "Chiều từ cơ quan còn trống quá ít",
    # calls
    "Calls": "Cuộc gọi",
    "In a call now": "Đang họp lúc này",
    "Of these poor": "Trong đó chất lượng kém",
    "HD share": "Tỷ lệ HD",
    "Of the calls whose picture is measured, those that receive at least 720 lines.": (
        "Trong các cuộc gọi đo được hình: phần nhận ít nhất 720 dòng."
    ),
    "All calls": "Tất cả cuộc gọi",
    "Of the endpoints that tell the rate of a call.": "Của các điểm cầu cho biết tốc độ cuộc gọi.",
    "Longest call": "Cuộc gọi dài nhất",
    "Poor calls": "Cuộc gọi chất lượng kém",
    "Where it goes wrong": "Do đâu",
    "Jitter": "Jitter",
    "Latency": "Độ trễ",
    "Lines of the picture": "Số dòng của hình",
    "Errors at the room's port": "Lỗi tại cổng của phòng",
    "The worst of what each receives. Red is beyond the limit of a good call.": (
        "Luồng nhận kém nhất của mỗi điểm cầu. Đỏ là vượt ngưỡng của cuộc họp tốt."
    ),
    "Loss: the worst streams": "Mất gói: các luồng kém nhất",
    "Jitter: the worst streams": "Jitter: các luồng kém nhất",
    "Above 35 ms a call is poor.": "Trên 35 ms thì cuộc họp kém.",
    "Latency: the worst streams": "Độ trễ: các luồng kém nhất",
    "Above 150 ms a call is poor.": "Trên 150 ms thì cuộc họp kém.",
    "Endpoints in a call": "Điểm cầu đang họp",
    "in a call": "đang họp",
    "All, and the poor ones by where they go wrong.": "Tất cả, và các cuộc kém theo nơi có lỗi.",
    "Rate of calls: the ten largest": "Tốc độ cuộc gọi: mười điểm cầu lớn nhất",
    "Smallest pictures received": "Hình nhận nhỏ nhất",
    "Lines of the picture; 720 and more is HD.": "Số dòng của hình; từ 720 là HD.",
    "Why the last calls ended": "Lý do kết thúc của các cuộc gọi gần nhất",
    "In the endpoints' own words; how many say it.": "Theo lời của chính điểm cầu; có bao nhiêu điểm cầu nói vậy.",
    # services of the endpoints, ports of the rooms
    "Services of the endpoints": "Dịch vụ của điểm cầu",
    "Share that answers, by service": "Tỷ lệ trả lời, theo dịch vụ",
    "Response time: the ten slowest": "Thời gian trả lời: mười dịch vụ chậm nhất",
    "Services that do not answer": "Dịch vụ không trả lời",
    "Fifty at most. An endpoint of which nothing answers stands here with each service.": (
        "Nhiều nhất năm mươi. Điểm cầu không trả lời gì có mặt với từng dịch vụ."
    ),
    "Certificates that run out first": "Chứng thư số hết hạn sớm nhất",
    "Left": "Còn lại",
    "Parts that failed": "Bộ phận hỏng",
    "As the endpoints themselves report.": "Theo báo cáo của chính điểm cầu.",
    "Part": "Bộ phận",
    "Ports of the rooms": "Cổng mạng của phòng họp",
    "Port": "Cổng",
    "Errors: the ten worst ports": "Lỗi: mười cổng kém nhất",
    "Above 0.1 % a poor call is the room's: cable, socket, or half duplex.": (
        "Trên 0,1 % thì cuộc họp kém là do phòng: dây, ổ cắm hoặc half duplex."
    ),
    "Rate: the ten largest": "Tốc độ: mười cổng lớn nhất",
    "As the endpoint sees it.": "Theo chiều của điểm cầu.",
    "Ports that are down, slow or at half duplex": "Cổng mất, chậm hoặc chạy half duplex",
    "Half duplex": "Half duplex",
    "Up": "Hoạt động",
    "Where lan_device and lan_interface of endpoints.csv name the port.": (
        "Khi lan_device và lan_interface của endpoints.csv cho biết cổng."
    ),
    # services on the network
    "Services on the network": "Dịch vụ trên mạng",
    "Which services that ride on the network are down or slow, and whose certificates run out.": (
        "Dịch vụ nào chạy trên mạng không đáp ứng hoặc chậm, chứng thư số nào sắp hết hạn."
    ),
    "Service": "Dịch vụ",
    "Services": "Dịch vụ",
    "Services by verdict": "Dịch vụ theo kết luận",
    "Share that answers": "Tỷ lệ trả lời",
    "Verdicts": "Kết luận theo thời gian",
    "Last answer": "Trả lời gần nhất",
    "Another status than expected": "Mã trả lời khác mong đợi",
    "Status": "Mã",
    "Response time": "Thời gian trả lời",
    "With the connection. Beyond the limit of services.csv a service is slow.": (
        "Kể cả kết nối. Quá ngưỡng trong services.csv là chậm."
    ),
    "Status over HTTP": "Mã trả lời HTTP",
    "Last right answer": "Trả lời đúng lần cuối",
    "Certificate left": "Chứng thư số còn",
    "Trusted": "Tin cậy",
    "Protocol": "Giao thức",
}

VIDEO_WORDS: Final[Mapping[str, str]] = MappingProxyType(_WORDS)
