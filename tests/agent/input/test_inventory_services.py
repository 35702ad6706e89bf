"""The columns of endpoints.csv for services and calls, and services.csv: where each cell arrives.

Bad ones with their expected messages are in ``bad/``; ``test_config.py`` loads them.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC
from pathlib import Path

import pytest

from phusong.agent.input.inventory_files import examine_inventory, read_inventory
from phusong.agent.inventory import (
    Column,
    Endpoint,
    EndpointService,
    InterfaceSelector,
    Inventory,
    LinkEnd,
    Service,
)
from phusong.collectors.call_readings import ServiceKind

COMMUNES = {"06652": "Hà Phong"}
FINGERPRINT = "ab" * 32
COLUMNS = "endpoint_id,site_id,name,address,auth"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Make a sound inventory with one site and one device."""
    (tmp_path / "sites.csv").write_text("site_id,name,kind,commune_code\nvd,UBND,district,06652\n")
    (tmp_path / "devices.csv").write_text("device_id,site_id,address,auth\nsw,vd,192.0.2.1,wan\n")
    (tmp_path / "links.csv").write_text("link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps\n")
    return tmp_path


def read(folder: Path) -> Inventory:
    return read_inventory(folder, auths={"wan"}, communes=COMMUNES, timezone=UTC)


def test_all_columns_of_an_endpoint(inventory: Path) -> None:
    """Services, account, fingerprint and port arrive where they belong."""
    (inventory / "endpoints.csv").write_text(
        f"{COLUMNS},services,https,certificate_sha256,lan_device,lan_interface\n"
        f"e,vd,Room,192.0.2.3,wan,sip-udp:5070 https,codecs,{':'.join(['AB'] * 32)},sw,alias:Room 1\n"
    )
    endpoint = read(inventory).endpoints["e"]
    sip, https = EndpointService(ServiceKind.SIP_UDP, 5070), EndpointService(ServiceKind.HTTPS, 443)
    assert endpoint.services == (sip, https)
    assert (endpoint.https, endpoint.certificate_sha256) == ("codecs", FINGERPRINT)
    assert endpoint.lan == LinkEnd("sw", InterfaceSelector(Column.ALIAS, "Room 1"))


@pytest.mark.parametrize(("cell", "services"), [("", None), ("none", ())])
def test_no_service_is_not_the_usual_ones(inventory: Path, cell: str, services: object) -> None:
    """An empty cell leaves an endpoint with the usual services, the word none with none at all."""
    (inventory / "endpoints.csv").write_text(f"{COLUMNS},services\ne,vd,Room,192.0.2.3,wan,{cell}\n")
    assert read(inventory).endpoints["e"].services == services


def test_columns_that_are_left_out(inventory: Path) -> None:
    """An inventory from before these columns loads as it did."""
    (inventory / "endpoints.csv").write_text(f"{COLUMNS}\ne,vd,Room,192.0.2.3,wan\n")
    endpoint = read(inventory).endpoints["e"]
    defaults = {field.name: field.default for field in fields(Endpoint) if field.name in (
        "services", "https", "certificate_sha256", "lan")}  # fmt: skip
    assert defaults == {name: getattr(endpoint, name) for name in defaults}
    assert read(inventory).services == {}


def test_all_columns_of_a_service(inventory: Path) -> None:
    """A service is its protocol, host, port and path, and what is expected of it."""
    (inventory / "services.csv").write_text(
        "service_id,name,url,site_id,expect_status,expect_text,slow,certificate_sha256\n"
        f"portal,Cổng  dịch vụ,https://p.example:8443/a?token=x,vd,200 302,Trang chủ,500ms,{FINGERPRINT}\n"
        "axis,Trục,tcp://192.0.2.7:1433,,,,,\n",
        encoding="utf-8",
    )
    portal, axis = read(inventory).services.values()
    assert portal == Service(
        service_id="portal",
        name="Cổng dịch vụ",
        kind=ServiceKind.HTTPS,
        host="p.example",
        port=8443,
        path="/a?token=x",
        site_id="vd",
        expect_status=(200, 302),
        expect_text="Trang chủ",
        slow_s=0.5,
        certificate_sha256=FINGERPRINT,
    )
    assert axis == Service("axis", "Trục", ServiceKind.TCP, "192.0.2.7", 1433, "/")
    assert "token" not in f"{portal!r}{read(inventory)!r}"


def test_a_service_may_be_in_maintenance(inventory: Path) -> None:
    """A window may name a service of services.csv."""
    (inventory / "services.csv").write_text("service_id,name,url\nportal,Portal,http://p.example\n")
    (inventory / "maintenance.csv").write_text(
        "what,from,to,reason\nportal,2026-10-31T22:00,2026-11-01T02:00,disks\n"
    )
    assert read(inventory).maintenance[0].what == "portal"


@pytest.mark.parametrize(("accounts", "problems"), [(None, 0), ((), 1), (("codecs",), 0)])
def test_accounts_that_are_not_known(inventory: Path, accounts: tuple[str, ...] | None, problems: int) -> None:
    """Where the accounts could not be read, references to them are not called wrong."""
    (inventory / "endpoints.csv").write_text(f"{COLUMNS},https\ne,vd,Room,192.0.2.3,wan,codecs\n")
    _, found = examine_inventory(inventory, auths={"wan"}, communes=COMMUNES, timezone=UTC, accounts=accounts)
    assert len(found) == problems
