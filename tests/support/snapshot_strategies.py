"""Snapshots of any shape with hostile texts, for hypothesis."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from phusong.collectors.call_readings import (
    CallReading,
    CertificateReading,
    EndpointReading,
    Media,
    ServiceKind,
    ServiceReading,
    ServiceState,
    StreamReading,
    Way,
)
from phusong.collectors.readings import (
    InterfaceReading,
    PingReading,
    Quantity,
    SensorReading,
    SensorsReading,
    SystemReading,
)
from phusong.coverage.summary import CommuneCoverage, CoverageSummary, Indicator, LayerSource
from phusong.exporters.snapshot import (
    AnomalyCount,
    CallFault,
    CommuneRow,
    Degradation,
    DeviceRow,
    EndpointInfo,
    EndpointRow,
    EndTraffic,
    Isolation,
    LinkInfo,
    LinkRow,
    MeetingRow,
    MeetingTime,
    ServiceInfo,
    ServiceRow,
    ServiceVerdict,
    SiteCount,
    SiteInfo,
    SiteRow,
    Snapshot,
)

TEXT = st.text(st.sampled_from('ab"\\\n\r\t\0\x7f\x85{}=,# \ud800\udc00đ𝟙<&') | st.characters(), max_size=8)
IDENTITY = st.sampled_from(["a", "b", 'c"', "d\\", "e\n"])
COUNTER = st.none() | st.integers(0, 2**64 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
BITS = st.sampled_from([None, 32, 64])


def _built(kind: type[Any], /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build ``kind``: the given fields, hostile text, any number, and what the annotation says for the rest."""
    by_annotation = {
        "str": TEXT,
        "float": FLOAT,
        "float | None": st.none() | FLOAT,
        "int": st.integers(0, 2**32),
        "int | None": COUNTER,
    }
    for field in dataclasses.fields(kind):
        if field.name not in fields and field.type in by_annotation:
            fields[field.name] = by_annotation[str(field.type)]
    return st.builds(kind, **fields)


def _unique(rows: st.SearchStrategy[Any], key: Any) -> st.SearchStrategy[Any]:
    return st.lists(rows, max_size=4, unique_by=key).map(tuple)


READING = _built(InterfaceReading, device_id=IDENTITY, if_name=IDENTITY, octets_bits=BITS, packets_bits=BITS)
ANOMALIES = st.lists(_built(AnomalyCount), max_size=3, unique_by=lambda anomaly: anomaly.reason).map(tuple)
TRAFFIC = st.none() | _built(EndTraffic, anomalies=ANOMALIES)
PING = st.none() | _built(PingReading, sent=st.integers(0, 5), received=st.integers(0, 5))
SENSORS = _built(
    SensorsReading,
    system=_built(SystemReading),
    sensors=_unique(
        _built(SensorReading, quantity=st.sampled_from(Quantity), name=IDENTITY),
        lambda sensor: (sensor.quantity, sensor.name),
    ),
    problems=st.lists(TEXT, max_size=2).map(tuple),
)
INDICATORS = st.lists(_built(Indicator), max_size=3, unique_by=lambda i: (i.technology, i.operator)).map(tuple)
COVERAGE = _built(
    CoverageSummary,
    layers=_unique(_built(LayerSource, file=IDENTITY), lambda layer: layer.file),
    communes=_unique(_built(CommuneCoverage, code=IDENTITY, indicators=INDICATORS), lambda commune: commune.code),
    sites=st.just(()),
)
SERVICE = _built(
    ServiceReading,
    kind=st.sampled_from(ServiceKind),
    state=st.sampled_from(ServiceState),
    certificate=st.none() | _built(CertificateReading),
)
SERVICES = _unique(SERVICE, lambda service: (service.kind, service.port))
STREAM = _built(StreamReading, media=st.sampled_from(Media), way=st.sampled_from(Way))
CALL = _built(CallReading, encrypted=st.none() | st.booleans(), streams=st.lists(STREAM, max_size=4).map(tuple))
ENDPOINT = _built(
    EndpointReading,
    system=st.none() | _built(SystemReading),
    registered=st.none() | st.booleans(),
    in_call=st.none() | st.booleans(),
    calls=st.lists(CALL, max_size=2).map(tuple),
    faults=st.lists(IDENTITY, max_size=2).map(tuple),
    problems=st.lists(TEXT, max_size=2).map(tuple),
)
SNAPSHOT = _built(
    Snapshot,
    links=_unique(
        _built(
            LinkRow,
            info=_built(LinkInfo, link_id=IDENTITY, site_id=IDENTITY),
            near=st.none() | READING,
            far=st.none() | READING,
            ping=PING,
            near_traffic=TRAFFIC,
            far_traffic=TRAFFIC,
            ends_differ=st.none() | st.booleans(),
            degradations=st.lists(st.sampled_from(Degradation), unique=True).map(tuple),
        ),
        lambda row: row.info.link_id,
    ),
    endpoints=_unique(
        _built(
            EndpointRow,
            info=_built(EndpointInfo, endpoint_id=IDENTITY, site_id=IDENTITY),
            reading=st.none() | ENDPOINT,
            ping=PING,
            services=SERVICES,
            port=st.none() | READING,
            port_traffic=TRAFFIC,
            port_half_duplex=st.none() | st.booleans(),
            fault=st.none() | st.sampled_from(CallFault),
            meeting=st.none() | _built(MeetingTime),
        ),
        lambda row: row.info.endpoint_id,
    ),
    sites=_unique(
        _built(SiteRow, info=_built(SiteInfo, site_id=IDENTITY, commune_code=IDENTITY)),
        lambda row: row.info.site_id,
    ),
    devices=_unique(_built(DeviceRow, device_id=IDENTITY, sensors=st.none() | SENSORS), lambda row: row.device_id),
    coverage=st.none() | COVERAGE,
    communes=_unique(
        _built(
            CommuneRow,
            code=IDENTITY,
            isolated=st.none() | st.booleans(),
            sites=_unique(_built(SiteCount, isolation=st.sampled_from(Isolation)), lambda count: count.isolation),
        ),
        lambda row: row.code,
    ),
    services=_unique(
        _built(
            ServiceRow,
            info=_built(ServiceInfo, service_id=IDENTITY),
            verdict=st.sampled_from(ServiceVerdict),
            reading=st.none() | SERVICE,
        ),
        lambda row: row.info.service_id,
    ),
    meetings=_unique(_built(MeetingRow, meeting_id=IDENTITY), lambda row: row.meeting_id),
)
