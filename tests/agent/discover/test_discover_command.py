"""``phusong discover`` as it is typed: tables, JSON, files, exit codes, and no secret anywhere."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import snmp_peers
from loopback_agents import serving
from processes import CLI, PATIENCE_S, wait_for
from recordings import RECORDINGS, load_walk
from snmp_peers import Script, TableAgent, Typed, device, interface_row
from typer.testing import CliRunner, Result

from phusong.agent import cli
from phusong.agent.input.csv_table import read_table
from phusong.agent.input.inventory_columns import DEVICES, LINKS
from phusong.collectors import mib
from phusong.collectors.snmp import ber

CANARY = "canary-5ecret"
HUB, OFFICE, DEAD = "127.81.0.1", "127.81.0.2", "127.81.0.9"
Discover = Callable[..., Result]


def text(value: str | bytes) -> Typed:
    return ber.OCTET_STRING, value.encode() if isinstance(value, str) else value


def router(
    name: str | bytes, *rows: dict[ber.Oid, Typed], addresses: Mapping[str, int] | None = None
) -> TableAgent:
    """Make a RouterOS-like agent; ``addresses`` are its addresses in /30 networks by ifIndex."""
    objects = device(*rows) | {
        mib.SYS_DESCR: text("RouterOS RB952Ui"),
        mib.SYS_OBJECT_ID: (ber.OBJECT_ID, (1, 3, 6, 1, 4, 1, 14988, 1)),
        mib.SYS_NAME: text(name),
    }
    for row in rows:
        objects[(*mib.IF_TYPE, next(iter(row))[-1])] = (ber.INTEGER, 6)
    for address, index in (addresses or {}).items():
        arcs = tuple(map(int, address.split(".")))
        objects[(*mib.IP_AD_ENT_IF_INDEX, *arcs)] = (ber.INTEGER, index)
        objects[(*mib.IP_AD_ENT_NET_MASK, *arcs)] = (ber.IP_ADDRESS, bytes((255, 255, 255, 252)))
    return TableAgent(objects)


def only_for(community: bytes, agent: TableAgent) -> Script:
    """Let an agent answer one community only."""
    return lambda data, source: agent(data, source) if snmp_peers.read_request(data).community == community else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a configuration: three names of credentials, no inventory."""
    for name in ("public", "other", CANARY):
        (tmp_path / name).write_text(f"{name}\n", encoding="utf-8")
    (tmp_path / "phusong.yaml").write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory\n'
        "snmp:\n  auths:\n"
        "    v2: {version: 2c, community_file: public}\n"
        "    other: {version: 2c, community_file: other}\n"
        f"    secret: {{version: 2c, community_file: {CANARY}}}\n"
        "poll: {timeout: 500ms, retries: 1}\nping: {method: udp-echo, port: 9}\n",
        encoding="utf-8",
    )
    return tmp_path


@pytest.fixture
def discover(folder: Path) -> Discover:
    """Run ``phusong discover`` in this process."""
    return lambda *words: CliRunner().invoke(
        cli.app, ["discover", "--config", str(folder / "phusong.yaml"), *map(str, words)]
    )


@contextlib.contextmanager
def two_routers() -> Iterator[tuple[int, TableAgent, TableAgent]]:
    """Serve a hub and an office that share a network of two addresses."""
    hub = router(
        "hub1.example", interface_row(7, b"ether7"), interface_row(8, b"ether8"), addresses={"192.0.2.1": 7}
    )
    office = router("coto-r1", interface_row(3, b"wan1"), interface_row(4, b"lan"), addresses={"192.0.2.2": 3})
    with serving({HUB: hub, OFFICE: office}) as port:
        yield port, hub, office


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_one_device_is_shown_as_a_whole(discover: Discover) -> None:
    """Who it is, which profile it gets and why, and every interface with the name to write."""
    with two_routers() as (port, _, _):
        result = discover("--auth", "v2", "--port", port, OFFICE)
    assert result.exit_code == 0, result.output
    for fact in (
        "coto-r1",
        "RouterOS RB952Ui",
        "1.3.6.1.4.1.14988.1 (enterprises.14988.1)",
        "MikroTik",
        "mikrotik: sysObjectID 1.3.6.1.4.1.14988.1 begins with 1.3.6.1.4.1.14988",
        "0 d 1 h 23 min",
        "in 192.0.2.0/30",
        "ethernetCsmacd",
        "100 Mbit/s",
    ):
        assert fact in result.stdout
    assert result.stderr == ""


