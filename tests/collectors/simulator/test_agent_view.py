"""The objects of a device: found by name, walked in order."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.simulator.columns import COLUMNS, Extent
from phusong.collectors.snmp.ber import NO_SUCH_INSTANCE, NO_SUCH_OBJECT, decode_oid, encode_oid, parse_oid

MODELS = (
    "fortigate",
    "routeros",
    "draytek",
    "ios",
    "old_ios",
    "vrp",
    "legacy_v1",
    "comware",
    "poly",
    "hdx",
    "cts",
    "codec",
)


def walked(view, **options):
    return [decode_oid(instance.octets) for instance in view.after((0, 0), **options)]


@pytest.mark.parametrize("model", MODELS)
def test_a_walk_is_in_order_and_finds_what_a_get_finds(fleet, model):
    """Names rise strictly, and every object of the walk is found under its name with the same value."""
    view = fleet.view(fleet.model(model))
    instances = list(view.after((0, 0)))
    assert all(a < b for a, b in pairwise(decode_oid(instance.octets) for instance in instances))
    for instance in instances:
        found = view.find(instance.octets)
        assert not isinstance(found, int)
        assert found.value(3.0) == instance.value(3.0)


def test_a_device_shows_what_its_rows_say(fleet):
    """A model without ifXTable has no object of it; a row without 64-bit counters has only those of 32."""
    draytek = fleet.model("draytek")
    assert not [oid for oid in walked(fleet.view(draytek)) if oid[:9] == parse_oid("1.3.6.1.2.1.31.1.1")]
    old_ios = fleet.model("old_ios")
    view = fleet.view(old_ios)
    for row in old_ios.rows:
        wide = view.find(encode_oid((*parse_oid("1.3.6.1.2.1.31.1.1.1.6"), row.index)))
        assert (wide != NO_SUCH_INSTANCE) == row.counters_64
        assert not isinstance(view.find(encode_oid((*parse_oid("1.3.6.1.2.1.2.2.1.10"), row.index))), int)


@pytest.mark.parametrize(
    ("model", "oid", "missing"),
    [
        ("ios", "1.3.6.1.2.1.1.3", NO_SUCH_INSTANCE),
        ("ios", "1.3.6.1.2.1.1.3.1", NO_SUCH_INSTANCE),
        ("ios", "1.3.6.1.2.1.2.2.1.10.9999", NO_SUCH_INSTANCE),
        ("ios", "1.3.6.1.2.1.2.2.1.10.1.1", NO_SUCH_INSTANCE),
        ("ios", "1.3.6.1.2.1.2.2.1.99.1", NO_SUCH_OBJECT),
        ("ios", "1.3.6.1.4.1.9.1", NO_SUCH_OBJECT),
        ("ios", "2.999", NO_SUCH_OBJECT),
        ("draytek", "1.3.6.1.2.1.31.1.1.1.6.1", NO_SUCH_OBJECT),
        ("codec", "1.3.6.1.2.1.2.2.1.8.1", NO_SUCH_OBJECT),
    ],
)
def test_what_is_not_there_is_named_rightly(fleet, model, oid, missing):
    """No such column is noSuchObject, a column without this row noSuchInstance (RFC 3416, section 4.2.1)."""
    assert fleet.view(fleet.model(model)).find(encode_oid(parse_oid(oid))) == missing


ARCS = st.one_of(st.integers(0, 40), st.sampled_from([16_777_217, 2**32 - 1]))
NEAR = st.sampled_from([column.oid for column in COLUMNS]).flatmap(
    lambda oid: st.tuples(st.integers(2, len(oid)), st.lists(ARCS, max_size=3)).map(
        lambda cut: (*oid[: cut[0]], *cut[1])
    )
)


@given(oid=NEAR, model=st.sampled_from(MODELS), wide=st.booleans())
def test_the_successor_is_the_least_greater_name(fleet, oid, model, wide):
    """From any name, a walk goes on exactly where the sorted list of all names does."""
    view = fleet.view(fleet.model(model))
    everything = walked(view, with_counter64=wide)
    expected = [name for name in everything if name > oid][:5]
    assert [decode_oid(i.octets) for i in islice(view.after(oid, with_counter64=wide), 5)] == expected


def test_version_1_sees_no_counter64(fleet):
    """Everything else is there (RFC 3584, section 4.2.2.1)."""
    view = fleet.view(fleet.model("ios"))
    wide = {column.oid for column in COLUMNS if column.extent is Extent.WIDE_ROWS}
    assert walked(view, with_counter64=False) == [oid for oid in walked(view) if oid[:-1] not in wide]
