"""Video endpoints to poll in tests: small tables of objects as their MIBs write them, idle and in calls.

``VideoBench`` polls one of them in virtual time, moves the clocks of both sides, and lets no datagram pass that
does anything but read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sensor_devices import typed
from snmp_peers import TableAgent, Typed, client_for, read_request, target, virtual

from phusong.collectors import mib
from phusong.collectors.call_readings import CallReading, EndpointReading, Media, StreamReading, Way
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.credentials import V2C
from phusong.collectors.video.endpoint_poller import EndpointPoller

READS = {ber.GET, ber.GET_NEXT, ber.GET_BULK}
Objects = dict[ber.Oid, Typed]

POLYCOM, POLYCOM_HDX, CISCO_CTS = (
    (1, 3, 6, 1, 4, 1, 2684),
    (1, 3, 6, 1, 4, 1, 2684, 1, 1),
    (1, 3, 6, 1, 4, 1, 9, 1, 1145),
)
POLY_MIB = (1, 3, 6, 1, 4, 1, 13885, 101, 1)
POLY_CALL = (*POLY_MIB, 4, 1, 1)
HDX_MIB = (1, 3, 6, 1, 4, 1, 2684, 1, 1)
CALL_MIB = (1, 3, 6, 1, 4, 1, 9, 9, 644, 1)
CTS_CALL, CTS_TYPE, CTS_SOURCE = (*CALL_MIB, 4, 8, 1), (*CALL_MIB, 4, 9, 1), (*CALL_MIB, 4, 10, 1)
PERIPHERAL = (1, 3, 6, 1, 4, 1, 9, 9, 643, 1, 2, 1, 1)
DISABLED, OK, FAILED = 1, 2, 3
VIDEO, AUDIO, CONTENT = 1, 2, 3
"""CtpcStreamMediaType."""


def gauge(value: int) -> Typed:
    """Make an Unsigned32 or Gauge32."""
    return ber.GAUGE32, value


def counter64(value: int) -> Typed:
    """Make a Counter64."""
    return ber.COUNTER64, value


def under(root: ber.Oid, objects: Mapping[str, Any]) -> Objects:
    """Put objects, by the dotted rest of their names, below a root."""
    return {(*root, *map(int, rest.split("."))): typed(value) for rest, value in objects.items()}


def endpoint(object_id: ber.Oid, descr: str, *parts: Objects) -> Objects:
    """Make an endpoint: a system group, and parts of which a later one replaces an earlier one."""
    objects: Objects = {
        mib.SYS_DESCR: typed(descr),
        mib.SYS_OBJECT_ID: (ber.OBJECT_ID, object_id),
        mib.SYS_UP_TIME: (ber.TIME_TICKS, 12_345_600),
        mib.SYS_NAME: typed("room"),
        mib.SYS_LOCATION: typed("Hạ Long"),
    }
    for part in parts:
        objects |= part
    return objects


def poly(*parts: Objects) -> Objects:
    """Make a Poly, idle unless a call is among the parts."""
    own = under(
        POLY_MIB,
        {
            "1.1.0": "4.3.2-401010",
            "1.3.0": "Video Endpoint",
            "1.4.0": "StudioX30",
            "1.5.0": "8L211000001",
            "1.6.0": OK,
            "2.7.1.0": DISABLED,
            "2.7.2.0": DISABLED,
            "2.8.1.0": OK,
            "2.8.2.1.1.1": gauge(1),
            "2.8.2.1.2.1": OK,
            "2.8.3.1.1.1": gauge(1),
            "2.8.3.1.2.1": OK,
            "3.1.0": OK,
            "3.5.1.0": OK,
            "3.6.1.0": OK,
            "3.10.1.0": OK,
            "3.10.2.1.2.1": "eth0",
            "3.10.2.1.4.1": gauge(1000),
            "3.10.2.1.5.1": "Full",
            "5.1.0": gauge(0),
            "6.11.1.0": DISABLED,
        },
    )
    return endpoint(POLYCOM, "Videoconferencing Device", own, *parts)


POLY_COLUMNS: Mapping[int, Any] = {
    1: gauge(1), 2: "42", 3: "7",
    4: gauge(3), 5: gauge(4), 6: gauge(20), 7: gauge(21), 8: gauge(0), 9: gauge(0), 10: "Siren 22", 11: "G.722.1C",
    12: gauge(9), 13: gauge(9), 14: gauge(120), 15: gauge(0), 16: gauge(2), 17: gauge(0),
    18: gauge(25), 19: gauge(24), 20: gauge(6), 21: gauge(5),
    22: "", 23: "", 24: "", 25: "", 26: gauge(0), 27: gauge(0), 28: gauge(0), 29: gauge(0),
    30: gauge(0), 31: gauge(0),
    32: "", 33: "", 34: gauge(0), 35: gauge(0), 36: gauge(0), 37: gauge(0),
    38: "", 39: "", 40: gauge(0), 41: gauge(0),
    42: "1280x720", 43: "1920x1080", 44: "29.97", 45: "30",
    46: gauge(7), 47: gauge(5), 48: gauge(26), 49: gauge(25), 50: gauge(3), 51: gauge(1),
    52: "H.264 High", 53: "H.264", 54: gauge(1856), 55: gauge(1856), 56: gauge(1502), 57: gauge(1730),
    58: "Phòng họp Bãi Cháy", 59: "Polycom", 60: "SIP", 61: "AES-128", 62: "", 63: (ber.INTEGER, 2),
}  # fmt: skip
"""A call without content, in the order of callActiveCallsEntry."""
POLY_CONTENT: Mapping[int, Any] = {
    22: "1920x1080", 24: "5", 26: gauge(11), 28: gauge(31), 30: gauge(4),
    32: "H.264", 34: gauge(512), 36: gauge(490),
}  # fmt: skip
"""What is other when slides come in."""


def poly_call(index: int = 1, **columns: Any) -> Objects:
    """Make a call of a Poly; ``c42="720p"`` gives a column another value, and ``None`` takes it away."""
    row = {**POLY_COLUMNS, 1: gauge(index), **{int(name[1:]): value for name, value in columns.items()}}
    called = {(*POLY_CALL, column, index): typed(value) for column, value in row.items() if value is not None}
    return {**called, (*POLY_MIB, 5, 1, 0): gauge(1)}


def hdx(**scalars: Any) -> Objects:
    """Make an HDX, idle unless ``s21`` and the like give its scalars values; they are all strings."""
    values = dict.fromkeys(range(1, 24), "") | {5: "2", 10: "10.20.0.5", 12: "10.22.4.9"}
    values |= {int(name[1:]): value for name, value in scalars.items()}
    own = {(*HDX_MIB, n, 0): typed(value) for n, value in values.items() if value is not None}
    return endpoint(POLYCOM_HDX, "Videoconferencing Device", own)


def cts(*parts: Objects) -> Objects:
    """Make a CTS with two call managers and three peripherals, and two calls that are over."""
    own = under(
        CALL_MIB,
        {
            "2.4.0": 2,
            "2.6.1.4.1": 5,
            "2.6.1.4.2": 4,
            "4.3.0": gauge(2),
            "4.5.0": gauge(10),
            "4.6.0": 10,
            **{f"4.8.1.17.{row}": reason for row, reason in ((7, 5), (8, 6))},
            **{f"4.8.1.7.{row}": gauge(60) for row in (7, 8)},
        },
    )
    peripherals = under(
        PERIPHERAL,
        {
            **{f"2.{row}": name for row, name in ((1, "camera"), (2, "display"), (3, "phone"))},
            **{f"3.{row}": 0 for row in (1, 2, 3)},
            **{f"4.{row}": category for row, category in ((1, 4), (2, 5), (3, 3))},
        },
    )
    return endpoint(CISCO_CTS, "Cisco TelePresence System 500", own, peripherals, *parts)


def cts_call(
    index: int = 9, sources: tuple[tuple[int, int], ...] = ((VIDEO, 9), (AUDIO, 9)), **more: Any
) -> Objects:
    """Make a call that is up, with these (stream type, source); ``s14=...`` changes a column of every source.

    ``t2`` does so for the stream types, ``c17`` for the call itself; ``None`` takes a column away.
    """
    call = {
        2: "8811",
        3: "call-id@room",
        7: gauge(600),
        8: 1,
        9: 3,
        10: 2,
        11: 8,
        12: gauge(4000),
        13: gauge(3000),
        17: 12,
    }
    types = {2: gauge(40), 3: gauge(90), 4: gauge(70), 5: gauge(120)}
    source = {
        2: 1, 3: counter64(10**9), 4: counter64(2**33), 5: counter64(5), 6: gauge(250_000), 7: gauge(9_000_000),
        10: 1, 12: counter64(2**33), 13: counter64(99), 14: gauge(1_500_000), 15: gauge(7_000_000),
        22: counter64(12), 23: counter64(55), 24: counter64(20), 25: counter64(80),
        35: gauge(3900), 36: gauge(3100), 37: gauge(2900), 38: gauge(2800),
    }  # fmt: skip
    video = {
        27: 12,
        28: gauge(29_970),
        29: 12,
        30: gauge(30_000),
        31: gauge(1920),
        32: gauge(1080),
        33: gauge(1280),
        34: gauge(720),
    }
    audio = {27: 4, 28: gauge(0), 29: 3, 30: gauge(0), 31: gauge(0), 32: gauge(0), 33: gauge(0), 34: gauge(0)}

    def changed(row: Mapping[int, Any], letter: str) -> dict[int, Any]:
        changes = {int(name[1:]): value for name, value in more.items() if name.startswith(letter)}
        return {column: value for column, value in {**row, **changes}.items() if value is not None}

    objects = {(*CTS_CALL, column, index): typed(value) for column, value in changed(call, "c").items()}
    for kind in dict.fromkeys(kind for kind, _ in sources):
        objects |= {
            (*CTS_TYPE, column, index, kind): typed(value) for column, value in changed(types, "t").items()
        }
    for kind, number in sources:
        row = changed({**source, **(audio if kind == AUDIO else video)}, "s")
        objects |= {(*CTS_SOURCE, column, index, kind, number): typed(value) for column, value in row.items()}
    return objects


class VideoBench:
    """A poller of one endpoint, whose clock the test moves."""

    def __init__(
        self, agent: TableAgent | Objects, wanted: str = "auto", version: int = V2C, **options: Any
    ) -> None:
        self.agent = agent if isinstance(agent, TableAgent) else TableAgent(agent)
        self.now = 1000.0
        self.client, self.transport = client_for(self.agent)
        self.reader = BatchReader(self.client, target(version=version))
        self.poller = EndpointPoller(self.client, self.reader, wanted, lambda: self.now, **options)
        self.asked: list[int] = []
        """The kinds of the requests of the latest poll."""

    async def poll(self, after_s: float = 0.0) -> EndpointReading:
        """Poll again after some time, which passes for the endpoint too."""
        self.now += after_s
        if mib.SYS_UP_TIME in self.agent.objects:
            ticks = self.agent.objects[mib.SYS_UP_TIME][1]
            self.agent.objects[mib.SYS_UP_TIME] = (ber.TIME_TICKS, ticks + int(after_s * 100))
        before = len(self.transport.sent)
        try:
            return await self.poller.poll()
        finally:
            self.asked = [read_request(datagram).kind for datagram in self.transport.sent[before:]]
            assert set(self.asked) <= READS

    def change(self, *parts: Objects) -> None:
        """Replace or add objects."""
        objects = dict(self.agent.objects)
        for part in parts:
            objects |= part
        self.agent.replace(objects)

    def remove(self, root: ber.Oid) -> None:
        """Take all objects below a root away."""
        self.agent.replace({oid: v for oid, v in self.agent.objects.items() if oid[: len(root)] != root})


def poll_once(
    agent: TableAgent | Objects, wanted: str = "auto", version: int = V2C, **options: Any
) -> EndpointReading:
    """Poll an endpoint once by a fresh poller."""

    async def run() -> EndpointReading:
        return await VideoBench(agent, wanted, version, **options).poll()

    return virtual(run())


def stream(call: CallReading, media: Media, way: Way = Way.RECEIVED) -> StreamReading:
    """Return the one stream of a kind that a call has."""
    (found,) = (each for each in call.streams if each.media is media and each.way is way)
    return found