def test_json_is_one_document(discover: Discover) -> None:
    """For programs: one object per device in the order of asking, nothing else on standard output."""
    with two_routers() as (port, _, _):
        result = discover("--auth", "v2", "--port", port, OFFICE, DEAD, HUB, "--json")
    assert result.exit_code == 1
    office, dead, hub = json.loads(result.stdout)
    assert (office["device_id"], hub["device_id"], dead["answered"]) == ("coto-r1", "hub1", False)
    assert (dead["reason"], dead["ping_answers"]) == ("unreachable", False)
    assert (office["vendor"], office["model"], office["profile"]) == ("MikroTik", "RB952Ui", "mikrotik")
    wan = office["interfaces"][0]
    assert (wan["if_index"], wan["named_as"], wan["if_type_name"]) == (3, "wan1", "ethernetCsmacd")
    assert (wan["addresses"], wan["line"]) == (["192.0.2.2/30"], "both in 192.0.2.0/30")


def test_a_log_gets_plain_lines(discover: Discover) -> None:
    """Where standard error is no terminal, each device is a line when it is done, without a bar."""
    with two_routers() as (port, _, _):
        result = discover("--auth", "v2", "--port", port, HUB, OFFICE)
    lines = result.stderr.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["1/2", "2/2"]
    assert any(f"{OFFICE}:{port}: coto-r1, 2 interfaces" in line for line in lines)
    assert "\x1b" not in result.stderr


def test_a_subtree_with_mib_names(discover: Discover) -> None:
    """``--walk`` shows names and meanings, as a list and as JSON; of an object that is not there it says so."""
    with two_routers() as (port, _, _):
        shown = discover("--auth", "v2", "--port", port, OFFICE, "--walk", "IF-MIB::ifOperStatus")
        as_json = discover("--auth", "v2", "--port", port, OFFICE, "--walk", "1.3.6.1.2.1.31.1.1.1.1", "--json")
        absent = discover("--auth", "v2", "--port", port, OFFICE, "--walk", "ifStackStatus")
    assert (shown.exit_code, shown.stdout) == (0, "ifOperStatus.3 = up(1)\nifOperStatus.4 = up(1)\n")
    (answer,) = json.loads(as_json.stdout)
    assert answer["objects"][0] == {"name": "ifName.3", "oid": "1.3.6.1.2.1.31.1.1.1.1.3", "value": "wan1"}
    assert (absent.exit_code, absent.stdout) == (0, "")
    assert "nothing below that object" in absent.stderr


