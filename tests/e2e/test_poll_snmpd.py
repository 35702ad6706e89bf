"""``phusong poll --json`` against net-snmp's own snmpd: the same names, states and counters as ``snmpget``."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes import free_port, run_cli, running, wait_for

IF_TABLE = "1.3.6.1.2.1.2.2.1"
IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1"
COUNTERS = {
    "in_octets": f"{IF_X_TABLE}.6",
    "out_octets": f"{IF_X_TABLE}.10",
    "in_ucast_packets": f"{IF_X_TABLE}.7",
    "out_ucast_packets": f"{IF_X_TABLE}.11",
    "in_errors": f"{IF_TABLE}.14",
    "out_errors": f"{IF_TABLE}.20",
    "in_discards": f"{IF_TABLE}.13",
    "out_discards": f"{IF_TABLE}.19",
    "sys_uptime_ticks": "1.3.6.1.2.1.1.3.0",
}
STATES = {
    "admin_status": f"{IF_TABLE}.7",
    "oper_status": f"{IF_TABLE}.8",
    "last_change_ticks": f"{IF_TABLE}.9",
    "discontinuity_ticks": f"{IF_X_TABLE}.19",
}


@dataclass(frozen=True)
class Site:
    """A running snmpd and a configuration that polls the machine's interfaces through it."""

    port: int
    config: Path
    names: dict[int, str]

    def snmpget(self, oid: str, version: str = "2c") -> str:
        command = ["snmpget", f"-v{version}", "-c", "te5t", "-Onqvt", f"127.0.0.1:{self.port}", oid]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().strip('"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("snmpd")
    (folder / "snmpd.conf").write_text("rocommunity te5t 127.0.0.1\nsysName hub.example\n")
    port = free_port(socket.SOCK_DGRAM)
    command = ["/usr/sbin/snmpd", "-f", "-C", "-c", folder / "snmpd.conf", "-Lo", f"udp:127.0.0.1:{port}"]
    env = {"SNMP_PERSISTENT_DIR": str(folder), "SNMPCONFPATH": str(folder)}
    with running(command, folder / "snmpd.log", env=env):
        walk = ["snmpbulkwalk", "-v2c", "-c", "te5t", "-Onq", f"127.0.0.1:{port}", f"{IF_X_TABLE}.1"]

        def names() -> dict[int, str]:
            lines = subprocess.run(walk, capture_output=True, text=True, check=False).stdout.splitlines()
            return {
                int(line.split()[0].rsplit(".", 1)[1]): line.split(maxsplit=1)[1].strip('"')
                for line in lines
                if " " in line
            }

        found = wait_for(names, "snmpd")
        yield Site(port, write_files(folder, port, found), found)


def write_files(folder: Path, port: int, names: dict[int, str]) -> Path:
    """Write an inventory with one link per interface, read over v2c, and one over v1."""
    inventory = folder / "inventory"
    inventory.mkdir()
    (folder / "community").write_text("te5t\n")
    (folder / "phusong.yaml").write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory/\nstate: state/\n'
        "snmp:\n  auths:\n    v2: {version: 2c, community_file: community}\n"
        "    v1: {version: 1, community_file: community}\n"
    )
    (inventory / "sites.csv").write_text("site_id,name,kind,commune_code\ns,Sở,department,06649\n")
    (inventory / "devices.csv").write_text(
        f"device_id,site_id,address,port,auth\nd2,s,127.0.0.1,{port},v2\nd1,s,127.0.0.1,{port},v1\n"
    )
    rows = ["link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,near_device,near_interface"]
    rows += [f"if{index},s,C,10,10,d2,{name}" for index, name in names.items()]
    rows += [f"old,s,C,10,10,d1,{names[1]}", "byindex,s,C,10,10,d2,index:1", "nowhere,s,C,10,10,d2,no-such-if"]
    (inventory / "links.csv").write_text("\n".join(rows) + "\n")
    return folder / "phusong.yaml"


def test_what_we_read_is_what_snmpget_says(site: Site) -> None:
    """Names and states are equal; each counter lies between a reading before and one after."""
    before = read_counters(site)
    done = run_cli("poll", "--config", site.config, "--json")
    after = read_counters(site)
    assert done.returncode == 1, "the link to an interface that is not there is a problem"
    links = {row["link_id"]: row for row in json.loads(done.stdout)}
    assert len(links) == len(site.names) + 3
    for index, name in site.names.items():
        row = links[f"if{index}"]
        assert (row["if_index"], row["if_name"], row["device"]) == (index, name, "d2")
        assert {key: row[key] for key in STATES} == {
            key: int(site.snmpget(_oid(oid, index))) for key, oid in STATES.items()
        }
        for key in COUNTERS:
            assert before[index, key] <= row[key] <= after[index, key], key
        assert row["octets_bits"] == 64
        assert (row["verdict"] == "up") == (row["oper_status"] == 1)
    assert links["byindex"]["if_name"] == site.names[1]


def read_counters(site: Site) -> dict[tuple[int, str], int]:
    """Return every counter of every interface, as snmpget says it."""
    return {
        (index, key): int(site.snmpget(_oid(oid, index))) for index in site.names for key, oid in COUNTERS.items()
    }


def _oid(column: str, index: int) -> str:
    return column if column.endswith(".0") else f"{column}.{index}"


def test_version_1_reads_the_32_bit_counters(site: Site) -> None:
    """SNMPv1 has no Counter64: the old columns are read instead, and say so."""
    before = int(site.snmpget(f"{IF_TABLE}.10.1", "1"))
    done = run_cli("poll", "--config", site.config, "--link", "old", "--json")
    after = int(site.snmpget(f"{IF_TABLE}.10.1", "1"))
    (row,) = json.loads(done.stdout)
    assert (row["if_name"], row["octets_bits"], row["verdict"]) == (site.names[1], 32, "up")
    assert before <= row["in_octets"] <= after


def test_an_interface_that_is_not_there_is_named(site: Site) -> None:
    """The link says which name was looked for; nothing else is shown in its place."""
    done = run_cli("poll", "--config", site.config, "--link", "nowhere", "--json")
    (row,) = json.loads(done.stdout)
    assert (row["verdict"], row["near"]) == ("unknown", None)
    assert "no interface 'no-such-if'" in row["problem"]


def test_the_table_on_a_terminal_names_the_interfaces(site: Site) -> None:
    """People get a table, with the exit code 0 when all that was asked for is up."""
    done = run_cli("poll", "--config", site.config, "--link", "if1")
    assert done.returncode == 0
    assert site.names[1] in done.stdout


@pytest.mark.parametrize("option", ["--device", "--link"])
def test_an_unknown_id_is_wrong_use(site: Site, option: str) -> None:
    """A typo on the command line is no empty answer."""
    done = run_cli("poll", "--config", site.config, option, "typo")
    assert done.returncode == 2
    assert "no " in done.stderr
    assert "typo" in done.stderr
