"""The files of the inventory as tables: name, parser, default and reference of every column.

These names are an interface to those who write the files; ``docs/`` and the README follow them.
"""

from __future__ import annotations

from datetime import tzinfo

from .csv_table import ColumnSpec, TableSpec
from .inventory_cells import (
    VIET_NAM_LAT,
    VIET_NAM_LON,
    degrees,
    one_of,
    parse_address,
    parse_addresses,
    parse_availability,
    parse_hidden_slug,
    parse_interface,
    parse_mbps,
    parse_port,
    parse_reference,
    parse_sip_uri,
    parse_slug,
    parse_text,
    time_in,
)
from .service_cells import parse_fingerprint, parse_service_url, parse_services, parse_slow, parse_statuses

SITE_KINDS = ("province", "department", "district", "commune", "school", "hospital", "other")
LINK_ROLES = ("primary", "backup", "uplink")
ENDPOINT_PROFILES = ("auto", "poly", "hdx", "cisco-cts", "roomos", "generic")
SNMP_PORT = 161
SLOW_S = 3.0
MAINTENANCE_FILE = "maintenance.csv"

SITES = TableSpec(
    "sites.csv",
    (
        ColumnSpec("site_id", parse_slug, required=True),
        ColumnSpec("name", parse_text, required=True),
        ColumnSpec("kind", one_of(*SITE_KINDS), required=True),
        ColumnSpec("commune_code", parse_reference, required=True, refers_to="commune"),
        ColumnSpec("lat", degrees(VIET_NAM_LAT, VIET_NAM_LON), default=None, partner="lon"),
        ColumnSpec("lon", degrees(VIET_NAM_LON, VIET_NAM_LAT), default=None, partner="lat"),
    ),
    id_column="site_id",
)
DEVICES = TableSpec(
    "devices.csv",
    (
        ColumnSpec("device_id", parse_slug, required=True),
        ColumnSpec("site_id", parse_reference, required=True, refers_to="site"),
        ColumnSpec("address", parse_address, required=True),
        ColumnSpec("port", parse_port, default=SNMP_PORT),
        ColumnSpec("auth", parse_hidden_slug, required=True, refers_to="auth", hidden=True),
        ColumnSpec("profile", parse_slug, default="auto", refers_to="profile"),
        ColumnSpec("ssh", parse_hidden_slug, hidden=True),
        ColumnSpec("reply_from", parse_addresses, default=()),
        ColumnSpec("parent_device", parse_reference, refers_to="device"),
    ),
    id_column="device_id",
)
LINKS = TableSpec(
    "links.csv",
    (
        ColumnSpec("link_id", parse_slug, required=True),
        ColumnSpec("site_id", parse_reference, required=True, refers_to="site"),
        ColumnSpec("carrier", parse_text, required=True),
        ColumnSpec("role", one_of(*LINK_ROLES), default="primary"),
        ColumnSpec("contracted_down_mbps", parse_mbps, required=True),
        ColumnSpec("contracted_up_mbps", parse_mbps, required=True),
        ColumnSpec("contracted_availability_percent", parse_availability, default=None),
        ColumnSpec("near_device", parse_reference, refers_to="device", partner="near_interface"),
        ColumnSpec("near_interface", parse_interface, default=None, partner="near_device"),
        ColumnSpec("far_device", parse_reference, refers_to="device", partner="far_interface"),
        ColumnSpec("far_interface", parse_interface, default=None, partner="far_device"),
        ColumnSpec("ping_address", parse_address),
        ColumnSpec("parent_link", parse_reference, refers_to="link"),
    ),
    id_column="link_id",
)
ENDPOINTS = TableSpec(
    "endpoints.csv",
    (
        ColumnSpec("endpoint_id", parse_slug, required=True),
        ColumnSpec("site_id", parse_reference, required=True, refers_to="site"),
        ColumnSpec("name", parse_text, required=True),
        ColumnSpec("address", parse_address, required=True),
        ColumnSpec("port", parse_port, default=SNMP_PORT),
        ColumnSpec("auth", parse_hidden_slug, required=True, refers_to="auth", hidden=True),
        ColumnSpec("profile", one_of(*ENDPOINT_PROFILES), default="auto"),
        ColumnSpec("sip_uri", parse_sip_uri),
        ColumnSpec("parent_link", parse_reference, refers_to="link"),
        ColumnSpec("services", parse_services, default=None),
        ColumnSpec("https", parse_hidden_slug, refers_to="account", hidden=True),
        ColumnSpec("certificate_sha256", parse_fingerprint),
        ColumnSpec("lan_device", parse_reference, refers_to="device", partner="lan_interface"),
        ColumnSpec("lan_interface", parse_interface, default=None, partner="lan_device"),
    ),
    id_column="endpoint_id",
    required=False,
)
SERVICES = TableSpec(
    "services.csv",
    (
        ColumnSpec("service_id", parse_slug, required=True),
        ColumnSpec("name", parse_text, required=True),
        ColumnSpec("url", parse_service_url, required=True, hidden=True),
        ColumnSpec("site_id", parse_reference, refers_to="site"),
        ColumnSpec("expect_status", parse_statuses, default=()),
        ColumnSpec("expect_text", parse_text),
        ColumnSpec("slow", parse_slow, default=SLOW_S),
        ColumnSpec("certificate_sha256", parse_fingerprint),
    ),
    id_column="service_id",
    required=False,
)


def maintenance_spec(zone: tzinfo) -> TableSpec:
    """Return the table of maintenance windows; times without an offset are local time of ``zone``."""
    return TableSpec(
        MAINTENANCE_FILE,
        (
            ColumnSpec("what", parse_reference, required=True, refers_to="target"),
            ColumnSpec("from", time_in(zone), required=True),
            ColumnSpec("to", time_in(zone), required=True),
            ColumnSpec("reason", parse_text, required=True),
        ),
        required=False,
    )
