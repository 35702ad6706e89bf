"""Indexes of sensor rows: texts with their lengths, addresses, numbers; hostile ones are no rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.sensor_index import INDEX_PARTS, name_of_index
from phusong.collectors.snmp.ber import Oid


@pytest.mark.parametrize(
    ("arcs", "parts", "name"),
    [
        ((7,), ["rest"], "7"),
        ((9, 1, 0, 0), ["rest"], "9.1.0.0"),
        ((), ["rest"], ""),
        ((2, 65, 98, 1, 49), ["text", "text"], "Ab/1"),
        ((2, 65, 98, 1, 49, 2), ["text", "text", "2"], "Ab/1"),
        ((2, 65, 98, 1, 49, 1), ["text", "text", "2"], None),
        ((2, 65, 98, 1, 49, 2, 1), ["text", "text", "2", "1"], "Ab/1"),
        ((2, 65, 98, 1, 49, 12, 1), ["text", "text", "latest", "-integer"], "Ab/1"),
        ((0, 1, 49), ["text", "text"], "1"),
        ((3, 208, 176, 10), ["text"], "а"),
        ((9, 65, 98), ["text"], None),
        ((2, 65, 300), ["text"], None),
        ((4294967295, 65), ["text"], None),
        ((10, 0, 0, 1), ["ipv4"], "10.0.0.1"),
        ((10, 0, 0, 1, 0), ["ipv4", "-integer"], "10.0.0.1"),
        ((10, 0, 0), ["ipv4"], None),
        ((10, 0, 0, 256), ["ipv4"], None),
        ((10, 0, 0, 1, 5), ["ipv4"], None),
        ((1, 4, 10, 0, 0, 1), ["address"], "10.0.0.1"),
        ((2, 16, 32, 1, 13, 184, *[0] * 11, 2), ["address"], "2001:db8::2"),
        ((1, 5, 10, 0, 0, 1, 1), ["address"], None),
        ((1,), ["address"], None),
        ((9, 1, 10, 1, 1, 2, 1, 10, 1, 1, 1), ["-integer", "-typed-address", "typed-address"], "10.1.1.1"),
        ((3, 10, 1, 1, 2), ["typed-address"], None),
        ((5, 6), ["integer", "integer"], "5/6"),
        ((5,), ["integer", "integer"], None),
        ((5, 6, 7), ["integer", "integer"], None),
    ],
)
def test_names(arcs: Oid, parts: Sequence[str], name: str | None) -> None:
    """Each pattern reads its own indexes, and says so of every other one."""
    assert name_of_index(arcs, parts) == name


@given(
    arcs=st.lists(st.integers(0, 2**32 - 1), max_size=40),
    parts=st.lists(st.sampled_from([*INDEX_PARTS, "-integer", "-text", "2"]), min_size=1, max_size=6),
)
def test_any_index(arcs: list[int], parts: list[str]) -> None:
    """No index of any device raises, and names have no control characters."""
    name = name_of_index(tuple(arcs), parts)
    assert name is None or name.isprintable()