def test_the_files_are_ready_but_for_what_nobody_knows(discover: Discover, folder: Path) -> None:
    """From a list to an inventory: ``phusong check`` names exactly the empty cells; filled in, it is good."""
    inventory = folder / "inventory"
    inventory.mkdir()
    (inventory / "sites.csv").write_text(
        "site_id,name,kind,commune_code\ncentre,Trung tâm,province,06691\ncoto,Cô Tô,commune,07192\n",
        encoding="utf-8",
    )
    with two_routers() as (port, _, _):
        (folder / "list.csv").write_text(f"address,port,site_id\n{HUB},{port},centre\n{OFFICE},{port},coto\n")
        result = discover("--auth", "v2", "--list", folder / "list.csv", "--out", folder / "found")
    assert result.exit_code == 0, result.output
    for name in ("devices.csv", "links.csv"):
        (inventory / name).write_bytes((folder / "found" / name).read_bytes())
    checked = CliRunner().invoke(cli.app, ["check", "--config", str(folder / "phusong.yaml")])
    columns = ("carrier", "contracted_down_mbps", "contracted_up_mbps")
    assert checked.stderr.splitlines() == [
        *(f"{inventory}/links.csv:2:{column}: {column} is empty; fill it in" for column in columns),
        "3 problems found.",
    ]
    (link,) = rows_of(inventory / "links.csv")
    assert (link["near_device"], link["near_interface"]) == ("hub1", "ether7")
    assert (link["far_device"], link["far_interface"], link["site_id"]) == ("coto-r1", "wan1", "coto")
    link |= dict.fromkeys(columns[1:], "20") | {"carrier": "Carrier A"}
    with (inventory / "links.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, link)
        writer.writeheader()
        writer.writerow(link)
    assert CliRunner().invoke(cli.app, ["check", "--config", str(folder / "phusong.yaml")]).exit_code == 0
    with two_routers() as (port, _, _):  # now they are known, at other ports
        again = discover("--auth", "v2", "--port", port, HUB, "--out", folder / "again", "--json")
    assert json.loads(again.stdout)[0]["device_id"] == "hub1.example"


def test_known_devices_are_not_written_again(discover: Discover, folder: Path) -> None:
    """A device of the inventory keeps its id, and only new rows are written."""
    (folder / "inventory").mkdir()
    with two_routers() as (port, _, _):
        (folder / "inventory" / "devices.csv").write_text(
            f"device_id,site_id,address,port,auth\nmy-hub,s,{HUB},{port},v2\n", encoding="utf-8"
        )
        result = discover("--auth", "v2", "--port", port, HUB, OFFICE, "--out", folder / "found")
    assert "in the inventory already" in result.stdout
    assert [row["device_id"] for row in rows_of(folder / "found" / "devices.csv")] == ["coto-r1"]
    (link,) = rows_of(folder / "found" / "links.csv")
    assert (link["near_device"], link["far_device"]) == ("my-hub", "coto-r1")


def test_nothing_is_written_over(discover: Discover, folder: Path) -> None:
    """A file that is there ends the command before anybody is asked; ``--force`` says that it may go."""
    out = folder / "found"
    out.mkdir()
    (out / "links.csv").write_text("mine\n")
    with two_routers() as (port, hub, _):
        refused = discover("--auth", "v2", "--port", port, HUB, "--out", out)
        assert (refused.exit_code, hub.asked) == (2, [])
        assert f"{out}/links.csv: exists already; choose another folder" in refused.stderr
        assert (out / "links.csv").read_text() == "mine\n"
        assert discover("--auth", "v2", "--port", port, HUB, "--out", out, "--force").exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "devices.csv",
        "discovered.csv",
        "interfaces.csv",
        "links.csv",
    ]


