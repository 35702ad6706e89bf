"""The served province, asked by net-snmp's programs and by plain sockets, in a process of its own."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import time

import pytest

from phusong.collectors.services.sip_options import SipTransport, build_options, parse_response
from phusong.collectors.simulator.datagrams import accepted_destination
from phusong.collectors.simulator.equipment import DeviceKind
from phusong.collectors.simulator.incidents import Trouble
from phusong.collectors.simulator.province import build_province
from phusong.collectors.simulator.simulation import Simulation
from phusong.collectors.snmp.ber import decode_oid, format_oid, parse_oid
from phusong.collectors.snmp.community import wrap
from phusong.collectors.snmp.credentials import V2C, Community
from phusong.collectors.snmp.pdu import get_request

ANSWER_S = 10.0
"""Far more than an answer takes, on a busy machine too."""
SILENCE_S = 0.3
SYS_NAME = "1.3.6.1.2.1.1.5.0"
REQUEST_ID = b"\x01\x02\x03\x04"

needs_net_snmp = pytest.mark.skipif(
    not all(map(shutil.which, ("snmpget", "snmpwalk", "snmpbulkwalk"))),
    reason="net-snmp's programs are missing: apt-get install snmp",
)


def net_snmp(program, served, device, *arguments, version="2c", wait="3", community=None):
    """Run one of net-snmp's programs without any MIB files; return what it did."""
    options = ["-c", community or served.community, "-On", "-t", wait, "-r", "0", "-m", ""]
    address = f"{device.address}:{served.ports.snmp}"
    return subprocess.run(
        [program, f"-v{version}", *options, address, *arguments],
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
    )


def named_objects(output):
    """Return the names of the objects that a walk printed, without its note that nothing follows the last one."""
    return re.findall(r"^(\.1[.\d]+) = (?!No more variables)", output, re.MULTILINE)


def sys_name_request(community, oid=SYS_NAME):
    envelope = wrap(Community(V2C, community.encode()), get_request([parse_oid(oid)]))
    return envelope.head + REQUEST_ID + envelope.tail


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(ANSWER_S)
        yield sock


@pytest.mark.parametrize(
    "model", ["fortigate", "routeros", "draytek", "old_ios", "vrp", "comware", "poly", "hdx", "cts", "codec"]
)
@needs_net_snmp
def test_net_snmp_walks_every_object(served, fleet, model):
    """GETBULK and GETNEXT walks of a real peer both find exactly the objects of the device, in order."""
    device = fleet.model(model)
    there = (instance for instance in fleet.view(device).after((0, 0)) if instance.value(1.0))
    expected = ["." + format_oid(decode_oid(instance.octets)) for instance in there]
    for program, options in (("snmpbulkwalk", ("-Cr5",)), ("snmpwalk", ())):
        done = net_snmp(program, served, device, *options, ".1")
        assert done.returncode == 0, done.stderr
        assert named_objects(done.stdout) == expected


@needs_net_snmp
def test_net_snmp_reads_types_and_values(served, fleet):
    """Names, states and speeds as the device has them, each in the type that the MIB gives it."""
    device = fleet.model("ios_xe")
    row = next(row for row in device.rows if row.speed == 2**32 - 1)
    entry, x_entry = ".1.3.6.1.2.1.2.2.1", ".1.3.6.1.2.1.31.1.1.1"
    wanted = {
        ".1.3.6.1.2.1.1.2.0": "OID: ." + format_oid(device.habit.sys_object_id),
        ".1.3.6.1.2.1.1.5.0": f'STRING: "{device.device_id}"',
        ".1.3.6.1.2.1.2.1.0": f"INTEGER: {len(device.rows)}",
        f"{entry}.1.{row.index}": f"INTEGER: {row.index}",
        f"{entry}.2.{row.index}": f'STRING: "{row.descr.decode()}"',
        f"{entry}.5.{row.index}": "Gauge32: 4294967295",
        f"{entry}.7.{row.index}": "INTEGER: 1",
        f"{entry}.8.{row.index}": "INTEGER: 1",
        f"{x_entry}.1.{row.index}": f'STRING: "{row.name.decode()}"',
        f"{x_entry}.15.{row.index}": "Gauge32: 10000",
        f"{entry}.10.99": "No Such Instance currently exists at this OID",
        ".1.3.6.1.4.1.4.4.4": "No Such Object available on this agent at this OID",
    }
    done = net_snmp("snmpget", served, device, *wanted)
    assert dict(re.findall(r"^(\S+) = (.*)$", done.stdout, re.MULTILINE)) == wanted
    typed = net_snmp(
        "snmpget", served, device, ".1.3.6.1.2.1.1.3.0", f"{x_entry}.6.1", f"{entry}.10.1", f"{entry}.9.1"
    )
    assert re.findall(r"= (\w+): ", typed.stdout) == ["Timeticks", "Counter64", "Counter32", "Timeticks"]


