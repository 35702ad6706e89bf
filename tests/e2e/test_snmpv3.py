"""SNMPv3 from the file to the page: a real snmpd, asked as a user by ``phusong poll`` and ``phusong run``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from processes import CLI, fetch, free_port, run_cli, running, samples, stop_and_wait, wait_for
from snmp_peers import free_udp_port, running_snmpd

AUTH, PRIV = "canary-auth-7431", "canary-priv-7431"
USER = f'createUser monitor SHA-224 "{AUTH}" AES-256 "{PRIV}"\nrouser monitor authpriv\n'


def write_config(folder: Path, port: int, *, listen: int, auth: str = AUTH, priv: str = "aes256") -> Path:
    """Write an inventory of one link whose device is asked as the user ``monitor``."""
    inventory = folder / "inventory"
    inventory.mkdir(parents=True)
    (folder / "auth").write_text(f"{auth}\n")
    (folder / "priv").write_text(f"{PRIV}\n")
    (folder / "phusong.yaml").write_text(
        'province: {code: "22", edition: "2020-01"}\ninventory: inventory/\nstate: state/\nsnmp:\n  auths:\n'
        f"    v3: {{version: 3, user: monitor, auth: sha224, auth_file: auth, priv: {priv}, priv_file: priv}}\n"
        "    old: {version: 3, user: monitor, auth: md5, auth_file: auth, priv: des, priv_file: auth}\n"
        "poll: {interval: 1s, timeout: 900ms}\nping: {interval: 1s, method: udp-echo, port: 9}\n"
        f'web: {{listen: "127.0.0.1:{listen}"}}\n'
    )
    (inventory / "sites.csv").write_text("site_id,name,kind,commune_code\ns,Sở,department,06649\n")
    (inventory / "devices.csv").write_text(f"device_id,site_id,address,port,auth\nhub,s,127.0.0.1,{port},v3\n")
    (inventory / "endpoints.csv").write_text("endpoint_id,site_id,name,address,auth\n")
    (inventory / "links.csv").write_text(
        "link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,near_device,near_interface\n"
        "l,s,C,10,10,hub,lo\n"
    )
    return folder / "phusong.yaml"


def test_poll_reads_a_device_that_knows_only_users(tmp_path: Path) -> None:
    """The line is up by v3 alone; no password shows up anywhere."""
    with running_snmpd(USER) as agent:
        config = write_config(tmp_path, agent.port, listen=1)
        done = run_cli("poll", "--config", config, "--link", "l", "--json")
    (row,) = json.loads(done.stdout)
    assert (done.returncode, row["verdict"], row["if_name"], row["octets_bits"]) == (0, "up", "lo", 64)
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"auth": "canary-wr0ng"}, "refuses the authentication", id="password"),
        pytest.param({"priv": "aes256c"}, "wrong privacy password, protocol or key extension", id="extension"),
    ],
)
def test_poll_says_what_the_device_refuses(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    """A wrong password or key extension is named as such and not taken for a dead device."""
    with running_snmpd(USER) as agent:
        config = write_config(tmp_path, agent.port, listen=1, **changes)
        done = run_cli("poll", "--config", config, "--link", "l", "--json")
    (row,) = json.loads(done.stdout)
    assert (done.returncode, row["verdict"]) == (1, "unknown")
    assert said in row["problem"]
    assert "canary" not in done.stdout + done.stderr


def test_check_warns_of_weak_credentials(tmp_path: Path) -> None:
    """MD5, DES and one password for both are said to be weak, once each, and are no error."""
    done = run_cli("check", "--config", write_config(tmp_path, 161, listen=1))
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if "warning: snmp.auths." in line]
    assert [line.partition("snmp.auths.")[2].partition(":")[0] for line in warnings] == [
        "old has md5 and des",
        "old has one password for auth and priv",
    ]
    assert "canary" not in done.stdout + done.stderr


def test_another_engine_at_a_device_is_told(tmp_path: Path) -> None:
    """A restart of the device goes unnoticed; another engine counts, also one that came while we were away."""
    port, listen = free_udp_port(), free_port()
    config = write_config(tmp_path / "config", port, listen=listen)
    state = tmp_path / "snmpd"
    state.mkdir()

    def changes() -> dict[str, float]:
        page = fetch(f"http://127.0.0.1:{listen}/metrics")
        return samples(page, "phusong_snmp_engine_changes_total")

    def replies_since(before: float) -> bool:
        return asked() > before + 2 and is_up() == {'{link="l"}': 1}

    def is_up() -> dict[str, float]:
        return samples(fetch(f"http://127.0.0.1:{listen}/metrics"), "wan_link_up")

    def asked() -> float:
        return samples(fetch(f"http://127.0.0.1:{listen}/metrics"), "phusong_snmp_requests_total")[""]

    with running([*CLI, "run", "--config", config], tmp_path / "run.log") as agent:
        with running_snmpd(USER, folder=state, port=port):
            wait_for(lambda: is_up() == {'{link="l"}': 1}, "the link is up")
            assert changes() == {'{device="hub"}': 0}
        with running_snmpd(USER, folder=state, port=port):
            before = asked()
            wait_for(lambda: replies_since(before), "polls of the device after its restart")
            assert changes() == {'{device="hub"}': 0}
        with running_snmpd(USER + "exactEngineID 0x80001f8804c0ffee\n", port=port):
            wait_for(lambda: changes() == {'{device="hub"}': 1} and is_up() == {'{link="l"}': 1}, "another engine")
        assert stop_and_wait(agent)[0] == 0
    with (
        running([*CLI, "run", "--config", config], tmp_path / "again.log"),
        running_snmpd(USER + "exactEngineID 0x80001f8804decaf0\n", port=port),
    ):
        wait_for(lambda: changes() == {'{device="hub"}': 1}, "a third engine, come while the agent was away")
    log = (tmp_path / "run.log").read_text(encoding="utf-8")
    (line,) = [line for line in log.splitlines() if "snmp_engine_changed" in line]
    assert json.loads(line)["after"] == "80001f8804c0ffee"
    assert json.loads(line)["before"].startswith("80001f88")
    assert log.count("snmp_credentials_weak") == 2
    assert "canary" not in log + (tmp_path / "again.log").read_text(encoding="utf-8")
