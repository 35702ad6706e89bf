"""The shipped units as systemd itself reads them, offline: no unit is installed or started."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(SHIPPED.glob("*.service"))

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing: apt-get install systemd"
)


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def _exposure(unit: Path) -> float:
    output = _run("security", "--offline=true", unit).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", output)
    assert found, output
    return float(found[1])


def _lines(unit: Path) -> list[str]:
    return unit.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Copy the shipped units, with a program that exists and every other line as it is."""
    for unit in SHIPPED.glob("phusong*"):
        text = unit.read_text(encoding="utf-8").replace("/opt/phusong/.venv/bin/phusong", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_systemd_finds_nothing_to_complain_about(installed: Path) -> None:
    """Unknown keys, values that cannot be read and missing programs would all be named."""
    done = _run("verify", *sorted(path for path in installed.iterdir() if path.suffix != ".conf"))
    named = [line for line in done.stderr.splitlines() if "phusong" in line]
    assert (done.returncode, named) == (0, [])


def test_verify_would_complain(installed: Path) -> None:
    """The check above can fail: a misspelt key is named."""
    unit = installed / "phusong.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("PrivateTmp=", "PrivatTmp="), encoding="utf-8")
    assert "PrivatTmp" in _run("verify", unit).stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_exposure(unit: Path) -> None:
    """Design target: an exposure of at most 1.5; telegraf and snmp_exporter as shipped have 9.2."""
    assert _exposure(unit) <= 1.5


def test_exposure_with_raw_sockets(tmp_path: Path) -> None:
    """The other way to ping that the unit names stays within the target too."""
    raw_sockets = "PrivateUsers=no\nAmbientCapabilities=CAP_NET_RAW\nCapabilityBoundingSet=CAP_NET_RAW\n"
    unit = tmp_path / "phusong.service"
    unit.write_text(
        (SHIPPED / unit.name).read_text(encoding="utf-8").replace("[Install]", raw_sockets + "[Install]"),
        encoding="utf-8",
    )
    assert _exposure(unit) <= 1.5


def test_exposure_with_notifications(tmp_path: Path) -> None:
    """The drop-in for port 162 stays within the target, alone and beside raw sockets."""
    unit = tmp_path / "phusong.service"
    drop_in = (SHIPPED / "phusong-notifications.conf").read_text(encoding="utf-8")
    both = "AmbientCapabilities=CAP_NET_RAW\nCapabilityBoundingSet=CAP_NET_RAW\n"
    for more in ("", both):
        text = (SHIPPED / unit.name).read_text(encoding="utf-8")
        unit.write_text(text + drop_in + more, encoding="utf-8")
        assert _exposure(unit) <= 1.5


def test_systemd_reads_the_drop_in(installed: Path) -> None:
    """The drop-in is read with its unit, and nothing in it is unknown."""
    folder = installed / "phusong.service.d"
    folder.mkdir()
    shutil.move(installed / "phusong-notifications.conf", folder)
    done = _run("verify", installed / "phusong.service")
    assert "phusong" not in done.stderr
    (folder / "phusong-notifications.conf").write_text("[Service]\nPrivateUser=no\n", encoding="utf-8")
    assert "PrivateUser" in _run("verify", installed / "phusong.service").stderr


def test_the_daemon_keeps_its_metrics_about_itself() -> None:
    """``ProcSubset=pid`` hides /proc/stat, and prometheus_client then exports no process_* at all."""
    assert "ProcSubset=pid" not in _lines(SHIPPED / "phusong.service")


def test_a_bad_configuration_is_not_tried_again() -> None:
    """Exit status 2 means wrong use: systemd leaves the unit failed, with the message in the journal."""
    assert {"Restart=on-failure", "RestartPreventExitStatus=2"} <= set(_lines(SHIPPED / "phusong.service"))


def test_commands_can_ask_the_daemon() -> None:
    """The control socket is a Unix socket in the state folder; nothing in the unit keeps it from being made."""
    lines = _lines(SHIPPED / "phusong.service")
    (families,) = [line for line in lines if line.startswith("RestrictAddressFamilies=")]
    assert "AF_UNIX" in families.partition("=")[2].split()
    assert "StateDirectory=phusong" in lines


def test_the_map_sees_no_credential_and_no_network() -> None:
    """GDAL and what it reads stay apart from the communities and from the managed networks."""
    lines = _lines(SHIPPED / "phusong-map.service")
    assert not [line for line in lines if line.startswith(("LoadCredential", "SetCredential", "ImportCredential"))]
    assert {"PrivateNetwork=yes", "InaccessiblePaths=-/etc/phusong/credentials -/run/credentials"} <= set(lines)


def test_every_unit_of_the_map_names_the_daemons_user() -> None:
    """Two units share a state folder only when their dynamic user has the same name."""
    shared = {"DynamicUser=yes", "User=phusong", "StateDirectory=phusong", "PrivateUsers=yes"}
    assert all(shared <= set(_lines(unit)) for unit in SERVICES)