def test_a_folder_that_cannot_be_written(discover: Discover, folder: Path) -> None:
    """A path that is a file ends with a sentence."""
    (folder / "file").write_text("x")
    with two_routers() as (port, _, _):
        result = discover("--auth", "v2", "--port", port, HUB, "--out", folder / "file" / "below")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_ranges_may_be_empty(discover: Discover, folder: Path) -> None:
    """Silent addresses of a range are counted, not listed, and no problem; a named one that is silent is one."""
    with two_routers() as (port, _, _):
        result = discover("--auth", "v2", "--port", port, "127.81.0.0/29", "--out", folder / "found")
        named = discover("--auth", "v2", "--port", port, "127.81.0.0/29", DEAD)
    assert result.exit_code == 0
    assert "4 of 6 addresses in ranges gave no answer at all" in result.stderr
    assert "127.81.0.3" not in result.stdout
    assert [row["result"] for row in rows_of(folder / "found" / "discovered.csv")].count("unreachable") == 4
    assert (named.exit_code, f"{DEAD}:{port}" in named.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--auth", "v2"], "name an address"),
        (["127.81.0.1"], "--auth: is missing; name the credentials to try (known: other, secret, v2)"),
        (["--auth", CANARY, "127.81.0.1"], "--auth number 1: unknown name of credentials"),
        (["--auth", "v2", "10.0.0.0/8"], "more than 1024 addresses"),
        (["--auth", "v2", "127.81.0.1", "--walk", "ifTabel"], "--walk: no object of this name is known here"),
        (["--auth", "v2", "127.81.0.1", "--walk", "ifTable", "--out", "x"], "leave --out out"),
        (["--auth", "v2", "--list", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["--auth", "v2", "127.81.0.1", "--port", "0"], "port"),
    ],
)
def test_wrong_use_asks_nobody(discover: Discover, words: list[str], message: str) -> None:
    """Exit code 2 and one sentence that says what to write; what was typed in place of a name is not repeated."""
    result = discover(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert CANARY not in result.output
    assert "Traceback" not in result.output


def test_several_names_are_tried(discover: Discover, folder: Path) -> None:
    """The one that works is the one that is written."""
    agent = only_for(b"other", router("r1", interface_row(1, b"wan1")))
    with serving({HUB: agent}) as port:
        result = discover("--auth", "v2", "--auth", "other", "--port", port, HUB, "--out", folder / "found")
    assert result.exit_code == 0
    assert [row["auth"] for row in rows_of(folder / "found" / "devices.csv")] == ["other"]


def test_no_secret_anywhere(discover: Discover, folder: Path) -> None:
    """Neither a community that works nor one that does not is in a table, a file, JSON or a message."""
    with serving(
        {HUB: only_for(CANARY.encode(), router("r1", interface_row(1, b"wan1"))), OFFICE: lambda *_: []}
    ) as port:
        asked = ("--auth", "secret", "--port", port, HUB, OFFICE)
        results = [
            discover(*asked, "--out", folder / "found"),
            discover(*asked, "--json"),
            discover(*asked, "--walk", "system"),
        ]
    assert [result.exit_code for result in results] == [1, 1, 1]
    written = [path.read_text(encoding="utf-8") for path in (folder / "found").iterdir()]
    assert len(written) == 4
    for output in (*written, *(result.output for result in results)):
        assert CANARY not in output
        assert "r1" in output or "sysDescr" in output


HOSTILE = b"=cmd|'/c calc'!A1 [red]\x1b[31m\x00</script>${x}\xff\n\"';,"


def test_hostile_text_stays_text(discover: Discover, folder: Path) -> None:
    """In every field a device can fill: no escape reaches the terminal, no markup is run, no cell is a formula."""
    row = interface_row(3, HOSTILE, IF_ALIAS=HOSTILE, IF_DESCR=HOSTILE)
    agent = router(HOSTILE, row, addresses={"192.0.2.1": 3})
    for oid in (mib.SYS_DESCR, mib.SYS_LOCATION, (1, 3, 6, 1, 4, 1, 14988, 1, 1, 7, 9, 0)):
        agent.objects[oid] = text(HOSTILE)
    with serving({HUB: agent, OFFICE: agent}) as port:
        one = discover("--auth", "v2", "--port", port, HUB)
        several = discover("--auth", "v2", "--port", port, HUB, OFFICE, "--out", folder / "found")
        walked = discover("--auth", "v2", "--port", port, HUB, "--walk", "system")
        as_json = discover("--auth", "v2", "--port", port, HUB, "--json")
    for result in (one, several, walked, as_json):
        assert result.exit_code == 0, result.output
        assert not set(result.output) & {"\x1b", "\x00"}
    assert "[red]" in one.stdout
    assert json.loads(as_json.stdout)[0]["sys_name"].startswith("=cmd|")
    cells = [cell for path in (folder / "found").iterdir() for row in rows_of(path) for cell in row.values()]
    assert any("cmd|" in cell for cell in cells)
    assert not [cell for cell in cells if re.search(r"(^|[;,\t|])\s*[=+\-@]", cell)]
    for spec in (DEVICES, LINKS):
        content = (folder / "found" / spec.file).read_text(encoding="utf-8-sig")
        problems = read_table(spec, spec.file, content).problems
        assert {problem.what for problem in problems} <= {f"{column.name} is empty" for column in spec.columns}


def test_an_interrupt_keeps_what_was_found(folder: Path) -> None:
    """Ctrl-C while a device is waited for: the others are shown and written, nothing half, exit code 1."""
    slow = folder / "phusong.yaml"
    slow.write_text(slow.read_text().replace("500ms", "20s"))
    with two_routers() as (port, _, _):
        words = ["discover", "--config", slow, "--auth", "v2", "--port", port, HUB, DEAD, OFFICE]
        command = [*CLI, *words, "--out", folder / "found"]
        log = folder / "log"
        with log.open("w") as errors:
            process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=errors, text=True)
            wait_for(lambda: "2/3 " in log.read_text(), "two devices")
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "interrupted: 2 of 3 devices were asked" in log.read_text()
    assert "Traceback" not in log.read_text()
    assert "hub1" in output
    assert [row["device_id"] for row in rows_of(folder / "found" / "devices.csv")] == ["hub1", "coto-r1"]


