"""The Vietnamese of every text of the dashboards, by its English; verdicts and states of offices are not here.

The texts on video endpoints and services are in ``vietnamese_video``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from phusong.exporters.grafana.vietnamese_video import VIDEO_WORDS

_WORDS = {
    # on several dashboards
    "Dashboards": "Bảng theo dõi",
    "Data source": "Nguồn dữ liệu",
    "District": "Cấp huyện",
    "Carrier": "Nhà mạng",
    "Line": "Kênh",
    "Lines": "Kênh truyền",
    "Site": "Địa điểm",
    "Sites": "Địa điểm",
    "Office": "Cơ quan",
    "Offices": "Cơ quan",
    "Endpoint": "Điểm cầu",
    "Endpoints": "Điểm cầu",
    "Commune": "Xã",
    "Communes": "Xã, phường, thị trấn",
    "Device": "Thiết bị",
    "Devices": "Thiết bị",
    "Name": "Tên",
    "Kind": "Loại",
    "Code": "Mã",
    "Date": "Ngày",
    "File": "Tệp",
    "State": "Trạng thái",
    "Verdict": "Kết luận",
    "Since": "Từ lúc",
    "Last SNMP answer": "SNMP trả lời lần cuối",
    "Quality": "Chất lượng",
    "Loss": "Mất gói",
    "loss": "mất gói",
    "Round-trip time": "Thời gian khứ hồi",
    "sent": "gửi",
    "received": "nhận",
    "in use": "đang dùng",
    "Availability": "Độ sẵn sàng",
    "Outages": "Số lần mất kênh",
    "Maintenance is left out.": "Không tính bảo trì.",
    "Age of the figures": "Tuổi của số liệu",
    "Isolated communes": "Xã bị cô lập",
    "Offices by state": "Cơ quan theo tình trạng",
    "State of its office": "Tình trạng cơ quan",
    "Intervals without a trusted counter, by reason": "Khoảng không có số đếm tin cậy, theo lý do",
    "Restarts, replaced devices, renumbered interfaces and impossible figures: they add no traffic.": (
        "Khởi động lại, thay thiết bị, đổi số giao diện và con số vô lý: không được cộng vào lưu lượng."
    ),
    # province overview
    "Province overview": "Toàn tỉnh",
    "Which lines and offices are in trouble now, where and since when.": (
        "Kênh truyền và cơ quan nào đang gặp sự cố, ở đâu, từ lúc nào."
    ),
    "Lines by verdict": "Kênh truyền theo kết luận",
    "The state of an office's lines joined with the mobile coverage of its point.": (
        "Tình trạng kênh truyền của cơ quan kết hợp với sóng di động tại điểm đặt."
    ),
    "Lines that carry traffic": "Kênh truyền đang thông",
    "Lines whose ends differ": "Kênh có hai đầu khác nhau",
    "One end says up and the other says not up.": "Một đầu báo hoạt động, đầu kia báo không.",
    "How old the agent's state is. Above two minutes something is wrong with it or with the scrape.": (
        "Số liệu của tác tử cũ bao lâu. Trên hai phút là tác tử hoặc việc thu thập có vấn đề."
    ),
    "Where": "Ở đâu",
    "Latitude": "Vĩ độ",
    "Longitude": "Kinh độ",
    "Offices on the map": "Cơ quan trên bản đồ",
    "Offices by the state of their lines and the mobile coverage of their point; worst colours last.": (
        "Cơ quan theo tình trạng kênh truyền và sóng di động tại điểm đặt; màu xấu nhất ở cuối."
    ),
    "Lines out of service by district, maintenance left out": "Kênh mất theo cấp huyện, không tính bảo trì",
    "Lines that are not up": "Kênh truyền không hoạt động",
    "Maintenance is not here but below. A click on a line opens it.": (
        "Bảo trì nằm ở bảng dưới. Bấm vào một kênh để mở kênh đó."
    ),
    "Fullest lines, towards the office": "Kênh đầy nhất, chiều về cơ quan",
    "Fullest lines, from the office": "Kênh đầy nhất, chiều từ cơ quan",
    "Share of the contracted rate in use between the last two polls.": (
        "Phần tốc độ hợp đồng được dùng giữa hai lần hỏi gần nhất."
    ),
    "Most loss among lines that carry traffic": "Mất gói nhiều nhất trong các kênh đang thông",
    "Slowest lines": "Kênh chậm nhất",
    "Mean round-trip time of the last burst of echo requests.": (
        "Thời gian khứ hồi trung bình của loạt ping gần nhất."
    ),
    "Over time": "Theo thời gian",
    "Lines that are not up, by verdict": "Kênh không hoạt động, theo kết luận",
    "Planned work": "Công việc có kế hoạch",
    "Lines in maintenance now": "Kênh đang bảo trì",
    # one line
    "One line": "Một kênh truyền",
    "Everything that is known of one line.": "Mọi điều biết được về một kênh truyền.",
    "Verdict other than up": "Kết luận khác hoạt động",
    "The line": "Kênh truyền",
    "Role": "Vai trò",
    "Hub device": "Thiết bị trung tâm",
    "Office device": "Thiết bị tại cơ quan",
    "Contract to the office": "Hợp đồng, về cơ quan",
    "Contract from the office": "Hợp đồng, từ cơ quan",
    "Availability in this range": "Độ sẵn sàng trong khoảng này",
    "Time in which it carried traffic, of the time without maintenance and with a known state.": (
        "Thời gian kênh thông, trên thời gian không bảo trì và biết rõ trạng thái."
    ),
    "Outages in this range": "Số lần mất kênh trong khoảng này",
    "How often it ceased to carry traffic.": "Số lần kênh ngừng thông.",
    "95th percentile, to the office": "Bách phân vị 95, về cơ quan",
    "95th percentile, from the office": "Bách phân vị 95, từ cơ quan",
    "The share of the contract that was not exceeded in 95 % of this range.": (
        "Phần hợp đồng không bị vượt trong 95 % của khoảng này."
    ),
    "Loss now": "Mất gói lúc này",
    "Ends differ": "Hai đầu khác nhau",
    "1 when one end says up and the other says not up.": "1 khi một đầu báo hoạt động, đầu kia báo không.",
    "Its lines joined with the mobile coverage of its point.": (
        "Các kênh của cơ quan kết hợp với sóng di động tại điểm đặt."
    ),
    "Traffic": "Lưu lượng",
    "Traffic to the office": "Lưu lượng về cơ quan",
    "Traffic from the office": "Lưu lượng từ cơ quan",
    "contract": "hợp đồng",
    "95th percentile": "bách phân vị 95",
    "From the office's end where that gives a rate, else from the hub's.": (
        "Lấy ở đầu cơ quan nếu có số, nếu không lấy ở đầu trung tâm."
    ),
    "Both ends compared, to the office": "So hai đầu, chiều về cơ quan",
    "Both ends compared, from the office": "So hai đầu, chiều từ cơ quan",
    "What one end sends the other should receive; the difference is lost or not of this line.": (
        "Đầu này gửi bao nhiêu, đầu kia phải nhận bấy nhiêu; phần chênh bị mất hoặc không thuộc kênh này."
    ),
    "Lost share of echo requests.": "Phần gói ping bị mất.",
    "mean": "trung bình",
    "highest": "cao nhất",
    "Errors and discards": "Gói lỗi và gói bị bỏ",
    "errors": "lỗi",
    "discards": "bị bỏ",
    "Share of the packets between two polls; near is the hub's end, far the office's.": (
        "Phần gói giữa hai lần hỏi; near là đầu trung tâm, far là đầu cơ quan."
    ),
    "What exceeds its limit": "Điều vượt ngưỡng",
    "Interfaces": "Giao diện",
    "Interface": "Giao diện",
    "State of the interfaces": "Trạng thái giao diện",
    "Wanted (ifAdminStatus)": "Mong muốn (ifAdminStatus)",
    "State (ifOperStatus)": "Trạng thái (ifOperStatus)",
    "Speed": "Tốc độ",
    "In this state for": "Ở trạng thái này được",
    "1 is up, 2 is down; other states are lowerLayerDown (7), notPresent (6) and dormant (5).": (
        "1 là hoạt động, 2 là mất; còn lại: lowerLayerDown (7), notPresent (6), dormant (5)."
    ),
    "Octets as the devices count them": "Lưu lượng theo bộ đếm của thiết bị",
    "May show what never passed where a device was replaced; the traffic above does not.": (
        "Có thể hiện lưu lượng không có thật khi thiết bị bị thay; lưu lượng ở trên thì không."
    ),
    "Packets": "Gói tin",
    "Packets with errors, and dropped ones": "Gói lỗi và gói bị bỏ tại thiết bị",
    "Devices at both ends": "Thiết bị ở hai đầu",
    "Mobile modem: signal": "Modem di động: tín hiệu",
    "Below -110 dBm RSRP a mobile fallback is doubtful.": "RSRP dưới -110 dBm thì dự phòng di động khó tin cậy.",
    "Mobile modem: registered, in use": "Modem di động: đã vào mạng, đang dùng",
    "registered": "đã vào mạng",
    "Processor and memory": "Bộ xử lý và bộ nhớ",
    "processor": "bộ xử lý",
    "memory": "bộ nhớ",
    "Temperature": "Nhiệt độ",
    "Optical power": "Công suất quang",
    "Round-trip time and jitter measured by the devices": "Thời gian khứ hồi và jitter do thiết bị đo",
    "round trip": "khứ hồi",
    "jitter": "jitter",
    "IP SLA, NQA, RPM or link monitor.": "IP SLA, NQA, RPM hoặc link monitor.",
    "Power, fans, routing peers, measurements": "Nguồn, quạt, láng giềng định tuyến, phép đo",
    "answers": "trả lời",
    "power": "nguồn",
    "fan": "quạt",
    "Restarts of the devices' agents": "Số lần SNMP của thiết bị khởi động lại",
    # carriers and availability
    "Carriers and availability": "Nhà mạng và độ sẵn sàng",
    "Which carrier and which lines were available how long, maintenance left out.": (
        "Nhà mạng nào, kênh nào sẵn sàng bao lâu, không tính bảo trì."
    ),
    "Now": "Lúc này",
    "Lines up now, by carrier": "Kênh đang thông, theo nhà mạng",
    "Lines up now, by district": "Kênh đang thông, theo cấp huyện",
    "Lines up, by carrier": "Tỷ lệ kênh thông theo thời gian, theo nhà mạng",
    "Lines that carry no traffic, by carrier": "Kênh không thông, theo nhà mạng",
    "In this range": "Trong khoảng này",
    "Availability by carrier": "Độ sẵn sàng theo nhà mạng",
    "Availability by district": "Độ sẵn sàng theo cấp huyện",
    "The mean of the lines' availability. Maintenance and time without a known state do not count.": (
        "Trung bình độ sẵn sàng của các kênh. Không tính bảo trì và lúc chưa rõ trạng thái."
    ),
    "Lines, the worst first": "Kênh truyền, kém nhất trước",
    "Hours out": "Số giờ mất",
    "Hours congested": "Số giờ quá tải",
    "Hours are shares of the time that was observed, spread over the range.": (
        "Số giờ là tỷ lệ thời gian quan sát được, tính trên cả khoảng."
    ),
    "The last 30 days": "30 ngày qua",
    "Carriers: the last 30 days": "Nhà mạng: 30 ngày qua",
    "Always the last 30 days, whatever range is chosen. Prometheus reads some 200 million samples for it.": (
        "Luôn là 30 ngày qua, dù chọn khoảng nào. Prometheus đọc khoảng 200 triệu mẫu cho bảng này."
    ),
    # coverage and isolation
    "Coverage and isolation": "Vùng phủ sóng và cô lập",
    "Which communes have mobile coverage, which offices are cut off or would be without their line.": (
        "Xã nào có sóng di động, cơ quan nào bị cô lập hoặc sẽ bị nếu mất kênh."
    ),
    "Technology": "Công nghệ",
    "Operator": "Nhà mạng di động",
    "Fallback is the technology and signal of the agent's configuration, not the choice above.": (
        "Sóng dự phòng là công nghệ và mức tín hiệu trong cấu hình của tác tử, không phải lựa chọn ở trên."
    ),
    "All their offices with a known state are cut off.": "Mọi cơ quan biết rõ trạng thái đều bị cô lập.",
    "Offices with a mobile fallback": "Cơ quan có sóng dự phòng",
    "Offices without a line": "Cơ quan mất kênh",
    "Isolated: no line and no mobile coverage. On mobile network: no line, but coverage.": (
        "Cô lập: mất kênh và không có sóng. Còn sóng dự phòng: mất kênh nhưng có sóng."
    ),
    "Offices without their lines or at risk, over time": "Cơ quan mất kênh hoặc có nguy cơ, theo thời gian",
    "Communes by covered share of their area": "Xã theo tỷ lệ diện tích có sóng",
    "none": "không có",
    "below 50 %": "dưới 50 %",
    "50 to 80 %": "50 đến 80 %",
    "80 to 95 %": "80 đến 95 %",
    "95 % and more": "từ 95 %",
    "For the chosen technology and operator, at the weakest signal class of the layers.": (
        "Theo công nghệ và nhà mạng đã chọn, ở mức tín hiệu yếu nhất của các lớp."
    ),
    "Covered centres, by operator and technology": "Trung tâm xã có sóng, theo nhà mạng và công nghệ",
    "Mean covered area, by operator and technology": "Diện tích có sóng trung bình, theo nhà mạng và công nghệ",
    "any: at least one operator. max: the best single operator of each commune.": (
        "any: ít nhất một nhà mạng. max: nhà mạng phủ rộng nhất tại từng xã."
    ),
    "Covered centres": "Trung tâm xã có sóng",
    "Communes without any coverage": "Xã không có sóng",
    "People in the communes": "Dân số các xã",
    "People with coverage": "Số dân có sóng",
    "An estimate by area when coverage was computed without the option --population.": (
        "Là ước tính theo diện tích khi vùng phủ được tính không có tuỳ chọn --population."
    ),
    "Communes, the least covered first": "Các xã, ít sóng nhất trước",
    "Covered area": "Diện tích có sóng",
    "Centre covered": "Trung tâm có sóng",
    "People": "Dân số",
    "of these at risk": "trong đó không có sóng dự phòng",
    "of these without a line": "trong đó mất kênh",
    "Isolated": "Cô lập",
    "What the figures were computed from": "Số liệu được tính từ đâu",
    "Boundaries": "Địa giới",
    "Edition": "Bản",
    "Schematic": "Giản lược",
    "Synthetic": "Giả lập",
    "Schematic boundaries are not official; synthetic layers are no real coverage.": (
        "Ranh giới giản lược không chính thức; lớp giả lập không phải vùng phủ thật."
    ),
    "Coverage layers": "Các lớp phủ sóng",
    "At least (dBm)": "Ít nhất (dBm)",
    # the agent itself
    "The agent itself": "Chính tác tử",
    "Whether the agent is on time, well and up to date.": "Tác tử có đúng giờ, khoẻ và cập nhật không.",
    "Last cycle": "Chu kỳ gần nhất",
    "Time in which every target was polled once that is not asked less often.": (
        "Thời gian để hỏi một lượt mọi đối tượng không bị hỏi thưa."
    ),
    "Largest delay": "Trễ lớn nhất",
    "Of a poll behind its time, in the last cycle.": "Của một lần hỏi so với giờ đã định, trong chu kỳ gần nhất.",
    "Last reload": "Nạp lại gần nhất",
    "1 when it was taken over; 0 when a mistake kept the old configuration: see the log.": (
        "1 khi được áp dụng; 0 khi có lỗi nên giữ cấu hình cũ: xem nhật ký."
    ),
    "Reloaded": "Đã nạp lại",
    "Running for": "Đã chạy",
    "Version and echo requests": "Phiên bản và cách ping",
    "Agent": "Tác tử",
    "Version": "Phiên bản",
    "Echo requests by": "Ping bằng",
    "In the inventory": "Trong danh mục",
    "Asked less often": "Bị hỏi thưa",
    "Devices and endpoints that have been silent for long.": "Thiết bị và điểm cầu im lặng đã lâu.",
    "Polling": "Hỏi thiết bị",
    "Time of one poll": "Thời gian một lần hỏi",
    "With its retries: the time that half, 95 % and 99 % of the polls kept.": (
        "Kể cả hỏi lại: thời gian mà một nửa, 95 % và 99 % số lần hỏi không vượt."
    ),
    "Cycle and delay": "Chu kỳ và trễ",
    "cycle": "chu kỳ",
    "largest delay": "trễ lớn nhất",
    "Polls without a usable answer, by reason": "Lần hỏi không có trả lời dùng được, theo lý do",
    "Polls left out": "Lần hỏi bị bỏ",
    "left out": "bị bỏ",
    "The one before was still running, or the machine slept.": "Lần trước chưa xong, hoặc máy ngủ.",
    "SNMP requests": "Yêu cầu SNMP",
    "sent again": "gửi lại",
    "held back": "bị giữ lại",
    "Held back: the device had been sent poll.requests_per_second.": (
        "Bị giữ lại: thiết bị đã nhận đủ poll.requests_per_second."
    ),
    "Rejected replies, by reason": "Trả lời bị từ chối, theo lý do",
    "They answered no request or failed a check: late, forged, or of a wrong device.": (
        "Không ứng với yêu cầu nào hoặc không qua kiểm tra: muộn, giả mạo, hoặc của thiết bị khác."
    ),
    "Notifications": "Thông báo (trap, inform)",
    "accepted": "đã nhận",
    "reports": "báo cáo",
    "Traps and informs from known addresses with allowed credentials.": (
        "Trap và inform từ địa chỉ đã biết, với thông tin xác thực được phép."
    ),
    "Notifications that were not accepted, by reason": "Thông báo không được nhận, theo lý do",
    "Devices that send most": "Thiết bị gửi nhiều nhất",
    "Accepted traps and informs.": "Trap và inform đã nhận.",
    "New SNMPv3 engines": "Bộ máy SNMPv3 mới",
    "Another engine ID than before was authenticated: a replaced device, or somebody in its place.": (
        "Engine ID khác trước đã được xác thực: thiết bị bị thay, hoặc có kẻ đứng vào chỗ nó."
    ),
    "Series left out of the page, by reason": "Chuỗi bị loại khỏi trang, theo lý do",
    "Sensors that could not be read": "Cảm biến không đọc được",
    "The five devices with most of them.": "Năm thiết bị có nhiều nhất.",
    "Process": "Tiến trình",
    "Memory": "Bộ nhớ",
    "Processor": "Bộ xử lý",
    "1 is one core.": "1 là một nhân.",
    "Size of the state file": "Kích thước tệp trạng thái",
    "Trouble with the state folder": "Trục trặc với thư mục trạng thái",
    "failed writes": "ghi hỏng",
    "files put aside": "tệp bị để riêng",
}

VIETNAMESE_WORDS: Final[Mapping[str, str]] = MappingProxyType({**_WORDS, **VIDEO_WORDS})