@needs_net_snmp
def test_counters_move_between_two_readings(served, fleet):
    """The later reading has more octets and a later sysUpTime, and the 32-bit counter is the same modulo 2^32."""
    device = fleet.model("ios")
    names = [".1.3.6.1.2.1.1.3.0", ".1.3.6.1.2.1.31.1.1.1.6.1", ".1.3.6.1.2.1.2.2.1.10.1"]

    def read():
        done = net_snmp("snmpget", served, device, "-Ot", *names)
        return [int(number) for number in re.findall(r"= (?:\w+: )?(\d+)$", done.stdout, re.MULTILINE)]

    early, late = read(), read()
    while late[0] == early[0]:
        late = read()
    assert late[0] > early[0]
    assert late[1] > early[1]
    assert late[2] == late[1] % 2**32


@needs_net_snmp
def test_the_agent_of_version_1_is_read_by_version_1_only(served, fleet):
    """A walk under version 1 ends well, names no Counter64, and 2c meets silence."""
    device = fleet.model("legacy_v1")
    walk = net_snmp("snmpwalk", served, device, ".1", version="1")
    assert walk.returncode == 0, walk.stderr
    assert len(named_objects(walk.stdout)) == len(list(fleet.view(device).after((0, 0), with_counter64=False)))
    assert "Counter64" not in walk.stdout
    missing = net_snmp("snmpget", served, device, ".1.3.6.1.2.1.31.1.1.1.6.1", version="1")
    assert "noSuchName" in missing.stderr
    assert "Timeout" in net_snmp("snmpget", served, device, SYS_NAME, wait="0.3").stderr


@needs_net_snmp
def test_names_that_are_not_utf_8_arrive_as_they_are(served, fleet):
    """A Huawei alias keeps its GBK octets."""
    device = fleet.model("vrp")
    row = next(row for row in device.rows if row.line_id)
    done = net_snmp("snmpget", served, device, "-Ox", f".1.3.6.1.2.1.31.1.1.1.18.{row.index}")
    octets = bytes.fromhex(done.stdout.partition("Hex-STRING:")[2].replace("\n", " "))
    assert octets == row.alias
    assert octets.decode("gbk").endswith("广宁")


@needs_net_snmp
def test_a_wrong_community_meets_silence(served, fleet):
    """Net-snmp reports a timeout."""
    done = net_snmp("snmpget", served, fleet.model("ios"), SYS_NAME, wait="0.3", community="wrong")
    assert "Timeout" in done.stderr


def test_the_reply_comes_from_the_address_that_was_asked(served, province, client):
    """Many addresses behind one socket: each answers for itself, with its own name."""
    asked = [d for d in province.device_at.values() if province.answers_snmp(d, 0.0) and not d.habit.only_v1][::40]
    request = sys_name_request(served.community)
    for device in asked:
        client.sendto(request, (device.address, served.ports.snmp))
        reply, source = client.recvfrom(65_535)
        assert source == (device.address, served.ports.snmp)
        assert device.device_id.encode() in reply


def silent_targets(province):
    """Return addresses from which no SNMP answer may come: cut off, agent dead, carrier's box, nobody."""
    cut = next(
        d
        for d in province.devices
        if d.kind is DeviceKind.ROUTER and d.answers_snmp and province.way_to(d, 0.0) is None
    )
    dead = next(d for d in province.devices if d.kind is DeviceKind.ROUTER and not d.answers_snmp)
    box = next(d for d in province.devices if d.kind is DeviceKind.CPE)
    return [cut.address, dead.address, box.address, "127.99.99.99"]


def test_silent_devices_are_silent(served, province, fleet, client):
    """Nothing comes from them, although an answer that was asked for later has come."""
    request = sys_name_request(served.community)
    for address in silent_targets(province):
        client.sendto(request, (address, served.ports.snmp))
    alive = fleet.model("ios")
    client.sendto(request, (alive.address, served.ports.snmp))
    assert client.recvfrom(65_535)[1][0] == alive.address


HOSTILE = [
    b"",
    b"\0",
    b"\x30",
    b"\x30\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"\xff" * 65_000,
    b"\x30\x82\xff\xdc" + b"\x30" * 65_500,
    b"snmp, please",
]


