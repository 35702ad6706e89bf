"""Two offices with three rooms on loopback, their files, and whoever answers for them: for ``phusong readiness``.

``hall`` is a Poly behind line l1, ``codec`` a Cisco codec behind line l2 that is also read over HTTPS, ``silent``
is beside the hall and answers nothing. The answering is done in threads, so a command with a loop of its own runs
beside it in the test's process.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from loopback_agents import serving
from roomos_fake import AUTHORIZATION, CE_IDLE, PASSWORD, USER, FakeCodec, fake_codec, identification
from service_peers import SIP_MODES
from snmp_peers import Asked, TableAgent, Typed, device, interface_row
from video_agents import endpoint, poly

from phusong.collectors import mib
from phusong.collectors.snmp import ber

T = TypeVar("T")

COMMUNITY = "canary-c0mmunity"
SECRETS = (COMMUNITY, PASSWORD, AUTHORIZATION.removeprefix("Basic "))
"""What must be in no output."""
HALL, CODEC, SILENT = "127.71.1.1", "127.0.0.1", "127.71.1.3"
ROUTERS = {"r1": "127.71.0.1", "r2": "127.71.0.2"}
TANDBERG = (1, 3, 6, 1, 4, 1, 5596, 150, 6, 4, 1)
LINE_MBPS = 10.0
IN_USE_MBPS = 1.0
LINES = (
    "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,far_device,far_interface\n"
    "l1,ttdl,Carrier A,10,10,r1,wan\n"
    "l2,coto,Carrier B,10,10,r2,wan\n"
)


class Router(TableAgent):
    """A router whose WAN port carries the same all the time, by the clock of this machine."""

    def answer(self, asked: Asked) -> bytes:
        seconds = time.monotonic()
        octets = int(seconds * IN_USE_MBPS * 125_000)
        columns = ("IF_HC_IN_OCTETS", "IF_HC_OUT_OCTETS")
        counters: dict[str, Typed] = dict.fromkeys(columns, (ber.COUNTER64, octets))
        self.replace(device(interface_row(1, b"wan", **counters), uptime=int(seconds * 100)))
        self.objects[mib.SYS_NAME] = (ber.OCTET_STRING, b"router")
        return super().answer(asked)


def knows_community(asked: Asked) -> bool:
    return asked.community == COMMUNITY.encode()


@dataclass
class SmallProvince:
    """The files, and who answers."""

    folder: Path
    routers: dict[str, Router] = field(default_factory=lambda: {name: Router() for name in ROUTERS})
    codec: FakeCodec | None = None

    @property
    def config(self) -> Path:
        return self.folder / "phusong.yaml"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the configuration."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def change(self, name: str, before: str, after: str) -> None:
        """Write a file with another text in place of one that is there."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert before in text
        self.write(name, text.replace(before, after))

    def plan(self, *meetings: tuple[str, float, str], lasts_h: float = 2.0) -> None:
        """Write the meetings: id, hours from now to its begin, who takes part."""
        rows = [
            f"{name},Họp {name},{at(begins_h)},{at(begins_h + lasts_h)},{who}\n"
            for name, begins_h, who in meetings
        ]
        self.write("meetings.csv", "meeting_id,title,from,to,endpoints\n" + "".join(rows))


def at(hours: float) -> str:
    """Return the time so many hours from now, as people write it."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


def write_files(province: SmallProvince, *, snmp: int = 9, echo: int = 9, sip: int = 9, https: int = 443) -> None:
    """Write configuration, inventory, secrets and meetings."""
    province.write("community", COMMUNITY + "\n")
    province.write("password", PASSWORD + "\n")
    province.write(
        "phusong.yaml",
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory\nstate: state\n'
        "snmp: {auths: {wan: {version: 2c, community_file: community}}}\n"
        f"poll: {{timeout: 1s, retries: 1}}\nping: {{packets: 2, method: udp-echo, port: {echo}}}\n"
        "video: {timeout: 1s, meetings: meetings.csv, "
        f"accounts: {{codecs: {{user: {USER}, password_file: password}}}}}}\n",
    )
    province.write(
        "inventory/sites.csv",
        "site_id,name,kind,commune_code\n"
        "ttdl,Trung tâm dữ liệu,province,06649\ncoto,UBND huyện Cô Tô,district,07192\n",
    )
    rows = "".join(f"{name},ttdl,{address},{snmp},wan\n" for name, address in ROUTERS.items())
    province.write("inventory/devices.csv", "device_id,site_id,address,port,auth\n" + rows)
    province.write("inventory/links.csv", LINES)
    pin = identification().sha256
    province.write(
        "inventory/endpoints.csv",
        "endpoint_id,site_id,name,address,port,auth,parent_link,services,https,certificate_sha256\n"
        f"hall,ttdl,Hội trường,{HALL},{snmp},wan,l1,sip-udp:{sip},,\n"
        f"codec,coto,Phòng họp Cô Tô,{CODEC},{snmp},wan,l2,sip-udp:{sip} https:{https},codecs,{pin}\n"
        f"silent,ttdl,Phòng họp số 2,{SILENT},{snmp},wan,l1,sip-udp:{sip},,\n",
    )
    province.plan(("giao-ban", 1, "hall codec"), ("toan-tinh", 24, "all"))


@contextmanager
def small_province(folder: Path) -> Iterator[SmallProvince]:
    """Answer for the rooms, and write the files by which they are asked."""
    province = SmallProvince(folder)
    agents = {ROUTERS[name]: router for name, router in province.routers.items()}
    hall, codec = (
        TableAgent(objects, lose=lambda asked: not knows_community(asked))
        for objects in (poly(), endpoint(TANDBERG, "Cisco Codec"))
    )
    with ExitStack() as stack:
        snmp = stack.enter_context(serving({**agents, HALL: hall, CODEC: codec}))
        echo = stack.enter_context(
            serving(dict.fromkeys((*ROUTERS.values(), HALL, CODEC), lambda data, _from: [data]))
        )
        sip = stack.enter_context(
            serving(dict.fromkeys((HALL, CODEC), lambda data, _from: SIP_MODES["200"](data)))
        )
        province.codec = stack.enter_context(in_thread(fake_codec(CE_IDLE)))
        write_files(province, snmp=snmp, echo=echo, sip=sip, https=province.codec.port)
        yield province


@contextmanager
def in_thread(peer: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Run a peer of an event loop in a loop of its own, in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(peer.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(peer.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