def test_the_line_of_the_other_key_extension_is_named(tmp_path: Path) -> None:
    """Against net-snmp: the file and line to change, and what to write there; the device is read all the same."""
    if snmp_peers.SNMPD is None:
        pytest.skip("snmpd is not installed")
    for name in ("authpass12", CANARY):
        (tmp_path / name).write_text(f"{name}\n")
    config = tmp_path / "phusong.yaml"
    config.write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory\nsnmp:\n  auths:\n    v3:\n'
        "      version: 3\n      user: monitor\n      auth: sha\n      auth_file: authpass12\n"
        f"      priv: aes256c\n      priv_file: {CANARY}\npoll: {{timeout: 2s, retries: 2}}\n"
    )
    users = f'createUser monitor SHA "authpass12" AES-256 "{CANARY}"\nrouser monitor priv\n'
    with snmp_peers.running_snmpd(users) as agent:
        command = ["discover", "--config", str(config), "--port", str(agent.port), "127.0.0.1", "--json"]
        result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)
    assert (found["auth"], found["works_with_priv"], found["profile"]) == ("v3", "aes256", "net-snmp")
    advice = "1 device answers with aes256 only; write priv: aes256 (the other key extension of the same cipher)"
    assert result.stderr.splitlines() == [f"{config}:10: snmp.auths.v3.priv: {advice}"]
    assert CANARY not in result.output.replace(str(tmp_path), "")


RECORDED = {
    "comware_a5500": ("H3C", "A5500-24G EI"),
    "draytek": ("DrayTek", "Vigor2920 Series"),
    "fortigate_60f": ("Fortinet", "FGT_60F"),
    "fortigate_link-monitor": ("Fortinet", ""),
    "ios_c3560-slas": ("Cisco", "C3560"),
    "ios_ir809": ("Cisco", "IR809G-LTE-GA-K9"),
    "iosxe_c9300": ("Cisco", "C9300-48P"),
    "iosxe_isr4321": ("Cisco", "ISR4321/K9"),
    "junos_vmx": ("Juniper", "Juniper VMX Internet Backbone Router"),
    "polycomLens_studioxc50": ("Polycom", "StudioX50"),
    "routeros": ("MikroTik", "RB952Ui-5ac2nD"),
    "routeros_rblhgr": ("MikroTik", "RBLHGR"),
    "vccodec": ("Cisco TelePresence (Tandberg)", "Cisco TelePresence SX20"),
    "vrp_ar169sfp": ("Huawei", "AR169F"),
}


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="../shared/recordings is not there")
def test_recorded_devices_are_recognised(discover: Discover, folder: Path) -> None:
    """Fourteen real devices: vendor and model of each, and as many interfaces as its tables have."""
    agents: dict[str, Any] = {
        f"127.82.0.{n}": TableAgent(load_walk(RECORDINGS / f"{name}.snmprec"))
        for n, name in enumerate(RECORDED, 1)
    }
    with serving(agents) as port:
        result = discover("--auth", "v2", "--port", port, *agents, "--out", folder / "found", "--json")
    assert result.exit_code == 0, result.stderr
    found = dict(zip(RECORDED, json.loads(result.stdout), strict=True))
    assert {name: (known["vendor"], known["model"]) for name, known in found.items()} == RECORDED
    for name, known in found.items():
        table = json.loads((RECORDINGS / "expected" / f"{name}.iftable.json").read_text(encoding="utf-8"))
        assert len(known["interfaces"]) == len(table["interfaces"]), name
    endpoints = [row["endpoint_id"] for row in rows_of(folder / "found" / "endpoints.csv")]
    assert endpoints == [found["polycomLens_studioxc50"]["device_id"], found["vccodec"]["device_id"]]