def test_hostile_datagrams_never_stop_it(served, fleet, client):
    """After empty, cut, nested and huge datagrams to all ports a good request is answered."""
    device = fleet.model("ios")
    for port in (served.ports.snmp, served.ports.echo, served.ports.sip):
        for data in HOSTILE:
            client.sendto(data, (device.address, port))
    request = sys_name_request(served.community)
    for n in range(len(request)):
        client.sendto(
            request[:n] + bytes((request[n] ^ 0xFF,)) + request[n + 1 :], (device.address, served.ports.snmp)
        )
    marker = request.replace(REQUEST_ID, b"\x7f\x00\x00\x7f")
    client.sendto(marker, (device.address, served.ports.snmp))
    while b"\x7f\x00\x00\x7f" not in (reply := client.recv(65_535)) or device.device_id.encode() not in reply:
        pass


def test_echo_answers_with_the_same_octets_from_the_same_address(served, province, client):
    """A healthy office and a hub echo any payload, the office after its line's round trip."""
    for kind, rtt in ((DeviceKind.HUB, 0.0), (DeviceKind.ROUTER, 0.001), (DeviceKind.CPE, 0.001)):
        device = next(d for d in province.devices if d.kind is kind and province.echo_delay(d, 0, 0.0) is not None)
        for payload in (b"", b"x", bytes(range(256)) * 5):
            begin = time.monotonic()
            client.sendto(payload, (device.address, served.ports.echo))
            reply, source = client.recvfrom(65_535)
            assert reply == payload
            assert source == (device.address, served.ports.echo)
            assert time.monotonic() - begin >= rtt


def test_a_dead_agent_still_echoes(served, province, client):
    """SNMP dead is not unreachable."""
    device = next(d for d in province.devices if d.kind is DeviceKind.ROUTER and not d.answers_snmp)
    client.sendto(sys_name_request(served.community), (device.address, served.ports.snmp))
    client.sendto(b"are you there", (device.address, served.ports.echo))
    assert client.recvfrom(65_535) == (b"are you there", (device.address, served.ports.echo))


def test_a_cut_off_office_does_not_echo(served, province, client):
    """Nothing comes back, although an echo that was sent later has come back from a hub."""
    hub = next(d for d in province.devices if d.kind is DeviceKind.HUB)
    device = next(d for d in province.devices if d.kind is DeviceKind.ROUTER and not province.way_to(d, 0.0))
    client.sendto(b"lost", (device.address, served.ports.echo))
    client.sendto(b"found", (hub.address, served.ports.echo))
    assert client.recv(65_535) == b"found"
    client.settimeout(SILENCE_S)
    with pytest.raises(TimeoutError):
        client.recv(65_535)


def options_request(address, port):
    """Return a SIP request as the prober of the product makes it."""
    return build_options(f"sip:room@{address}", SipTransport.UDP, ("127.0.0.1", port))


def test_sip_answers_with_the_state_of_the_room(served, province, client):
    """200, 486 and 503 come from the room that was asked, and the prober knows its answer."""
    by_status = {province.sip_status(e.device, 1.0): e.device for e in province.endpoints}
    by_status.pop(None)
    assert by_status.keys() == {200, 486, 503}
    for status, device in by_status.items():
        request = options_request(device.address, client.getsockname()[1])
        client.sendto(request.octets, (device.address, served.ports.sip))
        reply, source = client.recvfrom(65_535)
        response = parse_response(reply)
        assert source == (device.address, served.ports.sip)
        assert request.answered_by(response)
        assert response.status == status


def test_sip_is_silent_where_nobody_can_answer(served, province, client):
    """A closed room, a silent one, one behind a cut line, a router: nothing, although a later answer has come."""
    verdicts = province.expected(1.0).endpoints
    rooms = {verdicts[e.endpoint_id]: e.device for e in province.endpoints if e.device.room.sip_status == 200}
    silent = [rooms["no_service"], rooms["unreachable"], rooms["parent_down"], province.devices[-1]]
    assert not rooms["no_service"].room.takes_calls
    for device in (*silent, rooms["ready"]):
        request = options_request(device.address, client.getsockname()[1])
        client.sendto(request.octets, (device.address, served.ports.sip))
    assert client.recvfrom(65_535)[1][0] == rooms["ready"].address


def test_h323_is_open_where_it_can_be_reached_and_refused_elsewhere(served, province):
    """A room with H.323 takes the connection and closes it; closed rooms and those behind a cut line refuse."""
    flapping = {line.link_id for line in province.line_by_id.values() if line.incident.trouble is Trouble.FLAPPING}
    rooms = [e for e in province.endpoints if "h323" in e.device.room.services and e.parent_link not in flapping]
    found = {}
    for endpoint in rooms:
        where = (endpoint.device.address, served.ports.h323)
        try:
            with socket.create_connection(where, timeout=ANSWER_S) as connection:
                found[endpoint.endpoint_id] = connection.recv(1) == b""
        except ConnectionRefusedError:
            found[endpoint.endpoint_id] = False
    assert found == {e.endpoint_id: province.takes_h323(e.device, 1.0) for e in rooms}
    assert set(found.values()) == {True, False}


