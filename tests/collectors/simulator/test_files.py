"""The written inventory and configuration: its columns, references that resolve, a guarded secret."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest

from phusong.collectors.simulator.files import write_config, write_inventory
from phusong.collectors.simulator.province import build_province

START = datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=7)))
COLUMNS = {
    "sites.csv": "site_id,name,kind,commune_code,lat,lon",
    "devices.csv": "device_id,site_id,address,port,auth,profile,ssh,reply_from,parent_device",
    "links.csv": "link_id,site_id,carrier,role,contracted_down_mbps,contracted_up_mbps,"
    "contracted_availability_percent,near_device,near_interface,far_device,far_interface,ping_address,parent_link",
    "endpoints.csv": "endpoint_id,site_id,name,address,port,auth,profile,sip_uri,parent_link,services,"
    "lan_device,lan_interface",
    "services.csv": "service_id,name,url,expect_status,expect_text,site_id",
    "maintenance.csv": "what,from,to,reason",
}


PORTS = {"sip_port": 15060, "h323_port": 11720, "web_port": 18080}


@pytest.fixture(scope="module")
def tables(province, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inventory")
    write_inventory(province, folder, port=16100, start=START, **PORTS)
    found = {}
    for path in folder.iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            found[path.name] = list(csv.DictReader(file))
    return folder, found


def test_the_six_files_have_the_columns_of_the_format(tables):
    """File names and headers are an interface to people, so they are written out here."""
    folder, found = tables
    assert {name: (folder / name).read_text(encoding="utf-8").splitlines()[0] for name in found} == COLUMNS


def test_all_references_resolve(tables, communes):
    """Sites, devices, links and commune codes that are named exist; ids are unique."""
    _, found = tables
    ids = {
        name: [row[column] for row in found[name]]
        for name, column in (
            ("sites.csv", "site_id"),
            ("devices.csv", "device_id"),
            ("links.csv", "link_id"),
            ("endpoints.csv", "endpoint_id"),
        )
    }
    assert {name: len(rows) for name, rows in ids.items()} == {
        "sites.csv": 342, "devices.csv": 336, "links.csv": 345, "endpoints.csv": 239,
    }  # fmt: skip
    assert all(len(set(rows)) == len(rows) for rows in ids.values())
    sites, devices, links = (set(ids[name]) for name in ("sites.csv", "devices.csv", "links.csv"))
    assert {row["commune_code"] for row in found["sites.csv"]} == {place.code for place in communes}
    for name in ("devices.csv", "links.csv", "endpoints.csv"):
        assert {row["site_id"] for row in found[name]} <= sites
    for row in found["links.csv"]:
        assert {row["near_device"], row["far_device"]} <= devices | {""}
        assert row["near_device"] or row["far_device"]
        assert not (row["ping_address"] and row["far_device"])
    assert {row["parent_link"] for row in found["endpoints.csv"]} <= links
    assert {row["parent_device"] for row in found["devices.csv"]} <= devices | {""}
    assert {row["lan_device"] for row in found["endpoints.csv"]} <= devices | {""}
    assert {row["site_id"] for row in found["services.csv"]} <= sites


def test_the_window_covers_the_start_and_its_line_is_down(tables, province):
    """One window, on a line that is down, around the start that was given."""
    (window,) = tables[1]["maintenance.csv"]
    begin, end = (datetime.fromisoformat(window[column]) for column in ("from", "to"))
    assert begin < START < end
    assert begin.utcoffset() == timedelta(hours=7)
    assert province.expected(1.0).links[window["what"]] == "down"


def test_what_an_endpoint_is_asked_by(tables, province):
    """The services it is set up for, each with its port; most have a port at their router."""
    rows = tables[1]["endpoints.csv"]
    words = {"sip-udp": "sip-udp:15060", "h323": "h323:11720"}
    for row, endpoint in zip(rows, province.endpoints, strict=True):
        services = " ".join(words[word] for word in endpoint.device.room.services)
        assert row["services"] == (services or "none")
        assert bool(row["lan_device"]) == bool(row["lan_interface"])
    assert [row["services"] for row in rows].count("none") == 1
    assert sum(bool(row["lan_device"]) for row in rows) > 220


def test_the_services_stand_in_the_data_centre(tables, province):
    """Three pages on loopback, each to be good with 200 and its own name on it."""
    rows = tables[1]["services.csv"]
    assert [row["name"] for row in rows] == [
        "Cổng dịch vụ công", "Trục liên thông văn bản", "Hệ thống một cửa điện tử",
    ]  # fmt: skip
    for row in rows:
        assert row["url"].startswith("http://127.0.0.1:18080/")
        assert (row["expect_status"], row["expect_text"]) == ("200", row["name"])
        assert row["site_id"] == province.offices[0].site_id


def test_without_ports_there_are_no_services(province, tmp_path):
    """Nobody is asked for what is not served."""
    write_inventory(province, tmp_path, port=16100, start=START)
    assert (tmp_path / "services.csv").read_text(encoding="utf-8").count("\n") == 1
    with (tmp_path / "endpoints.csv").open(encoding="utf-8", newline="") as file:
        assert {row["services"] for row in csv.DictReader(file)} == {"none"}


def test_two_meetings(tmp_path):
    """One of all endpoints in half an hour, one of a district tomorrow; none without a start."""
    assert "meetings" not in write_config(tmp_path, echo_port=7).read_text(encoding="utf-8")
    assert not (tmp_path / "meetings.csv").exists()
    path = write_config(tmp_path, echo_port=7, start=START)
    assert "meetings: meetings.csv" in path.read_text(encoding="utf-8")
    with (tmp_path / "meetings.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["meeting_id", "title", "from", "to", "endpoints"]
    begins = [datetime.fromisoformat(row["from"]) for row in rows]
    assert begins == [START + timedelta(minutes=30), START + timedelta(days=1)]
    assert all(datetime.fromisoformat(row["to"]) > begin for row, begin in zip(rows, begins, strict=True))
    assert [row["endpoints"] for row in rows] == ["all", "district:Vân Đồn"]
    with pytest.raises(ValueError, match="no offset"):
        write_config(tmp_path, echo_port=7, start=START.replace(tzinfo=None))


def test_the_agent_of_version_1_has_its_own_credentials(tables):
    """Exactly one device is asked with version 1; all have the port that was given."""
    devices = tables[1]["devices.csv"]
    assert sorted(row["auth"] for row in devices)[:2] == ["wan-v1", "wan-v2"]
    assert {row["port"] for row in devices} == {"16100"}


def test_same_seed_same_bytes(tables, communes, tmp_path):
    """The files are the same every time, and others with another seed."""
    folder, found = tables
    write_inventory(build_province(communes), tmp_path / "same", port=16100, start=START, **PORTS)
    write_inventory(build_province(communes, seed=5), tmp_path / "other", port=16100, start=START, **PORTS)
    for name in found:
        assert (tmp_path / "same" / name).read_bytes() == (folder / name).read_bytes()
        if name != "services.csv":  # the same three in every province
            assert (tmp_path / "other" / name).read_bytes() != (folder / name).read_bytes()


def test_a_start_without_an_offset_is_refused(province, tmp_path):
    """A naive time would shift the window by seven hours."""
    with pytest.raises(ValueError, match="no offset"):
        write_inventory(province, tmp_path, port=1, start=START.replace(tzinfo=None))


def test_the_community_is_in_a_guarded_file_only(tmp_path):
    """Mode 0600 also where a file with other rights was, and no secret in phusong.yaml."""
    (tmp_path / "wan-community").write_text("old", encoding="utf-8")
    (tmp_path / "wan-community").chmod(0o644)
    path = write_config(tmp_path, echo_port=10007, community="canary-7431")
    secret = tmp_path / "wan-community"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text(encoding="utf-8") == "canary-7431\n"
    assert "canary-7431" not in path.read_text(encoding="utf-8")


def test_the_agent_reads_what_is_written(province, tmp_path):
    """Configuration and inventory pass the agent's own strict reading, with every parameter in its place."""
    from phusong.agent.input.settings import load_all

    write_inventory(province, tmp_path / "inventory", port=16100, start=datetime.now(UTC), **PORTS)
    path = write_config(
        tmp_path,
        echo_port=10007,
        poll_interval="7s",
        sensors_interval="90s",
        timeout="400ms",
        retries=2,
        web_listen="127.0.0.1:0",
        trap_port=10162,
        start=datetime.now(UTC),
    )
    config, inventory = load_all(path, environ={})
    assert (config.poll.interval_s, config.poll.timeout_s, config.poll.retries) == (7.0, 0.4, 2)
    assert config.poll.sensors_interval_s == 90.0
    assert (config.ping.method, config.ping.port, config.ping.packets) == ("udp-echo", 10007, 5)
    assert (config.web.host, config.web.port) == ("127.0.0.1", 0)
    where = config.notifications
    assert where is not None
    assert (where.host, where.port, where.auths) == ("127.0.0.1", 10162, ("wan-v2",))
    assert (len(inventory.sites), len(inventory.links), len(inventory.endpoints)) == (342, 345, 239)
    assert len(inventory.maintenance) == 1
    assert (len(inventory.services), config.video.meetings) == (3, tmp_path / "meetings.csv")
    assert set(config.auths) == {"wan-v1", "wan-v2"}
