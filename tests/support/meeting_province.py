"""A few offices with endpoints, for tests of lists of meetings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from phusong.agent.inventory import Endpoint, Inventory, Site

PROVINCE_TIME = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""Friday, 8 o'clock in the province."""
DISTRICTS = {"06649": "Hạ Long", "06994": "Vân Đồn", "07192": "Cô Tô", "07000": "Ba Chẽ"}


def _endpoint(endpoint_id: str, site_id: str, name: str, sip_uri: str = "") -> Endpoint:
    return Endpoint(endpoint_id, site_id, name, "192.0.2.1", 161, "wan", "auto", sip_uri, "")


def _site(site_id: str, kind: str, commune_code: str) -> Site:
    return Site(site_id, f"UBND {site_id}", kind, commune_code, None, None)


INVENTORY = Inventory(
    sites={
        site.site_id: site
        for site in (
            _site("ttdl", "province", "06649"),
            _site("vd", "district", "06994"),
            _site("halong-xa", "commune", "06994"),
            _site("coto", "district", "07192"),
            _site("empty", "school", "07000"),
        )
    },
    devices={},
    links={},
    endpoints={
        endpoint.endpoint_id: endpoint
        for endpoint in (
            _endpoint("hub-1", "ttdl", "Hội trường tỉnh", "sip:hub@hop.example"),
            _endpoint("vd-hop", "vd", "Phòng họp Vân Đồn", "sip:vandon@hop.example"),
            _endpoint("vd-2", "vd", "Phòng họp số 2", "sips:0203@10.0.0.9"),
            _endpoint("hl-xa", "halong-xa", "Phòng họp xã", ""),
            _endpoint("coto", "coto", "Phòng họp số 2", "sip:coto"),
        )
    },
    maintenance=(),
)
"""In the order of the file: hub-1, vd-hop, vd-2, hl-xa, coto. Two of them are called Phòng họp số 2."""