def test_the_web_services_answer(served):
    """The portal is there on its port."""
    with socket.create_connection(("127.0.0.1", served.ports.web), timeout=ANSWER_S) as connection:
        connection.sendall(b"GET /dich-vu-cong HTTP/1.0\r\n\r\n")
        page = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    assert page.startswith("HTTP/1.0 200 ")
    assert "Cổng dịch vụ công" in page


def test_calls_can_be_cut(own_server, province, cuts):
    """A room that is cut refuses H.323 and is silent by SIP within moments, and is back when it is mended."""
    device = next(e.device for e in province.endpoints if province.takes_h323(e.device, 1.0))
    for names, is_open in (("", True), (device.device_id, False), ("", True)):
        cuts.write_text(names, encoding="utf-8")
        deadline = time.monotonic() + ANSWER_S
        while (seen := takes_calls(device.address, own_server.ports)) != (is_open, is_open):
            assert time.monotonic() < deadline, (names, seen)


def takes_calls(address, ports):
    """Tell whether a room can be reached by SIP and by H.323 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SILENCE_S)
        client.sendto(options_request(address, 5060).octets, (address, ports.sip))
        try:
            by_sip = bool(client.recv(65_535))
        except TimeoutError:
            by_sip = False
    try:
        socket.create_connection((address, ports.h323), timeout=ANSWER_S).close()
    except ConnectionRefusedError:
        return by_sip, False
    return by_sip, True


def packet_info(destination):
    """Return ancillary data as the kernel gives it: interface 1, local address, destination (ip(7))."""
    octets = socket.inet_aton(destination)
    return [(socket.IPPROTO_IP, 8, b"\1\0\0\0" + octets + octets)]


@pytest.mark.parametrize(
    ("ancillary", "source_port", "accepted"),
    [
        (packet_info("127.22.0.1"), 40_000, "127.22.0.1"),
        (packet_info("127.255.255.254"), 40_000, "127.255.255.254"),
        (packet_info("10.0.0.1"), 40_000, None),
        (packet_info("192.0.2.127"), 40_000, None),
        (packet_info("255.255.255.255"), 40_000, None),
        (packet_info("127.22.0.1"), 16_100, None),
        (packet_info("127.22.0.1"), 10_007, None),
        ([], 40_000, None),
        ([(socket.IPPROTO_IP, 8, b"\1\0\0\0")], 40_000, None),
    ],
)
def test_only_loopback_and_no_echo_of_an_echo(ancillary, source_port, accepted):
    """What was not sent to 127.0.0.0/8, or came from our own ports, is dropped unread."""
    found = accepted_destination(ancillary, ("127.0.0.1", source_port), {16_100, 10_007})
    assert found == (accepted and socket.inet_aton(accepted))


def test_nobody_outside_reaches_it(served, fleet, client):
    """A request to an address of this machine that is no loopback one is not answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("127.0.0.1", 9))
        with contextlib.suppress(OSError):
            outward.connect(("192.0.2.1", 9))
        own = outward.getsockname()[0]
    request = sys_name_request(served.community)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outsider:
        outsider.settimeout(SILENCE_S)
        outsider.sendto(request, (own, served.ports.snmp))
        with pytest.raises((TimeoutError, ConnectionRefusedError)):
            outsider.recv(65_535)
    client.sendto(request, (fleet.model("ios").address, served.ports.snmp))
    assert client.recv(65_535)


def test_sigterm_ends_it_cleanly(own_server):
    """Exit status 0, and all ports are free again."""
    own_server.process.terminate()
    own_server.process.join(ANSWER_S)
    assert own_server.process.exitcode == 0
    for kind, ports in ((socket.SOCK_DGRAM, own_server.ports[:3]), (socket.SOCK_STREAM, own_server.ports[3:])):
        for port in ports:
            with socket.socket(socket.AF_INET, kind) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", port))


def test_time_is_an_argument(communes):
    """The same question at the same elapsed second has the same answer, in any order and from any instance."""
    province = build_province(communes)
    flapping = next(w for w in province.lines if w.line.incident.trouble is Trouble.FLAPPING)
    address = socket.inet_aton(flapping.far_address)
    request = sys_name_request("c", "1.3.6.1.2.1.1.3.0")
    one, other = Simulation(province, b"c"), Simulation(province, b"c")
    answers = [one.answer_snmp(address, request, t) for t in (10.0, 200.0, 250.0)]
    assert answers[1] is None
    assert answers[0] != answers[2]
    assert [other.answer_snmp(address, request, t) for t in (250.0, 10.0)] == [answers[2], answers[0]]
